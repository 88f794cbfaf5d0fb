"""Reading cases: what a page is told, that every look is a row first, who may do what, two at once."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from factories import World
from office import APPOINT, FLOW, case, go, publish, receive, told
from test_case_desk import at_approval, drafted

from oms.domain.access import Role
from oms.domain.casework import Move
from oms.domain.journal import Entry
from oms.domain.procedures import Stage
from oms.errors import Conflict, Refused, WrongZone
from oms.services import case_handover, case_lists, case_moves, case_opinions, case_view, casework
from oms.services.case_handover import Handing, Unfit
from oms.services.case_lists import Listing, Wanted
from oms.services.case_view import Shown
from oms.store import journal


def shown(world: World, who: str, case_id: str) -> Shown:
    person = world.who(who)
    with world.work(person) as uow:
        found = case_view.open_case(uow, person, case_id, world.clock())
        uow.session.expunge_all()
        return found


def listed(world: World, who: str, stage: Stage | None = None, **wanted: object) -> Listing:
    person = world.who(who)
    with world.work(person) as uow:
        asked = Wanted(**wanted)  # type: ignore[arg-type]
        found = case_lists.listing(uow, person, asked, stage, 50, 0, world.clock(), opinions=True)
        uow.session.expunge_all()
        return found


def newest(world: World) -> Entry:
    with world.work() as uow:
        return list(journal.rows(uow.session))[-1][0]


@pytest.mark.parametrize("words", ["ĐẢNG UỶ", "đảng uỷ", "dang uy", "ỦY", "uỷ  BAN", "CBQL-Đ"])
def test_a_list_is_narrowed_by_words_in_any_case_with_or_without_marks(world: World, words: str) -> None:
    publish(world)
    receive(world, title="Kiện toàn Uỷ ban Kiểm tra Đảng uỷ, mã cbql-đ", papers={0: 1})
    receive(world, title="Bổ nhiệm Phó Trưởng phòng 100%_")
    assert listed(world, "officer", words=words).total == 1
    assert listed(world, "officer", words="%_").total == 1 and listed(world, "officer", words="_%").total == 0
    assert listed(world, "officer", words="\u0301").total == 0


def test_a_list_a_board_a_case_and_a_slip_are_each_a_row_that_says_what_was_asked(world: World) -> None:
    publish(world)
    made = receive(world)
    listed(world, "officer", code="thu_nghiem", words="  bổ   nhiệm ")
    detail = json.loads(newest(world).detail)
    assert (detail["code"], detail["asked"], detail["shown"]) == ("thu_nghiem", "bổ nhiệm", 1)
    officer = world.who("officer")
    with world.work(officer) as uow:
        case_lists.board(uow, officer, Wanted(), world.clock())
    assert newest(world).verb == "case:list" and json.loads(newest(world).detail)["board"] is True
    shown(world, "officer", made.id)
    assert (newest(world).verb, newest(world).object_id) == ("case:open", made.id)
    with world.work(officer) as uow:
        case_view.slip(uow, officer, made.id, world.clock())
    assert json.loads(newest(world).detail)["slip"] is True
    assert "Bổ nhiệm" not in newest(world).detail + newest(world).object_label


def test_the_row_of_a_secret_list_bears_its_level(world: World) -> None:
    publish(world)
    receive(world, secrecy=2)
    assert len(listed(world, "officer", secret=True).lines) == 1
    assert newest(world).secrecy == 2
    assert listed(world, "officer").lines == () and newest(world).secrecy == 0


def test_no_role_without_cases_lists_or_opens_any(world: World) -> None:
    publish(world)
    made = receive(world)
    for who in ("reviewer", "security", "admin"):
        with pytest.raises(Refused):
            listed(world, who)
        with pytest.raises(Refused):
            shown(world, who, made.id)


def test_a_case_about_a_hidden_dossier_is_in_no_list_count_or_column(world: World) -> None:
    publish(world)
    row = world.dossier(secrecy=3)
    made = receive(world, dossier_id=row.dossier.id, secrecy=3)
    for who in ("officer2", "clerk", "leader"):  # levels 1, 1 and 2
        person = world.who(who)
        assert listed(world, who, secret=True).total == 0
        with world.work(person) as uow:
            assert sum(column.number for column in case_lists.board(uow, person, Wanted(), world.clock())) == 0
        with pytest.raises(Refused):
            shown(world, who, made.id)
    assert listed(world, "officer", secret=True).total == 1


def test_the_board_adds_up_to_the_list_under_two_versions_at_once(world: World) -> None:
    publish(world)
    first = receive(world)
    go(world, "officer", first.id, "officer")
    publish(world, replace(APPOINT, steps=(replace(APPOINT.steps[0], key="moi"), *APPOINT.steps[1:])))
    for _each in range(3):
        receive(world)
    officer = world.who("officer")
    with world.work(officer) as uow:
        numbers = {each.stage: each.number for each in case_lists.board(uow, officer, Wanted(), world.clock())}
    assert (numbers[Stage.RECEIVE], numbers[Stage.INSTRUCT]) == (3, 1)
    assert sum(numbers.values()) == listed(world, "officer").counts.open == 4
    assert listed(world, "officer", Stage.RECEIVE).total == 3


def test_moves_are_those_of_who_has_it_and_of_who_steers(world: World) -> None:
    publish(world)
    made = receive(world, "clerk")
    clerk, officer, other = (shown(world, who, made.id).may for who in ("clerk", "officer", "clerk2"))
    assert Move.FORWARD in clerk.moves and Move.REFUSE not in clerk.moves
    assert Move.REFUSE in officer.moves and not other.moves and not other.edit
    go(world, "clerk", made.id, act="suspend", words="chờ văn bản của cấp trên")
    assert shown(world, "clerk", made.id).may.moves == {Move.RESUME, Move.WITHDRAW, Move.HAND_OVER}


def test_only_who_can_take_it_is_offered_and_only_once_asked_for_rights(world: World) -> None:
    publish(world)
    made = receive(world, secrecy=2)
    offered = {each.username for each in shown(world, "officer", made.id).people.following}
    assert offered == {"officer", "leader"}
    approving = at_approval(world)
    go(world, "leader", approving, "consult", "back", "cần xin thêm ý kiến")
    assert {each.username for each in shown(world, "officer", approving).people.following} == {"leader", "leader.low"}


def test_who_made_it_is_told_why_they_do_not_approve(world: World) -> None:
    approving = at_approval(world)
    assert shown(world, "leader", approving).may.approve
    officer = shown(world, "officer", approving).may
    assert not officer.approve and not officer.barred and Move.FORWARD not in officer.moves
    with world.work() as uow:
        casework.record(
            uow, world.who("leader"), uow.session.get_one(casework.Case, approving), "forward", world.clock()
        )
    assert "người thứ hai" in shown(world, "leader", approving).may.barred


def test_opinions_that_wait_bar_the_approval_and_are_counted(world: World) -> None:
    approving = at_approval(world)
    leader, officer2 = world.who("leader"), world.who("officer2")
    version = case(world, approving).version
    with world.work(leader) as uow:
        case_opinions.ask(uow, leader, approving, version, [officer2.account_id], "Đủ chưa?", None, world.clock())
    assert "1 ý kiến" in shown(world, "leader", approving).may.barred
    assert [each.row.case.id for each in listed(world, "officer2").opinions] == [approving]


def test_a_draft_and_its_hands_are_named(world: World, tmp_path: Path) -> None:
    publish(world)
    made = receive(world)
    drafted(world, tmp_path, made.id)
    found = shown(world, "leader", made.id)
    assert [each.number for each in found.drafts] == [1]
    assert found.names[world.who("officer").account_id] == "Người thử officer"
    assert [line.place for line in found.steps] == ["here", *["ahead"] * 6]


def test_no_secret_case_is_received_or_opened_outside_an_isolated_network(world: World) -> None:
    publish(world)
    made = receive(world, secrecy=1)
    world.house.settings = replace(world.house.settings, zone="party_wan")
    with pytest.raises(WrongZone):
        shown(world, "officer", made.id)
    with pytest.raises(WrongZone):
        receive(world, secrecy=1)
    receive(world)


def test_two_who_move_it_at_once_move_it_once(world: World) -> None:
    publish(world)
    made = receive(world)
    officer, told_late, start = world.who("officer"), [], threading.Barrier(4)

    def move() -> None:
        start.wait()
        try:
            with world.house.work(officer, world.clock()) as uow:
                case_moves.forward(uow, officer, made.id, 1, officer.account_id, "", world.clock())
        except Conflict as problem:
            told_late.append(problem)

    threads = [threading.Thread(target=move) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told_late) == 3 and case(world, made.id).step == "instruct"


def test_two_doors_never_give_one_number_twice(world: World) -> None:
    publish(world)
    numbers, start = [], threading.Barrier(4)

    def take() -> None:
        start.wait()
        numbers.append(receive(world).number)

    threads = [threading.Thread(target=take) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(numbers)) == 4


def leaving(world: World, to: dict[str, str], words: str = "chuyển công tác") -> int:
    officer = world.who("officer")
    versions = {name: case(world, name).version for name in to}
    with world.work(officer) as uow:
        handing = Handing(to, versions, words)
        return case_handover.hand_over_all(uow, officer, world.who("clerk").account_id, False, handing, world.clock())


def test_what_is_left_behind_goes_whole_or_not_at_all(world: World) -> None:
    publish(world)
    first, second = receive(world, "clerk"), receive(world, "clerk")
    clerk2, outside = world.who("clerk2").account_id, world.who("officer.gov").account_id
    before = len(world.journal())
    with pytest.raises(Unfit) as problem:
        leaving(world, {first.id: clerk2, second.id: outside})
    assert [number for number, _why in problem.value.problems] == [second.number]
    assert len(world.journal()) == before
    assert leaving(world, {first.id: clerk2, second.id: case_handover.STAYS}) == 1
    assert case(world, first.id).assignee_id == clerk2
    assert case(world, second.id).assignee_id == world.who("clerk").account_id
    with told("chọn người nhận"):
        leaving(world, {first.id: clerk2})  # no longer in that hand
    with told("lý do"):
        leaving(world, {second.id: clerk2}, "")


def test_whose_work_it_is_counts_what_the_head_sees(world: World) -> None:
    publish(world)
    receive(world, "clerk"), receive(world, secrecy=3)
    person = world.who("leader")
    with world.work(person) as uow:
        found = case_handover.holders(uow, person, False, world.clock())
        assert [(each.name, each.cases) for each in found] == [("Người thử clerk", 1)]
        assert case_handover.holders(uow, person, True, world.clock()) == []
    clerk = world.who("clerk")
    with pytest.raises(Refused), world.work(clerk) as uow:
        case_handover.holders(uow, clerk, False, world.clock())


def test_who_steers_where_it_was_received_does_not_move_what_another_unit_has_in_hand(world: World) -> None:
    world.unit("D-UBKT", "Uỷ ban Kiểm tra", "D", "party")
    world.account("here", Role.RECORDS_OFFICER, "D-BTC", "D-BTC", clearance=1)
    world.account("there", Role.RECORDS_OFFICER, "D-UBKT", "D-UBKT", clearance=1)
    steps = (FLOW[0], replace(FLOW[1], unit="D-UBKT"), *FLOW[2:])
    publish(world, replace(APPOINT, steps=steps))
    made = receive(world, "here")
    go(world, "here", made.id, "there")
    assert Move.SUSPEND in shown(world, "there", made.id).may.moves
    assert shown(world, "here", made.id).may.moves == frozenset()
    for act, more in (("suspend", {}), ("withdraw", {}), ("hand_over", {"to": "officer"})):
        with told("đang do người khác xử lý"):
            go(world, "here", made.id, act=act, words="không phải việc của mình", **more)
    head, other = world.who("here"), world.who("there")
    with world.work(head) as uow:
        assert case_handover.holders(uow, head, False, world.clock()) == []
        assert case_handover.of_person(uow, head, other.account_id, False, world.clock()) is None
    with world.work(other) as uow:
        assert [each.cases for each in case_handover.holders(uow, other, False, world.clock())] == [1]


def test_a_case_of_a_restricted_area_stays_off_general_lists_like_a_secret_one(world: World) -> None:
    publish(world)
    made = receive(world, compartment="bvctnb")
    general, apart = listed(world, "officer", state="open"), listed(world, "officer", state="open", secret=True)
    assert (general.total, general.counts.open, general.counts.mine) == (0, 0, 0)
    assert [line.row.case.id for line in apart.lines] == [made.id]
    assert listed(world, "officer2", state="open", secret=True).total == 0
