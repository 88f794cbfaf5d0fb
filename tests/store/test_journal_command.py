"""`oms journal`: the operator's verification on a real database, honest and tampered with by its owner."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from factories import World
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from oms.cli import main
from oms.domain.journal import Verb
from oms.services import review
from oms.services.house import note
from oms.settings import CHECKOUT
from oms.store import journal_seal

pytestmark = pytest.mark.embedded("takes SQLite's guards off and puts its file back")

Oms = Callable[..., tuple[int, str]]


@pytest.fixture
def oms(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Oms:
    """Runs a command on the world's installation; returns its exit status and what it printed."""
    monkeypatch.setenv("OMS_HOME", str(world.house.settings.home))

    def run(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        try:
            code = main(words)
        except SystemExit as end:
            code = int(str(end.code))
        return code, capsys.readouterr().out

    return run


def verdict(oms: Oms, *words: str) -> tuple[int, dict[str, object]]:
    code, out = oms("journal", "verify", "--json", *words)
    return code, json.loads(out)


def grow(world: World, number: int) -> None:
    for _ in range(number):
        with world.work() as uow:
            note(uow, None, Verb.STATUS_VIEW, world.clock())
    review.seal(world.house, world.clock())


@pytest.fixture
def sealed(world: World) -> World:
    grow(world, 5)
    grow(world, 5)
    return world


def as_owner(world: World, *statements: str) -> None:
    """What a person with the database file in hand can do: take the guards off, and put them back afterwards."""
    with world.work() as uow:
        found = uow.session.execute(text("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")).all()
        guards = [(name, sql) for name, sql in found if name.startswith(("journal_", "checkpoints_"))]
        for name, _sql in guards:
            uow.session.execute(text(f"DROP TRIGGER {name}"))
        for statement in statements:
            uow.session.execute(text(statement))
        for _name, sql in guards:
            uow.session.connection().exec_driver_sql(sql)


@pytest.mark.parametrize(
    "guard", ["journal_no_update", "journal_no_delete", "journal_in_order", "checkpoints_in_order"]
)
def test_a_guard_that_is_gone_is_told(sealed: World, oms: Oms, guard: str) -> None:
    with sealed.work() as uow:
        uow.session.execute(text(f"DROP TRIGGER {guard}"))
    code, found = verdict(oms)
    assert code == 1
    assert guard in str(found["problem"])


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT OR REPLACE INTO journal SELECT * FROM journal WHERE seq = 3",
        "INSERT OR REPLACE INTO journal (seq, leaf) VALUES (3, x'00')",
        "UPDATE journal SET v = 0, reason = '' WHERE seq = 3",
        "INSERT OR REPLACE INTO checkpoints SELECT * FROM checkpoints",
    ],
)
def test_the_guards_stop_replacing_too(sealed: World, sql: str) -> None:
    before = sealed.journal()
    with pytest.raises(IntegrityError), sealed.work() as uow:
        uow.session.execute(text(sql))
    assert sealed.journal() == before


def entries(world: World) -> int:
    return len(world.journal())


def test_an_honest_journal_is_whole_for_programs_and_people(sealed: World, oms: Oms, tmp_path: Path) -> None:
    kept = tmp_path / "witness.txt"
    shutil.copy(sealed.house.settings.witness / "checkpoints.txt", kept)
    grow(sealed, 3)
    code, found = verdict(oms, "--witness", str(kept))
    assert (code, found["whole"], found["first_bad"]) == (0, True, None)
    assert found["entries"] == entries(sealed)
    command = [sys.executable, "-m", "oms.cli", "journal", "verify"]
    env = os.environ | {"OMS_HOME": str(sealed.house.settings.home)}
    spoken = subprocess.run(command, env=env, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert spoken.returncode == 0
    assert spoken.stdout.startswith("whole: ")


def test_wrong_usage_is_two(world: World, oms: Oms) -> None:
    assert oms("journal", "verify", "--witness", "/nowhere/file")[0] == 2
    assert oms("journal", "verify", "--nonsense")[0] == 2


def test_an_edited_entry_is_named(sealed: World, oms: Oms) -> None:
    as_owner(sealed, "UPDATE journal SET actor_name = 'Người khác' WHERE seq = 4")
    code, out = oms("journal", "verify")
    assert code == 1
    assert "first bad entry: 4" in out


def test_a_removed_entry_is_named(sealed: World, oms: Oms) -> None:
    as_owner(sealed, "DELETE FROM journal WHERE seq = 6")
    code, found = verdict(oms)
    assert (code, found["first_bad"]) == (1, 6)


def test_a_cut_tail_is_found_by_the_witness_even_when_its_checkpoints_are_gone(
    sealed: World, oms: Oms, tmp_path: Path
) -> None:
    kept = tmp_path / "witness.txt"
    shutil.move(sealed.house.settings.witness / "checkpoints.txt", kept)
    last = entries(sealed)
    as_owner(
        sealed,
        *(f"{act} > {last - 2}" for act in ("DELETE FROM journal WHERE seq", "DELETE FROM checkpoints WHERE size")),
    )
    assert verdict(oms)[0] == 0  # nothing inside the database can tell
    code, found = verdict(oms, "--witness", str(kept))
    assert (code, found["first_bad"]) == (1, last - 1)


def test_a_database_rolled_back_and_grown_again_is_found(sealed: World, oms: Oms, tmp_path: Path) -> None:
    sealed.house.database.close()
    old = tmp_path / "old.db"
    shutil.copy(sealed.house.settings.home / "oms.db", old)
    grow(sealed, 4)
    sealed.house.database.close()
    shutil.copy(old, sealed.house.settings.home / "oms.db")
    assert verdict(oms)[0] == 1
    grow(sealed, 4)
    assert verdict(oms)[0] == 1


def test_a_forged_signature_and_a_swapped_key_are_found(sealed: World, oms: Oms) -> None:
    as_owner(sealed, "UPDATE checkpoints SET note = replace(note, substr(note, -20, 4), 'AAAA')")
    assert verdict(oms)[0] == 1


def test_a_swapped_key_is_found(sealed: World, oms: Oms) -> None:
    for name in ("journal_key.pem", "journal_key.pub"):
        (sealed.house.settings.keys / name).unlink()
    sealed.house.signer.make()
    code, found = verdict(oms)
    assert code == 1
    assert "signature" in str(found["problem"])


def test_a_witness_that_is_no_witness_is_an_alarm_not_a_crash(sealed: World, oms: Oms, tmp_path: Path) -> None:
    junk = tmp_path / "junk"
    junk.write_bytes(b"\xff\xfe\x00 not a checkpoint")
    code, found = verdict(oms, "--witness", str(junk))
    assert (code, found["whole"]) == (1, False)


def test_the_key_is_closed_to_others(world: World) -> None:
    keys = world.house.settings.keys
    assert keys.stat().st_mode & 0o777 == 0o700
    assert (keys / "journal_key.pem").stat().st_mode & 0o777 == 0o600


def test_export_writes_every_entry_is_itself_a_row_and_is_closed_to_others(
    sealed: World, oms: Oms, tmp_path: Path
) -> None:
    out = tmp_path / "journal.jsonl"
    assert oms("journal", "export", "--out", str(out))[0] == 0
    told = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    lines = [line for line in told if "checkpoint" not in line]
    with sealed.house.look() as uow:
        assert [line["checkpoint"] for line in told[: -len(lines)]] == journal_seal.notes(uow.session) != []
    assert [line["seq"] for line in lines] == list(range(1, entries(sealed) + 1))
    assert lines[-1]["verb"] == "journal:export"
    assert all(len(line["leaf"]) == 64 for line in lines)
    assert out.stat().st_mode & 0o077 == 0
