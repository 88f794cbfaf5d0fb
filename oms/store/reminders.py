"""What the housekeeper reminds of: open cases, steps, opinions and tasks with a last day, and what was told of each.

It works for nobody and shows nothing: it reads every unit's rows of a day and leaves notices that name numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from oms.domain.casework import CaseState
from oms.store.case_tables import Case, CaseEvent, CaseOpinion, Task
from oms.store.tables import Account, Dossier, Unit

_HOME = aliased(Unit)  # made once: what is asked with it is kept compiled

RUNNING = Case.state == str(CaseState.RUNNING)
IN_HAND = and_(Task.closed_at.is_(None), Task.directive_id.is_not(None))


@dataclass(frozen=True)
class CaseLine:
    """A case with the unit it is in hand of, and the dossier it is about with its unit, if any."""

    case: Case
    unit: Unit
    dossier: Dossier | None
    home: Unit | None


@dataclass(frozen=True)
class Mark:
    """What a line in a case's history says was told: the act, the words, and of which last day."""

    act: str
    words: str


def _told(mark: Mark, day: Any, since: datetime | None = None) -> ColumnElement[bool]:
    """Whether it was told of that last day; with ``since``, at or after that instant."""
    said = [
        CaseEvent.case_id == Case.id,
        CaseEvent.act == mark.act,
        CaseEvent.reason == mark.words,
        CaseEvent.due_after == day,
    ]
    if since is not None:
        said.append(CaseEvent.at >= since)
    return exists(select(CaseEvent.number).where(*said))


def _lines(session: Session, where: Sequence[ColumnElement[bool]], limit: int) -> list[CaseLine]:
    statement = (
        select(Case, Unit, Dossier, _HOME)
        .join(Unit, Unit.id == Case.step_unit_id)
        .outerjoin(Dossier, Dossier.id == Case.dossier_id)
        .outerjoin(_HOME, _HOME.id == Dossier.unit_id)
        .where(RUNNING, *where)
    )
    return [CaseLine(*row) for row in session.execute(statement.order_by(Case.id).limit(limit))]


def soon(session: Session, mark: Mark, today: date, until: date, limit: int) -> list[CaseLine]:
    """Running cases due from today until a day, of whose last day nobody was reminded."""
    return _lines(session, [Case.due >= today, Case.due <= until, ~_told(mark, Case.due)], limit)


def late(session: Session, mark: Mark, today: date, since: datetime, limit: int) -> list[CaseLine]:
    """Running cases past their last day that were not told of since an instant."""
    return _lines(session, [Case.due < today, ~_told(mark, Case.due, since)], limit)


def told_before(session: Session, mark: Mark, case: Case) -> bool:
    """Whether a case was told of as late by its last day at any time."""
    asked = select(Case.id).where(Case.id == case.id, _told(mark, Case.due))
    return session.scalar(asked) is not None


def step_soon(session: Session, mark: Mark, today: date, until: date, limit: int) -> list[CaseLine]:
    """As :func:`soon` for the step, where its last day is not that of the whole."""
    due = [Case.step_due >= today, Case.step_due <= until, or_(Case.due.is_(None), Case.step_due < Case.due)]
    return _lines(session, [*due, ~_told(mark, Case.step_due)], limit)


def step_late(session: Session, mark: Mark, today: date, limit: int) -> list[CaseLine]:
    """As :func:`late` for the step, told once; not where the whole is late, too."""
    due = [Case.step_due < today, or_(Case.due.is_(None), Case.due >= today)]
    return _lines(session, [*due, ~_told(mark, Case.step_due)], limit)


def holders(session: Session) -> list[tuple[str | None, int, int, str]]:
    """Who has running cases in hand, where and of which level and area: (account, unit, level, area), each once."""
    statement = select(Case.assignee_id, Case.step_unit_id, Case.secrecy, Case.compartment).where(RUNNING).distinct()
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(statement)]


def unheld(
    session: Session, mark: Mark, gone: Collection[tuple[str | None, int, int, str]], since: datetime, limit: int
) -> list[CaseLine]:
    """Running cases of some of :func:`holders` that were not told of since an instant."""
    found: list[CaseLine] = []
    for holder, unit_id, level, area in sorted(gone, key=str):
        where = [Case.step_unit_id == unit_id, Case.secrecy == level, Case.compartment == area]
        where.append(Case.assignee_id.is_(None) if holder is None else Case.assignee_id == holder)
        told = exists(
            select(CaseEvent.number).where(
                CaseEvent.case_id == Case.id,
                CaseEvent.act == mark.act,
                CaseEvent.reason == mark.words,
                CaseEvent.at >= since,
            )
        )
        found += _lines(session, [*where, ~told], limit - len(found))
        if len(found) >= limit:
            break
    return found


def opinions(
    session: Session, mark: Mark, first: date | None, last: date, limit: int
) -> list[tuple[CaseLine, CaseOpinion]]:
    """Opinions waited for on running cases, due by a day (from ``first`` on), whose person was not reminded of it."""
    told = exists(
        select(CaseEvent.number).where(
            CaseEvent.case_id == CaseOpinion.case_id,
            CaseEvent.act == mark.act,
            CaseEvent.reason == mark.words,
            CaseEvent.account_id == CaseOpinion.asked_of,
            CaseEvent.due_after == CaseOpinion.due,
        )
    )
    where = [CaseOpinion.given_at.is_(None), CaseOpinion.withdrawn_at.is_(None), CaseOpinion.due <= last, ~told]
    if first is not None:
        where.append(CaseOpinion.due >= first)
    statement = (
        select(Case, Unit, CaseOpinion)
        .join(Case, Case.id == CaseOpinion.case_id)
        .join(Unit, Unit.id == Case.step_unit_id)
        .where(RUNNING, *where)
    )
    rows = session.execute(statement.order_by(CaseOpinion.id).limit(limit))
    return [(CaseLine(row[0], row[1], None, None), row[2]) for row in rows]


def tasks_soon(session: Session, today: date, until: date, limit: int) -> list[Task]:
    """Tasks in hand due from today until a day, of which last day their owner was not reminded."""
    told = and_(Task.soon_told.is_not(None), Task.soon_told == Task.due)
    statement = select(Task).where(IN_HAND, Task.due >= today, Task.due <= until, ~func.coalesce(told, False))
    return list(session.scalars(statement.order_by(Task.id).limit(limit)))


def tasks_late(session: Session, today: date, since: date, limit: int) -> list[tuple[Task, Unit]]:
    """Tasks in hand past their last day, not told of since a day, or not since that last day."""
    told = and_(Task.late_told_on.is_not(None), Task.late_told_on > since, Task.late_told_on > Task.due)
    statement = (
        select(Task, Unit)
        .join(Unit, Unit.id == Task.unit_id)
        .where(IN_HAND, Task.due < today, ~func.coalesce(told, False))
    )
    return [(row[0], row[1]) for row in session.execute(statement.order_by(Task.id).limit(limit))]


def active(session: Session, account_ids: Collection[str]) -> dict[str, Account]:
    """The active, vetted ones of some accounts."""
    found = select(Account).where(Account.id.in_(sorted(account_ids)), Account.active, Account.vetted_at.is_not(None))
    return {account.id: account for account in session.scalars(found)}
