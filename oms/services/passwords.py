"""Passwords at work: Argon2id, at most two at once on the machine, the same cost for names that do not exist."""

from __future__ import annotations

import fcntl
import functools
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from oms.domain import passwords as rules
from oms.errors import Busy, InvalidInput
from oms.store import units
from oms.store.db import UnitOfWork
from oms.store.tables import Account

# Argon2id m=64 MiB, t=3, p=4: RFC 9106's second recommended option.
_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
AT_ONCE = 2
"""Hashes at once over all processes of the installation on this machine: 128 MiB at most."""
QUEUE = 3
"""Requests of a process that may wait besides: a flood at the door must not take the threads of those at work."""
_door = threading.BoundedSemaphore(AT_ONCE + QUEUE)
_waiting = threading.BoundedSemaphore(AT_ONCE)
_slots: list[Path] = []
CODE_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def share_slots(home: Path) -> None:
    """Names the installation's folder: its lock files keep all its processes together to :data:`AT_ONCE` hashes.

    Without it the limit holds within the process alone.
    """
    _slots[:] = [home / f"hashing.{number}.lock" for number in range(AT_ONCE)]


@contextmanager
def _one_of_few() -> Iterator[None]:
    """Waits for one of the places in which a hash may be computed; Busy when enough others wait already."""
    if not _door.acquire(blocking=False):
        raise Busy
    try:
        with _waiting, _one_of_the_machines():
            yield
    finally:
        _door.release()


@contextmanager
def _one_of_the_machines() -> Iterator[None]:
    """Of :data:`AT_ONCE` places for all processes of the installation."""
    if not _slots or not _slots[0].parent.is_dir():
        yield
        return
    handles = [os.open(path, os.O_RDWR | os.O_CREAT, 0o600) for path in _slots]
    try:
        _lock_any(handles)
        yield
    finally:
        for handle in handles:
            os.close(handle)  # closing gives the lock back


def _lock_any(handles: list[int]) -> None:
    for handle in handles:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        return
    fcntl.flock(secrets.choice(handles), fcntl.LOCK_EX)


@functools.cache
def _dummy() -> str:
    """A hash nobody's password has: an unknown name costs the time a known one does."""
    return _HASHER.hash(secrets.token_hex(16))


def hash_of(password: str) -> str:
    """Argon2id hash of the password's canonical spelling."""
    with _one_of_few():
        return _HASHER.hash(rules.canonical(password))


def matches(stored: str, password: str, code: bool = False) -> bool:
    """Whether the password (or the one-time code) is the one hashed.

    Without a hash – no such account, no password yet – the answer is no, and as slow: how often is hashed depends on
    what was typed alone.
    """
    tried = [as_code(password) if code else spelling for spelling in rules.spellings(password)]
    found = [_verified(stored or _dummy(), each) for each in tried]
    return bool(stored) and any(found)


def _verified(stored: str, password: str) -> bool:
    with _one_of_few():
        try:
            return _HASHER.verify(stored, password)
        except (VerifyMismatchError, InvalidHashError):
            return False


def outdated(stored: str, password: str) -> bool:
    """Whether a password that matched should be hashed anew: other cost, or another spelling than today's."""
    return _HASHER.check_needs_rehash(stored) or not _verified(stored, rules.canonical(password))


def new_code() -> str:
    """A one-time code of 16 letters and digits (79 bits) in groups of four; none that is mistaken for another."""
    letters = "".join(secrets.choice(CODE_LETTERS) for _ in range(16))
    return "-".join(letters[at : at + 4] for at in range(0, 16, 4))


def as_code(typed: str) -> str:
    """A code as it was handed out, however it was typed: case, spaces and hyphens do not matter."""
    letters = "".join(char for char in typed.lower() if char.isalnum())
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def check_rules(uow: UnitOfWork, account: Account, password: str, beside_factor: bool, field: str) -> None:
    """Refuses a password that is too short, too long or made up of what is guessed first, by the form's field."""
    placed = [text for unit in units.everything(uow.session) for text in (unit.name, unit.code)]
    own = rules.own_words((account.display_name, account.username), placed)
    messages = {
        "short": f"Mật khẩu phải có ít nhất {least(beside_factor)} ký tự; dấu cách và chữ có dấu đều tính.",
        "long": f"Mật khẩu dài nhất {rules.MOST} ký tự.",
        "guessable": "Mật khẩu này ghép từ những thứ dễ đoán: từ hay dùng, tên người, ngày tháng, tên đơn vị hoặc "
        "địa danh. Hãy đặt một câu vài từ không liên quan đến nhau.",
    }
    found = rules.problem(password, own, beside_factor)
    if found:
        raise InvalidInput(field, messages[found])


def is_short(password: str) -> bool:
    """Whether the password is fit for use beside a second factor only."""
    return len(rules.canonical(password)) < rules.ALONE


def least(beside_factor: bool) -> int:
    """How many characters a password has at least."""
    return rules.BESIDE_FACTOR if beside_factor else rules.ALONE
