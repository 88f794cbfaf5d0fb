"""Which programs of an installation run, and which may: locks of the operating system that go with whoever holds them.

A killed program holds nothing, so what it left lying stops nobody. Services share one lock; what changes the ground
under them (a new schema, a restore) wants it alone.
"""

from __future__ import annotations

import fcntl
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path

from oms.errors import Occupied

SHARED, FOLDER = "running.lock", "running"
SERVICES = ("serve", "web", "work", "watch", "index", "seal", "exchange-serve", "metrics", "backup")
_staying: list[TextIOWrapper] = []


def _open(home: Path, name: str) -> TextIOWrapper:
    """Makes the file if need be, for the group too where the installation's folder is: the sealer may be of it."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    mode, path = home.stat().st_mode & 0o770, home / name
    if path.parent != home and not path.parent.exists():
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.parent.chmod(mode)
    made = not path.exists()
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if made:
        os.fchmod(handle, mode & 0o660)
    return os.fdopen(handle, "r+", encoding="ascii", errors="replace")


def umask(home: Path) -> int:
    """What is written is for the service's own user; for its group too where the installation's folder is.

    That is so where the sealer is another user of that group.
    """
    try:
        shared = home.stat().st_mode & 0o020
    except OSError:
        shared = 0
    return 0o007 if shared else 0o077


def _take(file: TextIOWrapper, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _write(file: TextIOWrapper, text: str) -> None:
    """Says who holds a lock, for the words of a refusal: a full disk costs the words alone."""
    try:
        file.seek(0)
        file.truncate()
        file.write(text)
        file.flush()
    except OSError:
        return


def stay(home: Path, name: str) -> None:
    """From here to the end of this process (and of those it forks) a service of the installation runs.

    Occupied while somebody has the installation to themselves.
    """
    shared = _open(home, SHARED)
    if not _take(shared, fcntl.LOCK_SH):
        who = shared.read(40).strip()
        shared.close()
        raise Occupied(f"'oms {who or 'setup'}' has this OMS_HOME to itself just now; start again when it has ended")
    _staying.append(shared)
    try:
        own = _open(home, f"{FOLDER}/{name}.{os.getpid()}")
    except PermissionError:
        return  # another user's folder: it runs all the same, and the journal's beat tells of a sealer
    fcntl.flock(own, fcntl.LOCK_EX)
    _staying.append(own)


def leave() -> None:
    """Gives back what :func:`stay` took, for a program that goes on without being a service."""
    while _staying:
        _staying.pop().close()


@contextmanager
def only_one(home: Path, name: str) -> Iterator[None]:
    """Held by the one program of its kind; Occupied, with the number of the process, when another one has it."""
    with _open(home, f"{name}.lock") as file:
        if not _take(file, fcntl.LOCK_EX):
            raise Occupied(
                f"một 'oms {name}' khác đang chạy trên OMS_HOME này / another 'oms {name}' runs on this OMS_HOME"
                f"{_process(file)}; stop it first, or set another OMS_HOME"
            )
        _write(file, str(os.getpid()))
        yield


def _process(file: TextIOWrapper) -> str:
    number = file.read(20).strip()
    return f" (process {number})" if number.isdecimal() else ""


@contextmanager
def alone(home: Path, name: str) -> Iterator[None]:
    """Keeps services out while the ground under them changes; Occupied, naming them, while any runs."""
    with _open(home, SHARED) as file:
        if not _take(file, fcntl.LOCK_EX):
            raise Occupied(
                f"các tiến trình OMS đang chạy trên OMS_HOME này, hãy dừng chúng trước / programs run on this OMS_HOME "
                f"({_named(alive(home))}): stop them before 'oms {name}'"
            )
        _write(file, name)
        try:
            yield
        finally:
            _write(file, "")


def _named(running: dict[str, int]) -> str:
    return ", ".join(f"{name} x {number}" if number > 1 else name for name, number in running.items()) or "another one"


def alive(home: Path) -> dict[str, int]:
    """Programs of the installation that run on this machine, with the number of processes, by name.

    What killed ones left is cleared away. A file of another user that cannot be asked counts as running.
    """
    found: Counter[str] = Counter()
    for path in sorted((home / FOLDER).glob("*.*")):
        name = path.name.rpartition(".")[0]
        if _runs(path):
            found[name] += 1
    return dict(found)


def _runs(path: Path) -> bool:
    try:
        with path.open("r", encoding="ascii", errors="replace") as file:
            if not _take(file, fcntl.LOCK_SH):
                return True
            path.unlink(missing_ok=True)
    except FileNotFoundError:
        return False
    except PermissionError:
        return True
    except OSError:
        return False
    return False
