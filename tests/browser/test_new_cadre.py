"""Registering a cadre: who may be known already is named, and the box that says it is another lets it through."""

from __future__ import annotations

import pytest
from installations import Enter, Site
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
ANOTHER = "Đây là người khác, vẫn lập hồ sơ mới"


def test_at_the_desk_the_box_comes_with_the_warning_and_goes_with_the_name(site: Site, opened: Enter) -> None:
    site.world.dossier("Nông Văn Dền", number="BTC.0707", birth_date="05/08/1961")
    paper = site.world.paper()
    page = opened(site, "clerk")
    page.goto(f"/ban-duyet/{paper}")
    page.get_by_role("button", name="Cán bộ mới…").click()
    dialog = page.get_by_role("dialog", name="Đăng ký cán bộ và lập hồ sơ")
    box = dialog.get_by_label(ANOTHER)
    dialog.get_by_label("Họ và tên").fill("Nông Văn Dền")
    dialog.get_by_label("Số hồ sơ").fill("BTC.0708")
    expect(box).to_be_hidden()
    dialog.get_by_role("button", name="Lập hồ sơ và chọn").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Nông Văn Dền, 05/08/1961, số BTC.0707")
    expect(box).to_be_focused()
    dialog.get_by_label("Họ và tên").press_sequentially("g")
    expect(box).to_be_hidden()
    dialog.get_by_label("Họ và tên").press("Backspace")
    dialog.get_by_role("button", name="Lập hồ sơ và chọn").click()
    box.check()
    dialog.get_by_role("button", name="Lập hồ sơ và chọn").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("[data-persons] .person").filter(has_text="BTC.0708").get_by_role("radio")).to_be_checked()


def test_the_form_names_the_namesake_beside_the_box(site: Site, opened: Enter) -> None:
    site.world.dossier("Lường Thị Ngát", number="BTC.0807", birth_date="27/07/1980")
    page = opened(site, "officer")
    page.goto("/ho-so/moi")
    page.get_by_label("Họ và tên khai sinh").fill("Lường Thị Ngát")
    page.get_by_label("Số hồ sơ").fill("BTC.0808")
    page.get_by_label("Đơn vị quản lý hồ sơ").select_option(str(site.world.units["D-BTC"]))
    expect(page.get_by_label(ANOTHER)).to_have_count(0)
    page.get_by_role("button", name="Đăng ký").click()
    page.locator("[data-error-summary] a").click()
    expect(page.get_by_label(ANOTHER)).to_be_focused()
    page.get_by_label(ANOTHER).check()
    page.get_by_role("button", name="Đăng ký").click()
    expect(page.locator("body")).to_contain_text("Đã đăng ký Lường Thị Ngát, hồ sơ số BTC.0808.")
