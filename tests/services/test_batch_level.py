"""A restricted pile: its batch, files and papers are as if they were not for everybody outside."""

from __future__ import annotations

from pathlib import Path

import pytest
from factories import World, page_image

from oms.errors import InvalidInput, Refused
from oms.services import custody, desk, intake, pile, reading
from oms.services.intake import NewBatch


def received(world: World, batch_id: str, path: Path, by: str = "officer") -> intake.Receipt:
    who = world.who(by)
    file = intake.take_in(world.house.vault, path)
    with world.work(who) as uow:
        return intake.receive(uow, who, batch_id, file, path.name, world.clock())


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    path = tmp_path / "tham tra.jpg"
    path.write_bytes(page_image())
    return path


def restricted(world: World, **level: object) -> str:
    officer = world.who("officer")
    new = NewBatch(world.units["D-BTC"], "Đợt bảo vệ chính trị nội bộ", **level)  # type: ignore[arg-type]
    with world.work(officer) as uow:
        return intake.create_batch(uow, officer, new, world.clock()).id


@pytest.mark.parametrize("level", [{"compartment": "bvctnb"}, {"secrecy": 2}])
def test_a_restricted_batch_is_not_listed_counted_or_opened_outside(
    world: World, scan: Path, level: dict[str, object]
) -> None:
    clerk = world.who("clerk")
    with world.work(clerk) as uow:
        before = intake.list_batches(uow, clerk, 50, 0)[1]
    batch_id = restricted(world, **level)
    received(world, batch_id, scan)
    with world.work(clerk) as uow:
        found, total = intake.list_batches(uow, clerk, 50, 0)
    assert (total, [item.batch.id for item in found]) == (before, [])
    with pytest.raises(Refused), world.work(clerk) as uow:
        pile.look(uow, clerk, batch_id, world.clock())
    officer = world.who("officer")
    with world.work(officer) as uow:
        assert intake.list_batches(uow, officer, 50, 0)[1] == before + 1


def test_the_same_bytes_in_a_restricted_batch_are_no_hint_to_others(world: World, scan: Path) -> None:
    received(world, restricted(world, compartment="bvctnb"), scan)
    clerk = world.who("clerk")
    with world.work(clerk) as uow:
        own = intake.create_batch(uow, clerk, NewBatch(world.units["D-BTC"], "Đợt thường"), world.clock())
    assert received(world, own.id, scan, "clerk").accepted


def test_nobody_opens_a_batch_above_their_own_level(world: World) -> None:
    clerk = world.who("clerk")
    for level in ({"secrecy": 2}, {"compartment": "bvctnb"}):
        new = NewBatch(world.units["D-BTC"], "Đợt", **level)  # type: ignore[arg-type]
        with pytest.raises(Refused), world.work(clerk) as uow:
            intake.create_batch(uow, clerk, new, world.clock())


@pytest.mark.ocr
def test_papers_keep_at_least_the_level_of_their_batch(world: World, scan: Path) -> None:
    receipt = received(world, restricted(world, secrecy=2, compartment="bvctnb"), scan)
    reading.read_scan(world.house, receipt.scan_id, world.clock)
    officer = world.who("officer")
    with world.work(officer) as uow:
        rows, total = desk.queue(uow, officer, "", "", 10, 0, world.clock())
        assert (total, rows[0].document.secrecy, rows[0].document.compartment) == (1, 2, "bvctnb")
        paper = rows[0].document
        edit = desk.Edit("quyet_dinh", "Hạ xuống thường", secrecy=0, compartment="")
        desk.save(uow, officer, paper.id, paper.version, edit, world.clock())
        assert (paper.secrecy, paper.compartment) == (2, "bvctnb")
    clerk = world.who("clerk")
    with world.work(clerk) as uow:
        assert desk.queue(uow, clerk, "", "", 10, 0, world.clock())[1] == 0


def test_an_unknown_level_is_refused(world: World) -> None:
    officer = world.who("officer")
    with pytest.raises((InvalidInput, Refused)), world.work(officer) as uow:
        intake.create_batch(uow, officer, NewBatch(world.units["D-BTC"], "Đợt", secrecy=9), world.clock())


def test_no_gap_in_the_contents_list_tells_of_papers_one_may_not_see(world: World) -> None:
    row = world.dossier()
    world.filed(row)
    world.filed(row, secrecy=2)
    world.filed(row, compartment="bvctnb")
    world.filed(row)
    low, high = world.who("leader.low"), world.who("leader")
    seen = {}
    for who in (low, high):
        world.open(who, row.dossier.id)
        with world.work(who) as uow:
            view = custody.read_dossier(uow, who, row.dossier.id, world.clock())
            seen[who.username] = [custody.label_of(line.document) for line in view.contents]
    assert seen == {"leader.low": ["1", "2"], "leader": ["1", "2", "TM-1", "bvctnb-1"]}
