"""Tasks: the open pieces of work that a reader's purpose may cite."""

from __future__ import annotations

from datetime import datetime

from oms.domain.access import Action, Principal, Target, visibility
from oms.domain.journal import Verb
from oms.errors import InvalidInput, Refused
from oms.services.house import What, note, require, require_role
from oms.store import dossiers, units
from oms.store.case_tables import Task
from oms.store.db import UnitOfWork
from oms.store.tables import Unit
from vietnamese.text import nfc


def list_tasks(uow: UnitOfWork, principal: Principal, now: datetime) -> list[tuple[Task, Unit]]:
    """Tasks in scope, open ones first; journalled."""
    require_role(principal, Action.TASK_MANAGE, Verb.TASK_LIST)
    found = dossiers.tasks(uow.session, visibility(principal, Action.TASK_MANAGE), open_only=False)
    note(uow, principal, Verb.TASK_LIST, now, detail={"shown": len(found)})
    return found


def create_task(uow: UnitOfWork, principal: Principal, number: str, title: str, unit_id: int, now: datetime) -> Task:
    """Opens a task that purposes may cite."""
    unit = units.by_id(uow.session, unit_id)
    target = Target(unit.path if unit else "?")
    require(principal, Action.TASK_MANAGE, Verb.TASK_CREATE, target, kind="unit", object_id=str(unit_id))
    name, code = " ".join(nfc(title).split())[:300], " ".join(nfc(number).split())[:60]
    if len(name) < 5 or not code:
        raise InvalidInput("title", "Hãy nhập số và tên công việc (tên ít nhất 5 ký tự).")
    task = Task(number=code, title=name, unit_id=unit_id, created_by=principal.account_id, created_at=now)
    uow.session.add(task)
    uow.session.flush()
    what = What("task", task.id, code)
    note(uow, principal, Verb.TASK_CREATE, now, target=target, what=what)
    return task


def close_task(uow: UnitOfWork, principal: Principal, task_id: str, now: datetime) -> None:
    """Closes a task: it can no longer be cited."""
    task = dossiers.find_task(uow.session, visibility(principal, Action.TASK_MANAGE), task_id)
    if task is None or task.directive_id:  # one of a directive ends by being done, or is withdrawn (task_work)
        raise Refused(Verb.TASK_CLOSE, kind="task", object_id=task_id, reason="missing, closed or outside scope")
    task.closed_at = now
    what = What("task", task_id, task.number)
    note(uow, principal, Verb.TASK_CLOSE, now, what=what)


def task_units(uow: UnitOfWork, principal: Principal) -> list[Unit]:
    """The units for which the person may open a task."""
    return units.within(uow.session, visibility(principal, Action.TASK_MANAGE))


def exists(uow: UnitOfWork, principal: Principal, number: str) -> bool:
    """True when a task of this number is in scope."""
    found = dossiers.tasks(uow.session, visibility(principal, Action.TASK_MANAGE), open_only=False)
    return any(task.number == number for task, _unit in found)
