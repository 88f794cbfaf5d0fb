"""The vault: write-once files kept under their SHA-256, verified on every read."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from oms.errors import FileDamaged

CHUNK = 1024 * 1024


def sha256_of(stream: BinaryIO) -> str:
    """Hex SHA-256 of the rest of a stream, read in 1 MiB pieces."""
    digest = hashlib.sha256()
    while piece := stream.read(CHUNK):
        digest.update(piece)
    return digest.hexdigest()


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Vault:
    """A folder of immutable files. A file that is in the vault is on the disk (fsync of file and folder)."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path_of(self, sha: str) -> Path:
        """Where the file with this SHA-256 lies; the name never comes from a user."""
        if len(sha) != 64 or not all(letter in "0123456789abcdef" for letter in sha):
            raise ValueError("not a SHA-256")
        return self.root / sha[:2] / sha

    def _place(self, temporary: Path, sha: str) -> None:
        target = self.path_of(sha)
        if self._is_whole(target, sha):
            temporary.unlink()
        else:  # new, or damaged since it was kept: the good bytes take its place
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary.chmod(0o400)
            temporary.rename(target)
        _sync_directory(target.parent)
        _sync_directory(self.root)

    @staticmethod
    def _is_whole(path: Path, sha: str) -> bool:
        try:
            with path.open("rb") as stream:
                return sha256_of(stream) == sha
        except OSError:
            return False

    @contextmanager
    def _temporary(self) -> Iterator[tuple[BinaryIO, Path]]:
        """A new file in the vault's own folder, on the disk when the block ends; removed when the block raises."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".new-", dir=self.root)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file, Path(name)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            os.unlink(name)
            raise

    def put_bytes(self, data: bytes) -> str:
        """Keeps ``data``; returns its SHA-256. The same bytes twice are kept once."""
        with self._temporary() as (file, temporary):
            file.write(data)
        sha = hashlib.sha256(data).hexdigest()
        self._place(temporary, sha)
        return sha

    def put_file(self, source: Path) -> tuple[str, int]:
        """Keeps a copy of a file; returns (SHA-256, bytes) of what was kept, even if the source changes meanwhile."""
        digest, size = hashlib.sha256(), 0
        with self._temporary() as (file, temporary), source.open("rb") as stream:
            while piece := stream.read(CHUNK):
                digest.update(piece)
                size += len(piece)
                file.write(piece)
        sha = digest.hexdigest()
        self._place(temporary, sha)
        return sha, size

    def read(self, sha: str) -> bytes:
        """The bytes kept under ``sha``; FileDamaged when they are missing or no longer match."""
        try:
            data = self.path_of(sha).read_bytes()
        except OSError:
            raise FileDamaged(sha) from None
        if hashlib.sha256(data).hexdigest() != sha:
            raise FileDamaged(sha)
        return data

    def size(self, sha: str) -> int:
        """How many bytes a file has; FileDamaged when it is gone."""
        try:
            return self.path_of(sha).stat().st_size
        except OSError:
            raise FileDamaged(sha) from None

    def open_path(self, sha: str) -> Path:
        """The path for a parser that needs one, after the whole file was verified."""
        path = self.path_of(sha)
        if not self._is_whole(path, sha):
            raise FileDamaged(sha)
        return path

    def destroy(self, sha: str) -> bool:
        """Removes a file for good; False when there is none. Disposals and given-up lists call this.

        The caller has made sure, in a committed transaction, that nothing in the database names the file any more.
        """
        path = self.path_of(sha)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        _sync_directory(path.parent)
        return True

    def names(self) -> Iterator[str]:
        """Every SHA-256 that has a file."""
        for folder in sorted(self.root.glob("[0-9a-f][0-9a-f]")):
            for path in sorted(folder.iterdir()):
                yield path.name
