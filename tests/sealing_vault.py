"""A sealed vault of one's own without an installation round it, and harm done to its files."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from oms.services.unlocking import unlocker
from oms.settings import Settings
from oms.store import master_key
from oms.store.key_book import KeyBook
from oms.store.master_key import NewMaster, Ways
from oms.store.vault import Vault


def settings_at(home: Path) -> Settings:
    return Settings(home=home, database_url=f"sqlite:///{home / 'oms.db'}", secret_key="x" * 40)


def keys_at(home: Path, given: Sequence[str] | None = None) -> KeyBook:
    settings = settings_at(home)
    return KeyBook(settings.keys_database_url, unlocker(settings, given))


def made(home: Path, ways: Ways | None = None) -> NewMaster:
    """Makes the keys of a new vault."""
    (home / "keys").mkdir(parents=True)
    new = master_key.make(ways or Ways(), home / "keys")
    keys = keys_at(home)
    keys.create(new)
    keys.close()
    master_key.settle(home / "keys", new.master)
    vault = vault_at(home, [] if new.master.keeper != "file" else None)
    vault.claim()
    vault.close()
    return new


def vault_at(home: Path, given: Sequence[str] | None = None) -> Vault:
    """The vault as a program that starts now sees it."""
    return Vault(home / "vault", keys_at(home, given))


def rewrite(path: Path, data: bytes) -> None:
    """Harm: the file's bytes as they lie there become others."""
    path.chmod(0o600)
    path.write_bytes(data)


def flip(path: Path, at: int) -> None:
    """Harm: one bit."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    rewrite(path, bytes(data))


def in_the_clear(vault: Vault, sha: str, data: bytes) -> None:
    """A file as an installation of before kept it."""
    path = vault.path_of(sha)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(0o400)


STEPS: tuple[tuple[Any, str], ...] = (
    (os, "fsync"),
    (os, "replace"),
    (os, "unlink"),
    (Path, "rename"),
    (Path, "unlink"),
    (Path, "chmod"),
    (KeyBook, "record"),
    (KeyBook, "rotate_master"),
    (KeyBook, "rotate_level"),
    (KeyBook, "_rewrap"),
    (KeyBook, "_new_level_key"),
)


def killed_at(step: int, work: Callable[[], None]) -> bool:
    """Runs the work in a child that is killed (SIGKILL) before its n-th step towards the disk; False: it ended."""
    child = os.fork()
    if child == 0:
        try:
            _count_down(step)
            work()
        except BaseException:
            os._exit(3)
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    if os.WIFEXITED(status):
        assert os.WEXITSTATUS(status) == 0, "the work itself failed"
        return False
    return os.WTERMSIG(status) == signal.SIGKILL


def _count_down(step: int) -> None:
    left, patch = [step], pytest.MonkeyPatch()

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def before(*given: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*given, **named)

        return before

    for owner, name in STEPS:
        real = owner.__dict__[name] if isinstance(owner, type) else getattr(owner, name)
        if isinstance(real, staticmethod):
            patch.setattr(owner, name, staticmethod(dying(real.__func__)))
        else:
            patch.setattr(owner, name, dying(real))
