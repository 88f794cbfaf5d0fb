"""Removal of a dossier's content, and what is left of it: who may see disposals, files still to be removed.

The one place where rows of the tables that only grow go; their guards let them go only while a disposal says "doing".
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from oms.domain.access import Visibility
from oms.domain.keeping import DisposalState, DossierState
from oms.domain.records import DocumentState
from oms.store import papers, row_security
from oms.store.case_tables import Case, CaseDraft, CaseEvent, CaseOpinion, CasePaper
from oms.store.catalogue_tables import CatalogueOther
from oms.store.consultation_tables import ConsultationPaper
from oms.store.custody_tables import Disposal
from oms.store.desk_tables import ArchivalCopy, Check, CheckFinding
from oms.store.dossiers import DossierRow
from oms.store.exchange_tables import Due, DueOverride
from oms.store.package_tables import ExchangePackage, ExchangeRecord
from oms.store.past_walls import for_a_rule
from oms.store.record_tables import Change, ChangeItem, FactRow, RecordHead, SubjectRequest
from oms.store.saved_search_tables import SavedSearchHit
from oms.store.search_tables import DocumentText
from oms.store.tables import (
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
from oms.store.visible import visible

AT_ONCE = 400


@dataclass(frozen=True)
class DisposalRow:
    """A disposal with its dossier, cadre and unit."""

    disposal: Disposal
    dossier: Dossier
    cadre: Cadre
    unit: Unit


def _disposals(view: Visibility) -> Select[Disposal, Dossier, Cadre, Unit]:
    return (
        select(Disposal, Dossier, Cadre, Unit)
        .join(Dossier, Dossier.id == Disposal.dossier_id)
        .join(Cadre, Cadre.id == Dossier.cadre_id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .where(visible(view, Unit.path, Dossier))
    )


def find_disposal(session: Session, view: Visibility, disposal_id: str) -> DisposalRow | None:
    """The disposal, if its dossier is visible."""
    found = session.execute(_disposals(view).where(Disposal.id == disposal_id)).one_or_none()
    return DisposalRow(found[0], found[1], found[2], found[3]) if found else None


def disposals(session: Session, view: Visibility, limit: int, offset: int) -> tuple[list[DisposalRow], int]:
    """Visible disposals, those to be decided first, then the newest; and how many there are."""
    statement = _disposals(view)
    total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    ordered = statement.order_by(Disposal.state != DisposalState.ASKED, Disposal.asked_at.desc(), Disposal.id)
    rows = session.execute(ordered.limit(limit).offset(offset))
    return [DisposalRow(found[0], found[1], found[2], found[3]) for found in rows], total


def waiting(session: Session, view: Visibility) -> list[DisposalRow]:
    """Visible disposals that nobody has decided, the oldest first."""
    found = _disposals(view).where(Disposal.state == DisposalState.ASKED).order_by(Disposal.asked_at, Disposal.id)
    return [DisposalRow(row[0], row[1], row[2], row[3]) for row in session.execute(found)]


def paper_gone(session: Session, view: Visibility, document_id: str) -> bool:
    """Whether a paper went with a dossier whose stub is visible: what is left of it names the paper."""
    named = Disposal.stub.contains(f'"id": "{document_id}"', autoescape=True)
    found = _disposals(view).where(Disposal.state.in_((DisposalState.DOING, DisposalState.DONE)), named)
    return session.execute(found.limit(1)).first() is not None


def disposals_of(session: Session, dossier_id: str) -> list[Disposal]:
    """Every disposal asked for of a dossier that the caller knows to be visible, newest first."""
    statement = select(Disposal).where(Disposal.dossier_id == dossier_id).order_by(Disposal.asked_at.desc())
    return list(session.scalars(statement))


def closed_dossiers(
    session: Session, view: Visibility, until: date | None, limit: int, offset: int
) -> tuple[list[DossierRow], int]:
    """Visible closed dossiers, closed on ``until`` or earlier when given, the oldest first; and how many there are."""
    statement = (
        select(Dossier, Cadre, Unit)
        .join(Cadre, Cadre.id == Dossier.cadre_id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .where(Dossier.state == DossierState.CLOSED, visible(view, Unit.path, Dossier))
    )
    if until is not None:
        statement = statement.where(Dossier.closed_on <= until)
    total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    ordered = statement.order_by(Dossier.closed_on, Dossier.number, Dossier.id).limit(limit).offset(offset)
    return [DossierRow(found[0], found[1], found[2]) for found in session.execute(ordered)], total


@for_a_rule
def elsewhere(session: Session, dossier_id: str) -> bool:
    """Whether another dossier's record or change stands on a paper of this one."""
    mine = select(Document.id).where(Document.dossier_id == dossier_id)
    facts = select(FactRow.id).where(FactRow.document_id.in_(mine), FactRow.dossier_id != dossier_id)
    items = (
        select(ChangeItem.id)
        .join(Change, Change.id == ChangeItem.change_id)
        .where(
            Change.dossier_id != dossier_id,
            or_(ChangeItem.document_id.in_(mine), Change.decision_document_id.in_(mine)),
        )
    )
    return session.scalar(facts.limit(1)) is not None or session.scalar(items.limit(1)) is not None


def _clear(session: Session, table: Any, column: Any, ids: Sequence[Any]) -> None:
    for start in range(0, len(ids), AT_ONCE):
        session.execute(delete(table).where(column.in_(list(ids[start : start + AT_ONCE]))))


def _gather(session: Session, wanted: Any, column: Any, ids: Sequence[Any]) -> list[Any]:
    found: list[Any] = []
    for start in range(0, len(ids), AT_ONCE):
        found += session.scalars(select(wanted).where(column.in_(list(ids[start : start + AT_ONCE]))))
    return found


def _files(session: Session, document_ids: Sequence[str], page_ids: Sequence[str]) -> set[str]:
    """Every file of the vault that is an image or a copy of these papers."""
    named = _gather(session, Page.image_sha, Page.id, page_ids)
    named += _gather(session, PageReading.image_sha, PageReading.page_id, page_ids)
    named += _gather(session, ArchivalCopy.sha256, ArchivalCopy.document_id, document_ids)
    named += _gather(session, ArchivalCopy.unsigned_sha256, ArchivalCopy.document_id, document_ids)
    return {sha for sha in named if sha}


def _record(session: Session, dossier_id: str) -> None:
    """Facts, changes and whatever is made of them. A request of the person stays, without its words."""
    fact_ids = list(session.scalars(select(FactRow.id).where(FactRow.dossier_id == dossier_id)))
    change_ids = list(session.scalars(select(Change.id).where(Change.dossier_id == dossier_id)))
    _clear(session, CatalogueOther, CatalogueOther.fact_id, fact_ids)
    _clear(session, ChangeItem, ChangeItem.change_id, change_ids)
    _clear(session, Change, Change.id, change_ids)
    session.execute(delete(RecordHead).where(RecordHead.dossier_id == dossier_id))
    session.execute(delete(Due).where(Due.dossier_id == dossier_id))
    session.execute(delete(DueOverride).where(DueOverride.dossier_id == dossier_id))
    session.execute(delete(Proposal).where(Proposal.dossier_id == dossier_id))
    session.execute(delete(FactRow).where(FactRow.dossier_id == dossier_id))
    asked = update(SubjectRequest).where(SubjectRequest.dossier_id == dossier_id)
    session.execute(asked.values(words="", answer="", extension_reason=""))


def forget_exchanged(session: Session, dossier_id: str) -> None:
    """What packages say of the dossier's person, here: who it was and which papers. That one was sent or came stays."""
    for row in session.scalars(select(ExchangeRecord).where(ExchangeRecord.dossier_id == dossier_id)):
        row.folded_name = row.birth_date = row.citizen_id = ""
        package = session.get_one(ExchangePackage, row.package_id)
        report = json.loads(package.report)
        for each in report.get("records", []):
            if each["dossier"] == row.remote:
                each |= {"number": "", "name": "", "birth": "", "papers": []}
        package.report = json.dumps(report, ensure_ascii=False)
    session.flush()


def _cases(session: Session, dossier_id: str) -> set[str]:
    """Cases about the dossier keep number, procedure, hands and times; words go, and the files of their drafts.

    Behind PostgreSQL's wall also those of units that whoever disposes does not see. Returns the files.
    """
    with row_security.every_case(session):
        cases = session.scalars(select(Case).where(Case.dossier_id == dossier_id)).all()
        files = {sha for case in cases for sha in _silenced(session, case)}
        _unnamed_in_cases(session, dossier_id)
    return files - {""}


def _silenced(session: Session, case: Case) -> set[str]:
    """Takes a case's words; what happened is put back under its number without them. Returns its files."""
    case.title = case.requester = case.late_reason = ""
    case.change_id = case.document_id = None
    session.execute(update(CasePaper).where(CasePaper.case_id == case.id).values(document_id=None))
    session.execute(update(CaseOpinion).where(CaseOpinion.case_id == case.id).values(question="", text=""))
    files: set[str] = set()
    for draft in session.scalars(select(CaseDraft).where(CaseDraft.case_id == case.id)):
        files |= {draft.sha256, draft.signed_sha256}
        draft.name = draft.note = draft.sha256 = draft.signed_sha256 = ""
    session.flush()
    said = select(CaseEvent.__table__).where(CaseEvent.case_id == case.id, CaseEvent.reason != "")
    for event in session.execute(said).mappings().all():
        session.execute(delete(CaseEvent).where(CaseEvent.number == event["number"]))
        session.execute(insert(CaseEvent).values({**event, "reason": ""}))
    return files


def _unnamed_in_cases(session: Session, dossier_id: str) -> None:
    """No case, also about another dossier, names a paper or a change of this one any more: they are to go."""
    own_papers = select(Document.id).where(Document.dossier_id == dossier_id)
    own_changes = select(Change.id).where(Change.dossier_id == dossier_id)
    session.execute(update(CasePaper).where(CasePaper.document_id.in_(own_papers)).values(document_id=None))
    session.execute(update(Case).where(Case.document_id.in_(own_papers)).values(document_id=None))
    session.execute(update(Case).where(Case.change_id.in_(own_changes)).values(change_id=None))


def _papers(session: Session, document_ids: Sequence[str], page_ids: Sequence[str]) -> None:
    """Papers with all that was read, typed and looked at of them: rows of the guarded tables first."""
    check_ids = _gather(session, Check.id, Check.document_id, document_ids)
    _clear(session, CheckFinding, CheckFinding.check_id, check_ids)
    _clear(session, Check, Check.id, check_ids)
    for table in (
        ArchivalCopy,
        DocumentField,
        DocumentChange,
        DocumentText,
        SavedSearchHit,
        Proposal,
        ConsultationPaper,
    ):
        _clear(session, table, table.document_id, document_ids)
    _clear(session, WordCorrection, WordCorrection.page_id, page_ids)
    _clear(session, PageReading, PageReading.page_id, page_ids)
    _clear(session, Page, Page.id, page_ids)
    _clear(session, Document, Document.id, document_ids)


def _adopt(session: Session, dossier_id: str, scan_ids: Sequence[str]) -> list[str]:
    """The received files that hold nothing but this dossier's papers; what is left of them goes with these papers.

    Left are sheets marked as not to be filed and pages that belong to no paper because they are blank or repeated:
    a repeated page shows what its twin shows.
    """
    whole = []
    for scan_id in scan_ids:
        others = select(Document.id).where(
            Document.scan_id == scan_id,
            Document.state != DocumentState.DISCARDED,
            or_(Document.dossier_id.is_(None), Document.dossier_id != dossier_id),
        )
        loose = select(Page.id).where(
            Page.scan_id == scan_id, Page.document_id.is_(None), Page.blank.is_(False), Page.duplicate_of.is_(None)
        )
        foreign = (
            select(Page.id)
            .join(Document, Document.id == Page.document_id)
            .where(Page.scan_id == scan_id, Document.scan_id != scan_id)
            .where(or_(Document.dossier_id.is_(None), Document.dossier_id != dossier_id))
        )
        if any(session.scalar(each.limit(1)) is not None for each in (others, loose, foreign)):
            continue
        whole.append(scan_id)
        mine = select(Document.id).where(Document.scan_id == scan_id, Document.dossier_id == dossier_id).limit(1)
        adopted = update(Document).where(Document.scan_id == scan_id, Document.dossier_id.is_(None))
        session.execute(adopted.values(dossier_id=dossier_id))
        strays = update(Page).where(Page.scan_id == scan_id, Page.document_id.is_(None))
        session.execute(strays.values(document_id=session.scalar(mine)))
    session.flush()
    return whole


def _forget_scans(session: Session, scan_ids: Sequence[str]) -> set[str]:
    """Received files of which nothing is left lose their name and their bytes; the row stays for the batch's count."""
    gone = set()
    for scan_id in scan_ids:
        scan = session.get_one(Scan, scan_id)
        gone.add(scan.sha256)
        scan.sha256, scan.original_name = "", ""
        scan.signatures_checked_at = scan.signatures_checked_at or scan.received_at
    return {sha for sha in gone if sha}


def _person(session: Session, dossier: Dossier) -> None:
    """The cadre's own columns go when no other dossier holds them; the name stays with the number."""
    others = select(func.count()).where(
        Dossier.cadre_id == dossier.cadre_id, Dossier.id != dossier.id, Dossier.state != DossierState.DISPOSED
    )
    if not session.scalar(others):
        cadre = session.get_one(Cadre, dossier.cadre_id)
        cadre.other_names = cadre.sex = cadre.birth_date = cadre.citizen_id = cadre.old_id = ""
        cadre.position = cadre.home_place = ""


@dataclass(frozen=True)
class Removed:
    """What a removal took: papers (for the index), files no longer named, received files that others still need."""

    documents: tuple[str, ...]
    files: tuple[str, ...]
    shared: int


@for_a_rule
def remove_content(session: Session, disposal: Disposal, dossier: Dossier) -> Removed:
    """Removes everything a dossier held, in the running transaction; the files are still to be removed after it."""
    disposal.state = DisposalState.DOING
    session.flush()
    of_dossier = select(Document.id).where(Document.dossier_id == dossier.id)
    page_scans = select(Page.scan_id).where(Page.document_id.in_(of_dossier))
    own_scans = select(Document.scan_id).where(Document.dossier_id == dossier.id)
    scan_ids = sorted({*session.scalars(page_scans), *session.scalars(own_scans)})
    whole = _adopt(session, dossier.id, scan_ids)
    document_ids = list(session.scalars(of_dossier))
    page_ids = _gather(session, Page.id, Page.document_id, document_ids)
    files = _files(session, document_ids, page_ids)
    files |= _cases(session, dossier.id)
    _record(session, dossier.id)
    forget_exchanged(session, dossier.id)
    _papers(session, document_ids, page_ids)
    originals = _forget_scans(session, whole)
    _person(session, dossier)
    session.flush()
    still = papers.kept_files(session)
    gone = tuple(sorted((files | originals) - still))
    dossier.state, dossier.shelf = DossierState.DISPOSED, ""
    disposal.files, disposal.state = json.dumps(gone), DisposalState.DONE
    session.flush()
    return Removed(tuple(document_ids), gone, len(scan_ids) - len(whole))


def unfinished(session: Session) -> list[Disposal]:
    """Disposals that are done and have files of the vault still to be removed."""
    return list(session.scalars(select(Disposal).where(Disposal.state == DisposalState.DONE, Disposal.files != "[]")))
