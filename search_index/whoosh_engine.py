"""The embedded engine: Whoosh's files, evaluated with arrays.

The directory is a cache that can be rebuilt from the records at any time. Whoever can write to it can run
code in the reading process (Whoosh unpickles blocks), so it is made 0700 and never taken from elsewhere.
A commit is one rename: killed at any moment, the index is the old one or the new one.
"""

import json
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from whoosh import index as whoosh_index
from whoosh.columns import VarBytesColumn
from whoosh.index import LockError
from whoosh.reading import TermNotFound

from search_index.analysis import analyse
from search_index.answering import Holding, answer, complete
from search_index.memory import checked
from search_index.model import Answer, Completion, Doc, IndexBusyError, IndexFormatError, Query, Source, Visible
from search_index.people import People
from search_index.records import Bools, Records
from search_index.segment import NO_POSTINGS, Lexicon, Postings, Segment
from search_index.sources import SqliteSource
from search_index.whoosh_files import MergePolicy, TermWriter, decode, drop_all, drop_forgotten, merge_policy, schema

FORMAT = 2
_SENTINEL = "format.json"
_DOCUMENTS = "documents.db"
_POSTINGS_KEPT = 4096


@contextmanager
def _sound() -> Iterator[None]:
    """Turn whatever Whoosh meets in damaged files (zlib.error, struct.error, EOFError…) into one error."""
    try:
        yield
    except Exception as error:
        raise IndexFormatError(f"damaged index: {error!r}") from error


class SegmentFiles:
    """One segment on disk: its files, and what was decoded from them; they never change."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        # Whoosh's readers share file positions between threads.
        self._lock = threading.Lock()
        self.ids = [bytes(raw).decode() for raw in reader.column_reader("id", VarBytesColumn())]
        self.numbers = {id_: number for number, id_ in enumerate(self.ids)}
        self._postings: OrderedDict[tuple[str, str], Postings] = OrderedDict()
        self._lexicons: dict[str, Lexicon] = {}

    def postings(self, field: str, term: str) -> Postings:
        """Return the postings of a term, decoded once and kept while used."""
        key = (field, term)
        with self._lock, _sound():
            found = self._postings.get(key)
            if found is not None:
                self._postings.move_to_end(key)
                return found
            try:
                found = decode(self._reader.postings(field, term.encode()))
            except TermNotFound:
                found = NO_POSTINGS
            self._postings[key] = found
            if len(self._postings) > _POSTINGS_KEPT:
                self._postings.popitem(last=False)
            return found

    def terms_from(self, field: str, prefix: str) -> list[str]:
        """Return the field's terms that begin so."""
        with self._lock, _sound():
            return [bytes(term).decode() for term in self._reader.expand_prefix(field, prefix.encode())]

    def lexicon(self, field: str) -> Lexicon:
        """Return all terms of the field, read once."""
        with self._lock, _sound():
            if field not in self._lexicons:
                terms = [bytes(term).decode() for term in self._reader.lexicon(field)]
                self._lexicons[field] = Lexicon(terms)
            return self._lexicons[field]


class WhooshSegment(Segment):
    """A segment at one moment: the files, and which documents were not yet forgotten."""

    def __init__(self, records: Records, files: SegmentFiles, kept: Bools) -> None:
        super().__init__(records, records.slots(files.ids), kept)
        self.files = files
        self.kept = kept

    def postings(self, field: str, term: str) -> Postings:
        return self.files.postings(field, term)

    def terms_from(self, field: str, prefix: str) -> list[str]:
        return self.files.terms_from(field, prefix)

    def lexicon(self, field: str) -> Lexicon:
        return self.files.lexicon(field)


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
        self._segments: dict[str, WhooshSegment] = {}
        self._index = _open(Path(directory), create=create)
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
                _write(writer, doc)
        return len(fresh)

    def replace_all(self, docs: Iterable[Doc]) -> int:
        """Make the index hold exactly these documents, in one commit; return how many."""
        fresh = checked(docs)
        with self._writing(drop_all) as writer:
            if self._shelf is not None:
                self._shelf.replace([fresh.values()])
            for doc in fresh.values():
                _write(writer, doc)
        return len(fresh)

    def delete(self, ids: Iterable[str]) -> int:
        """Forget these documents in one commit; return how many were there."""
        wanted = list(ids)
        if not self.ids().intersection(wanted):
            return 0
        with self._writing(merge_policy) as writer:
            if self._shelf is not None:
                self._shelf.take_out(wanted)
            return self._forget(writer, wanted)

    def purge(self) -> None:
        """Write the files anew where they hold words of forgotten documents: afterwards no file does."""
        with self._writing(drop_forgotten):
            pass

    def ids(self) -> set[str]:
        """Return the ids of all documents the files hold, whether the source knows them or not."""
        self._load()
        segments = list(self._segments.values())
        return {segment.files.ids[n] for segment in segments for n in np.flatnonzero(segment.kept).tolist()}

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
    def _writing(self, policy: MergePolicy) -> Iterator[Any]:
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
            writer.commit(mergetype=policy)

    def _forget(self, writer: Any, ids: Iterable[str]) -> int:
        """Mark documents as forgotten in the writer's segments; return how many were there."""
        wanted = set(ids)
        gone = 0
        base = 0
        for own in writer.segments:
            segment = self._segments.get(own.segment_id())
            if segment is not None:
                numbers = segment.files.numbers
                here = [numbers[id_] for id_ in wanted & numbers.keys() if segment.kept[numbers[id_]]]
                for number in here:
                    writer.delete_document(base + number)
                gone += len(here)
            base += own.doc_count_all()
        return gone

    def _current(self) -> Holding:
        """Return the segments of the last commit under the marks of this moment."""
        with self._lock:
            changed = self._records.refresh()
            self._people.refresh(changed)
            if changed is None or len(changed):
                # Copies, not patches: a question under way keeps the marks it began with.
                self._segments = {
                    name: WhooshSegment(self._records, old.files, old.kept) for name, old in self._segments.items()
                }
            self._load_if_newer()
            return Holding(self._records, self._people, list(self._segments.values()))

    def _load(self) -> None:
        with self._lock:
            self._load_if_newer()

    def _load_if_newer(self) -> None:
        # A writer removes old files after its commit; Whoosh looks again when caught in between.
        with _sound():
            if self._index.latest_generation() == self._generation:
                return
            reader = self._index.reader()
            segments: dict[str, WhooshSegment] = {}
            for leaf, _base in reader.leaf_readers():
                if not leaf.doc_count_all():
                    continue
                own = leaf.segment()
                kept = np.ones(leaf.doc_count_all(), np.bool_)
                kept[list(own.deleted_docs())] = False
                old = self._segments.get(own.segment_id())
                if old is None or not np.array_equal(old.kept, kept):
                    old = WhooshSegment(self._records, old.files if old else SegmentFiles(leaf), kept)
                segments[own.segment_id()] = old
            self._segments = segments
            self._generation = reader.generation() if segments else self._index.latest_generation()


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


def _write(writer: Any, doc: Doc) -> None:
    terms = analyse(doc)
    writer.add({"f": terms.f, "x": terms.x, "n": terms.n}, {"id": doc.id.encode()})
