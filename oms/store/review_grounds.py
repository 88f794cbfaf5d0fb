"""Rows that explain readings, as they stood at the time: tasks, changes, looks, batches, loans, requests, dues …

A new kind of row that explains is one more function in :data:`SOURCES`; each gives grounds that overlap the time asked
for, and only for the persons and dossiers asked for where it can say so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from oms.domain.approvals import Kind, State
from oms.domain.entitlements import DUE_LABELS
from oms.domain.records import HANOI
from oms.domain.sightings import EVER, Ground
from oms.store.case_tables import Task
from oms.store.consultation_tables import Consultation, Emergency
from oms.store.custody_tables import Disposal, Loan, Stocktake, Transfer
from oms.store.desk_tables import Check
from oms.store.duty_tables import Approval
from oms.store.exchange_tables import Due
from oms.store.record_tables import Change, SubjectRequest, Supplement
from oms.store.review_tables import ReviewWork
from oms.store.tables import Batch, Unit

DAY = 86400
WORK_BEFORE, WORK_AFTER = 7 * DAY, 30 * DAY
"""Work explains readings of its maker from a week before it was done until thirty days after."""
AFTER_CLOSE = DAY
"""What was decided may be looked at once more on the same day."""
DUE_OVER = 90 * DAY
AT_ONCE = 400
OFFICE = frozenset({"records_officer"})
DECIDING = frozenset({"records_officer", "leader"})
LOOKING = frozenset({"scanning_clerk", "records_officer"})


@dataclass(frozen=True)
class Wanted:
    """For whom and when grounds are looked for; times in seconds."""

    accounts: tuple[str, ...]
    dossiers: tuple[str, ...]
    since: int
    until: int

    @property
    def begins(self) -> datetime:
        return datetime.fromtimestamp(self.since, HANOI)

    @property
    def ends(self) -> datetime:
        return datetime.fromtimestamp(self.until + 1, HANOI)  # readings are counted in whole seconds


Source = Callable[[Session, Wanted], Iterator[Ground]]


def _seconds(at: datetime | None, otherwise: int = EVER) -> int:
    return int(at.timestamp()) if at else otherwise


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(), HANOI).timestamp())


def _portions(wanted: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(wanted), AT_ONCE):
        yield list(wanted[start : start + AT_ONCE])


def tasks(session: Session, wanted: Wanted) -> Iterator[Ground]:
    """A cited task explains what lies in its unit's subtree while it is open, for all but the one who opened it."""
    statement = (
        select(Task, Unit.path)
        .join(Unit, Unit.id == Task.unit_id)
        .where(Task.created_at <= wanted.ends, or_(Task.closed_at.is_(None), Task.closed_at >= wanted.begins))
    )
    for task, path in session.execute(statement):
        yield Ground(
            "task", _seconds(task.created_at), _seconds(task.closed_at), task.number, other_than=task.created_by,
            unit=path, task=task.number,
        )  # fmt: skip


def works(session: Session, wanted: Wanted) -> Iterator[Ground]:
    """What the reader did on the dossier, from a week before until thirty days after."""
    for accounts in _portions(wanted.accounts):
        statement = select(ReviewWork).where(
            ReviewWork.account_id.in_(accounts),
            ReviewWork.at >= wanted.since - WORK_AFTER,
            ReviewWork.at <= wanted.until + WORK_BEFORE,
        )
        for row in session.scalars(statement):
            yield Ground(
                "work", row.at - WORK_BEFORE, row.at + WORK_AFTER, f"{row.verb} {row.seq}", account=row.account_id,
                dossier=row.dossier_id,
            )  # fmt: skip


def waiting_changes(session: Session, wanted: Wanted) -> Iterator[Ground]:
    """A change that waits, for those who decide: whoever put it up has their own work to show."""
    over = or_(Change.decided_at.is_(None), Change.decided_at >= wanted.begins)
    statement = select(Change).where(Change.submitted_at <= wanted.ends, over)
    for row in session.scalars(statement):
        since, until = _seconds(row.submitted_at), _seconds(row.decided_at) + AFTER_CLOSE
        for more in ({"key": f"change:{row.id}"}, {"dossier": row.dossier_id}):
            yield Ground("change", since, until, row.id[:8], other_than=row.submitted_by or "", roles=DECIDING, **more)


def checks(session: Session, wanted: Wanted) -> Iterator[Ground]:
    """A second or third look that is drawn and not yet settled, for who may look."""
    over = or_(Check.checked_at.is_(None), Check.checked_at >= wanted.begins, Check.settled_at >= wanted.begins)
    for row in session.scalars(select(Check).where(Check.drawn_at <= wanted.ends, over)):
        ended = row.settled_at or (row.checked_at if row.state == "agreed" else None)
        until = _seconds(ended) + AFTER_CLOSE
        yield Ground("check", _seconds(row.drawn_at), until, row.id[:8], roles=LOOKING, key=f"check:{row.id}")


def batches(session: Session, wanted: Wanted) -> Iterator[Ground]:
    """Papers on the desk, while their batch is open and as long after as its last papers are filed: thirty days."""
    over = or_(Batch.closed_at.is_(None), Batch.closed_at >= datetime.fromtimestamp(wanted.since - WORK_AFTER, HANOI))
    for row in session.scalars(select(Batch).where(Batch.created_at <= wanted.ends, over)):
        until = _seconds(row.closed_at) + WORK_AFTER
        yield Ground("batch", _seconds(row.created_at), until, row.id[:8], roles=LOOKING, key=f"batch:{row.id}")


def loans(session: Session, wanted: Wanted) -> Iterator[Ground]:
    """Paper that is lent out, for officers."""
    over = or_(Loan.returned_at.is_(None), Loan.returned_at >= wanted.begins)
    for row in session.scalars(select(Loan).where(Loan.lent_at <= wanted.ends, over)):
        until = _seconds(row.returned_at) + AFTER_CLOSE
        yield Ground("loan", _seconds(row.lent_at), until, row.number, roles=OFFICE, dossier=row.dossier_id)


def transfers(session: Session, wanted: Wanted) -> Iterator[Ground]:
    """A dossier on its way, for officers of both sides."""
    over = or_(Transfer.closed_at.is_(None), Transfer.closed_at >= wanted.begins)
    for row in session.scalars(select(Transfer).where(Transfer.created_at <= wanted.ends, over)):
        until = _seconds(row.closed_at) + AFTER_CLOSE
        yield Ground(
            "transfer", _seconds(row.created_at), until, row.decision_no or row.id[:8], roles=OFFICE,
            dossier=row.dossier_id,
        )  # fmt: skip


def requests(session: Session, wanted: Wanted) -> Iterator[Ground]:
    """What the person a dossier is about asked for, for officers."""
    over = or_(SubjectRequest.closed_at.is_(None), SubjectRequest.closed_at >= wanted.begins)
    for row in session.scalars(select(SubjectRequest).where(SubjectRequest.created_at <= wanted.ends, over)):
        until = _seconds(row.closed_at) + AFTER_CLOSE
        yield Ground("request", _seconds(row.created_at), until, row.number, roles=OFFICE, dossier=row.dossier_id)


def disposals(session: Session, wanted: Wanted) -> Iterator[Ground]:
    """A disposal that waits, for those who decide, never for the one who asked."""
    over = or_(Disposal.decided_at.is_(None), Disposal.decided_at >= wanted.begins)
    for row in session.scalars(select(Disposal).where(Disposal.asked_at <= wanted.ends, over)):
        until = _seconds(row.decided_at) + AFTER_CLOSE
        yield Ground(
            "disposal", _seconds(row.asked_at), until, row.id[:8], other_than=row.asked_by, roles=DECIDING,
            dossier=row.dossier_id,
        )  # fmt: skip


def consultations(session: Session, wanted: Wanted) -> Iterator[Ground]:
    """A consultation that was granted, for the one it was granted to; while it is asked for, for who prepares it."""
    over = or_(Consultation.closed_at.is_(None), Consultation.closed_at >= wanted.begins)
    asked = select(Consultation).where(Consultation.dossier_id.is_not(None), Consultation.asked_at <= wanted.ends, over)
    for row in session.scalars(asked):
        dossier, ended = row.dossier_id or "", _seconds(row.closed_at)
        if row.given_first and row.given_last and row.decided_at:
            since = max(_seconds(row.decided_at), _midnight(row.given_first))
            until = min(_midnight(row.given_last) + DAY, ended)
            yield Ground("consultation", since, until, row.number, account=row.asked_by, dossier=dossier)
        until = min(_seconds(row.decided_at) + AFTER_CLOSE, ended)
        yield Ground(
            "consultation", _seconds(row.asked_at), until, row.number, other_than=row.asked_by, roles=DECIDING,
            dossier=dossier,
        )  # fmt: skip


def emergencies(session: Session, wanted: Wanted) -> Iterator[Ground]:
    """An emergency opening, once its review found it justified: until then nobody but its reader says so."""
    opened = select(Emergency).where(
        Emergency.opened_at <= wanted.ends, Emergency.until >= wanted.begins, Emergency.review == "justified"
    )
    for row in session.scalars(opened):
        until = min(_seconds(row.until), _seconds(row.closed_at))
        yield Ground(
            "emergency", _seconds(row.opened_at), until, row.id[:8], account=row.account_id, dossier=row.dossier_id
        )


def dues(session: Session, wanted: Wanted) -> Iterator[Ground]:
    """A date coming due, from the day it is told of until ninety days past it, for officers."""
    last = datetime.fromtimestamp(wanted.since - DUE_OVER, HANOI).date()
    for dossiers in _portions(wanted.dossiers):
        statement = select(Due).where(
            Due.dossier_id.in_(dossiers), Due.notice_on <= wanted.ends.date(), Due.due_on >= last
        )
        for row in session.scalars(statement):
            since, until = _midnight(row.notice_on), _midnight(row.due_on) + DUE_OVER
            label = DUE_LABELS.get(row.kind, row.kind)
            yield Ground("due", since, until, label, roles=OFFICE, dossier=row.dossier_id)


def rounds(session: Session, wanted: Wanted) -> Iterator[Ground]:
    """Yearly supplements and stocktakes of a unit, for officers, in that unit's subtree."""
    supplements = (
        select(Supplement, Unit.path)
        .join(Unit, Unit.id == Supplement.unit_id)
        .where(Supplement.opens_on <= wanted.ends.date(), Supplement.closes_on >= wanted.begins.date())
    )
    for round_, path in session.execute(supplements):
        until = min(_midnight(round_.closes_on) + DAY, _seconds(round_.closed_at))
        yield Ground("supplement", _midnight(round_.opens_on), until, str(round_.year), roles=OFFICE, unit=path)
    over = or_(Stocktake.closed_at.is_(None), Stocktake.closed_at >= wanted.begins)
    counts = (
        select(Stocktake, Unit.path)
        .join(Unit, Unit.id == Stocktake.unit_id)
        .where(Stocktake.opened_at <= wanted.ends, over)
    )
    for count, path in session.execute(counts):
        until = _seconds(count.closed_at)
        yield Ground("stocktake", _seconds(count.opened_at), until, count.period, roles=OFFICE, unit=path)


def exports(session: Session, wanted: Wanted) -> Iterator[Ground]:
    """A list that a second person approved, for who asked: its dossiers, until it was taken or the days are over."""
    over = or_(Approval.carried_out_at.is_(None), Approval.carried_out_at >= wanted.begins)
    approved = select(Approval).where(
        Approval.kind == Kind.EXPORT,
        Approval.state.in_([State.APPROVED, State.DONE]),
        Approval.decided_at <= wanted.ends,
        Approval.expires_at >= wanted.begins,
        over,
    )
    for row in session.scalars(approved):
        until = min(_seconds(row.carried_out_at) + AFTER_CLOSE, _seconds(row.expires_at))
        listed = set(json.loads(row.payload).get("dossiers", []))
        for dossier_id in listed.intersection(wanted.dossiers):
            yield Ground(
                "approval", _seconds(row.decided_at), until, row.id[:8], account=row.asked_by, dossier=dossier_id
            )


SOURCES: list[Source] = [
    tasks, works, waiting_changes, checks, batches, loans, transfers, requests, disposals, consultations,
    emergencies, dues, rounds, exports,
]  # fmt: skip


def grounds(session: Session, wanted: Wanted) -> list[Ground]:
    """Every ground that may explain readings of these persons and dossiers in this time."""
    return [ground for source in SOURCES for ground in source(session, wanted)]


def moved(session: Session, dossiers: Sequence[str]) -> dict[str, tuple[str, int]]:
    """Dossiers that were received by another unit: the path of the unit they left, and when."""
    found: dict[str, tuple[str, int]] = {}
    for ids in _portions(dossiers):
        statement = (
            select(Transfer.dossier_id, Unit.path, Transfer.closed_at)
            .join(Unit, Unit.id == Transfer.from_unit_id)
            .where(Transfer.dossier_id.in_(ids), Transfer.state == "received")
            .order_by(Transfer.closed_at)
        )
        for dossier_id, path, closed_at in session.execute(statement):
            found[dossier_id] = (path, _seconds(closed_at))
    return found
