"""Consultations at the unit that holds the dossier: prepare, decide, take back; the usage register."""

from __future__ import annotations

import re

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answered

from oms.domain import catalogue
from oms.domain.access import Action
from oms.domain.consultations import Phase
from oms.domain.records import day_in_hanoi
from oms.errors import InvalidInput
from oms.services import case_follow, consultation_forms, usage_register
from oms.services import consultation_cases as service
from oms.services.consultation_cases import DECIDING, PREPARING, CaseView, Picked, Word
from oms.web.consultation_ground import Errors, blueprint, desks, sheet, told
from oms.web.context import now, principal, sent_with, work
from oms.web.guard import needs
from oms.web.leaving import leaving_of
from oms.web.paging import asked_page
from oms.web.records import secrecy_of
from oms.web.typed import whole_number

_ID = re.compile(r"[0-9a-f]{32}")
STANDS = {"cho": "waiting", "cho-duyet": "prepared", "dang": "running", "xong": "over"}
Page = str | Answered | tuple[str, int]


@blueprint.get("/chuan-bi")
@needs(Action.CONSULT_REGISTER)
def preparing() -> str:
    """Requests at the officer's units: those to be prepared first."""
    return _list(PREPARING, "consultations.preparing", "consultations.prepare_page", "cho")


@blueprint.get("/duyet")
@needs(Action.CONSULT_DECIDE)
def deciding() -> str:
    """Requests the head may decide: those prepared first."""
    return _list(DECIDING, "consultations.deciding", "consultations.decide_page", "cho-duyet")


def _list(action: Action, here: str, opens: str, first: str) -> str:
    which = request.args.get("the", first)
    which = which if which in STANDS else first
    paging = asked_page()
    with work() as uow:
        lines, counts = service.cases(uow, principal(), action, STANDS[which], paging.size, paging.offset, now())
    levels = [line.row.dossier.secrecy for line in lines if line.row.dossier]
    return render_template(
        "consultations/cases.html",
        lines=lines,
        counts={name: counts[stands] for name, stands in STANDS.items()},
        which=which,
        paging=paging,
        total=counts[STANDS[which]],
        here=here,
        opens=opens,
        tabs=desks(here),
        page_secrecy=secrecy_of(*levels),
    )


def _levels(view: CaseView) -> dict[str, object] | None:
    levels = [paper.document.secrecy for paper in view.papers] + [row.dossier.secrecy for row in view.likely]
    return secrecy_of(*levels, view.row.dossier.secrecy if view.row.dossier else 0)


@blueprint.get("/chuan-bi/<consultation_id>")
@needs(Action.CONSULT_REGISTER)
def prepare_page(consultation_id: str) -> str:
    """One request: find its dossier, name the papers."""
    return _prepare_page(consultation_id, [])


def _prepare_page(consultation_id: str, errors: Errors, chosen: list[str] | None = None) -> str:
    number, tried = sent_with().get("so", "").strip()[:60], sent_with().get("ho_so", "")
    with work() as uow:
        dossier_id = tried if _ID.fullmatch(tried) else service.find(uow, principal(), number)
        view = service.look(uow, principal(), PREPARING, consultation_id, dossier_id, now())
        line = case_follow.line(uow, principal(), "consultation", consultation_id, now())
    lost = bool(number) and not dossier_id and view.phase is Phase.ASKED
    return render_template(
        "consultations/prepare.html",
        line=line,
        view=view,
        row=view.row,
        asked=view.row.consultation,
        number=number,
        lost=lost,
        chosen=chosen or [],
        errors=errors,
        form_level=consultation_forms.held_level(view)[0],
        page_secrecy=_levels(view),
    )


@blueprint.post("/chuan-bi/<consultation_id>")
@needs(Action.CONSULT_REGISTER)
def prepare(consultation_id: str) -> Page:
    """Puts the named papers before the head."""
    chosen = [name for name in request.form.getlist("documents") if _ID.fullmatch(name)]
    version = whole_number(request.form.get("version", "")) or 0
    picked = Picked(request.form.get("ho_so", ""), tuple(chosen))
    try:
        with work() as uow:
            service.prepare(uow, principal(), consultation_id, version, picked, now())
    except InvalidInput as problem:
        return _prepare_page(consultation_id, told(problem), chosen), 400
    flash(_("Đã trình tài liệu để người có thẩm quyền duyệt."), "ok")
    return redirect(url_for("consultations.prepare_page", consultation_id=consultation_id))


@blueprint.post("/chuan-bi/<consultation_id>/phieu.pdf")
@needs(Action.CONSULT_REGISTER, step_up=True)
def held_form(consultation_id: str) -> Page:
    """The form 4b as the holding unit keeps it."""
    try:
        with work() as uow:
            printed = consultation_forms.held(uow, principal(), consultation_id, now(), leaving_of(request.form))
    except InvalidInput as problem:
        return _prepare_page(consultation_id, told(problem)), 400
    html = render_template("consultations/form_4b.html", form=printed, vietnamese=catalogue, today=day_in_hanoi(now()))
    return sheet(html, printed, "phieu-yeu-cau-nghien-cuu-ho-so.pdf")


@blueprint.get("/duyet/<consultation_id>")
@needs(Action.CONSULT_DECIDE)
def decide_page(consultation_id: str) -> str:
    """One request before the head: the papers named, the days and the place asked for."""
    return _decide_page(consultation_id, {}, [], None)


def _decide_page(consultation_id: str, values: dict[str, str], errors: Errors, chosen: list[str] | None) -> str:
    with work() as uow:
        view = service.look(uow, principal(), DECIDING, consultation_id, "", now())
        line = case_follow.line(uow, principal(), "consultation", consultation_id, now())
    asked, today = view.row.consultation, day_in_hanoi(now())
    first = max(asked.first_day, min(today, asked.last_day))
    shown = {"first": f"{first:%d/%m/%Y}", "last": f"{asked.last_day:%d/%m/%Y}", "place": asked.place} | values
    return render_template(
        "consultations/decide.html",
        line=line,
        view=view,
        row=view.row,
        asked=asked,
        values=shown,
        chosen=[paper.document.id for paper in view.picked] if chosen is None else chosen,
        errors=errors,
        page_secrecy=_levels(view),
    )


@blueprint.post("/duyet/<consultation_id>")
@needs(Action.CONSULT_DECIDE, step_up=True)
def decide(consultation_id: str) -> Page:
    """Approves (which lets a person read what they did not see) or refuses."""
    values = {name: request.form.get(name, "") for name in ("first", "last", "place", "reason")}
    chosen = [name for name in request.form.getlist("documents") if _ID.fullmatch(name)]
    version = whole_number(request.form.get("version", "")) or 0
    word = Word(request.form.get("decision") == "approve", tuple(chosen), **values)
    try:
        with work() as uow:
            service.decide(uow, principal(), consultation_id, version, word, now())
    except InvalidInput as problem:
        return _decide_page(consultation_id, values, told(problem), chosen), 400
    flash(_("Đã duyệt; người yêu cầu được báo.") if word.approve else _("Đã ghi không chấp thuận."), "ok")
    return redirect(url_for("consultations.decide_page", consultation_id=consultation_id))


@blueprint.post("/duyet/<consultation_id>/thu-hoi")
@needs(Action.CONSULT_DECIDE)
def revoke(consultation_id: str) -> Page:
    """Takes an approval back."""
    reason = request.form.get("revoke_reason", "")
    try:
        with work() as uow:
            service.revoke(uow, principal(), consultation_id, reason, now())
    except InvalidInput as problem:
        return _decide_page(consultation_id, {"revoke_reason": reason}, told(problem), None), 400
    flash(_("Đã thu hồi; người nghiên cứu không mở được nữa."), "ok")
    return redirect(url_for("consultations.decide_page", consultation_id=consultation_id))


@blueprint.get("/so")
@needs(Action.CONSULT_REGISTER)
def register() -> str:
    """The usage register of a year."""
    return _register([])


def _year() -> int:
    this = day_in_hanoi(now()).year
    year = whole_number(sent_with().get("nam", ""), 4) or this
    return year if 2000 <= year <= this else this


def _register(errors: Errors) -> str:
    paging, year = asked_page(), _year()
    with work() as uow:
        lines, total = usage_register.register(uow, principal(), year, paging.size, paging.offset, now())
    levels = [line.row.dossier.secrecy for line in lines if line.row.dossier]
    return render_template(
        "consultations/register.html",
        lines=lines,
        total=total,
        paging=paging,
        year=year,
        this_year=day_in_hanoi(now()).year,
        errors=errors,
        purpose=request.form.get("purpose", ""),
        tabs=desks("consultations.register"),
        page_secrecy=secrecy_of(*levels),
    )


@blueprint.post("/so.pdf")
@needs(Action.CONSULT_REGISTER, step_up=True)
def register_sheet() -> Page:
    """The register on paper, laid out as form 5b; its row says what for."""
    try:
        with work() as uow:
            printed = usage_register.sheet(
                uow, principal(), _year(), request.form.get("purpose", ""), now(), leaving_of(request.form)
            )
    except InvalidInput as problem:
        return _register(told(problem)), 400
    html = render_template(
        "consultations/form_5b.html", lines=printed.lines, year=_year(), at=now(), level=printed.level
    )
    return sheet(html, printed, "so-theo-doi-khai-thac-ho-so.pdf")


@blueprint.post("/so/<consultation_id>/ghi-chu")
@needs(Action.CONSULT_REGISTER)
def remark(consultation_id: str) -> Page:
    """Adds a remark to a line."""
    try:
        with work() as uow:
            usage_register.remark(uow, principal(), consultation_id, request.form.get("remark", ""), now())
    except InvalidInput as problem:
        flash(problem.message_vi, "doubt")
    else:
        flash(_("Đã ghi thêm vào sổ."), "ok")
    return redirect(url_for("consultations.register"))
