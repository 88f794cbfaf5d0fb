"""The request's context: the only place where the web looks at the clock, the signed-in person and the house."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

from flask import current_app, g, request
from flask_login import UserMixin, current_user
from werkzeug.datastructures import MultiDict

from oms.domain.access import Principal
from oms.services import throttle
from oms.services.house import House, UnitOfWork
from oms.services.passkeys import Site, site_of
from oms.services.sessions import Live, Stage
from oms.services.throttle import Place

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The wall clock, aware, UTC."""
    return datetime.now(UTC)


class SignedIn(UserMixin):  # type: ignore[misc]
    """A live session for Flask-Login: its id is the session's token, its person is read anew each request.

    Who still owes a factor, a password or an enrolment is not authenticated, whoever asks.
    """

    def __init__(self, token: str, live: Live) -> None:
        self.token, self.live, self.principal = token, live, live.principal

    @property
    def is_authenticated(self) -> bool:
        return self.live.stage is Stage.FULL

    def get_id(self) -> str:
        return self.token


def house() -> House:
    """The installation this app serves."""
    return cast(House, current_app.extensions["oms"])


def now() -> datetime:
    """The app's clock (tests set their own)."""
    return cast(Clock, current_app.extensions["oms_clock"])()


def pending() -> SignedIn | None:
    """The session of this request, whatever it still owes; None without one."""
    user = current_user._get_current_object()
    return user if isinstance(user, SignedIn) else None


def principal() -> Principal:
    """The person in this request, signed in or behind a program's token; the guard has made sure there is one."""
    person = g.bearer if "bearer" in g else current_user.principal
    return replace(cast(Principal, person), request=request_number())


def sent_with() -> MultiDict[str, str]:
    """What this request was sent with: a form's fields, else the address's; the two are never mixed."""
    return request.form if request.method == "POST" else request.args


_NUMBER = re.compile(r"[0-9a-f]{8,16}")


def request_number() -> str:
    """The number of this request, which a person can quote: on error pages, in the program's log and the journal.

    A proxy of one's own may have given it one already.
    """
    if "request_number" not in g:
        given = request.headers.get("X-Request-Id", "") if house().settings.proxied else ""
        g.request_number = given if _NUMBER.fullmatch(given) else secrets.token_hex(4)
    return cast(str, g.request_number)


def signed_in() -> Principal | None:
    """The signed-in person or None, for pages that anyone may see."""
    return principal() if current_user.is_authenticated else None


def address() -> str:
    """The client's address as the server saw it."""
    return (request.remote_addr or "")[:60]


_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("coc_coc", "Cốc Cốc"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
)
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"))


def browser() -> str:
    """The browser as its owner would call it: "Chrome – Windows"; "" when it is not known. No more of it is kept."""
    said = request.headers.get("User-Agent", "")
    name = next((word for mark, word in _BROWSERS if mark in said), "")
    system = next((word for mark, word in (*_SYSTEMS, ("Linux", "Linux")) if mark in said), "")
    return " – ".join(filter(None, (name, system)))


def device_cookie(name: str) -> str:
    """What the cookie is called that makes this browser a known device of an account (its name as the throttle's)."""
    prefix = "__Host-" if house().settings.secure_cookies else ""
    return prefix + throttle.device_cookie(name)


def place(username: str) -> Place:
    """Where this request comes from, as the throttle counts it for this name."""
    name = throttle.name_of(house().settings, username)
    return Place(address(), request.cookies.get(device_cookie(name), "")[:200], browser())


def site() -> Site:
    """Where the pages are open, for passkeys."""
    return site_of(house().settings, request.host_url.rstrip("/"))


@contextmanager
def work() -> Iterator[UnitOfWork]:
    """One use case in one transaction, for the signed-in person, now."""
    only_reads = request.method in ("GET", "HEAD")
    with house().read(principal(), now()) if only_reads else house().work(principal(), now()) as uow:
        yield uow
