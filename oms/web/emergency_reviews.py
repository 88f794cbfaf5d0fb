"""Emergency access for who judges it: what waits, one emergency with every look, the finding."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.domain.emergencies import Review
from oms.domain.records import day_in_hanoi
from oms.errors import InvalidInput
from oms.services import emergencies as service
from oms.web.consultation_ground import Errors, told
from oms.web.context import now, principal, work
from oms.web.emergencies import REVIEWS
from oms.web.guard import needs

blueprint = Blueprint("emergency_reviews", __name__, url_prefix="/hau-kiem-khan-cap")
Page = str | Response | tuple[str, int]


@blueprint.get("")
@needs(Action.EMERGENCY_REVIEW)
def reviews() -> str:
    """What waits for its review, and what was found."""
    with work() as uow:
        found = service.reviews(uow, principal(), now())
    return render_template(
        "emergencies/reviews.html", found=found, today=day_in_hanoi(now()), at=now(), reviews=REVIEWS
    )


@blueprint.get("/<emergency_id>")
@needs(Action.EMERGENCY_REVIEW)
def emergency(emergency_id: str) -> str:
    """One emergency: why, what was looked at, and the form to judge it."""
    return _page(emergency_id, {}, [])


def _page(emergency_id: str, values: dict[str, str], errors: Errors) -> str:
    with work() as uow:
        view = service.look(uow, principal(), emergency_id, now())
    return render_template(
        "emergencies/review.html",
        view=view,
        row=view.row,
        each=view.row.emergency,
        values=values,
        errors=errors,
        today=day_in_hanoi(now()),
        at=now(),
        reviews=REVIEWS,
        may_escalate=view.row.emergency.review == Review.WAITING,
    )


@blueprint.post("/<emergency_id>")
@needs(Action.EMERGENCY_REVIEW)
def judge(emergency_id: str) -> Page:
    """Says whether it was justified, or passes it on."""
    values = {name: request.form.get(name, "") for name in ("finding", "words")}
    try:
        with work() as uow:
            service.review(uow, principal(), emergency_id, values["finding"], values["words"], now())
    except InvalidInput as problem:
        return _page(emergency_id, values, told(problem)), 400
    flash(_("Đã ghi kết luận hậu kiểm."), "ok")
    return redirect(url_for("emergency_reviews.reviews"))
