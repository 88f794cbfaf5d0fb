"""The journal's rows: appended in the caller's transaction, sealed by signed checkpoints, verified on request."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sqlalchemy import ColumnElement, Table, func, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from oms.domain.journal import (
    COLUMNS,
    FORMAT,
    WHOLE_NUMBERS,
    Checkpoint,
    Entry,
    Frontier,
    Outcome,
    Verb,
    Verdict,
    leaf_hash,
    note_body,
    parse_note,
    set_back,
    signed_note,
    verify,
)
from oms.errors import JournalUnavailable
from oms.store.db import Asked, clock_ms
from oms.store.row_security import on_postgres
from oms.store.tables import JournalCheckpoint, JournalEntry

KEY_NAME = "oms-journal"


def utc_text(at: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, as stored and hashed."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _place(session: Session, at: datetime) -> tuple[str, int]:
    """When an act happened, as text, and the machine's counter of that moment.

    Rows are in order of the lock, so the time spent waiting for it is added to the time that the caller looked up.
    """
    asked: Asked | None = session.info.get("asked")
    if asked is None or asked.at != at:
        return utc_text(at), clock_ms()
    return utc_text(at + asked.waited), asked.clock


@dataclass(frozen=True)
class _Newest:
    """The newest row: the next one follows it."""

    seq: int = 0
    at: str = ""
    clock: int = 0


_NEWEST = select(JournalEntry.seq, JournalEntry.at, JournalEntry.clock).order_by(JournalEntry.seq.desc()).limit(1)
_NEWEST_THERE = select(*func.oms_journal_newest().table_valued("seq", "at", "clock").columns)
_BLANK: dict[str, Any] = {name: 0 if name in WHOLE_NUMBERS else "" for name in COLUMNS} | {"detail": "{}", "v": FORMAT}
_ADD = insert(cast(Table, JournalEntry.__table__))


def _newest(session: Session) -> _Newest:
    # on PostgreSQL past the reader's wall: who appends may not see the last row
    row = session.execute(_NEWEST_THERE if on_postgres(session) else _NEWEST).first()
    return _Newest(*row) if row else _Newest()


def _row(seq: int, at: str, clock: int, values: Mapping[str, Any]) -> dict[str, Any]:
    placed = {"seq": seq, "at": at, "clock": clock, "salt": secrets.token_hex(16)}
    entry = Entry(**(_BLANK | dict(values) | placed))
    return vars(entry) | {"leaf": leaf_hash(entry)}


def append(session: Session, at: datetime, values: dict[str, Any]) -> int:
    """Adds one entry in the running transaction and returns its number; columns not given are empty.

    JournalUnavailable when the row is not taken.
    Numbers are dense: the transaction holds the write lock (BEGIN IMMEDIATE), so no other can take the same one.
    A wall clock that was set back by more than two seconds is an entry of its own, before the first that shows it.
    """
    return append_all(session, at, [values])


def append_all(session: Session, at: datetime, values: Sequence[Mapping[str, Any]]) -> int:
    """Adds one entry for each of many objects, as :func:`append` does, in one go; returns the last number."""
    session.flush()  # what fails of the caller's own change is the caller's error, not the journal's
    try:
        last, (moment, clock) = _newest(session), _place(session, at)
        if last.at and set_back(last.at, moment):
            values = [_set_back_values(last, moment), *values]
        rows = [_row(seq, moment, clock, each) for seq, each in enumerate(values, last.seq + 1)]
        if rows:
            session.execute(_ADD, rows if len(rows) > 1 else rows[0])
    except DBAPIError as error:
        raise JournalUnavailable from error
    return last.seq + len(rows)


def _set_back_values(last: _Newest, moment: str) -> dict[str, Any]:
    said = json.dumps({"from": last.at, "to": moment}, separators=(",", ":"))
    acted = {"actor_id": "system", "actor_name": "Hệ thống", "role": "system", "rule": "system"}
    return acted | {"verb": Verb.JOURNAL_CLOCK, "outcome": Outcome.DONE, "object_kind": "journal", "detail": said}


def entry_of(row: JournalEntry) -> Entry:
    """The pure entry of a stored row."""
    return Entry(**{name: getattr(row, name) for name in COLUMNS})


def rows(session: Session, after: int = 0) -> Iterator[tuple[Entry, bytes]]:
    """(entry, stored leaf hash) in order, read in portions."""
    statement = select(JournalEntry).where(JournalEntry.seq > after).order_by(JournalEntry.seq)
    for row in session.scalars(statement.execution_options(yield_per=2000)):
        yield entry_of(row), bytes(row.leaf)


class Signer:
    """The Ed25519 key that signs checkpoints; its file is 0600 and made once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def make(self) -> None:
        """Makes the key pair unless it is there."""
        path = self._folder / "journal_key.pem"
        if path.exists():
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = Ed25519PrivateKey.generate()
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        (self._folder / "journal_key.pub").write_text(public.hex() + "\n")

    def _private(self) -> Ed25519PrivateKey:
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        key = load_pem_private_key((self._folder / "journal_key.pem").read_bytes(), None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError("journal key is not Ed25519")
        return key

    def public_bytes(self) -> bytes:
        """The raw public key (32 bytes)."""
        return bytes.fromhex((self._folder / "journal_key.pub").read_text().strip())

    def key_id(self) -> bytes:
        """C2SP signed-note key id: first 4 bytes of SHA-256(name, newline, 0x01, key)."""
        return sha256(KEY_NAME.encode() + b"\n\x01" + self.public_bytes()).digest()[:4]

    def sign(self, body: str) -> str:
        """The signed note of a checkpoint body."""
        return signed_note(body, KEY_NAME, self.key_id(), self._private().sign(body.encode()))

    def valid(self, head: Checkpoint) -> bool:
        """True when the signature is this key's."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_bytes()).verify(head.signature, head.body.encode())
        except InvalidSignature:
            return False
        return head.key_id == self.key_id()


def newest_checkpoint(session: Session) -> JournalCheckpoint | None:
    """The last sealed head."""
    return session.scalar(select(JournalCheckpoint).order_by(JournalCheckpoint.size.desc()).limit(1))


def seal(session: Session, signer: Signer, now: datetime) -> str | None:
    """Signs a checkpoint over every entry so far; returns its note, or None when nothing is new.

    Leaves are computed anew from the rows (read-back), not taken from the stored hashes.
    """
    last = newest_checkpoint(session)
    frontier = Frontier.load(last.size, last.frontier) if last else Frontier()
    start = frontier.size
    for entry, _stored in rows(session, frontier.size):
        frontier.append(leaf_hash(entry))
    if frontier.size == start:
        return None
    note = signer.sign(note_body(frontier.size, frontier.root()))
    session.add(JournalCheckpoint(size=frontier.size, frontier=frontier.dump(), note=note, at=now))
    session.flush()
    return note


def check(session: Session, signer: Signer, witnessed: Sequence[str]) -> Verdict:
    """Verifies every row against every checkpoint in the database and every witnessed note."""
    notes = list(session.scalars(select(JournalCheckpoint.note).order_by(JournalCheckpoint.size)))
    try:
        heads = [parse_note(note) for note in [*notes, *witnessed]]
    except ValueError as error:
        return Verdict(False, 0, len(notes), "", None, f"unreadable checkpoint: {error}")
    return verify(rows(session), heads, signer.valid)


@dataclass(frozen=True)
class EntryFilter:
    """What a reviewer asks for; empty parts do not filter."""

    actor_id: str = ""
    verb: str = ""
    outcome: str = ""
    object_id: str = ""
    since: str = ""
    until: str = ""


def _conditions(wanted: EntryFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for name in ("actor_id", "outcome", "object_id"):
        value = getattr(wanted, name)
        if value:
            found.append(getattr(JournalEntry, name) == value)
    if wanted.verb:
        found.append(JournalEntry.verb == wanted.verb)
    if wanted.since:
        found.append(JournalEntry.at >= wanted.since)
    if wanted.until:
        found.append(JournalEntry.at < wanted.until)
    return found


def find(session: Session, wanted: EntryFilter, limit: int, offset: int) -> tuple[list[JournalEntry], int]:
    """The newest entries that fit, and how many fit in all."""
    conditions = _conditions(wanted)
    total = session.scalar(select(func.count()).select_from(JournalEntry).where(*conditions)) or 0
    statement = select(JournalEntry).where(*conditions).order_by(JournalEntry.seq.desc())
    return list(session.scalars(statement.limit(limit).offset(offset))), total


def counts(session: Session, wanted: EntryFilter) -> dict[tuple[str, str], int]:
    """Entries per (verb, outcome) within the filter."""
    statement = (
        select(JournalEntry.verb, JournalEntry.outcome, func.count())
        .where(*_conditions(wanted))
        .group_by(JournalEntry.verb, JournalEntry.outcome)
    )
    return {(verb, outcome): number for verb, outcome, number in session.execute(statement)}


def last_of(session: Session, actor_id: str, verbs: Sequence[str]) -> int | None:
    """Number of the actor's newest entry among ``verbs`` that was not refused."""
    statement = select(func.max(JournalEntry.seq)).where(
        JournalEntry.actor_id == actor_id, JournalEntry.verb.in_(list(verbs)), JournalEntry.outcome == Outcome.DONE
    )
    return session.scalar(statement)


def as_json_line(entry: Entry, leaf: bytes) -> str:
    """An entry as one JSON line, its columns as hashed and its leaf hash in hex."""
    return json.dumps(asdict(entry) | {"leaf": leaf.hex()}, ensure_ascii=False, sort_keys=True)
