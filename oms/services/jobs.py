"""Background work: huey carries ids to the workers of every host; the work itself stands in the database.

Losing the queue loses nothing: what waits is handed out again a second later. The housekeeper of one host hands out, a
bounded number ahead and by turns of the units; whoever works takes a lease (``in_hand``).
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from huey.consumer import Consumer

from oms.errors import JournalUnavailable
from oms.services import archival, hosts, import_file, reading, signatures, type_learning
from oms.services.house import House
from oms.settings import Settings
from oms.store import handing_out, imports, leases, work_queue
from oms.store.handing_out import Waiting

log = logging.getLogger(__name__)

LEARN_AGAIN = timedelta(hours=1)
SWEEP_EVERY = timedelta(seconds=30)
AHEAD = 32
"""Pieces of a kind handed out before anybody took them: enough for the workers of some hosts for a second."""
LISTS, URGENT, READING, CHECKS, COPIES, LEARNING = 30, 25, 10, 5, 1, 0
"""Priorities: lists somebody waits for, pages somebody at the desk waits for, files, signatures, copies, learning."""
SHARE = 9
"""A file of a unit that has few at work comes up to so much before those of a unit that has many."""
DRAIN_SECONDS = 15
"""How long a page in hand may take when the workers are told to end; then it is given back."""

Clock = Callable[[], datetime]


def die_with_parent(by: int = signal.SIGTERM) -> None:
    """In a child: that signal when its parent dies, however it dies (Linux prctl PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, by)


class ReadingQueue:
    """What waits for a worker, on its way there."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._swept_at: datetime | None = None
        self._house: House | None = None
        self._stop: Callable[[], bool] = lambda: False
        self.huey = work_queue.queue(settings.database_url, settings.queue)
        self._task: Any = self.huey.task(name="read_scan", priority=READING)(self._read)
        self._copy: Any = self.huey.task(name="make_copy", priority=COPIES)(self._make)
        self._check: Any = self.huey.task(name="check_signatures", priority=CHECKS)(self._look)
        self._list: Any = self.huey.task(name="work_list", priority=LISTS)(self._import)
        self._learn: Any = self.huey.task(name="learn_types", priority=LEARNING)(self._train)
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
        reading.read_scan(self._own(), scan_id, self._clock, self._stop)

    def _make(self, copy_id: str) -> None:
        archival.make_copy(self._own(), copy_id, self._clock)

    def _train(self) -> None:
        type_learning.learn(self._own(), self._clock())

    def _look(self, scan_id: str) -> None:
        signatures.check_scan(self._own(), scan_id, self._clock)

    def _import(self, run_id: str) -> None:
        import_file.work_on(self._own(), run_id, self._clock)

    def _handed(self, task: Any) -> list[str]:
        """Ids of a kind that are handed out and that no worker has fetched yet."""
        kind = task.task_class
        return [waiting.args[0] for waiting in self.huey.pending() if isinstance(waiting, kind)]

    def dispatch_lists(self, house: House) -> int:
        """Enqueues lists that wait to be tried or filed; returns how many."""
        with house.look() as uow:
            waiting = imports.waiting(uow.session, self._clock())
        return self._hand_out(self._list, waiting)

    def dispatch(self, house: House) -> int:
        """Enqueues scans that wait, by turns of the units; returns how many."""
        now, handed = self._clock(), self._handed(self._task)
        if len(handed) >= AHEAD:
            return 0
        levels = reading.levels_of(house.settings.zone)
        with house.look() as uow:
            waiting = handing_out.scans(uow.session, now, levels, handed, AHEAD)
            shares = handing_out.at_work(uow.session, now, leases.SCAN, handed) if waiting else {}
        for each, share in _by_turns(waiting, shares, AHEAD - len(handed)):
            self._task(each.id, priority=URGENT if each.urgent else READING + max(SHARE - share, 0))
        return min(len(waiting), AHEAD - len(handed))

    def dispatch_copies(self, house: House) -> int:
        """Enqueues archival copies to be made and signatures to be checked; returns how many.

        Filing asks for a copy itself; papers that have none of their version all the same are looked for now and then.
        """
        now, handed = self._clock(), self._handed(self._copy)
        if self._swept_at is None or now - self._swept_at >= SWEEP_EVERY:
            archival.want_missing(house, now)
            self._swept_at = now
        done = 0
        if len(handed) < AHEAD:
            with house.look() as uow:
                waiting = handing_out.copies(uow.session, now, handed, AHEAD)
                shares = handing_out.at_work(uow.session, now, leases.COPY, handed) if waiting else {}
            for each, _share in _by_turns(waiting, shares, AHEAD - len(handed)):
                self._copy(each.id)
                done += 1
        return done + self._hand_out(self._check, signatures.unchecked(house, now))

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

    def _hand_out(self, task: Any, waiting: Sequence[str]) -> int:
        """Enqueues those that are not handed out yet, some ahead; returns how many."""
        handed = self._handed(task)
        fresh = [name for name in waiting if name not in handed][: max(AHEAD - len(handed), 0)]
        for name in fresh:
            task(name)
        return len(fresh)

    def empty(self) -> None:
        """Forgets queued ids from an earlier run: dispatch hands out whatever still waits."""
        self.huey.flush()

    def work(self, workers: int) -> None:
        """Runs the worker processes until told to stop: SIGINT or SIGTERM, after the page in hand."""
        # else readers of a killed consumer go on beside those of the next one; huey's do not heed SIGTERM
        os.register_at_fork(after_in_child=partial(die_with_parent, signal.SIGKILL))
        bury(self._settings, self._clock())
        _Workers(self, workers).run()
        with suppress(JournalUnavailable):  # what one had in hand that did not give it back in time
            bury(self._settings, self._clock())

    def drained_by(self, stop: Callable[[], bool]) -> None:
        """From now on a file is given back after the page in hand once this says so."""
        self._stop = stop


def _by_turns(waiting: Iterable[Waiting], shares: Mapping[int, int], room: int) -> list[tuple[Waiting, int]]:
    """So many pieces in the order in which the units have their turn, each with what its unit has at work before it.

    What a person waits for comes first; then whoever has least at work.
    """
    counted = [(each, shares.get(each.unit_id, 0) + each.turn - 1) for each in waiting]
    return sorted(counted, key=lambda one: (not one[0].urgent, one[1]))[:room]


def bury(settings: Settings, now: datetime, process: int | None = None, ended: int = 0) -> int:
    """This host's workers (or one of them) have ended: what they had in hand is free at once; returns how many."""
    house = House(settings)
    try:
        with house.database.transaction() as session:
            return leases.bury(session, hosts.name(settings.home), now, process, ended)
    finally:
        house.close()


class _Workers(Consumer):  # type: ignore[misc]  # huey says nothing of its types
    """huey's consumer: ends in order by either signal, and notices at once which worker died over what."""

    def __init__(self, queue: ReadingQueue, workers: int) -> None:
        told = {"periodic": False, "worker_type": "process", "max_delay": 0.5, "backoff": 1.1}
        super().__init__(queue.huey, workers=workers, health_check_interval=1, shutdown_timeout=DRAIN_SECONDS, **told)
        self._signal_actions[signal.SIGTERM] = (False, True)
        self._queue = queue
        queue.drained_by(self.stop_flag.is_set)

    def check_worker_health(self) -> bool:
        dead = [each for _worker, each in self.worker_threads if not self.environment.is_alive(each)]
        for process in dead:
            log.error("worker %s ended (%s)", process.pid, process.exitcode)
            with suppress(JournalUnavailable):  # else its work is free when its lease has run out
                bury(self._queue._settings, self._queue._clock(), process.pid, max(-(process.exitcode or 0), 0))
        return bool(super().check_worker_health())
