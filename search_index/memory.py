"""The engine without files: for tests, and for small sets that need no index on disk."""

import threading
from collections.abc import Iterable

import numpy as np

from search_index.analysis import analyse
from search_index.answering import answer
from search_index.model import Answer, Completion, Doc, Query
from search_index.packing import fold_packed
from search_index.segment import NO_POSTINGS, Attributes, Lexicon, Postings, Segment


class MemorySegment(Segment):
    """A segment built from documents held in memory."""

    def __init__(self, docs: list[Doc]) -> None:
        super().__init__(Attributes([Marks.of(doc) for doc in docs]), np.ones(len(docs), np.bool_))
        self._docs = docs
        self._texts: list[bytes] = []
        lists: dict[str, dict[str, list[tuple[int, int]]]] = {"f": {}, "x": {}, "n": {}}
        for number, doc in enumerate(docs):
            terms = analyse(doc)
            self._texts.append(terms.packed)
            for name, own in (("f", terms.f), ("x", terms.x), ("n", terms.n)):
                for term, place in own.items():
                    lists[name].setdefault(term, []).append((number, place))
        self._postings = {name: {term: _arrays(pairs) for term, pairs in own.items()} for name, own in lists.items()}

    def postings(self, field: str, term: str) -> Postings:
        return self._postings[field].get(term, NO_POSTINGS)

    def terms_from(self, field: str, prefix: str) -> list[str]:
        return [term for term in self._postings[field] if term.startswith(prefix)]

    def lexicon(self, field: str) -> Lexicon:
        return Lexicon(list(self._postings[field]))

    def texts(self, numbers: list[int], field: str) -> list[bytes]:
        packed = [self._texts[number] for number in numbers]
        return [fold_packed(text) for text in packed] if field == "f" else packed

    def doc(self, number: int) -> Doc:
        return self._docs[number]


class MemoryEngine:
    """The `Engine` contract in memory; documents are indexed again when one of them changes."""

    def __init__(self) -> None:
        self._docs: dict[str, Doc] = {}
        self._segment: MemorySegment | None = None
        self._lock = threading.Lock()

    def add(self, docs: Iterable[Doc]) -> int:
        """Index the documents, replacing those with the same id; return how many."""
        fresh = checked(docs)
        with self._lock:
            for id_ in fresh:
                self._docs.pop(id_, None)
            self._docs |= fresh
            self._segment = None
        return len(fresh)

    def replace_all(self, docs: Iterable[Doc]) -> int:
        """Make the index hold exactly these documents; return how many."""
        fresh = checked(docs)
        with self._lock:
            self._docs, self._segment = fresh, None
        return len(fresh)

    def delete(self, ids: Iterable[str]) -> int:
        """Forget these documents; return how many were there."""
        with self._lock:
            gone = [id_ for id_ in ids if self._docs.pop(id_, None) is not None]
            self._segment = None
        return len(gone)

    def query(self, query: Query) -> Answer:
        """Answer within what the reader may see."""
        with self._lock:
            if self._segment is None:
                self._segment = MemorySegment(list(self._docs.values()))
            segment = self._segment
        return answer([segment], query)

    def doc_count(self) -> int:
        """Return how many documents the index holds."""
        return len(self._docs)

    def clear(self) -> None:
        """Forget every document."""
        self.replace_all(())


def checked(docs: Iterable[Doc]) -> dict[str, Doc]:
    """Return the documents by id, the last of each id; DocumentError for one that breaks the rules."""
    fresh: dict[str, Doc] = {}
    for doc in docs:
        doc.check()
        fresh.pop(doc.id, None)
        fresh[doc.id] = doc
    return fresh


def _arrays(pairs: list[tuple[int, int]]) -> Postings:
    ids, places = zip(*pairs, strict=True)
    return Postings(np.array(ids, np.int32), np.array(places, np.uint8))
