"""Attacks on the programs' door that once got further than they should."""

from __future__ import annotations

import pytest
from api_asking import program
from factories import World
from flask import Flask

from oms.web.guard import FORM_BYTES


@pytest.mark.parametrize("path", ["/dossiers/{}", "/documents/{}", "/desk/{}", "/batches/{}", "/cases/{}"])
def test_an_id_with_a_letter_that_cannot_be_kept_is_missing_and_the_refusal_is_a_row(
    app: Flask, world: World, path: str
) -> None:
    """On PostgreSQL a NUL was an error of the server, which left no row of who tried."""
    asker = program(app, world, "officer" if "/desk" not in path else "clerk")
    missing = asker.get(path.format("f" * 32))
    broken = asker.get(path.format("a%00b"))
    assert missing.status_code == broken.status_code == 404
    assert {**missing.json, "number": ""} == {**broken.json, "number": ""}
    assert world.journal()[-1][1:] == ("refused", "a\ufffdb")
    assert asker.get(path.format("%E2%80%AEabc")).status_code == 404
    assert world.journal()[-1][1:] == ("refused", "abc"), "marks of direction stand in no row"


def test_no_program_writes_marks_that_make_one_text_look_like_another(app: Flask, world: World) -> None:
    """Pages take them out of every form: a namesake of an odd spelling would be found by nobody."""
    officer = program(app, world, "officer")
    here = world.units["D-BTC"]
    assert officer.post("/dossiers", {"full_name": "Vi Thị Mới", "unit_id": here, "number": "HS-1"}).status_code == 201
    odd = {"full_name": "Vi Th\u200bị\u202e Mới", "unit_id": here, "number": "HS\u2066-2", "home_place": "Sơn\x1b La"}
    twin = officer.post("/dossiers", odd)
    assert twin.status_code == 400 and twin.json["errors"][0]["field"] == "duplicate"
    assert officer.post("/dossiers", odd | {"confirmed": True}).status_code == 201
    told = officer.get("/dossiers").json["items"]
    assert sorted(each["number"] for each in told) == ["HS-1", "HS-2"]
    assert {each["name"] for each in told} == {"Vi Thị Mới"}


@pytest.mark.parametrize(
    ("username", "path", "asked"),
    [
        ("reviewer", "/journal", {"since": "0001-01-01T00:00:00+23:59"}),
        ("reviewer", "/journal", {"until": "9999-12-31T23:59:59-23:59"}),
        ("officer", "/check-report", {"until": "9999-12-31"}),
        ("officer", "/cases", {"since": "0001-01-01"}),
    ],
)
def test_a_day_beyond_all_time_is_no_error_of_the_server(
    app: Flask, world: World, username: str, path: str, asked: dict[str, str]
) -> None:
    answer = program(app, world, username).get(path, query_string=asked)
    assert answer.status_code == 400 and answer.json["errors"][0]["field"] == next(iter(asked))


def test_a_package_is_as_large_as_the_pages_take(app: Flask, world: World) -> None:
    """What came is refused for what it is, not for its size."""
    answer = program(app, world, "officer").ask("POST", "/packages/file", data=b"x" * (FORM_BYTES + 1))
    assert answer.status_code == 400 and answer.json["errors"][0]["field"] == "file", answer.json
