"""Figures of work on cases: per unit, procedure and person, each with the period before and the cases behind it.

Whoever works sees units and procedures in their scope, and of persons themselves (``own_figures``). Figures of other
persons are for who steers their work. Persons stand by name; nothing is scored, ordered or coloured by achievement.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from oms.domain.access import Action, Principal, Target, Visibility, covers, permits, visibility
from oms.domain.figures import CASE_LABELS, Period, Work, merged
from oms.domain.journal import Verb
from oms.domain.records import day_in_hanoi
from oms.errors import Refused
from oms.services.house import What, note, require_role
from oms.services.zones import require_zone
from oms.store import count_contests, people, units
from oms.store import figures as store
from oms.store.case_tables import CountContest
from oms.store.db import UnitOfWork
from oms.store.figures import ELSEWHERE as ELSEWHERE
from oms.store.figures import NOBODY as NOBODY
from oms.store.figures import Counted as Counted
from oms.store.figures import Wanted
from oms.store.tables import Unit as Unit

BY = ("unit", "procedure", "person")


@dataclass(frozen=True)
class Asked:
    """What figures are asked: a period, by what, narrowed to a unit and below (or it alone), procedure, person."""

    period: Period
    by: str = "unit"
    unit_path: str = ""
    own: bool = False
    code: str = ""
    person: str = ""
    secret: bool = False

    @property
    def detail(self) -> dict[str, object]:
        """The question as the journal keeps it."""
        asked = {"period": self.period.text, "by": self.by, "unit": self.unit_path, "code": self.code}
        return asked | {"person": self.person, "secret": self.secret}


@dataclass(frozen=True)
class Line:
    """One line: its name, figures, those of the period before, what a list of its cases is narrowed to."""

    name: str
    work: Work
    before: Work
    narrowed: Mapping[str, str] = field(default_factory=dict)
    own: bool = False
    contests: tuple[CountContest, ...] = ()


@dataclass(frozen=True)
class Figures:
    """Figures as they were counted: lines, total with the period before, each month, day of closing, level."""

    asked: Asked
    closing: date
    lines: tuple[Line, ...]
    total: Work
    before: Work
    months: tuple[tuple[Period, int, int], ...] = ()
    secrecy: int = 0
    contests: tuple[CountContest, ...] = ()


def sees_others(principal: Principal) -> bool:
    """Whether figures of other persons are shown to this person: to those who steer the work of a unit."""
    return permits(principal, Action.COUNT_VIEW) and permits(principal, Action.CASE_STEER)


def may_ask_secret(principal: Principal) -> bool:
    """Whether there is anything this person may see beside the general figures."""
    return permits(principal, Action.COUNT_VIEW) and (principal.clearance > 0 or bool(principal.compartments))


def wanted_of(asked: Asked, now: datetime) -> Wanted:
    """The question as the store takes it. A period that still runs is closed today."""
    today, period = day_in_hanoi(now), asked.period
    closing = min(period.last, max(today, period.first))
    narrowed = (asked.unit_path, asked.own, asked.code, asked.person, asked.secret)
    return Wanted(period.first, period.last, closing, *narrowed)


def choosable(uow: UnitOfWork, principal: Principal) -> list[Unit]:
    """Units the figures can be narrowed to: those in scope."""
    return units.within(uow.session, visibility(principal, Action.COUNT_VIEW))


def procedures(uow: UnitOfWork) -> Sequence[tuple[str, str]]:
    """Code and title of the procedures figures can be narrowed to."""
    return store.procedures_counted(uow.session)


def allowed(principal: Principal, asked: Asked, verb: Verb) -> Visibility:
    """The view the question is answered in; Refused when it is about other persons and not theirs to ask."""
    require_role(principal, Action.COUNT_VIEW, verb)
    others = asked.by == "person" or asked.person not in ("", principal.account_id)
    if others and not sees_others(principal):
        raise Refused(verb, kind="count", object_id=asked.person, reason="figures of other persons")
    if asked.by not in BY:
        raise KeyError(asked.by)
    if asked.secret and not may_ask_secret(principal):
        raise Refused(verb, kind="count", reason="outside secrecy")
    return visibility(principal, Action.COUNT_VIEW)


def _level(uow: UnitOfWork, view: Visibility, asked: Asked, now: datetime) -> int:
    level = store.highest(uow.session, view, wanted_of(asked, now))
    require_zone(uow, level, "count")
    return level


def made(uow: UnitOfWork, principal: Principal, asked: Asked, now: datetime, verb: Verb) -> Figures:
    """The figures, counted but not yet journalled: for who writes the row of what becomes of them."""
    view = allowed(principal, asked, verb)
    level = _level(uow, view, asked, now)
    earlier = replace(asked, period=asked.period.before)
    wanted, past = wanted_of(asked, now), wanted_of(earlier, now)
    found = store.counted(uow.session, view, wanted, asked.by)
    before = store.counted(uow.session, view, past, asked.by)
    draw = {"unit": _unit_lines, "procedure": _procedure_lines, "person": _person_lines}[asked.by]
    lines = draw(uow, principal, asked, (found, before))
    months = _months(store.by_day(uow.session, view, wanted), asked.period) if asked.period.kind != "month" else ()
    return Figures(
        asked,
        wanted.closing,
        tuple(line for line in lines if not (line.work.empty and line.before.empty)),
        merged(found.values()),
        merged(before.values()),
        months,
        level,
    )


def view(uow: UnitOfWork, principal: Principal, asked: Asked, now: datetime) -> Figures:
    """Figures of work within what the reader may see; journalled with what was asked before they are shown."""
    found = made(uow, principal, asked, now, Verb.COUNT_VIEW)
    detail = asked.detail | {"lines": len(found.lines), "received": found.total.received}
    target = Target(principal.unit_path, found.secrecy)
    note(uow, principal, Verb.COUNT_VIEW, now, what=What("count", asked.by), target=target, detail=detail)
    return found


def to_export(uow: UnitOfWork, principal: Principal, asked: Asked, now: datetime) -> Figures:
    """The figures that are to leave, with contests of the person's own beside them; the caller journals."""
    found = made(uow, principal, asked, now, Verb.COUNT_EXPORT)
    if asked.person != principal.account_id:
        waiting = contests_beside(uow, principal, {asked.person} - {""}, [asked.period.text])
        return replace(found, contests=tuple(each for rows in waiting.values() for each in rows))
    mine = count_contests.of_account(uow.session, principal.account_id)
    return replace(found, contests=tuple(each for each in mine if each.period == asked.period.text))


_Pair = tuple[Mapping[Any, Work], Mapping[Any, Work]]


def _line(name: str, pair: _Pair, keys: Iterable[Any], narrowed: dict[str, str], *, own: bool = False) -> Line:
    keys = tuple(keys)
    work, before = (merged(each[key] for key in keys if key in each) for each in pair)
    return Line(name, work, before, narrowed, own)


def unit_rows(uow: UnitOfWork, principal: Principal, asked: Asked) -> list[tuple[Unit, bool, list[int]]]:
    """The lines of a table by unit: unit, whether it stands for itself alone, ids of the units it counts.

    The chosen unit itself and each below it with all under it; with none chosen, those on top in sight.
    """
    known = choosable(uow, principal)
    paths = {unit.path for unit in known}
    top = [unit for unit in known if unit.path.rpartition("/")[0] not in paths]
    root = next((unit for unit in known if unit.path == asked.unit_path), top[0] if len(top) == 1 else None)
    rows = top if root is None else [unit for unit in known if unit.path.rpartition("/")[0] == root.path]
    if asked.own and root is not None:
        rows = []

    def inside(unit: Unit) -> list[int]:
        return [each.id for each in known if covers(unit.path, each.path)]

    lines = [(unit, False, inside(unit)) for unit in rows]
    return lines if root is None else [(root, bool(rows) or asked.own, [root.id]), *lines]


def _unit_lines(uow: UnitOfWork, principal: Principal, asked: Asked, pair: _Pair) -> list[Line]:
    kept = {name: value for name, value in _kept(asked).items() if name not in ("unit", "own")}
    lines, counted = [], set()
    for unit, own, ids in unit_rows(uow, principal, asked):
        narrowed = kept | {"unit": unit.path} | ({"own": "1"} if own else {})
        lines.append(_line(unit.name, pair, ids, narrowed, own=own))
        counted |= set(ids)
    outside = (set(pair[0]) | set(pair[1])) - counted
    return [*lines, _line("", pair, outside, kept | {"unit": ELSEWHERE})]


def _procedure_lines(uow: UnitOfWork, _principal: Principal, asked: Asked, pair: _Pair) -> list[Line]:
    codes = set(pair[0]) | set(pair[1])
    titles = store.titles(uow.session, codes)
    named = sorted((titles.get(code, code), code) for code in codes)
    narrowed = _kept(asked)
    return [_line(title, pair, [code], narrowed | {"code": code}) for title, code in named]


def _person_lines(uow: UnitOfWork, principal: Principal, asked: Asked, pair: _Pair) -> list[Line]:
    """Persons by name; the last line is what is in nobody's hand. Contests that wait stand beside them."""
    ids = {each for each in (*pair[0], *pair[1]) if each}
    names = people.names_of(uow.session, ids)
    open_ = contests_beside(uow, principal, ids, [asked.period.text])
    narrowed = _kept(asked)
    lines = []
    for name, account_id in sorted((names.get(each, each), each) for each in ids):
        line = _line(name, pair, [account_id], narrowed | {"person": account_id})
        lines.append(replace(line, contests=tuple(open_.get(account_id, ()))))
    return [*lines, _line("", pair, [None], narrowed | {"person": NOBODY})]


def _kept(asked: Asked) -> dict[str, str]:
    """What a line's list stays narrowed to."""
    kept = {"unit": asked.unit_path, "own": "1" if asked.own else "", "code": asked.code, "person": asked.person}
    return {name: value for name, value in kept.items() if value}


def contests_beside(
    uow: UnitOfWork, principal: Principal, account_ids: Collection[str], periods: Sequence[str] = ()
) -> dict[str, list[CountContest]]:
    """Contests that wait for an answer, by person: shown wherever the figure is shown."""
    view = visibility(principal, Action.COUNT_VIEW)
    return count_contests.waiting_of(uow.session, view, principal.account_id, account_ids, periods)


def _months(days: Mapping[date, tuple[int, int]], period: Period) -> tuple[tuple[Period, int, int], ...]:
    found = []
    for month in period.months():
        inside = [numbers for day, numbers in days.items() if month.first <= day <= month.last]
        found.append((month, sum(each[0] for each in inside), sum(each[1] for each in inside)))
    return tuple(found)


@dataclass(frozen=True)
class Listing:
    """The cases behind one figure, and how many they are."""

    rows: tuple[Counted, ...]
    total: int
    secrecy: int = 0


def listing(
    uow: UnitOfWork, principal: Principal, asked: Asked, measure: str, limit: int, offset: int, now: datetime
) -> Listing:
    """The very cases a figure counts; journalled with their ids before they are shown. KeyError for no such figure."""
    if measure not in CASE_LABELS:
        raise KeyError(measure)
    view = allowed(principal, replace(asked, by="unit"), Verb.COUNT_VIEW)
    rows, total = store.listed(uow.session, view, wanted_of(asked, now), measure, limit, offset)
    level = max((row.case.secrecy for row in rows), default=0)
    require_zone(uow, level, "count")
    detail = asked.detail | {"measure": measure, "total": total, "ids": [row.case.id for row in rows]}
    target = Target(principal.unit_path, level)
    note(uow, principal, Verb.CASE_LIST, now, what=What("count", measure), target=target, detail=detail)
    return Listing(tuple(rows), total, level)


MOST_LATE = 2000
"""Late cases that a file lists of those ended, and as many of those in hand."""


@dataclass(frozen=True)
class Late:
    """The late cases a file lists, and how many there are: a list that was cut says so."""

    rows: tuple[Counted, ...] = ()
    total: int = 0


def late_ones(uow: UnitOfWork, principal: Principal, asked: Asked, now: datetime) -> Late:
    """The late cases of figures, ended or in hand, for a file that says why; the caller journals."""
    view, wanted = visibility(principal, Action.COUNT_VIEW), wanted_of(asked, now)
    found = [store.listed(uow.session, view, wanted, each, MOST_LATE, 0) for each in ("late", "in_hand_late")]
    return Late(tuple(row for rows, _total in found for row in rows), sum(total for _rows, total in found))


def own_figures(uow: UnitOfWork, principal: Principal, asked: Asked, now: datetime) -> Figures:
    """A person's own figures: the same numbers, counted the same way, as whoever steers their work is shown."""
    mine = replace(asked, by="procedure", person=principal.account_id, unit_path="", own=False, code="")
    found = made(uow, principal, mine, now, Verb.COUNT_VIEW)
    contests = count_contests.of_account(uow.session, principal.account_id)
    detail = mine.detail | {"received": found.total.received}
    target = Target(principal.unit_path, found.secrecy)
    note(uow, principal, Verb.COUNT_VIEW, now, what=What("count", "own"), target=target, detail=detail)
    return replace(found, contests=tuple(contests))


WEEKS = 12


@dataclass(frozen=True)
class HomeChart:
    """The small drawing of a home page: its weeks (first day, received, ended), or days of scanning."""

    kind: str
    points: tuple[tuple[date, int, int], ...]
    mine: bool = False


def name_of(uow: UnitOfWork, account_id: str) -> str:
    """The name of whose figures were just shown; "" for nobody's."""
    return people.names_of(uow.session, {account_id} - {"", NOBODY}).get(account_id, "")


def weekly(uow: UnitOfWork, principal: Principal, now: datetime, *, mine: bool) -> HomeChart:
    """Cases received and ended in each of the last twelve weeks, in scope or of the person; counts only."""
    today = day_in_hanoi(now)
    first = today - timedelta(days=today.weekday() + 7 * (WEEKS - 1))
    wanted = Wanted(first, today, today, person=principal.account_id if mine else "")
    days = store.by_day(uow.session, visibility(principal, Action.COUNT_VIEW), wanted)
    return HomeChart("cases", _folded(days, [first + timedelta(days=7 * number) for number in range(WEEKS)], 7), mine)


def _folded(
    days: Mapping[date, tuple[int, int]], starts: Sequence[date], length: int
) -> tuple[tuple[date, int, int], ...]:
    def of(start: date, place: int) -> int:
        end = start + timedelta(days=length)
        return sum(numbers[place] for day, numbers in days.items() if start <= day < end)

    return tuple((start, of(start, 0), of(start, 1)) for start in starts)
