"""Cases on the home page: my next steps, what is late, what changed since a day; none of a level, and a row is left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Action, Principal, permits, visibility
from oms.domain.journal import Verb
from oms.domain.working_days import after_working
from oms.services import task_work
from oms.services.case_lists import Line, hand_of, lines_of
from oms.services.casework import calendar_of, local_day
from oms.services.house import What, note
from oms.store import cases as store
from oms.store.cases import Waiting, Wanted
from oms.store.db import UnitOfWork

SHOWN = 6
SOON = 3
"""Working days: a last day that near is told beforehand."""


@dataclass(frozen=True)
class CaseHome:
    """The first of somebody's open cases, counts of all, opinions asked of them; ``unit_late`` only of who steers."""

    lines: tuple[Line, ...]
    hand: Waiting
    opinions: int
    unit_late: int
    received: int
    ended: int
    tasks: int
    """Tasks of conclusions and documents that the person owns and has not done, and how many of these are overdue."""
    tasks_late: int


def at_home(uow: UnitOfWork, principal: Principal, since: datetime, now: datetime) -> CaseHome | None:
    """What of the office's work waits for this person; None when their role has none."""
    if not permits(principal, Action.CASE_WORK):
        return None
    view, today, hand = visibility(principal, Action.CASE_WORK), local_day(now), hand_of(principal)
    calendar = calendar_of(uow, today)
    wanted = Wanted(state="open", hand=hand, today=today)
    rows = store.first(uow.session, view, wanted, SHOWN)
    received, ended = store.since(uow.session, view, local_day(since))
    found = CaseHome(
        tuple(lines_of(rows, today, calendar)),
        store.waiting(uow.session, view, hand, today, after_working(today, SOON, calendar)),
        len(store.asked_of(uow.session, view, hand, False)),
        store.late_number(uow.session, view, today) if permits(principal, Action.CASE_STEER) else 0,
        received,
        ended,
        *task_work.waiting(uow, principal, now),
    )
    if rows:
        ids = [row.case.id for row in rows]
        note(
            uow, principal, Verb.CASE_LIST, now, what=What("home"), detail={"mine": True, "shown": len(ids), "ids": ids}
        )
    return found
