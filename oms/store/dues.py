"""Due dates: put in the place of those that were, listed within what may be seen, and what was set by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, and_, case, delete, func, or_, select
from sqlalchemy.orm import Session

from oms.domain.access import Visibility
from oms.domain.entitlements import DueDate
from oms.store.bulk import add_rows
from oms.store.catalogue_tables import CatalogueRow
from oms.store.exchange_tables import Due, DueOverride
from oms.store.facts import chunks
from oms.store.record_tables import FactRow, RecordHead
from oms.store.tables import Cadre, Document, Dossier, Unit
from oms.store.visible import visible


def put(session: Session, dues: Mapping[str, Sequence[DueDate]], now: datetime) -> None:
    """Puts the due dates of some dossiers in the place of what was there."""
    for some in chunks(list(dues)):
        session.execute(delete(Due).where(Due.dossier_id.in_(some)))
    add(session, dues, now)


def add(session: Session, dues: Mapping[str, Sequence[DueDate]], now: datetime) -> None:
    """Adds the due dates of dossiers that have none yet."""
    rows = [
        {
            "dossier_id": dossier_id,
            "kind": due.kind,
            "subject": due.subject[:120],
            "due_on": due.due_on,
            "notice_on": due.notice_on,
            "basis": json.dumps(due.basis, ensure_ascii=False),
            "made_at": now,
        }
        for dossier_id, found in dues.items()
        for due in found
    ]
    add_rows(session, Due, rows)


def posts_of(session: Session, dossiers: Sequence[Dossier]) -> dict[str, list[FactRow]]:
    """The posts in force of some records, at each dossier's own level: what a head would be made of."""
    return _at_own_level(session, dossiers, "posts")


def _at_own_level(session: Session, dossiers: Sequence[Dossier], item: str) -> dict[str, list[FactRow]]:
    found: dict[str, list[FactRow]] = {dossier.id: [] for dossier in dossiers}
    for some in chunks(list(found)):
        statement = (
            select(FactRow)
            .join(Dossier, Dossier.id == FactRow.dossier_id)
            .where(
                FactRow.dossier_id.in_(some),
                FactRow.item == item,
                FactRow.ended_at.is_(None),
                FactRow.secrecy <= Dossier.secrecy,
                FactRow.compartment.in_(("", Dossier.compartment)),
            )
        )
        for row in session.scalars(statement.order_by(FactRow.starts, FactRow.id)):
            found[row.dossier_id].append(row)
    return found


def expiring_papers(session: Session, dossiers: Sequence[Dossier]) -> dict[str, list[Document]]:
    """The filed papers with a last day, at each dossier's own level: others may not be told of to all its readers."""
    found: dict[str, list[Document]] = {dossier.id: [] for dossier in dossiers}
    for some in chunks(list(found)):
        statement = (
            select(Document)
            .join(Dossier, Dossier.id == Document.dossier_id)
            .where(
                Document.dossier_id.in_(some),
                Document.state == "filed",
                Document.expires_on != "",
                Document.secrecy <= Dossier.secrecy,
                Document.compartment.in_(("", Dossier.compartment)),
            )
        )
        for row in session.scalars(statement.order_by(Document.serial)):
            found[str(row.dossier_id)].append(row)
    return found


def overrides_of(session: Session, dossier_ids: Sequence[str]) -> dict[str, list[DueOverride]]:
    """What was set or settled by hand and not withdrawn, oldest first."""
    found: dict[str, list[DueOverride]] = {dossier_id: [] for dossier_id in dossier_ids}
    for some in chunks(dossier_ids):
        statement = select(DueOverride).where(DueOverride.dossier_id.in_(some), DueOverride.withdrawn_at.is_(None))
        for row in session.scalars(statement.order_by(DueOverride.at, DueOverride.id)):
            found[row.dossier_id].append(row)
    return found


@dataclass(frozen=True)
class DueFilter:
    """What a list of due dates is narrowed to; empty parts do not filter. ``until``: notices up to that day."""

    until: date
    kind: str = ""
    unit_path: str = ""
    block: str = ""
    dossier_id: str = ""


@dataclass(frozen=True)
class DueRow:
    """A due date with whose it is."""

    due: Due
    dossier: Dossier
    cadre: Cadre
    unit: Unit


def _visible_dues(view: Visibility, wanted: DueFilter) -> Select[Due, Dossier, Cadre, Unit]:
    statement = (
        select(Due, Dossier, Cadre, Unit)
        .join(Dossier, Dossier.id == Due.dossier_id)
        .join(Cadre, Cadre.id == Dossier.cadre_id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .where(visible(view, Unit.path, Dossier), Dossier.state == "held")
    )
    if not wanted.dossier_id:
        statement = statement.where(Due.notice_on <= wanted.until)
    for column, value in ((Due.kind, wanted.kind), (Dossier.block, wanted.block), (Due.dossier_id, wanted.dossier_id)):
        if value:
            statement = statement.where(column == value)
    if wanted.unit_path:
        statement = statement.where(or_(Unit.path == wanted.unit_path, Unit.path.like(f"{wanted.unit_path}/%")))
    return statement


def listed(session: Session, view: Visibility, wanted: DueFilter, limit: int, offset: int) -> tuple[list[DueRow], int]:
    """Visible due dates, the earliest first, and how many there are."""
    statement = _visible_dues(view, wanted)
    total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    ordered = statement.order_by(Due.due_on, Cadre.folded_name, Due.id).limit(limit).offset(offset)
    return [DueRow(*found) for found in session.execute(ordered)], total


def counts(session: Session, view: Visibility, until: date, today: date) -> list[tuple[str, int, int]]:
    """Kind, how many visible dates are told of by ``until``, and how many of these are past."""
    statement = _visible_dues(view, DueFilter(until)).subquery()
    past = func.sum(case((statement.c.due_on < today, 1), else_=0))
    grouped = select(statement.c.kind, func.count(), past).group_by(statement.c.kind)
    return [(row[0], row[1], int(row[2] or 0)) for row in session.execute(grouped)]


def find(session: Session, view: Visibility, due_id: int) -> DueRow | None:
    """The due date, if its dossier is visible."""
    row = session.get(Due, due_id)
    if row is None:
        return None
    found = session.execute(
        _visible_dues(view, DueFilter(row.due_on, dossier_id=row.dossier_id)).where(Due.id == due_id)
    ).one_or_none()
    return DueRow(*found) if found else None


@dataclass(frozen=True)
class OverrideRow:
    """What was set by hand, with whose it is."""

    override: DueOverride
    dossier: Dossier
    cadre: Cadre
    unit: Unit


def _visible_overrides(view: Visibility) -> Select[DueOverride, Dossier, Cadre, Unit]:
    return (
        select(DueOverride, Dossier, Cadre, Unit)
        .join(Dossier, Dossier.id == DueOverride.dossier_id)
        .join(Cadre, Cadre.id == Dossier.cadre_id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .where(visible(view, Unit.path, Dossier))
    )


def overrides(session: Session, view: Visibility, limit: int, offset: int) -> tuple[list[OverrideRow], int]:
    """Everything set by hand on visible dossiers, newest first, the withdrawn too."""
    statement = _visible_overrides(view)
    total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    ordered = statement.order_by(DueOverride.at.desc(), DueOverride.id).limit(limit).offset(offset)
    return [OverrideRow(*found) for found in session.execute(ordered)], total


def find_override(session: Session, view: Visibility, override_id: str) -> OverrideRow | None:
    """What was set by hand, if its dossier is visible."""
    found = session.execute(_visible_overrides(view).where(DueOverride.id == override_id)).one_or_none()
    return OverrideRow(*found) if found else None


def stale(session: Session, long_past: date, limit: int) -> list[Dossier]:
    """Dossiers whose head is older than the newest change of the catalogues, or whose next badge has long passed."""
    changed = session.scalar(select(func.max(CatalogueRow.created_at)))
    ended = session.scalar(select(func.max(CatalogueRow.ended_at)))
    newest = max((moment for moment in (changed, ended) if moment is not None), default=None)
    old = RecordHead.made_at < newest if newest is not None else RecordHead.dossier_id.is_(None)
    gone = and_(Due.kind == "party_age", Due.due_on < long_past)
    badge = select(Due.dossier_id).where(gone)
    statement = (
        select(Dossier)
        .join(RecordHead, RecordHead.dossier_id == Dossier.id)
        .where(or_(old, Dossier.id.in_(badge)))
        .order_by(Dossier.id)
        .limit(limit)
    )
    return list(session.scalars(statement))
