"""How the database is, asked from outside without a row in the journal: can it write, is it the newest, what waits."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from oms.domain.records import CopyState, ScanState
from oms.errors import JournalUnavailable
from oms.store import imports, journal, journal_seal, schema
from oms.store.db import Database
from oms.store.desk_tables import ArchivalCopy
from oms.store.exchange_tables import ImportRun
from oms.store.past_walls import for_a_rule
from oms.store.tables import Scan, SignIn

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pulse:
    """Whether a writer gets in, whether the schema is this program's, and how far journal and seal are."""

    writable: bool
    current: bool = False
    entries: int = 0
    newest_at: str = ""
    sealed: int = 0
    sealed_at: datetime | None = None


DEAD = Pulse(writable=False)


def pulse(database: Database, now: datetime) -> Pulse:
    """One look, within half a second. Somebody else who is writing just now is a database that writes."""
    try:
        session = database.hurried(now)
        if session is not None:
            with session:
                writable = _takes_writes(session)
                session.rollback()
            if not writable:
                return DEAD
        with database.snapshot() as reading:
            if not schema.is_current_in(reading):
                return Pulse(writable=True)
            (entries, newest_at), head = journal.newest(reading), journal_seal.newest_checkpoint(reading)
    except (SQLAlchemyError, JournalUnavailable) as error:
        log.warning("the database does not answer: %s", type(error).__name__)
        return DEAD
    return Pulse(True, True, entries, newest_at, head.size if head else 0, head.at if head else None)


def _takes_writes(session: Session) -> bool:
    """False at a PostgreSQL server that only follows another."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        return True  # it holds the writer's lock already
    return bool(connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "off")


@for_a_rule
def queues(session: Session) -> dict[str, int]:
    """What waits for the workers, in counts over the whole installation: files, copies, lists."""
    scans = _number(session, Scan.state.in_((ScanState.WAITING, ScanState.READING)))
    copies = _number(session, ArchivalCopy.state.in_((CopyState.WAITING, CopyState.MAKING)))
    return {"scans": scans, "copies": copies, "lists": _number(session, ImportRun.state.in_(imports.WORK_STATES))}


def _number(session: Session, wanted: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).where(wanted)) or 0


def sessions(session: Session, used_since: datetime) -> int:
    """How many sessions have not ended and were used since then."""
    return _number(session, SignIn.ended_at.is_(None) & (SignIn.seen_at >= used_since))
