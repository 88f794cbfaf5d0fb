"""Background work: huey carries scan ids to workers; the work itself stands in the database.

Losing the queue file loses nothing: what is not read is enqueued again. The queue uses a rollback journal, not WAL,
because huey opens it through the interpreter's own SQLite, which may have the WAL-reset bug (security.md §2.1).
"""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from huey import SqliteHuey
from huey.consumer import Consumer

from oms.domain.records import CopyState
from oms.services import archival, import_file, reading, signatures, type_learning
from oms.services.house import House
from oms.settings import Settings
from oms.store import copies, imports, papers

ASK_AGAIN = timedelta(minutes=2)
COPY_AGAIN = timedelta(minutes=15)
"""A copy in the making this long has lost its worker: a second one on it would do no harm, but the work twice."""
LEARN_AGAIN = timedelta(hours=1)
SWEEP_EVERY = timedelta(seconds=30)
AHEAD = 20
"""Copies and checks handed out at a time: what is read comes first, and a queue of thousands would hold it up."""

Clock = Callable[[], datetime]


def die_with_parent(by: int = signal.SIGTERM) -> None:
    """In a child: that signal when its parent dies, however it dies (Linux prctl PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, by)


class ReadingQueue:
    """Scans waiting for a worker."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._asked: dict[str, dict[str, datetime]] = {}
        self._swept_at: datetime | None = None
        self._house: House | None = None
        self.huey = SqliteHuey("oms", filename=str(settings.queue), journal_mode="delete", fsync=False, results=False)
        self._task: Any = self.huey.task(name="read_scan", priority=10)(self._read)
        self._copy: Any = self.huey.task(name="make_copy", priority=1)(self._make)
        self._check: Any = self.huey.task(name="check_signatures", priority=5)(self._look)
        self._list: Any = self.huey.task(name="work_list", priority=20)(self._import)
        self._learn: Any = self.huey.task(name="learn_types", priority=0)(self._train)
        self._learn_at: datetime | None = None
        self.huey.on_startup(name="open_house")(self._open)

    def _open(self) -> None:
        """Each worker process opens its own connections, never one inherited across a fork."""
        self._house = House(self._settings)

    def _own(self) -> House:
        if self._house is None:
            self._open()
        if self._house is None:
            raise RuntimeError("no house")
        return self._house

    def _read(self, scan_id: str) -> None:
        reading.read_scan(self._own(), scan_id, self._clock)

    def _make(self, copy_id: str) -> None:
        archival.make_copy(self._own(), copy_id, self._clock)

    def _train(self) -> None:
        type_learning.learn(self._own(), self._clock())

    def _look(self, scan_id: str) -> None:
        signatures.check_scan(self._own(), scan_id, self._clock)

    def _import(self, run_id: str) -> None:
        import_file.work_on(self._own(), run_id, self._clock)

    def dispatch_lists(self, house: House) -> int:
        """Enqueues lists that wait to be tried or filed; one whose worker died is asked for again."""
        with house.database.transaction() as session:
            waiting = imports.waiting(session)
        return self._hand_out(self._list, waiting, ASK_AGAIN, self._clock())

    def dispatch(self, house: House) -> int:
        """Enqueues every scan that waits and was not asked for in the last two minutes; returns how many."""
        now = self._clock()
        with house.database.transaction() as session:
            waiting = papers.unfinished_scans(session, now)
        return self._hand_out(self._task, waiting, ASK_AGAIN, now)

    def dispatch_copies(self, house: House) -> int:
        """Enqueues archival copies to be made and signatures to be checked; returns how many.

        Filing asks for a copy itself; papers that have none of their version all the same are looked for now and then.
        """
        now = self._clock()
        if self._swept_at is None or now - self._swept_at >= SWEEP_EVERY:
            archival.want_missing(house, now)
            self._swept_at = now
        with house.database.transaction() as session:
            waiting = copies.unfinished(session, (CopyState.WAITING,))[:AHEAD]
            making = copies.unfinished(session, (CopyState.MAKING,))[:AHEAD]
        handed = self._hand_out(self._copy, waiting, ASK_AGAIN, now)
        handed += self._hand_out(self._copy, making, COPY_AGAIN, now, first=False)
        return handed + self._hand_out(self._check, signatures.unchecked(house)[:AHEAD], ASK_AGAIN, now)

    def dispatch_learning(self, house: House) -> int:
        """Enqueues learning document types when enough papers were confirmed, asked once an hour; returns 0 or 1."""
        now = self._clock()
        if self._learn_at is not None and now - self._learn_at < LEARN_AGAIN:
            return 0
        self._learn_at = now
        if not type_learning.is_due(house):
            return 0
        self._learn()
        return 1

    def _hand_out(self, task: Any, waiting: Sequence[str], again: timedelta, now: datetime, first: bool = True) -> int:
        """Enqueues those that were not asked for lately; returns how many.

        ``first`` False: seen for the first time, they are in somebody's hands, and the time runs from now.
        """
        asked = self._asked.setdefault(f"{task.name} {first}", {})
        known = set(waiting)
        for name in asked.keys() - known:
            del asked[name]
        due = [name for name in waiting if name not in asked or now - asked[name] >= again]
        fresh = [name for name in due if first or name in asked]
        for name in fresh:
            task(name)
        asked.update(dict.fromkeys(due, now))
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
            copies.release(session)
            imports.release(session)
        house.close()
        Consumer(self.huey, workers=workers, periodic=False, worker_type="process", max_delay=0.5, backoff=1.1).run()
