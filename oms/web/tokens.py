"""Tokens for programs, on the account page: made, shown once, listed with their last use, withdrawn."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain import api_scopes
from oms.domain.access import Action, permits
from oms.errors import InvalidInput
from oms.services import tokens as service
from oms.web.api.operations import OPERATIONS
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.typed import whole_number
from oms.web.words import Words

blueprint = Blueprint("tokens", __name__, url_prefix="/tai-khoan/ma-truy-cap")
AREAS = Words(api_scopes.AREAS)
USUAL_DAYS = 90


@blueprint.get("")
@needs(Action.OWN_ACCOUNT, step_up=True)
def listing() -> str:
    """One's own tokens, and the form for a new one."""
    return _page([])


def _offered() -> list[dict[str, str]]:
    """The areas in which the owner's role can do something at all, with the words to tick."""
    able = {each.scope for each in OPERATIONS.values() if permits(principal(), each.action)}
    found = []
    for area in api_scopes.AREAS:
        ways = [api_scopes.scope(area, writes) for writes in (False, True)]
        reads, writes = (way if way in able else "" for way in ways)
        if reads or writes:
            found.append({"area": AREAS[area], "reads": reads, "writes": writes})
    return found


def _page(errors: list[dict[str, str]], made: str = "") -> str:
    with work() as uow:
        rows = service.own(uow, principal(), now())
    return render_template(
        "account/tokens.html",
        rows=rows,
        areas=_offered(),
        labels=AREAS,
        made=made,
        errors=errors,
        typed=request.form if errors else {},
        chosen=request.form.getlist("scopes") if errors else [],
        days=USUAL_DAYS,
        most_days=api_scopes.LONGEST_DAYS,
    )


@blueprint.post("")
@needs(Action.OWN_ACCOUNT, step_up=True)
def make() -> str | tuple[str, int]:
    """Makes a token and shows it, this once."""
    offered = {scope for each in _offered() for scope in (each["reads"], each["writes"])} - {""}
    chosen = [scope for scope in request.form.getlist("scopes")[:100] if scope in offered]
    days = whole_number(request.form.get("days", "").strip()) or 0
    try:
        if principal().behalf_of:
            raise InvalidInput("name", _("Đang làm việc thay mặt người khác: hãy trở lại quyền của mình trước."))
        with work() as uow:
            token = service.make(uow, principal(), request.form.get("name", "")[:200], chosen, days, now())[1]
    except InvalidInput as problem:
        return _page([{"field": problem.field, "text": problem.message_vi}]), 400
    return _page([], token)


@blueprint.post("/<token_id>/thu-hoi")
@needs(Action.OWN_ACCOUNT, step_up=True)
def withdraw(token_id: str) -> Response:
    """Withdraws one of one's own tokens, at once."""
    with work() as uow:
        service.withdraw(uow, principal(), token_id, now())
    flash(_("Đã thu hồi mã. Phần mềm mang mã này không vào được nữa."), "ok")
    return redirect(url_for("tokens.listing"))
