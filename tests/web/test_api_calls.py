"""Operations asked with good input: every list by who may read it, and changes whose effect is looked at."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import pytest
from api_asking import OPERATIONS, Program, program, request_of
from archival_papers import filed_scan, make_all
from factories import World
from flask import Flask
from office import publish, receive
from record_papers import paper_saying

from oms.domain.access import permits

CODE = {"OMS_Proof": "000000"}
WHO = ("officer", "leader", "clerk", "reviewer", "security", "admin")
QUERIES: dict[str, dict[str, str]] = {
    "run_criteria": {"criteria": '{"version":1,"on":"","root":{"join":"all","parts":[{"what":"planned","op":"no"}]}}'},
    "get_briefing": {"quarter": "2026-Q4"},
    "get_review_report": {"month": "2026-11"},
    "list_communes": {"province": "86", "under": "D"},
    "search": {"q": "bổ nhiệm"},
}
ELSEWHERE = {"get_case_hand", "read_own_card", "complete_name"}
"""Of somebody's work, and of keys made by a command: asked in tests of their own."""


@pytest.fixture
def proved(monkeypatch: pytest.MonkeyPatch) -> None:
    """The phone's code has a test of its own; here it is always right."""
    monkeypatch.setattr("oms.services.tokens.prove", lambda *_each: True)


def test_everything_without_an_id_is_read_by_who_may(app: Flask, world: World) -> None:
    asked = {username: program(app, world, username) for username in WHO}
    wrong = []
    for name, here in OPERATIONS.items():
        if here.writes or here.ids or name in ELSEWHERE:
            continue
        username = next(each for each in WHO if permits(world.who(each), here.action))
        method, path, sent = request_of(here, {})
        answer = asked[username].ask(method, path, **({"query_string": QUERIES[name]} if name in QUERIES else sent))
        if answer.status_code != 200:
            wrong.append((name, username, answer.status_code, answer.get_data(as_text=True)[:300]))
    assert wrong == []


def _read(asker: Program, path: str) -> tuple[Any, str]:
    answer = asker.get(path)
    assert answer.status_code == 200, answer.json
    return answer.json, answer.headers["ETag"]


def test_what_somebody_has_in_hand_is_handed_over_whole(app: Flask, world: World) -> None:
    publish(world)
    made = receive(world)
    leader, mine = program(app, world, "leader"), world.who("officer").account_id
    assert [each["account_id"] for each in leader.get("/case-hands").json["items"]] == [mine]
    hand = leader.get(f"/case-hand?account_id={mine}").json
    assert [each["id"] for each in hand["cases"]] == [made.id]
    to = next(each["id"] for each in hand["receivers"] if each["id"] == world.who("officer2").account_id)
    handing = {"account_id": mine, "to": {made.id: to}, "reason": "nghỉ phép dài ngày"}
    stale = leader.post("/case-hands", handing | {"versions": {made.id: 77}})
    assert stale.status_code == 409
    done = leader.post("/case-hands", handing | {"versions": {made.id: hand["cases"][0]["version"]}})
    assert done.status_code == 204 and leader.get(f"/case-hand?account_id={mine}").status_code == 404
    columns = _read(program(app, world, "officer2"), "/case-board")[0]["columns"]
    assert sum(each["number"] for each in columns) == 1
    result, tag = _read(program(app, world, "officer2"), f"/cases/{made.id}/result")
    assert result["here"] is False
    refused = program(app, world, "officer2").post(f"/cases/{made.id}/result", {"number": "1"}, match='"2"')
    assert refused.status_code == 400 and "phát hành" in refused.json["message"]
    assert tag


def test_values_of_papers_are_taken_in_taken_out_and_made_a_change(app: Flask, world: World) -> None:
    row = world.dossier(birth_date="05/08/1961")
    paper_saying(world, row, {"phone": "0912 345 678", "birth_date": "1961-05-08"})
    officer, path = program(app, world, "officer"), f"/dossiers/{row.dossier.id}"
    offers = {each["item"]: each for each in officer.get(path + "/offers").json["items"]}
    assert offers["phone"]["standing"] == "new" and offers["birth_date"]["standing"] == "different"
    assert officer.post(path + "/offers", {"chosen": [offers["phone"]["key"]]}).status_code == 200
    record = officer.get(path + "/record").get_data(as_text=True)
    assert "0912" in record
    taken = {each["item"]: each for each in officer.get(path + "/offers").json["items"]}
    assert taken["phone"]["standing"] == "same"
    assert officer.get(path + "/contradictions").json["total"] >= 1
    change = officer.post(path + "/offers/change", {"chosen": [offers["birth_date"]["key"]]})
    assert change.status_code == 201 and change.json["href"].startswith("/api/v1/changes/")
    fact = next(match[1] for match in re.finditer(r'"id":"(\w{32})"[^}]*?"item":"phone"', record))
    said = {each["item"]: each["confirmed"] for each in officer.get(path + "/record").json["held"]}
    assert said["phone"] is True and said["birth_date"] is False, "the second person's word: there, or not"
    assert officer.post(f"/facts/{fact}/take-out").status_code == 204
    assert officer.get(path + "/person").status_code == 404, "one record is no person across blocks"


@pytest.mark.usefixtures("proved")
def test_files_of_a_dossier_leave_with_their_rows(app: Flask, world: World) -> None:
    row = world.dossier("Tô Thị Hiếu")
    paper = filed_scan(world, row)
    officer, path = program(app, world, "officer"), f"/dossiers/{row.dossier.id}"
    plan = officer.get(path + "/export").json
    assert plan["missing"] == 1 and plan["papers"][0]["document_id"] == paper
    early = officer.post(path + "/export", {}, **CODE)
    assert early.status_code == 400 and early.json["errors"][0]["field"] == "export"
    make_all(world)
    assert officer.post(path + "/export", {}).json["type"].endswith("no-proof")
    gone = officer.post(path + "/export", {"numbers": [{"document_id": paper, "number": 23}]}, **CODE)
    assert gone.status_code == 200 and gone.mimetype == "application/zip"
    assert any(name.endswith(".pdf") for name in zipfile.ZipFile(io.BytesIO(gone.data)).namelist())
    copy = officer.post(f"/documents/{paper}/archival-copy", {}, **CODE)
    assert copy.status_code == 200 and copy.data.startswith(b"%PDF")
    forms = officer.get(path + "/forms").json["items"]
    code = next(each["code"] for each in forms if each["chosen"])
    assert officer.post(path + "/forms/pdf", {"code": code}, **CODE).data.startswith(b"%PDF")
    assert officer.post(path + "/forms/word", {"code": code}, **CODE).data.startswith(b"PK")
    verbs = [verb for verb, _outcome, _id in world.journal()]
    assert verbs.count("dossier:export") == 1 and verbs.count("copy:read") == 1 and verbs.count("profile:make") == 3
    assert program(app, world, "leader").post(path + "/export", {}, **CODE).status_code == 404


def test_a_list_is_changed_at_the_state_it_was_read_in(app: Flask, world: World) -> None:
    admin = program(app, world, "admin")
    path = "/catalogues/hoc_ham"
    state, tag = _read(admin, path + "/state")
    new = {"act": "add", "code": "QH-1", "label": "Học hàm mới", "legal_basis": "QĐ 1", "valid_from": "01/01/2020"}
    assert admin.post(path + "/rows", new, match=tag).status_code == 200
    assert admin.post(path + "/rows", new | {"code": "QH-2"}, match=tag).status_code == 412
    after, tag = _read(admin, path + "/state")
    assert after["mark"] != state["mark"]
    assert "QH-1" in [each["code"] for each in admin.get(path + "/history?code=QH-1").json["items"]]
    row = next(each for each in admin.get(path + "?size=200").json["items"] if each["code"] == "QH-1")
    wrong = admin.post(path + "/rows", {"act": "end", "row_id": row["id"], "day": "32/01/2026"}, match=tag)
    assert wrong.status_code == 400 and wrong.json["errors"][0]["field"] == "day"
    assert admin.post(path + "/rows", {"act": "withdraw", "row_id": row["id"]}, match=tag).status_code == 200
    assert program(app, world, "officer").get(path + "/state").status_code == 404
    bad = admin.ask(
        "POST", path + "/file", {"If-Match": _read(admin, path + "/state")[1]}, data=b"x;y\n1;2\n",
        content_type="application/octet-stream", query_string={"name": "ds.csv"},
    )  # fmt: skip
    assert bad.status_code == 400 and bad.json["errors"][0]["field"] == "file"


def test_words_outside_the_lists_are_settled_and_put_back(app: Flask, world: World) -> None:
    world.fact(world.dossier(), "position", value="Cán bộ đặc phái viên")
    officer, admin = program(app, world, "officer"), program(app, world, "admin")
    found = officer.get("/other-words").json["items"]
    assert [each["text"] for each in found] == ["Cán bộ đặc phái viên"]
    about = {"list_code": found[0]["list_code"], "folded": found[0]["folded"]}
    settle = about | {"act": "suggest", "folded": [about["folded"]]}
    assert officer.post("/other-words/settle", settle).status_code == 204
    assert [each["folded"] for each in admin.get("/word-proposals").json["items"]] == [about["folded"]]
    assert admin.post("/word-proposals", about).status_code == 204, "sent back"
    leave = settle | {"act": "leave"}
    assert officer.post("/other-words/settle", leave).status_code == 204
    assert officer.get("/other-words?settled=true").json["items"][0]["state"] == "left"
    assert officer.post("/other-words/undo", about | {"state": "left"}).status_code == 204
    assert officer.get("/other-words").json["total"] == 1


def test_the_tree_of_units_follows_a_decision(app: Flask, world: World) -> None:
    admin = program(app, world, "admin")
    asked = {"kind": "doi_ten", "on": "2026-12-01", "decision_no": "12-QĐ/TU", "predecessors": ["D-BTC"]}
    asked |= {"new": [{"code": "D-BTC2", "name": "Ban Tổ chức và Cán bộ"}]}
    entered = admin.post("/unit-acts", asked)
    assert entered.status_code == 204, entered.json
    act = admin.get("/unit-acts").json["items"][0]
    assert admin.post(f"/unit-acts/{act['id']}/take-back").status_code == 204
    assert admin.get("/unit-acts").json["total"] == 0
    head = "code,name,parent_code,block,level,valid_from,valid_to\n"
    good, wrong = head + "D-MOI,Ban mới,D,party,ban,,\n", head + "D-MOI2,Ban mới,KHONG-CO,party,ban,,\n"

    def send(text: str, dry: bool) -> Any:
        query = {"dry": "true"} if dry else {}
        kind = "application/octet-stream"
        return admin.ask("POST", "/units/file", data=text.encode(), content_type=kind, query_string=query)

    assert send(wrong, False).status_code == 400
    before = admin.get("/units").json["total"]
    assert send(good, True).status_code == 204 and admin.get("/units").json["total"] == before
    assert send(good, False).status_code == 204 and admin.get("/units").json["total"] == before + 1
    loaded = admin.post("/communes", {"province": "86", "under": "D"})
    assert loaded.status_code == 204 and admin.get("/units").json["total"] > before + 50


def test_reviewers_rules_and_the_desks_of_two_persons(app: Flask, world: World, proved: None) -> None:
    reviewer, security = program(app, world, "reviewer"), program(app, world, "security")
    weight = {"rule": "off_hours", "weight": "2,5", "reason": "quá nhiều trường hợp thừa"}
    assert reviewer.post("/review-rules", weight).status_code == 204
    told = {each["rule"]: each["weight"] for each in reviewer.get("/review-rules").json["items"]}
    assert told["off_hours"] == 2.5
    assert reviewer.post("/reviews/compute").status_code == 204
    assert reviewer.post("/journal/anchors", {"lines": "x\ny\nz", "number": 1}).status_code == 400
    policy = security.get("/policy").json["items"][0]
    asked = {"key": policy["key"], "value": policy["value"] + 1, "reason": "rà soát chính sách truy cập"}
    proposed = security.post("/policy", asked, **CODE)
    assert proposed.status_code == 201 and security.get(f"/approvals/{proposed.json['id']}").status_code == 200
    holder = world.who("officer").account_id
    person = {"relation": "child", "full_name": "Tô Thị Con", "birth_date": "01/02/2000"}
    entered = security.post(f"/grants/{holder}/kin", person)
    assert entered.status_code in (200, 400), entered.json


def test_a_procedure_is_drafted_and_published_and_a_search_kept(app: Flask, world: World) -> None:
    leader = program(app, world, "leader")
    keeper = (
        leader if permits(world.who("leader"), OPERATIONS["add_procedure"].action) else program(app, world, "admin")
    )
    body: dict[str, Any] = {"title": "Thủ tục của phần mềm", "kind": "procedure", "owner": "D", "days": 5}
    body |= {"steps": [{"key": "b1", "stage": "receive", "title": "Tiếp nhận"}]}
    made = keeper.post("/procedures", body | {"code": "cua_phan_mem"})
    assert made.status_code == 201, made.json
    path = "/procedures/cua_phan_mem"
    draft, tag = _read(keeper, path + "/draft")
    assert draft["edition"] >= 1 and draft["wrong"]
    assert keeper.post(path + "/draft", body | {"title": "Tên sửa lại"}, match=tag).status_code == 200
    assert keeper.post(path + "/draft", body, match=tag).status_code == 412
    changed, tag = _read(keeper, path + "/draft")
    assert changed["title"] == "Tên sửa lại"
    assert keeper.post(path + "/draft/publish", {}, match=tag).status_code == 400, "it is not finished"
    assert keeper.post(path + "/draft/discard", match=tag).status_code == 204
    officer = program(app, world, "officer")
    assert officer.post("/saved-searches", {"title": "Bổ nhiệm", "q": "bổ nhiệm"}).status_code == 204
    assert officer.get("/saved-searches").json["items"][0]["title"] == "Bổ nhiệm"
    assert officer.post("/saved-searches", {"title": "Bổ nhiệm", "q": "bổ nhiệm"}).status_code == 400
