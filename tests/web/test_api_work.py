"""Work done by programs to its end: a result issued, pairs linked, tasks and lists from files, pages put in order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from agency_key import key_file, settings_with_key
from api_asking import Program, program
from directing import directive, task
from factories import World
from flask import Flask
from linking_worlds import join, two_records
from office import case, draft_file, go, publish, receive

from oms import create_app
from oms.services import case_approval, case_drafts, catalogue_edit, directive_files, import_file, list_tables
from oms.services.case_approval import Word
from oms.services.case_drafts import Sent

CODE = {"OMS_Proof": "000000"}
BYTES = "application/octet-stream"


@pytest.fixture
def proved(monkeypatch: pytest.MonkeyPatch) -> None:
    """The phone's code has a test of its own; here it is always right."""
    monkeypatch.setattr("oms.services.tokens.prove", lambda *_each: True)


def send(asker: Program, path: str, data: bytes, match: str = "", **query: str) -> Any:
    """A file as the body."""
    more = {"If-Match": match} if match else {}
    return asker.ask("POST", path, more, data=data, content_type=BYTES, query_string=query)


def test_a_result_is_issued_and_the_change_begins_from_it(world: World, tmp_path: Path) -> None:
    key_file(world.house.settings.keys)
    world.house.settings = settings_with_key(world, OMS_ZONE="isolated_lan", OMS_SECOND_FACTOR="optional")
    publish(world)
    row, officer = world.dossier(), world.who("officer")
    made = receive(world, dossier_id=row.dossier.id)
    sent = Sent(draft_file(tmp_path / "draft.pdf", "QUYET DINH"), "Dự thảo.pdf")
    case_drafts.attach(world.house, officer, made.id, made.version, sent, world.clock())
    for _step in range(4):
        go(world, "officer", made.id, "officer")
    go(world, "officer", made.id, "leader")
    word, version = Word(officer.account_id), case(world, made.id).version
    case_approval.approve(world.house, world.who("leader"), made.id, version, word, world.clock())
    asker, path = program(create_app(world.house.settings, world.clock), world, "officer"), f"/cases/{made.id}"
    before = asker.get(path + "/result").json
    assert before["here"] and before["signed"] == "system" and before["document_id"] is None
    said = {"number": "417-QĐ/BTCTU", "issued_on": "02/11/2026", "title": "Quyết định bổ nhiệm"}
    said["type_code"] = "quyet_dinh"
    tag = asker.get(path).headers["ETag"]
    assert asker.post(path + "/result", said | {"number": ""}, match=tag).status_code == 400
    assert asker.post(path + "/result", said, match='"1"').status_code == 412
    assert asker.post(path + "/result", said, match=tag).status_code == 200
    after = asker.get(path + "/result").json
    assert after["document_id"] and asker.get(path).json["state"] == "issued"
    title = {"title": "Bổ nhiệm theo quyết định"}
    assert asker.post(path + "/change", title).status_code == 400, "the dossier was not read with this token"
    assert asker.get(f"/dossiers/{row.dossier.id}").status_code == 200
    assert asker.post(path + "/change", title).status_code == 201
    assert asker.get(path + "/result").json["change_state"] == "draft"


@pytest.mark.usefixtures("proved")
def test_pairs_are_linked_together_and_the_batch_is_taken_back(app: Flask, world: World) -> None:
    join(world)
    pair = two_records(world)
    asker = program(app, world, "officer.both")
    listed = next(each for each in asker.get("/links").json["items"] if each["id"] == pair.id)
    pairs = {"pairs": [{"id": pair.id, "version": listed["version"]}]}
    assert asker.post("/links/accept", pairs).json["type"].endswith("no-proof")
    done = asker.post("/links/accept", pairs, **CODE)
    assert done.status_code == 201, done.json
    path = done.json["href"].removeprefix("/api/v1")
    assert [each["state"] for each in asker.get(path).json["pairs"]] == ["linked"]
    assert asker.post("/links/accept", pairs, **CODE).status_code == 400, "it was decided meanwhile"
    assert asker.post(path + "/undo", **CODE).status_code == 200


def test_tasks_and_lists_come_in_as_files_whole_or_not_at_all(app: Flask, world: World) -> None:
    one, officer = directive(world), world.who("officer")
    task(world, one)
    with world.work(officer) as uow:
        data, _name = directive_files.export(uow, officer, one, "csv", world.clock())
    asker, other = program(app, world, "officer"), directive(world, number="13-KL/TU")
    assert send(asker, f"/directives/{one}/file", data, name="a.csv").status_code == 400, "it has that number"
    assert send(asker, f"/directives/{other}/file", data, name="a.csv").status_code == 200
    assert asker.get(f"/directives/{other}/tasks").json["total"] == 1
    admin, who = program(app, world, "admin"), world.who("admin")
    with world.work(who) as uow:
        lines = catalogue_edit.export(uow, who, "hoc_ham", "csv", world.clock())
    new = ["QH-9", "Học hàm từ tệp"] + [""] * (len(lines[0]) - 2)
    table = list_tables.as_csv([*lines, new])
    tag = admin.get("/catalogues/hoc_ham/state").headers["ETag"]
    assert send(admin, "/catalogues/hoc_ham/file", table, tag, name="hoc-ham.csv").status_code == 200
    assert "QH-9" in [each["code"] for each in admin.get("/catalogues/hoc_ham?size=200").json["items"]]
    assert send(admin, "/catalogues/hoc_ham/file", table, tag, name="hoc-ham.csv").status_code == 412


def test_a_register_is_filed_whole(app: Flask, world: World) -> None:
    officer = program(app, world, "officer")
    text, unit = "Số hồ sơ;Họ và tên\nNH-1;Tô Văn Thử\n", str(world.units["D-BTC"])
    path = send(officer, "/imports", text.encode(), unit_id=unit, name="a.csv").json["href"].removeprefix("/api/v1")
    columns = [{"place": 0, "target": "number"}, {"place": 1, "target": "full_name"}]
    assert officer.post(path + "/columns", {"columns": columns}).status_code == 200
    import_file.work_on(world.house, path.rpartition("/")[2], world.clock)
    assert officer.get(path).json["may_file"] and officer.post(path + "/file").status_code == 200
    import_file.work_on(world.house, path.rpartition("/")[2], world.clock)
    assert officer.get(path).json["state"] == "filed"
    assert [each["number"] for each in officer.get("/dossiers").json["items"]] == ["NH-1"]


def test_pages_at_the_desk_are_put_in_order_at_the_version_that_was_read(app: Flask, world: World) -> None:
    paper = world.paper(pages=2)
    clerk, path = program(app, world, "clerk"), f"/desk/{paper}"
    read = clerk.get(path)
    order = [each["id"] for each in read.json["pages"]]
    moved = {"act": "move", "order": order[::-1]}
    assert clerk.post(path + "/pages", moved, match=read.headers["ETag"]).status_code == 200
    assert clerk.post(path + "/pages", moved, match=read.headers["ETag"]).status_code == 412
    assert [each["id"] for each in clerk.get(path).json["pages"]] == order[::-1]
    assert clerk.get(path + "/pages/waiting").json["version"] == 2
    assert clerk.post(path + "/pages", moved | {"order": order[:1]}, match='"2"').status_code == 400
    scan = clerk.get("/desk").json["items"][0]["scan_id"]
    back = clerk.post(f"/scans/{scan}/pages/put-back", {"before": [{"pages": "1-2"}]})
    assert back.status_code == 200, back.json


def test_a_procedure_gets_its_next_version(app: Flask, world: World) -> None:
    publish(world)
    keeper, path = program(app, world, "leader"), "/procedures/thu_nghiem"
    if keeper.get(path + "/draft").status_code != 200:
        keeper = program(app, world, "admin")
    read = keeper.get(path + "/draft")
    assert read.json["edition"] == 0
    kept = ("title", "kind", "field", "owner", "subject", "manner", "days", "day_kind", "steps", "papers", "forms")
    body = {name: read.json[name] for name in kept} | {"title": "Bổ nhiệm, bản hai"}
    assert keeper.post(path + "/draft", body, match=read.headers["ETag"]).status_code == 200
    draft = keeper.get(path + "/draft")
    assert draft.json["title"] == "Bổ nhiệm, bản hai" and draft.json["wrong"] == []
    assert keeper.post(path + "/draft/publish", {}, match=draft.headers["ETag"]).status_code == 200
    assert keeper.get(path).json["line"]["title"] == "Bổ nhiệm, bản hai"
    assert keeper.post(path + "/draft/discard", match=draft.headers["ETag"]).status_code == 412


@pytest.mark.usefixtures("proved")
def test_relatives_are_entered_for_an_account_and_ended_with_a_reason(app: Flask, world: World) -> None:
    row, holder = world.dossier("Hoàng Thị Hoà", citizen_id="011000000066"), world.who("officer").account_id
    security, officer = program(app, world, "security"), program(app, world, "officer")
    assert officer.get("/dossiers").json["total"] == 1
    person = {"relation": "spouse", "full_name": "Hoàng Thị Hoà", "citizen_id": "011000000066"}
    assert security.post(f"/grants/{holder}/kin", person).status_code == 200
    assert officer.get("/dossiers").json["total"] == 0 and officer.get(f"/dossiers/{row.dossier.id}").status_code == 404
    entry = security.get(f"/grants/{holder}/kin").json["entries"][0]["id"]
    assert security.post(f"/kin/{entry}/end", {"reason": "ghi nhầm người khác"}).json["type"].endswith("no-proof")
    assert security.post(f"/kin/{entry}/end", {"reason": "ghi nhầm người khác"}, **CODE).status_code == 204
    assert officer.get("/dossiers").json["total"] == 1
