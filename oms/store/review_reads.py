"""The journal as the explanation engine reads it: rows that showed something of a record, and rows of work done."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from oms.domain.journal import Outcome, Verb
from oms.domain.sightings import Kind, Read
from oms.store.tables import Document, JournalEntry, Page, Scan
from vietnamese.text import fold

AT_ONCE = 400
LARGE_LIST = 200
"""A list of at least so many names that left the house is a reading of its own; smaller ones are daily work."""

KIND_OF = {
    Verb.CADRE_LIST: Kind.GATE,
    Verb.DOSSIER_OPEN: Kind.OPEN,
    Verb.CADRE_OPEN: Kind.OPEN,
    Verb.RECORD_HISTORY: Kind.OPEN,
    Verb.RECORD_COMPARE: Kind.OPEN,
    Verb.CHANGE_OPEN: Kind.OPEN,
    Verb.LINK_OPEN: Kind.OPEN,
    Verb.CASE_OPEN: Kind.OPEN,
    Verb.CASE_READ: Kind.DOCUMENT,
    Verb.DOCUMENT_OPEN: Kind.DOCUMENT,
    Verb.DESK_OPEN: Kind.DOCUMENT,
    Verb.CHECK_OPEN: Kind.DOCUMENT,
    Verb.PAGE_VIEW: Kind.PAGE,
    Verb.DESK_PAGE: Kind.PAGE,
    Verb.CONSULTATION_READ: Kind.PAGE,
    Verb.COPY_READ: Kind.COPY,
    Verb.DOSSIER_EXPORT: Kind.EXPORT,
    Verb.PROFILE_MAKE: Kind.EXPORT,
    Verb.SUBJECT_EXTRACT: Kind.EXPORT,
    Verb.LIST_EXPORT: Kind.EXPORT,
    Verb.ALERT_EXPORT: Kind.EXPORT,
    Verb.SEARCH_RUN: Kind.SEARCH,
    Verb.SEARCH_PREVIEW: Kind.SEARCH,
}
"""Verbs by which something of a record is shown. A new one is added here, or its readings are never asked about."""
_LISTS = (Verb.LIST_EXPORT, Verb.ALERT_EXPORT)
_SEARCHES = (Verb.SEARCH_RUN, Verb.SEARCH_PREVIEW)
_DESK = (Verb.DESK_OPEN, Verb.DESK_PAGE)

WORK_VERBS = frozenset(
    {
        Verb.CADRE_CREATE, Verb.DOSSIER_CREATE, Verb.DOCUMENT_FILE, Verb.CHANGE_CREATE, Verb.CHANGE_SAVE,
        Verb.CHANGE_SUBMIT, Verb.CHANGE_DECIDE, Verb.RECORD_TAKE, Verb.RECORD_CONFIRM, Verb.LOAN_LEND,
        Verb.LOAN_RETURN, Verb.TRANSFER_CREATE, Verb.TRANSFER_SEAL, Verb.TRANSFER_RECEIVE, Verb.SUBJECT_ASK,
        Verb.SUBJECT_ANSWER, Verb.DOSSIER_PLACE, Verb.DOSSIER_LACKS, Verb.DOSSIER_CLOSE, Verb.HOLD_SET,
        Verb.HOLD_LIFT, Verb.DISPOSAL_ASK, Verb.DISPOSAL_DECIDE, Verb.ALERT_OVERRIDE, Verb.COPY_SIGN,
        Verb.CHECK_DECIDE, Verb.CHECK_SETTLE, Verb.CONSULTATION_PREPARE, Verb.CONSULTATION_DECIDE,
        Verb.LINK_ACCEPT, Verb.LINK_REJECT, Verb.LINK_UNDO, Verb.LINK_PROPOSE, Verb.LINK_KEEP,
        Verb.CASE_RECEIVE, Verb.CASE_MOVE, Verb.CASE_DRAFT, Verb.CASE_SAY, Verb.CASE_APPROVE, Verb.CASE_ISSUE,
    }
)  # fmt: skip
"""Acts that leave a mark on a dossier for which the person answers by name; making a print-out is none of them."""
EXPIRED = "no running opening"
"""A refusal that only says the time of an opening was over: everybody meets it, every day."""


@dataclass(frozen=True)
class Work:
    """An act that left a mark on a dossier."""

    seq: int
    account: str
    dossier: str
    verb: str
    at: int


def _names(verbs: Iterable[Verb]) -> list[str]:
    return sorted(str(verb) for verb in verbs)


def seconds(at: str) -> int:
    """The journal's time as whole seconds, UTC."""
    return int(datetime.fromisoformat(at).timestamp())


def last_seq(session: Session) -> int:
    """Number of the newest row; 0 of an empty journal."""
    return session.scalar(select(func.max(JournalEntry.seq))) or 0


def touched(session: Session, after: int, portion: int) -> tuple[int, set[tuple[str, int]]]:
    """The next portion of the journal: its last number, and who (account, time) read or worked in it."""
    upto = min(after + portion, last_seq(session))
    verbs = _names([*KIND_OF, *WORK_VERBS])
    statement = select(JournalEntry.actor_id, JournalEntry.at).where(
        JournalEntry.seq > after, JournalEntry.seq <= upto, JournalEntry.verb.in_(verbs)
    )
    return upto, {(actor, seconds(at)) for actor, at in session.execute(statement) if actor != "system"}


def reads_of(session: Session, accounts: Sequence[str], since: str, until: str) -> list[Read]:
    """All readings and refusals of some persons between two times of the journal, in order."""
    rows: list[JournalEntry] = []
    for start in range(0, len(accounts), AT_ONCE):
        statement = select(JournalEntry).where(
            JournalEntry.at >= since,
            JournalEntry.at < until,
            JournalEntry.actor_id.in_(list(accounts[start : start + AT_ONCE])),
            JournalEntry.verb.in_(_names(KIND_OF)),
        )
        rows += session.scalars(statement)
    rows.sort(key=lambda row: row.seq)
    details = {row.seq: json.loads(row.detail) for row in rows}
    homes = _Homes(session, rows, details)
    return [read for row in rows if (read := _read(row, details[row.seq], homes)) is not None]


def works_of(session: Session, after: int, upto: int) -> list[Work]:
    """Acts of work among the rows of a portion, each with its dossier."""
    statement = select(JournalEntry).where(
        JournalEntry.seq > after,
        JournalEntry.seq <= upto,
        JournalEntry.verb.in_(_names(WORK_VERBS)),
        JournalEntry.outcome == str(Outcome.DONE),
    )
    rows = list(session.scalars(statement))
    details = {row.seq: json.loads(row.detail) for row in rows}
    homes = _Homes(session, rows, details)
    found = []
    for row in rows:
        dossier = homes.dossier(row, details[row.seq])
        if dossier and row.actor_id != "system":
            found.append(Work(row.seq, row.actor_id, dossier, row.verb, seconds(row.at)))
    return found


class _Homes:
    """The dossiers of papers and pages, and the batches of scans, that some rows speak of without naming them."""

    def __init__(self, session: Session, rows: Sequence[JournalEntry], details: dict[int, dict[str, Any]]) -> None:
        papers, pages, scans = set(), set(), set()
        for row in rows:
            detail = details[row.seq]
            if isinstance(detail.get("document"), str):
                papers.add(detail["document"])
            if "dossier" not in detail:
                papers |= {row.object_id} if row.object_kind == "document" else set()
                pages |= {row.object_id} if row.object_kind == "page" else set()
            if "scan" in detail and "batch" not in detail:
                scans.add(str(detail["scan"]))
        self._paper_of = dict(_pairs(session, Page.id, Page.document_id, pages))
        papers |= {paper for paper in self._paper_of.values() if paper}
        self._dossier_of = dict(_pairs(session, Document.id, Document.dossier_id, papers))
        self._batch_of = dict(_pairs(session, Scan.id, Scan.batch_id, scans))

    def dossier(self, row: JournalEntry, detail: dict[str, Any]) -> str:
        """The dossier a row is about; "" when it is about none, or none any more."""
        if isinstance(detail.get("dossier"), str):
            return str(detail["dossier"])
        if row.object_kind == "dossier":
            return row.object_id
        paper = detail.get("document") if isinstance(detail.get("document"), str) else None
        if row.object_kind == "document":
            paper = row.object_id
        elif row.object_kind == "page":
            paper = self._paper_of.get(row.object_id)
        return self._dossier_of.get(str(paper)) or ""

    def batch(self, detail: dict[str, Any]) -> str:
        """The batch a row of the desk was looked at for."""
        return str(detail.get("batch") or self._batch_of.get(str(detail.get("scan")), ""))


def _pairs(session: Session, key: Any, value: Any, ids: set[str]) -> Iterable[tuple[str, str]]:
    wanted = sorted(each for each in ids if each)
    for start in range(0, len(wanted), AT_ONCE):
        for one, other in session.execute(select(key, value).where(key.in_(wanted[start : start + AT_ONCE]))):
            yield one, other or ""


def _read(row: JournalEntry, detail: dict[str, Any], homes: _Homes) -> Read | None:
    verb = Verb(row.verb)
    refused = row.outcome != Outcome.DONE
    if refused and row.reason == EXPIRED:
        return None
    dossier, label, key = homes.dossier(row, detail), _label(row), _key(row, detail)
    if verb in _DESK:
        batch = homes.batch(detail)
        dossier, label, key = f"batch:{batch}", "đợt số hoá", f"batch:{batch}"
    elif verb in _LISTS:
        total = int(detail.get("total") or 0)
        if total < LARGE_LIST:
            return None
        dossier, label = f"list:{row.seq}", f"danh sách {total} người"
    elif verb in _SEARCHES:  # lines seen beside a result are part of the search, no record was opened
        dossier, label = "", fold(str(detail.get("query", "")))[:100]
    elif not dossier:
        return None
    return Read(
        row.seq, seconds(row.at), row.actor_id, row.role, KIND_OF[verb], dossier, row.unit_path, row.secrecy,
        row.address, row.task, key, label, refused,
    )  # fmt: skip


def _key(row: JournalEntry, detail: dict[str, Any]) -> str:
    if row.object_kind == "change":
        return f"change:{row.object_id}"
    if row.object_kind == "check":
        return f"check:{row.object_id}"
    if row.object_kind == "request":
        return f"request:{row.object_id}"
    for name in ("change", "check"):
        if isinstance(detail.get(name), str):
            return f"{name}:{detail[name]}"
    return ""


def _label(row: JournalEntry) -> str:
    """The number of the dossier: a paper's label adds its own number, a page's that of the page."""
    parts = {"document": 1, "page": 2}.get(row.object_kind, 0)
    if row.object_kind not in ("dossier", "document", "page"):
        return ""
    return row.object_label.rsplit("/", parts)[0] if parts else row.object_label
