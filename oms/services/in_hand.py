"""A piece of work in a worker's hands: held while it gets on, written only while it is still its own, given back.

What goes wrong is of three kinds. The worker sees it itself (an exception): counted, tried again after growing pauses.
The ground is away (disk, database, vault): not the work's fault, tried again in a minute. The worker is gone: whoever
takes the work next counts that, see :func:`weight`.
"""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any

from oms.errors import DiskFailed, DiskFull, JournalUnavailable, LeaseLost, VaultLocked, of_disk
from oms.services import hosts, readiness
from oms.services.house import House, UnitOfWork
from oms.settings import Settings
from oms.store import copies, leases, papers
from oms.store.leases import Held, Holder

log = logging.getLogger(__name__)

MAX_TRIES = 3
"""Tries that ended in an error of the work itself; then it is set aside."""
MAX_LOST = 6
"""Points for workers lost over one page (see :func:`weight`); then it is set aside."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=10)
AWAY = (OSError, DiskFull, DiskFailed, JournalUnavailable, VaultLocked)
AWAY_PAUSE = timedelta(minutes=1)
FAULTS = frozenset((signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL, signal.SIGFPE))
"""Signals that a process gets by its own doing; any other may have been sent by somebody."""
_BACK: dict[str, Callable[[Any, str], None]] = {leases.SCAN: papers.let_go, leases.COPY: copies.let_go}


def pause(times: int) -> timedelta:
    """How long after so many bad ends: nothing, 30 s, 2 min, 8 min, then 10 min."""
    return min(FIRST_PAUSE * 4 ** (times - 1), LONGEST_PAUSE) if times > 0 else timedelta()


def weight(held: Held) -> int:
    """Points for the worker lost before: two where it fell by its own doing, one where somebody may have killed it."""
    return 2 if held.ended in FAULTS else 1


def holder(settings: Settings) -> Holder:
    """This worker."""
    return Holder(hosts.name(settings.home), os.getpid())


def length(settings: Settings) -> timedelta:
    """How long a silent worker is believed to live."""
    return timedelta(seconds=settings.lease_seconds)


class InHand:
    """The work taken, for a ``with``: left by an error it is given back, else it is done."""

    def __init__(self, house: House, held: Held, clock: Callable[[], datetime]) -> None:
        self.held, self.house, self.clock = held, house, clock
        self._renewed, self._open = clock(), True

    def fence(self, uow: UnitOfWork) -> None:
        """First in every transaction that writes something of the work; LeaseLost when it is another's by now."""
        leases.require(uow.session, self.held)
        self._renewed = self.clock()
        leases.renew(uow.session, self.held, self._renewed + length(self.house.settings))

    def beat(self) -> None:
        """Between two steps: holds it longer, now and then; LeaseLost when it is another's by now."""
        now = self.clock()
        if now - self._renewed < length(self.house.settings) / 6:
            return
        self._renewed = now
        with suppress(JournalUnavailable), self.house.database.aside() as session:
            if not leases.renew(session, self.held, now + length(self.house.settings)):
                raise LeaseLost

    def got_on(self, uow: UnitOfWork) -> None:
        """Some of it is done, in the running transaction: whoever was lost before was not lost over the whole."""
        leases.got_on(uow.session, self.held)
        self.held = replace(self.held, lost=0)

    def end(self, uow: UnitOfWork) -> None:
        """In the transaction that writes the last of it; LeaseLost when it is another's by now."""
        leases.end(uow.session, self.held)
        self._open = False

    def put_off(self, uow: UnitOfWork, again_at: datetime | None = None) -> None:
        """Out of hand with more to do, not before a time."""
        leases.require(uow.session, self.held)
        self._back(uow, again_at)

    def _back(self, uow: UnitOfWork, again_at: datetime | None, lost: int | None = None) -> None:
        back = _BACK.get(self.held.kind)
        if back is not None:
            back(uow.session, self.held.object_id)
        leases.put_off(uow.session, self.held, again_at, lost=lost)
        self._open = False

    def __enter__(self) -> InHand:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        if isinstance(error, LeaseLost):
            log.warning("%s %s: another worker has it by now; nothing was written", *self._named)
            return True
        if error is None and not self._open:
            return False
        with suppress(JournalUnavailable, LeaseLost), self.house.work(None, self.clock()) as uow:
            if error is None:
                self.end(uow)
            else:
                leases.require(uow.session, self.held)
                self._back(uow, *self._after(error))
        return False

    def _after(self, error: BaseException) -> tuple[datetime | None, int | None]:
        """When it may be tried again, and how often it was lost by then; None: at once, uncounted."""
        if not isinstance(error, Exception):  # told to stop
            return None, None
        if self._is_away(error):
            return self.clock() + AWAY_PAUSE, None
        return self.clock() + pause(self.held.lost + 1), self.held.lost + 1

    def _is_away(self, error: Exception) -> bool:
        if isinstance(error, OSError):
            return of_disk(error) is not None or not readiness.vault_there(self.house)
        return isinstance(error, AWAY)

    @property
    def _named(self) -> tuple[str, str]:
        return self.held.kind, self.held.object_id


def take(uow: UnitOfWork, house: House, kind: str, object_id: str, clock: Callable[[], datetime]) -> InHand | None:
    """Takes a piece of work in the running transaction; None while another has it, or a pause runs."""
    settings = house.settings
    held = leases.take(uow.session, kind, object_id, holder(settings), clock(), length(settings))
    return None if held is None else InHand(house, held, clock)
