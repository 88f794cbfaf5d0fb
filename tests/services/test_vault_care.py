"""The vault of an installation: sealed from the first day, checked all the time, repaired from the second place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from factories import World
from sealing_vault import flip, in_the_clear, rewrite
from sqlalchemy import select

from oms.domain.notices import NOTICE_LABELS
from oms.errors import FileDamaged, FileKeyGone, VaultLocked
from oms.services import classifying, health, vault_care, vault_keys
from oms.services.classifying import NewLevel
from oms.services.house import House
from oms.store import master_key, papers
from oms.store.consultation_tables import Notice
from oms.store.key_book import KeyBook
from oms.store.master_key import NewMaster
from oms.store.tables import Account, Document, Page, Scan
from oms.store.vault import Vault


def keys_of(world: World) -> KeyBook:
    keys = world.house.vault.sealing()
    assert keys is not None
    return keys


def files(world: World) -> list[str]:
    with world.work() as uow:
        return sorted(papers.kept_files(uow.session))


@pytest.fixture
def filled(world: World) -> World:
    row = world.dossier()
    world.filed(row, "QUYẾT ĐỊNH\nkhen thưởng")
    world.filed(row, "QUYẾT ĐỊNH\nbổ nhiệm")
    return world


@pytest.fixture
def double(filled: World, tmp_path: Path) -> Iterator[World]:
    """The same with a second place, to which everything has gone."""
    house = House(replace(filled.house.settings, vault_copy=str(tmp_path / "second")))
    vault_keys.prepare(house)
    again = World(house, filled.clock, filled.units)
    while vault_care.copy_waiting(house):
        pass
    yield again
    house.database.close()
    house.vault.close()


def copy_path(world: World, sha: str) -> Path:
    twin = world.house.vault.twin()
    assert twin is not None
    return twin.path_of(sha)


def told(world: World) -> list[tuple[str, str, str]]:
    with world.work() as uow:
        rows = uow.session.scalars(select(Notice).where(Notice.kind.in_(("vault_repaired", "vault_damaged")))).all()
        roles = {row.account_id: uow.session.get_one(Account, row.account_id).role for row in rows}
        return sorted((row.kind, roles[row.account_id], row.label) for row in rows)


def test_a_new_installation_seals_what_it_keeps(filled: World) -> None:
    vault = filled.house.vault
    assert files(filled) and all(vault.is_sealed(sha) for sha in files(filled))
    assert (filled.house.settings.keys / "master_key").stat().st_mode & 0o777 == 0o600
    assert (filled.house.settings.keys / "files.db").stat().st_mode & 0o777 == 0o600
    assert health.check(filled.house) == []


def test_keys_of_files_come_to_the_level_of_what_names_them(filled: World) -> None:
    keys = keys_of(filled)
    assert keys.counts()["level 3"] == keys.counts()["unsettled"] == len(files(filled))
    vault_care.settle_levels(filled.house)
    assert keys.counts()["level 0"] == len(files(filled)) and keys.counts()["unsettled"] == 0
    with filled.work() as uow:
        paper = uow.session.scalars(select(Document).limit(1)).one()
        paper.secrecy = 2
        images = uow.session.scalars(select(Page.image_sha).where(Page.document_id == paper.id)).all()
    vault_care.check(filled.house, files(filled), filled.clock())
    assert [keys.rows_of(sha)[0].level for sha in images] == [2], "the rolling check takes a changed level over"
    assert all(filled.house.vault.read(sha) for sha in files(filled))


def test_keys_follow_a_decision_on_the_level(world: World) -> None:
    row, officer = world.dossier(), world.who("officer")
    paper, other = world.filed(row), world.filed(row)
    while vault_care.settle_levels(world.house):
        pass
    with world.work(officer) as uow:
        new = NewLevel(2, "", "bvctnb", "", "01/10/2026", "Trưởng ban Tổ chức", "", "")
        classifying.classify(uow, officer, "document", paper, new, world.clock())
    assert vault_care.settle_levels(world.house) > 0 and vault_care.settle_levels(world.house) == 0
    with world.work() as uow:
        scans = {each: uow.session.get_one(Document, each).scan_id for each in (paper, other)}
        shas = {each: uow.session.get_one(Scan, scan).sha256 for each, scan in scans.items()}
    assert [keys_of(world).rows_of(shas[each])[0].level for each in (paper, other)] == [2, 0]
    assert all(world.house.vault.read(sha) for sha in files(world))


def test_everything_goes_to_the_second_place_as_sealed_bytes(double: World) -> None:
    assert keys_of(double).counts()["not_copied"] == 0
    for sha in files(double):
        assert copy_path(double, sha).read_bytes() == double.house.vault.path_of(sha).read_bytes()
    sha = double.house.vault.put_bytes(b"one more")
    assert keys_of(double).counts()["not_copied"] == 1
    assert vault_care.copy_waiting(double.house) == 1 and copy_path(double, sha).exists()
    double.house.vault.destroy(sha)
    assert not copy_path(double, sha).exists()


def test_the_operator_is_told_of_copies_that_somebody_asked_for_and_of_no_others(double: World) -> None:
    double.house.vault.put_bytes(b"one more")
    assert vault_keys.state(double.house).counts["not_copied"] == 1
    double.house.vault.copy = None
    told = vault_keys.state(double.house).counts
    assert "not_copied" not in told and {"level 3", "unsettled", "old_key"} <= told.keys()


def test_a_second_place_that_is_not_mounted_gets_nothing(double: World) -> None:
    (copy_path(double, "0" * 64).parent.parent / ".oms-vault").unlink()
    double.house.vault.put_bytes(b"one more")
    with pytest.raises(VaultLocked):
        vault_care.copy_waiting(double.house)
    assert keys_of(double).counts()["not_copied"] == 1


@pytest.mark.parametrize("place", ["vault", "copy"])
@pytest.mark.parametrize("harm", ["flipped", "cut", "gone"])
def test_a_file_damaged_in_one_place_is_repaired_from_the_other(double: World, place: str, harm: str) -> None:
    sha = files(double)[0]
    path = double.house.vault.path_of(sha) if place == "vault" else copy_path(double, sha)
    good = path.read_bytes()
    if harm == "gone":
        path.unlink()
    else:
        rewrite(path, good[:-1]) if harm == "cut" else flip(path, 40)
    [said] = [line for line in health.check(double.house) if "file" in line]
    assert said == f"{place}: file {sha} is missing or damaged"
    found = vault_care.check_all(double.house, double.clock())
    assert (found.repaired, found.lost) == ([(sha, place)], [])
    assert path.read_bytes() == good and double.house.vault.read(sha)
    assert ("vault:repair", "done", sha) in double.journal()
    assert {(kind, role) for kind, role, _label in told(double)} >= {
        ("vault_repaired", "administrator"),
        ("vault_repaired", "security_reviewer"),
    }
    assert vault_care.check_all(double.house, double.clock()).repaired == []


@pytest.mark.parametrize("harm", ["flipped", "gone"])
def test_a_reader_meets_a_damaged_file_whole_and_the_check_mends_it_next(double: World, harm: str) -> None:
    sha = files(double)[-1]
    path, data = double.house.vault.path_of(sha), double.house.vault.read(sha)
    if harm == "gone":
        path.unlink()
    else:
        flip(path, 50)
    assert double.house.vault.read(sha) == data
    with double.house.vault.opened(sha) as copy:
        assert copy.read_bytes() == data
    found = vault_care.RollingCheck(double.house).step(double.clock())  # on its first day, when hardly any file is due
    assert found.repaired == [(sha, "vault")] and ("vault:repair", "done", sha) in double.journal()
    assert keys_of(double).suspects() == [] and double.house.vault.verify(sha) == len(data)
    double.house.vault.destroy(sha)
    with pytest.raises(FileDamaged):
        double.house.vault.read(sha)


def test_a_file_damaged_in_both_places_is_told_once_and_left_as_it_is(double: World) -> None:
    sha = files(double)[0]
    for path in (double.house.vault.path_of(sha), copy_path(double, sha)):
        flip(path, 50)
    for _time in range(2):
        found = vault_care.check_all(double.house, double.clock())
        assert (found.repaired, found.lost) == ([], [sha])
    assert [entry for entry in double.journal() if entry[0] == "vault:check"] == [("vault:check", "failed", sha)]
    assert {kind for kind, _role, _label in told(double)} == {"vault_damaged"}
    assert set(NOTICE_LABELS) >= {"vault_damaged", "vault_repaired"}
    with pytest.raises(FileDamaged):
        double.house.vault.read(sha)


def test_the_rolling_check_sees_every_file_within_thirty_days_and_keeps_its_place(double: World) -> None:
    sha = files(double)[-1]
    flip(copy_path(double, sha), 50)
    looked, day = 0, double.clock()
    for _day in range(30):
        looked += vault_care.RollingCheck(double.house).step(day).looked  # a new process each day
        day += timedelta(days=1)
    assert keys_of(double).value("check.position") in files(double)
    last = [vault_care.RollingCheck(double.house).step(day) for _time in range(2)]
    assert looked + sum(found.looked for found in last) == len(files(double))
    assert ("vault:repair", "done", sha) in double.journal()
    assert any(found.ended for found in last) and keys_of(double).value("check.position") == ""


def test_an_installation_of_before_is_read_at_once_and_sealed_when_it_is_asked(filled: World) -> None:
    """As it was: files in the clear, no keys, no mark."""
    vault = filled.house.vault
    plain = {sha: vault.read(sha) for sha in files(filled)}
    vault.close()
    for path in [*filled.house.settings.keys.glob("files.db*"), filled.house.settings.keys / "master_key"]:
        path.unlink()
    (vault.root / ".oms-vault").unlink()
    for sha, data in plain.items():
        vault.path_of(sha).unlink()
        in_the_clear(vault, sha, data)
    old = House(filled.house.settings)
    late = old.vault.put_bytes(b"kept before the upgrade")
    assert not old.vault.is_sealed(late) and {sha: old.vault.read(sha) for sha in plain} == plain
    vault_keys.prepare(old)
    assert {sha: old.vault.read(sha) for sha in plain} == plain
    sealed, damaged = vault_care.seal_all(old, anew=False)
    assert (sealed, damaged) == (len(plain) + 1, []) and vault_care.seal_all(old, anew=False) == (0, [])
    assert all(old.vault.is_sealed(sha) for sha in plain) and {sha: old.vault.read(sha) for sha in plain} == plain
    before = old.vault.path_of(late).read_bytes()
    assert vault_care.seal_all(old, anew=True)[0] == len(plain) + 1
    assert old.vault.path_of(late).read_bytes() != before and old.vault.read(late) == b"kept before the upgrade"
    assert len(old.vault.keys.rows_of(late)) == 2  # type: ignore[union-attr]
    vault_care.tidy_keys(old, late, filled.clock() + timedelta(days=40_000))
    in_the_clear_again = Vault(old.vault.place, old.vault.keys)
    assert len(old.vault.keys.rows_of(late)) == 1 and in_the_clear_again.read(late)  # type: ignore[union-attr]
    old.database.close()
    old.vault.close()


def test_a_disposed_file_that_a_backup_brings_back_stays_closed(double: World) -> None:
    sha = double.house.vault.put_bytes(b"to be disposed of")
    vault_care.copy_waiting(double.house)
    kept = double.house.vault.path_of(sha).read_bytes()
    assert double.house.vault.destroy(sha)
    for vault in (double.house.vault, double.house.vault.twin()):
        assert vault is not None
        in_the_clear(vault, sha, kept)
        with pytest.raises(FileKeyGone):
            vault.read(sha)


class Killed(BaseException):
    """Here the process ends."""


def test_a_change_of_the_master_key_after_one_that_was_cut_off_locks_nobody_out(
    filled: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = KeyBook.rotate_master

    def ends_after(keys: KeyBook, new: NewMaster) -> None:
        real(keys, new)
        raise Killed

    def ends_before(_keys: KeyBook, _new: NewMaster) -> None:
        raise Killed

    for cut in (ends_after, ends_before, ends_after, ends_after, ends_before):
        with monkeypatch.context() as patched:
            patched.setattr(KeyBook, "rotate_master", cut)
            with pytest.raises(Killed):
                vault_keys.rotate_master(House(filled.house.settings), vault_keys.Ways(), filled.clock())
        fresh = House(filled.house.settings)
        assert all(fresh.vault.read(sha) for sha in files(filled))
    vault_keys.rotate_master(House(filled.house.settings), vault_keys.Ways(), filled.clock())
    assert all(House(filled.house.settings).vault.read(sha) for sha in files(filled))


def test_two_changes_of_the_master_key_at_once_lock_nobody_out(filled: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real, second = master_key.make, list[Thread]()

    def other() -> None:
        vault_keys.rotate_master(House(filled.house.settings), vault_keys.Ways(), filled.clock())

    def slow(*given: Any) -> NewMaster:
        made = real(*given)
        if not second:
            second.append(Thread(target=other))
            second[0].start()
            second[0].join(1)  # it may come in between, or has to wait
        return made

    monkeypatch.setattr(master_key, "make", slow)
    vault_keys.rotate_master(filled.house, vault_keys.Ways(), filled.clock())
    second[0].join(30)
    assert not second[0].is_alive()
    assert all(House(filled.house.settings).vault.read(sha) for sha in files(filled))
    assert len([entry for entry in filled.journal() if entry[0] == "vault:keys"]) == 2


def test_a_master_key_is_changed_with_a_row_and_everything_stays_readable(filled: World) -> None:
    before = vault_keys.state(filled.house)
    vault_keys.rotate_master(filled.house, vault_keys.Ways(), filled.clock())
    vault_keys.close_the_way(filled.house)
    vault_keys.rotate_levels(filled.house, (), filled.clock())
    while vault_keys.rewrap(filled.house):
        pass
    fresh = House(filled.house.settings)
    assert vault_keys.state(fresh).master != before.master and vault_keys.state(fresh).counts["old_key"] == 0
    assert all(fresh.vault.read(sha) for sha in files(filled))
    rows = [entry for entry in filled.journal() if entry[0] == "vault:keys"]
    assert len(rows) == 2
    assert json.dumps(before.counts)
    fresh.database.close()
    fresh.vault.close()
