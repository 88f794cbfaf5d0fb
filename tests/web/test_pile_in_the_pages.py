"""Paper files, sheets and page marks in the page: typed, refused in words, undone, printed."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from desk_pages import Desk
from factories import World
from flask.testing import FlaskClient

from oms.services import pile
from oms.store import papers
from oms.store.tables import Page
from scanning import Sheet, read_codes


@pytest.fixture
def desk(world: World, signed_in: Callable[[str], FlaskClient]) -> Desk:
    return Desk(world, signed_in, signed_in("clerk"))


def open_batch(desk: Desk, **more: str) -> str:
    form = {"title": "Đợt thử", "unit_id": str(desk.world.units["D-BTC"]), "expected_pages": "", **more}
    response = desk.client.post("/dot-so-hoa", data=form)
    assert response.status_code == 302, response.text
    return response.location.rsplit("/", 1)[1]


def files_of(desk: Desk, batch: str) -> list[pile.FileCount]:
    clerk = desk.world.who("clerk")
    with desk.world.work(clerk) as uow:
        return list(pile.look(uow, clerk, batch, desk.world.clock())[1].files)


def pages_of(desk: Desk, document: str) -> list[Page]:
    with desk.world.work() as uow:
        return papers.pages_of_document(uow.session, document)


def test_the_operator_is_chosen_among_those_who_may_scan(desk: Desk) -> None:
    page = desk.client.get("/dot-so-hoa").text
    names = re.findall(r"<option[^>]*>(Người thử [^<]*)</option>", page)
    assert names == ["Người thử clerk", "Người thử clerk2", "Người thử officer", "Người thử officer2"]
    batch = open_batch(desk, operator_id=desk.world.who("clerk2").account_id)
    assert "Người quét: Người thử clerk2" in desk.client.get(f"/dot-so-hoa/{batch}").text
    wrong = {"title": "Đợt", "unit_id": str(desk.world.units["D-BTC"]), "operator_id": "x" * 32}
    assert "Người quét phải là người được nhận tệp quét" in desk.client.post("/dot-so-hoa", data=wrong).text


def test_a_paper_file_is_added_with_its_dossier_changed_and_taken_out(desk: Desk) -> None:
    row = desk.world.dossier("Tô Thị Hiếu", number="HS-77")
    batch = open_batch(desk)
    form = {"label": "Quyển 1", "expected_pages": "12", "dossier": "hs-77"}
    page = desk.client.post(f"/dot-so-hoa/{batch}/tap-giay", data=form, follow_redirects=True).text
    assert "1. Quyển 1" in page and "HS-77 – Tô Thị Hiếu" in page and "thiếu 12" in page
    (made,) = files_of(desk, batch)
    assert made.file.dossier_id == row.dossier.id
    changed = {"label": "Quyển một", "expected_pages": "1.200", "dossier": ""}
    page = desk.client.post(f"/tap-giay/{made.file.id}", data=changed, follow_redirects=True).text
    assert "1. Quyển một" in page and "thiếu 1200" in page
    assert files_of(desk, batch)[0].file.dossier_id is None
    assert "Đã bỏ tập giấy trống" in desk.client.post(f"/tap-giay/{made.file.id}/bo", follow_redirects=True).text
    assert files_of(desk, batch) == []


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"label": " "}, "Hãy ghi tên tập giấy"),
        ({"label": "x" * 201}, "tối đa 200"),
        ({"expected_pages": "mười"}, "phải là một số"),
        ({"expected_pages": "0"}, "từ 1 đến 100.000"),
        ({"dossier": "Lò Văn Không Có"}, "Không thấy hồ sơ nào như vậy"),
        ({"dossier": "Tô Thị Hiếu"}, "Có 2 hồ sơ như vậy, hãy ghi số hồ sơ: HS-"),
    ],
)
def test_what_cannot_be_kept_is_told_in_the_open_dialog(desk: Desk, typed: dict[str, str], words: str) -> None:
    desk.world.dossier()
    desk.world.dossier()
    batch = open_batch(desk)
    form = {"label": "Quyển 1", "expected_pages": "3", "dossier": ""} | typed
    answer = desk.client.post(f"/dot-so-hoa/{batch}/tap-giay", data=form)
    assert answer.status_code == 400
    assert words in answer.text
    assert re.search(r'<dialog id="new-file"[^>]* open>', answer.text)
    assert f'value="{form["label"]}"' in answer.text
    assert files_of(desk, batch) == []


def test_a_difference_is_explained_and_the_batch_closes(desk: Desk) -> None:
    batch = open_batch(desk)
    desk.client.post(f"/dot-so-hoa/{batch}/tap-giay", data={"label": "Quyển 1", "expected_pages": "2"})
    file_id = files_of(desk, batch)[0].file.id
    early = desk.client.post(f"/dot-so-hoa/{batch}/dong")
    assert early.status_code == 400
    assert "Chưa đóng được đợt: Tập 1 “Quyển 1”: thiếu 2 trang, chưa giải thích." in early.text
    empty = desk.client.post(f"/tap-giay/{file_id}/giai-thich", data={"explanation": " - "})
    assert empty.status_code == 400 and "Hãy ghi lý do" in empty.text
    page = desk.client.post(
        f"/tap-giay/{file_id}/giai-thich", data={"explanation": "Tập giấy đã mất từ 1998"}, follow_redirects=True
    ).text
    assert "Tập giấy đã mất từ 1998 (Người thử clerk" in page
    assert "Đã đóng đợt số hoá" in desk.client.post(f"/dot-so-hoa/{batch}/dong", follow_redirects=True).text
    closed = desk.client.get(f"/dot-so-hoa/{batch}").text
    assert "new-file" not in closed and "data-upload" not in closed


def test_a_batch_as_a_whole_is_explained(desk: Desk) -> None:
    batch = open_batch(desk, expected_pages="7")
    assert "Cả đợt" in desk.client.get(f"/dot-so-hoa/{batch}").text
    desk.client.post(f"/dot-so-hoa/{batch}/giai-thich", data={"explanation": "chồng giấy đã chuyển đơn vị khác"})
    assert desk.client.post(f"/dot-so-hoa/{batch}/dong").status_code == 302


def pdf_pages(data: bytes, folder: Path) -> tuple[list[str], list[list[str]]]:
    """Text and codes of each page of a PDF, by poppler and the reader's own eyes."""
    path = folder / "in.pdf"
    path.write_bytes(data)
    text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True).stdout.decode()
    subprocess.run(["pdftoppm", "-r", "100", "-png", path, folder / "trang"], check=True)
    images = [np.asarray(cv2.imread(str(each)), np.uint8) for each in sorted(folder.glob("trang*.png"))]
    return text.split("\f")[:-1], [[code.text for code in read_codes(image)] for image in images]


def test_sheets_are_printed_with_what_the_machine_will_read(desk: Desk, tmp_path: Path) -> None:
    batch = open_batch(desk)
    label = "Hồ sơ đảng viên Tô Thị Hiếu, quyển 2"
    desk.client.post(f"/dot-so-hoa/{batch}/tap-giay", data={"label": label, "expected_pages": "9"})
    file_id = files_of(desk, batch)[0].file.id
    assert label in desk.client.get(f"/dot-so-hoa/{batch}/phieu").text
    form = {"cover": file_id, "t-quyet_dinh": "2", "t-don": "", "t-bao_cao": "0"}
    answer = desk.client.post(f"/dot-so-hoa/{batch}/phieu", data=form)
    assert answer.mimetype == "application/pdf"
    texts, codes = pdf_pages(answer.data, tmp_path)
    assert codes == [
        [Sheet("cover", paper_file=file_id, batch=batch).text],
        [Sheet("sep", "quyet_dinh").text],
        [Sheet("sep", "quyet_dinh").text],
    ]
    assert "PHIẾU BÌA TẬP GIẤY" in texts[0] and "quyển 2" in texts[0] and "Quyết định" in texts[1]
    assert "Hiếu" not in "".join(text for page in codes for text in page)
    assert ("sheet:print", "done", batch) in desk.world.journal()
    desk.client.post("/ngon-ngu", data={"lang": "en"})
    again = desk.client.post(f"/dot-so-hoa/{batch}/phieu", data={"t-don": "1", "own": "1"})
    (tmp_path / "en").mkdir()
    texts, codes = pdf_pages(again.data, tmp_path / "en")
    assert codes == [[Sheet("sep", "don", batch=batch).text]]
    assert "PHIẾU NGĂN TÀI LIỆU" in texts[0]  # paper is Vietnamese


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"t-quyet_dinh": "201"},
        {"t-quyet_dinh": "-1"},
        {"t-quyet_dinh": "ba"},
        {"t-../..": "1"},
        {"cover": "f" * 32},
    ],
)
def test_sheets_that_cannot_be_printed_are_told(desk: Desk, form: dict[str, str]) -> None:
    batch = open_batch(desk)
    answer = desk.client.post(f"/dot-so-hoa/{batch}/phieu", data=form)
    assert answer.status_code == 400
    assert "error-summary" in answer.text


def test_the_record_names_who_scanned_what_was_counted_and_why_it_differs(desk: Desk, tmp_path: Path) -> None:
    batch = open_batch(desk)
    desk.client.post(f"/dot-so-hoa/{batch}/tap-giay", data={"label": "Quyển 1 <b>", "expected_pages": "5"})
    file_id = files_of(desk, batch)[0].file.id
    desk.client.post(f"/tap-giay/{file_id}/giai-thich", data={"explanation": "Tập giấy đã mất"})
    (text,), _codes = pdf_pages(desk.client.get(f"/dot-so-hoa/{batch}/bien-ban").data, tmp_path)
    assert "BIÊN BẢN ĐỐI CHIẾU SỐ TRANG" in text
    for words in ("Người quét: Người thử clerk", "Quyển 1", "<b>", "-5", "đã mất", "BAN TỔ CHỨC TỈNH UỶ"):
        assert words in text


def test_pages_of_a_file_are_given_marked_and_each_step_is_taken_back(desk: Desk) -> None:
    batch = open_batch(desk)
    desk.client.post(f"/dot-so-hoa/{batch}/tap-giay", data={"label": "Quyển 1", "expected_pages": "2"})
    file_id = files_of(desk, batch)[0].file.id
    pages = pages_of(desk, desk.world.paper(pages=3))
    scan = pages[0].scan_id
    address = f"/tep/{scan}"
    assert "Chuyển trang vào tập giấy" in desk.client.get(address).text
    moved = desk.client.post(
        f"{address}/tap-giay", data={"pages": "1-2", "paper_file_id": file_id}, follow_redirects=True
    )
    assert "Đã chuyển 2 trang" in moved.text and "Hoàn tác việc chuyển trang" in moved.text
    assert files_of(desk, batch)[0].tally.content == 2
    desk.client.post(f"{address}/tap-giay/hoan-tac")
    assert files_of(desk, batch)[0].tally.all == 0
    wrong = desk.client.post(f"{address}/tap-giay", data={"pages": "1-9", "paper_file_id": file_id})
    assert wrong.status_code == 400 and "từ 1 đến 3" in wrong.text
    marked = desk.client.post(f"/trang/{pages[1].id}/dau", data={"as": "separator"}, follow_redirects=True).text
    assert "phiếu ngăn" in marked and "Hoàn tác dấu vừa ghi" in marked
    back = desk.client.post(f"/trang/{pages[1].id}/dau/hoan-tac", follow_redirects=True).text
    assert "Đã hoàn tác dấu của trang" in back
    with desk.world.work() as uow:
        page = uow.session.get_one(Page, pages[1].id)
        assert (page.kind, page.document_id, page.position) == ("content", pages[1].document_id, 2)


def test_a_duplex_stack_is_previewed_put_in_order_and_taken_back(desk: Desk) -> None:
    open_batch(desk)
    pages = pages_of(desk, desk.world.paper(pages=4))
    address = f"/tep/{pages[0].scan_id}"
    preview = desk.client.get(f"{address}?mat-sau=&thu-tu=nguoc").text
    shown = re.search(r'<ol class="order-preview".*?</ol>', preview, re.S)
    assert shown and re.findall(r"trang (\d)", shown[0]) == ["1", "4", "2", "3"]
    done = desk.client.post(f"{address}/hai-mat", data={"mat-sau": "", "thu-tu": "nguoc"}, follow_redirects=True).text
    assert "Bỏ xếp hai mặt" in done
    assert "Đã bỏ xếp hai mặt" in desk.client.post(f"{address}/bo-hai-mat", follow_redirects=True).text
    odd = pages_of(desk, desk.world.paper(pages=3))[0].scan_id
    assert "số lẻ" in desk.client.get(f"/tep/{odd}?mat-sau=").text
    assert desk.client.post(f"/tep/{odd}/hai-mat", data={"mat-sau": ""}).status_code == 400


def test_files_go_straight_into_a_paper_file_of_the_batch_itself(desk: Desk) -> None:
    from factories import page_image

    batch = open_batch(desk)
    desk.client.post(f"/dot-so-hoa/{batch}/tap-giay", data={"label": "Quyển 1"})
    file_id = files_of(desk, batch)[0].file.id

    def send(target: str, width: int) -> int:
        from io import BytesIO

        data = {"files": (BytesIO(page_image(width=width)), "a.jpg"), "paper_file_id": target}
        return desk.client.post(
            f"/dot-so-hoa/{batch}/tep", data=data, headers={"X-Requested-With": "x"}, content_type="multipart/form-data"
        ).status_code

    assert send(file_id, 500) == 200
    assert files_of(desk, batch)[0].tally.waiting == 1
    assert send("f" * 32, 501) == 400
    assert files_of(desk, batch)[0].tally.all == 1


def test_without_a_scanner_the_page_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "dll.conf").write_text("")
    monkeypatch.setenv("SANE_CONFIG_DIR", str(tmp_path))
    batch = open_batch(desk)
    assert "Bấm “Tìm máy quét”" in desk.client.get(f"/dot-so-hoa/{batch}/may-quet").text
    page = desk.client.post(f"/dot-so-hoa/{batch}/may-quet/tim", follow_redirects=True).text
    assert "Chưa thấy máy quét nào" in page and "báo quản trị hệ thống" in page
    assert ("scanner:list", "done", batch) in desk.world.journal()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "sane-utils" in desk.client.get(f"/dot-so-hoa/{batch}/may-quet").text


def test_a_run_is_started_followed_and_stopped_from_the_page(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "dll.conf").write_text("test\n")
    (tmp_path / "test.conf").write_text("number_of_devices 2\n")
    monkeypatch.setenv("SANE_CONFIG_DIR", str(tmp_path))
    batch = open_batch(desk)
    page = desk.client.post(f"/dot-so-hoa/{batch}/may-quet/tim", follow_redirects=True).text
    assert "Đã tìm thấy 2 máy quét" in page and "Khay nạp tự động (Automatic Document Feeder)" in page
    form = {"device": "test:1", "source": "Automatic Document Feeder", "mode": "Color", "resolution": "300"}
    wrong = desk.client.post(f"/dot-so-hoa/{batch}/may-quet", data=form | {"source": "$(reboot)"})
    assert wrong.status_code == 400 and "không có khay giấy đã chọn" in wrong.text
    page = desk.client.post(f"/dot-so-hoa/{batch}/may-quet", data=form, follow_redirects=True).text
    run = re.search(r"/lan-quet/([0-9a-f]{32})/dung", page)
    assert run and "Đang gọi máy quét" in page and "data-scanner=" in page
    told = desk.client.get(f"/dot-so-hoa/{batch}/may-quet/tien-do").json
    assert told == {"pages": 0, "label": "Đang gọi máy quét…", "ended": False}
    assert "Máy quét đang quét vào đợt này" in desk.client.post(f"/dot-so-hoa/{batch}/dong").text
    assert "Đang dừng" in desk.client.post(f"/lan-quet/{run[1]}/dung", follow_redirects=True).text
    assert (desk.world.house.settings.home / "scanner" / run[1] / "cancel").exists()
