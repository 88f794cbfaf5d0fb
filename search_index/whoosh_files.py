"""Whoosh's files as an inverted index: the schema, a writer that takes ready terms, reading of postings.

Only the storage of Whoosh is used: its segments, its table of terms, its commit by renaming, its lock. Its
analysers, queries, collectors and posting blocks are not: they cost a Python call for every posting, and a
`filter` that is an empty set shows everything (every fork does), so permission never goes through them.
"""

import contextlib
import json
import struct
import threading
import uuid
import zlib
from array import array
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from whoosh.codec.whoosh3 import W3Codec, W3Segment
from whoosh.fields import FieldType, Schema
from whoosh.formats import Existence
from whoosh.reading import SegmentReader
from whoosh.writing import SegmentWriter

from search_index.analysis import Terms
from search_index.matches import Bools, Ints
from search_index.near import Lexicon
from search_index.records import Records
from search_index.segment import PLACE_BITS, PLACE_MASK, Packed, Recent, Tie

FIELDS = ("b", "f", "m", "n", "x")
LEXICONS = ("f", "n")
_IDS, _LEXICON = ".ids", ".lex"

# Segments of a size class are merged when there are so many: by a commit, which waits for it, only where no quiet
# moment came before. A class is eight times the one before.
MERGE_AT = 24
MERGE_IN_QUIET_AT = 12
# No commit writes more documents than these anew: it would keep new ones waiting.
MERGED_AT_ONCE = 20_000
# Documents of one segment when everything is written anew: what fits into memory.
SEGMENT_SIZE = 100_000
# Documents of a segment that is counted among the large ones: what was read of them is kept over many commits.
LARGE = 5_000
_INLINE = 24
_COMPRESSED_FROM = 96
_GAPS = (np.dtype(np.uint8), np.dtype("<u2"), np.dtype("<u4"))
_COMPRESSED = 4
_HEAD = struct.Struct("<BI")
_ELSEWHERE = 255
_POINTER = struct.Struct("<BQI")
_DECODED_KEPT = 2_000_000


class TermList(FieldType):  # type: ignore[misc]  # Whoosh has no types
    """A field whose postings the writer is given ready."""

    def __init__(self) -> None:
        self.format = Existence()
        self.analyzer = None
        self.vector = None


def schema() -> Schema:
    """Return the schema: fields f, x, n, m, b of terms, and no columns: marks and texts are the source's."""
    return Schema(**{name: TermList() for name in FIELDS})


# --- postings as bytes ---


def encoded(packed: Packed) -> bytes:
    """Return postings (ascending) as bytes: the first, then the gaps in as few bytes each as the widest needs."""
    if len(packed) == 1:
        return _HEAD.pack(0, int(packed[0]))
    gaps = np.diff(packed)
    widest = int(gaps.max())
    kind = 0 if widest < 1 << 8 else 1 if widest < 1 << 16 else 2
    raw = gaps.astype(_GAPS[kind]).tobytes()
    if len(raw) >= _COMPRESSED_FROM:
        kind, raw = kind | _COMPRESSED, zlib.compress(raw, 1)
    return _HEAD.pack(kind, int(packed[0])) + raw


def decoded(data: bytes) -> Packed:
    """Return the postings `encoded` made bytes of."""
    kind, first = _HEAD.unpack_from(data)
    raw = data[_HEAD.size :]
    if kind & _COMPRESSED:
        raw = zlib.decompress(raw)
    gaps = np.frombuffer(raw, _GAPS[kind & ~_COMPRESSED])
    packed = np.empty(len(gaps) + 1, np.uint32)
    packed[0] = first
    np.cumsum(gaps, out=packed[1:], dtype=np.uint32)
    packed[1:] += np.uint32(first)
    return packed


class TermCodec(W3Codec):  # type: ignore[misc]  # Whoosh has no types
    """Whoosh's codec with segment names that cannot meet.

    Whoosh draws segment names from the global `random`: a program that seeds it makes a new segment overwrite
    an old one.
    """

    def new_segment(self, storage: Any, indexname: str) -> Any:
        """Return a new empty segment."""
        return W3Segment(self, indexname, segid=uuid.uuid4().hex[:16])


# --- reading ---


class SegmentFiles:
    """One segment on disk; its files never change."""

    def __init__(self, reader: Any) -> None:
        self._reader, self._terms = reader, reader._terms
        # Whoosh's readers share file positions between threads.
        self._lock = threading.Lock()
        self.ids: list[str] = json.loads(self._whole_file(_IDS))
        self.numbers = {id_: number for number, id_ in enumerate(self.ids)}
        self.tie = Tie.of(self.ids)
        self._slots: Ints | None = None
        self._lexicons: dict[str, Lexicon] = {}
        self._decoded: Recent[Packed] = Recent(_DECODED_KEPT)

    def slots(self, records: Records) -> Ints:
        """Return the documents' slots in the records, looked up once: an engine has one source."""
        if self._slots is None:
            self._slots = records.slots(self.ids)
        return self._slots

    def postings(self, field: str, term: str) -> Packed:
        """Return the postings of a term; those of small segments, read again after every commit, are kept."""
        key = (field, term)
        found = self._decoded.get(key)
        if found is None:
            with self._lock:
                try:
                    value = self._terms._tindex[self._terms._keycoder(field, term.encode())]
                except KeyError:
                    found = np.zeros(0, np.uint32)
                else:
                    found = decoded(self._data(value))
            if len(self.ids) < LARGE:
                self._decoded.keep(key, found, 200 + found.nbytes)
        return found

    def postings_from(self, field: str, start: str) -> Iterator[Packed]:
        """Yield the postings of the field's terms that begin so."""
        raw = start.encode()
        for _, found in self.all_postings(field, raw):
            yield found

    def all_postings(self, field: str, start: bytes = b"") -> Iterator[tuple[bytes, Packed]]:
        """Yield (term, postings) of the field's terms that begin so, in order."""
        if field not in self._terms._fieldmap:
            return
        prefix = self._terms._keycoder(field, b"")
        items = self._terms._tindex.items_from(prefix + start)
        while True:
            with self._lock:
                item = next(items, None)
                if item is None or not item[0].startswith(prefix + start):
                    return
                data = self._data(item[1])
            yield item[0][len(prefix) :], decoded(data)

    def _data(self, value: bytes) -> bytes:
        if value[0] != _ELSEWHERE:
            return bytes(value)
        _, at, length = _POINTER.unpack(value)
        return bytes(self._terms._postfile.get(at, length))

    def lexicon(self, field: str) -> Lexicon:
        """Return all terms of the field."""
        with self._lock:
            if field not in self._lexicons:
                raw = self._whole_file(f".{field}{_LEXICON}")
                count = int.from_bytes(raw[:8], "little")
                own, of_pairs = np.frombuffer(raw, np.uint64, 2 * count, 8).reshape(2, -1)
                self._lexicons[field] = Lexicon(np.frombuffer(raw, np.uint8, -1, 8 + 16 * count), own, of_pairs)
            return self._lexicons[field]

    def _whole_file(self, ending: str) -> bytes:
        name = self._reader.segment().make_filename(ending)
        with contextlib.closing(self._reader.storage().open_file(name)) as file:
            return bytes(file.read())


# --- writing ---


class TermPool:
    """Collects postings by term in packed arrays; replaces Whoosh's pool, which sorts a tuple per posting."""

    def __init__(self) -> None:
        self._fields: dict[str, dict[str, array[int]]] = {name: {} for name in FIELDS}

    def add_terms(self, field: str, number: int, terms: Mapping[str, int]) -> None:
        """Take the terms of one document with their places."""
        own = self._fields[field]
        base = number << PLACE_BITS
        for term, place in terms.items():
            found = own.get(term)
            if found is None:
                own[term] = array("I", (base | place,))
            else:
                found.append(base | place)

    def add_posting(self, field: str, term: str, packed: int) -> None:
        """Take one posting."""
        self._fields[field].setdefault(term, array("I")).append(packed)

    def add_postings(self, field: str, term: str, packed: Packed) -> None:
        """Take the postings of one term, as read from a segment that is merged."""
        self._fields[field].setdefault(term, array("I")).frombytes(packed.astype(np.uintc).tobytes())

    def write(self, fields: Any, schema: Schema) -> None:
        """Write everything by field, term, document: few postings beside the term, more in a file of their own."""
        table, file = fields._tindex, fields._postfile
        for name, own in self._fields.items():
            fields.start_field(name, schema[name])
            prefix = fields._fieldid.to_bytes(2, "big")
            for term, raw in sorted((term.encode(), packed) for term, packed in own.items()):
                data = _HEAD.pack(0, raw[0]) if len(raw) == 1 else encoded(np.sort(np.frombuffer(raw, np.uintc)))
                if len(data) > _INLINE:
                    at = file.tell()
                    file.write(data)
                    data = _POINTER.pack(_ELSEWHERE, at, len(data))
                table.add(prefix + term, data)
            fields.finish_field()

    def terms(self, field: str) -> list[bytes]:
        """Return the field's terms."""
        return [term.encode() for term in self._fields[field]]

    def cleanup(self) -> None:
        """Let the postings go."""
        self._fields.clear()


class Taken(NamedTuple):
    """Where a writer put a document."""

    segment: Any
    number: int


class TermWriter(SegmentWriter):  # type: ignore[misc]  # Whoosh has no types
    """Whoosh's writer with the codec and the pool above."""

    docnum: int

    def __init__(self, index: Any, *, wait: float) -> None:
        """Take the index's write lock, waiting up to `wait` seconds; LockError if another keeps it."""
        super().__init__(index, timeout=wait, delay=0.02, codec=TermCodec())
        self.pool = TermPool()
        self._ids: list[str] = []
        self.finished: list[Any] = []
        """Segments that are full; they are committed with the last one."""

    def add(self, id_: str, terms: Terms) -> Taken:
        """Add a document; return where it is."""
        number = self._next(id_)
        for field in FIELDS:
            self.pool.add_terms(field, number, getattr(terms, field))
        taken = Taken(self.newsegment, number)
        self.end_if_full()
        return taken

    def withdraw(self, taken: Taken) -> None:
        """Forget a document added by this writer."""
        taken.segment.delete_document(taken.number)

    def end_if_full(self) -> None:
        """Write a full segment and begin another; memory holds one at a time."""
        if self.docnum < SEGMENT_SIZE:
            return
        self.finished.append(self._finalize_segment())
        self.newsegment = self.codec.new_segment(self.storage, self.indexname)
        self.perdocwriter = self.codec.per_document_writer(self.storage, self.newsegment)
        self.fieldwriter = self.codec.field_writer(self.storage, self.newsegment)
        self.pool, self._ids, self.docnum, self._added = TermPool(), [], 0, False

    def take_over(self, files: SegmentFiles, kept: Bools) -> None:
        """Add the documents of a segment that are kept."""
        numbers = np.zeros(len(kept), np.uint32)
        for number in np.flatnonzero(kept).tolist():
            numbers[number] = self._next(files.ids[number])
        for field in FIELDS:
            for term, packed in files.all_postings(field):
                if len(packed) == 1:
                    one = int(packed[0])
                    if kept[one >> PLACE_BITS]:
                        moved_to = int(numbers[one >> PLACE_BITS]) << PLACE_BITS | one & PLACE_MASK
                        self.pool.add_posting(field, term.decode(), moved_to)
                    continue
                stay = packed[kept[packed >> PLACE_BITS]]
                if len(stay):
                    moved = numbers[stay >> PLACE_BITS] << PLACE_BITS | stay & PLACE_MASK
                    self.pool.add_postings(field, term.decode(), moved)

    def _next(self, id_: str) -> int:
        number = int(self.docnum)
        self.perdocwriter.start_doc(number)
        self.perdocwriter.finish_doc()
        self._ids.append(id_)
        self.docnum += 1
        self._added = True
        return number

    def _flush_segment(self) -> None:
        self.perdocwriter.close()
        self.pool.write(self.fieldwriter, self.schema)
        self.fieldwriter.close()
        self._write_file(_IDS, json.dumps(self._ids, ensure_ascii=False).encode())
        for field in LEXICONS:
            terms = Lexicon.of(self.pool.terms(field))
            count = len(terms).to_bytes(8, "little")
            parts = (terms.signatures, terms.pair_signatures, terms.blob)
            self._write_file(f".{field}{_LEXICON}", count + b"".join(part.tobytes() for part in parts))

    def _write_file(self, ending: str, content: bytes) -> None:
        with contextlib.closing(self.newsegment.create_file(self.storage, ending)) as file:
            file.write(content)

    def _cleanup_on_error(self) -> None:
        """Close the files of the segment that will not be, which Whoosh leaves open, then what Whoosh does."""
        with contextlib.suppress(Exception):
            self._close_segment()
        super()._cleanup_on_error()


# --- which segments are merged ---

MergePolicy = Callable[[TermWriter, list[Any]], list[Any]]


def merge_policy(writer: TermWriter, segments: list[Any]) -> list[Any]:
    """Merge the segments of a size class when they are too many; return those left alone.

    Segments are never merged beyond what one commit may write anew: `merge_everything` does, at a quiet hour.
    """
    return _merge(writer, segments, _due(segments, MERGE_AT, MERGE_AT))


def merge_in_quiet(writer: TermWriter, segments: list[Any]) -> list[Any]:
    """Merge policy of a moment in which nothing waits to be added: sooner, and all that is mostly forgotten."""
    return _merge(writer, segments, due_in_quiet(segments))


def due_in_quiet(segments: list[Any]) -> list[Any]:
    """Return what `merge_in_quiet` would write anew."""
    return _due(segments, MERGE_IN_QUIET_AT, SEGMENT_SIZE)


def _due(segments: list[Any], many: int, small: int) -> list[Any]:
    """Return the classes with so many segments, and the segments up to a size that are mostly forgotten."""
    classes: dict[int, list[Any]] = {}
    for segment in segments:
        size = segment.doc_count_all()
        mostly_gone = segment.deleted_count() * 2 > size and size <= small
        # Class 0 is always merged; the others by powers of eight.
        level = 0 if mostly_gone else 1 + (size.bit_length() // 3)
        classes.setdefault(level, []).append(segment)
    merged: list[Any] = []
    for level, members in sorted(classes.items()):
        if level == 0 or len(members) + (len(merged) > 0) >= many:
            room = MERGED_AT_ONCE - sum(own.doc_count() for own in merged)
            if level == 0 or sum(own.doc_count() for own in members) <= room:
                merged += members
    return merged


def merge_everything(writer: TermWriter, segments: list[Any]) -> list[Any]:
    """Merge policy that leaves full segments, one that is not, and nothing forgotten."""
    open_ones = [own for own in segments if own.has_deletions() or own.doc_count() < SEGMENT_SIZE]
    whole = len(open_ones) == 1 and not open_ones[0].has_deletions()
    return _merge(writer, segments, [] if whole else open_ones)


def drop_forgotten(writer: TermWriter, segments: list[Any]) -> list[Any]:
    """Merge policy that leaves no segment with forgotten documents."""
    return _merge(writer, segments, [segment for segment in segments if segment.has_deletions()])


def drop_all(_writer: TermWriter, _segments: list[Any]) -> list[Any]:
    """Merge policy of a full replacement: nothing of the old index is left."""
    return []


def _merge(writer: TermWriter, segments: list[Any], merged: list[Any]) -> list[Any]:
    for segment in merged:
        if not segment.doc_count():
            continue
        reader = SegmentReader(writer.storage, writer.schema, segment)
        try:
            kept = np.ones(segment.doc_count_all(), np.bool_)
            kept[list(segment.deleted_docs())] = False
            writer.take_over(SegmentFiles(reader), kept)
            writer.end_if_full()
        finally:
            reader.close()
    gone = {id(segment) for segment in merged}
    return [segment for segment in segments if id(segment) not in gone]
