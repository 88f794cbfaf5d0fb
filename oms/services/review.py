"""Reviewing: who read, searched, was refused. A reviewer opens no record, and looking here is itself a row."""

from __future__ import annotations

import errno
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from oms.domain.access import Action, Principal
from oms.domain.journal import Verb, Verdict, parse_note
from oms.services.house import House, What, note, require_role
from oms.store import journal, people, units
from oms.store.db import UnitOfWork
from oms.store.journal import EntryFilter as EntryFilter
from oms.store.tables import Account, JournalEntry

READING_VERBS = (Verb.DOSSIER_OPEN, Verb.CADRE_OPEN, Verb.DOCUMENT_OPEN, Verb.PAGE_VIEW)


@dataclass(frozen=True)
class JournalPage:
    """A page of the journal for the reviewer's list."""

    entries: tuple[JournalEntry, ...]
    total: int
    counts: dict[tuple[str, str], int]
    accounts: tuple[Account, ...]
    integrity: Integrity


@dataclass(frozen=True)
class Integrity:
    """Where the journal stands: entries, the last sealed head, the last witnessed head."""

    entries: int
    sealed: int
    sealed_at: datetime | None
    root: str
    witnessed: int


def entries(
    uow: UnitOfWork,
    house: House,
    principal: Principal,
    wanted: EntryFilter,
    limit: int,
    offset: int,
    now: datetime,
) -> JournalPage:
    """The newest entries that fit the filter; the look is journalled with its filter before it is shown."""
    require_role(principal, Action.JOURNAL_READ, Verb.JOURNAL_VIEW)
    asked = {name: value for name, value in asdict(wanted).items() if value}
    note(uow, principal, Verb.JOURNAL_VIEW, now, what=What("journal"), detail=asked | {"offset": offset})
    found, total = journal.find(uow.session, wanted, limit, offset)
    accounts = tuple(account for account, _unit in people.all_accounts(uow.session))
    counts = journal.counts(uow.session, wanted)
    return JournalPage(tuple(found), total, counts, accounts, integrity(uow, house))


def wanted(
    actor_id: str, verb: str, outcome: str, object_id: str, since: datetime | None, until: datetime | None
) -> EntryFilter:
    """The filter of a reviewer's question; ``since`` is included, ``until`` is not, both aware."""
    return EntryFilter(
        actor_id,
        verb,
        outcome,
        object_id,
        journal.utc_text(since) if since else "",
        journal.utc_text(until) if until else "",
    )


def integrity(uow: UnitOfWork, house: House) -> Integrity:
    """The light on the reviewer's desk, without re-computing the tree."""
    last = journal.newest_checkpoint(uow.session)
    total = journal.find(uow.session, EntryFilter(), 1, 0)[1]
    heads = [_size(text) for text in witnessed_notes(house.settings.witness)]
    root = parse_note(last.note).root.hex() if last else ""
    return Integrity(total, last.size if last else 0, last.at if last else None, root, max(heads, default=0))


def _size(text: str) -> int:
    """Size of a witnessed head; 0 for text that is no checkpoint (the verification names it, the light goes on)."""
    try:
        return parse_note(text).size
    except ValueError:
        return 0


def verify_now(house: House, principal: Principal, now: datetime) -> Verdict:
    """Re-computes the whole tree on the reviewer's request; the request is a row too, written before."""
    with house.work(principal, now) as uow:
        require_role(principal, Action.JOURNAL_READ, Verb.JOURNAL_VERIFY)
        note(uow, principal, Verb.JOURNAL_VERIFY, now, what=What("journal"))
    return verify(house, None)


def witnessed_notes(folder: Path) -> list[str]:
    """The checkpoints kept outside the database, oldest first."""
    path = folder / "checkpoints.txt"
    if not path.exists():
        return []
    return split_notes(path.read_text(encoding="utf-8"))


def split_notes(text: str) -> list[str]:
    """Cuts a witness file into notes; each begins with the origin line. Text that is not a note is kept as one."""
    parts = text.split("\noms/journal\n")
    return [part if index == 0 else f"oms/journal\n{part}" for index, part in enumerate(parts) if part.strip()]


def seal(house: House, now: datetime) -> bool:
    """Seals what is new and appends the checkpoint to the witness file; False when nothing is new."""
    with house.database.transaction() as session:
        text = journal.seal(session, house.signer, now)
    if text is None:
        return False
    _keep(house.settings.witness, text)
    return True


def _keep(folder: Path, text: str) -> None:
    """Appends a checkpoint to the witness file: whole or, when the disk is full, not at all."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "checkpoints.txt").open("ab", buffering=0) as file:
        before = file.seek(0, os.SEEK_END)
        try:
            data = (text + "\n").encode()
            if file.write(data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(file.fileno())
        except OSError:
            os.truncate(file.fileno(), before)
            raise


def verify(house: House, witness: Path | None) -> Verdict:
    """Every row against the database's checkpoints and the witness's; on a snapshot, so that no writer waits."""
    notes = witnessed_notes(house.settings.witness)
    if witness is not None:
        notes += split_notes(witness.read_text(encoding="utf-8", errors="replace"))
    with house.database.snapshot() as session:
        return journal.check(session, house.signer, notes)


def export(house: House, path: Path, now: datetime) -> int:
    """Writes every entry as JSON lines with its leaf hash; returns how many. The export is a row too."""
    with house.work(None, now) as uow:
        note(uow, None, Verb.JOURNAL_EXPORT, now, what=What("journal"))
    number = 0
    path.touch(mode=0o600)  # the journal says who read whom: not for every user of the machine
    with house.database.snapshot() as session, path.open("w", encoding="utf-8") as file:
        for entry, leaf in journal.rows(session):
            file.write(journal.as_json_line(entry, leaf) + "\n")
            number += 1
    return number


@dataclass(frozen=True)
class LastRead:
    """A person's last reading and the last sealed head: shown to them at every page (a witness in many heads)."""

    number: int
    checkpoint: int
    sealed_at: datetime | None


def last_read(uow: UnitOfWork, principal: Principal) -> LastRead | None:
    """The person's last reading; None when they have read nothing yet."""
    number = journal.last_of(uow.session, principal.account_id, [str(verb) for verb in READING_VERBS])
    head = journal.newest_checkpoint(uow.session)
    if number is None:
        return None
    return LastRead(number, head.size if head else 0, head.at if head else None)


def unit_name(uow: UnitOfWork, unit_id: int) -> str:
    """Name of the unit a person acts for."""
    unit = units.by_id(uow.session, unit_id)
    return unit.name if unit else ""
