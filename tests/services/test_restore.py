"""Coming back on an empty machine: proved step by step, whole or not at all, and never quietly less than there was."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import databases
import pytest
from backing_up import Kept, kept, objects, quiet
from factories import FakeClock, World, copied_world, make_world
from sealing_vault import flip, rewrite
from sqlalchemy import text

from oms.domain.api_scopes import EVERY
from oms.domain.journal import Verb
from oms.errors import BackupFault, Occupied, OmsError, SettingsError
from oms.services import (
    backup,
    health,
    indexing,
    last_done,
    notices,
    restore_drill,
    restoring,
    running,
    sealing,
    tokens,
    vault_keys,
)
from oms.services.house import House, note
from oms.settings import CHECKOUT, Settings
from oms.store import master_key
from oms.store.backup_form import BackupKeys, read_manifest, written
from oms.store.backup_place import DATA, KEYS, ONCE
from oms.store.master_key import Ways
from oms.store.tables import SignIn

MANIFEST = b"manifest".hex()


@pytest.fixture
def one(world: World, tmp_path: Path) -> Kept:
    row = world.dossier()
    world.filed(row, "QUYẾT ĐỊNH\nVề việc nâng lương")
    sealing.seal(world.house, world.clock())
    made = kept(world, tmp_path / "outside")
    (world.house.settings.home / "trust").mkdir()
    (world.house.settings.home / "trust/ca.pem").write_text("a certificate that is believed")
    made.run()
    return made


@pytest.fixture(scope="module")
def shared(world_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """An installation backed up twice, for tests that harm a copy of its places."""
    base = tmp_path_factory.mktemp("backed-up")
    world = copied_world(world_template, base / "home", FakeClock())
    world.filed(world.dossier(), "QUYẾT ĐỊNH\nVề việc nâng lương")
    made = kept(world, base / "outside")
    made.run()
    made.run()
    yield made
    world.house.close()


@pytest.fixture
def harmed(shared: Kept, tmp_path: Path) -> Kept:
    """A copy of its places, to be harmed."""
    shutil.copytree(shared.outside, tmp_path / "outside")
    moved = {name: tmp_path / "outside" / path.name for name, path in shared.places.items()}
    return Kept(shared.world, tmp_path / "outside", moved)


def opened(home: Path) -> House:
    return House(Settings.from_env({"OMS_HOME": str(home), "OMS_ZONE": "isolated_lan"}))


def test_what_comes_back_is_what_there_was_and_work_goes_on(one: Kept) -> None:
    now = one.world.clock()
    with one.world.work() as uow:
        who = one.world.who("officer").account_id
        uow.session.add(SignIn(token_hash="t" * 64, account_id=who, address="", created_at=now, seen_at=now))
    officer = one.world.who("officer")
    with one.world.work(officer) as uow:
        tokens.make(uow, officer, "Phần mềm thử", EVERY, 365, now)
    one.run()
    (one.outside / "empty").mkdir()
    (one.outside / "empty").chmod(0o2770)  # with the sealer, where it is another user of the group
    done, home = one.restored()
    assert done.steps[0].name == "signatures and chain of manifests" and len(done.steps) == 12
    assert not done.told
    back = opened(home)
    try:
        with one.house.look() as before, back.look() as after:
            asked = text("SELECT id, number, unit_id FROM dossiers ORDER BY id")
            assert before.session.execute(asked).all() == after.session.execute(asked).all()
            open_ones = text("SELECT count(*) FROM sessions WHERE ended_at IS NULL")
            assert before.session.scalar(open_ones) == 1 and after.session.scalar(open_ones) == 0
            assert [len(tokens.own(each, officer, now)) for each in (before, after)] == [1, 0], "maybe withdrawn since"
            last = after.session.execute(text("SELECT verb, detail FROM journal ORDER BY seq DESC LIMIT 1")).one()
        assert last[0] == "backup:restore" and json.loads(last[1])["from"] == done.at.isoformat()
        assert {sha: back.vault.read(sha) for sha in back.vault.names()} == {
            sha: one.house.vault.read(sha) for sha in one.house.vault.names()
        }
        assert (home / "trust/ca.pem").read_text() == "a certificate that is believed"
        modes = {path.name: path.stat().st_mode & 0o777 for path in (home / "keys").iterdir()}
        assert modes.pop("journal_key.pub") == 0o640 and set(modes.values()) == {0o600}
        assert databases.ON_SERVER or (home / "oms.db").stat().st_mode & 0o777 == 0o660
        assert not (home / "restoring").exists() and not (home / "restoring.new").exists()
        indexing.prepare(back)
        indexing.rebuild(back)
        assert not [each for each in health.check(back) if "witness" not in each]
    finally:
        back.close()


def _block(one: Kept) -> Path:
    """The largest object that is no manifest: one of the database's."""
    found = [path for path in objects(one.places[DATA]) if not path.name.startswith(MANIFEST)]
    return max(found, key=lambda path: path.stat().st_size)


def _manifest(one: Kept, place: str = DATA, number: int = -1) -> Path:
    return [path for path in objects(one.places[place]) if path.name.startswith(MANIFEST)][number]


def _lost_file(one: Kept) -> None:
    sizes = {one.house.vault.place.size(sha) for sha in one.house.vault.names()}
    for path in objects(one.places[DATA]):
        if not path.name.startswith(MANIFEST) and any(0 < path.stat().st_size - size < 400 for size in sizes):
            path.unlink()


def _from_elsewhere(one: Kept) -> None:
    """The manifest of the other place in the room of this one's."""
    target = _manifest(one)
    rewrite(target, _manifest(one, ONCE).read_bytes())


DAMAGES: list[tuple[str, Callable[[Kept], object], str]] = [
    ("a piece is missing", lambda one: _block(one).unlink(), "piece [0-9a-f]{64} is missing"),
    ("a bit of a piece", lambda one: flip(_block(one), 5000), "piece [0-9a-f]{64}: cannot be opened"),
    ("a piece is cut", lambda one: rewrite(_block(one), _block(one).read_bytes()[:900]), "cannot be opened"),
    ("a file of the vault is missing", _lost_file, "missing"),
    ("a bit of the newest manifest", lambda one: flip(_manifest(one), 700), "does not count: manifest 2 is damaged"),
    ("a bit of its head", lambda one: flip(_manifest(one), 20), "does not count"),
    ("no manifest at all", lambda one: [path.unlink() for path in objects(one.places[DATA])], "no manifest"),
    ("another place's manifest", _from_elsewhere, "moved here from another place"),
    (
        "the keys' manifest",
        lambda one: flip(_manifest(one, KEYS), 20) or flip(_manifest(one, KEYS, 0), 20),
        "place of the keys",
    ),
    ("no mark", lambda one: (one.places[DATA] / ".oms-vault").unlink(), "no mark"),
]


@pytest.mark.parametrize(("harm", "said"), [each[1:] for each in DAMAGES], ids=[each[0] for each in DAMAGES])
def test_harm_is_named_and_nothing_is_claimed(harmed: Kept, harm: Callable[[Kept], object], said: str) -> None:
    harm(harmed)
    home = harmed.outside / "empty"
    with pytest.raises(BackupFault, match=said):
        harmed.restored()
    assert {path.name for path in home.iterdir()} <= {"running.lock", "running"} if home.exists() else True


def test_another_place_lends_what_one_has_lost_and_an_older_run_is_to_be_had(one: Kept) -> None:
    start = one.world.clock()
    one.world.filed(one.world.dossier(), "QUYẾT ĐỊNH\nLần hai")
    one.run(start + timedelta(hours=1))
    _block(one).unlink()
    both = (str(one.places[DATA]), str(one.places["second"]))
    assert one.restored(places=both)[0].number == 2
    flip(_manifest(one), 700)
    with pytest.raises(BackupFault, match="--at takes an older one"):
        one.restored("again", places=both)
    done, _home = one.restored("again", places=both, at=start + timedelta(hours=2))
    assert done.number == 1 and any("manifest 2 is damaged" in each for each in done.told)
    with pytest.raises(BackupFault, match="of that time or before"):
        one.restored("early", at=start - timedelta(days=1))


def test_a_manifest_that_was_exchanged_breaks_the_chain(harmed: Kept) -> None:
    """Who has the signing key and rewrites a run is found by the run after it."""
    one = harmed
    first = next(path for path in objects(one.places[DATA]) if path.name.startswith(MANIFEST))
    keys = BackupKeys(one.house.settings.keys)
    head, body = read_manifest(first.read_bytes(), [keys.public()])
    rewrite(first, written(head.place, 1, head.at + timedelta(seconds=1), "", body, keys))
    with pytest.raises(BackupFault, match="manifest 2 does not follow manifest 1"):
        one.restored()
    taken = next(path for path in objects(one.places[ONCE]) if path.name.startswith(MANIFEST))
    taken.unlink()
    done, _home = one.restored("back", places=(str(one.places[ONCE]),))
    assert done.told == ["manifests 1 to 1 are missing from a place that is written once"]


def test_wrong_identity_and_foreign_places_are_said_plainly(one: Kept, tmp_path: Path) -> None:
    other = one.outside / "safe/other.txt"
    backup.new_key(one.house, other, one.world.clock())
    with pytest.raises(BackupFault, match="manifest 1 cannot be opened: damaged, or sealed for another identity"):
        one.restored(carried=backup.carried_by([other]))
    both = backup.carried_by([other, one.identity])
    one.run()
    assert one.restored("both", carried=both)[0].number == 2  # pieces of before open with the key of before
    alone = other.with_name("alone.txt")
    alone.write_text(one.identity.read_text().splitlines()[-1])
    with pytest.raises(BackupFault, match="whose signature to believe"):
        one.restored("x", carried=backup.carried_by([alone]))
    forged = one.identity.read_text().replace("signed by: ", "signed by: 00", 1)
    alone.write_text("\n".join(line for line in forged.splitlines() if "signed by" not in line)
                     + f"\n# signed by: {'0' * 64}\n")  # fmt: skip
    with pytest.raises(BackupFault, match="not signed by the key that was given"):
        one.restored("x", carried=backup.carried_by([alone]))
    theirs = kept(make_world(tmp_path / "theirs"), tmp_path / "theirs-outside")
    theirs.run()
    with pytest.raises(BackupFault, match="another installation"):
        one.restored("x", places=(str(theirs.places[DATA]),))
    with pytest.raises(BackupFault, match="another installation"):
        one.restored("x", keys=str(theirs.places[KEYS]))
    theirs.house.close()


def test_a_folder_that_is_in_use_is_left_alone(one: Kept) -> None:
    home = one.house.settings.home
    before = sorted(path.name for path in home.iterdir())
    with pytest.raises(BackupFault, match="not empty"):
        restoring.restore(home, one.asked(), one.world.clock(), quiet, {})
    assert sorted(path.name for path in home.iterdir()) == before
    empty = one.outside / "empty"
    empty.mkdir()
    running.stay(empty, "web")
    try:
        with pytest.raises(Occupied, match="web"):
            one.restored()
    finally:
        running.leave()
    assert not (empty / "oms.db").exists()


def test_who_kept_a_later_head_is_told_what_is_lost(one: Kept) -> None:
    with one.world.work() as uow:
        for _each in range(5):
            note(uow, None, Verb.STATUS_VIEW, one.world.clock())
    sealing.seal(one.house, one.world.clock())
    done, _home = one.restored(witnesses=(one.house.settings.witness,))
    assert len(done.told) == 1 and "entries came after it and are lost here" in done.told[0]


def test_a_restore_that_is_killed_starts_nothing_and_is_begun_again(one: Kept) -> None:
    """A process of its own, killed while the vault is put back, and while everything takes its place."""
    for where in ("_files", "_take_place"):
        home = one.outside / f"killed-{where}"
        program = (
            "import os, signal, sys\n"
            "from oms import cli\nfrom oms.services import restoring\n"
            f"real = restoring.{where}\n"
            "def dies(*given):\n"
            "    if real.__name__ == '_take_place':\n"
            "        database = given[0] / restoring.STAGING / 'oms.db'\n"
            "        database.exists() and database.rename(given[0] / 'oms.db')\n"
            "    os.kill(os.getpid(), signal.SIGKILL)\n"
            f"restoring.{where} = dies\n"
            "sys.exit(cli.main(sys.argv[1:]))\n"
        )
        words = ["--from", str(one.places[DATA]), "--keys", str(one.places[KEYS]), "--identity", str(one.identity)]
        env = {**os.environ, "OMS_HOME": str(home), **databases.empty(home)}
        died = subprocess.run([sys.executable, "-c", program, "restore", *words], env=env, cwd=CHECKOUT, check=False)
        assert died.returncode == -signal.SIGKILL and (home / "restoring").exists()
        with pytest.raises(SettingsError):
            Settings.from_env({"OMS_HOME": str(home)})
        done, _same = one.restored(f"killed-{where}")
        assert done.number == 1 and not (home / "restoring").exists()
        assert sorted(os.listdir(home / "vault")) == sorted(
            {sha[:2] for sha in one.house.vault.names()} | {".oms-vault"}
        )


def test_a_drill_leaves_nothing_and_a_failed_one_is_told(one: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    home = one.house.settings.home
    monkeypatch.setenv("OMS_HOME", str(home))
    for name, value in databases.empty(one.outside / "drilled").items():
        if name == "OMS_DATABASE_ADMIN_URL":
            monkeypatch.setenv(name, value)
    done = restore_drill.drill(home, one.asked(), one.world.clock, quiet)
    assert done.number == 1 and not list((home / "tmp").iterdir())
    told = last_done.last(one.house.settings, "restore_drill")
    assert told and told.well
    assert one.world.journal()[-1][:2] == ("backup:drill", "done")
    _block(one).unlink()
    with pytest.raises(OmsError):
        restore_drill.drill(home, one.asked(), one.world.clock, quiet)
    told = last_done.last(one.house.settings, "restore_drill")
    assert told and not told.well
    assert one.world.journal()[-1][:2] == ("backup:drill", "failed")
    with one.house.look() as uow:
        assert notices.listed(uow, one.world.who("admin"), 5, 0)[0][0].kind == "drill_failed"
    assert not list((home / "tmp").iterdir())
    scratch, elsewhere = one.outside / "scratch", one.outside / "elsewhere"
    second = one.asked(places=(str(one.places["second"]),))
    assert restore_drill.drill(elsewhere, second, one.world.clock, quiet, str(scratch)).number == 1
    assert not elsewhere.exists() and not list(scratch.iterdir())


def test_a_vault_with_a_passphrase_is_backed_up_locked_and_restored_with_it(
    one: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(master_key, "ARGON_KIB", 1024)  # one test elsewhere waits for the real cost
    words = "một câu mật khẩu đủ dài của kho"
    vault_keys.rotate_master(one.house, Ways("passphrase", words), one.world.clock())
    vault_keys.close_the_way(one.house)
    one.house.unlock([words])
    assert one.run().well
    done, home = one.restored(unlock=(words,))
    assert done.number == 2 and not (home / "keys/master_key").exists()
