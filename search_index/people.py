"""The persons the documents are about: their names for ordering, and for completing what is being typed."""

import threading
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from search_index.analysis import forms
from search_index.model import Completion
from search_index.records import Bools, Ints, Records
from vietnamese.text import syllables

_LAST = "\U0010ffff"
_NEW_NAMES = 1_000
Order = tuple[tuple[str, str], ...]


class Typed:
    """Names by every ending that begins with a word, so that what is typed is found by bisection."""

    def __init__(self, names: Sequence[str], first: int = 0) -> None:
        """Take the names; the first of them has the number `first`."""
        self._forms = (self._sorted(names, first, 0), self._sorted(names, first, 1))

    @staticmethod
    def _sorted(names: Sequence[str], first: int, form: int) -> tuple[list[str], Bools, Ints]:
        found = []
        for number, name in enumerate(names, first):
            words = [forms(word)[form] for word in syllables(name)]
            found += [(" ".join(words[start:]) + " ", start > 0, number) for start in range(len(words))]
        found.sort()
        inside = np.array([within for _, within, _ in found], np.bool_)
        return [ending for ending, _, _ in found], inside, np.array([number for _, _, number in found], np.int32)

    def from_here(self, typed: str, form: int) -> tuple[Ints, Bools]:
        """Return (numbers of the names that go on so, whether only inside), folded (form 0) or as written (1)."""
        endings, inside, numbers = self._forms[form]
        first, last = bisect_left(endings, typed), bisect_left(endings, typed + _LAST)
        return numbers[first:last], inside[first:last]


@dataclass(frozen=True)
class Register:
    """Who bears which name: different names by number, and pairs of (name, person) side by side.

    Names that came since the large part was sorted stand in a small part of their own: while papers come in,
    typing stays quick.
    """

    names: tuple[str, ...] = ()
    pair_name: Ints = field(default_factory=lambda: np.zeros(0, np.int32))
    pair_person: Ints = field(default_factory=lambda: np.zeros(0, np.int32))
    parts: tuple[Typed, ...] = ()
    sorted_upto: int = 0

    def with_more(self, numbers: dict[str, int], borne: Mapping[int, tuple[str, ...]]) -> "Register":
        """Return the register with the names of persons who were not in it; `numbers` goes on with it."""
        pairs = sorted({(numbers.setdefault(name, len(numbers)), code) for code, own in borne.items() for name in own})
        flat = np.array(pairs, np.int32).reshape(-1, 2)
        names = tuple(numbers)
        large, upto = self.parts[:1], self.sorted_upto
        if len(names) - upto > _NEW_NAMES:
            large, upto = (Typed(names),), len(names)
        return Register(
            names,
            np.concatenate((self.pair_name, flat[:, 0])),
            np.concatenate((self.pair_person, flat[:, 1])),
            (*large, Typed(names[upto:], upto)),
            upto,
        )


class People:
    """Names of all persons; what is asked of them is told of persons the reader sees alone."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._names: dict[int, tuple[str, ...]] = {}
        self._orders: dict[int, Order] = {}
        self._lock = threading.Lock()
        self._register = Register()
        self._numbers: dict[str, int] = {}
        self._new: dict[int, tuple[str, ...]] = {}

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
                self._begin_anew()
            for person, names in self._records.source.names(persons):
                (code,) = values.numbers([person])
                if self._names.get(code) != names:
                    self._take(code, tuple(names))

    def _take(self, code: int, names: tuple[str, ...]) -> None:
        renamed = code in self._names
        self._names[code] = names
        self._orders.pop(code, None)
        if renamed:
            self._begin_anew()
        else:
            self._new[code] = names

    def _begin_anew(self) -> None:
        self._register, self._numbers, self._new = Register(), {}, dict(self._names)

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
        register = self._current()
        names = register.names
        persons = np.bincount(register.pair_name[_at(seen, register.pair_person)], minlength=len(names))
        found: dict[int, bool] = {}
        for form, text in ((1, written), (0, folded)):
            for part in register.parts:
                numbers, inside = part.from_here(text, form)
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

    def _current(self) -> Register:
        with self._lock:
            if self._new:
                self._register = self._register.with_more(self._numbers, self._new)
                self._new = {}
            return self._register


def _at(flags: Bools, codes: Ints) -> Bools:
    """Return the flags of these codes; codes given after the flags were made have none."""
    inside = codes < len(flags)
    found: Bools = np.zeros(len(codes), np.bool_)
    found[inside] = flags[codes[inside]]
    return found
