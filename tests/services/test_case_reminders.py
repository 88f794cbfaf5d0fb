"""Every working morning: what is due soon or late is told once to who has it in hand, and to heads when it is late."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from directing import directive, report, task
from factories import World
from office import publish, receive

from oms.domain.access import Role
from oms.services import case_moves, case_opinions, case_reminders, notices
from oms.store import catalogues
from oms.store.case_tables import Case, CaseEvent, Task
from oms.store.catalogue_tables import CatalogueRow
from oms.store.tables import Account

MONDAY = datetime(2026, 11, 9, 0, 30, tzinfo=UTC)  # half past seven in Ha Noi


def morning(world: World, at: datetime | None = None) -> int:
    """A whole round at a time; how many things were told of."""
    if at is not None:
        world.clock.at = at
    total = 0
    while number := case_reminders.remind(world.house, world.clock()):
        total += number
    return total


def told_of(world: World, by: str) -> list[str]:
    who = world.who(by)
    with world.house.look(who) as uow:
        return sorted(
            each.kind for each in notices.listed(uow, who, 200, 0)[0] if each.kind[:4] in ("case", "opin", "task")
        )


def set_days(world: World, case_id: str, due: date | None, step_due: date | None = None) -> None:
    with world.work() as uow:
        case = uow.session.get_one(Case, case_id)
        case.due, case.step_due = due, step_due


def events(world: World, case_id: str) -> list[tuple[str, str]]:
    with world.work() as uow:
        found = uow.session.query(CaseEvent).filter_by(case_id=case_id).order_by(CaseEvent.number)
        return [(each.act, each.reason) for each in found if each.by is None]


@pytest.fixture
def case_id(world: World) -> str:
    """A case in the clerk's hand, without last days yet."""
    publish(world)
    made = receive(world, by="clerk").id
    set_days(world, made, None)
    return made


def test_a_case_due_within_two_working_days_is_told_once_to_who_has_it(world: World, case_id: str) -> None:
    set_days(world, case_id, date(2026, 11, 11))
    assert morning(world, datetime(2026, 11, 6, 1, 0, tzinfo=UTC)) == 0  # Friday: three working days
    assert morning(world, MONDAY) == 1
    assert morning(world, MONDAY.replace(hour=8)) == 0
    assert morning(world, MONDAY.replace(day=10)) == 0
    assert told_of(world, "clerk") == ["case_due"] and told_of(world, "officer") == []
    assert events(world, case_id) == [("remind", "Sắp đến hạn giải quyết")]
    assert ("case:remind", "done", "") in world.journal()
    set_days(world, case_id, date(2026, 11, 12))
    assert morning(world, MONDAY.replace(day=10)) == 1  # another last day, another reminder


def test_a_late_case_goes_to_its_holder_and_the_nearest_heads_and_again_after_five_working_days(
    world: World, case_id: str
) -> None:
    set_days(world, case_id, date(2026, 11, 6))
    assert morning(world, MONDAY) == 1
    assert told_of(world, "clerk") == ["case_late"]
    assert told_of(world, "officer") == ["case_escalated"] and told_of(world, "leader") == []
    for day in (10, 11, 12, 13):
        assert morning(world, MONDAY.replace(day=day)) == 0
    assert morning(world, MONDAY.replace(day=16)) == 1  # the fifth working day after
    assert told_of(world, "clerk") == ["case_late"] * 2
    assert told_of(world, "leader") == ["case_escalated"]  # now all above, too
    assert told_of(world, "officer.gov") == [] and told_of(world, "leader.xa") == []


def test_days_off_and_nights_are_silent(world: World, case_id: str) -> None:
    set_days(world, case_id, date(2026, 11, 6))
    for at in (datetime(2026, 11, 7, 2, 0, tzinfo=UTC), datetime(2026, 11, 8, 20, 0, tzinfo=UTC)):
        assert morning(world, at) == 0  # Saturday; three in the morning of Monday
        assert not case_reminders.due_today(world.house, world.clock())
    assert morning(world, MONDAY) == 1


def test_a_suspended_or_ended_case_is_silent(world: World, case_id: str) -> None:
    clerk = world.who("clerk")
    with world.work(clerk) as uow:
        case_moves.suspend(uow, clerk, case_id, 1, "chờ bổ sung giấy tờ", world.clock())
    set_days(world, case_id, date(2026, 11, 6), date(2026, 11, 6))
    assert morning(world, MONDAY) == 0


def test_a_step_is_told_to_its_holder_and_not_beside_the_whole(world: World, case_id: str) -> None:
    set_days(world, case_id, date(2026, 12, 1), date(2026, 11, 10))
    assert morning(world, MONDAY) == 1 and told_of(world, "clerk") == ["case_due"]
    assert morning(world, MONDAY.replace(day=11)) == 1 and told_of(world, "clerk") == ["case_due", "case_late"]
    assert morning(world, MONDAY.replace(day=20)) == 0 and told_of(world, "officer") == []
    set_days(world, case_id, date(2026, 11, 18), date(2026, 11, 18))
    assert morning(world, MONDAY.replace(day=18)) == 1


def test_a_case_whose_holder_is_gone_is_told_to_the_heads(world: World, case_id: str) -> None:
    with world.work() as uow:
        account = uow.session.get_one(Account, world.who("clerk").account_id)
        account.active = False
    assert morning(world, MONDAY) == 1 and morning(world, MONDAY.replace(hour=5)) == 0
    assert told_of(world, "officer") == ["case_unheld"]
    assert events(world, case_id) == [("escalate", "Không còn ai giữ")]
    assert morning(world, MONDAY.replace(day=16)) == 1


def test_a_holder_who_no_longer_reaches_the_unit_holds_nothing(world: World, case_id: str) -> None:
    with world.work() as uow:
        from oms.store import people

        people.set_grants(uow.session, world.who("clerk").account_id, [world.units["C"]], [])
    set_days(world, case_id, date(2026, 11, 6))
    assert morning(world, MONDAY) == 2
    assert told_of(world, "clerk") == [] and told_of(world, "officer") == ["case_escalated", "case_unheld"]


def test_a_secret_case_is_told_only_to_who_may_see_it_by_its_number_alone(world: World) -> None:
    publish(world)
    made = receive(world, by="officer", secrecy=3, title="Việc tuyệt mật")
    set_days(world, made.id, date(2026, 11, 6))
    world.account("officer3", Role.RECORDS_OFFICER, "D-BTC", "D-BTC", clearance=3)
    assert morning(world, MONDAY) == 1
    assert told_of(world, "officer3") == ["case_escalated"]
    assert told_of(world, "officer2") == [] and told_of(world, "leader") == []
    who = world.who("officer3")
    with world.house.look(who) as uow:
        assert [each.label for each in notices.listed(uow, who, 10, 0)[0]] == [made.number]


def test_an_opinion_due_and_late_is_told_to_whoever_was_asked(world: World, case_id: str) -> None:
    clerk = world.who("clerk")
    with world.work(clerk) as uow:
        asked = [world.who("officer").account_id]
        case_opinions.ask(uow, clerk, case_id, 1, asked, "Có đồng ý không?", date(2026, 11, 10), world.clock())
    assert morning(world, MONDAY) == 1 and morning(world, MONDAY.replace(hour=9)) == 0
    assert morning(world, MONDAY.replace(day=11)) == 1 and morning(world, MONDAY.replace(day=12)) == 0
    assert told_of(world, "officer") == ["opinion_asked", "opinion_due", "opinion_due"]


def test_an_opinion_on_what_was_raised_above_whoever_was_asked_is_not_recalled_to_them(
    world: World, case_id: str
) -> None:
    clerk = world.who("clerk")
    with world.work(clerk) as uow:
        asked = [world.who("officer2").account_id]
        case_opinions.ask(uow, clerk, case_id, 1, asked, "Có đồng ý không?", date(2026, 11, 10), world.clock())
    with world.work() as uow:
        uow.session.get_one(Case, case_id).secrecy = 2
    morning(world, MONDAY)
    assert told_of(world, "officer2") == ["opinion_asked"]


def test_tasks_due_go_to_their_owner_and_late_ones_to_the_heads_too(world: World) -> None:
    one = directive(world)
    given = task(world, one, due="10/11/2026")
    done = task(world, one, due="10/11/2026")
    report(world, done, 100)
    assert morning(world, MONDAY) == 1 and morning(world, MONDAY.replace(hour=9)) == 0
    assert told_of(world, "clerk").count("task_due") == 1 and told_of(world, "officer") == []
    assert morning(world, MONDAY.replace(day=11)) == 1
    assert told_of(world, "officer") == ["task_late"] and told_of(world, "clerk").count("task_due") == 2
    assert morning(world, MONDAY.replace(day=17)) == 0 and morning(world, MONDAY.replace(day=18)) == 1
    with world.work() as uow:
        assert uow.session.get_one(Task, given).late_told_on == date(2026, 11, 18)


def test_a_round_killed_between_two_portions_tells_the_rest_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(world)
    made = [receive(world, by="clerk").id for _each in range(5)]
    for each in made:
        set_days(world, each, date(2026, 11, 6))
    monkeypatch.setattr(case_reminders, "PORTION", 2)
    world.clock.at = MONDAY
    assert case_reminders.remind(world.house, world.clock()) == 2
    assert morning(world) == 3 and morning(world) == 0  # as after a start anew
    assert told_of(world, "clerk") == ["case_late"] * 5


def test_the_days_before_are_a_rule_of_the_catalogue(world: World, case_id: str) -> None:
    with world.work() as uow:
        row = uow.session.query(CatalogueRow).filter_by(list_code="quy_tac", code="lead.case").one()
        changed = {"list_code": "quy_tac", "code": row.code, "label": row.label, "aliases": "[]", "position": 0,
                   "extra": '{"value": 10}', "legal_basis": "thử", "mark": "", "created_at": world.clock()}  # fmt: skip
        row.ended_at = world.clock()
        catalogues.add_rows(uow.session, [changed])
    set_days(world, case_id, date(2026, 11, 20))
    assert morning(world, MONDAY) == 1
