"""Dossiers on their way to another unit: the list, one transfer for either side, its record to be signed."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.errors import InvalidInput
from oms.services import case_follow, secret_copies
from oms.services import transfers as service
from oms.services.sheets import pdf
from oms.services.transfers import NewTransfer, Received
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.keeping_ground import PDF, TRANSFER_LABELS, blueprint, file_answer, secrecy_of
from oms.web.leaving import leaving_of
from oms.web.paging import asked_page
from oms.web.typed import whole_number

PAGES = "pages-"
Page = str | Response | tuple[str | Response, int]


@blueprint.get("/chuyen-giao")
@needs(Action.CUSTODY_WORK)
def transfers() -> str:
    """Transfers of either side, newest first."""
    paging, state = asked_page(), request.args.get("tinh_trang", "")
    state = state if state in TRANSFER_LABELS else ""
    with work() as uow:
        rows, total = service.listing(uow, principal(), state, paging.size, paging.offset, now())
    return render_template(
        "keeping/transfers.html",
        rows=rows,
        total=total,
        paging=paging,
        state=state,
        page_secrecy=secrecy_of(*(row.dossier.secrecy for row in rows)),
    )


@blueprint.get("/ho-so/<dossier_id>/chuyen-giao")
@needs(Action.CUSTODY_WORK)
def transfer_form(dossier_id: str) -> str:
    """The form to begin a transfer."""
    return _form(dossier_id, {}, [])


def _form(dossier_id: str, values: dict[str, str], errors: list[dict[str, str]]) -> str:
    with work() as uow:
        row, units = service.form(uow, principal(), dossier_id, now())
    return render_template(
        "keeping/transfer_form.html",
        row=row,
        units=units,
        values=values,
        errors=errors,
        page_secrecy=secrecy_of(row.dossier.secrecy),
    )


@blueprint.post("/ho-so/<dossier_id>/chuyen-giao")
@needs(Action.CUSTODY_WORK)
def transfer_create(dossier_id: str) -> Page:
    """Begins a transfer."""
    values = {name: request.form.get(name, "") for name in ("to_unit_id", "decision_no", "reason")}
    try:
        new = NewTransfer(whole_number(values["to_unit_id"]), values["decision_no"], values["reason"])
        with work() as uow:
            made = service.create(uow, principal(), dossier_id, new, now())
    except InvalidInput as problem:
        return _form(dossier_id, values, [{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã lập chuyển giao. Kiểm danh mục rồi niêm phong."), "ok")
    return redirect(url_for("keeping.transfer", transfer_id=made.id))


@blueprint.get("/chuyen-giao/<transfer_id>")
@needs(Action.CUSTODY_WORK)
def transfer(transfer_id: str) -> str:
    """One transfer as its side may see it."""
    return _page(transfer_id, [])


def _page(transfer_id: str, errors: list[dict[str, str]]) -> str:
    with work() as uow:
        view = service.read(uow, principal(), transfer_id, now())
        line = case_follow.line(uow, principal(), view.case_kind, transfer_id, now())
    return render_template(
        "keeping/transfer.html",
        line=line,
        view=view,
        row=view.row,
        transfer=view.row.transfer,
        values=request.form,
        errors=errors,
        page_secrecy=secrecy_of(view.row.dossier.secrecy, *(line.secrecy for line in view.lines)),
    )


def _again(transfer_id: str, problem: InvalidInput) -> tuple[str, int]:
    return _page(transfer_id, [{"field": problem.field, "text": problem.message_vi}]), 400


@blueprint.post("/chuyen-giao/<transfer_id>/niem-phong")
@needs(Action.CUSTODY_WORK)
def seal(transfer_id: str) -> Page:
    """Seals the list."""
    try:
        with work() as uow:
            service.seal(uow, principal(), transfer_id, now())
    except InvalidInput as problem:
        return _again(transfer_id, problem)
    flash(_("Đã niêm phong. In biên bản, ký và chuyển cùng hồ sơ."), "ok")
    return redirect(url_for("keeping.transfer", transfer_id=transfer_id))


@blueprint.post("/chuyen-giao/<transfer_id>/huy")
@needs(Action.CUSTODY_WORK)
def transfer_cancel(transfer_id: str) -> Page:
    """Takes a transfer back."""
    try:
        with work() as uow:
            service.cancel(uow, principal(), transfer_id, request.form.get("refusal", ""), now())
    except InvalidInput as problem:
        return _again(transfer_id, problem)
    flash(_("Đã huỷ chuyển giao; hồ sơ vẫn ở đơn vị cũ."), "ok")
    return redirect(url_for("keeping.transfer", transfer_id=transfer_id))


@blueprint.post("/chuyen-giao/<transfer_id>/nhan")
@needs(Action.CUSTODY_WORK)
def receive(transfer_id: str) -> Page:
    """Takes the dossier over when everything fits; else tells what differs."""
    counted = {
        name.removeprefix(PAGES): whole_number(value) for name, value in request.form.items() if name.startswith(PAGES)
    }
    form = request.form
    found = Received(counted, form.get("confirmed") == "1", form.get("number", ""), form.get("remark", ""))
    try:
        with work() as uow:
            outcome = service.receive(uow, principal(), transfer_id, found, now())
    except InvalidInput as problem:
        return _again(transfer_id, problem)
    if outcome.received:
        flash(_("Đã nhận hồ sơ; từ nay thuộc đơn vị nhận."), "ok")
    else:
        flash(_("Không nhận: danh mục không khớp. Hồ sơ vẫn ở đơn vị giao."), "refused")
    return redirect(url_for("keeping.transfer", transfer_id=transfer_id))


@blueprint.post("/chuyen-giao/<transfer_id>/bien-ban.pdf")
@needs(Action.CUSTODY_WORK, step_up=True)
def transfer_minutes(transfer_id: str) -> Page:
    """The record of the hand-over with the sealed list, to be signed; with a level in it, numbered copies."""
    try:
        with work() as uow:
            minutes = service.minutes(uow, principal(), transfer_id, now(), leaving_of(request.form))
    except InvalidInput as problem:
        return _again(transfer_id, problem)
    html = render_template("keeping/transfer_minutes.html", minutes=minutes, view=minutes.view, row=minutes.view.row)
    return file_answer(secret_copies.marked(pdf(html), minutes.entered, "pdf"), PDF, "bien-ban-giao-nhan.pdf")
