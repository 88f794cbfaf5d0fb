"""The door: sign in, sign out, change the password, choose the language."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import LoginManager, current_user, login_user, logout_user
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.errors import InvalidInput, Refused, Throttled
from oms.services import accounts
from oms.web.context import SignedIn, address, house, now, principal
from oms.web.guard import needs

blueprint = Blueprint("auth", __name__)
login_manager = LoginManager()
# The server's own session table decides; Flask-Login's cookie fingerprint is known to clash with CSRF (its issue 231).
login_manager.session_protection = None


@login_manager.user_loader
def load(token: str) -> SignedIn | None:
    """The live session of a token; grants are read anew each time."""
    found = accounts.principal_for(house(), token, address(), now())
    return SignedIn(token, *found) if found else None


def _safe_next(target: str | None) -> str:
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
    return render_template("auth/login.html", errors=[], username="", next_url=request.args.get("next", ""))


@blueprint.post("/dang-nhap")
def login_post() -> tuple[str, int] | Response:
    """Signs in; one answer for a wrong name and a wrong password."""
    username = request.form.get("username", "")
    try:
        token = accounts.sign_in(house(), username, request.form.get("password", "")[:1000], address(), now())
    except (Refused, Throttled) as problem:
        wrong = _("Tên đăng nhập hoặc mật khẩu không đúng.")
        error = problem.message_vi if isinstance(problem, Throttled) else wrong
        status = 429 if isinstance(problem, Throttled) else 401
        errors = [{"field": "username", "text": error}]
        page = render_template("auth/login.html", errors=errors, username=username, next_url=request.form.get("next"))
        return page, status
    language = session.get("lang")
    session.clear()
    if language:
        session["lang"] = language
    user = load(token)
    login_user(user)
    return redirect(_safe_next(request.form.get("next")))


@blueprint.post("/dang-xuat")
@needs(Action.OWN_ACCOUNT)
def logout() -> Response:
    """Ends the session on the server too."""
    accounts.sign_out(house(), current_user.token, principal(), now())
    logout_user()
    session.clear()
    return redirect(url_for("auth.login"))


@blueprint.get("/mat-khau")
@needs(Action.OWN_ACCOUNT)
def password() -> str:
    """The form to change one's own password."""
    return render_template("auth/password.html", errors=[], forced=current_user.must_change, action="/mat-khau")


@blueprint.post("/mat-khau")
@needs(Action.OWN_ACCOUNT)
def password_post() -> tuple[str, int] | Response:
    """Changes the password; every session of the account ends, this one too."""
    new, again = request.form.get("new_password", ""), request.form.get("new_password_again", "")
    try:
        if new != again:
            raise InvalidInput("new_password_again", "Hai lần nhập mật khẩu mới không giống nhau.")
        accounts.change_password(house(), principal(), request.form.get("current_password", ""), new, now())
    except InvalidInput as problem:
        errors = [{"field": problem.field, "text": problem.message_vi}]
        forced = current_user.must_change
        return render_template("auth/password.html", errors=errors, forced=forced, action="/mat-khau"), 400
    logout_user()
    session.clear()
    flash(_("Đã đổi mật khẩu. Hãy đăng nhập lại."), "ok")
    return redirect(url_for("auth.login"))


@blueprint.post("/ngon-ngu")
def language() -> Response:
    """Vietnamese or English for this browser."""
    session["lang"] = "en" if request.form.get("lang") == "en" else "vi"
    return redirect(_safe_next(request.form.get("next")))
