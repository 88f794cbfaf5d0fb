"""The records desk: lists, the purpose gate, a dossier, a paper and its pages, each look a row."""

from __future__ import annotations

import json
import re

from factories import World

from oms.store import papers
from oms.store.tables import DocumentField

PURPOSE = {"purpose": "quy_hoach", "task": "", "reason": "rà soát quy hoạch theo yêu cầu của Ban Thường vụ"}


def page_ids(world: World, document_id: str) -> list[str]:
    with world.work() as uow:
        return [page.id for page in papers.pages_of_document(uow.session, document_id)]


def rows_since(world: World, number: int) -> list[tuple[str, str, str]]:
    return world.journal()[number:]


def add_field(world: World, document_id: str, key: str, value: str, confidence: float) -> None:
    with world.work() as uow:
        page = papers.pages_of_document(uow.session, document_id)[0]
        row = DocumentField(
            document_id=document_id,
            key=key,
            value=value,
            raw=value,
            confidence=confidence,
            page_id=page.id,
            box=json.dumps([10, 20, 110, 40]),
            source="machine",
            at=world.clock(),
        )
        uow.session.add(row)


def test_list_shows_only_what_is_in_scope_and_is_journalled(world: World, signed_in) -> None:
    world.dossier("Tô Thị Hiếu")
    world.dossier("Phạm Kín Đáo", secrecy=3)
    world.dossier("Ngô Chính Quyền", unit="C-SNV", by="officer.gov")
    page = signed_in("leader").get("/ho-so").get_data(as_text=True)
    assert "Tô Thị Hiếu" in page and "Ngô Chính Quyền" in page
    assert "Phạm Kín Đáo" not in page  # Tuyệt mật, the leader is cleared to Tối mật
    assert world.journal()[-1][:2] == ("cadre:list", "done")


def test_list_filters_by_name_without_marks_and_by_block(world: World, signed_in) -> None:
    world.dossier("Tô Thị Hiếu")
    world.dossier("Ngô Chính Quyền", unit="C-SNV", by="officer.gov")
    client = signed_in("leader")
    assert "Ngô Chính Quyền" not in client.get("/ho-so?ten=to+thi+hieu").get_data(as_text=True)
    assert "Tô Thị Hiếu" not in client.get("/ho-so?khoi=government").get_data(as_text=True)
    # a made-up block, a wildcard for a unit, a page that is none: no error and no wider answer than before
    assert client.get("/ho-so?khoi=x&don_vi=%25&trang=-9").status_code == 200


def test_clerk_sees_the_list_without_a_way_in(world: World, signed_in) -> None:
    row = world.dossier("Tô Thị Hiếu")
    client = signed_in("clerk")
    page = client.get("/ho-so").get_data(as_text=True)
    assert "Tô Thị Hiếu" in page and f"/ho-so/{row.dossier.id}" not in page
    assert client.get(f"/ho-so/{row.dossier.id}").status_code == 404


def test_long_lists_are_cut_into_pages(world: World, signed_in) -> None:
    for number in range(53):
        world.dossier(f"Nguyễn Thị Rất Dài Tên Thứ {chr(65 + number % 26)} {number}", number=f"N-{number}")
    client = signed_in("officer")
    first, second = (client.get(f"/ho-so?trang={page}").get_data(as_text=True) for page in (1, 2))
    assert first.count("<tr data-href") == 50 and second.count("<tr data-href") == 3


def test_registering_keeps_what_was_typed_when_a_value_is_wrong(world: World, signed_in) -> None:
    client = signed_in("officer")
    typed = {
        "full_name": "VÕ ĐỨC HUỲNH",
        "unit_id": str(world.units["D-BTC"]),
        "number": "BTC.0201",
        "birth_date": "32/13/1979",
        "position": "Chuyên viên",
        "secrecy": "0",
    }
    answer = client.post("/ho-so/moi", data=typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert "Ngày sinh chưa đúng" in page and 'value="VÕ ĐỨC HUỲNH"' in page and 'value="Chuyên viên"' in page
    answer = client.post("/ho-so/moi", data=typed | {"birth_date": "08/3/1979"})
    assert answer.status_code == 302
    page = client.get(answer.headers["Location"]).get_data(as_text=True)
    assert "Võ Đức Huỳnh" in page and "08/03/1979" in page


def test_a_likely_duplicate_is_named_and_goes_through_once_said_to_be_another(world: World, signed_in) -> None:
    world.dossier("Võ Đức Huỳnh", number="BTC.0007", birth_date="27/07/1980", secrecy=1)
    client, before = signed_in("officer"), len(world.journal())
    typed = {
        "full_name": "Võ Đức Huỳnh",
        "unit_id": str(world.units["D-BTC"]),
        "number": "BTC.0201",
        "birth_date": "27/07/1980",
    }
    assert "confirm_duplicate" not in client.get("/ho-so/moi").text
    answer = client.post("/ho-so/moi", data=typed)
    assert answer.status_code == 400 and "Võ Đức Huỳnh, 27/07/1980, số BTC.0007" in answer.text
    assert 'name="confirm_duplicate"' in answer.text and 'id="f-duplicate"' in answer.text
    assert "secrecy-1" in answer.text
    assert ("cadre:list", "done") in [row[:2] for row in world.journal()[before:]]
    assert client.post("/ho-so/moi", data=typed | {"confirm_duplicate": "1"}).status_code == 302


def test_the_list_is_looked_up_by_dossier_number(world: World, signed_in) -> None:
    world.dossier("Tô Thị Hiếu", number="BTC.0116")
    world.dossier("Lò Văn Ươi", number="BTC.0117")
    page = signed_in("officer").get("/ho-so?ten=btc.0116").text
    assert "Tô Thị Hiếu" in page and "Lò Văn Ươi" not in page


def test_a_dossier_is_not_said_to_be_the_persons_only_one(world: World, signed_in) -> None:
    row = world.dossier("Tô Thị Hiếu", birth_date="05/08/1961")
    world.dossier("Tô Thị Hiếu", "C-SNV", "officer.gov", birth_date="05/08/1961")
    client = signed_in("leader")
    client.post(f"/ho-so/{row.dossier.id}/mo", data=PURPOSE)
    page = client.get(f"/ho-so/{row.dossier.id}").text
    assert "Khi đăng ký" in page and "Hồ sơ khác của người này" not in page


def test_registering_without_a_unit_says_so(world: World, signed_in) -> None:
    answer = signed_in("clerk").post("/ho-so/moi", data={"full_name": "Võ Đức Huỳnh", "number": "1"})
    assert answer.status_code == 400
    assert "Hãy chọn đơn vị quản lý hồ sơ" in answer.get_data(as_text=True)


def test_gate_shows_nothing_of_the_papers_until_the_purpose_is_said(world: World, signed_in) -> None:
    row = world.dossier()
    world.filed(row, "QUYẾT ĐỊNH\nVề việc bổ nhiệm chức vụ bí mật")
    client = signed_in("leader")
    page = client.get(f"/ho-so/{row.dossier.id}").get_data(as_text=True)
    assert "Anh/chị mở hồ sơ này để làm gì?" in page and "bí mật" not in page
    answer = client.post(f"/ho-so/{row.dossier.id}/mo", data=PURPOSE | {"reason": "ngắn"})
    assert answer.status_code == 400 and "ngắn" in answer.get_data(as_text=True)
    answer = client.post(f"/ho-so/{row.dossier.id}/mo", data=PURPOSE | {"the": "tai-lieu"})
    assert answer.headers["Location"].endswith(f"/ho-so/{row.dossier.id}?the=tai-lieu")
    page = client.get(answer.headers["Location"]).get_data(as_text=True)
    assert "Về việc bổ nhiệm chức vụ bí mật" in page and "Mục lục tài liệu" in page
    assert world.journal()[-1][0] == "cadre:open"


def test_gate_never_sends_the_reader_to_another_site(world: World, signed_in) -> None:
    row = world.dossier()
    wild = {"the": "//evil.example", "tai_lieu": "https://evil.example", "trang": "x", "o": "javascript:"}
    answer = signed_in("leader").post(f"/ho-so/{row.dossier.id}/mo", data=PURPOSE | wild)
    assert answer.headers["Location"] == f"/ho-so/{row.dossier.id}"


def test_paper_without_an_opening_goes_through_the_gate_and_comes_back(world: World, signed_in) -> None:
    row = world.dossier()
    document_id = world.filed(row, pages=2)
    client = signed_in("leader")
    answer = client.get(f"/tai-lieu/{document_id}?trang=2&o=1,2,30,40")
    assert f"/ho-so/{row.dossier.id}?" in answer.headers["Location"]
    gate = client.get(answer.headers["Location"]).get_data(as_text=True)
    hidden = dict(re.findall(r'type="hidden" name="(tai_lieu|trang|o|the)" value="([^"]*)"', gate))
    answer = client.post(f"/ho-so/{row.dossier.id}/mo", data=PURPOSE | hidden)
    page = client.get(answer.headers["Location"]).get_data(as_text=True)
    assert 'data-at="2"' in page and '<rect x="1" y="2" width="29" height="38"/>' in page


def test_each_page_looked_at_is_a_row_and_no_page_is_sent_unasked(world: World, signed_in) -> None:
    row = world.dossier()
    document_id = world.filed(row, pages=3)
    client = signed_in("leader")
    client.post(f"/ho-so/{row.dossier.id}/mo", data=PURPOSE)
    before = len(world.journal())
    page = client.get(f"/tai-lieu/{document_id}").get_data(as_text=True)
    assert not re.search(r"<img[^>]* src=", page)  # the script asks for a page when it comes into view
    assert [verb for verb, _outcome, _id in rows_since(world, before)] == ["document:open"]
    second = page_ids(world, document_id)[1]
    image = client.get(f"/trang/{second}.jpg")
    assert image.data[:2] == b"\xff\xd8" and image.headers["Cache-Control"] == "no-store"
    assert rows_since(world, before)[-1] == ("page:view", "done", second)


def test_page_is_refused_once_the_opening_has_run_out(world: World, signed_in) -> None:
    row = world.dossier()
    document_id = world.filed(row)
    client = signed_in("leader")
    client.post(f"/ho-so/{row.dossier.id}/mo", data=PURPOSE)
    page = page_ids(world, document_id)[0]
    assert client.get(f"/trang/{page}.jpg").status_code == 200
    # the session stays alive by being used; the opening does not
    for _step in range(7):
        world.clock.forward(minutes=10)
        client.get("/ho-so")
    assert client.get(f"/trang/{page}.jpg").status_code == 404
    assert world.journal()[-1] == ("page:view", "refused", page)


def test_facts_open_their_paper_at_their_box_and_differences_are_shown(world: World, signed_in) -> None:
    row = world.dossier()
    first, second = world.filed(row), world.filed(row)
    add_field(world, first, "birth_date", "1961-08-05", 0.97)
    add_field(world, second, "birth_date", "1961-05-08", 0.4)
    client = signed_in("leader")
    client.post(f"/ho-so/{row.dossier.id}/mo", data=PURPOSE)
    page = client.get(f"/ho-so/{row.dossier.id}").get_data(as_text=True)
    assert "05/08/1961" in page and "08/05/1961" in page and "2 cách ghi" in page
    assert f"/tai-lieu/{first}?trang=1&amp;o=10,20,110,40" in page


def test_contents_hide_a_paper_above_the_readers_clearance(world: World, signed_in) -> None:
    row = world.dossier()
    world.filed(row, "QUYẾT ĐỊNH\nĐiều động thường")
    hidden = world.filed(row, "QUYẾT ĐỊNH\nNội dung tuyệt mật", secrecy=3)
    client = signed_in("leader")
    client.post(f"/ho-so/{row.dossier.id}/mo", data=PURPOSE)
    page = client.get(f"/ho-so/{row.dossier.id}?the=tai-lieu").get_data(as_text=True)
    assert "Điều động thường" in page and "tuyệt mật" not in page and "1 tài liệu, 1 trang" in page
    missing = client.get(f"/tai-lieu/{'f' * 32}")
    refused = client.get(f"/tai-lieu/{hidden}")
    assert (missing.status_code, refused.status_code) == (404, 404)


def test_readers_tab_names_who_opened_it_and_why(world: World, signed_in) -> None:
    row = world.dossier()
    signed_in("leader").post(f"/ho-so/{row.dossier.id}/mo", data=PURPOSE)
    client = signed_in("officer")
    client.post(f"/ho-so/{row.dossier.id}/mo", data=PURPOSE | {"purpose": "kiem_ke"})
    page = client.get(f"/ho-so/{row.dossier.id}?the=nguoi-xem").get_data(as_text=True)
    assert "Người thử leader" in page and "Quy hoạch cán bộ" in page and "Kiểm kê, đối chiếu hồ sơ" in page


def test_readers_tab_counts_what_was_seen_and_never_tells_of_what_is_hidden(world: World, signed_in) -> None:
    row = world.dossier()
    world.filed(row)
    secret = world.filed(row, "QUYẾT ĐỊNH\nNội dung tối mật", secrecy=2)
    officer, low = signed_in("officer"), signed_in("officer2")
    for client in (officer, low):
        client.post(f"/ho-so/{row.dossier.id}/mo", data=PURPOSE)

    def seen(client) -> list[str]:
        page = client.get(f"/ho-so/{row.dossier.id}?the=nguoi-xem").get_data(as_text=True)
        table = page[page.index('id="looks"') :]
        return re.findall(r"<th scope=\"row\">Người thử officer<.*?</tr>", table, re.DOTALL)

    assert low.get(f"/tai-lieu/{secret}").status_code == 404
    before = seen(low)
    assert officer.get(f"/tai-lieu/{secret}").status_code == 200
    assert seen(low) == before and seen(officer) != before, "a look at a paper above one's level stays untold"
    assert world.journal()[-1][0] == "cadre:open"


def test_text_of_a_paper_is_escaped(world: World, signed_in) -> None:
    row = world.dossier()
    document_id = world.filed(row, "<script>alert(1)</script> chữ\n<b>đậm</b> lạ")
    client = signed_in("leader")
    client.post(f"/ho-so/{row.dossier.id}/mo", data=PURPOSE)
    page = client.get(f"/tai-lieu/{document_id}").get_data(as_text=True)
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page
