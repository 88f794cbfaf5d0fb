"""The desk of links by keyboard: fifty pairs cleared, counted in keystrokes and page waits; nothing lost on the way."""

from __future__ import annotations

import time

import pytest
from axe import findings
from chromium import LARGE, SMALL, overflow
from factories import World
from installations import Enter, Site
from linking_worlds import compare, join
from playwright.sync_api import Page, expect
from sqlalchemy import select

from oms.store.link_tables import LinkCandidate, LinkDecision

pytestmark = pytest.mark.browser
PAIRS = 50
KEYSTROKE = 0.28
"""Seconds a practised hand takes for a key (Card, Moran and Newell); looking is not counted in it."""
GIVEN = ("An", "Bình", "Chi", "Dung", "Giang", "Hà", "Hương", "Khánh", "Lan", "Mai")
FAMILY = ("Nguyễn Thị", "Trần Thị", "Lê Thị", "Phạm Thị", "Vũ Thị")


def people(world: World) -> None:
    """Fifty invented persons, each with a record in two blocks; some lines differ, some are missing."""
    join(world)
    for number in range(PAIRS):
        name = f"{FAMILY[number // 10]} {GIVEN[number % 10]}"
        born = f"{number % 27 + 1:02d}/{number % 12 + 1:02d}/{1960 + number % 30}"
        about = {"birth_date": born, "sex": "Nữ", "home_place": "Xã An Bình, Vĩnh Long"}
        number_of = f"0861{number:08d}"
        world.dossier(name, "D-BTC", "officer", citizen_id=number_of, **about)
        world.dossier(name, "C-SNV", "officer.gov", citizen_id=number_of if number % 3 else "", **about)
    compare(world)


@pytest.fixture(scope="module")
def desk(site: Site) -> Site:
    people(site.world)
    return site


def listening(page: Page) -> None:
    """The page hears keys: a person's eye needs longer to see a pair than its script to load."""
    expect(page.locator("[data-link-desk][data-ready]")).to_be_visible()


def _faults(page: Page) -> list[str]:
    return [f"{fault['id']}: {fault['nodes'][0]['html'][:120]}" for fault in findings(page)]


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_list_and_pair_fit_and_have_no_fault(desk: Site, opened: Enter, size: tuple[int, int]) -> None:
    page = opened(desk, "officer.both", size)
    page.goto("/lien-ket")
    expect(page.locator("#links tbody tr")).to_have_count(PAIRS)
    assert overflow(page) == 0 and _faults(page) == []
    page.get_by_role("link", name="Bắt đầu đối chiếu").click()
    expect(page.locator(".link-table")).to_contain_text("Số căn cước")
    assert overflow(page) == 0 and _faults(page) == []
    page.keyboard.press("?")
    expect(page.locator("#key-help")).to_contain_text("chấp nhận là một người")


def test_a_reject_by_key_asks_for_its_reason_and_is_taken_back_by_key(desk: Site, opened: Enter) -> None:
    page = opened(desk, "officer.both")
    page.goto("/lien-ket")
    page.get_by_role("link", name="Bắt đầu đối chiếu").click()
    listening(page)
    first = page.url
    page.keyboard.press("j")
    expect(page).not_to_have_url(first)
    listening(page)
    page.keyboard.press("k")
    expect(page).to_have_url(first)
    listening(page)
    page.keyboard.press("r")
    page.keyboard.type("hai chị em")
    page.keyboard.press("Enter")
    expect(page.locator(".note")).to_contain_text("Đã bác")
    page.goto(first)
    listening(page)
    page.keyboard.press("u")
    expect(page.locator(".note")).to_contain_text("Đã huỷ quyết định")


def test_fifty_pairs_are_cleared_by_keyboard(desk: Site, opened: Enter) -> None:
    page = opened(desk, "officer.both")
    page.goto("/lien-ket")
    page.get_by_role("link", name="Bắt đầu đối chiếu").click()
    keys, waited = 0, 0.0
    for number in range(PAIRS):
        listening(page)
        before = page.url
        begun = time.monotonic()
        page.keyboard.press("a")
        keys += 1
        page.wait_for_url(lambda url, before=before: url != before)
        page.wait_for_load_state("domcontentloaded")
        waited += time.monotonic() - begun
        if number < PAIRS - 1:
            expect(page.locator(".note")).to_contain_text("Đã liên kết")
    expect(page.locator("#links")).to_contain_text("Không có cặp nào ở đây")
    with desk.world.work() as uow:
        states = list(uow.session.scalars(select(LinkCandidate.state)))
        accepted = [row for row in uow.session.scalars(select(LinkDecision)) if row.act == "accept"]
    assert states.count("linked") == PAIRS and len(accepted) == PAIRS
    assert keys == PAIRS  # one keystroke a pair
    print(f"fifty pairs: {keys} keystrokes, {waited / PAIRS:.2f} s of page waits a pair")
