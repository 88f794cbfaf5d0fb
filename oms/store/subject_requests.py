"""Requests of the persons records are about, and the journal's rows that say who has seen a record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from oms.domain.access import Visibility
from oms.domain.subject_requests import RUNNING
from oms.store.past_walls import for_a_rule
from oms.store.record_tables import Change, SubjectRequest
from oms.store.tables import Account, Cadre, Document, Dossier, JournalEntry, Page, Unit
from oms.store.visible import visible

AT_ONCE = 500


@dataclass(frozen=True)
class RequestRow:
    """A request with the dossier, cadre and unit it is about."""

    request: SubjectRequest
    dossier: Dossier
    cadre: Cadre
    unit: Unit


def _requests(view: Visibility) -> Select[SubjectRequest, Dossier, Cadre, Unit]:
    return (
        select(SubjectRequest, Dossier, Cadre, Unit)
        .join(Dossier, Dossier.id == SubjectRequest.dossier_id)
        .join(Cadre, Cadre.id == Dossier.cadre_id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .where(visible(view, Unit.path, Dossier))
    )


def find(session: Session, view: Visibility, request_id: str) -> RequestRow | None:
    """The request, if its dossier is visible."""
    found = session.execute(_requests(view).where(SubjectRequest.id == request_id)).one_or_none()
    return RequestRow(*found) if found else None


def listed(session: Session, view: Visibility, running: bool, limit: int, offset: int) -> tuple[list[RequestRow], int]:
    """Visible requests: those still to be done, most urgent first; or those that are over, newest first."""
    states = [str(state) for state in RUNNING]
    inside = SubjectRequest.state.in_(states) if running else SubjectRequest.state.not_in(states)
    statement = _requests(view).where(inside)
    total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    last = func.coalesce(SubjectRequest.extended_to, SubjectRequest.done_due)
    order = last if running else SubjectRequest.closed_at.desc()
    found = session.execute(statement.order_by(order, SubjectRequest.id).limit(limit).offset(offset))
    return [RequestRow(*row) for row in found], total


def waiting(session: Session, view: Visibility, today: date) -> tuple[int, int]:
    """How many visible requests are still to be done, and how many of these are past their last day."""
    late = func.coalesce(SubjectRequest.extended_to, SubjectRequest.done_due) < today
    running = _requests(view).where(SubjectRequest.state.in_([str(state) for state in RUNNING]))
    numbers = (func.count(), func.count().filter(late))
    found = session.execute(running.with_only_columns(*numbers, maintain_column_froms=True)).one()
    return found[0], found[1]


def overdue(session: Session, view: Visibility, today: date) -> int:
    """How many visible requests are past their last day."""
    return waiting(session, view, today)[1]


@for_a_rule
def number_taken(session: Session, unit_id: int, number: str) -> bool:
    """True when the unit has entered a request of that number already."""
    statement = select(SubjectRequest.id).join(Dossier, Dossier.id == SubjectRequest.dossier_id)
    found = statement.where(Dossier.unit_id == unit_id, SubjectRequest.number == number).limit(1)
    return session.scalar(found) is not None


def objects_of(session: Session, dossier_id: str) -> list[str]:
    """Ids under which the journal names a dossier: its own, its papers', their pages', its changes'."""
    papers = select(Document.id).where(Document.dossier_id == dossier_id)
    pages = select(Page.id).where(Page.document_id.in_(papers))
    changes = select(Change.id).where(Change.dossier_id == dossier_id)
    return [dossier_id, *(name for each in (papers, pages, changes) for name in session.scalars(each))]


def seen_rows(
    session: Session, view: Visibility, object_ids: Sequence[str], verbs: Sequence[str]
) -> Iterator[tuple[JournalEntry, str]]:
    """Rows of these objects and verbs that were done and may be known to the asker, with the reader's unit."""
    for start in range(0, len(object_ids), AT_ONCE):
        statement = (
            select(JournalEntry, Unit.name)
            .join(Account, Account.id == JournalEntry.actor_id, isouter=True)
            .join(Unit, Unit.id == Account.unit_id, isouter=True)
            .where(
                JournalEntry.object_id.in_(list(object_ids[start : start + AT_ONCE])),
                JournalEntry.verb.in_(list(verbs)),
                JournalEntry.outcome == "done",
                visible(view, JournalEntry.unit_path, JournalEntry),
            )
        )
        for entry, unit in session.execute(statement):
            yield entry, unit or ""
