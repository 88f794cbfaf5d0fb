"""Administration: counts but no record; accounts that somebody else has to let in."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import databases
from factories import World

from oms.services import last_done
from oms.store import leases, schema

NEW = {"username": "can.bo.moi", "display_name": "Người mới", "role": "leader"}


def test_status_counts_and_names_no_record(world: World, signed_in) -> None:
    world.filed(world.dossier("Tô Thị Hiếu", number="HS-BI-MAT"), "QUYẾT ĐỊNH\nBổ nhiệm")
    folder = world.house.settings.intake / ".quarantine" / "a1"
    folder.mkdir(parents=True)
    (folder / "hong.pdf").write_bytes(b"x")
    (folder / "ly-do.txt").write_text("Tệp hỏng.\n", encoding="utf-8")
    page = signed_in("admin").get("/quan-tri").get_data(as_text=True)
    assert "Hàng đợi đọc" in page and "hong.pdf" in page and "Tệp hỏng." in page
    assert "Tô Thị Hiếu" not in page and "HS-BI-MAT" not in page
    assert world.journal()[-1][:2] == ("system:status", "done")


def test_status_says_what_is_not_well_and_what_to_do_about_it(world: World, signed_in) -> None:
    client = signed_in("admin")
    world.clock.forward(minutes=3)
    page = client.get("/quan-tri").get_data(as_text=True)
    assert "Chưa thấy bản sao lưu mới" in page and "Chưa kiểm tra trong tuần" in page
    assert "Có chương trình không chạy" in page and "Bộ đọc" in page
    assert "Nhật ký chưa được niêm phong kịp thời" in page and "oms seal" in page
    (world.house.settings.home / "index").rename(world.house.settings.home / "away")
    page = signed_in("admin").get("/quan-tri").get_data(as_text=True)
    assert "Chưa có chỉ mục tìm kiếm" in page and "Bộ lập chỉ mục tự làm lại" in page


def test_status_of_a_well_installation_has_its_times_and_versions_and_no_warning(world: World, signed_in) -> None:
    for kind, number in (("backup", 12), ("check", 0)):
        last_done.keep(world.house.settings, kind, last_done.Done(world.clock(), True, number))
    page = signed_in("admin").get("/quan-tri").get_data(as_text=True)
    assert "Chưa thấy bản sao lưu mới" not in page and "Chưa kiểm tra trong tuần" not in page
    assert "02/11/2026" in page and ", khớp" in page
    server = "PostgreSQL" if databases.ON_SERVER else "SQLite"
    for name in ("OMS", server, "Tesseract", "Python", "Lược đồ dữ liệu", schema.newest(), "index-1"):
        assert name in page, name
    last_done.keep(world.house.settings, "check", last_done.Done(world.clock(), False, 3))
    page = signed_in("admin").get("/quan-tri").get_data(as_text=True)
    assert "3 điều chưa khớp" in page and "Chưa kiểm tra trong tuần" in page


def test_status_names_the_hosts_with_work_in_hand_and_how_much(world: World, signed_in) -> None:
    now, minute = world.clock(), timedelta(minutes=1)
    with world.work() as uow:
        for host, number in (("quet-1/0a", 2), ("quet-2/0b", 1)):
            for each in range(number):
                leases.take(uow.session, leases.SCAN, f"{host[5]}{each}" * 16, leases.Holder(host, 1), now, minute)
    page = signed_in("admin").get("/quan-tri").get_data(as_text=True)
    assert re.findall(r"Máy (\S+?)</dt>\s*<dd[^>]*>đang làm (\d+) việc", page) == [
        ("quet-1/0a", "2"),
        ("quet-2/0b", "1"),
    ]
    world.clock.forward(minutes=2)
    assert "Máy quet-" not in signed_in("admin").get("/quan-tri").get_data(as_text=True)


def test_status_counts_also_what_the_administrator_does_not_see(world: World, signed_in) -> None:
    row = world.dossier()
    world.filed(row)
    world.filed(row, secrecy=1, pages=3)
    client = signed_in("admin")
    client.application.extensions["oms"].settings = replace(world.house.settings, zone="office_lan")
    page = client.get("/quan-tri").get_data(as_text=True)
    assert "3 trang có độ mật đang nằm trên máy chủ ngoài mạng LAN độc lập" in page
    told = dict(re.findall(r"<dt[^>]*>([^<]+)</dt>\s*<dd[^>]*>([^<]+)</dd>", page))
    assert (told["Đang chờ"], told["Bản lưu trữ chờ làm"]) == ("2", "2")


def test_administrator_reaches_no_record(world: World, signed_in) -> None:
    row = world.dossier()
    document_id = world.filed(row)
    client = signed_in("admin")
    for address in ("/ho-so", f"/ho-so/{row.dossier.id}", f"/tai-lieu/{document_id}", "/tim-kiem?q=a", "/nhat-ky"):
        assert client.get(address).status_code == 404


def test_a_new_account_cannot_be_used_and_shows_no_password(world: World, app, signed_in) -> None:
    client = signed_in("admin")
    unit = str(world.units["D-BTC"])
    answer = client.post("/quan-tri/tai-khoan", data=NEW | {"unit_id": unit, "scopes": [unit]}, follow_redirects=True)
    page = answer.get_data(as_text=True)
    assert "Chờ thẩm tra" in page and "quote-number" not in page
    fresh = app.test_client()
    assert fresh.post("/dang-nhap", data={"username": NEW["username"], "password": ""}).status_code == 401
    account = world.who(NEW["username"]).account_id
    client.post(f"/quan-tri/tai-khoan/{account}/trang-thai", data={"active": "1"})
    assert "chưa được cán bộ bảo mật thẩm tra" in client.get("/quan-tri/tai-khoan").get_data(as_text=True)
    assert ("account:create", "done") in [row[:2] for row in world.journal()]


def test_a_taken_name_is_named_and_the_form_kept(world: World, signed_in) -> None:
    unit = str(world.units["D-BTC"])
    answer = signed_in("admin").post("/quan-tri/tai-khoan", data=NEW | {"username": "leader", "unit_id": unit})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400 and "Tên đăng nhập này đã có" in page and 'value="Người mới"' in page


def test_wild_values_are_answered_with_words(signed_in) -> None:
    client = signed_in("admin")
    for wrong in ({"role": "root"}, {"unit_id": "x"}, {"scopes": ["1 OR 1"]}):
        assert client.post("/quan-tri/tai-khoan", data=NEW | {"unit_id": "1"} | wrong).status_code == 400


def test_switching_off_ends_the_session_at_once(world: World, signed_in) -> None:
    leader, admin = signed_in("leader"), signed_in("admin")
    assert leader.get("/ho-so").status_code == 200
    account = world.who("leader").account_id
    assert admin.post(f"/quan-tri/tai-khoan/{account}/trang-thai", data={"active": "0"}).status_code == 302
    assert "/dang-nhap" in leader.get("/ho-so").headers["Location"]


def test_own_account_cannot_be_switched_off(world: World, signed_in) -> None:
    client = signed_in("admin")
    own = f"/quan-tri/tai-khoan/{world.who('admin').account_id}/trang-thai"
    page = client.post(own, data={"active": "0"}, follow_redirects=True).get_data(as_text=True)
    assert "Không thể tự khoá tài khoản của mình" in page
    assert client.get("/quan-tri").status_code == 200


def test_resetting_factors_leaves_the_password_and_ends_the_sessions(world: World, signed_in) -> None:
    leader = signed_in("leader")
    account = world.who("leader").account_id
    assert signed_in("admin").post(f"/quan-tri/tai-khoan/{account}/yeu-to").status_code == 302
    assert "/dang-nhap" in leader.get("/ho-so").headers["Location"]
    assert ("factor:reset", "done", account) in world.journal()
    assert signed_in("leader").get("/ho-so").status_code == 200
