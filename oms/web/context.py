"""The request's context: the only place where the web looks at the clock, the signed-in person and the house."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

from flask import current_app, g, request
from flask_login import UserMixin, current_user

from oms.domain.access import Principal
from oms.services.house import House, UnitOfWork

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The wall clock, aware, UTC."""
    return datetime.now(UTC)


class SignedIn(UserMixin):  # type: ignore[misc]
    """A live session for Flask-Login: its id is the session's token, its person is read anew each request."""

    def __init__(self, token: str, principal: Principal, must_change: bool) -> None:
        self.token, self.principal, self.must_change = token, principal, must_change

    def get_id(self) -> str:
        return self.token


def house() -> House:
    """The installation this app serves."""
    return cast(House, current_app.extensions["oms"])


def now() -> datetime:
    """The app's clock (tests set their own)."""
    return cast(Clock, current_app.extensions["oms_clock"])()


def principal() -> Principal:
    """The signed-in person in this request; the guard has made sure there is one."""
    return replace(cast(Principal, current_user.principal), request=request_number())


def request_number() -> str:
    """The number of this request, which a person can quote: on error pages, in the program's log and the journal."""
    if "request_number" not in g:
        g.request_number = secrets.token_hex(4)
    return cast(str, g.request_number)


def signed_in() -> Principal | None:
    """The signed-in person or None, for pages that anyone may see."""
    return principal() if current_user.is_authenticated else None


def address() -> str:
    """The client's address as the server saw it."""
    return (request.remote_addr or "")[:60]


@contextmanager
def work() -> Iterator[UnitOfWork]:
    """One use case in one transaction, for the signed-in person, now."""
    with house().work(principal(), now()) as uow:
        yield uow
