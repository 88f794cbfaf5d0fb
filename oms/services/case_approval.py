"""Approving a case: another person than all who made it; the newest draft is signed with the agency's key.

The key is used outside of any transaction, for a token is slow; whoever was faster meanwhile wins, and nothing is
signed twice: the signed file counts only once its draft says so.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Action, Principal
from oms.domain.casework import approves, may_approve
from oms.domain.fields import squashed
from oms.domain.journal import Verb
from oms.errors import InvalidInput
from oms.services import archival, case_opinions, delegations
from oms.services.case_moves import NOT_IN_HAND, advance
from oms.services.casework import position_of, procedure_of, reached, stale, target_of
from oms.services.house import House, What, note
from oms.store import cases as store
from oms.store.cases import CaseRow
from oms.store.db import UnitOfWork

log = logging.getLogger(__name__)
SAME_HAND = "Người đề nghị, soạn hoặc trình không được tự phê duyệt: việc này cần người thứ hai."
NO_KEY = "Hệ thống chưa được cài khoá ký số của cơ quan: chọn “đã ký trên giấy” nếu văn bản được ký tay."


@dataclass(frozen=True)
class Word:
    """What the approver says: in whose hand it goes on, in which words; ``on_paper`` when it is signed by hand."""

    to_account: str
    words: str = ""
    on_paper: bool = False


def approve(house: House, principal: Principal, case_id: str, version: int, word: Word, now: datetime) -> None:
    """Approves a case and takes it to its next step. InvalidInput: nothing was approved."""
    with house.work(principal, now) as uow:
        _mine(uow, principal, case_id, version)
        drafts = store.drafts_of(uow.session, case_id)
        unsigned = drafts[0] if drafts and not drafts[0].signed_sha256 and not word.on_paper else None
        number, sha = (unsigned.number, unsigned.sha256) if unsigned else (0, "")
    signed, signer = _signed(house, sha, now) if sha else ("", "")
    with house.work(principal, now) as uow:
        row = _mine(uow, principal, case_id, version)
        if signed:
            draft = next(each for each in store.drafts_of(uow.session, case_id) if each.number == number)
            draft.signed_sha256, draft.signed_by, draft.signed_at = signed, principal.account_id, now
        detail = {"draft": number, "signed": bool(signed), "on_paper": word.on_paper, "signer": bool(signer)}
        what = What("case", case_id, row.case.number)
        note(uow, principal, Verb.CASE_APPROVE, now, target=target_of(row), what=what, detail=detail)
        advance(uow, principal, row, word.to_account, squashed(word.words), now)


def _mine(uow: UnitOfWork, principal: Principal, case_id: str, version: int) -> CaseRow:
    """The case, at an approval that this person may give now."""
    row = reached(uow, principal, case_id, Verb.CASE_APPROVE, Action.CASE_APPROVE)
    if row.case.version != version:
        raise stale()
    if row.case.subject_kind or not approves(position_of(row.case), procedure_of(row.procedure)):
        raise InvalidInput("state", "Hồ sơ này không ở bước phê duyệt.")
    if row.case.assignee_id is not None and row.case.assignee_id not in principal.persons:
        raise InvalidInput("state", NOT_IN_HAND)
    hands = delegations.behind(uow, store.hands_of(uow.session, row.case, row.case.step), row.case.received_at)
    if not may_approve(principal.persons, hands):
        raise InvalidInput("state", SAME_HAND)
    waiting = case_opinions.unanswered(uow, case_id)
    if waiting:
        raise InvalidInput("state", f"Còn {waiting} ý kiến chưa trả lời: chờ trả lời, hoặc thôi không hỏi nữa.")
    return row


def _signed(house: House, sha: str, now: datetime) -> tuple[str, str]:
    """The SHA-256 of the draft with the agency's signature, and who signed; InvalidInput says what went wrong."""
    from scanning.sealing import SealError

    signing = house.settings.signing
    if signing is None:
        raise InvalidInput("state", NO_KEY)
    try:
        signed, _size, signer = archival.sealed(house, signing, sha, now)
    except SealError as error:
        log.error("a draft could not be signed: %s", error.code)
        raise InvalidInput("state", archival.SEAL_MESSAGES_VI[error.code]) from None
    return signed, signer
