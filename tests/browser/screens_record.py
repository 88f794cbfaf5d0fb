"""The walks through the structured record for ``screens.py``: its desks as an officer, a leader and an administrator
see them in the demonstration.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from playwright.sync_api import Page

if TYPE_CHECKING:
    from screens import Camera

PERSON = "BTC.0031"
"""The dossier whose record is shown: it has a change that waits, and a request of the person."""

QUESTION = """{"version":1,"on":"","root":{"join":"all","negated":false,"parts":[
{"what":"sex","op":"in","codes":"nu"},{"what":"age","op":"lt","value":"40"},
{"what":"qualification","op":"ge","code":"thac_si"},{"what":"theory","op":"ge","code":"cao_cap"},
{"what":"planned","op":"no"}]}}"""
"""Women under 40, master's degree or higher, advanced theory, not planned: as the demonstration's saved question."""


def _dossier(page: Page, number: str) -> str:
    """Opens a dossier for a purpose; returns its address."""
    page.goto(f"/ho-so?ten={number}")
    page.locator("table a.row-link").first.click()
    page.wait_for_url(re.compile("/ho-so/[0-9a-f]{32}"))
    address = page.url.partition("?")[0]
    if page.get_by_label("Lý do cụ thể").count():
        page.get_by_label("Mục đích").select_option("quy_hoach")
        page.get_by_label("Lý do cụ thể").fill("Rà soát quy hoạch theo yêu cầu của Ban Thường vụ")
        page.get_by_role("button", name="Mở hồ sơ").click()
        page.wait_for_load_state("networkidle")
    return address


def _first(page: Page, desk: str) -> bool:
    """Goes to a desk and opens its first line; False when it has none."""
    page.goto(desk)
    line = page.locator("main table tbody a").first
    if not line.count():
        return False
    line.click()
    page.wait_for_url(re.compile(re.escape(desk.partition("?")[0]) + "/.+"))
    return True


def _pages(camera: Camera, **addresses: str) -> None:
    """Takes each address under its name; underscores become dashes."""
    for name, address in addresses.items():
        camera.page.goto(address)
        camera.take(name.replace("_", "-"))


def officer(camera: Camera) -> None:
    """The record of one person, its forms and changes; yearly supplements, requests; transfers; lists and reports."""
    page = camera.page
    at = _dossier(page, PERSON)
    _pages(
        camera,
        record=f"{at}?the=tong-quan",
        record_life=f"{at}?the=qua-trinh",
        record_family=f"{at}?the=gia-dinh",
        record_papers=f"{at}?the=giay-to",
        record_taking=f"{at}/dua-vao",
        record_confirming=f"{at}/xac-nhan",
        record_compare=f"{at}/doi-chieu",
        record_changes=f"{at}/thay-doi",
        profile=f"{at}/trich-doc",
        changes="/thay-doi",
        supplements="/bo-sung",
        requests="/yeu-cau-can-bo",
        lacking="/luu-giu/thanh-phan",
        transfers="/luu-giu/chuyen-giao",
        disposals="/luu-giu/luu-giu-tieu-huy",
        lists="/danh-muc",
        list_rules="/danh-muc/quy_tac",
        list_others="/ngoai-danh-muc",
        units="/don-vi?moi_luc=1",
        rosters="/trich-ngang",
        report_numbers="/bao-cao",
        report_structure="/bao-cao?loai=structure",
        dues="/den-han",
    )
    for name, desk in (
        ("supplement", "/bo-sung"),
        ("request", "/yeu-cau-can-bo"),
        ("transfer", "/luu-giu/chuyen-giao"),
        ("due", "/den-han"),
    ):
        if _first(page, desk):
            camera.take(name)
    page.goto("/trich-ngang")
    page.get_by_role("button", name="Xem danh sách").click()
    camera.take("roster")


def keeper(camera: Camera) -> None:
    """The shelf of the government block: loans, a stocktake half counted, a register brought in."""
    page = camera.page
    _pages(camera, loans="/luu-giu/muon-tra", stocktakes="/luu-giu/kiem-ke", imports="/nhap-danh-sach")
    for name, desk in (
        ("loan", "/luu-giu/muon-tra"),
        ("stocktake", "/luu-giu/kiem-ke"),
        ("import", "/nhap-danh-sach"),
    ):
        if _first(page, desk):
            camera.take(name)
    at = _dossier(page, "SNV.0031")
    _pages(camera, keeping=at.replace("/ho-so/", "/luu-giu/ho-so/"))


def commune(camera: Camera) -> None:
    """A record as it looks without permission for the sensitive groups."""
    page = camera.page
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(f"{_dossier(page, 'D-VK.0099')}?the=tong-quan")
    page.locator(".masked").first.evaluate("masked => masked.scrollIntoView({block: 'center'})")
    camera.take("record-masked", [(1366, 768)])


def leader(camera: Camera) -> None:
    """A change that waits for its second person, and a question asked of the whole province."""
    if _first(camera.page, "/thay-doi"):
        camera.take("change")
    camera.page.goto(f"/tieu-chi?{urlencode({'tieu_chi': QUESTION})}")
    camera.take("criteria")


def admin(camera: Camera) -> None:
    """Units and their successions, a list being changed."""
    _pages(camera, unit_change="/don-vi/thay-doi", unit_acts="/don-vi/quyet-dinh", list_change="/danh-muc/hoc_ham/dong")


WALKS: dict[str, Callable[[Camera], None]] = {
    "canbo.tochuc": officer,
    "canbo.noivu": keeper,
    "lanhdao.tinh": leader,
    "lanhdao.xa": commune,
    "quantri": admin,
}
