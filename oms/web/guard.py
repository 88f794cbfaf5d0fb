"""Deny by default: every route declares its action or stands in PUBLIC; anything else is refused before it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from oms.domain.access import Action, permits
from oms.domain.journal import Verb
from oms.errors import Refused
from oms.web.context import house, now, principal
from oms.web.frame import route_label

PUBLIC = ("static", "fonts.font", "auth.login", "auth.login_post", "auth.language")
"""Endpoints open to anyone. A test keeps every other route declaring its action."""

BEFORE_PASSWORD_CHANGE = ("auth.password", "auth.password_post", "auth.logout")

TAKES_FILES = ("scanning_desk.upload",)
FORM_BYTES = 4 * 1024 * 1024
"""The longest request anywhere else: forms are text, and the door is open to strangers."""

View = TypeVar("View", bound=Callable[..., Any])


def needs(action: Action) -> Callable[[View], View]:
    """Declares the action a view stands for; the guard asks the role, the service asks the record."""

    def mark(view: View) -> View:
        view.action = action  # type: ignore[attr-defined]
        return view

    return mark


def declared_action(app: Flask, endpoint: str) -> Action | None:
    """The action a route declared, or None."""
    return getattr(app.view_functions.get(endpoint), "action", None)


def check() -> Response | None:
    """Runs before every request. Who is not signed in is sent to the door, whatever was asked for."""
    endpoint = request.endpoint or ""
    if endpoint not in TAKES_FILES:
        request.max_content_length = FORM_BYTES
    if endpoint in PUBLIC:
        return None
    if not current_user.is_authenticated:
        return redirect(url_for("auth.login", next=request.full_path if request.method == "GET" else None))
    if current_user.must_change and endpoint not in BEFORE_PASSWORD_CHANGE:
        return redirect(url_for("auth.password"))
    if not endpoint:
        return None  # no such address: Flask answers 404, and nobody tried anything
    action = declared_action(current_app, endpoint)
    if action is not None and permits(principal(), action):
        return None
    label = route_label(endpoint)
    refusal = Refused(Verb.ROUTE_REFUSE, kind="route", object_id=endpoint, label=label, reason=f"role lacks {action}")
    with house().work(principal(), now()):
        raise refusal


CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def seal_response(response: Response) -> Response:
    """Security headers on every response; nothing but styles, scripts and fonts may be kept by a cache."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    if request.endpoint not in ("static", "fonts.font"):
        response.headers["Cache-Control"] = "no-store"
    return response


def install(app: Flask) -> None:
    """Puts the guard before, and the headers behind, every request."""
    app.before_request(check)
    app.after_request(seal_response)
