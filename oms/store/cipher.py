"""Embedded databases that may be sealed as a whole: SQLCipher instead of SQLite, by one key of 32 bytes for each home.

Which of the two a file is stands in its first bytes; the key of a sealed one is that of its folder (:func:`know`). The
records and the inbox lie in such a folder; the vault's keys, which are wrapped, lie in another and stay as they are.
SQLCipher's driver is loaded only where a key is known.
"""

from __future__ import annotations

import importlib
import os
import secrets
import shutil
import stat
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2 as plain

from oms.errors import SettingsError
from oms.store.file_place import sync_folder

KEY = 32
_HEAD = b"SQLite format 3\0"
_keys: dict[Path, str] = {}


def know(folder: Path, key: str) -> None:
    """The key (64 hex digits) of the sealed files that lie in ``folder``; "" forgets it."""
    _keys.pop(folder.resolve(), None)
    if key:
        _driver()
        _keys[folder.resolve()] = key


def key_for(path: Path) -> str:
    """The key that a sealed file here has; "" when none is known."""
    return _keys.get(path.resolve().parent, "")


def is_sealed(path: Path) -> bool:
    """Whether the file there is a sealed database; False of one that is empty or not there."""
    try:
        with path.open("rb") as file:
            head = file.read(len(_HEAD))
    except FileNotFoundError:
        return False
    return bool(head) and head != _HEAD


def _driver() -> Any:
    try:
        return importlib.import_module("sqlcipher3.dbapi2")
    except ImportError:
        raise SettingsError("OMS_DATABASE_KEY wants SQLCipher: pip install sqlcipher3 (docs/operators.md)") from None


def driver(path: Path) -> Any:
    """The driver for a file: SQLCipher's where it is sealed, or is new in a home that has a key."""
    there = path.exists() and path.stat().st_size > 0
    sealed = is_sealed(path) if there else bool(key_for(path))
    if not sealed:
        return plain
    if not key_for(path):
        raise SettingsError(f"{path.name} is sealed: OMS_DATABASE_KEY must name the file with its key")
    return _driver()


def unlock(connection: Any, path: Path) -> None:
    """The first words on a connection of SQLCipher's: its key; nothing on one of SQLite's."""
    if isinstance(connection, plain.Connection):
        return
    connection.execute("PRAGMA cipher_log_level=NONE")  # else a wrong key is told on the error output by the library
    connection.execute(f"PRAGMA key=\"x'{key_for(path)}'\"")


def connect(path: Path, query: str = "", **options: Any) -> Any:
    """A connection to a file, sealed or not; ``query`` as in SQLite's addresses (``mode=ro``)."""
    address = f"{path.resolve().as_uri()}?{query}" if query else str(path)
    made = driver(path).connect(address, uri=bool(query), **options)
    unlock(made, path)
    return made


def errors(kind: str = "Error", *more: type[Exception]) -> tuple[type[Exception], ...]:
    """The class of that name of either driver, as far as they are loaded, and others: for ``except``."""
    drivers = (plain, _driver()) if _keys else (plain,)
    return (*more, *(getattr(each, kind) for each in drivers))


def opens(path: Path) -> bool:
    """Whether the key that is known opens the file."""
    connection = connect(path, "mode=ro")
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except errors("DatabaseError") as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == plain.SQLITE_NOTADB:
            return False
        raise
    finally:
        connection.close()
    return True


def check(path: Path) -> None:
    """SettingsError when a database that is there is not as the settings say: sealed, by this key."""
    if not path.exists() or not path.stat().st_size:
        return
    if key_for(path) and not is_sealed(path):
        raise SettingsError(f"OMS_DATABASE_KEY is set, {path.name} is not sealed: stop the programs, oms seal-database")
    if is_sealed(path) and not opens(path):
        raise SettingsError(f"OMS_DATABASE_KEY does not hold the key of {path.name}, or that is no database any more")


def convert(source: Path, target: Path) -> None:
    """A sealed copy of a plain database, or a plain one of a sealed one, by SQLCipher's own export; on the disk.

    Nobody else has the source open. The key is that of the source's folder.
    """
    key, sealed = key_for(source), is_sealed(source)
    target.unlink(missing_ok=True)
    target.touch(mode=stat.S_IMODE(source.stat().st_mode))
    with closing(_driver().connect(source, isolation_level=None)) as connection:
        if sealed:
            unlock(connection, source)
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        connection.execute("ATTACH DATABASE ? AS other KEY ?", (str(target), "" if sealed else f"x'{key}'"))
        connection.execute("SELECT sqlcipher_export('other')").fetchone()
        connection.execute(f"PRAGMA other.user_version={version}")
        connection.execute("DETACH DATABASE other")
    handle = os.open(target, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def settle(path: Path) -> None:
    """Takes the log of commits into the file and has none beside it; SettingsError while somebody has it open."""
    with closing(connect(path, isolation_level=None, timeout=5)) as connection:
        try:
            mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
        except errors("OperationalError"):
            mode = ""
    if mode != "delete":
        raise SettingsError(f"somebody has {path.name} open: stop every program first")


def put_in_place(fresh: Path, path: Path) -> None:
    """One atomic change of names, on the disk when this returns; the file has the owner of the one before."""
    owner = path.stat()
    os.chown(fresh, owner.st_uid, owner.st_gid)
    os.replace(fresh, path)
    sync_folder(path.parent)


def whole_copy(source: Path, target: Path) -> None:
    """The pages of a sealed database that others write, as they are: a page that did not change has the same bytes.

    SQLite's own backup would seal every page anew. With the writers' lock held for a moment the log of commits is
    copied, and a reader is put on that state, whom no checkpoint passes: the file can then be copied as it lies there.
    """
    log, copied = source.with_name(f"{source.name}-wal"), target.with_name(f"{target.name}-wal")
    copied.unlink(missing_ok=True)
    options: dict[str, Any] = {"isolation_level": None, "timeout": 15}
    with closing(connect(source, **options)) as reader:
        with closing(connect(source, **options)) as writer, closing(connect(source, **options)) as beside:
            writer.execute("BEGIN IMMEDIATE")
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            frames = int(beside.execute("PRAGMA wal_checkpoint(NOOP)").fetchone()[1])
            if frames > 0:
                with log.open("rb") as file:
                    page = int.from_bytes(file.read(12)[8:], "big")
                    file.seek(0)
                    copied.touch(mode=0o600)
                    copied.write_bytes(file.read(32 + frames * (24 + page)))
            writer.execute("ROLLBACK")
        with source.open("rb") as file, target.open("wb") as out:
            shutil.copyfileobj(file, out, 1 << 20)
    know(target.parent, key_for(source))
    with closing(connect(target, isolation_level=None)) as alone:
        alone.execute("PRAGMA journal_mode=DELETE").fetchone()


def make_key(path: Path) -> None:
    """A new key in a file of its own (0600), whole or not at all; one that is there stays."""
    if path.exists():
        return
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(KEY) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
    sync_folder(path.parent)


def read_key(path: Path) -> str:
    """The key in a file; SettingsError when it is not there, is none, or others may read it."""
    try:
        about = path.stat().st_mode
        key = path.read_text().strip().lower()
    except (OSError, UnicodeDecodeError):
        raise SettingsError("OMS_DATABASE_KEY names a file that cannot be read") from None
    if about & 0o077:
        raise SettingsError("the file of OMS_DATABASE_KEY is readable by others: chmod 600 it")
    if len(key) != 2 * KEY or set(key) - set("0123456789abcdef"):
        raise SettingsError("the file of OMS_DATABASE_KEY must hold 64 hex digits")
    return key
