"""Values and pages in the desk's page: doubts in words, nothing typed lost, steps on pages and their undo."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from desk_pages import Desk
from factories import World
from flask.testing import FlaskClient

from oms.store import papers
from oms.store.tables import Document, DocumentField

FORM = "SƠ YẾU LÝ LỊCH\nHọ và tên Tô Thị Hiếu"


@pytest.fixture
def desk(world: World, signed_in: Callable[[str], FlaskClient]) -> Desk:
    return Desk(world, signed_in, signed_in("clerk"))


def read(world: World, paper: str, **values: tuple[str, float, str]) -> None:
    """Values as the machine leaves them (dots in keys written as __): value, confidence, doubt."""
    with world.work() as uow:
        page = papers.pages_of_document(uow.session, paper)[0]
        for line, (key, (value, confidence, doubt)) in enumerate(values.items()):
            row = DocumentField(
                document_id=paper, key=key.replace("__", "."), value=value, raw=value, confidence=confidence,
                page_id=page.id, box=f"[40, {40 + 30 * line}, 200, {60 + 30 * line}]", source="machine",
                doubt=doubt, at=world.clock(),
            )  # fmt: skip
            uow.session.add(row)


def kept(world: World, paper: str) -> dict[str, DocumentField]:
    with world.work() as uow:
        return papers.newest_fields(uow.session, [paper]).get(paper, {})


def ids(world: World, paper: str) -> list[str]:
    with world.work() as uow:
        return [page.id for page in papers.pages_of_document(uow.session, paper)]


def around(page: str, name: str) -> str:
    at = page.index(f'name="{name}"')
    return page[at - 700 : at + 700]


def test_values_stand_in_the_order_of_the_paper_with_their_doubt_in_words(desk: Desk) -> None:
    paper = desk.world.paper(FORM)
    read(
        desk.world, paper, religion=("", 0.0, "chữ viết tay, cần gõ lại"), ethnicity=("Kính", 0.4, "lạ"),
        party_joined_on=("1998-02-03", 0.99, ""), career__1__from=("1990-08", 0.9, ""),
        career__1__what=("Chuyên viên", 0.3, "hai lần đọc khác nhau"),
    )  # fmt: skip
    page = desk.client.get(f"/ban-duyet/{paper}").text
    places = [
        page.index(f'name="field.{key}"') for key in ("religion", "ethnicity", "party_joined_on", "career.1.from")
    ]
    assert places == sorted(places)
    assert "chữ viết tay, cần gõ lại" in around(page, "field.religion")
    assert "has-doubt" in around(page, "field.ethnicity")
    assert 'value="03/02/1998"' in around(page, "field.party_joined_on")
    assert "Quá trình công tác" in page
    assert 'aria-label="Làm gì, ở đâu, dòng 1 – chưa chắc"' in page


def test_a_wrong_value_is_named_beside_its_field_and_nothing_typed_is_lost(desk: Desk) -> None:
    paper, row = desk.world.paper(FORM), desk.world.dossier()
    read(desk.world, paper, citizen_id=("002173004455", 0.9, ""), health=("Tốt", 0.9, ""))
    typed = {"field.citizen_id": "0021", "field.health": "Rất tốt", "add_key": "strengths", "add_value": "Viết báo cáo"}
    response = desk.post(paper, "vao-ho-so", dossier_id=row.dossier.id, title="Lý lịch", **typed)
    assert response.status_code == 400
    assert "Số căn cước gồm đúng 12 chữ số" in around(response.text, "field.citizen_id")
    for words in ('value="0021"', 'value="Rất tốt"', 'value="Viết báo cáo"', 'value="Lý lịch"'):
        assert words in response.text
    assert {field.source for field in kept(desk.world, paper).values()} == {"machine"}


def test_a_colleagues_change_shows_both_values(desk: Desk) -> None:
    paper = desk.world.paper(FORM)
    read(desk.world, paper, health=("Tốt", 0.9, ""))
    mine = desk.form(paper, title="Lý lịch") | {"field.health": "Khá"}
    desk.of("clerk2").post(paper, "luu", **{"field.health": "Yếu"})
    response = desk.client.post(f"/ban-duyet/{paper}/luu", data=mine)
    assert response.status_code == 409
    assert 'value="Khá"' in response.text
    assert re.search(r"Bản người khác vừa lưu:.*?<q>Yếu</q>", response.text)


def test_typed_values_survive_a_paper_filed_by_another(desk: Desk) -> None:
    paper, row = desk.world.paper(FORM), desk.world.dossier()
    mine = desk.form(paper, title="Lý lịch", dossier_id=row.dossier.id) | {"field.health": "Khá đấy"}
    desk.of("clerk2").post(paper, "vao-ho-so", dossier_id=row.dossier.id)
    response = desk.client.post(f"/ban-duyet/{paper}/vao-ho-so", data=mine)
    assert response.status_code == 409
    assert "Khá đấy" in response.text


def test_without_scripts_a_doubt_is_accepted_by_its_box(desk: Desk) -> None:
    paper, row = desk.world.paper(FORM), desk.world.dossier()
    read(desk.world, paper, ethnicity=("Kinh", 0.4, "lạ"), religion=("Không", 0.4, "lạ"))
    sent = {"field.ethnicity": "Kinh", "field.religion": "Không", "seen": "ethnicity"}
    desk.post(paper, "vao-ho-so", dossier_id=row.dossier.id, title="Lý lịch", **sent)
    found = kept(desk.world, paper)
    assert (found["ethnicity"].source, found["religion"].source) == ("confirmed", "machine")


def test_what_differs_from_the_register_is_doubtful_and_offered(desk: Desk) -> None:
    paper, row = desk.world.paper(FORM), desk.world.dossier(citizen_id="002173004455", sex="Nữ")
    read(desk.world, paper, citizen_id=("002173004466", 0.99, ""), sex=("Nữ", 0.99, ""))
    page = desk.client.get(f"/ban-duyet/{paper}?ho_so={row.dossier.id}").text
    assert "khác hồ sơ đã đăng ký: 002173004455" in around(page, "field.citizen_id")
    assert 'data-reading="002173004455"' in page
    assert "has-doubt" not in around(page, "field.sex")


def test_pages_are_ordered_turned_and_taken_back_in_the_page(desk: Desk) -> None:
    paper = desk.world.paper(FORM, pages=3)
    first, second, third = ids(desk.world, paper)
    response = desk.post(paper, "trang", act=f"move/{third},{first},{second}", shown="2")
    assert response.location.endswith("?trang=2")
    assert ids(desk.world, paper) == [third, first, second]
    assert "Đã đổi thứ tự trang." in desk.client.get(response.location).text
    desk.client.post(f"/ban-duyet/{paper}/hoan-tac")
    assert ids(desk.world, paper) == [first, second, third]
    desk.post(paper, "trang", act=f"turn/90/{second}")
    page = desk.client.get(f"/ban-duyet/{paper}").text
    data = json.loads(re.search(r'id="desk-data">(.*?)</script>', page, re.S)[1])  # type: ignore[index]
    assert [each["turn"] for each in data["pages"]] == [0, 90, 0]
    assert "Máy đang đọc lại" in page
    assert desk.client.get(f"/ban-duyet/{paper}/dang-doc").get_json()["waiting"] == 1
    desk.client.post(f"/ban-duyet/{paper}/hoan-tac")
    assert desk.client.get(f"/ban-duyet/{paper}/dang-doc").get_json()["waiting"] == 0


def test_what_was_typed_is_kept_before_a_step_on_the_pages(desk: Desk) -> None:
    paper = desk.world.paper(FORM, pages=2)
    read(desk.world, paper, health=("Tốt", 0.9, ""))
    first, _second = ids(desk.world, paper)
    desk.post(paper, "trang", act=f"mark/blank/{first}", title="Tên mới", **{"field.health": "Khá"})
    with desk.world.work() as uow:
        assert uow.session.get_one(Document, paper).title == "Tên mới"
    assert kept(desk.world, paper)["health"].value == "Khá"


@pytest.mark.parametrize("act", ["", "turn", "turn/90", "turn/x/y", "burn/1/2", "move/", "shift/up/x", "reread/a/b"])
def test_a_step_that_is_none_is_told_and_changes_nothing(desk: Desk, act: str) -> None:
    paper = desk.world.paper(FORM, pages=2)
    before = ids(desk.world, paper)
    assert desk.client.post(f"/ban-duyet/{paper}/trang", data=desk.form(paper) | {"act": act}).status_code == 400
    assert ids(desk.world, paper) == before


def test_a_filing_that_was_checked_is_not_taken_back_and_says_why(desk: Desk) -> None:
    paper, row = desk.world.paper(FORM), desk.world.dossier()
    desk.post(paper, "vao-ho-so", dossier_id=row.dossier.id, title="Lý lịch")
    other = desk.enter("clerk2")
    look = re.search(r"/kiem-tra/[0-9a-f]{32}", other.get("/kiem-tra").text)
    assert look
    seen = re.findall(r'name="seen" value="([^"]+)"', other.get(look[0]).text)
    other.post(look[0], data={"version": "2", "seen": seen})
    answer = desk.client.post(f"/ban-duyet/{paper}/hoan-tac", data={"back": "https://evil.example/"})
    assert answer.location == "/ban-duyet"
    assert "đã có người thứ hai kiểm tra" in desk.client.get("/ban-duyet").text
