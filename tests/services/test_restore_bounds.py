"""A place of backup that sends more than it may: nothing of it is read on, opened or written beyond what was signed."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from backing_up import Kept, kept, objects
from factories import World
from sealing_vault import rewrite

from oms.errors import BackupFault
from oms.store.backup_form import (
    OPENED_MOST,
    SEALED_MOST,
    BackupKeys,
    Opening,
    Sealing,
    TooLarge,
    manifest_name,
    sealed_most,
    to_json,
)
from oms.store.backup_place import DATA, KEYS
from oms.store.bucket_place import BucketPlace
from oms.store.file_place import MARK

MANIFEST = b"manifest".hex()
MIB = 1024 * 1024
FAR_MORE = 200 * MIB
ENDLESS = 512 * MIB
"""A file with a hole: it takes no room, and reads as so many bytes. Larger than anything that is read; no larger than
what a test machine has room for, should somebody fill it."""


@contextmanager
def within(most: int) -> Iterator[None]:
    """What the block holds at once stays below so many bytes."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


@pytest.fixture
def one(world: World, tmp_path: Path) -> Kept:
    world.filed(world.dossier(), "QUYẾT ĐỊNH\nVề việc nâng lương")
    made = kept(world, tmp_path / "outside")
    made.run()
    return made


def pair(one: Kept) -> tuple[Sealing, Opening]:
    """What seals for the installation (anybody can who knows the public half), and what opens."""
    return Sealing(BackupKeys(one.house.settings.keys).recipients()), Opening(one.asked().carried.identities)


def endless(path: Path) -> None:
    path.chmod(0o600)
    os.truncate(path, ENDLESS)


def swollen(one: Kept) -> Callable[[Path], None]:
    return lambda path: rewrite(path, pair(one)[0].sealed(b"\0" * FAR_MORE))


def manifests(place: Path) -> list[Path]:
    return [path for path in objects(place) if path.name.startswith(MANIFEST)]


def pieces(place: Path) -> list[Path]:
    return [path for path in objects(place) if not path.name.startswith(MANIFEST)]


def test_an_object_opens_to_what_it_may_hold_and_no_further(one: Kept) -> None:
    sealing, opening = pair(one)
    for size in (0, 1, 131072):
        data = os.urandom(size)
        lies = sealing.sealed(data)
        assert len(lies) <= sealed_most(size)
        assert opening.opened(lies, size) == data
        if size:
            with pytest.raises(TooLarge):
                opening.opened(lies, size - 1)
    bomb = sealing.sealed(b"\0" * FAR_MORE)
    with within(8 * MIB), pytest.raises(TooLarge, match="holds more than the 131072 bytes"):
        opening.opened(bomb, 131072)


@pytest.mark.parametrize("harm", ["swollen", "endless"])
def test_a_piece_that_is_too_large_is_named_and_another_place_lends_it(one: Kept, harm: str) -> None:
    change = endless if harm == "endless" else swollen(one)
    for path in pieces(one.places[DATA]):
        change(path)
    with (
        within(64 * MIB),
        pytest.raises(BackupFault, match=r"piece [0-9a-f]{64}: (holds|lies there with) more than the"),
    ):
        one.restored()
    both = (str(one.places[DATA]), str(one.places["second"]))
    assert one.restored("lent", places=both)[0].number == 1


class Endless:
    """A stream that does not end, and counts what was taken of it."""

    def __init__(self, begin: bytes = b"") -> None:
        self.begin, self.taken = begin, 0

    def read(self, size: int = -1) -> bytes:
        data = self.begin[:size] if self.begin else b"A" * size
        self.begin = self.begin[size:]
        self.taken += len(data)
        return data


class Taking:
    """Counts what is written."""

    def __init__(self) -> None:
        self.taken = 0

    def write(self, data: bytes) -> int:
        self.taken += len(data)
        return len(data)


def test_a_file_that_does_not_end_fills_no_disk(one: Kept, tmp_path: Path) -> None:
    sealing, opening = pair(one)
    plain, large = tmp_path / "plain", tmp_path / "large"
    plain.write_bytes(bytes(5 * MIB))
    with plain.open("rb") as source, large.open("wb") as out:
        sealing.stream(source, out)
    written = Taking()
    with large.open("rb") as stream, pytest.raises(TooLarge, match="holds more than the 1048576 bytes"):
        opening.stream(stream, written, MIB)
    assert written.taken <= MIB
    for begin in (b"", b"age-encryption.org/v1\n-> X25519 ", large.read_bytes()[: 2 * MIB]):
        endless = Endless(begin)
        with within(64 * MIB), pytest.raises(BackupFault):
            opening.stream(endless, Taking(), MIB)
        assert endless.taken <= sealed_most(MIB) + MIB


def test_a_file_of_the_vault_that_is_too_large_is_named(one: Kept) -> None:
    plain, sealing = one.outside / "plain", pair(one)[0]
    plain.write_bytes(bytes(MIB))
    names, vault = BackupKeys(one.house.settings.keys).names(), one.house.vault
    files = {names.file(sha, (vault.file_id(sha) or b"").hex()) for sha in vault.names()}
    harmed = [path for path in pieces(one.places[DATA]) if path.name in files]
    assert harmed and len(harmed) == len(files)
    for path in harmed:
        path.chmod(0o600)
        with plain.open("rb") as source, path.open("wb") as out:
            sealing.stream(source, out)
    with pytest.raises(BackupFault, match=r"file [0-9a-f]{64}: holds more than the"):
        one.restored()


def test_a_manifest_is_bounded_before_anybody_believes_it(one: Kept) -> None:
    one.run()
    endless(manifests(one.places[DATA])[-1])
    with (
        within(SEALED_MOST * 3),
        pytest.raises(BackupFault, match="newest manifest does not count: lies there with more"),
    ):
        one.restored()
    rewrite(manifests(one.places[DATA])[-1], b"[" * 3000 + b"\nab\n")
    with pytest.raises(BackupFault, match="newest manifest does not count: a manifest cannot be read"):
        one.restored()


def test_a_run_is_not_held_up_by_what_somebody_put_into_a_place(one: Kept) -> None:
    for purpose in (DATA, KEYS):
        place = manifests(one.places[purpose])[0]
        strange = manifest_name("a place of somebody else's", 7)
        path = place.parent.parent / strange[:2] / strange
        path.parent.mkdir(exist_ok=True)
        path.touch()
        endless(path)
    with within(SEALED_MOST * 3):
        done = one.run()
    assert not [each.problem for each in done.places if each.problem and each.purpose != KEYS]


def test_a_mark_that_does_not_end_is_no_mark(one: Kept) -> None:
    path = one.places[DATA] / MARK
    endless(path)
    with within(64 * MIB):
        assert one.run().places[1].problem == "its mark cannot be read"


def test_a_store_that_sends_more_than_was_asked_for_is_not_read_on() -> None:
    class Client:
        def get_object(self, **_asked: object) -> dict[str, object]:
            return {"Body": Endless()}

    place = BucketPlace(Client(), "b", "")
    assert len(place.part("k", 0, 1000)) == 1000
    assert len(place.mark()) == 4096


def test_what_a_run_writes_is_what_a_restore_reads(one: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    said = to_json({"parts": []})
    assert len(said) < OPENED_MOST
    monkeypatch.setattr("oms.services.backup_deposit.OPENED_MOST", 100)
    assert "the manifest is larger than a restore reads" in one.run().places[1].problem
