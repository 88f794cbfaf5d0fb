"""At which secrecy level the key of a file belongs: the highest of whatever names the file."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, func, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from oms.store.case_tables import Case, CaseDraft
from oms.store.desk_tables import ArchivalCopy
from oms.store.exchange_tables import ImportRun
from oms.store.secrecy_tables import Classification
from oms.store.tables import Batch, Document, Page, PageReading, Scan


def levels_of(session: Session, shas: Sequence[str]) -> dict[str, int]:
    """The level of each of these files that something names; the others are left out."""
    wanted = list(shas)
    if not wanted:  # a database looks through all of its tables for none of them
        return {}

    def one(
        sha: InstrumentedAttribute[str], level: ColumnElement[int] | InstrumentedAttribute[int]
    ) -> Select[str, int]:
        return select(sha.label("sha"), level.label("level")).where(sha.in_(wanted))

    in_batch, of_page = Scan.batch_id == Batch.id, Page.scan_id == Scan.id
    named = union_all(
        one(Scan.sha256, Batch.secrecy).join(Batch, in_batch),
        one(Scan.sha256, Document.secrecy).join(Document, Document.scan_id == Scan.id),
        one(Page.image_sha, Batch.secrecy).join(Scan, of_page).join(Batch, in_batch),
        one(Page.image_sha, Document.secrecy).join(Document, Page.document_id == Document.id),
        one(PageReading.image_sha, Batch.secrecy)
        .join(Page, PageReading.page_id == Page.id)
        .join(Scan, of_page)
        .join(Batch, in_batch),
        one(PageReading.image_sha, Document.secrecy)
        .join(Page, PageReading.page_id == Page.id)
        .join(Document, Page.document_id == Document.id),
        one(ArchivalCopy.sha256, Document.secrecy).join(Document, ArchivalCopy.document_id == Document.id),
        one(ImportRun.sha256, ImportRun.secrecy),
        one(CaseDraft.sha256, Case.secrecy).join(Case, CaseDraft.case_id == Case.id),
        one(CaseDraft.signed_sha256, Case.secrecy).join(Case, CaseDraft.case_id == Case.id),
    ).subquery()
    rows = session.execute(select(named.c.sha, func.max(named.c.level)).group_by(named.c.sha))
    return {sha: int(level) for sha, level in rows if sha}


def classified_after(session: Session, number: int, most: int) -> tuple[int, set[str]]:
    """Files of the papers whose level was decided after this number of the history; and the last number seen."""
    acts = select(Classification.id, Classification.object_kind, Classification.object_id)
    rows = session.execute(acts.where(Classification.id > number).order_by(Classification.id).limit(most)).all()
    named = {kind: [row.object_id for row in rows if row.object_kind == kind] for kind in ("document", "dossier")}
    either = or_(Document.id.in_(named["document"]), Document.dossier_id.in_(named["dossier"]))
    papers = list(session.scalars(select(Document.id).where(either))) if rows else []
    pages = select(Page.id).where(Page.document_id.in_(papers))
    asked = (
        select(Scan.sha256).join(Document, Document.scan_id == Scan.id).where(Document.id.in_(papers)),
        select(Page.image_sha).where(Page.document_id.in_(papers)),
        select(PageReading.image_sha).where(PageReading.page_id.in_(pages)),
        select(ArchivalCopy.sha256).where(ArchivalCopy.document_id.in_(papers)),
    )
    found = {sha for each in asked for sha in session.scalars(each)} if papers else set()
    return (rows[-1].id if rows else number), found - {""}
