"""The search page by keyboard alone, with names while typing, and its look where there is much, little, or nothing."""

from __future__ import annotations

import pytest
from factories import World
from installations import Enter, Site
from playwright.sync_api import Page, expect
from test_pages import _faults

from oms.services import saved_searches

pytestmark = pytest.mark.browser

LONG = "Công Tằng Tôn Nữ Hoàng Diễm Quỳnh"


@pytest.fixture(scope="module")
def filled(site: Site) -> Site:
    """One person with more papers than are shown, others with one; one that nobody here may see."""
    world: World = site.world
    row = world.dossier(LONG, birth_date="1979-03-08")
    for number in range(5):
        world.filed(row, f"QUYẾT ĐỊNH\nVề việc điều động bà {LONG} lần {number}")
    for name in ("Nguyễn Văn An", "Nguyễn Văn Ân", "Lò Văn Ươi"):
        world.filed(world.dossier(name), f"QUYẾT ĐỊNH\nVề việc điều động ông {name}")
    world.filed(world.dossier("Nguyễn Văn Kín", secrecy=3), secrecy=3)
    world.index()
    return site


@pytest.fixture
def page(filled: Site, opened: Enter) -> Page:
    return opened(filled, "leader")


@pytest.mark.parametrize(
    "path",
    [
        "/tim-kiem",
        "/tim-kiem?q=dieu+dong&khoi=party&xep=ten",
        "/tim-kiem?q=khong+thay&don_vi=1/2/3&tien_than=1&thieu=so_yeu_ly_lich&lien_ket=khong&mat=0",
    ],
)
def test_whole_readable_and_reachable(page: Page, path: str) -> None:
    assert _faults(page, path) == []


def test_names_are_offered_chosen_and_left_by_keys(page: Page) -> None:
    page.goto("/tim-kiem")
    box = page.get_by_role("combobox", name="Họ tên, số văn bản hoặc nội dung")
    expect(box).to_be_focused()
    box.press_sequentially("nguyen va")
    names = page.get_by_role("listbox", name="Họ tên gợi ý").get_by_role("option")
    expect(names).to_have_count(2)
    expect(names.first).to_contain_text("Nguyễn Văn")
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(names.first).to_have_attribute("aria-selected", "true")
    chosen = names.first.get_attribute("data-name") or ""
    page.keyboard.press("Escape")
    expect(names).to_have_count(0)
    expect(box).to_have_value("nguyen va")
    box.press_sequentially("n")
    expect(names).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tim-kiem?q=Nguy*")
    expect(page.locator("#f-q")).to_have_value(chosen)
    expect(page.locator(".person h3").first).to_have_text(chosen)


def test_the_frames_box_offers_names_on_every_page(page: Page) -> None:
    page.goto("/ho-so")
    page.keyboard.press("Control+k")
    page.keyboard.type("cong tang")
    names = page.get_by_role("listbox", name="Họ tên gợi ý").get_by_role("option")
    expect(names).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tim-kiem?*")
    expect(page.locator(".person h3").first).to_have_text(LONG)


def test_from_the_box_through_the_results_into_a_paper_without_a_mouse(page: Page) -> None:
    page.goto("/tim-kiem?q=dieu+dong")
    page.keyboard.press("/")
    expect(page.locator("#f-q")).to_be_focused()
    page.keyboard.press("ArrowDown")
    links = page.locator(".result-head a")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("k")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("f")
    expect(page.locator("#f-don_vi")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Phím tắt")).to_contain_text("mở các bộ lọc")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ho-so/*")


def test_without_scripts_the_page_searches_filters_and_pages(filled: Site, opened: Enter) -> None:
    page = opened(filled, "leader", scripts=False)
    page.goto("/tim-kiem")
    page.get_by_label("Họ tên, số văn bản hoặc nội dung").fill("dieu dong")
    page.get_by_role("button", name="Tìm", exact=True).click()
    expect(page.locator("#found-title")).to_contain_text("4 người, 8 tài liệu")
    page.get_by_role("link", name="Xem thêm 2 tài liệu của người này").click()
    expect(page.locator("#found-title")).to_contain_text("1 người, 5 tài liệu")


def test_lines_found_stand_beside_each_result_when_one_comes_to_it(page: Page) -> None:
    page.goto("/tim-kiem?q=dieu+dong")
    first = page.get_by_role("img", name="Ảnh dòng tìm thấy ở trang 1").first
    expect(first).to_have_js_property("complete", True)
    assert first.evaluate("image => image.naturalWidth") == 720
    assert first.get_attribute("loading") == "lazy"
    page.get_by_role("button", name="Ẩn ảnh").click()
    expect(first).to_be_hidden()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/tim-kiem?q=dieu+dong&xep=ten")
    page.wait_for_load_state("networkidle")
    assert [url for url in asked if "/tim-kiem/anh/" in url] == []


def test_a_search_is_kept_told_of_and_taken_away_by_keyboard(filled: Site, page: Page) -> None:
    page.goto("/tim-kiem?q=biet+phai")
    page.keyboard.press("s")
    name = page.get_by_role("dialog", name="Lưu lần tìm này").get_by_label("Tên")
    expect(name).to_be_focused()
    name.fill("Biệt phái")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    name.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Biệt phái")
    world = filled.world
    world.filed(world.dossier("Lò Văn Mới"), "QUYẾT ĐỊNH\nVề việc biệt phái")
    world.index()
    saved_searches.look(world.house, world.clock())
    page.goto("/")
    page.get_by_role("link", name="1 Biệt phái").click()
    expect(page.locator(".found-new")).to_contain_text("1 tài liệu mới")
    assert _faults(page, page.url) == []
    page.get_by_role("button", name="Đã xem").click()
    expect(page.locator(".found-new")).to_have_count(0)
    assert _faults(page, "/tim-kiem/da-luu") == []
    page.get_by_role("button", name="Xoá").click()
    page.get_by_role("button", name="Hoàn tác").click()
    expect(page.get_by_role("link", name="Biệt phái")).to_be_visible()
