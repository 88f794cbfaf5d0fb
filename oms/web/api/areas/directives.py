"""Directives and tasks: listed with their ratios, entered, given, reported on, returned, changed, withdrawn."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from oms.domain.access import Action
from oms.domain.catalogue import COMPARTMENTS
from oms.domain.directives import TaskLine
from oms.services import directives, task_work, tasks
from oms.services.directives import NewDirective, Wanted
from oms.services.task_work import TaskView
from oms.web.api import shapes as s
from oms.web.api.areas.dossiers import UNIT_PATH
from oms.web.api.operations import TAG, VERSION, Call, Listed, Made, posts, reads
from oms.web.api.shapes import Asked, Paged, Told

DIRECTIVE, TASK = "/directives/<directive_id>", "/tasks/<task_id>"


class TallyTold(Told):
    """Counts of tasks."""

    total = s.number()
    done = s.number()
    done_late = s.number()
    overdue = s.number()


class DirectiveTold(Told):
    """A directive with the ratio of its tasks."""

    id = s.text("directive.id")
    number = s.text("directive.number")
    title = s.text("directive.title")
    kind = s.text("directive.kind")
    issuer = s.text("directive.issuer")
    issued_on = s.on("directive.issued_on")
    unit_id = s.number("unit.id")
    secrecy = s.number("directive.secrecy")
    compartment = s.text("directive.compartment")
    closed_at = s.at("directive.closed_at", maybe=True)
    withdrawn = s.flag("directive.withdrawn")
    tally = s.one(TallyTold)


class TaskTold(Told):
    """A task."""

    id = s.text("task.id")
    number = s.text("task.number")
    title = s.text("task.title")
    unit_id = s.number("unit.id")
    owner_id = s.text("task.owner_id", maybe=True)
    directive_id = s.text("task.directive_id", maybe=True)
    due = s.on("task.due")
    percent = s.number("task.percent")
    done_on = s.on("task.done_on")
    closed_at = s.at("task.closed_at", maybe=True)
    secrecy = s.number("task.secrecy")


class DirectiveRead(DirectiveTold):
    """One directive with its first tasks."""

    tasks = s.each(TaskTold)
    tasks_total = s.number("total")
    may_manage = s.flag()


class ReportTold(Told):
    """A line of a task's history."""

    number = s.number()
    act = s.text()
    percent = s.number()
    text = s.text()
    by = s.text()
    at = s.at()


class TaskRead(TaskTold):
    """One task with its history; ``seen``: the newest line, for If-Match."""

    seen = s.number()
    standing = s.text()
    late_days = s.number()
    may_report = s.flag()
    may_manage = s.flag()
    reports = s.each(ReportTold)


class WantedThings(Paged):
    """Which directives or tasks. Secret ones stand in no list but where ``secret`` asks for them."""

    q = s.words(100)
    unit = fields.String(load_default="", validate=UNIT_PATH)
    secret = s.yes()


class WantedDirectives(WantedThings):
    """Which directives."""

    state = s.choice("", "open", "overdue", "closed", "withdrawn", optional=True)


class WantedTasks(WantedThings):
    """Which tasks."""

    state = s.choice("", "open", "overdue", "done", "withdrawn", optional=True)


class DirectiveAsked(Asked):
    """A directive; ``paper``: the id of the filed document."""

    number = s.words(50, 1)
    title = s.words(500, 5)
    unit_id = s.whole(1)
    kind = s.words(60)
    issuer = s.words(200)
    issued_on = s.day()
    secrecy = s.whole(0, 3, 0)
    compartment = s.choice("", *COMPARTMENTS, optional=True)
    paper = s.reference(optional=True)


class TaskAsked(Asked):
    """A task as given: code of the unit, username of the owner, last day as dd/mm/yyyy."""

    title = s.words(300, 5)
    unit = s.words(35)
    owner = s.words(60)
    due = s.words(10)
    number = s.words(60)


class TasksAsked(Asked):
    """Tasks to be given, all or none."""

    tasks = fields.List(fields.Nested(TaskAsked), required=True, validate=validate.Length(min=1, max=500))


class ReasonAsked(Asked):
    """Words or a reason."""

    reason = s.words(1000)


class ReportAsked(Asked):
    """A report on a task."""

    percent = s.whole(0, 100)
    text = s.words(4000)


class TaskChange(Asked):
    """Another last day (dd/mm/yyyy) or owner (username), with the reason."""

    due = s.words(10)
    owner = s.words(60)
    reason = s.words(1000)


def _wanted(call: Call, directive_id: str = "") -> Wanted:
    asked = call.query
    return Wanted(
        asked.get("state", ""),
        asked.get("unit", ""),
        asked.get("q", ""),
        asked.get("secret", False),
        directives.today(call.now),
        directive_id,
    )


@reads("/directives", Action.TASK_MANAGE, "directives", DirectiveTold, listed=True, query=WantedDirectives)
def list_directives(call: Call) -> Listed:
    """Directives with the ratio of their tasks, those with overdue tasks first."""
    found = directives.listing(call.uow, call.who, _wanted(call), call.size, call.offset, call.now)
    return Listed(found.rows, found.total)


@posts("/directives", Action.TASK_MANAGE, "directives", DirectiveAsked, leads="get_directive")
def add_directive(call: Call) -> Made:
    """Enters a directive."""
    return Made(directives.create(call.uow, call.who, NewDirective(**call.body), call.now).id)


@reads(DIRECTIVE, Action.TASK_MANAGE, "directives", DirectiveRead)
def get_directive(call: Call, directive_id: str) -> Any:
    """One directive with its ratio and its first 200 tasks."""
    return directives.show(call.uow, call.who, directive_id, _wanted(call, directive_id), 200, 0, call.now)


@reads(DIRECTIVE + "/tasks", Action.TASK_MANAGE, "directives", TaskTold, listed=True, query=WantedTasks)
def list_directive_tasks(call: Call, directive_id: str) -> Listed:
    """The tasks of a directive, overdue first."""
    wanted = _wanted(call, directive_id)
    found = directives.show(call.uow, call.who, directive_id, wanted, call.size, call.offset, call.now)
    return Listed(found.tasks, found.total)


OF_DIRECTIVE: dict[str, Any] = {"match": TAG, "of": "get_directive"}


@posts(DIRECTIVE, Action.TASK_MANAGE, "directives", DirectiveAsked, **OF_DIRECTIVE)
def edit_directive(call: Call, directive_id: str) -> None:
    """Corrects the heading of a directive."""
    directives.edit(call.uow, call.who, directive_id, NewDirective(**call.body), call.now)


@posts(DIRECTIVE + "/tasks", Action.TASK_MANAGE, "directives", TasksAsked, of="get_directive")
def give_tasks(call: Call, directive_id: str) -> None:
    """Gives tasks under a directive, all or none."""
    lines = [(place, TaskLine(**line)) for place, line in enumerate(call.body["tasks"], 1)]
    directives.add_tasks(call.uow, call.who, directive_id, lines, call.now)


@posts(DIRECTIVE + "/close", Action.TASK_MANAGE, "directives", ReasonAsked, **OF_DIRECTIVE)
def close_directive(call: Call, directive_id: str) -> None:
    """Ends following a directive."""
    directives.close(call.uow, call.who, directive_id, call.body["reason"], call.now)


@posts(DIRECTIVE + "/withdraw", Action.TASK_MANAGE, "directives", ReasonAsked, **OF_DIRECTIVE)
def withdraw_directive(call: Call, directive_id: str) -> None:
    """Withdraws a directive entered by mistake."""
    directives.withdraw(call.uow, call.who, directive_id, call.body["reason"], call.now)


@reads("/tasks/mine", Action.TASK_WORK, "directives", TaskTold, listed=True, query=WantedTasks)
def list_my_tasks(call: Call) -> Listed:
    """The owner's own tasks, overdue first."""
    return Listed(*task_work.mine(call.uow, call.who, _wanted(call), call.size, call.offset, call.now))


@reads(TASK, Action.TASK_WORK, "directives", TaskRead, version="seen")
def get_task(call: Call, task_id: str) -> TaskView:
    """One task with its history."""
    return task_work.show(call.uow, call.who, task_id, call.now)


OF_TASK: dict[str, Any] = {"match": VERSION, "of": "get_task"}


@posts(TASK + "/reports", Action.TASK_WORK, "directives", ReportAsked, **OF_TASK)
def report_task(call: Call, task_id: str) -> None:
    """The owner's report on a task."""
    asked = call.body
    task_work.report(call.uow, call.who, task_id, asked["percent"], asked["text"], call.version, call.now)


@posts(TASK + "/reopen", Action.TASK_MANAGE, "directives", ReasonAsked, **OF_TASK)
def reopen_task(call: Call, task_id: str) -> None:
    """Returns a task that was said to be done."""
    task_work.reopen(call.uow, call.who, task_id, call.body["reason"], call.version, call.now)


@posts(TASK + "/change", Action.TASK_MANAGE, "directives", TaskChange, **OF_TASK)
def change_task(call: Call, task_id: str) -> None:
    """Moves the last day or hands the task over."""
    asked = call.body
    due, owner, reason = asked["due"], asked["owner"], asked["reason"]
    task_work.change(call.uow, call.who, task_id, due, owner, reason, call.version, call.now)


@posts(TASK + "/withdraw", Action.TASK_MANAGE, "directives", ReasonAsked, **OF_TASK)
def withdraw_task(call: Call, task_id: str) -> None:
    """Withdraws a task in hand."""
    task_work.withdraw(call.uow, call.who, task_id, call.body["reason"], call.version, call.now)


@posts("/tasks/<task_id>/close", Action.TASK_MANAGE, "directives")
def close_task(call: Call, task_id: str) -> None:
    """Closes a task that may be cited when a dossier is opened."""
    tasks.close_task(call.uow, call.who, task_id, call.now)
