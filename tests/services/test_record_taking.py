"""From papers into the record: what is new is taken once, with its people; what differs is not; undone the same day."""

from __future__ import annotations

import databases
import pytest
from factories import World
from record_papers import paper_saying
from test_delegations import acting, lend

from oms.domain.access import Principal
from oms.domain.record_items import SENSITIVE_LABELS
from oms.errors import InvalidInput, Refused
from oms.services import record, record_reading, record_seed, record_taking
from oms.services.record_taking import Standing, TakingView
from oms.store.dossiers import DossierRow
from oms.store.record_tables import FactRow, RecordHead

FORM = {
    "birth_date": "1961-08-05",
    "ethnicity": "Tày",
    "religion": "Phật giáo",
    "career.1.from": "2001-01",
    "career.1.to": "2005-06",
    "career.1.what": "Kế toán, Sở Tài chính",
    "career.2.from": "2005-07",
    "career.2.what": "Phó trưởng phòng",
    "family.1.relation": "Vợ",
    "family.1.full_name": "Lò Thị Mơ",
    "number": "12-QĐ/TU",
    "members.1.full_name": "Người Khác",
}


def look(world: World, who: Principal, row: DossierRow) -> TakingView:
    with world.work(who) as uow:
        return record_taking.look(uow, who, row.dossier.id, world.clock())


def take_all(world: World, who: Principal, row: DossierRow, *, ticked: bool = True) -> tuple[str, ...]:
    offers = look(world, who, row).standing(Standing.NEW)
    chosen = [offer.value.key for offer in offers if offer.ticked or not ticked]
    with world.work(who) as uow:
        return record_taking.take(uow, who, row.dossier.id, chosen, world.clock())


def facts(world: World, who: Principal, row: DossierRow) -> dict[str, FactRow]:
    with world.work(who) as uow:
        return {fact.text: fact.row for fact in record.facts_of(uow, who, row.dossier.id)}


@pytest.fixture
def opened(world: World) -> tuple[DossierRow, Principal]:
    row, officer = world.dossier(birth_date="05/08/1961"), world.who("officer")
    for reader in (officer, world.who("officer2"), world.who("leader"), world.who("leader.low")):
        world.open(reader, row.dossier.id)
    return row, officer


def test_new_same_and_different_stand_apart_and_paper_only_values_are_no_facts(world: World, opened) -> None:
    row, officer = opened
    paper_saying(world, row, FORM | {"full_name": "Tô Thị Hiền"})
    view = look(world, officer, row)
    said = {each: {offer.value.item for offer in view.standing(each)} for each in Standing}
    assert said[Standing.NEW] == {"ethnicity", "religion", "career", "family"}
    assert said[Standing.SAME] == {"birth_date"} and said[Standing.DIFFERENT] == {"full_name"}
    assert [offer.against.text for offer in view.standing(Standing.DIFFERENT) if offer.against] == ["Tô Thị Hiếu"]


def test_what_is_taken_knows_its_paper_who_vouched_and_who_took(world: World, opened) -> None:
    row, officer = opened
    paper = paper_saying(world, row, FORM)
    assert len(take_all(world, officer, row)) == 5
    kept = facts(world, officer, row)["01/2001 – 06/2005: Kế toán, Sở Tài chính"]
    assert (kept.document_id, kept.source, kept.box) == (paper, "document", "[10, 110, 110, 130]")
    assert (kept.entered_by, kept.confirmed_by) == (world.who("clerk").account_id, officer.account_id)
    verb, outcome, about = world.journal()[-1]
    assert (verb, outcome, about) == ("record:take", "done", row.dossier.id)
    with world.work() as uow:
        assert uow.session.get_one(RecordHead, row.dossier.id).ethnicity


def test_taking_twice_adds_nothing(world: World, opened) -> None:
    row, officer = opened
    paper_saying(world, row, FORM)
    offers = look(world, officer, row).standing(Standing.NEW)
    chosen = [offer.value.key for offer in offers]
    for expected in (5, 0):
        with world.work(officer) as uow:
            assert len(record_taking.take(uow, officer, row.dossier.id, chosen, world.clock())) == expected
    assert look(world, officer, row).standing(Standing.NEW) == []


def test_one_s_own_word_is_no_second_person(world: World, opened) -> None:
    row, officer = opened
    paper_saying(world, row, {"ethnicity": "Tày"}, by="officer")
    paper_saying(world, row, {"phone": "0912"}, source="machine")
    take_all(world, officer, row)
    kept = facts(world, officer, row)
    assert kept["Tày"].confirmed_by is None and kept["0912"].confirmed_by is None
    with world.work(officer) as uow, pytest.raises(InvalidInput):
        record_reading.confirm(uow, officer, row.dossier.id, [kept["Tày"].id], world.clock())
    deputy = acting(world, lend(world, "officer", "officer2", "D"))  # who acts for the officer is the officer's side
    with world.work(deputy) as uow, pytest.raises(InvalidInput):
        record_reading.confirm(uow, deputy, row.dossier.id, [kept["Tày"].id], world.clock())
    second = world.who("officer2")
    with world.work(second) as uow:
        chosen = [fact.id for fact in kept.values()]
        assert record_reading.confirm(uow, second, row.dossier.id, chosen, world.clock()) == len(kept)
    assert facts(world, officer, row)["Tày"].confirmed_by == second.account_id


def test_doubtful_readings_are_counted_but_not_offered(world: World, opened) -> None:
    row, officer = opened
    paper_saying(world, row, {"ethnicity": "Tày"}, source="machine", doubt="chữ mờ")
    view = look(world, officer, row)
    assert view.offers == () and view.doubtful == 1


def test_of_two_papers_the_newest_is_ticked_and_only_one_may_be_taken(world: World, opened) -> None:
    row, officer = opened
    paper_saying(world, row, {"party_joined_on": "1990-01-03"}, issued_on="1995-01-01")
    paper_saying(world, row, {"party_joined_on": "1990-03-01"}, issued_on="2015-01-01")
    view = look(world, officer, row)
    assert [(offer.text, offer.ticked) for offer in view.offers] == [("01/03/1990", True), ("03/01/1990", False)]
    chosen = [offer.value.key for offer in view.offers]
    with world.work(officer) as uow, pytest.raises(InvalidInput, match="chosen"):
        record_taking.take(uow, officer, row.dossier.id, chosen, world.clock())
    assert len(facts(world, officer, row)) == 2  # what was said at registration


def test_a_secret_paper_s_value_stays_as_secret_in_the_record(world: World, opened) -> None:
    row, officer = opened
    paper_saying(world, row, {"party_cell": "Chi bộ 7"}, secrecy=2, by="officer")
    take_all(world, officer, row)
    assert "Chi bộ 7" in facts(world, officer, row)
    assert "Chi bộ 7" not in facts(world, world.who("leader.low"), row)


def test_masked_groups_are_neither_offered_nor_taken(world: World, opened) -> None:
    row, officer = opened
    paper_saying(world, row, FORM)
    world.account("officer.plain", officer.role, "D-BTC", "D", clearance=1)
    plain = world.who("officer.plain")
    world.open(plain, row.dossier.id)
    hidden = [o.value.key for o in look(world, officer, row).offers if o.value.item == "religion"]
    view = look(world, plain, row)
    assert "religion" not in {offer.value.item for offer in view.offers} and view.masked == 1
    with world.work(plain) as uow:
        assert record_taking.take(uow, plain, row.dossier.id, hidden, world.clock()) == ()
    assert set(SENSITIVE_LABELS) == officer.sensitive


def test_taken_by_mistake_is_taken_out_the_same_day_by_the_taker_only(world: World, opened) -> None:
    row, officer = opened
    paper_saying(world, row, {"ethnicity": "Tày", "phone": "0912"})
    first, second = take_all(world, officer, row)
    other = world.who("officer2")
    with world.work(other) as uow, pytest.raises(InvalidInput):
        record_taking.take_out(uow, other, first, world.clock())
    with world.work(officer) as uow:
        assert record_taking.take_out(uow, officer, first, world.clock()) == row.dossier.id
    world.clock.forward(hours=30)
    world.open(officer, row.dossier.id)
    with world.work(officer) as uow, pytest.raises(InvalidInput):
        record_taking.take_out(uow, officer, second, world.clock())
    with world.work(officer) as uow:
        ended = record_reading.of(uow, officer, row).ended
    assert [fact.row.id for fact in ended] == [first]


def test_without_an_opening_or_the_role_nothing_is_taken(world: World) -> None:
    row, officer, leader = world.dossier(), world.who("officer"), world.who("leader")
    with pytest.raises(Refused), world.work(officer) as uow:
        record_taking.take(uow, officer, row.dossier.id, ["x"], world.clock())
    world.open(leader, row.dossier.id)
    with pytest.raises(Refused), world.work(leader) as uow:
        record_taking.take(uow, leader, row.dossier.id, ["x"], world.clock())
    assert [entry[:2] for entry in world.journal()].count(("record:take", "refused")) == 2


def test_registration_begins_the_record_with_a_declaration(world: World) -> None:
    row = world.dossier(birth_date="08/1961", position="Chuyên viên", sex="Nữ")
    kept = facts(world, world.who("officer"), row)
    assert set(kept) == {"Tô Thị Hiếu", "08/1961", "Chuyên viên", "Nữ"}
    born = kept["08/1961"]
    assert (born.source, born.source_words, born.confirmed_by) == ("declaration", "Khi đăng ký", None)


def test_records_that_are_empty_are_begun_once_for_all(world: World) -> None:
    row = world.dossier(birth_date="08/1961")
    unguarded = databases.UNGUARDED if databases.ON_SERVER else "DROP TRIGGER facts_no_delete;"
    databases.harm(world.house.settings.home, "".join((unguarded, "DELETE FROM facts; DELETE FROM record_heads;")))
    told: list[record_seed.Renewed] = []
    for begun in (2, 0):
        done = record_seed.renew_all(world.house, world.clock, told.append)
        assert (done.dossiers, done.total, done.begun) == (1, 1, begun)
    assert set(facts(world, world.who("officer"), row)) == {"Tô Thị Hiếu", "08/1961"}
    with world.work() as uow:
        assert uow.session.get_one(RecordHead, row.dossier.id).birth_date == "1961-08"
