"""The batch page with paper files and a scanner at work, in a real browser: by keyboard, live, no fault for axe."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe import findings
from chromium import LARGE, SMALL, overflow
from installations import Enter, Site
from playwright.sync_api import Page, expect

from oms.services import intake, pile, scanner, scanner_run
from oms.store.tables import Document, Scan

pytestmark = pytest.mark.browser
LONG = "Hồ sơ đảng viên Nguyễn Thị Thuỳ Dương – quyển 1 (lý lịch, phiếu đảng viên, bổ sung các năm 1998–2025)"


@pytest.fixture(scope="module")
def batch(site: Site) -> str:
    """Three paper files, forty files with long names, differences explained and not."""
    world = site.world
    clerk = world.who("clerk")
    with world.work(clerk) as uow:
        made = intake.create_batch(uow, clerk, intake.NewBatch(world.units["D-BTC"], "Đợt thử"), world.clock()).id
    files = []
    for label, expected in ((LONG, 30), ("Quyển 2", 26), ("Quyển 3", None)):
        with world.work(clerk) as uow:
            files.append(pile.add(uow, clerk, made, pile.Counted(label, expected), world.clock()).id)
    for number in range(40):
        paper = world.paper(pages=2)
        with world.work() as uow:
            document = uow.session.get_one(Document, paper)
            scan = uow.session.get_one(Scan, document.scan_id)
            scan.original_name = f"Quét hồ sơ cán bộ quyển số {number:02d} – lần hai, bản đọc lại.pdf"
            for page in pile.papers.pages_of_scan(uow.session, scan.id):
                page.paper_file_id = files[number % 3]
    with world.work(clerk) as uow:
        pile.explain(uow, clerk, files[0], "Bốn tờ rách nát không quét được", world.clock())
    return made


def _faults(page: Page) -> list[str]:
    return [f"{fault['id']}: {fault['nodes'][0]['html'][:120]}" for fault in findings(page)]


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_full_batch_fits_and_has_no_fault(site: Site, batch: str, opened: Enter, size: tuple[int, int]) -> None:
    page = opened(site, "clerk", size)
    page.goto(f"/dot-so-hoa/{batch}")
    expect(page.locator("#paper-files")).to_contain_text(LONG)
    expect(page.locator("#paper-files")).to_contain_text("Bốn tờ rách nát không quét được (Người thử clerk")
    assert overflow(page) == 0
    assert _faults(page) == []
    page.locator("a.file-name").first.click()
    expect(page.locator("#scan-pages tbody tr")).to_have_count(2)
    assert overflow(page) == 0
    assert _faults(page) == []


def test_a_paper_file_is_entered_by_keyboard_alone(site: Site, batch: str, opened: Enter) -> None:
    page = opened(site, "clerk")
    page.goto(f"/dot-so-hoa/{batch}")
    page.get_by_role("button", name="Thêm tập giấy").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#new-file")).to_be_visible()
    page.get_by_label("Tên tập giấy, như trên bìa").and_(page.locator("#new-file input")).focus()
    page.keyboard.type("Quyển 4")
    page.keyboard.press("Tab")
    page.keyboard.type("không phải số")
    page.keyboard.press("Enter")
    expect(page.locator("#new-file")).to_be_visible()  # sent back with what was typed
    expect(page.locator("#new-file")).to_contain_text("phải là một số")
    number = page.locator("#new-file input[name=expected_pages]")
    number.fill("12")
    number.press("Enter")
    expect(page.locator("#paper-files")).to_contain_text("4. Quyển 4")
    expect(page.locator("#paper-files")).to_contain_text("thiếu 12")


def test_pages_are_told_while_a_scanner_works_and_the_file_shows_when_it_ends(
    site: Site, batch: str, opened: Enter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dll.conf").write_text("test\n")
    (tmp_path / "test.conf").write_text(
        'number_of_devices 1\nbr_x 40.0\nbr_y 40.0\ngeometry_max 40.0\ntest-picture "Grid"\n'
    )
    monkeypatch.setenv("SANE_CONFIG_DIR", str(tmp_path))
    page = opened(site, "clerk")
    page.goto(f"/dot-so-hoa/{batch}/may-quet")
    page.get_by_role("button", name="Tìm máy quét").click()
    expect(page.get_by_label("Lấy giấy từ")).to_have_value("Automatic Document Feeder")
    assert _faults(page) == []
    page.get_by_role("button", name="Quét", exact=True).click()
    expect(page.locator("[data-scanner-label]")).to_have_text("Đang gọi máy quét…")
    settings = site.world.house.settings
    (run_id,) = scanner.waiting(settings)
    scanner.keep_state(settings, run_id, scanner.SCANNING, 3)
    expect(page.locator("[data-scanner-label]")).to_have_text("Đang quét: đã được 3 trang")
    scanner.keep_state(settings, run_id, scanner.WAITING, 0)
    assert scanner_run.run(site.world.house, run_id, site.world.clock)
    expect(page.locator("#files")).to_contain_text(re.compile(r"Quét \d\d-\d\d-\d{4}"))  # without a reload
    expect(page.get_by_role("button", name="Dừng quét")).to_have_count(0)
