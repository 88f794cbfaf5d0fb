"""The verification desk: what a clerk files, corrects, takes back, and what stays out of their reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from factories import World

from oms.domain.access import Principal
from oms.errors import Conflict, InvalidInput, OmsError, Refused
from oms.services import desk, finding
from oms.services.house import UnitOfWork
from oms.store import papers
from oms.store.tables import Document

EDIT = desk.Edit("quyet_dinh", "Quyết định bổ nhiệm", "12/QĐ", "05/8/2011")


def file(
    world: World, who: str, document_id: str, dossier_id: str, edit: desk.Edit = EDIT, version: int = 1
) -> Document:
    person = world.who(who)
    with world.work(person) as uow:
        return desk.file(uow, person, document_id, version, dossier_id, edit, world.clock())


def stored(world: World, document_id: str) -> Document:
    with world.work() as uow:
        return uow.session.get_one(Document, document_id)


def last(world: World) -> tuple[str, str, str]:
    return world.journal()[-1]


def test_papers_take_the_next_number_the_unit_and_the_higher_level(world: World) -> None:
    row = world.dossier(secrecy=1)
    first, second = world.paper(unit="D-XA"), world.paper()
    world.unit("D-2", "Ban khác", "D", "party")
    assert file(world, "clerk", first, row.dossier.id).serial == 1
    assert file(world, "clerk", second, row.dossier.id).serial == 2
    done = stored(world, first)
    assert (done.state, done.unit_id, done.secrecy) == ("filed", world.units["D-BTC"], 1)
    assert done.issued_on == "2011-08-05"
    assert last(world) == ("document:file", "done", second)


def test_a_secret_paper_does_not_lose_its_level_in_an_open_dossier(world: World) -> None:
    row, paper = world.dossier(), world.paper(secrecy=1)
    assert file(world, "clerk", paper, row.dossier.id, replace(EDIT, secrecy=1)).secrecy == 1


def test_of_two_clerks_the_second_gets_a_conflict_and_nothing_is_overwritten(world: World) -> None:
    row, paper = world.dossier(), world.paper()
    file(world, "clerk", paper, row.dossier.id)
    other = world.who("clerk2")
    tries: list[Callable[[UnitOfWork], object]] = [
        lambda uow: desk.file(uow, other, paper, 1, row.dossier.id, replace(EDIT, title="Của tôi"), world.clock()),
        lambda uow: desk.save(uow, other, paper, 1, replace(EDIT, title="Của tôi"), world.clock()),
        lambda uow: desk.set_aside(uow, other, paper, 1, "không rõ người", False, world.clock()),
        lambda uow: desk.split(uow, other, paper, 1, 2, world.clock()),
    ]
    for act in tries:
        with pytest.raises(Conflict), world.work(other) as uow:
            act(uow)
    done = stored(world, paper)
    assert (done.title, done.version, done.serial) == (EDIT.title, 2, 1)


def test_a_conflict_tells_nothing_of_a_paper_one_may_not_see(world: World) -> None:
    paper, stranger = world.paper(), world.who("clerk.gov")
    for document_id in (paper, "0" * 32):
        with pytest.raises(Refused), world.work(stranger) as uow:
            desk.save(uow, stranger, document_id, 99, EDIT, world.clock())


def test_undo_takes_a_filing_back_and_out_of_the_search(world: World) -> None:
    row = world.dossier()
    paper = world.paper("QUYẾT ĐỊNH\nvề bồi dưỡng nghiệp vụ")
    file(world, "clerk", paper, row.dossier.id)
    world.index()
    assert world.house.engine.doc_count() == 1
    clerk = world.who("clerk")
    with world.work(clerk) as uow:
        desk.undo(uow, clerk, paper, world.clock())
    assert last(world) == ("document:undo", "done", paper)
    world.index()
    assert world.house.engine.doc_count() == 0
    again = stored(world, paper)
    assert (again.state, again.dossier_id, again.serial) == ("proposed", None, None)
    with world.work() as uow:
        assert [change.undone for change in papers.changes_of(uow.session, paper)] == [True]
    file(world, "clerk", paper, row.dossier.id, version=again.version)


def test_only_ones_own_last_change_is_undone(world: World) -> None:
    row, paper = world.dossier(), world.paper()
    file(world, "clerk", paper, row.dossier.id)
    other = world.who("clerk2")
    with pytest.raises(Refused), world.work(other) as uow:
        desk.undo(uow, other, paper, world.clock())
    assert last(world) == ("document:undo", "refused", paper)
    assert stored(world, paper).state == "filed"


def test_split_and_join_lose_no_page(world: World) -> None:
    clerk, paper = world.who("clerk"), world.paper(pages=3, secrecy=1)
    with world.work(clerk) as uow:
        rest = desk.split(uow, clerk, paper, 1, 2, world.clock())
    assert (rest.page_count, rest.secrecy, stored(world, paper).page_count) == (2, 1, 1)
    assert last(world)[0] == "document:split"
    with world.work(clerk) as uow:
        desk.join_previous(uow, clerk, rest.id, 1, world.clock())
    assert last(world)[0] == "document:join"
    with world.work() as uow:
        pages = papers.pages_of_document(uow.session, paper)
    assert [(page.number, page.position) for page in pages] == [(1, 1), (2, 2), (3, 3)]
    assert stored(world, rest.id).state == "discarded"


@pytest.mark.parametrize("position", [0, 1, 4])
def test_a_cut_outside_the_paper_is_refused(world: World, position: int) -> None:
    clerk, paper = world.who("clerk"), world.paper(pages=3)
    with pytest.raises(InvalidInput), world.work(clerk) as uow:
        desk.split(uow, clerk, paper, 1, position, world.clock())


def test_a_paper_that_was_joined_away_comes_back_with_its_pages(world: World) -> None:
    clerk, paper = world.who("clerk"), world.paper(pages=2)
    with world.work(clerk) as uow:
        rest = desk.split(uow, clerk, paper, 1, 2, world.clock())
    with world.work(clerk) as uow:
        desk.save(uow, clerk, rest.id, 1, EDIT, world.clock())
    with world.work(clerk) as uow:
        desk.join_previous(uow, clerk, rest.id, 2, world.clock())
    with world.work(clerk) as uow:
        desk.undo(uow, clerk, rest.id, world.clock())
    back = stored(world, rest.id)
    assert (back.state, back.page_count, back.title, stored(world, paper).page_count) == ("proposed", 1, EDIT.title, 1)


def test_setting_aside_asks_why_and_only_blank_sheets_are_discarded(world: World) -> None:
    clerk, paper, blank = world.who("clerk"), world.paper(), world.paper("")
    for document_id, reason, discard in ((paper, " ", False), (paper, "trang thừa", True)):
        with pytest.raises(InvalidInput), world.work(clerk) as uow:
            desk.set_aside(uow, clerk, document_id, 1, reason, discard, world.clock())
    with world.work(clerk) as uow:
        desk.set_aside(uow, clerk, paper, 1, "không rõ của ai", False, world.clock())
        desk.set_aside(uow, clerk, blank, 1, "mặt sau trắng", True, world.clock())
    assert (stored(world, paper).state, stored(world, paper).note) == ("orphan", "không rõ của ai")
    assert stored(world, blank).state == "discarded"


def test_a_corrected_word_stands_beside_the_machines_and_is_found(world: World) -> None:
    clerk, row, paper = world.who("clerk"), world.dossier(), world.paper("QUYẾT ĐỊNH\nbổ nhiễm ông Khoát")
    with world.work(clerk) as uow:
        view = desk.open_document(uow, clerk, paper, world.clock())
    page = view.pages[0].page.id
    place = next(word.index for word in view.pages[0].words if word.text == "nhiễm")
    for text in ("nhiệm", "", "nhượm"):
        with world.work(clerk) as uow:
            desk.correct_word(uow, clerk, page, place, text, world.clock())
    assert last(world) == ("word:correct", "done", paper)
    with world.work() as uow:
        assert "nhiễm" in papers.readings(uow.session, [page])[page]["text"]
    file(world, "clerk", paper, row.dossier.id)
    world.index()
    leader = world.who("leader")
    for words, number in (("nhượm", 1), ("nhiễm", 0)):
        asked = finding.Asked(words, exact_accents=True)
        assert finding.search(world.house, leader, asked, world.clock()).answer.count == number


@pytest.mark.parametrize(
    ("field", "edit"),
    [
        ("secrecy", replace(EDIT, secrecy=2)),
        ("secrecy", replace(EDIT, secrecy=9)),
        ("compartment", replace(EDIT, compartment="bvctnb")),
        ("compartment", replace(EDIT, compartment="không có")),
        ("compartment", replace(EDIT, type_code="tham_tra_xac_minh")),
        ("type_code", replace(EDIT, type_code="không có")),
        ("title", replace(EDIT, title="  ")),
        ("title", replace(EDIT, title="x" * 501)),
        ("issued_on", replace(EDIT, issued_on="31/02/2011")),
    ],
)
def test_what_a_clerk_may_not_set_is_refused_by_its_field_and_nothing_changes(
    world: World, field: str, edit: desk.Edit
) -> None:
    row, paper = world.dossier(), world.paper()
    with pytest.raises(InvalidInput) as caught:
        file(world, "clerk", paper, row.dossier.id, edit)
    assert caught.value.field == field
    assert (stored(world, paper).state, stored(world, paper).version) == ("proposed", 1)


def test_a_verification_paper_enters_its_compartment_by_itself(world: World) -> None:
    row, paper = world.dossier(), world.paper()
    done = file(world, "officer", paper, row.dossier.id, replace(EDIT, type_code="tham_tra_xac_minh"))
    assert done.compartment == "bvctnb"


def test_two_compartments_are_not_put_into_one_cover(world: World) -> None:
    world.account("both", world.who("officer").role, "D-BTC", "D", compartments=("bvctnb", "kiem_tra"))
    row, paper = world.dossier(by="both", compartment="bvctnb"), world.paper(compartment="kiem_tra")
    with pytest.raises(InvalidInput):
        file(world, "both", paper, row.dossier.id, replace(EDIT, compartment="kiem_tra"))


def acts(who: Principal, world: World, paper: str, page: str, dossier: str) -> list[Callable[[UnitOfWork], object]]:
    now = world.clock()
    return [
        lambda uow: desk.open_document(uow, who, paper, now),
        lambda uow: desk.page_image(uow, who, page, now),
        lambda uow: desk.correct_word(uow, who, page, 0, "chữ", now),
        lambda uow: desk.save(uow, who, paper, 1, EDIT, now),
        lambda uow: desk.file(uow, who, paper, 1, dossier, EDIT, now),
        lambda uow: desk.set_aside(uow, who, paper, 1, "không rõ", False, now),
        lambda uow: desk.undo(uow, who, paper, now),
        lambda uow: desk.split(uow, who, paper, 1, 2, now),
        lambda uow: desk.join_previous(uow, who, paper, 1, now),
    ]


@pytest.mark.parametrize("who", ["clerk.gov", "clerk", "leader", "reviewer", "admin"])
def test_every_act_on_a_hidden_paper_is_refused_as_if_it_were_missing_and_is_a_row(world: World, who: str) -> None:
    """The paper is secret beyond the clerk, of another block for clerk.gov, and no desk work for the others."""
    row, paper = world.dossier(secrecy=3), world.paper(pages=2, secrecy=3)
    with world.work() as uow:
        page = papers.pages_of_document(uow.session, paper)[0].id
    person = world.who(who)
    hidden = acts(person, world, paper, page, row.dossier.id)
    missing = acts(person, world, "0" * 32, "0" * 32, "0" * 32)
    for act, twin in zip(hidden, missing, strict=True):
        answers: list[OmsError] = []
        for attempt in (act, twin):
            with pytest.raises(Refused) as caught, world.work(person) as uow:
                attempt(uow)
            answers.append(caught.value)
            assert last(world)[:2] == (str(caught.value.verb), "refused")
        assert answers[0].message_vi == answers[1].message_vi
    assert stored(world, paper).version == 1


def test_a_dossier_out_of_reach_is_no_place_to_file_into(world: World) -> None:
    paper, other = world.paper(), world.dossier(unit="C-SNV", by="officer.gov")
    with pytest.raises(Refused):
        file(world, "clerk", paper, other.dossier.id)
    assert last(world) == ("document:file", "refused", other.dossier.id)


def test_the_queue_shows_what_is_visible_and_counts_nothing_else(world: World) -> None:
    mine, _secret, _theirs = world.paper(), world.paper(secrecy=2), world.paper(unit="C-SNV")
    clerk = world.who("clerk")
    with world.work(clerk) as uow:
        found, total = desk.queue(uow, clerk, "", "", 50, 0, world.clock())
    assert ([row.document.id for row in found], total) == ([mine], 1)
    assert last(world)[:2] == ("desk:list", "done")
