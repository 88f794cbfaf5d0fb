"""Sealing, witnessing and verifying the journal, for the sealer, the operator and the reviewer."""

from __future__ import annotations

import errno
import logging
import os
import re
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from io import FileIO
from pathlib import Path

from oms.domain.access import Principal, Target
from oms.domain.checkpoints import ORIGIN, Checkpoint, parse_note, split_notes
from oms.domain.journal import Verb
from oms.domain.journal_check import Verdict
from oms.services.house import House, What, note
from oms.store import anchors, journal, journal_export, journal_seal
from oms.store.db import Database

log = logging.getLogger(__name__)
NOTES = "checkpoints.txt"
TAIL = 8192
"""Bytes at the end of a witness file among which its last checkpoint is."""
_WHOLE = re.compile(
    re.escape(ORIGIN.encode()) + rb"\n\d+\n[A-Za-z0-9+/=]+\n\n(?:" + "—".encode() + rb" \S+ [A-Za-z0-9+/=]+\n)+\n"
)


def seal(house: House, now: datetime, reader: Database | None = None) -> bool:
    """Seals what is new and appends the checkpoint to the witness files; False when nothing is new.

    The rows are read back through another connection than the one that keeps the head: what is signed is what any
    reader finds. JournalChanged when a row is not what was written: nothing is signed then.
    """
    with (reader or house.database).snapshot() as session:
        unsealed = journal_seal.read_back(session)
    if unsealed is None:
        return False
    signed = house.signer.sign(unsealed.body)
    with house.sealing.transaction() as session:
        if not journal_seal.keep(session, unsealed, signed, now):
            return False
    append_note(house.settings.witness, signed)
    return True


def append_note(folder: Path, text: str) -> None:
    """Appends a checkpoint to a witness file: whole or, when the disk is full, not at all.

    What a lost power or a failing disk left of an unfinished one is cut off first: it was never relied upon.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / NOTES).open("a+b", buffering=0) as file:
        before = _whole_until(file)
        try:
            if before < file.seek(0, os.SEEK_END):
                log.warning("a witness file ended in an unfinished checkpoint, which is cut off")
                os.truncate(file.fileno(), before)
            data = (text + "\n").encode()
            if file.write(data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(file.fileno())
        except OSError:
            os.truncate(file.fileno(), before)
            raise


def _whole_until(file: FileIO) -> int:
    """Where the last whole checkpoint of a witness file ends; else its end."""
    end = file.seek(0, os.SEEK_END)
    start = file.seek(max(0, end - TAIL))
    tail = file.read()
    last = max((found.end() for found in _WHOLE.finditer(tail)), default=0)
    rest, begins = tail[last:], ORIGIN.encode()
    unfinished = not rest.endswith(b"\n\n") or b"\0" in rest or "—".encode() not in rest
    if not rest or (not last and start) or not unfinished or not (begins + b"\n").startswith(rest[: len(begins) + 1]):
        return end
    return start + last


def witnessed_notes(folder: Path) -> list[str]:
    """The checkpoints of a witness file, oldest first."""
    path = folder / NOTES
    return split_notes(path.read_text(encoding="utf-8", errors="replace")) if path.exists() else []


def all_notes(house: House) -> list[str]:
    """The checkpoints kept outside the database, in every folder that can be read just now."""
    notes = witnessed_notes(house.settings.witness)
    for folder in house.settings.witness_dirs:
        try:
            notes += witnessed_notes(folder)
        except OSError:
            log.warning("a witness folder cannot be read")
    return notes


def verify(
    house: House, witness: Path | None, lines: Path | None = None, principal: Principal | None = None
) -> Verdict:
    """Every row against the database's checkpoints, the witnesses' and the anchors'; no writer waits for it.

    ``lines`` is a file with the three lines of a printed sheet: their signature stays with the house, so they count as
    they are. ``principal``: the reviewer who asks, in a web process, which sees no row as the program.
    """
    notes = all_notes(house)
    if witness is not None:
        notes += split_notes(witness.read_text(encoding="utf-8", errors="replace"))
    typed = lines.read_text(encoding="utf-8", errors="replace") if lines else ""
    with house.look(principal) as uow:
        kept = [(row.size, bytes.fromhex(row.root)) for row in anchors.history(uow.session, 10_000)]
        return journal_seal.check(uow.session, house.signer, notes, kept, typed)


@dataclass(frozen=True)
class Exported:
    """What an export holds: how many entries, and the highest level of the papers and dossiers they name."""

    entries: int
    secrecy: int


def export(house: House, path: Path, now: datetime) -> Exported:
    """Writes every head, and every entry with its leaf hash, as JSON lines.

    The export is a row too, at the level of what it names.
    """
    with house.work(None, now) as uow:
        level = journal.highest_level(uow.session)
        note(uow, None, Verb.JOURNAL_EXPORT, now, what=What("journal"), target=Target("", level))
    return Exported(write_rows(house, path), level)


def write_rows(house: House, path: Path) -> int:
    """Writes every head and every entry as a JSON line, for whoever has put down that it is done; how many entries."""
    number = 0
    path.touch(mode=0o600)  # the journal says who read whom: not for every user of the machine
    with (
        house.database.snapshot() as session,
        closing(journal.rows(session)) as rows,
        path.open("w", encoding="utf-8") as file,
    ):
        for text in journal_seal.notes(session):
            file.write(journal_export.head_as_json_line(text) + "\n")
        for entry, leaf in rows:
            file.write(journal_export.as_json_line(entry, leaf) + "\n")
            number += 1
    return number


def newest_head(house: House) -> tuple[Checkpoint, str] | None:
    """The last sealed head and its note."""
    with house.database.snapshot() as session:
        row = journal_seal.newest_checkpoint(session)
    return (parse_note(row.note), row.note) if row else None
