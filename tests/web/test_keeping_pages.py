"""The keeping desk in the pages: seen and hidden, errors beside their fields, papers to print, files to keep."""

from __future__ import annotations

import re

from conftest import SignIn
from factories import World
from flask.testing import FlaskClient

from oms.store.dossiers import DossierRow
from oms.store.tables import Document


def opened(world: World, client: FlaskClient, row: DossierRow) -> None:
    reason = {"purpose": "kiem_ke", "task": "", "reason": "kiểm kê và sắp xếp hồ sơ năm 2026"}
    assert client.post(f"/ho-so/{row.dossier.id}/mo", data=reason).status_code == 302


def test_the_contents_tab_tells_state_of_originals_and_what_is_missing(world: World, signed_in: SignIn) -> None:
    row = world.dossier()
    paper = world.filed(row, "QUYẾT ĐỊNH\nVề việc kết nạp đảng viên")
    client = signed_in("officer")
    opened(world, client, row)
    page = client.get(f"/ho-so/{row.dossier.id}?the=tai-lieu").text
    assert "Đơn xin vào Đảng" in page
    assert "ngoài phạm vi của anh/chị" in page
    form = client.get(f"/luu-giu/ho-so/{row.dossier.id}/cho-de").text
    assert f"original-{paper}" in form
    typed = {"shelf": "kho 2, giá 5", f"original-{paper}": "certified", f"expires-{paper}": "31/02/2027"}
    wrong = client.post(f"/luu-giu/ho-so/{row.dossier.id}/cho-de", data=typed)
    assert wrong.status_code == 400
    assert "Ngày hết hạn chưa đúng" in wrong.text
    assert 'value="31/02/2027"' in wrong.text
    good = typed | {f"expires-{paper}": "28/02/2027"}
    assert client.post(f"/luu-giu/ho-so/{row.dossier.id}/cho-de", data=good).status_code == 302
    page = client.get(f"/ho-so/{row.dossier.id}?the=tai-lieu").text
    for words in ("kho 2, giá 5", "Bản sao có chứng thực", "28/02/2027"):
        assert words in page, words


def test_a_leader_reads_the_contents_and_may_not_change_where_paper_stands(world: World, signed_in: SignIn) -> None:
    row = world.dossier()
    world.filed(row)
    client = signed_in("leader")
    opened(world, client, row)
    page = client.get(f"/ho-so/{row.dossier.id}?the=tai-lieu").text
    assert "/cho-muon" not in page
    assert f"/luu-giu/ho-so/{row.dossier.id}" in page
    assert client.get(f"/luu-giu/ho-so/{row.dossier.id}/cho-de").status_code == 404
    assert client.get("/luu-giu/muon-tra").status_code == 404


def test_a_loan_from_the_form_to_the_explanation(world: World, signed_in: SignIn) -> None:
    row = world.dossier()
    world.filed(row, pages=2)
    client = signed_in("officer")
    address = f"/luu-giu/ho-so/{row.dossier.id}/cho-muon"
    assert client.get(address).status_code == 302  # the dossier's door first
    opened(world, client, row)
    assert 'value="2"' in client.get(address).text  # pages filled in
    typed = {
        "scope": "whole",
        "borrower": "Lù Văn Seng",
        "purpose": "xác minh",
        "pages_out": "2",
        "due_on": "20/11/2026",
    }
    wrong = client.post(address, data=typed)
    assert wrong.status_code == 400
    assert 'id="f-approved_by_name-error"' in wrong.text
    assert "Lù Văn Seng" in wrong.text
    made = client.post(address, data=typed | {"approved_by_name": "Trưởng ban"})
    loan = made.headers["Location"]
    assert "Lù Văn Seng" in client.get("/luu-giu/muon-tra").text
    assert "Cả hồ sơ đang cho mượn" in client.get(f"/ho-so/{row.dossier.id}?the=tai-lieu").text
    client.post(f"{loan}/tra", data={"pages_back": "1"})
    assert "Thiếu 1 trang" in client.get("/luu-giu/muon-tra?tinh_trang=thieu").text
    done = client.post(f"{loan}/giai-trinh", data={"explanation": "tờ 2 lưu nhầm ở nơi mượn, đã lập biên bản"})
    assert done.status_code == 302
    assert "Không có lượt mượn nào" in client.get("/luu-giu/muon-tra?tinh_trang=thieu").text


def test_exports_ask_what_for_and_are_workbooks(world: World, signed_in: SignIn) -> None:
    world.filed(world.dossier())
    client = signed_in("officer")
    assert client.post("/luu-giu/thanh-phan.xlsx", data={"purpose": "x"}).status_code == 400
    answer = client.post("/luu-giu/thanh-phan.xlsx", data={"purpose": "đôn đốc bổ sung hồ sơ"})
    assert answer.data[:2] == b"PK"
    assert 'attachment; filename="thanh-phan-con-thieu.xlsx"' in answer.headers["Content-Disposition"]
    assert signed_in("leader").post("/luu-giu/thanh-phan.xlsx", data={"purpose": "đôn đốc"}).status_code == 404


def test_a_transfer_in_the_pages_with_its_record_to_sign(world: World, signed_in: SignIn) -> None:
    row = world.dossier()
    paper = world.filed(row, "QUYẾT ĐỊNH\nTrích yếu chỉ người giữ hồ sơ đọc", pages=2)
    sender, receiver = signed_in("officer"), signed_in("officer2")
    typed = {"to_unit_id": str(world.units["D-XA"]), "decision_no": "12-QĐ/TU", "reason": "điều động cán bộ"}
    moved = sender.post(f"/luu-giu/ho-so/{row.dossier.id}/chuyen-giao", data=typed).headers["Location"]
    assert sender.post(f"{moved}/bien-ban.pdf").status_code == 400  # not sealed yet
    sender.post(f"{moved}/niem-phong")
    assert sender.post(f"{moved}/bien-ban.pdf").data[:5] == b"%PDF-"
    page = receiver.get(moved).text
    assert re.search(r"<code>[0-9a-f]{64}</code>", page)
    assert "Trích yếu chỉ người giữ hồ sơ đọc" not in page
    assert f'name="pages-{paper}"' in page
    assert f'name="pages-{paper}"' not in sender.get(moved).text
    receiver.post(f"{moved}/nhan", data={f"pages-{paper}": "1", "confirmed": "1", "number": "XA-1"})
    assert "danh mục 2 trang, đếm được 1" in receiver.get(moved).text
    assert "Bên nhận không nhận" in sender.get("/luu-giu/chuyen-giao").text


def test_a_stocktake_counted_line_by_line_and_concluded(world: World, signed_in: SignIn) -> None:
    row = world.dossier(number="HS-77")
    world.filed(row, pages=2)
    client = signed_in("officer")
    listed = client.get("/luu-giu/kiem-ke").text
    assert "chưa kết luận kiểm kê" in listed
    taken = client.post("/luu-giu/kiem-ke", data={"unit_id": str(world.units["D-BTC"]), "period": "2026-2"})
    address = taken.headers["Location"]
    line = re.search(r'name="lines" value="(\d+)"', client.get(address).text)
    assert line is not None
    number = line[1]
    assert client.post(f"{address}/dem", data={"lines": number, f"pages-{number}": "hai"}).status_code == 400
    client.post(f"{address}/dem", data={"lines": number, f"listed-{number}": "2", "act": "as_listed"})
    assert "Khớp" in client.get(address).text
    assert client.post(f"{address}/ket-luan", data={"conclusion": "ngắn"}).status_code == 400
    client.post(f"{address}/ket-luan", data={"conclusion": "danh sách và hồ sơ trên giá khớp nhau"})
    assert "danh sách và hồ sơ trên giá khớp nhau" in client.get(address).text
    assert client.post(f"{address}/bien-ban.pdf").data[:5] == b"%PDF-"
    assert "chưa kết luận kiểm kê" not in client.get("/luu-giu/kiem-ke").text


def test_a_disposal_needs_two_people_and_a_tick_and_leaves_its_list(world: World, signed_in: SignIn) -> None:
    row = world.dossier(number="CU-9")
    paper = world.filed(row, pages=2)
    officer, leader = signed_in("officer"), signed_in("leader")
    keeping = f"/luu-giu/ho-so/{row.dossier.id}"
    officer.post(f"{keeping}/dong", data={"closed_on": "01/03/1950", "closing_reason": "nghỉ hưu, QĐ 12"})
    assert "01/03/2020" in officer.get(keeping).text
    assert "CU-9" in leader.get("/luu-giu/luu-giu-tieu-huy").text
    asked = {"disposal_reason": "đã hết thời hạn lưu", "disposal_basis": "TT 10/2022", "minutes_no": "03/BB"}
    assert leader.post(f"{keeping}/de-nghi-tieu-huy", data=asked).status_code == 404
    officer.post(f"{keeping}/de-nghi-tieu-huy", data=asked)
    found = re.search(r"/luu-giu/tieu-huy/[0-9a-f]{32}", officer.get("/luu-giu/luu-giu-tieu-huy").text)
    assert found is not None
    for desk, part in ((leader, "waiting"), (officer, "mine")):
        page = desk.get("/phe-duyet").text
        assert found[0] in page.partition(f'id="{part}-table"')[2].partition("</table>")[0], part
    assert "việc cần hai người chờ anh/chị quyết định" in leader.get("/").text
    for other in ("officer2", "leader.xa", "security"):
        assert found[0] not in signed_in(other).get("/phe-duyet").text, other
    assert officer.post(f"{found[0]}/quyet-dinh", data={"decision": "approve", "sure": "1"}).status_code == 404
    unsure = leader.post(f"{found[0]}/quyet-dinh", data={"decision": "approve"})
    assert unsure.status_code == 400
    with world.work() as uow:
        assert uow.session.get(Document, paper) is not None
    assert leader.post(f"{found[0]}/quyet-dinh", data={"decision": "approve", "sure": "1"}).status_code == 302
    with world.work() as uow:
        assert uow.session.get(Document, paper) is None
    page = leader.get(found[0]).text
    assert "Đã tiêu huỷ" in page
    assert "Quyết định</th>" in page
    assert officer.get(keeping).status_code == 200


def test_lists_hide_what_is_not_theirs(world: World, signed_in: SignIn) -> None:
    row = world.dossier("Vàng A Páo", secrecy=3, number="MAT-1")
    world.filed(row)
    for username, seen in (("officer", True), ("officer2", False), ("officer.gov", False)):
        page = signed_in(username).get("/luu-giu/thanh-phan").text
        assert ("MAT-1" in page) == seen, username
