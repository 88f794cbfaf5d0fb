"""Differences between linked records: as a reader may see them, and as the machine keeps them.

A difference is there for whoever the pair is there for (:mod:`oms.store.links`), as long as the link is in force.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import Session

from oms.domain.access import Visibility
from oms.domain.conflicts import ACTIVE, CARD, STANDING
from oms.domain.links import PairState
from oms.store import links
from oms.store.link_tables import LinkCandidate, LinkConflict
from oms.store.links import PairRow
from oms.store.record_tables import Change, FactRow
from oms.store.tables import Document, Dossier

AT_ONCE = 400


def _there(session: Session, view: Visibility, states: Sequence[str]) -> Select[LinkConflict]:
    pairs = links.pairs(session, view).where(LinkCandidate.state == PairState.LINKED)
    ids = pairs.with_only_columns(LinkCandidate.id)
    return select(LinkConflict).where(LinkConflict.state.in_(list(states)), LinkConflict.candidate_id.in_(ids))


def listed(
    session: Session, view: Visibility, states: Sequence[str], limit: int, offset: int
) -> list[tuple[LinkConflict, PairRow]]:
    """Differences in these states, the one that is due first first, each with its pair as the reader sees it."""
    ordered = _there(session, view, states).order_by(LinkConflict.due, LinkConflict.id).limit(limit).offset(offset)
    return _with_pairs(session, view, list(session.scalars(ordered)))


def find(session: Session, view: Visibility, conflict_id: str) -> tuple[LinkConflict, PairRow] | None:
    """The difference, if it is there for this reader and stands."""
    found = list(session.scalars(_there(session, view, STANDING).where(LinkConflict.id == conflict_id)))
    return next(iter(_with_pairs(session, view, found)), None)


def counts(session: Session, view: Visibility, today: date) -> tuple[int, int, int]:
    """How many wait, how many of these are overdue, how many were kept, within what the reader may see."""
    rows = _there(session, view, STANDING).subquery()
    waits = rows.c.state.in_(list(ACTIVE))
    kept = func.sum(case((waits, 0), else_=1))
    late = func.sum(case((waits & (rows.c.due < today), 1), else_=0))
    open_, overdue, both = session.execute(select(func.sum(case((waits, 1), else_=0)), late, kept)).one()
    return int(open_ or 0), int(overdue or 0), int(both or 0)


def between(session: Session, view: Visibility, dossier_ids: Collection[str]) -> list[LinkConflict]:
    """The differences that stand between some records of which the reader sees every one."""
    wanted = sorted(set(dossier_ids) & links.dossiers_seen(session, view, dossier_ids).keys())
    ends = (LinkCandidate.left_dossier_id.in_(wanted), LinkCandidate.right_dossier_id.in_(wanted))
    within = select(LinkCandidate.id).where(*ends)
    found = _there(session, view, STANDING).where(LinkConflict.candidate_id.in_(within))
    return list(session.scalars(found.order_by(LinkConflict.due, LinkConflict.id)))


def _with_pairs(session: Session, view: Visibility, rows: Sequence[LinkConflict]) -> list[tuple[LinkConflict, PairRow]]:
    wanted = {row.candidate_id for row in rows}
    statement = links.pairs(session, view).where(LinkCandidate.id.in_(sorted(wanted)))
    pairs = {found[0].id: links.row_of(*found) for found in session.execute(statement)}
    return [(row, pairs[row.candidate_id]) for row in rows if row.candidate_id in pairs]


def of_pairs(session: Session, pair_ids: Sequence[str]) -> dict[tuple[str, str], LinkConflict]:
    """Every row of some pairs by pair and item, whatever its state."""
    found = {}
    for start in range(0, len(pair_ids), AT_ONCE):
        some = list(pair_ids[start : start + AT_ONCE])
        for row in session.scalars(select(LinkConflict).where(LinkConflict.candidate_id.in_(some))):
            found[(row.candidate_id, row.item)] = row
    return found


def facts_compared(
    session: Session, dossier_ids: Sequence[str], items: Sequence[str]
) -> dict[str, dict[str, tuple[FactRow, bool]]]:
    """Of each dossier the fact that counts of each item, with whether an identity card is its source.

    Facts in force at the dossier's own level and compartment, as heads are made: whoever sees the dossier may see it.
    """
    found: dict[str, dict[str, tuple[FactRow, bool]]] = {name: {} for name in dossier_ids}
    for start in range(0, len(dossier_ids), AT_ONCE):
        statement = (
            select(FactRow, Document.type_code)
            .join(Dossier, Dossier.id == FactRow.dossier_id)
            .outerjoin(Document, Document.id == FactRow.document_id)
            .where(
                FactRow.dossier_id.in_(list(dossier_ids[start : start + AT_ONCE])),
                FactRow.item.in_(list(items)),
                FactRow.ended_at.is_(None),
                FactRow.secrecy == Dossier.secrecy,
                FactRow.compartment == Dossier.compartment,
                or_(Document.id.is_(None), Document.state == "filed"),
            )
            .order_by(FactRow.starts, FactRow.entered_at, FactRow.id)
        )
        for row, type_code in session.execute(statement):
            found[row.dossier_id][row.item] = (row, type_code == CARD)
    return found


def blocks_of(session: Session, dossier_ids: Sequence[str]) -> dict[str, str]:
    """The block of each dossier that is not destroyed."""
    statement = select(Dossier.id, Dossier.block).where(
        Dossier.id.in_(list(dossier_ids)), Dossier.state != links.DISPOSED
    )
    return {name: block for name, block in session.execute(statement)}


def case_states(session: Session, change_ids: Sequence[str]) -> dict[str, str]:
    """The states of some changes."""
    statement = select(Change.id, Change.state).where(Change.id.in_(list(change_ids)))
    return {name: state for name, state in session.execute(statement)}


def add(session: Session, row: Mapping[str, Any], at: datetime) -> None:
    """A difference that was not known."""
    session.add(LinkConflict(**row, found_at=at))
