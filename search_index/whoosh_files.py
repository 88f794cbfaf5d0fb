"""Whoosh's files as an inverted index: the schema, a writer that takes ready terms, decoding of postings.

Only the storage of Whoosh is used: its segments, its commit by renaming, its lock, its posting blocks. Its
analysers, queries and collectors are not: they cost a Python call for every posting, and a `filter` that is
an empty set shows everything (every fork does), so permission never goes through them.
"""

import contextlib
import uuid
from array import array
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from whoosh.codec.whoosh3 import W3Codec, W3LeafMatcher, W3Segment
from whoosh.columns import VarBytesColumn
from whoosh.fields import COLUMN, FieldType, Schema
from whoosh.formats import Existence
from whoosh.matching import FilterMatcher
from whoosh.writing import SegmentWriter

from search_index.segment import Postings

# Two bits hold the place (1 to 3) beside the document number in one 32-bit number.
_PLACE_BITS = 2
_MERGE_AT = 8
# Whoosh's byte columns end at 2 GB a segment; larger segments are left as they are.
_MERGE_LIMIT = 200_000


COLUMNS = ("marks", "folded", "written", "source")


class TermList(FieldType):  # type: ignore[misc]  # Whoosh has no types
    """A field that is given its terms ready, {term: place}, and stores the place as the weight."""

    def __init__(self) -> None:
        self.format = Existence()
        self.analyzer = None
        self.vector = None

    def index(self, value: Mapping[str, int], **_: Any) -> Iterator[tuple[bytes, int, int, bytes]]:
        """Yield (term, 1, place, no value) for each term."""
        for term, place in value.items():
            yield term.encode(), 1, place, b""

    def spellable_words(self, value: object) -> tuple[()]:
        """Return nothing: suggestions are made from visible documents, not from a word list."""
        return ()


def schema() -> Schema:
    """Return the schema: fields f, x, n of terms; columns of marks, text folded and as written, source."""

    def column() -> COLUMN:
        # RefBytesColumn would be smaller, but beyond 65,535 different values it stores the default instead
        # of the value: a compartment would silently become none.
        return COLUMN(VarBytesColumn())

    terms = {name: TermList() for name in ("f", "x", "n")}
    return Schema(**terms, **{name: column() for name in COLUMNS})


class TermPool:
    """Collects postings by term in packed arrays; replaces Whoosh's pool, which sorts a tuple per posting."""

    def __init__(self) -> None:
        self._lists: dict[tuple[str, bytes], array[int]] = {}

    def add(self, item: tuple[str, bytes, int, float, bytes]) -> None:
        """Take one posting (field, term, document, place, no value)."""
        field, term, number, place, _ = item
        packed = number << _PLACE_BITS | int(place)
        own = self._lists.get((field, term))
        if own is None:
            self._lists[(field, term)] = array("I", (packed,))
        else:
            own.append(packed)

    def iter_postings(self) -> Iterator[tuple[str, bytes, int, float, bytes]]:
        """Yield all postings by field, term, document."""
        mask = (1 << _PLACE_BITS) - 1
        for field, term in sorted(self._lists):
            for packed in sorted(self._lists[(field, term)]):
                yield field, term, packed >> _PLACE_BITS, float(packed & mask), b""

    def cleanup(self) -> None:
        """Let the postings go."""
        self._lists.clear()


class TermCodec(W3Codec):  # type: ignore[misc]  # Whoosh has no types
    """Whoosh's codec with segment names that cannot meet.

    Whoosh draws them from the global `random`: a program that seeds it makes a new segment overwrite an old.
    """

    def new_segment(self, storage: Any, indexname: str) -> Any:
        """Return a new empty segment."""
        return W3Segment(self, indexname, segid=uuid.uuid4().hex[:16])


class TermWriter(SegmentWriter):  # type: ignore[misc]  # Whoosh has no types
    """Whoosh's writer with the codec and the pool above."""

    def __init__(self, index: Any, *, wait: float) -> None:
        """Take the index's write lock, waiting up to `wait` seconds; LockError if another keeps it."""
        super().__init__(index, timeout=wait, delay=0.05, codec=TermCodec())
        self.pool = TermPool()

    def _cleanup_on_error(self) -> None:
        """Close the files of the segment that will not be, which Whoosh leaves open, then what Whoosh does."""
        with contextlib.suppress(Exception):
            self._close_segment()
        super()._cleanup_on_error()


def merge_policy(writer: Any, segments: list[Any]) -> list[Any]:
    """Merge eight segments of a size class, and segments mostly forgotten; return those left alone."""
    classes: dict[int, list[Any]] = {}
    for segment in segments:
        size = segment.doc_count_all()
        mostly_gone = segment.deleted_count() * 2 > size
        # Class 0 is always merged; the others by powers of eight.
        level = 0 if mostly_gone else 1 + (size.bit_length() // 3)
        if size > _MERGE_LIMIT and not mostly_gone:
            level = -1
        classes.setdefault(level, []).append(segment)
    kept: list[Any] = []
    for level, members in classes.items():
        if level == 0 or (level > 0 and len(members) >= _MERGE_AT):
            for segment in members:
                _merge(writer, segment)
        else:
            kept.extend(members)
    return [segment for segment in segments if segment in kept]


def drop_all(_writer: Any, _segments: list[Any]) -> list[Any]:
    """Merge policy of a full replacement: nothing of the old index is left."""
    return []


MergePolicy = Callable[[Any, list[Any]], list[Any]]


def _merge(writer: Any, segment: Any) -> None:
    from whoosh.reading import SegmentReader

    if segment.doc_count() == 0:
        return
    reader = SegmentReader(writer.storage, writer.schema, segment)
    try:
        writer.add_reader(reader)
    finally:
        reader.close()


def decode(matcher: Any) -> Postings:
    """Return all postings of a matcher as arrays, block by block where the codec has blocks."""
    while isinstance(matcher, FilterMatcher):
        # Forgotten documents are masked by the segment; unfiltered blocks decode many times faster.
        matcher = matcher.child
    ids: list[int] = []
    places: list[float] = []
    while matcher.is_active():
        if isinstance(matcher, W3LeafMatcher):
            matcher.id()
            matcher.weight()
            ids.extend(matcher._ids)
            places.extend(matcher._weights)
            matcher._next_block()
        else:
            ids.append(matcher.id())
            places.append(matcher.weight())
            matcher.next()
    return Postings(np.array(ids, np.int32), np.array(places, np.uint8))
