"""Backups: everything in every place, nothing twice, nothing readable, keys apart, and nothing brought back to life."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import bucket_server
import databases
import pyrage
import pytest
from backing_up import Kept, kept, objects, quiet
from campaign import size
from command import run as oms
from factories import World
from pysqlite3 import dbapi2 as sqlite
from sealing_vault import STEPS, flip, in_the_clear, killed_at, vault_at

from oms.errors import BackupFault, DiskFailed, DiskFull, FileKeyGone, Occupied
from oms.services import backup, last_done, restoring, running
from oms.store import snapshot
from oms.store.backup_place import DATA, KEYS, ONCE, Depot
from oms.store.file_place import FolderPlace

WORDS = "QUYẾT ĐỊNH\nVề việc điều động cán bộ"


@pytest.fixture
def one(world: World, tmp_path: Path) -> Kept:
    world.filed(world.dossier(), WORDS)
    return kept(world, tmp_path / "outside")


def everything(one: Kept, place: str) -> bytes:
    """All that is in a place, as who has the private key reads it; what was pressed stays pressed beside."""
    import zlib

    found = []
    identity = pyrage.x25519.Identity.from_str(one.identity.read_text().splitlines()[-1])
    for path in objects(one.places[place]):
        body = path.read_bytes().split(b"\n", 2)[-1] if path.name.startswith(b"manifest".hex()) else path.read_bytes()
        plain = pyrage.decrypt(body, [identity])
        with suppress(zlib.error):
            plain += zlib.decompress(plain)
        found.append(plain)
    return b"".join(found)


def test_every_place_has_everything_and_the_next_run_writes_only_what_is_new(one: Kept) -> None:
    first = one.run()
    assert first.well and [each.purpose for each in first.places] == [KEYS, DATA, DATA, ONCE]
    assert all(each.written.files == 2 for each in first.places if each.purpose != KEYS)
    before = {path: path.stat().st_mtime_ns for path in objects(one.places[ONCE])}
    one.world.filed(one.world.dossier(), "QUYẾT ĐỊNH\nKhác")
    second = one.run()
    assert second.well
    for done in second.places[1:]:
        assert done.number == 2 and done.written.files == 1  # the page's image is the same and lies there
        assert done.written.objects < first.places[1].written.objects
    third = one.run()
    assert all(done.written.files == 0 and done.written.objects <= 4 for done in third.places)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    told = last_done.last(one.house.settings, "backup")
    assert told and told.well
    assert one.world.journal()[-1][:2] == ("backup:make", "done")


def test_a_place_tells_nothing_and_holds_no_key(one: Kept) -> None:
    one.run()
    home = one.house.settings.home
    secrets = [(home / "keys" / name).read_bytes().strip() for name in ("secret_key", "master_key", "backup_names")]
    with closing(sqlite.connect(home / "keys/files.db")) as book:
        wrapped = [bytes(row[0]) for row in book.execute("SELECT wrapped FROM file_keys")]
    shas = list(one.house.vault.names())
    assert wrapped and shas
    for name, place in one.places.items():
        raw = b"".join(path.read_bytes() for path in objects(place))
        assert WORDS.splitlines()[1].encode() not in raw and b"SQLite" not in raw
        assert not {path.name for path in objects(place)} & set(shas), "a name tells the content"
        opened = everything(one, name)
        assert any(each in opened for each in (*secrets, *wrapped)) is (name == KEYS)
        assert (WORDS.splitlines()[1].encode() in opened) is (name != KEYS)
        assert one.identity.read_bytes().splitlines()[-1] not in opened


def test_keys_and_places_that_lie_elsewhere_in_the_installation_are_no_part_of_the_rest(one: Kept) -> None:
    home = one.house.settings.home
    for name in ("models/keys.db", "models/keys.db-wal", "nas2/piece", "models/types.bin"):
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_bytes(b"x")
    settings = replace(
        one.house.settings, keys_database=f"sqlite:///{home}/models/keys.db", backup=(str(home / "nas2"),)
    )
    names = {part.name for part in backup._beside(settings)}
    assert "models/types.bin" in names
    assert not names & {"models/keys.db", "models/keys.db-wal", "nas2/piece"}
    assert not any(name.startswith(("keys/", "vault/", "oms.db", "tmp/")) for name in names)


def test_debians_age_opens_an_object_without_this_program(one: Kept) -> None:
    program = shutil.which("age")
    if program is None:
        pytest.skip("no age on this machine: apt-get install age")
    one.run()
    entry = next(path for path in objects(one.places[DATA]) if not path.name.startswith(b"manifest".hex()))
    done = subprocess.run([program, "--decrypt", "-i", one.identity, entry], capture_output=True)
    assert done.returncode == 0 and done.stdout


def test_without_somebody_to_seal_for_and_without_a_mark_nothing_is_written(world: World, tmp_path: Path) -> None:
    one = kept(world, tmp_path / "outside")
    with pytest.raises(BackupFault, match="must not lie in OMS_HOME"):
        backup.new_key(one.house, one.house.settings.home / "identity.txt", world.clock())
    recipients = one.house.settings.keys / "backup_recipient"
    kept_words = recipients.read_bytes()
    recipients.unlink()
    with pytest.raises(BackupFault, match="--new-key"):
        one.run()
    assert not any(objects(place) for place in one.places.values())
    told = last_done.last(one.house.settings, "backup")
    assert told and not told.well
    recipients.write_bytes(kept_words)
    with pytest.raises(FileExistsError):
        backup.new_key(one.house, one.identity, world.clock())  # no key is ever written over another


def test_a_place_that_is_away_stops_no_other_is_told_and_catches_up(one: Kept) -> None:
    one.run()
    nas = one.places[DATA]
    away = nas.rename(nas.with_name("unmounted"))
    nas.mkdir()  # an empty mount point
    one.world.filed(one.world.dossier(), "QUYẾT ĐỊNH\nHai")
    second = one.run()
    assert [bool(each.problem) for each in second.places] == [False, True, False, False] and not second.well
    assert "not mounted" in second.places[1].problem and not objects(nas)
    assert one.world.journal()[-1][:2] == ("backup:make", "failed")
    with one.house.look() as uow:
        from oms.services import notices

        who = one.world.who("admin")
        assert [each.kind for each in notices.listed(uow, who, 5, 0)[0]] == ["backup_failed"]
    one.run()  # an outage is told once, not every five minutes
    with one.house.look() as uow:
        assert notices.unread(uow, who) == 1
    nas.rmdir()
    away.rename(nas)
    third = one.run()
    assert third.well and third.places[1].number == 2 and third.places[1].written.files == 1
    assert one.restored()[0].number == 2


def test_what_was_destroyed_opens_from_no_backup_and_everything_else_does(one: Kept) -> None:
    vault, home = one.house.vault, one.house.settings.home
    sha, other = vault.put_bytes(b"to be forgotten" * 50, 0), vault.put_bytes(b"to stay" * 50, 0)
    for _each in range(3):
        one.run()
    assert len([path for path in objects(one.places[KEYS]) if path.name.startswith(b"manifest".hex())]) == 3
    old = one.outside / "thief"  # who copied data and once, and holds the private key and the master key, too
    shutil.copytree(one.places[DATA], old)
    file_id = vault.file_id(sha)
    assert file_id
    vault.destroy(sha)
    assert one.run().well
    left = everything(one, KEYS)
    assert file_id.hex().encode() not in left and sha.encode() not in left
    assert len([path for path in objects(one.places[KEYS]) if path.name.startswith(b"manifest".hex())]) == 1
    for number, place in enumerate((old, one.places[ONCE], one.places[DATA])):
        _done, back = one.restored(f"empty{number}", places=(str(place),))
        assert (back / "keys/master_key").read_bytes() == (home / "keys/master_key").read_bytes()
        assert sorted(vault_at(back).names()) == sorted(vault.names())
        assert vault_at(back).is_there(other) and not vault_at(back).is_there(sha)
    # the sealed bytes are still there, and put back by hand they open with nothing there is
    assert b"OMSSEAL" in everything(one, DATA)
    identity = pyrage.x25519.Identity.from_str(one.identity.read_text().splitlines()[-1])
    sealed = next(
        plain for path in objects(old) if not path.name.startswith(b"manifest".hex())
        if file_id in (plain := pyrage.decrypt(path.read_bytes(), [identity]))[:32]
    )  # fmt: skip
    back = vault_at(one.outside / "empty0")
    in_the_clear(back, sha, sealed)
    with pytest.raises(FileKeyGone):
        back.read(sha)
    assert back.read(other) == b"to stay" * 50


def test_what_waits_to_come_in_goes_where_runs_grow_old_and_not_where_nothing_ever_leaves(one: Kept) -> None:
    """It has no key of its own yet: destroyed as a paper, it would still lie in the place that is written once."""
    home = one.house.settings.home
    for name in ("intake/quet.pdf", "intake/a/b.pdf", "scanner/1/page.png", "exchange/kept/" + "a" * 64):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(b"a paper in the clear " * 20)
    (home / "exchange/partners.pem").write_text("certificates that are believed")
    assert one.run().well
    assert b"a paper in the clear" in everything(one, DATA) and b"a paper in the clear" not in everything(one, ONCE)
    _done, back = one.restored()
    assert (back / "intake/a/b.pdf").is_file() and (back / "scanner/1/page.png").is_file()
    _done, once = one.restored("from-once", places=(str(one.places[ONCE]),))
    assert not [path for path in (once / "intake").rglob("*") if path.is_file()]
    assert (once / "exchange/partners.pem").is_file() and not (once / "scanner").exists()


def test_keys_that_cannot_be_removed_are_told_until_they_are(one: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = one.house.vault
    sha = vault.put_bytes(b"to be forgotten" * 50, 0)
    one.run()
    file_id = vault.file_id(sha)
    vault.destroy(sha)
    real = Depot.remove

    def read_only(depot: Depot, name: str) -> None:
        if depot.purpose == KEYS:
            raise PermissionError(1, "read-only")
        real(depot, name)

    monkeypatch.setattr(Depot, "remove", read_only)
    for _each in range(2):
        done = one.run()
        assert not done.well and "keys of 1 destroyed" in done.places[0].problem
    monkeypatch.setattr(Depot, "remove", real)
    assert one.run().well
    assert file_id and file_id.hex().encode() not in everything(one, KEYS)


def test_old_runs_go_from_ordinary_places_and_never_from_the_one_written_once(one: Kept) -> None:
    start = one.world.clock()
    for days in (0, 0.1, 3, 3.1, 40, 40.1):
        one.world.filed(one.world.dossier(), f"QUYẾT ĐỊNH\nNgày {days}")
        assert one.run(start + timedelta(days=days)).well
    counts = {
        name: len([path for path in objects(place) if path.name.startswith(b"manifest".hex())])
        for name, place in one.places.items()
    }
    assert counts == {DATA: 2, "second": 2, ONCE: 6, KEYS: 3}
    assert one.restored()[0].number == 6
    done, _home = one.restored("older", places=(str(one.places[ONCE]),), at=start + timedelta(days=3.05))
    assert done.number == 3
    with pytest.raises(PermissionError):
        Depot(str(one.places[ONCE]), ONCE, Path("/none")).remove(objects(one.places[ONCE])[0].name)


def test_nothing_in_the_place_that_is_written_once_is_ever_replaced(one: Kept, tmp_path: Path) -> None:
    one.run()
    name = objects(one.places[ONCE])[0].name
    depot, before = Depot(str(one.places[ONCE]), ONCE, tmp_path), objects(one.places[ONCE])[0].read_bytes()
    with suppress(FileExistsError):
        depot.put(name, b"other bytes")
    assert objects(one.places[ONCE])[0].read_bytes() == before
    assert not list(one.places[ONCE].glob(".new-*"))
    shutil.rmtree(one.house.settings.home / "backup")  # what the machine remembered is lost
    one.world.filed(one.world.dossier(), "QUYẾT ĐỊNH\nSau")
    assert one.run().well and one.restored(places=(str(one.places[ONCE]),))[0].number == 2


@pytest.mark.parametrize("step", size((3, 31, 80), tuple(range(0, 200, 7))))
def test_a_run_that_is_killed_leaves_the_one_before_and_the_next_goes_on(one: Kept, step: int) -> None:
    one.run()
    one.world.filed(one.world.dossier(), "QUYẾT ĐỊNH\nTrong lúc bị ngắt")
    one.house.close()
    died = killed_at(step, lambda: one.run() and None)
    assert died or step > 30, STEPS
    done, _home = one.restored("meanwhile")
    assert done.number in (1, 2)
    again = one.run()
    assert again.well
    done, home = one.restored("afterwards")
    assert done.number == again.places[1].number
    assert len([path for path in (home / "vault").rglob("*") if len(path.name) == 64]) == 3
    assert not list((one.house.settings.home / "tmp/backup").glob("*"))


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for 256 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_place_is_told_has_no_manifest_and_harms_nothing(one: Kept, small: Path) -> None:
    for number in range(8):
        one.house.vault.put_bytes(bytes([number]) * 40_000 + number.to_bytes(8), 0)
    settings = replace(one.house.settings, backup=(str(small), str(one.places["second"])))
    one.house.settings = settings
    backup.prepare(one.house)
    done = one.run()
    assert done.places[1].problem == "the place is full"
    assert not [path for path in objects(small) if path.name.startswith(b"manifest".hex())]
    assert not list(small.glob(".new-*"))
    assert not done.places[2].problem and not done.places[3].problem
    assert all(one.house.vault.verify(sha) >= 0 for sha in one.house.vault.names())


def test_a_check_without_room_for_its_notes_says_so(one: Kept, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert one.run().well
    home = one.house.settings.home
    for path in {backup.state_file(home, depot).parent for depot in backup.depots(one.house.settings)}:
        shutil.copytree(path, small, dirs_exist_ok=True)
    real = backup.state_file
    monkeypatch.setattr(backup, "state_file", lambda home, depot: small / real(home, depot).name)
    free = os.statvfs(small)
    with suppress(OSError):
        (small / "full").write_bytes(bytes(free.f_bavail * free.f_frsize + 1))
    with pytest.raises((DiskFull, DiskFailed)):
        backup.check(one.house, quiet)
    (small / "full").unlink()
    assert backup.check(one.house, quiet) == 0


def test_a_damaged_file_of_the_vault_is_told_and_not_carried_over_the_good_one(one: Kept) -> None:
    one.run()
    sha = one.house.vault.put_bytes(b"scan" * 500, 0)
    with one.world.work() as uow:
        from oms.store.tables import Scan

        scan = uow.session.query(Scan).first()
        assert scan
        scan.sha256 = sha
    path = one.house.vault.path_of(sha)
    good = path.read_bytes()
    flip(path, 100)
    done = one.run()
    assert done.damaged == [sha] and not done.well
    path.chmod(0o600)
    path.write_bytes(good)
    assert one.run().well


def test_two_at_once_and_a_check_of_what_lies_in_the_places(one: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    with running.only_one(one.house.settings.home, "backup"), pytest.raises(Occupied, match="another 'oms backup'"):
        one.run()
    one.run()
    assert backup.check(one.house, quiet) == 0
    victim = next(path for path in objects(one.places["second"]) if not path.name.startswith(b"manifest".hex()))
    flip(victim, 40)
    told: list[str] = []
    assert backup.check(one.house, told.append) == 1
    assert any(victim.name in line for line in told)
    assert one.run().well and backup.check(one.house, quiet) == 0


@pytest.mark.embedded("SQLite's own copy beside a writer; test_backup_postgres.py takes tables from a snapshot")
def test_a_copy_is_one_moment_and_waits_for_no_writer(world: World, tmp_path: Path) -> None:
    file = Path(str(world.house.database.engine.url.database))
    with closing(sqlite.connect(file, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM account_scopes")
        snapshot.copy_sqlite(file, tmp_path / "copy.db")
        writer.execute("COMMIT")
    assert snapshot.rows_in(tmp_path / "copy.db")["account_scopes"] == 12
    assert snapshot.sound_sqlite(tmp_path / "copy.db") == []


def test_rows_put_in_between_change_few_blocks() -> None:
    rows = [f"{number}\tmột dòng của bảng số {number * 7919}\n".encode() for number in range(60_000)]
    before = set(snapshot.cut(rows))
    after = list(snapshot.cut([*rows[:100], b"a new row\n", *rows[100:]]))
    assert len(before) > 20 and len(set(after) - before) <= 2 and b"".join(after).count(b"\n") == 60_001


def test_places_in_a_bucket(world: World, tmp_path: Path) -> None:
    with bucket_server.running() as bucket:
        one = kept(world, tmp_path / "outside")
        secret = bucket_server.secret_file(world.house.settings.keys)
        secret.rename(world.house.settings.keys / backup.SECRET)
        bucket_server.secret_file(one.outside / "safe")
        one.house.settings = replace(
            one.house.settings,
            backup=(bucket.setting("data"),),
            backup_once=bucket.setting("once"),
            backup_keys=bucket.setting("keys"),
        )
        assert not [words for _label, words in backup.prepare(one.house) if words]
        world.filed(world.dossier(), WORDS)
        assert one.run().well
        world.filed(world.dossier(), "QUYẾT ĐỊNH\nHai")
        before = {key: data for key, data in bucket.objects.items() if key.startswith("once/")}
        assert one.run().well
        assert {key: bucket.objects[key] for key in before} == before
        bucket.failing = 10_000
        assert all(each.problem for each in one.run().places)
        bucket.failing = 0
        done, home = one.restored(places=(bucket.setting("once"),), keys=bucket.setting("keys"))
        assert done.number == 2 and (databases.ON_SERVER or (home / "oms.db").exists())


def test_the_command_from_nothing_to_a_backup(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world.filed(world.dossier(), WORDS)
    missing = oms(world, "backup")
    assert missing.returncode == 1 and "OMS_BACKUP is missing" in missing.stderr
    for name in ("nas", "once", "keys", "safe"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("OMS_BACKUP", str(tmp_path / "nas"))
    assert "OMS_BACKUP_KEYS is missing" in oms(world, "backup").stderr
    monkeypatch.setenv("OMS_BACKUP_KEYS", str(tmp_path / "nas/keys"))
    assert "no place may be or lie in another" in oms(world, "backup").stderr
    monkeypatch.setenv("OMS_BACKUP_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("OMS_BACKUP_ONCE", str(tmp_path / "once"))
    assert oms(world, "backup", "--new-key", str(tmp_path / "safe/identity.txt")).returncode == 0
    unmarked = oms(world, "backup")
    assert unmarked.returncode == 1 and "oms backup --prepare" in unmarked.stdout
    assert oms(world, "backup", "--prepare").returncode == 0
    done = oms(world, "backup")
    assert done.returncode == 0 and "run 1" in done.stdout
    assert "not yet due" in oms(world, "backup").stdout  # once an hour
    assert oms(world, "backup", "--check").returncode == 0
    asked = ("--from", str(tmp_path / "nas"), "--keys", str(tmp_path / "keys"), "--identity")
    for name, value in databases.empty(tmp_path / "drilled").items():
        monkeypatch.setenv(name, value)
    drill = oms(world, "restore", "--drill", "--json", *asked, str(tmp_path / "safe/identity.txt"))
    assert drill.returncode == 0, drill.stderr
    assert [step["step"] for step in json.loads(drill.stdout)["steps"]][-1] == "who may see what, a sample"
    assert not list((world.house.settings.home / "tmp").glob("oms-drill*"))
    assert world.journal()[-1][:2] == ("backup:drill", "done")
    full = oms(world, "restore", *asked, str(tmp_path / "safe/identity.txt"))
    assert full.returncode == 1 and "not empty" in full.stderr


def test_the_age_of_the_last_backup_is_told_once(one: Kept) -> None:
    from oms.services import notices
    from oms.services.jobs import ReadingQueue
    from oms.services.watch import Housekeeper

    keeper = Housekeeper(one.house, ReadingQueue(one.house.settings, one.world.clock), one.world.clock)
    one.run()
    keeper._backups()
    one.world.clock.forward(minutes=16)
    for _each in range(3):
        keeper._backups()
    who = one.world.who("admin")
    with one.house.look() as uow:
        assert [each.kind for each in notices.listed(uow, who, 5, 0)[0]] == ["backup_late"]


def test_a_place_remembers_whose_it_is(one: Kept) -> None:
    for place, purpose in ((one.places[KEYS], DATA), (one.places[DATA], KEYS)):
        with pytest.raises(BackupFault, match="marked for something else"):
            Depot(str(place), purpose, Path("/none")).check(backup.installation_of(one.house))
    assert FolderPlace(one.places[DATA]).mark().startswith("backup data ")
    with pytest.raises(BackupFault, match="something else"):
        restoring.restore(one.outside / "no", one.asked(keys=str(one.places[DATA])), one.world.clock(), quiet, {})
