"""A part of the index as arrays: postings, marks and text of a fixed run of documents.

Evaluation never asks for one posting at a time: a term is decoded once into arrays and kept, a permission
becomes one array of yes and no. That is what makes counting and facets cheap whoever asks.
"""

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from search_index.analysis import packed_words
from search_index.model import Filters, Visible, covers
from search_index.packing import fold_packed
from search_index.records import NO_YEAR, NUMBERS, STRINGS, Bools, Ints, Records

Bytes = npt.NDArray[np.uint8]

_MASKS_KEPT = 64


class Postings(NamedTuple):
    """The documents (numbers within the segment, ascending) holding a term, and the best place in each."""

    ids: Ints
    places: Bytes


NO_POSTINGS = Postings(np.zeros(0, np.int32), np.zeros(0, np.uint8))


class Lexicon:
    """All terms of one field of a segment, with their lengths for quick preselection."""

    def __init__(self, terms: list[str]) -> None:
        self.terms = terms
        self.lengths = np.fromiter((len(term) for term in terms), np.int32, len(terms))

    def about_as_long_as(self, word: str, distance: int) -> list[str]:
        """Return the terms whose length differs from the word's by at most `distance`."""
        near = np.flatnonzero(np.abs(self.lengths - len(word)) <= distance)
        return [self.terms[i] for i in near]


class Segment(ABC):
    """What an evaluator may ask a part of an index; document numbers run from 0 to `size` - 1."""

    def __init__(self, records: Records, slots: Ints, alive: Bools) -> None:
        self.records = records
        self.slots = slots
        self.alive: Bools = alive & records.known(slots)
        self.columns = {name: records.column(name, slots) for name in (*STRINGS, *NUMBERS)}
        self._masks: OrderedDict[Visible, Bools] = OrderedDict()

    @property
    def size(self) -> int:
        """Return how many documents the segment holds, forgotten ones included."""
        return len(self.slots)

    def id(self, number: int) -> str:
        """Return the document's id."""
        return self.records.ids[int(self.slots[number])]

    def visible(self, reader: Visible) -> Bools:
        """Return which documents the reader may see and are not forgotten; kept for the next question."""
        mask = self._masks.get(reader)
        if mask is None:
            mask = self._masks[reader] = self._visible(reader)
            while len(self._masks) > _MASKS_KEPT:
                self._masks.pop(next(iter(self._masks)), None)
        return mask

    def _visible(self, reader: Visible) -> Bools:
        held = reader.compartments
        seen: Bools = self.alive & self.where("unit", reader.covers_unit)
        seen &= self.columns["secrecy"] <= reader.secrecy
        seen &= self.where("compartment", lambda name: name == "" or name in held)
        if reader.without:
            seen &= ~self.where("dossier", lambda name: name in reader.without)
            seen &= ~self.among(reader.without)
        return seen

    def where(self, column: str, test: Callable[[str], bool]) -> Bools:
        """Return which documents' string passes the test; each different string is tested once."""
        passed: Bools = self.records.values[column].where(test)[self.columns[column]]
        return passed

    def among(self, ids: frozenset[str]) -> Bools:
        """Return which documents are these."""
        passed: Bools = np.isin(self.slots, self.records.known_slots(ids))
        return passed

    def under(self, column: str, *values: str) -> Bools:
        """Return which documents' type or unit is one of these or lies under it."""
        return self.where(column, lambda own: any(covers(value, own) for value in values))

    def between(self, first: int | None, last: int | None) -> Bools:
        """Return which documents are dated within these years; undated ones are not."""
        year = self.columns["year"]
        dated: Bools = year != NO_YEAR
        if first is not None:
            dated &= year >= first
        if last is not None:
            dated &= year <= last
        return dated

    def passing(self, filters: Filters) -> Bools:
        """Return which documents pass every filter that one document alone decides."""
        passed: Bools = np.ones(self.size, np.bool_)
        if filters.type is not None:
            passed &= self.under("type", filters.type)
        if filters.unit is not None:
            passed &= self.under("unit", filters.unit)
        if filters.units:
            passed &= self.under("unit", *filters.units)
        if filters.block is not None:
            wanted = filters.block
            passed &= self.where("block", lambda own: own == wanted)
        if filters.year_from is not None or filters.year_to is not None:
            passed &= self.between(filters.year_from, filters.year_to)
        if filters.secrecy is not None:
            passed &= self.columns["secrecy"] == filters.secrecy
        if filters.only is not None:
            passed &= self.among(filters.only)
        return passed

    def texts(self, numbers: list[int], field: str) -> list[bytes]:
        """Return the documents' words side by side, packed: folded for field "f", as written for "x"."""
        ids = [self.id(number) for number in numbers]
        found = self.records.source.texts(ids)
        packed = [packed_words(found[id_]) if id_ in found else b"" for id_ in ids]
        return [fold_packed(text) for text in packed] if field == "f" else packed

    @abstractmethod
    def postings(self, field: str, term: str) -> Postings:
        """Return the documents holding the term, empty if none; forgotten ones may be among them."""

    @abstractmethod
    def terms_from(self, field: str, prefix: str) -> list[str]:
        """Return the field's terms that begin so."""

    @abstractmethod
    def lexicon(self, field: str) -> Lexicon:
        """Return all terms of the field."""
