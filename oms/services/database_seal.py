"""An embedded database becomes a sealed one (SQLCipher), or plain again: copied, proved the same, put in its place.

Nobody else may be at work. Killed at any moment the one or the other database is in place and whole; the command is
simply repeated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from oms.errors import SettingsError
from oms.services import running
from oms.services.house import House
from oms.services.moving import file_of
from oms.settings import Settings
from oms.store import cipher, journal, snapshot

COMMAND = "seal-database"


@dataclass(frozen=True)
class Sealed:
    """What was proved of the copy: tables, rows in all of them, and that there was anything to do."""

    tables: int
    rows: int
    done: bool = True


def seal(settings: Settings, now: datetime, *, undo: bool = False) -> Sealed:
    """Seals the database by the key of OMS_DATABASE_KEY, which is made where it is missing; with ``undo`` opens it.

    SettingsError when the key is not named, or the copy is not the same; Occupied while programs run.
    """
    path, file = file_of(settings), settings.database_key
    if file is None:
        raise SettingsError("OMS_DATABASE_KEY must name the file with the key (it is made where it is missing)")
    with running.alone(settings.home, COMMAND):
        if cipher.is_sealed(path) != undo:
            return Sealed(0, 0, done=False)
        if not undo:
            cipher.make_key(file)
        key = cipher.read_key(file)
        _take_inbox(settings if undo else replace(settings, database_key=None), now)
        cipher.know(path.parent, key)
        fresh = path.with_name(f"{path.name}.fresh")
        try:
            cipher.settle(path)
            cipher.convert(path, fresh)
            tables = _proved(path, fresh)
            for end in ("", "-wal", "-shm"):  # its rows were taken
                settings.inbox.with_name(f"{settings.inbox.name}{end}").unlink(missing_ok=True)
            cipher.put_in_place(fresh, path)
        finally:
            fresh.unlink(missing_ok=True)
    return Sealed(len(tables), sum(tables.values()))


def _take_inbox(settings: Settings, now: datetime) -> None:
    house = House(settings)
    try:
        with house.work(None, now) as uow:
            journal.take_inbox(uow.session, settings.inbox, now)
    finally:
        house.close()


def _proved(old: Path, new: Path) -> dict[str, int]:
    """Rows of each table; SettingsError unless both hold the same and the new one is sound."""
    problems, (before, after) = snapshot.sound_sqlite(new), (snapshot.contents(old), snapshot.contents(new))
    if problems or before != after:
        wrong = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        raise SettingsError(f"the copy is not the same, nothing was changed: {', '.join([*problems, *wrong])[:200]}")
    return snapshot.rows_in(new)
