"""The database: engine, pragmas, and the unit of work in which one use case is one transaction."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import DateTime, Dialect, Engine, create_engine, event
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.types import TypeDecorator

from oms import measures
from oms.errors import DatabaseAway, DatabaseMoved, JournalUnavailable, SettingsError
from oms.store import cipher, folding, inbox, server
from oms.store.commit_log import CommitLog
from oms.store.server import WRITERS_LOCK as WRITERS_LOCK

if TYPE_CHECKING:
    from oms.store.vault import Vault

log = logging.getLogger(__name__)
Held = TypeVar("Held")

FIXED_BRANCHES = {(3, 44): 6, (3, 50): 7}
"""Back-ports of the WAL-reset fix: first safe patch number of each branch (sqlite.org/wal.html#walresetbug)."""

CACHE_KB = 32_768
"""Pages a connection keeps: with SQLite's own 2 MB a question over everybody reads the same pages again and again."""


def check_sqlite(version: tuple[int, int, int]) -> None:
    """Refuses SQLite 3.7.0–3.51.2, which may lose commits in WAL mode; SettingsError names the version."""
    major, minor, patch = version
    safe = version >= (3, 51, 3) or patch >= FIXED_BRANCHES.get((major, minor), 10_000)
    if not safe:
        raise SettingsError(
            f"SQLite {major}.{minor}.{patch} has the WAL-reset bug: install pysqlite3 from the lock file"
        )


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC datetimes in, aware UTC datetimes out; a naive one is an error at once."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def _is_busy(error: SQLAlchemyError) -> bool:
    return getattr(getattr(error, "orig", None), "sqlite_errorcode", 0) & 0xFF == sqlite.SQLITE_BUSY or server.is_busy(
        error
    )


def _prepare(connection: Any, _record: Any) -> None:
    """Durable and strict: a commit that returned has reached the disk (synchronous=FULL)."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={WRITER_WAIT_MS}",
        "trusted_schema=OFF",
        f"cache_size=-{CACHE_KB}",
        "temp_store=MEMORY",  # what is sorted or gathered is never written to a file beside the database
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    folding.lend(connection)


WRITER_WAIT_MS = server.WRITER_WAIT_MS
READER_WAIT_MS = server.READER_WAIT_MS
"""How long a reading waits for the journal's lock before it goes by way of the inbox; both together stay under 2 s."""


def _begin(connection: Any) -> None:
    """IMMEDIATE for writers, who wait at the door instead of failing in the middle; readers wait for nobody."""
    options = connection.get_execution_options()
    if options.get("reads_only", False):
        connection.exec_driver_sql("BEGIN")
        return
    driver, hurried = connection.connection.dbapi_connection, options.get("hurried", False)
    driver.execute("PRAGMA busy_timeout=0")
    # a reading takes its row to the disk after it gave the lock back (see Database.ending), all else before
    driver.execute(f"PRAGMA synchronous={'NORMAL' if hurried else 'FULL'}")
    try:
        _wait_at_the_door(driver, READER_WAIT_MS if hurried else WRITER_WAIT_MS)
        if not driver.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # the last try, whose error is the caller's
        if not options.get("moving", False) and driver.execute("PRAGMA user_version").fetchone()[0] == MOVED:
            driver.execute("ROLLBACK")
            raise DatabaseMoved
    finally:
        driver.execute(f"PRAGMA busy_timeout={WRITER_WAIT_MS}")


MOVED = 0x6F6D73
"""The number in the head of an embedded database that was moved to a server: it can be read, and takes nothing more."""


def _wait_at_the_door(driver: Any, wait_ms: int) -> None:
    """Tries to become the writer until the wait is over; begun, or not.

    SQLite's own waiting sleeps up to a tenth of a second between two tries, so that most of eight writers sleep while
    the door is open: tries half a millisecond apart let them in one after the other.
    """
    pause, until = 0.0005, time.monotonic() + wait_ms / 1000
    while time.monotonic() < until:
        try:
            driver.execute("BEGIN IMMEDIATE")
        except cipher.errors("OperationalError") as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite.SQLITE_BUSY:
                return
            time.sleep(pause)
            pause = min(pause * 1.1, 0.01)
        else:
            return


def make_engine(url: str) -> Engine:
    """An engine for the embedded database or PostgreSQL; checks the SQLite version first."""
    if server.is_server(url):
        return server.make_engine(url, server.USUAL, seconds=0)
    path = Path(url.removeprefix("sqlite:///") if url.startswith("sqlite:///") else "")
    module = cipher.driver(path) if path.name else sqlite  # without a name: in memory
    check_sqlite(module.sqlite_version_info)
    engine = create_engine(url, module=module, hide_parameters=True)
    event.listen(engine, "connect", lambda connection, _record: cipher.unlock(connection, path))
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def clock_ms() -> int:
    """Milliseconds since the machine was started, sleep included; setting the wall clock does not touch it."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


@dataclass(frozen=True)
class Asked:
    """When a transaction was asked for, how long it waited for the lock, and the machine's counter when it got it."""

    at: datetime
    waited: timedelta
    clock: int


@dataclass(frozen=True)
class UnitOfWork:
    """What a use case works with: one open transaction, the vault, the folder of learned models."""

    session: Session
    vault: Vault
    models: Path
    zone: str = "office_lan"


def held(session: Session, kind: type[Held], key: object) -> Held | None:
    """As ``session.get``, and the row is kept until the transaction ends.

    A session forgets rows that nobody holds: many cases of one transaction would read their few units anew each time.
    """
    row = session.get(kind, key)
    if row is not None:
        session.info.setdefault("held", {})[kind, key] = row
    return row


class Database:
    """Opens transactions on one database; on a server under one role.

    ``role`` and ``limits`` count on a server alone; ``program``: whoever works here is the program itself.
    """

    def __init__(
        self, url: str, role: str = "", limits: server.Limits = server.USUAL, *, program: bool = False
    ) -> None:
        self.on_server = server.is_server(url)
        if self.on_server:
            asked = server.address(url, role) if role else url
            seconds = server.LONG_SECONDS if program else limits.statement_seconds
            self.engine = server.make_engine(asked, limits, program=program, seconds=seconds)
        else:
            self.engine = make_engine(url)
        file = None if self.on_server else self.engine.url.database
        self._file = Path(file or "")
        self._log = CommitLog(self._file.resolve()) if file else None
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._hurried = sessionmaker(self.engine.execution_options(hurried=True), expire_on_commit=False)
        self._snapshots = sessionmaker(self.engine.execution_options(reads_only=True), expire_on_commit=False)
        self._waits = self.engine.execution_options(waits=True)
        self._aside = sessionmaker(self._waits, expire_on_commit=False)
        self._moving = sessionmaker(self.engine.execution_options(moving=True), expire_on_commit=False)

    @contextmanager
    def _telling(self, what: str) -> Iterator[None]:
        """Turns a database that does not work into JournalUnavailable: the caller then shows nothing."""
        try:
            yield
        except SQLAlchemyError as error:
            if self.on_server and server.away(error):
                raise server.gone(error) from None
            if not isinstance(error, OperationalError):
                raise
            if self._log is not None and getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == sqlite.SQLITE_IOERR:
                self._log.doubt()
            # never the error itself: its statement carries names and words of papers
            log.error("%s: %s", what, type(error.orig).__name__)
            raise JournalUnavailable from None

    @contextmanager
    def transaction(self, now: datetime | None = None) -> Iterator[Session]:
        """One transaction: committed when the block ends well, rolled back when it raises.

        A database that cannot write becomes JournalUnavailable: the caller then shows nothing. ``now`` is when it was
        asked for: the journal adds the time it had to wait.
        """
        begun = time.monotonic()
        with self._telling("transaction failed"), self._sessions.begin() as session:
            session.connection()  # takes the lock
            self._trusted()
            measures.took("lock_wait_seconds", time.monotonic() - begun)
            if now is not None:
                session.info["asked"] = Asked(now, timedelta(seconds=time.monotonic() - begun), clock_ms())
            yield session

    @contextmanager
    def closing(self) -> Iterator[Session]:
        """The last transaction of an embedded database that is being moved; also when it is closed already."""
        with self._telling("transaction failed"), self._moving.begin() as session:
            session.connection()
            self._trusted()
            yield session

    @contextmanager
    def aside(self) -> Iterator[Session]:
        """A transaction that does not wait for a server's writers' lock: for a change of one row of one's own."""
        with self._telling("transaction failed"), self._aside.begin() as session:
            if self._log is not None:
                session.connection()
                self._trusted()
            yield session

    def hurried(self, now: datetime) -> Session | None:
        """A session that holds the lock, or None when a long writer has it; the caller commits and closes it."""
        begun = time.monotonic()
        session = self._hurried()
        try:
            with self._telling("transaction failed"):
                try:
                    session.connection()
                    self._trusted()
                except OperationalError as error:
                    if not _is_busy(error):
                        raise
                    session.close()
                    return None
        except JournalUnavailable:
            session.close()
            raise
        finally:
            measures.took("lock_wait_seconds", time.monotonic() - begun)
        session.info["asked"] = Asked(now, timedelta(seconds=time.monotonic() - begun), clock_ms())
        return session

    @contextmanager
    def ending(self, session: Session) -> Iterator[Session]:
        """Commits a session of :meth:`hurried` when the block ends well; JournalUnavailable when that fails.

        What was committed is on the disk when this returns. The disk is waited for after the lock was given back, so
        that one wait of the disk serves every reading that was committed meanwhile, in whatever process. Who moves
        rows from the log of commits into the database waits for the disk himself, before and after.
        """
        with self._telling("transaction failed"), session:
            yield session
            if self._log is None:
                session.commit()
                return
            with self._log.waited_for() as wait:
                session.commit()
                wait()

    def _trusted(self) -> None:
        """The caller holds the writers' lock and may write: what is in the log of commits lies on the disk.

        After a failure of the disk the log is first written anew; JournalUnavailable when that does not work.
        """
        if self._log is None or not self._log.in_doubt:
            return
        try:
            with closing(cipher.connect(self._file, isolation_level=None)) as beside:
                # tells how many frames there are and moves none; the connection that holds the lock is not answered
                frames = int(beside.execute("PRAGMA wal_checkpoint(NOOP)").fetchone()[1])
        except cipher.errors() as error:
            log.error("the log of commits stays in doubt: %s", type(error).__name__)
            raise JournalUnavailable from None
        self._log.mend(frames)

    @contextmanager
    def beside(self, room: Path, now: datetime) -> Iterator[Session]:
        """A snapshot whose journal rows go to the inbox: for reading while a long writer holds the lock.

        Whatever else would be written fails, and is JournalUnavailable. The inbox is a file beside the embedded
        database; on a server a table of its own, which takes rows without a number and without the writers' lock.
        """
        with self._telling("reading beside a writer failed"), self._snapshots() as session:
            connection = session.connection()
            if not self.on_server:  # PostgreSQL's snapshots are READ ONLY
                connection.exec_driver_sql("PRAGMA query_only=ON")
            session.info["asked"] = Asked(now, timedelta(), clock_ms())
            session.info["inbox"] = inbox.Room(self._waits) if self.on_server else inbox.File(room)
            try:
                yield session
                session.flush()
            finally:
                session.expunge_all()
                if not self.on_server:
                    connection.exec_driver_sql("PRAGMA query_only=OFF")
                session.rollback()

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """One consistent view for reading; waits for no writer and changes nothing: it is always rolled back."""
        with self._asking(), self._snapshots() as session:
            try:
                yield session
            finally:
                session.expunge_all()  # a rollback would expire what was read
                session.rollback()

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """A server that is away is told as such; what SQLite says of a question stays the caller's."""
        try:
            yield
        except SQLAlchemyError as error:
            if self.on_server and server.away(error):
                raise server.gone(error) from None
            raise

    @contextmanager
    def bare(self) -> Iterator[Any]:
        """The driver's own connection, for a question asked too often for anything between."""
        try:
            with closing(self.engine.raw_connection()) as connection:
                yield connection
        except server.DRIVER_AWAY as error:
            log.error("database: %s", type(error).__name__)
            raise DatabaseAway from None

    def room(self) -> tuple[int, int]:
        """How many connections the server takes, and how many are open; JournalUnavailable when it does not answer."""
        with self._asking():
            return server.room(self.engine)

    @property
    def sealed(self) -> bool:
        """Whether it is an embedded database that only SQLCipher reads."""
        return not self.on_server and cipher.is_sealed(self._file)

    def size(self) -> int:
        """Bytes that a server's database takes on its disk."""
        with self._asking():
            return server.size(self.engine)

    def ear(self) -> server.Ear | None:
        """Waits for changes that the search has to follow; None where one looks for them. The caller closes it."""
        return server.Ear(self.engine, server.FEED) if self.on_server else None

    def one_at_work(self, job: str) -> server.OneAtWork:
        """A job's lock on the server; the caller closes it."""
        return server.OneAtWork(self.engine, job)

    def require_here(self) -> None:
        """DatabaseMoved when this is the file that a server's database was made from."""
        if not self.on_server:
            with self._snapshots() as session:
                if session.connection().exec_driver_sql("PRAGMA user_version").scalar() == MOVED:
                    raise DatabaseMoved

    def close(self) -> None:
        """Closes every pooled connection (before a fork, at the end)."""
        self.engine.dispose()
