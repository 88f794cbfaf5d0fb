"""What the desk keeps beside the papers themselves: their changes, and the rows that undo goes back to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms.domain.records import DocumentState, PageState, ScanState
from oms.store import leases, papers
from oms.store.past_walls import for_a_rule
from oms.store.tables import Document, DocumentChange, DocumentField, Page, Scan

JOIN, SETTLE = "join", "settle"
PAGE_FACTS = (
    "document_id", "position", "state", "kind", "duplicate_of", "blank", "missing_text", "reading", "image_sha",
    "width", "height", "rotation", "skew", "variant", "confidence", "wanted_turn", "reason",
)  # fmt: skip
"""What of a page a step at the desk may change, and its undo brings back."""


def newest_change(session: Session, document_id: str) -> DocumentChange | None:
    """The newest change of a document that is not undone."""
    statement = (
        select(DocumentChange)
        .where(DocumentChange.document_id == document_id, DocumentChange.undone.is_(False))
        .order_by(DocumentChange.id.desc())
        .limit(1)
    )
    return session.scalar(statement)


def last_change(session: Session, document_id: str, account_id: str) -> DocumentChange | None:
    """The newest change that is not undone, if this account made it and it can be taken back.

    Joins made before pages were kept with a change cannot: the pages that came in keep the level they came with. Nor
    can a settlement: three persons have spoken, and the look stands as done.
    """
    change = newest_change(session, document_id)
    if change is None or change.by != account_id or change.act == SETTLE:
        return None
    return None if change.act == JOIN and "pages" not in json.loads(change.before) else change


def page_facts(session: Session, document_id: str) -> list[dict[str, Any]]:
    """The pages of a document, in order, as a change keeps them."""
    pages = papers.pages_of_document(session, document_id)
    return [{"id": page.id} | {name: getattr(page, name) for name in PAGE_FACTS} for page in pages]


def restore_page(session: Session, facts: Mapping[str, Any]) -> None:
    """Puts a page back as a change kept it; one that was on its way to be read waits for its reading again."""
    page = session.get_one(Page, facts["id"])
    for name in PAGE_FACTS:
        if name in facts:
            setattr(page, name, facts[name])
    if page.state in (PageState.WAITING, PageState.READING):
        want_reading(session, [page])


def want_reading(session: Session, pages: Iterable[Page]) -> None:
    """Puts pages back in the queue of their scans; a reading under way is not kept from going on."""
    for page in pages:
        page.state, page.attempts, page.lost, page.again_at, page.reason = PageState.WAITING, 0, 0, None, ""
        leases.wake(session, leases.SCAN, page.scan_id)
        scan = session.get_one(Scan, page.scan_id)
        if scan.state != ScanState.READING:
            scan.state = ScanState.WAITING


def newest_field_ids(session: Session, document_id: str) -> dict[str, int]:
    """The id of the newest row of every key."""
    return {key: row.id for key, row in papers.newest_fields(session, [document_id]).get(document_id, {}).items()}


def restore_fields(session: Session, document_id: str, before: Mapping[str, int], now: datetime, whole: bool) -> None:
    """Makes the rows of ``before`` the newest again, as copies: rows are only ever added.

    ``whole`` also takes back what the machine has read since; else only what persons set.
    """
    for key, row in papers.newest_fields(session, [document_id]).get(document_id, {}).items():
        if row.id == before.get(key) or (row.source == "machine" and not whole):
            continue
        old = session.get(DocumentField, before[key]) if key in before else None
        session.add(_copy(old) if old is not None else _emptied(row, now))


def _copy(row: DocumentField) -> DocumentField:
    names = ("document_id", "key", "value", "raw", "confidence", "page_id", "box", "source", "doubt", "by", "at")
    return DocumentField(**{name: getattr(row, name) for name in names})


def _emptied(row: DocumentField, now: datetime) -> DocumentField:
    kept = {"document_id": row.document_id, "key": row.key, "page_id": row.page_id}
    return DocumentField(**kept, value="", raw="", confidence=0.0, box="", source="machine", at=now)


@for_a_rule
def open_papers_of_batch(session: Session, batch_id: str) -> int:
    """How many papers and files of a batch are not through the desk yet, whoever may see them."""
    open_states = (DocumentState.PROPOSED, DocumentState.ORPHAN)
    waiting = select(Document.id).join(Scan, Scan.id == Document.scan_id)
    unread = select(Scan.id).where(Scan.batch_id == batch_id, Scan.state.in_([ScanState.WAITING, ScanState.READING]))
    found = session.scalars(waiting.where(Scan.batch_id == batch_id, Document.state.in_(open_states))).all()
    return len(found) + len(session.scalars(unread).all())
