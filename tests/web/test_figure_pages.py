"""Figures of work in the pages: shown, opened, contested, taken out, and the small drawing of the home page."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from counting import case, forward_to
from factories import World
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

SignIn = Callable[[str], FlaskClient]


def text(response: TestResponse, status: int = 200) -> str:
    assert response.status_code == status, response.get_data(as_text=True)[:2000]
    return response.get_data(as_text=True)


def fill(world: World) -> None:
    forward_to(world, "2026-11-20")
    case(world, "2026-11-02", "2026-11-10", used=6, late=1, late_reason="chờ ý kiến cấp uỷ")
    case(world, "2026-11-03", "2026-11-05", used=2, code="khen_thuong")
    case(world, "2026-11-04", due="2026-11-10", unit="D-XA")
    case(world, "2026-11-04", secrecy=1)


def figures_of(page: str) -> list[tuple[str, int]]:
    """Every figure that opens a list: its address and what it says."""
    found = re.findall(r'<a href="(/thong-ke/(?:ho-so-cong-viec|tai-lieu)[^"]*)">([\d.]+)</a>', page)
    return [(unescape(href), int(said.replace(".", ""))) for href, said in found]


@pytest.mark.parametrize("way", ["", "&theo=thu-tuc", "&theo=nguoi", "&mat=1"])
def test_a_figure_opens_a_list_that_says_the_same_number(world: World, signed_in: SignIn, way: str) -> None:
    fill(world)
    world.filed(world.dossier())
    client = signed_in("leader")
    page = text(client.get(f"/thong-ke?ky=2026-11{way}"))
    if not way:
        page += text(client.get("/thong-ke/so-hoa?ky=2026-11"))
    found = figures_of(page)
    assert len(found) > 3
    for href, said in found:
        heading = re.search(r"<h1>[^<]*: ([\d.]+)", text(client.get(href)))
        assert heading is not None and int(heading[1].replace(".", "")) == said, href


def test_the_year_has_a_chart_with_its_table(world: World, signed_in: SignIn) -> None:
    fill(world)
    page = text(signed_in("officer").get("/thong-ke?ky=2026"))
    assert '<svg class="chart" role="img"' in page and "Theo tháng" in page
    assert '<svg class="chart"' not in text(signed_in("officer").get("/thong-ke?ky=2025"))


def test_a_clerk_sees_units_and_themself_and_no_other_person(world: World, signed_in: SignIn) -> None:
    fill(world)
    client = signed_in("clerk")
    page = text(client.get("/thong-ke?ky=2026-11"))
    assert "Đảng uỷ xã" in page and "Người xử lý</option>" not in page and "Phản ánh số liệu</a>" not in page
    assert client.get("/thong-ke?theo=nguoi").status_code == 404
    other = world.who("officer").account_id
    assert client.get(f"/thong-ke/ho-so-cong-viec?nguoi={other}").status_code == 404
    assert client.get("/thong-ke/phan-anh").status_code == 404
    assert "Số liệu của tôi" in text(client.get("/thong-ke/cua-toi"))


def test_a_person_contests_and_the_head_answers_beside_the_figure(world: World, signed_in: SignIn) -> None:
    fill(world)
    mine, head = signed_in("officer"), signed_in("leader")
    sent = {"ky": "2026-11", "measure": "late", "note": "hồ sơ này chờ cấp uỷ, không do tôi"}
    page = text(mine.post("/thong-ke/cua-toi", data=sent | {"note": "sai"}), 400)
    assert "ít nhất 10 ký tự" in page and ">sai</textarea>" in page
    assert mine.post("/thong-ke/cua-toi", data=sent).status_code == 302
    assert "đang chờ trả lời" in text(mine.post("/thong-ke/cua-toi", data=sent), 400)
    for client, address in ((mine, "/thong-ke/cua-toi?ky=2026-11"), (head, "/thong-ke?ky=2026-11&theo=nguoi")):
        assert "Đang phản ánh" in text(client.get(address)) and "không do tôi" in text(client.get(address))
    waiting = text(head.get("/thong-ke/phan-anh"))
    answer = re.search(r'action="(/thong-ke/phan-anh/[0-9a-f]{32})"', waiting)
    assert answer is not None
    assert "ít nhất 10 ký tự" in text(head.post(answer[1], data={"answer": ""}), 400)
    assert head.post(answer[1], data={"answer": "Đã xem: tính cho người giữ lúc kết thúc."}).status_code == 302
    assert head.post(answer[1], data={"answer": "Đã xem: tính cho người giữ lúc kết thúc."}).status_code == 409
    assert "tính cho người giữ" in text(mine.get("/thong-ke/cua-toi?ky=2026-11"))
    assert "Đang phản ánh" not in text(head.get("/thong-ke?ky=2026-11&theo=nguoi"))


@pytest.mark.parametrize("form", ["xlsx", "pdf"])
@pytest.mark.parametrize("part", ["", "so-hoa"])
def test_a_file_leaves_for_a_purpose_and_its_row_is_first(
    world: World, signed_in: SignIn, form: str, part: str
) -> None:
    fill(world)
    client = signed_in("leader")
    asked = {"ky": "2026-11", "dang": form, "phan": part}
    assert "xuất để làm gì" in text(client.post("/thong-ke/xuat", data=asked), 400)
    answer = client.post("/thong-ke/xuat", data=asked | {"purpose": "đánh giá, xếp loại quý IV"})
    assert answer.status_code == 200
    assert answer.data[:4] == (b"%PDF" if form == "pdf" else b"PK\x03\x04")
    assert "2026-11" in answer.headers["Content-Disposition"]
    assert world.journal()[-1][:2] == ("count:export", "done")


@pytest.mark.parametrize(
    "asked", ["ky=2026-13", "ky=x%00", "theo=<b>", "don_vi=../..", "thu_tuc=%27", "nguoi=-", "mat=9", "trang=0", "so=x"]
)
@pytest.mark.parametrize("address", ["", "/so-hoa", "/ho-so-cong-viec", "/tai-lieu", "/cua-toi", "/phan-anh"])
def test_whatever_is_asked_is_answered(world: World, signed_in: SignIn, address: str, asked: str) -> None:
    answer = signed_in("officer").get(f"/thong-ke{address}?{asked}")
    assert answer.status_code in (200, 404), asked


def test_the_home_page_draws_the_work_of_each_role(world: World, signed_in: SignIn) -> None:
    fill(world)
    world.filed(world.dossier(), pages=3)
    for who, said in (("leader", "Hồ sơ công việc, 12 tuần qua"), ("clerk", "Trang tôi quét, 14 ngày qua")):
        page = text(signed_in(who).get("/"))
        assert said in page and '<svg class="chart"' in page and "Bảng số liệu" in page
    assert "tuần qua" not in text(signed_in("reviewer").get("/"))


def test_a_notice_of_a_contest_names_the_period_in_words(world: World, signed_in: SignIn) -> None:
    fill(world)
    sent = {"ky": "2026-11", "measure": "late", "note": "hồ sơ này chờ cấp uỷ, không do tôi"}
    assert signed_in("officer").post("/thong-ke/cua-toi", data=sent).status_code == 302
    for who, told in (("leader", True), ("officer2", True), ("clerk", False), ("officer.gov", False)):
        page = text(signed_in(who).get("/thong-bao"))
        assert ("Tháng 11/2026" in page) is told and "2026-11<" not in page


def test_ones_own_figures_stand_under_work_in_the_rail_and_in_one_row_of_tabs(world: World, signed_in: SignIn) -> None:
    for who in ("officer", "clerk"):
        page = text(signed_in(who).get("/thong-ke/cua-toi"))
        rail = page[page.index('<nav class="rail"') :]
        marked = re.findall(r'<a[^>]*aria-current="page"[^>]*>(.*?)</a>', rail[: rail.index("</nav>")], re.DOTALL)
        assert len(marked) == 1 and "Công việc" in marked[0]
        assert page.count('class="tabs"') == 1 and page.count("Số liệu của tôi</a>") == 1
    office = signed_in("officer").get("/thong-ke")
    assert 'href="/thong-ke/cua-toi' in text(office)
