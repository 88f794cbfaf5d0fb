"""Work in hand: which worker of which host has a piece of work, until when, and how often one was lost over it.

A row is there while something is in hand or waits for its pause; work that is done has none. ``token`` is new each time
a piece is taken: whoever comes back late (paused, cut off) no longer has the one that counts, and writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import ColumnElement, Update, and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from oms.errors import LeaseLost
from oms.store.desk_tables import Lease

SCAN, COPY, LIST, SIGNATURES = "scan", "copy", "list", "signatures"


@dataclass(frozen=True)
class Holder:
    """A worker: the host it works on (the installation's folder there) and the number of its process."""

    host: str
    process: int


@dataclass(frozen=True)
class Held:
    """A piece of work in somebody's hands; ``lost``: how many workers were lost over it without getting on."""

    kind: str
    object_id: str
    token: str
    lost: int
    left: bool = False
    """Whether the one before was lost over it."""
    ended: int = 0
    """The signal that ended the one before, where it is known."""


def _is(held: Held) -> ColumnElement[bool]:
    return and_(Lease.kind == held.kind, Lease.object_id == held.object_id, Lease.token == held.token)


def free(kind: str, object_id: InstrumentedAttribute[str], now: datetime) -> ColumnElement[bool]:
    """Whether nobody has a piece of work in hand and no pause keeps it back."""
    kept = or_(Lease.until > now, Lease.again_at > now)
    return ~exists().where(Lease.kind == kind, Lease.object_id == object_id, kept)


def take(session: Session, kind: str, object_id: str, who: Holder, now: datetime, length: timedelta) -> Held | None:
    """Takes a piece of work in hand for so long; None while another has it, or a pause runs.

    The caller's transaction holds the writers' lock, so nobody takes it at the same moment.
    """
    row, left = session.get(Lease, (kind, object_id)), False
    if row is None:
        row = Lease(kind=kind, object_id=object_id, lost=0)
        session.add(row)
    elif (row.until is not None and row.until > now) or (row.again_at is not None and row.again_at > now):
        return None
    else:
        left = bool(row.token)
    ended = row.ended if left else 0
    row.token, row.host, row.process, row.ended = uuid4().hex, who.host, who.process, 0
    row.taken_at, row.until, row.again_at = now, now + length, None
    row.lost += left
    session.flush()
    return Held(kind, object_id, row.token, row.lost, left, ended)


def _one(session: Session, change: Update) -> bool:
    return bool(getattr(session.execute(change), "rowcount", 0))


def renew(session: Session, held: Held, until: datetime) -> bool:
    """Holds it longer; False when it is another's."""
    return _one(session, update(Lease).where(_is(held)).values(until=until))


def require(session: Session, held: Held) -> None:
    """Asked in the transaction that writes: LeaseLost when the work is another's by now."""
    if session.scalar(select(Lease.token).where(_is(held)).with_for_update()) is None:
        raise LeaseLost


def got_on(session: Session, held: Held) -> None:
    """Something of it is done: whoever was lost over it before was not lost for nothing."""
    session.execute(update(Lease).where(_is(held), Lease.lost > 0).values(lost=0))


def end(session: Session, held: Held) -> None:
    """It is done; LeaseLost when it was another's."""
    require(session, held)
    session.execute(delete(Lease).where(_is(held)))


def put_off(session: Session, held: Held, again_at: datetime | None, *, lost: int | None = None) -> None:
    """Out of hand, not before a time for the next one; nothing when it is another's by now."""
    free_again = {"token": "", "host": "", "process": 0, "until": None, "again_at": again_at}
    values = free_again if lost is None else free_again | {"lost": lost}
    session.execute(update(Lease).where(_is(held)).values(**values))


def wake(session: Session, kind: str, object_id: str) -> None:
    """Somebody asks for it now: the pause is over, and nothing that was lost before counts."""
    named = (Lease.kind == kind, Lease.object_id == object_id)
    session.execute(update(Lease).where(*named).values(again_at=None, lost=0))


def bury(session: Session, host: str, now: datetime, process: int | None = None, ended: int = 0) -> int:
    """The workers of a host (or one of them, by a signal) have ended: what they had is free; returns how many."""
    theirs = [Lease.host == host, Lease.token != "", *([] if process is None else [Lease.process == process])]
    done = session.execute(update(Lease).where(*theirs).values(until=now, ended=ended))
    return int(getattr(done, "rowcount", 0))


def in_hand(session: Session, now: datetime) -> dict[str, int]:
    """How many pieces of work each host has in hand."""
    statement = select(Lease.host, func.count()).where(Lease.until > now).group_by(Lease.host).order_by(Lease.host)
    return {host: number for host, number in session.execute(statement)}


def tidy(session: Session, before: datetime) -> int:
    """Forgets rows of what nobody has touched since a time: the work itself is gone or done; returns how many."""
    old = (Lease.taken_at < before, or_(Lease.until.is_(None), Lease.until < before))
    done = session.execute(delete(Lease).where(*old, or_(Lease.again_at.is_(None), Lease.again_at < before)))
    return int(getattr(done, "rowcount", 0))
