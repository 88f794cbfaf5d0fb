"""The OpenAPI 3.1 document, made from the table of operations and nothing else."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema, fields

from oms.domain.api_scopes import AREAS
from oms.domain.catalogue import MIN_PURPOSE_TEXT, PURPOSES
from oms.web.api import shapes as s
from oms.web.api.door import KEY, PROOF, PURPOSE, REASON, TASK
from oms.web.api.operations import OPERATIONS, TAG, Operation
from oms.web.api.problems import KINDS, MEDIA
from oms.web.api.shapes import ID_PATTERN, MOST, Fault, Paged, Receipt, Told

VERSION = "1.0.0"
ABOUT = (
    "The records system for programs. Bearer tokens are made by their owner on the account page and are worth no more "
    "than the owner's account. What is missing and what is hidden are one answer (404). Every reading is a row of the "
    "journal before its first byte leaves. Rules and an example: docs/api.md."
)
Object = dict[str, Any]


class Problem(Told):
    """problem+json."""

    type = s.text()
    title = s.text()
    status = s.number()
    detail = s.text()
    number = s.text()


class Refusal(Problem):
    """problem+json with what is wrong, where that can be said."""

    message = s.text()
    errors = s.each(Fault)

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Message and errors stand in it only where there are any."""
        field_obj.required = field_name not in ("message", "errors")


@lru_cache(1)
def made() -> Object:
    """The document."""
    spec = APISpec(
        "OMS",
        VERSION,
        "3.1.0",
        plugins=[MarshmallowPlugin(schema_name_resolver=_name)],
        info={"description": ABOUT, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        servers=[{"url": "/"}],
        security=[{"token": []}],
        tags=[{"name": area, "description": label} for area, label in AREAS.items()],
    )
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    spec.components.schema("Problem", schema=Refusal)
    spec.components.schema("Receipt", schema=Receipt)
    for status in sorted({status for status, _title, _detail in KINDS.values()} - {500}):
        spec.components.response(f"Problem{status}", _problem(status))
    paths: dict[str, Object] = {}
    for here in OPERATIONS.values():
        paths.setdefault(_path(here), {})[here.method.lower()] = _operation(here)
    for path, operations in paths.items():
        spec.path(path=path, operations=operations)
    return spec.to_dict()


def _name(schema: Any) -> str:
    found = schema if isinstance(schema, type) else type(schema)
    return "Problem" if found is Refusal else found.__name__


def _path(here: Operation) -> str:
    return "/api/v1" + re.sub(r"<(?:int[^:]*:)?(\w+)>", r"{\1}", here.path)


def _problem(status: int) -> Object:
    kinds = [kind for kind, told in KINDS.items() if told[0] == status]
    return {
        "description": " / ".join(kinds) + ". " + KINDS[kinds[0]][2],
        "content": {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _operation(here: Operation) -> Object:
    found: Object = {
        "operationId": here.name,
        "summary": here.summary,
        "tags": [here.area],
        "description": f"Scope `{here.scope}`; the owner's role must include `{here.action}`.",
        "parameters": _parameters(here),
        "responses": _responses(here),
    }
    if here.body is not None:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": here.body}}}
    if here.file:
        binary = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}
        found["requestBody"] = {"required": True, "content": {"application/octet-stream": binary}}
    return found


def _parameters(here: Operation) -> list[Any]:
    found: list[Any] = []
    for kind, name in re.findall(r"<(int[^:]*:)?(\w+)>", here.path):
        form: Object = {"type": "string", "pattern": ID_PATTERN}
        if kind:
            form = {"type": "integer", "minimum": 0, "maximum": MOST}
        found.append({"in": "path", "name": name, "required": True, "schema": form})
    query: type[Schema] | None = here.query or (Paged if here.listed else None)
    if query is not None:
        found.append({"in": "query", "schema": query})
    return found + _headers(here)


def _headers(here: Operation) -> list[Object]:
    found = []
    if here.purpose:
        text_form: Object = {"type": "string", "minLength": MIN_PURPOSE_TEXT, "maxLength": 1500}
        text_form["pattern"] = "^[!-~]+$"
        found = [
            _header(PURPOSE, "What it is read for.", {"type": "string", "enum": list(PURPOSES)}),
            _header(REASON, "For what, in words; UTF-8, percent-encoded.", text_form),
            _header(TASK, "The open task it is read for.", {"type": "string", "pattern": ID_PATTERN}, needed=False),
        ]
    if here.match:
        what = "The version it was read with" if here.match != TAG else f"The ETag that {here.of} answered"
        found.append(_header("If-Match", f"{what}, in quotes.", {"type": "string", "pattern": '^"[0-9a-f]{1,32}"$'}))
    if here.keyed:
        form: Object = {"type": "string", "pattern": "^[0-9A-Za-z_-]{1,64}$"}
        found.append(_header(KEY, "A key of your own: sent twice within a day, it has one effect.", form))
    if here.proof:
        found.append(_header(PROOF, "The code now on the owner's phone.", {"type": "string", "pattern": "^[0-9]{6}$"}))
    return found


def _header(name: str, about: str, form: Object, *, needed: bool = True) -> Object:
    return {"in": "header", "name": name, "description": about, "required": needed, "schema": form}


def _responses(here: Operation) -> Object:
    found: Object = dict(_good(here))
    wrong = [400, 401, 403, 404, 409, 429, 503, 507]
    if here.writes:
        wrong.append(413)
    if here.keyed:
        wrong += [422, 428]
    if here.purpose or here.match:
        wrong.append(428)
    if here.match:
        wrong.append(412)
    if here.body is not None:
        wrong.append(415)
    return found | {str(status): f"Problem{status}" for status in sorted(set(wrong))}


def _good(here: Operation) -> Object:
    if here.media:
        binary = {"schema": {"type": "string", "contentMediaType": here.media}}
        return {"200": {"description": here.summary, "content": {here.media: binary}}}
    if here.writes:
        told = {"content": {"application/json": {"schema": Receipt}}}
        return {
            "200": {"description": "Done.", **told},
            "201": {"description": "Made.", **told},
            "204": {"description": "Done."},
        }
    form: Any = here.answer or {"type": "object"}
    if here.listed:
        lines: Object = {"type": "array", "items": here.answer}
        count: Object = {"type": "integer", "minimum": 0}
        form = {
            "type": "object",
            "required": ["items", "total", "page", "size"],
            "properties": {"items": lines, "total": count, "page": count, "size": count},
        }
    tag = {"ETag": {"description": "For If-Match.", "schema": {"type": "string"}}}
    return {"200": {"description": here.summary, "headers": tag, "content": {"application/json": {"schema": form}}}}
