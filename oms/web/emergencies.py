"""Emergency access for who opens: the form, what they opened, closing it early."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.domain.emergencies import REVIEW_LABELS
from oms.domain.organisation import Block
from oms.errors import InvalidInput, Refused
from oms.services import consultations, policy
from oms.services import emergencies as service
from oms.services.emergencies import Asked
from oms.web.consultation_ground import Errors, desks, told
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.typed import whole_number
from oms.web.words import BLOCK_LABELS, Words

blueprint = Blueprint("emergencies", __name__, url_prefix="/khan-cap")
REVIEWS = Words(REVIEW_LABELS)
Page = str | Response | tuple[str, int]


@blueprint.get("")
@needs(Action.EMERGENCY_OPEN)
def desk() -> str:
    """What an emergency is, the form, and one's own."""
    return _desk({}, [])


def _desk(values: dict[str, str], errors: Errors) -> str:
    with work() as uow:
        units = consultations.units_to_ask(uow, now())
        mine = service.mine(uow, principal())
        barred = service.why_barred(uow, principal(), now())
        minutes = policy.value(uow, "emergency_minutes", now())
        most = policy.value(uow, "emergency_month_max", now())
    grouped = [
        {"value": unit.id, "label": unit.name, "group": BLOCK_LABELS[Block(unit.block)]}
        for unit in sorted(units, key=lambda each: (list(Block).index(Block(each.block)), each.name))
    ]
    return render_template(
        "emergencies/desk.html",
        values=values,
        errors=errors,
        units=grouped,
        mine=mine,
        barred=barred,
        minutes=minutes,
        most=most,
        at=now(),
        reviews=REVIEWS,
        tabs=desks("emergencies.desk"),
    )


@blueprint.post("")
@needs(Action.EMERGENCY_OPEN, step_up=True)
def open_dossier() -> Page:
    """Opens the dossier named; whatever cannot be opened this way is answered alike."""
    values = {name: request.form.get(name, "") for name in ("unit_id", "named", "reason")}
    asked = Asked(whole_number(values["unit_id"]), values["named"], values["reason"])
    problem: InvalidInput | None = None
    try:
        with work() as uow:
            try:
                opened = service.open_emergency(uow, principal(), asked, now())
            except InvalidInput as caught:  # inside: the row of a try that was turned down has to be kept
                problem = caught
    except Refused:
        words = _("Không có hồ sơ nào mở khẩn cấp được theo đơn vị và số này.")
        return _desk(values, [{"field": "named", "text": words}]), 404
    if problem is not None:
        return _desk(values, told(problem)), 400
    return redirect(url_for("records.dossier", dossier_id=opened.dossier_id))


@blueprint.post("/<emergency_id>/dong")
@needs(Action.EMERGENCY_OPEN)
def close(emergency_id: str) -> Page:
    """Closes it before its minutes are over."""
    with work() as uow:
        service.close(uow, principal(), emergency_id, now())
    flash(_("Đã đóng hồ sơ mở khẩn cấp. Việc hậu kiểm vẫn được thực hiện."), "ok")
    return redirect(url_for("emergencies.desk"))
