"""The pages of the exchange: partners by two persons, a package sent, looked at, taken in and answered."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from exchanging import Pair, came, card_of, filled, package, partner, round_of, second_world, send, two
from factories import PASSWORD, World
from flask import Flask
from flask.testing import FlaskClient
from pdf2image import convert_from_bytes

from oms import create_app
from oms.services.exchange_partners import keys_of
from oms.store import packages
from scanning.codes import read_codes


@pytest.fixture
def pair(world: World, world_template: Path, tmp_path: Path) -> Iterator[Pair]:
    with two(world, world_template, tmp_path / "second") as made:
        yield made


def app_of(world: World) -> Flask:
    made = create_app(world.house.settings, world.clock)
    made.config["WTF_CSRF_ENABLED"] = False
    return made


def enter(world: World, username: str) -> FlaskClient:
    client = app_of(world).test_client()
    assert client.post("/dang-nhap", data={"username": username, "password": PASSWORD}).status_code == 302
    return client


def test_a_package_from_the_form_to_the_receipt(pair: Pair) -> None:
    row = filled(pair.here)
    client = enter(pair.here, "officer")
    form = client.get("/trao-doi/gui").get_data(as_text=True)
    assert row.dossier.number in form and "Tỉnh thứ hai" in form
    wanted = {
        "partner_id": partner(pair.here).id,
        "kind": "records",
        "dossiers": row.dossier.id,
        "purpose": "bo_nhiem",
        "reason": "phối hợp quản lý cán bộ hai khối",
        "legal_basis": "Quy chế phối hợp số 01-QC/TU",
        "receiver_code": "D-BTC",
    }
    wrong = client.post("/trao-doi/gui", data=wanted | {"purpose": ""})
    assert wrong.status_code == 400 and "Hãy chọn mục đích" in wrong.get_data(as_text=True)
    done = client.post("/trao-doi/gui", data=wanted)
    assert done.status_code == 302, done.get_data(as_text=True)
    page = client.get(done.headers["Location"]).get_data(as_text=True)
    assert "Chờ gửi" in page and "1 hồ sơ" in page
    pair.pass_over(pair.here, pair.there)
    there = enter(pair.there, "officer")
    listed = there.get("/trao-doi").get_data(as_text=True)
    arrived = came(pair.there)
    assert arrived.number in listed and "Chờ xử lý" in listed
    shown = there.get(f"/trao-doi/goi/{arrived.id}").get_data(as_text=True)
    assert "Tô Thị Hiếu" in shown and "Chữ ký của đối tác" in shown and "Nhận tất cả vào hồ sơ" in shown
    place = {f"place-{row.dossier.id}": "new", f"number-{row.dossier.id}": "N-1", "unit_id": pair.there.units["D-BTC"]}
    taken = there.post(f"/trao-doi/goi/{arrived.id}/nhan", data=place)
    assert taken.status_code == 302, taken.get_data(as_text=True)
    after = there.get(f"/trao-doi/goi/{arrived.id}").get_data(as_text=True)
    assert "Đã nhận vào hồ sơ" in after and "N-1" in after
    pair.pass_over(pair.there, pair.here)
    answered = client.get(done.headers["Location"]).get_data(as_text=True)
    assert "Bên nhận đã nhận" in answered
    assert "Có gói trao đổi đến" in there.get("/thong-bao").get_data(as_text=True)


def test_a_namesake_is_told_and_the_person_decides(pair: Pair) -> None:
    row = filled(pair.here)
    send(pair.here, row)
    pair.there.dossier("Tô Thị Hiếu", birth_date="05/08/1961", number="CU-1")
    pair.pass_over(pair.here, pair.there)
    arrived, there = came(pair.there), enter(pair.there, "officer")
    place = {f"place-{row.dossier.id}": "new", f"number-{row.dossier.id}": "N-1", "unit_id": pair.there.units["D-BTC"]}
    told = there.post(f"/trao-doi/goi/{arrived.id}/nhan", data=place)
    assert told.status_code == 409 and "CU-1" in told.get_data(as_text=True)
    assert package(pair.there, arrived.id).state == "checked"
    sure = there.post(f"/trao-doi/goi/{arrived.id}/nhan", data=place | {f"confirmed-{row.dossier.id}": "1"})
    assert sure.status_code == 302


def test_a_partner_is_added_by_one_and_approved_by_another(world: World, world_template: Path, tmp_path: Path) -> None:
    other = second_world(world_template, tmp_path / "second")
    card, admin = card_of(other), enter(world, "admin")
    card_of(world)
    page = admin.get("/trao-doi/doi-tac").get_data(as_text=True)
    assert "Chưa có đối tác nào" in page
    assert admin.get("/trao-doi/doi-tac/the").data.startswith(b'{"address"')
    bad = admin.post("/trao-doi/doi-tac", data={"card_text": "{}", "reason": "trao đổi hồ sơ hai khối"})
    assert bad.status_code == 400
    sent = {"card": (io.BytesIO(card), "the.json"), "reason": "trao đổi hồ sơ giữa hai khối"}
    asked = admin.post("/trao-doi/doi-tac", data=sent, content_type="multipart/form-data")
    assert asked.status_code == 302
    with world.house.look() as uow:
        (row,) = packages.partners(uow.session)
        assert row.state == "asked" and packages.active(uow.session) == []
    second = enter(world, "security")
    shown = second.get(asked.headers["Location"]).get_data(as_text=True)
    assert keys_of(row) in shown and "Tỉnh thứ hai" in shown and "Gọi điện trước khi duyệt" in shown
    decided = second.post(f"{asked.headers['Location']}/quyet-dinh", data={"decision": "approve"})
    assert decided.status_code == 302
    with world.house.look() as uow:
        assert [each.id for each in packages.active(uow.session)] == [row.id]
    ended = admin.post(f"/trao-doi/doi-tac/{row.id}/thu-hoi", data={"reason": "không còn trao đổi với họ"})
    assert ended.status_code == 302
    with world.house.look() as uow:
        assert [each.state for each in packages.partners(uow.session)] == ["revoked"]
    other.house.database.close()


def test_a_hand_over_that_does_not_match_is_refused_on_the_page(pair: Pair) -> None:
    row = filled(pair.here)
    sent = send(pair.here, row, kind="transfer", decision="12-QĐ/BTC")
    pair.pass_over(pair.here, pair.there)
    arrived, there = came(pair.there), enter(pair.there, "officer")
    shown = there.get(f"/trao-doi/goi/{arrived.id}").get_data(as_text=True)
    assert "Đếm được" in shown
    place = {f"place-{row.dossier.id}": "new", f"number-{row.dossier.id}": "N-1", "unit_id": pair.there.units["D-BTC"]}
    assert there.post(f"/trao-doi/goi/{arrived.id}/nhan", data=place).status_code == 302
    page = there.get(f"/trao-doi/goi/{arrived.id}").get_data(as_text=True)
    assert "Tài liệu không khớp danh mục niêm phong" in page
    round_of(pair.there)
    pair.carry(pair.there, pair.here)
    round_of(pair.here)
    assert package(pair.here, sent).state == "refused"


def test_a_card_on_paper_is_read_back_by_a_scanner(world: World, world_template: Path, tmp_path: Path) -> None:
    other, admin = second_world(world_template, tmp_path / "second"), enter(world, "admin")
    assert admin.get("/trao-doi/doi-tac/the-in").status_code == 400, "no keys yet"
    card_of(world)
    sheet = admin.get("/trao-doi/doi-tac/the-in")
    assert sheet.mimetype == "application/pdf"
    assert enter(world, "officer").get("/trao-doi/doi-tac/the-in").status_code == 404
    (page,) = convert_from_bytes(sheet.data, dpi=200, grayscale=True)
    (code,) = read_codes(np.asarray(page))
    assert code.text.isascii()
    theirs = enter(other, "admin")
    asked = theirs.post("/trao-doi/doi-tac", data={"card_text": code.text, "reason": "trao đổi hồ sơ giữa hai khối"})
    assert asked.status_code == 302
    with other.house.look() as uow:
        assert [row.name for row in packages.partners(uow.session)] == ["Tỉnh thử"]
    other.house.database.close()


def test_a_package_nobody_may_take_is_given_to_a_unit_by_the_administrator(pair: Pair) -> None:
    send(pair.here, filled(pair.here), receiver_code="")
    pair.pass_over(pair.here, pair.there)
    arrived, admin = came(pair.there), enter(pair.there, "admin")
    assert "chưa cán bộ nào nhận được" in admin.get("/thong-bao").get_data(as_text=True)
    page = admin.get("/trao-doi/doi-tac").get_data(as_text=True)
    assert arrived.number in page and "Gói đến chưa cán bộ nào nhận được" in page and "Hiếu" not in page
    officer = enter(pair.there, "officer")
    assert arrived.number not in officer.get("/trao-doi").get_data(as_text=True)
    assert "gói trao đổi đến chờ xử lý" not in officer.get("/").get_data(as_text=True)
    where = f"/trao-doi/goi/{arrived.id}/don-vi"
    assert officer.post(where, data={"unit_id": pair.there.units["D-BTC"]}).status_code == 404
    assert admin.post(where, data={"unit_id": ""}).status_code == 400
    assert admin.post(where, data={"unit_id": pair.there.units["D-BTC"]}).status_code == 302
    assert "Gói đến chưa cán bộ nào nhận được" not in admin.get("/trao-doi/doi-tac").get_data(as_text=True)
    assert arrived.number in officer.get("/trao-doi").get_data(as_text=True)
    assert "gói trao đổi đến chờ xử lý" in officer.get("/").get_data(as_text=True)


def test_who_has_nothing_to_do_with_it_sees_no_page(pair: Pair) -> None:
    for username in ("clerk", "leader", "reviewer", "security"):
        client = enter(pair.here, username)
        assert client.get("/trao-doi").status_code == 404
        assert client.get("/trao-doi/doi-tac").status_code == 404
