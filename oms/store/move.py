"""Rows on their way from the embedded database to a server: copied, followed, and proved to be the same.

A table's sum is that of its rows' hashes, whatever their order, so what changed since the first copy is taken off and
added on without reading the rest again. The hash is of the values as the program reads them from either database.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import Column, Connection, Integer, Table, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from oms.errors import SettingsError
from oms.store import cipher, journal_months, server
from oms.store.every_table import every_table

PORTION = 2_000
_WHOLE = 1 << 128

Row = tuple[Any, ...]
Tell = Callable[[str, str, int], None]
"""Told what is being done, with which table, and how many rows of it there are."""


class NotMoved(SettingsError):
    """The move cannot be done or is not proved; says why, names tables and never a value."""


def tables() -> list[Table]:
    """Every table, what is referred to before what refers to it."""
    return every_table()


def hash_of(row: Iterable[Any]) -> int:
    """A row's hash."""
    return int.from_bytes(sha256(repr(tuple(row)).encode()).digest()[:16])


@dataclass
class Sum:
    """How many rows, and what their hashes come to."""

    rows: int = 0
    hashes: int = 0

    def add(self, of: int) -> None:
        """One more row."""
        self.rows, self.hashes = self.rows + 1, (self.hashes + of) % _WHOLE

    def take(self, of: int) -> None:
        """One row less."""
        self.rows, self.hashes = self.rows - 1, (self.hashes - of) % _WHOLE

    def __str__(self) -> str:
        return f"{self.hashes:032x}"


def door(session: Session) -> Connection:
    """The connection a transaction works on, which copying reads row by row."""
    return session.connection()


def rows_of(connection: Connection, table: Table) -> Iterator[Row]:
    """The rows of a table as the program reads them, in portions."""
    asked = select(table).execution_options(yield_per=PORTION)
    for row in connection.execute(asked):
        yield tuple(row)


def summed(connection: Connection, table: Table) -> Sum:
    """The sum of a table as it stands."""
    found = Sum()
    for row in rows_of(connection, table):
        found.add(hash_of(row))
    return found


class Seen:
    """Which rows were copied, by their keys: a file beside the installation, gone afterwards."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self._path, self._rows = path, sqlite.connect(path, isolation_level=None)
        self._rows.execute("PRAGMA journal_mode=OFF")
        self._rows.execute("PRAGMA synchronous=OFF")

    def begin(self, table: Table) -> None:
        """A table's keys."""
        self._rows.execute(f'CREATE TABLE "{table.name}" (key BLOB PRIMARY KEY, hash BLOB, met INT DEFAULT 0)')

    def keep(self, table: Table, found: Sequence[tuple[bytes, bytes]]) -> None:
        """Keeps keys and hashes."""
        self._rows.execute("BEGIN")
        self._rows.executemany(f'INSERT INTO "{table.name}" (key, hash) VALUES (?, ?)', found)  # noqa: S608
        self._rows.execute("COMMIT")

    def met(self, table: Table, key: bytes) -> bytes | None:
        """The hash under which a row was copied, marked as being there still; None of a new one."""
        row = self._rows.execute(f'SELECT hash FROM "{table.name}" WHERE key = ?', (key,)).fetchone()  # noqa: S608
        if row is not None:
            self._rows.execute(f'UPDATE "{table.name}" SET met = 1 WHERE key = ?', (key,))  # noqa: S608
        return row[0] if row else None

    def gone(self, table: Table) -> Iterator[tuple[bytes, bytes]]:
        """Rows that were copied and are there no more."""
        yield from self._rows.execute(f'SELECT key, hash FROM "{table.name}" WHERE met = 0')  # noqa: S608

    def close(self) -> None:
        """Removes the file."""
        self._rows.close()
        self._path.unlink(missing_ok=True)


def _keys(table: Table) -> list[int]:
    names = {column.name for column in table.primary_key}
    return [number for number, column in enumerate(table.columns) if column.name in names]


def _key(row: Row, keys: Sequence[int]) -> bytes:
    return json.dumps([row[number] for number in keys]).encode()


_HOLDS = "SELECT EXISTS (SELECT 1 FROM journal)"


def holds_journal(connection: Connection) -> bool:
    """Whether the server's database holds a journal."""
    return bool(connection.exec_driver_sql(_HOLDS).scalar())


@dataclass
class Target:
    """The server's side: one transaction as its administrator, in which nothing is at work but the move."""

    connection: Connection
    sums: dict[str, Sum] = field(default_factory=dict)

    def begin(self) -> None:
        """Empties the tables that setting up filled; NotMoved where somebody works already."""
        run = self.connection.exec_driver_sql
        if not run("SELECT rolsuper FROM pg_roles WHERE rolname = current_role").scalar():
            raise NotMoved("OMS_DATABASE_ADMIN_URL: moving needs a superuser")
        if not run(f"SELECT pg_try_advisory_xact_lock({server.WRITERS_LOCK}, {server.LOCKS['move']})").scalar():
            raise NotMoved("another move to this database is running")
        if holds_journal(self.connection):
            raise NotMoved("the database on the server holds a journal already; move to an empty one")
        run("SET LOCAL statement_timeout = 0")
        run("SET LOCAL idle_in_transaction_session_timeout = 0")
        run("SET LOCAL session_replication_role = replica")  # rows come as they are: no trigger adds to them
        run("TRUNCATE " + ", ".join(table.name for table in tables()) + " RESTART IDENTITY")

    def count(self) -> None:
        """Has the server count what it holds: until it has, it plans every question as if the tables were empty."""
        self.connection.exec_driver_sql("ANALYZE " + ", ".join(table.name for table in tables()))

    def give_up(self) -> None:
        """Takes back what was written since the last commit."""
        self.connection.rollback()

    def commit(self) -> None:
        """All of it counts from here; NotMoved when the server did not say so: it may have or may not."""
        try:
            self.connection.commit()
            there = self.connection.exec_driver_sql("SELECT count(*) FROM journal").scalar()
        except DBAPIError:
            there = None
        if there != self.sums["journal"].rows:
            raise NotMoved("the server did not confirm; SQLite's file stays closed: run oms move again")

    @contextmanager
    def session(self) -> Iterator[Session]:
        """What stands there so far, for the program's own questions."""
        with Session(self.connection, join_transaction_mode="rollback_only") as session:
            yield session
            session.expunge_all()

    def months(self, first: str, last: str) -> None:
        """Makes the journal's parts from the month of one time to that of another (UTC texts)."""
        if first:
            journal_months.make(self.connection, date.fromisoformat(first[:10]), date.fromisoformat(last[:10]))

    def put(self, table: Table, rows: Iterable[Row]) -> None:
        """Adds rows by COPY; NotMoved where the server cannot hold one."""
        dialect = self.connection.dialect
        turned = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in table.columns]
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        raw: Any = self.connection.connection.driver_connection
        try:
            with raw.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    pairs = zip(turned, row, strict=True)
                    copy.write_row([turn(value) if turn and value is not None else value for turn, value in pairs])
        except psycopg.DataError as error:
            told = type(error).__name__
            raise NotMoved(f"table {table.name}: a value that PostgreSQL does not take ({told})") from None

    def take_away(self, table: Table, keys: Sequence[Sequence[Any]]) -> None:
        """Removes rows by their keys."""
        columns: list[Column[Any]] = list(table.primary_key)
        for key in keys:
            matching = [column == value for column, value in zip(columns, key, strict=True)]
            self.connection.execute(table.delete().where(*matching))

    def sequences(self, reached: Mapping[str, int]) -> int:
        """Sets every sequence past the last number that was ever given; how many there are."""
        done = 0
        for table in tables():
            columns = [column for column in table.primary_key if isinstance(column.type, Integer)]
            for column in columns:
                found = self.connection.execute(
                    text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": table.name, "column": column.name}
                ).scalar()
                if found:
                    newest = max(self.connection.scalar(select(func.max(column))) or 0, reached.get(table.name, 0))
                    self.connection.execute(
                        text("SELECT setval(CAST(:found AS regclass), :number, :given)"),
                        {"found": found, "number": max(newest, 1), "given": newest > 0},
                    )
                    done += 1
        return done


def copy(source: Connection, target: Target, seen: Seen, tell: Tell) -> None:
    """The first copy: every row of a snapshot, while people work on."""
    first, last = source.exec_driver_sql("SELECT min(at), max(at) FROM journal").one()
    target.months(first or "", last or "")
    for table in tables():
        keys, found, pile = _keys(table), Sum(), list[tuple[bytes, bytes]]()
        seen.begin(table)

        def passing(
            table: Table = table, keys: list[int] = keys, found: Sum = found, pile: list[tuple[bytes, bytes]] = pile
        ) -> Iterator[Row]:
            for row in rows_of(source, table):
                hashed = hash_of(row)
                found.add(hashed)
                pile.append((_key(row, keys), hashed.to_bytes(16)))
                if len(pile) == PORTION:
                    seen.keep(table, pile)
                    pile.clear()
                yield row

        target.put(table, passing())
        seen.keep(table, pile)
        target.sums[table.name] = found
        tell("copied", table.name, found.rows)


def follow(source: Connection, target: Target, seen: Seen, tell: Tell) -> set[str]:
    """What changed since the first copy, while nobody writes; the names of the tables that did."""
    changed = set()
    _first, last = source.exec_driver_sql("SELECT min(at), max(at) FROM journal").one()
    target.months(last or "", last or "")
    for table in tables():
        keys, total = _keys(table), target.sums[table.name]
        if summed(source, table) == total:
            continue  # most tables: nobody can write while rows are looked up one by one
        stale, fresh = list[list[Any]](), list[Row]()
        for row in rows_of(source, table):
            hashed, key = hash_of(row), _key(row, keys)
            before = seen.met(table, key)
            if before == hashed.to_bytes(16):
                continue
            if before is not None:
                total.take(int.from_bytes(before))
                stale.append([row[number] for number in keys])
            total.add(hashed)
            fresh.append(row)
        gone = list(seen.gone(table))
        for key, before in gone:
            total.take(int.from_bytes(before))
            stale.append(json.loads(key))
        target.take_away(table, stale)
        target.put(table, fresh)
        if stale or fresh:
            changed.add(table.name)
            tell("followed", table.name, len(fresh))
    return changed


def numbers_given(source: Connection) -> dict[str, int]:
    """Of tables whose numbers are never given twice, the last that was."""
    if not source.exec_driver_sql("SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_sequence'").scalar():
        return {}
    return {name: int(number) for name, number in source.exec_driver_sql("SELECT name, seq FROM sqlite_sequence")}


def differing(target: Target, names: Iterable[str]) -> list[str]:
    """Of these tables those that read back from the server are not what was read from the embedded database."""
    wanted = set(names)
    read = {table.name: summed(target.connection, table) for table in tables() if table.name in wanted}
    return sorted(name for name, found in read.items() if found != target.sums[name])


def close(source: Connection, number: int) -> None:
    """Closes the embedded database with the commit of the running transaction."""
    source.exec_driver_sql(f"PRAGMA user_version={number}")


def mark(path: Path, number: int) -> None:
    """Writes the number into the head of an embedded database: closed (``db.MOVED``) or open (0)."""
    with closing(cipher.connect(path, timeout=15, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA user_version={number}")


def marked(path: Path) -> int:
    """The number in the head of an embedded database."""
    with closing(cipher.connect(path, timeout=15, isolation_level=None)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])
