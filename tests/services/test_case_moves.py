"""A case from the door to its end: papers, clock, hands, reasons, and what nobody may do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from factories import World
from office import APPOINT, case, go, publish, receive, told
from sqlalchemy import select

from oms.domain.casework import CaseState
from oms.errors import Conflict, Refused
from oms.services import case_moves, case_opinions, casework
from oms.services.case_approval import Word, approve
from oms.store import cases as store
from oms.store.case_tables import Case
from oms.store.consultation_tables import Notice
from oms.store.tables import Account


def test_it_is_numbered_dated_and_in_its_receivers_hand(world: World) -> None:
    publish(world)
    first, second = receive(world), receive(world)
    assert (first.number, second.number) == ("D-BTC-2026-00001", "D-BTC-2026-00002")
    assert first.received_on == date(2026, 11, 2) and first.due == date(2026, 11, 16)  # ten working days
    assert first.step_due == date(2026, 11, 3) and first.assignee_id == world.who("officer").account_id
    assert ("case:receive", "done") in [tuple(row[:2]) for row in world.journal()]


def test_missing_papers_are_told_at_the_door_and_the_clock_waits_for_them(world: World) -> None:
    publish(world)
    with told("Tờ trình"):
        receive(world, papers={})
    lacking = receive(world, papers={}, lacking=True)
    assert lacking.state == CaseState.SUSPENDED and lacking.due is None
    with told("Tờ trình"):
        go(world, "officer", lacking.id, act="resume")


def test_no_case_under_a_procedure_not_in_force(world: World) -> None:
    publish(world, replace(APPOINT, valid_from=date(2030, 1, 1)))
    with told("đang có hiệu lực"):
        receive(world)


def test_it_goes_from_hand_to_hand_and_back_with_a_reason(world: World) -> None:
    publish(world)
    made = receive(world, "clerk")
    go(world, "clerk", made.id, "officer")
    assert case(world, made.id).step == "instruct"
    with told("lý do"):
        go(world, "officer", made.id, "receive", "back")
    go(world, "officer", made.id, "receive", "back", "thiếu tờ trình bản chính")
    back = case(world, made.id)
    assert back.step == "receive" and back.assignee_id == world.who("clerk").account_id


def test_who_has_it_not_in_hand_does_not_move_it(world: World) -> None:
    publish(world)
    made = receive(world, "officer")
    with told("người khác xử lý"):
        go(world, "clerk", made.id, "officer")


def test_another_unit_does_not_know_of_it(world: World) -> None:
    publish(world)
    made = receive(world)
    with pytest.raises(Refused):
        go(world, "officer.gov", made.id, "officer")
    assert world.journal()[-1][1] == "refused"


def test_of_two_at_once_the_slower_is_told(world: World) -> None:
    publish(world)
    made, officer = receive(world), world.who("officer")
    go(world, "officer", made.id, "officer")
    with pytest.raises(Conflict), world.work(officer) as uow:
        case_moves.forward(uow, officer, made.id, made.version, officer.account_id, "", world.clock())
    assert case(world, made.id).step == "instruct"


def test_a_procedure_changed_meanwhile_changes_no_running_case(world: World) -> None:
    publish(world)
    made = receive(world)
    publish(world, replace(APPOINT, days=3, steps=(APPOINT.steps[0], APPOINT.steps[-1])))
    later = receive(world)
    go(world, "officer", made.id, "officer")
    go(world, "officer", later.id, "officer")
    assert (case(world, made.id).step, case(world, later.id).step) == ("instruct", "issue")
    assert case(world, made.id).due == date(2026, 11, 16) and case(world, later.id).due == date(2026, 11, 5)


def test_nobody_approves_what_they_asked_for_and_it_is_not_passed_by_going_forward(world: World) -> None:
    publish(world)
    made = receive(world)
    for _step in range(4):
        go(world, "officer", made.id, "officer")
    with told("không xử lý được"):
        go(world, "officer", made.id, "officer2")  # no leader
    go(world, "officer", made.id, "leader")
    with told("Phê duyệt"):
        go(world, "leader", made.id, "officer")


def test_suspended_days_are_not_counted_and_the_end_says_how_long_it_took(world: World) -> None:
    publish(world, replace(APPOINT, steps=(APPOINT.steps[0], APPOINT.steps[-1])))
    made = receive(world)
    world.clock.forward(days=1)
    go(world, "officer", made.id, act="suspend", words="chờ xác minh nơi đi học")
    assert case(world, made.id).due is None
    world.clock.forward(days=7)
    go(world, "officer", made.id, act="resume")
    assert case(world, made.id).due == date(2026, 11, 23)
    go(world, "officer", made.id, "officer")
    go(world, "officer", made.id)
    ended = case(world, made.id)
    assert (ended.state, ended.used_days, ended.late_days) == (CaseState.ISSUED, 1, 0)
    with world.work() as uow:
        assert [e.act for e in store.events_of(uow.session, made.id)] == [
            "receive", "suspend", "resume", "forward", "forward"]  # fmt: skip


def test_a_late_case_ends_only_with_its_reason(world: World) -> None:
    publish(world, replace(APPOINT, days=2, steps=(replace(APPOINT.steps[0], days=0),)))
    made = receive(world)
    world.clock.forward(days=10)
    with told("lý do chậm"):
        go(world, "officer", made.id)
    go(world, "officer", made.id, act="explain_late", words="chờ thẩm tra của tỉnh bạn")
    go(world, "officer", made.id)
    assert case(world, made.id).late_days == 6


def test_a_person_leaving_has_their_cases_handed_over_by_who_steers(world: World) -> None:
    publish(world)
    made = receive(world, "clerk")
    go(world, "leader", made.id, "clerk2", "hand_over", "nghỉ hưu từ tháng này")
    assert case(world, made.id).assignee_id == world.who("clerk2").account_id


def test_a_secret_case_is_given_only_to_who_may_know_and_stays_off_the_general_list(world: World) -> None:
    publish(world)
    made = receive(world, secrecy=1)
    with told("không xử lý được"):
        go(world, "officer", made.id, "leader.low", "hand_over", "bàn giao để xử lý")
    officer = world.who("officer")
    from oms.domain.access import Action, visibility

    with world.work(officer) as uow:
        view = visibility(officer, Action.CASE_WORK)
        assert store.listed(uow.session, view, store.Wanted(), 10, 0)[1] == 0
        assert store.listed(uow.session, view, store.Wanted(secret=True), 10, 0)[1] == 1


def test_a_year_without_its_days_off_is_told(world: World) -> None:
    publish(world, replace(APPOINT, days=60))
    made = receive(world)
    with world.work() as uow:
        assert casework.unsure(uow, uow.session.get_one(Case, made.id), world.clock()) == (2027,)


def test_what_is_returned_does_not_wait_for_a_drafter_who_has_left(world: World) -> None:
    publish(world)
    made = receive(world, "officer2")
    for _step in range(4):
        go(world, "officer2", made.id)
    go(world, "officer2", made.id, "leader")
    with world.work() as uow:
        uow.session.get_one(Account, world.who("officer2").account_id).active = False
    go(world, "leader", made.id, "draft", "back", "dự thảo sai căn cứ")
    back = case(world, made.id)
    assert back.step == "draft" and back.assignee_id == world.who("leader").account_id
    go(world, "leader", made.id, "officer", "hand_over", "người soạn đã nghỉ")
    go(world, "officer", made.id)
    go(world, "officer", made.id, "leader")
    assert case(world, made.id).step == "approve"  # returning and handing over made the leader no author of it


def test_an_approver_who_writes_why_it_is_late_may_still_approve(world: World) -> None:
    publish(world)
    made = receive(world)
    for _step in range(4):
        go(world, "officer", made.id)
    go(world, "officer", made.id, "leader")
    world.clock.forward(days=40)
    go(world, "leader", made.id, act="explain_late", words="chờ ý kiến cấp trên")
    leader, word = world.who("leader"), Word(world.who("officer").account_id, on_paper=True)
    approve(world.house, leader, made.id, case(world, made.id).version, word, world.clock())
    assert case(world, made.id).step == "issue"


def test_nobody_is_told_of_a_case_they_may_no_longer_see(world: World) -> None:
    publish(world, replace(APPOINT, steps=(APPOINT.steps[0], APPOINT.steps[-1])))
    clerk, adviser, now = world.who("clerk"), world.who("leader"), world.clock()
    ended, raised = receive(world, "clerk"), receive(world, "clerk")
    opinions = []
    for made in (ended, raised):
        with world.work(clerk) as uow:
            opinions += case_opinions.ask(uow, clerk, made.id, made.version, [adviser.account_id], "", None, now)
        go(world, "clerk", made.id, "officer")
    with world.work() as uow:
        uow.session.get_one(Case, raised.id).secrecy = 2
    for made, opinion in zip((ended, raised), opinions, strict=True):
        with world.work(adviser) as uow:
            case_opinions.say(uow, adviser, made.id, opinion.id, "agree", "", now)
        go(world, "officer", made.id)
    with world.work() as uow:
        told = uow.session.execute(select(Notice.kind, Notice.object_id).where(Notice.account_id == clerk.account_id))
        assert {tuple(row) for row in told} == {("opinion_given", ended.id), ("case_ended", ended.id)}
