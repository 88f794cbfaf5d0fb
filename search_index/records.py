"""The marks of all documents of a source, column by column, and the names of the persons they are about.

A document keeps its slot for good. A value is a small number the whole index shares, so that counting by value
needs no strings.
"""

from collections.abc import Callable, Hashable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from search_index.model import Changes, Marks, Source
from search_index.sources import portions

Ints = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]

STRINGS = ("unit", "compartment", "type", "block", "dossier", "person")
NUMBERS = ("secrecy", "year", "day")
NO_YEAR = -1
_PORTION = 20_000
_TESTS_KEPT = 64
_NONE_TESTED: Bools = np.zeros(0, np.bool_)


class Values:
    """Different strings as small numbers that never change their meaning; 0 is the empty string."""

    def __init__(self) -> None:
        self.all: list[str] = [""]
        self._numbers: dict[str, int] = {"": 0}
        self._tested: dict[Hashable, Bools] = {}
        self._places: Ints = np.zeros(0, np.int32)

    def numbers(self, strings: Iterable[str]) -> list[int]:
        """Return the number of each string, giving new ones."""
        found = []
        for value in strings:
            number = self._numbers.get(value)
            if number is None:
                number = self._numbers[value] = len(self.all)
                self.all.append(value)
            found.append(number)
        return found

    def number(self, value: str) -> int | None:
        """Return the number of a string, None if no document has it."""
        return self._numbers.get(value)

    def places(self, numbers: npt.NDArray[np.integer[Any]]) -> Ints:
        """Return where the strings of these numbers stand among all in their order; sorted anew when there are more."""
        places = self._places
        if len(places) < len(self.all):
            known = list(self.all)
            order = sorted(range(len(known)), key=known.__getitem__)
            places = np.empty(len(known), np.int32)
            places[order] = np.arange(len(known), dtype=np.int32)
            self._places = places
        found: Ints = places[numbers]
        return found

    def where(self, test: Callable[[str], bool], key: Hashable = None) -> Bools:
        """Return which numbers' string passes the test; asked again with one `key`, only new strings are tested."""
        before = self._tested.get(key, _NONE_TESTED) if key is not None else _NONE_TESTED
        fresh = self.all[len(before) :]
        passed = np.concatenate((before, np.fromiter(map(test, fresh), np.bool_, len(fresh))))
        if key is not None:
            self._tested[key] = passed
            while len(self._tested) > _TESTS_KEPT:
                self._tested.pop(next(iter(self._tested)), None)
        return passed


class Records:
    """What the source says of every document, as of one position of it."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.values = {name: Values() for name in STRINGS}
        self.ids: list[str] = []
        self._slots: dict[str, int] = {}
        self._position: int | None = None
        self._mark = ""
        self._columns: dict[str, Ints] = {name: np.zeros(0, np.int32) for name in (*STRINGS, *NUMBERS)}
        self._known: Bools = np.zeros(0, np.bool_)

    def refresh(self) -> Ints | None:
        """Take what changed at the source; return the slots concerned, None for all."""
        begun = self._position is None
        changes: Changes = self.source.changes(-1 if self._position is None else self._position, self._mark)
        if changes.position == self._position and changes.ids is not None:
            return np.zeros(0, np.int32)
        if begun or changes.ids is None:
            self._known[:] = False
            self._take(self.source.marks(None))
            self._position, self._mark = changes.position, changes.mark
            return None
        slots = self.slots(changes.ids)
        self._known[slots] = False
        self._take(self.source.marks(changes.ids))
        self._position, self._mark = changes.position, changes.mark
        return slots

    def slots(self, ids: Iterable[str]) -> Ints:
        """Return the documents' slots, giving new ones; of what the source never told, nothing is known."""
        own = self._slots
        found = []
        for id_ in ids:
            slot = own.get(id_)
            if slot is None:
                slot = own[id_] = len(self.ids)
                self.ids.append(id_)
            found.append(slot)
        if len(self.ids) > len(self._known):
            self._grow(max(1024, len(self.ids) + len(self.ids) // 2))
        return np.array(found, np.int32)

    def known_slots(self, ids: Iterable[str]) -> Ints:
        """Return the slots of those of these documents that have one."""
        return np.array([slot for slot in map(self._slots.get, ids) if slot is not None], np.int32)

    def column(self, name: str, slots: Ints) -> Ints:
        """Return the values of a column for these documents."""
        return self._columns[name][slots]

    def known(self, slots: Ints) -> Bools:
        """Return which of these documents the source has."""
        return self._known[slots]

    def _grow(self, size: int) -> None:
        more = size - len(self._known)
        self._known = np.concatenate((self._known, np.zeros(more, np.bool_)))
        self._columns = {name: np.concatenate((own, np.zeros(more, np.int32))) for name, own in self._columns.items()}

    def _take(self, rows: Iterable[Marks]) -> None:
        for some in portions(rows, _PORTION):
            columns = dict(zip(Marks._fields, zip(*some, strict=True), strict=True))
            slots = self.slots(columns["id"])
            for name in STRINGS:
                self._columns[name][slots] = self.values[name].numbers(columns[name])
            years = np.array([NO_YEAR if year is None else year for year in columns["year"]], np.int32)
            days = np.array(columns["day"], np.int32)
            self._columns["secrecy"][slots] = np.minimum(np.array(columns["secrecy"], np.int64), 2**31 - 1)
            self._columns["year"][slots] = years
            self._columns["day"][slots] = np.where(days > 0, days, np.maximum(years, 0) * 10_000)
            self._known[slots] = True
