"""The journal's rows: appended in the caller's transaction, read back, found and counted."""

from __future__ import annotations

import json
import secrets
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, delete, func, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from oms.domain.journal import (
    COLUMNS,
    FORMAT,
    SEPARATOR,
    WHOLE_NUMBERS,
    Entry,
    Outcome,
    Verb,
    leaf_hash,
    set_back,
)
from oms.errors import JournalUnavailable
from oms.store import cipher, inbox
from oms.store.db import Asked, clock_ms
from oms.store.row_security import on_postgres
from oms.store.tables import JournalEntry, JournalInbox, JournalWaiting


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


_NEWEST_THERE = select(*func.oms_journal_newest().table_valued("seq", "at", "clock").columns)
_BLANK: dict[str, Any] = {name: 0 if name in WHOLE_NUMBERS else "" for name in COLUMNS} | {"detail": "{}", "v": FORMAT}
BEFORE_ALL = -(1 << 62)
"""Also a row that somebody put before the first is read."""
_SEQ = JournalEntry.seq
_ROWS = select(*(getattr(JournalEntry, name) for name in (*COLUMNS, "leaf"))).order_by(_SEQ)
_ADD = insert(cast(Table, JournalEntry.__table__))
_PLACED = (*COLUMNS, "leaf")
_NEWEST_HERE = "SELECT seq, at, clock FROM journal ORDER BY seq DESC LIMIT 1"
_ADD_HERE = f"INSERT INTO journal ({', '.join(_PLACED)}) VALUES ({', '.join('?' * len(_PLACED))})"  # noqa: S608
"""The same two in SQLite's words: an append holds the only lock there is, and half of its time went into composing."""


def _driver(session: Session) -> Any:
    """SQLite's own connection of the running transaction."""
    return session.connection().connection.driver_connection


def _newest(session: Session) -> _Newest:
    if on_postgres(session):  # past the reader's wall: who appends may not see the last row
        row = session.execute(_NEWEST_THERE).first()
    else:
        row = _driver(session).execute(_NEWEST_HERE).fetchone()
    return _Newest(*row) if row else _Newest()


def _add(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    if on_postgres(session):
        session.execute(_ADD, list(rows))
    else:
        _driver(session).executemany(_ADD_HERE, [tuple(row.values()) for row in rows])


def newest(session: Session) -> tuple[int, str]:
    """Number and time of the newest entry; 0 and "" of an empty journal."""
    last = _newest(session)
    return last.seq, last.at


def _row(seq: int, at: str, clock: int, values: Mapping[str, Any]) -> dict[str, Any]:
    placed = {"seq": seq, "at": at, "clock": clock, "salt": secrets.token_hex(16)}
    kept = {name: value.replace(SEPARATOR, " ") for name, value in values.items() if isinstance(value, str)}
    entry = Entry(**(_BLANK | dict(values) | kept | placed))
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
    if "inbox" in session.info:
        moment, clock = _place(session, at)
        for each in values:
            session.info["inbox"].put(moment, clock, each)
        return 0  # its number comes when it is moved
    try:
        last, (moment, clock) = _newest(session), _place(session, at)
        if last.at and set_back(last.at, moment):
            values = [_set_back_values(last, moment), *values]
        rows = [_row(seq, moment, clock, each) for seq, each in enumerate(values, last.seq + 1)]
        if rows:
            _add(session, rows)
    except cipher.errors("Error", DBAPIError) as error:
        raise JournalUnavailable from error
    return last.seq + len(rows)


def inbox_waits(session: Session, path: Path) -> bool:
    """True when rows of the inbox want their numbers; rows of the file that have them are cleared away."""
    if session.scalar(select(JournalWaiting.serial).limit(1)) is not None:
        return True
    place = session.get(JournalInbox, 1) or JournalInbox(id=1, name="", taken=0)
    return bool(inbox.waiting(path, place.name, place.taken)[1])


def take_inbox(session: Session, path: Path, at: datetime) -> int:
    """Gives the rows that wait in the inbox their numbers, in the running transaction; how many there were.

    ``read_at`` in their detail says when the reading was; the row's own time is that of its number. Both inboxes are
    emptied: an installation that was moved to a server may have left rows in its file.
    """
    place = session.get(JournalInbox, 1) or JournalInbox(id=1, name="", taken=0)
    name, found = inbox.waiting(path, place.name, place.taken)
    for each in found:
        _take(session, at, each.at, each.values)
    if found:
        session.add(place)
        place.name, place.taken = name, found[-1].serial
    room = list(session.scalars(select(JournalWaiting).order_by(JournalWaiting.serial)))
    for row in room:
        _take(session, at, row.at, json.loads(row.body))
    if room:
        taken = [row.serial for row in room]
        session.execute(delete(JournalWaiting).where(JournalWaiting.serial.in_(taken)))
    session.flush()
    return len(found) + len(room)


def _take(session: Session, at: datetime, read_at: str, values: Mapping[str, Any]) -> None:
    detail = json.loads(values.get("detail") or "{}") | {"read_at": read_at}
    text = json.dumps(detail, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    append(session, at, dict(values) | {"detail": text})


def _set_back_values(last: _Newest, moment: str) -> dict[str, Any]:
    said = json.dumps({"from": last.at, "to": moment}, separators=(",", ":"))
    acted = {"actor_id": "system", "actor_name": "Hệ thống", "role": "system", "rule": "system"}
    return acted | {"verb": Verb.JOURNAL_CLOCK, "outcome": Outcome.DONE, "object_kind": "journal", "detail": said}


def rows(session: Session, after: int = BEFORE_ALL) -> Generator[tuple[Entry, bytes]]:
    """(entry, stored leaf hash) in order, read in portions; who stops before the end closes it (contextlib.closing)."""
    wanted = _ROWS if after == BEFORE_ALL else _ROWS.where(after < _SEQ)
    with session.execute(wanted.execution_options(yield_per=2000)) as found:  # on a server a cursor stands open for it
        for *values, leaf in found:
            yield Entry(*values), bytes(leaf)


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


def highest_level(session: Session) -> int:
    """The highest level of what any entry names; pruned entries name nothing."""
    return session.scalar(select(func.max(JournalEntry.secrecy))) or 0
