"""A part of the index as arrays: postings, attributes and text of a fixed run of documents.

Evaluation never asks for one posting at a time: a term is decoded once into arrays and kept, a permission
becomes one array of yes and no. That is what makes counting and facets cheap whoever asks.
"""

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from search_index.model import Doc, Filters, Marks, Visible, covers

Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int32]

NO_YEAR = -1
_MASKS_KEPT = 64


class Postings(NamedTuple):
    """The documents (numbers within the segment, ascending) holding a term, and the best place in each."""

    ids: Ints
    places: Bytes


NO_POSTINGS = Postings(np.zeros(0, np.int32), np.zeros(0, np.uint8))


class Coded:
    """A column of strings as small numbers: `values[codes[i]]` is the string of document i."""

    def __init__(self, column: Iterable[str]) -> None:
        known: dict[str, int] = {}
        self.codes: Ints = np.fromiter((known.setdefault(value, len(known)) for value in column), np.int32)
        self.values: tuple[str, ...] = tuple(known)

    def where(self, test: Callable[[str], bool]) -> Bools:
        """Return which documents' string passes the test; each different string is tested once."""
        passed: Bools = np.fromiter((test(value) for value in self.values), np.bool_, len(self.values))
        spread: Bools = np.zeros(len(self.codes), np.bool_)
        if self.values:
            spread[:] = passed[self.codes]
        return spread


class Attributes:
    """The marks of all documents of a segment, column by column."""

    def __init__(self, rows: Sequence[Marks]) -> None:
        self.ids = [row.id for row in rows]
        self._numbers: dict[str, int] | None = None
        self.columns = {
            "unit": Coded(row.unit for row in rows),
            "compartment": Coded(row.compartment for row in rows),
            "type": Coded(row.type for row in rows),
            "block": Coded(row.block for row in rows),
        }
        self.secrecy = np.array([row.secrecy for row in rows], np.int64)
        self.year: Ints = np.array([NO_YEAR if row.year is None else row.year for row in rows], np.int32)

    def visible(self, reader: Visible) -> Bools:
        """Return which documents the reader may see; no units see nothing."""
        held = reader.compartments
        seen: Bools = self.columns["unit"].where(reader.covers_unit)
        seen &= self.secrecy <= reader.secrecy
        seen &= self.columns["compartment"].where(lambda name: name == "" or name in held)
        for name in reader.without:
            number = self.number_of(name)
            if number is not None:
                seen[number] = False
        return seen

    def number_of(self, name: str) -> int | None:
        """Return the number of the document of this id, None if the segment does not hold it."""
        if self._numbers is None:
            self._numbers = {own: number for number, own in enumerate(self.ids)}
        return self._numbers.get(name)

    def under(self, column: str, value: str) -> Bools:
        """Return which documents' type or unit is this one or lies under it."""
        return self.columns[column].where(lambda own: covers(value, own))

    def between(self, first: int | None, last: int | None) -> Bools:
        """Return which documents are dated within these years; undated ones are not."""
        dated: Bools = self.year != NO_YEAR
        if first is not None:
            dated &= self.year >= first
        if last is not None:
            dated &= self.year <= last
        return dated

    def passing(self, filters: Filters) -> Bools:
        """Return which documents pass every filter that is set."""
        passed: Bools = np.ones(len(self.ids), np.bool_)
        for column, value in (("type", filters.type), ("unit", filters.unit)):
            if value is not None:
                passed &= self.under(column, value)
        if filters.block is not None:
            wanted = filters.block
            passed &= self.columns["block"].where(lambda own: own == wanted)
        if filters.year_from is not None or filters.year_to is not None:
            passed &= self.between(filters.year_from, filters.year_to)
        return passed


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

    def __init__(self, attributes: Attributes, alive: Bools) -> None:
        self.attributes = attributes
        self.alive = alive
        self._masks: OrderedDict[Visible, Bools] = OrderedDict()

    @property
    def size(self) -> int:
        """Return how many documents the segment holds, forgotten ones included."""
        return len(self.attributes.ids)

    def visible(self, reader: Visible) -> Bools:
        """Return which documents the reader may see and are not forgotten; kept for the next question."""
        mask = self._masks.get(reader)
        if mask is None:
            mask = self.attributes.visible(reader) & self.alive
            self._masks[reader] = mask
            while len(self._masks) > _MASKS_KEPT:
                self._masks.pop(next(iter(self._masks)), None)
        return mask

    @abstractmethod
    def postings(self, field: str, term: str) -> Postings:
        """Return the documents holding the term, empty if none; forgotten ones may be among them."""

    @abstractmethod
    def terms_from(self, field: str, prefix: str) -> list[str]:
        """Return the field's terms that begin so."""

    @abstractmethod
    def lexicon(self, field: str) -> Lexicon:
        """Return all terms of the field."""

    @abstractmethod
    def texts(self, numbers: list[int], field: str) -> list[bytes]:
        """Return the documents' words side by side, packed: folded for field "f", as written for "x"."""

    @abstractmethod
    def doc(self, number: int) -> Doc:
        """Return the document as it was given."""
