"""Tasks in their owner's hand: one's own, one with its history, and what its owner and its head do with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.errors import InvalidInput
from oms.services import directives, task_work
from oms.services.house import UnitOfWork
from oms.web.context import now, principal, work
from oms.web.directives import TASK_STATES, Errors, Page, problem_of, wanted_of
from oms.web.guard import needs
from oms.web.paging import asked_page
from oms.web.records import secrecy_of
from oms.web.typed import whole_number

blueprint = Blueprint("task_work", __name__)


@blueprint.get("/nhiem-vu")
@needs(Action.TASK_WORK)
def mine() -> str:
    """The person's own tasks, overdue first."""
    paging, (wanted, asked) = asked_page(), wanted_of(TASK_STATES)
    with work() as uow:
        rows, total = task_work.mine(uow, principal(), wanted, paging.size, paging.offset, now())
        waiting, late = task_work.waiting(uow, principal(), now())
    return render_template(
        "directives/mine.html",
        rows=rows,
        total=total,
        waiting=waiting,
        late=late,
        asked=asked,
        paging=paging,
        today=directives.today(now()),
        page_secrecy=secrecy_of(*(row.task.secrecy for row in rows)),
    )


@blueprint.get("/nhiem-vu/<task_id>")
@needs(Action.TASK_WORK)
def task(task_id: str) -> str:
    """One task with its history and what may be done with it."""
    return _task(task_id, {}, [])


def _task(task_id: str, values: Any, errors: Errors) -> str:
    with work() as uow:
        found = task_work.show(uow, principal(), task_id, now())
        owners = directives.owners(uow, principal()) if found.may_manage else []
        logins = {each.id: each.username for each in owners}
    return render_template(
        "directives/task.html",
        found=found,
        task=found.task,
        owners=owners,
        owner_login=logins.get(found.task.owner_id or "", ""),
        values=values,
        errors=errors,
        today=directives.today(now()),
        page_secrecy=secrecy_of(found.task.secrecy),
    )


def _done(task_id: str, act: Callable[[UnitOfWork, int], None], said: str) -> Page:
    """Does something with a task as it was seen; what is wrong is told on its page."""
    seen = whole_number(request.form.get("seen", ""))
    try:
        with work() as uow:
            act(uow, -1 if seen is None else seen)
    except InvalidInput as problem:
        return _task(task_id, request.form, problem_of(problem)), 400
    flash(said, "ok")
    answer: Response = redirect(url_for("task_work.task", task_id=task_id))
    return answer


@blueprint.post("/nhiem-vu/<task_id>/bao-cao")
@needs(Action.TASK_WORK)
def report(task_id: str) -> Page:
    """The owner's report."""
    percent, words = whole_number(request.form.get("percent", "").strip()), request.form.get("text", "")

    def act(uow: UnitOfWork, seen: int) -> None:
        task_work.report(uow, principal(), task_id, percent, words, seen, now())

    return _done(task_id, act, _("Đã ghi báo cáo tiến độ."))


@blueprint.post("/nhiem-vu/<task_id>/tra-lai")
@needs(Action.TASK_MANAGE)
def reopen(task_id: str) -> Page:
    """Returns what was said to be done."""

    def act(uow: UnitOfWork, seen: int) -> None:
        task_work.reopen(uow, principal(), task_id, request.form.get("reason", ""), seen, now())

    return _done(task_id, act, _("Đã trả lại nhiệm vụ; người chịu trách nhiệm nhận được thông báo."))


@blueprint.post("/nhiem-vu/<task_id>/sua")
@needs(Action.TASK_MANAGE)
def change(task_id: str) -> Page:
    """Moves the last day or hands the task over."""
    due, owner, reason = (request.form.get(name, "")[:1000] for name in ("due", "owner", "reason"))

    def act(uow: UnitOfWork, seen: int) -> None:
        task_work.change(uow, principal(), task_id, due, owner, reason, seen, now())

    return _done(task_id, act, _("Đã ghi thay đổi của nhiệm vụ."))


@blueprint.post("/nhiem-vu/<task_id>/rut")
@needs(Action.TASK_MANAGE)
def withdraw(task_id: str) -> Page:
    """Withdraws a task in hand."""

    def act(uow: UnitOfWork, seen: int) -> None:
        task_work.withdraw(uow, principal(), task_id, request.form.get("reason", ""), seen, now())

    return _done(task_id, act, _("Đã rút nhiệm vụ; không tính vào tỷ lệ nào."))
