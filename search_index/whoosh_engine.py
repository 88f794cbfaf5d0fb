"""The embedded engine: Whoosh's files, evaluated with arrays.

The directory is a cache that can be rebuilt from the records at any time. Whoever can write to it can run
code in the reading process (Whoosh unpickles blocks), so it is made 0700 and never taken from elsewhere.
A commit is one rename: killed at any moment, the index is the old one or the new one.
"""

import json
import os
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from whoosh import index as whoosh_index
from whoosh.index import LockError
from whoosh.reading import SegmentReader

from search_index.analysis import analyse
from search_index.answering import Holding, answer, complete
from search_index.matches import Bools, Ints
from search_index.memory import checked
from search_index.model import Answer, Completion, Doc, IndexBusyError, IndexFormatError, Query, Source, Visible
from search_index.near import Lexicon
from search_index.people import People
from search_index.records import Records
from search_index.segment import PLACE_BITS, Packed, Segment, Tie
from search_index.sources import SqliteSource, portions
from search_index.whoosh_files import (
    LARGE,
    MergePolicy,
    SegmentFiles,
    Taken,
    TermWriter,
    drop_all,
    drop_forgotten,
    due_in_quiet,
    merge_everything,
    merge_in_quiet,
    merge_policy,
    schema,
)

FORMAT = 6
_SENTINEL = "format.json"
_DOCUMENTS = "documents.db"
_PORTION = 2_000
_ATTEMPTS = 10
_TICK = 1_000_000_000


@contextmanager
def _sound() -> Iterator[None]:
    """Turn whatever Whoosh meets in damaged files (zlib.error, struct.error, EOFError…) into one error."""
    try:
        yield
    except Exception as error:
        raise IndexFormatError(f"damaged index: {error!r}") from error


class WhooshSegment(Segment):
    """Some segments on disk at one moment, as one run of documents, and which were not yet forgotten."""

    def __init__(
        self, records: Records, files: Sequence[SegmentFiles], kept: Sequence[Bools], before: "WhooshSegment | None"
    ) -> None:
        self.files, self.kept = tuple(files), tuple(kept)
        sizes = [len(own.ids) for own in files]
        self._bases = [base << PLACE_BITS for base in np.cumsum([0, *sizes]).tolist()]
        tie = Tie(*(np.concatenate(columns) for columns in zip(*(own.tie for own in files), strict=True)))
        slots = np.concatenate([own.slots(records) for own in files])
        super().__init__(records, slots, np.concatenate(kept), tie, before)

    def is_of(self, files: Sequence[SegmentFiles]) -> bool:
        """Return whether it was made of these files."""
        return self.files == tuple(files)

    def _packed(self, field: str, term: str) -> Packed:
        with _sound():
            return self._in_all([own.postings(field, term) for own in self.files])

    def _packed_from(self, field: str, start: str) -> Iterator[Packed]:
        for own, base in zip(self.files, self._bases, strict=False):
            with _sound():
                for packed in own.postings_from(field, start):
                    yield packed + np.uint32(base)

    def _in_all(self, lists: Sequence[Packed]) -> Packed:
        return np.concatenate([packed + np.uint32(base) for packed, base in zip(lists, self._bases, strict=False)])

    def lexicons(self, field: str) -> list[Lexicon]:
        with _sound():
            return [own.lexicon(field) for own in self.files]


class WhooshEngine:
    """The `Engine` contract on files. Safe for many threads and processes; one writer at a time.

    The files hold words and ids alone; marks and texts are the `source`'s. Without one the engine keeps the
    documents itself, in `documents.db` beside the index.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        source: Source | None = None,
        *,
        create: bool = True,
        wait: float = 10.0,
    ) -> None:
        """Open the index in the directory, making an empty one if `create` and none is there.

        `wait` is how many seconds a change waits for another writer. IndexFormatError if what is there is
        not an index this version reads.
        """
        self._wait = wait
        self._lock = threading.Lock()
        self._generation = -1
        self._unchanged = -1
        """The folder's time of change when it was looked through last; -1 when it has to be looked through again."""
        self._loaded: dict[str, tuple[SegmentFiles, Bools]] = {}
        self._holding: Holding | None = None
        self._segments: tuple[WhooshSegment, ...] = ()
        self._directory = Path(directory)
        self._index = _open(self._directory, create=create)
        self._shelf = SqliteSource(Path(directory) / _DOCUMENTS) if source is None else None
        self._records = Records(source or self._shelf)  # type: ignore[arg-type]
        self._people = People(self._records)

    def add(self, docs: Iterable[Doc]) -> int:
        """Index the documents in one commit, replacing those with the same id; return how many."""
        fresh = checked(docs)
        if not fresh:
            return 0
        with self._writing(merge_policy) as writer:
            if self._shelf is not None:
                self._shelf.put(fresh.values())
            self._forget(writer, fresh)
            for doc in fresh.values():
                writer.add(doc.id, analyse(doc))
        return len(fresh)

    def replace_all(self, docs: Iterable[Doc]) -> int:
        """Make the index hold exactly these documents, in one commit; return how many."""
        taken: dict[str, Taken] = {}

        def written(writer: TermWriter) -> Iterator[list[Doc]]:
            for some in portions(docs, _PORTION):
                for doc in some:
                    doc.check()
                    if doc.id in taken:
                        writer.withdraw(taken[doc.id])
                    taken[doc.id] = writer.add(doc.id, analyse(doc))
                yield some

        with self._writing(drop_all) as writer:
            if self._shelf is not None:
                self._shelf.replace(written(writer))
            else:
                for _ in written(writer):
                    pass
        return len(taken)

    def delete(self, ids: Iterable[str]) -> int:
        """Forget these documents in one commit; return how many were there."""
        self._load()
        loaded = list(self._loaded.values())
        wanted = [id_ for id_ in dict.fromkeys(ids) if any(id_ in files.numbers for files, _ in loaded)]
        if not wanted:
            return 0
        with self._writing(merge_policy) as writer:
            if self._shelf is not None:
                self._shelf.take_out(wanted)
            return self._forget(writer, wanted)

    def purge(self) -> None:
        """Write the files anew where they hold words of forgotten documents: afterwards no file does."""
        with self._writing(drop_forgotten):
            pass

    def settle(self) -> bool:
        """Merge segments that became many, for a moment in which nothing waits to be added; return whether any were.

        Whoever adds never waits for it then.
        """
        with _sound():
            due = due_in_quiet(self._index._read_toc().segments)
        if due:
            with self._writing(merge_in_quiet):
                pass
        return bool(due)

    def tidy(self) -> None:
        """Merge what can be into segments of 100,000 documents: for a quiet hour, nothing can be added meanwhile."""
        with self._writing(merge_everything):
            pass

    def ids(self) -> set[str]:
        """Return the ids of all documents the files hold, whether the source knows them or not."""
        self._load()
        return {files.ids[n] for files, kept in self._loaded.values() for n in np.flatnonzero(kept).tolist()}

    def clear(self) -> None:
        """Forget every document."""
        self.replace_all(())

    def query(self, query: Query) -> Answer:
        """Answer within what the reader may see, on the last commit; QueryError if it cannot be read."""
        return answer(self._current(), query)

    def complete(self, typed: str, visible: Visible, top: int = 8) -> tuple[Completion, ...]:
        """Return names of persons with visible documents that go on as typed, marks or no marks."""
        return complete(self._current(), typed, visible, top)

    def doc_count(self) -> int:
        """Return how many documents the index holds."""
        return sum(int(segment.alive.sum()) for segment in self._current().segments)

    @contextmanager
    def _writing(self, policy: MergePolicy) -> Iterator[TermWriter]:
        """Hold the write lock, commit at the end, leave the old index if anything goes wrong."""
        try:
            writer = TermWriter(self._index, wait=self._wait)
        except LockError as error:
            raise IndexBusyError("another writer holds the index") from error
        # Before the shelf is locked: a question holds this engine's lock while it asks the shelf.
        self._load()
        with self._shelf.changing() if self._shelf is not None else nullcontext():
            try:
                yield writer
            except BaseException:
                writer.cancel()
                raise
            writer.commit(mergetype=lambda _, segments: [*policy(writer, segments), *writer.finished])

    def _forget(self, writer: TermWriter, ids: Iterable[str]) -> int:
        """Mark documents as forgotten in the writer's segments; return how many were there."""
        wanted = list(ids)
        gone = base = 0
        for own in writer.segments:
            files, kept = self._loaded.get(own.segment_id(), (None, None))
            if files is not None and kept is not None:
                numbers = [files.numbers[id_] for id_ in wanted if id_ in files.numbers]
                for number in (number for number in numbers if kept[number]):
                    writer.delete_document(base + number)
                    gone += 1
            base += own.doc_count_all()
        return gone

    def _current(self) -> Holding:
        """Return the segments of the last commit under the marks of this moment."""
        with self._lock:
            changed = self._records.refresh()
            self._people.refresh(changed)
            newer = self._load_if_newer()
            if self._holding is None or newer or changed is None or len(changed):
                segments = self._grouped(changed)
                if self._holding is None or segments != self._segments:
                    self._holding, self._segments = Holding(self._records, self._people, segments), segments
            return self._holding

    def _grouped(self, changed: Ints | None) -> tuple[WhooshSegment, ...]:
        """Return the large segments as one run of documents, which seldom changes, and the small ones as another."""
        found = []
        for large in (True, False):
            chosen = [own for own in self._loaded.values() if (len(own[0].ids) >= LARGE) == large]
            if not chosen:
                continue
            files, kept = zip(*chosen, strict=True)
            old = next((segment for segment in self._segments if segment.is_of(files)), None)
            same = old is not None and all(map(np.array_equal, old.kept, kept))
            if old is None or not same or changed is None or (len(changed) and old.holds_any(changed)):
                # A new object, not a patch: a question under way keeps the marks it began with.
                old = WhooshSegment(self._records, files, kept, old)
            found.append(old)
        return tuple(found)

    def _load(self) -> None:
        with self._lock:
            if self._load_if_newer():
                self._holding = None

    def _load_if_newer(self) -> bool:
        """Read what was committed since; return whether anything was."""
        for attempt in range(_ATTEMPTS):
            with _sound():
                if self._latest_generation() == self._generation:
                    return False
                try:
                    self._load_segments()
                except OSError:
                    # A writer removes old files after its commit: look again when caught in between.
                    if attempt + 1 == _ATTEMPTS:
                        raise
                    continue
                return True
        return False

    def _latest_generation(self) -> int:
        """Return the last commit's number, without looking through a folder that has not changed since the last time.

        Two changes within one tick of the clock bear one time: a folder changed a moment ago is looked through again.
        """
        changed = os.stat(self._directory).st_mtime_ns
        if changed == self._unchanged:
            return self._generation
        found: int = self._index.latest_generation()
        settled = found == self._generation and time.time_ns() - changed > _TICK
        self._unchanged = changed if settled else -1
        return found

    def _load_segments(self) -> None:
        contents = self._index._read_toc()
        loaded = {}
        for own in contents.segments:
            if not own.doc_count_all():
                continue
            kept = np.ones(own.doc_count_all(), np.bool_)
            kept[list(own.deleted_docs())] = False
            # Whoosh would open every segment anew, and copies each file into memory when it does.
            old = self._loaded.get(own.segment_id())
            files = old[0] if old else SegmentFiles(SegmentReader(self._index.storage, contents.schema, own))
            loaded[own.segment_id()] = (files, kept)
        self._loaded, self._generation = loaded, contents.generation


def _open(directory: Path, *, create: bool) -> Any:
    sentinel = directory / _SENTINEL
    if not sentinel.exists():
        if directory.exists() and any(directory.iterdir()):
            raise IndexFormatError(f"{directory} holds something else than a search index of this version")
        if not create:
            raise IndexFormatError(f"no search index in {directory}")
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o700)
        whoosh_index.create_in(str(directory), schema())
        # Written last: a directory without it was never finished.
        sentinel.write_text(json.dumps({"format": FORMAT}) + "\n", encoding="utf-8")
    with _sound():
        found = json.loads(sentinel.read_text(encoding="utf-8"))
        index = whoosh_index.open_dir(str(directory), schema=schema())
    if found != {"format": FORMAT}:
        raise IndexFormatError(f"index format {found} is not {FORMAT}: rebuild it")
    return index
