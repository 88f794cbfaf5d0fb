"""A snapshot on its way into one place: only what the place does not have is written, the manifest last."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from oms.errors import BackupFault
from oms.store.backup_form import (
    INLINE,
    LIST,
    MANIFEST,
    OPENED_MOST,
    SEALED_MOST,
    BackupKeys,
    Block,
    FileEntry,
    Sealing,
    batched,
    manifest_name,
    read_manifest,
    to_json,
    written,
)
from oms.store.backup_place import FIRST, KEYS, Depot
from oms.store.backup_state import State
from oms.store.snapshot import Changed, Part

ALL_KEPT = timedelta(days=2)
"""So long every run is kept in an ordinary place; older ones one a day."""
KEYS_KEPT = 3
"""Snapshots of the keys while no key was destroyed."""

Source = Callable[[], BinaryIO]


@dataclass
class Written:
    """What one run put into a place, and what it could not take."""

    objects: int = 0
    bytes: int = 0
    files: int = 0
    left: list[str] = field(default_factory=list)


class Counted:
    """A stream that knows the SHA-256 and the bytes of what was read from it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._digest, self.size = stream, hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        """Some bytes."""
        data = self._stream.read(size)
        self._digest.update(data)
        self.size += len(data)
        return data

    @property
    def sha(self) -> str:
        """Hex SHA-256 so far."""
        return self._digest.hexdigest()


class Deposit:
    """One run in one place."""

    def __init__(self, depot: Depot, state: State, keys: BackupKeys, installation: str, now: datetime) -> None:
        self.depot, self.state, self.done = depot, state, Written()
        self._keys, self._names, self._now = keys, keys.names(), now
        self._sealing = Sealing(keys.recipients())
        self._installation, self._place = installation, f"{installation}/{depot.purpose}"
        depot.check(installation)
        self._agree()
        newest = state.newest()
        self.number, self.previous = (newest[0] + 1, newest[1]) if newest else (1, "")
        self._named: set[str] = set()

    def _agree(self) -> None:
        """What is remembered is what lies there; else it is made anew from the place."""
        newest = self.state.newest()
        if newest and not self._is_there(newest[3]):
            self.state.forget()
            newest = None
        after = manifest_name(self._place, newest[0]) if newest else FIRST
        unknown = list(self.depot.manifests(after))
        if unknown and newest is None:
            self.state.forget()
            last = max(int(name[16:32], 16) for name in unknown)
            if self.depot.purpose != KEYS:
                self.state.found((each for each in self.depot.place.names() if not each.startswith(MANIFEST)), last)
        for name in unknown:
            self._adopt(name)

    def _is_there(self, name: str) -> bool:
        try:
            return self.depot.place.size(name) > 0
        except FileNotFoundError:
            return False

    def _adopt(self, name: str) -> None:
        try:
            data = self.depot.get(name, SEALED_MOST)
            head, _body = read_manifest(data, [self._keys.public()])
        except BackupFault:
            return  # of a key of before, or damaged: it stays, and the next number goes past it all the same
        self.state.add_manifest(head.number, name, head.at.isoformat(), hashlib.sha256(data).hexdigest())

    # --- objects ---

    def _put(self, data: bytes, sha: str) -> str:
        name = self._names.block(sha)
        self._named.add(name)
        if not self.state.has(name):
            self._account(name, *self.depot.put(name, self._sealing.sealed(data)))
        return name

    def _account(self, name: str, sum: str, size: int) -> None:
        self.state.add(name, self.number, sum, size)
        self.done.objects += 1
        self.done.bytes += size

    def part(self, part: Part) -> dict[str, Any] | None:
        """Puts what is new of a file; as the manifest names it. None when the file changes while it is read."""
        read, blocks = part.reader(), list[Block]()
        try:
            for at, size, sha in part.cut.blocks:
                name = self._names.block(sha)
                if self.state.has(name):
                    self._named.add(name)
                else:
                    self._put(read(at, size, sha), sha)
                blocks.append(Block(name, sha, size))
        except (Changed, FileNotFoundError):
            self.done.left.append(part.name)
            return None
        told = {"name": part.name, "mode": part.mode, "size": part.cut.size, "sha": part.cut.sha}
        return told | self._listed([block.line() for block in blocks])

    def _listed(self, lines: Sequence[str]) -> dict[str, Any]:
        if len(lines) <= INLINE:
            return {"blocks": list(lines)}
        return {"lists": [self._list(each) for each in batched(lines, LIST)]}

    def _list(self, lines: Iterable[str]) -> str:
        """A list as an object: its name is that of what stands in it, so it vouches for nothing by itself."""
        data = "".join(f"{line}\n" for line in lines).encode()
        sha = hashlib.sha256(data).hexdigest()
        return f"{self._put(data, sha)} {sha} {len(data)}"

    # --- files of the vault ---

    def file(self, sha: str, file_id: str, opened: BinaryIO) -> None:
        """Puts a file of the vault as it lies there, under the names of its content and its sealing."""
        name, counted = self._names.file(sha, file_id), Counted(opened)
        sum, length = self.depot.put_stream(name, counted, self._sealing)
        self.state.add_file(FileEntry(sha, file_id, name, counted.sha, counted.size), sum, length)
        self.done.files += 1
        self.done.bytes += length

    def files(self) -> dict[str, Any]:
        """The lists of all files in the place."""
        lists = self.state.full_lists()
        for each in lists:
            self._named.add(each.split(" ")[0])
        for number, entries in enumerate(batched(self.state.files(len(lists) * LIST), LIST), start=len(lists)):
            lists.append(self._list(entry.line() for entry in entries))
            if len(entries) == LIST:
                self.state.keep_list(number, lists[-1])
        count, size = self.state.counts()
        return {"count": count, "bytes": size, "lists": lists}

    # --- the end ---

    def end(self, body: dict[str, Any]) -> None:
        """Writes the manifest, durably, and remembers it: from here on the run counts."""
        body = body | {"installation": self._installation, "purpose": self.depot.purpose, "number": self.number}
        told = to_json(body)
        data = written(self._place, self.number, self._now, self.previous, self._sealing.sealed(told), self._keys)
        if len(told) > OPENED_MOST or len(data) > SEALED_MOST:
            raise BackupFault("the manifest is larger than a restore reads: fewer single files in OMS_HOME")
        name = manifest_name(self._place, self.number)
        self.depot.put(name, data)
        at, hash = self._now.isoformat(), hashlib.sha256(data).hexdigest()
        self.state.finish(self.number, name, at, hash, self._named)
        self.done.bytes += len(data)

    def prune(self, keep: timedelta) -> int:
        """Removes runs that are no longer kept, then what only they named; how many runs went."""
        kept = kept_of(self.state.manifests(), self._now, keep)
        return self._drop([each for each in self.state.manifests() if each[0] not in kept])

    def _drop(self, manifests: Sequence[tuple[int, str, str]]) -> int:
        for number, name, _at in manifests:
            self.depot.remove(name)
            self.state.drop_manifest(number)
        for name in self.state.unneeded():
            self.depot.remove(name)
            self.state.drop(name)
        return len(manifests)

    def keep_few(self, destroyed: int) -> None:
        """Of a place of keys: proves the new snapshot, then removes older ones; all of them once a key is destroyed.

        Whatever else lies in the place goes, too. OSError or BackupFault when a snapshot is not whole or stays.
        """
        newest = self.state.newest()
        if newest is None or hashlib.sha256(self.depot.get(newest[3], SEALED_MOST)).hexdigest() != newest[1]:
            raise BackupFault("the new snapshot of the keys cannot be read back")
        for name, sum, size in self.state.sums():
            if not self.depot.is_whole(name, sum, size):
                self.state.drop(name)  # it is written again by the next run
                raise BackupFault("the new snapshot of the keys cannot be read back whole")
        manifests = self.state.manifests()
        self._drop(manifests[: -1 if destroyed else -KEYS_KEPT])
        known = self.state.known() | {name for _number, name, _at in self.state.manifests()}
        for name in [name for name in self.depot.place.names() if name not in known]:
            self.depot.remove(name)


def kept_of(manifests: Sequence[tuple[int, str, str]], now: datetime, keep: timedelta) -> set[int]:
    """Numbers to be kept: all of the last two days, the last of each day for as long as is asked, the newest always."""
    kept, days = set[int](), dict[str, int]()
    for number, _name, at in manifests:
        age = now - datetime.fromisoformat(at)
        if age <= min(ALL_KEPT, keep):
            kept.add(number)
        elif age <= keep:
            days[at[:10]] = number
    newest = {manifests[-1][0]} if manifests else set()
    return kept | set(days.values()) | newest


def state_file(home: Path, depot: Depot) -> Path:
    """Where the machine remembers a place."""
    return home / "backup" / f"{depot.purpose}-{hashlib.sha256(depot.text.encode()).hexdigest()[:12]}.db"
