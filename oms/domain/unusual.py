"""What makes a reading unusual: named rules, each with its words, its weight and how strongly it speaks.

Unexplained readings are scored by every rule. Readings that only a unit or a cited number explains (a task, a yearly
round) are scored by the rules that a task does not answer (:attr:`Rule.under_task`). Readings that a row explains by
naming the very dossier are never scored. Pure: history comes in as :class:`Habit` and :class:`Facts`, so that a
benchmark and the product ask the same functions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from math import log2
from statistics import median
from typing import Any, NamedTuple

from oms.domain.footing import NO_STANDING, Standing
from oms.domain.records import HANOI
from oms.domain.sightings import TAKEN_OUT, Access, Kind, Read
from oms.domain.unusual_rules import RULES
from oms.domain.working_days import Calendar

TOGETHER = 8
"""From this many scored dossiers on, a person's day is one item: a reviewer follows a person, not a list."""
QUEUED_FROM = 2.0
"""Items below are counted, but nobody is asked to look at them one by one."""
UNLIKE = 0.5
"""How far from its neighbours a reading must lie to be called so."""
LEAST_ODD = 4
LEAST_BULK, LEAST_PEAK = 12, 8
"""Fewer dossiers in a day, in an hour, are never much, however quiet the person's days are."""
FEW_DAYS = 10
"""With fewer days of their own, a person is measured by their role alone."""
DORMANT_AFTER = 60
RUN = 4
TEN_MINUTES = 600
ADRIFT = 3.0
"""From so many deviations beyond the role's usual on, reading without a footing is said."""
RETURNS = 4
"""So many days with one dossier, none of them answered, are coming back."""
MONTH = 22
"""Working days of the thirty in which odd dossiers are counted."""
_DIGITS = re.compile(r"(\d+)\D*$")


class Signal(NamedTuple):
    """A rule that fired: how strongly (1 is usual) and the figures of its sentence."""

    rule: str
    strength: float = 1.0
    said: tuple[tuple[str, str], ...] = ()


class Spread(NamedTuple):
    """Middle and spread of a figure over days: median and median absolute deviation."""

    middle: float = 0.0
    mad: float = 0.0

    @classmethod
    def of(cls, figures: Sequence[float]) -> Spread:
        """The spread of some figures; nothing of none."""
        if not figures:
            return cls()
        middle = median(figures)
        return cls(middle, median([abs(each - middle) for each in figures]))

    def limit(self, least: float) -> float:
        """Five deviations above the middle, and never less than ``least``."""
        return max(least, self.middle + 5 * max(self.mad, 1.0))


NO_SPREAD = Spread()
PLAIN_WEEK = Calendar()


@dataclass(frozen=True)
class Habit:
    """What is usual for a person before the day that is judged, and for their role."""

    days: int = 0
    dossiers: Spread = NO_SPREAD
    peak: Spread = NO_SPREAD
    role_dossiers: Spread = NO_SPREAD
    role_peak: Spread = NO_SPREAD
    last_active: str = ""
    """Day of the last reading before; "" when there was none."""
    joined: str = ""
    """Day since which the account exists."""
    units: frozenset[str] = frozenset()
    odd: int = 0
    """Odd dossiers (:func:`is_odd`) in the 30 days before."""
    role_odd: Spread = NO_SPREAD
    odd_before: float | None = None
    """The person's own odd dossiers per 30 days in the time before those; None without such a time."""
    scopes: tuple[str, ...] = ()
    unit: str = ""
    left: Mapping[str, str] = field(default_factory=dict)
    """Unit the person worked in before → day on which they left it."""
    standing: Standing = NO_STANDING

    @property
    def usual_odd(self) -> Spread:
        """Odd dossiers usual for this person: the role's, drawn towards their own, which excuses twice as many at most.

        Half own, half role: a quiet person stands out sooner, one who is often sent elsewhere later.
        """
        if self.odd_before is None:
            return self.role_odd
        most = 2 * self.role_odd.limit(LEAST_ODD)
        return Spread(min(most, (self.odd_before + self.role_odd.middle) / 2), self.role_odd.mad)


@dataclass(frozen=True)
class Facts:
    """What stands beside the readings on the day that is judged."""

    calendar: Calendar = PLAIN_WEEK
    work_from: int = 7
    work_until: int = 18
    watched: frozenset[str] = frozenset()
    kin: frozenset[tuple[str, str]] = frozenset()
    namesakes: frozenset[tuple[str, str]] = frozenset()
    moved: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """Dossier → the unit it left, when."""
    seekers: Mapping[str, int] = field(default_factory=dict)
    """Dossier → how many persons came to it unexplained within seven days."""
    sought: Mapping[str, int] = field(default_factory=dict)
    """Words searched for, folded → how many persons asked for them within seven days."""
    under_review: frozenset[str] = frozenset()
    settled: bool = False
    """The day is so long past that work would have left its mark by now."""
    producing: frozenset[str] = frozenset({"records_officer", "scanning_clerk"})
    """Roles whose work leaves marks on dossiers; a leader reads and speaks."""


@dataclass(frozen=True)
class Item:
    """One thing for the reviewer: a person with a dossier on a day, or (``dossier`` empty) a person's whole day."""

    account: str
    day: str
    dossier: str
    label: str
    unit: str
    secrecy: int
    score: float
    signals: tuple[Signal, ...]
    reads: int
    dossiers: int
    first_seq: int
    last_seq: int
    broad: bool


def local(at: int) -> datetime:
    """A reading's time as the office's clock shows it."""
    return datetime.fromtimestamp(at, HANOI)


def peak_of(reads: Sequence[Read]) -> int:
    """Most distinct dossiers read within one hour of the clock."""
    hours: dict[int, set[str]] = {}
    for read in reads:
        if read.dossier and not read.refused and read.kind != Kind.SEARCH:
            hours.setdefault(read.at // 3600, set()).add(read.dossier)
    return max((len(found) for found in hours.values()), default=0)


Weights = Mapping[str, float]
Unlike = Callable[[str, str, str], float]
"""(account, dossier, unit) → 0 as its peers … 1 as nobody near."""


def _same(_account: str, _dossier: str, _unit: str) -> float:
    return 0.0


def items_of(
    accesses: Sequence[Access],
    reads: Sequence[Read],
    habit: Habit,
    facts: Facts,
    weights: Weights,
    unlike: Unlike = _same,
) -> list[Item]:
    """The reviewable items of one person's day, best first, those below the queue's threshold too.

    ``accesses`` and ``reads`` are of one person and one day; ``reads`` holds searches and refusals as well.
    """
    open_ = [each for each in accesses if each.unexplained or each.broad]
    if not open_:
        return []
    counted = [each for each in open_ if not each.in_round]
    whole = _of_the_day(counted, reads, habit) if counted else []
    scored = []
    for access in open_:
        broad = not access.unexplained
        own = _of_the_access(access, reads, habit, facts, unlike)
        day = () if access.in_round else whole
        fired = [signal for signal in (*own, *day) if not broad or RULES[signal.rule].under_task]
        if fired:
            scored.append((_score(fired, weights, broad), access, tuple(fired), broad))
    if len(scored) >= TOGETHER and any(signal.rule in _WHOLE for signal in whole):
        return [_together(scored, whole, weights)]
    made = [_item(access, score, fired, broad) for score, access, fired, broad in scored if score > 0]
    return sorted(made, key=lambda item: -item.score)


_WHOLE = frozenset({"bulk_day", "bulk_hour", "sequential", "dormant", "two_addresses"})


def _score(signals: Sequence[Signal], weights: Weights, broad: bool) -> float:
    total = 0.0
    for signal in signals:
        known = RULES[signal.rule]
        weight = weights.get(signal.rule, known.weight)
        total += weight * signal.strength * (known.under_task if broad else 1.0)
    return round(total, 3)


def _item(access: Access, score: float, fired: tuple[Signal, ...], broad: bool) -> Item:
    return Item(
        access.account, access.day, access.dossier, access.label, access.unit, access.secrecy, score, fired,
        len(access.reads), 1, access.reads[0].seq, access.reads[-1].seq, broad,
    )  # fmt: skip


def _together(
    scored: Sequence[tuple[float, Access, tuple[Signal, ...], bool]], whole: Sequence[Signal], weights: Weights
) -> Item:
    """A person's whole day: the day's own signals once, the best dossier's beside, and a little for each further."""
    best = max(scored, key=lambda each: each[0])
    first = best[1]
    kept = {signal.rule: signal for signal in (*whole, *best[2])}
    broad = all(each[3] for each in scored)
    score = _score(tuple(kept.values()), weights, broad) + log2(len(scored)) / 2
    return Item(
        first.account, first.day, "", "", first.unit, max(each[1].secrecy for each in scored), round(score, 3),
        tuple(kept.values()), sum(len(each[1].reads) for each in scored), len(scored),
        min(each[1].reads[0].seq for each in scored), max(each[1].reads[-1].seq for each in scored), broad,
    )  # fmt: skip


def _of_the_day(accesses: Sequence[Access], reads: Sequence[Read], habit: Habit) -> list[Signal]:
    found = []
    number, peak = len(accesses), peak_of([read for access in accesses for read in access.reads])
    known = habit.days >= FEW_DAYS
    day = habit.dossiers if known else habit.role_dossiers
    hour = habit.peak if known else habit.role_peak
    if number > max(day.limit(LEAST_BULK), habit.role_dossiers.middle):
        found.append(
            Signal("bulk_day", _times(number, day.limit(LEAST_BULK)), _said(n=number, usual=round(day.middle)))
        )
    if peak > max(hour.limit(LEAST_PEAK), habit.role_peak.middle):
        found.append(Signal("bulk_hour", _times(peak, hour.limit(LEAST_PEAK)), _said(n=peak, usual=round(hour.middle))))
    if (run := _longest_run(accesses)) >= RUN:
        found.append(Signal("sequential", min(2.0, run / 6 + 0.4), _said(n=run)))
    if (quiet := _quiet_days(habit, accesses[0].day)) > DORMANT_AFTER:
        found.append(Signal("dormant", 1.0, _said(days=quiet)))
    if _two_addresses(reads):
        found.append(Signal("two_addresses"))
    return found


def _said(**figures: object) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(value)) for name, value in figures.items())


def _times(number: float, limit: float) -> float:
    return round(min(2.5, number / limit), 2)


def _longest_run(accesses: Sequence[Access]) -> int:
    """Most dossiers opened one after another whose numbers follow each other, up or down."""
    best = run = 1
    before: int | None = None
    way = 0
    for access in sorted(accesses, key=lambda each: each.reads[0].at):
        match = _DIGITS.search(access.label)
        number = int(match[1]) if match else None
        step = number - before if number is not None and before is not None else 0
        if step in (1, -1):
            run = run + 1 if step == way or run == 1 else 2
            way = step
        else:
            run, way = 1, 0
        best, before = max(best, run), number
    return best


def _quiet_days(habit: Habit, day: str) -> int:
    since = habit.last_active or habit.joined
    return (date.fromisoformat(day) - date.fromisoformat(since)).days if since else 0


def _two_addresses(reads: Sequence[Read]) -> bool:
    last: tuple[str, int] | None = None
    changes: list[int] = []
    for read in reads:
        if not read.address:
            continue
        if last is not None and last[0] != read.address and read.at - last[1] <= TEN_MINUTES:
            changes.append(read.at)
        last = (read.address, read.at)
    # one change is moving to another machine; back again within ten minutes is two at once
    return any(after - before <= TEN_MINUTES for before, after in pairwise(changes))


def _of_the_access(access: Access, reads: Sequence[Read], habit: Habit, facts: Facts, unlike: Unlike) -> list[Signal]:
    found = [*_of_time(access, facts), *_of_place(access, habit, facts), *_of_person(access, facts)]
    found += [*_of_course(access, reads, facts), *_of_footing(access, habit)]
    found += _crowd(access, reads, facts)
    if access.unexplained:
        strength = 0.3 if access.only_gate else min(1.8, 1.0 + log2(max(1, access.unexplained)) / 8)
        found.append(Signal("unexplained", round(strength, 2), _said(n=access.unexplained)))
    apart = unlike(access.account, access.dossier, access.unit)
    if apart > UNLIKE and not access.only_gate:
        found.append(Signal("unlike_peers", round(2 * (apart - 0.5), 2)))
    usual, lately = habit.usual_odd, habit.odd
    if is_odd(access, found) and lately > usual.limit(LEAST_ODD):
        said = _said(n=lately, usual=round(usual.middle))
        found.append(Signal("repeated", _times(lately, usual.limit(LEAST_ODD)), said))
    return found


def is_odd(access: Access, fired: Sequence[Signal]) -> bool:
    """Whether a dossier's readings count as odd when a person's days are compared: content, and no ground for it.

    A cited task is no ground here when the person's neighbours read nothing like it.
    """
    if access.only_gate:
        return False
    return bool(access.unexplained) or any(signal.rule == "unlike_peers" for signal in fired)


def _of_time(access: Access, facts: Facts) -> list[Signal]:
    first = local(access.reads[0].at)
    if not facts.calendar.works(first.date()):
        return [Signal("day_off")]
    for read in access.reads:
        when = local(read.at)
        if not facts.work_from <= when.hour < facts.work_until:
            return [Signal("off_hours", 1.3 if when.hour < 5 or when.hour >= 22 else 1.0, _said(when=f"{when:%H:%M}"))]
    return []


def _inside(path: str, scopes: Sequence[str]) -> bool:
    return any(path == scope or path.startswith(scope + "/") for scope in scopes)


def _of_place(access: Access, habit: Habit, facts: Facts) -> list[Signal]:
    found = []
    if habit.scopes and not _inside(access.unit, habit.scopes):
        found.append(Signal("outside_scope"))
    left = facts.moved.get(access.dossier)
    if left is not None and access.reads[-1].at > left[1] and _inside(left[0], habit.scopes):
        found.append(Signal("after_transfer"))
    if access.unit not in habit.units and habit.days >= FEW_DAYS:
        found.append(Signal("first_unit"))
    if access.unit == habit.unit and not any(read.task for read in access.reads):
        found.append(Signal("coworker"))
    since = habit.left.get(access.unit, "")
    if since and since <= access.day and access.unit != habit.unit:
        found.append(Signal("left_unit", 1.0, _said(day=f"{date.fromisoformat(since):%d/%m/%Y}")))
    return found


def _of_footing(access: Access, habit: Habit) -> list[Signal]:
    """Reading that nothing ever answers by name: in units without any result, of one dossier again and again."""
    if access.named or access.only_gate or access.in_round:
        return []
    found, standing = [], habit.standing
    if access.unit not in standing.units and standing.beyond >= ADRIFT and standing.adrift >= LEAST_ODD:
        said = _said(n=standing.adrift, usual=round(standing.usual))
        found.append(Signal("no_footing", round(min(2.0, standing.beyond / 5), 2), said))
    days = standing.returned.get(access.dossier, 0) + 1
    if days >= RETURNS:
        found.append(Signal("returned", min(2.0, days / RETURNS), _said(n=days)))
    return found


def _of_person(access: Access, facts: Facts) -> list[Signal]:
    found = []
    who = (access.account, access.dossier)
    if who in facts.kin:
        found.append(Signal("kin"))
    elif who in facts.namesakes:
        found.append(Signal("namesake"))
    if access.dossier in facts.watched:
        found.append(Signal("watched"))
    if access.dossier in facts.under_review:
        found.append(Signal("under_review"))
    return found


MANY = 4
"""So many persons after one name or one dossier within a week are many."""
SEARCH_LEADS = 1800


def _crowd(access: Access, reads: Sequence[Read], facts: Facts) -> list[Signal]:
    """Many came to this dossier unexplained, or asked for the words by which this reader found it."""
    first = access.reads[0].at
    asked = [
        facts.sought.get(read.label, 0)
        for read in reads
        if read.kind == Kind.SEARCH and 0 <= first - read.at <= SEARCH_LEADS
    ]
    number = max([facts.seekers.get(access.dossier, 0), *asked])
    return [Signal("many_searching", min(2.0, number / 5), _said(n=number))] if number >= MANY else []


def _of_course(access: Access, reads: Sequence[Read], facts: Facts) -> list[Signal]:
    """What the order of a person's acts says: refused first, taken out after, a task that was not open."""
    found = []
    first = access.reads[0]
    if any(
        read.refused and 0 <= first.at - read.at <= TEN_MINUTES and read.dossier == access.dossier for read in reads
    ):
        found.append(Signal("denied_first"))
    if access.kinds & TAKEN_OUT:
        found.append(Signal("taken_out"))
    cited = next((read.task for read in access.reads if read.task), "")
    if access.unexplained and cited:
        found.append(Signal("after_task", 1.0, _said(task=cited)))
    if facts.settled and not access.unexplained and access.role in facts.producing and cited:
        found.append(Signal("no_work"))
    return found


class DaysBefore:
    """Figures of everybody's days before one day, by person and by role."""

    def __init__(self) -> None:
        self._own: dict[str, list[tuple[float, float]]] = {}
        self._role: dict[str, list[tuple[float, float]]] = {}
        self._odd: dict[str, int] = {}
        self._before: dict[str, list[int]] = {}
        self._role_odd: dict[str, dict[str, int]] = {}
        self._spreads: dict[str, tuple[Spread, Spread, Spread]] = {}

    def add(self, account: str, role: str, dossiers: int, peak: int, odd: int, lately: bool) -> None:
        """One day of one person; ``lately``: within the thirty days in which repeating counts."""
        self._own.setdefault(account, []).append((dossiers, peak))
        self._role.setdefault(role, []).append((dossiers, peak))
        people = self._role_odd.setdefault(role, {})
        people.setdefault(account, 0)
        if lately:
            self._odd[account] = self._odd.get(account, 0) + odd
            people[account] += odd
        else:
            self._before.setdefault(account, []).append(odd)

    def _of_role(self, role: str) -> tuple[Spread, Spread, Spread]:
        if role not in self._spreads:
            days = self._role.get(role, [])
            people = list(self._role_odd.get(role, {}).values())
            self._spreads[role] = (
                Spread.of([each[0] for each in days]), Spread.of([each[1] for each in days]), Spread.of(people),
            )  # fmt: skip
        return self._spreads[role]

    def habit(self, account: str, role: str, **known: Any) -> Habit:
        """What is usual for a person; ``known`` are the parts of :class:`Habit` that are no figures of days."""
        own = self._own.get(account, [])
        before = self._before.get(account, [])
        dossiers, peak, odd = self._of_role(role)
        return Habit(
            days=len(own),
            dossiers=Spread.of([each[0] for each in own]),
            peak=Spread.of([each[1] for each in own]),
            role_dossiers=dossiers,
            role_peak=peak,
            odd=self._odd.get(account, 0),
            role_odd=odd,
            odd_before=MONTH * sum(before) / len(before) if len(before) >= FEW_DAYS else None,
            **known,
        )


def in_days_before(rows: Iterable[tuple[str, str, str, int, int, int]], lately: str) -> DaysBefore:
    """Days as rows (account, role, day, dossiers, peak, odd dossiers); ``lately`` is a first day."""
    found = DaysBefore()
    for account, role, day, dossiers, peak, odd in rows:
        found.add(account, role, dossiers, peak, odd, day >= lately)
    return found
