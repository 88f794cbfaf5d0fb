"""The pages of consultations, emergencies and notices: whole, readable, reachable; the reader by keyboard alone."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from consulting import approved, as_now, asked, prepared
from factories import World
from installations import Enter, Site
from playwright.sync_api import expect
from test_pages import _faults

from oms.services import consultation_reading, consultations, emergencies
from oms.services.emergencies import Asked

pytestmark = pytest.mark.browser

NAME = "Công Tằng Tôn Nữ Hoàng Diễm Quỳnh"


@dataclass(frozen=True)
class Filled:
    """Where each thing is."""

    running: str
    prepared: str
    waiting: str
    dossier: str
    documents: tuple[str, ...]
    emergency: str


def fill(world: World) -> Filled:
    """A dossier of another block; a study that waits, one before the head, one that runs, one in the register."""
    row = world.dossier(NAME, secrecy=1, birth_date="1979-03-08", position="Phó Trưởng ban Tổ chức Tỉnh uỷ")
    texts = (
        "QUYẾT ĐỊNH\nVề việc điều động, bổ nhiệm bà giữ chức vụ Phó Trưởng ban Tổ chức Tỉnh uỷ, Bí thư Đảng uỷ xã",
        "QUYẾT ĐỊNH\nVề việc khen thưởng",
        "SƠ YẾU LÝ LỊCH",
    )
    documents = tuple(world.filed(row, text, pages=2) for text in texts)
    running = approved(world, row.dossier.id, *documents[:2])
    over = approved(world, row.dossier.id, documents[2])
    reader = as_now(world, "officer.gov")
    with world.work(reader) as uow:
        for made in (running, over):
            consultation_reading.open_consultation(uow, reader, made, world.clock())
        consultations.close(uow, reader, over, world.clock())
    before_head = prepared(world, row.dossier.id, *documents)
    waiting = asked(world, person=NAME)
    urgent = world.dossier("Vi Thị Kín", secrecy=1)
    world.filed(urgent)
    low = as_now(world, "leader.low")
    with world.work(low) as uow:
        words = Asked(world.units["D-BTC"], urgent.dossier.number, "đoàn kiểm tra yêu cầu ngay trong buổi sáng")
        emergency = emergencies.open_emergency(uow, low, words, world.clock())
    return Filled(running, before_head, waiting, row.dossier.id, documents, emergency.id)


def pages(filled: Filled) -> dict[str, tuple[str, ...]]:
    """The addresses of each person."""
    own = f"/nghien-cuu/{filled.running}"
    return {
        "officer.gov": (
            "/nghien-cuu",
            "/nghien-cuu/moi",
            own,
            f"{own}/tai-lieu/{filled.documents[0]}",
            "/thong-bao",
        ),
        "officer": (
            f"/nghien-cuu/chuan-bi/{filled.waiting}",
            f"/nghien-cuu/chuan-bi/{filled.waiting}?ho_so={filled.dossier}",
            "/nghien-cuu/so",
        ),
        "leader": ("/nghien-cuu/duyet", f"/nghien-cuu/duyet/{filled.prepared}"),
        "leader.low": ("/khan-cap",),
        "security": ("/hau-kiem-khan-cap", f"/hau-kiem-khan-cap/{filled.emergency}"),
    }


@pytest.fixture(scope="module")
def filled(site: Site) -> Filled:
    return fill(site.world)


@pytest.mark.parametrize("who", ["officer.gov", "officer", "leader", "leader.low", "security"])
def test_every_page_is_whole_readable_and_reachable(filled: Filled, opened: Enter, site: Site, who: str) -> None:
    page = opened(site, who)
    assert [fault for path in pages(filled)[who] for fault in _faults(page, path)] == []


def test_papers_given_are_read_by_keys_and_nothing_goes_onto_paper(filled: Filled, opened: Enter, site: Site) -> None:
    page = opened(site, "officer.gov")
    page.goto(f"/nghien-cuu/{filled.running}/tai-lieu/{filled.documents[0]}")
    first = page.get_by_role("img", name="Ảnh trang 1")
    expect(first).to_have_js_property("complete", True)
    assert first.evaluate("image => image.naturalWidth") > 0
    page.emulate_media(media="print")
    expect(first).to_be_hidden()
    expect(page.get_by_text("Tài liệu đang nghiên cứu không được in.")).to_be_visible()
    page.emulate_media(media="screen")
    page.keyboard.press("]")
    page.wait_for_url(f"**/tai-lieu/{filled.documents[1]}")
    page.keyboard.press("Escape")
    page.wait_for_url(f"**/nghien-cuu/{filled.running}")
