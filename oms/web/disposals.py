"""The end of a dossier in the pages: its keeping, closing, holds, disposal asked by one and decided by another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.errors import InvalidInput
from oms.services import case_follow
from oms.services import disposals as service
from oms.services.disposals import NewDisposal, NewHold
from oms.web.context import house, now, principal, work
from oms.web.guard import needs
from oms.web.keeping_ground import blueprint, secrecy_of
from oms.web.paging import asked_page

Page = str | Response | tuple[str | Response, int]


@blueprint.get("/luu-giu-tieu-huy")
@needs(Action.CUSTODY_HOLD)
def disposals() -> str:
    """Closed dossiers past their time, and what was asked for."""
    paging, every = asked_page(), request.args.get("loc") == "tat-ca"
    with work() as uow:
        desk = service.desk(uow, principal(), every, paging.size, paging.offset, now())
    levels = [row.dossier.secrecy for row, _until in desk.closed] + [each.dossier.secrecy for each in desk.asked]
    return render_template(
        "keeping/disposals.html",
        desk=desk,
        every=every,
        paging=paging,
        today=now().date(),
        page_secrecy=secrecy_of(*levels),
    )


@blueprint.get("/ho-so/<dossier_id>")
@needs(Action.CUSTODY_HOLD)
def dossier(dossier_id: str) -> str:
    """How one dossier is kept: state, retention, holds, loans, transfers; no paper is named."""
    return _dossier_page(dossier_id, [])


def _dossier_page(dossier_id: str, errors: list[dict[str, str]]) -> str:
    with work() as uow:
        view = service.read(uow, principal(), dossier_id, now())
    return render_template(
        "keeping/dossier.html",
        view=view,
        row=view.row,
        values=request.form,
        errors=errors,
        page_secrecy=secrecy_of(view.row.dossier.secrecy),
    )


def _done(dossier_id: str, act: Callable[[Any], object], words: str) -> Page:
    """Does one act on a dossier and goes back to its page, with what is wrong beside its field."""
    try:
        with work() as uow:
            act(uow)
    except InvalidInput as problem:
        return _dossier_page(dossier_id, [{"field": problem.field, "text": problem.message_vi}]), 400
    flash(words, "ok")
    return redirect(url_for("keeping.dossier", dossier_id=dossier_id))


@blueprint.post("/ho-so/<dossier_id>/dong")
@needs(Action.CUSTODY_WORK)
def dossier_close(dossier_id: str) -> Page:
    """Closes the dossier of a person who left."""
    day, reason = request.form.get("closed_on", ""), request.form.get("closing_reason", "")
    words = _("Đã đóng hồ sơ; thời hạn lưu tính từ ngày thôi công tác.")
    return _done(dossier_id, lambda uow: service.close(uow, principal(), dossier_id, day, reason, now()), words)


@blueprint.post("/ho-so/<dossier_id>/mo-lai")
@needs(Action.CUSTODY_WORK)
def dossier_reopen(dossier_id: str) -> Page:
    """Takes a closing back."""
    reason = request.form.get("reopen_reason", "")
    words = _("Đã mở lại hồ sơ.")
    return _done(dossier_id, lambda uow: service.reopen(uow, principal(), dossier_id, reason, now()), words)


@blueprint.post("/ho-so/<dossier_id>/giu")
@needs(Action.CUSTODY_HOLD)
def hold_set(dossier_id: str) -> Page:
    """Holds the dossier."""
    form = request.form
    new = NewHold(form.get("hold_reason", ""), form.get("hold_basis", ""), form.get("bars_transfer") == "1")
    words = _("Đã đặt lệnh giữ hồ sơ.")
    return _done(dossier_id, lambda uow: service.hold(uow, principal(), dossier_id, new, now()), words)


@blueprint.post("/giu/<hold_id>/bo")
@needs(Action.CUSTODY_HOLD)
def hold_lift(hold_id: str) -> Page:
    """Lifts a hold."""
    try:
        with work() as uow:
            made = service.lift(uow, principal(), hold_id, request.form.get("lift_reason", ""), now())
    except InvalidInput as problem:
        flash(problem.message_vi, "doubt")
        back = request.form.get("dossier_id", "")
        if len(back) == 32 and back.isalnum():
            return redirect(url_for("keeping.dossier", dossier_id=back))
        return redirect(url_for("keeping.disposals"))
    flash(_("Đã bỏ lệnh giữ."), "ok")
    return redirect(url_for("keeping.dossier", dossier_id=made.dossier_id))


@blueprint.post("/ho-so/<dossier_id>/de-nghi-tieu-huy")
@needs(Action.DISPOSAL_ASK)
def disposal_ask(dossier_id: str) -> Page:
    """Asks for the dossier to be disposed of."""
    form = request.form
    new = NewDisposal(form.get("disposal_reason", ""), form.get("disposal_basis", ""), form.get("minutes_no", ""))
    words = _("Đã gửi đề nghị tiêu huỷ; người khác có quyền sẽ quyết định.")
    return _done(dossier_id, lambda uow: service.ask(uow, principal(), dossier_id, new, now()), words)


@blueprint.get("/tieu-huy/<disposal_id>")
@needs(Action.CUSTODY_HOLD)
def disposal(disposal_id: str) -> str:
    """One disposal: what was asked, what stays known of the papers."""
    return _disposal_page(disposal_id, [])


def _disposal_page(disposal_id: str, errors: list[dict[str, str]]) -> str:
    with work() as uow:
        view = service.view(uow, principal(), disposal_id, now())
        line = case_follow.line(uow, principal(), "disposal", disposal_id, now())
    levels = [int(str(line["secrecy"])) for line in view.papers]
    return render_template(
        "keeping/disposal.html",
        line=line,
        view=view,
        row=view.row,
        disposal=view.row.disposal,
        values=request.form,
        errors=errors,
        page_secrecy=secrecy_of(view.row.dossier.secrecy, *levels),
    )


@blueprint.post("/tieu-huy/<disposal_id>/quyet-dinh")
@needs(Action.DISPOSAL_APPROVE, step_up=True)
def disposal_decide(disposal_id: str) -> Page:
    """Approves or refuses; approved, the content is destroyed at once."""
    form = request.form
    approve = form.get("decision") == "approve"
    try:
        if approve and form.get("sure") != "1":
            raise InvalidInput("sure", _("Hãy đánh dấu xác nhận: nội dung đã tiêu huỷ không khôi phục được."))
        with work() as uow:
            service.decide(uow, principal(), disposal_id, approve, form.get("decision_reason", ""), now())
    except InvalidInput as problem:
        return _disposal_page(disposal_id, [{"field": problem.field, "text": problem.message_vi}]), 400
    if approve:
        service.sweep(house())
        flash(_("Đã tiêu huỷ nội dung hồ sơ; số hồ sơ và danh sách tài liệu còn lưu lại."), "ok")
    else:
        flash(_("Đã ghi không duyệt."), "ok")
    return redirect(url_for("keeping.disposal", disposal_id=disposal_id))
