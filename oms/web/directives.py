"""Directives and their tasks: the list with its ratios, one directive, tasks given, ended, out and in as files."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from oms.domain.access import Action
from oms.domain.directives import COLUMNS, REPORT_LABELS, STANDING_LABELS, TaskLine, standing
from oms.errors import InvalidInput
from oms.services import directive_files, directives, list_tables
from oms.services.directives import NewDirective, Wanted
from oms.web import words as catalogue
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.paging import asked_page
from oms.web.records import secrecy_of, unit_path
from oms.web.typed import typed_day, whole_number

blueprint = Blueprint("directives", __name__)

STANDINGS, ACTS = catalogue.Words(STANDING_LABELS), catalogue.Words(REPORT_LABELS)
FILE_COLUMNS = catalogue.Words(COLUMNS)
STATES = {"mo": "open", "qua-han": "overdue", "ket-thuc": "closed", "rut": "withdrawn"}
TASK_STATES = {"mo": "open", "qua-han": "overdue", "xong": "done", "rut": "withdrawn"}
LINES = 4
"""Tasks that one form gives at once; more of them come from a file."""
_MEDIA = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
Page = str | Answer | tuple[str, int]
Errors = list[dict[str, str]]


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    """The words of tasks' standings and of the lines of their history."""
    return {"task_standings": STANDINGS, "task_acts": ACTS, "task_standing": _standing}


def _standing(task: Any) -> str:
    return str(standing(task.due, task.done_on, task.closed_at is not None, directives.today(now())))


def wanted_of(states: dict[str, str], directive_id: str = "") -> tuple[Wanted, dict[str, str]]:
    """What an address asks a list for, and the same as its arguments."""
    asked = {
        "tinh-trang": request.args.get("tinh-trang", ""),
        "don-vi": unit_path(request.args.get("don-vi", "")),
        "tim": " ".join(request.args.get("tim", "").split())[:100],
        "mat": "1" if request.args.get("mat") == "1" else "",
    }
    asked["tinh-trang"] = asked["tinh-trang"] if asked["tinh-trang"] in states else ""
    wanted = Wanted(
        states.get(asked["tinh-trang"], ""),
        asked["don-vi"],
        asked["tim"],
        asked["mat"] == "1",
        directives.today(now()),
        directive_id,
    )
    return wanted, {name: value for name, value in asked.items() if value}


@blueprint.get("/chi-dao")
@needs(Action.TASK_MANAGE)
def index() -> str:
    """Directives with the ratio of their tasks, those with overdue tasks first."""
    paging, (wanted, asked) = asked_page(), wanted_of(STATES)
    with work() as uow:
        found = directives.listing(uow, principal(), wanted, paging.size, paging.offset, now())
        units = directives.choosable(uow, principal())
    return render_template(
        "directives/index.html",
        found=found,
        units=units,
        asked=asked,
        paging=paging,
        today=directives.today(now()),
        page_secrecy=secrecy_of(*(row.directive.secrecy for row in found.rows)),
    )


def _choices() -> dict[str, Any]:
    held = principal().compartments
    return {
        "levels": [
            (level, label) for level, label in catalogue.SECRECY_LABELS.items() if level <= principal().clearance
        ],
        "areas": [(code, label) for code, label in catalogue.COMPARTMENTS.items() if code in held],
        "kinds": list(catalogue.DOCUMENT_TYPES.items()),
    }


_FIELDS = ("number", "title", "kind", "issuer", "issued_on", "unit_id", "secrecy", "compartment", "paper")


def _typed() -> NewDirective:
    form = {name: request.form.get(name, "") for name in _FIELDS}
    unit_id, secrecy = whole_number(form["unit_id"]), whole_number(form["secrecy"] or "0")
    if unit_id is None:
        raise InvalidInput("unit_id", _("Hãy chọn đơn vị chủ trì theo dõi."))
    if secrecy is None or secrecy not in catalogue.SECRECY_LABELS:
        raise InvalidInput("secrecy", _("Hãy chọn độ mật."))
    texts = {name: form[name][:1000] for name in ("number", "title", "kind", "issuer", "compartment", "paper")}
    return NewDirective(unit_id=unit_id, secrecy=secrecy, issued_on=typed_day("issued_on"), **texts)


def problem_of(problem: InvalidInput) -> Errors:
    """One problem as pages show it."""
    return [{"field": problem.field, "text": problem.message_vi}]


@blueprint.get("/chi-dao/moi")
@needs(Action.TASK_MANAGE)
def new() -> str:
    """An empty form for a directive."""
    return _form({}, [])


def _form(values: Any, errors: Errors, directive_id: str = "", level: int = 0) -> str:
    with work() as uow:
        units = directives.choosable(uow, principal())
    return render_template(
        "directives/form.html",
        values=values,
        errors=errors,
        units=units,
        directive_id=directive_id,
        page_secrecy=secrecy_of(level),
        **_choices(),
    )


@blueprint.post("/chi-dao/moi")
@needs(Action.TASK_MANAGE)
def create() -> Page:
    """Enters a directive."""
    try:
        new = _typed()
        with work() as uow:
            directive_id = directives.create(uow, principal(), new, now()).id
    except InvalidInput as problem:
        return _form(request.form, problem_of(problem)), 400
    flash(_("Đã nhập văn bản. Hãy giao nhiệm vụ."), "ok")
    return redirect(url_for("directives.one", directive_id=directive_id) + "#giao")


@blueprint.get("/chi-dao/<directive_id>")
@needs(Action.TASK_MANAGE)
def one(directive_id: str) -> str:
    """One directive: its ratio and its tasks, overdue first."""
    return _one(directive_id, {}, [])


def _one(directive_id: str, values: Any, errors: Errors) -> str:
    paging, (wanted, asked) = asked_page(), wanted_of(TASK_STATES, directive_id)
    with work() as uow:
        found = directives.show(uow, principal(), directive_id, wanted, paging.size, paging.offset, now())
        gives = found.may_manage and found.directive.closed_at is None
        units = directives.choosable(uow, principal())
        owners = directives.owners(uow, principal()) if gives else []
    return render_template(
        "directives/one.html",
        found=found,
        directive=found.directive,
        gives=gives,
        units=units,
        owners=owners,
        asked=asked,
        paging=paging,
        values=values,
        errors=errors,
        lines=range(1, LINES + 1),
        columns=FILE_COLUMNS,
        today=directives.today(now()),
        page_secrecy=secrecy_of(found.directive.secrecy),
    )


@blueprint.get("/chi-dao/<directive_id>/sua")
@needs(Action.TASK_MANAGE)
def edit(directive_id: str) -> str:
    """The heading of a directive, to be corrected."""
    with work() as uow:
        directive, _unit = directives.kept(uow, principal(), directive_id)
        values = {name: getattr(directive, name, "") or "" for name in _FIELDS}
        values["issued_on"] = f"{directive.issued_on:%d/%m/%Y}" if directive.issued_on else ""
        values["paper"] = directive.document_id or ""
        level = directive.secrecy
    return _form(values, [], directive_id, level)


@blueprint.post("/chi-dao/<directive_id>/sua")
@needs(Action.TASK_MANAGE)
def save(directive_id: str) -> Page:
    """Corrects the heading of a directive."""
    with work() as uow:
        directives.kept(uow, principal(), directive_id)
    try:
        new = _typed()
        with work() as uow:
            directives.edit(uow, principal(), directive_id, new, now())
    except InvalidInput as problem:
        return _form(request.form, problem_of(problem), directive_id), 400
    flash(_("Đã sửa văn bản."), "ok")
    return redirect(url_for("directives.one", directive_id=directive_id))


def _lines() -> list[tuple[int, TaskLine]]:
    """The lines of the form that something is typed in."""
    found = []
    for place in range(1, LINES + 1):
        typed = {name: request.form.get(f"line-{place}-{name}", "").strip()[:400] for name in COLUMNS}
        if typed["title"] or typed["owner"]:
            found.append((place, TaskLine(**typed)))
    return found


@blueprint.post("/chi-dao/<directive_id>/nhiem-vu")
@needs(Action.TASK_MANAGE)
def give(directive_id: str) -> Page:
    """Gives the tasks typed into the form, all or none."""
    try:
        with work() as uow:
            made = directives.add_tasks(uow, principal(), directive_id, _lines(), now())
    except InvalidInput as problem:
        return _one(directive_id, request.form, problem_of(problem)), 400
    flash(_("Đã giao %(n)s nhiệm vụ. Người chịu trách nhiệm nhận được thông báo.", n=len(made)), "ok")
    return redirect(url_for("directives.one", directive_id=directive_id))


@blueprint.post("/chi-dao/<directive_id>/ket-thuc")
@needs(Action.TASK_MANAGE)
def close(directive_id: str) -> Page:
    """Ends following a directive."""
    try:
        with work() as uow:
            directives.close(uow, principal(), directive_id, request.form.get("words", ""), now())
    except InvalidInput as problem:
        return _one(directive_id, {}, problem_of(problem)), 400
    flash(_("Đã kết thúc theo dõi văn bản này."), "ok")
    return redirect(url_for("directives.one", directive_id=directive_id))


@blueprint.post("/chi-dao/<directive_id>/rut")
@needs(Action.TASK_MANAGE)
def withdraw(directive_id: str) -> Page:
    """Withdraws a directive entered by mistake."""
    try:
        with work() as uow:
            number = directives.withdraw(uow, principal(), directive_id, request.form.get("reason", ""), now())
    except InvalidInput as problem:
        return _one(directive_id, {}, problem_of(problem)), 400
    flash(_("Đã rút văn bản cùng %(n)s nhiệm vụ đang thực hiện.", n=number), "ok")
    return redirect(url_for("directives.one", directive_id=directive_id))


@blueprint.get("/chi-dao/<directive_id>/xuat")
@needs(Action.TASK_MANAGE)
def export(directive_id: str) -> Page:
    """The tasks of a directive as a file."""
    name = "csv" if request.args.get("dang") == "csv" else "xlsx"
    try:
        with work() as uow:
            data, called = directive_files.export(uow, principal(), directive_id, name, now())
    except InvalidInput as problem:
        return _one(directive_id, {}, problem_of(problem)), 400
    head = {"Content-Disposition": f'attachment; filename="{called}"'}
    return Response(data, mimetype=_MEDIA[name], headers=head)


@blueprint.get("/chi-dao/<directive_id>/nhap")
@needs(Action.TASK_MANAGE)
def intake(directive_id: str) -> str:
    """Where a file of tasks is chosen."""
    return _intake(directive_id, None, [])


def _intake(directive_id: str, found: Any, errors: Errors) -> str:
    with work() as uow:
        directive, _unit = directives.kept(uow, principal(), directive_id)
        number, level = directive.number, directive.secrecy
    return render_template(
        "directives/intake.html",
        directive_id=directive_id,
        number=number,
        found=found,
        errors=errors,
        columns=FILE_COLUMNS,
        page_secrecy=secrecy_of(level),
    )


@blueprint.post("/chi-dao/<directive_id>/nhap")
@needs(Action.TASK_MANAGE)
def take_in(directive_id: str) -> Page:
    """Tries a file of tasks, or gives them: all or none."""
    with work() as uow:
        directives.kept(uow, principal(), directive_id)
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return _intake(directive_id, None, [{"field": "file", "text": _("Hãy chọn tệp.")}]), 400
    data, name = sent.stream.read(list_tables.MOST_BYTES + 1), sent.filename
    try:
        with work() as uow:
            if request.form.get("buoc") == "ghi":
                number = directive_files.take(uow, principal(), directive_id, data, name, now())
                flash(_("Đã giao %(n)s nhiệm vụ từ tệp.", n=number), "ok")
                return redirect(url_for("directives.one", directive_id=directive_id))
            found = directive_files.preview(uow, principal(), directive_id, data, name, now())
            shown = [(task.number, task.title, task.due) for task in found.tasks]
    except InvalidInput as problem:
        return _intake(directive_id, None, problem_of(problem)), 400
    return _intake(directive_id, {"tasks": shown, "problems": found.problems}, [])
