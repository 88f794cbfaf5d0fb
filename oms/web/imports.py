"""Registers brought in from Excel and CSV: the list of them, one with its columns and problems, its progress."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from oms.domain.access import Action
from oms.domain.catalogue import SECRECY_LABELS
from oms.domain.import_mapping import OWN_LABELS, TARGETS
from oms.domain.record_items import ITEMS, SECTION_LABELS
from oms.errors import InvalidInput
from oms.services import imports as service
from oms.services import list_tables
from oms.services.import_pace import Standing
from oms.web import words as catalogue
from oms.web.context import house, now, principal, work
from oms.web.guard import needs
from oms.web.paging import asked_page
from oms.web.typed import whole_number

blueprint = Blueprint("imports", __name__)

STATES = catalogue.Words(
    {
        "received": "Chờ ghép cột",
        "checking": "Đang kiểm tra",
        "checked": "Đã kiểm tra",
        "filing": "Đang ghi",
        "filed": "Đã ghi vào hồ sơ",
        "cancelled": "Đã bỏ",
    }
)
STEPS = catalogue.Words(
    {
        "read": "đọc tệp",
        "check": "xem từng dòng",
        "prepare": "chuẩn bị hồ sơ",
        "write": "ghi vào cơ sở dữ liệu",
    }
)
_AT_WORK = ("checking", "filing")


@blueprint.get("/nhap-danh-sach")
@needs(Action.IMPORT_RUN)
def imports() -> str:
    """Lists brought in, and the form for a new one."""
    return _index({}, [])


def _index(values: dict[str, str], errors: list[dict[str, str]]) -> str:
    paging = asked_page()
    with work() as uow:
        rows, total = service.listed(uow, principal(), paging.size, paging.offset, now())
        units = service.units_to_choose(uow, principal(), now())
    levels = [
        (level, words) for level, words in catalogue.SECRECY_LABELS.items() if level <= int(principal().clearance)
    ]
    shared = {"rows": rows, "total": total, "paging": paging, "units": units, "levels": levels}
    mine = principal().account_id
    return render_template("imports/index.html", values=values, errors=errors, states=STATES, mine=mine, **shared)


@blueprint.post("/nhap-danh-sach")
@needs(Action.IMPORT_RUN)
def receive() -> Answer | tuple[str, int]:
    """Takes a file in; what is wrong with it is said beside the field."""
    values = {name: request.form.get(name, "") for name in ("unit_id", "secrecy", "sheet")}
    try:
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            raise InvalidInput("file", _("Hãy chọn tệp Excel (.xlsx) hoặc CSV."))
        unit_id, secrecy = whole_number(values["unit_id"]), whole_number(values["secrecy"] or "0")
        if unit_id is None or secrecy not in SECRECY_LABELS:
            raise InvalidInput("unit_id", _("Hãy chọn đơn vị quản lý hồ sơ."))
        with TemporaryDirectory(prefix="oms-upload-") as folder:
            path = Path(folder) / "received"
            sent.save(path)
            new = service.read_in(house().vault, path, sent.filename, values["sheet"].strip()[:120])
        with work() as uow:
            run = service.receive(uow, principal(), new, unit_id, secrecy, now())
    except InvalidInput as problem:
        return _index(values, [{"field": problem.field, "text": problem.message_vi}]), 400
    return redirect(url_for(".one", import_id=run.id))


def _groups() -> list[dict[str, Any]]:
    """What a column may be, in the order a record is read."""
    own = [{"value": key, "label": TARGETS[key]} for key in OWN_LABELS]
    found: dict[str, list[dict[str, str]]] = {section: [] for section in SECTION_LABELS}
    for key, label in TARGETS.items():
        if key not in OWN_LABELS:
            found[ITEMS[key.partition(".")[0]].section].append({"value": key, "label": label})
    sections = [{"label": SECTION_LABELS[section], "options": options} for section, options in found.items() if options]
    return [{"label": _("Hồ sơ"), "options": own}, *sections]


@blueprint.get("/nhap-danh-sach/<import_id>")
@needs(Action.IMPORT_RUN)
def one(import_id: str) -> str:
    """One list: its columns beside samples, then every problem by row and column."""
    return _page(import_id, [])


def _page(import_id: str, errors: list[dict[str, str]], columns: dict[int, str] | None = None) -> str:
    with work() as uow:
        found = service.view(uow, principal(), import_id, now())
        standing = service.progress(uow, principal(), import_id, now())[1]
    paging, problems = asked_page(), found.problems
    return render_template(
        "imports/run.html",
        found=found,
        run=found.run,
        chosen=columns if columns is not None else dict(found.mapping.columns),
        target_groups=_groups(),
        problems=problems[paging.offset : paging.offset + paging.size],
        told=len(problems),
        paging=paging,
        states=STATES,
        at_work=found.run.state in _AT_WORK,
        standing=standing,
        label=_label(found.run.state, standing),
        left_out=sorted(found.mapping.skip),
        errors=errors,
    )


@blueprint.get("/nhap-danh-sach/<import_id>/tien-do")
@needs(Action.IMPORT_RUN)
def progress(import_id: str) -> Response:
    """What progress.js shows while the worker is at the list."""
    with work() as uow:
        run, standing = service.progress(uow, principal(), import_id, now())
    finished = run.state not in _AT_WORK
    told = {"done": run.progress, "total": run.rows, "rate": standing.rate, "seconds_left": standing.seconds_left}
    return jsonify(**told, label=_label(run.state, standing), finished=finished, rows=[])


def _label(state: str, standing: Standing) -> str:
    if not standing.step:
        return str(STATES[state])
    step = str(STEPS[standing.step])
    return _(
        "%(state)s – bước %(k)s/%(n)s: %(step)s", state=STATES[state], k=standing.place, n=standing.places, step=step
    )


@blueprint.post("/nhap-danh-sach/<import_id>/trang-tinh")
@needs(Action.IMPORT_RUN)
def sheet(import_id: str) -> Answer | tuple[str, int]:
    """Takes another sheet of the file."""
    try:
        with work() as uow:
            run, _standing = service.progress(uow, principal(), import_id, now())
        table = service.read_sheet(house().vault, run, request.form.get("sheet", ""))
        with work() as uow:
            service.choose_sheet(uow, principal(), import_id, table, now())
    except InvalidInput as problem:
        return _page(import_id, [{"field": "sheet", "text": problem.message_vi}]), 400
    return redirect(url_for(".one", import_id=import_id))


@blueprint.post("/nhap-danh-sach/<import_id>/cot")
@needs(Action.IMPORT_RUN)
def columns(import_id: str) -> Answer | tuple[str, int]:
    """Settles which column is what, and has every row tried."""
    chosen: dict[int, str] = {}
    for name, target in request.form.items():
        place = whole_number(name.removeprefix("column-")) if name.startswith("column-") else None
        if place is not None and target:
            chosen[place] = target
    try:
        with work() as uow:
            service.map_columns(uow, principal(), import_id, chosen, now())
    except InvalidInput as problem:
        return _page(import_id, [{"field": "", "text": problem.message_vi}], chosen), 400
    return redirect(url_for(".one", import_id=import_id))


@blueprint.post("/nhap-danh-sach/<import_id>/xu-ly")
@needs(Action.IMPORT_RUN)
def settle(import_id: str) -> Answer | tuple[str, int]:
    """Settles one problem: a column converted, a row left out or taken again, another person."""
    act, _colon, rest = request.form.get("act", "").partition(":")
    place, _colon, how = rest.partition(":")
    try:
        with work() as uow:
            number = whole_number(place)
            service.settle(uow, principal(), import_id, act, -1 if number is None else number, how, now())
    except InvalidInput as problem:
        return _page(import_id, [{"field": "", "text": problem.message_vi}]), 400
    return redirect(url_for(".one", import_id=import_id))


@blueprint.post("/nhap-danh-sach/<import_id>/ghi")
@needs(Action.IMPORT_RUN)
def file(import_id: str) -> Answer | tuple[str, int]:
    """Has the whole list filed."""
    try:
        with work() as uow:
            service.ask_filing(uow, principal(), import_id, now())
    except InvalidInput as problem:
        return _page(import_id, [{"field": "", "text": problem.message_vi}]), 400
    return redirect(url_for(".one", import_id=import_id))


@blueprint.post("/nhap-danh-sach/<import_id>/bo")
@needs(Action.IMPORT_RUN)
def cancel(import_id: str) -> Answer:
    """Gives a list up before it is filed."""
    with work() as uow:
        service.cancel(uow, principal(), import_id, now())
    flash(_("Đã bỏ danh sách. Chưa có gì được ghi vào hồ sơ."), "ok")
    return redirect(url_for(".imports"))


@blueprint.get("/nhap-danh-sach/<import_id>/loi")
@needs(Action.IMPORT_RUN)
def problems(import_id: str) -> Answer:
    """The problems as an Excel or CSV file."""
    with work() as uow:
        found = service.view(uow, principal(), import_id, now())
    lines = service.problem_lines(found)
    form = "csv" if request.args.get("dang") == "csv" else "xlsx"
    if form == "xlsx":
        data = list_tables.as_xlsx(lines, "Lỗi")
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    else:
        data, kind = list_tables.as_csv(lines), "text/csv; charset=utf-8"
    answer = Answer(data, mimetype=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="loi-{import_id[:8]}.{form}"'
    return answer
