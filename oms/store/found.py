"""What a page of search results shows: read under the reader's visibility, in a few statements for the page."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms.domain.access import Visibility
from oms.domain.records import DocumentState
from oms.store.dossiers import DossierRow
from oms.store.search_source import of_persons as among
from oms.store.search_source import person_key
from oms.store.tables import Cadre, Document, Dossier, Page, Proposal, Unit
from oms.store.visible import visible


def papers_of(
    session: Session, view: Visibility, ids: Sequence[str], known: Mapping[str, DossierRow] | None = None
) -> dict[str, tuple[Document, DossierRow]]:
    """Of these papers the filed and visible ones with their dossiers, which must be visible too.

    ``known``: visible dossiers that this session has read already, which are not read again.
    """
    statement = (
        select(Document)
        .join(Unit, Unit.id == Document.unit_id)
        .where(Document.id.in_(list(ids)), Document.state == DocumentState.FILED, visible(view, Unit.path, Document))
    )
    found = {paper.id: paper for paper in session.scalars(statement)}
    rows = dict(known or {})
    lacking = {paper.dossier_id for paper in found.values() if paper.dossier_id} - rows.keys()
    if lacking:
        rows |= dossiers_of(session, view, lacking)
    return {name: (paper, rows[paper.dossier_id]) for name, paper in found.items() if paper.dossier_id in rows}


def dossiers_of(session: Session, view: Visibility, ids: Collection[str]) -> dict[str, DossierRow]:
    """The visible ones of these dossiers."""
    statement = (
        select(Dossier, Cadre, Unit)
        .join(Cadre, Cadre.id == Dossier.cadre_id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .where(Dossier.id.in_(sorted(ids)), visible(view, Unit.path, Dossier))
    )
    return {row[0].id: DossierRow(row[0], row[1], row[2]) for row in session.execute(statement)}


def of_persons(session: Session, view: Visibility, keys: Collection[str]) -> dict[str, list[DossierRow]]:
    """The visible dossiers of each of these persons, in every block."""
    statement = (
        select(person_key(), Dossier, Cadre, Unit)
        .join(Cadre, Cadre.id == Dossier.cadre_id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .where(among(keys), visible(view, Unit.path, Dossier))
        .order_by(Dossier.block, Dossier.number, Dossier.id)
    )
    found: dict[str, list[DossierRow]] = {}
    for key, dossier, cadre, unit in session.execute(statement):
        found.setdefault(key, []).append(DossierRow(dossier, cadre, unit))
    return found


def papers_of_person(session: Session, view: Visibility, dossier_id: str) -> frozenset[str]:
    """The filed and visible papers of whom a visible dossier is about, from all their visible dossiers."""
    inside = visible(view, Unit.path, Dossier)
    key = session.scalar(
        select(person_key())
        .select_from(Dossier)
        .join(Cadre, Cadre.id == Dossier.cadre_id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .where(Dossier.id == dossier_id, inside)
    )
    own = [row.dossier.id for row in of_persons(session, view, [key]).get(key, ())] if key else []
    statement = (
        select(Document.id)
        .join(Unit, Unit.id == Document.unit_id)
        .where(Document.dossier_id.in_(own), Document.state == DocumentState.FILED, visible(view, Unit.path, Document))
    )
    return frozenset(session.scalars(statement))


def pages_of(session: Session, ids: Sequence[str]) -> dict[str, list[Page]]:
    """The pages of some papers in reading order."""
    found: dict[str, list[Page]] = {}
    for page in session.scalars(select(Page).where(Page.document_id.in_(list(ids))).order_by(Page.position)):
        found.setdefault(page.document_id or "", []).append(page)
    return found


def taken_for_withheld(session: Session, view: Visibility) -> set[str]:
    """Filed papers that the machine took for those of a withheld dossier before they were filed elsewhere."""
    if not view.withheld:
        return set()
    statement = (
        select(Proposal.document_id)
        .join(Document, Document.id == Proposal.document_id)
        .where(Proposal.dossier_id.in_(sorted(view.withheld)), Document.state == DocumentState.FILED)
    )
    return set(session.scalars(statement))
