"""The engine without files: for tests, and for small sets that need no index on disk."""

import threading
from collections.abc import Iterable, Iterator

import numpy as np

from search_index.analysis import Terms, analyse
from search_index.answering import Holding, answer, complete
from search_index.model import Answer, Completion, Doc, Query, Source, Visible
from search_index.near import Lexicon
from search_index.people import People
from search_index.records import Records
from search_index.segment import PLACE_BITS, Packed, Segment, Tie
from search_index.sources import MemorySource

_NOTHING = np.zeros(0, np.uint32)


class MemorySegment(Segment):
    """A segment built from terms held in memory."""

    def __init__(self, records: Records, terms: dict[str, Terms]) -> None:
        super().__init__(records, records.slots(terms), np.ones(len(terms), np.bool_), Tie.of(list(terms)))
        lists: dict[str, dict[str, list[int]]] = {"f": {}, "x": {}, "n": {}, "m": {}, "b": {}}
        for number, own in enumerate(terms.values()):
            for name, places in (("f", own.f), ("x", own.x), ("n", own.n), ("m", own.m), ("b", own.b)):
                for term, place in places.items():
                    lists[name].setdefault(term, []).append(number << PLACE_BITS | place)
        self._postings = {
            name: {term: np.array(packed, np.uint32) for term, packed in own.items()} for name, own in lists.items()
        }
        self._lexicons: dict[str, Lexicon] = {}

    def _packed(self, field: str, term: str) -> Packed:
        return self._postings[field].get(term, _NOTHING)

    def _packed_from(self, field: str, start: str) -> Iterator[Packed]:
        return (packed for term, packed in self._postings[field].items() if term.startswith(start))

    def lexicons(self, field: str) -> list[Lexicon]:
        if field not in self._lexicons:
            self._lexicons[field] = Lexicon.of(term.encode() for term in self._postings[field])
        return [self._lexicons[field]]


class MemoryEngine:
    """The `Engine` contract in memory; everything is put together again when a document changes.

    Without a `source` it keeps the documents itself.
    """

    def __init__(self, source: Source | None = None) -> None:
        self._shelf = MemorySource() if source is None else None
        self._records = Records(self._shelf or source)  # type: ignore[arg-type]
        self._people = People(self._records)
        self._terms: dict[str, Terms] = {}
        self._holding: Holding | None = None
        self._lock = threading.Lock()

    def add(self, docs: Iterable[Doc]) -> int:
        """Index the documents, replacing those with the same id; return how many."""
        fresh = checked(docs)
        with self._lock:
            if self._shelf is not None:
                self._shelf.put(fresh.values())
            for id_, doc in fresh.items():
                self._terms.pop(id_, None)
                self._terms[id_] = analyse(doc)
            self._holding = None
        return len(fresh)

    def replace_all(self, docs: Iterable[Doc]) -> int:
        """Make the index hold exactly these documents; return how many."""
        fresh = checked(docs)
        with self._lock:
            if self._shelf is not None:
                self._shelf.replace([fresh.values()])
            self._terms, self._holding = {id_: analyse(doc) for id_, doc in fresh.items()}, None
        return len(fresh)

    def delete(self, ids: Iterable[str]) -> int:
        """Forget these documents; return how many were there."""
        with self._lock:
            gone = [id_ for id_ in ids if self._terms.pop(id_, None) is not None]
            if self._shelf is not None:
                self._shelf.take_out(gone)
            self._holding = None
        return len(gone)

    def query(self, query: Query) -> Answer:
        """Answer within what the reader may see."""
        return answer(self._current(), query)

    def complete(self, typed: str, visible: Visible, top: int = 8) -> tuple[Completion, ...]:
        """Return names of persons with visible documents that go on as typed, marks or no marks."""
        return complete(self._current(), typed, visible, top)

    def doc_count(self) -> int:
        """Return how many documents the index holds."""
        return len(self._terms)

    def clear(self) -> None:
        """Forget every document."""
        self.replace_all(())

    def _current(self) -> Holding:
        with self._lock:
            changed = self._records.refresh()
            self._people.refresh(changed)
            if self._holding is None or changed is None or len(changed):
                self._holding = Holding(self._records, self._people, [MemorySegment(self._records, self._terms)])
            return self._holding


def checked(docs: Iterable[Doc]) -> dict[str, Doc]:
    """Return the documents by id, the last of each id; DocumentError for one that breaks the rules."""
    fresh: dict[str, Doc] = {}
    for doc in docs:
        doc.check()
        fresh.pop(doc.id, None)
        fresh[doc.id] = doc
    return fresh
