"""What a restorer reads: places of backup, opened with what was carried in by hand, and nothing of them believed.

A manifest counts when the key that was carried signed it; a piece counts when it has the hash the manifest names.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from oms.errors import BackupFault
from oms.store.backup_form import (
    OPENED_MOST,
    SEALED_MOST,
    Block,
    Carried,
    FileEntry,
    Hashing,
    Head,
    Opening,
    read_manifest,
    sealed_most,
)
from oms.store.backup_place import DATA, KEYS, ONCE, Depot

_PURPOSES = {f"backup {purpose} ": purpose for purpose in (DATA, ONCE, KEYS)}


@dataclass(frozen=True)
class Manifest:
    """A manifest that counts: its head and what it says."""

    head: Head
    body: dict[str, Any]


class Source:
    """Places of the same installation: manifests are the first one's, a bad piece is looked for in the others."""

    def __init__(self, texts: Sequence[str], carried: Carried, secret: Path, purposes: Sequence[str]) -> None:
        self._carried, self._opening = carried, Opening(carried.identities)
        if not carried.signers:
            raise BackupFault("nobody says whose signature to believe: the identity file has no line 'signed by'")
        self.depots = [_depot(text, secret, purposes) for text in texts]
        self.installation, self.purpose = _mark(self.depots[0])
        for depot in self.depots[1:]:
            if _mark(depot)[0] != self.installation:
                raise BackupFault(f"{depot.label} is another installation's")
        if carried.installation and carried.installation != self.installation:
            raise BackupFault("the place is another installation's than the identity file says")
        self.told: list[str] = []
        """What is not as it should be and does not stand in the way."""

    # --- manifests ---

    def heads(self) -> list[Head]:
        """Manifests that are signed and whole, oldest first, each the successor of the one before; others are told."""
        found, hashes = list[Head](), dict[int, str]()
        for name in self.depots[0].manifests():
            try:
                data = self.depots[0].get(name, SEALED_MOST)
                head, _body = read_manifest(data, self._carried.signers)
            except BackupFault as problem:
                self.told.append(f"{problem} ({name[:32]}…)")
                continue
            if head.name != name or head.place != f"{self.installation}/{self.purpose}":
                raise BackupFault(f"manifest {head.number} was moved here from another place or installation")
            self._follows(head, found, hashes)
            found.append(head)
            hashes[head.number] = hashlib.sha256(data).hexdigest()
        return found

    def _follows(self, head: Head, before: Sequence[Head], hashes: dict[int, str]) -> None:
        last = before[-1].number if before else 0
        if last == head.number - 1:
            if head.previous != hashes.get(last, ""):
                raise BackupFault(f"manifest {head.number} does not follow manifest {last}: one of them was exchanged")
        elif self.purpose == ONCE:
            self.told.append(f"manifests {last + 1} to {head.number - 1} are missing from a place that is written once")

    def chosen(self, at: datetime | None) -> tuple[Manifest, Manifest]:
        """The manifest of a time (the newest without one), and the newest of all, whose lists of files are longest."""
        heads = self.heads()
        wanted = [head for head in heads if at is None or head.at <= at]
        if not wanted:
            raise BackupFault(
                "no manifest that counts lies there" + (" of that time or before" if at and heads else "")
                + "".join(f"; {each}" for each in self.told)
            )  # fmt: skip
        newest = self._last_name()
        if at is None and newest != wanted[-1].name:
            raise BackupFault(f"the newest manifest does not count: {self.told[-1]}; --at takes an older one")
        return self.manifest(wanted[-1]), self.manifest(heads[-1])

    def newest_that_counts(self) -> Manifest:
        """The newest manifest of a place of keys; one behind it that does not count is told."""
        heads = self.heads()
        if not heads:
            told = "".join(f"; {each}" for each in self.told)
            raise BackupFault(f"no manifest that counts lies in the place of the keys{told}")
        return self.manifest(heads[-1])

    def _last_name(self) -> str:
        return max(self.depots[0].manifests())

    def manifest(self, head: Head) -> Manifest:
        """What a manifest says; BackupFault when this identity does not open it."""
        _head, body = read_manifest(self.depots[0].get(head.name, SEALED_MOST), self._carried.signers)
        try:
            told = json.loads(self._opening.opened(body, OPENED_MOST))
        except BackupFault as problem:
            raise BackupFault(f"manifest {head.number} {problem}") from None
        if told.get("installation") != self.installation or told.get("number") != head.number:
            raise BackupFault(f"manifest {head.number} is another installation's")
        return Manifest(head, told)

    # --- pieces ---

    def piece(self, block: Block, what: str) -> bytes:
        """The bytes of a block, from the first place in which it is whole; BackupFault names it."""
        problem = "missing"
        for depot in self.depots:
            try:
                data = self._opening.opened(depot.get(block.object, sealed_most(block.size)), block.size)
            except FileNotFoundError:
                continue
            except BackupFault as found:
                problem = str(found)
                continue
            if hashlib.sha256(data).hexdigest() == block.sha and len(data) == block.size:
                return data
            problem = "not what the manifest names"
        raise BackupFault(f"{what}: piece {block.object} is {problem}" if problem == "missing" else
                          f"{what}: piece {block.object}: {problem}")  # fmt: skip

    def blocks(self, told: dict[str, Any]) -> Iterator[Block]:
        """The blocks of a part, in order."""
        for line in told.get("blocks", ()):
            yield Block.of(line)
        for name in told.get("lists", ()):
            yield from (Block.of(line) for line in self._lines(name, str(told.get("name", "a list"))))

    def _lines(self, listed: str, what: str) -> list[str]:
        return self.piece(Block.of(listed), f"list of {what}").decode().splitlines()

    def part(self, told: dict[str, Any], target: Path) -> int:
        """Writes a part to its file; its bytes. BackupFault when what came together is not what the manifest names."""
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with target.open("wb") as file:
            target.chmod(0o600)
            counted = Hashing(file)
            for block in self.blocks(told):
                if counted.size + block.size > told["size"]:
                    raise BackupFault(f"{told['name']} is larger than the manifest says")
                counted.write(self.piece(block, str(told["name"])))
        if counted.sha != told["sha"] or counted.size != told["size"]:
            raise BackupFault(f"{told['name']} is not what the manifest names")
        target.chmod(int(told["mode"]) & 0o700 | 0o600)
        return counted.size

    def files(self, manifest: Manifest) -> Iterator[FileEntry]:
        """Files of the vault that the place has."""
        for listed in manifest.body["files"]["lists"]:
            yield from (FileEntry.of(line) for line in self._lines(listed, "files"))

    def file(self, entry: FileEntry, out: BinaryIO) -> None:
        """Writes a file of the vault as it lay there; BackupFault names it when no place has it whole."""
        problem = "missing"
        for depot in self.depots:
            out.seek(0)
            out.truncate()
            counted = Hashing(out)
            try:
                with depot.place.open(entry.object) as stream:
                    self._opening.stream(stream, counted, entry.size)
            except FileNotFoundError:
                continue
            except BackupFault as found:
                problem = str(found)
                continue
            if counted.sha == entry.sealed and counted.size == entry.size:
                return
            problem = "not what the manifest names"
        raise BackupFault(f"file {entry.sha}: {problem}")


def _depot(text: str, secret: Path, purposes: Sequence[str]) -> Depot:
    depot = Depot(text, DATA, secret)
    _installation, purpose = _mark(depot)
    if purpose not in purposes:
        raise BackupFault(f"{depot.label} is a place of backup for something else ({purpose})")
    return depot


def _mark(depot: Depot) -> tuple[str, str]:
    """(installation, purpose) of a place; BackupFault when it bears no mark of a place of backup."""
    mark = depot.place.mark()
    for begin, purpose in _PURPOSES.items():
        if mark.startswith(begin):
            return mark.removeprefix(begin), purpose
    raise BackupFault(f"{depot.label} bears no mark of a place of backup: not mounted, or another folder?")
