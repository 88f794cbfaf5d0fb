"""Archival copies on the document's page: their state, signing, taking one out; and the export of a whole dossier."""

from __future__ import annotations

import re

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from oms.domain.access import Action
from oms.errors import InvalidInput
from oms.services import archival, custody, exporting
from oms.services.exporting import ExportPlan
from oms.web.context import house, now, principal, sent_with, work
from oms.web.guard import needs
from oms.web.leaving import LEAVING, attachment, leaving_of
from oms.web.records import secrecy_of

blueprint = Blueprint("copies", __name__)

_CHOICE = re.compile(r"so-([0-9a-f]{32})")
MOST = 104


@blueprint.post("/tai-lieu/<document_id>/ky-so")
@needs(Action.COPY_SIGN)
def sign(document_id: str) -> Answer:
    """Signs the paper's archival copy for the agency."""
    try:
        archival.sign(house(), principal(), document_id, now)
    except InvalidInput as problem:
        flash(problem.message_vi, "doubt")
    else:
        flash(_("Đã ký số bản lưu trữ."), "ok")
    return redirect(url_for("records.document", document_id=document_id))


@blueprint.post("/tai-lieu/<document_id>/lam-lai-ban-luu-tru")
@needs(Action.COPY_SIGN)
def remake(document_id: str) -> Answer:
    """Puts a copy that failed back in the queue."""
    try:
        with work() as uow:
            archival.remake(uow, principal(), document_id, now())
    except InvalidInput as problem:
        flash(problem.message_vi, "doubt")
    else:
        flash(_("Đã xếp lại để máy làm bản lưu trữ lần nữa."), "ok")
    return redirect(url_for("records.document", document_id=document_id))


@blueprint.get("/tai-lieu/<document_id>/ban-luu-tru.pdf")
@needs(Action.DOSSIER_EXPORT, step_up=True)
def take(document_id: str) -> Answer:
    """The archival copy as a file to keep; its row is on the disk before the first byte leaves."""
    try:
        with work() as uow:
            secret = archival.is_secret(uow, principal(), document_id, now())
            data, name = (b"", "") if secret else archival.take(uow, principal(), document_id, now())
    except InvalidInput as problem:
        flash(problem.message_vi, "doubt")
        return redirect(url_for("records.document", document_id=document_id))
    if secret:
        return redirect(url_for("copies.leave_form", document_id=document_id))
    return Response(data, mimetype="application/pdf", headers={"Content-Disposition": attachment(name)})


@blueprint.get("/tai-lieu/<document_id>/sao-chup")
@needs(Action.DOSSIER_EXPORT)
def leave_form(document_id: str) -> str | Answer:
    """What has to be said before copies of a secret paper leave; without an opening, the dossier's door first."""
    with work() as uow:
        dossier_id = custody.dossier_of(uow, principal(), document_id)
        opened = custody.is_open(uow, principal(), dossier_id, now())
    if not opened:
        return redirect(url_for("records.dossier", dossier_id=dossier_id, tai_lieu=document_id))
    return _leaving_page(document_id, [])


def _leaving_page(document_id: str, errors: list[dict[str, str]]) -> str:
    with work() as uow:
        view = custody.read_document(uow, principal(), document_id, now())
        custody.require_exportable(uow, principal(), view.row.dossier.id)
    document = view.line.document
    return render_template(
        "secrecy/leave.html",
        row=view.row,
        document=document,
        typed=request.form,
        errors=errors,
        problems={error["field"]: error["text"] for error in errors},
        page_secrecy=secrecy_of(document.secrecy, view.row.dossier.secrecy),
    )


@blueprint.post("/tai-lieu/<document_id>/sao-chup")
@needs(Action.DOSSIER_EXPORT, step_up=True)
def leave(document_id: str) -> Answer | tuple[str, int]:
    """Copies of a secret paper, entered in their register; each page bears its level and number."""
    try:
        with work() as uow:
            data, name = archival.take(uow, principal(), document_id, now(), leaving_of(request.form))
    except InvalidInput as problem:
        return _leaving_page(document_id, [{"field": problem.field, "text": problem.message_vi}]), 400
    return Response(data, mimetype="application/pdf", headers={"Content-Disposition": attachment(name)})


def _chosen() -> dict[str, int | None]:
    """The numbers a person chose for the papers; what is no number of the list is none."""
    found: dict[str, int | None] = {}
    for name, typed in sent_with().items():
        match = _CHOICE.fullmatch(name)
        if match:
            number = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 4 else 0
            found[match[1]] = number if 1 <= number <= MOST else None
    return found


@blueprint.get("/ho-so/<dossier_id>/xuat")
@needs(Action.DOSSIER_EXPORT, step_up=True)
def preview(dossier_id: str) -> str | Answer:
    """What an export would hold, under which names; without an opening, the dossier's door first."""
    with work() as uow:
        plan = None
        custody.require_exportable(uow, principal(), dossier_id)
        if custody.is_open(uow, principal(), dossier_id, now()):
            plan = exporting.preview(uow, principal(), dossier_id, _chosen(), now(), house().settings)
    if plan is None:
        return redirect(url_for("records.dossier", dossier_id=dossier_id))
    return _page(plan, [])


def _page(plan: ExportPlan, errors: list[dict[str, str]]) -> str:
    return render_template(
        "records/export.html",
        plan=plan,
        row=plan.row,
        numbers=exporting.numbers(),
        confirmed=exporting.list_is_confirmed(),
        errors=errors,
        typed=request.form,
        problems={error["field"]: error["text"] for error in errors},
        page_secrecy=secrecy_of(plan.secrecy),
    )


@blueprint.post("/ho-so/<dossier_id>/xuat")
@needs(Action.DOSSIER_EXPORT, step_up=True)
def export(dossier_id: str) -> str | Answer | tuple[str, int]:
    """The dossier's copies in one ZIP, sent piece by piece once the row that names them is on the disk.

    With ``see`` the names alone, under the numbers chosen so far: nothing leaves.
    """
    chosen, partial = _chosen(), request.form.get("partial") == "1"
    if request.form.get("see") == "1":
        with work() as uow:
            plan = exporting.preview(uow, principal(), dossier_id, chosen, now(), house().settings)
        return _page(plan, [])
    try:
        with work() as uow:
            said, how = leaving_of(request.form), house().settings
            wanted = exporting.export(uow, principal(), dossier_id, chosen, now(), how, partial=partial, leaving=said)
    except InvalidInput as problem:
        with work() as uow:
            plan = exporting.preview(uow, principal(), dossier_id, chosen, now(), house().settings)
        field = problem.field if problem.field in LEAVING else ""
        return _page(plan, [{"field": field, "text": problem.message_vi}]), 400
    exporting.verify(house(), wanted)
    body = stream_with_context(exporting.stream(house(), wanted))
    return Response(body, mimetype="application/zip", headers={"Content-Disposition": attachment(wanted.name)})
