"""Batches, scans, pages and documents on their way from paper to a dossier."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from oms.domain.access import Visibility
from oms.domain.records import DocumentState, PageState, ScanState
from oms.store.case_tables import CaseDraft
from oms.store.desk_tables import ArchivalCopy
from oms.store.exchange_tables import ImportRun
from oms.store.tables import (
    Batch,
    Cadre,
    Document,
    DocumentChange,
    DocumentField,
    Dossier,
    Page,
    PageReading,
    Proposal,
    Scan,
    Unit,
    WordCorrection,
)
from oms.store.visible import KEPT, visible

OPEN_STATES = (DocumentState.PROPOSED, DocumentState.ORPHAN)


def _batch_visible(view: Visibility) -> ColumnElement[bool]:
    """A batch, and every file in it, is visible by its unit, its level and its compartment."""
    return visible(view, Unit.path, Batch)


def find_batch(session: Session, view: Visibility, batch_id: str) -> tuple[Batch, Unit] | None:
    """The batch in scope, with its unit."""
    statement = select(Batch, Unit).join(Unit, Unit.id == Batch.unit_id)
    found = session.execute(statement.where(Batch.id == batch_id, _batch_visible(view))).one_or_none()
    return (found[0], found[1]) if found else None


def list_batches(session: Session, view: Visibility, limit: int, offset: int) -> tuple[list[tuple[Batch, Unit]], int]:
    """Batches in scope, newest first, and how many there are."""
    statement = select(Batch, Unit).join(Unit, Unit.id == Batch.unit_id).where(_batch_visible(view))
    total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    ordered = statement.order_by(Batch.created_at.desc(), Batch.id).limit(limit).offset(offset)
    return [(batch, unit) for batch, unit in session.execute(ordered)], total


def open_batch_of_day(session: Session, unit_id: int, title: str) -> Batch | None:
    """The unit's open batch of this title (the watched folder fills one a day); of several the most restricted."""
    statement = select(Batch).where(Batch.unit_id == unit_id, Batch.title == title, Batch.closed_at.is_(None))
    ordered = statement.order_by(Batch.secrecy.desc(), Batch.compartment.desc(), Batch.created_at, Batch.id)
    return session.scalar(ordered.limit(1))


def open_batch(session: Session, view: Visibility, unit_id: int, title: str, level: tuple[int, str]) -> Batch | None:
    """A unit's open batch in scope of just this title, level and compartment."""
    statement = select(Batch).join(Unit, Unit.id == Batch.unit_id)
    wanted = (Batch.unit_id == unit_id, Batch.title == title, Batch.closed_at.is_(None))
    same = (Batch.secrecy == level[0], Batch.compartment == level[1], _batch_visible(view))
    return session.scalar(statement.where(*wanted, *same).order_by(Batch.created_at, Batch.id).limit(1))


def scans_of(session: Session, batch_ids: Sequence[str]) -> list[Scan]:
    """The files of some batches, in order of receipt."""
    statement = select(Scan).where(Scan.batch_id.in_(list(batch_ids))).order_by(Scan.received_at, Scan.id)
    return list(session.scalars(statement))


def page_counts(session: Session, scan_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """Pages per scan and state."""
    statement = (
        select(Page.scan_id, Page.state, func.count())
        .where(Page.scan_id.in_(list(scan_ids)))
        .group_by(Page.scan_id, Page.state)
    )
    found: dict[str, dict[str, int]] = {}
    for scan_id, state, number in session.execute(statement):
        found.setdefault(scan_id, {})[state] = number
    return found


def document_counts(session: Session, view: Visibility, scan_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """Visible documents per scan and state."""
    statement = (
        select(Document.scan_id, Document.state, func.count())
        .join(Unit, Unit.id == Document.unit_id)
        .where(Document.scan_id.in_(list(scan_ids)), visible(view, Unit.path, Document))
        .group_by(Document.scan_id, Document.state)
    )
    found: dict[str, dict[str, int]] = {}
    for scan_id, state, number in session.execute(statement):
        found.setdefault(scan_id, {})[state] = number
    return found


def same_bytes(session: Session, view: Visibility, sha: str) -> tuple[Scan, Batch] | None:
    """An earlier scan of the same bytes in the person's scope; one outside it is as if it did not exist."""
    statement = (
        select(Scan, Batch)
        .join(Batch, Batch.id == Scan.batch_id)
        .join(Unit, Unit.id == Batch.unit_id)
        .where(Scan.sha256 == sha, Scan.state != ScanState.REJECTED, _batch_visible(view))
        .order_by(Scan.received_at)
        .limit(1)
    )
    found = session.execute(statement).one_or_none()
    return (found[0], found[1]) if found else None


def find_scan(session: Session, view: Visibility, scan_id: str) -> tuple[Scan, Batch, Unit] | None:
    """The scan in scope with its batch and unit."""
    statement = (
        select(Scan, Batch, Unit)
        .join(Batch, Batch.id == Scan.batch_id)
        .join(Unit, Unit.id == Batch.unit_id)
        .where(Scan.id == scan_id, _batch_visible(view))
    )
    found = session.execute(statement).one_or_none()
    return (found[0], found[1], found[2]) if found else None


def to_be_read(pages: Sequence[Page]) -> bool:
    """Whether the machine has some of these pages still to read."""
    return any(page.state in (PageState.WAITING, PageState.READING) for page in pages)


def pages_of_scan(session: Session, scan_id: str) -> list[Page]:
    """A scan's pages in order."""
    return list(session.scalars(select(Page).where(Page.scan_id == scan_id).order_by(Page.number)))


def pages_of_document(session: Session, document_id: str) -> list[Page]:
    """A document's pages in reading order."""
    return list(session.scalars(select(Page).where(Page.document_id == document_id).order_by(Page.position)))


def keep_reading(
    session: Session, page: Page, engine: str, reading: dict[str, Any], at: datetime, by: str | None = None
) -> int:
    """Adds a reading of the page, lying on the page's image, and puts it in force; returns its version.

    Earlier readings stay: corrections of words and undo go by version.
    """
    latest = session.scalar(select(func.max(PageReading.version)).where(PageReading.page_id == page.id)) or 0
    body = zlib.compress(json.dumps(reading, ensure_ascii=False, separators=(",", ":")).encode(), 6)
    row = PageReading(
        page_id=page.id, version=latest + 1, engine=engine, body=body, image_sha=page.image_sha, by=by, at=at
    )
    session.add(row)
    page.reading = row.version
    return row.version


def readings(session: Session, page_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What the machine read on some pages: the reading of each that is in force."""
    found = session.execute(_readings(), {"ids": list(page_ids)})
    return {page_id: json.loads(zlib.decompress(body)) for page_id, body in found}


@cache
def _readings() -> Select[str, bytes]:
    in_force = (Page.id == PageReading.page_id) & (Page.reading == PageReading.version)
    return select(PageReading.page_id, PageReading.body).join(Page, in_force).where(PageReading.page_id.in_(_ids()))


def _ids() -> BindParameter[Any]:
    """The ids that a statement made beforehand is asked for."""
    return bindparam("ids", expanding=True)


def corrections(session: Session, page_ids: Sequence[str]) -> dict[str, dict[int, WordCorrection]]:
    """The newest correction of each corrected word of the reading in force, per page."""
    found: dict[str, dict[int, WordCorrection]] = {}
    for row in session.scalars(_corrections(), {"ids": list(page_ids)}):
        found.setdefault(row.page_id, {})[row.word] = row
    return found


@cache
def _corrections() -> Select[WordCorrection]:
    in_force = (Page.id == WordCorrection.page_id) & (Page.reading == WordCorrection.reading)
    chosen = select(WordCorrection).join(Page, in_force).where(WordCorrection.page_id.in_(_ids()))
    return chosen.order_by(WordCorrection.id)


def find_document(session: Session, view: Visibility, document_id: str) -> tuple[Document, Unit] | None:
    """The document, if it is visible."""
    found = session.execute(_one(view), {"document": document_id}).one_or_none()
    return (found[0], found[1]) if found else None


@lru_cache(KEPT)
def _one(view: Visibility) -> Select[Document, Unit]:
    """The statement of :func:`find_document`: making it costs more than asking it."""
    joined = select(Document, Unit).join(Unit, Unit.id == Document.unit_id)
    return joined.where(Document.id == bindparam("document"), visible(view, Unit.path, Document))


@dataclass(frozen=True)
class QueueRow:
    """A document waiting at the desk."""

    document: Document
    scan: Scan
    batch: Batch
    unit: Unit


def _in_desk_order(statement: Select[*tuple[Any, ...]], *first: InstrumentedAttribute[Any]) -> Select[*tuple[Any, ...]]:
    """Oldest file first, and within a file as its pages lie."""
    opening = (Page.document_id == Document.id) & (Page.position == 1)
    keys = (*first, Scan.received_at, Scan.id, Page.number, Document.id)
    return statement.join(Page, opening, isouter=True).order_by(*keys)


def desk_queue(
    session: Session, view: Visibility, states: Sequence[str], batch_id: str, limit: int, offset: int
) -> tuple[list[QueueRow], int]:
    """Visible documents in the given states, oldest file first, and how many there are."""
    statement = (
        select(Document, Scan, Batch, Unit)
        .join(Scan, Scan.id == Document.scan_id)
        .join(Batch, Batch.id == Scan.batch_id)
        .join(Unit, Unit.id == Document.unit_id)
        .where(Document.state.in_(list(states)), visible(view, Unit.path, Document))
    )
    if batch_id:
        statement = statement.where(Batch.id == batch_id)
    total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    ordered = _in_desk_order(statement, Batch.created_at)
    return [
        QueueRow(found[0], found[1], found[2], found[3])
        for found in session.execute(ordered.limit(limit).offset(offset))
    ], total


def desk_order(session: Session, view: Visibility, batch_id: str) -> list[str]:
    """Ids of a batch's visible open documents, in the order of the desk."""
    statement = (
        select(Document.id)
        .join(Scan, Scan.id == Document.scan_id)
        .join(Unit, Unit.id == Document.unit_id)
        .where(
            Scan.batch_id == batch_id,
            Document.state.in_(list(OPEN_STATES)),
            visible(view, Unit.path, Document),
        )
    )
    return list(session.scalars(_in_desk_order(statement)))


def newest_fields(session: Session, document_ids: Sequence[str]) -> dict[str, dict[str, DocumentField]]:
    """The newest value of every field, per document."""
    found: dict[str, dict[str, DocumentField]] = {}
    for row in session.scalars(_fields(), {"ids": list(document_ids)}):
        found.setdefault(row.document_id, {})[row.key] = row
    return found


@cache
def _fields() -> Select[DocumentField]:
    return select(DocumentField).where(DocumentField.document_id.in_(_ids())).order_by(DocumentField.id)


def proposals(session: Session, document_id: str) -> list[Proposal]:
    """The proposed persons of a document, likeliest first."""
    statement = select(Proposal).where(Proposal.document_id == document_id).order_by(Proposal.score.desc())
    return list(session.scalars(statement))


def changes_of(session: Session, document_id: str) -> list[DocumentChange]:
    """Every change of a document, oldest first."""
    statement = select(DocumentChange).where(DocumentChange.document_id == document_id).order_by(DocumentChange.id)
    return list(session.scalars(statement))


def documents_of_scan(session: Session, scan_id: str) -> list[Document]:
    """Every document cut from a scan."""
    return list(session.scalars(select(Document).where(Document.scan_id == scan_id).order_by(Document.created_at)))


def let_go(session: Session, scan_id: str) -> None:
    """A file out of its worker's hands waits again, and so does the page it was at."""
    named = (Scan.id == scan_id, Scan.state == ScanState.READING)
    session.execute(update(Scan).where(*named).values(state=ScanState.WAITING))
    at_it = (Page.scan_id == scan_id, Page.state == PageState.READING)
    session.execute(update(Page).where(*at_it).values(state=PageState.WAITING))


def level_of_scan(session: Session, scan_id: str) -> int:
    """The level of the batch a file came in; 0 when there is no such file."""
    of_batch = select(Batch.secrecy).join(Scan, Scan.batch_id == Batch.id)
    return session.scalar(of_batch.where(Scan.id == scan_id)) or 0


def waiting_counts(session: Session, view: Visibility) -> dict[str, int]:
    """Visible documents on their way into a dossier, per state; those filed, which are nearly all, are not walked."""
    statement = (
        select(Document.state, func.count())
        .join(Unit, Unit.id == Document.unit_id)
        .where(Document.state.in_((DocumentState.PROPOSED, DocumentState.ORPHAN)), visible(view, Unit.path, Document))
        .group_by(Document.state)
    )
    return {state: number for state, number in session.execute(statement)}


def scan_state_counts(session: Session, view: Visibility) -> dict[str, int]:
    """Files in scope per state, without those not taken that a person has settled."""
    statement = (
        select(Scan.state, func.count())
        .join(Batch, Batch.id == Scan.batch_id)
        .join(Unit, Unit.id == Batch.unit_id)
        .where(_batch_visible(view), Scan.settled_at.is_(None))
        .group_by(Scan.state)
    )
    return {state: number for state, number in session.execute(statement)}


def filed_since(session: Session, view: Visibility, since: datetime, limit: int) -> list[tuple[Document, Unit]]:
    """Visible documents filed since a time, newest first."""
    statement = (
        select(Document, Unit)
        .join(Unit, Unit.id == Document.unit_id)
        .where(
            Document.state == DocumentState.FILED,
            Document.filed_at >= since,
            visible(view, Unit.path, Document),
        )
        .order_by(Document.filed_at.desc())
        .limit(limit)
    )
    return [(found[0], found[1]) for found in session.execute(statement)]


def filed_number(session: Session, view: Visibility, since: datetime) -> int:
    """How many visible documents were filed since a time."""
    statement = (
        select(func.count())
        .select_from(Document)
        .join(Unit, Unit.id == Document.unit_id)
        .where(
            Document.state == DocumentState.FILED,
            Document.filed_at >= since,
            visible(view, Unit.path, Document),
        )
    )
    return session.scalar(statement) or 0


def totals(session: Session) -> dict[str, int]:
    """How many rows there are of each kind: for the administrator, who sees counts and no records."""
    kinds = {
        "batches": Batch, "scans": Scan, "pages": Page, "documents": Document,
        "cadres": Cadre, "dossiers": Dossier,
    }  # fmt: skip
    counts = {name: session.scalar(select(func.count()).select_from(table)) or 0 for name, table in kinds.items()}
    waiting = select(func.count()).where(Document.state.in_(list(OPEN_STATES)))
    return counts | {"filed": filed_count(session), "on_desk": session.scalar(waiting) or 0}


def kept_files(session: Session) -> set[str]:
    """SHA-256 of every original, page image, archival copy, draft and list brought in that the database names."""
    originals = session.scalars(select(Scan.sha256).where(Scan.sha256 != "").distinct())  # "": disposed of
    images = session.scalars(select(Page.image_sha).where(Page.image_sha != "").distinct())
    earlier = session.scalars(select(PageReading.image_sha).where(PageReading.image_sha != "").distinct())
    copies = session.scalars(select(ArchivalCopy.sha256).where(ArchivalCopy.sha256 != "").distinct())
    lists = session.scalars(select(ImportRun.sha256).where(ImportRun.state != "cancelled").distinct())
    drafts = session.scalars(select(CaseDraft.sha256).where(CaseDraft.sha256 != "").distinct())
    signed = session.scalars(select(CaseDraft.signed_sha256).where(CaseDraft.signed_sha256 != "").distinct())
    return set(originals).union(images, earlier, copies, lists, drafts, signed)


def filed_count(session: Session) -> int:
    """How many documents are filed."""
    return session.scalar(select(func.count()).where(Document.state == DocumentState.FILED)) or 0


def reading_progress(session: Session) -> tuple[dict[str, int], int]:
    """Files per state, and pages that have been read or have failed, over the whole installation."""
    states = session.execute(select(Scan.state, func.count()).group_by(Scan.state))
    done = select(func.count()).where(Page.state.in_([PageState.READ, PageState.FAILED]))
    return {state: number for state, number in states}, session.scalar(done) or 0


def scan_of_name(session: Session, view: Visibility, name: str) -> str:
    """Id of the scan in scope that came in under this file name, or ""."""
    statement = (
        select(Scan.id)
        .join(Batch, Batch.id == Scan.batch_id)
        .join(Unit, Unit.id == Batch.unit_id)
        .where(Scan.original_name == name, _batch_visible(view))
        .limit(1)
    )
    return session.scalar(statement) or ""
