"""Dates coming due: made with the record, cut by what may be seen, set by hand with a basis, taken out on purpose."""

from __future__ import annotations

import json
from datetime import date

import pytest
from factories import World
from icalendar import Calendar
from sqlalchemy import select, update

from oms.errors import InvalidInput, Refused
from oms.services import dues
from oms.services.dues import DueFilter, Setting
from oms.store import catalogues
from oms.store.catalogue_tables import CatalogueRow
from oms.store.dossiers import DossierRow
from oms.store.exchange_tables import Due
from oms.store.record_tables import FactRow, RecordHead
from oms.store.tables import Document

FAR = DueFilter(date(2060, 1, 1))
BY_HAND = Setting("", "", "31/12/2030", False, "QĐ 12-QĐ/BTCTU ngày 01/10/2026", "kéo dài thời gian công tác")


def retiring(world: World, name: str = "Trương Đình Quốc Khuyến", **more: object) -> DossierRow:
    row = world.dossier(name, **more)
    world.fact(row, "birth_date", value="20/06/1965")
    world.fact(row, "sex", value="Nam")
    return row


def seen(world: World, username: str, wanted: DueFilter = FAR) -> list[tuple[str, date]]:
    who = world.who(username)
    with world.work(who) as uow:
        lines, total = dues.list_dues(uow, who, wanted, 50, 0, world.clock())
    assert total == len(lines)
    return [(line.row.due.kind, line.row.due.due_on) for line in lines]


def test_the_date_is_there_as_soon_as_the_record_says_enough_and_follows_its_change(world: World) -> None:
    row = world.dossier()
    world.fact(row, "sex", value="Nữ")
    assert seen(world, "officer") == []
    world.fact(row, "birth_date", value="05/05/1969")
    assert seen(world, "officer") == [("retirement", date(2026, 5, 31))]
    world.fact(row, "left_on", value="01/06/2026")
    assert seen(world, "officer") == []


def test_who_may_not_see_the_dossier_is_told_of_no_date(world: World) -> None:
    retiring(world, secrecy=2)
    assert seen(world, "leader") == seen(world, "officer") == [("retirement", date(2026, 12, 31))]
    for username in ("leader.low", "leader.xa", "officer.gov"):
        assert seen(world, username) == []
        who = world.who(username)
        with world.work(who) as uow:
            assert dues.waiting(uow, who, world.clock()) == []


def test_a_paper_above_its_dossier_tells_nobody_of_its_last_day(world: World) -> None:
    row = world.dossier()
    plain, secret = world.filed(row), world.filed(row, secrecy=2)
    with world.work() as uow:
        uow.session.execute(update(Document).values(expires_on="2026-12-01"))
    world.fact(row, "sex", value="Nam")  # any change makes the dates anew
    assert seen(world, "officer") == [("paper", date(2026, 12, 1))]
    assert plain != secret


def test_the_list_begins_with_what_is_told_of_today_and_the_journal_keeps_what_was_shown(world: World) -> None:
    row = retiring(world)
    young = world.dossier("Trẻ Hơn", number="HS-9")
    world.fact(young, "birth_date", value="01/01/1990")
    world.fact(young, "sex", value="Nam")
    assert len(seen(world, "officer", DueFilter(date(2026, 11, 2)))) == 1
    with world.work() as uow:
        from oms.store import journal

        entry = [entry for entry, _leaf in journal.rows(uow.session)][-1]
    assert (entry.verb, json.loads(entry.detail)["shown"]) == ("alert:list", [row.dossier.id])


def due_id(world: World) -> int:
    with world.house.look() as uow:
        return uow.session.scalars(select(Due.id)).one()


def test_a_date_set_by_hand_needs_a_basis_stays_through_changes_and_can_be_taken_back(world: World) -> None:
    row, officer = retiring(world), world.who("officer")
    for broken in ({"legal_basis": ""}, {"reason": "ngắn"}, {"due_on": "31/02/2030"}, {"due_on": "2030"}):
        with pytest.raises(InvalidInput) as told, world.work(officer) as uow:
            dues.override(uow, officer, due_id(world), Setting(**(BY_HAND.__dict__ | broken)), world.clock())
        assert told.value.field == next(iter(broken))
    with world.work(officer) as uow:
        made = dues.override(uow, officer, due_id(world), BY_HAND, world.clock())
    world.fact(row, "phone", value="0900000000")
    assert seen(world, "officer") == [("retirement", date(2030, 12, 31))]
    with world.work(officer) as uow:
        dues.withdraw(uow, officer, made.id, world.clock())
    assert seen(world, "officer") == [("retirement", date(2026, 12, 31))]
    with pytest.raises(InvalidInput), world.work(officer) as uow:
        dues.withdraw(uow, officer, made.id, world.clock())


def test_a_settled_date_is_gone_and_the_next_one_is_not(world: World) -> None:
    row, officer = world.dossier(), world.who("officer")
    world.fact(row, "rank_code", value="01.003")
    world.fact(row, "salary_step", value="3")
    world.fact(row, "salary_from", value="01/12/2023")
    assert seen(world, "officer") == [("raise", date(2026, 12, 1))]
    settled = Setting("", "", "", True, "QĐ 45/QĐ-SNV", "đã có quyết định nâng lương")
    with world.work(officer) as uow:
        dues.override(uow, officer, due_id(world), settled, world.clock())
    assert seen(world, "officer") == []
    with world.work(officer) as uow:
        dossier = row.dossier
        old = [fact for fact in uow.session.scalars(select(FactRow)) if fact.item in ("salary_from", "salary_step")]
        from oms.services import record

        for fact in old:
            record.end(uow, dossier, fact, record.Keeping(officer.account_id, world.clock()))
    world.fact(row, "salary_step", value="4")
    world.fact(row, "salary_from", value="01/12/2026")
    assert seen(world, "officer") == [("raise", date(2029, 12, 1))]


def test_a_leader_reads_the_list_but_sets_nothing(world: World) -> None:
    retiring(world)
    leader = world.who("leader")
    with pytest.raises(Refused), world.work(leader) as uow:
        dues.override(uow, leader, due_id(world), BY_HAND, world.clock())
    with pytest.raises(Refused), world.work(leader) as uow:
        dues.calendar(uow, leader, FAR, "mang theo khi đi họp", world.clock())


def test_the_calendar_reads_back_equal_and_is_journalled_with_purpose_and_size(world: World) -> None:
    row, officer = retiring(world), world.who("officer")
    with pytest.raises(InvalidInput), world.work(officer) as uow:
        dues.calendar(uow, officer, FAR, "xem", world.clock())
    with world.work(officer) as uow:
        data, _level = dues.calendar(uow, officer, FAR, "theo dõi nghỉ hưu quý IV", world.clock())
    (event,) = Calendar.from_ical(data).walk("VEVENT")
    assert event["dtstart"].dt == date(2026, 12, 31)
    assert str(event["summary"]) == "Nghỉ hưu – Trương Đình Quốc Khuyến"
    assert row.dossier.number in str(event["description"])
    with world.work() as uow:
        from oms.store import journal

        entry = [entry for entry, _leaf in journal.rows(uow.session)][-1]
    detail = json.loads(entry.detail)
    assert (entry.verb, entry.reason, detail["bytes"]) == ("alert:export", "theo dõi nghỉ hưu quý IV", len(data))


def test_a_changed_rule_reaches_every_record_by_itself(world: World) -> None:
    retiring(world)
    with world.work() as uow:
        rule = uow.session.scalars(
            select(CatalogueRow).where(
                CatalogueRow.code == "retirement_age.nam", CatalogueRow.valid_from == date(2026, 1, 1)
            )
        ).one()
        changed = {"list_code": "quy_tac", "code": rule.code, "label": rule.label, "aliases": "[]", "position": 0,
                   "extra": '{"years": 61, "months": 3}', "valid_from": rule.valid_from, "valid_to": rule.valid_to,
                   "legal_basis": "thử", "mark": "", "created_at": world.clock()}  # fmt: skip
        rule.ended_at = world.clock()
        catalogues.add_rows(uow.session, [changed])
    world.clock.forward(seconds=1)
    assert dues.renew_stale(world.house, world.clock()) == 1
    assert seen(world, "officer") == [("retirement", date(2026, 9, 30))]
    assert dues.renew_stale(world.house, world.clock()) == 0


def test_a_badge_long_past_makes_way_for_the_next(world: World) -> None:
    row = world.dossier()
    world.fact(row, "party_joined_on", value="03/12/1996")
    assert seen(world, "officer") == [("party_age", date(2026, 12, 3))]
    world.clock.forward(days=92)
    assert dues.renew_stale(world.house, world.clock()) == 1
    assert seen(world, "officer") == [("party_age", date(2036, 12, 3))]
    assert dues.renew_stale(world.house, world.clock()) == 0
    with world.work() as uow:
        assert uow.session.get_one(RecordHead, row.dossier.id).party_joined_on == "1996-12-03"
