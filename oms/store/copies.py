"""Archival copies and the signatures found on what came in. A copy belongs to a paper at one version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Select, bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from oms.domain.records import CopyState, DocumentState, ScanState
from oms.store import leases
from oms.store.desk_tables import ArchivalCopy, ScanSignature
from oms.store.past_walls import for_a_rule
from oms.store.tables import Document, Scan

OPEN = (CopyState.WAITING, CopyState.MAKING)


def want(session: Session, document_id: str, version: int, at: datetime) -> ArchivalCopy:
    """Asks for the copy of a paper at a version; one that waits for an earlier version is no longer made."""
    outdated = (ArchivalCopy.document_id == document_id, ArchivalCopy.state.in_(list(OPEN)))
    session.execute(delete(ArchivalCopy).where(*outdated, ArchivalCopy.version != version))
    known = session.scalar(select(ArchivalCopy).where(*outdated).limit(1))
    if known is not None:
        return known
    row = ArchivalCopy(document_id=document_id, version=version, state=CopyState.WAITING, wanted_at=at)
    session.add(row)
    session.flush()
    return row


def want_missing(session: Session, at: datetime, limit: int) -> int:
    """Asks for the copy of every filed paper that has none at its version: also of those filed long ago, or changed
    by whatever means. Returns how many were asked for.
    """
    has = select(ArchivalCopy.id).where(
        ArchivalCopy.document_id == Document.id, ArchivalCopy.version == Document.version
    )
    filed = select(Document.id, Document.version).where(Document.state == DocumentState.FILED, ~has.exists())
    found = session.execute(filed.order_by(Document.filed_at).limit(limit)).all()
    for document_id, version in found:
        want(session, document_id, version, at)
    return len(found)


def unfinished(session: Session) -> list[str]:
    """Copies to be made, oldest wish first."""
    statement = select(ArchivalCopy.id).where(ArchivalCopy.state.in_(list(OPEN)))
    return list(session.scalars(statement.order_by(ArchivalCopy.wanted_at, ArchivalCopy.id)))


def let_go(session: Session, copy_id: str) -> None:
    """A copy out of its worker's hands waits again."""
    named = (ArchivalCopy.id == copy_id, ArchivalCopy.state == CopyState.MAKING)
    session.execute(update(ArchivalCopy).where(*named).values(state=CopyState.WAITING))


def latest(session: Session, documents: Sequence[Document]) -> dict[str, ArchivalCopy]:
    """The newest copy of each paper at the version it has now."""
    versions = {document.id: document.version for document in documents}
    found: dict[str, ArchivalCopy] = {}
    for row in session.scalars(_latest(), {"documents": list(versions)}):
        if row.version == versions[row.document_id]:
            found[row.document_id] = row
    return found


@cache
def _latest() -> Select[ArchivalCopy]:
    wanted = ArchivalCopy.document_id.in_(bindparam("documents", expanding=True))
    return select(ArchivalCopy).where(wanted).order_by(ArchivalCopy.made_at.is_not(None), ArchivalCopy.made_at)


@for_a_rule
def counts(session: Session) -> dict[str, int]:
    """Copies per state, whoever may see their papers: for the status page."""
    statement = select(ArchivalCopy.state, func.count()).group_by(ArchivalCopy.state)
    return {state: number for state, number in session.execute(statement)}


def unchecked_scans(session: Session, now: datetime, limit: int) -> list[str]:
    """Received PDFs whose signatures have not been looked for yet, and that nobody has in hand."""
    statement = select(Scan.id).where(
        Scan.kind == "pdf",
        Scan.state != ScanState.REJECTED,
        Scan.signatures_checked_at.is_(None),
        leases.free(leases.SIGNATURES, Scan.id, now),
    )
    return list(session.scalars(statement.order_by(Scan.received_at, Scan.id).limit(limit)))


def signatures(session: Session, scan_ids: Sequence[str]) -> dict[str, list[ScanSignature]]:
    """The signatures found on some received files, in the order in which they were made."""
    found: dict[str, list[ScanSignature]] = {}
    for row in session.scalars(_signatures(), {"scans": list(scan_ids)}):
        found.setdefault(row.scan_id, []).append(row)
    return found


@cache
def _signatures() -> Select[ScanSignature]:
    wanted = ScanSignature.scan_id.in_(bindparam("scans", expanding=True))
    return select(ScanSignature).where(wanted).order_by(ScanSignature.id)


def replace_signatures(session: Session, scan_id: str, rows: Sequence[ScanSignature]) -> None:
    """Puts what was found at the newest check in the place of what was found before."""
    session.execute(delete(ScanSignature).where(ScanSignature.scan_id == scan_id))
    session.add_all(rows)
