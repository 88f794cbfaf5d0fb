"""Duties kept apart in the pages: two persons, grants, relatives, and acting for somebody else."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import walk_changes
import walk_keeping
import walk_profiles
import walk_record
import walk_secrecy
from factories import World
from web_walk import ID_ROUTES, Walker

from oms.domain.policy import SETTINGS, Setting
from oms.domain.records import day_in_hanoi
from oms.services import sealing
from oms.store import journal, people
from oms.store.access_tables import AccountKin
from oms.store.tables import Account, Cadre

WHY = "rà soát theo kế hoạch năm"


def link(page: str, start: str) -> str:
    return re.findall(rf'href="({start}[0-9a-f]{{32}})"', page)[0]


def test_policy_is_changed_from_two_desks(world: World, signed_in) -> None:
    asker, second = signed_in("security"), signed_in("security2")
    bad = asker.post("/chinh-sach-truy-cap", data={"key": "export_limit", "value": "không", "reason": WHY})
    assert bad.status_code == 400 and "số nguyên từ 1 đến 5000" in bad.text and WHY in bad.text
    typed = {"key": "export_limit", "value": "40", "reason": WHY}
    page = asker.post("/chinh-sach-truy-cap", data=typed, follow_redirects=True).text
    assert "100 người" in page and "40 người" in page
    assert "việc cần hai người chờ anh/chị quyết định" in second.get("/").text
    assert "việc cần hai người chờ" not in asker.get("/").text
    here = link(second.get("/phe-duyet").text, "/phe-duyet/")
    assert "Duyệt và thực hiện" in second.get(here).text
    assert "Duyệt và thực hiện" not in asker.get(here).text
    short = second.post(f"{here}/quyet-dinh", data={"decision": "refuse", "decision_reason": "không"})
    assert short.status_code == 400 and "ít nhất 10 ký tự" in short.text
    assert asker.post(f"{here}/quyet-dinh", data={"decision": "approve"}).status_code == 404
    done = second.post(f"{here}/quyet-dinh", data={"decision": "approve"}, follow_redirects=True).text
    assert "Đã duyệt, đã thực hiện" in done
    assert "<strong>40</strong>" in asker.get("/chinh-sach-truy-cap").text


@pytest.mark.embedded("the journal is not pruned on a server, and its page says so")
def test_pruning_is_asked_for_on_its_page_and_decided_by_another(world: World, signed_in) -> None:
    address = "/rut-gon-nhat-ky"
    assert "Chưa có tháng nào đủ mười hai tháng" in signed_in("security").get(address).text
    assert signed_in("leader").get(address).status_code == signed_in("admin").get(address).status_code == 404
    sealing.seal(world.house, world.clock())
    world.clock.forward(days=420)
    asker, second = signed_in("security"), signed_in("security2")
    page = asker.get(address).text
    months = re.findall(r'<option value="(\d{4}-\d{2})"', page)
    assert months == ["2026-12", "2026-11"] or months == ["2026-11"], months
    for wrong in ({"month": "2027-06"}, {"month": ""}, {"reason": "ngắn"}):
        assert asker.post(address, data={"month": "2026-11", "reason": WHY} | wrong).status_code == 400, wrong
    asked = asker.post(address, data={"month": "2026-11", "reason": WHY}, follow_redirects=True).text
    assert "Rút gọn nhật ký đến hết tháng 11/2026" in asked and "chỉ còn mã băm" in asked
    assert "Duyệt và thực hiện" not in asked
    here = link(second.get("/phe-duyet").text, "/phe-duyet/")
    assert second.post(f"{here}/quyet-dinh", data={"decision": "approve"}).status_code == 302
    after = asker.get(address).text
    assert here in after and "Chưa rút gọn lần nào" not in after
    assert sealing.verify(world.house, None).pruned > 0


def test_an_empty_desk_says_so_to_everybody_who_has_one(signed_in) -> None:
    for name in ("officer", "leader", "reviewer", "admin", "security"):
        page = signed_in(name).get("/phe-duyet").text
        assert "Không có việc nào chờ anh/chị" in page and "Chưa có việc nào xong" in page
    assert signed_in("clerk").get("/phe-duyet").status_code == 404


def test_the_administrators_page_neither_shows_nor_grants_levels(world: World, signed_in) -> None:
    page = signed_in("admin").get("/quan-tri/tai-khoan").text
    assert "Tuyệt mật" not in page and "Bảo vệ chính trị" not in page and "Tôn giáo" not in page
    typed = {"username": "moi.nguoi", "display_name": "Người mới", "role": "leader", "clearance": "3"}
    unit = str(world.units["D"])
    signed_in("admin").post("/quan-tri/tai-khoan", data=typed | {"unit_id": unit, "compartments": ["bvctnb"]})
    made = world.who("moi.nguoi")
    assert (int(made.clearance), made.compartments) == (0, frozenset())


def test_an_account_comes_alive_by_two_and_gets_its_level_from_the_officer(world: World, app, signed_in) -> None:
    unit = str(world.units["D-BTC"])
    typed = {"username": "moi.nguoi", "display_name": "Người mới", "role": "leader", "unit_id": unit, "scopes": [unit]}
    signed_in("admin").post("/quan-tri/tai-khoan", data=typed)
    account = world.who("moi.nguoi").account_id
    officer = signed_in("security")
    assert "Chờ thẩm tra" in officer.get("/cap-quyen").text
    page = officer.post(f"/cap-quyen/{account}/tham-tra").text
    code = re.findall(r'quote-number">([^<]+)<', page)[0]
    assert code not in officer.get(f"/cap-quyen/{account}").text
    entered = app.test_client().post("/dang-nhap", data={"username": "moi.nguoi", "password": code})
    assert entered.status_code == 302
    give = f"/cap-quyen/{account}/cap"
    wrong = officer.post(give, data={"value": "clearance:2", "reason": "x", "until": "hôm nay"})
    assert wrong.status_code == 400 and "Ngày hết hạn chưa đúng" in wrong.text
    assert "có hiệu lực" in officer.post(give, data={"value": "clearance:2", "reason": WHY}, follow_redirects=True).text
    two = officer.post(give, data={"value": "compartment:bvctnb", "reason": WHY}, follow_redirects=True).text
    assert "cần hai người" in two
    who = world.who("moi.nguoi")
    assert (int(who.clearance), who.compartments) == (2, frozenset())
    own = world.who("security").account_id
    assert officer.post(f"/cap-quyen/{own}/cap", data={"value": "clearance:1", "reason": WHY}).status_code == 404
    assert "chỉ xem" in officer.get(f"/cap-quyen/{own}").text


def test_another_duty_takes_everything_and_asks_to_be_vetted_anew(world: World, signed_in) -> None:
    officer, admin = signed_in("officer"), signed_in("admin")
    account = world.who("officer").account_id
    here = f"/quan-tri/tai-khoan/{account}/nhiem-vu"
    assert "Đổi nhiệm vụ" in admin.get(here).text
    typed = {"role": "leader", "unit_id": str(world.units["D"]), "scopes": [str(world.units["D"])], "reason": WHY}
    assert admin.post(here, data=typed | {"reason": "x"}).status_code == 400
    assert "cấp lại từ đầu" in admin.post(here, data=typed, follow_redirects=True).text
    assert "/dang-nhap" in officer.get("/ho-so").headers["Location"]
    admin.post(f"/quan-tri/tai-khoan/{account}/trang-thai", data={"active": "1"})
    with world.work() as uow:
        row = people.by_id(uow.session, account)
        assert row is not None and not row.active and row.vetted_at is None and row.clearance == 0


def test_a_declared_relative_disappears_for_one_and_for_nobody_else(world: World, signed_in) -> None:
    row = world.dossier("Hoàng Thị Hoà", citizen_id="011000000066")
    client, here = signed_in("leader"), f"/ho-so/{row.dossier.id}"
    assert client.get(here).status_code == 200
    page = client.post("/tai-khoan/nguoi-than", data={"relation": "spouse", "full_name": "Hoàng Thị Hoà"})
    assert (
        page.status_code == 400 and 'value="Hoàng Thị Hoà"' in page.text and "số căn cước, hoặc ngày sinh" in page.text
    )
    typed = {"relation": "spouse", "full_name": "Hoàng Thị Hoà", "citizen_id": "011000000066"}
    assert "Hoàng Thị Hoà" in client.post("/tai-khoan/nguoi-than", data=typed, follow_redirects=True).text
    assert client.get(here).status_code == 404 and "Hoàng Thị Hoà" not in client.get("/ho-so").text
    assert signed_in("officer").get(here).status_code == 200
    entries = signed_in("security").get(f"/cap-quyen/{world.who('leader').account_id}").text
    assert "Hoàng Thị Hoà" in entries and "Vợ, chồng" in entries


def test_a_deputy_acts_for_a_leader_and_every_row_names_both(world: World, signed_in) -> None:
    giver, deputy = world.who("leader"), world.who("officer2")
    leader, client = signed_in("leader"), signed_in("officer2")
    today = day_in_hanoi(world.clock())
    typed = {
        "deputy_id": deputy.account_id,
        "units": [str(world.units["D"])],
        "starts_on": f"{today:%d/%m/%Y}",
        "ends_on": f"{today + timedelta(days=2):%d/%m/%Y}",
        "document_no": "15/GUQ",
        "reason": "đi công tác dài ngày",
    }
    assert leader.post("/uy-quyen", data=typed | {"document_no": ""}).status_code == 400
    assert deputy.display_name in leader.post("/uy-quyen", data=typed, follow_redirects=True).text
    lent = re.findall(r'name="delegation" value="([0-9a-f]{32})"', client.get("/").text)[0]
    assert client.get("/ho-so/moi").status_code == 200  # an officer registers cadres
    assert signed_in("officer").post("/thay-mat", data={"delegation": lent}).status_code == 404
    before = client.get_cookie("oms")
    client.post("/thay-mat", data={"delegation": lent})
    assert client.get_cookie("oms") != before  # another authority is another token
    page = client.get("/ho-so").text
    assert f"thay mặt {giver.display_name}" in page
    assert client.get("/ho-so/moi").status_code == 404  # a leader does not
    with world.work() as uow:
        last = [entry for entry, _leaf in journal.rows(uow.session) if entry.verb == "cadre:list"][-1]
    assert (last.actor_id, last.on_behalf, last.role) == (deputy.account_id, giver.account_id, "leader")
    assert client.post("/uy-quyen", data=typed).status_code == 404  # not lent on
    client.post("/thay-mat", data={"delegation": ""})
    assert "thay mặt" not in client.get("/ho-so").text.replace("Thay mặt", "")
    client.post("/thay-mat", data={"delegation": lent})
    world.clock.forward(minutes=1)
    leader.post(f"/uy-quyen/{lent}/ket-thuc", data={"end_reason": "đã về làm việc lại"})
    assert client.get("/ho-so/moi").status_code == 200  # on the next request
    assert "Thay mặt" not in client.get("/").text


def test_a_long_roster_is_asked_for_approved_and_taken_once(world: World, signed_in, monkeypatch) -> None:
    monkeypatch.setitem(SETTINGS, "export_limit", Setting(1, 1, 5000))
    world.dossier("Tô Thị Hiếu")
    world.dossier("Hoàng Thị Hoà")
    client, leader = signed_in("officer"), signed_in("leader")
    data = {"mau": "co-ban", "kind": "xlsx", "purpose": "quy_hoach", "reason": "rà soát quy hoạch năm 2026"}
    here = "http://localhost/trich-ngang/xem?mau=co-ban"
    asked = client.post("/trich-ngang/xuat", data=data, headers={"Referer": here})
    assert asked.status_code == 302 and "/phe-duyet/" in asked.headers["Location"]
    page = client.get(asked.headers["Location"]).text
    assert "cần người thứ hai" in page and "Hiếu" not in page and "Trích ngang, 2 người" in page
    one = asked.headers["Location"]
    assert "Duyệt" in leader.get(one).text and "Hiếu" not in leader.get(one).text
    leader.post(f"{one}/quyet-dinh", data={"decision": "approve"})
    assert "/trich-ngang/xem?mau=co-ban" in client.get(one).text
    taken = client.post("/trich-ngang/xuat", data=data)
    assert taken.status_code == 200 and taken.data[:2] == b"PK"
    assert client.post("/trich-ngang/xuat", data=data).status_code == 302  # once


ELSEWHERE = {"task_id", "unit_id", "account_id", "list_code", "approval_id", "kin_id", "delegation_id", "session_id",
             "supplement_id", "stocktake_id"}  # fmt: skip
"""What a route may name that is no dossier and lies in none."""


def test_nobody_reaches_their_own_or_a_relatives_dossier_by_any_route(world: World, app) -> None:
    """Everybody in the walk becomes a relative of everybody in the register; no route lets them through any more."""
    found, seen = [], 0
    walker = Walker(app, world)
    real = {endpoint: walker.ids_for(endpoint) for endpoint in ("records.dossier", "scanning_desk.document")}
    for area in (walk_record, walk_changes, walk_keeping, walk_profiles, walk_secrecy):
        first = next(iter(area.CASES))
        real |= dict.fromkeys(area.CASES, walker.ids_for(first))
    with world.work() as uow:
        for cadre in uow.session.query(Cadre):
            cadre.citizen_id = "011000000001"
        insiders = {case.insider for case in ID_ROUTES.values()}
        for account in uow.session.query(Account).filter(Account.username.in_(insiders)):
            uow.session.add(AccountKin(account_id=account.id, relation="sibling", citizen_id="011000000001",
                                       entered_by=account.id, entered_at=world.clock()))  # fmt: skip
    for endpoint, ids in real.items():
        rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
        if endpoint == "scanning_desk.document" or not set(rule.arguments) - ELSEWHERE:
            continue
        seen += 1
        status, _body = walker.answer(ID_ROUTES[endpoint].insider, endpoint, ids)
        if status != 404:
            found.append((endpoint, status))
    assert not found, ", ".join(f"{name} {status}" for name, status in found)
    assert seen > 40
