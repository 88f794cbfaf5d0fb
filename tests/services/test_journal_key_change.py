"""Changing the key that signs the journal: everybody can follow the old key to the new one, and nobody else's key."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from factories import World
from sqlalchemy import text

from oms.cli import main
from oms.domain.checkpoints import key_id, parse_note, signature_line
from oms.domain.journal import Verb
from oms.domain.key_chain import KEY_NAME, handover_body
from oms.errors import InvalidInput
from oms.services import key_change, sealer, sealing
from oms.services.house import note
from oms.settings import CHECKOUT

pytestmark = pytest.mark.embedded("programs that read SQLite's file")


def grow(world: World, number: int) -> None:
    with world.work() as uow:
        for _ in range(number):
            note(uow, None, Verb.STATUS_VIEW, world.clock())
    sealing.seal(world.house, world.clock())


def other(world: World, key: str, *more: str) -> tuple[int, str]:
    """What the separate program says, which is given this key by its auditor."""
    given = world.house.settings.home / "given.pub"
    given.write_text(key)
    command = [sys.executable, str(CHECKOUT / "deploy" / "verify_journal.py"), "--key", str(given), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def changed(world: World) -> tuple[World, str, str]:
    """A journal under two keys, and both."""
    grow(world, 4)
    old = world.house.signer.public_bytes().hex()
    key_change.rotate(world.house, world.clock())
    grow(world, 3)
    return world, old, world.house.signer.public_bytes().hex()


def database(world: World) -> list[str]:
    with world.house.database.transaction() as session:
        session.execute(text("UPDATE units SET name = name"))
    home = world.house.settings.home
    witness = ["--witness", str(world.house.settings.witness / "checkpoints.txt")]
    return ["--database", str(home / "oms.db"), *witness]


def test_both_programs_follow_the_old_key_to_the_new_one(changed: tuple[World, str, str]) -> None:
    world, old, new = changed
    keys = ["--keys", str(world.house.settings.witness / "journal_keys.txt")]
    assert old != new and sealing.verify(world.house, None).whole
    with world.house.look() as uow:
        ids = [parse_note(each).key_id for each in uow.session.scalars(text("SELECT note FROM checkpoints"))]
        told = uow.session.scalar(text("SELECT detail FROM journal WHERE verb = 'journal:key'"))
    assert ids[0] != ids[-1] and old in told and new in told
    for known in (old, new):  # whichever of the two the auditor holds
        code, said = other(world, known, *database(world), *keys)
        assert code == 0, said
        assert other(world, known, *database(world))[0] == 1  # one key alone does not sign for both times
    stranger = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    assert other(world, stranger, *database(world), *keys)[0] == 1
    assert (world.house.settings.keys / "journal_key.pem").stat().st_mode & 0o777 == 0o600


def test_a_second_change_is_followed_too(changed: tuple[World, str, str]) -> None:
    world, old, _new = changed
    key_change.rotate(world.house, world.clock())
    grow(world, 2)
    assert sealing.verify(world.house, None).whole
    keys = ["--keys", str(world.house.settings.keys / "journal_keys.txt")]
    assert other(world, old, *database(world), *keys)[0] == 0


def swapped(world: World, old: str, new: str) -> None:
    """Another's key in the place of ours, and a head signed by it."""
    for name in ("journal_key.pem", "journal_key.pub"):
        (world.house.settings.keys / name).unlink()
    world.house.signer.make()
    grow(world, 1)


def unsigned(world: World, old: str, new: str) -> None:
    """Another's key, and a change of the key that the old one never signed."""
    mine = Ed25519PrivateKey.generate()
    public = mine.public_key().public_bytes_raw()
    body = handover_body(4, bytes.fromhex(old), public)
    lines = [
        signature_line(KEY_NAME, key_id(KEY_NAME, key), mine.sign(body.encode()))
        for key in (bytes.fromhex(old), public)
    ]
    (world.house.settings.keys / "journal_keys.txt").write_text(f"{body}\n{''.join(lines)}\n")
    (world.house.settings.keys / "journal_key.pub").write_text(public.hex())


def forgotten(world: World, old: str, new: str) -> None:
    """The change is taken away: the new key says it had been there from the beginning."""
    (world.house.settings.keys / "journal_keys.txt").unlink()


def stretched(world: World, old: str, new: str) -> None:
    """The old key is to count for what came after it."""
    path = world.house.settings.keys / "journal_keys.txt"
    path.write_text(re.sub(r"^(oms/journal-key\n\d)", r"\g<1>9", path.read_text()))


@pytest.mark.parametrize("swap", [swapped, unsigned, forgotten, stretched])
def test_a_key_that_the_old_one_did_not_sign_for_is_found(
    changed: tuple[World, str, str], swap: Callable[[World, str, str], None]
) -> None:
    world, old, new = changed
    swap(world, old, new)
    assert not sealing.verify(world.house, None).whole
    chain = world.house.settings.keys / "journal_keys.txt"
    keys = ["--keys", str(chain)] if chain.exists() else []
    key = world.house.signer.public_bytes().hex()
    assert [other(world, given, *database(world), *keys)[0] for given in (old, key)] == [1, 1]


def test_the_old_key_signs_nothing_after_its_change(changed: tuple[World, str, str], tmp_path: Path) -> None:
    """Who kept a copy of the old key and puts a head of it over what came later is found."""
    world, _old, _new = changed
    kept = (world.house.settings.keys / "journal_key.pem").read_bytes()
    key_change.rotate(world.house, world.clock())
    grow(world, 2)
    stolen, private = world.house.settings.keys / "journal_key.pem", tmp_path / "now.pem"
    private.write_bytes(stolen.read_bytes())
    stolen.write_bytes(kept)
    with pytest.raises(OSError, match="change of the journal's key"):
        world.house.signer.sign("oms/journal\n1\n")
    with world.work() as uow:
        note(uow, None, Verb.STATUS_VIEW, world.clock())
    for folder in ("keys", "witness"):
        (world.house.settings.home / folder / "journal_keys.txt").rename(tmp_path / folder)
    sealing.seal(world.house, world.clock())  # signed by the old key, as if nothing had been
    (tmp_path / "keys").rename(world.house.settings.keys / "journal_keys.txt")
    found = sealing.verify(world.house, None)
    assert not found.whole and "signature" in found.problem


def test_a_change_that_was_stopped_half_way_is_ended(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    grow(world, 3)

    def stopped(*_words: object) -> None:
        raise OSError("no power")

    monkeypatch.setattr("oms.store.journal_key.os.chown", stopped)
    with pytest.raises(OSError, match="no power"):
        key_change.rotate(world.house, world.clock())
    monkeypatch.undo()
    before = (world.house.settings.keys / "journal_keys.txt").exists()
    key_change.rotate(world.house, world.clock())
    grow(world, 3)
    assert not before and sealing.verify(world.house, None).whole
    grow(world, 1)
    monkeypatch.setattr("oms.store.journal_key.os.replace", _until("journal_key.pem", stopped))
    with pytest.raises(OSError, match="no power"):
        key_change.rotate(world.house, world.clock())
    monkeypatch.undo()
    halfway = world.house.signer.public_bytes()
    with pytest.raises(PermissionError):  # nothing is signed in between
        world.house.signer.sign("oms/journal\n1\n")
    key_change.rotate(world.house, world.clock())
    grow(world, 2)
    assert world.house.signer.public_bytes() == halfway and sealing.verify(world.house, None).whole


def _until(name: str, stopped: Callable[..., None]) -> Callable[[Path, Path], None]:
    def replace(source: Path, target: Path) -> None:
        if Path(target).name == name:
            stopped()
        Path(source).rename(target)

    return replace


def test_the_command_refuses_beside_a_running_sealer_and_prints_the_statement(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OMS_HOME", str(world.house.settings.home))
    grow(world, 2)
    with sealer.only_one(world.house):
        with pytest.raises(InvalidInput):
            key_change.rotate(world.house, world.clock())
        assert main(["journal", "rotate-key"]) == 2
    capsys.readouterr()
    size = len(world.journal())
    assert main(["journal", "rotate-key"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"oms/journal-key\n{size}\n")
    assert f"public key: {world.house.signer.public_bytes().hex()}" in said


def witness(tmp_path: Path, notes: str, key: str) -> tuple[int, str]:
    """The reviewer's own machine looks at a file of checkpoints on another medium."""
    path = tmp_path / "notes.txt"
    path.write_text(notes, encoding="utf-8")
    program = [
        sys.executable,
        str(CHECKOUT / "deploy" / "oms_witness.py"),
        "file",
        "--home",
        str(tmp_path / "reviewer"),
    ]
    done = subprocess.run(
        [*program, "--notes", str(path), "--key", key], capture_output=True, text=True, check=False
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_a_witness_of_a_file_finds_what_was_rolled_back_forked_or_signed_by_another(
    world: World, tmp_path: Path
) -> None:
    home, key = tmp_path / "reviewer", world.house.signer.public_bytes().hex()
    notes = []
    for _ in range(3):
        grow(world, 3)
        notes = sealing.witnessed_notes(world.house.settings.witness)
    whole = "\n".join(notes)
    assert witness(tmp_path, "", key)[0] == 2  # nothing to see is no alarm before anything was seen
    for _ in range(2):  # the same again is no alarm
        status, said = witness(tmp_path, notes[0], key)
        assert status == 0 and "seen and cosigned" in said
    assert witness(tmp_path, whole, key)[0] == 0
    fork = world.house.signer.sign(notes[1].split("\n\n")[0].rsplit("\n", 1)[0] + f"\n{'A' * 43}=\n")
    stranger = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    for shown, by in (("\n".join(notes[:2]), key), ("", key), (f"{whole}\n{fork}", key), (whole, stranger)):
        code, said = witness(tmp_path, shown, by)
        assert code == 1 and "ALARM" in said, (shown, said)
    assert "kept:" in (home / "alarm.txt").read_text(encoding="utf-8")
    key_change.rotate(world.house, world.clock())
    grow(world, 1)
    grown = "\n".join(sealing.witnessed_notes(world.house.settings.witness))
    assert witness(tmp_path, grown, key)[0] == 1  # another key, until its owner was told
    code, said = witness(tmp_path, grown, f"{key},{world.house.signer.public_bytes().hex()}")
    assert code == 0, said
