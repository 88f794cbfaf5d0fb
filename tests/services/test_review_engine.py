"""Readings taken in from the real journal: explained by rows as they stood at the time, queued, worked on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from factories import World
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from test_delegations import acting, lend

from oms.domain.access import Principal, Target
from oms.domain.approvals import Kind, Line
from oms.errors import InvalidInput, Refused
from oms.services import (
    approvals,
    custody,
    posts,
    review_cases,
    review_engine,
    review_report,
    review_rules,
    shelf,
    tasks,
)
from oms.services.house import UnitOfWork, What
from oms.services.posts import Post
from oms.services.review_cases import QueueFilter
from oms.store.review_tables import ReviewAccess, ReviewDay, ReviewItem, ReviewNote


def taken_in(world: World) -> None:
    review_engine.Engine(world.house).catch_up(world.clock())


def read(world: World, who: str, dossier_id: str, task_id: str = "") -> None:
    """Through the gate and into the contents, as a person does."""
    person = world.who(who)
    with world.work(person) as uow:
        custody.gate(uow, person, dossier_id, world.clock())
    with world.work(person) as uow:
        reason = "xem xét hồ sơ theo yêu cầu"
        custody.open_dossier(uow, person, dossier_id, "quy_hoach", task_id, reason, 60, world.clock())
    with world.work(person) as uow:
        custody.read_dossier(uow, person, dossier_id, world.clock())


def grounds(world: World, who: str) -> dict[str, set[str]]:
    """Of one person: number of the dossier → rules that explained readings of it; "" stands for unexplained ones."""
    account = world.who(who).account_id
    with world.work() as uow:
        rows = uow.session.scalars(select(ReviewAccess).where(ReviewAccess.account_id == account))
        return {
            row.label: {rule for rule, _ref, _number in json.loads(row.grounds)}
            | ({""} if row.reads > row.named + row.broad else set())
            for row in rows
        }


def queue(world: World, who: str = "reviewer", **wanted: str) -> list[review_cases.Line]:
    person = world.who(who)
    with world.work(person) as uow:
        return list(review_cases.queue(uow, person, QueueFilter(**wanted), 50, 0, world.clock()).lines)


def task(world: World, by: str, unit: str = "D-BTC") -> str:
    person = world.who(by)
    with world.work(person) as uow:
        return tasks.create_task(uow, person, "NV-1", "Rà soát quy hoạch", world.units[unit], world.clock()).id


@pytest.fixture
def night(world: World) -> str:
    """A reading by the leader at 22 o'clock that nothing explains, taken in; the dossier's id."""
    row = world.dossier(number="BTC.0031")
    world.clock.forward(hours=14)
    read(world, "leader", row.dossier.id)
    taken_in(world)
    return row.dossier.id


def test_rows_explain_as_they_stood_at_the_time(world: World) -> None:
    row = world.dossier(number="BTC.0001")
    other = world.dossier(number="XA.0001", unit="D-XA")
    task_id, leader = task(world, "officer"), world.who("leader")
    read(world, "leader", row.dossier.id, task_id)
    read(world, "leader", other.dossier.id, task_id)  # the task is another unit's
    read(world, "officer2", row.dossier.id)  # has done nothing on it, yet
    read(world, "officer", row.dossier.id)  # registered it
    world.clock.forward(hours=1, minutes=5)
    with world.work(leader) as uow:
        tasks.close_task(uow, leader, task_id, world.clock())
    taken_in(world)
    assert grounds(world, "leader") == {"BTC.0001": {"task"}, "XA.0001": {""}}
    assert grounds(world, "officer") == {"BTC.0001": {"work"}}
    assert grounds(world, "officer2") == {"BTC.0001": {""}}
    officer2 = world.who("officer2")
    read(world, "officer2", row.dossier.id)
    with world.work(officer2) as uow:
        shelf.place(uow, officer2, row.dossier.id, "Tủ 4, ngăn 2", {}, world.clock())
    taken_in(world)
    assert grounds(world, "officer2") == {"BTC.0001": {"work"}}, "work done afterwards explains the reading before it"


def test_a_list_a_second_person_approved_explains_its_dossiers_to_who_asked_from_then_on(world: World) -> None:
    row, other = world.dossier(number="BTC.0001"), world.dossier(number="BTC.0002")
    who, leader = world.who("officer2"), world.who("leader")
    wanted = approvals.Wanted(
        Kind.EXPORT, What("export", "e1", "Trích ngang"), Target(row.unit.path), "rà soát theo kế hoạch năm",
        (Line("x"),), {"dossiers": [row.dossier.id]},
    )  # fmt: skip
    with world.work(who) as uow:
        asked = approvals.ask(uow, who, wanted, world.clock()).id
    read(world, "officer2", row.dossier.id)
    taken_in(world)
    assert grounds(world, "officer2") == {"BTC.0001": {""}}, "nobody explains themselves by asking"
    world.clock.forward(days=1)
    with world.work(leader) as uow:
        approvals.decide(uow, leader, asked, True, "", world.clock())
    for dossier_id in (row.dossier.id, other.dossier.id):
        read(world, "officer2", dossier_id)
    taken_in(world)
    day = world.clock().date().isoformat()
    with world.work() as uow:
        found = uow.session.scalars(select(ReviewAccess).where(ReviewAccess.account_id == who.account_id))
        last = {each.label: json.loads(each.grounds) for each in found if each.day == day}
    assert [rule for rule, _ref, _number in last["BTC.0001"]] == ["approval"]
    assert last["BTC.0002"] == []


def test_a_case_says_for_whom_its_person_acted(world: World, night: str) -> None:
    item, reviewer = queue(world)[0].item.id, world.who("reviewer")
    deputy = acting(world, lend(world, "officer", "leader", "D"), "leader")
    with world.work(deputy) as uow:
        tasks.create_task(uow, deputy, "NV-7", "Rà soát quy hoạch", world.units["D-BTC"], world.clock())
    with world.work(reviewer) as uow:
        acts = review_cases.open_case(uow, reviewer, item, world.clock()).acts
    behalf = {act.entry.verb: act.behalf for act in acts}
    assert behalf["task:create"] == world.who("officer").display_name
    assert behalf["dossier:open"] == ""


def test_the_unit_an_account_left_is_known_from_the_journal_of_its_changes(world: World) -> None:
    """Of a person who moved, readings of the unit left are queued with that reason; a colleague's there are not."""
    row, admin, moved = world.dossier(number="BTC.0041"), world.who("admin"), world.who("officer2")
    with world.work(admin) as uow:
        post = Post(moved.role, world.units["D-XA"], (world.units["D"],), "điều động theo quyết định")
        posts.change(uow, admin, moved.account_id, post, world.clock())
    world.clock.forward(hours=14)
    read(world, "officer2", row.dossier.id)
    read(world, "leader", row.dossier.id)
    taken_in(world)
    rules = {line.item.account_id: {signal.rule for signal in line.signals} for line in queue(world)}
    assert "left_unit" in rules[moved.account_id]
    assert "off_hours" in rules[world.who("leader").account_id]
    assert "left_unit" not in rules[world.who("leader").account_id]


def test_who_opens_a_task_cannot_explain_themselves_by_it(world: World) -> None:
    row = world.dossier(number="BTC.0001")
    read(world, "leader", row.dossier.id, task(world, "leader"))
    taken_in(world)
    assert grounds(world, "leader") == {"BTC.0001": {""}}


def test_taking_in_again_and_anew_gives_the_same(world: World, night: str) -> None:
    def state() -> list[tuple[object, ...]]:
        with world.work() as uow:
            days = uow.session.execute(select(ReviewDay.account_id, ReviewDay.day, ReviewDay.reads, ReviewDay.hours))
            found = uow.session.execute(
                select(ReviewItem.account_id, ReviewItem.day, ReviewItem.score, ReviewItem.state)
            )
            return sorted([*map(tuple, days), *map(tuple, found)], key=repr)

    first = state()
    assert first
    taken_in(world)
    assert state() == first
    review_engine.restart(world.house, world.clock())
    engine = review_engine.Engine(world.house)
    while engine.step(world.clock(), portion=7).rows:
        pass
    assert state() == first


def test_a_case_waits_with_its_reasons_and_nobody_meets_their_own(world: World, night: str) -> None:
    (line,) = queue(world)
    assert line.item.dossier_id == night and {"off_hours", "unexplained"} <= {each.rule for each in line.signals}
    assert queue(world, rule="kin") == [] and len(queue(world, rule="off_hours")) == 1
    own = world.who("reviewer").account_id
    with world.work() as uow:
        uow.session.get_one(ReviewItem, line.item.id).account_id = own
    assert queue(world) == [] and len(queue(world, "reviewer2")) == 1
    with pytest.raises(Refused):
        act(world, "reviewer", lambda uow, who: review_cases.open_case(uow, who, line.item.id, world.clock()))


def act(world: World, who: str, step: Callable[[UnitOfWork, Principal], Any]) -> Any:
    person: Principal = world.who(who)
    with world.work(person) as uow:
        return step(uow, person)


def test_one_reviewer_decides_and_another_signs(world: World, night: str) -> None:
    (line,) = queue(world)
    item, now = line.item.id, world.clock()
    words = "đã hỏi Chánh Văn phòng, không có việc gì cần đọc"
    act(world, "reviewer", lambda uow, who: review_cases.add_note(uow, who, item, "question", words, now))
    act(world, "reviewer", lambda uow, who: review_cases.decide(uow, who, item, "breach", words, now))
    with pytest.raises(InvalidInput, match="sign"):
        act(world, "reviewer", lambda uow, who: review_cases.sign(uow, who, item, True, "", now))
    act(world, "reviewer2", lambda uow, who: review_cases.sign(uow, who, item, False, "chưa đủ căn cứ, hỏi thêm", now))
    assert queue(world)[0].item.state == "open"
    act(world, "reviewer", lambda uow, who: review_cases.decide(uow, who, item, "breach", words, now))
    act(world, "reviewer2", lambda uow, who: review_cases.sign(uow, who, item, True, "", now))
    found = queue(world, state="signed")[0].item
    assert (found.outcome, found.signed_by) == ("breach", world.who("reviewer2").account_id)
    with world.work() as uow:
        kinds = list(uow.session.scalars(select(ReviewNote.kind).order_by(ReviewNote.id)))
    assert kinds == ["question", "outcome", "back", "outcome", "sign"]
    verbs = [verb for verb, outcome, _id in world.journal() if verb.startswith("review:") and outcome == "done"]
    assert verbs.count("review:decide") == verbs.count("review:sign") == 2 and "review:note" in verbs
    found_lines = act(world, "reviewer", lambda uow, who: review_rules.statistics(uow, who, now))
    lines = {each.rule: each for each in found_lines}
    assert (lines["off_hours"].fired, lines["off_hours"].breach, lines["off_hours"].pays) == (1, 1, 1.0)
    review_engine.restart(world.house, now)
    taken_in(world)
    assert queue(world, state="signed")[0].item.id == item, "what people decided outlives the computing"


def test_notes_are_never_changed(world: World, night: str) -> None:
    item = queue(world)[0].item.id
    act(
        world,
        "reviewer",
        lambda uow, who: review_cases.add_note(uow, who, item, "note", "đã xem phiếu trực", world.clock()),
    )
    for sql in ("UPDATE review_notes SET text = 'khác'", "DELETE FROM review_notes"):
        with pytest.raises(DBAPIError, match=r"can only be added to|permission denied"), world.work() as uow:
            uow.session.execute(text(sql))


def test_a_case_that_a_later_row_explains_leaves_the_queue(world: World) -> None:
    row = world.dossier(number="BTC.0001")
    world.clock.forward(hours=14)
    read(world, "officer2", row.dossier.id)
    taken_in(world)
    assert len(queue(world)) == 1
    world.clock.forward(days=1)
    officer2 = world.who("officer2")
    read(world, "officer2", row.dossier.id)
    with world.work(officer2) as uow:
        shelf.place(uow, officer2, row.dossier.id, "Tủ 4, ngăn 2", {}, world.clock())
    taken_in(world)
    assert queue(world) == [] and len(queue(world, state="withdrawn")) == 1


def test_the_watch_list_knows_only_what_the_journal_names(world: World, night: str) -> None:
    def watch(who: str, number: str) -> object:
        reason = "người đang được dư luận chú ý"
        return act(world, who, lambda uow, person: review_rules.watch(uow, person, number, reason, world.clock()))

    made = watch("security", "BTC.0031")
    for number in ("BTC.0031", "KHONG.CO"):
        with pytest.raises(InvalidInput, match="number"):
            watch("reviewer", number)
    with pytest.raises(Refused):
        watch("admin", "BTC.0031")
    review_engine.restart(world.house, world.clock())
    taken_in(world)
    assert "watched" in {signal.rule for signal in queue(world)[0].signals}
    act(world, "reviewer", lambda uow, who: review_rules.unwatch(uow, who, made.id, world.clock()))
    with pytest.raises(Refused):
        act(world, "reviewer", lambda uow, who: review_rules.unwatch(uow, who, made.id, world.clock()))


def test_the_month_says_what_was_read_and_where_the_journal_stood(world: World, night: str) -> None:
    from oms.services import review

    review.seal(world.house, world.clock())
    world.clock.forward(hours=1)
    person = world.who("reviewer")
    with world.work(person) as uow:
        made = review_report.report(uow, world.house, person, "2026-11", world.clock())
    with world.work() as uow:
        reads = uow.session.scalar(select(func.sum(ReviewDay.reads)))
    assert made.counts.totals["reads"] == reads and made.counts.totals["unexplained"] > 0
    assert [case[2] for case in made.cases] == ["BTC.0031"]
    assert made.seal is not None and made.seal.size > 0 and len(made.seal.root) == 64
    assert 14 <= made.unsealed.total_seconds() / 3600 < 15 and made.unanchored > made.unsealed
    assert made.charts.heat[0][22].open > 0  # Monday 2 November, 22 o'clock
    for month in ("2026-13", "khong", "2027-01"):
        with pytest.raises(InvalidInput), world.work(person) as uow:
            review_report.report(uow, world.house, person, month, world.clock())
