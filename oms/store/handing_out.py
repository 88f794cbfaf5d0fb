"""What waits for the workers, so that it can be handed out by turns of the units; read by the program alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from oms.domain.records import ScanState
from oms.store import leases
from oms.store.copies import OPEN
from oms.store.desk_tables import ArchivalCopy, Lease
from oms.store.tables import Batch, Document, Scan

MOST = 1000
"""Rows looked at in one round: the first of every unit are always among them."""
TO_BE_READ = (ScanState.WAITING, ScanState.READING)


@dataclass(frozen=True)
class Waiting:
    """A piece of work nobody has; ``turn``: its place among those of its unit, from 1; ``urgent``: a person waits."""

    id: str
    unit_id: int
    turn: int
    urgent: bool = False


def scans(session: Session, now: datetime, levels: Sequence[int], handed: Collection[str], turns: int) -> list[Waiting]:
    """Files to be read, of batches of these levels, that nobody has in hand and that were not handed out.

    The first ``turns`` of each unit, oldest first; pages that somebody at the desk wants read again come before all.
    """
    urgent = Scan.finished_at.is_not(None)
    turn = func.row_number().over(partition_by=(Batch.unit_id, urgent), order_by=(Scan.received_at, Scan.id))
    found = (
        select(Scan.id.label("id"), Batch.unit_id.label("unit"), turn.label("turn"), urgent.label("urgent"))
        .join(Batch, Batch.id == Scan.batch_id)
        .where(
            Scan.state.in_(TO_BE_READ),
            Batch.secrecy.in_(list(levels)),
            Scan.id.not_in(list(handed)),
            leases.free(leases.SCAN, Scan.id, now),
        )
        .add_columns(Scan.received_at.label("since"))
        .subquery()
    )
    ordered = select(found).where(found.c.turn <= turns).order_by(found.c.urgent.desc(), found.c.turn, found.c.since)
    return [Waiting(row.id, row.unit, row.turn, bool(row.urgent)) for row in session.execute(ordered.limit(MOST))]


def copies(session: Session, now: datetime, handed: Collection[str], turns: int) -> list[Waiting]:
    """Archival copies to be made, as :func:`scans`."""
    order = (ArchivalCopy.wanted_at, ArchivalCopy.id)
    turn = func.row_number().over(partition_by=Document.unit_id, order_by=order)
    found = (
        select(ArchivalCopy.id.label("id"), Document.unit_id.label("unit"), turn.label("turn"))
        .join(Document, Document.id == ArchivalCopy.document_id)
        .where(
            ArchivalCopy.state.in_(list(OPEN)),
            ArchivalCopy.id.not_in(list(handed)),
            leases.free(leases.COPY, ArchivalCopy.id, now),
        )
        .add_columns(ArchivalCopy.wanted_at.label("since"))
        .subquery()
    )
    ordered = select(found).where(found.c.turn <= turns).order_by(found.c.turn, found.c.since).limit(MOST)
    return [Waiting(row.id, row.unit, row.turn) for row in session.execute(ordered)]


def at_work(session: Session, now: datetime, kind: str, handed: Collection[str]) -> Counter[int]:
    """How many pieces of each unit are handed out or in hand."""
    held = select(Lease.object_id).where(Lease.kind == kind, Lease.until > now)
    if kind == leases.SCAN:
        statement = select(Scan.id, Batch.unit_id).join(Batch, Batch.id == Scan.batch_id)
        statement = statement.where(or_(Scan.id.in_(list(handed)), Scan.id.in_(held)))
    else:
        statement = select(ArchivalCopy.id, Document.unit_id).join(Document, Document.id == ArchivalCopy.document_id)
        statement = statement.where(or_(ArchivalCopy.id.in_(list(handed)), ArchivalCopy.id.in_(held)))
    return Counter(unit for _id, unit in session.execute(statement))


def others_wait(session: Session, unit_id: int, now: datetime, levels: Sequence[int]) -> bool:
    """Whether another unit has a file to be read that nobody has in hand."""
    statement = (
        select(Scan.id)
        .join(Batch, Batch.id == Scan.batch_id)
        .where(
            Scan.state.in_(TO_BE_READ),
            Batch.unit_id != unit_id,
            Batch.secrecy.in_(list(levels)),
            leases.free(leases.SCAN, Scan.id, now),
        )
    )
    return session.scalar(statement.limit(1)) is not None
