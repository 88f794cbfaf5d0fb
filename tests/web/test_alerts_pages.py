"""The list of dates coming due in the pages: filter, reasons, setting by hand, calendar, home."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from factories import PASSWORD, World
from flask.testing import FlaskClient

from oms import create_app
from oms.services import subject_requests
from oms.services.subject_requests import Asked
from oms.store.exchange_tables import Due


@pytest.fixture
def enter(world: World) -> Callable[[str], FlaskClient]:
    app = create_app(world.house.settings, world.clock)
    app.config["WTF_CSRF_ENABLED"] = False

    def sign_in(username: str) -> FlaskClient:
        client = app.test_client()
        client.post("/dang-nhap", data={"username": username, "password": PASSWORD})
        return client

    return sign_in


def fill(world: World) -> int:
    row = world.dossier("Đỗ Hữu Lượng")
    world.fact(row, "birth_date", value="20/06/1965")
    world.fact(row, "sex", value="Nam")
    with world.work() as uow:
        return uow.session.query(Due).one().id


def test_the_list_shows_day_days_left_and_reasons(world: World, enter: Callable[[str], FlaskClient]) -> None:
    fill(world)
    page = enter("officer").get("/den-han").get_data(as_text=True)
    for words in ("31/12/2026", "59 ngày", "Đỗ Hữu Lượng", "61 tuổi 6 tháng", "NĐ 135/2020", "Xuất lịch"):
        assert words in page
    empty = enter("officer.gov").get("/den-han?toi=365").get_data(as_text=True)
    assert "Không có việc nào đến hạn" in empty and "Đỗ Hữu Lượng" not in empty


def test_home_counts_the_kinds_and_opens_the_list_filtered(world: World, enter: Callable[[str], FlaskClient]) -> None:
    fill(world)
    assert 'href="/den-han?loai=retirement"' in enter("leader").get("/").get_data(as_text=True)
    assert "/den-han?loai" not in enter("leader.xa").get("/").get_data(as_text=True)


def test_a_wrong_entry_keeps_what_was_typed_and_says_what_is_missing(
    world: World, enter: Callable[[str], FlaskClient]
) -> None:
    due, client = fill(world), enter("officer")
    typed = {"act": "set", "due_on": "31/02/2030", "legal_basis": "QĐ 12-QĐ/TU", "reason": "kéo dài công tác"}
    answer = client.post(f"/den-han/{due}", data=typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400 and "Hãy nhập đủ ngày, tháng, năm" in page and "31/02/2030" in page
    assert client.post(f"/den-han/{due}", data=typed | {"due_on": "31/12/2030"}).status_code == 302
    by_hand = client.get("/den-han/dat-bang-tay").get_data(as_text=True)
    assert "QĐ 12-QĐ/TU" in by_hand and "Người thử officer" in by_hand


def test_the_calendar_is_a_file_and_never_without_a_purpose(world: World, enter: Callable[[str], FlaskClient]) -> None:
    fill(world)
    client = enter("officer")
    assert client.post("/den-han/lich.ics", data={"purpose": ""}).status_code == 400
    answer = client.post("/den-han/lich.ics", data={"purpose": "theo dõi nghỉ hưu quý này", "toi": "90"})
    assert answer.mimetype == "text/calendar" and b"BEGIN:VEVENT" in answer.data
    assert enter("leader").post("/den-han/lich.ics", data={"purpose": "x" * 20}).status_code == 404


def test_home_tells_of_changes_and_late_paper_only_to_who_may_see_them(
    world: World, enter: Callable[[str], FlaskClient]
) -> None:
    row = world.dossier(secrecy=2)
    officer = world.who("officer")
    with world.work(officer) as uow:
        asked = Asked(row.dossier.number, "extract", "YC-1", date(2026, 10, 1))
        subject_requests.ask(uow, officer, asked, world.clock())
    world.fact(row, "position", value="Nhà giáo ưu tú không có trong danh mục")
    page = enter("officer").get("/").get_data(as_text=True)
    for words in ("yêu cầu của cán bộ đang xử lý", "1 quá hạn", "giá trị ngoài danh mục chờ xử lý", "chưa kiểm kê"):
        assert words in page, words
    hidden = enter("officer2").get("/").get_data(as_text=True)  # cleared for Mật only
    assert "yêu cầu của cán bộ" not in hidden and "ngoài danh mục" not in hidden
