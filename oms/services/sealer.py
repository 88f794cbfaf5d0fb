"""The sealer: one process that alone holds the signing key. It reads back, signs, keeps outside, and beats.

Sealing stops, and is seen to stop, when a row is not what was written.
"""

from __future__ import annotations

import logging
import signal
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event

from oms.domain.journal import BACK_AT_MOST, Verb
from oms.errors import JournalChanged, JournalUnavailable
from oms.services import alone, anchors, sealing
from oms.services.house import House, What, note
from oms.services.jobs import Clock
from oms.settings import Settings
from oms.store import journal, journal_months, journal_seal, server
from oms.store.db import Database, clock_ms

log = logging.getLogger(__name__)
AT_ROWS = 256
AFTER = 1.0
"""Seconds the oldest unsealed entry waits at most."""
BEAT_EVERY = timedelta(seconds=60)
MONTHS_EVERY = timedelta(hours=1)
PAUSE = 0.2
STAND_BY = 2.0
"""Seconds between two looks whether the job is free, and whether a server that was away is back."""


def house_of(settings: Settings) -> House:
    """The installation as the sealer's process has it: on a server under the sealer's role and no other."""
    return House(settings, server.SEALER)


def only_one(house: House) -> AbstractContextManager[alone.Alone]:
    """Holds the sealer's lock; what it yields is false when another process has it."""
    return alone.of_installation(house.database, house.settings.home, "sealer")


@dataclass
class Sealer:
    """Keeps what it saw between two rounds. ``_reader`` is a second door to the database."""

    house: House
    clock: Clock
    _reader: Database = field(init=False)
    _waiting_since: float | None = None
    _wall_less_counter: float | None = None
    _stopped_at: int | None = None
    _months_at: datetime | None = None

    def __post_init__(self) -> None:
        self._reader = self.house.door(self.house.role)

    def begin(self) -> None:
        """The first entry of a run, so that a stop before it shows as one."""
        self._say("start")

    def end(self) -> None:
        """The last entry of a run, sealed: a silence after it was meant."""
        self._say("stop")
        sealing.seal(self.house, self.clock(), self._reader)
        self._reader.close()

    def _say(self, state: str) -> None:
        now = self.clock()
        with self.house.work(None, now) as uow:
            note(uow, None, Verb.JOURNAL_BEAT, now, what=What("journal"), detail={"state": state})

    def round(self) -> bool:
        """One look; True when something was sealed. What fails is told in the program's log and tried again."""
        done = False
        for part in (self._watch_clock, self._months, self._empty_inbox, self._beat, self._seal):
            try:
                done = part()
            except JournalChanged as changed:
                if self._stopped_at != changed.number:
                    log.critical("sealing stopped: entry %s is not what was written", changed.number)
                self._stopped_at = changed.number
            except (JournalUnavailable, OSError) as error:
                log.error("sealer %s: %s", part.__name__, type(error).__name__)
        return done

    def _watch_clock(self) -> bool:
        """A wall clock that jumps against the machine's own counter is an entry."""
        now = self.clock()
        beside = now.timestamp() - clock_ms() / 1000
        before, self._wall_less_counter = self._wall_less_counter, beside
        if before is not None and beside - before > BACK_AT_MOST.total_seconds():
            detail = {"forward_seconds": round(beside - before)}
            with self.house.work(None, now) as uow:
                note(uow, None, Verb.JOURNAL_CLOCK, now, what=What("journal"), detail=detail)
        elif before is not None and before - beside > BACK_AT_MOST.total_seconds():
            self._say("clock")  # appending it says by itself that the clock was set back
        return False

    def _empty_inbox(self) -> bool:
        with self._reader.snapshot() as session:
            waits = journal.inbox_waits(session, self.house.settings.inbox)
        if not waits:
            return False
        now = self.clock()
        with self.house.work(None, now) as uow:
            journal.take_inbox(uow.session, self.house.settings.inbox, now)
        return False

    def _beat(self) -> bool:
        """An entry when a minute passed without one: silence shows, and a busy journal is not swamped."""
        now = self.clock()
        with self._reader.snapshot() as session:
            _seq, at = journal.newest(session)
        if not at or abs(now - datetime.fromisoformat(at)) >= BEAT_EVERY:
            self._say("beat")
        return False

    def _months(self) -> bool:
        """On a server, once an hour: the parts of the journal that the next months want."""
        now = self.clock()
        if self._months_at is None or abs(now - self._months_at) >= MONTHS_EVERY:
            with self.house.database.transaction() as session:
                journal_months.ahead(session, now.date())
            self._months_at = now
        return False

    def _seal(self) -> bool:
        with self._reader.snapshot() as session:
            newest = journal.newest(session)[0]
            head = journal_seal.newest_checkpoint(session)
        unsealed = newest - (head.size if head else 0)
        if not unsealed:
            self._waiting_since = None
            return False
        seen = time.monotonic()
        self._waiting_since = self._waiting_since or seen
        if unsealed < AT_ROWS and seen - self._waiting_since < AFTER:
            return False
        self._waiting_since = None
        if not sealing.seal(self.house, self.clock(), self._reader):
            return False
        found = sealing.newest_head(self.house)
        if found is not None:
            anchors.to_folders(self.house, found[1], self.clock())
        self._stopped_at = None
        return True


def run(house: House, clock: Clock, job: alone.Alone) -> int:
    """Seals until SIGTERM or SIGINT, while the job is this process's; stands by while another host's has it."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    keeper: Sealer | None = None
    while not stop.wait(PAUSE if keeper else 0):
        if not job.still():
            keeper = None
            stop.wait(STAND_BY)
            continue
        try:
            if keeper is None:
                keeper = Sealer(house, clock)
                keeper.begin()
            keeper.round()
        except JournalUnavailable as error:
            log.error("sealer: %s", type(error).__name__)
            keeper = None
            stop.wait(STAND_BY)
    if keeper is not None:
        keeper.end()
    return 0
