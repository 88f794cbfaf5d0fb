"""The vault: bytes go in once, come out the same or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from oms.errors import FileDamaged
from oms.store.vault import CHUNK, Vault

PAPER = b"giay to" * 1000


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault")


def harm(vault: Vault, sha: str) -> Path:
    path = vault.path_of(sha)
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    return path


def test_the_same_bytes_are_kept_once_and_closed_to_writing(vault: Vault, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(PAPER)
    sha = vault.put_bytes(PAPER)
    assert vault.put_file(tmp_path / "f") == (sha, len(PAPER))
    assert list(vault.names()) == [sha]
    assert vault.read(sha) == PAPER
    assert vault.path_of(sha).stat().st_mode & 0o777 == 0o400
    assert [path.name for path in vault.root.iterdir()] == [sha[:2]]


def test_one_flipped_bit_is_found_on_every_way_out(vault: Vault) -> None:
    sha = vault.put_bytes(PAPER)
    harm(vault, sha)
    with pytest.raises(FileDamaged):
        vault.read(sha)
    with pytest.raises(FileDamaged):
        vault.verify(sha)
    with pytest.raises(FileDamaged), vault.opened(sha):
        pass


def test_good_bytes_given_again_mend_a_damaged_file(vault: Vault) -> None:
    sha = vault.put_bytes(PAPER)
    harm(vault, sha)
    assert vault.put_bytes(PAPER) == sha
    assert vault.read(sha) == PAPER


def test_a_missing_file_is_damage(vault: Vault) -> None:
    sha = vault.put_bytes(PAPER)
    vault.path_of(sha).unlink()
    with pytest.raises(FileDamaged):
        vault.read(sha)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a" * 63, "A" * 64, "g" * 64, "/" * 64, "0" * 63 + "\n"])
def test_a_name_that_is_no_sha256_is_refused(vault: Vault, name: str) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        vault.path_of(name)


def test_a_source_that_changes_meanwhile_is_kept_as_it_was_read(vault: Vault, tmp_path: Path) -> None:
    """A pipe stands for a file that grows while it is copied: the name is that of the bytes that were kept."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    child = os.fork()
    if child == 0:
        with pipe.open("wb") as stream:
            for piece in (b"a" * CHUNK, b"b" * 17):
                stream.write(piece)
                stream.flush()
        os._exit(0)
    sha, size = vault.put_file(pipe)
    os.waitpid(child, 0)
    assert size == CHUNK + 17
    assert vault.read(sha) == b"a" * CHUNK + b"b" * 17


def test_a_copy_that_fails_leaves_nothing_behind(vault: Vault, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        vault.put_file(tmp_path / "gone")
    assert list(vault.root.iterdir()) == []
