"""PostgreSQL's connections: who signs in, how many at once, how long one waits, what a lost server is to the caller.

The one address of an installation names a server and a database. Each part of the program signs in there under its own
role, so the user in the address is replaced; a password in it is every role's, a ``.pgpass`` gives each role its own.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from threading import Event
from typing import Any, cast

import psycopg
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, OperationalError, PendingRollbackError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from oms.errors import DatabaseAway

log = logging.getLogger(__name__)

OWNER, APP, WORKER, SEALER = "oms_owner", "oms_app", "oms_worker", "oms_sealer"

WRITERS_LOCK = 0x6F6D73
"""PostgreSQL's advisory lock that one writer holds at a time ("oms")."""
LOCKS = {"housekeeper": 1, "sealer": 2, "move": 3}
"""Jobs of which one process of the installation, on whatever host, does the work."""
WRITER_WAIT_MS = 15_000
READER_WAIT_MS = 400
LONG_SECONDS = 600
"""How long a statement of the program's own may run: lists of everybody are made and put away by such."""
NOT_AT_ONCE = "55P03"
"""What the server says of a lock that could not be had in time."""
READ_ONLY = "25006"
"""What a server says that takes nothing at present: one that follows another, or that was set so by its operator."""
GONE_SECONDS = 10
_KEPT_ALIVE = {
    "keepalives_idle": "20",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
"""A host that vanished is noticed within a minute, not within TCP's two hours."""


@dataclass(frozen=True)
class Limits:
    """Connections a process keeps for persons, and seconds a statement of theirs may run."""

    pool: int = 8
    statement_seconds: int = 30


USUAL = Limits()


def is_server(url: str) -> bool:
    """Whether the address is a PostgreSQL server's."""
    return url.startswith("postgresql")


def address(url: str, role: str) -> str:
    """The same database for another role; the password, if the address has one, stays."""
    return make_url(url).set(username=role).render_as_string(hide_password=False)


def named(url: str) -> str:
    """The database's name, for words to the operator: nothing else of an address is told."""
    return make_url(url).database or ""


def make_engine(url: str, limits: Limits, *, program: bool = False, seconds: int | None = None) -> Engine:
    """An engine for the server. ``program``: every transaction says that the program itself works in it."""
    seconds = limits.statement_seconds if seconds is None else seconds
    patience = {
        "lock_timeout": f"{WRITER_WAIT_MS}ms",
        "statement_timeout": f"{seconds}s",
        "idle_in_transaction_session_timeout": "10min",
        "timezone": "UTC",
        "jit": "off",  # walls make plans look dear: compiling one takes 0.7 s, running it some milliseconds
        "tcp_keepalives_idle": "20",
        "tcp_keepalives_interval": "5",
        "tcp_keepalives_count": "3",
    }
    engine = create_engine(
        url,
        pool_pre_ping=True,
        use_native_hstore=False,  # else each new connection asks for a type nobody uses
        pool_size=limits.pool,
        max_overflow=limits.pool,
        pool_timeout=GONE_SECONDS,
        pool_recycle=3600,
        hide_parameters=True,
        connect_args={
            "options": " ".join(f"-c {name}={value}" for name, value in patience.items()),
            "prepare_threshold": None,
            "connect_timeout": GONE_SECONDS,
            **_KEPT_ALIVE,
        },
    )
    event.listen(engine, "begin", _begin_as_program if program else _begin)
    return engine


_AS_PROGRAM = "SELECT set_config('oms.program', 'on', true)"


def _begin(connection: Connection) -> None:
    """One writer at a time; readers have one consistent view and wait for nobody.

    What the driver is told here it says as the transaction begins: no words of their own to the server. The writers'
    lock makes journal numbers dense and lets every use case look before it writes, as on SQLite. What is put into the
    journal's waiting room (``waits``) takes no number, so it needs no lock.
    """
    options = connection.get_execution_options()
    driver, reads = cast("psycopg.Connection[Any]", connection.connection.dbapi_connection), options.get("reads_only")
    driver.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ if reads else None
    driver.read_only = True if reads else None
    if not reads and not options.get("waits", False):
        wait = f"set_config('lock_timeout', '{READER_WAIT_MS}ms', true), " if options.get("hurried", False) else ""
        connection.exec_driver_sql(f"SELECT {wait}pg_advisory_xact_lock({WRITERS_LOCK})")


def _begin_as_program(connection: Connection) -> None:
    _begin(connection)
    connection.exec_driver_sql(_AS_PROGRAM)


def is_busy(error: SQLAlchemyError) -> bool:
    """Whether it was another writer who was in the way."""
    return isinstance(error, OperationalError) and getattr(error.orig, "sqlstate", None) == NOT_AT_ONCE


DRIVER_AWAY = (psycopg.OperationalError, PoolTimeout)
"""The same of the driver itself, past SQLAlchemy."""
AWAY = (OperationalError, PendingRollbackError, PoolTimeout, DBAPIError)


def away(error: SQLAlchemyError) -> bool:
    """Whether the server did not answer, or not in time: not what was asked of it."""
    if isinstance(error, DBAPIError) and not isinstance(error, OperationalError):
        return error.connection_invalidated or getattr(error.orig, "sqlstate", None) == READ_ONLY
    return isinstance(error, AWAY)


def gone(error: SQLAlchemyError) -> DatabaseAway:
    """The error for the caller; the program's log has its kind alone: a statement carries names and words of papers."""
    cause = getattr(error, "orig", None) or error
    log.error("database: %s %s", type(cause).__name__, getattr(cause, "sqlstate", None) or "")
    return DatabaseAway()


class OneAtWork:
    """A job's lock on the server, held by a connection of its own; it goes with its process, host or connection.

    :meth:`still` is asked before each round: after the server was away the lock is taken anew, unless another has it.
    """

    waits = True
    """Whoever has it may be on another host: a second one stands by."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine, self._number = engine, LOCKS[name]
        self._connection: psycopg.Connection[Any] | None = None
        self._held = self._take()

    def __bool__(self) -> bool:
        return self._held

    def still(self) -> bool:
        """Whether this process has the lock now; False also while the server is away."""
        if self._held and self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.execute("SELECT 1")
                return True
        self._held = self._take()
        return self._held

    def _take(self) -> bool:
        try:
            if self._connection is None or self._connection.closed or self._connection.broken:
                self._connection = apart(self._engine)
            row = self._connection.execute(
                "SELECT pg_try_advisory_lock(%s, %s)", (WRITERS_LOCK, self._number)
            ).fetchone()
        except psycopg.Error as error:
            log.error("lock %s: %s", self._number, type(error).__name__)
            return False
        return bool(row and row[0])

    def close(self) -> None:
        """Gives the lock back."""
        if self._connection is not None:
            self._connection.close()
        self._held = False


FEED = "oms_feed"
"""The channel on which a change for the search is told."""


class Ear:
    """Waits for a word on a channel; while the server is away it just waits."""

    def __init__(self, engine: Engine, channel: str) -> None:
        self._engine, self._channel = engine, channel
        self._connection: psycopg.Connection[Any] | None = None

    def wait(self, stop: Event, seconds: float) -> None:
        """Returns when something was told since the last time, or after so many seconds."""
        try:
            if self._connection is None or self._connection.closed or self._connection.broken:
                self._connection = apart(self._engine)
                self._connection.execute(f"LISTEN {self._channel}")
            for _told in self._connection.notifies(timeout=seconds, stop_after=1):
                pass
        except psycopg.Error as error:
            log.error("channel %s: %s", self._channel, type(error).__name__)
            stop.wait(seconds)

    def close(self) -> None:
        """Closes its connection."""
        if self._connection is not None:
            self._connection.close()


def apart(engine: Engine, options: str = "") -> psycopg.Connection[Any]:
    """A connection of one's own, outside the pool and without transactions; ``options``: the server's, as on a line."""
    arguments: dict[str, Any] = dict(engine.dialect.create_connect_args(engine.url)[1])
    arguments |= {"connect_timeout": GONE_SECONDS, "autocommit": True} | _KEPT_ALIVE
    if options:
        arguments["options"] = options
    return psycopg.connect(**arguments)


def _looking(engine: Engine) -> Connection:
    """A connection that takes no writers' lock: whoever asks may hold it already."""
    return engine.execution_options(reads_only=True).connect()


def room(engine: Engine) -> tuple[int, int]:
    """How many connections the server takes from ordinary roles, and how many are open now."""
    query = (
        "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int, "
        "(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')"
    )
    with _looking(engine) as connection:
        most, used = connection.exec_driver_sql(query).one()
    return int(most), int(used)


def size(engine: Engine) -> int:
    """Bytes of the database on the server's disk."""
    with _looking(engine) as connection:
        return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar() or 0)
