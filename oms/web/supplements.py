"""Yearly supplements in the pages: the periods, the persons of one with how far each is, the form on paper."""

from __future__ import annotations

import json

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.domain.record_items import LABELS
from oms.errors import InvalidInput
from oms.services import secret_copies, sheets
from oms.services import supplements as service
from oms.services.supplements import USUAL, NewSupplement
from oms.web.change_cases import change_page
from oms.web.change_pages import Errors, blueprint, item_choices, today, told
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.leaving import leaving_of
from oms.web.paging import asked_page
from oms.web.records import secrecy_of
from oms.web.requests_of_persons import day_of
from oms.web.typed import whole_number
from oms.web.words import Words

PERSON_STATES = Words(
    {
        "none": "Chưa làm",
        "draft": "Nháp",
        "waiting": "Chờ duyệt",
        "decided": "Đã duyệt",
        "unchanged": "Không thay đổi",
    }
)
Answer = str | Response | tuple[str, int]


@blueprint.get("/bo-sung")
@needs(Action.SUPPLEMENT_MANAGE)
def supplements() -> str:
    """The supplements in scope, and the form that opens one."""
    return _list_page({}, [])


def _list_page(values: dict[str, str], errors: Errors) -> str:
    paging = asked_page()
    with work() as uow:
        rows, total = service.list_supplements(uow, principal(), paging.size, paging.offset, now())
        units = service.units_of(uow, principal())
    return render_template(
        "changes/supplements.html",
        rows=rows,
        total=total,
        paging=paging,
        units=units,
        values=values,
        errors=errors,
        item_options=item_choices(),
        chosen=request.form.getlist("items") if errors else USUAL,
        today=today(),
    )


@blueprint.post("/bo-sung")
@needs(Action.SUPPLEMENT_MANAGE)
def open_supplement() -> Answer:
    """Opens a supplement."""
    values = {name: request.form.get(name, "") for name in ("title", "year", "unit_id", "opens_on", "closes_on")}
    unit_id = whole_number(values["unit_id"])
    try:
        if unit_id is None:
            raise InvalidInput("unit_id", _("Hãy chọn đơn vị của đợt."))
        days = day_of(values["opens_on"]), day_of(values["closes_on"])
        items = request.form.getlist("items")
        new = NewSupplement(unit_id, values["title"], whole_number(values["year"], 4), *days, items)
        with work() as uow:
            made = service.open_supplement(uow, principal(), new, now())
    except InvalidInput as problem:
        return _list_page(values, told(problem)), 400
    flash(_("Đã mở đợt bổ sung lý lịch."), "ok")
    return redirect(url_for("changes.supplement", supplement_id=made.id))


@blueprint.get("/bo-sung/<supplement_id>")
@needs(Action.SUPPLEMENT_MANAGE)
def supplement(supplement_id: str) -> str:
    """One supplement: how many are done, and its persons, those of one state when asked."""
    return _page(supplement_id, [])


def _page(supplement_id: str, errors: Errors) -> str:
    state, paging = request.args.get("the", ""), asked_page()
    state = state if state in PERSON_STATES else ""
    with work() as uow:
        view = service.show(uow, principal(), supplement_id, state, paging.size, paging.offset, now())
    return render_template(
        "changes/supplement.html",
        view=view,
        state=state,
        paging=paging,
        errors=errors,
        person_states=PERSON_STATES,
        items=json.loads(view.supplement.items),
        page_secrecy=secrecy_of(*(row.dossier.secrecy for row in view.persons)),
    )


@blueprint.post("/bo-sung/<supplement_id>/dong")
@needs(Action.SUPPLEMENT_MANAGE)
def close_supplement(supplement_id: str) -> Answer:
    """Closes a supplement; it is read only from then on."""
    try:
        with work() as uow:
            service.close(uow, principal(), supplement_id, now())
    except InvalidInput as problem:
        return _page(supplement_id, told(problem)), 400
    flash(_("Đã đóng đợt. Phiếu chưa trình không trình được nữa."), "ok")
    return redirect(url_for("changes.supplement", supplement_id=supplement_id))


@blueprint.post("/bo-sung/<supplement_id>/can-bo/<dossier_id>")
@needs(Action.SUPPLEMENT_MANAGE)
def start_supplement(supplement_id: str, dossier_id: str) -> Answer:
    """Begins one person's supplement; without an opening the dossier's door comes first."""
    try:
        with work() as uow:
            change_id = service.start(uow, principal(), supplement_id, dossier_id, now())
    except InvalidInput as problem:
        if problem.field == "opening":
            flash(_("Hãy mở hồ sơ, nêu mục đích, rồi trở lại đợt bổ sung và bấm Bắt đầu."), "doubt")
            return redirect(url_for("records.dossier", dossier_id=dossier_id))
        return _page(supplement_id, told(problem)), 400
    return redirect(url_for("changes.change", change_id=change_id))


@blueprint.post("/bo-sung/<supplement_id>/can-bo/<dossier_id>/khong-doi")
@needs(Action.SUPPLEMENT_MANAGE)
def nothing_new(supplement_id: str, dossier_id: str) -> Answer:
    """Notes that the person declared no change."""
    try:
        with work() as uow:
            service.nothing_new(uow, principal(), supplement_id, dossier_id, now())
    except InvalidInput as problem:
        return _page(supplement_id, told(problem)), 400
    flash(_("Đã ghi: không có thay đổi."), "ok")
    return redirect(url_for("changes.supplement", supplement_id=supplement_id))


@blueprint.post("/thay-doi/<supplement_change_id>/phieu.pdf")
@needs(Action.RECORD_DECIDE, step_up=True)
def supplement_print(supplement_change_id: str) -> Answer:
    """The filled supplement as a PDF to be signed; with a level in it, a numbered copy of the register."""
    try:
        with work() as uow:
            form = service.paper_form(uow, principal(), supplement_change_id, now(), leaving_of(request.form))
    except InvalidInput as problem:
        return change_page(supplement_change_id, {}, told(problem)), 400
    html = render_template("changes/supplement_print.html", form=form, row=form.view.row, at=now(), labels=LABELS)
    headers = {"Content-Disposition": 'attachment; filename="phieu-bo-sung-ly-lich.pdf"'}
    data = secret_copies.marked(sheets.pdf(html), form.entered, "pdf")
    return Response(data, mimetype="application/pdf", headers=headers)
