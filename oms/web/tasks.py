"""Tasks: the open pieces of work that a reader's purpose may cite."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.errors import InvalidInput
from oms.services import tasks as service
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.paging import asked_page
from oms.web.typed import whole_number

blueprint = Blueprint("tasks", __name__)


@blueprint.get("/cong-viec")
@needs(Action.TASK_MANAGE)
def tasks() -> str:
    """Tasks in scope, open ones first."""
    return _page({}, [])


def _page(values: dict[str, str], errors: list[dict[str, str]]) -> str:
    paging = asked_page()
    with work() as uow:
        found = service.list_tasks(uow, principal(), now())
        units = service.task_units(uow, principal())
    return render_template(
        "tasks/tasks.html",
        rows=found[paging.offset : paging.offset + paging.size],
        total=len(found),
        paging=paging,
        units=units,
        values=values,
        errors=errors,
    )


@blueprint.post("/cong-viec")
@needs(Action.TASK_MANAGE)
def create() -> Response | tuple[str, int]:
    """Opens a task."""
    values = {name: request.form.get(name, "") for name in ("number", "title", "unit_id")}
    try:
        unit_id = whole_number(values["unit_id"])
        if unit_id is None:
            raise InvalidInput("unit_id", _("Hãy chọn đơn vị của công việc."))
        with work() as uow:
            task = service.create_task(uow, principal(), values["number"], values["title"], unit_id, now())
    except InvalidInput as problem:
        return _page(values, [{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã mở công việc %(number)s.", number=task.number), "ok")
    return redirect(url_for("tasks.tasks"))


@blueprint.post("/cong-viec/<task_id>/dong")
@needs(Action.TASK_MANAGE)
def close(task_id: str) -> Response:
    """Closes a task: it can no longer be cited."""
    with work() as uow:
        service.close_task(uow, principal(), task_id, now())
    flash(_("Đã đóng công việc. Không chọn được nữa khi mở hồ sơ."), "ok")
    return redirect(url_for("tasks.tasks"))
