"""Sealing and verifying the journal: its rows become a tree, its heads are signed and held against the rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, cast

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from oms.domain.checkpoints import Checkpoint, note_body, parse_body, parse_note
from oms.domain.journal import COLUMNS, FORMAT, SEPARATOR, Entry, Verb
from oms.domain.journal_check import Portion, Verdict, verify, walked
from oms.domain.merkle import Frontier, inclusion_proof
from oms.errors import JournalChanged
from oms.store import journal
from oms.store.journal_key import Signer
from oms.store.tables import JournalCheckpoint, JournalEntry

AT_ONCE = 512
"""Rows of a portion: what is looked at five times stays in the processor's cache."""
_MARK, _MARKS = SEPARATOR.encode(), len(COLUMNS) - 1
_FAST = text(
    "SELECT seq, leaf, at, clock, verb, v, CAST(concat_ws(char(31), char(0) || v, "  # noqa: S608 - our own columns
    + ", ".join(COLUMNS[1:])
    + ") AS BLOB) FROM journal WHERE seq > :after ORDER BY seq"
)


def notes(session: Session) -> list[str]:
    """Every head that was sealed, as it was signed, oldest first."""
    return list(session.scalars(select(JournalCheckpoint.note).order_by(JournalCheckpoint.size)))


def checkpoints_between(session: Session, since: datetime, until: datetime) -> list[JournalCheckpoint]:
    """The heads sealed between two times, oldest first."""
    inside = (JournalCheckpoint.at >= since, JournalCheckpoint.at < until)
    return list(session.scalars(select(JournalCheckpoint).where(*inside).order_by(JournalCheckpoint.size)))


def newest_checkpoint(session: Session) -> JournalCheckpoint | None:
    """The last sealed head."""
    return session.scalar(select(JournalCheckpoint).order_by(JournalCheckpoint.size.desc()).limit(1))


def checkpoint(session: Session, size: int) -> JournalCheckpoint | None:
    """The head of this size, if one was sealed."""
    return session.get(JournalCheckpoint, size)


def leaves(session: Session, after: int, until: int) -> list[bytes]:
    """Stored leaf hashes of the entries after one number up to another."""
    wanted = select(JournalEntry.leaf).where(JournalEntry.seq > after, JournalEntry.seq <= until)
    return [bytes(leaf) for leaf in session.scalars(wanted.order_by(JournalEntry.seq))]


def inclusion(session: Session, seq: int) -> tuple[bytes, list[bytes], str] | None:
    """An entry's leaf hash, the proof that it is in the newest head, and that head's note; None when it is not."""
    head = newest_checkpoint(session)
    if head is None or not 0 < seq <= head.size:
        return None
    all_leaves = leaves(session, 0, head.size)
    return all_leaves[seq - 1], inclusion_proof(all_leaves, seq - 1), head.note


def portions(session: Session, after: int = journal.BEFORE_ALL, until: int | None = None) -> Iterator[Portion]:
    """The rows in order. On SQLite their bytes are put together by the database: a row of format 2 is sound when they
    hash to what is stored; whatever is not is read column by column and judged by the domain.
    """
    if session.connection().dialect.name != "sqlite":
        yield from _read_slowly(session, after, until)
        return
    cursor: Any = session.connection().execute(_FAST, {"after": after}).cursor
    while found := cursor.fetchmany(AT_ONCE):
        if until is not None and found[-1][0] > until:
            found = [row for row in found if row[0] <= until]
            if not found:
                return
        seqs, leaves, ats, clocks, verbs, formats, bodies = zip(*found, strict=True)
        if _sound(leaves, formats, bodies):
            prunings = {}
            if Verb.JOURNAL_PRUNE in verbs:
                told = (seq for seq, verb in zip(seqs, verbs, strict=True) if verb == Verb.JOURNAL_PRUNE)
                prunings = {seq: _entry(session, seq) for seq in told}
            yield Portion(seqs, leaves, ats, clocks, verbs, prunings, sound=True)
        else:
            yield from _read_slowly(session, seqs[0] - 1, seqs[-1])


def _sound(leaves: Sequence[bytes], formats: Sequence[int], bodies: Sequence[bytes | None]) -> bool:
    if formats.count(FORMAT) != len(formats) or None in bodies:
        return False
    read = cast(Sequence[bytes], bodies)
    if [sha256(body).digest() for body in read] != list(leaves):
        return False
    return {body.count(_MARK) for body in read} == {_MARKS}


def _entry(session: Session, seq: int) -> Entry:
    with closing(journal.rows(session, seq - 1)) as found:
        return next(found)[0]


def _read_slowly(session: Session, after: int, until: int | None) -> Iterator[Portion]:
    taken: list[tuple[Entry, bytes]] = []
    with closing(journal.rows(session, after)) as rows:
        for row in rows:
            if until is not None and row[0].seq > until:
                break
            taken.append(row)
            if len(taken) == AT_ONCE:
                yield Portion.of(taken)
                taken = []
    if taken:
        yield Portion.of(taken)


@dataclass(frozen=True)
class Unsealed:
    """What a sealer is to sign: the head over every row so far, and the size of the head it goes on from."""

    after: int
    frontier: Frontier

    @property
    def body(self) -> str:
        """The three lines."""
        return note_body(self.frontier.size, self.frontier.root())


def read_back(session: Session) -> Unsealed | None:
    """The rows since the last head, read back and hashed anew; None when there are none.

    JournalChanged when one is not what was written: then nothing is signed.
    """
    last = newest_checkpoint(session)
    frontier = Frontier.load(last.size, last.frontier) if last else Frontier()
    start = frontier.size
    if last is not None and parse_note(last.note).root != frontier.root():
        raise JournalChanged(start, "the last checkpoint is not that of its frontier")
    found, tree = walked(portions(session, start or journal.BEFORE_ALL), [], lambda head: True, frontier)
    if not found.whole:
        raise JournalChanged(found.first_bad or start, found.problem)
    return Unsealed(start, tree) if tree.size > start else None


def keep(session: Session, unsealed: Unsealed, signed: str, now: datetime) -> bool:
    """Writes a signed head with its frontier; False when another head was written meanwhile."""
    last = newest_checkpoint(session)
    if (last.size if last else 0) != unsealed.after:
        return False
    size, frontier = unsealed.frontier.size, unsealed.frontier.dump()
    session.add(JournalCheckpoint(size=size, frontier=frontier, note=signed, at=now))
    session.flush()
    return True


def seal(session: Session, signer: Signer, now: datetime) -> str | None:
    """Reads back, signs and keeps in one transaction; the note, or None when nothing is new."""
    unsealed = read_back(session)
    if unsealed is None:
        return None
    signed = signer.sign(unsealed.body)
    return signed if keep(session, unsealed, signed, now) else None


GUARDS = frozenset(
    {
        "journal_no_update",
        "journal_no_delete",
        "journal_in_order",
        "checkpoints_no_update",
        "checkpoints_no_delete",
        "checkpoints_in_order",
        "anchors_no_update",
        "anchors_no_delete",
        "prunings_no_update",
        "prunings_no_delete",
    }
)


_AT_WORK = text(
    "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal GROUP BY tgname HAVING bool_and(tgenabled IN ('O', 'A'))"
)
"""PostgreSQL's guards that are at work: on the table and on every part of it."""


def missing_guards(session: Session) -> list[str]:
    """Triggers that should forbid change and are not there, or were weakened or switched off."""
    if session.connection().dialect.name != "sqlite":
        return sorted(GUARDS - set(session.scalars(_AT_WORK)))
    found = {
        name: sql for name, sql in session.execute(text("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"))
    }
    return sorted(name for name in GUARDS if "RAISE(ABORT" not in found.get(name, ""))


def check(
    session: Session,
    signer: Signer,
    witnessed: Sequence[str],
    anchored: Sequence[tuple[int, bytes]] = (),
    typed: str = "",
    guards: bool = True,
) -> Verdict:
    """Verifies every row against every checkpoint in the database, every witnessed note and every anchor.

    ``typed`` are the three lines of a sheet, checked as they stand: paper carries no signature of the key. ``guards``
    False: the rows alone, while an administrator moves them.
    """
    kept = notes(session)
    plain = list(anchored)
    try:
        ring = signer.ring()
    except (ValueError, OSError) as error:
        return Verdict(False, 0, len(kept), "", None, f"the keys of the journal cannot be trusted: {error}")
    try:
        heads = [parse_note(note) for note in [*kept, *witnessed]]
        if typed.strip():
            plain.append(parse_body(typed.strip()))
    except ValueError as error:
        return Verdict(False, 0, len(kept), "", None, f"unreadable checkpoint: {error}")
    heads += [Checkpoint(size, root, note_body(size, root), b"", b"") for size, root in plain]
    verdict = verify(portions(session), heads, lambda head: not head.signature or ring.valid(head))
    missing = missing_guards(session) if guards else []
    if missing and verdict.whole:
        return replace(verdict, whole=False, problem=f"guards against change are missing: {', '.join(missing)}")
    return verdict
