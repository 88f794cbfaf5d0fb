"""Background work: huey carries scan ids to workers; the work itself stands in the database.

Losing the queue file loses nothing: what is not read is enqueued again. The queue uses a rollback journal, not WAL,
because huey opens it through the interpreter's own SQLite, which may have the WAL-reset bug (security.md §2.1).
"""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from huey import SqliteHuey
from huey.consumer import Consumer

from oms.services import reading
from oms.services.house import House
from oms.settings import Settings
from oms.store import papers

ASK_AGAIN = timedelta(minutes=2)

Clock = Callable[[], datetime]


def die_with_parent(by: int = signal.SIGTERM) -> None:
    """In a child: that signal when its parent dies, however it dies (Linux prctl PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, by)


class ReadingQueue:
    """Scans waiting for a worker."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._asked: dict[str, datetime] = {}
        self._house: House | None = None
        self.huey = SqliteHuey("oms", filename=str(settings.queue), journal_mode="delete", fsync=False, results=False)
        self._task: Any = self.huey.task(name="read_scan")(self._read)
        self.huey.on_startup(name="open_house")(self._open)

    def _open(self) -> None:
        """Each worker process opens its own connections, never one inherited across a fork."""
        self._house = House(self._settings)

    def _read(self, scan_id: str) -> None:
        if self._house is None:
            self._open()
        house = self._house
        if house is not None:
            reading.read_scan(house, scan_id, self._clock)

    def dispatch(self, house: House) -> int:
        """Enqueues every scan that waits and was not asked for in the last two minutes; returns how many."""
        now = self._clock()
        with house.database.transaction() as session:
            waiting = papers.unfinished_scans(session, now)
        self._asked = {name: at for name, at in self._asked.items() if name in set(waiting) and now - at < ASK_AGAIN}
        fresh = [name for name in waiting if name not in self._asked]
        for name in fresh:
            self._task(name)
            self._asked[name] = now
        return len(fresh)

    def empty(self) -> None:
        """Forgets queued ids from an earlier run: dispatch asks for whatever is still unread."""
        self.huey.flush()

    def work(self, workers: int) -> None:
        """Runs the worker processes until told to stop (SIGINT: after the page in hand; SIGTERM: at once)."""
        # else readers of a killed consumer go on beside those of the next one; huey's do not heed SIGTERM
        os.register_at_fork(after_in_child=partial(die_with_parent, signal.SIGKILL))
        house = House(self._settings)
        with house.database.transaction() as session:
            papers.release_claims(session)
        house.database.close()
        Consumer(self.huey, workers=workers, periodic=False, worker_type="process", max_delay=0.5, backoff=1.1).run()
