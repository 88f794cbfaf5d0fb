"""A place of backup: objects in a folder or a bucket, marked as one installation's and for one purpose.

Three purposes: ``data`` keeps what is kept and loses what is old; ``once`` is only ever added to; ``keys`` alone holds
keys of files, few snapshots, each gone for good once a key in it was destroyed.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from oms.errors import BackupFault, VaultLocked
from oms.store.backup_form import MANIFEST, SEALED_MOST, Hashing, Reader, Sealing, TooLarge
from oms.store.file_place import FilePlace, FolderPlace, place_at, sync_folder, temporary_in
from oms.store.vault import CHUNK, sha256_of

DATA, ONCE, KEYS = "data", "once", "keys"
FIRST = MANIFEST.ljust(64, "0")
"""No manifest has this name; all of them come behind it."""
_PLAIN = re.compile(r"[^?]*")


class OnceFolder(FolderPlace):
    """A folder that is only added to: a name that is taken stays what it is."""

    def put(self, name: str, temporary: Path) -> None:
        target = self.path_of(name)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary.chmod(0o400)
        os.link(temporary, target)  # FileExistsError: nothing is ever replaced
        sync_folder(target.parent)
        sync_folder(self.root)
        temporary.unlink()

    def remove(self, name: str) -> bool:
        raise PermissionError(errno.EPERM, "nothing is removed from a place that is written once")


class Depot:
    """One place with its purpose. OSError when it does not answer or is full."""

    def __init__(self, text: str, purpose: str, secret: Path) -> None:
        self.text, self.purpose = text, purpose
        self._bucket = text.startswith("s3://")
        if purpose == ONCE:
            self.place: FilePlace = _once(text, secret)
        else:
            self.place = place_at(text, secret)

    @property
    def label(self) -> str:
        """As the operator is told of it: the address without what follows a question mark."""
        return (_PLAIN.match(self.text) or [""])[0]

    def mark_of(self, installation: str) -> str:
        """What stands in the place: whose it is, and what for."""
        return f"backup {self.purpose} {installation}"

    def check(self, installation: str) -> None:
        """BackupFault unless the place bears the mark: a folder that is not mounted does not."""
        try:
            found = self.place.mark()
        except VaultLocked:
            raise BackupFault("its mark cannot be read") from None
        if not found:
            raise BackupFault("it bears no mark: not mounted? A new place is marked by oms backup --prepare")
        if found != self.mark_of(installation):
            raise BackupFault(f"it is marked for something else ({found[:60]})")

    def prepare(self, installation: str) -> bool:
        """Marks an empty place; False when it bore the mark. BackupFault when it is something else's or not empty."""
        if isinstance(self.place, FolderPlace) and not self.place.root.is_dir():
            raise BackupFault("there is no such folder: make it, or mount it")
        if self.place.mark():
            self.check(installation)
            return False
        if next(iter(self.place.names()), None) is not None:
            raise BackupFault("it is not empty")
        self.place.set_mark(self.mark_of(installation))
        return True

    # --- objects ---

    def put(self, name: str, data: bytes) -> tuple[str, int]:
        """Keeps bytes under a name, on the disk; their SHA-256 and number. In ``once`` what is there stays."""
        with temporary_in(self.place.new()) as (file, path):
            file.write(data)
        self._take(name, path)
        return hashlib.sha256(data).hexdigest(), len(data)

    def put_stream(self, name: str, source: Reader, sealing: Sealing) -> tuple[str, int]:
        """Seals a stream into an object; SHA-256 and bytes of the object."""
        with temporary_in(self.place.new()) as (file, path):
            counted = Hashing(file)
            sealing.stream(source, counted)
        self._take(name, path)
        return counted.sha, counted.size

    def _take(self, name: str, path: Path) -> None:
        try:
            self.place.put(name, path)
        except FileExistsError:
            if name.startswith(MANIFEST):
                raise
            # the same bytes, sealed by a run that was stopped before it could write that down
        finally:
            path.unlink(missing_ok=True)

    def get(self, name: str, most: int) -> bytes:
        """An object as it lies there; FileNotFoundError when there is none, TooLarge beyond so many bytes."""
        read, left = list[bytes](), most
        with self.place.open(name) as stream:
            while piece := stream.read(CHUNK):
                read.append(piece)
                left -= len(piece)
                if left < 0:
                    raise TooLarge(f"lies there with more than the {most} bytes it may have")
        return b"".join(read)

    def is_whole(self, name: str, sum: str, size: int) -> bool:
        """Whether what lies there is what was written; read from the place."""
        try:
            if self.place.size(name) != size:
                return False
            with self.place.open(name) as stream:
                return sha256_of(stream) == sum
        except FileNotFoundError:
            return False

    def remove(self, name: str) -> None:
        """Removes an object; of a place of keys its bytes are overwritten first, as far as a disk does that."""
        if self.purpose == KEYS and isinstance(self.place, FolderPlace):
            _overwrite(self.place.path_of(name))
        self.place.remove(name)

    def manifests(self, after: str = FIRST) -> Iterator[str]:
        """Names of manifests behind one of them, by number."""
        for name in self.place.names(after):
            if not name.startswith(MANIFEST):
                return
            yield name


class OnceBucket:
    """A bucket that is only added to; the store's own lock (versions, WORM) is what holds against a thief."""

    def __init__(self, inner: FilePlace) -> None:
        self._inner = inner
        self.new, self.open, self.size, self.settle = inner.new, inner.open, inner.size, inner.settle
        self.names, self.mark, self.set_mark = inner.names, inner.mark, inner.set_mark

    def put(self, name: str, temporary: Path) -> None:
        """Takes a file over unless the name is taken (FileExistsError)."""
        try:
            self._inner.size(name)
        except FileNotFoundError:
            self._inner.put(name, temporary)
            return
        raise FileExistsError(name)

    def remove(self, name: str) -> bool:
        """Never."""
        raise PermissionError(errno.EPERM, "nothing is removed from a place that is written once")


def _once(text: str, secret: Path) -> FilePlace:
    if text.startswith("s3://"):
        return OnceBucket(place_at(text, secret))
    return OnceFolder(Path(text).resolve())


def _overwrite(path: Path) -> None:
    try:
        path.chmod(0o600)
        with path.open("r+b") as file:
            size = min(path.stat().st_size, SEALED_MOST)  # nothing of ours is larger, and a hole would become real
            for start in range(0, size, CHUNK):
                file.write(b"\0" * min(CHUNK, size - start))
            file.flush()
            os.fsync(file.fileno())
    except FileNotFoundError:
        return
