"""Drafts of what a case is to issue: PDF files in versions, kept untouched in the vault, shown with a row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from oms.domain.access import Action, Principal
from oms.domain.casework import CaseState
from oms.domain.journal import Verb
from oms.errors import InvalidInput, Refused
from oms.services import intake
from oms.services.case_moves import in_hand
from oms.services.casework import reached, target_of
from oms.services.house import House, Served, What, note
from oms.services.zones import require_zone
from oms.store import cases as store
from oms.store.case_tables import CaseDraft
from oms.store.cases import CaseRow
from oms.store.db import UnitOfWork
from scanning.active_content import LABELS_VI

ACTS = "Tệp có {}: hãy xuất lại văn bản thành PDF không có những thứ này."
ONLY_PDF = "Dự thảo phải là tệp PDF: hãy lưu văn bản thành PDF rồi tải lên."


@dataclass(frozen=True)
class Sent:
    """A draft as it is sent: where its bytes lie, its file's name, what is new in it."""

    path: Path
    name: str
    note: str = ""


def attach(house: House, principal: Principal, case_id: str, version: int, sent: Sent, now: datetime) -> CaseDraft:
    """Attaches the next version of a draft. The file is opened in the sandbox; one that is no PDF is not taken."""
    with house.work(principal, now) as uow:
        _open_for(uow, principal, case_id, version)
    received = intake.take_in(house.vault, sent.path)
    if received.rejection_code:
        raise InvalidInput("file", received.rejection_vi or ONLY_PDF)
    if received.kind != "pdf":
        raise InvalidInput("file", ONLY_PDF)
    acting = [flag for flag in received.flags if flag != "link"]
    if acting:  # it would be signed and issued by the agency: nothing in it may act by itself
        raise InvalidInput("file", ACTS.format(", ".join(LABELS_VI[flag] for flag in acting)))
    with house.work(principal, now) as uow:
        row = _open_for(uow, principal, case_id, version)
        drafts = store.drafts_of(uow.session, case_id)
        if drafts and drafts[0].sha256 == received.sha256:
            raise InvalidInput("file", "Tệp này giống hệt bản dự thảo mới nhất.")
        draft = CaseDraft(
            case_id=case_id,
            number=drafts[0].number + 1 if drafts else 1,
            name=intake.clean_name(sent.name)[:200],
            sha256=received.sha256,
            size=received.size,
            media="pdf",
            note=" ".join(sent.note.split())[:500],
            by=principal.account_id,
            at=now,
        )
        uow.session.add(draft)
        row.case.version += 1
        uow.session.flush()
        detail = {"draft": draft.number, "pages": received.page_count, "sha256": received.sha256}
        what = What("case", case_id, row.case.number)
        note(uow, principal, Verb.CASE_DRAFT, now, target=target_of(row), what=what, detail=detail)
        return draft


def _open_for(uow: UnitOfWork, principal: Principal, case_id: str, version: int) -> CaseRow:
    row = in_hand(uow, principal, case_id, version, Verb.CASE_DRAFT)
    if row.case.state != CaseState.RUNNING:
        raise InvalidInput("state", "Chỉ đính dự thảo vào hồ sơ đang giải quyết.")
    require_zone(uow, row.case.secrecy, "file")
    return row


def read(house: House, principal: Principal, case_id: str, number: int, now: datetime) -> tuple[bytes, str]:
    """The bytes of a draft, as signed where it was, and its name; the row is durable before they leave."""
    with house.read(principal, now) as uow:
        row = reached(uow, principal, case_id, Verb.CASE_READ, Action.CASE_WORK)
        drafts = store.drafts_of(uow.session, case_id)
        draft = next((each for each in drafts if each.number == number), None)
        if draft is None or not draft.sha256:  # "": the dossier it was about is disposed of
            raise Refused(Verb.CASE_READ, kind="case", object_id=case_id, reason="missing")
        require_zone(uow, row.case.secrecy, "file")
        data = house.vault.read(draft.signed_sha256 or draft.sha256)
        what = What("case", case_id, row.case.number)
        detail = {"draft": number, "signed": bool(draft.signed_sha256)}
        served = Served(bytes=len(data))
        note(uow, principal, Verb.CASE_READ, now, target=target_of(row), what=what, detail=detail, served=served)
        return data, draft.name
