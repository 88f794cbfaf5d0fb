"""The disk of benchmarks/bad_power.py: what was synced survives every cut, the rest survives as a disk may leave it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.bad_disk import Disk


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    (tmp_path / "root").mkdir()
    return Disk(tmp_path / "root")


def made(disk: Disk, path: str, data: bytes, synced: bool, named: bool) -> None:
    handle = os.open(disk.real(path), os.O_RDWR | os.O_CREAT)
    disk.created(path)
    disk.write(handle, data, 0)
    if synced:
        disk.sync(handle)
    if named:
        disk.sync_folder("/")
    os.close(handle)


@pytest.mark.parametrize("seed", range(12))
def test_what_was_synced_is_whole_and_what_was_not_is_old_new_or_torn(tmp_path: Path, seed: int) -> None:
    (tmp_path / "root").mkdir()
    disk = Disk(tmp_path / "root")
    made(disk, "/kept", b"a" * 5000, synced=True, named=True)
    handle = os.open(disk.real("/kept"), os.O_RDWR)
    disk.write(handle, b"b" * 5000, 0)
    os.close(handle)
    disk.cut(seed)
    found = (tmp_path / "root" / "kept").read_bytes()
    assert len(found) == 5000
    assert all(len(set(found[at : at + 512])) == 1 for at in range(0, 5000, 512)), "a sector is the old one or the new"
    assert set(found) <= set(b"ab")


def test_over_many_cuts_every_kind_of_survival_is_met(tmp_path: Path) -> None:
    seen = set()
    for seed in range(60):
        root = tmp_path / str(seed)
        root.mkdir()
        disk = Disk(root)
        made(disk, "/file", b"x" * 2048, synced=False, named=False)
        disk.cut(seed)
        there = root / "file"
        seen.add("gone" if not there.exists() else f"{sum(there.read_bytes().count(b) for b in (b'x',))}")
    assert "gone" in seen and "2048" in seen and "0" in seen
    assert seen & {"512", "1024", "1536"}, "torn"


def test_names_survive_in_the_order_in_which_they_were_made(tmp_path: Path) -> None:
    seen = set()
    for seed in range(60):
        root = tmp_path / str(seed)
        root.mkdir()
        disk = Disk(root)
        made(disk, "/old", b"one", synced=True, named=True)
        made(disk, "/new", b"two", synced=True, named=False)
        disk.rename("/new", "/old")
        disk.cut(seed)
        seen.add((tuple(sorted(os.listdir(root))), (root / "old").read_bytes()))
    assert seen == {(("old",), b"one"), (("new", "old"), b"one"), (("old",), b"two")}


def test_a_synced_folder_keeps_its_names_and_a_removed_file_does_not_come_back(disk: Disk) -> None:
    made(disk, "/a", b"1", synced=True, named=True)
    disk.remove("/a")
    made(disk, "/b", b"2", synced=True, named=True)
    disk.cut(3)
    assert os.listdir(disk.root) == ["b"]


def test_a_disk_that_ignores_fsync_loses_what_was_synced(tmp_path: Path) -> None:
    lost = 0
    for seed in range(20):
        root = tmp_path / str(seed)
        root.mkdir()
        disk = Disk(root, ignore_fsync=True)
        made(disk, "/kept", b"a" * 700, synced=True, named=True)
        disk.cut(seed)
        lost += not (root / "kept").exists() or (root / "kept").read_bytes() != b"a" * 700
    assert lost > 5
