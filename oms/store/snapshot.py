"""The database as it is at one moment, as local files in blocks that repeat from one run to the next.

SQLite: a copy by its online backup, in one reading transaction, which no writer waits for; cut every 128 KiB, that is
at pages, so a page that did not change lies in a block that is known. (SQLite's own view of pages, ``sqlite_dbpage``,
would spare the copy; the pinned build does not have it.)
PostgreSQL: each table by COPY in the order of its key, all in one snapshot; cut behind rows by their own hash, so that
a row put in between moves no later cut.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import Connection, Table
from sqlalchemy.orm import Session

from oms.errors import BackupFault
from oms.store import cipher, move
from oms.store.backup_form import BLOCK
from oms.store.backup_form import pieces as fixed
from oms.store.db import Database
from oms.store.key_book import FILE_KEYS

DATABASE, TABLES = "oms.db", "tables/"
_LEAST, _MOST = BLOCK // 4, BLOCK * 4
_CUT = 0x3FF


class Changed(Exception):
    """A file is no longer what it was when it was looked at."""


@dataclass(frozen=True)
class Cut:
    """A file in blocks: (where each begins, its bytes, its SHA-256), and the SHA-256 of the whole."""

    blocks: tuple[tuple[int, int, str], ...]
    sha: str
    size: int


@dataclass(frozen=True)
class Part:
    """A file of a backup: its path as restored, where it lies now, how it is cut."""

    name: str
    path: Path
    by_rows: bool = False
    mode: int = 0o600

    @cached_property
    def cut(self) -> Cut:
        """Looked at once for all places."""
        whole, found, at = hashlib.sha256(), list[tuple[int, int, str]](), 0
        with self.path.open("rb") as stream:
            for piece in cut(stream) if self.by_rows else fixed(stream):
                whole.update(piece)
                found.append((at, len(piece), hashlib.sha256(piece).hexdigest()))
                at += len(piece)
        return Cut(tuple(found), whole.hexdigest(), at)

    def reader(self) -> Callable[[int, int, str], bytes]:
        """Gives the bytes of a block; Changed when they are others by now."""

        def read(at: int, size: int, sha: str) -> bytes:
            with self.path.open("rb") as stream:
                stream.seek(at)
                data = stream.read(size)
            if hashlib.sha256(data).hexdigest() != sha:
                raise Changed(self.name)
            return data

        return read


def cut(lines: Any) -> Iterator[bytes]:
    """Lines in blocks whose ends depend on what stands there, not on how much stands before."""
    held, size = list[bytes](), 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= _MOST or (size >= _LEAST and zlib.crc32(line) & _CUT == 0):
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


@dataclass(frozen=True)
class Taken:
    """A snapshot: its engine, its files, rows of each table."""

    engine: str
    parts: tuple[Part, ...]
    tables: dict[str, int]


def copy_sqlite(source: Path, target: Path) -> None:
    """A consistent copy of a database that others write; BackupFault when it cannot be read."""
    target.unlink(missing_ok=True)
    target.touch(mode=0o600)
    try:
        if cipher.is_sealed(source):
            cipher.whole_copy(source, target)
            return
        with (
            closing(sqlite.connect(f"file:{source}?mode=rw", uri=True, timeout=15)) as here,
            closing(sqlite.connect(target, isolation_level=None)) as there,
        ):
            there.execute("PRAGMA synchronous=OFF")
            here.execute("BEGIN")  # one reading transaction: writers go on, and nothing of theirs comes in between
            here.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            here.backup(there, pages=-1)
    except cipher.errors() as error:
        raise _fault(error) from None


def _fault(error: Exception) -> BackupFault | OSError:
    """A full disk stays what it is; of the rest only the kind is told."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite.SQLITE_FULL:
        return OSError(28, "no room for the copy of the database beside it")
    return BackupFault(f"the database cannot be read: {type(error).__name__}")


def take(database: Database, folder: Path) -> Taken:
    """The records at this moment, as files under ``folder``."""
    if database.on_server:
        with database.snapshot() as session:
            return _from_server(session, folder)
    file = folder / DATABASE
    copy_sqlite(Path(str(database.engine.url.database)), file)
    return Taken("sqlite", (Part(DATABASE, file),), rows_in(file))


def rows_in(path: Path) -> dict[str, int]:
    """Rows of each table of a SQLite file, as it says itself."""
    with closing(cipher.connect(path, "mode=ro&immutable=1")) as connection:
        asked = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        names = [str(row[0]) for row in connection.execute(asked)]
        return {name: int(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]) for name in names}  # noqa: S608


def contents(path: Path) -> dict[str, str]:
    """What a SQLite file holds, by name: the statement that made each thing, and of a table the sum of its rows."""
    with closing(cipher.connect(path, "mode=ro")) as connection:
        found = {"": str(connection.execute("PRAGMA user_version").fetchone()[0])}
        asked = "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'"
        for kind, name, sql in connection.execute(asked).fetchall():
            rows = connection.execute(f'SELECT * FROM "{name}"') if kind == "table" else ()  # noqa: S608
            total = sum(move.hash_of(row) for row in rows)
            found[f"{kind} {name}"] = f"{sql} {total}"
    return found


def sound_sqlite(path: Path) -> list[str]:
    """What SQLite finds wrong with a file: broken pages, rows that point at nothing. Empty when nothing is."""
    try:
        with closing(cipher.connect(path, "mode=ro")) as connection:
            told = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(10)")]
            broken = [f"row of {row[0]} points at nothing" for row in connection.execute("PRAGMA foreign_key_check")]
    except cipher.errors("DatabaseError") as error:
        return [type(error).__name__]
    return [line[:200] for line in told if line != "ok"] + broken[:10]


def columns(table: Table) -> str:
    """The columns of a table for COPY, in the order of the program."""
    return ", ".join(f'"{column.name}"' for column in table.columns)


def _from_server(session: Session, folder: Path) -> Taken:
    connection = move.door(session)
    (folder / "tables").mkdir(mode=0o700)
    parts, counted = [], {}
    for table in move.tables():
        path = folder / "tables" / table.name
        counted[table.name] = _copy_out(connection, table, path)
        parts.append(Part(f"{TABLES}{table.name}", path, by_rows=True))
    return Taken("postgresql", tuple(parts), counted)


def _copy_out(connection: Connection, table: Table, path: Path) -> int:
    order = ", ".join(f'"{column.name}"' for column in table.primary_key)
    asked = f'COPY (SELECT {columns(table)} FROM "{table.name}" ORDER BY {order}) TO STDOUT'  # noqa: S608
    raw: Any = connection.connection.driver_connection
    rows = 0
    with path.open("wb") as file, raw.cursor() as cursor, cursor.copy(asked) as copy:
        for line in copy:
            file.write(line)
            rows += bytes(line).count(b"\n")  # a line feed within a value is written as \n by COPY
    return rows


def copy_in(connection: Connection, table: Table, path: Path) -> None:
    """Rows of a file of :func:`take` into an empty table of the same schema."""
    raw: Any = connection.connection.driver_connection
    asked = f'COPY "{table.name}" ({columns(table)}) FROM STDIN'
    with path.open("rb") as file, raw.cursor() as cursor, cursor.copy(asked) as copy:
        while data := file.read(1 << 20):
            copy.write(data)


def months_of(path: Path, table: Table) -> tuple[str, str]:
    """The first and last time in the rows of the journal: its parts on a server are made for them."""
    at, found = [column.name for column in table.columns].index("at"), list[str]()
    with path.open("rb") as file:
        for line in file:
            told = line.split(b"\t")[at].decode()
            found = [min([told, *found[:1]]), max([told, *found[1:]])]
    return (found[0], found[1]) if found else ("", "")


# --- the keys of files ---


def copy_keys(url: str, target: Path) -> set[str]:
    """The keys' database as a SQLite file of its own; the ids of the files it holds keys of."""
    if url.startswith("sqlite:///"):
        copy_sqlite(Path(url.removeprefix("sqlite:///")), target)
    else:
        _keys_from_server(url, target)
    with closing(sqlite.connect(f"file:{target}?mode=ro&immutable=1", uri=True)) as connection:
        return {str(row[0]) for row in connection.execute("SELECT file_id FROM file_keys")}


def _keys_from_server(url: str, target: Path) -> None:
    from oms.store.db import make_engine

    target.touch(mode=0o600)
    there, here = make_engine(url), make_engine(f"sqlite:///{target}")
    try:
        FILE_KEYS.metadata.create_all(here)
        with there.execution_options(reads_only=True).connect() as source, here.begin() as connection:
            for table in FILE_KEYS.metadata.sorted_tables:
                for rows in source.execute(table.select()).mappings().partitions(1000):
                    connection.execute(table.insert(), [dict(row) for row in rows])
        with here.connect() as connection:
            driver: Any = connection.connection.dbapi_connection
            driver.execute("PRAGMA journal_mode=DELETE")
    finally:
        there.dispose()
        here.dispose()


def keys_into_server(source: Path, url: str) -> None:
    """Rows of a keys' file into an empty database on a server; BackupFault when there are keys there."""
    from oms.store.db import make_engine

    there, here = make_engine(url), make_engine(f"sqlite:///{source}")
    try:
        FILE_KEYS.metadata.create_all(there)
        with here.execution_options(reads_only=True).connect() as kept, there.begin() as connection:
            if connection.execute(FILE_KEYS.select().limit(1)).first() is not None:
                raise BackupFault("the keys' database on the server is not empty")
            for table in FILE_KEYS.metadata.sorted_tables:
                for rows in kept.execute(table.select()).mappings().partitions(1000):
                    connection.execute(table.insert(), [dict(row) for row in rows])
    finally:
        there.dispose()
        here.dispose()


def file_keys(path: Path) -> Iterator[tuple[str, str]]:
    """(SHA-256, id of the sealing) of every file a keys' file has a key of."""
    with closing(sqlite.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as connection:
        yield from connection.execute("SELECT sha, file_id FROM file_keys")
