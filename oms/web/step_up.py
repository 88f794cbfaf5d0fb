"""A fresh proof of who is at the keyboard, asked for before deleting, exporting and granting.

A route asks for it with ``@needs(action, step_up=True)``. A page that is asked for by GET comes after the proof. A form
that arrives too late is not lost: everything in it is laid into the page that asks for the proof, which sends it on to
where it was going; the proof is taken out on the way and the route runs. Files do not survive that, so that no route
that takes files may ask for a fresh proof.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask import current_app, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_user
from werkzeug.wrappers import Response

from oms.errors import InvalidInput, OmsError, Throttled
from oms.services import factors, sessions, sign_in
from oms.services.factors import Proof
from oms.web.context import SignedIn, address, house, now, pending, place, principal, site

KIND, CODE, KEY = "step_up_kind", "step_up_code", "step_up_passkey"
"""The fields of the proof in a form."""


def ask() -> Response | None:
    """None when the person has proved themselves in the last minutes, or does so in this request; else the question."""
    if principal().stepped_up:
        return None
    if request.method in ("GET", "HEAD"):
        return redirect(url_for("auth.step_up_form", next=request.full_path.rstrip("?")))
    if request.headers.get("X-Requested-With") == "fetch":
        told = _("Việc này cần xác nhận lại danh tính. Hãy tải lại trang rồi làm lại.")
        return make_response(jsonify(ok=False, message=told, step_up=url_for("auth.step_up_form")), 403)
    _own_form()
    kept = [(name, value) for name, value in request.form.items(multi=True) if name not in _not_kept()]
    if KIND not in request.form:
        return make_response(page(request.full_path.rstrip("?"), kept), 403)
    problem = prove()
    if problem is None:
        return None
    return make_response(page(request.full_path.rstrip("?"), kept, problem.message_vi), problem.status)


def _not_kept() -> tuple[str, ...]:
    return (KIND, CODE, KEY, "csrf_token")


def _own_form() -> None:
    """The guard runs before the form's token is looked at; here the form's content matters at once."""
    if current_app.config.get("WTF_CSRF_ENABLED", True):
        current_app.extensions["csrf"].protect()


def prove() -> OmsError | None:
    """Takes the proof out of the form; None when it is good: the session is stepped up, under a new token."""
    here = pending()
    if here is None:
        return InvalidInput("step_up", "Phiên đăng nhập đã hết hạn. Hãy đăng nhập lại.")
    kind = request.form.get(KIND, "")
    proof = Proof(kind, request.form.get(KEY if kind == "passkey" else CODE, "")[:20_000])
    where = place(here.principal.username)
    try:
        token = sign_in.step_up(house(), here.token, here.principal, proof, site(), where, now())
    except (InvalidInput, Throttled) as problem:
        return problem
    found = sessions.live(house(), token, address(), now())
    if found is not None:
        login_user(SignedIn(token, found), force=True)
    return None


def page(action: str, kept: Sequence[tuple[str, str]], error: str = "") -> str:
    """The question: what there is to prove oneself with, and the form that goes on to ``action``."""
    with house().look() as uow:
        known = factors.of(uow, principal().account_id)
    errors = [{"field": CODE, "text": error}] if error else []
    fields = {"kind": KIND, "code": CODE, "key": KEY}
    return render_template(
        "auth/step_up.html",
        action=action,
        kept=kept,
        errors=errors,
        factors=known,
        fields=fields,
        no_passkey=site().problem,
    )
