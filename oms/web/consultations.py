"""Consultations for who asks and reads: ask, follow, read page by page in a viewer that gives nothing away."""

from __future__ import annotations

import re

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answered

from oms.domain import catalogue
from oms.domain.access import Action
from oms.domain.consultations import READING_PLACE, Phase
from oms.domain.organisation import Block
from oms.domain.records import day_in_hanoi
from oms.errors import InvalidInput
from oms.services import consultation_forms, consultation_reading
from oms.services import consultations as service
from oms.services.consultation_reading import Reading
from oms.services.consultations import Wanted
from oms.web import consultation_cases as consultation_cases
from oms.web.consultation_ground import Errors, blueprint, desks, sheet, told
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.leaving import leaving_of
from oms.web.paging import asked_page
from oms.web.records import secrecy_of
from oms.web.typed import whole_number
from oms.web.words import BLOCK_LABELS

FIELDS = ("unit_id", "person", "person_more", "papers", "purpose", "reason", "place", "first", "last")
_ID = re.compile(r"[0-9a-f]{32}")
Page = str | Answered | tuple[str, int]


@blueprint.get("")
@needs(Action.CONSULT_ASK)
def mine() -> str:
    """The person's own requests."""
    paging = asked_page()
    with work() as uow:
        rows, total = service.mine(uow, principal(), paging.size, paging.offset, now())
    return render_template(
        "consultations/mine.html", rows=rows, total=total, paging=paging, tabs=desks("consultations.mine")
    )


@blueprint.get("/moi")
@needs(Action.CONSULT_ASK)
def form() -> str:
    """The form 4b; filled in part when its asker comes from a dossier they see."""
    values = {"place": READING_PLACE}
    dossier_id = request.args.get("ho_so", "")
    if _ID.fullmatch(dossier_id):
        with work() as uow:
            values |= service.prefilled(uow, principal(), dossier_id, now())
    return _form(values, [])


def _form(values: dict[str, str], errors: Errors) -> str:
    with work() as uow:
        units = service.units_to_ask(uow, now())
        days = service.days_max(uow, now())
    grouped = [
        {"value": unit.id, "label": unit.name, "group": BLOCK_LABELS[Block(unit.block)]}
        for unit in sorted(units, key=lambda each: (list(Block).index(Block(each.block)), each.name))
    ]
    return render_template("consultations/ask.html", values=values, errors=errors, units=grouped, days=days)


@blueprint.post("/moi")
@needs(Action.CONSULT_ASK)
def ask() -> Page:
    """Sends the request; the answer says nothing of what the unit holds."""
    values = {name: request.form.get(name, "") for name in FIELDS}
    texts = {name: value for name, value in values.items() if name != "unit_id"}
    try:
        with work() as uow:
            asked = service.ask(uow, principal(), Wanted(whole_number(values["unit_id"]), **texts), now())
    except InvalidInput as problem:
        return _form(values, told(problem)), 400
    flash(_("Đã gửi yêu cầu số %(number)s đến đơn vị quản lý hồ sơ.", number=asked.number), "ok")
    return redirect(url_for("consultations.consultation", consultation_id=asked.id))


@blueprint.get("/<consultation_id>")
@needs(Action.CONSULT_READ)
def consultation(consultation_id: str) -> Page:
    """One request of one's own; while it runs, the papers given."""
    return _own_page(consultation_id, [])


def _own_page(consultation_id: str, errors: Errors) -> str:
    reading: Reading | None = None
    with work() as uow:
        own = service.own(uow, principal(), consultation_id, consultation_reading.READING, now())
        if own.phase is Phase.RUNNING:
            reading = consultation_reading.open_consultation(uow, principal(), consultation_id, now())
    levels = [document.secrecy for document in reading.papers] if reading else []
    return render_template(
        "consultations/own.html",
        own=own,
        asked=own.asked,
        reading=reading,
        errors=errors,
        closable=own.phase in (Phase.ASKED, Phase.PREPARED, Phase.COMING, Phase.RUNNING),
        page_secrecy=secrecy_of(*levels),
    )


@blueprint.post("/<consultation_id>/ket-thuc")
@needs(Action.CONSULT_ASK)
def close(consultation_id: str) -> Page:
    """Withdraws what is not decided, ends what runs."""
    try:
        with work() as uow:
            was = service.close(uow, principal(), consultation_id, now())
    except InvalidInput as problem:
        flash(problem.message_vi, "doubt")
    else:
        flash(_("Đã kết thúc nghiên cứu.") if was is Phase.RUNNING else _("Đã rút yêu cầu."), "ok")
    return redirect(url_for("consultations.consultation", consultation_id=consultation_id))


@blueprint.get("/<consultation_id>/tai-lieu/<document_id>")
@needs(Action.CONSULT_READ)
def paper(consultation_id: str, document_id: str) -> str:
    """One of the papers given, page by page."""
    with work() as uow:
        view = consultation_reading.read_paper(uow, principal(), consultation_id, document_id, now())
    return render_template(
        "consultations/paper.html",
        view=view,
        reading=view.reading,
        asked=view.reading.own.asked,
        document=view.document,
        page_secrecy=secrecy_of(view.document.secrecy),
    )


@blueprint.get("/<consultation_id>/trang/<page_id>.jpg")
@needs(Action.CONSULT_READ)
def page_image(consultation_id: str, page_id: str) -> Response:
    """One page's picture with its reader's name in it; shown in the page, kept nowhere."""
    with work() as uow:
        data = consultation_reading.page_image(uow, principal(), consultation_id, page_id, now())
    return Response(data, mimetype="image/jpeg", headers={"Content-Disposition": "inline"})


@blueprint.post("/<consultation_id>/phieu.pdf")
@needs(Action.CONSULT_READ, step_up=True)
def own_form(consultation_id: str) -> Page:
    """The form 4b of one's own request, to be signed; before the decision only what one wrote."""
    try:
        with work() as uow:
            printed = consultation_forms.own(uow, principal(), consultation_id, now(), leaving_of(request.form))
    except InvalidInput as problem:
        return _own_page(consultation_id, told(problem)), 400
    html = render_template("consultations/form_4b.html", form=printed, vietnamese=catalogue, today=day_in_hanoi(now()))
    return sheet(html, printed, "phieu-yeu-cau-nghien-cuu-ho-so.pdf")
