"""The second look: who may take it, what it finds, who settles, what is drawn, and how errors are counted."""

from __future__ import annotations

import pytest
from factories import World
from sqlalchemy import select
from test_delegations import acting, lend

from oms.domain.access import Principal, Role
from oms.domain.checks import CheckState, wanted_number
from oms.errors import Conflict, InvalidInput, Refused
from oms.services import check_report, checking, desk
from oms.services.checking import Answer
from oms.services.house import UnitOfWork
from oms.store import checks, journal, papers, search_feed
from oms.store.desk_tables import Check
from oms.store.dossiers import DossierRow
from oms.store.tables import Account, Batch, Document, DocumentField

TITLE = "Quyết định bổ nhiệm"


@pytest.fixture
def people(world: World) -> World:
    """A world with a third clerk, for the third person."""
    world.account("clerk3", Role.SCANNING_CLERK, "D-BTC", "D", clearance=1)
    return world


def filed(world: World, row: DossierRow, number: str = "12/QĐ", by: str = "clerk") -> str:
    """A paper filed by a clerk, with values read by machine on it; its id."""
    paper, person = world.paper(), world.who(by)
    with world.work() as uow:
        page = papers.pages_of_document(uow.session, paper)[0].id
        for key, value in (("number", number), ("signer_name", "Lê Thị Bích Huệ")):
            field = DocumentField(
                document_id=paper, key=key, value=value, raw=value, confidence=0.99, page_id=page,
                box="[40, 40, 200, 60]", source="machine", at=world.clock(),
            )  # fmt: skip
            uow.session.add(field)
    with world.work(person) as uow:
        edit = desk.Edit("quyet_dinh", TITLE, number, "05/08/2011")
        desk.file(uow, person, paper, 1, row.dossier.id, edit, world.clock())
    return paper


def look_of(world: World, paper: str, stage: int = 1) -> str:
    with world.work() as uow:
        return next(check.id for check in checks.of_document(uow.session, paper) if check.stage == stage)


def state_of(world: World, check_id: str) -> str:
    with world.work() as uow:
        return next(str(row.state) for row in _all(uow) if row.id == check_id)


def _all(uow: UnitOfWork) -> list[Check]:
    return list(uow.session.scalars(select(Check)))


def look(world: World, who: str, check_id: str, **typed: str) -> str:
    """A person's whole look: everything right but what is typed (dots in keys written as __)."""
    person, values = world.who(who), {key.replace("__", "."): value for key, value in typed.items()}
    with world.work(person) as uow:
        view = checking.open_check(uow, person, check_id, world.clock())
    seen = frozenset(value.key for value in view.values if value.key not in values)
    with world.work(person) as uow:
        answer = Answer(values, seen, view.row.document.version)
        return checking.decide(uow, person, check_id, answer, world.clock())


def settle(world: World, who: str, check_id: str, **settled: str) -> None:
    person = world.who(who)
    with world.work(person) as uow:
        version = checking.open_check(uow, person, check_id, world.clock()).row.document.version
        values = {key.replace("__", "."): value for key, value in settled.items()}
        checking.settle(uow, person, check_id, version, values, world.clock())


def test_every_filed_paper_waits_for_another_person_and_never_for_the_one_who_filed_it(world: World) -> None:
    paper = filed(world, world.dossier())
    found = {}
    for who in ("clerk", "clerk2", "officer", "clerk.gov"):
        person = world.who(who)
        with world.work(person) as uow:
            rows, total = checking.queue(uow, person, "waiting", "", 50, 0, world.clock())
        found[who] = [row.document.id for row in rows]
        assert total == len(rows)
    assert found == {"clerk": [], "clerk2": [paper], "officer": [paper], "clerk.gov": []}
    assert world.journal()[-1][:2] == ("check:list", "done")


@pytest.mark.parametrize("who", ["clerk", "clerk.gov", "leader", "reviewer", "admin"])
def test_whoever_may_not_look_is_told_what_a_missing_look_tells(world: World, who: str) -> None:
    paper, person = filed(world, world.dossier()), world.who(who)
    for check_id in (look_of(world, paper), "0" * 32):
        with pytest.raises(Refused), world.work(person) as uow:
            checking.open_check(uow, person, check_id, world.clock())
        assert world.journal()[-1] == ("check:open", "refused", check_id)
        with pytest.raises(Refused), world.work(person) as uow:
            checking.decide(uow, person, check_id, Answer({}, frozenset(), 2), world.clock())
    assert state_of(world, look_of(world, paper)) == "waiting"


def test_whoever_touched_the_paper_before_it_was_filed_does_not_check_it(people: World) -> None:
    world, row = people, people.dossier()
    paper, other = world.paper(), world.who("clerk2")
    with world.work(other) as uow:
        desk.save(uow, other, paper, 1, desk.Edit("don", "Đơn"), world.clock())
    clerk = world.who("clerk")
    with world.work(clerk) as uow:
        desk.file(uow, clerk, paper, 2, row.dossier.id, desk.Edit("don", "Đơn"), world.clock())
    check_id = look_of(world, paper)
    with pytest.raises(Refused), world.work(other) as uow:
        checking.open_check(uow, other, check_id, world.clock())
    assert look(world, "clerk3", look_of(world, paper)) == "agreed"


def test_agreement_ends_the_look_and_changes_nothing(world: World) -> None:
    paper = filed(world, world.dossier())
    assert look(world, "clerk2", look_of(world, paper)) == CheckState.AGREED
    first, second = world.who("clerk").account_id, world.who("clerk2").account_id
    with world.work() as uow:
        check = checks.of_document(uow.session, paper)[0]
        assert (check.operator_id, check.checker_id) == (first, second)
        assert uow.session.get_one(Document, paper).version == 2
    assert ("check:decide", "done", check.id) in world.journal()


def test_a_value_not_looked_at_keeps_the_look_open(world: World) -> None:
    paper, person = filed(world, world.dossier()), world.who("clerk2")
    check_id = look_of(world, paper)
    with pytest.raises(InvalidInput) as caught, world.work(person) as uow:
        checking.decide(uow, person, check_id, Answer({"signer_name": "Ai Đó"}, frozenset(), 2), world.clock())
    assert caught.value.field == "paper.type_code"
    assert state_of(world, check_id) == "waiting"


def test_a_difference_goes_to_a_third_whose_word_reaches_paper_field_and_search(people: World) -> None:
    world, row = people, people.dossier()
    paper = filed(world, row)
    check_id = look_of(world, paper)
    assert look(world, "clerk2", check_id, paper__number="21/QĐ", signer_name="Lê Thị Huệ") == CheckState.DIFFERS
    for who, answer in (("clerk", Refused), ("clerk2", Conflict)):
        with pytest.raises(answer):
            settle(world, who, check_id, paper__number="12/QĐ", signer_name="Lê Thị Huệ")
    with world.work() as uow:
        before = search_feed.newest(uow.session)
    settle(world, "clerk3", check_id, paper__number="21/QĐ", signer_name="Lê Thị Bích Huệ")
    third = world.who("clerk3").account_id
    with world.work() as uow:
        document = uow.session.get_one(Document, paper)
        kept = papers.newest_fields(uow.session, [paper])[paper]
        assert (document.number, kept["number"].value, kept["number"].source) == ("21/QĐ", "21/QĐ", "hand")
        assert kept["number"].by == third
        assert (kept["signer_name"].value, kept["number"].box) == ("Lê Thị Bích Huệ", "[40, 40, 200, 60]")
        assert paper in search_feed.papers_changed(uow.session, before, search_feed.newest(uow.session))
    assert state_of(world, check_id) == "settled"
    assert ("check:settle", "done", check_id) in world.journal()


def test_a_settlement_leaves_no_value_out(people: World) -> None:
    paper = filed(people, people.dossier())
    check_id = look_of(people, paper)
    look(people, "clerk2", check_id, paper__number="21/QĐ", signer_name="Lê Thị Huệ")
    with pytest.raises(InvalidInput) as caught:
        settle(people, "clerk3", check_id, paper__number="21/QĐ")
    assert caught.value.field == "signer_name"
    assert state_of(people, check_id) == "differs"


def test_a_paper_in_the_wrong_dossier_goes_back_to_the_desk(people: World) -> None:
    world, row = people, people.dossier()
    paper = filed(world, row)
    check_id = look_of(world, paper)
    assert look(world, "clerk2", check_id, paper__dossier="sai") == CheckState.DIFFERS
    settle(world, "clerk3", check_id, paper__dossier="sai")
    with world.work() as uow:
        document = uow.session.get_one(Document, paper)
        assert (document.state, document.dossier_id, document.serial) == ("orphan", None, None)
    clerk = world.who("clerk")
    with world.work(clerk) as uow:
        edit = desk.Edit("quyet_dinh", TITLE)
        desk.file(uow, clerk, paper, document.version, row.dossier.id, edit, world.clock())
    with world.work() as uow:
        assert [str(check.state) for check in checks.of_document(uow.session, paper)] == ["settled", "waiting"]


def test_of_two_checkers_at_once_the_second_overwrites_nothing(people: World) -> None:
    check_id = look_of(people, filed(people, people.dossier()))
    look(people, "clerk2", check_id)
    third = people.who("clerk3")
    with pytest.raises(Conflict), people.work(third) as uow:
        checking.decide(uow, third, check_id, Answer({"paper.number": "9"}, frozenset(), 2), people.clock())
    assert state_of(people, check_id) == "agreed"


def test_undo_of_a_filing_takes_the_waiting_look_along_but_not_one_already_taken(world: World) -> None:
    row, clerk = world.dossier(), world.who("clerk")
    paper = filed(world, row)
    with world.work(clerk) as uow:
        desk.undo(uow, clerk, paper, world.clock())
        assert checks.of_document(uow.session, paper) == []
    with world.work(clerk) as uow:
        version = uow.session.get_one(Document, paper).version
        desk.file(uow, clerk, paper, version, row.dossier.id, desk.Edit("quyet_dinh", TITLE), world.clock())
    look(world, "clerk2", look_of(world, paper))
    with pytest.raises(InvalidInput), world.work(clerk) as uow:
        desk.undo(uow, clerk, paper, world.clock())
    with world.work() as uow:
        assert uow.session.get_one(Document, paper).state == "filed"


@pytest.mark.parametrize(
    ("total", "share", "number"), [(10, 20, 2), (3, 5, 1), (1, 1, 1), (7, 0, 0), (0, 50, 0), (9, 100, 9), (11, 20, 3)]
)
def test_a_share_is_rounded_up_so_that_one_paper_is_always_drawn(total: int, share: int, number: int) -> None:
    assert wanted_number(total, share) == number


def test_the_next_stage_is_drawn_by_itself_when_the_last_look_is_done_and_for_new_persons(people: World) -> None:
    world, row = people, people.dossier()
    world.account("clerk4", Role.SCANNING_CLERK, "D-BTC", "D", clearance=1)
    filed_papers = [filed(world, row) for _ in range(6)]
    for paper in filed_papers:
        with world.work() as uow:
            assert all(check.stage == 1 for check in _all(uow))
        look(world, "clerk2", look_of(world, paper))
    with world.work() as uow:
        second = [check for check in _all(uow) if check.stage == 2]
    assert len(second) == 2  # 20 % of six, rounded up
    assert world.journal()[-1][0] == "check:draw"
    for check in second:
        for who in ("clerk", "clerk2"):
            with pytest.raises(Refused):
                look(world, who, check.id)
        look(world, "clerk3", check.id)
    with world.work() as uow:
        third = [check for check in _all(uow) if check.stage == 3]
    assert len(third) == 1
    assert look(world, "clerk4", third[0].id) == "agreed"


def test_a_paper_that_nobody_is_left_to_look_at_is_not_drawn(people: World) -> None:
    """Filed by one, looked at by the second and the third of three: a last look would keep the batch open for ever."""
    world, three = people, ("clerk", "clerk2", "clerk3")
    with world.work() as uow:
        for account in uow.session.scalars(select(Account).where(Account.username.not_in(three))):
            account.active = account.username == "officer"
    paper = filed(world, world.dossier())
    with world.work() as uow:
        uow.session.scalars(select(Account).where(Account.username == "officer")).one().active = False
    look(world, "clerk2", look_of(world, paper))
    look(world, "clerk3", look_of(world, paper, 2))
    with world.work() as uow:
        assert {(check.stage, str(check.state)) for check in _all(uow)} == {(1, "agreed"), (2, "agreed")}
        drawn = [entry for entry, _ in journal.rows(uow.session) if entry.verb == "check:draw"]
    assert '"drawn":0' in drawn[-1].detail
    assert '"wanted":1' in drawn[-1].detail


def test_nothing_is_drawn_while_papers_of_the_batch_are_on_the_desk(world: World) -> None:
    paper = filed(world, world.dossier())
    world.paper("Còn chờ duyệt")
    look(world, "clerk2", look_of(world, paper))
    with world.work() as uow:
        assert {check.stage for check in _all(uow)} == {1}


def test_the_officer_steers_shares_and_draws_and_nobody_else(world: World) -> None:
    paper, officer = filed(world, world.dossier()), world.who("officer")
    with world.work() as uow:
        batch = uow.session.scalars(select(Batch.id)).one()
    with pytest.raises(InvalidInput), world.work(officer) as uow:
        checking.draw_now(uow, officer, batch, world.clock())
    with world.work(officer) as uow:
        checking.set_shares(uow, officer, batch, (100, 0), True, world.clock())
    with pytest.raises(InvalidInput), world.work(officer) as uow:
        checking.set_shares(uow, officer, batch, (101, 0), True, world.clock())
    for who in ("clerk2", "officer.gov"):
        person = world.who(who)
        for batch_id in (batch, "0" * 32):
            with pytest.raises(Refused), world.work(person) as uow:
                checking.set_shares(uow, person, batch_id, (0, 0), False, world.clock())
    with world.work() as uow:
        kept = uow.session.get_one(Batch, batch)
        assert (kept.check_share_2, kept.check_share_3, kept.check_blind) == (100, 0, True)
    person, check_id = world.who("clerk2"), look_of(world, paper)
    with world.work(person) as uow:
        view = checking.open_check(uow, person, check_id, world.clock())
    assert {value.key for value in view.values if value.blind} == {"paper.number", "paper.issued_on", "signer_name"}


def test_the_report_counts_per_person_and_per_field_and_never_a_rate_alone(people: World) -> None:
    world, row = people, people.dossier()
    right, wrong = filed(world, row), filed(world, row, by="officer")
    look(world, "clerk2", look_of(world, right), signer_name="Lê Thị Huệ")
    settle(world, "clerk3", look_of(world, right), signer_name="Lê Thị Bích Huệ")
    look(world, "clerk2", look_of(world, wrong), paper__number="21/QĐ")
    settle(world, "clerk3", look_of(world, wrong), paper__number="21/QĐ")
    officer = world.who("officer")
    with world.work(officer) as uow:
        found = check_report.report(uow, officer, check_report.Wanted(), world.clock())
    counts = [(line.name, line.papers, line.tally) for line in found.persons]
    lines = {name: (number, tally.checked, tally.differed, tally.wrong) for name, number, tally in counts}
    assert lines == {"Người thử clerk": (1, 6, 1, 0), "Người thử officer": (1, 6, 1, 1)}
    fields = {line.name: (line.tally.checked, line.tally.wrong) for line in found.fields}
    assert (fields["paper.number"], fields["signer_name"]) == ((2, 1), (2, 0))
    assert (found.whole.tally.checked, round(found.whole.tally.rate, 1)) == (12, 8.3)
    assert world.journal()[-1][:2] == ("check:report", "done")
    clerk = world.who("clerk")
    with pytest.raises(Refused), world.work(clerk) as uow:
        check_report.report(uow, clerk, check_report.Wanted(), world.clock())
    gov = world.who("officer.gov")
    with world.work(gov) as uow:
        assert check_report.report(uow, gov, check_report.Wanted(), world.clock()).persons == ()


def test_who_acts_for_another_is_that_others_side_at_the_second_look(people: World) -> None:
    """A deputy does not check what the giver filed, nor the giver what the deputy filed while lent to; others do."""
    world = people
    officer, row = world.who("officer"), world.dossier()
    by_officer = filed(world, row, "12/QĐ", by="officer")
    deputy = acting(world, lend(world, "officer", "officer2", "D"))
    assert deputy.behalf_of == officer.account_id
    by_deputy = filed(world, row, "13/QĐ", by="officer2")

    def sees(person: Principal) -> set[str]:
        with world.work(person) as uow:
            rows, total = checking.queue(uow, person, "waiting", "", 50, 0, world.clock())
            assert total == len(rows) == checking.counts(uow, person)["waiting"]
        return {found.document.id for found in rows}

    assert sees(deputy) == set()
    assert sees(officer) == set()
    assert sees(world.who("officer2")) == {by_officer}  # their own authority: what they did not do
    assert sees(world.who("clerk2")) == {by_officer, by_deputy}
    for person, check_id in ((deputy, look_of(world, by_officer)), (officer, look_of(world, by_deputy))):
        with pytest.raises(Refused), world.work(person) as uow:
            checking.open_check(uow, person, check_id, world.clock())
    world.clock.forward(days=7)
    after = filed(world, row, "14/QĐ", by="officer2")  # the days are over: a stranger's paper again
    assert sees(officer) == {after}
