"""Who may open the vault: each keeper of the master key, and what does not open it."""

from __future__ import annotations

import itertools
import subprocess
from pathlib import Path

import pytest
from sealing_vault import made, vault_at

from oms.errors import InvalidInput, VaultLocked
from oms.store import master_key
from oms.store.master_key import Device, Ways

WORDS = "một câu mật khẩu dài của kho"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id with less memory; one test looks at the real cost."""
    monkeypatch.setattr(master_key, "ARGON_KIB", 64)
    monkeypatch.setattr(master_key, "ARGON_TIMES", 1)


def test_a_passphrase_opens_and_another_does_not(tmp_path: Path) -> None:
    new = made(tmp_path, Ways("passphrase", WORDS))
    assert not (tmp_path / "keys" / "master_key").exists(), "no key lies beside the data"
    sha = vault_at(tmp_path, [WORDS]).put_bytes(b"paper")
    assert vault_at(tmp_path, [WORDS]).read(sha) == b"paper"
    for wrong in ([WORDS + "."], [""], [], [WORDS.upper()]):
        with pytest.raises(VaultLocked) as told:
            vault_at(tmp_path, wrong).read(sha)
        assert WORDS not in str(told.value) and new.key.hex() not in str(told.value)
    with pytest.raises(InvalidInput):
        master_key.make(Ways("passphrase", "ngắn"), tmp_path / "keys")


def test_the_real_cost_of_a_try_is_a_gibibyte(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.undo()
    asked: list[int] = []
    monkeypatch.setattr(master_key, "hash_secret_raw", lambda *given: asked.append(given[3]) or bytes(32))
    master_key.make(Ways("passphrase", WORDS), tmp_path)
    assert asked == [1024 * 1024]


def test_any_two_of_three_officers_open_and_no_one_alone(tmp_path: Path) -> None:
    new = made(tmp_path, Ways("shares"))
    assert len(new.shares) == 3 and all(master_key.share_is_sound(share) for share in new.shares)
    sha = vault_at(tmp_path, new.shares[:2]).put_bytes(b"paper")
    for pair in itertools.permutations(new.shares, 2):
        assert vault_at(tmp_path, pair).read(sha) == b"paper"
    assert vault_at(tmp_path, new.shares).read(sha) == b"paper"
    strange = master_key.make(Ways("shares"), tmp_path / "keys").shares
    slip = " ".join([*new.shares[1].split()[:-1], "academic"])
    assert not master_key.share_is_sound(slip) and not master_key.share_is_sound("không phải")
    for wrong in (new.shares[:1], [new.shares[0]] * 2, strange[:2], [new.shares[0], strange[1]], [new.shares[0], slip]):
        with pytest.raises(VaultLocked):
            vault_at(tmp_path, wrong).read(sha)
    assert vault_at(tmp_path, [slip, new.shares[0], new.shares[2]]).read(sha) == b"paper", "a wrong third does no harm"


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Device:
    """A SoftHSM2 token of one's own with an AES key that cannot leave it."""
    import pkcs11

    (tmp_path / "tokens").mkdir()
    settings = tmp_path / "softhsm2.conf"
    settings.write_text(
        f"directories.tokendir = {tmp_path / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    monkeypatch.setenv("SOFTHSM2_CONF", str(settings))
    command = ["softhsm2-util", "--init-token", "--free", "--label", "kho", "--so-pin", "87654321", "--pin", "1234"]
    subprocess.run(command, check=True, capture_output=True)
    module = "/usr/lib/softhsm/libsofthsm2.so"
    library = pkcs11.lib(module)
    library.reinitialize()
    with library.get_token(token_label="kho").open(user_pin="1234", rw=True) as session:
        for label in ("khoa-kho", "khoa-khac"):
            session.generate_key(pkcs11.KeyType.AES, 256, label=label, store=True)
    return Device(module, "kho", "khoa-kho")


def test_a_token_opens_with_its_pin_alone(device: Device, tmp_path: Path) -> None:
    home = tmp_path / "home"
    made(home, Ways("token", "1234", device))
    sha = vault_at(home, ["1234"]).put_bytes(b"paper")
    assert vault_at(home, ["1234"]).read(sha) == b"paper"
    for pin in (["9999"], [""], []):
        with pytest.raises(VaultLocked) as told:
            vault_at(home, pin).read(sha)
        assert "9999" not in str(told.value)


@pytest.mark.parametrize("wrong", [{"token": "khac"}, {"label": "khong-co"}, {"module": "/khong/co.so"}])
def test_a_token_that_is_not_there_makes_no_key(device: Device, tmp_path: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(VaultLocked):
        master_key.make(Ways("token", "1234", Device(**(vars(device) | wrong))), tmp_path)
