"""An OpenAPI description of every page, made from the routes, for fuzzers; and the app they are let loose on.

``python benchmarks/openapi_of_routes.py --home DIR --port 8765`` makes the small world of the tests in DIR (an object
behind every id, invented people), writes ``openapi.json`` and ``cookies.json`` (a session for each account) there and
serves it on the loopback address. Form tokens are off, so that a fuzzer gets further than the first check; a test of
its own sees that every form needs one.
"""

from __future__ import annotations

import argparse
import json
import logging
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from argon2 import PasswordHasher  # noqa: E402
from factories import PASSWORD, make_world  # noqa: E402
from web_walk import ID_ROUTES, Walker  # noqa: E402
from werkzeug.routing import Rule  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402

from oms import create_app  # noqa: E402
from oms.services import passwords  # noqa: E402

LEFT_OUT = ("static", "fonts.font", "auth.logout", "account.end_session")
"""Not asked for: files of our own, and what would end the fuzzer's own session."""
WHO = ("clerk", "officer", "leader", "reviewer", "security", "admin")


def described(rule: Rule, ids: dict[str, str]) -> dict[str, Any]:
    """One path with its methods: ids of the world or any text, forms with the fields the walk knows and others."""
    place = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "enum": [ids.get(name, "f" * 32), "f" * 32, "0", "%27--"]},
        }
        for name in sorted(rule.arguments)
    ]
    answers = {"responses": {"200": {"description": "page"}, "default": {"description": "refused, moved or wrong"}}}
    case = ID_ROUTES.get(rule.endpoint)
    fields = {name: {"type": "string"} for name in [*(case.form if case else {}), "q", "reason", "page", "version"]}
    methods: dict[str, Any] = {}
    if "GET" in (rule.methods or set()):
        query = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in ("q", "trang", "page", "sort")]
        methods["get"] = {"operationId": f"{rule.endpoint}.get", "parameters": place + query, **answers}
    if "POST" in (rule.methods or set()):
        schema = {"type": "object", "properties": fields, "additionalProperties": {"type": "string"}}
        body = {"content": {"application/x-www-form-urlencoded": {"schema": schema}}}
        methods["post"] = {"operationId": f"{rule.endpoint}.post", "parameters": place, "requestBody": body, **answers}
    return methods


def description(app: Any, walker: Walker) -> dict[str, Any]:
    """The OpenAPI document of the app."""
    paths: dict[str, Any] = {}
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in LEFT_OUT:
            ids = walker.ids_for(rule.endpoint) if rule.endpoint in ID_ROUTES else {}
            path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule)
            paths.setdefault(path, {}).update(described(rule, ids))
    return {"openapi": "3.0.3", "info": {"title": "OMS pages", "version": "1"}, "paths": paths}


def main() -> None:
    """Makes the world and serves it until stopped."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--home", type=Path, required=True)
    wanted.add_argument("--port", type=int, default=8765)
    given = wanted.parse_args()
    passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    world = make_world(given.home)
    app = create_app(world.house.settings, world.clock)
    app.config["WTF_CSRF_ENABLED"] = False
    walker = Walker(app, world)
    (given.home / "openapi.json").write_text(json.dumps(description(app, walker)))
    cookies = {}
    for name in WHO:
        client = app.test_client()
        client.post("/dang-nhap", data={"username": name, "password": PASSWORD})
        cookie = client.get_cookie("oms")
        cookies[name] = cookie.value if cookie else ""
    (given.home / "cookies.json").write_text(json.dumps(cookies))
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    make_server("127.0.0.1", given.port, app, threaded=True).serve_forever()


if __name__ == "__main__":
    main()
