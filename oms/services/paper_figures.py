"""Figures of paper work: pages scanned, papers filed and checked, errors, and the shares of dossiers and signatures."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any

from oms.domain.access import Action, Principal, Target, Visibility, permits, visibility
from oms.domain.figures import PAPER_LABELS, STANDING_LABELS, PaperWork
from oms.domain.journal import Verb
from oms.domain.records import HANOI, day_in_hanoi
from oms.services import components, figures
from oms.services.figures import Asked, HomeChart
from oms.services.house import What, note
from oms.services.zones import require_zone
from oms.store import paper_figures as store
from oms.store import people
from oms.store.case_tables import CountContest
from oms.store.db import UnitOfWork
from oms.store.paper_figures import PaperRow as PaperRow
from oms.store.paper_figures import Wanted

DAYS = 14
Shares = Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Line:
    """One line: its name, counts of the period and of the one before, shares as they stand, open contests."""

    name: str
    work: PaperWork
    before: PaperWork
    standing: Shares = field(default_factory=dict)
    narrowed: Mapping[str, str] = field(default_factory=dict)
    own: bool = False
    contests: tuple[CountContest, ...] = ()


@dataclass(frozen=True)
class PaperFigures:
    """Paper work as it was counted."""

    asked: Asked
    lines: tuple[Line, ...]
    total: PaperWork
    before: PaperWork
    standing: Shares
    secrecy: int = 0


def wanted_of(asked: Asked) -> Wanted:
    """The question as the store takes it: days of Ha Noi."""
    since = datetime.combine(asked.period.first, time(), HANOI)
    until = datetime.combine(asked.period.last + timedelta(days=1), time(), HANOI)
    return Wanted(since, until, asked.unit_path, asked.own, asked.person, asked.secret)


def _allowed(uow: UnitOfWork, principal: Principal, asked: Asked) -> Visibility:
    view = figures.allowed(principal, asked, Verb.COUNT_VIEW)
    if asked.secret:
        require_zone(uow, 1, "count")
    return view


def made(uow: UnitOfWork, principal: Principal, asked: Asked, now: datetime) -> PaperFigures:
    """The figures, counted but not yet journalled. Figures of persons have no shares of dossiers."""
    view = _allowed(uow, principal, asked)
    wanted, past = wanted_of(asked), wanted_of(replace(asked, period=asked.period.before))
    found = store.counted(uow.session, view, wanted, asked.by)
    before = store.counted(uow.session, view, past, asked.by)
    shares: dict[int, dict[str, tuple[int, int]]] = {}
    if asked.by == "unit" and not asked.person:
        shares = store.standing(uow.session, view, wanted, components.known(uow, day_in_hanoi(now)))
    draw = _person_lines if asked.by == "person" else _unit_lines
    lines = draw(uow, principal, asked, (found, before, shares))
    lines = [line for line in lines if line.work != PaperWork() or line.before != PaperWork() or line.standing]
    return PaperFigures(
        asked,
        tuple(lines),
        sum(found.values(), PaperWork()),
        sum(before.values(), PaperWork()),
        _together(shares, set(shares)),
        int(principal.clearance) if asked.secret else 0,
    )


def view(uow: UnitOfWork, principal: Principal, asked: Asked, now: datetime) -> PaperFigures:
    """Paper work within what the reader may see; journalled with what was asked before it is shown."""
    found = made(uow, principal, asked, now)
    target = Target(principal.unit_path, found.secrecy)
    detail = asked.detail | {"lines": len(found.lines)}
    note(uow, principal, Verb.COUNT_VIEW, now, what=What("count", "papers"), target=target, detail=detail)
    return found


def own(uow: UnitOfWork, principal: Principal, asked: Asked, now: datetime) -> PaperWork:
    """A person's own paper work; the caller journals."""
    mine = replace(asked, by="person", person=principal.account_id, unit_path="", own=False)
    found = store.counted(uow.session, _allowed(uow, principal, replace(mine, by="unit")), wanted_of(mine), "person")
    return found.get(principal.account_id, PaperWork())


_Counts = tuple[Mapping[Any, PaperWork], Mapping[Any, PaperWork], Mapping[int, Shares]]


def _together(shares: Mapping[int, Shares], ids: Collection[Any]) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for unit_id in ids:
        for name, (part, whole) in shares.get(unit_id, {}).items():
            sums = found.get(name, (0, 0))
            found[name] = (sums[0] + part, sums[1] + whole)
    return found


def _unit_lines(uow: UnitOfWork, principal: Principal, asked: Asked, counts: _Counts) -> list[Line]:
    lines = []
    for unit, alone, ids in figures.unit_rows(uow, principal, asked):
        work, before = (sum((each[key] for key in ids if key in each), PaperWork()) for each in counts[:2])
        narrowed = {"unit": unit.path} | ({"own": "1"} if alone else {})
        lines.append(Line(unit.name, work, before, _together(counts[2], ids), narrowed, alone))
    return lines


def _person_lines(uow: UnitOfWork, principal: Principal, asked: Asked, counts: _Counts) -> list[Line]:
    ids = {each for each in (*counts[0], *counts[1]) if each}
    names = people.names_of(uow.session, ids)
    waiting = figures.contests_beside(uow, principal, ids, [asked.period.text])
    narrowed = {"unit": asked.unit_path, "own": "1" if asked.own else ""}
    kept = {name: value for name, value in narrowed.items() if value}
    return [
        Line(
            name,
            counts[0].get(each, PaperWork()),
            counts[1].get(each, PaperWork()),
            narrowed=kept | {"person": each},
            contests=tuple(waiting.get(each, ())),
        )
        for name, each in sorted((names.get(each, each), each) for each in ids)
    ]


@dataclass(frozen=True)
class Listing:
    """What is behind a figure: rows, how many, and what they come to."""

    rows: tuple[PaperRow, ...]
    number: int
    total: int
    secrecy: int = 0


def listing(
    uow: UnitOfWork,
    principal: Principal,
    asked: Asked,
    which: tuple[str, bool],
    limit: int,
    offset: int,
    now: datetime,
) -> Listing:
    """The very files, papers or dossiers a figure counts, or those a share misses (``which``: figure, counted).

    Journalled with their ids before they are shown; KeyError for no such figure.
    """
    measure, counts = which
    view = _allowed(uow, principal, replace(asked, by="unit"))
    if measure in PAPER_LABELS:
        rows, number, total = store.listed(uow.session, view, wanted_of(asked), measure, limit, offset)
    elif measure in STANDING_LABELS:
        known = components.known(uow, day_in_hanoi(now))
        rows, number = store.standing_listed(uow.session, view, wanted_of(asked), which, known, limit, offset)
        total = number
    else:
        raise KeyError(measure)
    level = max((row.secrecy for row in rows), default=0)
    detail = asked.detail | {"measure": measure, "counted": counts, "total": total, "ids": [row.id for row in rows]}
    target = Target(principal.unit_path, level)
    note(uow, principal, Verb.COUNT_VIEW, now, what=What("count", measure), target=target, detail=detail)
    return Listing(tuple(rows), number, total, level)


def home_chart(uow: UnitOfWork, principal: Principal, now: datetime) -> HomeChart | None:
    """One small drawing for the home page: cases a week of who steers, pages a day of a clerk, else one's own cases."""
    if not permits(principal, Action.COUNT_VIEW):
        return None
    if figures.sees_others(principal):
        return figures.weekly(uow, principal, now, mine=False)
    if permits(principal, Action.SCAN_RECEIVE):
        return _scanned(uow, principal, now)
    return figures.weekly(uow, principal, now, mine=True)


def _scanned(uow: UnitOfWork, principal: Principal, now: datetime) -> HomeChart:
    first = day_in_hanoi(now) - timedelta(days=DAYS - 1)
    pages = dict.fromkeys((first + timedelta(days=number) for number in range(DAYS)), 0)
    view, since = visibility(principal, Action.COUNT_VIEW), datetime.combine(first, time(), HANOI)
    for at, number in store.by_day(uow.session, view, principal.account_id, since):
        if day_in_hanoi(at) in pages:
            pages[day_in_hanoi(at)] += number
    return HomeChart("pages", tuple((day, number, 0) for day, number in pages.items()), mine=True)
