"""One local day judged: each person's readings explained, what is left scored, and the day in figures. Pure.

The product gives it a day's readings out of the journal, the benchmark a synthetic day; both get the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oms.domain.sightings import Access, Grounds, Kind, Read, accesses
from oms.domain.unusual import Facts, Habit, Item, Unlike, Weights, is_odd, items_of, local, peak_of

HOURS = 24


@dataclass(frozen=True)
class PersonDay:
    """What one person read on one day, and what of it the reviewer may be asked about."""

    account: str
    day: str
    role: str
    accesses: tuple[Access, ...]
    items: tuple[Item, ...]
    peak: int
    hours: tuple[int, ...]
    open_hours: tuple[int, ...]

    def reads(self, part: str = "") -> int:
        """Readings in all, or those of a part: named | broad | unexplained."""
        return sum(len(each.reads) if not part else getattr(each, part) for each in self.accesses)

    odd: int = 0
    """Dossiers read without a ground, or unlike anything the person's neighbours read (:func:`is_odd`)."""


def judge(
    day: str,
    reads: Sequence[Read],
    grounds: Grounds,
    habits: Mapping[str, Habit],
    facts: Facts,
    weights: Weights,
    unlike: Unlike,
) -> list[PersonDay]:
    """Every person's day out of the readings of one local day, which come in order of time."""
    people: dict[str, list[Read]] = {}
    for read in reads:
        people.setdefault(read.account, []).append(read)
    return [
        _person(account, day, own, grounds, habits.get(account, Habit()), facts, weights, unlike)
        for account, own in people.items()
    ]


def _person(
    account: str,
    day: str,
    own: Sequence[Read],
    grounds: Grounds,
    habit: Habit,
    facts: Facts,
    weights: Weights,
    unlike: Unlike,
) -> PersonDay:
    found = accesses(own, day, grounds)
    items = items_of(found, own, habit, facts, weights, unlike)
    hours, open_hours = _hours(found)
    fired = {item.dossier: item.signals for item in items}
    odd = sum(is_odd(access, fired.get(access.dossier, ())) for access in found)
    return PersonDay(account, day, own[0].role, tuple(found), tuple(items), peak_of(own), hours, open_hours, odd)


def _hours(found: Sequence[Access]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Readings per hour of the clock; those of dossiers with something unexplained."""
    hours, open_hours = [0] * HOURS, [0] * HOURS
    for access in found:
        for read in access.reads:
            hour = local(read.at).hour
            hours[hour] += 1
            if access.unexplained and read.kind != Kind.GATE:
                open_hours[hour] += 1
    return tuple(hours), tuple(open_hours)
