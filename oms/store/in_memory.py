"""Files in the clear for programs that need a path: in memory, closed to others, gone when their block ends."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of one's own is made in it, closed to others
PREFIX = "oms-open-"
SETTLED = 60.0
"""Seconds between the making of a folder and its lock are far fewer."""


def folder_for(size: int) -> Path:
    """Where ``size`` bytes find room: memory, else the temporary folder (a container with 64 MB of /dev/shm)."""
    try:
        room = os.statvfs(MEMORY)
    except OSError:
        return Path(tempfile.gettempdir())
    free = room.f_bavail * room.f_frsize
    return MEMORY if os.access(MEMORY, os.W_OK) and free > size * 2 else Path(tempfile.gettempdir())


@contextmanager
def room(size: int) -> Iterator[Path]:
    """A folder (0700) of one's own for as long as the block lasts. Its lock tells a killed process from one at work."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder_for(size)))
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield folder
    finally:
        os.close(handle)
        shutil.rmtree(folder, ignore_errors=True)


def sweep() -> int:
    """Removes what killed processes of this user left; returns how many folders."""
    gone = 0
    for base in {MEMORY, Path(tempfile.gettempdir())}:
        with tempfile.NamedTemporaryFile(prefix=PREFIX, dir=folder_for(0)) as probe:
            last = os.fstat(probe.fileno()).st_mtime - SETTLED
        gone += sum(_is_left(path, last) for path in base.glob(f"{PREFIX}*"))
    return gone


def _is_left(path: Path, last: float) -> bool:
    """Removes one folder whose process is gone; False when it is somebody's, or at work, or hardly made."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        about = os.fstat(handle)
        if about.st_uid != os.getuid() or about.st_mtime > last:
            return False
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(handle)
    shutil.rmtree(path, ignore_errors=True)
    return True
