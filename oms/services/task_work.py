"""Tasks in their owner's hand: progress told in reports that only grow, done, returned, moved, withdrawn.

The newest report counts. The owner reports; who manages tasks of the unit moves the last day, hands the task over,
returns what was said to be done, or withdraws it, each with a reason in the task's own history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from oms.domain.access import Action, Principal, Target, decide, visibility
from oms.domain.case_clock import late_by, local_day
from oms.domain.directives import DONE, Standing, due_of, standing
from oms.domain.fields import squashed
from oms.domain.journal import Verb
from oms.domain.working_days import Calendar
from oms.errors import Conflict, InvalidInput, Refused
from oms.services import catalogues, days_off, notices
from oms.services.directives import UNFIT, Wanted, fit
from oms.services.house import What, note, require_role
from oms.store import directives as store
from oms.store import people
from oms.store.case_tables import Directive, Task, TaskReport
from oms.store.db import UnitOfWork
from oms.store.directives import TaskRow
from oms.store.tables import Unit

LEAST, MOST, LEAST_WHY = 5, 4000, 10
NOT_MOVED = "Đổi hạn hoặc rút do người đứng đầu ở đơn vị theo dõi văn bản làm, không phải người chịu trách nhiệm."


@dataclass(frozen=True)
class TaskView:
    """One task: where it comes from, its history newest first, and what this person may do with it."""

    task: Task
    unit: Unit
    directive: Directive | None
    reports: list[TaskReport]
    names: Mapping[str, str]
    standing: Standing
    late_days: int
    may_report: bool
    may_manage: bool
    may_open_directive: bool
    may_move: bool = False
    """Move the last day, or withdraw it: what the counts of a unit and of its owner rest on."""

    @property
    def seen(self) -> int:
        """Number of the newest line of the history: what is done now is done knowing it."""
        return self.reports[0].number if self.reports else 0


def waiting(uow: UnitOfWork, principal: Principal, now: datetime) -> tuple[int, int]:
    """How many tasks in hand the person owns, and how many of these are overdue."""
    return store.waiting(uow.session, visibility(principal, Action.TASK_WORK), principal.persons, local_day(now))


def mine(
    uow: UnitOfWork, principal: Principal, wanted: Wanted, limit: int, offset: int, now: datetime
) -> tuple[list[TaskRow], int]:
    """The person's own tasks, overdue first; journalled."""
    require_role(principal, Action.TASK_WORK, Verb.TASK_LIST)
    view = visibility(principal, Action.TASK_WORK)
    rows, total = store.owned(uow.session, view, principal.persons, wanted, limit, offset)
    level = max((row.task.secrecy for row in rows), default=0)
    target = Target(principal.unit_path, level) if level else None
    detail = {"shown": len(rows), "total": total, "own": True}
    note(uow, principal, Verb.TASK_LIST, now, target=target, detail=detail)
    return rows, total


def _found(uow: UnitOfWork, principal: Principal, task_id: str, verb: Verb) -> TaskRow:
    manage, own = visibility(principal, Action.TASK_MANAGE), visibility(principal, Action.TASK_WORK)
    row = store.find_task(uow.session, manage, own, principal.persons, task_id)
    if row is None:
        raise Refused(verb, kind="task", object_id=task_id, reason="missing or not visible")
    return row


def target_of(row: TaskRow) -> Target:
    """The task as the access rule sees it."""
    return Target(row.unit.path, row.task.secrecy, row.task.compartment)


def show(uow: UnitOfWork, principal: Principal, task_id: str, now: datetime) -> TaskView:
    """One task with its history; journalled. Refused when missing or hidden."""
    row = _found(uow, principal, task_id, Verb.DIRECTIVE_OPEN)
    task, session = row.task, uow.session
    note(uow, principal, Verb.DIRECTIVE_OPEN, now, what=What("task", task_id, task.number), target=target_of(row))
    reports = store.reports_of(session, task_id)
    persons = {each.by for each in reports} | {task.owner_id or "", task.created_by} - {""}
    manages = decide(principal, Action.TASK_MANAGE, target_of(row)).allowed
    directive = store.heading(session, task)
    stands = standing(task.due, task.done_on, task.closed_at is not None, local_day(now))
    return TaskView(
        task,
        row.unit,
        directive,
        reports,
        people.names_of(session, persons),
        stands,
        late_days(task, local_day(now), calendar_on(uow, task.done_on or local_day(now))),
        task.owner_id in principal.persons and stands is not Standing.WITHDRAWN and task.directive_id is not None,
        manages and task.directive_id is not None,
        manages and directive is not None,
        manages and _moves(uow, principal, task, directive),
    )


def _moves(uow: UnitOfWork, principal: Principal, task: Task, directive: Directive | None) -> bool:
    """Whether a head may move the last day or withdraw it: of the directive's own unit, and never its owner.

    Else a unit that was given work could make what is late good by itself, and be counted as in time.
    """
    if directive is None or task.owner_id in principal.persons:
        return False
    unit = uow.session.get_one(Unit, directive.unit_id)
    target = Target(unit.path, directive.secrecy, directive.compartment)
    return decide(principal, Action.TASK_MANAGE, target).allowed


def calendar_on(uow: UnitOfWork, day: date) -> Calendar:
    """The house's days off about a day."""
    return days_off.calendar(catalogues.load(uow), day)


def late_days(task: Task, today: date, calendar: Calendar) -> int:
    """Working days between the last day and the day it was done, or today; 0 when in time or withdrawn."""
    if task.closed_at is not None and task.done_on is None:
        return 0
    return late_by(task.done_on or today, task.due, calendar)


def _stale() -> Conflict:
    error = Conflict()
    error.message_vi = (
        "Nhiệm vụ này vừa được người khác cập nhật. Nội dung của anh/chị chưa được ghi; hãy tải lại trang."
    )
    return error


def _unchanged(uow: UnitOfWork, task: Task, seen: int) -> list[TaskReport]:
    """The history, when its newest line is the one that was seen."""
    if task.directive_id is None:
        raise InvalidInput("state", "Việc này không thuộc văn bản chỉ đạo nào.")
    reports = store.reports_of(uow.session, task.id)
    if (reports[0].number if reports else 0) != seen:
        raise _stale()
    return reports


def report(
    uow: UnitOfWork, principal: Principal, task_id: str, percent: int | None, words: str, seen: int, now: datetime
) -> TaskReport:
    """The owner tells how far a task is; 100 is done. From done back to less, the words must say why."""
    row = _found(uow, principal, task_id, Verb.TASK_REPORT)
    task = row.task
    if task.owner_id not in principal.persons:
        raise Refused(Verb.TASK_REPORT, kind="task", object_id=task_id, reason="owned by another person")
    _unchanged(uow, task, seen)
    if task.closed_at is not None and task.done_on is None:
        raise InvalidInput("state", "Nhiệm vụ này đã được rút.")
    _followed(uow, task)
    if percent is None or not 0 <= percent <= DONE:
        raise InvalidInput("percent", "Tiến độ là số từ 0 đến 100.")
    text = squashed(words)[:MOST]
    least = LEAST_WHY if task.done_on is not None and percent < DONE else LEAST
    if len(text) < least:
        told = "vì sao nhiệm vụ đã báo xong nay chưa xong" if least == LEAST_WHY else "đã làm gì, còn vướng gì"
        raise InvalidInput("text", f"Hãy ghi {told}, ít nhất {least} ký tự.")
    if percent < DONE or task.done_on is None:
        _set(task, percent, now)
    return _written(uow, principal, row, "report", text, now)


def _followed(uow: UnitOfWork, task: Task) -> None:
    directive = store.heading(uow.session, task)
    if directive is None or directive.closed_at is not None:
        raise InvalidInput("state", "Văn bản của nhiệm vụ này đã kết thúc theo dõi.")


def _set(task: Task, percent: int, now: datetime) -> None:
    done = percent == DONE
    task.percent = percent
    task.done_at = task.closed_at = now if done else None
    task.done_on = local_day(now) if done else None


def _written(
    uow: UnitOfWork, principal: Principal, row: TaskRow, act: str, text: str, now: datetime, **more: object
) -> TaskReport:
    line = TaskReport(
        task_id=row.task.id, percent=row.task.percent, text=text, by=principal.account_id, at=now, act=act
    )
    uow.session.add(line)
    uow.session.flush()
    verb = Verb.TASK_REPORT if act == "report" else Verb.TASK_CHANGE
    detail = {"act": act, "percent": row.task.percent, "directive": row.task.directive_id, **more}
    what = What("task", row.task.id, row.task.number)
    note(uow, principal, verb, now, what=what, target=target_of(row), detail=detail)
    return line


def _managed(uow: UnitOfWork, principal: Principal, task_id: str) -> TaskRow:
    row = _found(uow, principal, task_id, Verb.TASK_CHANGE)
    if not decide(principal, Action.TASK_MANAGE, target_of(row)).allowed:
        raise Refused(Verb.TASK_CHANGE, kind="task", object_id=task_id, reason="not a manager of the unit")
    return row


def _reason(words: str) -> str:
    reason = squashed(words)[:1000]
    if len(reason) < LEAST:
        raise InvalidInput("reason", f"Hãy ghi lý do, ít nhất {LEAST} ký tự.")
    return reason


def _told(uow: UnitOfWork, principal: Principal, task: Task, kind: str, now: datetime) -> None:
    notices.tell(uow, {task.owner_id or ""} - principal.persons, kind, "task", task.id, task.number, now)


def reopen(uow: UnitOfWork, principal: Principal, task_id: str, words: str, seen: int, now: datetime) -> None:
    """The head returns what was said to be done, with the reason: it stands where it stood before."""
    row = _managed(uow, principal, task_id)
    reports = _unchanged(uow, row.task, seen)
    _followed(uow, row.task)
    if row.task.done_on is None:
        raise InvalidInput("state", "Nhiệm vụ này chưa báo xong.")
    reason = _reason(words)
    before = next((each.percent for each in reports if each.percent < DONE), 0)
    _set(row.task, before, now)
    _written(uow, principal, row, "reopen", reason, now)
    _told(uow, principal, row.task, "task_returned", now)


def change(
    uow: UnitOfWork, principal: Principal, task_id: str, due: str, owner: str, words: str, seen: int, now: datetime
) -> None:
    """Moves the last day or hands a task in hand over (``owner``: a username), with the reason in its history."""
    row = _managed(uow, principal, task_id)
    task = row.task
    _unchanged(uow, task, seen)
    _followed(uow, task)
    if task.closed_at is not None:
        raise InvalidInput("state", "Chỉ đổi được nhiệm vụ đang thực hiện.")
    directive = store.heading(uow.session, task)
    try:
        day = due_of(due, directive.issued_on if directive else None)
    except ValueError as problem:
        raise InvalidInput("due", str(problem)) from None
    account = people.by_username(uow.session, owner.strip()) if owner.strip() else None
    if account is None or (account.id != task.owner_id and not fit(uow, account, target_of(row), now)):
        raise InvalidInput("owner", UNFIT)
    said = _said(uow, task, day, account.id)
    if not said:
        raise InvalidInput("due", "Chưa có gì thay đổi.")
    if day != task.due and not _moves(uow, principal, task, directive):
        raise InvalidInput("due", NOT_MOVED)
    reason = _reason(words)
    before = task.owner_id
    task.due, task.owner_id = day, account.id
    line = f"{'; '.join(said)}. Lý do: {reason}"
    _written(uow, principal, row, "change", line, now, due=day.isoformat() if day else "", owner=account.id)
    if account.id != before:
        _told(uow, principal, task, "task_given", now)


def _said(uow: UnitOfWork, task: Task, due: date | None, owner: str) -> list[str]:
    said = []
    if due != task.due:
        days = [f"{day:%d/%m/%Y}" if day else "không hạn" for day in (task.due, due)]
        said.append(f"Hạn: {days[0]} → {days[1]}")
    if owner != task.owner_id:
        names = people.names_of(uow.session, {task.owner_id or "", owner} - {""})
        said.append(f"Người chịu trách nhiệm: {names.get(task.owner_id or '', '–')} → {names.get(owner, '–')}")
    return said


def withdraw(uow: UnitOfWork, principal: Principal, task_id: str, words: str, seen: int, now: datetime) -> None:
    """Withdraws a task in hand that was given by mistake or is no longer wanted: it is counted nowhere."""
    row = _managed(uow, principal, task_id)
    _unchanged(uow, row.task, seen)
    if row.task.closed_at is not None:
        raise InvalidInput("state", "Chỉ rút được nhiệm vụ đang thực hiện.")
    if not _moves(uow, principal, row.task, store.heading(uow.session, row.task)):
        raise InvalidInput("state", NOT_MOVED)
    reason = _reason(words)
    row.task.closed_at = now
    _written(uow, principal, row, "withdraw", reason, now)
    _told(uow, principal, row.task, "task_withdrawn", now)
