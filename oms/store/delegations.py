"""Delegated authority: who lent what to whom, and what of it is in force on a day."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, SQLColumnExpression, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from oms.domain.access import Action, Principal, delegated, permits
from oms.domain.organisation import inherited
from oms.domain.records import HANOI
from oms.store import people, units
from oms.store.duty_tables import Delegation
from oms.store.tables import Account, Unit


def find(session: Session, delegation_id: str) -> Delegation | None:
    """The row of this id."""
    return session.get(Delegation, delegation_id)


def _in_force(today: date | BindParameter[date]) -> ColumnElement[bool]:
    return and_(Delegation.ended_at.is_(None), Delegation.starts_on <= today, Delegation.ends_on >= today)


def given_by(session: Session, account_id: str) -> list[tuple[Delegation, Account]]:
    """What an account lent, with the deputy, newest first."""
    found = select(Delegation, Account).join(Account, Account.id == Delegation.deputy_id)
    found = found.where(Delegation.giver_id == account_id).order_by(Delegation.made_at.desc(), Delegation.id)
    return [(row, deputy) for row, deputy in session.execute(found)]


def held_by(session: Session, account_id: str, today: date) -> list[tuple[Delegation, Account]]:
    """What was lent to an account and is in force on a day, with the giver."""
    found = select(Delegation, Account).join(Account, Account.id == Delegation.giver_id)
    found = found.where(Delegation.deputy_id == account_id, Account.active, _in_force(today))
    return [(row, giver) for row, giver in session.execute(found.order_by(Delegation.made_at))]


def count_held(account_id: BindParameter[str], today: BindParameter[date]) -> Select[int]:
    """How many delegations :func:`held_by` would name."""
    found = select(func.count()).select_from(Delegation).join(Account, Account.id == Delegation.giver_id)
    return found.where(Delegation.deputy_id == account_id, Account.active, _in_force(today))


def running_of(session: Session, account_id: str) -> list[Delegation]:
    """Everything an account lent or was lent that nobody has ended."""
    theirs = or_(Delegation.giver_id == account_id, Delegation.deputy_id == account_id)
    return list(session.scalars(select(Delegation).where(theirs, Delegation.ended_at.is_(None))))


def units_of(session: Session, row: Delegation) -> list[Unit]:
    """The units a delegation is for."""
    ids = json.loads(row.unit_ids)
    return list(session.scalars(select(Unit).where(Unit.id.in_(ids)).order_by(Unit.path)))


def acting(session: Session, person: Principal, delegation_id: str, today: date) -> Principal:
    """The person with the authority a delegation lends them on a day; the person as they are when it lends none.

    Both accounts, their roles and their rights are read anew: what either lost is not lent.
    """
    row = find(session, delegation_id) if delegation_id else None
    if row is None or row.deputy_id != person.account_id or row.ended_at is not None:
        return person
    giver_account = people.by_id(session, row.giver_id)
    if giver_account is None or not giver_account.active or not row.starts_on <= today <= row.ends_on:
        return person
    giver = people.principal_of(session, giver_account, today=today)
    if not (permits(giver, Action.DELEGATE) and permits(person, Action.DELEGATE)):
        return person
    paths = tuple(unit.path for unit in units_of(session, row))
    return delegated(person, giver, inherited(paths, units.steps(session, today, paths)) if paths else ())


def givers_behind(session: Session, account_ids: Collection[str], since: datetime) -> set[str]:
    """Accounts with whose authority one of ``account_ids`` could have acted at some time since a moment."""
    found = select(Delegation.giver_id).where(
        Delegation.deputy_id.in_(sorted(account_ids)),
        Delegation.ends_on >= since.date(),
        or_(Delegation.ended_at.is_(None), Delegation.ended_at >= since),
    )
    return set(session.scalars(found))


@dataclass(frozen=True)
class Side:
    """Who stands on one side of an act of two persons: some accounts, and whoever could act with their authority.

    ``deputies`` are (account, first moment, moment after the last).
    """

    persons: frozenset[str]
    deputies: tuple[tuple[str, datetime, datetime], ...] = ()

    def did(self, by: SQLColumnExpression[Any], at: SQLColumnExpression[Any]) -> ColumnElement[bool]:
        """Whether what was done by an account at a time was done on this side; nobody's act is on no side."""
        lent = [and_(by == each, at >= first, at < end) for each, first, end in self.deputies]
        return and_(by.is_not(None), or_(by.in_(sorted(self.persons)), *lent))

    def holds(self, by: str, at: datetime) -> bool:
        """The same of one act."""
        return by in self.persons or any(by == each and first <= at < end for each, first, end in self.deputies)


def side_of(session: Session, persons: Collection[str]) -> Side:
    """The side of some accounts: they, and their deputies for the time of each delegation."""
    found = []
    for row in session.scalars(_given(), {"givers": sorted(persons)}):
        first = datetime.combine(row.starts_on, time(), HANOI)
        last = datetime.combine(row.ends_on + timedelta(days=1), time(), HANOI)
        found.append((row.deputy_id, first, min(last, row.ended_at) if row.ended_at else last))
    return Side(frozenset(persons), tuple(found))


@cache
def _given() -> Select[Delegation]:
    return select(Delegation).where(Delegation.giver_id.in_(bindparam("givers", expanding=True)))
