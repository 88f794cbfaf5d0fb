"""The installation as it is seen from outside: what waits, how far the seal is, what was done when. Numbers alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from oms.services import indexing, last_done, readiness, running
from oms.services.house import House, UnitOfWork
from oms.services.last_done import Done
from oms.store import anchors, pulse
from oms.store.pulse import Pulse


@dataclass(frozen=True)
class Outside:
    """What whoever keeps the machine may know. No record, no unit, no account is in it."""

    beat: Pulse
    unready: tuple[str, ...]
    queues: dict[str, int]
    sessions: int
    running: dict[str, int]
    anchored: datetime | None
    done: dict[str, Done | None]
    free: int

    @property
    def unsealed(self) -> int:
        """Entries that wait for their seal."""
        return max(0, self.beat.entries - self.beat.sealed)

    def seal_lag(self, now: datetime) -> float:
        """Seconds since the last seal while something waits for one; 0 when nothing does."""
        if not self.unsealed:
            return 0.0
        since = self.beat.sealed_at or (datetime.fromisoformat(self.beat.newest_at) if self.beat.newest_at else now)
        return max(0.0, (now - since.astimezone(UTC)).total_seconds())


EMPTY: dict[str, int] = {}


def look(house: House, now: datetime) -> Outside:
    """One look at everything; a database that does not answer leaves its figures out."""
    beat = pulse.pulse(house.database, now)
    asked = house.look if beat.writable and beat.current else None
    queues, sessions, anchored = EMPTY, 0, None
    if asked is not None:
        with asked() as uow:
            queues, sessions, anchored = _of_database(house, uow, now)
        queues |= {"index": indexing.waiting(house)}
    return Outside(
        beat=beat,
        unready=readiness.unready(house, now),
        queues=queues,
        sessions=sessions,
        running=running.alive(house.settings.home),
        anchored=anchored,
        done={kind: last_done.last(house.settings, kind) for kind in last_done.KINDS},
        free=readiness.free_bytes(house.settings),
    )


def _of_database(house: House, uow: UnitOfWork, now: datetime) -> tuple[dict[str, int], int, datetime | None]:
    idle = timedelta(minutes=house.settings.idle_minutes)
    newest = anchors.newest(uow.session)
    at = max((each.at for each in newest), default=None)
    return pulse.queues(uow.session), pulse.sessions(uow.session, now - idle), at
