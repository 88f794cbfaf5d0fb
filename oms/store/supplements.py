"""Yearly supplements: the periods in scope, and how far each person below one is, counted in SQL."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from oms.domain.access import Visibility
from oms.store.record_tables import Change, ChangeItem, Supplement
from oms.store.tables import Cadre, Dossier, Unit
from oms.store.visible import in_scope, visible


@dataclass(frozen=True)
class PersonRow:
    """A visible dossier below a supplement's unit, with its change of this supplement, if any, and how far it is."""

    dossier: Dossier
    cadre: Cadre
    unit: Unit
    change: Change | None
    state: str


def find(session: Session, view: Visibility, supplement_id: str) -> tuple[Supplement, Unit] | None:
    """The supplement with its unit, if it is in scope."""
    statement = select(Supplement, Unit).join(Unit, Unit.id == Supplement.unit_id)
    found = session.execute(statement.where(Supplement.id == supplement_id, in_scope(view, Unit.path))).one_or_none()
    return (found[0], found[1]) if found else None


def listed(session: Session, view: Visibility, limit: int, offset: int) -> tuple[list[tuple[Supplement, Unit]], int]:
    """The supplements in scope, newest first, and how many there are."""
    statement = select(Supplement, Unit).join(Unit, Unit.id == Supplement.unit_id).where(in_scope(view, Unit.path))
    total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    ordered = statement.order_by(Supplement.opens_on.desc(), Supplement.created_at.desc())
    return [(row[0], row[1]) for row in session.execute(ordered.limit(limit).offset(offset))], total


def _state() -> ColumnElement[str]:
    touched = select(ChangeItem.id).where(ChangeItem.change_id == Change.id).exists()
    unchanged = and_(Change.state == "decided", ~touched)
    return case((Change.id.is_(None), "none"), (unchanged, "unchanged"), else_=Change.state)


def _persons(view: Visibility, supplement: Supplement, unit: Unit) -> Select[Dossier, Cadre, Unit, Change, str]:
    # a dossier has few changes, a supplement one for each of 10,000: only the first may lead the way
    own = and_(
        Change.dossier_id == Dossier.id,
        func.coalesce(Change.supplement_id, "") == supplement.id,
        Change.state != "withdrawn",
        visible(view, Unit.path, Change),
    )
    below = or_(Unit.path == unit.path, Unit.path.like(f"{unit.path}/%"))
    return (
        select(Dossier, Cadre, Unit, Change, _state())
        .join(Cadre, Cadre.id == Dossier.cadre_id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .join(Change, own, isouter=True)
        .where(visible(view, Unit.path, Dossier), below, Dossier.state == "held")
    )


def persons(
    session: Session, view: Visibility, supplement: Supplement, unit: Unit, state: str, limit: int, offset: int
) -> tuple[list[PersonRow], int]:
    """The visible persons of a supplement by name, those of one state when it is given; and how many."""
    statement = _persons(view, supplement, unit)
    if state:
        statement = statement.where(_state() == state)
    total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    ordered = statement.order_by(Cadre.folded_name, Dossier.number)
    return [PersonRow(*row) for row in session.execute(ordered.limit(limit).offset(offset))], total


def progress(session: Session, view: Visibility, supplement: Supplement, unit: Unit) -> dict[str, int]:
    """How many visible persons of a supplement are in each state."""
    inner = _persons(view, supplement, unit).with_only_columns(_state().label("state")).subquery()
    return {state: number for state, number in session.execute(
        select(inner.c.state, func.count()).group_by(inner.c.state)
    )}  # fmt: skip


def of_dossier(session: Session, supplement_id: str, dossier_id: str) -> Change | None:
    """The dossier's change of this supplement that has not been withdrawn."""
    statement = select(Change).where(Change.supplement_id == supplement_id, Change.dossier_id == dossier_id)
    return session.scalar(statement.where(Change.state != "withdrawn").limit(1))
