"""One case as the office runs it: received, drafted, asked about, approved, issued, until the record says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from agency_key import AGENCY, key_file, settings_with_key
from factories import FakeClock, World, copied_world
from installations import Enter, Site, pages_of
from playwright.sync_api import Page, expect
from scanning_paper import DECISION, draw

from oms.services import health, reading, signatures
from oms.store import cases as store
from oms.store.tables import Document

pytestmark = [pytest.mark.browser, pytest.mark.ocr]

PERSON = "Đặng Hữu Khoát"
TITLE = "Bổ nhiệm ông Đặng Hữu Khoát giữ chức Phó Trưởng phòng Tổ chức cán bộ"
POST = "Phó Trưởng phòng Tổ chức cán bộ"


@pytest.fixture
def office(world_template: Path, tmp_path: Path) -> Iterator[Site]:
    """The pages over a world whose agency has its key."""
    world = copied_world(world_template, tmp_path / "home", FakeClock())
    key_file(world.house.settings.keys)
    world.house.settings = settings_with_key(world, OMS_ZONE="isolated_lan", OMS_SECOND_FACTOR="optional")
    with pages_of(world) as served:
        yield served
    world.house.database.close()


def test_a_case_from_receipt_to_the_changed_record(office: Site, opened: Enter, tmp_path: Path) -> None:
    world = office.world
    dossier = world.dossier(PERSON, birth_date="18/02/1968").dossier.id
    draft = tmp_path / "Dự thảo quyết định.pdf"
    draw(DECISION).save(draft, resolution=200)

    officer, adviser = opened(office, "officer"), opened(office, "officer2")
    case = _received(officer, dossier)
    for step in ("Bút phê", "Chuyển xử lý", "Dự thảo"):
        _forward(officer)
        expect(officer.locator("[aria-current=step]")).to_contain_text(step)
    _drafted(officer, draft)
    _asked_and_answered(officer, adviser, case)
    _forward(officer)
    _forward(officer, to="Người thử leader")
    leader = opened(office, "leader")
    _approved(leader, case)
    _issued(officer, case)
    paper = _read_by_machine(world, case)
    change = _change_put_up(officer, dossier, case)
    _decided(adviser, change)
    _read_in_the_record(leader, dossier, paper)
    _verify(world, case)


def _received(page: Page, dossier: str) -> str:
    """At the door, with every paper the procedure asks for; the case's id."""
    page.goto(f"/ho-so-cong-viec/tiep-nhan?thu-tuc=bo_nhiem&ho-so={dossier}")
    page.get_by_label("Tên việc").fill(TITLE)
    for box in page.locator(".papers-form input[type=checkbox]").all():
        box.check()
    page.get_by_role("button", name="Tiếp nhận", exact=True).click()
    page.wait_for_url(re.compile("/ho-so-cong-viec/[0-9a-f]{32}"))
    found = re.search("[0-9a-f]{32}", page.url)
    assert found is not None
    page.goto(f"/ho-so-cong-viec/{found.group()}")
    expect(page.get_by_role("heading", level=1)).to_contain_text(TITLE)
    return found.group()


def _forward(page: Page, to: str = "") -> None:
    if to:
        page.locator("#f-to_account-forward").select_option(label=to)
    page.get_by_role("button", name="Chuyển bước sau").click()
    expect(page.locator(".flash, [role=status]").first).to_be_visible()


def _drafted(page: Page, draft: Path) -> None:
    page.get_by_text("Đính dự thảo").click()
    page.get_by_label("Tệp PDF").set_input_files(draft)
    page.get_by_role("button", name="Đính", exact=True).click()
    expect(page.get_by_role("link", name=draft.name)).to_be_visible()


def _asked_and_answered(page: Page, adviser: Page, case: str) -> None:
    page.locator("#move-opinions summary").click()
    page.get_by_label("Người thử officer2").check()
    page.get_by_label("Hỏi gì").fill("Có đúng quy hoạch không?")
    page.get_by_role("button", name="Gửi xin ý kiến").click()
    expect(page.get_by_text("chờ trả lời")).to_be_visible()
    adviser.goto(f"/ho-so-cong-viec/{case}")
    adviser.get_by_label("Ý kiến của tôi").select_option(label="Đồng ý")
    adviser.get_by_role("button", name="Gửi ý kiến").click()
    expect(adviser.get_by_text("chờ trả lời")).to_have_count(0)
    page.reload()


def _approved(page: Page, case: str) -> None:
    """By another person than all who made it; the draft is signed with the agency's key."""
    page.goto(f"/ho-so-cong-viec/{case}")
    page.get_by_label("Chuyển tiếp cho").select_option(label="Người thử officer")
    page.get_by_label("Ý kiến phê duyệt").fill("Đồng ý ban hành")
    page.get_by_role("button", name="Phê duyệt").click()
    expect(page.get_by_text("Đã ký", exact=True)).to_be_visible()


def _issued(page: Page, case: str) -> None:
    page.goto(f"/ho-so-cong-viec/{case}")
    page.get_by_role("link", name="Phát hành kết quả").click()
    expect(page.get_by_text("Đã ký số")).to_be_visible()
    page.get_by_role("button", name="Phát hành", exact=True).click()
    expect(page.locator("#f-number-error")).to_be_visible()
    page.get_by_label("Số văn bản").fill("417-QĐ/BTCTU")
    page.get_by_role("button", name="Phát hành", exact=True).click()
    expect(page.get_by_role("heading", name="Văn bản đã phát hành")).to_be_visible()


def _read_by_machine(world: World, case: str) -> str:
    """What the worker does meanwhile; the paper's id."""
    with world.work() as uow:
        found = uow.session.get_one(store.Case, case).document_id
        assert found is not None
        scan = uow.session.get_one(Document, found).scan_id
    assert reading.read_scan(world.house, scan, world.clock)
    assert signatures.check_scan(world.house, scan, world.clock) == 1
    world.index()
    return found


def _change_put_up(page: Page, dossier: str, case: str) -> str:
    """The change begins from the paper and starts with its number and day; the change's address."""
    page.goto(f"/ho-so/{dossier}")
    page.get_by_label("Mục đích").select_option(index=1)
    page.get_by_label("Lý do cụ thể").fill("ghi chức vụ mới theo quyết định vừa phát hành")
    page.get_by_role("button", name="Mở hồ sơ").click()
    page.wait_for_load_state()
    page.goto(f"/ho-so-cong-viec/{case}/phat-hanh")
    page.get_by_role("button", name="Lập phiếu thay đổi").click()
    page.get_by_role("link", name="Chức vụ đã và đang giữ").click()
    expect(page.locator("[name='value.decision_no']")).to_have_value("417-QĐ/BTCTU")
    expect(page.get_by_label("Giấy tờ làm căn cứ")).not_to_have_value("")
    page.locator("[name='other.position']").fill(POST)
    page.get_by_role("button", name="Ghi vào phiếu").click()
    page.get_by_role("button", name="Trình duyệt").click()
    expect(page.get_by_text("Người thứ hai sẽ duyệt")).to_be_visible()
    return page.url


def _decided(page: Page, change: str) -> None:
    page.goto(change)
    page.get_by_role("button", name="Duyệt mọi mục còn lại").click()
    expect(page.get_by_text("Đã duyệt", exact=True)).to_be_visible()


def _read_in_the_record(page: Page, dossier: str, paper: str) -> None:
    """The new post stands in the record, and its mark opens the issued paper."""
    page.goto(f"/ho-so/{dossier}")
    page.get_by_label("Mục đích").select_option(index=1)
    page.get_by_label("Lý do cụ thể").fill("xem chức vụ mới của cán bộ")
    page.get_by_role("button", name="Mở hồ sơ").click()
    page.wait_for_load_state()
    page.goto(f"/ho-so/{dossier}?the=qua-trinh")
    line = page.locator("tr, li, dd", has_text=POST).last
    expect(line).to_be_visible()
    page.locator(f"a[href*='{paper}']").first.click()
    page.wait_for_url(re.compile(paper))
    page.wait_for_function("() => document.querySelector('figure img')?.naturalWidth > 0")
    expect(page.get_by_text(AGENCY).first).to_be_visible()


def _verify(world: World, case: str) -> None:
    with world.work() as uow:
        ended = uow.session.get_one(store.Case, case)
        assert ended.state == "issued" and ended.change_id and ended.document_id
    done = [verb for verb, outcome, _id in world.journal() if outcome == "done"]
    steps = ("case:receive", "case:draft", "case:ask", "case:say", "case:approve", "document:file", "case:issue")
    places = [done.index(verb) for verb in (*steps, "change:create", "change:submit", "change:decide")]
    assert places == sorted(places)
    assert health.check(world.house) == []
