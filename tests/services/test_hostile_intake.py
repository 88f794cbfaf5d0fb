"""Hostile files on their way in: told to the clerk, kept in the row, and the next file is read."""

from __future__ import annotations

import json
from pathlib import Path

import hostile_files
import pytest
from factories import World

from oms.domain.records import PageState, ScanState
from oms.services import in_hand, intake, reading
from oms.store import journal, papers
from oms.store.tables import Scan


def receive(world: World, tmp_path: Path, data: bytes) -> str:
    """Hands a file in as a clerk; the scan's id."""
    who = world.who("clerk")
    path = tmp_path / "tep"
    path.write_bytes(data)
    taken = intake.take_in(world.house.vault, path)
    with world.work(who) as uow:
        batch = intake.create_batch(uow, who, intake.NewBatch(world.units["D-BTC"], "Đợt lạ"), world.clock())
        return intake.receive(uow, who, batch.id, taken, "tep.pdf", world.clock()).scan_id


@pytest.mark.ocr
def test_active_content_is_told_and_stays_told_once_read(world: World, tmp_path: Path) -> None:
    scan_id = receive(world, tmp_path, hostile_files.ACTIVE["javascript-khi-mo"][0]())
    with world.work() as uow:
        scan = uow.session.get_one(Scan, scan_id)
        assert json.loads(scan.flags) == ["javascript", "automatic"] and "JavaScript" in scan.reason
        entry = list(journal.rows(uow.session))[-1][0]
    assert entry.verb == "scan:receive" and json.loads(entry.detail)["flags"] == ["javascript", "automatic"]
    assert reading.read_scan(world.house, scan_id, world.clock)
    with world.work() as uow:
        scan = uow.session.get_one(Scan, scan_id)
        assert scan.state == ScanState.FLAGGED and "JavaScript" in scan.reason


@pytest.mark.ocr
def test_a_page_that_costs_too_much_fails_and_the_worker_goes_on(world: World, tmp_path: Path) -> None:
    slow = receive(world, tmp_path, hostile_files.HEAVY["thap-hinh"]())
    good = receive(world, tmp_path, hostile_files.page())
    with world.work() as uow:  # the machine may have been busy twice before
        papers.pages_of_scan(uow.session, slow)[0].attempts = in_hand.MAX_TRIES - 1
    for scan_id in (slow, good):
        assert reading.read_scan(world.house, scan_id, world.clock)
    with world.work() as uow:
        first, second = (uow.session.get_one(Scan, scan_id) for scan_id in (slow, good))
        assert first.state == ScanState.FLAGGED and first.reason
        assert second.state in (ScanState.READ, ScanState.FLAGGED) and first.reason not in second.reason
        assert [page.state for page in papers.pages_of_scan(uow.session, good)] == [PageState.READ]
