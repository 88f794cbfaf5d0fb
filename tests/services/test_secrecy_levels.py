"""Levels: given on a basis, raised by one, extended, listed when due, lowered by two; what rests on them follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from factories import World
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from oms.domain.access import Action, visibility
from oms.domain.record_facts import Source
from oms.domain.secrecy import Standing
from oms.errors import InvalidInput, Refused
from oms.services import classifying, desk, finding
from oms.services.classifying import Agreed, Lowering, NewLevel
from oms.services.finding import Asked
from oms.store import copies, facts
from oms.store.tables import Document, Dossier

NEW = NewLevel(1, "", "bvctnb", "", "01/10/2026", "Trưởng ban Tổ chức", "", "")
AGREED = Agreed("a" * 32, "Lãnh đạo", "officer")
REASON = "Đã công bố theo thông báo 12-TB/TU"


def give(world: World, kind: str, object_id: str, by: str = "officer", **more: object) -> None:
    who = world.who(by)
    with world.work(who) as uow:
        classifying.classify(uow, who, kind, object_id, replace(NEW, **more), world.clock())  # type: ignore[arg-type]


def lower(world: World, kind: str, object_id: str, level: int, compartment: str = "", by: str = "leader") -> None:
    who = world.who(by)
    with world.work(who) as uow:
        wanted = Lowering(kind, object_id, level, compartment, REASON)
        classifying.carry_out(uow, who, wanted, AGREED, world.clock())


def paper(world: World, document_id: str) -> Document:
    with world.work() as uow:
        return uow.session.get_one(Document, document_id)


def hits(world: World, who: str, words: str) -> list[str]:
    found = finding.search(world.house, world.who(who), Asked(words), world.clock())
    return [each.document.id for one in found.people for each in one.papers]


def test_a_level_has_day_basis_decider_and_the_end_the_rule_gives(world: World) -> None:
    row = world.dossier()
    document = world.filed(row)
    give(world, "document", document)
    officer = world.who("officer")
    with world.work(officer) as uow:
        view = classifying.read(uow, officer, "document", document, world.clock())
    (only,) = view.past
    assert (only.act, only.level, only.basis_code, only.decided_on) == ("set", 1, "bvctnb", date(2026, 10, 1))
    assert only.expires_on == date(2036, 10, 1)  # ten years for Mật
    assert view.standing is Standing.RUNNING and view.unsure
    assert world.journal()[-2][:2] == ("secrecy:classify", "done")


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("level", {"level": 0}),
        ("level", {"level": 9}),
        ("basis_code", {"basis_code": ""}),
        ("basis_code", {"level": 3, "basis_code": "bvctnb"}),
        ("basis_code", {"basis_code": "qd2500.mat", "decided_on": "16/11/2025"}),
        ("decided_on", {"decided_on": "31/02/2026"}),
        ("decided_on", {"decided_on": "2026"}),
        ("decided_on", {"decided_on": "03/11/2026"}),
        ("decided_by", {"decided_by": "  "}),
        ("expires_on", {"expires_on": "01/10/2026"}),
        ("expires_on", {"expires_on": "02/10/2036"}),
        ("compartment", {"compartment": "kiem_tra"}),
    ],
)
def test_a_level_without_its_ground_is_not_given(world: World, field: str, change: dict[str, object]) -> None:
    document = world.filed(world.dossier())
    with pytest.raises(InvalidInput) as problem:
        give(world, "document", document, **change)
    assert problem.value.field == field
    assert paper(world, document).secrecy == 0


def test_nobody_gives_a_level_above_their_own_or_to_what_they_may_not_see(world: World) -> None:
    document = world.filed(world.dossier())
    with pytest.raises(InvalidInput):
        give(world, "document", document, by="officer2", level=2)
    for who in ("officer.gov", "clerk", "reviewer", "admin", "security"):
        with pytest.raises(Refused):
            give(world, "document", document, by=who)
    assert paper(world, document).secrecy == 0


def test_raising_is_at_once_for_search_facts_number_and_copy(world: World) -> None:
    row = world.dossier()
    document = world.filed(row, "QUYẾT ĐỊNH\nVề việc khen thưởng đặc biệt")
    fact = world.fact(row, "position", source=Source("document", document), value="Phó trưởng ban")
    world.index()
    assert hits(world, "leader.low", "khen thưởng đặc biệt") == [document]
    give(world, "document", document)
    assert hits(world, "leader.low", "khen thưởng đặc biệt") == []  # before the index has caught up
    world.index()
    assert hits(world, "leader.low", "khen thưởng đặc biệt") == []
    assert hits(world, "leader", "khen thưởng đặc biệt") == [document]
    low = world.who("leader.low")
    with world.work() as uow:
        assert facts.find(uow.session, visibility(low, Action.DOSSIER_READ), fact) is None
        kept = uow.session.get_one(Document, document)
        assert copies.latest(uow.session, [kept])[document].state == "waiting"  # the new mark needs a new copy
    give(world, "document", document, level=2)
    assert [past.act for past in history(world, "document", document)] == ["raise", "set"]


def history(world: World, kind: str, object_id: str) -> tuple[object, ...]:
    officer = world.who("officer")
    with world.work(officer) as uow:
        return classifying.read(uow, officer, kind, object_id, world.clock()).past


def test_a_lower_level_shows_on_the_next_search_and_not_before(world: World) -> None:
    row = world.dossier()
    document = world.filed(row, "QUYẾT ĐỊNH\nVề việc luân chuyển chưa công bố", secrecy=1)
    fact = world.fact(row, "position", source=Source("document", document), value="Phó trưởng ban")
    with world.work() as uow:
        from oms.services import resting

        resting.rise(uow, uow.session.get_one(Document, document), world.clock())
    world.index()
    low = world.who("leader.low")
    assert hits(world, "leader.low", "luân chuyển chưa công bố") == []
    lower(world, "document", document, 0)
    world.index()
    assert hits(world, "leader.low", "luân chuyển chưa công bố") == [document]
    with world.work() as uow:
        assert facts.find(uow.session, visibility(low, Action.DOSSIER_READ), fact) is not None
        head = facts.heads(uow.session, [row.dossier.id])[row.dossier.id]
        assert head.secrecy == 0
    verb, outcome, subject = world.journal()[-1] if world.journal()[-1][0] == "secrecy:lower" else world.journal()[-2]
    assert (verb, outcome, subject) == ("secrecy:lower", "done", document)


def test_what_stood_higher_for_its_own_reason_does_not_fall(world: World) -> None:
    row = world.dossier()
    document = world.filed(row, secrecy=1)
    other = world.filed(row, secrecy=2)
    mine = world.fact(row, "position", source=Source("document", document), value="Phó trưởng ban")
    theirs = world.fact(row, "main_duty", source=Source("document", other), value="Quy hoạch")
    with world.work() as uow:
        from oms.services import resting

        for each in (document, other):
            resting.rise(uow, uow.session.get_one(Document, each), world.clock())
    lower(world, "document", document, 0)
    seen = visibility(world.who("leader.low"), Action.DOSSIER_READ)
    with world.work() as uow:
        assert facts.find(uow.session, seen, mine) is not None
        assert facts.find(uow.session, seen, theirs) is None


def test_a_dossier_falls_alone_its_papers_are_decided_on_one_by_one(world: World) -> None:
    row = world.dossier(secrecy=2)
    document = world.filed(row)
    assert paper(world, document).secrecy == 2
    with pytest.raises(InvalidInput):  # never below the dossier it lies in
        lower(world, "document", document, 1)
    lower(world, "dossier", row.dossier.id, 0)
    with world.work() as uow:
        assert uow.session.get_one(Dossier, row.dossier.id).secrecy == 0
    assert paper(world, document).secrecy == 2
    lower(world, "document", document, 1)
    assert paper(world, document).secrecy == 1


def test_a_dossier_raised_takes_its_papers_with_it(world: World) -> None:
    row = world.dossier()
    document = world.filed(row)
    give(world, "dossier", row.dossier.id, level=2)
    assert paper(world, document).secrecy == 2
    with world.work() as uow:
        dossier = uow.session.get_one(Dossier, row.dossier.id)
        assert (dossier.secrecy, dossier.handling) == (2, "restricted")


@pytest.mark.parametrize("wanted", [Lowering("document", "", 2, "", REASON), Lowering("document", "", 1, "", "vì"),
                                    Lowering("document", "", 0, "bvctnb", REASON)])  # fmt: skip
def test_what_is_no_lowering_is_refused(world: World, wanted: Lowering) -> None:
    document = world.filed(world.dossier(), secrecy=1)
    leader = world.who("leader")
    with pytest.raises(InvalidInput), world.work(leader) as uow:
        classifying.carry_out(uow, leader, replace(wanted, object_id=document), AGREED, world.clock())
    assert paper(world, document).secrecy == 1


@pytest.mark.parametrize("sql", ["UPDATE documents SET secrecy = 0", "UPDATE dossiers SET secrecy = 0",
                                 "UPDATE facts SET secrecy = 0", "UPDATE documents SET compartment = ''"])  # fmt: skip
def test_the_database_itself_lets_no_level_fall_without_a_decision(world: World, sql: str) -> None:
    row = world.dossier(secrecy=1)
    world.filed(row, secrecy=1, compartment="bvctnb")
    world.fact(row, "position", value="Phó trưởng ban")
    with pytest.raises(IntegrityError, match="falls only by a decision"), world.work() as uow:
        uow.session.execute(text(sql))


def test_the_desk_lowers_nothing_that_was_ever_set(world: World) -> None:
    clerk, waiting = world.who("clerk"), world.paper()
    with world.work(clerk) as uow:
        desk.save(uow, clerk, waiting, 1, desk.Edit("quyet_dinh", "Giấy", secrecy=1), world.clock())
    with world.work(clerk) as uow:
        desk.save(uow, clerk, waiting, 2, desk.Edit("quyet_dinh", "Giấy", secrecy=0), world.clock())
    assert paper(world, waiting).secrecy == 1
    with world.work(clerk) as uow:
        desk.undo(uow, clerk, waiting, world.clock())
        desk.undo(uow, clerk, waiting, world.clock())
    assert paper(world, waiting).secrecy == 1


def test_what_ends_is_listed_never_lowered_and_an_extension_is_a_row(world: World) -> None:
    row = world.dossier()
    ending, fresh, bare = world.filed(row), world.filed(row), world.filed(row, secrecy=1)
    give(world, "document", ending, decided_on="01/01/2017")  # ended on 01/01/2027: sixty days are over soon
    give(world, "document", fresh)
    officer = world.who("officer")

    def listed() -> dict[str, Standing]:
        with world.work(officer) as uow:
            found, total = classifying.due(uow, officer, 50, 0, world.clock())
        assert total == len(found)
        return {each.secret.id: each.standing for each in found}

    assert listed() == {ending: Standing.DUE, bare: Standing.NO_BASIS}
    world.clock.forward(days=20)
    assert listed()[ending] is Standing.LATE
    world.clock.forward(days=60)
    assert listed()[ending] is Standing.ENDED
    assert paper(world, ending).secrecy == 1
    longer = replace(NEW, decided_on="20/01/2027", reason="Còn giá trị bảo vệ, QĐ 5-QĐ/TU", expires_on="")
    with world.work(officer) as uow:
        classifying.extend(uow, officer, "document", ending, longer, world.clock())
    assert listed() == {bare: Standing.NO_BASIS}
    with pytest.raises(InvalidInput), world.work(officer) as uow:
        classifying.extend(uow, officer, "document", bare, longer, world.clock())
    low = world.who("officer2")
    with world.work(low) as uow:  # Mật: officer2 may see it
        assert classifying.due(uow, low, 50, 0, world.clock())[1] == 1
    gov = world.who("officer.gov")
    with world.work(gov) as uow:
        assert classifying.due(uow, gov, 50, 0, world.clock()) == ([], 0)
