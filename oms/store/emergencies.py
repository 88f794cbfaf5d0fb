"""Dossiers opened in an emergency, and what became of it. Who reviews sees no record, only which dossier it was."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ARRAY, BindParameter, ColumnElement, Text, cast, func, literal, or_, select
from sqlalchemy.orm import Session

from oms.domain.access import EMERGENCY_LEVEL, Target, Visibility
from oms.domain.emergencies import OPEN, Past
from oms.store.consultation_tables import Emergency
from oms.store.row_security import on_postgres, reach
from oms.store.tables import Account, Cadre, Dossier, Unit


@dataclass(frozen=True)
class EmergencyRow:
    """An emergency with its person, and the dossier as the rule sees it: number, unit, level. No cadre is named."""

    emergency: Emergency
    account: Account
    number: str
    unit: Unit
    target: Target


def running(session: Session, account_id: str, now: datetime) -> list[Emergency]:
    """Emergencies of an account that run now."""
    statement = select(Emergency).where(*runs(account_id, now))
    return list(session.scalars(statement.order_by(Emergency.opened_at)))


def runs(
    account_id: str | BindParameter[str], now: datetime | BindParameter[datetime]
) -> tuple[ColumnElement[bool], ...]:
    """What makes an emergency one of an account that runs now."""
    return Emergency.account_id == account_id, Emergency.closed_at.is_(None), Emergency.until > now


def past_of(session: Session, account_ids: frozenset[str]) -> list[Past]:
    """What these persons opened before, as the rule about the next one asks for it."""
    statement = select(Emergency).where(
        or_(Emergency.account_id.in_(sorted(account_ids)), Emergency.behalf_of.in_(sorted(account_ids)))
    )
    return [Past(row.opened_at, row.review, row.review_by, row.reviewed_at) for row in session.scalars(statement)]


def _rows(session: Session, *clauses: ColumnElement[bool], newest: bool = False) -> list[EmergencyRow]:
    statement = (
        select(Emergency, Account, Unit)
        .join(Account, Account.id == Emergency.account_id)
        .join(Unit, Unit.id == Emergency.unit_id)
        .where(*clauses)
        .order_by(Emergency.opened_at.desc() if newest else Emergency.opened_at, Emergency.id)
    )
    found = list(session.execute(statement))
    named = _named(session, sorted({emergency.dossier_id for emergency, _account, _unit in found}))
    return [
        EmergencyRow(
            emergency, account, named[emergency.dossier_id].number, unit, _target(named[emergency.dossier_id], unit)
        )
        for emergency, account, unit in found
        if emergency.dossier_id in named
    ]


def _named(session: Session, ids: list[str]) -> dict[str, Any]:
    """Number, level and state of dossiers opened in emergencies; past the wall, for who reviews sees no record."""
    columns = ("id", "number", "secrecy", "compartment", "state")
    if on_postgres(session):
        asked = func.oms_urgent_dossiers(cast(literal(ids, ARRAY(Text)), ARRAY(Text))).table_valued(*columns)
        return {row.id: row for row in session.execute(select(asked))}
    wanted = select(*(getattr(Dossier, name) for name in columns)).where(Dossier.id.in_(ids))
    return {row.id: row for row in session.execute(wanted)}


def _target(dossier: Any, unit: Unit) -> Target:
    return Target(unit.path, dossier.secrecy, dossier.compartment, dossier.id, state=dossier.state)


def mine(session: Session, account_id: str, limit: int) -> list[EmergencyRow]:
    """What an account opened, newest first."""
    return _rows(session, Emergency.account_id == account_id, newest=True)[:limit]


def open_reviews(session: Session, withheld: frozenset[str]) -> list[EmergencyRow]:
    """Those that wait for their review, oldest first; not of the reviewer's own or relatives' dossiers."""
    return _rows(session, Emergency.review.in_(OPEN), Emergency.dossier_id.not_in(sorted(withheld)))


def reviewed(session: Session, withheld: frozenset[str], limit: int) -> list[EmergencyRow]:
    """Those whose review is done, newest first."""
    done = _rows(session, Emergency.review.not_in(OPEN), Emergency.dossier_id.not_in(sorted(withheld)), newest=True)
    return done[:limit]


def find(session: Session, withheld: frozenset[str], emergency_id: str) -> EmergencyRow | None:
    """One emergency; None when missing or of a withheld dossier."""
    found = _rows(session, Emergency.id == emergency_id, Emergency.dossier_id.not_in(sorted(withheld)))
    return found[0] if found else None


def waiting(session: Session, withheld: frozenset[str], today: date) -> tuple[int, int]:
    """How many wait for their review, and how many of these are past their day."""
    clauses = (Emergency.review.in_(OPEN), Emergency.dossier_id.not_in(sorted(withheld)))
    total = session.scalar(select(func.count()).where(*clauses)) or 0
    late = session.scalar(select(func.count()).where(*clauses, Emergency.review_by < today)) or 0
    return total, late


def dossier_to_open(session: Session, view: Visibility, unit_id: int, named: str) -> tuple[Dossier, Unit] | None:
    """The dossier a unit holds under a number, or of the cadre with this citizen id, if an emergency may open it.

    One answer for all the rest: no such number, too secret, a compartment not held, withheld, gone.
    """
    if on_postgres(session):  # it lies outside the person's wall: that is what an emergency is
        reach(session, session.scalar(select(func.oms_urgent_named(unit_id, named))) or [])
    statement = (
        select(Dossier, Unit)
        .join(Unit, Unit.id == Dossier.unit_id)
        .join(Cadre, Cadre.id == Dossier.cadre_id)
        .where(Dossier.unit_id == unit_id, or_(Dossier.number == named, Cadre.citizen_id == named))
    )
    found = [(row[0], row[1]) for row in session.execute(statement)]
    if len(found) != 1:
        return None
    dossier, unit = found[0]
    if dossier.secrecy > EMERGENCY_LEVEL:
        return None  # not even for who holds the level: Tuyệt mật is never opened this way
    target = _target(dossier, unit)
    return found[0] if replace(view, emergency=frozenset({dossier.id})).admits(target) else None
