"""The log of commits beside an embedded database (SQLite's ``-wal``), and what is done when the disk refuses it.

A failed ``fsync`` is told once. Afterwards the kernel calls the pages clean that never reached the disk, and the next
``fsync`` of the same file succeeds without them ("fsyncgate"; PostgreSQL ends itself over it since 2018). Rows of
readings lie in the log before they are waited for, so a success after a failure says nothing about those before it.

So three things hold here. Whoever waits for the disk opened the log *before* he wrote: Linux tells a failure to every
opening that is older than it (``errseq``), whoever else has heard of it. After a failure the log is in doubt, for every
process (a file beside it) and for this one if that file cannot be written; nobody writes behind it. And the doubt goes
away in one way alone: with the writers' lock held, every frame of the log is held against its checksums, so that what
the kernel still has in memory is known to be what was committed, is written anew – which makes the pages dirty again –
and is synced through a fresh opening. Frames that do not hold their sums stay in doubt: nothing is served from there.
"""

from __future__ import annotations

import logging
import os
import struct
import sys
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from oms.errors import JournalUnavailable
from oms.store.file_place import sync_folder

log = logging.getLogger(__name__)

MARK = "-doubt"
_HEADER, _FRAME = 32, 24
_MAGIC = 0x377F0682
"""Of a log whose sums count in little-endian words; one more: in big-endian ones (sqlite.org/fileformat2.html)."""
_in_doubt: set[Path] = set()
"""Logs this process has heard a failure of, also when the mark could not be written."""


class CommitLog:
    """The log of one database file."""

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(f"{database.name}-wal")
        self._mark = database.with_name(f"{database.name}{MARK}")

    @property
    def in_doubt(self) -> bool:
        """Whether commits may be missing on the disk that were written here."""
        return self.path in _in_doubt or self._mark.exists()

    def doubt(self) -> None:
        """From now on nobody trusts this log, in whatever process, until :meth:`mend` has done its work."""
        _in_doubt.add(self.path)
        log.error("the disk failed: the log of commits is in doubt until it has been written anew")
        with suppress(OSError):
            handle = os.open(self._mark, os.O_WRONLY | os.O_CREAT, self.path.stat().st_mode & 0o777)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
            sync_folder(self._mark.parent)

    @contextmanager
    def waited_for(self) -> Iterator[Callable[[], None]]:
        """Opens the log for a commit that is about to be written; what it gives returns when that is on the disk.

        JournalUnavailable when it is not, or when somebody else has heard meanwhile that the disk failed.
        """
        try:
            file = os.open(self.path, os.O_RDWR)
        except OSError as error:
            log.error("the log of commits cannot be opened: %s", type(error).__name__)
            raise JournalUnavailable from None

        def wait() -> None:
            try:
                os.fdatasync(file)
            except OSError as error:
                log.error("the disk did not take a commit: %s", type(error).__name__)
                self.doubt()
            if self.in_doubt:
                raise JournalUnavailable

        try:
            yield wait
        finally:
            os.close(file)

    def mend(self, frames: int) -> None:
        """Writes the first ``frames`` frames anew and syncs them; the caller holds the writers' lock.

        ``frames``: as many as SQLite says there are; a negative number: it could not say.
        JournalUnavailable when the log does not hold its sums, or the disk refuses it again: the doubt stays.
        """
        if frames < 0:
            raise JournalUnavailable
        try:
            self._write_anew(frames)
            self._mark.unlink(missing_ok=True)
            sync_folder(self._mark.parent)
        except OSError as error:
            log.error("the log of commits stays in doubt: %s", type(error).__name__)
            raise JournalUnavailable from None
        _in_doubt.discard(self.path)
        log.warning("the log of commits was written anew and synced: %d frames", frames)

    def _write_anew(self, frames: int) -> None:
        file = os.open(self.path, os.O_RDWR)  # the kernel has told the old failure to those who opened before
        try:
            data = _all_of(file)
            size = sound(data, frames)
            if size is None:
                log.critical("the log of commits does not hold its sums: the database stays closed (docs/operators.md)")
                raise JournalUnavailable
            done = 0
            while done < size:
                done += os.pwrite(file, data[done : min(size, done + (1 << 20))], done)
            os.fdatasync(file)
        finally:
            os.close(file)


def _all_of(file: int) -> bytes:
    size, pieces, at = os.fstat(file).st_size, [], 0
    while at < size and (piece := os.pread(file, 1 << 20, at)):
        pieces.append(piece)
        at += len(piece)
    return b"".join(pieces)


def sound(data: bytes, frames: int) -> int | None:
    """How many bytes of a log so many frames take, when every one holds its sum; else None."""
    if frames <= 0:
        return 0
    if len(data) < _HEADER:
        return None
    magic, _version, page, _number, *salt = struct.unpack_from(">6I", data)
    size: int = _HEADER + frames * (_FRAME + page)
    if magic not in (_MAGIC, _MAGIC + 1) or len(data) < size:
        return None
    swapped = (magic == _MAGIC) != (sys.byteorder == "little")
    sums = _sum(data[:24], (0, 0), swapped)
    if sums != struct.unpack_from(">2I", data, 24):
        return None
    for at in range(_HEADER, size, _FRAME + page):
        told = struct.unpack_from(">6I", data, at)
        sums = _sum(data[at : at + 8] + data[at + _FRAME : at + _FRAME + page], sums, swapped)
        if list(told[2:4]) != salt or told[4:] != sums:
            return None
    return size


def _sum(data: bytes, sums: tuple[int, int], swapped: bool) -> tuple[int, int]:
    """SQLite's running sum over pairs of 32-bit words."""
    words = array("I", data)
    if swapped:
        words.byteswap()
    first, second = sums
    pairs = iter(words)
    for one, other in zip(pairs, pairs, strict=True):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + other + first) & 0xFFFFFFFF
    return first, second
