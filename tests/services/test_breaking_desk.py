"""Ways around the desk, the pile and the second look that once worked, or might have."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from factories import World
from sqlalchemy import select

from oms.domain.access import Role
from oms.errors import InvalidInput, Refused
from oms.services import check_report, checking, desk, desk_pages, leftovers, pile, pile_pages, scanner
from oms.services.checking import Answer
from oms.services.desk_fields import Typed
from oms.store import checks, papers
from oms.store.desk_tables import Check
from oms.store.tables import Batch, Document, Page

EDIT = desk.Edit("quyet_dinh", "Quyết định bổ nhiệm", "12/QĐ", "05/08/2011")


@pytest.fixture
def people(world: World) -> World:
    """A world with a third and a fourth clerk, who look at what others filed."""
    for name in ("clerk3", "clerk4"):
        world.account(name, Role.SCANNING_CLERK, "D-BTC", "D", clearance=1)
    return world


def filed(world: World, dossier_id: str, by: str = "clerk", edit: desk.Edit = EDIT) -> str:
    paper, person = world.paper(), world.who(by)
    with world.work(person) as uow:
        desk.file(uow, person, paper, 1, dossier_id, edit, world.clock())
    return paper


def look(world: World, who: str, paper: str, **typed: str) -> str:
    """A person's whole look at a paper; its id. Everything is right but what is typed (``__`` stands for a dot)."""
    person, values = world.who(who), {key.replace("__", "."): value for key, value in typed.items()}
    with world.work(person) as uow:
        check_id = checks.of_document(uow.session, paper)[-1].id
        view = checking.open_check(uow, person, check_id, world.clock())
        seen = frozenset(value.key for value in view.values if value.key not in values)
        checking.decide(uow, person, check_id, Answer(values, seen, view.row.document.version), world.clock())
    return check_id


def settle(world: World, who: str, check_id: str, **settled: str) -> None:
    person = world.who(who)
    with world.work(person) as uow:
        version = checking.open_check(uow, person, check_id, world.clock()).row.document.version
        values = {key.replace("__", "."): value for key, value in settled.items()}
        checking.settle(uow, person, check_id, version, values, world.clock())


def document(world: World, paper: str) -> Document:
    with world.work() as uow:
        return uow.session.get_one(Document, paper)


def batch_id(world: World) -> str:
    with world.house.look() as uow:
        return uow.session.scalars(select(Batch.id)).one()


def first_page(world: World, paper: str) -> str:
    with world.house.look() as uow:
        return papers.pages_of_document(uow.session, paper)[0].id


def test_who_settled_a_look_cannot_take_the_settlement_back(people: World) -> None:
    world, row = people, people.dossier()
    paper = filed(world, row.dossier.id)
    settle(world, "clerk3", look(world, "clerk2", paper, paper__dossier="sai"), paper__dossier="sai")
    third = world.who("clerk3")
    with pytest.raises(Refused), world.work(third) as uow:
        desk.undo(uow, third, paper, world.clock())
    assert (document(world, paper).state, document(world, paper).dossier_id) == ("orphan", None)


def test_a_settled_type_of_a_compartment_does_not_leave_the_paper_outside_it(people: World) -> None:
    world, row = people, people.dossier()
    paper = filed(world, row.dossier.id)
    check_id = look(world, "clerk2", paper, paper__type_code="tham_tra_xac_minh")
    with pytest.raises(InvalidInput):
        settle(world, "clerk3", check_id, paper__type_code="tham_tra_xac_minh")
    assert (document(world, paper).type_code, document(world, paper).compartment) == ("quyet_dinh", "")
    settle(world, "officer", check_id, paper__type_code="tham_tra_xac_minh")
    found = document(world, paper)
    assert (found.type_code, found.compartment) == ("tham_tra_xac_minh", "bvctnb")
    with pytest.raises(Refused), world.work(world.who("clerk4")) as uow:
        checking.open_check(uow, world.who("clerk4"), check_id, world.clock())


def test_a_filed_paper_is_not_settled_to_have_no_title(people: World) -> None:
    paper = filed(people, people.dossier().dossier.id)
    check_id = look(people, "clerk2", paper, paper__title="")
    with pytest.raises(InvalidInput) as caught:
        settle(people, "clerk3", check_id, paper__title="")
    assert caught.value.field == "paper.title"
    assert document(people, paper).title == EDIT.title


def test_a_page_of_a_paper_above_its_batch_does_not_come_back_below_as_a_sheet(world: World) -> None:
    officer, paper = world.who("officer"), world.paper(pages=2)
    with world.work(officer) as uow:
        desk.save(uow, officer, paper, 1, desk.Edit("don", "Đơn", secrecy=2), world.clock())
    page = first_page(world, paper)
    with pytest.raises(InvalidInput), world.work(officer) as uow:
        pile_pages.mark(uow, officer, page, "separator", world.clock())
    with world.work() as uow:
        assert uow.session.get_one(Page, page).document_id == paper


def test_a_batch_does_not_close_before_its_shares_are_drawn(people: World) -> None:
    world, clerk = people, people.who("clerk")
    paper, blank = filed(world, people.dossier().dossier.id), world.paper("")
    look(world, "clerk2", paper)
    with world.work(clerk) as uow:
        desk.set_aside(uow, clerk, blank, 1, "trang trắng", True, world.clock())
    batch = batch_id(world)
    with world.work(clerk) as uow:
        left = pile.close(uow, clerk, batch, False, world.clock())
    assert left == ["Còn 1 tài liệu chờ người thứ hai kiểm tra."]
    with world.work() as uow:
        assert {check.stage for check in uow.session.scalars(select(Check))} == {1, 2}
        assert uow.session.get_one(Batch, batch).closed_at is None


def test_looks_at_hidden_papers_are_not_counted_for_who_may_not_see_them(people: World) -> None:
    world, row, officer = people, people.dossier(), people.who("officer")
    paper = filed(world, row.dossier.id)
    filed(world, row.dossier.id, "officer", desk.Edit("don", "Đơn mật", secrecy=3))
    low, seen = world.who("officer2"), []
    for person in (officer, low):
        with world.work(person) as uow:
            found = check_report.report(uow, person, check_report.Wanted(), world.clock())
        seen.append(found.batches[0].number(1))
    assert seen == [2, 1]
    look(world, "clerk2", paper)
    batch = batch_id(world)
    with world.work(low) as uow:
        _summary, _counts, left = pile.look(uow, low, batch, world.clock())
    assert left == ["Còn tài liệu chờ người có thẩm quyền khác kiểm tra."]


def test_who_corrected_a_word_of_the_paper_is_not_its_second_person(people: World) -> None:
    world, other = people, people.who("clerk2")
    paper, dossier = world.paper(), world.dossier().dossier.id
    with world.work(other) as uow:
        desk.correct_word(uow, other, first_page(world, paper), 0, "QUYẾT", world.clock())
    clerk = world.who("clerk")
    with world.work(clerk) as uow:
        desk.file(uow, clerk, paper, 1, dossier, EDIT, world.clock())
    with pytest.raises(Refused):
        look(world, "clerk2", paper)
    look(world, "clerk3", paper)


def test_a_paper_whose_pages_are_being_read_again_is_not_filed(world: World) -> None:
    clerk, paper, row = world.who("clerk"), world.paper(), world.dossier()
    with world.work(clerk) as uow:
        desk_pages.reread(uow, clerk, paper, 1, "", world.clock())
    with pytest.raises(InvalidInput), world.work(clerk) as uow:
        desk.file(uow, clerk, paper, 2, row.dossier.id, EDIT, world.clock())
    assert document(world, paper).state == "proposed"


@pytest.mark.parametrize("hidden", ["\x00", "\x1b", "\u202e", "\u200b", "\ufeff"])
def test_what_no_eye_sees_is_not_kept_in_a_value(world: World, hidden: str) -> None:
    clerk, paper, row = world.who("clerk"), world.paper(), world.dossier()
    edit = desk.Edit("quyet_dinh", f"Quyết{hidden} định", f"12{hidden}/QĐ", person_name=f"Tô{hidden} Thị Hiếu")
    typed = Typed({"signer_name": f"Lê{hidden} Thị Huệ", "position": f"Trưởng{hidden} phòng"})
    with world.work(clerk) as uow:
        desk.file(uow, clerk, paper, 1, row.dossier.id, edit, world.clock(), typed)
    with world.work() as uow:
        kept = {key: field.value for key, field in papers.newest_fields(uow.session, [paper])[paper].items()}
    found = document(world, paper)
    texts = (found.title, found.number, found.person_name, kept["signer_name"], kept["position"])
    assert texts == ("Quyết định", "12/QĐ", "Tô Thị Hiếu", "Lê Thị Huệ", "Trưởng phòng")


def test_no_scanner_runs_before_the_row_that_asks_for_it_is_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    clerk, settings = world.who("clerk"), world.house.settings
    world.paper()
    monkeypatch.setattr(scanner, "remembered", lambda _settings: [scanner.Device("test:0", "thử")])
    asked = scanner.Asked(batch_id(world), "test:0")
    with world.work(clerk) as uow:
        run_id = scanner.start(uow, clerk, settings, asked, world.clock())
        assert scanner.waiting(settings) == []
    assert scanner.waiting(settings) == []
    scanner.release(settings, run_id)
    assert scanner.waiting(settings) == [run_id]
    assert world.journal()[-1][:2] == ("scanner:run", "done")


def test_what_a_killed_process_left_in_the_temporary_folder_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    names = ("oms-copy-abc", "oms-scan-working", "oms-upload-new", "others-abc")
    old = tmp_path.stat().st_mtime - 7 * 3600
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "page.ppm").write_bytes(b"pixels of a paper")
        if name != "oms-upload-new":
            os.utime(tmp_path / name / "page.ppm", (old, old))
            os.utime(tmp_path / name, (old, old))
    (tmp_path / "oms-scan-working" / "page.ppm").touch()
    (tmp_path / "oms-link-x").symlink_to(tmp_path / "others-abc")
    assert leftovers.sweep() == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["oms-link-x", *names[1:]]
    assert (tmp_path / "others-abc" / "page.ppm").exists()


def test_nothing_comes_back_to_the_desk_of_a_closed_batch(world: World) -> None:
    clerk, paper = world.who("clerk"), world.paper("")
    with world.work(clerk) as uow:
        desk.set_aside(uow, clerk, paper, 1, "trang trắng", True, world.clock())
    batch = batch_id(world)
    with world.work(clerk) as uow:
        assert pile.close(uow, clerk, batch, False, world.clock()) == []
    with pytest.raises(InvalidInput), world.work(clerk) as uow:
        desk.undo(uow, clerk, paper, world.clock())
    assert document(world, paper).state == "discarded"
