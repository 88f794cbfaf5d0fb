"""Rules that count, number, seal, move or remove more than the person at work may see, on either database.

On PostgreSQL the second wall hides rows from every statement, also from those a rule needs: without an opening a
batch would close over a secret paper nobody checked, and a dossier would move without its secret papers.
"""

from __future__ import annotations

import pytest
from consulting import asked
from directing import directive, task
from factories import World
from sqlalchemy import select
from test_breaking_keeping import lend, take
from test_keeping_disposals import ask, close, decide
from test_own_file import kin_of
from test_secrecy_levels import give

from oms.domain.access import Role
from oms.domain.record_facts import Source
from oms.errors import InvalidInput
from oms.services import custody, desk_pages, directives, exchange_receive, pile, pile_pages, resting, transfers
from oms.services.transfers import NewTransfer
from oms.store import keeping, papers
from oms.store.case_tables import Task
from oms.store.consultation_tables import Consultation
from oms.store.custody_tables import Loan
from oms.store.package_tables import ExchangeLink, ExchangePartner
from oms.store.past_walls import past_walls
from oms.store.record_tables import FactRow
from oms.store.tables import Batch, Cadre, Document, Dossier, Page, Proposal, Scan


def test_a_secret_paper_moves_with_its_dossier_though_who_seals_it_does_not_see_it(world: World) -> None:
    row = world.dossier()
    plain, secret = world.filed(row, pages=3), world.filed(row, secrecy=3)
    who = world.who("officer2")
    with world.work(who) as uow:
        new = NewTransfer(world.units["D-XA"], "12-QĐ/TU", "điều động cán bộ")
        made = transfers.create(uow, who, row.dossier.id, new, world.clock()).id
    with world.work(who) as uow:
        transfers.seal(uow, who, made, world.clock())
    with world.work(who) as uow:
        assert [each.document for each in transfers.read(uow, who, made, world.clock()).lines] == [plain]
    low = world.account("officer.xa1", Role.RECORDS_OFFICER, "D-XA", "D-XA", clearance=1)
    with pytest.raises(InvalidInput) as told:
        take(world, low, made)
    assert "được xem mọi tài liệu" in told.value.message_vi
    high = world.account("officer.xa3", Role.RECORDS_OFFICER, "D-XA", "D-XA", clearance=3)
    assert take(world, high, made).received
    with world.work() as uow:
        assert uow.session.get_one(Dossier, row.dossier.id).unit_id == world.units["D-XA"]
        assert {uow.session.get_one(Document, each).unit_id for each in (plain, secret)} == {world.units["D-XA"]}


def test_pages_of_hidden_papers_count_in_their_batch(world: World) -> None:
    """What is missing from the pile is told by sheets of paper, not by what one may read of them."""
    row = world.dossier()
    world.filed(row, pages=2)
    world.filed(row, pages=3, secrecy=3)
    with world.work() as uow:
        batch = uow.session.scalars(select(Batch.id)).one()
    totals = []
    for name in ("officer", "officer2"):
        who = world.who(name)
        with world.work(who) as uow:
            _summary, counts, _left = pile.look(uow, who, batch, world.clock())
        totals.append(counts.total.content)
    assert totals == [5, 5]


def test_a_disposal_takes_nothing_that_a_hidden_paper_still_needs(world: World) -> None:
    """Two papers of one received file: one in a dossier that goes, one top secret in another dossier that stays."""
    row, other = world.dossier("Cầm Văn Điệu", number="CU-1"), world.dossier("Quàng Văn Ở", number="CU-2")
    gone, stays = world.filed(row, pages=2), world.filed(other, secrecy=3)
    with world.work() as uow:
        scan = uow.session.get_one(Document, gone).scan_id
        uow.session.get_one(Document, stays).scan_id = scan
        for page in papers.pages_of_document(uow.session, stays):
            page.scan_id, page.number = scan, 9
        original = uow.session.get_one(Scan, scan).sha256
    close(world, row)
    decide(world, ask(world, row))  # the leader's clearance ends below top secret
    with world.work() as uow:
        assert uow.session.get(Document, gone) is None
        assert uow.session.get_one(Scan, scan).sha256 == original
        assert [page.scan_id for page in papers.pages_of_document(uow.session, stays)] == [scan]
        assert uow.session.scalar(select(Page.document_id).where(Page.number == 9)) == stays


def test_a_disposal_removes_the_secret_papers_too(world: World) -> None:
    row = world.dossier("Cầm Văn Điệu")
    plain, secret = world.filed(row), world.filed(row, secrecy=3)
    close(world, row)
    decide(world, ask(world, row))
    with world.work() as uow:
        assert [uow.session.get(Document, each) for each in (plain, secret)] == [None, None]


def test_the_person_s_particulars_stay_while_another_dossier_has_them(world: World) -> None:
    row = world.dossier("Cầm Văn Điệu", birth_date="05/08/1900", citizen_id="011000000001")
    second = world.dossier("Cầm Văn Điệu", secrecy=3)
    with world.work() as uow:
        uow.session.get_one(Dossier, second.dossier.id).cadre_id = row.cadre.id
    close(world, row)
    decide(world, ask(world, row))
    with world.work() as uow:
        assert uow.session.get_one(Cadre, row.cadre.id).birth_date == "1900-08-05"


def test_a_number_is_taken_also_by_a_dossier_one_does_not_see(world: World) -> None:
    world.dossier(number="HS-MẬT", secrecy=3)
    with pytest.raises(InvalidInput) as told:
        world.dossier("Người Khác", number="HS-MẬT", by="officer2")
    assert told.value.field == "number"


def test_numbers_of_loans_go_on_after_those_one_does_not_see(world: World) -> None:
    secret, plain = world.dossier(secrecy=3), world.dossier("Người Khác")
    lend(world, secret, world.filed(secret))
    second = lend(world, plain, world.filed(plain), by="officer2")
    with world.work() as uow:
        assert uow.session.get_one(Loan, second).number.startswith("2/")


def test_requests_of_two_units_have_two_numbers(world: World) -> None:
    """Neither asker sees the other's: the second number of the year follows the first all the same."""
    world.account("officer.m", Role.RECORDS_OFFICER, "M", "M")
    made = [asked(world), asked(world, "officer.m")]
    with world.work() as uow:
        numbers = [uow.session.get_one(Consultation, each).number for each in made]
    assert [each.partition("/")[0] for each in numbers] == ["1", "2"]


def test_a_directive_is_withdrawn_with_tasks_its_head_no_longer_sees(world: World) -> None:
    made = directive(world)
    given = task(world, made, unit="D-XA", owner="clerk")
    with world.work() as uow:
        row = uow.session.get_one(Task, given)
        row.secrecy, row.created_by = 3, world.who("clerk").account_id
    who = world.who("officer2")
    with pytest.raises(InvalidInput) as told, world.work(who) as uow:
        directives.close(uow, who, made, "Đã xong", world.clock())
    assert "Còn 1 nhiệm vụ" in told.value.message_vi
    with world.work(who) as uow:
        assert directives.withdraw(uow, who, made, "Nhập nhầm văn bản", world.clock()) == 1
    with world.work() as uow:
        assert uow.session.get_one(Task, given).closed_at is not None


def test_facts_one_does_not_see_rise_with_their_paper(world: World) -> None:
    row = world.dossier()
    paper = world.filed(row)
    fact = world.fact(row, "training", source=Source("document", paper), school="Trường Chính trị", award="khac")
    with world.work() as uow:
        uow.session.get_one(FactRow, fact).compartment = "bvctnb"
        uow.session.get_one(Document, paper).secrecy = 1
    who = world.who("officer2")
    with world.work(who) as uow:
        assert resting.rise(uow, uow.session.get_one(Document, paper), world.clock()) == 1
    with world.work() as uow:
        assert uow.session.get_one(FactRow, fact).secrecy == 1


def test_after_a_rule_was_asked_the_walls_stand_as_before(world: World) -> None:
    row = world.dossier()
    plain, secret = world.filed(row), world.filed(row, secrecy=3)
    who = world.who("officer2")

    def shown() -> set[str]:
        contents = custody.read_dossier(uow, who, row.dossier.id, world.clock()).contents
        return {each.document.id for each in contents}

    world.open(who, row.dossier.id)
    with world.work(who) as uow:
        every = {each.id for each in keeping.papers_of(uow.session, row.dossier.id)}
        assert every == {plain, secret} and shown() == {plain}
        with pytest.raises(InvalidInput), past_walls(uow.session):
            raise InvalidInput("number", "Sai")
        assert shown() == {plain}


def test_the_paper_before_one_is_told_by_the_sheets_of_the_file(world: World) -> None:
    """The first sheets of a file are a secret paper's: what comes after them follows nothing that may be shown."""
    clerk = world.who("clerk")
    before, secret, after = world.paper(pages=2), world.paper(pages=2, secrecy=3), world.paper(pages=2)
    with world.work() as uow:
        scan = uow.session.get_one(Document, before).scan_id
        pages = [page for each in (before, secret, after) for page in papers.pages_of_document(uow.session, each)]
        for number, page in enumerate(pages, 11):
            page.scan_id, page.number = scan, number
        uow.session.flush()
        for number, page in enumerate(pages, 1):
            page.number = number
        for each in (before, secret, after):
            uow.session.get_one(Document, each).scan_id = scan
    with world.work(clerk) as uow:
        assert desk_pages.previous_in_scan(uow, clerk, uow.session.get_one(Document, after)) is None
        found = desk_pages.previous_in_scan(uow, clerk, uow.session.get_one(Document, before))
        assert found is None
    with pytest.raises(InvalidInput), world.work(clerk) as uow:
        pile_pages.collate(uow, clerk, scan, "", True, world.clock())
    with world.work() as uow:
        assert [len(papers.pages_of_document(uow.session, each)) for each in (before, secret, after)] == [2, 2, 2]


def test_a_number_of_a_contents_list_follows_one_of_a_paper_taken_for_a_relatives(world: World) -> None:
    row, theirs = world.dossier(), world.dossier("Nguyễn Thị Kín", citizen_id="011000000002")
    first = world.filed(row)
    with world.work() as uow:
        uow.session.add(Proposal(document_id=first, dossier_id=theirs.dossier.id, score=0.5, agrees="", differs=""))
    kin_of(world, "officer", citizen_id="011000000002")
    second = world.filed(row)
    with world.work() as uow:
        assert [uow.session.get_one(Document, each).serial for each in (first, second)] == [1, 2]


def test_papers_and_facts_of_an_area_rise_with_their_dossier(world: World) -> None:
    """Whoever gives the dossier its level has no part in the area: nothing in the dossier stays below it."""
    row = world.dossier()
    plain, apart = world.filed(row), world.filed(row, compartment="bvctnb")
    fact = world.fact(row, "phone", value="0912000111")
    with world.work() as uow:
        uow.session.get_one(FactRow, fact).compartment = "bvctnb"
    give(world, "dossier", row.dossier.id, by="officer2")
    with world.work() as uow:
        assert [uow.session.get_one(Document, each).secrecy for each in (plain, apart)] == [1, 1]
        assert uow.session.get_one(Document, apart).compartment == "bvctnb"
        assert uow.session.get_one(FactRow, fact).secrecy == 1


def test_the_first_word_on_a_partners_dossier_stands_also_when_one_does_not_see_it(world: World) -> None:
    secret, plain = world.dossier(secrecy=3), world.dossier("Người Khác")
    partner = ExchangePartner(code="H29")
    for who, row in ((None, secret), (world.who("officer2"), plain)):
        with world.work(who) as uow:
            exchange_receive.link(uow, partner, "r" * 32, row.dossier.id, world.clock())
    with world.work() as uow:
        assert uow.session.scalars(select(ExchangeLink.dossier_id)).all() == [secret.dossier.id]
