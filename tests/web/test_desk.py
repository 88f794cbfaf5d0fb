"""The verification desk in the page: what is shown, corrected, filed and taken back, also by two clerks at once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from desk_pages import Desk
from factories import World
from flask.testing import FlaskClient

from oms.domain.records import PageState
from oms.store import papers
from oms.store.dossiers import DossierRow
from oms.store.tables import Document, DocumentField, Proposal

LETTER = "QUYẾT ĐỊNH\nVề việc bổ nhiệm bà Tô Thị Hiếu"


@pytest.fixture
def desk(world: World, signed_in: Callable[[str], FlaskClient]) -> Desk:
    return Desk(world, signed_in, signed_in("clerk"))


def _document(world: World, document_id: str) -> Document:
    with world.work() as uow:
        return uow.session.get_one(Document, document_id)


def _pages(world: World, document_id: str) -> list[str]:
    with world.work() as uow:
        return [page.id for page in papers.pages_of_document(uow.session, document_id)]


def _propose(world: World, document_id: str, row: DossierRow, score: float, agrees: str, differs: str = "") -> None:
    with world.work() as uow:
        proposal = Proposal(
            document_id=document_id, dossier_id=row.dossier.id, score=score, agrees=agrees, differs=differs
        )
        uow.session.add(proposal)


def _read(world: World, document_id: str, key: str, value: str, confidence: float) -> None:
    with world.work() as uow:
        page = papers.pages_of_document(uow.session, document_id)[0]
        row = DocumentField(
            document_id=document_id,
            key=key,
            value=value,
            raw=value,
            confidence=confidence,
            page_id=page.id,
            box="[10, 20, 110, 40]",
            source="machine",
            at=world.clock(),
        )
        uow.session.add(row)
        setattr(uow.session.get_one(Document, document_id), key, value)


def test_the_queue_shows_what_waits_and_where_it_came_from(desk: Desk) -> None:
    desk.world.paper(LETTER)
    page = desk.client.get("/ban-duyet").text
    for words in ("QUYẾT ĐỊNH", "Quyết định", "Đợt thử", "quet.pdf"):
        assert words in page
    assert ("desk:list", "done", "") in desk.world.journal()


def test_the_queue_hides_papers_above_clearance_and_of_other_blocks(desk: Desk) -> None:
    desk.world.paper("Giấy thường")
    desk.world.paper("Giấy tối mật", secrecy=2)
    desk.world.paper("Giấy khu vực riêng", compartment="bvctnb")
    desk.world.paper("Giấy khối khác", unit="C-SNV")
    page = desk.client.get("/ban-duyet").text
    assert "Giấy thường" in page
    assert not re.search("Giấy tối mật|Giấy khu vực riêng|Giấy khối khác", page)


def test_papers_of_one_file_stand_in_the_order_of_its_pages(desk: Desk) -> None:
    first = desk.world.paper("Một\nHai", pages=3)
    desk.post(first, "tach", position="2")
    page = desk.client.get("/ban-duyet?trang_thai=de-rieng").text
    rest = re.search(r'href="/ban-duyet/([0-9a-f]{32})"', page)
    assert rest
    assert f'data-next-id="{rest[1]}"' in desk.client.get(f"/ban-duyet/{first}").text


def test_a_long_queue_is_paged(desk: Desk) -> None:
    for number in range(52):
        desk.world.paper(f"Giấy số {number}")
    first, second = desk.client.get("/ban-duyet").text, desk.client.get("/ban-duyet?trang=2").text
    assert first.count("<tr data-href") == 50
    assert second.count("<tr data-href") == 2
    assert "1–50 / 52 tài liệu" in first


def test_the_desk_marks_doubtful_words_and_fields_beside_the_page(desk: Desk) -> None:
    document_id = desk.world.paper(LETTER)
    _read(desk.world, document_id, "person_name", "Tô Thị Hiếu", 0.4)
    page = desk.client.get(f"/ban-duyet/{document_id}").text
    data = json.loads(re.search(r'id="desk-data">(.*?)</script>', page, re.S)[1])  # type: ignore[index]
    words = data["pages"][0]["words"]
    assert [word[1] for word in words][:2] == ["QUYẾT", "ĐỊNH"]
    assert [word[6] for word in words][:2] == [0, 1]
    field = page[page.index('data-field="person_name"') - 300 : page.index('name="person_name"')]
    assert "has-doubt" in field
    assert 'data-box="10,20,110,40"' in field
    assert "<canvas" in field
    assert ("desk:open", "done", document_id) in desk.world.journal()


def test_a_clear_proposal_is_chosen_beforehand_and_says_why(desk: Desk) -> None:
    document_id, row = desk.world.paper(LETTER), desk.world.dossier(birth_date="05/08/1961")
    _propose(desk.world, document_id, row, 0.9, "full_name,birth_date")
    page = desk.client.get(f"/ban-duyet/{document_id}").text
    assert f'value="{row.dossier.id}" checked' in page
    assert "Rất có thể" in page
    assert "họ tên, ngày sinh" in page


def test_two_likely_persons_are_left_to_the_clerk(desk: Desk) -> None:
    document_id = desk.world.paper(LETTER)
    for differs in ("", "birth_date"):
        _propose(desk.world, document_id, desk.world.dossier(), 0.9 if not differs else 0.86, "full_name", differs)
    page = desk.client.get(f"/ban-duyet/{document_id}").text
    assert page.count('name="dossier_id" value=') == 2
    assert "checked" not in page
    assert "Khác: ngày sinh" in re.sub(r"<svg.*?</svg>", "", page)


def test_a_proposed_dossier_above_clearance_is_not_shown(desk: Desk) -> None:
    document_id, row = desk.world.paper(LETTER), desk.world.dossier("Người Kín", secrecy=2)
    _propose(desk.world, document_id, row, 0.95, "full_name")
    page = desk.client.get(f"/ban-duyet/{document_id}").text
    assert "Người Kín" not in page
    assert row.dossier.id not in page
    asked_for = desk.client.get(f"/ban-duyet/{document_id}?ho_so={row.dossier.id}").text
    assert "Người Kín" not in asked_for
    assert f'value="{row.dossier.id}"' not in asked_for


def test_corrections_are_saved_and_taken_back(desk: Desk) -> None:
    document_id = desk.world.paper(LETTER)
    response = desk.post(document_id, "luu", title="Quyết định bổ nhiệm", issued_on="5/8/2011", number="12/QĐ")
    assert response.status_code == 302
    saved = _document(desk.world, document_id)
    assert (saved.title, saved.issued_on, saved.number) == ("Quyết định bổ nhiệm", "2011-08-05", "12/QĐ")
    page = desk.client.get(response.location).text
    assert "Hoàn tác" in page
    assert 'value="05/08/2011"' in page
    desk.client.post(f"/ban-duyet/{document_id}/hoan-tac")
    assert _document(desk.world, document_id).title == "QUYẾT ĐỊNH"


def test_a_wrong_date_keeps_everything_typed(desk: Desk) -> None:
    document_id = desk.world.paper(LETTER)
    response = desk.post(document_id, "luu", title="Tên mới gõ", issued_on="32/13/2011")
    assert response.status_code == 400
    assert "Ngày ban hành chưa đúng" in response.text
    assert 'value="32/13/2011"' in response.text
    assert 'value="Tên mới gõ"' in response.text
    assert _document(desk.world, document_id).version == 1


def test_filing_goes_on_to_the_next_paper_and_can_be_undone(desk: Desk) -> None:
    first, second, row = desk.world.paper("Một"), desk.world.paper("Hai"), desk.world.dossier()
    response = desk.post(first, "vao-ho-so", dossier_id=row.dossier.id, title="Quyết định thứ nhất")
    assert response.location.endswith(second)
    filed = _document(desk.world, first)
    assert (filed.state, filed.dossier_id, filed.serial, filed.title) == (
        "filed",
        row.dossier.id,
        1,
        "Quyết định thứ nhất",
    )
    assert f"/ban-duyet/{first}/hoan-tac" in desk.client.get(response.location).text
    desk.client.post(f"/ban-duyet/{first}/hoan-tac")
    assert _document(desk.world, first).state == "proposed"
    verbs = [verb for verb, _outcome, object_id in desk.world.journal() if object_id == first]
    assert verbs[-2:] == ["document:file", "document:undo"]


def test_the_last_paper_leads_back_to_the_queue(desk: Desk) -> None:
    only, row = desk.world.paper("Một"), desk.world.dossier()
    response = desk.post(only, "vao-ho-so", dossier_id=row.dossier.id)
    assert response.location == "/ban-duyet"
    assert "Đã vào hồ sơ, mục số 1" in desk.client.get("/ban-duyet").text


def test_filing_without_a_person_is_told(desk: Desk) -> None:
    document_id = desk.world.paper(LETTER)
    response = desk.post(document_id, "vao-ho-so", title="Tên đã gõ")
    assert response.status_code == 400
    assert "Hãy chọn hồ sơ của một người" in response.text
    assert 'value="Tên đã gõ"' in response.text


def test_nobody_sets_a_level_above_their_own(desk: Desk) -> None:
    document_id = desk.world.paper(LETTER)
    page = desk.client.get(f"/ban-duyet/{document_id}").text
    options = page[page.index('name="secrecy"') : page.index('name="compartment"')]
    assert '<option value="1"' in options
    assert '<option value="2"' not in options
    assert desk.post(document_id, "luu", secrecy="3").status_code == 400
    assert _document(desk.world, document_id).secrecy == 0


def test_two_clerks_see_each_others_change_and_lose_nothing(desk: Desk) -> None:
    document_id = desk.world.paper(LETTER)
    mine = desk.form(document_id, title="Tên tôi gõ")
    desk.of("clerk2").post(document_id, "luu", title="Tên người kia")
    response = desk.client.post(f"/ban-duyet/{document_id}/luu", data=mine)
    assert response.status_code == 409
    assert 'value="Tên tôi gõ"' in response.text
    assert "Bản người khác vừa lưu:" in response.text
    assert "Tên người kia" in response.text
    assert _document(desk.world, document_id).title == "Tên người kia"


@pytest.mark.parametrize("step", ["vao-ho-so", "luu", "de-rieng", "tach", "ghep"])
def test_a_paper_filed_meanwhile_is_not_filed_twice(desk: Desk, step: str) -> None:
    document_id, row = desk.world.paper(LETTER), desk.world.dossier()
    mine = desk.form(document_id, title="Tên tôi gõ", dossier_id=row.dossier.id, note="lý do rõ", position="2")
    desk.of("clerk2").post(document_id, "vao-ho-so", dossier_id=row.dossier.id)
    response = desk.client.post(f"/ban-duyet/{document_id}/{step}", data=mine)
    assert response.status_code == 409
    assert "Người khác đã duyệt tài liệu này trước" in response.text
    assert "Tên tôi gõ" in response.text
    assert _document(desk.world, document_id).serial == 1


def test_setting_aside_asks_for_a_reason_and_keeps_the_corrections(desk: Desk) -> None:
    document_id = desk.world.paper(LETTER)
    refused = desk.post(document_id, "de-rieng", title="Tên mới", note=" ")
    assert refused.status_code == 400
    assert "Hãy ghi lý do" in refused.text
    assert desk.post(document_id, "de-rieng", title="Tên mới", note="Chưa rõ giấy của ai").status_code == 302
    kept = _document(desk.world, document_id)
    assert (kept.state, kept.title, kept.note) == ("orphan", "Tên mới", "Chưa rõ giấy của ai")
    assert "Chưa rõ giấy của ai" in desk.client.get("/ban-duyet?trang_thai=de-rieng").text


def test_only_blank_sheets_may_be_dropped(desk: Desk) -> None:
    blank, written = desk.world.paper(""), desk.world.paper(LETTER)
    assert "Bỏ trang trắng" in desk.client.get(f"/ban-duyet/{blank}").text
    assert "Bỏ trang trắng" not in desk.client.get(f"/ban-duyet/{written}").text
    assert desk.post(written, "de-rieng", discard="1").status_code == 400
    assert desk.post(blank, "de-rieng", discard="1").status_code == 302
    assert _document(desk.world, blank).state == "discarded"


def test_a_paper_is_cut_in_two_and_put_together_again(desk: Desk) -> None:
    document_id = desk.world.paper(LETTER, pages=3)
    rest = desk.post(document_id, "tach", position="2").location.rsplit("/", 1)[1]
    assert (len(_pages(desk.world, document_id)), len(_pages(desk.world, rest))) == (1, 2)
    assert "Ghép vào tài liệu trước" in desk.client.get(f"/ban-duyet/{rest}").text
    assert desk.post(rest, "ghep").location.endswith(document_id)
    assert len(_pages(desk.world, document_id)) == 3


def test_cutting_before_no_page_is_told(desk: Desk) -> None:
    document_id = desk.world.paper(LETTER, pages=2)
    for position in ("1", "3", "", "x"):
        assert desk.post(document_id, "tach", position=position).status_code == 400


def test_a_word_is_corrected_and_given_back(desk: Desk) -> None:
    page = _pages(desk.world, desk.world.paper(LETTER))[0]
    address = f"/ban-duyet/trang/{page}/tu"
    fixed = desk.client.post(address, json={"word": 1, "text": "  ĐỊNH "}).json
    assert fixed == {"ok": True, "text": "ĐỊNH", "corrected": True, "suspect": False}
    back = desk.client.post(address, json={"word": 1, "text": ""}).json
    assert (back["text"], back["corrected"], back["suspect"]) == ("ĐỊNH", False, True)


@pytest.mark.parametrize("sent", [{"word": 999, "text": "a"}, {"word": True, "text": "a"}, {"word": 1}, [1], "x"])
def test_a_word_that_is_none_changes_nothing(desk: Desk, sent: object) -> None:
    page = _pages(desk.world, desk.world.paper(LETTER))[0]
    answer = desk.client.post(f"/ban-duyet/trang/{page}/tu", json=sent, headers={"X-Requested-With": "fetch"})
    assert answer.status_code == 400
    assert answer.json["ok"] is False
    assert answer.json["message"]


def test_a_page_image_is_shown_after_its_row(desk: Desk) -> None:
    page = _pages(desk.world, desk.world.paper(LETTER))[0]
    answer = desk.client.get(f"/ban-duyet/trang/{page}.jpg")
    assert answer.mimetype == "image/jpeg"
    assert answer.headers["Cache-Control"] == "no-store"
    assert ("desk:page", "done", page) in desk.world.journal()


def test_a_page_that_could_not_be_read_says_why_and_what_to_do(desk: Desk) -> None:
    document_id = desk.world.paper(LETTER)
    with desk.world.work() as uow:
        page = papers.pages_of_document(uow.session, document_id)[0]
        page.state, page.image_sha, page.reason = PageState.FAILED, "", "Trang này bị hỏng trong tệp."
    text = desk.client.get(f"/ban-duyet/{document_id}").text
    assert "Trang này bị hỏng trong tệp." in text
    assert "Cho máy đọc lại" in text


def test_dossiers_are_found_by_name_without_accents_within_scope(desk: Desk) -> None:
    row = desk.world.dossier("Tô Thị Hiếu", birth_date="1961")
    desk.world.dossier("Tô Thị Hiếu", "C-SNV", "officer.gov")
    answer = desk.client.get("/ban-duyet/tim-ho-so?q=thi hieu").json
    assert [each["dossier_id"] for each in answer["found"]] == [row.dossier.id]
    assert answer["found"][0]["birth"] == "1961"
    assert desk.client.get("/ban-duyet/tim-ho-so?q=t").json["found"] == []


def test_a_new_cadre_comes_back_chosen(desk: Desk) -> None:
    document_id = desk.world.paper(LETTER)
    form = {"full_name": "nông văn dền", "unit_id": str(desk.world.units["D-BTC"]), "dossier_number": "HS-9"}
    address = f"/ban-duyet/{document_id}/can-bo-moi"
    made = desk.client.post(address, data=form, headers={"X-Requested-With": "fetch"}).json
    assert made["dossier"]["name"] == "Nông Văn Dền"
    page = desk.client.get(f"/ban-duyet/{document_id}?ho_so={made['dossier']['dossier_id']}").text
    assert f'value="{made["dossier"]["dossier_id"]}" checked' in page
    again = desk.client.post(address, data=form, headers={"X-Requested-With": "fetch"})
    assert (again.status_code, again.json["field"]) == (400, "number")
    plain = desk.client.post(address, data=form | {"dossier_number": "HS-10", "full_name": "Lò Văn Ươi"})
    assert "?ho_so=" in plain.location


def test_a_likely_duplicate_at_the_desk_waits_for_the_box(desk: Desk) -> None:
    desk.world.dossier("Nông Văn Dền", number="BTC.0007")
    document_id, before = desk.world.paper(LETTER), len(desk.world.journal())
    form = {"full_name": "nông văn dền", "unit_id": str(desk.world.units["D-BTC"]), "dossier_number": "HS-9"}
    address, headers = f"/ban-duyet/{document_id}/can-bo-moi", {"X-Requested-With": "fetch"}
    told = desk.client.post(address, data=form, headers=headers)
    assert (told.status_code, told.json["field"]) == (400, "duplicate")
    assert "số BTC.0007" in told.json["message"]
    assert ("cadre:list", "done") in [row[:2] for row in desk.world.journal()[before:]]
    assert desk.client.post(address, data=form | {"confirm_duplicate": "1"}, headers=headers).json["ok"] is True


def test_a_birth_date_still_to_come_is_not_kept(desk: Desk) -> None:
    document_id = desk.world.paper(LETTER)
    answer = desk.post(document_id, "luu", person_birth_date="01/01/2061")
    assert answer.status_code == 400 and "Ngày sinh ở sau ngày hôm nay" in answer.text
    assert _document(desk.world, document_id).person_birth_date == ""


def test_no_cadre_is_made_for_a_paper_one_may_not_see(desk: Desk) -> None:
    hidden = desk.world.paper(LETTER, secrecy=2)
    form = {"full_name": "Nông Văn Dền", "unit_id": str(desk.world.units["D-BTC"]), "dossier_number": "HS-9"}
    assert desk.client.post(f"/ban-duyet/{hidden}/can-bo-moi", data=form).status_code == 404
    assert "cadre:create" not in [verb for verb, _outcome, _id in desk.world.journal()]


def test_leaving_with_changes_saves_them_on_the_way(desk: Desk) -> None:
    first, second = desk.world.paper("Một"), desk.world.paper("Hai")
    response = desk.post(first, "luu", title="Đã sửa", go_to=second)
    assert response.location.endswith(second)
    assert _document(desk.world, first).title == "Đã sửa"
