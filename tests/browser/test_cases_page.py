"""Cases in a real browser: every page whole and readable, one worked on by keyboard alone, and without scripts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from factories import World
from installations import Enter, Site
from office import APPOINT, case, go, publish, receive
from playwright.sync_api import expect
from test_pages import _faults

from oms.domain.procedures import Paper
from oms.services import case_opinions

pytestmark = pytest.mark.browser
LONG = (
    "Về việc điều động, bổ nhiệm Công Tằng Tôn Nữ Hoàng Diễm Quỳnh giữ chức Phó Trưởng ban Tổ chức Tỉnh uỷ nhiệm kỳ mới"
)
PAPERS = (
    Paper("Tờ trình của cấp uỷ đề nghị", "to_trinh"),
    Paper("Bản sao quyết định bổ nhiệm gần nhất có chứng thực của cơ quan quản lý", copies=2),
)
LIST = "/ho-so-cong-viec"


@dataclass(frozen=True)
class Filled:
    """A site with cases of every kind, and where some of them are."""

    site: Site
    main: str
    lacking: str
    late: str
    dossier: str


@pytest.fixture(scope="module")
def filled(site: Site) -> Filled:
    """A long case with opinions, one that lacks papers, one that is late with its reason, a secret one."""
    world = site.world
    publish(world, replace(APPOINT, papers=PAPERS))
    publish(world, replace(APPOINT, code="nhanh", title="Xác nhận thời gian công tác", days=2, papers=()))
    dossier = world.dossier("Công Tằng Tôn Nữ Hoàng Diễm Quỳnh").dossier.id
    all_came = {0: 1, 1: 2}
    main = receive(world, title=LONG, papers=all_came, dossier_id=dossier, requester="Đảng uỷ xã").id
    for number in range(13):
        receive(world, title=f"Bổ nhiệm lại lần {number}", papers=all_came)
    late = receive(world, code="nhanh", papers={}, title="Xác nhận thời gian giữ chức vụ").id
    lacking = receive(world, papers={}, lacking=True, title="Bổ nhiệm, còn thiếu giấy").id
    receive(world, papers=all_came, secrecy=1, title="Việc mật của đơn vị")
    _ask(world, main)
    world.clock.forward(days=5)
    go(world, "officer", late, act="explain_late", words="chờ Ban Thường vụ họp kỳ cuối tháng cho ý kiến")
    return Filled(site, main, lacking, late, dossier)


def _ask(world: World, case_id: str) -> None:
    officer, version = world.who("officer"), case(world, case_id).version
    persons = [world.who(name).account_id for name in ("officer2", "leader")]
    with world.work(officer) as uow:
        case_opinions.ask(uow, officer, case_id, version, persons, "Có đúng quy hoạch không?", None, world.clock())


def test_every_page_of_cases_is_whole_readable_and_reachable(filled: Filled, opened: Enter) -> None:
    page = opened(filled.site, "officer")
    officer = filled.site.world.who("officer").account_id
    paths = ["", "?xem=don-vi", "?xem=qua-han", "?xem=da-ket-thuc", "?xem=mat", "/bang", "/tiep-nhan", "/ban-giao"]
    paths += [f"/tiep-nhan?thu-tuc=thu_nghiem&ho-so={filled.dossier}", f"/ban-giao?nguoi={officer}"]
    paths += [f"/{each}" for each in (filled.main, filled.lacking, filled.late, f"{filled.main}/phieu-nhan")]
    assert [fault for path in paths for fault in _faults(page, LIST + path)] == []


def test_a_case_is_moved_by_keyboard_alone(filled: Filled, opened: Enter) -> None:
    page = opened(filled.site, "officer")
    page.goto(f"{LIST}?tim=lần+3")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ho-so-cong-viec/*")
    page.wait_for_load_state("networkidle")
    suspend = page.locator("#move-suspend")
    suspend.locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(suspend.locator("textarea")).to_be_focused()
    page.keyboard.type("ừ")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".error-summary")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#f-reason-suspend")).to_be_focused()
    expect(page.locator("#f-reason-suspend")).to_have_value("ừ")
    page.keyboard.press("Control+a")
    page.keyboard.type("chờ kết luận thanh tra")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".case-line")).to_contain_text("đồng hồ dừng")
    expect(page.locator(".timeline")).to_contain_text("chờ kết luận thanh tra")


def test_a_case_is_received_and_moved_without_scripts(filled: Filled, opened: Enter) -> None:
    page = opened(filled.site, "clerk", scripts=False)
    page.goto(f"{LIST}/tiep-nhan")
    page.get_by_role("link", name="Bổ nhiệm thử nghiệm").click()
    page.get_by_label("Tên việc").fill(LONG)
    for box in page.locator(".papers-form input[type=checkbox]").all():
        box.check()
    page.get_by_role("button", name="Tiếp nhận", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(LONG)
    page.get_by_role("button", name="Chuyển bước sau").click()
    expect(page.locator("[aria-current=step]")).to_contain_text("Bút phê")
    page.locator("#move-withdraw summary").click()
    page.get_by_label("Lý do rút").fill("người đề nghị rút đơn")
    page.locator("#move-withdraw").get_by_role("button", name="Rút").click()
    expect(page.locator(".case-line")).to_contain_text("Đã rút")
