"""Archival copies of filed papers: what they hold, when they are made anew, what survives a crash."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import hostile_files
import pikepdf
import pytest
from archival_papers import copy_of, correct, filed_scan, give_scan, make_all, scanned_page
from factories import World
from pdfminer.high_level import extract_text
from pikepdf import pdfa

from oms.domain.records import CopyState
from oms.errors import InvalidInput, Refused
from oms.services import archival, desk, health, in_hand, jobs
from oms.services.jobs import ReadingQueue
from oms.store import copies
from oms.store.desk_tables import ArchivalCopy
from oms.store.tables import Document


def test_a_filed_paper_gets_its_copy(world: World, tmp_path: Path) -> None:
    row = world.dossier()
    paper = filed_scan(world, row, "QUYẾT ĐỊNH\nVề việc bổ nhiệm")
    correct(world, paper, 1, "ĐỊNH-ĐÃ-SỬA")
    assert make_all(world) == 1
    copy = copy_of(world, paper)
    assert (copy.state, copy.pages, copy.reason) == (CopyState.MADE, 1, "")
    path = tmp_path / "copy.pdf"
    path.write_bytes(world.house.vault.read(copy.sha256))
    assert pdfa.validate_written(path, "2b").findings == []
    text = extract_text(path)
    assert "QUYẾT ĐỊNH-ĐÃ-SỬA" in text and "Về việc bổ nhiệm" in text
    with pikepdf.open(path) as document:
        with document.open_metadata() as meta:
            assert (meta["pdfaid:part"], meta["pdfaid:conformance"]) == ("2", "B")
            assert meta["dc:identifier"] == f"{row.dossier.number}.1"
            assert "Tô Thị Hiếu" not in str(meta), "no name of a person in what is read without opening the file"
        assert [float(side) for side in document.pages[0].MediaBox][2:] == pytest.approx([595.4, 842.0], abs=0.2)
    listed = subprocess.run(["pdfimages", "-list", path], capture_output=True, text=True, check=True).stdout
    fields = listed.splitlines()[2].split()
    assert fields[5:8] == ["rgb", "3", "8"], "24-bit colour"
    assert fields[12:14] == ["200", "200"], "every point of the scan, at the size of the paper"
    assert ("copy:make", "done", copy.id) in world.journal()
    assert health.check(world.house) == []


def test_a_paper_without_words_still_gets_its_image(world: World) -> None:
    paper = filed_scan(world, world.dossier(), "")
    make_all(world)
    assert copy_of(world, paper).state == CopyState.MADE


def test_a_changed_paper_gets_a_new_copy_and_the_old_one_stays(world: World) -> None:
    row, officer = world.dossier(), world.who("officer")
    paper = filed_scan(world, row)
    make_all(world)
    first = copy_of(world, paper)
    with world.work(officer) as uow:
        document = desk.undo(uow, officer, paper, world.clock())
        version = document.version
    assert make_all(world) == 0, "a paper taken out of its dossier has no copy to be made"
    with world.work(officer) as uow:
        edit = desk.Edit("quyet_dinh", "Về việc điều động", secrecy=0)
        desk.file(uow, officer, paper, version, row.dossier.id, edit, world.clock())
    assert make_all(world) == 1
    second = copy_of(world, paper)
    assert second.id != first.id and second.version > first.version
    assert world.house.vault.read(first.sha256) and world.house.vault.read(second.sha256)


def test_a_wish_overtaken_by_a_change_is_dropped(world: World) -> None:
    paper = filed_scan(world, world.dossier())
    archival.want_missing(world.house, world.clock())
    with world.work() as uow:
        [old] = copies.unfinished(uow.session)
        uow.session.get_one(Document, paper).version += 1
    assert not archival.make_copy(world.house, old, world.clock)
    assert make_all(world) == 1


def test_a_worker_that_was_overtaken_keeps_nothing(world: World) -> None:
    paper = filed_scan(world, world.dossier())
    archival.want_missing(world.house, world.clock())
    with world.work() as uow:
        [wanted] = copies.unfinished(uow.session)
    late = archival._begin(world.house, wanted, world.clock)
    assert late is not None
    assert archival._begin(world.house, wanted, world.clock) is None, "another has it in hand"
    world.clock.forward(minutes=4)
    assert archival.make_copy(world.house, wanted, world.clock), "a worker that seems dead is overtaken"
    with late[0]:
        archival._fail(*late, "không bao giờ")
    assert not archival.make_copy(world.house, wanted, world.clock)
    assert [verb for verb, *_ in world.journal()].count("copy:make") == 1
    assert copy_of(world, paper).state == CopyState.MADE


@pytest.mark.parametrize("data", [b"khong phai anh", hostile_files.page()[:300]])
def test_an_original_that_cannot_be_opened_fails_with_its_reason(world: World, data: bytes) -> None:
    paper = filed_scan(world, world.dossier())
    give_scan(world, paper, data)
    make_all(world)
    copy = copy_of(world, paper)
    assert copy.state == CopyState.FAILED and copy.reason
    assert ("copy:make", "failed", copy.id) in world.journal()
    assert make_all(world) == 0, "what failed waits for a person"


def test_a_failed_copy_is_made_again_when_an_officer_asks(world: World) -> None:
    row, officer = world.dossier(), world.who("officer")
    paper = filed_scan(world, row)
    give_scan(world, paper, b"hong")
    make_all(world)
    with pytest.raises(Refused), world.work(officer) as uow:
        archival.remake(uow, officer, paper, world.clock())
    world.open(officer, row.dossier.id)
    give_scan(world, paper, scanned_page())
    with world.work(officer) as uow:
        archival.remake(uow, officer, paper, world.clock())
    assert make_all(world) == 1 and copy_of(world, paper).state == CopyState.MADE
    with pytest.raises(InvalidInput), world.work(officer) as uow:
        archival.remake(uow, officer, paper, world.clock())


def test_a_copy_that_kills_worker_after_worker_has_failed(world: World) -> None:
    paper = filed_scan(world, world.dossier())
    archival.want_missing(world.house, world.clock())
    with world.work() as uow:
        [wanted] = copies.unfinished(uow.session)
    for _ in range(in_hand.MAX_LOST):
        assert archival._begin(world.house, wanted, world.clock) is not None
        world.clock.forward(minutes=11)
    assert not archival.make_copy(world.house, wanted, world.clock)
    assert copy_of(world, paper).state == CopyState.FAILED


KILLED = """
import sys, os
from datetime import datetime, UTC
from oms.services import archival
from oms.services.house import House
from oms.settings import Settings
house = House(Settings.from_env())
archival.make_copy(house, sys.argv[1], lambda: datetime.now(UTC))
"""


def test_killed_in_the_middle_it_is_made_by_the_next_worker(world: World) -> None:
    paper = world.filed(world.dossier(), pages=12)
    out = hostile_files.io.BytesIO()
    pages = [hostile_files.Image.new("RGB", (1654, 2339), (250, 250, 200 + number)) for number in range(12)]
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:], compression="tiff_deflate", dpi=(200, 200))
    give_scan(world, paper, out.getvalue())
    archival.want_missing(world.house, world.clock())
    with world.work() as uow:
        [wanted] = copies.unfinished(uow.session)
    env = os.environ | {"OMS_HOME": str(world.house.settings.home), "PYTHONPATH": os.getcwd()}
    worker = subprocess.Popen([sys.executable, "-c", KILLED, wanted], env=env)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with world.work() as uow:
            if uow.session.get_one(ArchivalCopy, wanted).state == CopyState.MAKING:
                break
    worker.send_signal(signal.SIGKILL)
    assert worker.wait() == -signal.SIGKILL
    assert copy_of(world, paper).state == CopyState.MAKING
    assert jobs.bury(world.house.settings, datetime.now(UTC)) == 1
    assert archival.make_copy(world.house, wanted, lambda: datetime.now(UTC))
    copy = copy_of(world, paper)
    assert (copy.state, copy.pages) == (CopyState.MADE, 12)


def test_the_housekeeper_hands_out_each_copy_once(world: World) -> None:
    filed_scan(world, world.dossier())
    archival.want_missing(world.house, world.clock())
    with world.work() as uow:
        [wanted] = copies.unfinished(uow.session)
    queue = ReadingQueue(world.house.settings, world.clock)
    assert queue.dispatch_copies(world.house) == 2, "the copy, and a look for signatures"
    assert queue.dispatch_copies(world.house) == 0
    queue.empty()
    assert queue.dispatch_copies(world.house) == 2, "the order was lost"
    assert archival._begin(world.house, wanted, world.clock) is not None
    queue.empty()
    assert queue.dispatch_copies(world.house) == 1, "what somebody has in hand is left alone"
    world.clock.forward(minutes=4)
    assert queue.dispatch_copies(world.house) == 1, "for so long only"


def test_a_coarse_scan_is_told(world: World) -> None:
    paper = filed_scan(world, world.dossier())
    give_scan(world, paper, scanned_page(size=(827, 1170), dpi=100))
    make_all(world)
    assert "100 dpi" in copy_of(world, paper).reason


def test_only_who_may_export_takes_a_copy_out_and_the_row_comes_first(world: World) -> None:
    row = world.dossier()
    paper = filed_scan(world, row)
    officer, leader = world.who("officer"), world.who("leader")
    make_all(world)
    with pytest.raises(Refused), world.work(officer) as uow:
        archival.take(uow, officer, paper, world.clock())
    for person in (officer, leader):
        world.open(person, row.dossier.id)
    with pytest.raises(Refused), world.work(leader) as uow:
        archival.take(uow, leader, paper, world.clock())
    assert world.journal()[-1][:2] == ("copy:read", "refused")
    with world.work(officer) as uow:
        data, name = archival.take(uow, officer, paper, world.clock())
    assert data.startswith(b"%PDF-1.7") and name == f"{row.dossier.number}.1.pdf"
    assert world.journal()[-1][:2] == ("copy:read", "done")


def test_no_page_images_are_left_behind(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    filed_scan(world, world.dossier())
    make_all(world)
    assert list((tmp_path / "tmp").iterdir()) == []
