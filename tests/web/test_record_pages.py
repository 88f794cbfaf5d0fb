"""The record on its pages: values with papers and people, masks, taking, the second person, papers side by side."""

from __future__ import annotations

import re

import pytest
from factories import World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from record_papers import paper_saying

from oms.domain.record_facts import NewFact, Source
from oms.domain.record_items import ITEMS
from oms.services import record
from oms.store.dossiers import DossierRow
from oms.store.tables import Dossier

PURPOSE = {"purpose": "quy_hoach", "task": "", "reason": "rà soát quy hoạch theo yêu cầu của Ban Thường vụ"}
TABS = ("tong-quan", "qua-trinh", "gia-dinh", "giay-to")


def enter(signed_in, username: str, row: DossierRow):
    client = signed_in(username)
    assert client.post(f"/ho-so/{row.dossier.id}/mo", data=PURPOSE).status_code == 302
    return client


def keep(world: World, row: DossierRow, item: str, values: dict[str, str], by: str = "officer", **more: object) -> str:
    officer = world.who(by)
    with world.work(officer) as uow:
        dossier = uow.session.get_one(Dossier, row.dossier.id)
        new = NewFact(item, values, Source("declaration", words="Lời khai"), **more)  # type: ignore[arg-type]
        return record.keep(uow, [(dossier, [new])], record.Keeping(officer.account_id, world.clock()))[0][0]


def test_overview_shows_values_with_paper_people_and_what_was_before(world: World, signed_in) -> None:
    row = world.dossier()
    paper = paper_saying(world, row, {"ethnicity": "Tày"})
    keep(world, row, "salary_coefficient", {"value": "4.98"}, starts="2020-01")
    keep(world, row, "salary_coefficient", {"value": "5.32"}, starts="2023-01")
    keep(world, row, "position", {"value": "Cán bộ đặc phái viên"})
    client = enter(signed_in, "officer", row)
    chosen = re.findall(r'name="chosen" value="([^"]+)"', client.get(f"/ho-so/{row.dossier.id}/dua-vao").text)
    assert client.post(f"/ho-so/{row.dossier.id}/dua-vao", data={"chosen": chosen}).status_code == 302
    page = client.get(f"/ho-so/{row.dossier.id}").text
    assert f"/tai-lieu/{paper}?trang=1&amp;o=10,20,110,40" in page and "Tày" in page
    assert "Người thử clerk" in page and "Người thử officer" in page
    assert page.index("5,32") < page.index("1 giá trị trước") < page.index("4,98")
    assert "ngoài danh mục" in page and "chưa có người thứ hai xác nhận" in page and "Khi đăng ký" in page


def test_a_taken_value_can_be_taken_out_from_the_page(world: World, signed_in) -> None:
    row = world.dossier()
    paper_saying(world, row, {"phone": "0912 345 678"})
    client = enter(signed_in, "officer", row)
    address = f"/ho-so/{row.dossier.id}/dua-vao"
    client.post(address, data={"chosen": re.findall(r'name="chosen" value="([^"]+)"', client.get(address).text)})
    out = re.search(r'action="(/ly-lich/[0-9a-f]+/rut-ra)"', client.get(f"/ho-so/{row.dossier.id}").text)
    assert out
    page = client.post(out[1], follow_redirects=True).text
    assert "Đã rút ra khỏi lý lịch" in page and "đã cho thôi" in page and "rut-ra" not in page


def test_a_value_that_differs_becomes_a_draft_change_and_changes_nothing(world: World, signed_in) -> None:
    row = world.dossier(birth_date="05/08/1961")
    paper_saying(world, row, {"birth_date": "1961-05-08"})
    client = enter(signed_in, "officer", row)
    address = f"/ho-so/{row.dossier.id}"
    chosen = re.findall(r'name="differing" value="([^"]+)"', client.get(f"{address}/dua-vao").text)
    answer = client.post(f"{address}/phieu-tu-giay-to", data={"differing": []})
    assert answer.status_code == 400 and "Hãy chọn ít nhất một giá trị khác lý lịch" in answer.text
    page = client.post(f"{address}/phieu-tu-giay-to", data={"differing": chosen}, follow_redirects=True).text
    assert "Đã lập phiếu nháp" in page and "08/05/1961" in page
    assert "05/08/1961" in client.get(address).text
    assert ("change:create", "done") in [entry[:2] for entry in world.journal()]


def test_nothing_chosen_is_said_and_expired_opening_leads_to_the_door(world: World, signed_in) -> None:
    row = world.dossier()
    paper_saying(world, row, {"phone": "0912 345 678"})
    client = enter(signed_in, "officer", row)
    for address in ("dua-vao", "xac-nhan"):
        answer = client.post(f"/ho-so/{row.dossier.id}/{address}", data={})
        assert answer.status_code == 400 and "Hãy chọn ít nhất" in answer.text
    for _step in range(7):
        world.clock.forward(minutes=10)
        client.get("/ho-so")
    for address in ("dua-vao", "xac-nhan", "doi-chieu"):
        answer = client.get(f"/ho-so/{row.dossier.id}/{address}", follow_redirects=True)
        assert "Anh/chị mở hồ sơ này để làm gì?" in answer.text


def test_a_second_person_confirms_what_the_first_entered(world: World, signed_in) -> None:
    row = world.dossier(birth_date="05/08/1961")
    first = enter(signed_in, "officer", row)
    page = first.get(f"/ho-so/{row.dossier.id}/xac-nhan").text
    assert 'name="chosen"' not in page and "2 mục do anh/chị nhập" in page
    second = enter(signed_in, "officer2", row)
    address = f"/ho-so/{row.dossier.id}/xac-nhan"
    chosen = re.findall(r'name="chosen" value="([^"]+)"', second.get(address).text)
    page = second.post(address, data={"chosen": chosen}, follow_redirects=True).text
    assert "Đã xác nhận 2 mục" in page and "chưa có người thứ hai" not in page


def test_life_of_two_dossiers_stands_on_one_line_once_both_are_open(world: World, signed_in) -> None:
    row = world.dossier(number="A-1")
    with world.work() as uow:
        other = Dossier(
            cadre_id=row.cadre.id,
            unit_id=world.units["C-SNV"],
            block="government",
            number="B-2",
            created_by=world.who("officer").account_id,
            created_at=world.clock(),
        )
        uow.session.add(other)
        uow.session.flush()
        other_id = other.id
    world.fact(row, "career", from_="09/2014", to="06/2019", position="Bí thư Đảng uỷ xã")
    keep(world, DossierRow(other, row.cadre, row.unit), "career", {"from": "2001", "what": "Giáo viên"}, "officer.gov")
    client = enter(signed_in, "leader", row)
    page = client.get(f"/ho-so/{row.dossier.id}?the=qua-trinh").text
    assert "Bí thư Đảng uỷ xã" in page and "Giáo viên" not in page and "B-2" in page
    client.post(f"/ho-so/{other_id}/mo", data=PURPOSE)
    before = len(world.journal())
    page = client.get(f"/ho-so/{row.dossier.id}?the=qua-trinh").text
    assert page.index("Giáo viên") < page.index("Bí thư Đảng uỷ xã")
    assert [entry[2] for entry in world.journal()[before:]] == [row.dossier.id, other_id]


def test_contradicting_papers_stand_side_by_side_with_their_boxes(world: World, signed_in) -> None:
    row = world.dossier(birth_date="05/08/1961")
    first = paper_saying(world, row, {"birth_date": "1961-05-08", "party_joined_on": "1990-01-03"})
    second = paper_saying(world, row, {"party_joined_on": "1991-01-03"})
    client = enter(signed_in, "leader", row)
    page = client.get(f"/ho-so/{row.dossier.id}/doi-chieu").text
    assert "Ngày sinh không giống nhau." in page and "Điểm 1/2" in page and "08/05/1961" in page
    page = client.get(f"/ho-so/{row.dossier.id}/doi-chieu?so=2").text
    assert page.count('<rect x="10"') == 2 and page.count('src="/trang/') == 2
    assert f"/tai-lieu/{first}?" in page and f"/tai-lieu/{second}?" in page
    assert world.journal()[-1] == ("record:compare", "done", row.dossier.id)
    assert client.get(f"/ho-so/{row.dossier.id}/doi-chieu?so=99999").status_code == 200


def test_sensitive_values_on_papers_are_masked_beside_the_paper_and_in_the_list(world: World, signed_in) -> None:
    row = world.dossier()
    paper = paper_saying(world, row, {"religion": "Phật giáo", "discipline_table.1.form": "Khiển trách"})
    for username, visible in (("leader", True), ("leader.low", False)):
        client = enter(signed_in, username, row)
        for address in (f"/tai-lieu/{paper}", f"/ho-so/{row.dossier.id}?the=giay-to"):
            page = client.get(address).text
            assert ("Phật giáo" in page, "Được che" in page) == (visible, not visible), address


words = st.text(st.characters(whitelist_categories=("Ll", "Lu")), min_size=3, max_size=12).map("qzx{}".format)
sensitive_items = st.sampled_from([item for item in ITEMS.values() if item.sensitive])


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(sensitive_items, words), min_size=1, max_size=4))
def test_whatever_the_facts_no_masked_value_leaves_the_house(world: World, signed_in, told) -> None:
    row = world.dossier()
    on_paper = {}
    for item, word in told:
        column = item.columns[-1].key if item.columns else "value"
        keep(world, row, item.key, {column: word})
        on_paper[f"{item.key}.1.{column}" if item.columns else item.key] = f"giay{word}"
    paper = paper_saying(world, row, on_paper)
    client = enter(signed_in, "leader.low", row)
    here = f"/ho-so/{row.dossier.id}"
    addresses = [f"{here}?the={tab}" for tab in TABS] + [f"{here}/doi-chieu", f"{here}/xac-nhan", f"/tai-lieu/{paper}"]
    pages = [client.get(address) for address in addresses]
    assert all(page.status_code == 200 for page in pages)
    assert "được che: cần quyền" in pages[0].text
    for _item, word in told:
        assert not any(word in page.text for page in pages)
    seen = enter(signed_in, "leader", row).get(here).text
    assert all(word in seen for item, word in told if not item.is_table or item.key != "family")


@pytest.mark.parametrize("tab", TABS)
def test_an_empty_record_says_so(world: World, signed_in, tab: str) -> None:
    row = world.dossier()
    page = enter(signed_in, "leader", row).get(f"/ho-so/{row.dossier.id}?the={tab}").text
    assert "Chưa có" in page or "Khi đăng ký" in page
