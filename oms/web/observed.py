"""What is counted and told of every request: desk, status, time, number. Never an address, a person or an id."""

from __future__ import annotations

import logging
import time
from typing import Any

from flask import Flask, g, request
from werkzeug.wrappers import Response

from oms import measures, program_log
from oms.services.readiness import Kept
from oms.web import tracing
from oms.web.context import house, request_number

log = logging.getLogger("oms.access")
UNTOLD = ("static", "fonts.font", "probes.health", "probes.ready")
"""Counted, but no lines of the log: they say nothing and are asked for all the time."""


def _begin(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Before the guard: whoever is turned away is counted too."""
    g.begun = time.perf_counter()
    program_log.request_number.set(request_number())


def desk_of(endpoint: str | None) -> str:
    """The desk a route belongs to; "none" for an address that is not there."""
    return (endpoint or "none").partition(".")[0]


def _end(response: Response) -> Response:
    seconds = time.perf_counter() - g.get("begun", time.perf_counter())
    endpoint, number = request.endpoint, request_number()
    response.headers["X-Request-Id"] = number
    measures.count("requests", desk_of(endpoint), request.method, str(response.status_code))
    measures.took("request_seconds", seconds, desk_of(endpoint))
    if endpoint not in UNTOLD:
        told = {"endpoint": endpoint or "", "method": request.method, "status": response.status_code}
        log.info("request", extra={"fields": told | {"ms": round(seconds * 1000, 1)}})
    return response


def _gone(_error: BaseException | None) -> None:
    program_log.request_number.set("")


def install(app: Flask) -> None:
    """Watches every request of the app."""
    with app.app_context():
        log.setLevel(logging.INFO if house().settings.access_log else logging.WARNING)
    app.extensions["oms_readiness"] = Kept()
    app.url_value_preprocessor(_begin)
    app.after_request(_end)
    app.teardown_request(_gone)
    tracing.install(app)
