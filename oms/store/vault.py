"""The vault: write-once files kept under their SHA-256, sealed with a key of their own, verified on every read."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from oms.errors import FileDamaged, FileKeyGone, VaultLocked
from oms.store import in_memory, sealed_file
from oms.store.file_place import AWAY, FilePlace, FolderPlace, PlaceDown, checked_name, temporary_in
from oms.store.sealed_file import BadSeal, Sealer

if TYPE_CHECKING:
    from oms.store.key_book import KeyBook

log = logging.getLogger(__name__)
CHUNK = 1024 * 1024


def sha256_of(stream: BinaryIO) -> str:
    """Hex SHA-256 of the rest of a stream, read in 1 MiB pieces."""
    digest = hashlib.sha256()
    for piece in _chunks(stream):
        digest.update(piece)
    return digest.hexdigest()


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while piece := stream.read(CHUNK):
        yield piece


def _away(problem: Exception) -> VaultLocked | None:
    """What a place that does not answer is told as: it is no damage of a file."""
    down = isinstance(problem, PlaceDown) or (isinstance(problem, OSError) and problem.errno in AWAY)
    return VaultLocked(f"the vault's place does not answer: {type(problem).__name__}") if down else None


class Vault:
    """Immutable files in a place. A file that is in the vault is durable there.

    With keys every new file is sealed; files of before lie there in the clear until :meth:`seal` has come to them.
    Whatever needs a key raises VaultLocked while the keys cannot be had: that is no damage.
    """

    def __init__(self, place: Path | FilePlace, keys: KeyBook | None = None, copy: FilePlace | None = None) -> None:
        self.place: FilePlace = FolderPlace(place) if isinstance(place, Path) else place
        self.keys, self.copy = keys, copy
        self._marked = False

    @property
    def root(self) -> Path:
        """The folder, where the place is one; what it is called by otherwise."""
        return self.place.root if isinstance(self.place, FolderPlace) else Path(str(self.place))

    def path_of(self, sha: str) -> Path:
        """Where a folder keeps the file's bytes as they lie there (sealed); the name never comes from a user."""
        return self.root / checked_name(sha)[:2] / sha

    def sealing(self) -> KeyBook | None:
        """The keys new files are sealed with; None in an installation that has none yet.

        VaultLocked when the place says that it belongs to keys which are not here.
        """
        if self.keys is None:
            return None
        there = self.keys.exists()
        if not self._marked:
            mark = self.place.mark()
            if mark and (not there or mark != self.keys.value("id")):
                raise VaultLocked("the vault's keys are missing, or the place is another installation's")
            self._marked = bool(mark)
        return self.keys if there else None

    def claim(self) -> None:
        """Marks an empty or unmarked place as that of these keys; called once, by the set-up."""
        keys = self.sealing()
        if keys is not None and not self._marked:
            self.place.set_mark(keys.value("id"))
            self._marked = True

    def check_place(self) -> None:
        """VaultLocked unless keys and place are those of one another, now: before files are judged."""
        self._marked = False
        if self.sealing() is not None and not self._marked:
            raise VaultLocked("the vault's place does not bear this installation's mark: not mounted?")

    # --- in ---

    def put_bytes(self, data: bytes, level: int | None = None) -> str:
        """Keeps ``data``; returns its SHA-256. The same bytes twice are kept once.

        ``level`` is the secrecy level whose key seals it; None where it is not known yet.
        """
        return self._put((data,), level)[0]

    def put_file(self, source: Path, level: int | None = None) -> tuple[str, int]:
        """Keeps a copy of a file; returns (SHA-256, bytes) of what was kept, even if the source changes meanwhile."""
        folder = self.place.new()  # first: a source that is missing leaves nothing else undone
        del folder
        with source.open("rb") as stream:
            return self._put(_chunks(stream), level)

    def _put(self, pieces: Iterable[bytes], level: int | None, anew: bool = False) -> tuple[str, int]:
        digest, size, keys = hashlib.sha256(), 0, self.sealing()
        file_id, key = keys.fresh() if keys else (b"", b"")
        with temporary_in(self.place.new()) as (file, temporary):
            sealer = Sealer(file, key, file_id) if keys else None
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                (sealer or file).write(piece)
            if sealer:
                sealer.end()
        sha = digest.hexdigest()
        try:
            if not anew and self._is_kept(sha):
                self.place.settle(sha)  # whoever put it may have been killed before it was durable
                return sha, size
            if keys:  # durable before the file: a key without a file is nothing, a file without a key is lost
                keys.record(sha, file_id, key, level)
            self.place.put(sha, temporary)
        finally:
            temporary.unlink(missing_ok=True)
        return sha, size

    def _is_kept(self, sha: str) -> bool:
        """Whole, and sealed where there are keys. Damaged or in the clear: the good bytes take its place."""
        try:
            self.verify(sha)
        except FileDamaged:
            return False
        return self.sealing() is None or self.is_sealed(sha)

    def seal(self, sha: str, anew: bool = False) -> bool:
        """Seals a file that lies in the clear, or any file ``anew`` with another key; False when it was sealed.

        FileDamaged when it is not whole. A kill in between leaves the file as it was, or sealed.
        """
        keys = self.sealing()
        if keys is None:
            raise VaultLocked("there are no keys: run oms setup")
        if self.is_sealed(sha) and not anew:
            return False
        before = keys.rows_of(sha)
        level = before[-1].level if before and before[-1].settled else None
        if self._put(self.pieces(sha), level, anew=True)[0] != sha:
            raise FileDamaged(sha)
        return True

    # --- out ---

    def pieces(self, sha: str) -> Iterator[bytes]:
        """The file piece by piece, at most 1 MiB each; FileDamaged when something is not what was kept.

        Without a segment of a sealed file that was verified; of one in the clear only the end shows whether all was
        whole: who shows anything before that asks :meth:`verify` first.
        """
        digest = hashlib.sha256()
        try:
            with self.place.open(checked_name(sha)) as stream:
                for piece in self._plain(sha, stream):
                    digest.update(piece)
                    yield piece
        except (OSError, BadSeal) as problem:
            raise _away(problem) or FileDamaged(sha) from None
        if digest.hexdigest() != sha:
            raise FileDamaged(sha)

    def _plain(self, sha: str, stream: BinaryIO) -> Iterator[bytes]:
        head = stream.read(sealed_file.HEADER)
        file_id = sealed_file.file_id_of(head)
        if file_id is None:
            yield head
            yield from _chunks(stream)
            return
        keys = self.sealing()
        if keys is None:
            raise FileKeyGone(sha)
        yield from sealed_file.pieces(stream, head, keys.key_of(sha, file_id))

    def read(self, sha: str) -> bytes:
        """The bytes kept under ``sha``, from the second place where the first has them no longer whole.

        FileDamaged when they are missing or no longer match in either.
        """
        try:
            return b"".join(self.pieces(sha))
        except FileDamaged as damaged:
            return b"".join(self._from_the_other(sha, damaged).pieces(sha))

    def _from_the_other(self, sha: str, damaged: FileDamaged) -> Vault:
        """The second place, where it has the file whole: the check is told to look at it next. Else ``damaged``."""
        twin = self.twin()
        if twin is None or isinstance(damaged, FileKeyGone):
            raise damaged
        try:
            twin.verify(sha)
        except (FileDamaged, VaultLocked):
            raise damaged from None
        log.error("file %s is damaged in the vault; it is read from the second place", sha)
        if self.keys is not None:
            self.keys.suspect(sha)
        return twin

    def verify(self, sha: str) -> int:
        """Reads the whole file; how many bytes it has. FileDamaged when it is not whole."""
        return sum(len(piece) for piece in self.pieces(sha))

    def size(self, sha: str) -> int:
        """How many bytes a file has, unverified; FileDamaged when it is gone."""
        try:
            size = self.place.size(checked_name(sha))
            return sealed_file.plain_size(size) if self.is_sealed(sha) else size
        except (OSError, BadSeal) as problem:
            raise _away(problem) or FileDamaged(sha) from None

    def is_there(self, sha: str) -> bool:
        """Whether the place has a file of this name, whole or not."""
        try:
            return self.place.size(checked_name(sha)) >= 0
        except FileNotFoundError:
            return False

    def is_sealed(self, sha: str) -> bool:
        """Whether the file lies there sealed; FileDamaged when it is gone."""
        return self.file_id(sha) is not None

    def file_id(self, sha: str) -> bytes | None:
        """The id in a sealed file's header; None in the clear, FileDamaged when it is gone."""
        try:
            with self.place.open(checked_name(sha)) as stream:
                return sealed_file.file_id_of(stream.read(sealed_file.HEADER))
        except OSError as problem:
            raise _away(problem) or FileDamaged(sha) from None

    @contextmanager
    def opened(self, sha: str) -> Iterator[Path]:
        """A verified copy in the clear for a program that needs a path: in memory, gone when the block ends."""
        source = self._whole(sha)
        with in_memory.room(source.size(sha)) as folder:
            path = folder / "file"
            with path.open("wb") as file:
                for piece in source.pieces(sha):
                    file.write(piece)
            path.chmod(0o400)
            yield path

    def _whole(self, sha: str) -> Vault:
        """The place to read a file from as a stream: with a second one there is, the first that has it whole."""
        if self.copy is None:
            return self
        try:
            self.verify(sha)
        except FileDamaged as damaged:
            return self._from_the_other(sha, damaged)
        return self

    # --- levels, end ---

    def relevel(self, sha: str, level: int) -> bool:
        """Has a file's key wrapped by that of another level; False when nothing was to be done."""
        keys = self.sealing()
        return keys is not None and keys.relevel(sha, level)

    def destroy(self, sha: str) -> bool:
        """Removes a file for good; False when there is none. Disposals and given-up lists call this.

        Its key goes first: with it every copy of the sealed bytes, wherever it lies, is unreadable. The caller has
        made sure, in a committed transaction, that nothing in the database names the file any more.
        """
        keys = self.sealing()
        if keys is not None:
            keys.destroy(sha)
        gone = self.place.remove(checked_name(sha))
        if self.copy is not None:
            try:
                self.copy.remove(sha)
            except OSError as error:  # what is left there has no key
                log.warning("second copy: a destroyed file could not be removed: %s", type(error).__name__)
        return gone

    def names(self, after: str = "") -> Iterator[str]:
        """Every SHA-256 that has a file, in order."""
        return self.place.names(after)

    def close(self) -> None:
        """Gives the connections back (before a fork, at the end)."""
        if self.keys is not None:
            self.keys.close()

    # --- second place ---

    def carry(self, sha: str, there: FilePlace, here: FilePlace) -> None:
        """Puts a file's sealed bytes into another place as they lie here; OSError when one of them does not answer."""
        with here.open(sha) as stream, temporary_in(there.new()) as (file, temporary):
            shutil.copyfileobj(stream, file, CHUNK)
        try:
            there.put(sha, temporary)
        finally:
            temporary.unlink(missing_ok=True)

    def twin(self) -> Vault | None:
        """The second place as a vault with the same keys; None where there is none."""
        if self.copy is None:
            return None
        return Vault(self.copy, self.keys)


def leftovers(folder: Path, older_than: float) -> int:
    """Removes files in the making whose process was killed, last written before that time; returns how many."""
    gone = 0
    for path in folder.glob(".new-*"):
        try:
            if path.stat().st_mtime < older_than:
                os.unlink(path)
                gone += 1
        except FileNotFoundError:
            continue
    return gone
