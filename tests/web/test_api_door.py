"""The programs' door: who gets in, with what, and what a refusal says."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from api_asking import Program, program, token_of
from factories import PASSWORD, World
from flask import Flask

from oms.domain.access import Role
from oms.domain.api_scopes import EVERY
from oms.errors import InvalidInput, Refused
from oms.services import accounts, posts, sessions, tokens
from oms.services.posts import Post
from oms.store import journal

ME = "/api/v1/me"


def told(answer) -> dict:
    """A problem as its kind and body."""
    assert answer.mimetype == "application/problem+json"
    body = json.loads(answer.get_data())
    assert body["status"] == answer.status_code and body["title"] and body["detail"] and len(body["number"]) == 8
    return body


def rows_of(world: World, verb: str) -> list[tuple[str, str]]:
    with world.work() as uow:
        return [(e.outcome, e.reason) for e, _leaf in journal.rows(uow.session) if e.verb == verb]


def test_a_token_acts_for_its_owner_and_says_when_it_was_used(app: Flask, world: World) -> None:
    leader = program(app, world, "leader")
    answer = leader.get("/me")
    assert answer.status_code == 200 and answer.json["username"] == "leader" and answer.json["clearance"] == 1
    assert "case:work" in answer.json["may"] and answer.headers["ETag"]
    with world.work() as uow:
        row = tokens.own(uow, world.who("leader"), world.clock())[0]
        assert row.used_at is not None and row.used_from == "127.0.0.1"
        assert leader.token not in str(vars(row)), "kept as a hash alone"


@pytest.mark.parametrize(
    "said", ["", "Bearer", "Bearer x", "Basic eDp5", "Bearer oms_" + "a" * 43, "Bearer " + "é" * 9]
)
def test_without_a_good_token_there_is_no_way_in(app: Flask, said: str) -> None:
    answer = app.test_client().get(ME, headers={"Authorization": said} if said else {})
    assert answer.status_code == 401 and told(answer)["type"] == "urn:oms:problem:no-token"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_cookie_opens_nothing(app: Flask) -> None:
    client = app.test_client()
    assert client.post("/dang-nhap", data={"username": "leader", "password": PASSWORD}).status_code == 302
    assert client.get("/").status_code == 200
    assert client.get(ME).status_code == 401
    assert client.post("/api/v1/me/notices/read", headers={"Idempotency-Key": "k"}).status_code == 401


def test_bad_tokens_are_rows_and_are_slowed_down(app: Flask, world: World) -> None:
    statuses = [app.test_client().get(ME, headers={"Authorization": f"Bearer oms_{n}"}).status_code for n in range(8)]
    assert statuses[:5] == [401] * 5 and 429 in statuses[5:]
    assert ("refused", "unknown") in rows_of(world, "token:refuse")
    assert program(app, world, "leader").get("/me").status_code == 200, "who has a good one does not wait"


def test_a_withdrawn_token_and_one_that_ran_out_are_dead(app: Flask, world: World) -> None:
    withdrawn, old = program(app, world, "leader"), Program(app, token_of(world, "leader", days=1))
    who = world.who("leader")
    with world.work(who) as uow:
        rows = tokens.own(uow, who, world.clock())
        first = next(row for row in rows if (row.until - row.created_at).days == 30)
        tokens.withdraw(uow, who, first.id, world.clock())
    assert withdrawn.get("/me").status_code == 401 and old.get("/me").status_code == 200
    world.clock.forward(days=1, minutes=1)
    assert old.get("/me").status_code == 401
    assert [why for _outcome, why in rows_of(world, "token:refuse")] == ["withdrawn", "expired"]


def test_a_locked_account_has_no_programs_and_gets_none_back_unlocked(app: Flask, world: World) -> None:
    clerk, admin = program(app, world, "clerk2"), world.who("admin")
    account = world.who("clerk2").account_id
    with world.work(admin) as uow:
        accounts.set_active(uow, admin, account, False, world.clock())
    assert clerk.get("/me").status_code == 401
    with world.work(admin) as uow:
        accounts.set_active(uow, admin, account, True, world.clock())
    assert clerk.get("/me").status_code == 401


def test_another_post_an_officers_word_and_what_is_owed_end_tokens(app: Flask, world: World) -> None:
    admin, security = world.who("admin"), world.who("security")
    moved, ended, owing = (program(app, world, name) for name in ("clerk", "clerk2", "officer2"))
    with world.work(admin) as uow:
        post = Post(Role.RECORDS_OFFICER, world.units["D-BTC"], (world.units["D"],), "điều động công tác")
        posts.change(uow, admin, world.who("clerk").account_id, post, world.clock())
    with world.work(security) as uow:
        sessions.end_of_account(uow, security, world.who("clerk2").account_id, "", world.clock())
    with world.work(security) as uow:
        accounts.issue_code(uow, security, world.who("officer2").account_id, world.clock())
    assert [each.get("/me").status_code for each in (moved, ended, owing)] == [401, 401, 401]


def test_a_new_factor_rule_that_is_not_met_stops_the_program(world: World) -> None:
    from dataclasses import replace

    from oms import create_app

    token = token_of(world, "clerk")
    stricter = create_app(replace(world.house.settings, second_factor=("*",)), world.clock)
    assert Program(stricter, token).get("/me").status_code == 401
    assert rows_of(world, "token:refuse")[-1] == ("refused", "account owes enrol")


def test_scope_is_asked_before_anything_is_looked_up(app: Flask, world: World) -> None:
    row = world.dossier()
    reader = program(app, world, "officer", "dossiers:read")
    for path in (f"/desk/{row.dossier.id}", "/desk/" + "f" * 32, "/cases", "/me"):
        answer = reader.get(path)
        assert answer.status_code == 403 and told(answer)["type"].endswith("no-scope")
    assert reader.post("/dossiers", {"full_name": "x"}).status_code == 403, "reading is not writing"
    assert reader.get("/dossiers").status_code == 200
    assert rows_of(world, "token:refuse")[-1][1] == "token lacks dossiers:write"


def test_a_token_is_worth_no_more_than_the_role(app: Flask, world: World) -> None:
    reviewer = program(app, world, "reviewer")
    for path in ("/dossiers", "/cases", "/desk"):
        answer = reviewer.get(path)
        assert answer.status_code == 404 and told(answer)["type"].endswith("not-found")
    assert rows_of(world, "route:refuse")[-1][1] == "role lacks desk:work"


def test_what_is_above_mat_stays_with_persons(app: Flask, world: World) -> None:
    high, low = world.dossier(secrecy=2), world.dossier(secrecy=1)
    officer = program(app, world, "officer")  # whose clearance is Tuyệt mật
    assert officer.get(f"/dossiers/{low.dossier.id}").status_code == 200
    assert officer.get(f"/dossiers/{high.dossier.id}").status_code == 404
    listed = officer.get("/dossiers").json
    assert listed["total"] == 1 and listed["items"][0]["id"] == low.dossier.id


def test_a_dossier_is_read_for_a_purpose_and_each_reading_says_it(app: Flask, world: World) -> None:
    row = world.dossier()
    paper = world.filed(row)
    path = f"/dossiers/{row.dossier.id}"
    leader = program(app, world, "leader")
    for missing in ("OMS-Purpose", "OMS-Reason"):
        answer = leader.ask("GET", path, {missing: ""})
        assert answer.status_code == 428 and told(answer)["type"].endswith("no-purpose")
    assert leader.ask("GET", path, {"OMS-Purpose": "vui"}).status_code == 400
    assert leader.ask("GET", path, {"OMS-Reason": quote("ngắn")}).status_code == 400
    assert leader.ask("GET", path, {"OMS-Task": "f" * 32}).status_code == 400
    assert leader.get(path).json["contents"][0]["id"] == paper
    assert leader.get(f"/documents/{paper}").json["pages"][0]["words"][0]["text"] == "QUYẾT"
    assert "QUYẾT ĐỊNH" in leader.get(f"/documents/{paper}/text").text
    image = leader.get(f"/documents/{paper}/pages/{leader.get(f'/documents/{paper}').json['pages'][0]['id']}/image")
    assert image.mimetype == "image/jpeg" and image.data[:2] == b"\xff\xd8"
    with world.work() as uow:
        rows = [e for e, _leaf in journal.rows(uow.session) if e.session.startswith("api-")]
    opened = [e for e in rows if e.verb == "dossier:open" and e.outcome == "done"]
    assert len(opened) == 1, "once for the same purpose, not once a request"
    read = [e for e in rows if e.verb in ("cadre:open", "document:open", "page:view")]
    assert len(read) >= 4 and {(e.purpose, e.reason) for e in read} == {("quy_hoach", "rà soát quy hoạch năm 2026")}
    leader.headers["OMS-Reason"] = quote("kiểm tra hồ sơ bổ nhiệm")
    leader.get(path)
    assert [verb for verb, outcome, _id in world.journal()].count("dossier:open") >= 2, (
        "another purpose, another opening"
    )


def test_the_openings_of_persons_and_of_programs_are_apart(app: Flask, world: World, signed_in) -> None:
    row = world.dossier()
    leader = program(app, world, "leader")
    assert leader.get(f"/dossiers/{row.dossier.id}").status_code == 200
    page = signed_in("leader").get(f"/ho-so/{row.dossier.id}")
    assert "purpose" in page.text, "the person is asked at the door, whatever the program said"


def test_problems_of_every_kind_have_one_form(app: Flask, world: World) -> None:
    officer = program(app, world, "officer")
    assert told(officer.get("/nowhere"))["status"] == 404
    assert told(officer.ask("DELETE", "/dossiers"))["status"] == 405
    assert told(officer.get("/dossiers?size=0"))["errors"][0]["field"] == "size"
    assert told(officer.get("/dossiers?unknown=1"))["errors"][0]["field"] == "unknown"
    assert told(officer.post("/dossiers", {"full_name": "x" * 201}))["errors"]
    assert told(officer.ask("POST", "/dossiers", data="{", content_type="application/json"))["status"] == 400
    assert told(officer.ask("POST", "/dossiers", data="a=1", content_type="text/plain"))["status"] == 415
    assert told(officer.ask("POST", "/dossiers", {"Idempotency-Key": ""}, json={}))["status"] == 428
    body = {"full_name": "Tô Thị Hiếu", "unit_id": world.units["D-BTC"], "number": "1", "birth_date": "hôm qua"}
    wrong = told(officer.post("/dossiers", body))
    assert wrong["errors"][0]["field"] == "birth_date" and wrong["message"].startswith("Ngày sinh chưa đúng")


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "x" * 1_000_000, "﷽" * 5000, "'; DROP TABLE cadres; --"])
def test_hostile_text_is_refused_or_kept_and_never_breaks(app: Flask, world: World, text: str) -> None:
    officer = program(app, world, "officer")
    body = {"full_name": text, "unit_id": world.units["D-BTC"], "number": text, "home_place": text}
    answer = officer.post("/dossiers", body)
    assert answer.status_code in (201, 400, 413)
    deep = "[" * 100_000 + "]" * 100_000
    assert officer.ask("POST", "/dossiers", data=deep, content_type="application/json").status_code == 400
    assert officer.get("/dossiers", query_string={"q": text[:3000].replace("\ud800", "\ufffd")}).status_code in (
        200,
        400,
    )


def test_too_much_is_not_read(app: Flask, world: World) -> None:
    officer = program(app, world, "officer")
    answer = officer.ask("POST", "/dossiers", data=b"x" * (1024 * 1024 + 1), content_type="application/json")
    assert answer.status_code == 413 and told(answer)["type"].endswith("too-large")


def test_who_makes_a_token_says_what_for_and_not_for_ever(world: World) -> None:
    who = world.who("leader")
    for name, scopes, days in (
        ("x", EVERY, 1),
        ("Phần mềm", [], 1),
        ("Phần mềm", ["cases:all"], 1),
        ("Phần mềm", EVERY, 366),
    ):
        with pytest.raises(InvalidInput), world.work(who) as uow:
            tokens.make(uow, who, name, scopes, days, world.clock())
    with world.work(who) as uow:
        mine = tokens.make(uow, who, "Phần mềm", ["me:read"], 1, world.clock())[0].id
    other = world.who("officer")
    with pytest.raises(Refused), world.work(other) as uow:
        tokens.withdraw(uow, other, mine, world.clock())
