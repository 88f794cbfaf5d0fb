"""Succession: nothing is re-keyed, the successor's people see what it took over from the day, nobody else does."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from factories import World
from office import case, publish, receive

from oms.domain.access import Action, Principal, Role, Target, decide, visibility
from oms.domain.organisation import Kind
from oms.errors import InvalidInput, Refused
from oms.services import accounts, case_moves, case_view, custody, finding, intake, succession
from oms.services.succession import Asked, NewUnit
from oms.services.units import holding_units
from oms.store import dossiers, units
from oms.store.tables import Dossier, Unit

TODAY = date(2026, 11, 2)


@pytest.fixture
def land(world: World) -> World:
    """Two commune committees A and B beside a third K, an officer of K, one of A."""
    for code, name in (("D-A", "Đảng uỷ xã An"), ("D-B", "Đảng uỷ xã Bình"), ("D-K", "Đảng uỷ xã Kim")):
        world.unit(code, name, "D", "party", "xa")
    world.account("officer.k", Role.RECORDS_OFFICER, "D-K", "D-K", clearance=1)
    world.account("officer.a", Role.RECORDS_OFFICER, "D-A", "D-A", clearance=1)
    return world


def now_as(world: World, username: str) -> Principal:
    """The account as a request sees it now."""
    with world.work() as uow:
        return accounts.principal_named(uow, username, world.clock())


def asked(kind: Kind, *before: str, on: date = TODAY, **more: Any) -> Asked:
    return Asked(kind, on, "12-QĐ/TU", before, **more)


def enter(world: World, wanted: Asked) -> str:
    admin = world.who("admin")
    with world.work(admin) as uow:
        return succession.succeed(uow, admin, wanted, world.clock()).id


def seen(world: World, username: str) -> set[str]:
    """Numbers of the dossiers in the list of this person, now."""
    who = now_as(world, username)
    with world.work(who) as uow:
        rows, _total = custody.list_dossiers(uow, who, "", "", "", 100, 0, world.clock())
    return {row.dossier.number for row in rows}


def test_the_successors_officer_sees_what_it_took_over_from_the_day_and_not_before(land: World) -> None:
    row = land.dossier(unit="D-A", number="A-1")
    land.dossier(unit="D-B", number="B-1")
    land.dossier(unit="D-A", number="A-MAT", secrecy=2, by="officer")
    tomorrow = TODAY + timedelta(days=1)
    enter(land, asked(Kind.ABSORBED, "D-A", on=tomorrow, successor="D-K"))
    assert seen(land, "officer.k") == set()
    land.clock.forward(days=1)
    assert seen(land, "officer.k") == {"A-1"}
    with land.work() as uow:
        assert uow.session.get_one(Dossier, row.dossier.id).unit_id == land.units["D-A"]


def test_the_three_ways_to_ask_agree_on_what_was_taken_over(land: World) -> None:
    row = land.dossier(unit="D-A", number="A-1")
    paper = land.filed(row)
    enter(land, asked(Kind.ABSORBED, "D-A", successor="D-K"))
    land.index()
    who = now_as(land, "officer.k")
    with land.work(who) as uow:
        path = uow.session.get_one(Unit, land.units["D-A"]).path
        assert decide(who, Action.DOSSIER_READ, Target(path)).allowed
        assert dossiers.find_dossier(uow.session, visibility(who, Action.DOSSIER_READ), row.dossier.id)
    found = finding.search(land.house, who, finding.Asked("bổ nhiệm"), land.clock())
    assert [each.document.id for person in found.people for each in person.papers] == [paper]


def test_a_right_taken_away_ends_what_was_inherited_through_it(land: World) -> None:
    land.dossier(unit="D-A", number="A-1")
    enter(land, asked(Kind.ABSORBED, "D-A", successor="D-K"))
    assert seen(land, "officer.k") == {"A-1"}
    with land.work() as uow:
        from oms.store import people

        people.set_grants(uow.session, land.who("officer.k").account_id, [land.units["D-B"]], [])
    assert seen(land, "officer.k") == set()


def test_what_was_taken_over_reaches_through_every_link_and_every_unit_below(land: World) -> None:
    land.dossier(unit="D-A", number="A-1")
    land.dossier(unit="D-B", number="B-1")
    new = (NewUnit("D-C", "Đảng uỷ xã An Bình"),)
    enter(land, asked(Kind.MERGED, "D-A", "D-B", new=new))
    land.clock.forward(days=30)
    later = TODAY + timedelta(days=30)
    enter(land, asked(Kind.RENAMED, "D-C", on=later, new=(NewUnit("D-E", "Đảng uỷ phường An Bình"),)))
    with land.work() as uow:
        made = units.by_code(uow.session, "D-E")
        assert made is not None
        land.units["D-E"] = made.id
    land.account("officer.e", Role.RECORDS_OFFICER, "D-E", "D-E")
    assert seen(land, "officer.e") == {"A-1", "B-1"}
    assert seen(land, "officer.a") == {"A-1"}


@pytest.mark.parametrize("kind", [Kind.DIVIDED, Kind.SPLIT])
def test_the_officer_of_a_part_does_not_see_the_files_of_the_whole(land: World, kind: Kind) -> None:
    land.dossier(unit="D-A", number="A-1")
    enter(land, asked(kind, "D-A", new=(NewUnit("D-A1", "Đảng uỷ xã Một"), NewUnit("D-A2", "Đảng uỷ xã Hai"))))
    with land.work() as uow:
        for code in ("D-A1", "D-A2"):
            unit = units.by_code(uow.session, code)
            assert unit is not None
            land.units[code] = unit.id
        ended = units.by_code(uow.session, "D-A")
        assert ended is not None
        assert (ended.valid_to is None) is (kind is Kind.SPLIT)
    land.account("officer.part", Role.RECORDS_OFFICER, "D-A1", "D-A1")
    assert seen(land, "officer.part") == set()
    assert seen(land, "officer") >= {"A-1"}


def test_an_ended_unit_takes_no_new_dossier_and_no_batch(land: World) -> None:
    enter(land, asked(Kind.ABSORBED, "D-A", successor="D-K"))
    who = now_as(land, "officer.k")
    with land.work(who) as uow:
        codes = {unit.code for unit in holding_units(uow, who, TODAY)}
        assert codes == {"D-K"}
    new = custody.NewCadre("Lò Văn Thử", land.units["D-A"], "X-1", confirmed=True)
    with pytest.raises(InvalidInput, match="unit_id"), land.work(who) as uow:
        custody.create_cadre(uow, who, new, land.clock())
    with pytest.raises(InvalidInput, match="unit_id"), land.work(who) as uow:
        intake.create_batch(uow, who, intake.NewBatch(title="Đợt", unit_id=land.units["D-A"]), land.clock())


def test_units_that_would_follow_themselves_are_refused_through_any_chain(land: World) -> None:
    enter(land, asked(Kind.SPLIT, "D-A", successor="D-B"))
    enter(land, asked(Kind.SPLIT, "D-B", successor="D-K"))
    with pytest.raises(InvalidInput) as refused:
        enter(land, asked(Kind.SPLIT, "D-K", successor="D-A"))
    assert "kế thừa chính mình" in refused.value.message_vi


def _day(world: World, code: str, since: date | None, until: date | None) -> None:
    with world.work() as uow:
        unit = units.by_code(uow.session, code)
        assert unit is not None
        unit.valid_from, unit.valid_to = since, until


DAYS: list[Any] = [
    ((None, date(2020, 1, 1)), (None, None), "predecessors", "đã kết thúc ngày 01/01/2020"),
    ((date(2027, 1, 1), None), (None, None), "predecessors", "bắt đầu ngày 01/01/2027"),
    ((None, None), (date(2027, 1, 1), None), "successor", "chỉ bắt đầu từ ngày 01/01/2027"),
    ((None, None), (None, date(2021, 1, 1)), "successor", "không thể kế thừa"),
]  # fmt: skip


def test_days_that_do_not_meet_are_told(land: World) -> None:
    for before, after, field, words in DAYS:
        _day(land, "D-A", *before)
        _day(land, "D-K", *after)
        with pytest.raises(InvalidInput) as refused:
            enter(land, asked(Kind.ABSORBED, "D-A", successor="D-K"))
        assert refused.value.field == field
        assert words in refused.value.message_vi


IMPOSSIBLE = [
    (asked(Kind.MERGED, "D-A", new=(NewUnit("X", "Xã"),)), "predecessors"),
    (asked(Kind.RENAMED, "D-A", "D-B", new=(NewUnit("X", "Xã"),)), "predecessors"),
    (asked(Kind.ABSORBED, "D-A"), "successor"),
    (asked(Kind.ABSORBED, "D-A", successor="D-A"), "predecessors"),
    (asked(Kind.DIVIDED, "D-A", new=(NewUnit("X", "Xã"),)), "new_units"),
    (asked(Kind.DISSOLVED, "D-A", new=(NewUnit("X", "Xã"),)), "new_units"),
    (asked(Kind.MOVED, "D-A", new=(NewUnit("X", "Xã"),)), "parent"),
    (asked(Kind.RENAMED, "NO", new=(NewUnit("X", "Xã"),)), "predecessors"),
    (asked(Kind.RENAMED, "D-A", new=(NewUnit("D-B", "Trùng mã"),)), "new_units"),
    (asked(Kind.RENAMED, "D-A", new=(NewUnit("X", "Xã", code_party="1-2"),)), "new_units"),
    (asked(Kind.RENAMED, "D-A", new=(NewUnit("X", "Xã", code_state="H49.64.33"),)), "new_units"),
    (asked(Kind.ABSORBED, "D-A", successor="C-SNV"), "predecessors"),
    (asked(Kind.ABSORBED, "D", successor="D-A"), "successor"),
    (asked(Kind.MOVED, "D-A", new=(NewUnit("X", "Xã"),), parent="C"), "parent"),
]  # fmt: skip


def test_what_no_decision_can_say_is_refused_at_its_field(land: World) -> None:
    with land.work() as uow:
        taken = units.by_code(uow.session, "D-B")
        assert taken is not None
        taken.code_state = "H49.64.33"
    for wanted, field in IMPOSSIBLE:
        with pytest.raises(InvalidInput) as refused:
            enter(land, wanted)
        assert refused.value.field == field, wanted


def test_the_preview_changes_nothing_and_counts_only_what_one_may_see(land: World) -> None:
    land.dossier(unit="D-A")
    admin, officer = land.who("admin"), land.who("officer")
    wanted = asked(Kind.ABSORBED, "D-A", successor="D-K")
    with land.work(admin) as uow:
        plan = succession.plan(uow, admin, wanted, land.clock())
        assert [account.username for account in plan.gain] == ["officer.k"]
        assert {"officer", "officer.a"} <= {account.username for account in plan.keep}
        assert (plan.counts.dossiers, plan.counts.batches) == (None, None)
        assert units.chain(uow.session) == []
    with land.work(officer) as uow:
        assert succession.counts_of(uow, officer, [plan.predecessors[0].path]).dossiers == 1
    for username in ("officer", "leader", "clerk", "reviewer"):
        who = land.who(username)
        with pytest.raises(Refused), land.work(who) as uow:
            succession.plan(uow, who, wanted, land.clock())


def test_a_mistake_of_today_is_taken_back_whole_and_later_not(land: World) -> None:
    land.dossier(unit="D-A", number="A-1")
    admin = land.who("admin")
    act = enter(land, asked(Kind.MERGED, "D-A", "D-B", new=(NewUnit("D-C", "Đảng uỷ xã An Bình"),)))
    with land.work(admin) as uow:
        succession.take_back(uow, admin, act, land.clock())
    with land.work() as uow:
        assert units.by_code(uow.session, "D-C") is None
        assert [units.by_code(uow.session, code).valid_to for code in ("D-A", "D-B")] == [None, None]  # type: ignore[union-attr]
        assert units.chain(uow.session) == []
    act = enter(land, asked(Kind.RENAMED, "D-A", new=(NewUnit("D-C", "Đảng uỷ phường An"),)))
    with land.work() as uow:
        land.units["D-C"] = units.by_code(uow.session, "D-C").id  # type: ignore[union-attr]
    land.dossier(unit="D-C", number="C-1")
    with pytest.raises(InvalidInput) as refused, land.work(admin) as uow:
        succession.take_back(uow, admin, act, land.clock())
    assert "đã có dữ liệu" in refused.value.message_vi
    act = enter(land, asked(Kind.ABSORBED, "D-B", successor="D-K"))
    land.clock.forward(days=1)
    with pytest.raises(InvalidInput) as refused, land.work(admin) as uow:
        succession.take_back(uow, admin, act, land.clock())
    assert "trong ngày" in refused.value.message_vi


def test_lists_and_searches_of_a_unit_can_include_what_it_took_over(land: World) -> None:
    row = land.dossier(unit="D-A", number="A-1")
    land.dossier(unit="D-K", number="K-1")
    land.dossier(unit="D-B", number="B-1")
    paper = land.filed(row)
    enter(land, asked(Kind.ABSORBED, "D-A", successor="D-K"))
    land.index()
    who = now_as(land, "officer")
    with land.work(who) as uow:
        path = uow.session.get_one(Unit, land.units["D-K"]).path
        listed = {
            tick: {r.dossier.number for r in custody.list_dossiers(uow, who, "", path, "", 9, 0, land.clock(), tick)[0]}
            for tick in (False, True)
        }
        assert listed == {False: {"K-1"}, True: {"K-1", "A-1"}}
    for tick, papers in ((False, []), (True, [paper])):
        wanted = finding.Asked("bổ nhiệm", unit_path=path, with_before=tick)
        found = finding.search(land.house, who, wanted, land.clock())
        assert [each.document.id for person in found.people for each in person.papers] == papers
    low = now_as(land, "leader.xa")  # sees D-XA only: the tick opens nothing
    with land.work(low) as uow:
        assert custody.list_dossiers(uow, low, "", path, "", 9, 0, land.clock(), True)[0] == []
    wanted = finding.Asked("bổ nhiệm", unit_path=path, with_before=True)
    assert finding.search(land.house, low, wanted, land.clock()).people == ()


def test_open_cases_go_on_in_the_hands_of_the_successors_people_under_the_unit_that_received_them(land: World) -> None:
    publish(land)
    made = receive(land)
    before = now_as(land, "officer.k")
    with pytest.raises(Refused), land.work(before) as uow:
        case_view.open_case(uow, before, made.id, land.clock())
    enter(land, asked(Kind.ABSORBED, "D-BTC", successor="D-K"))
    who = now_as(land, "officer.k")
    with land.work(who) as uow:
        case_moves.hand_over(uow, who, made.id, made.version, who.account_id, "đơn vị đã sáp nhập", land.clock())
    assert case(land, made.id).assignee_id == who.account_id
    assert case(land, made.id).unit_id == land.units["D-BTC"]
