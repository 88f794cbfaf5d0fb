"""Opinions on a case: asked of one person by a day, given once in words, or no longer wanted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from oms.domain.access import Action, Principal
from oms.domain.casework import ENDED
from oms.domain.journal import Verb
from oms.errors import Conflict, InvalidInput, Refused
from oms.services import notices
from oms.services.case_moves import in_hand
from oms.services.casework import fit, local_day, reached, seeing, target_of
from oms.services.house import What, note
from oms.store import cases as store
from oms.store.case_tables import CaseOpinion
from oms.store.cases import CaseRow
from oms.store.db import UnitOfWork

STANCES = ("agree", "comment", "disagree")
LEAST, MOST = 5, 4000


def ask(
    uow: UnitOfWork,
    principal: Principal,
    case_id: str,
    version: int,
    persons: Sequence[str],
    question: str,
    due: date | None,
    now: datetime,
) -> list[CaseOpinion]:
    """Asks some persons for their opinion on the newest draft; each must be somebody who may see the case."""
    row = in_hand(uow, principal, case_id, version, Verb.CASE_ASK)
    _running(row)
    if not persons:
        raise InvalidInput("persons", "Hãy chọn ít nhất một người.")
    if due is not None and due < local_day(now):
        raise InvalidInput("due", "Ngày trả lời không được trước hôm nay.")
    waiting = {each.asked_of for each in _open(uow, case_id)}
    drafts = store.drafts_of(uow.session, case_id)
    asked = []
    for account_id in dict.fromkeys(persons):
        holder = fit(uow, row, row.step_unit, account_id, Action.CASE_WORK, now)
        if holder.id in principal.persons:
            raise InvalidInput("persons", "Anh/chị không xin ý kiến của chính mình.")
        if holder.id not in waiting:
            opinion = CaseOpinion(
                case_id=case_id,
                draft_id=drafts[0].id if drafts else None,
                asked_of=holder.id,
                asked_by=principal.account_id,
                asked_at=now,
                question=" ".join(question.split())[:1000],
                due=due,
            )
            asked.append(opinion)
    uow.session.add_all(asked)
    row.case.version += 1
    uow.session.flush()
    _noted(uow, principal, Verb.CASE_ASK, row, now, {"asked": [each.asked_of for each in asked]})
    notices.tell(uow, [e.asked_of for e in asked], "opinion_asked", "case", case_id, row.case.number, now)
    return asked


def _running(row: CaseRow) -> None:
    """What was said of a case is what its end rests on: nothing is added to it afterwards."""
    if row.case.state in ENDED:
        raise InvalidInput("state", "Hồ sơ đã kết thúc.")


def _open(uow: UnitOfWork, case_id: str) -> list[CaseOpinion]:
    every = store.opinions_of(uow.session, case_id)
    return [each for each in every if each.given_at is None and each.withdrawn_at is None]


def _one(uow: UnitOfWork, case_id: str, opinion_id: str, verb: Verb) -> CaseOpinion:
    found = next((each for each in store.opinions_of(uow.session, case_id) if each.id == opinion_id), None)
    if found is None:
        raise Refused(verb, kind="case", object_id=case_id, reason="missing")
    if found.given_at is not None or found.withdrawn_at is not None:
        error = Conflict()
        error.message_vi = "Ý kiến này đã được trả lời, hoặc không còn cần nữa."
        raise error
    return found


def say(
    uow: UnitOfWork, principal: Principal, case_id: str, opinion_id: str, stance: str, words: str, now: datetime
) -> CaseOpinion:
    """Gives the opinion that was asked of this person; it is not changed afterwards."""
    row = reached(uow, principal, case_id, Verb.CASE_SAY, Action.CASE_WORK)
    found = _one(uow, case_id, opinion_id, Verb.CASE_SAY)
    if found.asked_of not in principal.persons:
        raise Refused(Verb.CASE_SAY, kind="case", object_id=case_id, reason="asked of another person")
    _running(row)
    text = " ".join(words.split())[:MOST]
    if stance not in STANCES:
        raise InvalidInput("stance", "Hãy chọn đồng ý, có ý kiến hoặc không đồng ý.")
    if stance != "agree" and len(text) < LEAST:
        raise InvalidInput("text", f"Hãy ghi ý kiến, ít nhất {LEAST} ký tự.")
    found.stance, found.text, found.given_at = stance, text, now
    _noted(uow, principal, Verb.CASE_SAY, row, now, {"stance": stance})
    told = seeing(uow, row, {found.asked_by, row.case.assignee_id or ""} - principal.persons, now)
    notices.tell(uow, told, "opinion_given", "case", case_id, row.case.number, now)
    return found


def no_longer(
    uow: UnitOfWork, principal: Principal, case_id: str, version: int, opinion_id: str, now: datetime
) -> None:
    """Takes a question back that was not answered; it stays in the history of the case."""
    row = in_hand(uow, principal, case_id, version, Verb.CASE_ASK)
    found = _one(uow, case_id, opinion_id, Verb.CASE_ASK)
    _running(row)
    found.withdrawn_at = now
    row.case.version += 1
    _noted(uow, principal, Verb.CASE_ASK, row, now, {"withdrawn": found.asked_of})


def pass_on(
    uow: UnitOfWork, principal: Principal, case_id: str, opinion_id: str, to_account: str, now: datetime
) -> None:
    """Takes back a question that waits and asks it of another person, by the same day or today when that is past."""
    row = reached(uow, principal, case_id, Verb.CASE_ASK, Action.CASE_WORK)
    found = _one(uow, case_id, opinion_id, Verb.CASE_ASK)
    due = max(found.due, local_day(now)) if found.due else None
    no_longer(uow, principal, case_id, row.case.version, opinion_id, now)
    ask(uow, principal, case_id, row.case.version, [to_account], found.question, due, now)


def unanswered(uow: UnitOfWork, case_id: str) -> int:
    """How many opinions on a case that was seen are still waited for."""
    return len(_open(uow, case_id))


def _noted(
    uow: UnitOfWork, principal: Principal, verb: Verb, row: CaseRow, now: datetime, detail: dict[str, object]
) -> None:
    what = What("case", row.case.id, row.case.number)
    note(uow, principal, verb, now, target=target_of(row), what=what, detail=detail)
