"""Acts that take two persons in the pages: what waits for me, what I asked, what is over; the policy, pruning."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.domain.approvals import Kind
from oms.errors import InvalidInput
from oms.services import approvals as service
from oms.services import case_follow, disposals, policy_edit, pruning
from oms.services.approvals import Seen
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.keeping_ground import secrecy_of
from oms.web.paging import asked_page
from oms.web.typed import whole_number

blueprint = Blueprint("approvals", __name__)
Page = str | Response | tuple[str | Response, int]


@blueprint.get("/phe-duyet")
@needs(Action.APPROVAL_VIEW)
def desk() -> str:
    """What waits for me, what I asked for, what is over; disposals, which are decided at their own page, with them."""
    paging = asked_page()
    with work() as uow:
        found = service.desk(uow, principal(), paging.size, paging.offset, now())
        ends = disposals.waiting(uow, principal(), now())
    levels = [each.row.secrecy for part in (found.waiting, found.mine, found.over) for each in part]
    levels += [row.dossier.secrecy for row in (*ends.to_decide, *ends.mine)]
    return render_template(
        "approvals/desk.html", desk=found, ends=ends, paging=paging, page_secrecy=secrecy_of(*levels)
    )


@blueprint.get("/rut-gon-nhat-ky")
@needs(Action.JOURNAL_PRUNE)
def prune() -> str:
    """Months of the journal that may be cut down to their hashes, what was so far, and the form that asks for it."""
    return _prune({}, [])


def _prune(values: dict[str, str], errors: list[dict[str, str]]) -> str:
    with work() as uow:
        found = pruning.page(uow, principal(), now())
    return render_template("approvals/prune.html", page=found, values=values, errors=errors)


@blueprint.post("/rut-gon-nhat-ky")
@needs(Action.JOURNAL_PRUNE, step_up=True)
def prune_propose() -> Page:
    """Asks for the entries up to a month to be cut down; another person decides on the desk of requests."""
    values = {name: request.form.get(name, "") for name in ("month", "reason")}
    try:
        with work() as uow:
            asked = pruning.propose(uow, principal(), values["month"], values["reason"], now())
    except InvalidInput as problem:
        return _prune(values, [{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã gửi đề nghị; người thứ hai, thuộc đơn vị khác, sẽ quyết định."), "ok")
    return redirect(url_for("approvals.one", approval_id=asked.id))


@blueprint.get("/phe-duyet/<approval_id>")
@needs(Action.APPROVAL_VIEW)
def one(approval_id: str) -> str:
    """One request: what exactly will happen, and the decision."""
    return _one(approval_id, [])


def _one(approval_id: str, errors: list[dict[str, str]]) -> str:
    with work() as uow:
        seen = service.view(uow, principal(), approval_id, now())
        line = case_follow.line(uow, principal(), service.CASES.get(seen.row.kind, ""), approval_id, now())
    return render_template(
        "approvals/one.html",
        line=line,
        seen=seen,
        row=seen.row,
        errors=errors,
        values=request.form,
        back=_taking_place(seen),
        page_secrecy=secrecy_of(seen.row.secrecy),
    )


def _taking_place(seen: Seen) -> str:
    """Where an approved export is taken: the list's own page, as it was when it was asked for."""
    if not seen.mine or seen.row.kind != Kind.EXPORT:
        return ""
    back = str(service.payload_of(seen.row).get("back", ""))
    return back if back.startswith("/") and not back.startswith("//") else ""


@blueprint.post("/phe-duyet/<approval_id>/quyet-dinh")
@needs(Action.APPROVAL_VIEW, step_up=True)
def decide(approval_id: str) -> Page:
    """Approves, and so carries out, or refuses."""
    approve = request.form.get("decision") == "approve"
    reason = request.form.get("decision_reason", "")
    try:
        with work() as uow:
            service.decide(uow, principal(), approval_id, approve, reason, now())
    except InvalidInput as problem:
        return _one(approval_id, [{"field": "decision_reason", "text": problem.message_vi}]), 400
    flash(_("Đã duyệt; việc đã được ghi nhận.") if approve else _("Đã ghi không duyệt."), "ok")
    return redirect(url_for("approvals.desk"))


@blueprint.post("/phe-duyet/<approval_id>/rut")
@needs(Action.APPROVAL_VIEW)
def withdraw(approval_id: str) -> Page:
    """Takes one's own request back."""
    try:
        with work() as uow:
            service.withdraw(uow, principal(), approval_id, now())
    except InvalidInput as problem:
        flash(problem.message_vi, "doubt")
        return redirect(url_for("approvals.one", approval_id=approval_id))
    flash(_("Đã rút đề nghị."), "ok")
    return redirect(url_for("approvals.desk"))


@blueprint.get("/chinh-sach-truy-cap")
@needs(Action.POLICY_EDIT)
def policy() -> str:
    """The values of the access policy, and what each was."""
    return _policy({}, [])


def _policy(values: dict[str, Any], errors: list[dict[str, str]]) -> str:
    with work() as uow:
        lines = policy_edit.page(uow, principal(), now())
    return render_template("approvals/policy.html", lines=lines, values=values, errors=errors)


@blueprint.post("/chinh-sach-truy-cap")
@needs(Action.POLICY_EDIT, step_up=True)
def policy_propose() -> Page:
    """Asks for another value; somebody of another unit decides."""
    values = {name: request.form.get(name, "") for name in ("key", "value", "reason")}
    number = whole_number(values["value"].strip())
    try:
        with work() as uow:
            policy_edit.propose(
                uow, principal(), values["key"], -1 if number is None else number, values["reason"], now()
            )
    except InvalidInput as problem:
        return _policy(values, [{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã gửi đề nghị; người thứ hai, thuộc đơn vị khác, sẽ quyết định."), "ok")
    return redirect(url_for("approvals.desk"))
