"""A page turned at the desk is read again by real Tesseract; what a person had set stays, undo goes back."""

from __future__ import annotations

from io import BytesIO

import pytest
from factories import World
from scanning_paper import FORM, draw

from oms.services import desk, desk_pages, intake, reading
from oms.store import papers
from oms.store.tables import Document, Page, Scan

pytestmark = pytest.mark.ocr


def received_upside_down(world: World) -> tuple[str, str, str]:
    """A form put on the desk by a machine that was told to leave it on its head; its scan, paper and page."""
    out, clerk = BytesIO(), world.who("clerk")
    draw(FORM, 150).rotate(180).save(out, "PDF", resolution=150)
    path = world.house.settings.home / "turned.pdf"
    path.write_bytes(out.getvalue())
    file = intake.take_in(world.house.vault, path)
    with world.work(clerk) as uow:
        batch = intake.create_batch(uow, clerk, intake.NewBatch(world.units["D-BTC"], "Đợt quay"), world.clock())
        scan_id = intake.receive(uow, clerk, batch.id, file, "quay.pdf", world.clock()).scan_id
    with world.work() as uow:
        papers.pages_of_scan(uow.session, scan_id)[0].wanted_turn = 0
    assert reading.read_scan(world.house, scan_id, world.clock)
    with world.work() as uow:
        (paper,) = papers.documents_of_scan(uow.session, scan_id)
        return scan_id, paper.id, papers.pages_of_document(uow.session, paper.id)[0].id


def test_a_page_on_its_head_is_turned_read_and_taken_back(world: World) -> None:
    scan_id, paper, page_id = received_upside_down(world)
    clerk = world.who("clerk")
    with world.work() as uow:
        wrong = papers.readings(uow.session, [page_id])[page_id]["text"]
        version = uow.session.get_one(Document, paper).version
    assert "Đông Lĩnh" not in wrong
    with world.work(clerk) as uow:
        edit = desk.Edit("so_yeu_ly_lich", "Sơ yếu lý lịch")
        saved = desk.save(uow, clerk, paper, version, edit, world.clock(), desk.Typed({"ethnicity": "Tày"}))
    with world.work(clerk) as uow:
        turned = desk_pages.turn(uow, clerk, paper, saved.version, page_id, 180, world.clock())
        assert desk_pages.waiting(uow, clerk, paper) == (1, turned.version)
    assert reading.read_scan(world.house, scan_id, world.clock)
    with world.work() as uow:
        page, scan = uow.session.get_one(Page, page_id), uow.session.get_one(Scan, scan_id)
        kept = papers.newest_fields(uow.session, [paper])[paper]
        text = papers.readings(uow.session, [page_id])[page_id]["text"]
        assert (page.state, page.rotation, page.reading, scan.state in ("read", "flagged")) == ("read", 180, 2, True)
        assert uow.session.get_one(Document, paper).person_name == "Đỗ Thị Thuý Hường"
    assert "Đông Lĩnh" in text
    assert (kept["ethnicity"].value, kept["ethnicity"].source) == ("Tày", "hand")
    assert (kept["citizen_id"].value, kept["citizen_id"].source) == ("002173004455", "machine")

    with world.work(clerk) as uow:
        desk.undo(uow, clerk, paper, world.clock())
    with world.work() as uow:
        page = uow.session.get_one(Page, page_id)
        assert (page.reading, page.rotation, page.state) == (1, 0, "read")
        assert papers.readings(uow.session, [page_id])[page_id]["text"] == wrong
        kept = papers.newest_fields(uow.session, [paper])[paper]
    assert (kept["ethnicity"].value, kept["citizen_id"].value) == ("Tày", "")
