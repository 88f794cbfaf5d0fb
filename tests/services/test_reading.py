"""Machine reading with real Tesseract: page by page, killed and taken up again, nobody proposed from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from factories import World
from PIL import Image
from scanning_paper import DECISION, FORM, Text, draw
from sqlalchemy import func, select

from oms.errors import InvalidInput
from oms.services import desk, intake, reading
from oms.services.house import UnitOfWork
from oms.settings import CHECKOUT
from oms.store import papers
from oms.store.tables import Cadre, Document, Page, PageReading, Proposal, Scan

NOTE = (Text("Ghi chú của cơ quan", 0.1), Text("đã kiểm tra đủ giấy tờ", 0.14))


def picture(pages: Sequence[Sequence[Text]], kind: str = "PDF", dpi: int = 150) -> bytes:
    """A multi-page file of drawn pages; an empty page has no line."""
    images = [draw(page, dpi) for page in pages]
    out = BytesIO()
    extra = {"resolution": dpi} if kind == "PDF" else {"compression": "tiff_deflate", "dpi": (dpi, dpi)}
    images[0].save(out, kind, save_all=True, append_images=images[1:], **extra)
    return out.getvalue()


def received(world: World, data: bytes, unit: str = "D-BTC", who: str = "clerk") -> str:
    """A file received by the clerk's own door; its id."""
    path, person = world.house.settings.home / "upload", world.who(who)
    path.write_bytes(data)
    file = intake.take_in(world.house.vault, path)
    with world.work(person) as uow:
        batch = intake.create_batch(uow, person, intake.NewBatch(world.units[unit], "Đợt 1"), world.clock())
        receipt = intake.receive(uow, person, batch.id, file, "quet", world.clock())
    assert receipt.accepted, receipt.message_vi
    return receipt.scan_id


def state(world: World, scan_id: str) -> tuple[Scan, list[Page], list[Document]]:
    with world.work() as uow:
        scan = uow.session.get_one(Scan, scan_id)
        return scan, papers.pages_of_scan(uow.session, scan_id), papers.documents_of_scan(uow.session, scan_id)


def proposed(uow: UnitOfWork, document_id: str) -> set[str]:
    return set(uow.session.scalars(select(Proposal.dossier_id).where(Proposal.document_id == document_id)))


@pytest.mark.ocr
def test_a_pdf_is_read_typed_and_its_person_proposed_from_the_own_block_only(world: World) -> None:
    right = world.dossier("Đặng Hữu Khoát", birth_date="18/02/1968")
    namesake = world.dossier("Đặng Hữu Khoát", birth_date="01/01/1990")
    other_block = world.dossier("Đặng Hữu Khoát", "C-SNV", "officer.gov", birth_date="18/02/1968")
    stranger = world.dossier("Lò Văn Pánh", birth_date="02/09/1975")
    scan_id = received(world, picture([DECISION, ()]))
    assert reading.read_scan(world.house, scan_id, world.clock)
    scan, pages, documents = state(world, scan_id)
    assert [page.state for page in pages] == ["read", "read"]
    assert [page.blank for page in pages] == [False, True]
    assert scan.state in ("read", "flagged")
    decision = next(paper for paper in documents if paper.type_code == "quyet_dinh")
    assert (decision.state, decision.issued_on) == ("proposed", "2011-05-09")
    with world.work() as uow:
        found = proposed(uow, decision.id)
        (best, *_rest) = papers.proposals(uow.session, decision.id)
        text = papers.readings(uow.session, [pages[0].id])[pages[0].id]["text"]
    assert best.dossier_id == right.dossier.id
    assert found <= {right.dossier.id, namesake.dossier.id}
    assert other_block.dossier.id not in found
    assert stranger.dossier.id not in found
    assert "Đặng Hữu Khoát" in text
    assert world.house.vault.read(pages[0].image_sha).startswith(b"\xff\xd8")
    assert world.journal()[-1] == ("scan:read", "done", scan_id)
    clerk = world.who("clerk")
    with world.work(clerk) as uow:
        view = desk.open_document(uow, clerk, decision.id, world.clock())
    assert view.candidates[0].row.dossier.id == right.dossier.id
    assert "birth_date" in view.candidates[0].agrees


@pytest.mark.ocr
def test_a_damaged_page_fails_alone_and_can_be_read_again(world: World) -> None:
    data = bytearray(picture([NOTE, FORM[:6], NOTE], "TIFF"))
    with Image.open(BytesIO(data)) as image:
        image.seek(1)
        start, length = image.tag_v2[273][0], image.tag_v2[279][0]
    data[start : start + length] = bytes(length)
    scan_id = received(world, bytes(data))
    reading.read_scan(world.house, scan_id, world.clock)
    scan, pages, documents = state(world, scan_id)
    assert [page.state for page in pages] == ["read", "failed", "read"]
    assert pages[1].reason
    assert (scan.state, "trang 2" in scan.reason) == ("flagged", True)
    assert sum(paper.page_count for paper in documents) == 3
    assert world.journal()[-1] == ("scan:read", "failed", scan_id)
    clerk = world.who("clerk")
    with world.work(clerk) as uow:
        intake.retry(uow, clerk, scan_id, world.clock())
    with pytest.raises(InvalidInput), world.work(clerk) as uow:
        intake.retry(uow, clerk, scan_id, world.clock())
    reading.read_scan(world.house, scan_id, world.clock)
    again, _pages, after = state(world, scan_id)
    assert again.state == "flagged"
    assert {paper.id for paper in after} == {paper.id for paper in documents}


def test_an_original_damaged_in_the_vault_is_not_read_and_says_so(world: World) -> None:
    scan_id = received(world, picture([NOTE]))
    path = world.house.vault.path_of(state(world, scan_id)[0].sha256)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes() + b" ")
    reading.read_scan(world.house, scan_id, world.clock)
    scan, pages, _documents = state(world, scan_id)
    assert (scan.state, pages[0].state) == ("flagged", "failed")
    assert "không còn nguyên vẹn" in pages[0].reason


def test_a_scan_in_hand_is_not_taken_by_a_second_worker_until_its_lease_runs_out(world: World) -> None:
    scan_id = received(world, picture([()]))
    assert reading._begin(world.house, scan_id, world.clock) is not None
    assert not reading.read_scan(world.house, scan_id, world.clock)
    world.clock.forward(minutes=4)
    assert reading.read_scan(world.house, scan_id, world.clock)
    assert not reading.read_scan(world.house, scan_id, world.clock)
    assert state(world, scan_id)[0].state in ("read", "flagged")


WORKER = """
import sys
from datetime import UTC, datetime
from oms.services import reading
from oms.services.house import House
from oms.settings import Settings
from oms.services import jobs
house = House(Settings.from_env())
jobs.bury(house.settings, datetime.now(UTC))
reading.read_scan(house, sys.argv[1], lambda: datetime.now(UTC))
"""


def pages_done(world: World) -> int:
    with world.house.database.snapshot() as session:
        return session.scalar(select(func.count()).select_from(PageReading)) or 0


@pytest.mark.ocr
def test_kill_9_in_the_middle_of_a_scan_loses_one_page_at_most_and_reads_none_twice(
    world: World, tmp_path: Path
) -> None:
    scan_id = received(world, picture([NOTE, DECISION[:8], NOTE, NOTE, FORM[:5]], "TIFF", dpi=140))
    script = tmp_path / "worker.py"
    script.write_text(WORKER)
    env = os.environ | {
        "OMS_HOME": str(world.house.settings.home),
        "PYTHONPATH": str(CHECKOUT),
        "OMP_THREAD_LIMIT": "1",
    }
    read_at: dict[str, object] = {}
    for wanted in (1, 3):
        child = subprocess.Popen([sys.executable, str(script), scan_id], env=env, start_new_session=True)
        deadline = time.monotonic() + 90
        while pages_done(world) < wanted and time.monotonic() < deadline and child.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                child.wait(0.05)
        assert child.poll() is None, "the worker ended before it could be killed"
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        done = {page.id: page.read_at for page in state(world, scan_id)[1] if page.state == "read"}
        assert len(done) >= wanted
        assert {page: done[page] for page in read_at} == read_at
        read_at = dict(done)
        assert state(world, scan_id)[2] == []
    subprocess.run([sys.executable, str(script), scan_id], env=env, check=True)
    scan, pages, documents = state(world, scan_id)
    assert scan.state in ("read", "flagged")
    assert [page.state for page in pages] == ["read"] * 5
    assert {page.id: page.read_at for page in pages if page.id in read_at} == read_at
    assert pages_done(world) == 5
    assert sum(paper.page_count for paper in documents) == 5
    assert all(page.document_id is not None for page in pages)
    assert sum(row == ("scan:read", "done", scan_id) for row in world.journal()) == 1


def test_hundreds_of_namesakes_do_not_push_the_right_person_out(world: World) -> None:
    world.paper("ĐƠN", unit="D-BTC")
    right = world.dossier("Vũ Thị Yến", birth_date="05/08/1961", citizen_id="002161000001")
    now, owner = world.clock(), world.who("officer").account_id
    with world.work() as uow:
        for number in range(230):
            cadre = Cadre(full_name=f"An Thị Yến {number}", folded_name="an thi yen", created_by=owner, created_at=now)
            uow.session.add(cadre)
            uow.session.flush()
            copy = {"unit_id": world.units["D-BTC"], "block": "party", "number": f"N{number}"}
            uow.session.add(type(right.dossier)(cadre_id=cadre.id, created_by=owner, created_at=now, **copy))
        uow.session.flush()
        document = uow.session.scalars(select(Document)).one()
        document.person_name, document.citizen_id = "Vũ Thị Yến", "002161000001"
        reading._propose_persons(uow, uow.session.get_one(type(right.unit), right.unit.id), document, "", now)
        uow.session.flush()
        assert right.dossier.id in proposed(uow, document.id)
