"""A disk that refused the log of commits once is not believed again before the log has been written anew and synced.

Here the calls of the kernel are stood in for at its boundary; with SQLite's own calls failing, in a process of its own
and with the power going at the end, it is tried by ``benchmarks/bad_errors.py`` (docs/reliability.md).
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from factories import World
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy.exc import OperationalError

from oms.domain.journal import Verb
from oms.errors import JournalUnavailable
from oms.services import readiness, sealing
from oms.services.house import note
from oms.store import journal
from oms.store.commit_log import sound
from oms.store.db import Database

pytestmark = pytest.mark.embedded("the log of commits is SQLite's")
ROOT = Path(__file__).resolve().parent.parent.parent


def read(world: World) -> int:
    """One reading; the number of its row."""
    with world.house.read(None, world.clock()) as uow:
        note(uow, None, Verb.STATUS_VIEW, world.clock())
        uow.session.flush()
        return journal.newest(uow.session)[0]


def log_of(world: World) -> Path:
    return world.house.settings.home / "oms.db-wal"


def mark_of(world: World) -> Path:
    return world.house.settings.home / "oms.db-doubt"


class Disk:
    """The kernel's ``fdatasync`` and ``pwrite``: so many syncs fail, and what they were asked for is forgotten.

    As Linux has it: syncs afterwards succeed without it, unless it was written once more.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, log: Path) -> None:
        self.fails, self.hole, self._log, self._again = 0, (0, 0), log, False
        self.durable = log.read_bytes()
        self._sync, self._write = os.fdatasync, os.pwrite
        monkeypatch.setattr(os, "fdatasync", self._synced)
        monkeypatch.setattr(os, "pwrite", self._written)

    def _synced(self, file: int) -> None:
        now = self._log.read_bytes()
        if self.fails:
            self.fails -= 1
            self.hole, self._again = (len(self.durable), len(now)), False
            raise OSError(5, "Input/output error")
        self._sync(file)
        start, end = (0, 0) if self._again else self.hole
        self.durable = now[:start] + bytes(end - start) + now[end:]

    def _written(self, file: int, data: bytes, at: int) -> int:
        self._again |= at <= self.hole[0] and at + len(data) >= self.hole[1]
        return self._write(file, data, at)

    def rows_after_a_power_cut(self, folder: Path) -> int:
        """How many rows the journal has when only what is durable is left."""
        folder.mkdir()
        shutil.copy(self._log.with_name("oms.db"), folder / "oms.db")
        (folder / "oms.db-wal").write_bytes(self.durable)
        with closing(sqlite.connect(folder / "oms.db")) as connection:
            return int(connection.execute("SELECT max(seq) FROM journal").fetchone()[0])


@pytest.fixture
def disk(world: World, monkeypatch: pytest.MonkeyPatch) -> Disk:
    read(world)
    return Disk(monkeypatch, log_of(world))


def test_a_row_behind_a_forgotten_one_is_on_the_disk_before_its_reading_is_shown(
    world: World, disk: Disk, tmp_path: Path
) -> None:
    disk.fails = 1
    with pytest.raises(JournalUnavailable):
        read(world)
    served = read(world)
    assert disk.rows_after_a_power_cut(tmp_path / "mended") == served
    assert not mark_of(world).exists() and sealing.verify(world.house, None).whole


def test_without_writing_anew_the_row_behind_would_be_lost(
    world: World, disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stand-in disk does forget: it is the writing anew that the test above rests on."""
    disk.fails = 1
    with pytest.raises(JournalUnavailable):
        read(world)
    monkeypatch.setattr(Database, "_trusted", lambda _self: None)
    monkeypatch.setattr("oms.store.commit_log.CommitLog.in_doubt", False)
    served = read(world)
    assert disk.rows_after_a_power_cut(tmp_path / "lost") < served


def test_while_the_disk_refuses_nothing_is_read_or_changed_and_the_installation_is_not_ready(
    world: World, disk: Disk
) -> None:
    disk.fails = 1000
    with pytest.raises(JournalUnavailable):
        read(world)
    before = log_of(world).read_bytes()
    for _again in range(2):
        with pytest.raises(JournalUnavailable):
            read(world)
        with pytest.raises(JournalUnavailable), world.house.work(None, world.clock()):
            pytest.fail("a change began behind a log in doubt")
    assert "database" in readiness.unready(world.house, world.clock())
    assert log_of(world).read_bytes() == before, "nobody wrote behind it"
    disk.fails = 0
    assert "database" not in readiness.unready(world.house, world.clock())
    read(world)


def test_another_process_knows_of_the_doubt_and_takes_it_away_by_writing_anew(world: World, disk: Disk) -> None:
    disk.fails = 1
    with pytest.raises(JournalUnavailable):
        read(world)
    assert mark_of(world).stat().st_mode & 0o077 == 0
    program = (
        "import sys\nfrom oms.store.db import Database\n"
        "with Database(sys.argv[1]).transaction():\n    print('let in')\n"
    )
    asked = [sys.executable, "-c", program, world.house.settings.database_url]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "let in\n" and "written anew" in done.stderr
    assert not mark_of(world).exists()


def test_a_log_that_does_not_hold_its_sums_is_never_trusted_again(world: World, disk: Disk) -> None:
    """The kernel gave the page up and reads it from the disk again, where it never arrived."""
    disk.fails = 1
    with pytest.raises(JournalUnavailable):
        read(world)
    start, end = disk.hole
    with log_of(world).open("r+b") as file:
        file.seek(start)
        whole = file.read(end - start)
        file.seek(start)
        file.write(bytes(end - start))
    for _again in range(2):
        with pytest.raises(JournalUnavailable):
            read(world)
    assert mark_of(world).exists()
    with log_of(world).open("r+b") as file:
        file.seek(start)
        file.write(whole)
    read(world)


def test_a_failure_that_sqlite_meets_itself_puts_the_log_in_doubt(world: World, disk: Disk) -> None:
    class Refused(sqlite.OperationalError):
        sqlite_errorcode = sqlite.SQLITE_IOERR | 4 << 8  # SQLITE_IOERR_FSYNC

    with pytest.raises(JournalUnavailable), world.house.database.transaction():
        raise OperationalError("COMMIT", {}, Refused("disk I/O error"))
    assert mark_of(world).exists()
    read(world)
    assert not mark_of(world).exists()


def _log(tmp_path: Path, change: Callable[[sqlite.Connection], None]) -> tuple[bytes, int]:
    with closing(sqlite.connect(tmp_path / "some.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE words (word BLOB)")
        change(connection)
        frames = connection.execute("PRAGMA wal_checkpoint(NOOP)").fetchone()[1]
        return (tmp_path / "some.db-wal").read_bytes(), int(frames)


def test_the_sums_of_a_log_are_those_sqlite_wrote_and_no_changed_byte_keeps_them(tmp_path: Path) -> None:
    chance = random.Random(5)

    def change(connection: sqlite.Connection) -> None:
        for _each in range(8):
            connection.execute("INSERT INTO words VALUES (?)", (chance.randbytes(3000),))

    data, frames = _log(tmp_path, change)
    assert frames > 8 and sound(data, frames) == len(data)
    assert sound(data[:-1], frames) is None and sound(data, frames + 1) is None and sound(b"", 1) is None
    assert sound(b"", 0) == 0
    for at in [*range(56), *chance.sample(range(56, len(data)), 60)]:
        changed = bytearray(data)
        changed[at] ^= 1 << chance.randrange(8)
        assert sound(bytes(changed), frames) is None, at


def test_a_log_that_begins_again_over_an_older_one_is_sound_as_far_as_it_goes(tmp_path: Path) -> None:
    def change(connection: sqlite.Connection) -> None:
        for _each in range(20):
            connection.execute("INSERT INTO words VALUES (?)", (os.urandom(3000),))
        connection.execute("PRAGMA wal_checkpoint(RESTART)")
        connection.execute("INSERT INTO words VALUES ('new')")

    data, frames = _log(tmp_path, change)
    size = sound(data, frames)
    assert size is not None and 0 < size < len(data) and sound(data, frames + 1) is None
