"""One process for one job: a lock that goes with whoever holds it.

Of a machine it is the operating system's, on a file. Of an installation on a server, whose processes run on several
machines, it is the server's.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from oms.store.db import Database


class Alone(Protocol):
    """Whether this process has the job: at first, and before each round of it."""

    waits: bool
    """Whoever has the job may be elsewhere, and may be lost: a second process stands by instead of ending."""

    def __bool__(self) -> bool:
        """Whether it has had it since the beginning."""

    def still(self) -> bool:
        """Whether it has it now."""


class _OfFile:
    waits = False

    def __init__(self, held: bool) -> None:
        self._held = held

    def __bool__(self) -> bool:
        return self._held

    def still(self) -> bool:
        return self._held


@contextmanager
def only_one(path: Path) -> Iterator[bool]:
    """Holds the lock that is this file; yields False when another process has it."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


@contextmanager
def of_installation(database: Database, folder: Path, job: str) -> Iterator[Alone]:
    """Holds a job of the installation's: beside an embedded database by a file of its folder, else on the server."""
    if database.on_server:
        lock = database.one_at_work(job)
        try:
            yield lock
        finally:
            lock.close()
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with only_one(folder / f"{job}.lock") as held:
        yield _OfFile(held)
