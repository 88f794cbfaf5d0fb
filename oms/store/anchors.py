"""Anchors of the journal and printed sheets, as they are kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from oms.domain.anchoring import Anchoring
from oms.domain.checkpoints import parse_note
from oms.store.anchor_tables import Anchor, AnchorSheet
from oms.store.past_walls import for_a_rule
from oms.store.tables import JournalCheckpoint, JournalEntry


def newest(session: Session) -> list[Anchor]:
    """The newest anchor of each kind and name, newest first."""
    latest = select(func.max(Anchor.id)).group_by(Anchor.kind, Anchor.name).scalar_subquery()
    return list(
        session.scalars(select(Anchor).where(Anchor.id.in_(latest)).order_by(Anchor.at.desc(), Anchor.id.desc()))
    )


def held_until(session: Session) -> datetime | None:
    """Until when what was written is held outside; None before the first anchor.

    The newest head that an anchor holds says so, not the day somebody brought one: an old sheet typed once more, or an
    old cosignature sent again, holds nothing that was written since.
    """
    longest = select(func.max(Anchor.size)).scalar_subquery()
    came = select(func.max(Anchor.at)).where(Anchor.size == longest).scalar_subquery()
    beyond = select(func.min(JournalCheckpoint.at)).where(longest < JournalCheckpoint.size).scalar_subquery()
    newest, since = session.execute(select(came, beyond)).one()
    return min((at for at in (newest, since) if at is not None), default=None) if newest else None


def history(session: Session, limit: int) -> list[Anchor]:
    """The newest anchors."""
    return list(session.scalars(select(Anchor).order_by(Anchor.id.desc()).limit(limit)))


def times_between(session: Session, since: datetime, until: datetime) -> list[datetime]:
    """When the journal was confirmed outside between two times, in order."""
    inside = (Anchor.at >= since, Anchor.at < until)
    return list(session.scalars(select(Anchor.at).where(*inside).order_by(Anchor.at)))


@for_a_rule
def first_entry_at(session: Session) -> str:
    """When the oldest entry that still has its body was written; "" for an empty journal."""
    found = select(JournalEntry.at).where(JournalEntry.at != "").order_by(JournalEntry.seq).limit(1)
    return session.scalar(found) or ""


def root_at(session: Session, size: int) -> bytes | None:
    """The root of the sealed head of this size, or None when there is none."""
    row = session.get(JournalCheckpoint, size)
    return parse_note(row.note).root if row else None


def add(session: Session, anchor: Anchor) -> None:
    """Keeps an anchor."""
    session.add(anchor)
    session.flush()


def add_sheet(session: Session, size: int, root: str, at: datetime, by: str) -> AnchorSheet:
    """The next sheet of the register."""
    number = (session.scalar(select(func.max(AnchorSheet.number))) or 0) + 1
    sheet = AnchorSheet(number=number, size=size, root=root, at=at, by=by)
    session.add(sheet)
    session.flush()
    return sheet


def sheets_of(session: Session, size: int) -> list[int]:
    """Numbers of the sheets printed of the head of this size."""
    return list(
        session.scalars(select(AnchorSheet.number).where(AnchorSheet.size == size).order_by(AnchorSheet.number))
    )


def anchoring(session: Session, warn_hours: int, stop_hours: int) -> Anchoring:
    """Since when the journal has had no witness outside: since the newest head held there, or the setting up."""
    last = held_until(session)
    if last is not None:
        return Anchoring(last, True, warn_hours, stop_hours)
    first = first_entry_at(session)
    return Anchoring(datetime.fromisoformat(first) if first else None, False, warn_hours, stop_hours)
