"""What is done with a case: forward, back, suspended, taken up, refused, withdrawn, handed over; each with its row.

Whoever has it in hand moves it; who steers the unit's work may do so too, and hands over what somebody who leaves had
in hand. Going past an approval is ``case_approval``'s; the case of another desk's work is that desk's.
"""

from __future__ import annotations

from datetime import datetime

from oms.domain.access import Action, Principal, Target
from oms.domain.casework import ENDED, REASONED, CaseState, Move, Position, WrongMove, approves, moved
from oms.domain.fields import squashed
from oms.domain.journal import Verb
from oms.domain.procedures import Procedure, Stage, Step
from oms.errors import InvalidInput
from oms.services import notices
from oms.services.casework import (
    close,
    fit,
    holds,
    late_days,
    local_day,
    missing,
    position_of,
    procedure_of,
    reached,
    record,
    seeing,
    set_clock,
    stale,
    steers,
    target_of,
    unit_of,
)
from oms.services.house import What, note
from oms.store import cases as store
from oms.store.case_tables import Case
from oms.store.cases import CaseRow
from oms.store.db import UnitOfWork

LEAST_REASON = 5
NOT_IN_HAND = "Hồ sơ công việc này đang do người khác xử lý."
ELSEWHERE = "Việc này đi theo phiếu ở bàn chuyên môn: hãy xử lý ở đó, hồ sơ công việc tự chuyển bước."
APPROVAL = "Bước này là phê duyệt: hãy dùng nút Phê duyệt hoặc Trả lại."


def in_hand(uow: UnitOfWork, principal: Principal, case_id: str, version: int, verb: Verb = Verb.CASE_MOVE) -> CaseRow:
    """The case at the version that was seen, if it is in this person's hand or they steer the unit's work."""
    row = reached(uow, principal, case_id, verb, Action.CASE_WORK)
    if row.case.version != version:
        raise stale()
    if not holds(principal, row):
        raise InvalidInput("state", NOT_IN_HAND)
    return row


def forward(
    uow: UnitOfWork, principal: Principal, case_id: str, version: int, to_account: str, words: str, now: datetime
) -> None:
    """Takes a case to its next step and into somebody's hand; from the last step it is issued."""
    row = in_hand(uow, principal, case_id, version)
    _of_this_desk(row)
    if approves(position_of(row.case), procedure_of(row.procedure)):
        raise InvalidInput("state", APPROVAL)
    advance(uow, principal, row, to_account, words, now)


def advance(uow: UnitOfWork, principal: Principal, row: CaseRow, to_account: str, words: str, now: datetime) -> None:
    """The step forward itself, for whoever has seen to it that the person may make it."""
    procedure = procedure_of(row.procedure)
    position = _moved(row.case, Move.FORWARD, procedure)
    if position.state in ENDED:
        _end(uow, principal, row, Move.FORWARD, position, words, now)
        return
    _to_step(uow, principal, row, procedure, (Move.FORWARD, position), (to_account, words), now)


def back(uow: UnitOfWork, principal: Principal, case_id: str, version: int, to: str, words: str, now: datetime) -> None:
    """Returns a case to a step it has passed, to whoever had it there, with the reason."""
    row = in_hand(uow, principal, case_id, version)
    _of_this_desk(row)
    procedure = procedure_of(row.procedure)
    reason = _reason(Move.BACK, words)
    position = _moved(row.case, Move.BACK, procedure, to)
    given = _who_had(uow, principal, row, procedure.step(to), now), reason
    _to_step(uow, principal, row, procedure, (Move.BACK, position), given, now)


def _who_had(uow: UnitOfWork, principal: Principal, row: CaseRow, step: Step, now: datetime) -> str:
    """Who had the case in hand at a step last; whoever received it when nobody had.

    When they have left or may not work on it any more, it comes to whoever returns it, to be handed over: a reason to
    return a case does not wait for somebody who is gone.
    """
    had = [each.account_id for each in store.events_of(uow.session, row.case.id) if each.to_step == step.key]
    found = next((each for each in reversed(had) if each), row.case.created_by)
    unit = unit_of(uow, row.case, row.procedure, step)
    try:
        return fit(uow, row, unit, found, _action_at(step), now).id
    except InvalidInput:
        return principal.account_id


def _action_at(step: Step) -> Action:
    return Action.CASE_APPROVE if step.stage is Stage.APPROVE else Action.CASE_WORK


def _to_step(
    uow: UnitOfWork,
    principal: Principal,
    row: CaseRow,
    procedure: Procedure,
    move: tuple[Move, Position],
    given: tuple[str, str],
    now: datetime,
) -> None:
    case, (what, position), (to_account, words) = row.case, move, given
    step = procedure.step(position.step)
    unit = unit_of(uow, case, row.procedure, step)
    holder = fit(uow, row, unit, to_account or principal.account_id, _action_at(step), now)
    if step.stage is Stage.APPROVE and holder.id in store.hands_of(uow.session, case, step.key) | principal.persons:
        raise InvalidInput("to_account", "Người phê duyệt phải là người khác với người đề nghị, soạn và trình.")
    before, before_due = case.step, case.due
    case.step, case.step_unit_id, case.assignee_id, case.step_at = position.step, unit.id, holder.id, now
    case.version += 1
    where = {"from_step": before, "to_step": case.step, "unit_id": unit.id, "account_id": holder.id}
    set_clock(uow, case, procedure, now)
    days = {"due_before": before_due, "due_after": case.due}
    record(uow, principal, case, what, now, reason=squashed(words)[:1000], **days, **where)
    _noted(uow, principal, row, what, now, {"from": before, "to": case.step, "given": holder.id})
    if holder.id not in principal.persons:
        kind = "case_returned" if what is Move.BACK else "case_given"
        notices.tell(uow, [holder.id], kind, "case", case.id, case.number, now)


def suspend(uow: UnitOfWork, principal: Principal, case_id: str, version: int, words: str, now: datetime) -> None:
    """Stops the clock, with the reason."""
    _stay(uow, principal, in_hand(uow, principal, case_id, version), Move.SUSPEND, words, now)


def resume(uow: UnitOfWork, principal: Principal, case_id: str, version: int, words: str, now: datetime) -> None:
    """Lets the clock go on; required papers must have come by now."""
    row = in_hand(uow, principal, case_id, version)
    lacking = missing(uow, case_id)
    if lacking and row.case.state == CaseState.SUSPENDED:
        raise InvalidInput("papers", f"Còn thiếu giấy tờ bắt buộc: {'; '.join(lacking)}.")
    _stay(uow, principal, row, Move.RESUME, words, now)


def _stay(uow: UnitOfWork, principal: Principal, row: CaseRow, what: Move, words: str, now: datetime) -> None:
    _of_this_desk(row)
    reason, procedure, before = _reason(what, words), procedure_of(row.procedure), row.case.due
    row.case.state = _moved(row.case, what, procedure).state
    row.case.version += 1
    set_clock(uow, row.case, procedure, now, what)
    record(uow, principal, row.case, what, now, reason=reason, due_before=before, due_after=row.case.due)
    _noted(uow, principal, row, what, now, {})


def refuse(uow: UnitOfWork, principal: Principal, case_id: str, version: int, words: str, now: datetime) -> None:
    """Refuses to handle a case, with the reason: a decision of who steers the unit's work."""
    _close(uow, principal, case_id, version, Move.REFUSE, words, now)


def withdraw(uow: UnitOfWork, principal: Principal, case_id: str, version: int, words: str, now: datetime) -> None:
    """Ends a case because whoever asked no longer wants it."""
    _close(uow, principal, case_id, version, Move.WITHDRAW, words, now)


def _close(
    uow: UnitOfWork, principal: Principal, case_id: str, version: int, what: Move, words: str, now: datetime
) -> None:
    row = in_hand(uow, principal, case_id, version)
    _of_this_desk(row)
    if what is Move.REFUSE and not steers(principal, row):
        raise InvalidInput("state", "Từ chối giải quyết do cán bộ tổ chức hoặc lãnh đạo quyết định.")
    reason = _reason(what, words)
    _end(uow, principal, row, what, _moved(row.case, what, procedure_of(row.procedure)), reason, now)


def _end(
    uow: UnitOfWork, principal: Principal, row: CaseRow, what: Move, position: Position, words: str, now: datetime
) -> None:
    """Writes how a case ended, how many working days it took, and how late it was; a late one says why."""
    case, late = row.case, late_days(uow, row.case, now)
    if late and position.state is CaseState.ISSUED and not case.late_reason:
        raise InvalidInput("late_reason", "Hồ sơ quá hạn: hãy ghi lý do chậm trước khi kết thúc.")
    close(uow, case, position.state, now)
    more = {"account_id": case.assignee_id, "due_after": case.due}
    record(uow, principal, case, what, now, reason=squashed(words)[:1000], **more)
    _noted(uow, principal, row, what, now, {"late": late, "used": case.used_days})
    told = seeing(uow, row, {case.created_by, case.assignee_id or ""} - principal.persons, now)
    notices.tell(uow, told, "case_ended", "case", case.id, case.number, now)


def hand_over(
    uow: UnitOfWork, principal: Principal, case_id: str, version: int, to_account: str, words: str, now: datetime
) -> None:
    """Gives a case into another hand at the same step: by whoever has it, or by who steers the unit's work."""
    row = in_hand(uow, principal, case_id, version)
    reason, procedure = _reason(Move.HAND_OVER, words), procedure_of(row.procedure)
    _moved(row.case, Move.HAND_OVER, procedure)
    step = procedure.step(row.case.step)
    holder = fit(uow, row, row.step_unit, to_account, _action_at(step), now)
    if step.stage is Stage.APPROVE and holder.id in store.hands_of(uow.session, row.case, row.case.step):
        raise InvalidInput("to_account", "Người phê duyệt phải là người khác với người đề nghị, soạn và trình.")
    row.case.assignee_id = holder.id
    row.case.version += 1
    days = {"due_after": row.case.due}
    record(uow, principal, row.case, Move.HAND_OVER, now, reason=reason, account_id=holder.id, **days)
    _noted(uow, principal, row, Move.HAND_OVER, now, {"given": holder.id})
    notices.tell(uow, {holder.id} - principal.persons, "case_given", "case", case_id, row.case.number, now)


def explain_late(uow: UnitOfWork, principal: Principal, case_id: str, version: int, words: str, now: datetime) -> None:
    """Writes why a case is late: shown wherever the case is shown as late.

    One that follows another desk's work ends without being asked; its reason may be written afterwards, once.
    """
    row = in_hand(uow, principal, case_id, version)
    reason = squashed(words)[:500]
    if len(reason) < LEAST_REASON:
        raise InvalidInput("late_reason", "Hãy ghi lý do chậm, ít nhất 5 ký tự.")
    if not unexplained(row.case, now):
        raise InvalidInput("late_reason", "Hồ sơ này không quá hạn.")
    row.case.late_reason = reason
    row.case.version += 1
    record(uow, principal, row.case, "late", now, reason=reason, due_after=row.case.due)
    _noted(uow, principal, row, "late", now, {})


def unexplained(case: Case, now: datetime) -> bool:
    """Whether a reason for being late may be written: while it is late, or after the end of one nobody was asked of."""
    if case.state in ENDED:
        return bool(case.late_days and case.subject_kind and not case.late_reason)
    return case.due is not None and case.due < local_day(now)


def _of_this_desk(row: CaseRow) -> None:
    if row.case.subject_kind:
        raise InvalidInput("state", ELSEWHERE)


def _reason(what: Move, words: str) -> str:
    reason = squashed(words)[:1000]
    if what in REASONED and len(reason) < LEAST_REASON:
        raise InvalidInput("reason", "Hãy ghi lý do, ít nhất 5 ký tự.")
    return reason


def _moved(case: Case, what: Move, procedure: Procedure, to: str = "") -> Position:
    try:
        return moved(position_of(case), what, procedure, to)
    except WrongMove as problem:
        raise InvalidInput("state", str(problem)) from None


def _noted(
    uow: UnitOfWork, principal: Principal, row: CaseRow, act: str, now: datetime, detail: dict[str, object]
) -> None:
    target: Target = target_of(row)
    what = What("case", row.case.id, row.case.number)
    more = {"act": str(act), "dossier": row.case.dossier_id, **detail}
    note(uow, principal, Verb.CASE_MOVE, now, target=target, what=what, detail=more)
