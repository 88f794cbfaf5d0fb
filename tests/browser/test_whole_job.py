"""The main job as its people do it: paper in, found, read for a purpose, and seen by the reviewer."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from factories import World
from installations import Enter, Site
from PIL import ImageDraw
from playwright.sync_api import Page, expect
from scanning_paper import DECISION, Text, draw

from oms.settings import CHECKOUT

pytestmark = [pytest.mark.browser, pytest.mark.ocr]

PERSON = "Đặng Hữu Khoát"
APPENDIX = (
    Text("2", 0.05, 0.5),
    Text("Phụ lục kèm theo: nhiệm vụ của ông Đặng Hữu Khoát trong nhiệm kỳ 2011 - 2016.", 0.1),
    Text("1. Chủ trì thẩm định hồ sơ tuyển dụng của các xã vùng cao.", 0.14),
    Text("2. Phối hợp với Ban Tổ chức Huyện uỷ rà soát quy hoạch.", 0.18),
)
READING = 150_000
"""Milliseconds given to Tesseract for two pages, also on a busy machine."""
REASON = "Chuẩn bị nhân sự đại hội theo Kế hoạch 12 của Tỉnh uỷ"


def _scan(path: Path) -> None:
    """A decision of two pages as a scanner delivers it, with a pen stroke through some words of the second."""
    first, second = draw(DECISION), draw(APPENDIX)
    pen = ImageDraw.Draw(second)
    left, right, top = 0.42 * second.width, 0.62 * second.width, 0.145 * second.height
    for stroke in range(6):
        pen.line((left, top + stroke * 5, right, top + stroke * 5 - 6), fill=(60, 60, 90), width=2)
    first.save(path, save_all=True, append_images=[second], resolution=200)


def test_a_scan_is_filed_found_read_and_reviewed(installation: Site, opened: Enter, tmp_path: Path) -> None:
    world = installation.world
    dossier = world.dossier(PERSON, birth_date="18/02/1968").dossier.id
    hidden = world.dossier("Vi Thị Kín", secrecy=1).dossier.id
    scan = tmp_path / "QĐ bổ nhiệm lại.pdf"
    _scan(scan)

    clerk = opened(installation, "clerk")
    _deliver(clerk, scan)
    _correct_and_file(clerk)
    _find_and_read(opened(installation, "leader"), dossier)
    _be_refused(opened(installation, "leader.low"), hidden)
    _review(opened(installation, "reviewer"), dossier, hidden)
    _verify(world)


def _deliver(page: Page, scan: Path) -> None:
    """Opens a batch, sends the file, watches the machine reach the last page."""
    page.get_by_role("link", name="Quét và phân loại").click()
    page.wait_for_url("**/dot-so-hoa")
    page.get_by_role("button", name="Mở đợt số hoá").first.click()
    page.get_by_label("Tên đợt").fill("Đợt 11/2026")
    page.get_by_label("Đơn vị có chồng giấy này").select_option(label="Ban Tổ chức Tỉnh uỷ")
    page.get_by_label("Số trang dự kiến").fill("2")
    page.get_by_role("button", name="Mở đợt", exact=True).click()
    expect(page.get_by_role("heading", name="Đợt 11/2026")).to_be_visible()
    page.locator("input[type=file]").set_input_files(scan)
    expect(page.get_by_text("QĐ bổ nhiệm lại.pdf").first).to_be_visible()
    expect(page.get_by_role("link", name="Duyệt 1 tài liệu")).to_be_visible(timeout=READING)
    figures = page.locator(".figures")
    expect(figures).to_contain_text(re.compile(r"2\s*trang đã đọc"))
    expect(figures).to_contain_text("đủ so với dự kiến")


def _correct_and_file(page: Page) -> None:
    """At the desk: image beside words, one word and one field put right, filed with the keyboard alone."""
    page.get_by_role("link", name="Duyệt 1 tài liệu").click()
    page.get_by_role("link", name="Bắt đầu duyệt").click()
    _expect_drawn(page, "[data-sheet] img")
    expect(page.get_by_label("Họ và tên", exact=True)).to_have_value(PERSON)
    expect(page.get_by_label("Ngày ban hành")).to_have_value("09/05/2011")
    person = page.locator("label.person")
    expect(person).to_contain_text(PERSON)
    expect(person).to_contain_text("Khớp: họ tên, ngày sinh")
    expect(person.get_by_role("radio")).to_be_checked()
    _correct_the_crossed_word(page)
    page.get_by_label("Tên tài liệu").fill("Quyết định bổ nhiệm lại Trưởng phòng Nội vụ")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".desk-news")).to_contain_text("Đã vào hồ sơ, mục số 1")


def _correct_the_crossed_word(page: Page) -> None:
    """Goes through the doubtful words by key to the one the pen crossed, and types what the paper says."""
    page.get_by_role("button", name="Tr. 2").click()
    doubts = page.locator(".words .word-doubt")
    expect(doubts.first).to_be_visible()
    crossed = page.locator(".words .word", has_text="cao").first
    crossed.click()
    editor = page.get_by_role("textbox", name="Từ đang sửa")
    expect(editor).to_be_focused()
    page.keyboard.type("tuyển dụng của các xã vùng cao.")
    page.keyboard.press("Enter")
    expect(editor).to_have_value("417/QĐ-UBND")  # what is still doubtful on the first page
    page.get_by_role("button", name="Tr. 2").click()
    expect(page.locator(".words .word-corrected")).to_have_text("tuyển dụng của các xã vùng cao.")


def _find_and_read(page: Page, dossier: str) -> None:
    """Finds the person without accents, says what for, reads the page."""
    _search(page, "tuyen dung vung cao")  # what the clerk put right is what is found
    expect(page.locator("#found-title")).to_have_text("1 người, 1 tài liệu")
    _search(page, "dang huu khoat")
    expect(page.locator(".result mark").first).to_have_text(re.compile("^(Đặng|ĐẶNG)"))
    page.get_by_role("link", name="Quyết định bổ nhiệm lại Trưởng phòng Nội vụ").click()
    page.wait_for_url(re.compile(dossier))
    page.get_by_label("Mục đích").select_option(label="Quy hoạch cán bộ")
    page.get_by_label("Lý do cụ thể").fill("xem")
    page.get_by_role("button", name="Mở hồ sơ").click()
    expect(page.locator("#f-reason-error")).to_be_visible()
    assert page.get_by_label("Mục đích").input_value() == "quy_hoach", "what was chosen is kept"
    page.get_by_label("Lý do cụ thể").fill(REASON)
    page.get_by_role("button", name="Mở hồ sơ").click()
    _expect_drawn(page, "figure img")
    expect(page.locator(".reading-text")).to_contain_text("tuyển dụng của các xã vùng cao.")


def _expect_drawn(page: Page, image: str) -> None:
    """The paper's image has really come, not only its place."""
    page.wait_for_function("(name) => document.querySelector(name)?.naturalWidth > 0", arg=image)


def _search(page: Page, words: str) -> None:
    """From anywhere, by key."""
    page.wait_for_load_state()
    page.keyboard.press("Control+K")
    expect(page.locator("#frame-search")).to_be_focused()
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(re.escape(words.replace(" ", "+"))))


def _be_refused(page: Page, hidden: str) -> None:
    """A dossier above the reader's clearance answers like one that is not there."""
    page.goto(f"/ho-so/{hidden}")
    refused = page.locator("main dl").inner_text()
    page.goto(f"/ho-so/{'f' * 32}")
    assert page.locator("main dl").inner_text() == refused
    expect(page.get_by_role("heading", level=1)).to_have_text("Không mở được nội dung này")


def _review(page: Page, dossier: str, hidden: str) -> None:
    """The reviewer sees each step with its purpose, and the refusal; opens no record."""
    page.get_by_role("link", name="Nhật ký", exact=True).click()
    page.get_by_role("link", name="Toàn bộ nhật ký").click()
    _expect_row(page, "Đưa tài liệu vào hồ sơ", "Người thử clerk")
    _expect_row(page, "Tìm kiếm", "dang huu khoat")
    _expect_row(page, "Mở hồ sơ, nêu mục đích", REASON)
    _expect_row(page, "Xem trang", REASON)
    page.goto(f"/nhat-ky?doi_tuong={hidden}&ket_qua=refused")
    row = page.locator("#journal tbody tr:not([hidden])").first
    expect(row).to_contain_text("Người thử leader.low")
    expect(row).to_contain_text("Bị từ chối")
    page.goto(f"/ho-so/{dossier}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Không mở được nội dung này")
    assert PERSON not in page.content()


def _expect_row(page: Page, verb: str, words: str) -> None:
    page.get_by_label("Việc", exact=True).select_option(label=verb)
    page.get_by_role("button", name="Lọc", exact=True).click()
    expect(page.locator("#journal tbody")).to_contain_text(words)


def _verify(world: World) -> None:
    """The operator's commands find the journal whole and all stores in agreement."""
    env = os.environ | {"OMS_HOME": str(world.house.settings.home)}
    for command in (["journal", "verify"], ["check"]):
        done = subprocess.run(
            [sys.executable, "-m", "oms.cli", *command], cwd=CHECKOUT, env=env, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
