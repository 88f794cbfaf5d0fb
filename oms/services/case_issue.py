"""Issuing: the result of an approved case becomes a paper in the dossier, and the change of the record begins from it.

What is filed is what was approved: the draft the system signed, or, where the approver signed by hand, the file of the
signed paper attached after the approval. It goes the way every received file goes (a batch, a scan in the vault, pages
the machine reads, a check of its signatures); only it lies in the dossier at once. All of it is one transaction: a kill
leaves the case where it was, with nothing beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from oms.domain.access import Action, Principal, may_read_field, permits, visibility
from oms.domain.case_results import Result as Usual
from oms.domain.case_results import filled, result_of
from oms.domain.casework import CaseState, Move
from oms.domain.changes import ChangeState
from oms.domain.fields import squashed
from oms.domain.journal import Verb
from oms.domain.procedures import Procedure, Stage
from oms.domain.record_items import ITEMS
from oms.domain.records import HANOI, DocumentState
from oms.errors import InvalidInput
from oms.services import case_drafts, case_moves, changes, custody, desk_edit, desk_fields, filing, intake
from oms.services.case_drafts import Sent
from oms.services.case_moves import ELSEWHERE, in_hand
from oms.services.casework import holds, local_day, procedure_of, reached, target_of
from oms.services.changes import About
from oms.services.desk_edit import Edit
from oms.services.house import House, What, note
from oms.services.intake import NewBatch, Origin, Received
from oms.services.zones import require_zone
from oms.store import cases as store
from oms.store import changes as change_store
from oms.store import papers, people
from oms.store.case_tables import CaseDraft, CaseEvent
from oms.store.cases import CaseRow
from oms.store.db import UnitOfWork
from oms.store.dossiers import DossierRow
from oms.store.record_tables import Change
from oms.store.tables import Batch, Document
from oms.store.vault import sha256_of
from vietnamese.dates import parse_date

BY_SYSTEM, BY_HAND = "system", "hand"
NOT_HERE = "Hồ sơ này không ở bước phát hành."
NO_FILE = "Chưa có bản đã ký: hãy tải bản quét của văn bản đã ký, hoặc chọn “bản giấy sẽ được quét sau”."
NOT_A_FILER = "Đưa văn bản vào hồ sơ do cán bộ quản lý hồ sơ hoặc văn thư làm: hãy bàn giao bước này."


@dataclass(frozen=True)
class Issued:
    """What is issued, as typed: number and day of the paper, its title and type, words for the history.

    ``later``: a paper signed by hand is not here as a file; it comes by scanning. ``late_reason`` where it is late.
    """

    number: str = ""
    issued_on: str = ""
    title: str = ""
    type_code: str = ""
    words: str = ""
    late_reason: str = ""
    later: bool = False


@dataclass(frozen=True)
class Result:
    """The file that would be issued: by the system's signature, by hand, or none there is yet (``draft`` None)."""

    draft: CaseDraft | None = None
    signed: str = BY_HAND

    @property
    def sha256(self) -> str:
        """Of the file as it is filed: with the signature where the system made one."""
        if self.draft is None:
            return ""
        return self.draft.signed_sha256 if self.signed == BY_SYSTEM else self.draft.sha256


def result(procedure: Procedure, events: Sequence[CaseEvent], drafts: Sequence[CaseDraft]) -> Result:
    """What of a case's drafts (newest first) may be issued: never one that came after the word of the approver.

    Where the procedure has no approval, the newest draft is issued as it is.
    """
    stages = {step.key: step.stage for step in procedure.steps}
    approvals = [e.at for e in events if e.act == Move.FORWARD and stages.get(e.from_step) is Stage.APPROVE]
    if not approvals:
        return Result(drafts[0]) if drafts else Result()
    approved = next((each for each in drafts if each.at <= approvals[-1]), None)
    if approved is not None and approved.signed_sha256:
        return Result(approved, BY_SYSTEM)
    return Result(next((each for each in drafts if each.at > approvals[-1]), None))


def result_here(uow: UnitOfWork, row: CaseRow) -> Result:
    """What would be issued of a case that was seen."""
    events, drafts = store.events_of(uow.session, row.case.id), store.drafts_of(uow.session, row.case.id)
    return result(procedure_of(row.procedure), events, drafts)


def at_issue(row: CaseRow) -> bool:
    """Whether a case that was seen stands at the step where its result is issued, by this desk."""
    stage = procedure_of(row.procedure).step(row.case.step).stage
    return stage is Stage.ISSUE and row.case.state == CaseState.RUNNING and not row.case.subject_kind


def issue(house: House, principal: Principal, case_id: str, version: int, said: Issued, now: datetime) -> str:
    """Issues a case; the id of the paper filed in its dossier, "" when none is. InvalidInput: nothing was issued.

    Without a dossier the paper stays what it is in the case; one signed by hand and not scanned comes later.
    """
    with house.work(principal, now) as uow:
        sha = _wanted(uow, principal, _mine(uow, principal, case_id, version), said)
    size = house.vault.verify(sha) if sha else 0  # a file that is no longer whole is not filed
    received = intake.look_at(house.vault, sha, size) if sha else None
    with house.work(principal, now) as uow:
        row = _mine(uow, principal, case_id, version)
        if said.late_reason.strip() and not row.case.late_reason:
            case_moves.explain_late(uow, principal, case_id, version, said.late_reason, now)
        document = _filed(uow, principal, row, received, said, now) if received else None
        row.case.document_id = document.id if document else None
        found = result_here(uow, row)
        detail = {
            "dossier": row.case.dossier_id,
            "document": row.case.document_id,
            "draft": found.draft.number if found.draft else 0,
            "signed": found.signed if found.draft else "",
            "later": said.later and document is None,
        }
        what = What("case", case_id, row.case.number)
        note(uow, principal, Verb.CASE_ISSUE, now, target=target_of(row), what=what, detail=detail)
        case_moves.advance(uow, principal, row, "", _words(said), now)
        return row.case.document_id or ""


def keep_scan(house: House, principal: Principal, case_id: str, version: int, sent: Sent, now: datetime) -> int:
    """Keeps the scan of what was signed by hand as the newest draft; the version the case has then.

    One that is kept already, and would be issued, is not kept twice: who corrects a mistake sends the same file again.
    """
    with house.work(principal, now) as uow:
        found = result_here(uow, _mine(uow, principal, case_id, version))
    with sent.path.open("rb") as file:
        if found.signed == BY_HAND and found.sha256 == sha256_of(file):
            return version
    case_drafts.attach(house, principal, case_id, version, sent, now)
    return version + 1


def _mine(uow: UnitOfWork, principal: Principal, case_id: str, version: int) -> CaseRow:
    """The case in this person's hand at its issue."""
    row = in_hand(uow, principal, case_id, version, Verb.CASE_ISSUE)
    if row.case.subject_kind:
        raise InvalidInput("state", ELSEWHERE)
    if not at_issue(row):
        raise InvalidInput("state", NOT_HERE)
    require_zone(uow, row.case.secrecy, "file")
    return row


def _wanted(uow: UnitOfWork, principal: Principal, row: CaseRow, said: Issued) -> str:
    """SHA-256 of the file to be filed; "" when none is. InvalidInput names what is missing."""
    if row.case.dossier_id is None:
        return ""
    found = result_here(uow, row)
    if found.draft is None or (said.later and found.signed != BY_SYSTEM):
        if not said.later:
            raise InvalidInput("file", NO_FILE)
        return ""
    if not permits(principal, Action.DOCUMENT_FILE):
        raise InvalidInput("state", NOT_A_FILER)
    return found.sha256


def _words(said: Issued) -> str:
    number, day = squashed(said.number)[:80], squashed(said.issued_on)[:20]
    parts = [f"Số {number}" if number else "", f"ngày {day}" if day else "", squashed(said.words)]
    return ", ".join(filter(None, parts))


def _filed(
    uow: UnitOfWork, principal: Principal, row: CaseRow, received: Received, said: Issued, now: datetime
) -> Document:
    """The paper in the dossier, with its pages waiting for the machine; nothing about it is left to the desk."""
    home = filing.place(uow, principal, row.case.dossier_id or "")
    edit = _checked(row, home, said, now)
    if received.rejection_code:
        raise InvalidInput("file", received.rejection_vi)
    batch = _batch(uow, principal, row, home, now)
    name = f"{row.case.number}.pdf"
    receipt = intake.receive(uow, principal, batch.id, received, name, now, Origin("case"))
    if not receipt.accepted:
        raise InvalidInput("file", receipt.message_vi)
    pages = papers.pages_of_scan(uow.session, receipt.scan_id)
    document = Document(
        scan_id=receipt.scan_id,
        unit_id=home.unit.id,
        state=DocumentState.PROPOSED,
        type_code=edit.type_code,
        subtype=_subtype(row, edit.type_code),
        type_score=1.0,
        secrecy=row.case.secrecy,
        compartment=row.case.compartment,
        page_count=len(pages),
        created_at=now,
    )
    uow.session.add(document)
    uow.session.flush()
    for position, page in enumerate(pages, start=1):
        page.document_id, page.position = document.id, position
    desk_edit.apply(uow, principal, document, edit, now)
    desk_fields.keep(uow, principal, (document, home.unit), desk_fields.Typed(), now, filing=True)
    filing.lay(uow, principal, document, home, home.unit, now)
    return document


def _subtype(row: CaseRow, type_code: str) -> str:
    usual = result_of(row.case.code)
    return usual.subtype if usual.type_code == type_code else ""


def _checked(row: CaseRow, home: DossierRow, said: Issued, now: datetime) -> Edit:
    """What is typed of the paper, as the desk takes it: number, whole day, title."""
    if not squashed(said.number):
        raise InvalidInput("number", "Hãy ghi số của văn bản.")
    day = parse_date(said.issued_on)
    if day is None or len(day.iso()) != 10 or day.iso() > local_day(now).isoformat():
        raise InvalidInput("issued_on", "Ngày ban hành chưa đúng: hãy nhập như 05/08/2026, không sau hôm nay.")
    if len(squashed(said.title)) < 5:
        raise InvalidInput("title", "Hãy ghi tên văn bản, ít nhất 5 ký tự.")
    return Edit(
        type_code=said.type_code,
        title=said.title,
        number=said.number,
        issued_on=said.issued_on,
        person_name=home.cadre.full_name,
        person_birth_date=home.cadre.birth_date,
        secrecy=row.case.secrecy,
        compartment=row.case.compartment,
    )


def _batch(uow: UnitOfWork, principal: Principal, row: CaseRow, home: DossierRow, now: datetime) -> Batch:
    """The month's batch of issued papers of the dossier's unit, at the case's level."""
    title = f"Phát hành {now.astimezone(HANOI):%m/%Y}"
    case, view = row.case, visibility(principal, Action.SCAN_RECEIVE)
    found = papers.open_batch(uow.session, view, home.unit.id, title, (case.secrecy, case.compartment))
    if found is not None:
        return found
    new = NewBatch(home.unit.id, title, secrecy=case.secrecy, compartment=case.compartment)
    return intake.create_batch(uow, principal, new, now)


@dataclass(frozen=True)
class ChangeLine:
    """The change of the record that came of a case: its state, its id where this person may open it, else ""."""

    state: str
    change_id: str = ""


def change_of(uow: UnitOfWork, principal: Principal, row: CaseRow) -> ChangeLine | None:
    """How the change of a case that was seen stands; None when there is none."""
    change = uow.session.get(Change, row.case.change_id) if row.case.change_id else None
    if change is None:
        return None
    seen = permits(principal, Action.RECORD_DECIDE) and change_store.find(
        uow.session, visibility(principal, Action.RECORD_DECIDE), change.id
    )
    own = change.state != ChangeState.DRAFT or change.created_by == principal.account_id
    return ChangeLine(change.state, change.id if seen and own else "")


def begin_change(uow: UnitOfWork, principal: Principal, case_id: str, title: str, now: datetime) -> str:
    """Begins the change of the record that an issued case makes, as a draft at the change desk; its id.

    The issued paper is its decision. Under a running opening of the dossier, as any change; one a case, unless the one
    before was withdrawn.
    """
    row = reached(uow, principal, case_id, Verb.CHANGE_CREATE, Action.CASE_WORK)
    if row.case.state != CaseState.ISSUED or row.case.dossier_id is None or row.case.document_id is None:
        raise InvalidInput("state", "Chỉ lập phiếu thay đổi từ văn bản đã phát hành vào hồ sơ cán bộ.")
    before = change_of(uow, principal, row)
    if before is not None and before.state != ChangeState.WITHDRAWN:
        raise InvalidInput("state", "Đã có phiếu thay đổi của hồ sơ công việc này.")
    if not custody.is_open(uow, principal, row.case.dossier_id, now):
        raise InvalidInput("opening", "Hãy mở hồ sơ của cán bộ, nêu mục đích, rồi lập phiếu.")
    about = About(title, reason=f"Hồ sơ công việc {row.case.number}")
    change = changes.create(uow, principal, row.case.dossier_id, about, now)
    view = change_store.find(uow.session, visibility(principal, Action.RECORD_DECIDE), change.id)
    if view is not None and changes.decision_paper(uow, principal, view, row.case.document_id) is not None:
        about = replace(about, decision_document_id=row.case.document_id)
        changes.describe(uow, principal, change.id, change.version, about, now)
    row.case.change_id = change.id
    detail = {"dossier": row.case.dossier_id, "change": change.id, "act": "change"}
    what = What("case", case_id, row.case.number)
    note(uow, principal, Verb.CASE_ISSUE, now, target=target_of(row), what=what, detail=detail)
    return change.id


@dataclass(frozen=True)
class Prefilled:
    """What an item's form starts from in a change that came of a case: the paper, and which items are usual."""

    document_id: str
    number: str
    issued_on: str
    items: tuple[str, ...]
    case_id: str
    case_number: str

    def values(self, item: str) -> dict[str, str]:
        """What the paper says of an item: its number and day, where the item has such columns."""
        return filled([column.key for column in ITEMS[item].columns], self.number, self.issued_on)


def prefilled(uow: UnitOfWork, principal: Principal, change_id: str) -> Prefilled | None:
    """What a change that was seen takes from its case's paper; None when it came of none, or the case is hidden."""
    found = store.of_change(uow.session, visibility(principal, Action.CASE_WORK), change_id)
    paper = uow.session.get(Document, found.case.document_id) if found and found.case.document_id else None
    if found is None or paper is None:
        return None
    case = found.case
    usual = [name for name in result_of(case.code).items if may_read_field(principal, ITEMS[name].sensitive)]
    return Prefilled(paper.id, paper.number, paper.issued_on, tuple(usual), case.id, case.number)


@dataclass(frozen=True)
class Shown:
    """What the page of issuing shows: the case, the file that would be issued, what came of it, what may be done.

    ``here``: the case stands at its issue in this person's hand. ``paper`` is the filed one, where it may be read;
    ``open`` says whether the dossier is open to this person, ``late`` whether it cannot end without the reason.
    """

    row: CaseRow
    result: Result
    usual: Usual
    names: dict[str, str]
    here: bool
    late: bool
    may_file: bool
    paper: Document | None
    change: ChangeLine | None
    may_change: bool
    open: bool


def show(uow: UnitOfWork, principal: Principal, case_id: str, now: datetime) -> Shown:
    """A case as the page of issuing tells it; the look is a row. Refused when missing or hidden."""
    row = reached(uow, principal, case_id, Verb.CASE_OPEN, Action.CASE_WORK)
    require_zone(uow, row.case.secrecy, "case")
    case, found = row.case, result_here(uow, row)
    free = holds(principal, row)
    paper = None
    if case.document_id and permits(principal, Action.DOSSIER_READ):
        seen = papers.find_document(uow.session, visibility(principal, Action.DOSSIER_READ), case.document_id)
        paper = seen[0] if seen else None
    ids = [name for name in (found.draft.by, found.draft.signed_by) if name] if found.draft else []
    note(uow, principal, Verb.CASE_OPEN, now, target=target_of(row), what=What("case", case_id, case.number))
    return Shown(
        row,
        found,
        result_of(case.code),
        people.names_of(uow.session, set(ids)),
        here=free and at_issue(row),
        late=case.due is not None and case.due < local_day(now) and not case.late_reason,
        may_file=permits(principal, Action.DOCUMENT_FILE),
        paper=paper,
        change=change_of(uow, principal, row),
        may_change=permits(principal, Action.RECORD_CHANGE) and case.document_id is not None,
        open=bool(case.dossier_id) and custody.is_open(uow, principal, case.dossier_id or "", now),
    )
