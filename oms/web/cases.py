"""Cases: lists, the board, receiving one with its papers, the receipt slip."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.domain.procedures import Stage
from oms.errors import InvalidInput
from oms.services import case_lists, case_view, casework, procedures
from oms.services.case_lists import Wanted
from oms.services.casework import NewCase
from oms.web import case_handovers as _handovers
from oms.web import case_page as _page
from oms.web import words as catalogue
from oms.web.case_ground import STAGES, blueprint, shared
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.paging import asked_page
from oms.web.records import secrecy_of, unit_path
from oms.web.typed import whole_number

__all__ = ["blueprint"]
PARTS = (_page, _handovers)
"""The other modules whose routes the blueprint holds; importing them registers their pages."""
Page = str | Response | tuple[str, int]
VIEWS = {"cua-toi": "open", "don-vi": "open", "qua-han": "late", "da-ket-thuc": "ended", "mat": "open"}
SECRET_STATES = {"": "open", "qua-han": "late", "da-ket-thuc": "ended"}
FIELDS = ("code", "title", "requester", "unit_id", "dossier", "dossier_id", "secrecy", "compartment")
LONGEST_ID = 32


def _asked() -> dict[str, str]:
    """What the address asks the list for; what is no known word is left out."""
    args = request.args
    view = args.get("xem", "")
    stage = args.get("khau", "")
    return {
        "xem": view if view in VIEWS else "cua-toi",
        "tim": args.get("tim", "").strip()[:100],
        "thu-tuc": args.get("thu-tuc", "")[:60],
        "don-vi": unit_path(args.get("don-vi", "")),
        "tu": _day(args.get("tu", "")),
        "khau": stage if stage in STAGES or stage == "tam-dung" else "",
        "ho-so": args.get("ho-so", "")[:LONGEST_ID],
        "tinh-trang": args.get("tinh-trang", "") if args.get("tinh-trang", "") in SECRET_STATES else "",
    }


def _day(typed: str) -> str:
    """A day of the address as it was written, "" when it is none."""
    try:
        return date.fromisoformat(typed[:10]).isoformat()
    except ValueError:
        return ""


def _wanted(asked: dict[str, str]) -> Wanted:
    secret = asked["xem"] == "mat"
    state = SECRET_STATES[asked["tinh-trang"]] if secret else VIEWS[asked["xem"]]
    if state == "open" and asked["khau"]:
        state = "suspended" if asked["khau"] == "tam-dung" else "running"
    elif asked["tu"] and asked["xem"] == "don-vi":
        state = ""  # what was received since a day is asked for whether it is still open or not
    return Wanted(
        state=state,
        hand=case_lists.hand_of(principal()) if asked["xem"] == "cua-toi" else "",
        code=asked["thu-tuc"],
        unit_path=asked["don-vi"],
        dossier_id=asked["ho-so"],
        words=asked["tim"],
        secret=secret,
        since=date.fromisoformat(asked["tu"]) if asked["tu"] else None,
    )


@blueprint.get("")
@needs(Action.CASE_WORK)
def index() -> str:
    """My steps, those due first first; the unit's, the late, the ended, and the secret ones where asked for."""
    asked, paging = _asked(), asked_page()
    stage = Stage(asked["khau"]) if asked["khau"] in STAGES else None
    opinions = asked["xem"] in ("cua-toi", "mat") and paging.page == 1
    with work() as uow:
        found = case_lists.listing(
            uow, principal(), _wanted(asked), stage, paging.size, paging.offset, now(), opinions=opinions
        )
        choices = case_lists.choices(uow, principal(), now())
    return render_template(
        "cases/index.html",
        found=found,
        asked=asked,
        args={name: value for name, value in asked.items() if value},
        paging=paging,
        choices=choices,
        today=casework.local_day(now()),
        sees_secret=case_lists.sees_secret(principal()),
        me=principal().persons,
        page_secrecy=secrecy_of(
            *(line.row.case.secrecy for line in found.lines), *(each.row.case.secrecy for each in found.opinions)
        ),
        **shared(),
    )


@blueprint.get("/bang")
@needs(Action.CASE_WORK)
def board() -> str:
    """Open cases by stage, each column counted exactly, its first few shown."""
    asked = _asked()
    mine = request.args.get("cua-toi") == "1"
    wanted = Wanted(
        hand=case_lists.hand_of(principal()) if mine else "",
        code=asked["thu-tuc"],
        unit_path=asked["don-vi"],
        words=asked["tim"],
    )
    with work() as uow:
        columns = case_lists.board(uow, principal(), wanted, now())
        choices = case_lists.choices(uow, principal(), now())
    return render_template(
        "cases/board.html",
        columns=columns,
        choices=choices,
        asked=asked,
        mine=mine,
        args={name: asked[name] for name in ("tim", "thu-tuc", "don-vi") if asked[name]},
        **shared(),
    )


@blueprint.get("/tiep-nhan")
@needs(Action.CASE_WORK)
def receive_form() -> str:
    """Step one: choose the procedure. Step two: the form with its papers."""
    code, dossier_id = request.args.get("thu-tuc", "")[:60], request.args.get("ho-so", "")[:LONGEST_ID]
    return _form({"code": code, "dossier_id": dossier_id}, {}, [])


def _form(
    values: dict[str, str], came: dict[int, int], errors: list[dict[str, str]], found: list[Any] | None = None
) -> str:
    code, dossier_id = values["code"], values.get("dossier_id", "")
    with work() as uow:
        door = case_view.door(uow, principal(), code, dossier_id, now()) if code else None
    if door is None:
        return _choosing(dossier_id, unknown=bool(code))
    who = principal()
    return render_template(
        "cases/receive.html",
        door=door,
        procedure=door.line.procedure,
        values=values,
        came=came,
        errors=errors,
        found=found or [],
        units=[(unit.id, unit.name) for unit in door.units],
        levels=[(level, words) for level, words in catalogue.SECRECY_LABELS.items() if level <= who.clearance],
        compartments=[(each, words) for each, words in catalogue.COMPARTMENTS.items() if each in who.compartments],
        page_secrecy=secrecy_of(
            *([door.dossier.dossier.secrecy] if door.dossier else ()), *(row.dossier.secrecy for row in found or ())
        ),
        **shared(),
    )


def _choosing(dossier_id: str, *, unknown: bool) -> str:
    words = request.args.get("tim", "").strip()[:100]
    with work() as uow:
        about = case_view.about_dossier(uow, principal(), dossier_id, now()) if dossier_id else None
        lines = case_lists.catalogue_for(uow, principal(), words, now())
        fields = procedures.fields_of(uow, now())
    return render_template(
        "cases/choose.html",
        lines=lines,
        fields=fields,
        about=about,
        words=words,
        unknown=unknown,
        page_secrecy=secrecy_of(about.dossier.secrecy) if about else None,
        **shared(),
    )


@blueprint.post("/tiep-nhan")
@needs(Action.CASE_WORK)
def receive() -> Page:
    """Receives a case and shows it, with its receipt slip one step away."""
    values = {name: request.form.get(name, "") for name in FIELDS}
    values["code"], values["dossier_id"] = values["code"][:60], values["dossier_id"][:LONGEST_ID]
    came = _came()
    found: list[Any] = []
    try:
        if values["dossier"].strip() and not values["dossier_id"]:
            values["dossier_id"], found = _dossier(values["dossier"])
        if found:
            raise InvalidInput("dossier", _("Có nhiều hồ sơ khớp, hoặc tên chưa đúng hẳn: hãy chọn một hồ sơ."))
        with work() as uow:
            case = casework.receive(uow, principal(), _new(values, came), now())
    except InvalidInput as problem:
        return _form(values, came, [{"field": problem.field, "text": problem.message_vi}], found), 400
    said = _("Đã tiếp nhận, số %(number)s. In giấy tiếp nhận để trao cho người nộp.", number=case.number)
    if case.secrecy:  # its slip is not printed from the browser
        said = _("Đã tiếp nhận, số %(number)s. Việc mật chỉ hiện ở thẻ Mật.", number=case.number)
    flash(said, "ok")
    return redirect(url_for("cases.one", case_id=case.id))


def _new(values: dict[str, str], came: dict[int, int]) -> NewCase:
    unit_id, secrecy = whole_number(values["unit_id"]), whole_number(values["secrecy"] or "0")
    if unit_id is None:
        raise InvalidInput("unit_id", _("Hãy chọn đơn vị tiếp nhận."))
    if secrecy is None or secrecy not in catalogue.SECRECY_LABELS:
        raise InvalidInput("secrecy", _("Hãy chọn độ mật."))
    return NewCase(
        code=values["code"],
        title=values["title"],
        unit_id=unit_id,
        requester=values["requester"],
        dossier_id=values["dossier_id"],
        secrecy=secrecy,
        compartment=values["compartment"][:30],
        papers=came,
        lacking=request.form.get("lacking") == "1",
    )


def _came() -> dict[int, int]:
    """Copies that have come by the place of their paper: the number typed, else all that are asked for when ticked."""
    found = {}
    for place in range(case_view.MOST_PAPERS):
        typed, asked = whole_number(request.form.get(f"copies-{place}", ""), 2), request.form.get(f"has-{place}", "")
        number = whole_number(asked, 2) if typed is None else typed
        if number:
            found[place] = number
    return found


def _dossier(words: str) -> tuple[str, list[Any]]:
    """The dossier that was typed by number or name, and those to choose from when more than one fits."""
    with work() as uow:
        found = case_view.dossiers_called(uow, principal(), words, now())
        exact = case_view.meant(found, words)
    if exact:
        return exact, []
    if not found:
        raise InvalidInput("dossier", _("Không có hồ sơ nào mang số hoặc họ tên này trong phạm vi của anh/chị."))
    return "", found


@blueprint.get("/<case_id>/phieu-nhan")
@needs(Action.CASE_WORK)
def slip(case_id: str) -> str:
    """The receipt slip, to be printed."""
    with work() as uow:
        found = case_view.slip(uow, principal(), case_id, now())
    return render_template(
        "cases/slip.html",
        slip=found,
        row=found.row,
        case=found.row.case,
        page_secrecy=secrecy_of(found.row.case.secrecy),
        **shared(),
    )
