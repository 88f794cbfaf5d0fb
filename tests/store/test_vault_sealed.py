"""A sealed vault: nobody reads it without the key, nothing in it can be changed unseen, no kill loses a file."""

from __future__ import annotations

import os
import shutil
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from sealing_vault import flip, in_the_clear, keys_at, killed_at, made, rewrite, vault_at

from oms.errors import FileDamaged, FileKeyGone, VaultLocked
from oms.store import in_memory, key_wrap, master_key, sealed_file
from oms.store.key_book import UNKNOWN_LEVEL, KeyBook
from oms.store.master_key import Ways
from oms.store.sealed_file import HEADER, SEGMENT, TAG, BadSeal, Sealer
from oms.store.vault import Vault

PAPER = b"%PDF-1.7 giay to mat" * 60_000  # more than a segment
KEY, FILE = b"k" * 32, b"i" * 16


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made(tmp_path)
    return tmp_path


@pytest.fixture
def vault(home: Path) -> Vault:
    return vault_at(home)


def keys_of(vault: Vault) -> KeyBook:
    keys = vault.sealing()
    assert keys is not None
    return keys


def sealed(data: bytes, cut: int = SEGMENT, key: bytes = KEY) -> bytes:
    from io import BytesIO

    out = BytesIO()
    sealer = Sealer(out, key, FILE)
    for at in range(0, len(data), cut):
        sealer.write(data[at : at + cut])
    sealer.end()
    return out.getvalue()


def opened(data: bytes, key: bytes = KEY) -> bytes:
    from io import BytesIO

    stream = BytesIO(data)
    return b"".join(sealed_file.pieces(stream, stream.read(HEADER), key))


@pytest.mark.parametrize("size", [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT, 2 * SEGMENT + 17])
def test_what_is_sealed_comes_out_again_whatever_its_size(size: int) -> None:
    data = os.urandom(size)
    whole = sealed(data, 300_000)
    assert opened(whole) == data
    assert sealed_file.plain_size(len(whole)) == size
    assert sealed_file.file_id_of(whole[:HEADER]) == FILE


def test_segments_cut_off_moved_doubled_or_taken_from_another_file_are_found() -> None:
    step = SEGMENT + TAG
    whole, other = sealed(bytes(3 * SEGMENT)), sealed(b"\1" * (3 * SEGMENT))
    head, one, two, three = whole[:HEADER], *(whole[HEADER + n * step : HEADER + (n + 1) * step] for n in range(3))
    harms = {
        "the last segment cut off": head + one + two,
        "all but the header cut off": head,
        "the last bytes cut off": whole[:-1],
        "two segments exchanged": head + two + one + three,
        "a segment taken twice": head + one + one + two + three,
        "a segment left out": head + one + three,
        "bytes added": whole + b"\0",
        "the segment of another file": head + one + other[HEADER + step : HEADER + 2 * step] + three,
        "the header of another file": other[:HEADER] + one + two + three,
    }
    for harm, data in harms.items():
        with pytest.raises(BadSeal):
            pytest.fail(f"{harm}: {len(opened(data))} bytes came out")
    with pytest.raises(BadSeal):
        opened(whole, b"K" * 32)


@settings(max_examples=60, deadline=None)
@given(some.binary(max_size=400), some.data())
def test_any_flipped_bit_is_found(data: bytes, draw: some.DataObject) -> None:
    whole = bytearray(sealed(data))
    at = draw.draw(some.integers(0, len(whole) * 8 - 1))
    whole[at // 8] ^= 1 << at % 8
    head = bytes(whole[:HEADER])
    if sealed_file.file_id_of(head) == FILE:
        with pytest.raises(BadSeal):
            opened(bytes(whole))


def test_nothing_of_a_paper_lies_on_the_disk_in_the_clear(vault: Vault, home: Path) -> None:
    sha = vault.put_bytes(PAPER)
    assert vault.read(sha) == PAPER and vault.size(sha) == vault.verify(sha) == len(PAPER)
    for path in home.rglob("*"):
        assert not path.is_file() or b"giay to mat" not in path.read_bytes(), path.name
    assert vault.path_of(sha).stat().st_mode & 0o777 == 0o400
    assert vault.put_bytes(PAPER) == sha and len(keys_of(vault).rows_of(sha)) == 1, "the same bytes are kept once"
    assert list(vault.names()) == [sha]


@pytest.mark.parametrize("at", [0, 7, 8, 23, 24, 30, 31, 32, 32 + SEGMENT, -1], ids=str)
def test_a_flipped_bit_in_any_part_of_the_file_is_damage(vault: Vault, at: int) -> None:
    sha = vault.put_bytes(PAPER)
    flip(vault.path_of(sha), at)
    with pytest.raises(FileDamaged):
        vault.read(sha)
    with pytest.raises(FileDamaged):
        vault.verify(sha)
    assert vault.put_bytes(PAPER) == sha
    assert vault.read(sha) == PAPER, "good bytes given again mend it"


def test_files_that_changed_places_are_damage(vault: Vault) -> None:
    one, two = vault.put_bytes(PAPER), vault.put_bytes(PAPER + b".")
    first, second = (vault.path_of(sha).read_bytes() for sha in (one, two))
    rewrite(vault.path_of(one), second)
    rewrite(vault.path_of(two), first)
    for sha in (one, two):
        with pytest.raises(FileDamaged):
            vault.read(sha)


def test_a_file_of_before_is_read_and_sealed_when_it_comes_again(vault: Vault) -> None:
    tricky = b"OMSSEAL\x01" + bytes(24) + b"a file somebody made to look sealed"
    for data in (PAPER, b"", b"short"):
        sha = sha256(data).hexdigest()
        in_the_clear(vault, sha, data)
        assert vault.read(sha) == data and vault.size(sha) == len(data) and not vault.is_sealed(sha)
        assert vault.put_bytes(data) == sha and vault.is_sealed(sha) and vault.read(sha) == data
    assert vault.read(vault.put_bytes(tricky)) == tricky
    flat = sha256(b"flat").hexdigest()
    in_the_clear(vault, flat, b"flax")
    with pytest.raises(FileDamaged):
        vault.seal(flat)
    with pytest.raises(FileDamaged):
        vault.read(flat)


def test_a_destroyed_file_is_opened_by_no_backup_of_the_vault(vault: Vault, home: Path, tmp_path: Path) -> None:
    sha, other = vault.put_bytes(PAPER), vault.put_bytes(b"another")
    kept = vault.path_of(sha).read_bytes()
    [row] = keys_of(vault).rows_of(sha)
    assert vault.destroy(sha) and not vault.destroy(sha)
    vault.close()
    in_the_clear(vault, sha, kept)  # the vault as a backup brings it back
    with pytest.raises(FileKeyGone):
        vault_at(home).read(sha)
    for name in ("files.db", "files.db-wal"):
        path = home / "keys" / name
        assert not path.exists() or row.file_id.hex().encode() not in path.read_bytes(), (
            "overwritten, not only unlinked"
        )
    again = vault_at(home)
    assert again.read(other) == b"another"
    assert again.put_bytes(PAPER) == sha and again.read(sha) == PAPER, (
        "the same paper may come in again, with a new key"
    )


def test_lost_keys_are_told_and_nothing_is_written_in_the_clear(vault: Vault, home: Path) -> None:
    sha = vault.put_bytes(PAPER)
    vault.close()
    for name in list((home / "keys").iterdir()):
        name.rename(home / name.name)
    for act in (lambda: vault_at(home).read(sha), lambda: vault_at(home).put_bytes(b"new"), vault_at(home).check_place):
        with pytest.raises(VaultLocked):
            act()
    for name in home.glob("files.db*"):
        name.rename(home / "keys" / name.name)
    with pytest.raises(VaultLocked, match="master_key"):
        vault_at(home).read(sha)
    (home / "master_key").rename(home / "keys" / "master_key")
    assert vault_at(home).read(sha) == PAPER


def test_a_master_key_that_others_can_read_is_refused(vault: Vault, home: Path) -> None:
    from oms.errors import SettingsError

    (home / "keys" / "master_key").chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600"):
        vault.put_bytes(PAPER)


def test_a_place_of_another_installation_or_not_mounted_is_refused(
    home: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    made(other)
    vault_at(home).check_place()
    with pytest.raises(VaultLocked, match="another installation"):
        Vault(other / "vault", keys_at(home)).check_place()
    with pytest.raises(VaultLocked, match="not mounted"):
        Vault(other / "empty", keys_at(home)).check_place()


def test_a_program_gets_a_copy_in_memory_that_is_gone_afterwards(vault: Vault) -> None:
    sha = vault.put_bytes(PAPER)
    with vault.opened(sha) as path:
        assert path.read_bytes() == PAPER
        assert path.parent.parent == in_memory.MEMORY
        assert path.stat().st_mode & 0o777 == 0o400 and path.parent.stat().st_mode & 0o777 == 0o700
        os.utime(path.parent, (0, 0))
        in_memory.sweep()
        assert path.exists(), "in use: its lock is held"
    assert not path.parent.exists()


def test_what_a_killed_program_left_in_memory_goes(tmp_path: Path, vault: Vault) -> None:
    sha = vault.put_bytes(PAPER)
    told, child = tmp_path / "told", os.fork()
    if child == 0:
        with vault.opened(sha) as path:
            told.write_text(str(path))
            os._exit(0)  # no clean-up runs, as after kill -9
    os.waitpid(child, 0)
    left = Path(told.read_text())
    assert left.exists()
    os.utime(left.parent, (0, 0))
    assert in_memory.sweep() >= 1
    assert not left.parent.exists()


def test_levels_are_known_or_the_highest_and_can_be_changed(vault: Vault) -> None:
    keys, known, unknown = keys_of(vault), vault.put_bytes(PAPER, 1), vault.put_bytes(b"x")
    assert [(row.level, row.settled) for sha in (known, unknown) for row in keys.rows_of(sha)] == [
        (1, True),
        (UNKNOWN_LEVEL, False),
    ]
    assert keys.unsettled(10) == [unknown]
    assert vault.relevel(unknown, 0) and vault.relevel(known, 2) and not vault.relevel(known, 2)
    assert vault.read(unknown) == b"x" and vault.read(known) == PAPER and keys.unsettled(10) == []
    assert keys.counts()["level 0"] == 1 and keys.counts()["level 2"] == 1


def test_a_level_gets_a_new_key_and_the_old_one_opens_nothing_more(vault: Vault, home: Path) -> None:
    keys, shas = keys_of(vault), [vault.put_bytes(bytes([n]), 0) for n in range(5)]
    old = keys.rows_of(shas[0])[0].key_id
    keys.rotate_level(0)
    fresh = vault.put_bytes(PAPER, 0)
    assert keys.rows_of(fresh)[0].key_id != old and keys.counts()["old_key"] == 5
    assert [vault.read(sha) for sha in shas] == [bytes([n]) for n in range(5)], "read while both are in use"
    assert (keys.rewrap(3), keys.rewrap(3), keys.rewrap(3)) == (3, 2, 0)
    vault.close()
    later = vault_at(home)
    assert [later.read(sha) for sha in shas] == [bytes([n]) for n in range(5)] and later.read(fresh) == PAPER
    assert keys.counts()["old_key"] == 0


def test_a_new_master_key_is_followed_by_who_runs_and_the_old_one_ends(home: Path) -> None:
    vault = vault_at(home)
    sha, keys = vault.put_bytes(PAPER), keys_of(vault)
    before = keys.master()
    held = (before.id, master_key.opened(before, (), home / "keys"))
    running = KeyBook(f"sqlite:///{home / 'keys' / 'files.db'}", lambda _master: held)
    new = master_key.make(Ways(), home / "keys")
    keys.rotate_master(new)
    assert running.follow() == (new.master.id, new.key)
    keys.close_the_way()
    late = KeyBook(f"sqlite:///{home / 'keys' / 'files.db'}", lambda _master: held)
    with pytest.raises(VaultLocked):
        late.follow()
    assert vault_at(home).read(sha) == PAPER, "the new file is there, not yet in its place"
    master_key.settle(home / "keys", new.master)
    assert vault_at(home).read(sha) == PAPER
    assert not (home / "keys" / "master_key.new").exists()


def test_a_wrapped_key_serves_its_purpose_only() -> None:
    wrapped = key_wrap.wrap(b"s" * 32, KEY, b"file a")
    assert key_wrap.unwrap(wrapped, KEY, b"file a") == b"s" * 32
    for by, purpose, data in ((KEY, b"file b", wrapped), (b"x" * 32, b"file a", wrapped), (KEY, b"file a", b"")):
        with pytest.raises(key_wrap.WrongKey):
            key_wrap.unwrap(data, by, purpose)


def test_no_kill_while_old_files_are_sealed_loses_one(vault: Vault, home: Path) -> None:
    papers = {sha256(data).hexdigest(): data for data in (b"one", b"two" * 1000)}
    for sha, data in papers.items():
        in_the_clear(vault, sha, data)
    vault.close()

    def seal_all() -> None:
        mine = vault_at(home)
        for sha in list(mine.names()):
            mine.seal(sha)

    step = 0
    while killed_at(step, seal_all):
        after = vault_at(home)
        assert {sha: after.read(sha) for sha in papers} == papers, f"killed before step {step}"
        after.close()
        for sha, data in papers.items():
            after.path_of(sha).unlink()
            in_the_clear(after, sha, data)
        step += 1
    assert step > 15
    assert all(vault_at(home).is_sealed(sha) for sha in papers)


def test_no_kill_while_keys_change_loses_one(vault: Vault, home: Path) -> None:
    papers = {vault.put_bytes(data): data for data in (b"one", b"two")}
    vault.close()
    saved = home / "saved"

    def change() -> None:
        keys = keys_at(home)
        new = master_key.make(Ways(), home / "keys")
        keys.rotate_master(new)
        master_key.settle(home / "keys", new.master)
        keys.close_the_way()
        keys.rotate_level(3)
        while keys.rewrap(1):
            pass

    shutil.copytree(home / "keys", saved)
    step = 0
    while True:
        killed = killed_at(step, change)
        after = vault_at(home)
        assert {sha: after.read(sha) for sha in papers} == papers, f"killed before step {step}"
        master_key.settle(home / "keys", keys_of(after).master())
        assert after.put_bytes(b"three") and after.destroy(sha256(b"three").hexdigest())
        after.close()
        if not killed:
            break
        shutil.rmtree(home / "keys")
        shutil.copytree(saved, home / "keys")
        step += 1
    assert step > 8
