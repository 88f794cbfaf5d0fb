"""/api/v1: everything the pages do, for programs. Same guard, same services; see docs/api.md."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from oms.errors import Conflict, InvalidInput, OmsError, Throttled
from oms.services import repeats
from oms.services.large_exports import NeedsSecond
from oms.web.api import areas, problems
from oms.web.api import document as _document
from oms.web.api.operations import OPERATIONS
from oms.web.api.running import view_of

__all__ = ["blueprint"]
blueprint = Blueprint("api", __name__, url_prefix="/api/v1")


@blueprint.get("/openapi.json")
def document() -> Response:
    """The OpenAPI document of this API; open to anyone, it holds no record."""
    return jsonify(_document.made())


def _routes() -> None:
    for here in OPERATIONS.values():
        blueprint.add_url_rule(
            here.path, here.name, view_of(here), methods=[here.method], provide_automatic_options=False
        )


@blueprint.errorhandler(OmsError)
def known(error: OmsError) -> Response:
    """What the services raise on purpose."""
    if isinstance(error, repeats.OtherRequest):
        return problems.problem("key-used", error.message_vi)
    if isinstance(error, InvalidInput):
        kind = "conflict" if error.status == Conflict.status else "invalid-input"
        return problems.problem(kind, error.message_vi, [{"field": error.field, "text": error.message_vi}])
    if isinstance(error, Throttled):
        return problems.problem(problems.kind_of(error.status))
    return problems.problem(problems.kind_of(error.status), error.message_vi)


@blueprint.errorhandler(NeedsSecond)
def second(_error: NeedsSecond) -> Response:
    """A list too long for one person: it is asked for at the pages, where a second person decides."""
    return problems.problem("conflict", "Quá số người một người được xuất: hãy xuất ở trang, cần người thứ hai duyệt.")


_ = areas
_routes()
