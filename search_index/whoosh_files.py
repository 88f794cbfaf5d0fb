"""Whoosh's files as an inverted index: the schema, a writer that takes ready terms, decoding of postings.

Only the storage of Whoosh is used: its segments, its commit by renaming, its lock, its posting blocks. Its
analysers, queries and collectors are not: they cost a Python call for every posting, and a `filter` that is
an empty set shows everything (every fork does), so permission never goes through them.
"""

import contextlib
import uuid
from array import array
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from whoosh.codec.whoosh3 import W3Codec, W3LeafMatcher, W3PostingsWriter, W3Segment
from whoosh.columns import VarBytesColumn
from whoosh.fields import COLUMN, FieldType, Schema
from whoosh.formats import Existence
from whoosh.matching import FilterMatcher
from whoosh.writing import SegmentWriter

from search_index.segment import Postings

# Two bits hold the place (1 to 3) beside the document number in one 32-bit number.
_PLACE_BITS = 2
_PLACE_MASK = (1 << _PLACE_BITS) - 1
_MERGE_AT = 8
# Whoosh's byte columns end at 2 GB a segment; larger segments are left as they are.
_MERGE_LIMIT = 200_000


FIELDS = ("f", "n", "x")
COLUMNS = ("id",)


class TermList(FieldType):  # type: ignore[misc]  # Whoosh has no types
    """A field whose postings the writer is given ready; the place is stored as the weight."""

    def __init__(self) -> None:
        self.format = Existence()
        self.analyzer = None
        self.vector = None


def schema() -> Schema:
    """Return the schema: fields f, x, n of terms; the document's id."""

    def column() -> COLUMN:
        # RefBytesColumn would be smaller, but beyond 65,535 different values it stores the default instead.
        return COLUMN(VarBytesColumn())

    terms = {name: TermList() for name in FIELDS}
    return Schema(**terms, **{name: column() for name in COLUMNS})


class TermPool:
    """Collects postings by term in packed arrays; replaces Whoosh's pool, which sorts a tuple per posting."""

    def __init__(self) -> None:
        self._fields: dict[str, dict[str, array[int]]] = {name: {} for name in FIELDS}

    def add(self, item: tuple[str, bytes, int, float, bytes]) -> None:
        """Take one posting the way Whoosh hands it over."""
        field, term, number, place, _ = item
        self.add_terms(field, number, {term.decode(): int(place)})

    def add_terms(self, field: str, number: int, terms: Mapping[str, int]) -> None:
        """Take the terms of one document with their places."""
        own = self._fields[field]
        base = number << _PLACE_BITS
        for term, place in terms.items():
            found = own.get(term)
            if found is None:
                own[term] = array("I", (base | place,))
            else:
                found.append(base | place)

    def add_postings(self, field: str, term: str, postings: Postings) -> None:
        """Take the postings of one term, as read from a segment that is merged."""
        packed = postings.ids.astype(np.uint32) << _PLACE_BITS | postings.places
        own = self._fields[field].setdefault(term, array("I"))
        own.frombytes(packed.astype(np.uintc).tobytes())

    def write(self, fields: Any, schema: Schema) -> None:
        """Write everything by field, term, document."""
        for name, own in self._fields.items():
            fields.start_field(name, schema[name])
            for term, raw in sorted((term.encode(), packed) for term, packed in own.items()):
                packed = np.sort(np.frombuffer(raw, np.uintc))
                fields.start_term(term)
                fields._postwriter.add_arrays(packed >> _PLACE_BITS, packed & _PLACE_MASK)
                fields.finish_term()
            fields.finish_field()

    def cleanup(self) -> None:
        """Let the postings go."""
        self._fields.clear()


class TermPostings(W3PostingsWriter):  # type: ignore[misc]  # Whoosh has no types
    """Whoosh's posting blocks, filled from arrays instead of one posting at a time."""

    # Quoted: arrays cannot be subscripted when the class is made.
    _ids: "array[int]"

    def add_arrays(self, ids: npt.NDArray[np.uintc], places: npt.NDArray[np.uintc]) -> None:
        """Add all postings of a term."""
        for start in range(0, len(ids), self._blocklimit):
            if self._ids:
                self._write_block()
            end = start + self._blocklimit
            self._ids = array("I", ids[start:end].tobytes())
            self._weights = array("f", places[start:end].astype(np.float32).tobytes())
            self._maxweight = max(self._weights)


class TermCodec(W3Codec):  # type: ignore[misc]  # Whoosh has no types
    """Whoosh's codec with large blocks and segment names that cannot meet.

    Whoosh draws segment names from the global `random`: a program that seeds it makes a new segment overwrite
    an old one.
    """

    def __init__(self) -> None:
        super().__init__(blocklimit=4096, compression=3)

    def postings_writer(self, dbfile: Any, byteids: bool = False) -> TermPostings:
        """Return the writer of posting blocks."""
        return TermPostings(dbfile, self._blocklimit, byteids, self._compression, self._inlinelimit)

    def new_segment(self, storage: Any, indexname: str) -> Any:
        """Return a new empty segment."""
        return W3Segment(self, indexname, segid=uuid.uuid4().hex[:16])


class TermWriter(SegmentWriter):  # type: ignore[misc]  # Whoosh has no types
    """Whoosh's writer with the codec and the pool above."""

    def __init__(self, index: Any, *, wait: float) -> None:
        """Take the index's write lock, waiting up to `wait` seconds; LockError if another keeps it."""
        super().__init__(index, timeout=wait, delay=0.05, codec=TermCodec())
        self.pool = TermPool()

    def add(self, terms: Mapping[str, Mapping[str, int]], columns: Mapping[str, bytes]) -> None:
        """Add a document: {field: {term: place}} and {column: value}."""
        number = self.docnum
        self.add_document(**columns)
        for field, own in terms.items():
            self.pool.add_terms(field, number, own)

    def add_postings_to_pool(self, reader: Any, startdoc: int, docmap: Mapping[int, int] | None) -> None:
        """Take over the postings of a segment that is merged, without its forgotten documents."""
        size = reader.doc_count_all()
        numbers = np.arange(startdoc, startdoc + size, dtype=np.int32)
        if docmap is not None:
            numbers = np.full(size, -1, np.int32)
            numbers[list(docmap)] = list(docmap.values())
        for field in FIELDS:
            for term in reader.lexicon(field):
                old = decode(reader.postings(field, term))
                moved = numbers[old.ids]
                kept = moved >= 0
                if kept.any():
                    self.pool.add_postings(field, bytes(term).decode(), Postings(moved[kept], old.places[kept]))

    def _flush_segment(self) -> None:
        self.perdocwriter.close()
        self.pool.write(self.fieldwriter, self.schema)
        self.fieldwriter.close()

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


def drop_forgotten(writer: Any, segments: list[Any]) -> list[Any]:
    """Merge policy that leaves no segment with forgotten documents."""
    for segment in segments:
        if segment.has_deletions():
            _merge(writer, segment)
    return [segment for segment in segments if not segment.has_deletions()]


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
