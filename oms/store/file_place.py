"""Where the vault's files lie: one small interface, and the folder that stands behind it."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from oms.errors import VaultLocked

MARK = ".oms-vault"
MARK_MOST = 4096
"""Bytes of a mark that are read, whatever lies there."""
AWAY = (errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EHOSTUNREACH)
"""What the system says of a shared folder whose server is gone."""


class PlaceDown(OSError):
    """The place does not answer: that says nothing about its files."""


class FilePlace(Protocol):
    """Files under 64 hex digits, each whole or not there.

    FileNotFoundError when there is none, PlaceDown when the place does not answer, another OSError when it fails.

    What :meth:`put` returned from is durable. Names never come from a user.
    """

    def new(self) -> Path:
        """A folder for a file in the making, from which :meth:`put` takes it."""

    def put(self, name: str, temporary: Path) -> None:
        """Takes a finished file over under its name, in the place of whatever was there; ``temporary`` is gone."""

    def settle(self, name: str) -> None:
        """Makes sure that a file that is there stays there: as durable as if :meth:`put` had just returned."""

    def open(self, name: str) -> BinaryIO:
        """The file's bytes, from the start."""

    def size(self, name: str) -> int:
        """How many bytes it has."""

    def remove(self, name: str) -> bool:
        """Removes a file; False when there was none."""

    def names(self, after: str = "") -> Iterator[str]:
        """Every name behind ``after``, in order."""

    def mark(self) -> str:
        """The installation whose place it is, as it was written there; "" when nothing was."""

    def set_mark(self, installation: str) -> None:
        """Writes it."""


def checked_name(name: str) -> str:
    """The name again; ValueError unless it is a SHA-256 in hex."""
    if len(name) != 64 or not all(letter in "0123456789abcdef" for letter in name):
        raise ValueError("not a SHA-256")
    return name


def sync_folder(path: Path) -> None:
    """Has the entries of a folder on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class FolderPlace:
    """A folder of this machine, or one that several machines share: ``ab/abcdef…``, files 0400, folders 0700."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path_of(self, name: str) -> Path:
        """Where the file lies."""
        return self.root / checked_name(name)[:2] / name

    def new(self) -> Path:
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self.root

    def put(self, name: str, temporary: Path) -> None:
        target = self.path_of(name)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary.chmod(0o400)
        temporary.rename(target)
        self.settle(name)

    def settle(self, name: str) -> None:
        sync_folder(self.path_of(name).parent)
        sync_folder(self.root)

    def open(self, name: str) -> BinaryIO:
        return self.path_of(name).open("rb")

    def size(self, name: str) -> int:
        return self.path_of(name).stat().st_size

    def remove(self, name: str) -> bool:
        path = self.path_of(name)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        sync_folder(path.parent)
        return True

    def names(self, after: str = "") -> Iterator[str]:
        for folder in sorted(self.root.glob("[0-9a-f][0-9a-f]")):
            if folder.name >= after[:2]:
                yield from (name for name in sorted(os.listdir(folder)) if name > after and len(name) == 64)

    def mark(self) -> str:
        try:
            with (self.root / MARK).open("rb") as file:
                return str(json.loads(file.read(MARK_MOST))["installation"])
        except FileNotFoundError:
            return ""
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            raise VaultLocked("the mark in the vault's folder cannot be read") from None

    def set_mark(self, installation: str) -> None:
        folder = self.new()
        with temporary_in(folder) as (file, path):
            file.write(json.dumps({"installation": installation}).encode() + b"\n")
        path.rename(folder / MARK)
        sync_folder(folder)


def place_at(text: str, secret: Path) -> FilePlace:
    """The place a setting names: a folder, or s3://… with its access key and secret in a file."""
    if text.startswith("s3://"):
        # who has no bucket does without the client
        from oms.store.bucket_place import bucket_at

        return bucket_at(text, secret)
    return FolderPlace(Path(text).resolve())


@contextmanager
def temporary_in(folder: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """A new file in a folder, on the disk when the block ends; removed when the block raises."""
    handle, name = tempfile.mkstemp(prefix=".new-", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file, Path(name)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        os.unlink(name)
        raise
