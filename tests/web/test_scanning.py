"""Batches in the page: opened, filled with real files, reconciled, closed; bad files told and nothing lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

import pytest
from desk_pages import Desk
from factories import World
from flask.testing import FlaskClient
from PIL import Image
from scanning_paper import DECISION, draw
from werkzeug.test import TestResponse

from oms.domain.records import PageState
from oms.services import intake, reading
from oms.store import papers
from oms.web.batches import speed

JSON = {"Accept": "application/json", "X-Requested-With": "XMLHttpRequest"}


@pytest.fixture
def desk(world: World, signed_in: Callable[[str], FlaskClient]) -> Desk:
    return Desk(world, signed_in, signed_in("clerk"))


def _png(colour: str = "white") -> bytes:
    out = BytesIO()
    Image.new("RGB", (400, 560), colour).save(out, "PNG")
    return out.getvalue()


def _pdf(*pages: Image.Image) -> bytes:
    out = BytesIO()
    pages[0].save(out, "PDF", resolution=200, save_all=True, append_images=list(pages[1:]))
    return out.getvalue()


def _open_batch(desk: Desk, **more: str) -> str:
    form = {"title": "Đợt 01/2026", "unit_id": str(desk.world.units["D-BTC"]), "expected_pages": "2", **more}
    response = desk.client.post("/dot-so-hoa", data=form)
    assert response.status_code == 302, response.text
    return response.location.rsplit("/", 1)[1]


def _send(desk: Desk, batch: str, *files: tuple[bytes, str], headers: dict[str, str] | None = None) -> TestResponse:
    data = {"files": [(BytesIO(body), name) for body, name in files]}
    return desk.client.post(
        f"/dot-so-hoa/{batch}/tep", data=data, headers=headers or {}, content_type="multipart/form-data"
    )


def test_an_empty_installation_says_what_to_do(desk: Desk) -> None:
    page = desk.client.get("/dot-so-hoa").text
    assert "Chưa có đợt số hoá nào" in page
    assert "Mở đợt số hoá" in page


def test_a_batch_without_a_name_keeps_what_was_typed(desk: Desk) -> None:
    form = {"title": "  ", "unit_id": str(desk.world.units["D-XA"]), "expected_pages": "120"}
    response = desk.client.post("/dot-so-hoa", data=form)
    assert response.status_code == 400
    assert "Hãy đặt tên cho đợt số hoá." in response.text
    assert 'value="120"' in response.text
    assert f'<option value="{desk.world.units["D-XA"]}" selected' in response.text


@pytest.mark.parametrize("typed", ["mười", "-3", "0", "9999999999999"])
def test_a_page_count_that_is_none_is_told(desk: Desk, typed: str) -> None:
    form = {"title": "Đợt", "unit_id": str(desk.world.units["D-BTC"]), "expected_pages": typed}
    response = desk.client.post("/dot-so-hoa", data=form)
    assert response.status_code == 400
    assert "Số trang dự kiến" in response.text


def test_another_blocks_unit_cannot_be_given_a_batch(desk: Desk) -> None:
    form = {"title": "Đợt", "unit_id": str(desk.world.units["C-SNV"]), "expected_pages": ""}
    assert desk.client.post("/dot-so-hoa", data=form).status_code == 404


def test_uploaded_files_are_kept_and_counted(desk: Desk) -> None:
    batch = _open_batch(desk)
    answer = _send(desk, batch, (_png(), "Lý lịch.png"), headers=JSON)
    assert answer.status_code == 200
    assert answer.json["ok"] is True
    assert answer.json["scan_id"]
    page = desk.client.get(f"/dot-so-hoa/{batch}").text
    assert "Lý lịch.png" in page
    assert "thiếu 1 so với dự kiến" in page
    assert "Chờ đọc" in page
    assert ("scan:receive", "done", answer.json["scan_id"]) in desk.world.journal()


def test_the_same_bytes_are_told_and_not_taken_twice(desk: Desk) -> None:
    batch = _open_batch(desk)
    _send(desk, batch, (_png(), "mot.png"), headers=JSON)
    again = _send(desk, batch, (_png(), "hai.png"), headers=JSON)
    assert again.json["ok"] is False
    assert "không nhận lần hai" in again.json["message"]
    assert "hai.png" not in desk.client.get(f"/dot-so-hoa/{batch}").text


@pytest.mark.parametrize(
    ("body", "words"),
    [(b"", "Tệp rỗng"), (b"khong phai anh", "Không phải tệp PDF"), (_png()[:200], "")],
    ids=["empty", "text", "truncated"],
)
def test_a_bad_file_is_kept_as_rejected_with_its_reason(desk: Desk, body: bytes, words: str) -> None:
    batch = _open_batch(desk)
    answer = _send(desk, batch, (body, "../../etc/hỏng.png"), headers=JSON)
    assert answer.json["ok"] is False
    assert words in answer.json["message"]
    page = desk.client.get(f"/dot-so-hoa/{batch}").text
    assert "Không nhận" in page
    assert "hỏng.png" in page
    assert "../" not in page
    assert answer.json["message"] in page


def test_a_form_without_script_sends_many_files_and_says_each(desk: Desk) -> None:
    batch = _open_batch(desk)
    response = _send(desk, batch, (_png("white"), "a.png"), (b"xx", "b.png"))
    assert response.status_code == 302
    page = desk.client.get(response.location).text
    assert "a.png: Đã nhận: 1 trang" in page
    assert "b.png: Không phải tệp" in page


def test_sending_nothing_is_told(desk: Desk) -> None:
    batch = _open_batch(desk)
    answer = _send(desk, batch, headers=JSON)
    assert answer.status_code == 400
    assert "Chưa có tệp nào được chọn" in answer.json["message"]


def test_a_file_over_the_limit_is_refused_in_words(desk: Desk) -> None:
    batch = _open_batch(desk)
    desk.client.application.config["MAX_CONTENT_LENGTH"] = 10_000
    answer = _send(desk, batch, (b"x" * 20_000, "to.pdf"), headers=JSON)
    assert answer.status_code == 413
    assert "quá lớn" in answer.json["message"]


def test_an_upload_leaves_no_copy_outside_the_vault(desk: Desk) -> None:
    batch = _open_batch(desk)
    _send(desk, batch, (_png(), "a.png"), (b"xx", "b.png"))
    assert not list(desk.world.house.settings.home.glob("upload-*"))


def test_what_cannot_be_taken_is_not_offered_to_be_sent_again(desk: Desk) -> None:
    batch = _open_batch(desk)
    _send(desk, batch, (_png(), "mot.png"), headers=JSON)
    for body in (_png(), b"", b"khong phai anh"):
        assert _send(desk, batch, (body, "hai.png"), headers=JSON).json["retry"] is False


def test_one_largest_size_is_told_everywhere(desk: Desk) -> None:
    page = desk.client.get(f"/dot-so-hoa/{_open_batch(desk)}").text
    assert "mỗi tệp tối đa 500 MB" in page
    assert f'data-max-bytes="{500 * 1024 * 1024}"' in page
    assert intake.largest_file(100) == 100


def test_a_rejected_file_that_was_dealt_with_waits_for_nobody(desk: Desk) -> None:
    batch = _open_batch(desk)
    scan = _send(desk, batch, (b"khong phai anh", "hỏng.png"), headers=JSON).json["scan_id"]
    waiting = re.compile(r"tệp không nhận được")
    assert waiting.search(desk.client.get("/").text)
    assert "count-refused" in desk.client.get("/dot-so-hoa").text
    page = desk.client.post(f"/tep/{scan}/da-xu-ly", follow_redirects=True).text
    assert "hỏng.png" in page and "Không nhận" in page  # it stays with its reason
    assert "/da-xu-ly" not in page
    assert not waiting.search(desk.client.get("/").text)
    assert "count-refused" not in desk.client.get("/dot-so-hoa").text
    assert ("scan:settle", "done", scan) in desk.world.journal()


def test_only_a_rejected_file_can_be_settled_and_only_by_those_who_see_it(desk: Desk) -> None:
    batch = _open_batch(desk)
    taken = _send(desk, batch, (_png(), "a.png"), headers=JSON).json["scan_id"]
    answer = desk.client.post(f"/tep/{taken}/da-xu-ly", follow_redirects=True)
    assert "chỉ tệp không nhận mới ghi là đã xử lý" in answer.text
    refused = _send(desk, batch, (b"xx", "b.png"), headers=JSON).json["scan_id"]
    assert desk.of("clerk.gov").client.post(f"/tep/{refused}/da-xu-ly").status_code == 404
    assert ("scan:settle", "refused", refused) in desk.world.journal()


@pytest.mark.ocr
def test_a_batch_is_read_reconciled_and_its_progress_told(desk: Desk) -> None:
    batch = _open_batch(desk, expected_pages="1")
    scan = _send(desk, batch, (_pdf(draw(DECISION)), "doc.pdf"), headers=JSON).json["scan_id"]
    before = desk.client.get(f"/dot-so-hoa/{batch}/tien-do").json
    assert (before["done"], before["total"], before["finished"]) == (0, 1, False)
    reading.read_scan(desk.world.house, scan, desk.world.clock)
    after = desk.client.get(f"/dot-so-hoa/{batch}/tien-do").json
    assert (after["done"], after["finished"]) == (1, True)
    assert after["rows"][0]["state_label"].startswith("Đã đọc")
    page = desk.client.get(f"/dot-so-hoa/{batch}").text
    assert "đủ so với dự kiến" in page
    assert "Duyệt 1 tài liệu" in page


def test_rate_and_time_left_follow_the_pages_read(desk: Desk) -> None:
    batch = _open_batch(desk)
    _send(desk, batch, (_pdf(*[Image.new("L", (200, 280), 255)] * 4), "bon.pdf"), headers=JSON)
    world, clerk = desk.world, desk.world.who("clerk")
    start = world.clock()
    with world.work(clerk) as uow:
        scan = papers.scans_of(uow.session, [batch])[0]
        scan.state, scan.started_at = "reading", start
        for page in papers.pages_of_scan(uow.session, scan.id)[:3]:
            page.state = PageState.READ
    with world.work(clerk) as uow:
        summary = intake.batch_progress(uow, clerk, batch)
    assert speed(summary, start + timedelta(seconds=30)) == {"rate": 6.0, "seconds_left": 10}
    assert speed(summary, start + timedelta(hours=7)) == {"rate": None, "seconds_left": None}


def test_failed_pages_can_be_read_again(desk: Desk) -> None:
    batch = _open_batch(desk)
    scan = _send(desk, batch, (_png(), "a.png"), headers=JSON).json["scan_id"]
    with desk.world.work() as uow:
        page = papers.pages_of_scan(uow.session, scan)[0]
        page.state, page.reason, page.attempts = PageState.FAILED, "Trang hỏng.", 3
        papers.scans_of(uow.session, [batch])[0].state = "flagged"
    assert "Đọc lại 1 trang lỗi" in desk.client.get(f"/dot-so-hoa/{batch}").text
    assert desk.client.post(f"/tep/{scan}/doc-lai").location.endswith(batch)
    assert "Chờ đọc" in desk.client.get(f"/dot-so-hoa/{batch}").text
    again = desk.client.post(f"/tep/{scan}/doc-lai", follow_redirects=True)
    assert "hãy chờ máy đọc xong" in again.text


def test_a_batch_closes_only_when_all_is_decided(desk: Desk) -> None:
    batch = _open_batch(desk)
    _send(desk, batch, (_png(), "a.png"), headers=JSON)
    early = desk.client.post(f"/dot-so-hoa/{batch}/dong")
    assert early.status_code == 400
    assert "Chưa đóng được đợt" in early.text
    empty = _open_batch(desk, title="Đợt rỗng", expected_pages="")
    assert desk.client.post(f"/dot-so-hoa/{empty}/dong").status_code == 302
    late = _send(desk, empty, (_png("grey"), "muon.png"), headers=JSON)
    assert late.status_code == 400
    assert "đã đóng" in late.json["message"]


def test_a_batch_of_another_block_answers_like_a_missing_one(desk: Desk) -> None:
    batch = _open_batch(desk)
    other = desk.of("clerk.gov")
    for path in (f"/dot-so-hoa/{batch}", f"/dot-so-hoa/{batch}/tien-do"):
        assert other.client.get(path).status_code == 404
    assert _send(other, batch, (_png(), "a.png"), headers=JSON).status_code == 404
    assert "Đợt 01/2026" not in other.client.get("/dot-so-hoa").text


def test_looking_at_a_batch_is_in_the_journal(desk: Desk) -> None:
    batch = _open_batch(desk)
    desk.client.get(f"/dot-so-hoa/{batch}")
    assert ("batch:view", "done", batch) in desk.world.journal()
