"""Emptying the bodies of old entries; what says how the journal itself fared keeps its body."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from oms.domain.journal import COLUMNS, PRUNED, WHOLE_NUMBERS, Verb
from oms.store.anchor_tables import Pruning
from oms.store.tables import JournalEntry

KEPT = (Verb.JOURNAL_PRUNE, Verb.JOURNAL_ANCHOR, Verb.JOURNAL_CLOCK)


def span(session: Session, until: str) -> tuple[int, int] | None:
    """First and last of the entries before a time (UTC text) that still have a body to let go."""
    wanted = [JournalEntry.v != PRUNED, JournalEntry.at < until, JournalEntry.verb.not_in(KEPT)]
    first, last = session.execute(select(func.min(JournalEntry.seq), func.max(JournalEntry.seq)).where(*wanted)).one()
    return None if first is None else (first, last)


def oldest(session: Session) -> str | None:
    """When the oldest entry that still has a body to let go was written (UTC text)."""
    wanted = select(JournalEntry.at).where(JournalEntry.v != PRUNED, JournalEntry.verb.not_in(KEPT))
    return session.scalar(wanted.order_by(JournalEntry.seq).limit(1))


def done(session: Session) -> list[Pruning]:
    """What two persons let go so far, the newest first."""
    return list(session.scalars(select(Pruning).order_by(Pruning.id.desc())))


def allow(session: Session, first: int, last: int, approval_id: str, now: datetime) -> None:
    """Tells the guard of the table which entries may be emptied."""
    session.add(Pruning(first=first, last=last, approval_id=approval_id, at=now))
    session.flush()


def empty(session: Session, first: int, last: int) -> int:
    """Empties the bodies; how many there were."""
    blank = {name: 0 if name in WHOLE_NUMBERS else "" for name in COLUMNS if name != "seq"}
    statement = update(JournalEntry).where(
        JournalEntry.seq.between(first, last), JournalEntry.v != PRUNED, JournalEntry.verb.not_in(KEPT)
    )
    done = session.execute(statement.values(blank).execution_options(synchronize_session=False))
    return int(getattr(done, "rowcount", 0))
