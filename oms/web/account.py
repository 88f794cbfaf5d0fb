"""One's own account: password, factors, recovery codes, sessions, last sign-ins; and the sessions of others, to end."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import logout_user
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.domain.journal import Verb
from oms.errors import InvalidInput, Throttled
from oms.services import factors as service
from oms.services import passkeys, sessions, sign_in
from oms.services.sessions import Stage
from oms.web.auth import remember_device, renew
from oms.web.context import house, now, pending, place, principal, site, work
from oms.web.guard import needs

blueprint = Blueprint("account", __name__)
LAST_SIGN_INS = 10


@blueprint.get("/tai-khoan")
@needs(Action.OWN_ACCOUNT)
def account() -> str:
    """What there is to know and to change about one's own account."""
    return _account_page([])


def _account_page(errors: list[dict[str, str]]) -> str:
    settings = house().settings
    with house().look(principal()) as uow:
        known = service.of(uow, principal().account_id)
        open_ones = sessions.own(uow, principal(), settings, now())
        last = sessions.last_sign_ins(uow, principal(), LAST_SIGN_INS)
        required = service.must_have(uow, settings, principal().account_id)
        least = sign_in.least_characters(uow, settings, principal())
    return render_template(
        "account/account.html",
        errors=errors,
        factors=known,
        sessions=open_ones,
        last=last,
        least=least,
        required=required,
        opened=Verb.SESSION_OPEN,
    )


@blueprint.post("/tai-khoan/mat-khau")
@needs(Action.OWN_ACCOUNT)
def password() -> tuple[str, int] | Response:
    """Changes the password; every session of the account ends, this one too."""
    new, again = request.form.get("new_password", "")[:1000], request.form.get("new_password_again", "")[:1000]
    current = request.form.get("current_password", "")[:1000]
    try:
        if new != again:
            raise InvalidInput("new_password_again", "Hai lần nhập mật khẩu mới không giống nhau.")
        sign_in.change_password(house(), principal(), current, new, place(principal().username), now())
    except InvalidInput as problem:
        return _account_page([{"field": problem.field, "text": problem.message_vi}]), 400
    except Throttled as problem:
        return _account_page([{"field": "current_password", "text": problem.message_vi}]), problem.status
    logout_user()
    flash(_("Đã đổi mật khẩu. Hãy đăng nhập lại."), "ok")
    return redirect(url_for("auth.login"))


@blueprint.get("/tai-khoan/yeu-to")
@needs(Action.OWN_ACCOUNT, step_up=True)
def factors() -> str:
    """Adds a factor: codes from a phone, or a passkey. Who has to have one comes here at the first sign-in."""
    return _factors_page([])


def _factors_page(errors: list[dict[str, str]], sealed: str = "") -> str:
    settings = house().settings
    with house().look() as uow:
        known = service.of(uow, principal().account_id)
    shown = service.shown_totp(settings, principal(), sealed) if sealed else service.new_totp(settings, principal())
    return render_template(
        "account/factors.html",
        errors=errors,
        factors=known,
        totp=shown,
        first=_stage() is Stage.ENROL,
        no_passkey=site().problem,
    )


def _stage() -> Stage | None:
    here = pending()
    return here.live.stage if here else None


@blueprint.post("/tai-khoan/yeu-to/ma")
@needs(Action.OWN_ACCOUNT, step_up=True)
def totp() -> str | tuple[str, int] | Response:
    """Keeps the phone's secret once its first code is right."""
    sealed, code = request.form.get("sealed", "")[:400], request.form.get("code", "")[:20]
    try:
        with service.enrolling(house(), principal(), "totp", now()) as uow:
            service.add_totp(uow, principal(), house().settings, sealed, code, now())
    except InvalidInput as problem:
        try:
            return _factors_page([{"field": "code", "text": problem.message_vi}], sealed), 400
        except InvalidInput:
            return _factors_page([{"field": "code", "text": problem.message_vi}]), 400
    return _added("totp")


@blueprint.post("/tai-khoan/yeu-to/khoa/hoi")
@needs(Action.OWN_ACCOUNT)
def passkey_options() -> Response:
    """What the browser is asked for a new passkey."""
    with work() as uow:
        asked = passkeys.registration_options(uow, principal(), site(), now())
    return make_response(asked, {"Content-Type": "application/json"})


@blueprint.post("/tai-khoan/yeu-to/khoa")
@needs(Action.OWN_ACCOUNT, step_up=True)
def passkey() -> str | tuple[str, int] | Response:
    """Keeps a new passkey under its name."""
    answer, name = request.form.get("passkey", "")[:40_000], request.form.get("name", "")[:200]
    try:
        with service.enrolling(house(), principal(), "passkey", now()) as uow:
            passkeys.register(uow, principal(), answer, name, site(), now())
    except InvalidInput as problem:
        return _factors_page([{"field": "name", "text": problem.message_vi}]), 400
    return _added("passkey")


def _added(factor: str) -> str | Response:
    """After a factor was added: into the house if that was owed, and recovery codes when there are none yet."""
    here = pending()
    done = None
    if here is not None and here.live.stage is Stage.ENROL:
        done = sign_in.enrolled(house(), here.token, here.live, factor, place(here.principal.username), now())
        renew(done.token)
    with house().look() as uow:
        left = service.of(uow, principal().account_id).recovery_left
    if left:
        flash(_("Đã thêm yếu tố xác thực."), "ok")
        return redirect(url_for("account.account"))
    page = make_response(_recovery_page())
    return remember_device(page, done) if done else page


def _recovery_page() -> str:
    with work() as uow:
        codes = service.new_recovery_codes(uow, principal(), now())
    return render_template("account/recovery.html", codes=codes)


@blueprint.post("/tai-khoan/ma-khoi-phuc")
@needs(Action.OWN_ACCOUNT, step_up=True)
def recovery() -> str | tuple[str, int]:
    """Makes ten new recovery codes, shown once on the answer; the old ones are void."""
    try:
        return _recovery_page()
    except InvalidInput as problem:
        return _account_page([{"field": "recovery", "text": problem.message_vi}]), 400


@blueprint.post("/tai-khoan/yeu-to/bo")
@needs(Action.OWN_ACCOUNT, step_up=True)
def remove() -> tuple[str, int] | Response:
    """Removes one factor."""
    try:
        with work() as uow:
            service.remove(uow, principal(), house().settings, request.form.get("factor", "")[:32], now())
    except InvalidInput as problem:
        return _account_page([{"field": "factor", "text": problem.message_vi}]), 400
    flash(_("Đã bỏ yếu tố xác thực."), "ok")
    return redirect(url_for("account.account"))


@blueprint.post("/tai-khoan/phien")
@needs(Action.OWN_ACCOUNT, step_up=True)
def end_session() -> Response:
    """Ends one of one's own sessions, or all but this one."""
    with work() as uow:
        sessions.end_own(uow, principal(), request.form.get("session", "")[:32], now())
    flash(_("Đã kết thúc phiên đăng nhập."), "ok")
    return redirect(url_for("account.account"))


@blueprint.get("/tai-khoan/<account_id>/phien")
@needs(Action.SESSION_END)
def sessions_of(account_id: str) -> str:
    """The sessions of an account, for the administrator and the security officer."""
    with work() as uow:
        found, rows = sessions.of_account(uow, principal(), account_id, house().settings, now())
    return render_template("account/sessions.html", account=found, rows=rows)


@blueprint.post("/tai-khoan/<account_id>/phien")
@needs(Action.SESSION_END, step_up=True)
def end_sessions_of(account_id: str) -> Response:
    """Ends one session of an account, or all of them; at once."""
    with work() as uow:
        ended = sessions.end_of_account(uow, principal(), account_id, request.form.get("session", "")[:32], now())
    flash(_("Đã kết thúc %(n)s phiên đăng nhập.", n=ended), "ok")
    return redirect(url_for("account.sessions_of", account_id=account_id))
