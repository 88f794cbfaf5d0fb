"""Pairs of records as a reader may see them, and the decisions on them.

A pair is there for whoever sees one side of it, if the further side is seen too or is one that everybody may learn of:
no level, no compartment, not destroyed, not withheld from this reader. Otherwise it is not there at all, nor counted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from oms.domain.access import Visibility
from oms.domain.links import Band, PairState, Sides, components, sides_of
from oms.store.dossiers import DossierRow
from oms.store.link_tables import LinkCandidate, LinkDecision, LinkPerson
from oms.store.link_triggers import ITEMS
from oms.store.linking import Known
from oms.store.record_tables import FactRow
from oms.store.row_security import on_postgres
from oms.store.tables import Cadre, Document, Dossier, Page, Unit
from oms.store.visible import visible

DISPOSED = "disposed"


@dataclass(frozen=True)
class PairRow:
    """A pair, and the side or sides of it that the reader sees."""

    pair: LinkCandidate
    sides: Sides

    @property
    def masked(self) -> bool:
        return self.sides is not Sides.BOTH


@dataclass(frozen=True)
class PairFilter:
    """Which pairs are listed: of a state and a band, of one dossier, seen whole or by half."""

    states: tuple[str, ...] = (PairState.OPEN, PairState.HALF)
    bands: tuple[str, ...] = ()
    whole: bool | None = None
    dossier_id: str = ""
    batch_id: str = ""


def _seen(view: Visibility, column: ColumnElement[str] | InstrumentedAttribute[str]) -> ColumnElement[bool]:
    mine = select(Dossier.id).join(Unit, Unit.id == Dossier.unit_id)
    asked = mine.where(Dossier.id == column, visible(view, Unit.path, Dossier))
    return asked.correlate_except(Dossier, Unit).exists()  # of one dossier each, not of all that may be seen


def _learnable(
    session: Session, view: Visibility, column: ColumnElement[str] | InstrumentedAttribute[str]
) -> ColumnElement[bool]:
    if on_postgres(session):  # past the wall, which shows nothing of a side out of scope
        found: ColumnElement[bool] = func.oms_link_open(column)
    else:
        side = aliased(Dossier)
        clauses = (side.secrecy == 0, side.compartment == "", side.state != DISPOSED)
        found = exists().where(side.id == column, *clauses)
    return and_(found, column.not_in(sorted(view.withheld))) if view.withheld else found


def _both(view: Visibility) -> ColumnElement[bool]:
    return and_(_seen(view, LinkCandidate.left_dossier_id), _seen(view, LinkCandidate.right_dossier_id))


def _there(session: Session, view: Visibility, whole: bool | None = None) -> ColumnElement[bool]:
    """That a pair is there for the reader: seen whole, by half, or (None) either."""
    left, right = LinkCandidate.left_dossier_id, LinkCandidate.right_dossier_id
    left_seen, right_seen = _seen(view, left), _seen(view, right)
    half = or_(
        and_(left_seen, ~right_seen, _learnable(session, view, right)),
        and_(right_seen, ~left_seen, _learnable(session, view, left)),
    )
    if whole is None:
        return or_(_both(view), half)
    return _both(view) if whole else half


def pairs(session: Session, view: Visibility, whole: bool | None = None) -> Select[LinkCandidate, bool, bool]:
    """The pairs that are there for a reader, each with whether its left and its right are seen."""
    left_seen = _seen(view, LinkCandidate.left_dossier_id).label("left_seen")
    right_seen = _seen(view, LinkCandidate.right_dossier_id).label("right_seen")
    return select(LinkCandidate, left_seen, right_seen).where(_there(session, view, whole))


def row_of(pair: LinkCandidate, left: bool, right: bool) -> PairRow:
    """A line of :func:`pairs` as a row."""
    sides = sides_of(bool(left), bool(right))
    if sides is None:
        raise LookupError("a pair of which no side is seen")
    return PairRow(pair, sides)


def find(session: Session, view: Visibility, pair_id: str) -> PairRow | None:
    """The pair, if it is there for this reader."""
    found = session.execute(pairs(session, view).where(LinkCandidate.id == pair_id)).one_or_none()
    return row_of(*found) if found else None


def _offered(view: Visibility, whole: bool | None) -> ColumnElement[bool]:
    """Strong enough to be shown, by what this reader sees: of a pair seen by half, its place on the side that is."""
    left, right = _seen(view, LinkCandidate.left_dossier_id), _seen(view, LinkCandidate.right_dossier_id)
    by_band = LinkCandidate.band != Band.HIDDEN
    by_side = or_(and_(left, LinkCandidate.left_fits.is_(True)), and_(right, LinkCandidate.right_fits.is_(True)))
    fits = {True: by_band, False: by_side, None: or_(and_(left, right, by_band), and_(~and_(left, right), by_side))}
    return or_(LinkCandidate.version > 0, fits[whole])


def _narrowed(session: Session, view: Visibility, wanted: PairFilter) -> Select[LinkCandidate, bool, bool]:
    """By the reader's own sight alone: a pair seen by half has no band and no weight for them."""
    statement = pairs(session, view, wanted.whole)
    statement = statement.where(LinkCandidate.state.in_(wanted.states), _offered(view, wanted.whole))
    if wanted.bands:
        statement = statement.where(LinkCandidate.band.in_(wanted.bands))
    if wanted.dossier_id:
        ends = (LinkCandidate.left_dossier_id, LinkCandidate.right_dossier_id)
        statement = statement.where(or_(*[end == wanted.dossier_id for end in ends]))
    if wanted.batch_id:
        of_batch = select(LinkDecision.candidate_id).where(LinkDecision.batch_id == wanted.batch_id)
        statement = statement.where(LinkCandidate.id.in_(of_batch))
    return statement


def listed(session: Session, view: Visibility, wanted: PairFilter, limit: int, offset: int) -> list[PairRow]:
    """Pairs in their order: those seen whole by weight, others by the id alone, which tells nothing."""
    order = (LinkCandidate.weight.desc(), LinkCandidate.id) if wanted.whole else (LinkCandidate.id,)
    ordered = _narrowed(session, view, wanted).order_by(*order).limit(limit).offset(offset)
    return [row_of(*found) for found in session.execute(ordered)]


def counts(session: Session, view: Visibility) -> dict[tuple[str, str, bool], int]:
    """How many pairs there are by state, band and whether both sides are seen; bands of half-seen ones are ""."""
    seen = select(
        *(LinkCandidate.state, LinkCandidate.band, LinkCandidate.version),
        *(LinkCandidate.left_fits, LinkCandidate.right_fits),
        *(LinkCandidate.left_dossier_id, LinkCandidate.right_dossier_id),
        _seen(view, LinkCandidate.left_dossier_id).label("left_seen"),
        _seen(view, LinkCandidate.right_dossier_id).label("right_seen"),
    )
    pairs = seen.cte("pairs").prefix_with("MATERIALIZED")  # who sees which side is asked once a pair
    column = pairs.c
    whole = and_(column.left_seen, column.right_seen)
    left = and_(column.left_seen, ~column.right_seen, or_(column.version > 0, column.left_fits))
    right = and_(column.right_seen, ~column.left_seen, or_(column.version > 0, column.right_fits))
    there = or_(
        and_(whole, or_(column.version > 0, column.band != Band.HIDDEN)),
        and_(left, _learnable(session, view, column.right_dossier_id)),
        and_(right, _learnable(session, view, column.left_dossier_id)),
    )
    band = case((whole, column.band), else_="")
    grouped = select(column.state, band, whole, func.count()).where(there).group_by(column.state, band, whole)
    return {(state, name, bool(both)): number for state, name, both, number in session.execute(grouped)}


def next_after(session: Session, view: Visibility, wanted: PairFilter, row: PairRow) -> str | None:
    """The id of the pair that stands behind this one in the list's order; None when it is the last."""
    return _neighbour(session, view, wanted, row, forward=True)


def before(session: Session, view: Visibility, wanted: PairFilter, row: PairRow) -> str | None:
    """The id of the pair that stands before this one in the list's order."""
    return _neighbour(session, view, wanted, row, forward=False)


def _neighbour(session: Session, view: Visibility, wanted: PairFilter, row: PairRow, *, forward: bool) -> str | None:
    statement = _narrowed(session, view, wanted)
    weight, name, here = LinkCandidate.weight, LinkCandidate.id, row.pair
    later = name > here.id if forward else name < here.id
    order: tuple[Any, ...] = (name if forward else name.desc(),)
    if wanted.whole:  # in steps an index follows: nothing is sorted to find one pair
        near = weight <= here.weight if forward else weight >= here.weight
        later = and_(near, or_(weight != here.weight, later))
        order = (weight.desc(), name) if forward else (weight, name.desc())
    found = session.execute(statement.where(later).order_by(*order).limit(1)).first()
    return found[0].id if found else None


def decisions_of(session: Session, pair_ids: Sequence[str]) -> dict[str, list[LinkDecision]]:
    """The decisions on pairs the caller has just read, oldest first."""
    found: dict[str, list[LinkDecision]] = {pair_id: [] for pair_id in pair_ids}
    statement = select(LinkDecision).where(LinkDecision.candidate_id.in_(list(pair_ids))).order_by(LinkDecision.number)
    for row in session.scalars(statement):
        found[row.candidate_id].append(row)
    return found


def dossiers_seen(session: Session, view: Visibility, dossier_ids: Collection[str]) -> dict[str, DossierRow]:
    """The visible dossiers among these, with cadre and unit."""
    statement = (
        select(Dossier, Cadre, Unit)
        .join(Cadre, Cadre.id == Dossier.cadre_id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .where(Dossier.id.in_(sorted(dossier_ids)), visible(view, Unit.path, Dossier))
    )
    return {found[0].id: DossierRow(found[0], found[1], found[2]) for found in session.execute(statement)}


_COMPONENT = text(
    "WITH RECURSIVE members(id) AS (VALUES (:one), (:other) UNION "
    "SELECT CASE WHEN left_id = members.id THEN right_id ELSE left_id END FROM members "
    "JOIN link_candidates ON state = 'linked' AND members.id IN (left_id, right_id)) "
    "SELECT DISTINCT cadre_id, block FROM members JOIN dossiers ON dossiers.cadre_id = members.id "
    "WHERE dossiers.state <> 'disposed'"
)


def together(session: Session, one: str, other: str) -> dict[str, str]:
    """The records that would be one person if these two were linked, with their blocks: also those nobody here sees."""
    if on_postgres(session):
        statement = text("SELECT cadre_id, block FROM oms_link_component(:one, :other)")
        return {cadre: block for cadre, block in session.execute(statement, {"one": one, "other": other})}
    return {cadre: block for cadre, block in session.execute(_COMPONENT, {"one": one, "other": other})}


def links_between(session: Session, view: Visibility, cadre_ids: Collection[str]) -> list[PairRow]:
    """Links in force among records, those of which the reader sees both sides."""
    wanted = sorted(cadre_ids)
    statement = pairs(session, view).where(
        LinkCandidate.state == PairState.LINKED, LinkCandidate.left_id.in_(wanted), LinkCandidate.right_id.in_(wanted)
    )
    rows = [row_of(*found) for found in session.execute(statement.order_by(LinkCandidate.id))]
    return [row for row in rows if not row.masked]


def same_person(session: Session, view: Visibility, dossier_id: str) -> list[DossierRow]:
    """The visible dossiers of the person whose dossier this visible one is, in all blocks, by block and number.

    The answer is made of visible dossiers, and links between them, alone: two that only a hidden record joins are two
    persons, else that they are one would tell of it. No id of the person, which others would make another one.
    """
    mine = (
        select(LinkPerson.person_id)
        .join(Dossier, Dossier.cadre_id == LinkPerson.cadre_id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .where(Dossier.id == dossier_id, visible(view, Unit.path, Dossier))
    )
    statement = (
        select(Dossier, Cadre, Unit)
        .join(Cadre, Cadre.id == Dossier.cadre_id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .join(LinkPerson, LinkPerson.cadre_id == Dossier.cadre_id)
        .where(LinkPerson.person_id.in_(mine), visible(view, Unit.path, Dossier), Dossier.state != DISPOSED)
        .order_by(Dossier.block, Dossier.number, Dossier.id)
    )
    rows = [DossierRow(found[0], found[1], found[2]) for found in session.execute(statement)]
    joined = links_between(session, view, {row.cadre.id for row in rows})
    own = {row.cadre.id for row in rows if row.dossier.id == dossier_id}
    groups = components((row.pair.left_id, row.pair.right_id) for row in joined)
    group = next((each for each in groups if own & each), frozenset(own))
    return [row for row in rows if row.cadre.id in group]


def known_seen(session: Session, view: Visibility, row: DossierRow) -> Known:
    """What a visible dossier says that tells persons apart: the cadre's row, the facts at the dossier's own level."""
    statement = (
        select(FactRow)
        .where(
            FactRow.dossier_id == row.dossier.id,
            _seen(view, FactRow.dossier_id),
            FactRow.item.in_(ITEMS),
            FactRow.ended_at.is_(None),
            FactRow.secrecy == row.dossier.secrecy,
            FactRow.compartment == row.dossier.compartment,
        )
        .order_by(FactRow.starts, FactRow.entered_at, FactRow.id)
    )
    return Known(row.cadre, row.dossier, row.unit, tuple(session.scalars(statement)))


def pages_seen(session: Session, view: Visibility, facts: Sequence[FactRow]) -> dict[str, Page]:
    """The pages that facts were read on, of filed papers the reader sees."""
    wanted = sorted({fact.page_id for fact in facts if fact.page_id})
    statement = (
        select(Page)
        .join(Document, Document.id == Page.document_id)
        .join(Unit, Unit.id == Document.unit_id)
        .where(Page.id.in_(wanted), Document.state == "filed", visible(view, Unit.path, Document))
    )
    return {page.id: page for page in session.scalars(statement)}
