"""Two doors for machines: does the process live, is the installation ready. No data, no numbers, no names."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, current_app

from oms.services.readiness import Kept
from oms.web.context import house, now

blueprint = Blueprint("probes", __name__)


def _plain(text: str, status: int = 200) -> Response:
    return Response(text + "\n", status, mimetype="text/plain")


@blueprint.get("/healthz")
def health() -> Response:
    """The process answers; nothing else is asked."""
    return _plain("ok")


@blueprint.get("/readyz")
def ready() -> Response:
    """The word ready; or 503 with one word a line for each part that is not."""
    kept = cast(Kept, current_app.extensions["oms_readiness"])
    missing = kept.unready(house(), now())
    return _plain("\n".join(missing), 503) if missing else _plain("ready")
