"""A disk that can lose its power: a file system of our own that knows what was asked to be durable and what was not.

It passes everything through to a folder and remembers, for each file, what was written since its last ``fsync``, and
for each folder, which names came, went or changed since its own. At a cut it undoes a drawn part of that: writes of a
file survive all, not at all, up to one, or in pieces of 512 bytes or 4 KiB; names survive up to one of each folder, so
that they never stand in an order in which they were not made. From then on every request fails.

    PYTHON bad_disk.py FOLDER MOUNT [--ignore-fsync]      served by FUSE; wants ``mfusepy`` and Debian's libfuse3
    os.stat("MOUNT/.cut-SEED")                            cuts the power

The model (:class:`Disk`) needs neither: the tests call it.
"""

from __future__ import annotations

import errno
import functools
import json
import os
import random
import shutil
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

CUT = "/.cut-"
HOW = ("nothing", "everything", "a beginning", "sectors", "blocks")
"""What of a file's unsynced writes survives."""


@dataclass
class Write:
    """A change of a file: what stood there and the size before, what stands there and the size after."""

    at: int
    old: bytes
    old_size: int
    new: bytes
    new_size: int


@dataclass
class Name:
    """A change of names: the folders it touches, and how it is undone (moves from, to; a folder or file that came)."""

    folders: tuple[str, ...]
    came: str = ""
    moved: tuple[str, str] | None = None
    kept: str = ""
    gone: str = ""
    """Where the file lies that was removed or overwritten, and the name it had."""


@dataclass
class Disk:
    """The folder beneath with what is not durable yet. Every path is relative to it, beginning with a slash."""

    root: Path
    ignore_fsync: bool = False
    writes: dict[int, list[Write]] = field(default_factory=dict)
    names: list[Name] = field(default_factory=list)
    dead: bool = False
    _number: int = 0

    def real(self, path: str) -> str:
        """Where something lies beneath."""
        return f"{self.root}{path}"

    @property
    def trash(self) -> Path:
        """Beside the folder: files whose removal is not durable."""
        return self.root.with_name(self.root.name + ".gone")

    # --- what is asked ---

    def write(self, handle: int, data: bytes, at: int) -> int:
        """Writes, and remembers what stood there."""
        about = os.fstat(handle)
        old = os.pread(handle, len(data), at)
        done = os.pwrite(handle, data, at)
        new = max(about.st_size, at + done)
        self.writes.setdefault(about.st_ino, []).append(Write(at, old, about.st_size, data[:done], new))
        return done

    def truncate(self, handle: int, size: int) -> None:
        """Cuts or lengthens a file."""
        about = os.fstat(handle)
        old = os.pread(handle, max(0, about.st_size - size), size)
        os.ftruncate(handle, size)
        self.writes.setdefault(about.st_ino, []).append(Write(size, old, about.st_size, b"", size))

    def created(self, path: str) -> None:
        """A file or folder has come."""
        self.names.append(Name((parent(path),), came=path))

    def remove(self, path: str) -> None:
        """A name goes; the file is kept until that is durable."""
        self.names.append(Name((parent(path),), kept=self._put_away(path), gone=path))

    def rename(self, old: str, new: str) -> None:
        """One atomic change of names."""
        kept = self._put_away(new) if os.path.lexists(self.real(new)) else ""
        os.rename(self.real(old), self.real(new))
        folders = tuple(dict.fromkeys((parent(old), parent(new))))
        self.names.append(Name(folders, moved=(old, new), kept=kept, gone=new if kept else ""))

    def _put_away(self, path: str) -> str:
        self._number += 1
        self.trash.mkdir(exist_ok=True)
        place = str(self.trash / str(self._number))
        os.rename(self.real(path), place)
        return place

    def sync(self, handle: int) -> None:
        """What was written to the file is durable."""
        if not self.ignore_fsync:
            self.writes.pop(os.fstat(handle).st_ino, None)

    def sync_folder(self, path: str) -> None:
        """The names of the folder are durable, and what they rest on."""
        if self.ignore_fsync:
            return
        last = max((number for number, each in enumerate(self.names) if path in each.folders), default=-1)
        needed = self._needed(path, last)
        for number in sorted(needed, reverse=True):
            done = self.names.pop(number)
            if done.kept:
                _discard(Path(done.kept))

    def _needed(self, path: str, last: int) -> set[int]:
        """Changes of this folder, and earlier ones of the folders that those touched."""
        folders, found = {path}, set[int]()
        for number in range(last, -1, -1):
            if folders & set(self.names[number].folders):
                found.add(number)
                folders |= set(self.names[number].folders)
        return found

    # --- the cut ---

    def cut(self, seed: int) -> dict[str, int]:
        """Power is gone: undoes what the draw says; how many writes and names there were, and how many are lost."""
        self.dead, chance = True, random.Random(seed)
        told = {"writes": sum(map(len, self.writes.values())), "names": len(self.names), "names lost": 0}
        self._tear(chance)
        told["names lost"] = self._forget(chance)
        shutil.rmtree(self.trash, ignore_errors=True)
        return told

    def _tear(self, chance: random.Random) -> None:
        places = {}
        for base in (self.root, self.trash):
            for folder, _folders, files in os.walk(base):
                for name in files:
                    path = os.path.join(folder, name)
                    places[os.lstat(path).st_ino] = path
        for number, changes in self.writes.items():
            if number in places:
                torn(places[number], changes, chance)

    def _forget(self, chance: random.Random) -> int:
        upto = {folder: chance.choice((0, len(self.names), chance.randrange(len(self.names) + 1)))
                for each in self.names for folder in each.folders}  # fmt: skip
        lost: list[Name] = []
        dropped: set[str] = set()
        for number, each in enumerate(self.names):
            if any(number >= upto[folder] or folder in dropped for folder in each.folders):
                lost.append(each)
                dropped |= set(each.folders)
        for each in reversed(lost):
            self._undo(each)
        return len(lost)

    def _undo(self, each: Name) -> None:
        if each.came:
            _discard(Path(self.real(each.came)))
        if each.moved and os.path.lexists(self.real(each.moved[1])):
            Path(self.real(each.moved[0])).parent.mkdir(parents=True, exist_ok=True)
            os.rename(self.real(each.moved[1]), self.real(each.moved[0]))
        if each.kept and os.path.lexists(each.kept):
            Path(self.real(each.gone)).parent.mkdir(parents=True, exist_ok=True)
            os.rename(each.kept, self.real(each.gone))


def parent(path: str) -> str:
    """The folder of a path."""
    return path.rpartition("/")[0] or "/"


def _discard(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def torn(path: str, changes: list[Write], chance: random.Random) -> None:
    """Leaves of a file's unsynced changes what a draw says."""
    how = chance.choice(HOW)
    if how == "everything":
        return
    mode = stat.S_IMODE(os.stat(path).st_mode)
    os.chmod(path, 0o600)
    handle = os.open(path, os.O_RDWR)
    try:
        for each in reversed(changes):
            os.pwrite(handle, each.old, each.at)
            os.ftruncate(handle, each.old_size)
        upto = chance.randrange(len(changes) + 1) if how == "a beginning" else len(changes)
        for each in [] if how == "nothing" else changes[:upto]:
            _again(handle, each, {"sectors": 512, "blocks": 4096}.get(how, 0), chance)
    finally:
        os.close(handle)
        os.chmod(path, mode)


def _again(handle: int, each: Write, piece: int, chance: random.Random) -> None:
    if not each.new:
        if not piece or chance.random() < 0.5:
            os.ftruncate(handle, each.new_size)
        return
    if not piece:
        os.pwrite(handle, each.new, each.at)
        return
    at, end = each.at, each.at + len(each.new)
    while at < end:
        upto = min(end, (at // piece + 1) * piece)
        if chance.random() < 0.5:
            os.pwrite(handle, each.new[at - each.at : upto - each.at], at)
        at = upto


Call = TypeVar("Call", bound=Callable[..., Any])


def alive(call: Call) -> Call:
    """A call of the kernel: after the cut every one fails."""

    @functools.wraps(call)
    def asked(self: Calls, *more: Any) -> Any:
        if self.disk.dead:
            raise OSError(errno.EIO, "no power")
        return call(self, *more)

    return cast(Call, asked)


class Calls:
    """What the kernel asks of the disk, one call at a time; beside ``mfusepy.Operations``."""

    use_ns = True

    def __init__(self, disk: Disk) -> None:
        self.disk = disk

    @alive
    def getattr(self, path: str, fh: int | None = None) -> dict[str, int]:
        if path.startswith(CUT):
            told = self.disk.cut(int(path[len(CUT) :]))
            Path(f"{self.disk.root}.told").write_text(json.dumps(told))
            raise OSError(errno.ENOENT, "cut")
        about = os.fstat(fh) if fh is not None else os.lstat(self.disk.real(path))
        names = ("st_mode", "st_ino", "st_nlink", "st_uid", "st_gid", "st_size", "st_blocks")
        times = {f"st_{each}": getattr(about, f"st_{each}_ns") for each in ("atime", "mtime", "ctime")}
        return {name: getattr(about, name) for name in names} | times

    @alive
    def readdir(self, path: str, _fh: int) -> list[tuple[str, dict[str, int], int]]:
        found = []
        for name in (".", "..", *os.listdir(self.disk.real(path))):
            about = os.lstat(os.path.join(self.disk.real(path), name))
            found.append((name, {"st_ino": about.st_ino, "st_mode": about.st_mode}, 0))
        return found

    @alive
    def statfs(self, path: str) -> dict[str, int]:
        room = os.statvfs(self.disk.real(path))
        names = ("f_bsize", "f_frsize", "f_blocks", "f_bfree", "f_bavail", "f_files", "f_ffree", "f_favail")
        return {name: getattr(room, name) for name in (*names, "f_namemax")}

    @alive
    def open(self, path: str, flags: int) -> int:
        only_reads = flags & os.O_ACCMODE == os.O_RDONLY
        kept = flags & ~(os.O_TRUNC | os.O_APPEND | os.O_ACCMODE | os.O_CREAT | os.O_EXCL)
        handle = os.open(self.disk.real(path), kept | (os.O_RDONLY if only_reads else os.O_RDWR))
        if flags & os.O_TRUNC:
            self.disk.truncate(handle, 0)
        return handle

    @alive
    def create(self, path: str, mode: int, _fi: object = None) -> int:
        handle = os.open(self.disk.real(path), os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)
        self.disk.created(path)
        return handle

    @alive
    def read(self, _path: str, size: int, offset: int, fh: int) -> bytes:
        return os.pread(fh, size, offset)

    @alive
    def write(self, _path: str, data: bytes, offset: int, fh: int) -> int:
        return self.disk.write(fh, bytes(data), offset)

    @alive
    def truncate(self, path: str, length: int, fh: int | None = None) -> None:
        handle = fh if fh is not None else os.open(self.disk.real(path), os.O_RDWR)
        try:
            self.disk.truncate(handle, length)
        finally:
            if fh is None:
                os.close(handle)

    @alive
    def fsync(self, _path: str, _datasync: int, fh: int) -> int:
        self.disk.sync(fh)
        return 0

    @alive
    def fsyncdir(self, path: str, _datasync: int, _fh: int) -> int:
        self.disk.sync_folder(path)
        return 0

    def release(self, _path: str, fh: int) -> int:
        os.close(fh)
        return 0

    @alive
    def mkdir(self, path: str, mode: int) -> None:
        os.mkdir(self.disk.real(path), mode)
        self.disk.created(path)

    @alive
    def unlink(self, path: str) -> None:
        os.lstat(self.disk.real(path))
        self.disk.remove(path)

    @alive
    def rmdir(self, path: str) -> None:
        if os.listdir(self.disk.real(path)):
            raise OSError(errno.ENOTEMPTY, "not empty")
        self.disk.remove(path)

    @alive
    def rename(self, old: str, new: str, _flags: int = 0) -> None:
        self.disk.rename(old, new)

    @alive
    def chmod(self, path: str, mode: int) -> None:
        os.chmod(self.disk.real(path), mode)

    @alive
    def chown(self, path: str, uid: int, gid: int) -> None:
        os.chown(self.disk.real(path), uid, gid)

    @alive
    def utimens(self, path: str, times: tuple[int, int] | None = None) -> None:
        os.utime(self.disk.real(path), ns=times)


def serve(folder: Path, at: str, ignore_fsync: bool) -> None:
    """Serves a folder by FUSE until it is unmounted."""
    import mfusepy

    operations = type("Operations", (Calls, mfusepy.Operations), {})(Disk(folder, ignore_fsync))
    mfusepy.FUSE(operations, at, foreground=True, nothreads=True, use_ino=True, fsname="bad-disk")


if __name__ == "__main__":
    serve(Path(sys.argv[1]).resolve(), sys.argv[2], "--ignore-fsync" in sys.argv)
