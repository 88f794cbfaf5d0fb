"""Granting in the pages: the security officer vets accounts, grants and takes away, and enters relatives."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.domain.kin import Declared
from oms.errors import InvalidInput
from oms.services import accounts, kin
from oms.services import grants as service
from oms.services.grants import Approval, Gift, HolderFilter
from oms.web import words as catalogue
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.paging import asked_page
from oms.web.typed import whole_number

blueprint = Blueprint("grants", __name__)
Page = str | Response | tuple[str | Response, int]


@blueprint.get("/cap-quyen")
@needs(Action.GRANT_LEVEL)
def listing() -> str:
    """Accounts with what they hold, unit by unit; those to be vetted are marked."""
    paging, due = asked_page(), request.args.get("loc") == "ra-soat"
    asked = {name: request.args.get(name, "").strip()[:80] for name in ("ten", "vai_tro", "don_vi")}
    role = asked["vai_tro"] if asked["vai_tro"] in catalogue.ROLE_LABELS else ""
    wanted = HolderFilter(asked["ten"], role, whole_number(asked["don_vi"]), due)
    with work() as uow:
        found = service.listing(uow, principal(), wanted, paging.size, paging.offset, now())
    kept = {name: value for name, value in asked.items() if value} | ({"loc": "ra-soat"} if due else {})
    return render_template(
        "grants/listing.html", found=found, total=found.total, paging=paging, due=due, asked=asked, kept=kept
    )


@blueprint.get("/cap-quyen/<account_id>")
@needs(Action.GRANT_LEVEL)
def one(account_id: str) -> str:
    """One account: what it holds, its history, its relatives, and what may be done."""
    return _one(account_id, {}, [])


def _one(account_id: str, values: dict[str, Any], errors: list[dict[str, str]], code: str = "") -> str:
    """``code``: a one-time code just made, shown on this page only."""
    with work() as uow:
        view = service.view(uow, principal(), account_id, now())
        relatives = kin.listing(uow, principal(), account_id, now())
    gifts = [
        {"value": f"{kind}:{value}", "label": label, "group": str(catalogue.GRANT_KINDS[kind])}
        for kind, labels in _offered().items()
        for value, label in labels
    ]
    return render_template(
        "grants/one.html",
        view=view,
        holder=view.holder,
        account=view.holder.account,
        relatives=relatives,
        gifts=gifts,
        values=values,
        errors=errors,
        code=code,
        words=service.words_of,
    )


def _offered() -> dict[str, list[tuple[str, str]]]:
    levels = [(str(int(level)), words) for level, words in catalogue.SECRECY_LABELS.items() if level]
    return {
        service.CLEARANCE: levels,
        service.COMPARTMENT: list(catalogue.COMPARTMENTS.items()),
        service.SENSITIVE: list(catalogue.SENSITIVE_LABELS.items()),
    }


def _wrong(account_id: str, problem: InvalidInput) -> tuple[str, int]:
    return _one(account_id, dict(request.form), [{"field": problem.field, "text": problem.message_vi}]), 400


@blueprint.post("/cap-quyen/<account_id>/cap")
@needs(Action.GRANT_LEVEL, step_up=True)
def give(account_id: str) -> Page:
    """Grants at once, or asks for what takes two persons."""
    form = request.form
    kind, _colon, value = form.get("value", "").partition(":")
    gift = Gift(kind, value, form.get("until", ""), form.get("reason", ""))
    try:
        with work() as uow:
            made = service.give(uow, principal(), account_id, gift, now())
    except InvalidInput as problem:
        return _wrong(account_id, problem)
    if isinstance(made, Approval):
        flash(_("Quyền này cần hai người: đã gửi đề nghị, người thứ hai thuộc đơn vị khác sẽ quyết định."), "ok")
    else:
        flash(_("Đã cấp; có hiệu lực ở lần bấm kế tiếp của người đó."), "ok")
    return redirect(url_for("grants.one", account_id=account_id))


@blueprint.post("/cap-quyen/<account_id>/thu-hoi")
@needs(Action.GRANT_LEVEL, step_up=True)
def remove(account_id: str) -> Page:
    """Takes a grant away at once."""
    form = request.form
    kind, _colon, value = form.get("held", "").partition(":")
    try:
        with work() as uow:
            service.remove(uow, principal(), account_id, kind, value, form.get("end_reason", ""), now())
    except InvalidInput as problem:
        return _wrong(account_id, InvalidInput("end_reason", problem.message_vi))
    flash(_("Đã thu hồi; có hiệu lực ở lần bấm kế tiếp của người đó."), "ok")
    return redirect(url_for("grants.one", account_id=account_id))


@blueprint.post("/cap-quyen/<account_id>/ra-soat")
@needs(Action.GRANT_LEVEL, step_up=True)
def review(account_id: str) -> Page:
    """Confirms that what an account holds is still needed."""
    try:
        with work() as uow:
            service.review(uow, principal(), account_id, request.form.get("review_reason", ""), now())
    except InvalidInput as problem:
        return _wrong(account_id, InvalidInput("review_reason", problem.message_vi))
    flash(_("Đã ghi rà soát lại."), "ok")
    return redirect(url_for("grants.one", account_id=account_id))


@blueprint.post("/cap-quyen/<account_id>/tham-tra")
@needs(Action.GRANT_LEVEL, step_up=True)
def vet(account_id: str) -> Page:
    """Lets a new account in: its one-time code, shown once on the answer."""
    return _code(account_id, accounts.vet)


@blueprint.post("/cap-quyen/<account_id>/ma-mot-lan")
@needs(Action.GRANT_LEVEL, step_up=True)
def code(account_id: str) -> Page:
    """A one-time code in place of a forgotten password, shown once on the answer."""
    return _code(account_id, accounts.issue_code)


def _code(account_id: str, make: Any) -> Page:
    try:
        with work() as uow:
            _name, made = make(uow, principal(), account_id, now())
    except InvalidInput as problem:
        flash(problem.message_vi, "doubt")
        return redirect(url_for("grants.one", account_id=account_id))
    return _one(account_id, {}, [], made)


@blueprint.post("/cap-quyen/<account_id>/nguoi-than")
@needs(Action.GRANT_LEVEL)
def kin_add(account_id: str) -> Page:
    """Enters a person whose dossiers are closed to the account."""
    form = request.form
    typed = Declared(*(form.get(name, "") for name in ("relation", "full_name", "birth_date", "citizen_id")))
    try:
        with work() as uow:
            kin.declare(uow, principal(), account_id, typed, now())
    except InvalidInput as problem:
        return _wrong(account_id, problem)
    flash(_("Đã ghi; hồ sơ của người này, nếu có, đóng lại với tài khoản ngay."), "ok")
    return redirect(url_for("grants.one", account_id=account_id))


@blueprint.post("/nguoi-than/<kin_id>/ket-thuc")
@needs(Action.GRANT_LEVEL, step_up=True)
def kin_end(kin_id: str) -> Page:
    """Ends an entry, with a reason."""
    account_id = request.form.get("account_id", "")
    try:
        with work() as uow:
            account_id = kin.end(uow, principal(), kin_id, request.form.get("kin_reason", ""), now()).account_id
    except InvalidInput as problem:
        flash(problem.message_vi, "doubt")
    else:
        flash(_("Đã kết thúc mục này."), "ok")
    if len(account_id) == 32 and account_id.isalnum():
        return redirect(url_for("grants.one", account_id=account_id))
    return redirect(url_for("grants.listing"))
