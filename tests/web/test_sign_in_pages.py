"""The door and one's own account in the pages: what a cookie is worth, what a form keeps, what headers say."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pyotp
import pytest
from factories import PASSWORD, World
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from oms import create_app
from oms.services import accounts, factors
from oms.web.guard import asks_step_up

DOOR = {"username": "clerk", "password": PASSWORD}


def app_with(world: World, csrf: bool = False, **more: object) -> Flask:
    made = create_app(replace(world.house.settings, **more), world.clock)  # type: ignore[arg-type]
    made.config["WTF_CSRF_ENABLED"] = csrf
    return made


def cookie(client: FlaskClient, name: str = "oms") -> str:
    found = client.get_cookie(name)
    return found.value if found else ""


def phone_of(page: str) -> tuple[pyotp.TOTP, str]:
    """The phone that scanned the picture of a page, and the sealed secret that goes back."""
    secret = re.findall(r'secret-text">([^<]+)<', page)[0].replace(" ", "")
    return pyotp.TOTP(secret), html.unescape(re.findall(r'name="sealed" value="([^"]+)"', page)[0])


def test_first_sign_in_forces_password_then_factor_and_shows_codes_once(world: World) -> None:
    security, admin = world.who("security"), world.who("admin")
    new = accounts.NewAccount("nguoi.moi", "Người mới", "", world.who("leader").role, world.units["D"], ())
    with world.work(admin) as uow:
        account = accounts.create(uow, admin, new, world.clock()).id
    with world.work(security) as uow:
        code = accounts.vet(uow, security, account, world.clock())[1]
    client = app_with(world, second_factor=("*",)).test_client()
    first = client.post("/dang-nhap", data={"username": "nguoi.moi", "password": code, "next": "/ho-so"})
    assert first.location == "/dang-nhap/mat-khau-moi"
    for elsewhere in ("/", "/ho-so", "/tai-khoan", "/dang-nhap/buoc-hai", "/tai-khoan/yeu-to"):
        assert client.get(elsewhere).location == "/dang-nhap/mat-khau-moi"
    words = {"new_password": "bông gòn 7", "new_password_again": "bông gòn 7"}
    assert client.post("/dang-nhap/mat-khau-moi", data=words).location == "/tai-khoan/yeu-to"
    for elsewhere in ("/", "/ho-so", "/tai-khoan", "/tai-khoan/ma-khoi-phuc"):
        assert client.get(elsewhere).location == "/tai-khoan/yeu-to"
    page = client.get("/tai-khoan/yeu-to").text
    assert "Quản trị" not in page and "data:image/png;base64," in page
    phone, sealed = phone_of(page)
    wrong = client.post("/tai-khoan/yeu-to/ma", data={"sealed": sealed, "code": "000000"})
    assert wrong.status_code == 400 and phone_of(wrong.text)[0].secret == phone.secret
    assert world.journal()[-1] == ("factor:add", "failed", account)  # a row of its own, without code or secret
    assert client.post("/tai-khoan/yeu-to/khoa", data={"passkey": "{}", "name": "Khoá"}).status_code == 400
    with world.work() as uow:
        kept = uow.session.execute(text("SELECT reason, detail FROM journal WHERE outcome = 'failed'")).all()
    assert [tuple(each) for each in kept] == [
        ("not proved", '{"factor":"totp"}'),
        ("not proved", '{"factor":"passkey"}'),
    ]
    shown = client.post("/tai-khoan/yeu-to/ma", data={"sealed": sealed, "code": phone.at(world.clock.at)})
    codes = re.findall(r"<code>([^<]+)</code>", shown.text)
    assert len(codes) == 10 and client.get("/").status_code == 200
    assert codes[0] not in client.get("/tai-khoan").text


def test_a_pending_session_can_do_nothing_but_give_its_factor(world: World) -> None:
    clerk = world.who("clerk")
    shown = factors.new_totp(world.house.settings, clerk)
    phone = pyotp.TOTP(shown.letters.replace(" ", ""))
    with world.work(clerk) as uow:
        factors.add_totp(uow, clerk, world.house.settings, shown.sealed, phone.at(world.clock.at), world.clock())
    app = app_with(world)
    client = app.test_client()
    assert client.post("/dang-nhap", data=DOOR | {"next": "/ban-duyet"}).location == "/dang-nhap/buoc-hai"
    reached = ("auth.factor", "auth.factor_post", "auth.factor_options", "auth.logout")
    for rule in app.url_map.iter_rules():
        if rule.endpoint in (*reached, "static", "fonts.font"):
            continue
        if rule.endpoint.startswith(("auth.l", "api.", "probes.")):
            continue
        with app.test_request_context():
            path = rule.build(dict.fromkeys(rule.arguments, 1) | dict.fromkeys(rule.arguments, "1"))[1]  # type: ignore[index]
        if rule.endpoint.startswith("auth.passkey"):
            continue
        for method in rule.methods & {"GET", "POST"}:  # type: ignore[operator]
            answer = client.open(path, method=method)
            assert answer.status_code in (302, 404), rule.endpoint
            assert answer.status_code == 404 or answer.location == "/dang-nhap/buoc-hai", rule.endpoint
    world.clock.forward(seconds=60)
    before = cookie(client)
    done = client.post("/dang-nhap/buoc-hai", data={"kind": "totp", "code": phone.at(world.clock.at)})
    assert done.location == "/ban-duyet" and cookie(client) != before
    thief = app.test_client()
    thief.set_cookie("oms", before)
    assert "/dang-nhap" in thief.get("/").location


def test_a_cookie_from_before_signing_in_is_nobodys_after(world: World, app: Flask) -> None:
    client, thief = app.test_client(), app.test_client()
    client.post("/ngon-ngu", data={"lang": "en"})
    planted = cookie(client)
    assert client.post("/dang-nhap", data=DOOR).status_code == 302
    thief.set_cookie("oms", planted)
    assert "/dang-nhap" in thief.get("/").location
    assert client.get("/").status_code == 200 and "Sign out" in client.get("/").text  # the language stays


def test_signing_out_ends_it_on_the_server(world: World, app: Flask, signed_in) -> None:
    client = signed_in("clerk")
    kept = cookie(client)
    client.post("/dang-xuat")
    thief = app.test_client()
    thief.set_cookie("oms", kept)
    assert "/dang-nhap" in thief.get("/").location


@pytest.mark.parametrize("secure", [False, True])
def test_cookies_are_strict_and_the_known_device_is_one(world: World, secure: bool) -> None:
    client = app_with(world, secure_cookies=secure).test_client()
    answer = client.post("/dang-nhap", data=DOOR, base_url="https://localhost" if secure else "http://localhost")
    said = answer.headers.getlist("Set-Cookie")
    assert len(said) == 2
    for each in said:
        assert "HttpOnly" in each and "SameSite=Strict" in each and "Path=/" in each
        assert ("Secure" in each) is secure and each.startswith("__Host-") is secure
    assert ("Strict-Transport-Security" in answer.headers) is secure
    assert PASSWORD not in "".join(said) and "clerk" not in "".join(said)


def test_the_throttle_is_told_and_the_known_device_passes(world: World, app: Flask) -> None:
    owner, stranger = app.test_client(), app.test_client()
    owner.post("/dang-nhap", data=DOOR)
    owner.post("/dang-xuat")
    for _ in range(5):
        assert stranger.post("/dang-nhap", data=DOOR | {"password": "x"}).status_code == 401
    assert stranger.post("/dang-nhap", data=DOOR).status_code == 429
    assert owner.post("/dang-nhap", data=DOOR).status_code == 302


# a fresh proof


def test_routes_that_delete_export_and_grant_ask_for_a_fresh_proof(world: World, app: Flask) -> None:
    asked = {rule.endpoint for rule in app.url_map.iter_rules() if asks_step_up(app, rule.endpoint)}
    assert asked >= {
        "copies.take", "copies.export", "criteria.export", "reports.export", "alerts.calendar",
        "keeping.disposal_decide", "admin.create", "admin.toggle", "admin.reset", "account.end_sessions_of",
        "account.recovery", "account.remove", "account.end_session", "account.totp", "account.passkey",
        "profiles.make", "consultations.decide", "consultations.own_form", "consultations.held_form",
        "consultations.register_sheet", "keeping.transfer_minutes", "keeping.stocktake_minutes",
        "changes.supplement_print", "review_desk.report_pdf",
    }  # fmt: skip


def test_a_page_comes_after_the_proof_and_a_form_keeps_all_it_held(world: World, app: Flask, signed_in) -> None:
    client = signed_in("admin")
    account = world.who("leader").account_id
    world.clock.forward(minutes=11)
    form = {"username": "moi.lam", "display_name": "Tô «Hiếu» & con", "role": "leader", "clearance": "0"}
    form |= {"unit_id": str(world.units["D"])}
    scopes = [str(world.units["D"]), str(world.units["M"])]
    asked = client.post("/quan-tri/tai-khoan?trang=1", data=form | {"scopes": scopes})
    assert asked.status_code == 403 and "moi.lam" in asked.text
    kept = [(name, html.unescape(value)) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', asked.text)]
    assert [value for name, value in kept if name == "scopes"] == scopes
    assert ("display_name", "Tô «Hiếu» & con") in kept
    action = html.unescape(re.findall(r'action="(/quan-tri[^"]*)" method="post"', asked.text)[0])
    assert action == "/quan-tri/tai-khoan?trang=1"
    resent = {"step_up_kind": "password", "step_up_code": "sai"} | form | {"scopes": scopes}
    wrong = client.post(action, data=resent)
    assert wrong.status_code == 400 and "Mật khẩu không đúng" in wrong.text and "Tô «Hiếu» &amp; con" in wrong.text
    assert "sai" not in re.findall(r'value="([^"]*)"', wrong.text)
    before = cookie(client)
    done = client.post(action, data=resent | {"step_up_code": PASSWORD})
    assert done.status_code == 302 and cookie(client) != before
    assert ("account:create", "done") in [row[:2] for row in world.journal()]
    assert len(world.who("moi.lam").scopes) == 2
    assert client.post(f"/quan-tri/tai-khoan/{account}/trang-thai", data={"active": "0"}).status_code == 302
    world.clock.forward(minutes=11)
    door = client.get("/tai-khoan/yeu-to")
    assert door.location == "/xac-nhan-lai?next=/tai-khoan/yeu-to"
    there = {"next": "/tai-khoan/yeu-to", "step_up_kind": "password", "step_up_code": PASSWORD}
    assert client.post("/xac-nhan-lai", data=there).location == "/tai-khoan/yeu-to"
    assert client.get("/tai-khoan/yeu-to").status_code == 200


def test_the_proof_leads_nowhere_else(signed_in, world: World) -> None:
    client = signed_in("clerk")
    world.clock.forward(minutes=11)
    for outside in ("https://example.org/", "//example.org", "/\\example.org"):
        form = {"next": outside, "step_up_kind": "password", "step_up_code": PASSWORD}
        assert client.post("/xac-nhan-lai", data=form).location == "/"


def test_a_stale_form_without_its_token_is_not_laid_out_again(world: World) -> None:
    client = app_with(world, csrf=True).test_client()
    token = re.findall(r'name="csrf_token" value="([^"]+)"', client.get("/dang-nhap").text)[0]
    entered = client.post("/dang-nhap", data={"username": "admin", "password": PASSWORD, "csrf_token": token})
    assert entered.status_code == 302
    world.clock.forward(minutes=11)
    answer = client.post("/quan-tri/tai-khoan", data={"display_name": "gài vào", "step_up_kind": "password"})
    assert answer.status_code == 400 and "gài vào" not in answer.text


# requests of other sites


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 400),
        ({"Sec-Fetch-Site": "same-site"}, 400),
        ({"Origin": "https://example.org"}, 400),
        ({"Origin": "null"}, 400),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}, 302),
        ({"Origin": "http://localhost"}, 302),
        ({}, 302),
    ],
)
def test_what_another_site_sends_is_not_taken(app: Flask, headers: dict[str, str], status: int) -> None:
    assert app.test_client().post("/dang-nhap", data=DOOR, headers=headers).status_code == status


# one's own account


def test_ones_own_page_shows_sessions_and_sign_ins_and_ends_them(world: World, app: Flask, signed_in) -> None:
    client, other = signed_in("clerk"), signed_in("clerk")
    app.test_client().post("/dang-nhap", data=DOOR | {"password": "x"})
    page = client.get("/tai-khoan").text
    assert page.count("bị từ chối") == 1 and page.count("vào được</span>") == 2 and "phiên này" in page
    assert cookie(client) not in page
    session = re.findall(r'name="session" value="([0-9a-f]{32})"', page)[0]
    client.post("/tai-khoan/phien", data={"session": session})
    assert "/dang-nhap" in other.get("/").location and client.get("/").status_code == 200


def test_a_password_changed_in_the_page_signs_out_everywhere(world: World, signed_in) -> None:
    client, other = signed_in("clerk"), signed_in("clerk")
    form = {"current_password": PASSWORD, "new_password": "Hà Nội 01011990 matkhau", "new_password_again": ""}
    assert "không giống nhau" in client.post("/tai-khoan/mat-khau", data=form).text
    form["new_password_again"] = form["new_password"]
    assert "dễ đoán" in client.post("/tai-khoan/mat-khau", data=form).text
    form["new_password"] = form["new_password_again"] = "xe đạp tím leo dốc đá"
    assert client.post("/tai-khoan/mat-khau", data=form).location == "/dang-nhap"
    for each in (client, other):
        assert "/dang-nhap" in each.get("/").location


def test_officers_see_and_end_sessions_without_tokens(world: World, app: Flask, signed_in) -> None:
    clerk = signed_in("clerk")
    account = world.who("clerk").account_id
    for name in ("admin", "security"):
        page = signed_in(name).get(f"/tai-khoan/{account}/phien").text
        assert "Kết thúc mọi phiên" in page and cookie(clerk) not in page
    assert signed_in("security").post(f"/tai-khoan/{account}/phien", data={"session": ""}).status_code == 302
    assert "/dang-nhap" in clerk.get("/").location
