"""The pages of the exchange in a real browser: partners trusted, a package sent and taken in, between two installations
on loopback whose workers and HTTPS servers are processes of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe import findings
from chromium import LARGE, SMALL, overflow
from exchange_running import free_port, running
from exchanging import card_of, filled, second_world, trust
from factories import World, copied_world
from installations import Enter, Site, WallClock, pages_of
from playwright.sync_api import Page, expect

from oms.services import exchange_partners
from oms.store import packages

pytestmark = pytest.mark.browser
LONG = "Công Tằng Tôn Nữ Hoàng Diễm Quỳnh Như Nguyệt"
COMES = 90_000
"""Milliseconds for what other processes do: seal, post, check in a sandbox, answer."""


@dataclass(frozen=True)
class Both:
    """The sender's site and the receiver's, and where their HTTPS servers listen."""

    here: Site
    there: Site
    ports: tuple[int, int]


@pytest.fixture
def both(world_template: Path, tmp_path: Path) -> Iterator[Both]:
    """Two installations by the time of day; the second trusts the first and knows its address already."""
    here = copied_world(world_template, tmp_path / "here", WallClock())
    there = second_world(world_template, tmp_path / "there")
    there.clock = WallClock()
    ports = free_port(), free_port()
    card_of(there)
    trust(there, card_of(here))
    admin = there.who("admin")
    with there.work(admin) as uow:
        (known,) = packages.active(uow.session)
        exchange_partners.set_address(uow, admin, known.id, f"https://127.0.0.1:{ports[0]}", there.clock())
    with ExitStack() as sites:
        yield Both(sites.enter_context(pages_of(here)), sites.enter_context(pages_of(there)), ports)
    here.house.database.close()
    there.house.database.close()


def whole(page: Page) -> None:
    """The page fits both windows and has no serious fault."""
    for width, height in (LARGE, SMALL):
        page.set_viewport_size({"width": width, "height": height})
        assert overflow(page) == 0
    found = findings(page)
    assert found == [], [(each["id"], each["nodes"][0]["html"][:120]) for each in found]


def until_there(page: Page, words: str) -> None:
    """Looks again until another process has done what is waited for."""
    for _ in range(COMES // 1000):
        if page.get_by_text(words).count():
            return
        page.wait_for_timeout(1000)
        page.reload()
    raise AssertionError(f"never: {words}")


def partners(both: Both, opened: Enter, card: bytes) -> None:
    """The administrator adds the other side from its card, a second person approves, the address is written."""
    admin = opened(both.here, "admin")
    admin.goto("/trao-doi/doi-tac")
    expect(admin.locator("#partners")).to_contain_text("Chưa có đối tác nào")
    expect(admin.locator("nav [aria-current=page]").first).to_contain_text("Quản trị")
    whole(admin)
    broken = {"name": "the.json", "mimeType": "application/json", "buffer": card.replace(b"Q", b"X", 1)}
    for sent in (broken, broken | {"buffer": card}):
        admin.get_by_label("Tệp thẻ của đối tác").set_input_files(sent)  # type: ignore[arg-type]
        admin.get_by_label("Lý do").fill("trao đổi hồ sơ giữa hai tỉnh")
        admin.get_by_role("button", name="Thêm và đề nghị duyệt").click()
        if sent is broken:
            expect(admin.locator(".error-summary")).to_be_focused()
    expect(admin.locator("main")).to_contain_text("Tin cậy đối tác trao đổi")
    second = opened(both.here, "security")
    second.goto(admin.url.removeprefix(both.here.base))
    expect(second.locator("main")).to_contain_text("Gọi điện trước khi duyệt")
    whole(second)
    second.get_by_role("button", name="Duyệt và thực hiện").click()
    expect(second.locator("main")).to_contain_text("Đã duyệt")
    admin.goto("/trao-doi/doi-tac")
    admin.get_by_label(re.compile("Địa chỉ máy chủ của")).fill(f"https://127.0.0.1:{both.ports[1]}")
    admin.get_by_role("button", name="Ghi", exact=True).click()
    expect(admin.locator("main")).to_contain_text("Đã ghi địa chỉ")
    whole(admin)


def sent_by(page: Page) -> str:
    """The officer makes a package; its number."""
    page.goto("/trao-doi")
    expect(page.locator("#packages")).to_contain_text("Chưa có gói nào")
    whole(page)
    page.get_by_role("link", name="Lập gói gửi đi").click()
    expect(page.get_by_label("Mã đơn vị nhận")).to_be_visible()
    whole(page)
    page.get_by_label("Đối tác").select_option(index=1)
    page.get_by_label("Mã đơn vị nhận").fill("D-BTC")
    page.get_by_label("Mục đích").select_option("bo_nhiem")
    page.get_by_label("Lý do").fill("phối hợp quản lý cán bộ hai tỉnh")
    page.get_by_role("button", name="Lập, ký và niêm phong gói").click()
    expect(page.locator(".error-summary")).to_be_focused()
    expect(page.get_by_label("Lý do")).to_have_value("phối hợp quản lý cán bộ hai tỉnh")
    page.get_by_label("Căn cứ pháp lý").fill("Quy chế phối hợp số 01-QC/TU")
    page.get_by_role("button", name="Lập, ký và niêm phong gói").click()
    expect(page.locator("h1")).to_contain_text("TD-")
    whole(page)
    return page.locator("h1").inner_text().split()[1]


def taken_by(page: Page, number: str) -> None:
    """The receiving officer sees it waiting at home and in the list, looks at it and takes all of it in."""
    until_there(page, "gói trao đổi đến chờ xử lý")
    page.get_by_role("link", name=re.compile("gói trao đổi đến chờ xử lý")).click()
    expect(page.locator("#waiting")).to_be_visible()
    whole(page)
    page.locator("#waiting").get_by_role("link", name=number).click()
    expect(page.get_by_role("heading", name=re.compile(LONG))).to_be_visible()
    whole(page)
    page.get_by_label("Số hồ sơ mới").fill("N-1")
    page.get_by_role("button", name="Nhận tất cả vào hồ sơ").click()
    expect(page.locator("h1")).to_contain_text("Đã nhận vào hồ sơ")
    expect(page.get_by_role("link", name=f"N-1 – {LONG}")).to_be_visible()
    whole(page)


def test_a_package_goes_from_page_to_page_over_https(both: Both, opened: Enter) -> None:
    partners(both, opened, card_of(both.there.world))
    _open(both.here.world)
    with ExitStack() as processes:
        for site, port in zip((both.here, both.there), both.ports, strict=True):
            serve = running(site.world, "exchange-serve", OMS_EXCHANGE_PORT=str(port))
            processes.enter_context(serve)
            processes.enter_context(running(site.world, "watch", "--every", "0.5"))
        sender, receiver = opened(both.here, "officer"), opened(both.there, "officer")
        number = sent_by(sender)
        until_there(sender, "Gói đã đến máy chủ của bên nhận")
        taken_by(receiver, number)
        until_there(sender, "Bên nhận đã nhận")
    whole(sender)
    sender.goto("/trao-doi")
    expect(sender.locator("#packages")).to_contain_text(number)
    whole(sender)


def _open(world: World) -> None:
    filled(world, name=LONG)
