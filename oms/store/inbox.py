"""The inbox: a small file of its own that takes the rows of readings while a long writer holds the database.

A reading must not wait for an import, and must not be shown without a durable row. Such a row is committed here first
(WAL, ``synchronous=FULL``) and gets its number when the sealer moves it into the journal: once and only once, for the
journal's file remembers, in the same transaction, the last row it took.

On a server the inbox is a table (``journal_waiting``): whoever reads may be on another host than the sealer.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from oms.errors import JournalUnavailable, SettingsError
from oms.store import cipher
from oms.store.server import away

WAIT_MS = 1400
_SCHEMA = (
    "CREATE TABLE waiting (serial INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, clock INTEGER NOT NULL,"
    " body TEXT NOT NULL)",
    "CREATE TRIGGER waiting_no_update BEFORE UPDATE ON waiting BEGIN SELECT RAISE(ABORT, 'only added to'); END",
    "CREATE TABLE file (name TEXT NOT NULL)",
)


@dataclass(frozen=True)
class Waiting:
    """One row that has no number yet."""

    serial: int
    at: str
    values: Mapping[str, Any]


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = cipher.connect(path, timeout=WAIT_MS / 1000, isolation_level=None)
    try:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "trusted_schema=OFF"):
            connection.execute(f"PRAGMA {pragma}")
        if not connection.execute("PRAGMA user_version").fetchone()[0]:
            connection.execute("BEGIN IMMEDIATE")
            if not connection.execute("PRAGMA user_version").fetchone()[0]:
                for statement in _SCHEMA:
                    connection.execute(statement)
                connection.execute("INSERT INTO file VALUES (?)", (secrets.token_hex(8),))
                connection.execute("PRAGMA user_version=1")
            connection.execute("COMMIT")
        yield connection
    finally:
        connection.close()


def put(path: Path, at: str, clock: int, values: Mapping[str, Any]) -> None:
    """Commits one row; it is on the disk when this returns. JournalUnavailable when it could not be."""
    body = json.dumps(dict(values), ensure_ascii=False)
    try:
        with _opened(path) as connection:
            connection.execute("INSERT INTO waiting (at, clock, body) VALUES (?, ?, ?)", (at, clock, body))
    except cipher.errors("Error", OSError, SettingsError) as error:  # the last: no database at all, or a sealed one
        raise JournalUnavailable from error


def waiting(path: Path, name: str, taken: int) -> tuple[str, list[Waiting]]:
    """The file's own name and the rows that wait; those up to ``taken`` of the file of that name are cleared away."""
    if not path.exists():
        return name, []
    with _opened(path) as connection:
        own = str(connection.execute("SELECT name FROM file").fetchone()[0])
        if own == name:
            connection.execute("DELETE FROM waiting WHERE serial <= ?", (taken,))
        found = connection.execute("SELECT serial, at, body FROM waiting ORDER BY serial").fetchall()
    return own, [Waiting(serial, at, json.loads(body)) for serial, at, body in found]


@dataclass(frozen=True)
class File:
    """The inbox of an embedded database."""

    path: Path

    def put(self, at: str, clock: int, values: Mapping[str, Any]) -> None:
        """Commits one row; JournalUnavailable when it could not be."""
        put(self.path, at, clock, values)


_ADD = text("INSERT INTO journal_waiting (at, clock, body) VALUES (:at, :clock, :body)")


@dataclass(frozen=True)
class Room:
    """The inbox of an installation on a server; ``engine`` begins transactions that take no writers' lock."""

    engine: Engine

    def put(self, at: str, clock: int, values: Mapping[str, Any]) -> None:
        """Commits one row; JournalUnavailable when it could not be. A server that is away is the caller's to tell."""
        body = json.dumps(dict(values), ensure_ascii=False)
        try:
            with self.engine.begin() as connection:
                connection.execute(_ADD, {"at": at, "clock": clock, "body": body})
        except DBAPIError as error:
            if away(error):
                raise
            raise JournalUnavailable from error
