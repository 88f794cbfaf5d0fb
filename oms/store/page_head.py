"""What the frame of every page says of the person signed in, in one question."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from sqlalchemy import Date, Integer, Select, String, bindparam, func, select
from sqlalchemy.orm import Session

from oms.domain.journal import Outcome
from oms.store import delegations
from oms.store.consultation_tables import Notice
from oms.store.tables import JournalCheckpoint, JournalEntry, Unit


@dataclass(frozen=True)
class Line:
    """Number of the person's last reading, the newest sealed head, the unit's name, counts of what is for them."""

    reading: int | None
    sealed: int | None
    sealed_at: datetime | None
    unit_name: str
    unread: int
    lent: int


def line(session: Session, account_id: str, unit_id: int, verbs: tuple[str, ...], today: date) -> Line:
    """The person's own line; ``verbs`` are those of readings."""
    asked = {"account": account_id, "unit": unit_id, "today": today}
    reading, sealed, at, name, unread, lent = session.execute(_statement(verbs), asked).one()
    return Line(reading, sealed, at, name or "", unread or 0, lent or 0)


@cache
def _statement(verbs: tuple[str, ...]) -> Select[int, int, datetime, str, int, int]:
    """The statement of :func:`line`: making it costs far more than asking it."""
    account, today = bindparam("account", type_=String()), bindparam("today", type_=Date())
    reading = select(func.max(JournalEntry.seq)).where(
        JournalEntry.actor_id == account, JournalEntry.verb.in_(verbs), JournalEntry.outcome == Outcome.DONE
    )
    head = select(JournalCheckpoint.size).order_by(JournalCheckpoint.size.desc()).limit(1)
    at = select(JournalCheckpoint.at).order_by(JournalCheckpoint.size.desc()).limit(1)
    name = select(Unit.name).where(Unit.id == bindparam("unit", type_=Integer()))
    unread = select(func.count()).where(Notice.account_id == account, Notice.read_at.is_(None))
    lent = delegations.count_held(account, today)
    parts = (reading, head, at, name, unread, lent)
    return select(*(part.scalar_subquery() for part in parts))
