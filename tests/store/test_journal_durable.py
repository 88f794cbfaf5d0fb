"""A reading is shown when its row lies on the disk; many readings share one wait of the disk, a change shares none."""

from __future__ import annotations

import os

import pytest
from factories import World
from sqlalchemy import text

from oms.domain.journal import Verb
from oms.errors import JournalUnavailable
from oms.services.house import note
from oms.store import journal
from oms.store.db import Database

pytestmark = pytest.mark.embedded("which file of SQLite's has reached the disk")


def _read(world: World) -> None:
    with world.house.read(None, world.clock()) as uow:
        note(uow, None, Verb.STATUS_VIEW, world.clock())


def test_the_disk_is_waited_for_before_a_reading_is_shown_and_after_its_lock_was_given_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, waits = Database(world.house.settings.database_url), []
    log, wait = world.house.settings.home / "oms.db-wal", os.fdatasync

    def watched(file: int) -> None:
        assert os.fstat(file).st_ino == log.stat().st_ino
        with other.transaction() as session:  # the lock is free: another reading commits while this one waits
            waits.append(journal.newest(session)[0])
        wait(file)

    monkeypatch.setattr(os, "fdatasync", watched)
    _read(world)
    monkeypatch.undo()
    with world.house.look() as uow:
        assert waits == [journal.newest(uow.session)[0]]  # once, and the row was already in the log
    other.close()


def test_nothing_is_shown_when_the_disk_does_not_take_the_row(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_file: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", broken)
    with pytest.raises(JournalUnavailable):
        _read(world)
    monkeypatch.undo()
    _read(world)


def test_nothing_is_shown_when_the_log_of_commits_is_gone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = os.open

    def gone(path: object, flags: int, *more: int) -> int:
        if str(path).endswith("-wal"):
            raise FileNotFoundError(2, "No such file or directory")
        return opened(path, flags, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", gone)
    with pytest.raises(JournalUnavailable):
        _read(world)


def test_a_change_is_on_the_disk_before_anybody_sees_it_also_on_a_connection_that_read(world: World) -> None:
    found = []
    for open_one in (world.house.read, world.house.work, world.house.read, world.house.work):
        with open_one(None, world.clock()) as uow:
            found.append(uow.session.scalar(text("PRAGMA synchronous")))
    assert found == [1, 2, 1, 2]  # NORMAL with a wait of our own; FULL
