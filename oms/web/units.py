"""Units: the tree on a day, one unit with its history, decisions that change it, the reorganisation of 2025."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.domain.organisation import Block, Kind
from oms.domain.records import day_in_hanoi
from oms.errors import InvalidInput
from oms.services import communes as reorganisation
from oms.services import succession as service
from oms.services import units as register
from oms.services.succession import Asked, NewUnit
from oms.web import words as catalogue
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.paging import asked_page

blueprint = Blueprint("units", __name__)

Answer = str | tuple[str, int] | Response
PAGE = 100
SHOWN_COMMUNES = 400
_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
SUCCESSION = ("kind", "on", "decision_no", "predecessors", "successor", "new_units", "parent")


def typed_day(name: str, text: str) -> date:
    """The day a form sends as dd/mm/yyyy; InvalidInput at its field."""
    found = _DAY.fullmatch(text.strip())
    try:
        if found:
            return date(int(found[3]), int(found[2]), int(found[1]))
    except ValueError:
        pass
    raise InvalidInput(name, _("Ngày chưa đúng: hãy nhập như 01/07/2025."))


def _today() -> date:
    return day_in_hanoi(now())


def _blocks() -> list[tuple[str, str]]:
    return [(block, catalogue.BLOCK_LABELS[block]) for block in Block if block is not Block.ALL]


def _problems(problem: InvalidInput) -> list[dict[str, str]]:
    return [{"field": problem.field, "text": problem.message_vi}]


@blueprint.get("/don-vi")
@needs(Action.UNIT_VIEW)
def units() -> Answer:
    """The tree of units on a day, or of every time."""
    asked = {name: request.args.get(name, "").strip()[:100] for name in ("tu", "khoi", "ngay", "moi_luc")}
    errors: list[dict[str, str]] = []
    day: date | None = _today()
    if asked["moi_luc"]:
        day = None
    elif asked["ngay"]:
        try:
            day = typed_day("ngay", asked["ngay"])
        except InvalidInput as problem:
            errors = _problems(problem)
    block = asked["khoi"] if asked["khoi"] in catalogue.BLOCK_LABELS else ""
    paging = asked_page(PAGE)
    with work() as uow:
        wanted = register.Filter(asked["tu"], block, day)
        lines, total = register.register(uow, principal(), wanted, paging.size, paging.offset, now())
    page = render_template(
        "units/units.html",
        lines=lines,
        total=total,
        paging=paging,
        asked=asked,
        args={name: value for name, value in asked.items() if value},
        blocks=_blocks(),
        day=day,
        today=_today(),
        errors=errors,
    )
    return (page, 400) if errors else page


@blueprint.get("/don-vi/<int(max=2147483647):org_unit_id>")
@needs(Action.UNIT_VIEW)
def unit(org_unit_id: int) -> str:
    """One unit: where it stands, what it came from and became."""
    return _unit_page(org_unit_id, {}, [])


def _unit_page(unit_id: int, values: dict[str, str], errors: list[dict[str, str]]) -> str:
    with work() as uow:
        view = register.about(uow, principal(), unit_id, now())
    own = {"code_party": view.unit.code_party, "code_state": view.unit.code_state, "place": view.place}
    return render_template("units/unit.html", view=view, values=own | values, errors=errors)


@blueprint.post("/don-vi/<int(max=2147483647):org_unit_id>/ma")
@needs(Action.UNIT_MANAGE)
def codes(org_unit_id: int) -> Answer:
    """Sets a unit's official codes and its place."""
    values = {name: request.form.get(name, "").strip()[:200] for name in ("code_party", "code_state", "place")}
    try:
        with work() as uow:
            register.change_codes(uow, principal(), org_unit_id, values, now())
    except InvalidInput as problem:
        return _unit_page(org_unit_id, values, _problems(problem)), 400
    flash(_("Đã ghi mã của đơn vị."), "ok")
    return redirect(url_for("units.unit", org_unit_id=org_unit_id))


NEW = ("code", "name", "block", "level", "parent", "since", "code_party", "code_state")


@blueprint.get("/don-vi/moi")
@needs(Action.UNIT_MANAGE)
def new() -> str:
    """The form for a unit that comes after none."""
    return _new_page({"parent": request.args.get("tren", "")[:35], "since": f"{_today():%d/%m/%Y}"}, [])


def _new_page(values: dict[str, str], errors: list[dict[str, str]]) -> str:
    with work() as uow:
        levels = register.levels(uow, now())
    return render_template("units/new.html", values=values, errors=errors, blocks=_blocks(), levels=levels)


@blueprint.post("/don-vi/moi")
@needs(Action.UNIT_MANAGE)
def create() -> Answer:
    """Makes the unit."""
    values = {name: request.form.get(name, "").strip()[:300] for name in NEW}
    try:
        since = typed_day("since", values["since"])
        asked = NewUnit(
            **{name: values[name] for name in ("code", "name", "code_party", "code_state", "level", "block")}
        )
        with work() as uow:
            made = register.create(uow, principal(), asked, values["parent"], since, now())
    except InvalidInput as problem:
        field = "code" if problem.field == "new_units" else problem.field
        return _new_page(values, [{"field": field, "text": problem.message_vi}]), 400
    flash(_("Đã lập đơn vị %(name)s.", name=made.name), "ok")
    return redirect(url_for("units.unit", org_unit_id=made.id))


@blueprint.get("/don-vi/thay-doi")
@needs(Action.UNIT_MANAGE)
def succession() -> str:
    """The form for a decision on the tree."""
    values = dict.fromkeys(SUCCESSION, "") | {"predecessors": request.args.get("tu", "")[:35]}
    return _succession_page(values, [], None)


def _succession_page(values: dict[str, str], errors: list[dict[str, str]], plan: service.Plan | None) -> str:
    kinds = [(kind, f"{catalogue.UNIT_KINDS[kind]} – {catalogue.UNIT_KIND_WORDS[kind]}") for kind in Kind]
    return render_template("units/succession.html", values=values, errors=errors, plan=plan, kinds=kinds)


@blueprint.post("/don-vi/thay-doi")
@needs(Action.UNIT_MANAGE)
def succeed() -> Answer:
    """Shows what a decision would do; with ``buoc=ghi`` enters it."""
    values = {name: request.form.get(name, "").strip()[:4000] for name in SUCCESSION}
    try:
        asked = _asked(values)
        with work() as uow:
            if request.form.get("buoc") != "ghi":
                return _succession_page(values, [], service.plan(uow, principal(), asked, now()))
            service.succeed(uow, principal(), asked, now())
    except InvalidInput as problem:
        return _succession_page(values, _problems(problem), None), 400
    flash(_("Đã ghi thay đổi. Hồ sơ giữ nguyên đơn vị; quyền xem theo đơn vị kế thừa từ ngày có hiệu lực."), "ok")
    return redirect(url_for("units.acts"))


def _asked(values: dict[str, str]) -> Asked:
    if values["kind"] not in set(Kind):
        raise InvalidInput("kind", _("Hãy chọn loại thay đổi."))
    before = [code for code in re.split(r"[\s,;]+", values["predecessors"]) if code]
    new = tuple(_new_line(line) for line in values["new_units"].splitlines() if line.strip())
    return Asked(
        Kind(values["kind"]),
        typed_day("on", values["on"]),
        values["decision_no"],
        tuple(before[:500]),
        values["successor"],
        new,
        values["parent"],
    )


def _new_line(line: str) -> NewUnit:
    """A new unit as typed: code; name; Party code; agency code."""
    parts = [part.strip() for part in line.split(";")]
    if not 2 <= len(parts) <= 4:
        raise InvalidInput("new_units", _("Mỗi dòng: mã; tên; mã tổ chức đảng; mã cơ quan (hai mã sau có thể bỏ)."))
    return NewUnit(*[*parts, "", ""][:4])


@blueprint.get("/don-vi/quyet-dinh")
@needs(Action.UNIT_VIEW)
def acts() -> str:
    """Decisions entered, newest first."""
    return _acts_page([])


def _acts_page(errors: list[dict[str, str]]) -> str:
    paging = asked_page()
    with work() as uow:
        rows, total = register.acts(uow, principal(), paging.size, paging.offset, now())
    return render_template(
        "units/acts.html", rows=rows, total=total, paging=paging, errors=errors, today=_today(), day_of=day_in_hanoi
    )


@blueprint.post("/don-vi/quyet-dinh/<unit_act_id>/rut")
@needs(Action.UNIT_MANAGE)
def take_back(unit_act_id: str) -> Answer:
    """Takes back an act entered by mistake today."""
    try:
        with work() as uow:
            service.take_back(uow, principal(), unit_act_id, now())
    except InvalidInput as problem:
        return _acts_page([{"field": "", "text": problem.message_vi}]), 400
    flash(_("Đã rút lại thay đổi. Các đơn vị trở lại như trước."), "ok")
    return redirect(url_for("units.acts"))


@blueprint.get("/don-vi/danh-sach.csv")
@needs(Action.UNIT_VIEW)
def export_csv() -> Response:
    """Every unit as a list that can be brought in again."""
    with work() as uow:
        rows = register.export(uow, principal(), now())
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]) if rows else ["code"])
    writer.writeheader()
    writer.writerows({name: _no_formula(str(value)) for name, value in row.items()} for row in rows)
    answer = Response("\ufeff" + out.getvalue(), mimetype="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="don-vi.csv"'
    return answer


def _no_formula(text: str) -> str:
    """A cell that no spreadsheet runs."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


@blueprint.get("/don-vi/nhap")
@needs(Action.UNIT_MANAGE)
def import_list() -> str:
    """The form to bring in a list of units."""
    return render_template("units/import.html", errors=[], found=None)


@blueprint.post("/don-vi/nhap")
@needs(Action.UNIT_MANAGE)
def bring_in() -> Answer:
    """Tries a list, or brings it in: all of it or nothing."""
    sent = request.files.get("file")
    try:
        if sent is None or not sent.filename:
            raise InvalidInput("file", _("Hãy chọn tệp CSV."))
        with work() as uow:
            dry = request.form.get("buoc") != "ghi"
            found = register.bring_in(uow, principal(), sent.read(), dry, now())
    except InvalidInput as problem:
        return render_template("units/import.html", errors=_problems(problem), found=None), 400
    if found.kept:
        flash(_("Đã thêm %(count)s đơn vị.", count=found.added), "ok")
        return redirect(url_for("units.units"))
    page = render_template("units/import.html", errors=[], found=found)
    return (page, 400) if found.problems else page


@dataclass(frozen=True)
class _Load:
    """What the form for the reorganisation asks."""

    province: str
    under: str


@blueprint.get("/don-vi/sap-xep-2025")
@needs(Action.UNIT_MANAGE)
def communes() -> str:
    """The form to lay a province's communes of 2025 into the tree."""
    return _communes_page(_Load("", ""), [], None)


def _communes_page(asked: _Load, errors: list[dict[str, str]], found: reorganisation.Communes | None) -> str:
    return render_template(
        "units/communes.html",
        values=asked,
        errors=errors,
        found=found,
        provinces=reorganisation.provinces(),
        most=SHOWN_COMMUNES,
    )


@blueprint.post("/don-vi/sap-xep-2025")
@needs(Action.UNIT_MANAGE)
def load_communes() -> Answer:
    """Shows what would be made and joined; with ``buoc=ghi`` does it."""
    asked = _Load(*(request.form.get(name, "").strip()[:35] for name in ("province", "under")))
    try:
        with work() as uow:
            if request.form.get("buoc") != "ghi":
                found = reorganisation.preview(uow, principal(), asked.province, asked.under, now())
                return _communes_page(asked, [], found)
            found = reorganisation.load(uow, principal(), asked.province, asked.under, now())
    except InvalidInput as problem:
        return _communes_page(asked, _problems(problem), None), 400
    flash(_("Đã lập %(count)s đơn vị cấp xã.", count=len(found.new)), "ok")
    return redirect(url_for("units.units", tu=found.parent.name if len(found.parent.name) < 100 else ""))
