"""Deny by default: every route declares its action or stands in PUBLIC; anything else is refused before it runs.

``@needs(action, step_up=True)`` asks for a fresh proof of who is at the keyboard besides (``oms.web.step_up``): for
routes that delete, export, grant or end sessions, and for pages that only carry such a form.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, g, redirect, request, url_for
from jinja2.ext import Extension
from werkzeug.wrappers import Response

from oms.domain.access import Action, permits
from oms.domain.journal import Verb
from oms.errors import Refused
from oms.services.sessions import Stage
from oms.web import step_up as proof
from oms.web.api import door
from oms.web.api.problems import is_api
from oms.web.context import house, now, pending, principal
from oms.web.frame import route_label
from oms.web.sent import sound_places

PUBLIC = (
    "static",
    "fonts.font",
    "auth.login",
    "auth.login_post",
    "auth.passkey_options",
    "auth.passkey_post",
    "auth.language",
    "anchors.head",
    "anchors.cosignature",
    "probes.health",
    "probes.ready",
    "api.document",
)
"""Endpoints open to anyone. A test keeps every other route declaring its action."""

STAGE_PAGES = {
    Stage.FACTOR: ("auth.factor", "auth.factor_post", "auth.factor_options", "auth.logout"),
    Stage.PASSWORD: ("auth.new_password", "auth.new_password_post", "auth.logout"),
    Stage.ENROL: (
        "account.factors",
        "account.totp",
        "account.passkey_options",
        "account.passkey",
        "auth.logout",
    ),
}
"""All that a session may reach which still owes something; the first is where it is sent."""

TAKES_FILES = (
    *("scanning_desk.upload", "exchange.upload", "cases.attach"),
    *("api.add_scan", "api.upload_package", "api.add_draft"),
)
FORM_BYTES = 4 * 1024 * 1024
"""The longest request anywhere else: forms are text, and the door is open to strangers."""

View = TypeVar("View", bound=Callable[..., Any])


def needs(action: Action, step_up: bool = False) -> Callable[[View], View]:
    """Declares the action a view stands for; the guard asks the role, the service asks the record.

    ``step_up``: only after a proof of the person not older than ten minutes.
    """

    def mark(view: View) -> View:
        view.action, view.step_up = action, step_up  # type: ignore[attr-defined]
        return view

    return mark


def declared_action(app: Flask, endpoint: str) -> Action | None:
    """The action a route declared, or None."""
    return getattr(app.view_functions.get(endpoint), "action", None)


def asks_step_up(app: Flask, endpoint: str) -> bool:
    """Whether a route asks for a fresh proof."""
    return bool(getattr(app.view_functions.get(endpoint), "step_up", False))


def check() -> Response | None:
    """Runs before every request. Who is not signed in is sent to the door, whatever was asked for."""
    endpoint = request.endpoint or ""
    if endpoint not in TAKES_FILES:
        request.max_content_length = FORM_BYTES
    sound_places()
    if is_api():
        return door.check()
    _from_own_pages()
    if endpoint in PUBLIC:
        return None
    here = pending()
    if here is None:
        return redirect(url_for("auth.login", next=request.full_path if request.method == "GET" else None))
    if here.live.stage is not Stage.FULL:
        reached = STAGE_PAGES[here.live.stage]
        return None if endpoint in reached else redirect(url_for(reached[0]))
    if not endpoint:
        return None  # no such address: Flask answers 404, and nobody tried anything
    action = declared_action(current_app, endpoint)
    if action is not None and permits(principal(), action):
        return proof.ask() if asks_step_up(current_app, endpoint) else None
    label = route_label(endpoint)
    refusal = Refused(Verb.ROUTE_REFUSE, kind="route", object_id=endpoint, label=label, reason=f"role lacks {action}")
    with house().work(principal(), now()):
        raise refusal


def _from_own_pages() -> None:
    """What changes or exports something comes from this site's own pages: browsers say so, beside the form's token.

    A program that sends neither header is no browser and carries nobody's cookie by accident.
    """
    reads = request.method in ("GET", "HEAD", "OPTIONS")
    if reads and not asks_step_up(current_app, request.endpoint or ""):
        return
    said = request.headers.get("Sec-Fetch-Site", "")
    origin = request.headers.get("Origin", "")
    if said and said not in ("same-origin", "none"):
        abort(400)
    if not said and origin and urlsplit(origin).netloc != request.host:
        abort(400)


CSP = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
"""Scripts run by their nonce alone: a file that somebody got to lie on this site is no script of ours."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class Nonced(Extension):
    """Gives every script tag that is written in a template the nonce of its answer, when the template is compiled.

    Nobody has to think of it, and what data brings into a page never gets one: it comes after compiling, escaped.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return _SCRIPT.sub('<script nonce="{{ csp_nonce() }}"', source)


_SCRIPT = re.compile(r"<script(?=[\s>])")


def csp_nonce() -> str:
    """The nonce of this answer's scripts: new each time."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(18)
    return str(g.csp_nonce)


def seal_response(response: Response) -> Response:
    """Security headers on every response; nothing but styles, scripts and fonts may be kept by a cache."""
    response.headers["Content-Security-Policy"] = CSP.format(nonce=csp_nonce())
    for name, value in HEADERS.items():
        response.headers[name] = value
    if house().settings.secure_cookies:
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if request.endpoint not in ("static", "fonts.font"):
        response.headers["Cache-Control"] = "no-store"
    return response


def install(app: Flask) -> None:
    """Puts the guard before, and the headers behind, every request."""
    app.jinja_env.add_extension(Nonced)
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    app.before_request(check)
    app.after_request(seal_response)
