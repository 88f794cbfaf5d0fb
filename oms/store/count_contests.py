"""Contests of figures: a person's own, those that reach a unit, those that wait beside a figure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from oms.domain.access import Visibility
from oms.store.case_tables import CountContest
from oms.store.tables import Account, Unit
from oms.store.visible import in_scope

OPEN, ANSWERED = "open", "answered"


@dataclass(frozen=True)
class ContestRow:
    """A contest with who contests, and their unit."""

    contest: CountContest
    account: Account
    unit: Unit


def of_account(session: Session, account_id: str) -> list[CountContest]:
    """A person's own contests, newest first."""
    statement = select(CountContest).where(CountContest.account_id == account_id)
    return list(session.scalars(statement.order_by(CountContest.at.desc(), CountContest.id)))


def open_one(session: Session, account_id: str, period: str, measure: str) -> CountContest | None:
    """The contest of the person's own figure that waits for an answer."""
    statement = select(CountContest).where(
        CountContest.account_id == account_id,
        CountContest.period == period,
        CountContest.measure == measure,
        CountContest.state == OPEN,
    )
    return session.scalar(statement.limit(1))


def find(session: Session, view: Visibility, contest_id: str) -> ContestRow | None:
    """A contest of a unit in scope."""
    statement = (
        select(CountContest, Account, Unit)
        .join(Account, Account.id == CountContest.account_id)
        .join(Unit, Unit.id == CountContest.unit_id)
        .where(CountContest.id == contest_id, in_scope(view, Unit.path))
    )
    found = session.execute(statement).one_or_none()
    return ContestRow(found[0], found[1], found[2]) if found else None


def listed(session: Session, view: Visibility, state: str, limit: int, offset: int) -> tuple[list[ContestRow], int]:
    """Contests of units in scope in a state, oldest first, and how many."""
    statement = (
        select(CountContest, Account, Unit)
        .join(Account, Account.id == CountContest.account_id)
        .join(Unit, Unit.id == CountContest.unit_id)
        .where(in_scope(view, Unit.path), CountContest.state == state)
    )
    total = session.scalar(select(func.count()).select_from(statement.with_only_columns(CountContest.id).subquery()))
    order = (CountContest.at.desc() if state == ANSWERED else CountContest.at, CountContest.id)
    rows = session.execute(statement.order_by(*order).limit(limit).offset(offset))
    return [ContestRow(row[0], row[1], row[2]) for row in rows], total or 0


def waiting_of(
    session: Session, view: Visibility, own: str, account_ids: Collection[str], periods: Sequence[str]
) -> dict[str, list[CountContest]]:
    """Open contests of some persons, of units in scope or one's own, of some periods, by person."""
    statement = (
        select(CountContest)
        .join(Unit, Unit.id == CountContest.unit_id)
        .where(
            CountContest.state == OPEN,
            CountContest.period.in_(list(periods)),
            or_(in_scope(view, Unit.path), CountContest.account_id == own),
        )
        .order_by(CountContest.at)
    )
    found: dict[str, list[CountContest]] = {}
    for row in session.scalars(statement):
        if row.account_id in account_ids:
            found.setdefault(row.account_id, []).append(row)
    return found
