"""Filed papers that have a real scan behind them, for the tests of archival copies, signatures and export."""

from __future__ import annotations

import io

from factories import World
from PIL import Image, ImageDraw

from oms.services import archival
from oms.store import copies, papers
from oms.store.desk_tables import ArchivalCopy
from oms.store.dossiers import DossierRow
from oms.store.tables import Document, Scan

A4_200 = (1654, 2339)


def scanned_page(kind: str = "PNG", size: tuple[int, int] = A4_200, dpi: int = 200) -> bytes:
    """A scanned page with a red frame, as a file."""
    page = Image.new("RGB", size, "white")
    ImageDraw.Draw(page).rectangle((100, 100, size[0] - 100, 400), outline=(200, 20, 30), width=9)
    out = io.BytesIO()
    page.save(out, kind, dpi=(dpi, dpi))
    return out.getvalue()


def give_scan(world: World, document_id: str, data: bytes) -> str:
    """Puts a real file behind a paper; returns the scan's id."""
    with world.work() as uow:
        scan = uow.session.get_one(Scan, uow.session.get_one(Document, document_id).scan_id)
        scan.sha256 = uow.vault.put_bytes(data)
        return scan.id


def filed_scan(world: World, row: DossierRow, text: str = "QUYẾT ĐỊNH\nVề việc bổ nhiệm", **more: object) -> str:
    """A filed paper of one page with a real scan; its id."""
    document_id = world.filed(row, text, **more)
    give_scan(world, document_id, scanned_page())
    return document_id


def make_all(world: World) -> int:
    """Makes every copy that is wanted, as the worker would; returns how many."""
    archival.want_missing(world.house, world.clock())
    with world.work() as uow:
        wanted = copies.unfinished(uow.session)
    return sum(archival.make_copy(world.house, copy_id, world.clock) for copy_id in wanted)


def copy_of(world: World, document_id: str) -> ArchivalCopy:
    """The newest copy of a paper."""
    with world.work() as uow:
        found = archival.current(uow, uow.session.get_one(Document, document_id))
        assert found is not None
        uow.session.expunge(found)
        return found


def correct(world: World, document_id: str, word: int, text: str) -> None:
    """A clerk's word beside the machine's on the first page, as the desk keeps it."""
    from oms.store.tables import WordCorrection

    who = world.who("clerk").account_id
    with world.work() as uow:
        page = papers.pages_of_document(uow.session, document_id)[0]
        uow.session.add(
            WordCorrection(page_id=page.id, reading=page.reading, word=word, text=text, by=who, at=world.clock())
        )
