"""Units and their succession."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms.domain.access import Visibility
from oms.domain.organisation import child_path
from oms.store.tables import Unit, UnitSuccession
from oms.store.visible import in_scope


def add_unit(
    session: Session,
    *,
    code: str,
    name: str,
    parent: Unit | None,
    block: str,
    level: str,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> Unit:
    """Adds a unit under its parent; the code must be new."""
    unit = Unit(
        code=code,
        name=name,
        parent_id=parent.id if parent else None,
        path=f"new:{code}",
        block=block,
        level=level,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    session.add(unit)
    session.flush()
    unit.path = child_path(parent.path if parent else "", unit.id)
    session.flush()
    return unit


def by_code(session: Session, code: str) -> Unit | None:
    """The unit with this code."""
    return session.scalar(select(Unit).where(Unit.code == code))


def root(session: Session) -> Unit | None:
    """The one unit without a parent."""
    return session.scalar(select(Unit).where(Unit.parent_id.is_(None)).order_by(Unit.id).limit(1))


def by_id(session: Session, unit_id: int) -> Unit | None:
    """The unit with this id."""
    return session.get(Unit, unit_id)


def within(session: Session, view: Visibility) -> list[Unit]:
    """The units inside a person's scopes, in tree order."""
    return list(session.scalars(select(Unit).where(in_scope(view, Unit.path)).order_by(Unit.path)))


def everything(session: Session) -> list[Unit]:
    """Every unit (names of units are not records)."""
    return list(session.scalars(select(Unit).order_by(Unit.path)))


def add_succession(
    session: Session, predecessor: Unit, successor: Unit, kind: str, on_date: date, decision_no: str
) -> None:
    """Records which unit came after which."""
    row = UnitSuccession(
        predecessor_id=predecessor.id,
        successor_id=successor.id,
        kind=kind,
        on_date=on_date,
        decision_no=decision_no,
    )
    session.add(row)
    session.flush()


def any_succession(session: Session) -> bool:
    """True when at least one succession is recorded."""
    return session.scalar(select(UnitSuccession.id).limit(1)) is not None
