"""The ten lines of Python in docs/api.md, run against a server; and the document as others' tools see it."""

from __future__ import annotations

import json
import re
import threading
import urllib.error
import urllib.parse
from pathlib import Path

import pytest
from api_asking import token_of
from factories import World
from flask import Flask
from jsonschema import Draft202012Validator
from werkzeug.serving import make_server

from oms.web.api.document import made
from oms.web.api.operations import OPERATIONS

DOCS = Path(__file__).resolve().parents[2] / "docs/api.md"


def test_the_client_in_the_docs_reads_and_writes(app: Flask, world: World) -> None:
    lines = re.search(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert lines is not None
    names: dict = {}
    exec(lines[1], names)  # noqa: S102 - the very lines people copy
    row = world.dossier("Tô Thị Hiếu")
    token = token_of(world, "officer")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        base, call, why = f"http://127.0.0.1:{server.port}", names["call"], names["why"]
        found = call(base, token, "/dossiers?q=" + urllib.parse.quote("Hiếu"))
        assert [each["id"] for each in found["items"]] == [row.dossier.id]
        assert call(base, token, f"/dossiers/{row.dossier.id}", **why)["dossier"]["name"] == "Tô Thị Hiếu"
        batch = call(base, token, "/batches", {"unit_id": world.units["D-BTC"], "title": "Đợt của phần mềm"})
        assert batch["href"].startswith("/api/v1/batches/")
        with pytest.raises(urllib.error.HTTPError) as refused:
            call(base, token, f"/dossiers/{row.dossier.id}")
        assert refused.value.code == 428 and json.load(refused.value)["type"].endswith("no-purpose")
    finally:
        server.shutdown()
        serving.join()


def test_the_document_is_open_whole_and_of_its_version(app: Flask) -> None:
    answer = app.test_client().get("/api/v1/openapi.json")
    document = answer.json
    assert answer.status_code == 200 and document["openapi"] == "3.1.0"
    told = [each for path in document["paths"].values() for each in path.values()]
    assert {each["operationId"] for each in told} == set(OPERATIONS)
    assert all(each["summary"] and each["responses"] and each["tags"] for each in told)
    text = json.dumps(document)
    references = set(re.findall(r'"#/components/(\w+)/(\w+)"', text))
    assert all(name in document["components"][kind] for kind, name in references)
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    assert not re.search(r"/(?:work|home|tmp)/", text)


def test_every_rule_of_the_docs_is_in_the_document() -> None:
    text = json.dumps(made())
    for said in ("OMS-Purpose", "OMS-Reason", "OMS-Task", "OMS-Proof", "If-Match", "Idempotency-Key"):
        assert said in text and said in DOCS.read_text(encoding="utf-8")
