"""Where a process gets the vault's master key from: a file, what its parent handed it, a credential, the terminal.

Never from an argument or a variable: both are shown to whoever lists processes. A parent hands the key to its children
in a file in memory that has no name (memfd); only its number stands in the environment.
"""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from oms.errors import VaultLocked
from oms.settings import HANDED, Settings
from oms.store import master_key
from oms.store.master_key import Master
from oms.store.vault import Vault

CREDENTIAL = "oms-unlock"
"""Name of systemd's credential (LoadCredential=oms-unlock:…): a passphrase, a PIN, or a share on each line."""
PROMPTS = {
    "passphrase": ("Câu mật khẩu của kho tệp / passphrase of the vault: ",),
    "token": ("Mã PIN của thiết bị khoá / PIN of the token: ",),
    "shares": ("Phần khoá của người thứ nhất / first officer's share: ", "Phần khoá của người thứ hai / second: "),
}

Ask = Callable[[str], str]


def unlocker(settings: Settings, given: Sequence[str] | None = None) -> Callable[[Master], tuple[str, bytes]]:
    """How this process gets the key; ``given`` are the lines of a secret that it has already."""

    def unlock(master: Master) -> tuple[str, bytes]:
        handed = _handed()
        if handed is not None:
            return handed
        if master.keeper == "file":
            return master.id, master_key.opened(master, (), settings.keys)
        secret = given if given is not None else _credential()
        if secret is None:
            secret = _asked(master.keeper, _terminal())
        return master.id, master_key.opened(master, secret, settings.keys)

    return unlock


def _handed() -> tuple[str, bytes] | None:
    """What the parent handed over: id and key."""
    number = os.environ.get(HANDED, "")
    if not number:
        return None
    try:
        told = json.loads(os.pread(int(number), 4096, 0))
        return str(told["id"]), bytes.fromhex(told["key"])
    except (OSError, ValueError, KeyError, TypeError):
        raise VaultLocked(f"{HANDED} names no key") from None


def _credential() -> list[str] | None:
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    path = Path(folder) / CREDENTIAL
    return path.read_text(encoding="utf-8").splitlines() if folder and path.is_file() else None


def _terminal() -> Ask:
    if not sys.stdin.isatty():
        raise VaultLocked("the vault is locked: start it on a terminal, with --unlock-fd or a credential")
    return getpass.getpass


def _asked(keeper: str, ask: Ask) -> list[str]:
    try:
        return [ask(words) for words in PROMPTS[keeper]]
    except (EOFError, KeyError):
        raise VaultLocked("nothing was given to open the vault with") from None


def lines_of(descriptor: int) -> list[str]:
    """What a program wrote into a pipe of ours: a line each. VaultLocked when there is no such descriptor."""
    try:
        with os.fdopen(descriptor, encoding="utf-8") as stream:
            return stream.read(65536).splitlines()
    except (OSError, ValueError):
        raise VaultLocked("the descriptor to read the secret from cannot be read") from None


class Handing:
    """The key as a parent hands it to its children: kept up when the master key changes while they run."""

    def __init__(self, vault: Vault) -> None:
        self.descriptor, self._told = -1, ("", b"")
        self._keys = keys = vault.sealing()
        if keys is None:
            return
        name, key = keys.follow()  # asks whoever starts the programs, once
        if keys.master().keeper != "file":
            self.descriptor = os.memfd_create("oms-master", os.MFD_CLOEXEC)
            self._write(name, key)

    def _write(self, name: str, key: bytes) -> None:
        data = json.dumps({"id": name, "key": key.hex()}).encode()
        os.pwrite(self.descriptor, data, 0)
        os.ftruncate(self.descriptor, len(data))
        self._told = name, key

    @property
    def passed(self) -> tuple[int, ...]:
        """The descriptors a child is to inherit."""
        return () if self.descriptor < 0 else (self.descriptor,)

    @property
    def environment(self) -> dict[str, str]:
        """What a child is told: the number of the descriptor."""
        return {} if self.descriptor < 0 else {HANDED: str(self.descriptor)}

    def refresh(self) -> None:
        """Takes over a new master key while the one before still leads to it."""
        if self.descriptor < 0 or self._keys is None or self._keys.master().id == self._told[0]:
            return
        self._write(*self._keys.after(*self._told))


def inherited() -> tuple[int, ...]:
    """The descriptors that a program started by this one is to inherit, so that it can open the vault, too."""
    number = os.environ.get(HANDED, "")
    return (int(number),) if number.isdecimal() else ()
