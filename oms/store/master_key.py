"""Who may open the vault: the master key, and the four ways it is kept.

``file``        beside the data, mode 0600: protects disks and backups that do not hold it, nothing else
``passphrase``  wrapped by Argon2id of a passphrase that is asked at the start
``shares``      wrapped by a secret of which any two of three officers hold enough (SLIP-39)
``token``       wrapped by an AES key that never leaves a PKCS#11 device; its PIN is asked at the start
"""

from __future__ import annotations

import json
import os
import stat
import unicodedata
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

from argon2.low_level import Type, hash_secret_raw

from oms.errors import InvalidInput, SettingsError, VaultLocked
from oms.settings import KEEPERS
from oms.store.key_wrap import WrongKey, unwrap, wrap

KEY = 32
ARGON_KIB, ARGON_TIMES, ARGON_LANES = 1024 * 1024, 3, 4
"""1 GiB for each try at the passphrase."""
OFFICERS, ENOUGH = 3, 2
SHORTEST = 16
FILE, NEXT = "master_key", "master_key.new"


@dataclass(frozen=True)
class Master:
    """The master key in force: its id, how it is kept, and what that needs beside the secret."""

    id: str
    keeper: str
    about: dict[str, Any]


@dataclass(frozen=True)
class Device:
    """A PKCS#11 module, the label of the token and of the AES key in it."""

    module: str = ""
    token: str = ""
    label: str = ""


@dataclass(frozen=True)
class NewMaster:
    """A master key just made. ``shares`` are to be handed out once and are kept nowhere."""

    master: Master
    key: bytes
    shares: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ways:
    """What a new master key is to be kept by: the keeper and its secret."""

    keeper: str = "file"
    secret: str = ""
    device: Device = field(default_factory=Device)


def make(ways: Ways, keys: Path, before: Master | None = None) -> NewMaster:
    """A new master key under a new id. A file lies at ``master_key.new`` until :func:`settle`.

    ``before``: the key in force, which must be said where there is one: after a change that was killed before it was
    settled its only copy lies at ``master_key.new``, and is put into its place first. InvalidInput when the
    passphrase is too short or the keeper unknown; VaultLocked when a token does not open.
    """
    if before is not None:
        settle(keys, before)
    name, key = os.urandom(8).hex(), os.urandom(KEY)
    if ways.keeper == "file":
        _write(keys / NEXT, name, key)
        return NewMaster(Master(name, "file", {}), key)
    if ways.keeper == "passphrase":
        if len(ways.secret) < SHORTEST:
            raise InvalidInput("passphrase", f"Câu mật khẩu của kho phải có ít nhất {SHORTEST} ký tự.")
        about = _argon()
        by = _derived(ways.secret, about)
        return NewMaster(Master(name, "passphrase", about | _wrapped(key, by, name)), key)
    if ways.keeper == "shares":
        from shamir_mnemonic import generate_mnemonics  # who keeps the key otherwise does without

        by = os.urandom(KEY)
        [shares] = generate_mnemonics(1, [(ENOUGH, OFFICERS)], by, iteration_exponent=0)
        return NewMaster(Master(name, "shares", _wrapped(key, by, name)), key, tuple(shares))
    if ways.keeper == "token":
        about = vars(ways.device) | _by_token(ways.device, ways.secret, key)
        return NewMaster(Master(name, "token", about), key)
    raise InvalidInput("keeper", f"Cách giữ khoá phải là một trong: {', '.join(KEEPERS)}.")


def settle(keys: Path, master: Master) -> None:
    """The file of the key in force takes the place of the one before; with another keeper there is no file any more.

    Called after the database has the key: a kill in between leaves both files, of which :func:`opened` takes the right
    one, and the next call ends what was begun.
    """
    if master.keeper == "file":
        if _named(keys / NEXT) == master.id:
            os.replace(keys / NEXT, keys / FILE)
    else:
        (keys / FILE).unlink(missing_ok=True)
        (keys / NEXT).unlink(missing_ok=True)
    _sync(keys)


def opened(master: Master, secret: Sequence[str], keys: Path) -> bytes:
    """The master key; VaultLocked when the file is missing or the secret (lines as they were typed) is wrong."""
    if master.keeper == "file":
        return _read(keys, master)
    lines = [line for line in (" ".join(each.split()) for each in secret) if line]
    if not lines:
        raise VaultLocked("nothing was given to open the vault with")
    try:
        if master.keeper == "token":
            return _from_token(master.about, secret[0].strip("\r\n"))
        for by in _candidates(master, secret[0].strip("\r\n"), lines):
            try:
                return unwrap(b64decode(master.about["wrapped"]), by, _purpose(master.id))
            except WrongKey:
                continue
    except (KeyError, ValueError):
        raise VaultLocked("the record of the master key cannot be read") from None
    raise VaultLocked("wrong passphrase" if master.keeper == "passphrase" else "these shares do not open the vault")


def _candidates(master: Master, passphrase: str, lines: list[str]) -> list[bytes]:
    """Keys the secret stands for; of three shares each pair, so that a wrong one does no harm."""
    if master.keeper == "passphrase":
        return [_derived(passphrase, master.about)]
    from shamir_mnemonic import MnemonicError, combine_mnemonics

    found = []
    for pair in combinations(dict.fromkeys(lines), ENOUGH):
        try:
            found.append(combine_mnemonics(pair))
        except (MnemonicError, ValueError):
            continue
    return found


def share_is_sound(share: str) -> bool:
    """Whether a typed share is one, without a slip of the pen: its own check sum."""
    from shamir_mnemonic import MnemonicError, Share

    try:
        Share.from_mnemonic(" ".join(share.lower().split()))
    except (MnemonicError, ValueError):
        return False
    return True


def _purpose(name: str) -> bytes:
    return f"oms master {name}".encode()


def _wrapped(key: bytes, by: bytes, name: str) -> dict[str, Any]:
    return {"wrapped": b64encode(wrap(key, by, _purpose(name))).decode()}


def _argon() -> dict[str, Any]:
    salt = b64encode(os.urandom(16)).decode()
    return {"salt": salt, "kib": ARGON_KIB, "times": ARGON_TIMES, "lanes": ARGON_LANES}


def _derived(passphrase: str, about: dict[str, Any]) -> bytes:
    return hash_secret_raw(
        unicodedata.normalize("NFC", passphrase).encode(),
        b64decode(about["salt"]),
        about["times"],
        about["kib"],
        about["lanes"],
        KEY,
        Type.ID,
    )


def _write(path: Path, name: str, key: bytes) -> None:
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(f"oms-master-1 {name} {key.hex()}\n")
        file.flush()
        os.fsync(file.fileno())
    _sync(path.parent)


def _read(keys: Path, master: Master) -> bytes:
    """The key of this id from the file in force, or from the new one where a rotation was stopped in between."""
    for path in (keys / FILE, keys / NEXT):
        try:
            if stat.S_IMODE(path.stat().st_mode) & 0o077:
                raise SettingsError(f"keys/{path.name} is readable by others: chmod 600 it")
            mark, name, key = path.read_text().split()
        except (OSError, ValueError):
            continue
        if (mark, name) == ("oms-master-1", master.id):
            return bytes.fromhex(key)
    raise VaultLocked(f"keys/{FILE} is missing or is not the key of this vault")


def _named(path: Path) -> str:
    """The id of the key in a file; "" when there is none."""
    try:
        return path.read_text().split()[1]
    except (OSError, IndexError, ValueError):
        return ""


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _token_key(device: Device, pin: str) -> Any:
    """The session and the AES key of a token; VaultLocked says which of them is missing, never the PIN."""
    import pkcs11

    try:
        session = pkcs11.lib(device.module).get_token(token_label=device.token).open(user_pin=pin)
    except (pkcs11.PKCS11Error, RuntimeError, OSError):
        raise VaultLocked("the token does not open: not plugged in, or a wrong PIN") from None
    try:
        return session, session.get_key(object_class=pkcs11.ObjectClass.SECRET_KEY, label=device.label)
    except pkcs11.PKCS11Error:
        session.close()
        raise VaultLocked("the token has no AES key of this label") from None


def _by_token(device: Device, pin: str, key: bytes) -> dict[str, Any]:
    session, own = _token_key(device, pin)
    try:
        start = os.urandom(16)
        sealed = own.encrypt(key, mechanism_param=start)  # AES-CBC, padded; a false one fails at the level keys
    finally:
        session.close()
    return {"start": b64encode(start).decode(), "sealed": b64encode(sealed).decode()}


def _from_token(about: dict[str, Any], pin: str) -> bytes:
    import pkcs11

    session, own = _token_key(Device(about["module"], about["token"], about["label"]), pin)
    try:
        return bytes(own.decrypt(b64decode(about["sealed"]), mechanism_param=b64decode(about["start"])))
    except pkcs11.PKCS11Error:
        raise VaultLocked("the token's key is not the one of this vault") from None
    finally:
        session.close()


def to_json(master: Master) -> str:
    """What is kept of a master key: no secret in it."""
    return json.dumps(master.about, sort_keys=True)
