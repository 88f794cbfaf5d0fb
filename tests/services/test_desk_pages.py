"""Pages at the desk: ordered, moved, marked, turned, cut and joined; one undo brings everything of a step back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from factories import World, page_image, reading_of
from sqlalchemy import select

from oms.domain.access import Action, Principal, visibility
from oms.errors import Conflict, InvalidInput, Refused
from oms.services import desk, desk_pages, in_hand
from oms.services.house import UnitOfWork
from oms.services.reading import _keep_page
from oms.store import leases, papers
from oms.store.tables import Document, Page, Scan

Step = Callable[[UnitOfWork, Principal, str, int, list[str], World], object]


def pages(world: World, paper: str) -> list[str]:
    with world.work() as uow:
        return [page.id for page in papers.pages_of_document(uow.session, paper)]


def paper_of(world: World, paper: str) -> Document:
    with world.work() as uow:
        return uow.session.get_one(Document, paper)


def picture_of(world: World) -> list[tuple[object, ...]]:
    """Every paper and page as the desk knows them, versions aside."""
    with world.work() as uow:
        rows: list[tuple[object, ...]] = []
        for scan in uow.session.scalars(select(Scan).order_by(Scan.id)):
            for page in papers.pages_of_scan(uow.session, scan.id):
                rows.append((page.id, page.document_id, page.position, page.blank, page.duplicate_of, page.state,
                             page.wanted_turn, page.reading, page.image_sha))  # fmt: skip
            for paper in papers.documents_of_scan(uow.session, scan.id):
                if paper.page_count:
                    rows.append((paper.id, paper.state, paper.page_count, paper.title, paper.secrecy))
        return sorted(rows, key=str)


STEPS: dict[str, Step] = {
    "move": lambda uow, who, paper, version, ids, world: desk_pages.move(
        uow, who, paper, version, [ids[2], ids[0], ids[1]], world.clock()
    ),
    "turn": lambda uow, who, paper, version, ids, world: desk_pages.turn(
        uow, who, paper, version, ids[0], 90, world.clock()
    ),
    "reread one": lambda uow, who, paper, version, ids, world: desk_pages.reread(
        uow, who, paper, version, ids[1], world.clock()
    ),
    "reread all": lambda uow, who, paper, version, ids, world: desk_pages.reread(
        uow, who, paper, version, "", world.clock()
    ),
    "blank": lambda uow, who, paper, version, ids, world: desk_pages.mark(
        uow, who, paper, version, ids[1], "blank", world.clock()
    ),
    "repeated": lambda uow, who, paper, version, ids, world: desk_pages.mark(
        uow, who, paper, version, ids[1], "repeated", world.clock()
    ),
    "shift": lambda uow, who, paper, version, ids, world: desk_pages.shift(
        uow, who, paper, version, ids[2], True, world.clock()
    ),
    "split": lambda uow, who, paper, version, ids, world: desk.split(uow, who, paper, version, 2, world.clock()),
}


@pytest.mark.parametrize("name", STEPS)
def test_every_step_changes_something_and_one_undo_brings_all_of_it_back(world: World, name: str) -> None:
    clerk, paper = world.who("clerk"), world.paper(pages=3)
    world.paper("Tài liệu sau", pages=2)
    before, ids = picture_of(world), pages(world, paper)
    with world.work(clerk) as uow:
        STEPS[name](uow, clerk, paper, 1, ids, world)
    assert picture_of(world) != before
    with world.work(clerk) as uow:
        desk.undo(uow, clerk, paper, world.clock())
    after = picture_of(world)
    if name in ("turn", "reread one", "reread all"):
        assert {row[5] for row in after if len(row) == 9} == {"read"}
    assert after == before


@pytest.mark.parametrize("name", STEPS)
def test_of_two_clerks_the_second_step_gets_a_conflict(world: World, name: str) -> None:
    clerk, other, paper = world.who("clerk"), world.who("clerk2"), world.paper(pages=3)
    world.paper("Tài liệu sau")
    ids = pages(world, paper)
    with world.work(clerk) as uow:
        desk_pages.mark(uow, clerk, paper, 1, ids[0], "blank", world.clock())
    before = picture_of(world)
    with pytest.raises(Conflict), world.work(other) as uow:
        STEPS[name](uow, other, paper, 1, ids, world)
    assert picture_of(world) == before


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("who", ["clerk.gov", "leader", "reviewer", "admin"])
def test_a_paper_out_of_reach_is_as_if_missing(world: World, name: str, who: str) -> None:
    paper, person = world.paper(pages=3), world.who(who)
    ids = pages(world, paper)
    for asked in (paper, "0" * 32):
        with pytest.raises(Refused), world.work(person) as uow:
            STEPS[name](uow, person, asked, 1, ids, world)
        assert world.journal()[-1][1:] == ("refused", asked)


def test_a_filed_paper_keeps_its_pages(world: World) -> None:
    clerk, paper, row = world.who("clerk"), world.paper(pages=3), world.dossier()
    with world.work(clerk) as uow:
        filed = desk.file(uow, clerk, paper, 1, row.dossier.id, desk.Edit("quyet_dinh", "Tên"), world.clock())
    ids = pages(world, paper)
    for step in STEPS.values():
        with pytest.raises(Refused), world.work(clerk) as uow:
            step(uow, clerk, paper, filed.version, ids, world)


def test_a_split_followed_by_more_work_is_taken_back_in_order(world: World) -> None:
    clerk, paper = world.who("clerk"), world.paper(pages=3)
    with world.work(clerk) as uow:
        rest = desk.split(uow, clerk, paper, 1, 2, world.clock())
    with world.work(clerk) as uow:
        desk.save(uow, clerk, rest.id, 1, desk.Edit("don", "Đơn"), world.clock())
    with pytest.raises(InvalidInput), world.work(clerk) as uow:
        desk.undo(uow, clerk, paper, world.clock())
    for _ in range(2):
        with world.work(clerk) as uow:
            back = desk.undo(uow, clerk, rest.id, world.clock())
    assert back.id == paper
    assert len(pages(world, paper)) == 3
    assert paper_of(world, rest.id).state == "discarded"
    with world.work(clerk) as uow:
        waiting = papers.desk_order(uow.session, visibility(clerk, Action.DESK_WORK), _batch(world))
    assert waiting == [paper]


def _batch(world: World) -> str:
    with world.house.look() as uow:
        return uow.session.scalars(select(Scan.batch_id)).one()


def test_a_colleagues_step_is_not_taken_back(world: World) -> None:
    clerk, other, paper = world.who("clerk"), world.who("clerk2"), world.paper(pages=3)
    with world.work(clerk) as uow:
        rest = desk.split(uow, clerk, paper, 1, 2, world.clock())
    for document_id in (paper, rest.id):
        with pytest.raises(Refused), world.work(other) as uow:
            desk.undo(uow, other, document_id, world.clock())


def test_undo_of_a_join_lowers_no_level(world: World) -> None:
    clerk, paper = world.who("clerk"), world.paper(pages=2)
    with world.work(clerk) as uow:
        rest = desk.split(uow, clerk, paper, 1, 2, world.clock())
    with world.work(clerk) as uow:
        desk.save(uow, clerk, rest.id, 1, desk.Edit("don", "Đơn", secrecy=1), world.clock())
    with world.work(clerk) as uow:
        desk.join_previous(uow, clerk, rest.id, 2, world.clock())
    with world.work(clerk) as uow:
        desk.undo(uow, clerk, paper, world.clock())
    assert (paper_of(world, paper).secrecy, paper_of(world, rest.id).secrecy) == (1, 1)
    assert (len(pages(world, paper)), len(pages(world, rest.id))) == (1, 1)


def test_a_turn_undone_while_the_machine_reads_is_not_put_in_force(world: World) -> None:
    """The reading that comes too late changes nothing; corrections of the earlier one hold on."""
    clerk, paper = world.who("clerk"), world.paper("QUYẾT ĐỊNH\nbổ nhiễm ông Khoát")
    (page_id,) = pages(world, paper)
    with world.work(clerk) as uow:
        desk.correct_word(uow, clerk, page_id, 3, "nhiệm", world.clock())
    with world.work(clerk) as uow:
        desk_pages.turn(uow, clerk, paper, 1, page_id, 180, world.clock())
        uow.session.get_one(Page, page_id).state = "reading"
    with world.work(clerk) as uow:
        desk.undo(uow, clerk, paper, world.clock())
    late = replace(reading_of("khác hẳn"), image=np.full((877, 620, 3), 255, np.uint8))
    with world.work() as uow:
        scan_id = uow.session.get_one(Page, page_id).scan_id
        work = in_hand.take(uow, world.house, leases.SCAN, scan_id, world.clock)
    assert work is not None
    with work:
        _keep_page(work, page_id, 180, late, [], page_image())
    with world.work() as uow:
        page = uow.session.get_one(Page, page_id)
        fixed = papers.corrections(uow.session, [page_id])[page_id]
    assert (page.state, page.reading, page.wanted_turn) == ("read", 1, None)
    assert fixed[3].text == "nhiệm"


def test_orders_marks_and_turns_that_are_none_are_told(world: World) -> None:
    clerk, paper, other = world.who("clerk"), world.paper(pages=2), world.paper()
    ids, foreign = pages(world, paper), pages(world, other)
    now = world.clock()
    tries: list[Callable[[UnitOfWork], object]] = [
        lambda uow: desk_pages.move(uow, clerk, paper, 1, [ids[0], ids[0]], now),
        lambda uow: desk_pages.move(uow, clerk, paper, 1, [*ids, *foreign], now),
        lambda uow: desk_pages.turn(uow, clerk, paper, 1, ids[0], 45, now),
        lambda uow: desk_pages.turn(uow, clerk, paper, 1, foreign[0], 90, now),
        lambda uow: desk_pages.mark(uow, clerk, paper, 1, ids[0], "đẹp", now),
        lambda uow: desk_pages.reread(uow, clerk, paper, 1, foreign[0], now),
        lambda uow: desk_pages.shift(uow, clerk, other, 1, foreign[0], True, now),
    ]
    before = picture_of(world)
    for act in tries:
        with pytest.raises(InvalidInput), world.work(clerk) as uow:
            act(uow)
    assert picture_of(world) == before
