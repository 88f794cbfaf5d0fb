"""Every page for every role as a person meets it: whole, readable, reachable by keyboard, quiet in the console."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from axe import findings
from chromium import LARGE, SMALL, overflow
from factories import PASSWORD, World, page_image
from installations import Enter, Site
from playwright.sync_api import Page, expect

from oms.services import desk, review_engine, tasks
from oms.store.tables import Document, Proposal

pytestmark = pytest.mark.browser

NAME = "Công Tằng Tôn Nữ Hoàng Diễm Quỳnh"
BORN = "1979-03-08"
DECISION = f"QUYẾT ĐỊNH\nVề việc điều động, bổ nhiệm cán bộ\nbà {NAME} giữ chức vụ Phó Trưởng ban"
ONLY_CONTRAST = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}

OFFICERS_DESKS = (
    "/thay-doi",
    "/bo-sung",
    "/yeu-cau-can-bo",
    "/nhap-danh-sach",
    "/ngoai-danh-muc",
    "/don-vi",
    "/luu-giu/thanh-phan",
    "/luu-giu/muon-tra",
    "/luu-giu/chuyen-giao",
    "/luu-giu/kiem-ke",
    "/luu-giu/luu-giu-tieu-huy",
)
"""The desks of the record and of its paper, as an officer has them in the tabs."""


REVIEW_DESK = ("/kiem-soat", "/kiem-soat/bieu-do", "/kiem-soat/quy-tac", "/kiem-soat/theo-doi", "/kiem-soat/bao-cao")


@dataclass(frozen=True)
class Filled:
    """A site with something on every page, and where it is."""

    site: Site
    dossier: str
    closed: str
    document: str
    waiting: tuple[str, ...]
    batch: str


@pytest.fixture(scope="module")
def filled(site: Site) -> Filled:
    """Dossiers, papers in them and on the desk, a task, an opening, some refusals in the journal."""
    world = site.world
    row = world.dossier(NAME, birth_date=BORN, position="Phó Trưởng ban Tổ chức Tỉnh uỷ, Bí thư Đảng uỷ xã")
    document = world.filed(row, DECISION, pages=2)
    closed = world.dossier("Vi Thị Kín", secrecy=1, other_names="Hai Kín")
    waiting = tuple(_waiting(world, row.dossier.id) for _ in range(8))
    world.paper("Giấy không rõ của ai")
    officer, leader = world.who("officer"), world.who("leader")
    with world.work(officer) as uow:
        tasks.create_task(uow, officer, "NV-2026/07", "Rà soát quy hoạch", world.units["D-BTC"], world.clock())
        batch = desk.open_document(uow, officer, waiting[0], world.clock()).batch.id
    world.open(leader, row.dossier.id)
    world.index()
    world.clock.forward(hours=14)
    world.open(leader, row.dossier.id)
    review_engine.Engine(world.house).catch_up(world.clock())
    return Filled(site, row.dossier.id, closed.dossier.id, document, waiting, batch)


def _waiting(world: World, dossier: str) -> str:
    """A decision on the desk in which everything was read right and the person is plain."""
    paper = world.paper(DECISION)
    with world.work() as uow:
        row = uow.session.get_one(Document, paper)
        row.title, row.type_score = "Quyết định về việc điều động, bổ nhiệm cán bộ", 1.0
        row.person_name, row.person_birth_date = NAME, BORN
        plain = Proposal(document_id=paper, dossier_id=dossier, score=0.9, agrees="full_name,birth_date", differs="")
        uow.session.add(plain)
    return paper


def _pages(filled: Filled, role: str) -> tuple[str, ...]:
    """The addresses a role has in front of it, beside its home and what is not there."""
    dossier = f"/ho-so/{filled.dossier}"
    of_role: dict[str, tuple[str, ...]] = {
        "clerk": (
            "/dot-so-hoa",
            f"/dot-so-hoa/{filled.batch}",
            "/ban-duyet",
            "/ban-duyet?trang_thai=de-rieng",
            f"/ban-duyet/{filled.waiting[0]}",
            "/tai-khoan",
            "/tai-khoan/ma-truy-cap",
        ),
        "officer": ("/ho-so", "/ho-so/moi", "/cong-viec", *OFFICERS_DESKS),
        "leader": (
            f"/ho-so/{filled.closed}",
            f"{dossier}?the=tong-quan",
            f"{dossier}?the=qua-trinh",
            f"{dossier}?the=giay-to",
            f"{dossier}/doi-chieu",
            f"{dossier}/xac-nhan",
            f"{dossier}?the=tai-lieu",
            f"{dossier}?the=nguoi-xem",
            f"{dossier}/thay-doi",
            f"{dossier}/trich-doc",
            "/tieu-chi",
            "/trich-ngang/xem",
            "/bao-cao",
            "/bao-cao?loai=structure",
            "/den-han",
            f"/tai-lieu/{filled.document}",
            "/tim-kiem",
            "/tim-kiem?q=cong+tang+ton+nu",
            "/tim-kiem?q=khong+co+trong+giay",
            "/tim-kiem?q=quyet+dinh&tu_nam=19x5",
        ),
        "reviewer": (
            "/nhat-ky",
            *REVIEW_DESK,
        ),
        "admin": (
            "/quan-tri",
            "/quan-tri/tai-khoan",
            "/danh-muc/quy_tac",
            "/danh-muc/hoc_ham/dong",
            "/don-vi/thay-doi",
        ),
    }
    return ("/", *of_role[role], f"/ho-so/{'f' * 32}")


@pytest.mark.parametrize("role", ["clerk", "officer", "leader", "reviewer", "admin"])
def test_every_page_is_whole_readable_and_reachable(filled: Filled, opened: Enter, role: str) -> None:
    page = opened(filled.site, role)
    faults = [fault for path in _pages(filled, role) for fault in _faults(page, path)]
    assert faults == []


def test_a_case_is_opened_and_written_on_by_keyboard(filled: Filled, opened: Enter) -> None:
    page = opened(filled.site, "reviewer")
    page.goto("/kiem-soat")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("j")
    expect(page.locator("tr[data-href]").first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/kiem-soat/truong-hop/*")
    page.wait_for_load_state("networkidle")
    assert _faults(page, page.url) == []
    page.keyboard.press("n")
    expect(page.locator("textarea[name=text]")).to_be_focused()
    page.keyboard.type("đã hỏi thủ trưởng đơn vị")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".notes")).to_contain_text("đã hỏi thủ trưởng đơn vị")


def test_the_door_is_whole_readable_and_reachable(filled: Filled, opened: Enter) -> None:
    assert _faults(opened(filled.site), "/dang-nhap") == []


def _faults(page: Page, path: str) -> list[str]:
    """What is wrong with one page at both widths, in light and dark."""
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": SMALL[0], "height": SMALL[1]})
    page.goto(path)
    page.wait_for_load_state("networkidle")
    found = [f"{path}: {SMALL[0]} px overflow by {by}" for by in [overflow(page)] if by]
    found += [f"{path}: light: {fault}" for fault in _unreadable(page)]
    found += [f"{path}: {fault}" for fault in _lost_focus(page)]
    page.emulate_media(color_scheme="dark")
    found += [f"{path}: dark: {fault}" for fault in _unreadable(page, ONLY_CONTRAST)]
    page.set_viewport_size({"width": LARGE[0], "height": LARGE[1]})
    return found + [f"{path}: {LARGE[0]} px overflow by {by}" for by in [overflow(page)] if by]


def _unreadable(page: Page, options: dict[str, list[str]] | None = None) -> list[str]:
    """axe's serious and critical findings, each with the first place."""
    return [
        f"{rule['id']} at {rule['nodes'][0]['html'][:120]} ({len(rule['nodes'])})" for rule in findings(page, options)
    ]


def _lost_focus(page: Page) -> list[str]:
    """After one Tab the place of the keyboard is on the screen and marked."""
    page.keyboard.press("Tab")
    seen = page.evaluate(
        """() => {
          const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
          const marked = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
          const shown = box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0;
          return at !== document.body && marked && shown ? "" : at.outerHTML.slice(0, 120);
        }"""
    )
    return [f"focus not seen after Tab: {seen}"] if seen else []


class Hand:
    """Presses keys and counts them; a chord counts each of its keys."""

    def __init__(self, page: Page) -> None:
        self._page, self.count = page, 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self._page.wait_for_load_state()
            self._page.keyboard.press(key)
            self.count += len(key.split("+"))


def test_a_decision_read_right_is_filed_with_few_keys(
    filled: Filled, opened: Enter, record_property: pytest.RecordProperty
) -> None:
    """From the list to the dossier: the first line, open it, file it."""
    page = opened(filled.site, "clerk")
    page.goto("/ban-duyet")
    hand = Hand(page)
    hand.press("j", "Enter")
    page.wait_for_url("**/ban-duyet/*")
    first = page.url
    expect(page.locator("label.person").get_by_role("radio")).to_be_checked()
    hand.press("Control+Enter")
    expect(page.locator(".desk-news")).to_contain_text("Đã vào hồ sơ")
    record_property("keystrokes", hand.count)
    assert hand.count <= 6
    assert page.url != first, "the next paper is at hand"

    hand.press("Control+z")
    page.wait_for_url(first)
    expect(page.locator(".desk-news")).to_contain_text("Đã hoàn tác")


def test_lists_are_walked_by_key(filled: Filled, opened: Enter) -> None:
    page = opened(filled.site, "clerk")
    page.goto("/ban-duyet")
    rows = page.locator("#queue tbody tr")
    Hand(page).press("j", "j", "k", "j")
    expect(rows.nth(1)).to_be_focused()
    target = rows.nth(1).get_attribute("data-href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{target}")


def test_the_desk_tells_its_keys(filled: Filled, opened: Enter) -> None:
    page = opened(filled.site, "clerk")
    page.goto(f"/ban-duyet/{filled.waiting[1]}")
    Hand(page).press("?")
    keys = page.get_by_role("dialog", name="Phím tắt")
    expect(keys).to_contain_text("đưa vào hồ sơ, sang tài liệu sau")
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()


def test_search_is_one_chord_away_and_keeps_what_stands_there(filled: Filled, opened: Enter) -> None:
    page = opened(filled.site, "leader")
    page.goto("/tim-kiem?q=quyet+dinh")
    Hand(page).press("Control+k")
    expect(page.locator("#frame-search")).to_be_focused()
    page.keyboard.type("dieu dong")
    expect(page.locator("#frame-search")).to_have_value("dieu dong")


def test_a_word_put_right_is_taken_back_by_key(filled: Filled, opened: Enter) -> None:
    page = opened(filled.site, "clerk")
    page.goto(f"/ban-duyet/{filled.waiting[2]}")
    Hand(page).press("w")
    editor = page.get_by_role("textbox", name="Từ đang sửa")
    expect(editor).to_have_value("ĐỊNH")
    editor.fill("ĐỊNH:")
    page.keyboard.press("Enter")
    expect(page.locator(".words .word-corrected")).to_have_text("ĐỊNH:")
    page.locator("[data-viewer]").focus()
    page.keyboard.press("Control+z")
    expect(page.locator(".words .word-corrected")).to_have_count(0)


def test_the_spot_in_hand_stays_in_sight_when_the_window_changes(filled: Filled, opened: Enter) -> None:
    page = opened(filled.site, "clerk")
    page.goto(f"/ban-duyet/{filled.waiting[2]}")
    expect(page.locator(".viewer-wait")).to_be_hidden()
    page.keyboard.press("w")
    expect(page.locator(".box-now")).to_be_in_viewport(ratio=0.99)
    for width, height in (LARGE, SMALL):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(
            """() => {
              const boxOf = (name) => document.querySelector(name).getBoundingClientRect();
              const [spot, frame] = [boxOf(".box-now"), boxOf(".viewer")];
              return spot.left >= frame.left && spot.right <= frame.right && spot.top >= frame.top;
            }"""
        )


def test_what_was_typed_is_not_lost_on_the_way_to_the_next_paper(filled: Filled, opened: Enter) -> None:
    page = opened(filled.site, "clerk")
    page.goto(f"/ban-duyet/{filled.waiting[3]}")
    page.get_by_label("Số, ký hiệu").fill("417-QĐ/TU")
    page.keyboard.press("Alt+ArrowRight")
    page.wait_for_url(lambda address: filled.waiting[3] not in address)
    page.goto(f"/ban-duyet/{filled.waiting[3]}")
    expect(page.get_by_label("Số, ký hiệu")).to_have_value("417-QĐ/TU")


def test_without_scripts_one_can_sign_in_send_a_file_and_file_a_paper(
    filled: Filled, opened: Enter, tmp_path: Path
) -> None:
    page = opened(filled.site, "clerk", scripts=False)
    page.goto(f"/dot-so-hoa/{filled.batch}")
    scan = tmp_path / "giay to.jpg"
    scan.write_bytes(page_image())
    page.locator("input[type=file]").set_input_files(scan)
    page.get_by_role("button", name="Tải lên", exact=True).click()
    expect(page.locator("#files")).to_contain_text("giay to.jpg")

    page.goto(f"/ban-duyet/{filled.waiting[4]}")
    expect(page.locator("label.person").get_by_role("radio")).to_be_checked()
    page.get_by_role("button", name="Vào hồ sơ").click()
    expect(page.locator(".desk-news")).to_contain_text("Đã vào hồ sơ")


def test_a_wrong_password_says_so_and_keeps_the_name(filled: Filled, opened: Enter) -> None:
    page = opened(filled.site)
    page.goto("/dang-nhap")
    page.get_by_label("Tên đăng nhập").fill("clerk2")
    page.get_by_label("Mật khẩu", exact=True).fill(PASSWORD + "x")
    page.keyboard.press("Enter")
    expect(page.locator("[data-error-summary]")).to_be_focused()
    expect(page.get_by_label("Tên đăng nhập")).to_have_value("clerk2")
