"""The batch page while files come in: counts and table follow, the list of what was sent stays, nothing is cut off."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from chromium import LARGE, SMALL, Complaints, overflow
from factories import page_image
from installations import Enter, Site
from playwright.sync_api import Page, expect

from oms.services import intake

pytestmark = pytest.mark.browser
LONG_NAME = "Sơ yếu lý lịch đảng viên và hồ sơ kèm theo quét lần thứ hai ngày 03-11-2026 (bản đọc lại).pdf"


@pytest.fixture
def batch(site: Site) -> str:
    clerk = site.world.who("clerk")
    with site.world.work(clerk) as uow:
        new = intake.NewBatch(site.world.units["D-BTC"], "Đợt thử tải lên", 2)
        return intake.create_batch(uow, clerk, new, site.world.clock()).id


def _send(page: Page, folder: Path, **files: bytes) -> None:
    folder.mkdir(exist_ok=True)
    paths = [folder / name for name in files]
    for path, body in zip(paths, files.values(), strict=True):
        path.write_bytes(body)
    page.locator("input[type=file]").set_input_files(paths)


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_after_an_upload_the_page_agrees_with_itself(
    site: Site, batch: str, opened: Enter, tmp_path: Path, size: tuple[int, int]
) -> None:
    page = opened(site, "clerk", size)
    page.goto(f"/dot-so-hoa/{batch}")
    expect(page.locator("#files")).to_contain_text("Đợt này chưa có tệp")
    good = page_image(width=500 + size[0] % 97)
    bad = b"khong phai tep" + str(size).encode()
    _send(page, tmp_path, **{"a.jpg": good, LONG_NAME: bad})
    _send(page, tmp_path / "again", **{"b.jpg": good, "empty.pdf": b""})
    expect(page.locator("#files")).to_contain_text("a.jpg")
    expect(page.locator("#files")).to_contain_text(LONG_NAME)
    expect(page.locator("#files")).not_to_contain_text("Đợt này chưa có tệp")
    expect(page.locator(".figures")).to_contain_text("thiếu 1 so với dự kiến")
    expect(page.locator("#reading")).to_be_visible()  # the machine's progress runs without a reload
    expect(page.locator(".upload-file")).to_have_count(4)
    expect(page.locator("[data-uploaded]")).to_be_hidden()
    expect(page.get_by_role("button", name="Gửi lại")).to_have_count(0)  # nothing here could succeed a second time
    assert overflow(page) == 0
    reason = page.locator("#files .file-reason:visible", has_text="Không phải tệp PDF")
    assert reason.bounding_box()["width"] >= 200  # type: ignore[index]
    if os.environ.get("SHOT"):
        page.screenshot(path=f"{os.environ['SHOT']}-{size[0]}.png", full_page=True)
    page.get_by_role("button", name="Đã xử lý").first.click()
    expect(page.locator("#files")).to_contain_text("Đã xử lý ")


def test_a_lost_connection_can_be_sent_again(
    site: Site, batch: str, opened: Enter, tmp_path: Path, complaints: Complaints
) -> None:
    page = opened(site, "clerk")
    page.goto(f"/dot-so-hoa/{batch}")
    page.route("**/tep", lambda route: route.abort())
    _send(page, tmp_path, **{"c.jpg": page_image(width=777)})
    again = page.get_by_role("button", name="Gửi lại")
    expect(again).to_be_visible()
    complaints.console.clear()  # the loss was meant
    page.unroute("**/tep")
    again.click()
    expect(page.locator("#files")).to_contain_text("c.jpg")
    expect(again).to_be_hidden()
