"""A form filled from the record, as Word and PDF: chosen, seen as it will be printed, then made."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from oms.domain.access import Action
from oms.domain.forms import BIOGRAPHY
from oms.errors import InvalidInput
from oms.services import custody, profiles
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.leaving import LEAVING, attachment, leaving_of
from oms.web.records import secrecy_of
from oms.web.words import ITEM_LABELS

blueprint = Blueprint("profiles", __name__)


def _is_open(dossier_id: str) -> bool:
    """Whether the dossier stands open for this person; reaching its door is a row, hidden is as missing."""
    with work() as uow:
        return custody.gate(uow, principal(), dossier_id, now()).opening is not None


def _to_door(dossier_id: str) -> Answer:
    flash(_("Hồ sơ chưa mở, hoặc thời gian mở đã hết. Hãy nêu mục đích rồi làm lại."), "doubt")
    return redirect(url_for("records.dossier", dossier_id=dossier_id))


def _page(dossier_id: str, code: str, errors: list[dict[str, str]]) -> str:
    with work() as uow:
        view = profiles.look(uow, principal(), dossier_id, code, now())
    return render_template(
        "profiles/profile.html",
        view=view,
        row=view.row,
        form=view.form,
        biography=BIOGRAPHY,
        empty=[ITEM_LABELS[item] for item in view.form.empty],
        masked=[ITEM_LABELS[item] for item in view.form.masked],
        errors=errors,
        typed=request.form,
        problems={error["field"]: error["text"] for error in errors},
        page_secrecy=secrecy_of(view.secrecy),
    )


@blueprint.get("/ho-so/<dossier_id>/trich-doc")
@needs(Action.PROFILE_MAKE)
def of_dossier(dossier_id: str) -> str | Answer | tuple[str, int]:
    """The forms, and the one chosen as it will be printed, with what will stay empty and why."""
    if not _is_open(dossier_id):
        return _to_door(dossier_id)
    try:
        return _page(dossier_id, request.args.get("mau", ""), [])
    except InvalidInput as problem:
        return _page(dossier_id, "", [{"field": "", "text": problem.message_vi}]), 400


@blueprint.post("/ho-so/<dossier_id>/trich-doc")
@needs(Action.PROFILE_MAKE, step_up=True)
def make(dossier_id: str) -> Answer | tuple[str, int]:
    """The form as a file; its row is on the disk before the first byte leaves."""
    code, kind = request.form.get("mau", ""), request.form.get("dang", "")
    if not _is_open(dossier_id):
        return _to_door(dossier_id)
    try:
        with work() as uow:
            made = profiles.make(uow, principal(), dossier_id, code, kind, now(), leaving_of(request.form))
    except InvalidInput as problem:
        field = problem.field if problem.field in LEAVING else ""
        return _page(dossier_id, code if field else "", [{"field": field, "text": problem.message_vi}]), 400
    return Response(made.data, mimetype=made.mimetype, headers={"Content-Disposition": attachment(made.name)})
