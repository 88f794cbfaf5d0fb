"""The second look in the page: what waits, one paper, what differs, the report and what the officer steers."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from io import StringIO

import pytest
from factories import World
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from oms.domain.access import Role
from oms.store.desk_tables import Check
from oms.store.tables import Batch, Document

LETTER = "QUYẾT ĐỊNH\nVề việc bổ nhiệm bà Tô Thị Hiếu"
SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def paper(world: World) -> str:
    """A paper the officer filed, that waits for another."""
    world.account("clerk3", Role.SCANNING_CLERK, "D-BTC", "D", clearance=1)
    return world.filed(world.dossier(), LETTER, pages=2)


def check_id(world: World) -> str:
    with world.work() as uow:
        return uow.session.scalars(select(Check.id).where(Check.stage == 1)).one()


def state(world: World) -> str:
    with world.work() as uow:
        return uow.session.scalars(select(Check.state).where(Check.stage == 1)).one()


def keys(page: str) -> list[str]:
    return re.findall(r'name="seen" value="([^"]+)"', page)


def decide(client: FlaskClient, world: World, seen: list[str], **typed: str) -> TestResponse:
    values = {f"value.{key.replace('__', '.')}": value for key, value in typed.items()}
    return client.post(f"/kiem-tra/{check_id(world)}", data={"version": "2", "seen": seen} | values)


def test_the_queue_shows_others_papers_and_the_home_page_counts_them(
    world: World, signed_in: SignIn, paper: str
) -> None:
    clerk, officer = signed_in("clerk"), signed_in("officer")
    assert "Về việc bổ nhiệm bà Tô Thị Hiếu" in clerk.get("/kiem-tra").text
    assert "tài liệu chờ kiểm tra lần hai" in clerk.get("/").text
    assert "Không có tài liệu nào chờ anh/chị" in officer.get("/kiem-tra").text
    assert "tài liệu chờ kiểm tra lần hai" not in officer.get("/").text
    assert officer.get(f"/kiem-tra/{check_id(world)}").status_code == 404


def test_all_right_is_agreed_and_leads_on(world: World, signed_in: SignIn, paper: str) -> None:
    clerk = signed_in("clerk")
    page = clerk.get(f"/kiem-tra/{check_id(world)}").text
    image = re.search(r'"image":\s*"([^"]+)"', page)
    assert image
    assert clerk.get(image[1]).mimetype == "image/jpeg"
    assert ("page:view", "done") in [row[:2] for row in world.journal()]
    response = decide(clerk, world, keys(page))
    assert response.location == "/kiem-tra"
    assert state(world) == "agreed"
    assert "Khớp, đã ghi." in clerk.get("/kiem-tra").text


def test_a_value_not_looked_at_is_named_and_nothing_typed_is_lost(world: World, signed_in: SignIn, paper: str) -> None:
    clerk = signed_in("clerk")
    response = decide(clerk, world, ["paper.type_code"], paper__title="Tên khác đã gõ", paper__dossier="đúng")
    assert response.status_code == 400
    assert "Đúng hồ sơ của người này: Giá trị này chưa được xem" in response.text
    assert 'value="Tên khác đã gõ"' in response.text
    assert 'value="paper.type_code" checked' in response.text
    assert state(world) == "waiting"


def test_two_readings_are_settled_by_a_third_in_the_page(world: World, signed_in: SignIn, paper: str) -> None:
    clerk, third = signed_in("clerk"), signed_in("clerk3")
    seen = ["paper.type_code", "paper.dossier"]
    decide(clerk, world, seen, paper__title="Quyết định bổ nhiệm bà Tô Thị Hiếu")
    assert state(world) == "differs"
    assert clerk.get(f"/kiem-tra/{check_id(world)}").location == "/kiem-tra"
    assert "Về việc bổ nhiệm" in third.get("/kiem-tra?the=cho-phan-xu").text
    page = third.get(f"/kiem-tra/{check_id(world)}").text
    assert "người thứ nhất" in page
    assert "Quyết định bổ nhiệm bà Tô Thị Hiếu" in page
    address = f"/kiem-tra/{check_id(world)}/phan-xu"
    left_open = third.post(address, data={"version": "2"})
    assert left_open.status_code == 400
    assert "Hãy chọn hoặc gõ giá trị đúng" in left_open.text
    typed = {"version": "2", "which.paper.title": "other", "value.paper.title": "Quyết định về việc bổ nhiệm"}
    assert third.post(address, data=typed).status_code == 302
    with world.work() as uow:
        assert uow.session.get_one(Document, paper).title == "Quyết định về việc bổ nhiệm"
    assert third.post(address, data=typed).location == "/kiem-tra"
    assert "Tài liệu này đã có người kiểm tra" in third.get("/kiem-tra").text


def test_key_values_are_typed_unseen_when_the_batch_asks_for_it(world: World, signed_in: SignIn, paper: str) -> None:
    with world.work() as uow:
        uow.session.get_one(Document, paper).person_name = "Tô Thị Hiếu"
        uow.session.scalars(select(Batch)).one().check_blind = True
    clerk = signed_in("clerk")
    page = clerk.get(f"/kiem-tra/{check_id(world)}").text
    assert 'value="Tô Thị Hiếu"' not in page
    seen = ["paper.type_code", "paper.title", "paper.dossier"]
    assert "Hãy gõ giá trị đọc được trên giấy" in decide(clerk, world, seen).text
    assert decide(clerk, world, seen, paper__person_name="TÔ THỊ HIẾU").status_code == 302
    assert state(world) == "agreed"


def test_the_report_has_counts_with_every_rate_in_page_and_file(world: World, signed_in: SignIn, paper: str) -> None:
    clerk, officer = signed_in("clerk"), signed_in("officer")
    decide(clerk, world, ["paper.type_code", "paper.dossier"], paper__title="Tên khác")
    page = officer.get("/kiem-tra/bao-cao").text
    assert "0/3 (0,0" in page
    assert "Người thử officer" in page
    sheet = officer.get("/kiem-tra/bao-cao.csv")
    rows = list(csv.reader(StringIO(sheet.get_data(as_text=True).lstrip("\ufeff"))))
    assert rows[1] == ["Người thử officer", "1", "3", "1", "0", "1", "0,00"]
    assert clerk.get("/kiem-tra/bao-cao").status_code in (403, 404)
    assert "lần kiểm tra nào" in officer.get("/kiem-tra/bao-cao?tu=01/01/2030").text
    assert "Ngày chưa đúng" in officer.get("/kiem-tra/bao-cao?tu=32/13/2026").text


def test_the_officer_sets_shares_and_a_wrong_one_is_told(world: World, signed_in: SignIn, paper: str) -> None:
    officer = signed_in("officer")
    with world.work() as uow:
        batch = uow.session.scalars(select(Batch.id)).one()
    officer.post(f"/kiem-tra/dot/{batch}/ty-le", data={"share_2": "50", "share_3": "10", "blind": "1"})
    officer.post(f"/kiem-tra/dot/{batch}/ty-le", data={"share_2": "một nửa", "share_3": "10"})
    assert "Tỷ lệ là một số từ 0 đến 100" in officer.get("/kiem-tra/bao-cao").text
    with world.work() as uow:
        kept = uow.session.get_one(Batch, batch)
        assert (kept.check_share_2, kept.check_share_3, kept.check_blind) == (50, 10, True)
    officer.post(f"/kiem-tra/dot/{batch}/rut-mau")
    assert "Còn tài liệu chưa kiểm tra xong" in officer.get("/kiem-tra/bao-cao").text


@pytest.mark.parametrize("form", [{}, {"version": "x"}, {"version": "99"}, {"version": "2", "value.a" * 9: "b"}])
def test_a_form_that_is_none_changes_nothing(world: World, signed_in: SignIn, paper: str, form: dict[str, str]) -> None:
    clerk = signed_in("clerk")
    for step in ("", "/phan-xu"):
        assert clerk.post(f"/kiem-tra/{check_id(world)}{step}", data=form).status_code in (302, 400)
    assert state(world) == "waiting"
