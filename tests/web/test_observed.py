"""Numbers, lines and figures of requests: enough to find one, nothing of what it was about."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from factories import PASSWORD, World
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select

from oms import create_app, exposition, measures
from oms.program_log import JsonLines
from oms.store.tables import Account, Cadre, Dossier, Unit
from oms.web import tracing

SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def counted(world: World) -> Iterator[Path]:
    """The folder of figures, into which this process counts."""
    measures.begin(world.house.settings.figures, "web")
    yield world.house.settings.figures
    measures.end()


def _walk(world: World, signed_in: SignIn) -> str:
    """Some work with records, a refusal and a search by somebody's name; the id of the dossier."""
    row = world.dossier("Tô Thị Hiếu", number="HS-BI-MAT")
    world.filed(row, "QUYẾT ĐỊNH\nBổ nhiệm")
    officer = signed_in("officer")
    for path in ("/", f"/ho-so/{row.dossier.id}", "/tim-kiem?q=Tô+Thị+Hiếu", "/ho-so?q=Hiếu", "/khong-co/Hiếu"):
        officer.get(path)
    signed_in("admin").get(f"/ho-so/{row.dossier.id}")
    return str(row.dossier.id)


def _own_words(world: World) -> set[str]:
    """Whatever would name a person, a unit, an account or a record."""
    with world.work() as uow:
        found = {value for row in uow.session.execute(select(Unit.code, Unit.name)) for value in row}
        found |= {value for row in uow.session.execute(select(Account.username, Account.display_name)) for value in row}
        found |= {value for row in uow.session.execute(select(Dossier.id, Dossier.number)) for value in row}
        found |= set(uow.session.scalars(select(Cadre.full_name)))
    return {word for word in found if len(word) > 2}


def test_the_number_of_an_error_page_is_the_one_in_the_header_the_log_and_the_journal(
    world: World, signed_in: SignIn, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        answer = signed_in("admin").get("/nhat-ky")
    number = answer.headers["X-Request-Id"]
    assert re.fullmatch(r"[0-9a-f]{8}", number) and number in answer.get_data(as_text=True)
    assert f"number {number}" in caplog.text
    from oms.store import journal

    with world.work() as uow:
        refused = [entry for entry, _leaf in journal.rows(uow.session) if entry.outcome == "refused"]
    assert refused[-1].request == number


@pytest.mark.parametrize(
    ("proxied", "sent", "taken"),
    [
        (True, "0123abcd", True),
        (True, "0123abcd4567ef89", True),
        (True, "0123ABCD", False),
        (True, "x" * 8, False),
        (True, "0123abcd" * 4, False),
        (False, "0123abcd", False),
    ],
)
def test_only_ones_own_proxy_numbers_requests_and_only_in_the_programs_form(
    world: World, proxied: bool, sent: str, taken: bool
) -> None:
    app = create_app(replace(world.house.settings, proxied=proxied), world.clock)
    number = app.test_client().get("/dang-nhap", headers={"X-Request-Id": sent}).headers["X-Request-Id"]
    assert (number == sent) is taken


def test_a_line_for_each_request_names_its_desk_and_nobody(
    world: World, signed_in: SignIn, caplog: pytest.LogCaptureFixture
) -> None:
    form = JsonLines("web")
    with caplog.at_level(logging.INFO, "oms.access"):
        dossier_id = _walk(world, signed_in)
        signed_in("officer").get("/static/js/frame.js").close()
    lines = [json.loads(form.format(each)) for each in caplog.records if each.name == "oms.access"]
    assert {"search.search", "records.dossiers", "auth.login_post", ""} <= {line["endpoint"] for line in lines}
    assert "static" not in {line["endpoint"] for line in lines}
    assert all({"status", "ms", "method"} <= line.keys() and line["ms"] >= 0 for line in lines)
    told = json.dumps(lines, ensure_ascii=False)
    assert [word for word in _own_words(world) | {dossier_id, "Hiếu", "?q="} if word in told] == []


def test_the_log_of_requests_can_be_switched_off(world: World, caplog: pytest.LogCaptureFixture) -> None:
    level = logging.getLogger("oms.access").level
    try:
        create_app(replace(world.house.settings, access_log=False), world.clock).test_client().get("/dang-nhap")
    finally:
        logging.getLogger("oms.access").setLevel(level)
    assert [each for each in caplog.records if each.name == "oms.access"] == []


def _scraped(world: World) -> str:
    measures.write()
    return generate_latest(exposition.registry(world.house, world.clock)).decode()


def test_figures_count_the_requests_and_hold_no_name_no_id_no_unit(
    world: World, signed_in: SignIn, counted: Path
) -> None:
    dossier_id = _walk(world, signed_in)
    told = _scraped(world)
    families = {family.name: family for family in text_string_to_metric_families(told)}
    answers = {(each.labels["desk"], each.labels["status"]): each.value for each in families["oms_requests"].samples}
    assert answers[("search", "200")] == 1 and answers[("none", "404")] == 1 and answers[("auth", "302")] >= 2
    times = {each.labels.get("le"): each.value for each in families["oms_request_seconds"].samples
             if each.labels["desk"] == "search"}  # fmt: skip
    assert times["+Inf"] == 1
    waits = [each.value for each in families["oms_lock_wait_seconds"].samples if each.name.endswith("_count")]
    assert waits[0] > 5
    assert families["oms_journal_entries"].samples[0].value == len(world.journal())
    known = {"desk", "method", "status", "ended", "le", "part", "program", "queue", "what", "version"}
    assert {name for family in families.values() for each in family.samples for name in each.labels} <= known
    values = {value for family in families.values() for each in family.samples for value in each.labels.values()}
    own = _own_words(world) | {dossier_id, "Hiếu", "BI-MAT"}
    assert [word for word in own if word in values or (len(word) > 6 and word in told)] == []


def test_figures_say_what_is_not_ready_what_waits_and_that_nothing_was_backed_up(world: World) -> None:
    world.paper()
    world.clock.forward(minutes=3)
    families = {family.name: family for family in text_string_to_metric_families(_scraped(world))}
    ready = {each.labels["part"]: each.value for each in families["oms_ready"].samples}
    assert ready["vault"] == 1 and ready["sealer"] == 0
    assert {each.labels["queue"] for each in families["oms_queue_length"].samples} == {
        "scans",
        "copies",
        "lists",
        "index",
    }
    assert families["oms_last_done_age_seconds"].samples == []
    assert families["oms_seal_lag_seconds"].samples[0].value >= 0


def test_figures_are_not_on_the_pages_server(app: Flask, signed_in: SignIn) -> None:
    for path in ("/metrics", "/metrics/"):
        assert app.test_client().get(path).status_code in (302, 404)
        assert signed_in("admin").get(path).status_code == 404


class Span:
    """What a tracer is told, written down."""

    def __init__(self, name: str) -> None:
        self.told: list[object] = [name]

    def set_attribute(self, name: str, value: object) -> None:
        self.told += [name, value]

    def end(self) -> None:
        self.told.append("end")


def test_a_span_is_a_routes_name_its_method_and_its_status(world: World) -> None:
    spans: list[Span] = []

    class Tracer:
        @staticmethod
        def start_span(name: str) -> Span:
            spans.append(Span(name))
            return spans[-1]

    app = create_app(world.house.settings, world.clock)
    tracing.install(app, Tracer())
    app.config["WTF_CSRF_ENABLED"] = False
    app.test_client().post("/dang-nhap?next=/ho-so", data={"username": "officer", "password": PASSWORD})
    assert [span.told for span in spans] == [
        ["auth.login_post", "http.response.status_code", 302, "http.request.method", "POST", "end"]
    ]
