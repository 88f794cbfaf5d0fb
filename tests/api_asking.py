"""A program at the API's door: its token, its headers, bodies that fit, and which page each operation stands for."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from factories import World
from flask import Flask
from marshmallow import Schema, fields, validate
from web_walk import Walker
from werkzeug.test import TestResponse

from oms.domain.api_scopes import EVERY
from oms.errors import OmsError
from oms.services import tokens
from oms.web.api.operations import OPERATIONS as OPERATIONS
from oms.web.api.operations import Operation

REASON = "rà soát quy hoạch năm 2026"
PURPOSE = {"OMS-Purpose": "quy_hoach", "OMS-Reason": quote(REASON)}
_KEYS = itertools.count(1)


def token_of(world: World, username: str, scopes: Sequence[str] = EVERY, days: int = 30) -> str:
    """A new token of somebody."""
    who = world.who(username)
    with world.work(who) as uow:
        return tokens.make(uow, who, "Phần mềm thử", scopes, days, world.clock())[1]


@dataclass
class Program:
    """A program with a token; every request bears what operations ask for unless it is told otherwise."""

    app: Flask
    token: str
    headers: dict[str, str] = field(default_factory=lambda: dict(PURPOSE))

    def ask(self, method: str, path: str, more: Mapping[str, str] | None = None, **sent: Any) -> TestResponse:
        """One request; a header named "" in ``more`` is left out."""
        headers = {"Authorization": f"Bearer {self.token}"} | self.headers
        if method == "POST":
            headers["Idempotency-Key"] = f"k{next(_KEYS)}"
        headers |= more or {}
        kept = {name: value for name, value in headers.items() if value}
        return self.app.test_client().open("/api/v1" + path, method=method, headers=kept, **sent)

    def get(self, path: str, **sent: Any) -> TestResponse:
        """A GET."""
        return self.ask("GET", path, **sent)

    def post(self, path: str, body: Any = None, match: str = "", **more: str) -> TestResponse:
        """A POST of JSON, with If-Match where one is given."""
        headers = {name.replace("_", "-"): value for name, value in more.items()}
        if match:
            headers["If-Match"] = match
        return self.ask("POST", path, headers, **({} if body is None else {"json": body}))


def program(app: Flask, world: World, username: str, *scopes: str) -> Program:
    """Somebody's program, with every scope unless some are named."""
    return Program(app, token_of(world, username, scopes or EVERY))


def fitting(shape: type[Schema] | Schema) -> dict[str, Any]:
    """The least body or query that a shape takes."""
    made = shape() if isinstance(shape, type) else shape
    return {name: _value(each) for name, each in made.fields.items() if each.required}


def _value(each: Any) -> Any:
    rules = {type(rule): rule for rule in each.validators}
    if validate.OneOf in rules:
        return next(value for value in rules[validate.OneOf].choices if value)
    if isinstance(each, fields.Nested):
        return fitting(each.schema)
    if isinstance(each, fields.List):
        return [_value(each.inner)]
    if isinstance(each, fields.Dict):
        return {_value(each.key_field): _value(each.value_field)}
    if isinstance(each, fields.Integer):
        return rules[validate.Range].min if validate.Range in rules else 1
    if isinstance(each, fields.Boolean):
        return True
    if isinstance(each, fields.Date):
        return "2026-11-02"
    if validate.Regexp in rules:
        return "f" * 32
    return "lý do đủ dài"[: rules[validate.Length].max]


def request_of(here: Operation, ids: Mapping[str, object]) -> tuple[str, str, dict[str, Any]]:
    """Method, address and what is sent: a request of this operation that fits its document."""
    path = here.path
    for name in here.ids:
        start, _sep, rest = path.partition("<")
        path = start + quote(str(ids[name]), safe="") + rest.partition(">")[2]
    sent: dict[str, Any] = {}
    if here.query is not None:
        sent["query_string"] = fitting(here.query)
    if here.body is not None:
        sent["json"] = fitting(here.body)
    if here.file:
        sent |= {"data": b"%PDF-1.4", "content_type": "application/octet-stream"}
    return here.method, path, sent


def coverage() -> list[tuple[str, str]]:
    """Page's route → its operations, or "-: why there is none"."""
    with (Path(__file__).parent / "api_coverage.tsv").open(encoding="utf-8", newline="") as rows:
        return [(row["route"], row["operations"]) for row in csv.DictReader(rows, delimiter="\t")]


def pages() -> dict[str, str]:
    """Operation → the first page's route that it stands for."""
    found: dict[str, str] = {}
    for route, said in coverage():
        if not said.startswith("-"):
            for name in said.split():
                found.setdefault(name, route)
    return found


NAMES = {"unit_id": "org_unit_id", "number": "draft_number"}
"""What the pages call an id that the API calls otherwise."""
OTHERWISE = {
    "list_changes_of_dossier": "changes.of_dossier",
    "describe_change": "changes.describe",
    "read_record": "records.dossier",
    "file_desk_paper": "scanning_desk.file",
}
PAGES = pages() | OTHERWISE


def named(name: str, found: Mapping[str, str]) -> str:
    """What the pages call an id of the API."""
    for tried in (name, NAMES.get(name, ""), "draft_id" if name == "change_id" else "", "supplement_change_id"):
        if tried in found:
            return tried
    raise KeyError(name)


def real_ids(walker: Walker, here: Operation) -> dict[str, str]:
    """The real ids of an operation, as its page has them."""
    found = walker.ids_for(PAGES[here.name])
    return {name: found[named(name, found)] for name in here.ids}


def known_ids(walker: Walker) -> dict[str, dict[str, str]]:
    """The real ids of every operation whose desk's objects can stand in one world with the others'."""
    found = {}
    for name, here in OPERATIONS.items():
        try:
            found[name] = real_ids(walker, here) if here.ids else {}
        except (OmsError, AssertionError):
            continue
    return {name: ids for name, ids in found.items() if ids}
