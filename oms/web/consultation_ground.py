"""What the pages of consultations share: their blueprint, tabs, words."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, url_for
from flask_babel import gettext as _

from oms.domain import consultations
from oms.domain.access import Action, permits
from oms.errors import InvalidInput
from oms.services import secret_copies
from oms.services.consultation_forms import Printed
from oms.services.sheets import pdf
from oms.services.usage_register import Sheet
from oms.web.context import principal
from oms.web.leaving import attachment
from oms.web.words import Words

blueprint = Blueprint("consultations", __name__, url_prefix="/nghien-cuu")

PHASES = Words(consultations.PHASE_LABELS)
ASKER_PHASES = Words(consultations.ASKER_LABELS)
PHASE_LOOKS = {
    "asked": "accent",
    "prepared": "accent",
    "coming": "ok",
    "running": "ok",
    "refused": "refused",
    "revoked": "refused",
    "lapsed": "doubt",
}
Errors = list[dict[str, str]]


@blueprint.context_processor
def words() -> dict[str, object]:
    """The words of phases for this desk's templates."""
    return {"phases": PHASES, "asker_phases": ASKER_PHASES, "phase_looks": PHASE_LOOKS}


def told(problem: InvalidInput) -> Errors:
    """What is wrong with a form, as its page shows it."""
    return [{"field": problem.field, "text": problem.message_vi}]


def desks(here: str) -> list[dict[str, Any]]:
    """The tabs of the desk that this person's role has."""
    known = (
        (Action.CONSULT_ASK, "consultations.mine", _("Yêu cầu của tôi")),
        (Action.CONSULT_REGISTER, "consultations.preparing", _("Chuẩn bị")),
        (Action.CONSULT_DECIDE, "consultations.deciding", _("Duyệt")),
        (Action.CONSULT_REGISTER, "consultations.register", _("Sổ theo dõi khai thác")),
        (Action.EMERGENCY_OPEN, "emergencies.desk", _("Mở khẩn cấp")),
    )
    return [
        {"label": label, "href": url_for(endpoint), "active": endpoint == here}
        for action, endpoint, label in known
        if permits(principal(), action)
    ]


def sheet(html: str, printed: Printed | Sheet, name: str) -> Response:
    """A printed form as PDF, with its marks where it is a copy of a secret."""
    data = secret_copies.marked(pdf(html), printed.entered, "pdf")
    return Response(data, mimetype="application/pdf", headers={"Content-Disposition": attachment(name)})
