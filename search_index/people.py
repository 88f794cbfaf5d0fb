"""The persons the documents are about: their names for ordering, and for completing what is being typed."""

import threading
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from search_index.analysis import forms
from search_index.model import Completion, Visible
from search_index.records import Bools, Ints, Records, Values
from vietnamese.text import syllables

_LAST = "\U0010ffff"
_NEW_NAMES = 1_000
Order = tuple[tuple[str, str], ...]
Borne = tuple[int, tuple[str, ...]]
"""A dossier by number, and the names its person bears in it."""


class Bearers(NamedTuple):
    """Whose names a reader may be told of: persons with documents they see, and from which dossiers, by number.

    `alone` are the persons with such documents outside any dossier.
    """

    persons: Bools
    dossiers: Bools
    alone: Bools

    def among(self, persons: Ints, dossiers: Ints) -> Bools:
        """Return which of these pairs they are."""
        there = np.where(dossiers > 0, _at(self.dossiers, dossiers), _at(self.alone, persons))
        found: Bools = _at(self.persons, persons) & there
        return found

    def has(self, person: int, dossier: int) -> bool:
        """Return whether this person's names in this dossier may be told."""
        return bool(self.among(np.array([person], np.int32), np.array([dossier], np.int32))[0])


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
    """Who bears which name: different names by number; name, person and dossier side by side.

    Names that came since the large part was sorted stand in a small part of their own: while papers come in,
    typing stays quick.
    """

    names: tuple[str, ...] = ()
    pair_name: Ints = field(default_factory=lambda: np.zeros(0, np.int32))
    pair_person: Ints = field(default_factory=lambda: np.zeros(0, np.int32))
    pair_dossier: Ints = field(default_factory=lambda: np.zeros(0, np.int32))
    parts: tuple[Typed, ...] = ()
    sorted_upto: int = 0

    def with_more(
        self, numbers: dict[str, int], borne: Mapping[int, Sequence[Borne]], renamed: Collection[int]
    ) -> "Register":
        """Return the register with more names, and none that these persons bore before; `numbers` goes on with it."""
        pairs = sorted(
            (numbers.setdefault(name, len(numbers)), code, dossier)
            for code, own in borne.items()
            for dossier, names in own
            for name in names
        )
        flat = np.array(pairs, np.int32).reshape(-1, 3)
        kept = ~np.isin(self.pair_person, list(renamed)) if renamed else slice(None)
        names = tuple(numbers)
        large, upto = self.parts[:1], self.sorted_upto
        if len(names) - upto > _NEW_NAMES:
            large, upto = (Typed(names),), len(names)
        return Register(
            names,
            np.concatenate((self.pair_name[kept], flat[:, 0])),
            np.concatenate((self.pair_person[kept], flat[:, 1])),
            np.concatenate((self.pair_dossier[kept], flat[:, 2])),
            (*large, Typed(names[upto:], upto)),
            upto,
        )


class People:
    """Names of all persons; what is asked of them is told of persons the reader sees alone."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._names: dict[int, tuple[Borne, ...]] = {}
        self._protections = Values()
        self._protected: dict[int, int] = {}
        self._orders: dict[str, Order] = {}
        self._lock = threading.Lock()
        self._register = Register()
        self._numbers: dict[str, int] = {}
        self._new: dict[int, list[Borne]] = {}
        self._renamed: set[int] = set()

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
                self._protected.clear()
                self._orders.clear()
                self._register, self._numbers, self._new, self._renamed = Register(), {}, {}, set()
            borne: dict[int, list[Borne]] = {}
            for person, dossier, names, protection in self._records.source.bearers(persons):
                (code,), (lies_in,) = values.numbers([person]), self._records.values["dossier"].numbers([dossier])
                if protection is not None:
                    (self._protected[lies_in],) = self._protections.numbers(["\0".join(map(str, protection))])
                borne.setdefault(code, []).append((lies_in, tuple(names)))
            for code, own in borne.items():
                self._take(code, tuple(own))

    def hidden_from(self, reader: Visible) -> Ints:
        """Return the dossiers, by number, that the reader may not see, whatever lies in them."""
        with self._lock:
            size = len(self._protected)
            dossiers = np.fromiter(self._protected.keys(), np.int32, size)
            protections = np.fromiter(self._protected.values(), np.int32, size)
            told = self._protections.where(lambda own: _may_tell(own, reader), ("protection", reader))
        hidden: Ints = dossiers[~told[protections]]
        return hidden

    def _take(self, code: int, borne: tuple[Borne, ...]) -> None:
        before = self._names.get(code, ())
        self._names[code] = borne
        if before == borne[: len(before)]:
            self._new.setdefault(code, []).extend(borne[len(before) :])
        else:
            # Sorting all names anew would take seconds: the old ones stand where they were, borne by nobody.
            self._renamed.add(code)
            self._new[code] = list(borne)

    def in_order(self, codes: Iterable[int], seen: Bearers) -> list[int]:
        """Return the persons by given name, then family and middle names, as lists of cadres are."""
        return sorted(codes, key=lambda code: self._order(code, seen))

    def complete(self, typed: str, seen: Bearers, top: int) -> tuple[Completion, ...]:
        """Return up to `top` names that go on as typed of `seen` bearers, those most persons bear first."""
        words = syllables(typed)
        if not words or top <= 0:
            return ()
        more = " " if typed[-1:].isspace() else ""
        folded, written = (" ".join(forms(word)[form] for word in words) + more for form in (0, 1))
        register = self._current()
        names = register.names
        told = seen.among(register.pair_person, register.pair_dossier)
        borne = _flags(register.pair_name[told], len(names))
        found: dict[int, bool] = {}
        for form, text in ((1, written), (0, folded)):
            for part in register.parts:
                numbers, inside = part.from_here(text, form)
                kept = borne[numbers]
                for number, within in zip(numbers[kept].tolist(), inside[kept].tolist(), strict=True):
                    found[number] = found.get(number, True) and within
            # Marks were typed and somebody is called so: names that only sound like it would be noise.
            if found:
                break
        # A person's dossiers of several blocks mostly say the same name: one person all the same.
        told &= _flags(np.array(list(found), np.int32), len(names))[register.pair_name]
        each = np.unique(register.pair_name[told].astype(np.int64) << 32 | register.pair_person[told])
        persons = np.bincount(each >> 32, minlength=len(names))
        best = sorted(found, key=lambda n: (found[n], -persons[n], names[n]))[:top]
        return tuple(Completion(names[number], int(persons[number])) for number in best)

    def _order(self, code: int, seen: Bearers) -> Order:
        borne = self._names.get(code, ())
        told = borne if len(borne) < 2 else [own for own in borne if seen.has(code, own[0])]
        name = next((names[0] for _, names in told if names), "")
        order = self._orders.get(name)
        if order is None:
            words = [forms(word) for word in syllables(name)]
            order = self._orders[name] = (*words[-1:], *words[:-1]) if words else ((_LAST, _LAST),)
        return order

    def _current(self) -> Register:
        with self._lock:
            if self._new or self._renamed:
                self._register = self._register.with_more(self._numbers, self._new, self._renamed)
                self._new, self._renamed = {}, set()
            return self._register


def _may_tell(protection: str, reader: Visible) -> bool:
    if not protection:
        return True
    unit, secrecy, compartment = protection.split("\0")
    return reader.allows(unit, int(secrecy), compartment)


def _flags(numbers: Ints, size: int) -> Bools:
    """Return the flags of these numbers among `size`."""
    found = np.zeros(size, np.bool_)
    found[numbers] = True
    return found


def _at(flags: Bools, codes: Ints) -> Bools:
    """Return the flags of these codes; codes given after the flags were made have none."""
    inside = codes < len(flags)
    found: Bools = np.zeros(len(codes), np.bool_)
    found[inside] = flags[codes[inside]]
    return found
