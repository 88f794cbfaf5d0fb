"""Pictures of every screen for the documents, taken from the running demonstration; used by hand:

    SANE_CONFIG_DIR=<folder with dll.conf: test> OMS_SCANNERS=test:0 ./run      # in another window
    .venv/bin/python tests/browser/screens.py http://127.0.0.1:8000 PASSWORD docs/screens [ACCOUNT...]

It walks as each of the demonstration's people, and only as a user may: what it opens stands in the journal.
Each screen is taken at both widths (the plainest and those of a stained page at one), with a palette of 8 bits and few
shades of paper, so that it stays small.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import screens_access
import screens_links
import screens_record
from chromium import LARGE, SMALL, Complaints, launch, sign_in, window
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

LARGEST = 150_000
"""Bytes a picture may have."""
STEPS = ((255, 0), (15, 30), (9, 30), (6, 30), (4, 30))
"""Shades of brightness left to scanned paper and how much of its grain is smoothed away, tried in turn: grain is what
makes a picture large."""
COLOURS = 128
PAPER = """() => [...document.querySelectorAll(".viewer-page, .page-frame, canvas.crop, .paper-sheet")].map((paper) => {
  const all = [paper, paper.closest(".viewer, .reading-scroll, .desk-scroll, .word-editor, .paper-view")]
    .filter(Boolean);
  const boxes = all.map((each) => each.getBoundingClientRect());
  const edge = (name, which) => Math.round(which(...boxes.map((box) => box[name])));
  return [Math.max(0, edge("left", Math.max)), Math.max(0, edge("top", Math.max)),
    Math.min(innerWidth, edge("right", Math.min)), Math.min(innerHeight, edge("bottom", Math.min))];
}).filter(([left, top, right, bottom]) => left < right && top < bottom)"""
"""Where scanned paper is seen: left, top, right, bottom."""
CLERK, OFFICER, LEADER, REVIEWER, ADMIN = "vanthu.dang", "canbo.tochuc", "lanhdao.tinh", "giamsat", "quantri"
STACKS, SECOND, THIRD = "vanthu.noivu", "vanthu.kiemtra", "canbo.noivu"


class Camera:
    """Takes the same window at both widths, into files named after the screen."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page, self._folder = page, folder

    def take(self, name: str, sizes: Sequence[tuple[int, int]] = (LARGE, SMALL)) -> None:
        """Waits until the page is at rest and keeps a picture of each width."""
        for width, height in sizes:
            self.page.set_viewport_size({"width": width, "height": height})
            self.page.wait_for_load_state("networkidle")
            self.page.evaluate("document.fonts.ready")
            picture = Image.open(BytesIO(self.page.screenshot(animations="disabled", caret="hide")))
            paper = [tuple(box) for box in self.page.evaluate(PAPER)]
            _keep(picture.convert("RGB"), paper, self._folder / f"{name}-{width}.png")


def _keep(picture: Image.Image, paper: Sequence[tuple[int, int, int, int]], path: Path) -> None:
    """Saves with as many shades of paper as the size allows; everything else keeps its colours."""
    for shades, grain in STEPS:
        evened = picture.copy()
        for box in paper:
            part = picture.crop(box)
            if grain:
                part = Image.fromarray(
                    cv2.bilateralFilter(np.asarray(part), 7, grain, 5)
                )  # the grain goes, letters stay
            evened.paste(
                part.point([round(round(value * shades / 255) * 255 / shades) for value in range(256)] * 3), box
            )
        out = BytesIO()
        evened.quantize(COLOURS, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() <= LARGEST:
            break
    path.write_bytes(out.getvalue())


def clerk(camera: Camera) -> None:
    """Home, batches, the queue, the desk with its keys."""
    page = camera.page
    camera.take("home-clerk")
    page.goto("/dot-so-hoa")
    camera.take("batches")
    page.goto("/ban-duyet")
    camera.take("queue")
    page.get_by_role("link", name="Bản kiểm điểm cá nhân").first.click()
    page.locator(".viewer-wait").wait_for(state="hidden")
    page.keyboard.press("w")
    camera.take("desk")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    camera.take("desk-keys", [SMALL])


def piles(camera: Camera) -> None:
    """A batch with paper files, sheets to print, a scanner, the pages of a file, values and pages at the desk."""
    page = camera.page
    page.goto("/dot-so-hoa")
    page.get_by_role("link", name=re.compile("Đợt 09-2026")).click()
    page.wait_for_url(re.compile("/dot-so-hoa/[0-9a-f]{32}"))
    camera.take("batch")
    at = page.url
    page.get_by_role("link", name="In phiếu ngăn, phiếu bìa").click()
    camera.take("sheets")
    page.goto(at)
    page.get_by_role("link", name="Quét từ máy quét").click()
    page.get_by_role("button", name="Tìm máy quét").click()
    camera.take("scanner")
    page.goto(at)
    page.get_by_role("link", name="Chong giay co phieu.pdf").click()
    camera.take("scan-pages")
    page.goto(at)
    page.get_by_role("link", name=re.compile("Duyệt .* tài liệu")).click()
    page.get_by_role("link", name=re.compile("Tiểu sử tóm tắt", re.IGNORECASE)).first.click()
    page.locator(".viewer-wait").wait_for(state="hidden")
    page.keyboard.press("Tab")
    camera.take("desk-values", [SMALL])
    page.locator("details[data-page-tools] summary").click()
    page.locator("details[data-page-tools]").scroll_into_view_if_needed()
    camera.take("desk-pages", [SMALL])


def second(camera: Camera) -> None:
    """Papers waiting for a second look, and one of them."""
    page = camera.page
    page.goto("/kiem-tra")
    camera.take("check-queue")
    page.get_by_role("link", name="Bắt đầu kiểm tra").click()
    page.wait_for_url(re.compile("/kiem-tra/[0-9a-f]{32}"))
    page.keyboard.press("Tab")
    camera.take("check")


def third(camera: Camera) -> None:
    """A difference to settle, the report, a signed paper with its copy, and an export."""
    page = camera.page
    page.goto("/kiem-tra?the=cho-phan-xu")
    page.get_by_role("link", name="Bắt đầu phân xử").click()
    page.wait_for_url(re.compile("/kiem-tra/[0-9a-f]{32}"))
    camera.take("settle")
    page.goto("/kiem-tra/bao-cao")
    camera.take("check-report")
    page.goto("/ho-so?ten=hoang+thi+ngoc+an")
    page.locator("table a.row-link").first.click()
    _state_purpose(page)
    page.locator(".tabs").get_by_role("link", name="Tài liệu").click()
    camera.take("dossier-copies")
    page.get_by_role("link", name=re.compile("Phó Giám đốc Sở Nội vụ")).first.click()
    page.locator("figure img[src]").first.wait_for()
    page.get_by_role("heading", name="Bản lưu trữ").scroll_into_view_if_needed()
    camera.take("document-copy")
    page.go_back()
    page.get_by_role("link", name="Xuất hồ sơ").click()
    camera.take("export")


def officer(camera: Camera) -> None:
    """The register of dossiers, a new one, tasks."""
    camera.page.goto("/ho-so")
    camera.take("dossiers")
    camera.page.goto("/ho-so/moi")
    camera.take("new-cadre")
    camera.page.goto("/cong-viec")
    camera.take("tasks")


def _state_purpose(page: Page) -> None:
    """Opens the dossier at whose door the page stands, unless it is open."""
    page.wait_for_url(re.compile("/ho-so/[0-9a-f]{32}"))
    if page.get_by_label("Lý do cụ thể").count():
        page.get_by_label("Mục đích").select_option("quy_hoach")
        page.get_by_label("Công việc đang mở").select_option(index=1)
        page.get_by_label("Lý do cụ thể").fill("Rà soát quy hoạch theo yêu cầu của Ban Thường vụ")
        page.get_by_role("button", name="Mở hồ sơ").click()


def leader(camera: Camera) -> None:
    """Search, the question for the purpose, the dossier and its papers."""
    page = camera.page
    camera.take("home-leader")
    page.goto("/tim-kiem?q=nguyen+thi+thuy+duong")
    camera.take("search")
    page.goto("/tim-kiem?q=khong+co+ai+ten+nhu+vay&dung_dau=1")
    camera.take("search-nothing")
    page.goto("/ho-so?ten=nguyen+thi+thuy+duong&khoi=party")
    page.locator("table a.row-link").first.click()
    page.wait_for_url(re.compile("/ho-so/[0-9a-f]{32}"))
    if page.get_by_label("Lý do cụ thể").count():
        camera.take("gate")
    _state_purpose(page)
    for name, tab in (
        ("dossier-facts", "Tổng quan"),
        ("dossier-contents", "Tài liệu"),
        ("dossier-readers", "Ai đã xem"),
    ):
        page.locator(".tabs").get_by_role("link", name=tab).click()
        camera.take(name)
    page.locator(".tabs").get_by_role("link", name="Tài liệu").click()
    page.locator("table a.row-link").first.click()
    page.locator("figure img[src]").first.wait_for()
    camera.take("document")


def reviewer(camera: Camera) -> None:
    """The journal, and the page that a refusal shares with a missing thing."""
    camera.take("home-reviewer")
    camera.page.goto("/nhat-ky")
    camera.take("journal")
    camera.page.goto("/ho-so/" + "f" * 32)
    camera.take("missing", [SMALL])


def admin(camera: Camera) -> None:
    """The state of the system, the accounts, one's own password."""
    camera.page.goto("/quan-tri")
    camera.take("admin-status")
    camera.page.goto("/quan-tri/tai-khoan")
    camera.take("accounts")
    camera.page.goto("/tai-khoan")
    camera.take("password", [SMALL])


WALKS: dict[str, Callable[[Camera], None]] = {
    CLERK: clerk,
    STACKS: piles,
    SECOND: second,
    THIRD: third,
    OFFICER: officer,
    LEADER: leader,
    REVIEWER: reviewer,
    ADMIN: admin,
}


def everything(browser: Browser, base: str, password: str, folder: Path, names: Sequence[str]) -> list[str]:
    """Takes the pictures of some accounts (none named: of all); returns what the browser complained of."""
    complaints = Complaints()
    with window(browser, base, complaints, LARGE) as page:
        page.goto("/dang-nhap")
        Camera(page, folder).take("login")
    every = (WALKS, screens_record.WALKS, screens_access.WALKS, screens_links.WALKS)
    for username in names or dict.fromkeys(name for walks in every for name in walks):
        with window(browser, base, complaints, LARGE) as page:
            sign_in(page, username, password)
            for walks in every:
                if username in walks:
                    walks[username](Camera(page, folder))
    return complaints.all()


def main() -> int:
    """0 when every picture was taken and nothing was complained of."""
    if len(sys.argv) < 4:
        print(__doc__, file=sys.stderr)
        return 2
    base, password, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        complained = everything(browser, base, password, folder, sys.argv[4:])
        browser.close()
    print("\n".join(complained) or f"{len(list(folder.glob('*.png')))} pictures", file=sys.stderr)
    return 1 if complained else 0


if __name__ == "__main__":
    raise SystemExit(main())
