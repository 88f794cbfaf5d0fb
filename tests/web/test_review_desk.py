"""The reviewer's desk in pages: the queue with its reasons, a case worked on by two, no way to a record."""

from __future__ import annotations

import re

import pytest
from factories import World

from oms.services import review_engine

WORDS = "đã hỏi thủ trưởng đơn vị, không giao việc này"


@pytest.fixture
def case(world: World) -> str:
    """A leader's reading at night that nothing explains; the address of its case."""
    row = world.dossier("Nông Thị Kín Đáo", number="BTC.0031")
    world.filed(row)
    world.clock.forward(hours=14)
    world.open(world.who("leader"), row.dossier.id)
    review_engine.Engine(world.house).catch_up(world.clock())
    with world.work() as uow:
        from sqlalchemy import select

        from oms.store.review_tables import ReviewItem

        return f"/kiem-soat/truong-hop/{uow.session.scalars(select(ReviewItem.id)).one()}"


def test_two_reviewers_work_a_case_through(case: str, signed_in) -> None:
    first, second = signed_in("reviewer"), signed_in("reviewer2")
    queue = first.get("/kiem-soat").get_data(as_text=True)
    assert "BTC.0031" in queue and "ngoài giờ làm việc" in queue and case in queue
    page = first.get(case).get_data(as_text=True)
    assert "rà soát quy hoạch năm 2026" in page, "what was said at the gate stands in the acts"
    assert first.post(f"{case}/ghi-chu", data={"kind": "question", "text": WORDS}).status_code == 302
    wrong = first.post(f"{case}/ket-luan", data={"outcome": "", "grounds": WORDS})
    assert wrong.status_code == 400 and WORDS in wrong.get_data(as_text=True), "nothing typed is lost"
    assert first.post(f"{case}/ket-luan", data={"outcome": "breach", "grounds": WORDS}).status_code == 302
    assert first.post(f"{case}/ky", data={"agreed": "1"}).status_code == 400, "who decided does not sign"
    assert "không tự ký" in first.get(case).get_data(as_text=True)
    assert second.post(f"{case}/ky", data={"agreed": "1"}).status_code == 302
    assert "Vi phạm" in second.get("/kiem-soat?trang_thai=signed").get_data(as_text=True)
    assert "BTC.0031" not in second.get("/kiem-soat").get_data(as_text=True)


def test_no_page_of_the_desk_names_a_cadre_or_opens_a_record(case: str, signed_in) -> None:
    client = signed_in("reviewer")
    for address in (
        "/kiem-soat",
        case,
        *(f"/kiem-soat/{part}" for part in ("bieu-do", "quy-tac", "theo-doi", "bao-cao")),
    ):
        answer = client.get(address)
        page = answer.get_data(as_text=True)
        assert answer.status_code == 200 and "Kín Đáo" not in page, address
        links = set(re.findall(r'href="(/[^"]*)"', page))
        assert not [
            link for link in links if link.startswith(("/ho-so", "/tai-lieu", "/trang", "/tim-kiem", "/ban-duyet"))
        ]


def test_each_look_is_a_row_and_the_report_leaves_with_its_purpose(case: str, world: World, signed_in) -> None:
    client = signed_in("reviewer")
    client.get("/kiem-soat?quy_tac=off_hours")
    client.get(case)
    client.post("/kiem-soat/tinh-lai")
    form = {"thang": "2026-11", "purpose": ""}
    assert client.post("/kiem-soat/bao-cao", data=form).status_code == 400
    answer = client.post("/kiem-soat/bao-cao", data=form | {"purpose": "nộp lãnh đạo hằng tháng"})
    assert answer.status_code == 200 and answer.data[:5] == b"%PDF-"
    verbs = [verb for verb, _outcome, _id in world.journal()]
    assert {"review:list", "review:open", "review:compute", "review:report"} <= set(verbs)


def test_wrong_filters_are_named_and_weights_and_watches_are_kept(case: str, signed_in) -> None:
    client = signed_in("reviewer")
    wrong = client.get("/kiem-soat?tu=31/02/2026")
    assert wrong.status_code == 400 and "Ngày chưa đúng" in wrong.get_data(as_text=True)
    assert client.get("/kiem-soat/bao-cao?thang=2026-99").status_code == 400
    for weight, status in (("11", 400), ("nhiều", 400), ("0", 302)):
        form = {"rule": "off_hours", "weight": weight, "reason": "báo nhiều mà không đúng"}
        assert client.post("/kiem-soat/quy-tac", data=form).status_code == status, weight
    assert "báo nhiều mà không đúng" in client.get("/kiem-soat/quy-tac").get_data(as_text=True)
    officer = signed_in("security")
    form = {"number": "BTC.0031", "reason": "người đang được chú ý"}
    assert officer.post("/kiem-soat/theo-doi", data=form).status_code == 302
    assert "BTC.0031" in client.get("/kiem-soat/theo-doi").get_data(as_text=True)
    assert officer.get("/kiem-soat").status_code == 404, "the security officer keeps the list and sees no case"
