"""The database: engine, pragmas, and the unit of work in which one use case is one transaction."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import DateTime, Dialect, Engine, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.types import TypeDecorator

from oms import measures
from oms.errors import JournalUnavailable, SettingsError
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


def _is_busy(error: OperationalError) -> bool:
    return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == sqlite.SQLITE_BUSY or "lock" in str(error.orig)


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


WRITER_WAIT_MS = 15_000
READER_WAIT_MS = 400
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
    finally:
        driver.execute(f"PRAGMA busy_timeout={WRITER_WAIT_MS}")


def _wait_at_the_door(driver: Any, wait_ms: int) -> None:
    """Tries to become the writer until the wait is over; begun, or not.

    SQLite's own waiting sleeps up to a tenth of a second between two tries, so that most of eight writers sleep while
    the door is open: tries half a millisecond apart let them in one after the other.
    """
    pause, until = 0.0005, time.monotonic() + wait_ms / 1000
    while time.monotonic() < until:
        try:
            driver.execute("BEGIN IMMEDIATE")
        except sqlite.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite.SQLITE_BUSY:
                return
            time.sleep(pause)
            pause = min(pause * 1.1, 0.01)
        else:
            return


WRITERS_LOCK = 0x6F6D73
"""PostgreSQL's advisory lock that one writer holds at a time ("oms")."""

_PATIENCE = "-c lock_timeout=15s -c statement_timeout=120s -c idle_in_transaction_session_timeout=10min -c timezone=UTC"
"""How long PostgreSQL lets a writer wait at the door, a statement run and a forgotten transaction stand."""


def _begin_on_server(connection: Any) -> None:
    """As :func:`_begin` for PostgreSQL: one writer at a time, readers one consistent view that waits for nobody.

    The writers' lock makes journal numbers dense and lets every use case look before it writes, as on SQLite.
    """
    if connection.get_execution_options().get("reads_only", False):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    else:
        if connection.get_execution_options().get("hurried", False):
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {READER_WAIT_MS}")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})")


def make_engine(url: str) -> Engine:
    """An engine for the embedded database or PostgreSQL; checks the SQLite version first."""
    if not url.startswith("sqlite"):
        engine = create_engine(
            url,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"options": _PATIENCE, "prepare_threshold": None},
        )
        event.listen(engine, "begin", _begin_on_server)
        return engine
    check_sqlite(sqlite.sqlite_version_info)
    engine = create_engine(url, module=sqlite, hide_parameters=True)
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
    """Opens transactions on one database."""

    def __init__(self, url: str) -> None:
        self.engine = make_engine(url)
        file = self.engine.url.database if self.engine.dialect.name == "sqlite" else None
        self._commits = Path(f"{Path(file).resolve()}-wal") if file else None
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._hurried = sessionmaker(self.engine.execution_options(hurried=True), expire_on_commit=False)
        self._snapshots = sessionmaker(self.engine.execution_options(reads_only=True), expire_on_commit=False)

    @contextmanager
    def transaction(self, now: datetime | None = None) -> Iterator[Session]:
        """One transaction: committed when the block ends well, rolled back when it raises.

        A database that cannot write becomes JournalUnavailable: the caller then shows nothing. ``now`` is when it was
        asked for: the journal adds the time it had to wait.
        """
        begun = time.monotonic()
        try:
            with self._sessions.begin() as session:
                session.connection()  # takes the lock
                measures.took("lock_wait_seconds", time.monotonic() - begun)
                if now is not None:
                    session.info["asked"] = Asked(now, timedelta(seconds=time.monotonic() - begun), clock_ms())
                yield session
        except OperationalError as error:
            # never the error itself: its statement carries names and words of papers
            log.error("transaction failed: %s", type(error.orig).__name__)
            raise JournalUnavailable from None

    def hurried(self, now: datetime) -> Session | None:
        """A session that holds the lock, or None when a long writer has it; the caller commits and closes it."""
        begun = time.monotonic()
        session = self._hurried()
        try:
            session.connection()
        except OperationalError as error:
            session.close()
            if not _is_busy(error):
                log.error("transaction failed: %s", type(error.orig).__name__)
                raise JournalUnavailable from None
            return None
        finally:
            measures.took("lock_wait_seconds", time.monotonic() - begun)
        session.info["asked"] = Asked(now, timedelta(seconds=time.monotonic() - begun), clock_ms())
        return session

    @contextmanager
    def ending(self, session: Session) -> Iterator[Session]:
        """Commits a session of :meth:`hurried` when the block ends well; JournalUnavailable when that fails.

        What was committed is on the disk when this returns. The disk is waited for after the lock was given back, so
        that one wait of the disk serves every reading that was committed meanwhile, in whatever process.
        """
        try:
            with session:
                yield session
                session.commit()
                self._to_disk()
        except OperationalError as error:
            log.error("transaction failed: %s", type(error.orig).__name__)
            raise JournalUnavailable from None

    def _to_disk(self) -> None:
        """Returns when all that was committed so far lies on the disk; JournalUnavailable when it does not.

        A commit is written to the log beside the database, whose file is asked for anew each time: SQLite may have
        made another. Who moves it from there into the database waits for the disk itself, before and after.
        """
        if self._commits is None:
            return
        try:
            file = os.open(self._commits, os.O_RDWR)
            try:
                os.fdatasync(file)
            finally:
                os.close(file)
        except OSError as error:
            log.error("the disk did not take a commit: %s", type(error).__name__)
            raise JournalUnavailable from None

    @contextmanager
    def beside(self, inbox: Path, now: datetime) -> Iterator[Session]:
        """A snapshot whose journal rows go to the inbox: for reading while a long writer holds the lock.

        Whatever else would be written fails, and is JournalUnavailable.
        """
        with self._snapshots() as session:
            connection = session.connection()
            sqlite_here = connection.dialect.name == "sqlite"
            if sqlite_here:  # PostgreSQL's snapshots are READ ONLY
                connection.exec_driver_sql("PRAGMA query_only=ON")
            session.info["asked"], session.info["inbox"] = Asked(now, timedelta(), clock_ms()), inbox
            try:
                yield session
                session.flush()
            except OperationalError as error:
                log.error("reading beside a writer failed: %s", type(error.orig).__name__)
                raise JournalUnavailable from None
            finally:
                session.expunge_all()
                if sqlite_here:
                    connection.exec_driver_sql("PRAGMA query_only=OFF")
                session.rollback()

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """One consistent view for reading; waits for no writer and changes nothing: it is always rolled back."""
        with self._snapshots() as session:
            try:
                yield session
            finally:
                session.expunge_all()  # a rollback would expire what was read
                session.rollback()

    def close(self) -> None:
        """Closes every pooled connection (before a fork, at the end)."""
        self.engine.dispose()
