"""The door: sign in step by step, sign out, choose the language; and the proof asked for again before grave acts."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from flask import Blueprint, flash, make_response, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import LoginManager, current_user, login_user, logout_user
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.errors import InvalidInput, Refused, Throttled
from oms.services import factors, passkeys, sessions, sign_in, throttle
from oms.services.factors import Proof
from oms.services.sessions import Stage
from oms.services.sign_in import Arrived
from oms.web import step_up
from oms.web.context import SignedIn, address, device_cookie, house, now, pending, place, principal, site, work
from oms.web.guard import STAGE_PAGES, needs

blueprint = Blueprint("auth", __name__)
login_manager = LoginManager()
# The server's own session table decides; Flask-Login's cookie fingerprint is known to clash with CSRF (its issue 231).
login_manager.session_protection = None


@login_manager.user_loader
def load(token: str) -> SignedIn | None:
    """The live session of a token; grants are read anew each time."""
    found = sessions.live(house(), token, address(), now())
    return SignedIn(token, found) if found else None


def safe_next(target: str | None) -> str:
    """A path on this site, or home: never another site's address."""
    wanted = target or ""
    parts = urlsplit(wanted)
    if not wanted.startswith("/") or wanted.startswith("//") or "\\" in wanted or parts.scheme or parts.netloc:
        return url_for("home.index")
    return wanted


@blueprint.get("/dang-nhap")
def login() -> str | Response:
    """The sign-in form."""
    if current_user.is_authenticated:
        return redirect(url_for("home.index"))
    return _door([], "", request.args.get("next", ""))


def _door(errors: list[dict[str, str]], username: str, next_url: str | None) -> str:
    return render_template(
        "auth/login.html", errors=errors, username=username, next_url=next_url, no_passkey=site().problem
    )


@blueprint.post("/dang-nhap")
def login_post() -> tuple[str, int] | Response:
    """The first step; one answer for a wrong name and a wrong password."""
    username, next_url = request.form.get("username", ""), request.form.get("next")
    try:
        done = sign_in.with_password(house(), username, request.form.get("password", "")[:1000], place(username), now())
    except (Refused, Throttled) as problem:
        wrong = _("Tên đăng nhập hoặc mật khẩu không đúng.")
        error = problem.message_vi if isinstance(problem, Throttled) else wrong
        status = problem.status if isinstance(problem, Throttled) else 401
        return _door([{"field": "username", "text": error}], username, next_url), status
    return _arrive(done, next_url)


@blueprint.post("/dang-nhap/khoa/hoi")
def passkey_options() -> Response:
    """What a passkey is asked to sign at the door, before any name is known."""
    with house().work(None, now()) as uow:
        asked = passkeys.authentication_options(uow, "sign_in", "", site(), now())
    return make_response(asked, {"Content-Type": "application/json"})


@blueprint.post("/dang-nhap/khoa")
def passkey_post() -> tuple[str, int] | Response:
    """Signs in by a passkey alone."""
    try:
        done = sign_in.with_passkey(house(), request.form.get("passkey", "")[:20_000], site(), place(""), now())
    except Refused:
        return _door([{"field": "", "text": passkeys.WRONG}], "", request.form.get("next")), 401
    return _arrive(done, request.form.get("next"))


def _arrive(done: Arrived, next_url: str | None) -> Response:
    """The browser gets the new token and goes where its stage lets it."""
    wanted = session.get("next") if next_url is None else next_url
    renew(done.token)
    if done.stage is not Stage.FULL:
        session["next"] = safe_next(wanted) if wanted else ""
        return redirect(url_for(STAGE_PAGES[done.stage][0]))
    return remember_device(redirect(safe_next(wanted)), done)


def renew(token: str) -> None:
    """A clean cookie with the new token: of what it held before only the language stays."""
    language = session.get("lang")
    session.clear()
    if language:
        session["lang"] = language
    login_user(load(token), force=True)


def remember_device(response: Response, done: Arrived) -> Response:
    """Makes this browser a known device of the account, so that strangers' guesses never keep its owner out."""
    if done.device:
        response.set_cookie(
            device_cookie(done.name),
            done.device,
            max_age=timedelta(days=throttle.DEVICE_DAYS),
            secure=house().settings.secure_cookies,
            httponly=True,
            samesite="Strict",
        )
    return response


@blueprint.get("/dang-nhap/buoc-hai")
@needs(Action.OWN_ACCOUNT)
def factor() -> str | Response:
    """The form for the second factor."""
    here = pending()
    if here is None or here.live.stage is not Stage.FACTOR:
        return redirect(url_for("home.index"))
    return _factor_page([])


def _factor_page(errors: list[dict[str, str]]) -> str:
    with house().look() as uow:
        known = factors.of(uow, principal().account_id)
    return render_template("auth/factor.html", errors=errors, factors=known, no_passkey=site().problem)


@blueprint.post("/dang-nhap/buoc-hai")
@needs(Action.OWN_ACCOUNT)
def factor_post() -> tuple[str, int] | Response:
    """The second step: a code from the phone, a passkey, or a recovery code."""
    here = pending()
    if here is None or here.live.stage is not Stage.FACTOR:
        return redirect(url_for("home.index"))
    kind = request.form.get("kind", "totp")
    field = {"passkey": "passkey", "recovery": "recovery"}.get(kind, "code")
    proof = Proof(kind, request.form.get(field, "")[:20_000])
    try:
        done = sign_in.with_factor(house(), here.token, here.live, proof, site(), place(here.principal.username), now())
    except (InvalidInput, Throttled) as problem:
        status = problem.status if isinstance(problem, Throttled) else 401
        return _factor_page([{"field": field, "text": problem.message_vi}]), status
    except Refused:
        logout_user()
        session.clear()
        flash(_("Đã nhập sai nhiều lần. Hãy đăng nhập lại từ đầu."), "refused")
        return redirect(url_for("auth.login"))
    answer = _arrive(done, None)
    if kind == "recovery":
        flash(_("Đã dùng một mã khôi phục. Hãy xem lại các yếu tố xác thực trong Tài khoản của tôi."), "doubt")
    return answer


@blueprint.post("/dang-nhap/buoc-hai/hoi")
@needs(Action.OWN_ACCOUNT)
def factor_options() -> Response:
    """What a passkey is asked to sign as the second step."""
    with house().work(principal(), now()) as uow:
        asked = passkeys.authentication_options(uow, "factor", principal().account_id, site(), now())
    return make_response(asked, {"Content-Type": "application/json"})


@blueprint.get("/dang-nhap/mat-khau-moi")
@needs(Action.OWN_ACCOUNT)
def new_password() -> str | Response:
    """The form for the password of one's own, after a one-time code."""
    here = pending()
    if here is None or here.live.stage is not Stage.PASSWORD:
        return redirect(url_for("home.index"))
    return _new_password_page([])


def _new_password_page(errors: list[dict[str, str]]) -> str:
    with house().look() as uow:
        least = sign_in.least_characters(uow, house().settings, principal())
    return render_template("auth/new_password.html", errors=errors, least=least)


@blueprint.post("/dang-nhap/mat-khau-moi")
@needs(Action.OWN_ACCOUNT)
def new_password_post() -> tuple[str, int] | Response:
    """Sets it and goes on with what is owed next."""
    here = pending()
    if here is None or here.live.stage is not Stage.PASSWORD:
        return redirect(url_for("home.index"))
    new = request.form.get("new_password", "")[:1000]
    try:
        if new != request.form.get("new_password_again", "")[:1000]:
            raise InvalidInput("new_password_again", "Hai lần nhập mật khẩu mới không giống nhau.")
        done = sign_in.set_password(house(), here.token, here.live, new, place(here.principal.username), now())
    except InvalidInput as problem:
        return _new_password_page([{"field": problem.field, "text": problem.message_vi}]), 400
    except Throttled as problem:
        return _new_password_page([{"field": "", "text": problem.message_vi}]), problem.status
    return _arrive(done, None)


@blueprint.post("/dang-xuat")
@needs(Action.OWN_ACCOUNT)
def logout() -> Response:
    """Ends the session on the server too, also one that still owes something."""
    here = pending()
    if here is not None:
        sessions.sign_out(house(), here.token, here.principal, now())
    logout_user()
    session.clear()
    return redirect(url_for("auth.login"))


@blueprint.get("/xac-nhan-lai")
@needs(Action.OWN_ACCOUNT)
def step_up_form() -> str | Response:
    """Asks for a fresh proof before a page that needs one."""
    wanted = safe_next(request.args.get("next"))
    return (
        redirect(wanted) if principal().stepped_up else step_up.page(url_for("auth.step_up_post"), [("next", wanted)])
    )


@blueprint.post("/xac-nhan-lai")
@needs(Action.OWN_ACCOUNT)
def step_up_post() -> tuple[str, int] | Response:
    """Takes the proof and goes on to the page that needed it."""
    wanted = safe_next(request.form.get("next"))
    problem = step_up.prove()
    if problem is None:
        return redirect(wanted)
    return step_up.page(url_for("auth.step_up_post"), [("next", wanted)], problem.message_vi), problem.status


@blueprint.post("/xac-nhan-lai/hoi")
@needs(Action.OWN_ACCOUNT)
def step_up_options() -> Response:
    """What a passkey is asked to sign as a fresh proof."""
    with work() as uow:
        asked = passkeys.authentication_options(uow, "step_up", principal().account_id, site(), now())
    return make_response(asked, {"Content-Type": "application/json"})


@blueprint.post("/ngon-ngu")
def language() -> Response:
    """Vietnamese or English for this browser."""
    session["lang"] = "en" if request.form.get("lang") == "en" else "vi"
    return redirect(safe_next(request.form.get("next")))
