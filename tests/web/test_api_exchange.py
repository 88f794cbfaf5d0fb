"""Packages between installations, registers brought in, criteria and rosters: through the API from end to end."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from api_asking import program
from exchanging import Pair, came, card_of, filled, partner, second_world, two
from factories import World
from flask import Flask
from openpyxl import load_workbook

from oms import create_app
from oms.services import import_file


@pytest.fixture
def pair(world: World, world_template: Path, tmp_path: Path) -> Iterator[Pair]:
    with two(world, world_template, tmp_path / "second") as made:
        yield made


@pytest.fixture
def proved(monkeypatch: pytest.MonkeyPatch) -> None:
    """The phone's code has a test of its own; here it is always right."""
    monkeypatch.setattr("oms.services.tokens.prove", lambda *_each: True)


def asking(*conditions: dict[str, str]) -> str:
    """Criteria of which all must hold."""
    return json.dumps({"version": 1, "on": "", "root": {"join": "all", "parts": conditions}})


CODE = {"OMS_Proof": "000000"}


@pytest.mark.usefixtures("proved")
def test_a_package_from_one_program_to_another_and_its_receipt_back(pair: Pair) -> None:
    row = filled(pair.here)
    here, there = (
        program(create_app(each.house.settings, each.clock), each, "officer") for each in (pair.here, pair.there)
    )
    wanted = {
        "partner_id": partner(pair.here).id,
        "kind": "records",
        "dossiers": [row.dossier.id],
        "purpose": "bo_nhiem",
        "reason": "phối hợp quản lý cán bộ hai khối",
        "legal_basis": "Quy chế phối hợp số 01-QC/TU",
        "receiver_code": "D-BTC",
    }
    assert here.post("/packages", wanted).json["type"].endswith("no-proof")
    unopened = here.post("/packages", wanted, **CODE)
    assert unopened.status_code == 400 and unopened.json["errors"][0]["field"] == "dossiers", "opened at the pages only"
    assert here.get(f"/dossiers/{row.dossier.id}").status_code == 200
    sent = here.post("/packages", wanted, **CODE)
    assert sent.status_code == 201, sent.json
    path = sent.json["href"].removeprefix("/api/v1")
    read = here.get(path).json
    assert read["row"]["state"] == "queued" and read["about"] == [row.dossier.id] and read["counts"]["records"] == 1
    assert here.get("/packages").json["total"] == 1 and here.get("/packages?direction=in").json["total"] == 0
    pair.pass_over(pair.here, pair.there)
    carried = here.post(path + "/file", {}, **CODE)
    assert carried.status_code == 200 and carried.data.startswith(b"age-encryption.org")
    arrived = came(pair.there).id
    assert [each["id"] for each in there.get("/packages?direction=in&waiting=true").json["items"]] == [arrived]
    shown = there.get(f"/packages/{arrived}").json
    assert shown["may_take"] and {each["state"] for each in shown["checks"]} == {"ok"}
    assert shown["records"][0]["name"] == "Tô Thị Hiếu" and shown["records"][0]["here"] is None
    place = {"unit_id": pair.there.units["D-BTC"], "places": {row.dossier.id: {"number": "N-1"}}}
    assert there.post(f"/packages/{arrived}/take", place).status_code == 200
    assert there.post(f"/packages/{arrived}/take", place).status_code == 409
    assert there.get("/dossiers").json["items"][0]["number"] == "N-1"
    pair.pass_over(pair.there, pair.here)
    assert here.get(path).json["outcome"] == "accepted"
    receipt = there.post(f"/packages/{arrived}/receipt")
    assert receipt.status_code == 200 and receipt.data.startswith(b"age-encryption.org")
    back = here.ask("POST", "/packages/file", data=receipt.data, content_type="application/octet-stream")
    assert back.status_code == 204


@pytest.mark.usefixtures("proved")
def test_a_package_is_stopped_and_one_refused_and_a_partner_ended(pair: Pair) -> None:
    row = filled(pair.here)
    here = program(create_app(pair.here.house.settings, pair.here.clock), pair.here, "officer")
    here.get(f"/dossiers/{row.dossier.id}")
    wanted = {
        "partner_id": partner(pair.here).id,
        "kind": "records",
        "dossiers": [row.dossier.id],
        "purpose": "bo_nhiem",
    }
    wanted |= {"reason": "phối hợp quản lý cán bộ", "legal_basis": "Quy chế phối hợp 01", "receiver_code": "D-BTC"}
    path = here.post("/packages", wanted, **CODE).json["href"].removeprefix("/api/v1")
    assert here.post(path + "/stop").status_code == 200 and here.get(path).json["row"]["state"] == "stopped"
    letter = {"code": "12/SNV-CCVC", "issued_on": "01/11/2026", "place": "Hà Nội", "signer": "Tô Văn", "position": "GĐ"}
    assert here.post(path + "/edxml", letter, **CODE).status_code == 409
    assert here.post("/packages", wanted, **CODE).status_code == 201
    pair.pass_over(pair.here, pair.there)
    app = create_app(pair.there.house.settings, pair.there.clock)
    there, admin, arrived = program(app, pair.there, "officer"), program(app, pair.there, "admin"), came(pair.there).id
    assert there.post(f"/packages/{arrived}/refuse", {"words": "không thuộc đơn vị này quản lý"}).status_code == 200
    assert there.get(f"/packages/{arrived}").json["reasons"] == ["không thuộc đơn vị này quản lý"]
    known = admin.get("/partners").json["items"][0]
    assert known["state"] == "active" and admin.get("/packages/astray").json["total"] == 0
    assert json.loads(admin.get("/partners/own-card").data)["name"]
    assert admin.post(f"/partners/{known['id']}/address", {"address": "https://hs.example"}, **CODE).status_code == 204
    assert admin.post(f"/partners/{known['id']}/revoke", {"reason": "đối tác đã đổi khoá"}, **CODE).status_code == 204
    assert admin.get("/partners").json["items"][0]["state"] == "revoked"
    assert there.get("/partners").status_code == 404


@pytest.mark.usefixtures("proved")
def test_a_partner_is_added_from_its_card_and_waits_for_the_second_person(
    app: Flask, world: World, world_template: Path, tmp_path: Path
) -> None:
    other = second_world(world_template, tmp_path / "second")
    card = card_of(other).decode()
    other.house.database.close()
    admin = program(app, world, "admin")
    added = admin.post("/partners", {"card": card, "reason": "trao đổi hồ sơ giữa hai khối"}, **CODE)
    assert added.status_code == 201 and added.json["href"].startswith("/api/v1/approvals/")
    told = admin.get("/partners").json["items"][0]
    assert told["state"] == "asked" and told["approval_id"] == added.json["id"]


def test_a_register_is_brought_in_tried_and_given_up(app: Flask, world: World) -> None:
    officer, other = program(app, world, "officer"), program(app, world, "officer2")
    csv = "Số hồ sơ;Họ và tên;Ngày sinh\nNH-1;Tô Văn Thử;31/02/1980\n"
    asked = {"unit_id": world.units["D-BTC"], "name": "can-bo.csv"}
    sent = officer.ask(
        "POST", "/imports", data=csv.encode(), content_type="application/octet-stream", query_string=asked
    )
    assert sent.status_code == 201, sent.json
    path = sent.json["href"].removeprefix("/api/v1")
    told = officer.get(path).json
    assert told["headings"] == ["Số hồ sơ", "Họ và tên", "Ngày sinh"] and told["samples"][0]["cells"][1] == "Tô Văn Thử"
    assert other.get("/imports").json["total"] == 1 and other.get(path).status_code == 404, "who brought it alone"
    targets = ("number", "full_name", "birth_date")
    columns = [{"place": place, "target": target} for place, target in enumerate(targets)]
    assert officer.post(path + "/columns", {"columns": columns[:1]}).status_code == 400, "a name is needed"
    assert officer.post(path + "/columns", {"columns": columns}).status_code == 200
    assert officer.get(path + "/progress").json["state"] == "checking"
    import_file.work_on(world.house, sent.json["id"], world.clock)
    problems = officer.get(path + "/problems").json
    assert problems["total"] >= 1 and problems["items"][0]["level"] == "error", problems
    assert officer.post(path + "/file").status_code == 400
    assert officer.post(path + "/settle", {"act": "skip", "place": problems["items"][0]["row"]}).status_code == 200
    assert officer.get(path).json["left_out"] == [problems["items"][0]["row"]]
    assert officer.post(path + "/cancel").status_code == 200 and officer.get(path).json["samples"] == []
    assert officer.post(path + "/cancel").status_code == 409


@pytest.mark.usefixtures("proved")
def test_cadres_by_criteria_and_a_roster_that_is_taken_away(app: Flask, world: World) -> None:
    world.dossier("Tô Thị Hiếu")
    world.dossier("Người Nơi Khác", unit="C-SNV", by="officer.gov")
    officer = program(app, world, "officer")
    unit = next(x["unit"]["path"] for x in officer.get("/units").json["items"] if x["unit"]["id"] == world.units["D"])
    question = asking({"what": "unit", "op": "under", "path": unit})
    made = officer.post("/saved-lists/criteria", {"title": "Cán bộ của Tỉnh uỷ", "criteria": question})
    assert made.status_code == 204, made.json
    saved = officer.get("/saved-lists").json["items"][0]
    found = officer.get("/criteria?criteria=" + quote(saved["body"])).json
    assert found["sure"] == 1 and found["rows"][0]["name"] == "Tô Thị Hiếu" and found["sentence"]
    assert officer.post(f"/saved-lists/{saved['id']}", {"title": "Tên khác", "shared": True}).status_code == 204
    columns = officer.post("/saved-lists/rosters", {"title": "Mẫu của tôi", "columns": ["full_name", "position"]})
    assert columns.status_code == 204
    layout = officer.get("/saved-lists?kind=roster").json["items"][0]["id"]
    roster = officer.get(f"/rosters?saved_id={saved['id']}&layout={layout}").json
    assert roster["columns"] == ["full_name", "position"] and roster["lines"][0]["cells"][0] == "Tô Thị Hiếu"
    taking = {"unit": unit, "purpose": "quy_hoach", "reason": "rà soát quy hoạch năm 2026"}
    taken = officer.post("/rosters/file", taking, **CODE)
    assert taken.status_code == 200, taken.json
    cells = [str(cell.value) for line in load_workbook(io.BytesIO(taken.data)).active.iter_rows() for cell in line]
    assert "Tô Thị Hiếu" in cells and "Người Nơi Khác" not in cells
    assert officer.post(f"/saved-lists/{saved['id']}/remove").status_code == 204
    assert [verb for verb, _outcome, _id in world.journal()].count("list:export") == 1


def test_a_masked_group_is_refused_with_its_row(app: Flask, world: World) -> None:
    officer = program(app, world, "officer.gov")
    question = asking({"what": "words", "op": "has", "item": "religion", "text": "Không"})
    answer = officer.get("/criteria?criteria=" + quote(question))
    assert answer.status_code == 400 and "chưa được cấp quyền" in answer.json["message"]
    assert world.journal()[-1][1] == "refused"
