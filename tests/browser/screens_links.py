"""The walks through links and exchange for ``screens.py``: pairs, differences, one person; partners and packages.

Pictures of packages are taken where there is a partner in force, as two installations that trust each other have it
(docs/operators.md, *Exchange with other installations*); without one the lists are shown as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from playwright.sync_api import Page

if TYPE_CHECKING:
    from screens import Camera

LINKED = "BTC.0031"
"""A linked person of the demonstration with papers on both sides."""


def _state_purpose(page: Page) -> None:
    if page.get_by_label("Lý do cụ thể").count():
        page.get_by_label("Mục đích").select_option("quy_hoach")
        page.get_by_label("Lý do cụ thể").fill("Rà soát quy hoạch theo yêu cầu của Ban Thường vụ")
        page.get_by_role("button", name="Mở hồ sơ").click()
        page.wait_for_load_state("networkidle")


def leader(camera: Camera) -> None:
    """The queue, a pair with the paper of one side, differences, and the person with both sides open."""
    page = camera.page
    page.goto("/lien-ket")
    camera.take("links")
    page.goto("/lien-ket?the=da-lien-ket")
    page.locator("tr", has_text=LINKED).locator("a.row-link").click()
    page.locator("[data-link-desk][data-ready]").wait_for()
    page.keyboard.press("1")
    page.locator(".paper-sheet img").wait_for()
    camera.take("link-pair")
    page.get_by_role("link", name="Xem cả người").click()
    person = page.url
    for address in [each.get_attribute("href") or "" for each in page.locator(".link-records a").all()]:
        page.goto(address)
        _state_purpose(page)
    page.goto(person)
    camera.take("link-person")
    page.goto("/lien-ket/khac-nhau")
    camera.take("link-conflicts")
    page.locator("a.row-link").first.click()
    camera.take("link-conflict")


def officer(camera: Camera) -> None:
    """Packages, the form, and the newest package."""
    page = camera.page
    page.goto("/trao-doi")
    camera.take("exchange")
    page.goto("/trao-doi/gui")
    camera.take("exchange-send")
    page.goto("/trao-doi")
    if page.locator("#packages a.row-link").count():
        page.locator("#packages a.row-link").first.click()
        camera.take("exchange-package")


def admin(camera: Camera) -> None:
    """Partners with their keys, and our own card."""
    camera.page.goto("/trao-doi/doi-tac")
    camera.take("exchange-partners")


WALKS: dict[str, Callable[[Camera], None]] = {
    "lanhdao.tinh": leader,
    "canbo.tochuc": officer,
    "quantri": admin,
}
