"""Where a person's reading has a footing: units and dossiers in which a row naming the dossier ever answered for it.

A cited task answers for one reading. It answers less and less for many: whoever does a unit's work leaves some of it
behind. How much of it is usual is learnt from everybody of the same role, never set. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import NamedTuple

LEAST_SEEN = 200
"""With fewer readings of a role nobody knows what is usual for it, and nothing is said."""


class Seen(NamedTuple):
    """One person's days with one dossier in the ninety days before."""

    account: str
    role: str
    dossier: str
    unit: str
    days: int
    answered: int
    """Days on which a row that names the dossier explained some of it."""
    in_rounds: int = 0
    """Days of going through a unit's dossiers one after another: they ask for no result."""


@dataclass(frozen=True)
class Standing:
    """What a person's ninety days say of their footing."""

    units: frozenset[str] = frozenset()
    """Units in which something of theirs was answered."""
    adrift: int = 0
    """Dossier-days in all other units."""
    usual: float = 0.0
    """As many would be, did the person leave results as often as their role does."""
    beyond: float = 0.0
    """By how many deviations it is more than that."""
    returned: Mapping[str, int] = field(default_factory=dict)
    """Dossier → days on which it was read, when none of them was answered."""


NO_STANDING = Standing()


class Footing:
    """Everybody's footing, from what was seen of them."""

    def __init__(self, seen: Iterable[Seen]) -> None:
        roles: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self._units: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
        self._returned: dict[str, dict[str, int]] = defaultdict(dict)
        self._role: dict[str, str] = {}
        for each in seen:
            days = each.days - each.in_rounds
            if days <= 0:
                continue
            self._role[each.account] = each.role
            for counts in (roles[each.role], self._units[each.account][each.unit]):
                counts[0] += days
                counts[1] += each.answered
            if not each.answered:
                self._returned[each.account][each.dossier] = days
        self._share = {role: min(1.0, got / days) for role, (days, got) in roles.items() if days >= LEAST_SEEN}

    def of(self, account: str) -> Standing:
        """A person's standing; nothing is beyond what is usual while the role's usual is not known."""
        units = self._units.get(account, {})
        barren = [days for days, answered in units.values() if not answered]
        usual, deviation = self._chance([days for days, _answered in units.values()], self._role.get(account, ""))
        return Standing(
            frozenset(unit for unit, (_days, answered) in units.items() if answered),
            sum(barren),
            round(usual, 1),
            round(max(0.0, (sum(barren) - usual) / deviation), 2) if deviation else 0.0,
            self._returned.get(account, {}),
        )

    def _chance(self, days: list[int], role: str) -> tuple[float, float]:
        """Dossier-days that lie in units without a result by chance, and their deviation (at least one)."""
        if role not in self._share:
            return 0.0, 0.0
        none = [(1 - self._share[role]) ** each for each in days]
        usual = sum(each * chance for each, chance in zip(days, none, strict=True))
        spread = sum(each * each * chance * (1 - chance) for each, chance in zip(days, none, strict=True))
        return usual, sqrt(max(1.0, spread))
