"""Directives, tasks and briefings in the pages."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from directing import directive, give, line, report, task
from factories import World
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

SignIn = Callable[[str], FlaskClient]
NEW = {"number": "12-KL/TU", "title": "Kết luận về công tác cán bộ", "issued_on": "01/10/2026", "kind": "ket_luan"}


def text(response: TestResponse, status: int = 200) -> str:
    assert response.status_code == status, response.get_data(as_text=True)[:3000]
    return response.get_data(as_text=True)


def test_a_directive_is_entered_its_tasks_given_and_the_list_tells_the_exact_ratio(
    world: World, signed_in: SignIn
) -> None:
    client = signed_in("officer")
    assert "Không có văn bản nào" in text(client.get("/chi-dao"))
    unit = str(world.units["D-BTC"])
    assert "Hãy chọn đơn vị" in text(client.post("/chi-dao/moi", data=NEW), 400)
    bad = client.post("/chi-dao/moi", data=NEW | {"unit_id": unit, "issued_on": "hôm qua"})
    assert "Ngày chưa đúng" in text(bad, 400) and "Kết luận về công tác cán bộ" in text(bad, 400)
    made = client.post("/chi-dao/moi", data=NEW | {"unit_id": unit})
    page = made.location.partition("#")[0]
    lines = {"line-1-title": "Rà soát quy hoạch", "line-1-unit": "D-BTC", "line-1-owner": "clerk",
             "line-1-due": "20/10/2026",
             "line-3-title": "Báo cáo kết quả", "line-3-unit": "D-BTC", "line-3-owner": "ai.do"}  # fmt: skip
    refused = text(client.post(f"{page}/nhiem-vu", data=lines), 400)
    assert "Dòng 3" in refused and 'value="ai.do"' in refused and "row-error" in refused
    assert client.post(f"{page}/nhiem-vu", data=lines | {"line-3-owner": "officer"}).status_code == 302
    shown = text(client.get(page))
    assert shown.index("Rà soát quy hoạch") < shown.index("Báo cáo kết quả")
    assert "Quá hạn" in shown and "0,0 %" in shown and "Người thử clerk" in shown
    listed = text(client.get("/chi-dao?tinh-trang=qua-han"))
    assert "12-KL/TU" in listed and "0/2" in listed
    assert "Không có văn bản nào" in text(client.get("/chi-dao?tim=không+có"))


def test_the_owner_is_told_opens_the_task_and_reports_and_the_head_returns_it(world: World, signed_in: SignIn) -> None:
    given = task(world, directive(world))
    clerk, officer = signed_in("clerk"), signed_in("officer")
    assert "Có nhiệm vụ giao cho anh/chị" in text(clerk.get("/thong-bao"))
    assert "Rà soát quy hoạch" in text(clerk.get("/nhiem-vu"))
    page = text(clerk.get(f"/nhiem-vu/{given}"))
    assert "Gửi báo cáo" in page and "Đổi hạn" not in page and "Kết luận về công tác cán bộ" in page
    assert "Tiến độ là số" in text(
        clerk.post(f"/nhiem-vu/{given}/bao-cao", data={"percent": "hết", "text": "Đã xong", "seen": "0"}), 400
    )
    sent = {"percent": "100", "text": "Đã xong, có báo cáo kèm theo", "seen": "0"}
    assert clerk.post(f"/nhiem-vu/{given}/bao-cao", data=sent).status_code == 302
    assert clerk.post(f"/nhiem-vu/{given}/bao-cao", data=sent).status_code == 409
    done = text(officer.get(f"/nhiem-vu/{given}"))
    assert "Xong đúng hạn" in done and "Trả lại, chưa đạt" in done
    seen = done.partition('name="seen" value="')[2].partition('"')[0]
    back = officer.post(
        f"/nhiem-vu/{given}/tra-lai", data={"reason": "Thiếu số liệu của xã", "seen": seen}, follow_redirects=True
    )
    assert "Thiếu số liệu của xã" in text(back) and "Đang thực hiện" in text(back)


def test_a_file_is_tried_and_given_in_the_pages(world: World, signed_in: SignIn) -> None:
    one = directive(world)
    task(world, one)
    client = signed_in("officer")
    data = client.get(f"/chi-dao/{one}/xuat?dang=csv").get_data()
    assert data.startswith("\ufeffSố,Nội dung nhiệm vụ".encode())
    again = text(client.post(f"/chi-dao/{one}/nhap", data={"file": (io.BytesIO(data), "a.csv"), "buoc": "thu"}))
    assert "đã có nhiệm vụ số" in again
    other = directive(world, number="13-KL/TU")
    tried = client.post(f"/chi-dao/{other}/nhap", data={"file": (io.BytesIO(data), "a.csv"), "buoc": "thu"})
    assert "Tệp đúng, chưa ghi gì" in text(tried)
    assert (
        client.post(f"/chi-dao/{other}/nhap", data={"file": (io.BytesIO(data), "a.csv"), "buoc": "ghi"}).status_code
        == 302
    )
    assert "Rà soát quy hoạch" in text(client.get(f"/chi-dao/{other}"))
    assert "Hãy chọn tệp" in text(client.post(f"/chi-dao/{other}/nhap"), 400)


def test_a_briefing_is_shown_and_leaves_as_excel_and_pdf(world: World, signed_in: SignIn) -> None:
    made = give(world, directive(world), line("Việc <chậm>", due="20/10/2026"), line("Việc xong"))
    report(world, made[0].id, 30, "Vướng vì thiếu biểu mẫu")
    report(world, made[1].id, 100)
    client = signed_in("officer")
    page = text(client.get("/chi-dao/giao-ban?quy=2026-Q4"))
    assert "50,0 %" in page and "Vướng vì thiếu biểu mẫu" in page and "Việc &lt;chậm&gt;" in page
    assert client.get("/chi-dao/giao-ban/xuat/xlsx?quy=2026-Q4").get_data()[:2] == b"PK"
    assert client.get("/chi-dao/giao-ban/xuat/pdf?quy=2026-Q4").get_data()[:4] == b"%PDF"
    assert "Quý này chưa đến" in text(client.get("/chi-dao/giao-ban?quy=2031-Q1"), 400)
    assert "Không có nhiệm vụ nào" in text(client.get("/chi-dao/giao-ban?quy=2025-Q1"))
    assert text(client.get("/chi-dao/giao-ban?quy=xyz&don-vi=zzz"))
    assert "trong danh sách" in text(client.get("/chi-dao/giao-ban?don-vi=999"), 400)
    assert signed_in("clerk").get("/chi-dao/giao-ban").status_code == 404


def test_secret_directives_are_only_on_their_own_list_with_the_mark(world: World, signed_in: SignIn) -> None:
    secret = directive(world, number="9-KL/M", secrecy=1)
    task(world, secret, owner="clerk")
    client = signed_in("officer")
    assert "9-KL/M" not in text(client.get("/chi-dao")) and "9-KL/M" not in text(client.get("/chi-dao/giao-ban"))
    apart = text(client.get("/chi-dao?mat=1"))
    assert "9-KL/M" in apart and "strip-secret" in apart
    assert "9-KL/M" not in text(signed_in("leader.low").get("/chi-dao?mat=1"))
    assert "không xuất" in text(client.get(f"/chi-dao/{secret}/xuat"), 400)
    clerk = signed_in("clerk")
    assert "9-KL/M" not in text(clerk.get("/nhiem-vu")) and "9-KL/M" in text(clerk.get("/nhiem-vu?mat=1"))


@pytest.mark.parametrize(
    "query",
    [
        "tim=%00",
        "tim=" + "a" * 5000,
        "don-vi='--",
        "don-vi=1/../..",
        "trang=-1",
        "trang=9e9",
        "tinh-trang[]=x",
        "mat=2",
    ],
)
def test_odd_questions_are_answered_calmly(world: World, signed_in: SignIn, query: str) -> None:
    one = directive(world)
    client = signed_in("officer")
    for page in ("/chi-dao", f"/chi-dao/{one}", "/nhiem-vu", "/chi-dao/giao-ban"):
        assert client.get(f"{page}?{query}").status_code in (200, 400)


def test_hostile_lines_and_numbers_are_told(world: World, signed_in: SignIn) -> None:
    one = directive(world)
    given = task(world, one, owner="officer")
    client = signed_in("officer")
    for percent in ("-1", "1e3", "٣", "9" * 40, ""):
        sent = client.post(f"/nhiem-vu/{given}/bao-cao", data={"percent": percent, "text": "Đã làm xong", "seen": "0"})
        assert sent.status_code == 400
    for seen in ("", "-1", "x", "9" * 30):
        sent = client.post(f"/nhiem-vu/{given}/bao-cao", data={"percent": "5", "text": "Đã làm xong", "seen": seen})
        assert sent.status_code == 409
    huge = {
        "line-1-title": "x" * 9000,
        "line-1-owner": "\u202e" * 50,
        "line-1-unit": "D" * 500,
        "line-1-due": "9" * 400,
    }
    assert client.post(f"/chi-dao/{one}/nhiem-vu", data=huge).status_code == 400
    assert client.post("/chi-dao/moi", data=NEW | {"unit_id": "9" * 30}).status_code == 400
    assert client.post("/chi-dao/moi", data=NEW | {"unit_id": "8", "secrecy": "7"}).status_code == 400
