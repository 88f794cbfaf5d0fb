"""One's own part in keeping duties apart: relatives declared, authority lent, and for whom one acts."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.domain.kin import Declared
from oms.errors import InvalidInput
from oms.services import delegations, kin, sessions
from oms.services.delegations import NewDelegation
from oms.web.auth import renew
from oms.web.context import now, pending, principal, work
from oms.web.guard import needs
from oms.web.typed import whole_number

blueprint = Blueprint("own_duties", __name__)
Page = str | Response | tuple[str | Response, int]


@blueprint.get("/tai-khoan/nguoi-than")
@needs(Action.OWN_ACCOUNT)
def kin_page() -> str:
    """Who one has declared."""
    return _kin_page({}, [])


def _kin_page(values: dict[str, Any], errors: list[dict[str, str]]) -> str:
    who = principal()
    with work() as uow:
        found = kin.listing(uow, who, who.account_id, now())
    return render_template("account/kin.html", found=found, values=values, errors=errors)


@blueprint.post("/tai-khoan/nguoi-than")
@needs(Action.OWN_ACCOUNT)
def kin_declare() -> Page:
    """Declares oneself or a relative; it only ever closes."""
    form, who = request.form, principal()
    typed = Declared(*(form.get(name, "") for name in ("relation", "full_name", "birth_date", "citizen_id")))
    try:
        with work() as uow:
            kin.declare(uow, who, who.account_id, typed, now())
    except InvalidInput as problem:
        return _kin_page(dict(form), [{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã ghi. Hồ sơ của người này, nếu có, không còn hiện với anh/chị."), "ok")
    return redirect(url_for("own_duties.kin_page"))


@blueprint.get("/uy-quyen")
@needs(Action.DELEGATE)
def delegation_page() -> str:
    """What one lent and was lent."""
    return _delegation_page({}, [])


def _delegation_page(values: dict[str, Any], errors: list[dict[str, str]]) -> str:
    with work() as uow:
        found = delegations.page(uow, principal(), now())
    return render_template("account/delegations.html", page=found, values=values, errors=errors)


@blueprint.post("/uy-quyen")
@needs(Action.DELEGATE, step_up=True)
def delegation_make() -> Page:
    """Lends authority in writing."""
    form = request.form
    unit_ids = tuple(number for text in form.getlist("units") if (number := whole_number(text)) is not None)
    new = NewDelegation(
        form.get("deputy_id", ""),
        unit_ids,
        *(form.get(n, "") for n in ("starts_on", "ends_on", "document_no", "reason")),
    )
    try:
        with work() as uow:
            delegations.make(uow, principal(), new, now())
    except InvalidInput as problem:
        values = dict(form) | {"units": form.getlist("units")}
        return _delegation_page(values, [{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã uỷ quyền. Người được uỷ quyền chọn “Thay mặt” ở đầu trang để dùng."), "ok")
    return redirect(url_for("own_duties.delegation_page"))


@blueprint.post("/uy-quyen/<delegation_id>/ket-thuc")
@needs(Action.DELEGATE)
def delegation_end(delegation_id: str) -> Page:
    """Withdraws what one lent, or lays down what one was lent."""
    try:
        with work() as uow:
            delegations.end(uow, principal(), delegation_id, request.form.get("end_reason", ""), now())
    except InvalidInput as problem:
        flash(problem.message_vi, "doubt")
    else:
        flash(_("Đã kết thúc uỷ quyền; có hiệu lực ngay."), "ok")
    return redirect(url_for("own_duties.delegation_page"))


@blueprint.post("/thay-mat")
@needs(Action.OWN_ACCOUNT)
def act_for() -> Response:
    """Begins, or stops, to act with authority one was lent; the choice stands on the server's session."""
    here, wanted = pending(), request.form.get("delegation", "")[:32]
    with work() as uow:
        token = sessions.act_for(uow, principal(), here.token if here else "", wanted, now())
    renew(token)
    flash(_("Anh/chị đang làm việc thay mặt.") if wanted else _("Anh/chị trở lại làm việc với quyền của mình."), "ok")
    return redirect(url_for("home.index"))
