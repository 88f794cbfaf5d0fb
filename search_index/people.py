"""The persons the documents are about: their names for ordering, and for completing what is being typed."""

import threading
from bisect import bisect_left
from collections.abc import Iterable

import numpy as np

from search_index.analysis import forms
from search_index.model import Completion
from search_index.records import Bools, Ints, Records
from vietnamese.text import syllables

_LAST = "\U0010ffff"
Order = tuple[tuple[str, str], ...]


class Typed:
    """Names by every ending that begins with a word, so that what is typed is found by bisection."""

    def __init__(self, names: list[str], form: int) -> None:
        found = []
        for number, name in enumerate(names):
            words = [forms(word)[form] for word in syllables(name)]
            found += [(" ".join(words[start:]) + " ", start, number) for start in range(len(words))]
        found.sort()
        self._endings = [ending for ending, _, _ in found]
        self._inside = np.array([start > 0 for _, start, _ in found], np.bool_)
        self._numbers = np.array([number for _, _, number in found], np.int32)

    def from_here(self, typed: str) -> tuple[Ints, Bools]:
        """Return (numbers of the names that go on so, whether only inside)."""
        first, last = bisect_left(self._endings, typed), bisect_left(self._endings, typed + _LAST)
        return self._numbers[first:last], self._inside[first:last]


class People:
    """Names of all persons; what is asked of them is told of persons the reader sees alone."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._names: dict[int, tuple[str, ...]] = {}
        self._orders: dict[int, Order] = {}
        self._lock = threading.Lock()
        self._forget_index()

    def refresh(self, slots: Ints | None) -> None:
        """Read the names of the persons of these documents again, or of all (None)."""
        values = self._records.values["person"]
        if slots is not None and not len(slots):
            return
        persons = None
        if slots is not None:
            persons = [values.all[code] for code in np.unique(self._records.column("person", slots)).tolist() if code]
        with self._lock:
            if persons is None:
                self._names.clear()
                self._orders.clear()
            for person, names in self._records.source.names(persons):
                (code,) = values.numbers([person])
                if self._names.get(code) != names:
                    self._names[code] = tuple(names)
                    self._orders.pop(code, None)
                    self._forget_index()

    def in_order(self, codes: Iterable[int]) -> list[int]:
        """Return the persons by given name, then family and middle names, as lists of cadres are."""
        return sorted(codes, key=self._order)

    def complete(self, typed: str, seen: Bools, top: int) -> tuple[Completion, ...]:
        """Return up to `top` names that go on as typed of persons `seen` (by code), those most bear first."""
        words = syllables(typed)
        if not words or top <= 0:
            return ()
        more = " " if typed[-1:].isspace() else ""
        folded, written = (" ".join(forms(word)[form] for word in words) + more for form in (0, 1))
        names, pair_name, pair_person, indexes = self._index()
        persons = np.bincount(pair_name[_at(seen, pair_person)], minlength=len(names))
        found: dict[int, bool] = {}
        for index, text in ((indexes[1], written), (indexes[0], folded)):
            numbers, inside = index.from_here(text)
            kept = persons[numbers] > 0
            for number, within in zip(numbers[kept].tolist(), inside[kept].tolist(), strict=True):
                found[number] = found.get(number, True) and within
            # Marks were typed and somebody is called so: names that only sound like it would be noise.
            if found:
                break
        best = sorted(found, key=lambda n: (found[n], -persons[n], names[n]))[:top]
        return tuple(Completion(names[number], int(persons[number])) for number in best)

    def _order(self, code: int) -> Order:
        order = self._orders.get(code)
        if order is None:
            words = [forms(word) for word in syllables((self._names.get(code) or ("",))[0])]
            order = self._orders[code] = (*words[-1:], *words[:-1]) if words else ((_LAST, _LAST),)
        return order

    def _forget_index(self) -> None:
        self._made: tuple[list[str], Ints, Ints, tuple[Typed, Typed]] | None = None

    def _index(self) -> tuple[list[str], Ints, Ints, tuple[Typed, Typed]]:
        with self._lock:
            if self._made is None:
                numbers: dict[str, int] = {}
                pairs = {
                    (numbers.setdefault(name, len(numbers)), code) for code, own in self._names.items() for name in own
                }
                names = list(numbers)
                flat = np.array(sorted(pairs), np.int32).reshape(-1, 2)
                self._made = (names, flat[:, 0], flat[:, 1], (Typed(names, 0), Typed(names, 1)))
            return self._made


def _at(flags: Bools, codes: Ints) -> Bools:
    """Return the flags of these codes; codes given after the flags were made have none."""
    inside = codes < len(flags)
    found: Bools = np.zeros(len(codes), np.bool_)
    found[inside] = flags[codes[inside]]
    return found
