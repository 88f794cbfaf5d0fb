"""Attacks on the programs' door that once got further than they should."""

from __future__ import annotations

import pytest
from api_asking import program
from factories import World
from flask import Flask
from linking_worlds import join, two_records

from oms.domain.record_facts import Source
from oms.store.tables import Document, Dossier, Scan
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


def test_of_a_masked_item_a_program_is_told_no_more_than_its_page_tells(app: Flask, world: World) -> None:
    """Why it was put up, since when, and on which paper it stands say what the mask keeps back."""
    row = world.dossier()
    paper = world.filed(row)
    officer, low = program(app, world, "officer"), program(app, world, "leader.low")
    change = officer.post(f"/dossiers/{row.dossier.id}/changes", {"title": "Bổ sung", "declared_by": "Người khai"}).json
    path = f"/changes/{change['id']}"
    said = {"item": "religion", "act": "add", "values": {"value": "Phật giáo"}, "document_id": paper,
            "starts": "03/02/2019", "reason": "mới quy y ở chùa Một Cột"}  # fmt: skip
    assert officer.post(path + "/items", said, match=officer.get(path).headers["ETag"]).status_code == 200
    assert officer.post(path + "/submit", match=officer.get(path).headers["ETag"]).status_code == 200
    whole, masked = (each.get(path).json["items"][0] for each in (officer, low))
    assert whole["reason"] == said["reason"] and whole["document_id"] == paper and whole["starts"]
    assert masked["masked"] and not masked["text"] and not masked["values"]
    assert [masked[name] for name in ("reason", "starts", "document_id")] == [None, None, None]
    world.fact(row, "religion", value="Phật giáo", source=Source("document", paper))
    records = [each.get(f"/dossiers/{row.dossier.id}/record").json["held"] for each in (officer, low)]
    seen, hidden = (next(each for each in held if each["item"] == "religion") for held in records)
    assert seen["document_id"] == paper and seen["source"] == "document"
    assert [hidden[name] for name in ("source", "starts", "ends", "document_id")] == [None] * 4


def test_a_pair_seen_by_half_tells_a_program_neither_weight_nor_band(app: Flask, world: World) -> None:
    """They say how much of the record that is not seen is the same."""
    made = two_records(world)
    join(world)
    half, both = program(app, world, "officer"), program(app, world, "officer.both")
    for path in ("/links?tab=mot-ben", f"/links/{made.id}"):
        told = half.get(path).json
        line = told["items"][0] if "items" in told else told["pair"]
        assert (line["band"], line["weight"]) == (None, None) and None in (line["left"], line["right"])
    whole = both.get(f"/links/{made.id}").json["pair"]
    assert whole["band"] and whole["weight"] > 0


def test_pages_and_paper_files_name_no_paper_and_no_dossier_that_is_not_seen(app: Flask, world: World) -> None:
    row = world.dossier()
    paper = world.filed(row)
    clerk = program(app, world, "clerk")
    with world.work() as uow:
        scan = uow.session.get_one(Document, paper).scan_id
        batch = uow.session.get_one(Scan, scan).batch_id
    asked = {"label": "Bìa 1", "dossier_id": row.dossier.id}
    assert clerk.post(f"/batches/{batch}/paper-files", asked).status_code == 200
    assert clerk.get(f"/scans/{scan}").json["pages"][0]["document_id"] == paper
    assert clerk.get(f"/batches/{batch}/paper-files").json["files"][0]["dossier_id"] == row.dossier.id
    with world.work() as uow:  # both are raised above the clerk
        uow.session.get_one(Document, paper).secrecy = uow.session.get_one(Dossier, row.dossier.id).secrecy = 3
    assert clerk.get(f"/scans/{scan}").json["pages"][0]["document_id"] is None
    assert clerk.get(f"/batches/{batch}/paper-files").json["files"][0]["dossier_id"] is None
