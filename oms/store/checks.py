"""Second looks and what they found; every list is cut by visibility of the paper and by who had a hand in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from oms.domain.access import Visibility
from oms.domain.checks import DONE, CheckState
from oms.domain.records import DocumentState
from oms.store.delegations import Side
from oms.store.desk_tables import Check, CheckFinding
from oms.store.past_walls import for_a_rule
from oms.store.tables import Account, Batch, Document, DocumentChange, DocumentField, Page, Scan, Unit, WordCorrection
from oms.store.visible import visible


@dataclass(frozen=True)
class CheckRow:
    """A second look with its paper, its batch and the unit the paper lies in."""

    check: Check
    document: Document
    batch: Batch
    unit: Unit


def of_document(session: Session, document_id: str) -> list[Check]:
    """Every look at a paper, oldest first."""
    return list(session.scalars(select(Check).where(Check.document_id == document_id).order_by(Check.drawn_at)))


def _untouched(side: Side) -> list[ColumnElement[bool]]:
    """The side changed, typed, filed, checked and settled nothing of the paper, and corrected no word on it."""
    earlier = aliased(Check)
    looked = or_(
        side.did(earlier.operator_id, earlier.drawn_at),
        side.did(earlier.checker_id, earlier.checked_at),
        side.did(earlier.arbiter_id, earlier.settled_at),
    )
    return [
        ~func.coalesce(side.did(Document.filed_by, Document.filed_at), false()),
        ~exists().where(DocumentChange.document_id == Document.id, side.did(DocumentChange.by, DocumentChange.at)),
        ~exists().where(DocumentField.document_id == Document.id, side.did(DocumentField.by, DocumentField.at)),
        ~exists().where(
            Page.document_id == Document.id,
            WordCorrection.page_id == Page.id,
            side.did(WordCorrection.by, WordCorrection.at),
        ),
        ~exists().where(earlier.document_id == Document.id, looked),
    ]


def had_no_hand(session: Session, document_id: str, side: Side) -> bool:
    """Whether a side may take a further look at the paper as far as the separation of hands goes."""
    statement = select(Document.id).where(Document.id == document_id, *_untouched(side))
    return session.scalar(statement) is not None


def _rows(view: Visibility) -> Select[Check, Document, Batch, Unit]:
    return (
        select(Check, Document, Batch, Unit)
        .join(Document, Document.id == Check.document_id)
        .join(Batch, Batch.id == Check.batch_id)
        .join(Unit, Unit.id == Document.unit_id)
        .where(visible(view, Unit.path, Document))
    )


def _as_rows(found: Any) -> list[CheckRow]:
    return [CheckRow(row[0], row[1], row[2], row[3]) for row in found]


def for_person(session: Session, view: Visibility, side: Side, check_id: str) -> CheckRow | None:
    """The look, if its paper is filed and visible and the person had no hand in it."""
    statement = _rows(view).where(Check.id == check_id, Document.state == DocumentState.FILED)
    found = session.execute(statement.where(*_untouched(side))).one_or_none()
    return CheckRow(found[0], found[1], found[2], found[3]) if found else None


def _queue(view: Visibility, state: str, side: Side, batch_id: str) -> Select[Check, Document, Batch, Unit]:
    statement = _rows(view).where(Check.state == state, Document.state == DocumentState.FILED, *_untouched(side))
    return statement.where(Check.batch_id == batch_id) if batch_id else statement


def queue(
    session: Session, view: Visibility, state: str, side: Side, batch_id: str, limit: int, offset: int
) -> tuple[list[CheckRow], int]:
    """Looks in a state that this person may take, oldest paper first, and how many there are."""
    statement = _queue(view, state, side, batch_id)
    total = session.scalar(select(func.count()).select_from(statement.with_only_columns(Check.id).subquery())) or 0
    ordered = statement.order_by(Check.stage, Check.drawn_at, Check.id).limit(limit).offset(offset)
    return _as_rows(session.execute(ordered)), total


def next_id(session: Session, view: Visibility, state: str, side: Side, batch_id: str) -> str:
    """Id of the first look of a batch in a state that this person may take, or ""."""
    statement = _queue(view, state, side, batch_id).order_by(Check.stage, Check.drawn_at, Check.id)
    return session.scalar(statement.with_only_columns(Check.id).limit(1)) or ""


def numbers_in(session: Session, view: Visibility, states: Sequence[str], side: Side) -> dict[str, int]:
    """How many looks in each of some states this person may take."""
    inside = (Check.state.in_(states), Document.state == DocumentState.FILED, *_untouched(side))
    counted = _rows(view).where(*inside).with_only_columns(Check.state, func.count(), maintain_column_froms=True)
    found = {state: number for state, number in session.execute(counted.group_by(Check.state))}
    return {state: found.get(state, 0) for state in states}


def findings(session: Session, check_ids: Sequence[str]) -> dict[str, list[CheckFinding]]:
    """The differences of some looks, in the order they were found."""
    statement = select(CheckFinding).where(CheckFinding.check_id.in_(list(check_ids))).order_by(CheckFinding.id)
    found: dict[str, list[CheckFinding]] = {}
    for row in session.scalars(statement):
        found.setdefault(row.check_id, []).append(row)
    return found


@for_a_rule
def unfinished(session: Session, batch_id: str, stage: int) -> int:
    """How many looks of a batch's stage are not done yet."""
    statement = select(func.count()).where(Check.batch_id == batch_id, Check.stage == stage, Check.state.not_in(DONE))
    return session.scalar(statement) or 0


def to_draw_from(session: Session, batch_id: str, stage: int) -> tuple[list[Document], int, int]:
    """The batch's filed papers not yet drawn for a stage, how many were, and how many are filed altogether."""
    filed = (
        select(Document)
        .join(Scan, Scan.id == Document.scan_id)
        .where(Scan.batch_id == batch_id, Document.state == DocumentState.FILED)
        .order_by(Document.id)
    )
    papers = list(session.scalars(filed))
    drawn = set(session.scalars(select(Check.document_id).where(Check.batch_id == batch_id, Check.stage == stage)))
    return [paper for paper in papers if paper.id not in drawn], len(drawn), len(papers)


@dataclass(frozen=True)
class Counted:
    """A look that is done or differs, with who filed the paper and what differed."""

    check: Check
    operator: str
    findings: tuple[CheckFinding, ...]


def decided(
    session: Session, view: Visibility, batch_id: str, since: datetime | None, until: datetime | None
) -> list[Counted]:
    """Looks that were taken, of visible papers, by batch and by the day they were taken."""
    statement = (
        select(Check, Account.display_name)
        .join(Document, Document.id == Check.document_id)
        .join(Unit, Unit.id == Document.unit_id)
        .join(Account, Account.id == Check.operator_id)
        .where(
            Check.state != CheckState.WAITING,
            visible(view, Unit.path, Document),
        )
    )
    if batch_id:
        statement = statement.where(Check.batch_id == batch_id)
    if since is not None:
        statement = statement.where(Check.checked_at >= since)
    if until is not None:
        statement = statement.where(Check.checked_at < until)
    rows = [(row[0], row[1]) for row in session.execute(statement.order_by(Check.checked_at))]
    found = findings(session, [check.id for check, _name in rows])
    return [Counted(check, name, tuple(found.get(check.id, ()))) for check, name in rows]


@dataclass(frozen=True)
class BatchProgress:
    """A batch's second looks at papers one may see: number by (stage, state)."""

    batch: Batch
    unit: Unit
    counts: dict[tuple[int, str], int]

    def number(self, stage: int, *states: str) -> int:
        """Looks of a stage in some states; in any state when none is named."""
        return sum(n for (at, state), n in self.counts.items() if at == stage and (not states or state in states))


def batches(session: Session, view: Visibility, limit: int) -> list[BatchProgress]:
    """The newest visible batches that have second looks."""
    statement = (
        select(Batch, Unit)
        .join(Unit, Unit.id == Batch.unit_id)
        .where(visible(view, Unit.path, Batch), exists().where(Check.batch_id == Batch.id))
        .order_by(Batch.created_at.desc(), Batch.id)
        .limit(limit)
    )
    rows = [(row[0], row[1]) for row in session.execute(statement)]
    grouped = (
        select(Check.batch_id, Check.stage, Check.state, func.count())
        .join(Document, Document.id == Check.document_id)
        .join(Unit, Unit.id == Document.unit_id)
        .where(
            Check.batch_id.in_([batch.id for batch, _unit in rows]),
            visible(view, Unit.path, Document),
        )
        .group_by(Check.batch_id, Check.stage, Check.state)
    )
    counts: dict[str, dict[tuple[int, str], int]] = {}
    for batch_id, stage, state, number in session.execute(grouped):
        counts.setdefault(batch_id, {})[stage, state] = number
    return [BatchProgress(batch, unit, counts.get(batch.id, {})) for batch, unit in rows]
