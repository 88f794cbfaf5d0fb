"""The keys of the vault's files, in a small database of its own: what is destroyed there no backup of the vault opens.

Each file has a random key; that one is wrapped by a key of the file's level (0–3), that one by the master key.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Engine,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    delete,
    event,
    func,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.exc import SQLAlchemyError

from oms.errors import FileKeyGone, VaultLocked
from oms.store.db import make_engine
from oms.store.key_wrap import WrongKey, unwrap, wrap
from oms.store.master_key import Master, NewMaster, to_json
from oms.store.sealed_file import FILE_ID, KEY

log = logging.getLogger(__name__)
LEVELS = (0, 1, 2, 3)
UNKNOWN_LEVEL = 3
"""A file whose level is not known yet is kept as the highest; the housekeeper looks it up."""

SUSPECTS, MOST_SUSPECTS = "check.suspects", 1000
"""Under this name files that a reader met damaged wait for the rolling check; more than so many it finds by itself."""

_META = MetaData()
BOOK = Table("book", _META, Column("name", String(40), primary_key=True), Column("value", Text, nullable=False))
MASTERS = Table(
    "masters",
    _META,
    Column("id", String(16), primary_key=True),
    Column("keeper", String(20), nullable=False),
    Column("about", Text, nullable=False),
    Column("in_force", Integer, nullable=False),
    Column("next", LargeBinary),  # the key after it, wrapped by it: for the seconds in which processes follow
)
LEVEL_KEYS = Table(
    "level_keys",
    _META,
    Column("id", String(16), primary_key=True),
    Column("level", Integer, nullable=False),
    Column("in_force", Integer, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
)
FILE_KEYS = Table(
    "file_keys",
    _META,
    Column("file_id", String(32), primary_key=True),
    Column("sha", String(64), nullable=False),
    Column("level", Integer, nullable=False),
    Column("settled", Integer, nullable=False),
    Column("key_id", String(16), nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("copied", Integer, nullable=False),
    Column("made", DateTime, nullable=False, server_default=func.now()),
    Index("ix_file_keys_sha", "sha"),
    Index("ix_file_keys_key", "key_id"),
    Index("ix_file_keys_work", "copied", "settled"),
)

_ONE_KEY = select(FILE_KEYS.c.key_id, FILE_KEYS.c.wrapped, FILE_KEYS.c.level).where(
    FILE_KEYS.c.file_id == bindparam("file_id"), FILE_KEYS.c.sha == bindparam("sha")
)
"""Asked at every reading of a file, so it is put together once."""

Unlock = Callable[[Master], tuple[str, bytes]]
"""Gives the id and bytes of a master key: of this one, or of the one before it that a running process was given."""


@dataclass(frozen=True)
class FileKey:
    """A file's row: its id in the header, the level it is kept at, the key of the level it is wrapped by."""

    file_id: bytes
    sha: str
    level: int
    settled: bool
    key_id: str
    made: datetime


def _purpose(sha: str, file_id: bytes, level: int) -> bytes:
    return f"oms file {sha} {file_id.hex()} {level}".encode()


def _level_purpose(name: str, level: int) -> bytes:
    return f"oms level {name} {level}".encode()


def _forgetful(connection: Any, _record: Any) -> None:
    """What is deleted is overwritten in the file."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


class KeyBook:
    """Keys of one vault. Opened at first use, so that each process has connections of its own."""

    def __init__(self, url: str, unlock: Unlock) -> None:
        self._url, self._unlock = url, unlock
        self._levels: dict[str, bytes] = {}
        self._lock, self._there = threading.Lock(), False

    @cached_property
    def engine(self) -> Engine:
        """The engine on the keys' own database."""
        made = make_engine(self._url)
        if made.dialect.name == "sqlite":
            event.listen(made, "connect", _forgetful)
        return made

    @cached_property
    def _reader(self) -> Engine:
        """The same pool; whoever reads waits for no writer."""
        return self.engine.execution_options(reads_only=True)

    def close(self) -> None:
        """Gives the connections back."""
        if "engine" in self.__dict__:
            self.engine.dispose()
            del self.__dict__["engine"]
            self.__dict__.pop("_reader", None)

    def exists(self) -> bool:
        """Whether keys were made for this installation."""
        if not self._there:
            path = self._url.removeprefix("sqlite:///")
            may_be = path == self._url or Path(path).exists()
            with self._telling():
                self._there = may_be and inspect(self._reader).has_table("file_keys") and bool(self.value("id"))
        return self._there

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:  # its words may hold an address
            raise VaultLocked(f"the keys' database: {type(getattr(error, 'orig', error)).__name__}") from None

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._telling(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._telling(), self._reader.connect() as connection:
            yield connection

    # --- the installation's keys ---

    def create(self, new: NewMaster) -> str:
        """Makes the database with a key for each level; the id of the vault. What is there already stays."""
        if self._url.startswith("sqlite:///"):
            path = Path(self._url.removeprefix("sqlite:///"))
            path.touch(mode=0o600)
            path.chmod(0o600)
        _META.create_all(self.engine)
        with self._writing() as connection:
            if connection.scalar(select(func.count()).select_from(MASTERS)):
                return self._value(connection, "id")
            name = os.urandom(16).hex()
            connection.execute(insert(BOOK).values(name="id", value=name))
            connection.execute(insert(MASTERS).values(_row_of(new.master)))
            for level in LEVELS:
                self._new_level_key(connection, level, new.key)
        self._there = False
        return name

    @staticmethod
    def _value(connection: Connection, name: str, default: str = "") -> str:
        return connection.scalar(select(BOOK.c.value).where(BOOK.c.name == name)) or default

    def value(self, name: str, default: str = "") -> str:
        """A word that is kept beside the keys: the vault's id, how far a check has come."""
        with self._reading() as connection:
            return self._value(connection, name, default)

    def keep_value(self, name: str, value: str) -> None:
        """Keeps such a word."""
        with self._writing() as connection:
            connection.execute(delete(BOOK).where(BOOK.c.name == name))
            connection.execute(insert(BOOK).values(name=name, value=value))

    def suspect(self, sha: str) -> None:
        """Writes down, for the rolling check, that a file was met damaged; when it cannot be, nobody is hindered."""
        try:
            known = self.suspects()
            if sha not in known:
                self.keep_value(SUSPECTS, " ".join([*known, sha][-MOST_SUSPECTS:]))
        except (SQLAlchemyError, VaultLocked) as problem:
            log.warning("a damaged file could not be written down: %s", type(problem).__name__)

    def suspects(self) -> list[str]:
        """Files met damaged that the check has not looked at since."""
        return self.value(SUSPECTS).split()

    def cleared(self, names: Collection[str]) -> None:
        """The check has looked at these."""
        left = [each for each in self.suspects() if each not in names]
        self.keep_value(SUSPECTS, " ".join(left))

    def master(self) -> Master:
        """The master key in force, as far as it is kept here."""
        with self._reading() as connection:
            return self._master(connection)

    @staticmethod
    def _master(connection: Connection) -> Master:
        row = connection.execute(select(MASTERS).where(MASTERS.c.in_force == 1)).one_or_none()
        if row is None:
            raise VaultLocked("there is no master key in the keys' database")
        return Master(row.id, row.keeper, json.loads(row.about))

    def master_key(self, connection: Connection) -> bytes:
        """The master key in force, asked for where it is kept; a process with the one before follows to it."""
        master = self._master(connection)
        return self._followed(connection, master, *self._unlock(master))

    @staticmethod
    def _followed(connection: Connection, master: Master, name: str, key: bytes) -> bytes:
        if name == master.id:
            return key
        follow = connection.scalar(select(MASTERS.c.next).where(MASTERS.c.id == name))
        try:
            return unwrap(follow or b"", key, f"oms next {name} {master.id}".encode())
        except WrongKey:
            raise VaultLocked("the master key was changed; start the program again") from None

    def follow(self) -> tuple[str, bytes]:
        """Id and bytes of the master key in force; VaultLocked when it cannot be had. Opens no file with it."""
        with self._reading() as connection:
            key = self.master_key(connection)
            self._levels |= self._unwrapped(connection, key)
            return self._master(connection).id, key

    def after(self, name: str, key: bytes) -> tuple[str, bytes]:
        """From a master key that one has to the one in force, while the way is open; VaultLocked afterwards."""
        with self._reading() as connection:
            master = self._master(connection)
            return master.id, self._followed(connection, master, name, key)

    @staticmethod
    def _unwrapped(connection: Connection, master: bytes) -> dict[str, bytes]:
        try:
            return {
                row.id: unwrap(row.wrapped, master, _level_purpose(row.id, row.level))
                for row in connection.execute(select(LEVEL_KEYS))
            }
        except WrongKey:
            raise VaultLocked("the master key does not open the keys of the levels") from None

    def _level_key(self, connection: Connection, name: str) -> bytes:
        with self._lock:
            if name not in self._levels:
                self._levels = self._unwrapped(connection, self.master_key(connection))
            if name not in self._levels:
                raise FileKeyGone(name)
            return self._levels[name]

    @staticmethod
    def _new_level_key(connection: Connection, level: int, master: bytes) -> None:
        name = os.urandom(8).hex()
        wrapped = wrap(os.urandom(KEY), master, _level_purpose(name, level))
        connection.execute(
            update(LEVEL_KEYS).where(LEVEL_KEYS.c.level == level, LEVEL_KEYS.c.in_force == 1).values(in_force=0)
        )
        connection.execute(insert(LEVEL_KEYS).values(id=name, level=level, in_force=1, wrapped=wrapped))

    def rotate_level(self, level: int) -> None:
        """A new key for a level: new files get it at once, old ones by :meth:`rewrap`."""
        with self._writing() as connection:
            self._new_level_key(connection, level, self.master_key(connection))

    def rotate_master(self, new: NewMaster) -> None:
        """Wraps the levels' keys by a new master key, in one transaction; processes may :meth:`follow` for a while."""
        with self._writing() as connection:
            before, old = self._master(connection), self.master_key(connection)
            for name, key in self._unwrapped(connection, old).items():
                level = connection.scalar(select(LEVEL_KEYS.c.level).where(LEVEL_KEYS.c.id == name)) or 0
                wrapped = wrap(key, new.key, _level_purpose(name, level))
                connection.execute(update(LEVEL_KEYS).where(LEVEL_KEYS.c.id == name).values(wrapped=wrapped))
            connection.execute(delete(MASTERS).where(MASTERS.c.in_force == 0))
            way = wrap(new.key, old, f"oms next {before.id} {new.master.id}".encode())
            connection.execute(update(MASTERS).where(MASTERS.c.id == before.id).values(in_force=0, next=way))
            connection.execute(insert(MASTERS).values(_row_of(new.master)))

    def close_the_way(self) -> None:
        """From now on the master key before opens nothing any more."""
        with self._writing() as connection:
            connection.execute(delete(MASTERS).where(MASTERS.c.in_force == 0))
        self._tidy_log()

    # --- keys of files ---

    @staticmethod
    def fresh() -> tuple[bytes, bytes]:
        """An id and a key for a new file."""
        return os.urandom(FILE_ID), os.urandom(KEY)

    def record(self, sha: str, file_id: bytes, key: bytes, level: int | None) -> None:
        """Keeps a new file's key: it is on the disk before the file takes its place."""
        kept = UNKNOWN_LEVEL if level is None else level
        with self._writing() as connection:
            name = self._current(connection, kept)
            wrapped = wrap(key, self._level_key(connection, name), _purpose(sha, file_id, kept))
            connection.execute(
                insert(FILE_KEYS).values(
                    file_id=file_id.hex(),
                    sha=sha,
                    level=kept,
                    settled=int(level is not None),
                    key_id=name,
                    wrapped=wrapped,
                    copied=0,
                )
            )

    @staticmethod
    def _current(connection: Connection, level: int) -> str:
        statement = select(LEVEL_KEYS.c.id).where(LEVEL_KEYS.c.level == level, LEVEL_KEYS.c.in_force == 1)
        name = connection.scalar(statement)
        if name is None:
            raise VaultLocked(f"there is no key for level {level}")
        return str(name)

    def key_of(self, sha: str, file_id: bytes) -> bytes:
        """The key of a sealed file; FileKeyGone when it was destroyed or is another file's."""
        with self._reading() as connection:
            row = connection.execute(_ONE_KEY, {"file_id": file_id.hex(), "sha": sha}).one_or_none()
            if row is None:
                raise FileKeyGone(sha)
            by = self._level_key(connection, row.key_id)
        try:
            return unwrap(row.wrapped, by, _purpose(sha, file_id, row.level))
        except WrongKey:
            raise FileKeyGone(sha) from None

    def destroy(self, sha: str) -> bool:
        """Destroys every key of a file; False when there was none. Overwritten here, and not in the log any more."""
        with self._writing() as connection:
            gone = connection.execute(delete(FILE_KEYS).where(FILE_KEYS.c.sha == sha)).rowcount
        self._tidy_log()
        return bool(gone)

    def _tidy_log(self) -> None:
        """SQLite's log still holds the page as it was until it is cut."""
        if self.engine.dialect.name == "sqlite":
            with self.engine.connect() as connection:
                driver: Any = connection.connection.dbapi_connection
                driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def relevel(self, sha: str, level: int) -> bool:
        """Has a file's keys wrapped by the key of another level; False when they were already."""
        return bool(self.relevel_all({sha: level}))

    def relevel_all(self, levels: Mapping[str, int]) -> int:
        """As :meth:`relevel` for many files in one transaction; how many keys were wrapped anew."""
        changed = 0
        with self._writing() as connection:
            for row in connection.execute(select(FILE_KEYS).where(FILE_KEYS.c.sha.in_(list(levels)))).all():
                level = levels[row.sha]
                if row.level != level:
                    self._rewrap(connection, row, level)
                    changed += 1
                elif not row.settled:
                    connection.execute(update(FILE_KEYS).where(FILE_KEYS.c.file_id == row.file_id).values(settled=1))
        return changed

    def _rewrap(self, connection: Connection, row: Any, level: int) -> None:
        file_id = bytes.fromhex(row.file_id)
        by, to = self._level_key(connection, row.key_id), self._current(connection, level)
        try:
            key = unwrap(row.wrapped, by, _purpose(row.sha, file_id, row.level))
        except WrongKey:
            raise FileKeyGone(row.sha) from None
        wrapped = wrap(key, self._level_key(connection, to), _purpose(row.sha, file_id, level))
        connection.execute(
            update(FILE_KEYS)
            .where(FILE_KEYS.c.file_id == row.file_id)
            .values(level=level, settled=1, key_id=to, wrapped=wrapped)
        )

    def rewrap(self, most: int) -> int:
        """Wraps up to so many keys of files by the key in force of their level; 0 when all are.

        A key of a level that wraps nothing any more is destroyed.
        """
        with self._writing() as connection:
            old = select(LEVEL_KEYS.c.id).where(LEVEL_KEYS.c.in_force == 0)
            rows = connection.execute(select(FILE_KEYS).where(FILE_KEYS.c.key_id.in_(old)).limit(most)).all()
            for row in rows:
                settled = row.settled
                self._rewrap(connection, row, row.level)
                if not settled:
                    connection.execute(update(FILE_KEYS).where(FILE_KEYS.c.file_id == row.file_id).values(settled=0))
            if not rows:
                connection.execute(delete(LEVEL_KEYS).where(LEVEL_KEYS.c.in_force == 0))
        return len(rows)

    def unsettled(self, most: int) -> list[str]:
        """Files whose level is not known yet, the oldest first."""
        statement = select(FILE_KEYS.c.sha).where(FILE_KEYS.c.settled == 0).order_by(FILE_KEYS.c.made).limit(most)
        with self._reading() as connection:
            return list(connection.scalars(statement))

    def names(self, after: str, most: int) -> list[str]:
        """Files that have a key, in order behind a name."""
        statement = select(FILE_KEYS.c.sha).distinct().where(FILE_KEYS.c.sha > after).order_by(FILE_KEYS.c.sha)
        with self._reading() as connection:
            return list(connection.scalars(statement.limit(most)))

    def rows_of(self, sha: str) -> list[FileKey]:
        """The keys a file has: one, and for a while those of a sealing that was overtaken."""
        with self._reading() as connection:
            rows = connection.execute(select(FILE_KEYS).where(FILE_KEYS.c.sha == sha).order_by(FILE_KEYS.c.made)).all()
        return [
            FileKey(bytes.fromhex(row.file_id), row.sha, row.level, bool(row.settled), row.key_id, row.made)
            for row in rows
        ]

    def forget(self, file_ids: Sequence[bytes]) -> None:
        """Destroys keys that stand for no file: a sealing that another one overtook."""
        with self._writing() as connection:
            wanted = [each.hex() for each in file_ids]
            connection.execute(delete(FILE_KEYS).where(FILE_KEYS.c.file_id.in_(wanted)))

    def not_copied(self, most: int) -> list[tuple[str, bytes]]:
        """Files (SHA-256, file id) that have not reached the second place."""
        statement = select(FILE_KEYS.c.sha, FILE_KEYS.c.file_id).where(FILE_KEYS.c.copied == 0)
        with self._reading() as connection:
            rows = connection.execute(statement.order_by(FILE_KEYS.c.made).limit(most)).all()
        return [(row.sha, bytes.fromhex(row.file_id)) for row in rows]

    def mark_copied(self, file_ids: Sequence[bytes]) -> None:
        """They are in the second place."""
        wanted = [each.hex() for each in file_ids]
        with self._writing() as connection:
            connection.execute(update(FILE_KEYS).where(FILE_KEYS.c.file_id.in_(wanted)).values(copied=1))

    def counts(self) -> dict[str, int]:
        """Files by level ("level 0"…), those whose level is not known, wrapped by an old key, not copied."""
        old = select(LEVEL_KEYS.c.id).where(LEVEL_KEYS.c.in_force == 0)
        number = func.count()
        with self._reading() as connection:
            by_level = connection.execute(select(FILE_KEYS.c.level, number).group_by(FILE_KEYS.c.level)).all()
            asked = {
                "unsettled": FILE_KEYS.c.settled == 0,
                "old_key": FILE_KEYS.c.key_id.in_(old),
                "not_copied": FILE_KEYS.c.copied == 0,
            }
            found = {name: connection.scalar(select(number).where(which)) or 0 for name, which in asked.items()}
        return {f"level {level}": count for level, count in sorted((row[0], row[1]) for row in by_level)} | found


def _row_of(master: Master) -> dict[str, Any]:
    return {"id": master.id, "keeper": master.keeper, "about": to_json(master), "in_force": 1, "next": None}
