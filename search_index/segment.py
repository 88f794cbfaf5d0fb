"""A part of the index as arrays: postings and marks of a fixed run of documents, the newest first.

Evaluation never asks for one posting at a time: a term is decoded once into bits and kept, a permission
becomes one set. That is what makes counting and facets cheap whoever asks.
"""

import contextlib
import zlib
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from search_index.analysis import packed_words
from search_index.clock import Clock
from search_index.matches import (
    Bools,
    Bytes,
    Ints,
    Matches,
    Words,
    of_numbers,
    words_of,
)
from search_index.model import Filters, Text, Visible, covers
from search_index.near import Lexicon
from search_index.packing import fold_packed
from search_index.records import NO_YEAR, NUMBERS, STRINGS, Records

Packed = npt.NDArray[np.uint32]
Kept = TypeVar("Kept")

# Two bits of a packed posting hold the place (1 to 3), the others the document's number in its files.
PLACE_BITS = 2
PLACE_MASK = (1 << PLACE_BITS) - 1
_MASKS_KEPT = 64
_POSTINGS_BYTES = 128_000_000
# A column with more different values is counted number by number, and others where the numbers are few.
_COUNTED_BY_BITS = 32
_LOOKS = 64
_TIME_ASKED_EVERY = 256


class Recent(Generic[Kept]):
    """The things last used, up to a total weight."""

    def __init__(self, most: int) -> None:
        self._things: OrderedDict[Hashable, tuple[Kept, int]] = OrderedDict()
        self._room = most

    def get(self, key: Hashable) -> Kept | None:
        """Return a thing kept."""
        found = self._things.get(key)
        if found is None:
            return None
        with contextlib.suppress(KeyError):
            self._things.move_to_end(key)
        return found[0]

    def keep(self, key: Hashable, thing: Kept, weight: int = 1) -> None:
        """Keep a thing, letting go what was not used for longest."""
        self._things[key] = (thing, weight)
        self._room -= weight
        while self._room < 0 and len(self._things) > 1:
            try:
                self._room += self._things.popitem(last=False)[1][1]
            except KeyError:
                break


class Tie(NamedTuple):
    """What orders documents of one day: the ends of their ids, so that the order depends on nothing else."""

    head: npt.NDArray[np.uint64]
    whole: npt.NDArray[np.uint32]

    @classmethod
    def of(cls, ids: Sequence[str]) -> "Tie":
        """Return the ties of documents."""
        raw = [id_.encode() for id_ in ids]
        head = np.array(raw or [b""], "S8").view(">u8").astype(np.uint64)[: len(ids)]
        return cls(head, np.fromiter(map(zlib.crc32, raw), np.uint32, len(raw)))


class Segment(ABC):
    """What an evaluator may ask a part of an index; document numbers run from 0 to `size` - 1, newest first."""

    def __init__(self, records: Records, slots: Ints, kept: Bools, tie: Tie, before: "Segment | None" = None) -> None:
        """Take the marks of the documents as they stand now; `before` is the same documents' segment until now."""
        self.records = records
        self._given = slots
        self._order: Ints
        self._days: Ints
        self._rank: Ints
        self._read: Recent[Matches]
        days = records.column("day", slots)
        if before is not None and np.array_equal(days, before._days):
            self._order, self._rank, self._read = before._order, before._rank, before._read
        else:
            self._order = np.lexsort((~tie.whole, ~tie.head, -days)).astype(np.int32)
            self._rank = np.empty(len(slots), np.int32)
            self._rank[self._order] = np.arange(len(slots), dtype=np.int32)
            self._read = Recent[Matches](_POSTINGS_BYTES)
        self._days = days
        self.slots = slots[self._order]
        self.tie = Tie(tie.head[self._order], tie.whole[self._order])
        self.alive: Bools = (kept & records.known(slots))[self._order]
        self.columns = {name: records.column(name, self.slots) for name in (*STRINGS, *NUMBERS)}
        self._sets: Recent[Words] = Recent(_MASKS_KEPT)
        self._by_value: dict[str, tuple[npt.NDArray[np.int32], Words]] = {}
        self._slots_sorted: Ints | None = None

    @property
    def size(self) -> int:
        """Return how many documents the segment holds, forgotten ones included."""
        return len(self.slots)

    def id(self, number: int) -> str:
        """Return the document's id."""
        return self.records.ids[int(self.slots[number])]

    def age(self, number: int) -> tuple[int, int, int]:
        """Return what orders documents of several segments, the newest first."""
        return -int(self.columns["day"][number]), -int(self.tie.head[number]), -int(self.tie.whole[number])

    def holds_any(self, slots: Ints) -> bool:
        """Return whether one of these documents is here."""
        if self._slots_sorted is None:
            self._slots_sorted = np.sort(self.slots)
        at = np.searchsorted(self._slots_sorted, slots)
        inside = at < self.size
        return bool((self._slots_sorted[at[inside]] == slots[inside]).any())

    # --- sets by marks ---

    def visible(self, reader: Visible) -> Words:
        """Return which documents the reader may see and are not forgotten; kept for the next question."""
        return self._set(reader, lambda: self._visible(reader))

    def _visible(self, reader: Visible) -> Bools:
        held = reader.compartments
        seen: Bools = self.alive & self.where("unit", reader.covers_unit, reader.units)
        seen &= self.columns["secrecy"] <= reader.secrecy
        seen &= self.where("compartment", lambda name: name == "" or name in held)
        if reader.without:
            seen &= ~self.equal("dossier", *reader.without)
            seen &= ~self.among(reader.without)
        return seen

    def passing(self, filters: Filters) -> Words:
        """Return which documents pass every filter that one document alone decides."""
        return self._set(filters, lambda: self._passing(filters))

    def _passing(self, filters: Filters) -> Bools:
        passed: Bools = np.ones(self.size, np.bool_)
        if filters.type is not None:
            passed &= self.under("type", filters.type)
        if filters.unit is not None:
            passed &= self.under("unit", filters.unit)
        if filters.units:
            passed &= self.under("unit", *filters.units)
        if filters.block is not None:
            passed &= self.equal("block", filters.block)
        if filters.year_from is not None or filters.year_to is not None:
            passed &= self.between(filters.year_from, filters.year_to)
        if filters.secrecy is not None:
            passed &= self.columns["secrecy"] == filters.secrecy
        if filters.only is not None:
            passed &= self.among(filters.only)
        return passed

    def _set(self, key: Hashable, made: Callable[[], Bools]) -> Words:
        found = self._sets.get(key)
        if found is None:
            found = words_of(made())
            self._sets.keep(key, found)
        return found

    def where(self, column: str, test: Callable[[str], bool], key: Hashable = None) -> Bools:
        """Return which documents' string passes the test; each different string is tested once (for a `key`, ever)."""
        passed: Bools = self.records.values[column].where(test, key)[self.columns[column]]
        return passed

    def equal(self, column: str, *values: str) -> Bools:
        """Return which documents' string is one of these."""
        numbers = [self.records.values[column].number(value) for value in values]
        passed: Bools = np.isin(self.columns[column], [number for number in numbers if number is not None])
        return passed

    def among(self, ids: frozenset[str]) -> Bools:
        """Return which documents are these."""
        passed: Bools = np.isin(self.slots, self.records.known_slots(ids))
        return passed

    def under(self, column: str, *values: str) -> Bools:
        """Return which documents' type or unit is one of these or lies under it."""
        return self.where(column, lambda own: any(covers(value, own) for value in values), ("under", values))

    def between(self, first: int | None, last: int | None) -> Bools:
        """Return which documents are dated within these years; undated ones are not."""
        year = self.columns["year"]
        dated: Bools = year != NO_YEAR
        if first is not None:
            dated &= year >= first
        if last is not None:
            dated &= year <= last
        return dated

    def counts(self, column: str, words: Words, numbers: Ints) -> tuple[Ints, npt.NDArray[np.int64]]:
        """Return the values these documents have, and how many of them have each: a set and its numbers."""
        values, sets = self._values(column)
        # a value costs a look at every word of 64 documents, a number about as much as three such looks
        if len(sets) and len(sets) * self.size < _LOOKS * len(numbers):
            each = np.bitwise_count(sets & words).sum(axis=1, dtype=np.int64)
            return values[each > 0], each[each > 0]
        found = np.bincount(self.columns[column].take(numbers) + 1)
        met = np.flatnonzero(found)
        return (met - 1).astype(np.int32), found[met]

    def _values(self, column: str) -> tuple[npt.NDArray[np.int32], Words]:
        """Return the column's different values with the set of each; none when there are too many."""
        found = self._by_value.get(column)
        if found is None:
            codes = self.columns[column]
            values = np.unique(codes)
            few = len(values) <= _COUNTED_BY_BITS
            sets = [words_of(codes == value) for value in values] if few else []
            found = self._by_value[column] = (values, np.array(sets, np.uint64))
        return found

    # --- words ---

    def postings(self, field: str, term: str) -> Matches:
        """Return the documents holding the term; forgotten ones may be among them."""
        key = (field, term)
        found = self._read.get(key)
        if found is None:
            found = self._ranked([self._packed(field, term)])
            self._read.keep(key, found, found.weight)
        return found

    def beginning(self, field: str, start: str, clock: Clock) -> Matches:
        """Return the documents holding a term that begins so; those found until time ran out."""
        key = (field, start, "*")
        found = self._read.get(key)
        if found is None:
            lists: list[Packed] = []
            for number, packed in enumerate(self._packed_from(field, start)):
                if number % _TIME_ASKED_EVERY == _TIME_ASKED_EVERY - 1 and clock.is_over():
                    return self._ranked(lists)
                lists.append(packed)
            found = self._ranked(lists)
            self._read.keep(key, found, found.weight)
        return found

    def _ranked(self, lists: list[Packed]) -> Matches:
        """Return postings in the order of recency, each document once with its best place."""
        packed = lists[0] if len(lists) == 1 else np.concatenate(lists or [np.zeros(0, np.uint32)])
        numbers = self._rank[packed >> PLACE_BITS]
        places = (packed & PLACE_MASK).astype(np.uint8)
        if len(lists) > 1 and len(numbers) * 64 > self.size:
            best = np.zeros(self.size, np.uint8)
            for place in (1, 2, 3):
                best[numbers[places == place]] = place
            numbers = np.flatnonzero(best).astype(np.int32)
            return of_numbers(self.size, numbers, best[numbers])
        order = np.lexsort((places, numbers))
        numbers, places = numbers[order], places[order]
        best_of_each = np.append(numbers[1:] != numbers[:-1], True) if len(numbers) else np.zeros(0, np.bool_)
        return of_numbers(self.size, numbers[best_of_each], places[best_of_each])

    def texts(self, numbers: Ints, field: str, known: Mapping[str, Text] | None = None) -> Iterator[bytes]:
        """Yield the documents' words side by side, packed: folded for field "f", as written for "x".

        `known` are the texts where they were read already.
        """
        ids = [self.id(number) for number in numbers.tolist()]
        found = self.records.source.texts(ids) if known is None else known
        for id_ in ids:
            packed = packed_words(found[id_]) if id_ in found else b""
            yield fold_packed(packed) if field == "f" else packed

    @abstractmethod
    def _packed(self, field: str, term: str) -> Packed:
        """Return the term's postings as numbers in the files and places."""

    @abstractmethod
    def _packed_from(self, field: str, start: str) -> Iterable[Packed]:
        """Yield the postings of the terms that begin so."""

    @abstractmethod
    def lexicons(self, field: str) -> Sequence[Lexicon]:
        """Return all terms of the field, in one or several parts."""


__all__ = ["PLACE_BITS", "PLACE_MASK", "Bytes", "Packed", "Recent", "Segment", "Tie"]
