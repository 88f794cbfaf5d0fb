"""Changes through the API: each once, on what was read, with its row; lists that count honestly."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from api_asking import program
from factories import World
from flask import Flask
from office import publish, receive
from sqlalchemy import select

from oms.services import factors, repeats
from oms.services.repeats import Kept
from oms.store.api_tables import ApiToken


def new_dossier(world: World, number: str = "HS-API") -> dict[str, object]:
    return {"full_name": "Vi Thị Mới", "unit_id": world.units["D-BTC"], "number": number}


def test_a_key_has_one_effect_and_tells_what_the_first_came_to(app: Flask, world: World) -> None:
    officer = program(app, world, "officer")
    first = officer.post("/dossiers", new_dossier(world), Idempotency_Key="một-lần".encode().hex())
    again = officer.post("/dossiers", new_dossier(world), Idempotency_Key="một-lần".encode().hex())
    assert (first.status_code, again.status_code) == (201, 201) and first.json == again.json
    assert again.headers["Idempotent-Replay"] == "true" and "Idempotent-Replay" not in first.headers
    assert first.headers["Location"] == first.json["href"] == f"/api/v1/dossiers/{first.json['id']}"
    assert officer.get("/dossiers").json["total"] == 1
    other = officer.post("/dossiers", new_dossier(world, "HS-2"), Idempotency_Key="một-lần".encode().hex())
    assert other.status_code == 422 and other.json["type"].endswith("key-used")
    assert program(app, world, "officer").post(
        "/dossiers", new_dossier(world, "HS-3"), Idempotency_Key="một-lần".encode().hex()
    ).status_code in (201, 400), "another token's keys are its own"
    world.clock.forward(hours=24, minutes=1)
    late = officer.post("/dossiers", new_dossier(world), Idempotency_Key="một-lần".encode().hex())
    assert late.status_code == 400 and late.json["errors"][0]["field"] == "number", "after a day it is a new request"


def test_what_failed_gives_its_key_back(app: Flask, world: World) -> None:
    officer = program(app, world, "officer")
    wrong = new_dossier(world) | {"birth_date": "hôm qua"}
    assert officer.post("/dossiers", wrong, Idempotency_Key="k").status_code == 400
    assert officer.post("/dossiers", new_dossier(world), Idempotency_Key="k").status_code == 201


def test_likely_duplicates_are_told_and_the_telling_is_a_row(app: Flask, world: World) -> None:
    officer = program(app, world, "officer")
    assert officer.post("/dossiers", new_dossier(world)).status_code == 201
    answer = officer.post("/dossiers", new_dossier(world, "HS-2"), Idempotency_Key="d")
    assert answer.status_code == 400 and answer.json["errors"][0]["field"] == "duplicate"
    sure = new_dossier(world, "HS-2") | {"confirmed": True}
    assert officer.post("/dossiers", sure, Idempotency_Key="d").status_code == 201


def test_two_at_once_under_one_key_have_one_effect(app: Flask, world: World) -> None:
    officer = program(app, world, "officer")

    def send(_turn: int) -> int:
        return officer.post("/dossiers", new_dossier(world), Idempotency_Key="cùng-lúc".encode().hex()).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(send, range(4)))
    assert statuses == [201] * 4
    assert [verb for verb, _outcome, _id in world.journal()].count("dossier:create") == 1


def test_work_that_commits_apart_is_not_begun_twice(app: Flask, world: World) -> None:
    officer = program(app, world, "officer")
    batch = officer.post("/batches", {"unit_id": world.units["D-BTC"], "title": "Đợt của phần mềm"}).json["id"]
    path, now = f"/batches/{batch}/scans", world.clock()
    pdf = {"data": b"%PDF-1.4 x", "content_type": "application/octet-stream", "query_string": {"name": "a.pdf"}}
    first = officer.ask("POST", path, {"Idempotency-Key": "tep"}, **pdf)
    assert first.status_code in (200, 400)
    with world.house.look() as uow:
        token_id = uow.session.scalars(select(ApiToken.id).order_by(ApiToken.created_at.desc())).first()
    who = replace(world.who("officer"), token_id=str(token_id))
    assert repeats.begin_apart(world.house, who, "dở", "h" * 64, now) is None
    with pytest.raises(repeats.StillRunning):
        repeats.begin_apart(world.house, who, "dở", "h" * 64, now)
    repeats.end_apart(world.house, who, "dở", Kept(200, "/x"), now)
    assert repeats.begin_apart(world.house, who, "dở", "h" * 64, now + timedelta(hours=1)) == Kept(200, "/x")


def test_a_version_that_is_not_the_read_one_changes_nothing(app: Flask, world: World) -> None:
    paper = world.paper(pages=2)
    clerk, other = program(app, world, "clerk"), program(app, world, "clerk2")
    read = clerk.get(f"/desk/{paper}")
    assert read.headers["ETag"] == '"1"' and read.json["version"] == 1 and len(read.json["pages"]) == 2
    edit = {"type_code": "quyet_dinh", "title": "Về việc điều động"}
    assert clerk.post(f"/desk/{paper}/save", edit).status_code == 428
    assert other.post(f"/desk/{paper}/save", edit, match='"1"').status_code == 200
    lost = clerk.post(f"/desk/{paper}/save", edit | {"title": "Khác"}, match='"1"')
    assert lost.status_code == 412 and lost.json["type"].endswith("changed")
    for odd in ('"0"', "*", "W/x", '"999999999999"'):
        assert clerk.post(f"/desk/{paper}/save", edit, match=odd).status_code == 412
    assert clerk.get(f"/desk/{paper}").json["title"] == "Về việc điều động"
    row = world.dossier()
    filed = clerk.post(f"/desk/{paper}/file", edit | {"dossier_id": row.dossier.id}, match='"2"')
    assert filed.status_code == 201 and filed.json["href"] == f"/api/v1/documents/{paper}"


def test_where_there_is_no_version_the_tag_is_of_all_that_is_told(app: Flask, world: World) -> None:
    officer = program(app, world, "officer")
    body = {"number": "KL-1", "title": "Kết luận giao ban tháng", "unit_id": world.units["D-BTC"]}
    made = officer.post("/directives", body).json
    path = made["href"].removeprefix("/api/v1")
    tag = officer.get(path).headers["ETag"]
    assert officer.get(path).headers["ETag"] == tag, "reading changes nothing"
    assert officer.post(path, body | {"title": "Kết luận giao ban tuần"}, match=tag).status_code == 200
    assert officer.post(path + "/close", {"reason": "đã xong mọi việc"}, match=tag).status_code == 412
    closed = officer.post(path + "/close", {"reason": "đã xong mọi việc"}, match=officer.get(path).headers["ETag"])
    assert closed.status_code == 200 and officer.get(path).json["closed_at"]


def test_a_case_goes_its_way(app: Flask, world: World) -> None:
    publish(world)
    made = receive(world)
    officer = program(app, world, "officer")
    listed = officer.get("/cases").json
    assert listed["total"] == 1 and listed["items"][0]["id"] == made.id
    case = officer.get(f"/cases/{made.id}")
    assert case.json["may"]["moves"] and case.json["steps"][0]["place"] == "here"
    moved = officer.post(f"/cases/{made.id}/moves", {"move": "suspend", "reason": "chờ cơ quan khác trả lời"},
                         match=case.headers["ETag"])  # fmt: skip
    assert moved.status_code == 200
    assert officer.get(f"/cases/{made.id}").json["state"] == "suspended"
    assert officer.get("/cases?state=running").json["total"] == 0
    assert any(each[1:] == ("done", made.id) for each in world.journal())


def test_lists_count_what_their_reader_sees(app: Flask, world: World) -> None:
    for turn in range(5):
        world.dossier(f"Người Thứ {turn}", secrecy=turn % 2)
    world.dossier("Người Nơi Khác", unit="C-SNV", by="officer.gov")
    low, officer = program(app, world, "leader.xa"), program(app, world, "officer")
    assert low.get("/dossiers").json == {"items": [], "total": 0, "page": 1, "size": 50}
    pages = [officer.get("/dossiers", query_string={"page": page, "size": 2}).json for page in (1, 2, 3, 4)]
    assert [len(each["items"]) for each in pages] == [2, 2, 1, 0] and {each["total"] for each in pages} == {5}
    assert len({item["id"] for each in pages for item in each["items"]}) == 5


def test_what_asks_for_a_fresh_proof_at_the_pages_asks_for_the_phones_code_here(app: Flask, world: World) -> None:
    admin = world.who("admin")
    shown = factors.new_totp(world.house.settings, admin)
    phone = pyotp.TOTP(shown.letters.replace(" ", ""))
    with world.work(admin) as uow:
        factors.add_totp(uow, admin, world.house.settings, shown.sealed, phone.at(world.clock.at), world.clock())
    asker = program(app, world, "admin")
    body = {"username": "moi.vao", "display_name": "Người Mới", "role": "leader", "unit_id": world.units["D"]}
    assert asker.post("/accounts", body).json["type"].endswith("no-proof")
    assert asker.post("/accounts", body, OMS_Proof="000000").status_code == 403
    world.clock.forward(seconds=60)
    code = phone.at(world.clock.at)
    made = asker.post("/accounts", body, OMS_Proof=code)
    assert made.status_code == 201 and asker.get(f"/accounts/{made.json['id']}").json["active"] is False
    assert asker.post("/accounts", body | {"username": "moi.hai"}, OMS_Proof=code).status_code == 403, "used once"


def test_reviewers_read_the_journal_and_that_is_an_entry(app: Flask, world: World) -> None:
    reviewer = program(app, world, "reviewer")
    before = reviewer.get("/journal?size=1").json
    after = reviewer.get("/journal?size=1").json
    assert after["total"] == before["total"] + 1
    entry = reviewer.get("/journal?verb=journal:view&size=1").json["items"][0]
    assert entry["session"].startswith("api-") and entry["actor_name"] == "Người thử reviewer"
    assert reviewer.get("/journal/verification").json["whole"] is True
