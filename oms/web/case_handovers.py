"""Handing over what somebody who leaves has in hand: whom to give each case, one reason, done in one go."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.errors import Conflict, InvalidInput, OmsError
from oms.services import case_handover, case_lists, casework
from oms.services.case_handover import STAYS, Handing, Unfit
from oms.web.case_ground import blueprint, shared
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.records import secrecy_of
from oms.web.typed import whole_number

Page = str | Response | tuple[str, int]


@blueprint.get("/ban-giao")
@needs(Action.CASE_STEER)
def hand_over_form() -> str:
    """Whose work is to be handed over; then all of it, with whom to give it to."""
    return _page(request.args.get("nguoi", "")[:32], request.args.get("mat") == "1", None)


def _page(account_id: str, secret: bool, problem: OmsError | None) -> str:
    secret = secret and case_lists.sees_secret(principal())
    with work() as uow:
        if account_id:
            found, holders = case_handover.of_person(uow, principal(), account_id, secret, now()), []
        else:
            found, holders = None, case_handover.holders(uow, principal(), secret, now())
    field = problem.field if isinstance(problem, InvalidInput) else ""
    levels = [row.case.secrecy for row in (*found.rows, *(row for _each, row in found.opinions))] if found else []
    return render_template(
        "cases/hand_over.html",
        found=found,
        holders=holders,
        asked=account_id,
        secret=secret,
        sees_secret=case_lists.sees_secret(principal()),
        errors=[{"field": field, "text": problem.message_vi}] if problem else [],
        problems=problem.problems if isinstance(problem, Unfit) else (),
        values=request.form if problem else {},
        stays=STAYS,
        today=casework.local_day(now()),
        page_secrecy=secrecy_of(*levels),
        **shared(),
    )


@blueprint.post("/ban-giao")
@needs(Action.CASE_STEER)
def hand_over_all() -> Page:
    """Hands over what was chosen, all or nothing."""
    account_id, secret = request.form.get("nguoi", "")[:32], request.form.get("mat") == "1"
    to_all = request.form.get("to_all", "")[:32]
    to, versions = {}, {}
    for name, value in request.form.items():
        if name.startswith("to-"):
            to[name.removeprefix("to-")] = value[:32] or to_all
        elif name.startswith("v-"):
            versions[name.removeprefix("v-")] = whole_number(value) or 0
    handing = Handing(to, versions, request.form.get("reason", "")[:2000])
    try:
        with work() as uow:
            done = case_handover.hand_over_all(uow, principal(), account_id, secret, handing, now())
    except (InvalidInput, Conflict) as problem:
        return _page(account_id, secret, problem), problem.status
    flash(_("Đã bàn giao %(n)s việc.", n=done), "ok")
    return redirect(url_for("cases.hand_over_form"))
