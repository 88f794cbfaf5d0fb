"""Every place of the vault keeps the same promises: a folder, and a bucket (of a stand-in, not of a real server)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import bucket_server
import pytest
from bucket_server import Bucket, secret_file
from sealing_vault import keys_at, made

from oms.errors import FileDamaged, SettingsError, VaultLocked
from oms.store import bucket_place
from oms.store.file_place import FilePlace, FolderPlace, PlaceDown, place_at, temporary_in
from oms.store.vault import Vault

NAMES = [f"{n:02x}" * 32 for n in (1, 2, 3, 16, 255)]


@pytest.fixture(scope="module")
def server() -> Iterator[Bucket]:
    with bucket_server.running() as bucket:
        yield bucket


@pytest.fixture
def bucket(server: Bucket, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    server.objects.clear()
    server.failing = 0
    monkeypatch.setattr(bucket_place, "PART", 100_000)
    return server


@pytest.fixture(params=["folder", "bucket", "bucket with a prefix"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> FilePlace:
    if request.param == "folder":
        return FolderPlace(tmp_path / "vault")
    bucket = request.getfixturevalue("bucket")
    return place_at(bucket.setting("oms/kho" if "prefix" in request.param else ""), secret_file(tmp_path))


def put(place: FilePlace, name: str, data: bytes) -> None:
    with temporary_in(place.new()) as (file, temporary):
        file.write(data)
    place.put(name, temporary)
    assert not temporary.exists()


def test_what_was_put_is_there_whole_and_under_its_name_alone(place: FilePlace) -> None:
    for name, data in zip(NAMES, (b"", b"x", b"y" * 999, b"z" * 1000, b"w" * 250_000), strict=True):
        put(place, name, data)
        with place.open(name) as stream:
            assert stream.read() == data
        assert place.size(name) == len(data)
    with place.open(NAMES[-1]) as stream:
        assert (stream.read(3), stream.read(2000), len(stream.read())) == (b"www", b"w" * 2000, 247_997)
    put(place, NAMES[0], b"another")
    with place.open(NAMES[0]) as stream:
        assert stream.read() == b"another", "the new bytes take the place of the old"


def test_names_come_in_order_from_anywhere(place: FilePlace) -> None:
    assert list(place.names()) == []
    place.set_mark("mine")
    for name in reversed(NAMES):
        put(place, name, b"x")
    assert list(place.names()) == NAMES
    assert list(place.names(NAMES[1])) == NAMES[2:] and list(place.names("ff" * 32)) == []
    assert place.remove(NAMES[2]) and not place.remove(NAMES[2])
    assert list(place.names()) == [name for name in NAMES if name != NAMES[2]]


def test_what_is_missing_says_so(place: FilePlace) -> None:
    for ask in (place.open, place.size):
        with pytest.raises(FileNotFoundError):
            ask(NAMES[0])
    for ask in (place.open, place.size, place.remove):
        with pytest.raises(ValueError, match="SHA-256"):
            ask("../../etc/passwd")


def test_a_place_is_marked_as_an_installations(place: FilePlace) -> None:
    assert place.mark() == ""
    place.set_mark("mine")
    assert place.mark() == "mine"


def test_a_vault_works_on_every_place(place: FilePlace, tmp_path: Path) -> None:
    home = tmp_path / "home"
    made(home)
    vault, paper = Vault(place, keys_at(home)), b"giay to" * 400_000
    with pytest.raises(VaultLocked):
        vault.check_place()
    vault.claim()
    vault.check_place()
    (tmp_path / "paper").write_bytes(paper)
    sha, size = vault.put_file(tmp_path / "paper")
    assert size == len(paper) and vault.put_bytes(paper) == sha and list(vault.names()) == [sha]
    assert vault.read(sha) == paper and vault.size(sha) == size and vault.is_sealed(sha)
    with vault.opened(sha) as path:
        assert path.read_bytes() == paper
    with place.open(sha) as stream:
        there = bytearray(stream.read())
    assert b"giay to" not in there
    there[len(there) // 2] ^= 1
    put(place, sha, bytes(there))
    with pytest.raises(FileDamaged):
        vault.read(sha)
    assert vault.seal(vault.put_bytes(paper), anew=True) and vault.read(sha) == paper
    assert vault.destroy(sha) and list(vault.names()) == []
    vault.close()


@pytest.fixture
def remote(bucket: Bucket, tmp_path: Path) -> Callable[[str], FilePlace]:
    return lambda secret: place_at(bucket.setting(), secret_file(tmp_path, secret))


def test_a_store_that_falters_is_asked_again(bucket: Bucket, remote: Callable[[str], FilePlace]) -> None:
    place = remote(bucket_server.SECRET)
    bucket.failing = 1
    put(place, NAMES[0], b"x")
    assert bucket.failing == 0 and place.size(NAMES[0]) == 1


def test_a_store_that_does_not_answer_is_no_damage(
    bucket: Bucket, remote: Callable[[str], FilePlace], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    made(home)
    vault = Vault(remote(bucket_server.SECRET), keys_at(home))
    vault.claim()
    sha = vault.put_bytes(b"paper")
    bucket.failing = 10_000
    with pytest.raises(VaultLocked):
        vault.read(sha)
    bucket.failing = 0
    assert vault.read(sha) == b"paper"
    vault.close()


def test_a_wrong_secret_is_refused_and_not_told(bucket: Bucket, remote: Callable[[str], FilePlace]) -> None:
    before = bucket.refused
    with pytest.raises(PlaceDown) as told:
        remote("sai-bi-mat").size(NAMES[0])
    assert bucket.refused > before and "sai-bi-mat" not in str(told.value)


@pytest.mark.parametrize("setting", ["s3://", "s3://kho?mat-khau=x"])
def test_a_setting_that_names_no_bucket_is_refused(setting: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        place_at(setting, secret_file(tmp_path))


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = secret_file(tmp_path)
    path.chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600"):
        place_at("s3://kho", path)
    with pytest.raises(SettingsError, match="two lines"):
        place_at("s3://kho", tmp_path / "none")
