"""What a page of search results shows: read under the reader's visibility, in a few statements for the page."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Select, bindparam, select
from sqlalchemy.orm import Session

from oms.domain.access import Visibility
from oms.domain.records import DocumentState
from oms.store.link_tables import LinkPerson
from oms.store.past_walls import past_walls
from oms.store.row_security import on_postgres
from oms.store.search_source import of_persons as among
from oms.store.search_source import person_key
from oms.store.tables import Cadre, Document, Dossier, Page, Proposal, Unit
from oms.store.visible import KEPT, visible
from oms.store.walking import unindexed

# A page of results shows sixty papers: whole rows, made into objects with a history, would cost twice what it shows.


class Paper(NamedTuple):
    """Of a paper what a result shows."""

    id: str
    dossier_id: str | None
    type_code: str
    title: str
    number: str
    issued_on: str
    secrecy: int
    compartment: str
    serial: int | None


class Held(NamedTuple):
    """Of a dossier what a result shows."""

    id: str
    block: str
    number: str
    secrecy: int


class Named(NamedTuple):
    """Of a cadre what a result shows."""

    full_name: str
    birth_date: str


class Place(NamedTuple):
    """Of a unit what a result shows."""

    path: str
    name: str


class Row(NamedTuple):
    """A dossier with its cadre and holding unit."""

    dossier: Held
    cadre: Named
    unit: Place


class Sheet(NamedTuple):
    """Of a page what a result shows."""

    id: str
    position: int | None
    image_sha: str


_PAPER = tuple(getattr(Document, name) for name in Paper._fields)
_ROW = (
    *(getattr(Dossier, name) for name in Held._fields),
    *(getattr(Cadre, name) for name in Named._fields),
    *(getattr(Unit, name) for name in Place._fields),
)


def _row(id_: str, block: str, number: str, secrecy: int, full_name: str, birth_date: str, path: str, name: str) -> Row:
    return Row(Held(id_, block, number, secrecy), Named(full_name, birth_date), Place(path, name))


def papers_of(
    session: Session, view: Visibility, ids: Sequence[str], known: Mapping[str, Row] | None = None
) -> dict[str, tuple[Paper, Row]]:
    """Of these papers the filed and visible ones with their dossiers, which must be visible too.

    ``known``: visible dossiers that this session has read already, which are not read again.
    """
    found = {each[0]: Paper._make(each) for each in session.execute(_papers(view), {"ids": list(ids)})}
    rows = dict(known or {})
    lacking = {paper.dossier_id for paper in found.values() if paper.dossier_id} - rows.keys()
    if lacking:
        rows |= dossiers_of(session, view, lacking)
    return {name: (paper, rows[paper.dossier_id]) for name, paper in found.items() if paper.dossier_id in rows}


@lru_cache(KEPT)
def _papers(view: Visibility) -> Select[*tuple[Any, ...]]:
    """The statement of :func:`papers_of`, as those below: making one costs more than asking it."""
    filed = unindexed(Document.state) == DocumentState.FILED
    of_these = Document.id.in_(_ids()), filed, visible(view, Unit.path, Document)
    return select(*_PAPER).join(Unit, Unit.id == Document.unit_id).where(*of_these)


def _ids() -> BindParameter[Any]:
    return bindparam("ids", expanding=True)


@cache
def _rows() -> Select[*tuple[Any, ...]]:
    """Each dossier with what a result shows of it, the key of its person first."""
    chosen = select(person_key(), *_ROW).select_from(Dossier)
    return chosen.join(Cadre, Cadre.id == Dossier.cadre_id).join(Unit, Unit.id == Dossier.unit_id)


def dossiers_of(session: Session, view: Visibility, ids: Collection[str]) -> dict[str, Row]:
    """The visible ones of these dossiers."""
    chosen = _rows().where(Dossier.id.in_(sorted(ids)), visible(view, Unit.path, Dossier))
    return {row[0]: _row(*row) for _key, *row in session.execute(chosen)}


def of_persons(session: Session, view: Visibility, keys: Collection[str]) -> dict[str, list[Row]]:
    """The visible dossiers of each of these persons, in every block."""
    found: dict[str, list[Row]] = {}
    on_server, wanted = on_postgres(session), set(keys)
    if on_server:  # it takes what a wall lets through for few, and would begin with all dossiers that may be seen
        wanted |= set(session.scalars(_linked(), {"ids": sorted(keys)}))
    for key, *row in session.execute(_of_persons(view, on_server), {"ids": sorted(wanted)}):
        if key in keys:
            found.setdefault(key, []).append(_row(*row))
    return found


@cache
def _linked() -> Select[str]:
    return select(LinkPerson.cadre_id).where(LinkPerson.person_id.in_(_ids()))


@lru_cache(KEPT)
def _of_persons(view: Visibility, on_server: bool) -> Select[*tuple[Any, ...]]:
    """Dossiers of persons by their keys; on a server by those and the cadres linked under them."""
    chosen = Dossier.cadre_id.in_(_ids()) if on_server else among(_ids())
    theirs = _rows().where(chosen, visible(view, Unit.path, Dossier))
    return theirs.order_by(Dossier.block, Dossier.number, Dossier.id)


def papers_of_person(session: Session, view: Visibility, dossier_id: str) -> frozenset[str]:
    """The filed and visible papers of whom a visible dossier is about, from all their visible dossiers."""
    inside = visible(view, Unit.path, Dossier)
    key = session.scalar(_rows().where(Dossier.id == dossier_id, inside))
    own = [row.dossier.id for row in of_persons(session, view, [key]).get(key, ())] if key else []
    statement = (
        select(Document.id)
        .join(Unit, Unit.id == Document.unit_id)
        .where(Document.dossier_id.in_(own), Document.state == DocumentState.FILED, visible(view, Unit.path, Document))
    )
    return frozenset(session.scalars(statement))


def pages_of(session: Session, ids: Sequence[str]) -> dict[str, list[Sheet]]:
    """The pages of some papers in reading order."""
    found: dict[str, list[Sheet]] = {}
    for paper, id_, position, image_sha in session.execute(_sheets(), {"ids": list(ids)}):
        found.setdefault(paper or "", []).append(Sheet(id_, position, image_sha))
    return found


@cache
def _sheets() -> Select[str | None, str, int | None, str]:
    columns = select(Page.document_id, Page.id, Page.position, Page.image_sha)
    return columns.where(Page.document_id.in_(_ids())).order_by(Page.position)


def taken_for_withheld(session: Session, view: Visibility) -> set[str]:
    """Filed papers that the machine took for those of a withheld dossier before they were filed elsewhere."""
    if not view.withheld:
        return set()
    statement = (
        select(Proposal.document_id)
        .join(Document, Document.id == Proposal.document_id)
        .where(Proposal.dossier_id.in_(sorted(view.withheld)), Document.state == DocumentState.FILED)
    )
    with past_walls(session):  # what proposes a paper is behind the paper's wall, and the index knows of neither
        return set(session.scalars(statement))
