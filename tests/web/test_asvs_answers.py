"""What ASVS asks of every answer: types, headers, methods, where fields come from, errors that tell nothing."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from factories import PASSWORD, World
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from oms import create_app
from oms.store import journal
from oms.store.tables import Account, Cadre
from oms.web.context import sent_with
from oms.web.guard import asks_step_up

SignIn = Callable[[str], FlaskClient]
ROOT = Path(__file__).resolve().parents[2]


def every_kind(app: Flask, officer: FlaskClient) -> dict[str, TestResponse]:
    """An answer of each kind: page, redirect, file of the release, font, and each error there is a page for."""
    font = next(str(rule) for rule in app.url_map.iter_rules() if rule.endpoint == "fonts.font")
    letters = re.sub(r"<[^>]+>", "khong-co.woff2", font)
    static = [f"/static/{path.relative_to(ROOT / 'oms/static')}" for path in (ROOT / "oms/static").rglob("*.*")][:6]
    asked = {path: officer.get(path) for path in ("/", "/ho-so", "/khong-co", "/nhat-ky", letters, *static)}
    asked["redirect"] = app.test_client().get("/ho-so")
    asked["too long"] = officer.post("/ho-so/moi", data={"full_name": "a" * (5 * 1024 * 1024)})
    asked["other site"] = officer.post("/ho-so/moi", headers={"Sec-Fetch-Site": "cross-site"})
    asked["wrong method"] = officer.post("/ho-so")
    return asked


def test_every_answer_has_its_type_its_policy_and_no_door_for_other_sites(app: Flask, signed_in: SignIn) -> None:
    answers = every_kind(app, signed_in("officer"))
    assert {200, 302, 400, 404, 413} <= {answer.status_code for answer in answers.values()}
    for name, answer in answers.items():
        answer.close()
        kind = answer.headers["Content-Type"]
        assert "charset=utf-8" in kind or not kind.startswith("text/"), f"{name}: {kind}"
        policy = answer.headers["Content-Security-Policy"]
        for needed in ("default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
            assert needed in policy, name
        assert answer.headers["X-Content-Type-Options"] == "nosniff", name
        assert answer.headers["Referrer-Policy"] == "same-origin", name
        assert not [header for header in answer.headers.keys() if header.startswith("Access-Control-")], name  # noqa: SIM118


def test_no_other_origin_is_let_in(app: Flask, signed_in: SignIn) -> None:
    for method in ("GET", "OPTIONS"):
        answer = signed_in("officer").open("/ho-so", method=method, headers={"Origin": "https://example.org"})
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_behind_https_every_answer_keeps_the_browser_there_for_a_year(world: World) -> None:
    app = create_app(replace(world.house.settings, secure_cookies=True), world.clock)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    door = {"username": "officer", "password": PASSWORD}
    assert client.post("/dang-nhap", data=door, base_url="https://localhost").status_code == 302
    for path in ("/", "/khong-co", "/static/js/frame.js"):
        with client.get(path, base_url="https://localhost") as answer:
            said = answer.headers["Strict-Transport-Security"]
        assert said == "max-age=31536000; includeSubDomains", path


def test_an_export_asked_for_by_address_is_not_started_by_another_site(app: Flask, signed_in: SignIn) -> None:
    officer = signed_in("officer")
    with_proof = [rule for rule in app.url_map.iter_rules() if asks_step_up(app, rule.endpoint)]
    by_get = [rule for rule in with_proof if "GET" in (rule.methods or ())]
    assert by_get
    for rule in by_get:
        path = re.sub(r"<[^>]+>", "1" * 32, str(rule))
        for said, refused in (("cross-site", True), ("same-site", True), ("same-origin", False), ("none", False)):
            answer = officer.get(path, headers={"Sec-Fetch-Site": said})
            assert (answer.status_code == 400) is refused, (path, said)


def test_trace_listings_and_files_of_the_checkout_are_not_there(app: Flask, signed_in: SignIn) -> None:
    client = signed_in("officer")
    assert client.open("/", method="TRACE").status_code in (404, 405)
    outside = ("/static/", "/static/js", "/static/js/", "/.git/config", "/static/../wsgi.py", "/static/%2e%2e/wsgi.py")
    for path in (*outside, "/static/..%2f..%2fwsgi.py", "/pyproject.toml", "/docs/security.md"):
        assert client.get(path).status_code == 404, path


def test_debugging_is_off_whatever_the_environment_says(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    assert create_app(world.house.settings, world.clock).debug is False


def test_an_unexpected_error_tells_its_place_to_the_log_and_nothing_to_the_page(
    app: Flask, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> str:
        raise RuntimeError("SELECT số căn cước của Tô Thị Hiếu")

    client = signed_in("officer")
    monkeypatch.setitem(app.view_functions, "home.index", _as(app.view_functions["home.index"], broken))
    with caplog.at_level(logging.WARNING):
        answer = client.get("/")
    assert answer.status_code == 500
    for told in (answer.get_data(as_text=True), caplog.text):
        assert "SELECT" not in told and "Hiếu" not in told and "Traceback" not in told
    assert "RuntimeError" not in answer.get_data(as_text=True)
    assert "unexpected RuntimeError in test_asvs_answers.py line" in caplog.text


def _as(view: Callable[..., object], other: Callable[..., object]) -> Callable[..., object]:
    other.action = view.action  # type: ignore[attr-defined]
    return other


@pytest.mark.parametrize(("proxied", "told"), [(False, "127.0.0.1"), (True, "198.51.100.7")])
def test_only_a_proxy_of_ones_own_says_where_a_request_comes_from(world: World, proxied: bool, told: str) -> None:
    app = create_app(replace(world.house.settings, proxied=proxied), world.clock)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    door = {"username": "clerk", "password": PASSWORD}
    forged = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7", "X-Real-IP": "203.0.113.9"}
    client.post("/dang-nhap", data=door, headers=forged)
    with world.work() as uow:
        entry = [entry for entry, _leaf in journal.rows(uow.session)][-1]
    assert entry.address == told


def test_fields_a_form_does_not_have_change_nothing(world: World, signed_in: SignIn) -> None:
    """A new dossier and one's own password, each with columns of the table sent along."""
    unit, planted = str(world.units["D-BTC"]), "f" * 32
    form = {
        "full_name": "Tô Thị Hiếu",
        "number": "BTC-901",
        "unit_id": unit,
        "birth_date": "03/1970",
        "gender": "female",
    }
    more = {"id": planted, "cadre_id": planted, "created_by": planted, "state": "disposed", "search_version": "9"}
    assert signed_in("officer").post("/ho-so/moi", data=form | more).status_code == 302
    with world.work() as uow:
        assert uow.session.get(Cadre, planted) is None
    clerk = world.who("clerk").account_id
    new = "xe đạp tím leo dốc đá"
    own = {"current_password": PASSWORD, "new_password": new, "new_password_again": new}
    before = _account(world, clerk)
    signed_in("clerk").post(
        "/tai-khoan/mat-khau", data=own | {"role": "administrator", "clearance": "3", "active": "0"}
    )
    assert _account(world, clerk) == before


def _account(world: World, account_id: str) -> tuple[object, ...]:
    with world.work() as uow:
        row = uow.session.get_one(Account, account_id)
        return row.role, row.clearance, row.active, row.username, row.unit_id


def test_a_field_counts_once_and_from_one_place(app: Flask) -> None:
    with app.test_request_context("/?so=1&so=2&chi=3"):
        assert sent_with().get("so") == "1"
    with app.test_request_context("/?so=1&chi=3", method="POST", data={"so": "2"}):
        assert sent_with().get("so") == "2" and "chi" not in sent_with()
    for path in (ROOT / "oms/web").glob("*.py"):
        assert "request.values" not in path.read_text(encoding="utf-8"), path.name


def test_signs_of_search_expressions_are_only_letters(world: World, signed_in: SignIn) -> None:
    leader = signed_in("leader")
    for typed in ("(", "[a-", ".*", "(a+)+$", "\\", "*", "?", "a{9999999}"):
        for path in ("/ho-so", "/tim-kiem"):
            assert leader.get(path, query_string={"q": typed}).status_code in (200, 302, 400), typed


def test_one_is_a_click_from_the_way_out_on_every_page(app: Flask, signed_in: SignIn) -> None:
    for name, paths in {"officer": ("/", "/ho-so", "/tai-khoan", "/khong-co"), "admin": ("/quan-tri",)}.items():
        client = signed_in(name)
        for path in paths:
            assert 'action="/dang-xuat"' in client.get(path).get_data(as_text=True), path


def test_passwords_are_masked_and_may_be_pasted_and_kept_by_a_manager(app: Flask, signed_in: SignIn) -> None:
    pages = app.test_client().get("/dang-nhap").text + signed_in("clerk").get("/tai-khoan").text
    fields = re.findall(r'<input[^>]*name="[a-z_]*password[a-z_]*"[^>]*>', pages)
    assert len(fields) == 4
    for field in fields:
        assert 'type="password"' in field and re.search('autocomplete="(current|new)-password"', field), field
        assert "maxlength" not in field and "readonly" not in field, field
    for path in (ROOT / "oms/static/js").glob("*.js"):
        assert "paste" not in path.read_text(encoding="utf-8"), path.name


def test_scripts_write_text_and_lend_no_prototype() -> None:
    """No script writes markup, runs text, takes messages of other windows, or merges what came into an object."""
    never = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|postMessage|__proto__"
    for path in (ROOT / "oms/static/js").glob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(never, text), path.name
        assert set(re.findall(r"Object\.assign\((?!new Error\()", text)) == set(), path.name
        assert not re.search(r"document\.cookie|sessionStorage|indexedDB", text), path.name
        assert "localStorage" not in text or path.name in ("memory.js", "theme.js"), path.name
    scripts = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "oms/static/js").glob("*.js"))
    kept = set(re.findall(r"\bkeep\([\"`]([a-z]+)", scripts))
    assert kept == {"theme", "rail", "columns", "reading", "pictures"}, "looks of the pages, nothing of their content"


CALLS_PARTNERS = "exchange_https.py"
"""The one part that calls an address: a partner's, written by the administrator, known by its certificate alone."""


def test_the_program_has_no_part_that_calls_an_address() -> None:
    """Nothing typed can make the server fetch: no client is even imported, but where packages go to a partner."""
    clients = r"^\s*(?:import|from) (?:urllib\.request|http\.client|requests|httpx|aiohttp|ftplib|smtplib|telnetlib)\b"
    for package in ("oms", "scanning", "search_index", "vietnamese"):
        for path in (ROOT / package).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            assert not re.search(clients, text, re.M) or path.name == CALLS_PARTNERS, path.name
            assert "import socket" not in text or path.name in ("supervisor.py", CALLS_PARTNERS), path.name
