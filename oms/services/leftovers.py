"""What a killed process left in the temporary folder: pages of papers in the clear, which nobody would ever remove."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "oms-"
KEPT_SECONDS = 6 * 3600.0
"""Longer than any reading, copy or upload takes: what is older has lost its process."""


def sweep() -> int:
    """Removes our own folders of the temporary folder in which nothing has changed for hours; returns how many.

    Times are compared with that of a file made for it: the file system's clock is the one the folders were dated by.
    """
    with tempfile.NamedTemporaryFile(prefix=PREFIX) as probe:
        last = os.fstat(probe.fileno()).st_mtime - KEPT_SECONDS
    gone = 0
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        if _ours(path) and _newest(path) < last:
            shutil.rmtree(path, ignore_errors=True)
            gone += 1
    return gone


def _ours(path: Path) -> bool:
    """A real folder of the service's own user: the temporary folder is everybody's."""
    return not path.is_symlink() and path.is_dir() and path.stat().st_uid == os.getuid()


def _newest(folder: Path) -> float:
    """When anything in it changed last; what vanishes meanwhile is at work."""
    try:
        return max(path.lstat().st_mtime for path in (folder, *folder.rglob("*")))
    except OSError:
        return float("inf")
