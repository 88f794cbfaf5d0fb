"""Facts of a record: kept with their source, never rewritten, cut by level, masked by group; heads follow them."""

from __future__ import annotations

import pytest
from factories import World
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from oms.domain.access import Action, visibility
from oms.domain.record_facts import NewFact, Source
from oms.services import record
from oms.store import facts
from oms.store.catalogue_tables import CatalogueOther
from oms.store.dossiers import DossierRow
from oms.store.record_tables import FactRow, RecordHead
from oms.store.tables import Cadre, Dossier


def head(world: World, row: DossierRow) -> RecordHead:
    with world.work() as uow:
        return uow.session.get_one(RecordHead, row.dossier.id)


def texts(world: World, username: str, row: DossierRow) -> dict[str, str]:
    who = world.who(username)
    with world.work(who) as uow:
        found = record.facts_of(uow, who, row.dossier.id)
        return {fact.item.key: "***" if fact.masked else fact.text for fact in found}


def test_a_fact_knows_its_code_its_days_and_its_source(world: World) -> None:
    row = world.dossier()
    fact_id = world.fact(
        row, "career", from_="09/2014", to="06/2019", position="Bí thư Đảng uỷ xã", unit="Đảng uỷ xã A"
    )
    with world.work() as uow:
        fact = uow.session.get_one(FactRow, fact_id)
    assert (fact.code, fact.starts, fact.ends) == ("bi_thu_dang_uy_xa", "2014-09", "2019-06")
    assert fact.text == "09/2014 – 06/2019: Bí thư Đảng uỷ xã, Đảng uỷ xã A"
    assert fact.source == "declaration" and fact.source_words and fact.confirmed_by


def test_the_head_follows_the_newest_value_and_old_spellings_find_their_code(world: World) -> None:
    row = world.dossier()
    world.fact(row, "ethnicity", value="H'Mông")
    world.fact(row, "highest_qualification", value="Đại học")
    world.fact(row, "political_theory", value="cao cấp")
    world.fact(row, "salary_coefficient", value="4,98")
    world.fact(row, "birth_date", value="08/1961")
    made = head(world, row)
    assert (made.ethnicity, made.qualification_level, made.theory_level) == ("08", 4, 3)
    assert (made.salary_coefficient, made.birth_date) == (4.98, "1961-08")


def test_a_word_no_list_holds_waits_in_the_queue(world: World) -> None:
    row = world.dossier()
    fact_id = world.fact(row, "position", value="Cán bộ đặc phái viên")
    with world.work() as uow:
        queued = uow.session.scalars(select(CatalogueOther)).all()
    assert [(each.list_code, each.text, each.fact_id) for each in queued] == [
        ("chuc_vu", "Cán bộ đặc phái viên", fact_id)
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE facts SET body = '{}'",
        "UPDATE facts SET starts = '1900'",
        "UPDATE facts SET source = 'import'",
        "DELETE FROM facts",
        "UPDATE facts SET confirmed_by = entered_by",
    ],
)
def test_a_kept_fact_cannot_be_rewritten(world: World, statement: str) -> None:
    world.fact(world.dossier(), "birth_date", value="05/08/1961")
    with pytest.raises(IntegrityError), world.work() as uow:
        uow.session.execute(text(statement))


def test_an_ended_fact_stays_and_ends_once(world: World) -> None:
    row = world.dossier()
    fact_id = world.fact(row, "party_card_no", value="61.000123")
    officer = world.who("officer")
    keeping = record.Keeping(officer.account_id, world.clock())
    with world.work(officer) as uow:
        dossier = uow.session.get_one(Dossier, row.dossier.id)
        record.end(uow, dossier, uow.session.get_one(FactRow, fact_id), keeping)
    assert "party_card_no" not in texts(world, "officer", row)
    with world.work(officer) as uow:
        view = visibility(officer, Action.DOSSIER_READ)
        assert [fact.id for fact in facts.history(uow.session, view, row.dossier.id, "party_card_no")] == [fact_id]
    with pytest.raises(IntegrityError, match="ends once"), world.work() as uow:
        uow.session.execute(text("UPDATE facts SET ended_at = '2030-01-01'"))


def test_a_wrong_number_that_is_ended_no_longer_stands_beside_the_dossier(world: World) -> None:
    row = world.dossier()
    wrong, right = (world.fact(row, "old_id", value=number) for number in ("090000001", "090000002"))
    keeping = record.Keeping(world.who("officer").account_id, world.clock())
    for fact_id, left in ((wrong, "090000002"), (right, "")):
        with world.work() as uow:
            dossier = uow.session.get_one(Dossier, row.dossier.id)
            record.end(uow, dossier, uow.session.get_one(FactRow, fact_id), keeping)
            assert uow.session.get_one(Cadre, row.cadre.id).old_id == left


def test_a_secret_paper_s_fact_is_hidden_from_who_sees_the_dossier_only(world: World) -> None:
    row = world.dossier(unit="D-XA")
    officer = world.who("officer")
    with world.work() as uow:  # the officer is not let into that compartment
        dossier = uow.session.get_one(Dossier, row.dossier.id)
        open_fact = NewFact("position", {"value": "Bí thư Đảng uỷ xã"}, Source("declaration"))
        secret = NewFact("party_cell", {"value": "Chi bộ 7"}, Source("declaration"), secrecy=2)
        walled = NewFact("phone", {"value": "0912"}, Source("declaration"), compartment="kiem_tra")
        record.keep(uow, [(dossier, [open_fact, secret, walled])], record.Keeping(officer.account_id, world.clock()))
    said = {"full_name": "Tô Thị Hiếu"}
    assert texts(world, "leader", row) == said | {"party_cell": "Chi bộ 7", "position": "Bí thư Đảng uỷ xã"}
    assert texts(world, "leader.low", row) == said | {"position": "Bí thư Đảng uỷ xã"}
    assert texts(world, "officer.gov", row) == {}


def test_without_the_permission_of_the_group_a_reader_sees_that_it_is_masked(world: World) -> None:
    row = world.dossier()
    world.fact(row, "religion", value="Phật giáo")
    world.fact(row, "blood_group", value="AB")
    world.fact(row, "sex", value="Nữ")
    said = {"full_name": "Tô Thị Hiếu", "sex": "Nữ"}
    assert texts(world, "leader.low", row) == said | {"religion": "***", "blood_group": "***"}
    assert texts(world, "leader", row)["religion"] == "Phật giáo"
