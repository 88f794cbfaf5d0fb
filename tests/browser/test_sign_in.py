"""Signing in as a person meets it: a phone's code, the browser's own passkey, a fresh proof in the middle of work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyotp
import pytest
from chromium import LARGE, SMALL, overflow, sign_in
from factories import PASSWORD, FakeClock, copied_world
from installations import Enter, Site, pages_of
from playwright.sync_api import Page, expect
from test_pages import _faults

from oms.services.house import House

pytestmark = pytest.mark.browser


@pytest.fixture
def strict(world_template: Path, tmp_path: Path) -> Iterator[Site]:
    """A site opened by its host name, where everybody has to have a second factor."""
    world = copied_world(world_template, tmp_path / "home", FakeClock())
    world.house = House(replace(world.house.settings, second_factor=("*",)))
    with pages_of(world) as served:
        yield Site(served.base.replace("127.0.0.1", "localhost"), world)
    world.house.database.close()


def virtual_key(page: Page) -> None:
    """A passkey that Chromium plays: it stores its owner, and its owner gives the PIN each time."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "usb", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_is_added_signs_in_and_proves_again(strict: Site, opened: Enter) -> None:
    page = opened(strict)
    virtual_key(page)
    sign_in(page, "admin", PASSWORD)
    expect(page).to_have_url(re.compile("/tai-khoan/yeu-to$"))
    page.get_by_label("Tên để nhận ra khoá").fill("Khoá USB trong két của Văn phòng Tỉnh uỷ")
    page.get_by_role("button", name="Thêm khoá bảo mật").click()
    expect(page.locator(".recovery-codes li")).to_have_count(10)
    page.get_by_role("link", name="Đã cất, tiếp tục").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    _sign_out(page)
    page.get_by_role("button", name="Đăng nhập bằng khoá bảo mật").click()  # no name, no password
    page.wait_for_url(re.compile(r"^(?!.*/dang-nhap)"))
    _sign_out(page)
    _password(page, "admin")
    page.get_by_role("button", name="Dùng khoá bảo mật").click()
    page.wait_for_url(re.compile(r"^(?!.*/dang-nhap)"))

    page.goto("/quan-tri/tai-khoan")
    strict.world.clock.forward(minutes=11)
    page.locator("#f-username").fill("can.bo.moi")
    page.locator("#f-display_name").fill("Công Tằng Tôn Nữ «Diễm» Quỳnh")
    page.locator("#f-role").select_option("leader")
    page.locator("#f-unit_id").select_option(label="Tỉnh uỷ")
    page.get_by_role("button", name="Lập tài khoản").click()
    expect(page.get_by_role("heading", name="Xác nhận lại là anh/chị")).to_be_visible()
    page.get_by_role("button", name="Dùng khoá bảo mật").click()
    expect(page.get_by_text("Đã lập tài khoản")).to_be_visible()
    expect(page.get_by_text("Công Tằng Tôn Nữ «Diễm» Quỳnh").first).to_be_visible()
    verbs = [row[:2] for row in strict.world.journal()]
    for verb in ("factor:add", "factor:recovery", "session:step-up", "account:create"):
        assert (verb, "done") in verbs


def _password(page: Page, username: str) -> None:
    """The first step of somebody who owes a second."""
    page.get_by_label("Tên đăng nhập").fill(username)
    page.get_by_label("Mật khẩu", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/dang-nhap/buoc-hai")


def _sign_out(page: Page) -> None:
    page.locator("summary", has=page.locator("span")).first.click()
    page.get_by_role("button", name="Đăng xuất").click()
    page.wait_for_url("**/dang-nhap")


def test_a_phone_is_added_and_its_code_asked_for(strict: Site, opened: Enter) -> None:
    page = opened(strict)
    sign_in(page, "clerk", PASSWORD)
    assert _faults(page, "/tai-khoan/yeu-to") == []
    page.get_by_text("Không quét được?").click()
    phone = pyotp.TOTP(page.locator(".secret-text").inner_text().replace(" ", ""))
    page.get_by_label("Mã 6 số trên điện thoại").fill(phone.at(strict.world.clock.at))
    page.get_by_role("button", name="Thêm điện thoại").click()
    expect(page.locator(".recovery-codes code")).to_have_count(10)
    codes = page.locator(".recovery-codes code").all_inner_texts()
    assert overflow(page) == 0
    page.get_by_role("link", name="Đã cất, tiếp tục").click()
    assert _faults(page, "/tai-khoan") == []
    _sign_out(page)
    _password(page, "clerk")
    assert _faults(page, "/dang-nhap/buoc-hai") == []
    page.get_by_label("Mã 6 số trên điện thoại").fill("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").first).to_contain_text("Mã không đúng")
    page.wait_for_load_state("load")  # a press while the letters still change their shape may fall beside the line
    page.get_by_text("Không có điện thoại, khoá bảo mật bên mình?").click()
    page.get_by_label("Một mã khôi phục").fill(codes[0])
    page.keyboard.press("Enter")
    expect(page.get_by_text("Đã dùng một mã khôi phục")).to_be_visible()
    strict.world.clock.forward(minutes=11)
    assert _faults(page, "/xac-nhan-lai?next=/tai-khoan") == []


def test_an_address_of_numbers_says_why_no_passkey_works_there(site: Site, opened: Enter) -> None:
    page = opened(site, "clerk")
    page.goto("/tai-khoan/yeu-to")
    expect(page.get_by_text("trang đang mở bằng địa chỉ số (IP)")).to_be_visible()
    expect(page.get_by_text("đặt tên cho máy chủ trong mạng")).to_be_visible()
    page.set_viewport_size({"width": LARGE[0], "height": LARGE[1]})
    assert overflow(page) == 0
    page.set_viewport_size({"width": SMALL[0], "height": SMALL[1]})
    page.context.clear_cookies()
    page.goto("/dang-nhap")
    expect(page.get_by_role("button", name="Đăng nhập bằng khoá bảo mật")).to_have_count(0)


def test_the_door_speaks_both_languages(site: Site, opened: Enter) -> None:
    page = opened(site)
    page.goto("/dang-nhap")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="Tiếng Việt").click()
    expect(page.get_by_role("heading", name="Đăng nhập")).to_be_visible()
