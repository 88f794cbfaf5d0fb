"""The catalogue of procedures in the pages: browsed, proposed on, drafted, published, taken in from a file."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable

from factories import World
from flask.testing import FlaskClient
from office import APPOINT, publish
from werkzeug.test import TestResponse

from oms.domain.procedures import body_of

SignIn = Callable[[str], FlaskClient]
DRAFT = {"title": "Bổ nhiệm theo quy chế mới", "field": "to_chuc_can_bo", "kind": "procedure", "days": "12",
         "step-0-key": "a", "step-0-title": "Tiếp nhận", "step-0-stage": "receive", "step-0-days": "2",
         "step-1-key": "b", "step-1-title": "Trả kết quả", "step-1-stage": "issue",
         "paper-0-title": "Tờ trình", "paper-0-type": "to_trinh", "paper-0-copies": "1"}  # fmt: skip


def text(response: TestResponse, status: int = 200) -> str:
    assert response.status_code == status, response.get_data(as_text=True)[:2000]
    return response.get_data(as_text=True)


def test_a_catalogue_of_a_provinces_size_stays_easy_to_browse_and_search(world: World, signed_in: SignIn) -> None:
    for number in range(150):
        publish(
            world, APPOINT.__class__(**{**vars(APPOINT), "code": f"thu_tuc_{number}", "title": f"Việc số {number}"})
        )
    client = signed_in("clerk")
    page = text(client.get("/thu-tuc"))
    assert "172 thủ tục" in page and page.count("row-link") == 172
    found = text(client.get("/thu-tuc?tim=viec+so+77"))
    assert found.count("row-link") == 1
    assert "Không có thủ tục nào khớp" in text(client.get("/thu-tuc?tim=không+đâu+có"))
    assert text(client.get("/thu-tuc?linh-vuc=van_thu_luu_tru")).count("row-link") == 0


def test_one_shows_its_five_attributes_and_that_the_shipped_one_is_a_start(world: World, signed_in: SignIn) -> None:
    page = text(signed_in("leader").get("/thu-tuc/bo_nhiem"))
    for said in (
        "Trình tự",
        "Cách thức",
        "Cán bộ trong quy hoạch",
        "Thành phần hồ sơ",
        "30 ngày làm việc",
        "Mẫu ban đầu",
    ):
        assert said in page
    assert "Soạn bản mới" not in page


def test_a_draft_is_saved_unfinished_told_what_is_wrong_and_published(world: World, signed_in: SignIn) -> None:
    client = signed_in("officer")
    assert "Bản soạn" in text(client.get("/thu-tuc/bo_nhiem/soan"))
    saved = client.post("/thu-tuc/bo_nhiem/soan", data=DRAFT | {"edition": "0", "step-1-next": "a", "buoc": "luu"})
    assert saved.status_code == 302
    assert "đi vòng" in text(client.get("/thu-tuc/bo_nhiem/soan"))
    refused = client.post(
        "/thu-tuc/bo_nhiem/soan", data=DRAFT | {"edition": "1", "step-1-next": "a", "buoc": "ban-hanh"}
    )
    assert "đi vòng" in text(refused, 400)
    slow = client.post("/thu-tuc/bo_nhiem/soan", data=DRAFT | {"edition": "1", "buoc": "ban-hanh"})
    assert "vừa được người khác sửa" in text(slow, 409) and "Bổ nhiệm theo quy chế mới" in text(slow, 409)
    done = client.post(
        "/thu-tuc/bo_nhiem/soan", data=DRAFT | {"edition": "2", "buoc": "ban-hanh"}, follow_redirects=True
    )
    assert "Bổ nhiệm theo quy chế mới" in text(done) and "Đã ban hành" in text(done)


def test_numbers_and_codes_that_are_none_are_told(world: World, signed_in: SignIn) -> None:
    client = signed_in("officer")
    bad = client.post("/thu-tuc/soan", data=DRAFT | {"code": "Có dấu"})
    assert "chữ thường không dấu" in text(bad, 400) and "Trả kết quả" in text(bad, 400)
    assert client.post("/thu-tuc/soan", data=DRAFT | {"code": "soan"}).status_code == 400
    made = client.post("/thu-tuc/soan", data=DRAFT | {"code": "moi_lap", "days": "nhiều"})
    assert "phải là một số ngày" in text(made, 400) and 'value="nhiều"' in text(made, 400)
    made = client.post("/thu-tuc/soan", data=DRAFT | {"code": "moi_lap", "days": "4000"})
    assert made.status_code == 302
    assert "Thời hạn từ 0" in text(client.get("/thu-tuc/moi_lap/soan"))
    assert "Mã này đã có" in text(client.post("/thu-tuc/soan", data=DRAFT | {"code": "moi_lap"}), 400)


def test_a_clerk_proposes_the_officer_answers_and_the_draft_is_begun(world: World, signed_in: SignIn) -> None:
    clerk, officer = signed_in("clerk"), signed_in("officer")
    short = clerk.post("/thu-tuc/bo_nhiem/gop-y", data={"part": "step", "text": "ngắn"})
    assert "từ 10 đến" in text(short, 400)
    said = {"part": "deadline", "place": "Dự thảo", "text": "Mười lăm ngày là quá dài cho bước này"}
    assert clerk.post("/thu-tuc/bo_nhiem/gop-y", data=said).status_code == 302
    index = text(officer.get("/thu-tuc"))
    assert "Góp ý chờ anh/chị trả lời" in index
    with world.work() as uow:
        from oms.store import procedures

        row = procedures.proposals(uow.session)[0].id
    done = officer.post(f"/thu-tuc/gop-y/{row}", data={"tra-loi": "tiep-thu", "code": "bo_nhiem"})
    assert done.location.endswith("/thu-tuc/bo_nhiem/soan")
    assert "Tiếp thu" in text(clerk.get("/thu-tuc/bo_nhiem"))


def test_files_go_out_and_come_back_whole_or_not_at_all(world: World, signed_in: SignIn) -> None:
    client = signed_in("admin")
    for name in ("xlsx", "csv", "json"):
        data = client.get(f"/thu-tuc/xuat/{name}").get_data()
        tried = client.post("/thu-tuc/nhap", data={"file": (io.BytesIO(data), f"a.{name}"), "buoc": "thu"})
        assert "Tệp đúng, chưa ghi gì" in text(tried)
    new = json.dumps([{"code": "tu_tep", **body_of(APPOINT)}]).encode()
    done = client.post("/thu-tuc/nhap", data={"file": (io.BytesIO(new), "a.json"), "buoc": "ghi"})
    assert done.status_code == 302 and "tu_tep" in text(client.get("/thu-tuc/tu_tep"))
    assert "Hãy chọn tệp" in text(client.post("/thu-tuc/nhap", data={"buoc": "thu"}), 400)
    hostile = client.post("/thu-tuc/nhap", data={"file": (io.BytesIO(b"PK\x03\x04rubbish"), "a.xlsx"), "buoc": "thu"})
    assert "Không mở được" in text(hostile)


def test_what_was_typed_into_the_lines_comes_back_with_what_is_wrong(world: World, signed_in: SignIn) -> None:
    client = signed_in("officer")
    lines = {
        "step-0-days": "hai",
        "step-1-days": "3",
        "step-4-key": "x",
        "step-4-days": "7",
        "paper-1-type": "to_trinh",
    }
    page = text(client.post("/thu-tuc/bo_nhiem/soan", data=DRAFT | {"edition": "0"} | lines), 400)
    assert "Bước 1: số ngày phải là một số" in page
    for kept in ('name="step-0-days" value="hai"', 'name="step-1-days" value="3"', 'name="step-2-key" value="x"'):
        assert kept in page
    assert 'name="step-2-days" value="7"' in page and page.count("row-error") == 1
    assert 'href="#f-steps.0"' in page and 'id="f-steps.0"' in page
    copies = text(client.post("/thu-tuc/bo_nhiem/soan", data=DRAFT | {"edition": "0", "paper-0-copies": "vài"}), 400)
    assert "Giấy tờ 1: số bản phải là một số" in copies and 'value="vài"' in copies
    assert "Mở bản soạn" not in text(client.get("/thu-tuc/bo_nhiem"))


def test_accepted_proposals_are_in_sight_while_the_next_version_is_written(world: World, signed_in: SignIn) -> None:
    clerk, officer = signed_in("clerk"), signed_in("officer")
    said = {"part": "deadline", "place": "Dự thảo", "text": "Mười lăm ngày là quá dài cho bước này"}
    clerk.post("/thu-tuc/bo_nhiem/gop-y", data=said)
    home = text(officer.get("/"))
    assert "góp ý về thủ tục chờ trả lời" in home and "góp ý về thủ tục" not in text(signed_in("leader").get("/"))
    answer = re.search(r'action="(/thu-tuc/gop-y/[0-9a-f]{32})"', text(officer.get("/thu-tuc/bo_nhiem")))
    assert answer is not None
    officer.post(answer[1], data={"tra-loi": "tiep-thu", "code": "bo_nhiem"})
    editor = text(officer.get("/thu-tuc/bo_nhiem/soan"))
    assert "Góp ý đã tiếp thu" in editor and said["text"] in editor
    assert "góp ý về thủ tục chờ trả lời" not in text(officer.get("/"))
    officer.post("/thu-tuc/bo_nhiem/soan", data=DRAFT | {"edition": "1", "buoc": "ban-hanh"})
    assert "Theo góp ý: Thời hạn (Dự thảo)" in text(clerk.get("/thu-tuc/bo_nhiem"))
    assert "Góp ý đã tiếp thu" not in text(officer.get("/thu-tuc/bo_nhiem/soan"))
    notices = text(clerk.get("/thong-bao"))
    notice = re.search(r'action="(/thong-bao/[0-9a-f]{32})"', notices)
    assert notice is not None and clerk.post(notice[1]).location == "/thu-tuc/bo_nhiem"
