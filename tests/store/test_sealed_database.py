"""A database that is sealed as a whole: by the real SQLCipher, from a new installation to a restore."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import command
import pytest
from factories import World, make_world
from pysqlite3 import dbapi2 as sqlite

from oms.domain.journal import Verb
from oms.errors import JournalUnavailable, Occupied, SettingsError
from oms.services import database_seal, health, running, sealing
from oms.services.house import House, note
from oms.store import cipher, inbox, journal, snapshot

pytestmark = pytest.mark.embedded("SQLCipher is SQLite sealed")
NAME = "Nguyễn Thị Kín Đáo"


def key_of(home: Path) -> str:
    return str(home.with_name(f"{home.name}.key"))


@pytest.fixture
def sealed(tmp_path: Path) -> Iterator[World]:
    home = tmp_path / "home"
    made = make_world(home, OMS_DATABASE_KEY=key_of(home))
    made.dossier(NAME)
    yield made
    made.house.close()
    cipher.know(home, "")


def words_in(home: Path) -> list[str]:
    """Files beside the index and the vault in which a name can be read."""
    parts = [part.encode() for part in NAME.split() if len(part) > 3]
    files = [path for path in home.glob("*.db*") if path.is_file()]
    assert {"oms.db", "oms.db-wal"} <= {path.name for path in files} or {"oms.db"} <= {path.name for path in files}
    return [path.name for path in files if any(part in path.read_bytes() for part in parts)]


def test_a_new_installation_is_sealed_from_its_first_byte_and_works(sealed: World) -> None:
    house, home = sealed.house, sealed.house.settings.home
    assert house.database.sealed and words_in(home) == []
    with pytest.raises(sqlite.DatabaseError), closing(sqlite.connect(home / "oms.db")) as connection:
        connection.execute("SELECT count(*) FROM sqlite_schema")
    sealed.index()
    sealing.seal(house, sealed.clock())
    assert sealing.verify(house, None).whole and health.check(house, sealed.clock()) == []
    assert Path(key_of(home)).stat().st_mode & 0o777 == 0o600


def test_a_reading_beside_a_long_writer_goes_into_a_sealed_inbox(sealed: World) -> None:
    house = sealed.house
    with house.database.transaction(), house.read(None, sealed.clock()) as uow:
        note(uow, None, Verb.STATUS_VIEW, sealed.clock())
    assert cipher.is_sealed(house.settings.inbox) and len(inbox.waiting(house.settings.inbox, "", 0)[1]) == 1
    with sealed.work() as uow:
        assert journal.take_inbox(uow.session, house.settings.inbox, sealed.clock()) == 1


def test_a_failed_sync_closes_it_until_its_log_was_written_anew(sealed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sums of the log are over what is sealed."""

    def broken(_file: int) -> None:
        raise OSError(5, "Input/output error")

    def reads() -> None:
        with sealed.house.read(None, sealed.clock()) as uow:
            note(uow, None, Verb.STATUS_VIEW, sealed.clock())

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", broken)
        for _again in range(2):
            with pytest.raises(JournalUnavailable):
                reads()
    reads()
    assert sealing.verify(sealed.house, None).whole


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("ab" * 32, "does not hold the key of oms.db"),
        ("ab" * 31, "must hold 64 hex digits"),
        (None, "names a file that cannot be read"),
    ],
)
def test_a_wrong_key_is_told_in_words(sealed: World, tmp_path: Path, content: str | None, said: str) -> None:
    other = tmp_path / "other.key"
    if content is not None:
        other.write_text(content)
        other.chmod(0o600)
    with pytest.raises(SettingsError, match=said):
        House(replace(sealed.house.settings, database_key=other))
    with pytest.raises(SettingsError, match=r"oms.db is sealed: OMS_DATABASE_KEY must name"):
        House(replace(sealed.house.settings, database_key=None))


def test_a_key_that_others_may_read_is_refused(sealed: World) -> None:
    file = Path(key_of(sealed.house.settings.home))
    file.chmod(0o640)
    with pytest.raises(SettingsError, match="readable by others"):
        House(sealed.house.settings)


def test_setup_makes_no_other_key_for_a_database_that_has_one(sealed: World) -> None:
    file = Path(key_of(sealed.house.settings.home))
    sealed.house.close()
    file.unlink()
    done = command.run(sealed, "setup")
    assert done.returncode == 1 and not file.exists()


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[World]:
    home = tmp_path / "home"
    made = make_world(home)
    made.dossier(NAME)
    with made.house.database.transaction(), made.house.read(None, made.clock()) as uow:
        note(uow, None, Verb.STATUS_VIEW, made.clock())  # waits in the inbox
    sealing.seal(made.house, made.clock())
    made.house.close()
    yield made
    cipher.know(home, "")


def test_a_plain_database_is_sealed_and_opened_again_with_all_that_is_in_it(plain: World) -> None:
    home, before = plain.house.settings.home, snapshot.rows_in(plain.house.settings.home / "oms.db")
    assert words_in(home) == ["oms.db"] and len(inbox.waiting(plain.house.settings.inbox, "", 0)[1]) == 1
    settings = replace(plain.house.settings, database_key=Path(key_of(home)))
    cipher.make_key(Path(key_of(home)))
    with pytest.raises(SettingsError, match="oms seal-database"):
        House(settings)
    done = database_seal.seal(settings, plain.clock())
    assert done.done and done.tables == len(before) and words_in(home) == []
    assert sorted(path.name for path in home.glob("*.db*") if path.name.startswith(("oms", "inbox"))) == ["oms.db"]
    assert not database_seal.seal(settings, plain.clock()).done
    house = House(settings)
    assert sealing.verify(house, None).whole
    with house.look() as uow:
        assert journal.newest(uow.session)[0] == before["journal"] + 1, "and the row that waited in the inbox"
    house.close()
    assert database_seal.seal(settings, plain.clock(), undo=True).done and words_in(home) == ["oms.db"]
    house = House(replace(settings, database_key=None))
    assert sealing.verify(house, None).whole
    house.close()


def test_while_programs_run_nothing_is_sealed(plain: World) -> None:
    home = plain.house.settings.home
    settings = replace(plain.house.settings, database_key=Path(key_of(home)))
    running.stay(home, "work")
    try:
        with pytest.raises(Occupied):
            database_seal.seal(settings, plain.clock())
    finally:
        running.leave()
    with closing(sqlite.connect(home / "oms.db")) as other:  # a program of somebody else's
        other.execute("SELECT count(*) FROM journal").fetchone()
        with pytest.raises(SettingsError, match="open: stop every program"):
            database_seal.seal(settings, plain.clock())
    assert not cipher.is_sealed(home / "oms.db")


def test_the_command_says_what_it_proved(plain: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMS_DATABASE_KEY", raising=False)
    assert "OMS_DATABASE_KEY must name" in command.run(plain, "seal-database").stderr
    monkeypatch.setenv("OMS_DATABASE_KEY", key_of(plain.house.settings.home))
    done = command.run(plain, "seal-database")
    assert done.returncode == 0 and "the same in the sealed database" in done.stdout
    assert command.run(plain, "seal-database").stdout == "the database is sealed already\n"
    assert command.run(plain, "seal-database", "--undo").returncode == 0
    assert command.run(plain, "seal-database").returncode == 0
    assert "whole: " in command.run(plain, "journal", "verify").stdout


def test_copies_of_a_sealed_database_repeat_what_did_not_change_and_hold_one_moment(
    sealed: World, tmp_path: Path
) -> None:
    source, first, second = sealed.house.settings.home / "oms.db", tmp_path / "1" / "a.db", tmp_path / "2" / "a.db"
    for number in range(30):
        sealed.dossier(f"Người Thứ {number}")
    for each in (first, second):
        each.parent.mkdir()
    snapshot.copy_sqlite(source, first)
    with sealed.house.database.transaction() as session:  # a writer at work does not come into it, nor is he waited for
        session.flush()
    sealed.dossier("Người Đến Sau")
    snapshot.copy_sqlite(source, second)
    try:
        rows = [snapshot.rows_in(each)["cadres"] for each in (first, second)]
        assert rows[1] == rows[0] + 1 and snapshot.sound_sqlite(second) == []
        pages = [{each.read_bytes()[at : at + 4096] for at in range(0, each.stat().st_size, 4096)}
                 for each in (first, second)]  # fmt: skip
        assert len(pages[0] & pages[1]) > len(pages[0]) * 0.7
        assert [path.name for path in second.parent.iterdir()] == ["a.db"]
    finally:
        for each in (first, second):
            cipher.know(each.parent, "")


def test_an_installation_without_a_key_does_not_load_sqlcipher(plain: World) -> None:
    program = "import sys\nfrom oms import cli\ncode = cli.main(['units'])\nprint(code, 'sqlcipher3' in sys.modules)"
    env = {name: value for name, value in os.environ.items() if not name.startswith("OMS_")}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=env | {"OMS_HOME": str(plain.house.settings.home)},
        cwd=Path(__file__).resolve().parent.parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.endswith("0 False\n")
