"""Changes of records with their items. Every read starts at what the principal may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from oms.domain.access import Visibility
from oms.domain.changes import ItemState
from oms.store.record_tables import Change, ChangeItem, FactRow
from oms.store.tables import Cadre, Document, Dossier, Unit
from oms.store.visible import visible


@dataclass(frozen=True)
class ChangeRow:
    """A change with the dossier, cadre and unit it belongs to."""

    change: Change
    dossier: Dossier
    cadre: Cadre
    unit: Unit


@dataclass(frozen=True)
class Wanted:
    """What a list of changes is narrowed to; ``mine`` keeps only those this account began."""

    state: str = ""
    mine: str = ""
    dossier_id: str = ""
    hand: str = ""
    """An account: only changes it created or submitted, or decided on, pass."""


def _changes(view: Visibility) -> Select[Change, Dossier, Cadre, Unit]:
    """A change is visible when its dossier is, and when its own level and compartment, which may be higher, are."""
    return (
        select(Change, Dossier, Cadre, Unit)
        .join(Dossier, Dossier.id == Change.dossier_id)
        .join(Cadre, Cadre.id == Dossier.cadre_id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .where(
            visible(view, Unit.path, Dossier),
            visible(view, Unit.path, Change),
        )
    )


def find(session: Session, view: Visibility, change_id: str) -> ChangeRow | None:
    """The change, if it is visible."""
    found = session.execute(_changes(view).where(Change.id == change_id)).one_or_none()
    return ChangeRow(*found) if found else None


def listed(session: Session, view: Visibility, wanted: Wanted, limit: int, offset: int) -> tuple[list[ChangeRow], int]:
    """Visible changes, those that wait longest first, others newest first; and how many there are."""
    statement = _changes(view)
    if wanted.state:
        statement = statement.where(Change.state == wanted.state)
    if wanted.mine:
        statement = statement.where(Change.created_by == wanted.mine)
    if wanted.dossier_id:
        statement = statement.where(Change.dossier_id == wanted.dossier_id)
    if wanted.hand:
        statement = statement.where(_handled_by(wanted.hand))
    total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    order = Change.submitted_at if wanted.state == "waiting" else Change.created_at.desc()
    found = session.execute(statement.order_by(order, Change.id).limit(limit).offset(offset))
    return [ChangeRow(*row) for row in found], total


def _handled_by(account_id: str) -> ColumnElement[bool]:
    decided = select(ChangeItem.id).where(ChangeItem.change_id == Change.id, ChangeItem.decided_by == account_id)
    return or_(Change.created_by == account_id, Change.submitted_by == account_id, decided.exists())


def counts(session: Session, view: Visibility, account_id: str) -> dict[str, int]:
    """How many visible changes wait, and how many drafts are this account's own."""
    waiting = func.count().filter(Change.state == "waiting")
    draft = func.count().filter(Change.state == "draft", Change.created_by == account_id)
    counted = _changes(view).where(Change.state.in_(("waiting", "draft")))
    found = session.execute(counted.with_only_columns(waiting, draft, maintain_column_froms=True)).one()
    return {"waiting": found[0], "draft": found[1]}


def items_of(session: Session, change_id: str) -> list[ChangeItem]:
    """The items of a change in order; the caller has made sure that the change is visible."""
    found = select(ChangeItem).where(ChangeItem.change_id == change_id).order_by(ChangeItem.position, ChangeItem.id)
    return list(session.scalars(found))


def item_counts(session: Session, change_ids: Sequence[str]) -> dict[str, int]:
    """How many items some visible changes have."""
    statement = select(ChangeItem.change_id, func.count()).where(ChangeItem.change_id.in_(list(change_ids)))
    return {name: number for name, number in session.execute(statement.group_by(ChangeItem.change_id))}


def others_on(session: Session, view: Visibility, change: Change, fact_ids: Sequence[str]) -> dict[str, Change]:
    """Of some facts those that another visible open change touches too, with that change."""
    statement = (
        select(ChangeItem.fact_id, Change)
        .join(Change, Change.id == ChangeItem.change_id)
        .join(Dossier, Dossier.id == Change.dossier_id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .where(
            ChangeItem.fact_id.in_(list(fact_ids)),
            ChangeItem.state == ItemState.OPEN,
            Change.id != change.id,
            Change.state == "waiting",
            visible(view, Unit.path, Change),
        )
    )
    return {str(fact_id): other for fact_id, other in session.execute(statement)}


def filed_paper(session: Session, view: Visibility, dossier_id: str, document_id: str) -> Document | None:
    """The visible paper filed in this dossier."""
    statement = (
        select(Document)
        .join(Unit, Unit.id == Document.unit_id)
        .where(
            Document.id == document_id,
            Document.dossier_id == dossier_id,
            Document.state == "filed",
            visible(view, Unit.path, Document),
        )
    )
    return session.scalar(statement)


def fact_rows(session: Session, fact_ids: Sequence[str]) -> dict[str, FactRow]:
    """Facts a visible change is about, by id: the change is at least as secret as each of them."""
    found = session.scalars(select(FactRow).where(FactRow.id.in_(list(fact_ids))))
    return {row.id: row for row in found}


def papers(session: Session, document_ids: Sequence[str]) -> dict[str, Document]:
    """Papers a visible change is about, by id: the change is at least as secret as each of them."""
    found = session.scalars(select(Document).where(Document.id.in_(list(document_ids))))
    return {row.id: row for row in found}
