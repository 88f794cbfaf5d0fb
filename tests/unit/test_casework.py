"""The state machine of cases over any procedure that may be published: no state without a way out, ends are ends."""

from __future__ import annotations

import itertools
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.domain.casework import (
    ENDED,
    CaseState,
    Move,
    Position,
    WrongMove,
    approves,
    begun,
    may_approve,
    moved,
    moves,
    passed,
)
from oms.domain.procedures import Kind, Paper, Procedure, Stage, Step, body_of, of_body, problems

FLOW = tuple(Step(f"b{number}", stage, f"Bước {number}") for number, stage in enumerate(Stage, 1))
WHOLE = Procedure("bo_nhiem", "Bổ nhiệm cán bộ", steps=FLOW, days=30)


def messages(procedure: Procedure) -> str:
    return " ".join(each.text for each in problems(procedure))


def test_the_whole_flow_from_receipt_to_issue() -> None:
    assert problems(WHOLE) == []
    here, walked = begun(WHOLE), []
    while here.state is CaseState.RUNNING:
        walked.append(WHOLE.step(here.step).stage)
        here = moved(here, Move.FORWARD, WHOLE)
    assert walked == list(Stage) and here.state is CaseState.ISSUED


def test_it_goes_back_only_to_a_step_it_has_passed() -> None:
    here = moved(moved(begun(WHOLE), Move.FORWARD, WHOLE), Move.FORWARD, WHOLE)
    assert moved(here, Move.BACK, WHOLE, "b1") == Position(CaseState.RUNNING, "b1")
    with pytest.raises(WrongMove):
        moved(here, Move.BACK, WHOLE, "b5")
    with pytest.raises(WrongMove):
        moved(begun(WHOLE), Move.BACK, WHOLE, "b1")


def test_steps_that_go_round_are_not_published() -> None:
    steps = (Step("a", Stage.RECEIVE, "Nhận", next="b"), Step("b", Stage.DRAFT, "Soạn", next="a"))
    assert "đi vòng" in messages(Procedure("vong", "Thủ tục đi vòng", steps=steps))


def test_a_step_nothing_leads_to_is_told() -> None:
    steps = (Step("a", Stage.RECEIVE, "Nhận", next="c"), Step("b", Stage.DRAFT, "Soạn"), Step("c", Stage.ISSUE, "Trả"))
    assert "không bước nào dẫn tới" in messages(Procedure("lac", "Có bước lạc", steps=steps))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"steps": ()}, "ít nhất một bước"),
        ({"steps": (Step("a", Stage.DRAFT, "Soạn"),)}, "Tiếp nhận"),
        ({"steps": (Step("a", Stage.RECEIVE, "Nhận"), Step("a", Stage.DRAFT, "Soạn"))}, "trùng"),
        ({"steps": (Step("a", Stage.RECEIVE, "Nhận", next="z"),)}, "không có bước kế tiếp"),
        ({"steps": (Step("a", Stage.RECEIVE, "Nhận", days=40),)}, "lớn hơn thời hạn"),
        ({"days": -1}, "Thời hạn"),
        ({"title": "x"}, "Tên từ 5"),
        ({"code": "có dấu cách"}, "chữ cái, chữ số"),
        ({"valid_from": date(2026, 2, 1), "valid_to": date(2026, 1, 1)}, "đứng trước"),
        ({"papers": (Paper("Đơn", copies=0),)}, "Giấy tờ 1"),
        ({"kind": Kind.RULE}, "không có trình tự"),
    ],
)
def test_what_keeps_a_version_from_being_published(changed: dict[str, object], said: str) -> None:
    assert said in messages(Procedure(**{**vars(WHOLE), **changed}))  # type: ignore[arg-type]


def test_fields_and_units_are_checked_against_those_known() -> None:
    odd = Procedure(**{**vars(WHOLE), "field": "la", "owner": "KHONG-CO"})  # type: ignore[arg-type]
    found = {each.field for each in problems(odd, ["to_chuc"], ["D-BTC"])}
    assert found == {"field", "owner"}


@st.composite
def procedures(draw: st.DrawFn) -> Procedure:
    """Any procedure that may be published: its middle stages in any order and number."""
    middle = draw(st.lists(st.sampled_from([s for s in Stage if s is not Stage.ISSUE]), max_size=8))
    stages = [Stage.RECEIVE, *middle] + ([Stage.ISSUE] if draw(st.booleans()) else [])
    order = draw(st.permutations(range(1, len(stages))))
    keys = [f"k{n}" for n in range(len(stages))]
    walk = [0, *order]
    if Stage.ISSUE in stages:  # the last on the walk
        walk = [place for place in walk if stages[place] is not Stage.ISSUE] + [len(stages) - 1]
    following = {keys[a]: keys[b] for a, b in itertools.pairwise(walk)}
    # a step that is last on the walk but not in the list would fall through to its neighbour: put it last
    listed = [place for place in range(len(stages)) if place != walk[-1]] + [walk[-1]]
    steps = tuple(Step(keys[p], stages[p], f"Bước {p + 1}", next=following.get(keys[p], "")) for p in listed)
    return Procedure("thu", "Thủ tục thử", steps=steps)


@settings(deadline=None)
@given(procedures())
def test_a_published_version_survives_being_kept(procedure: Procedure) -> None:
    assert problems(procedure) == []
    assert of_body(procedure.code, body_of(procedure)) == procedure


@settings(deadline=None)
@given(procedures(), st.data())
def test_from_wherever_one_gets_there_is_a_way_to_an_end_and_none_out_of_it(
    procedure: Procedure, data: st.DataObject
) -> None:
    here = begun(procedure)
    for _turn in range(data.draw(st.integers(0, 20))):
        open_moves = sorted(moves(here, procedure))
        if not open_moves:
            break
        move = data.draw(st.sampled_from(open_moves))
        before = [each.key for each in procedure.path()]
        to = data.draw(st.sampled_from(before[: before.index(here.step)])) if move is Move.BACK else ""
        here = moved(here, move, procedure, to)
    if here.state in ENDED:
        for move in Move:
            with pytest.raises(WrongMove):
                moved(here, move, procedure, procedure.steps[0].key)
        return
    for _turn in range(len(procedure.steps) + 2):  # a way out: take it up again, then forward
        if here.state is CaseState.SUSPENDED:
            here = moved(here, Move.RESUME, procedure)
        elif here.state is CaseState.RUNNING:
            here = moved(here, Move.FORWARD, procedure)
    assert here.state is CaseState.ISSUED


@settings(deadline=None)
@given(st.sets(st.sampled_from("abcdef")), st.sets(st.sampled_from("abcdef"), min_size=1, max_size=2))
def test_nobody_who_had_a_hand_in_it_approves(hands: set[str], persons: set[str]) -> None:
    assert may_approve(persons, hands) == (not hands & persons)


def test_approval_is_asked_for_only_at_such_a_step() -> None:
    here, seen = begun(WHOLE), {}
    while here.state is CaseState.RUNNING:
        seen[WHOLE.step(here.step).stage] = approves(here, WHOLE)
        here = moved(here, Move.FORWARD, WHOLE)
    assert [stage for stage, it in seen.items() if it] == [Stage.APPROVE]


def reachable(procedure: Procedure) -> dict[Position, set[Position]]:
    """Every position a case of the procedure can come to, and those one move away from each."""
    found: dict[Position, set[Position]] = {}
    waiting = [begun(procedure)]
    while waiting:
        here = waiting.pop()
        if here in found:
            continue
        found[here] = set()
        for move in moves(here, procedure):
            aims = passed(procedure, here.step) if move is Move.BACK else ("",)
            found[here] |= {moved(here, move, procedure, to) for to in aims}
        waiting += found[here]
    return found


@settings(deadline=None)
@given(procedures())
def test_from_every_position_there_is_an_end_to_be_reached_without_giving_up(procedure: Procedure) -> None:
    """All positions, not only those of one walk: and to be issued, not only refused or withdrawn."""
    following = reachable(procedure)
    ways_out = {here for here in following if here.state is CaseState.ISSUED}
    while True:
        more = {here for here, aims in following.items() if aims & ways_out} | ways_out
        if more == ways_out:
            break
        ways_out = more
    for here, aims in following.items():
        assert (here.state in ENDED) == (not aims)
        assert here in ways_out or here.state in ENDED
    assert {here.step for here in following} == {step.key for step in procedure.steps}


@settings(deadline=None)
@given(procedures())
def test_no_way_to_the_issue_goes_round_an_approval(procedure: Procedure) -> None:
    """Forward is the only way on, and from a step of approval forward is the approval itself."""
    order = [step.key for step in procedure.path()]
    for here, aims in reachable(procedure).items():
        further = [there for there in aims if order.index(there.step) > order.index(here.step)]
        assert len(further) <= 1 and all(order.index(there.step) == order.index(here.step) + 1 for there in further)
        approval = procedure.step(here.step).stage is Stage.APPROVE and here.state is CaseState.RUNNING
        assert approves(here, procedure) == approval
        issued = [there for there in aims if there.state is CaseState.ISSUED]
        assert not issued or here.step == order[-1]


PEOPLE = "abcde"


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)), max_size=6),
    st.sampled_from(PEOPLE),
    st.lists(st.sampled_from(PEOPLE), max_size=5),
    st.sampled_from(PEOPLE),
    st.sampled_from(["", *PEOPLE]),
)
def test_nobody_approves_what_they_asked_for_also_not_by_another_hand(
    lent: list[tuple[str, str]], asker: str, movers: list[str], who: str, behalf: str
) -> None:
    """Neither who asked nor who moved, nor a deputy of theirs with their authority, nor who lent it to them."""
    hands = {asker, *movers}
    behind = hands | {giver for giver, deputy in lent if deputy in hands}
    persons = {who, behalf} - {""}
    allowed = may_approve(persons, behind)
    assert not (allowed and persons & hands)
    assert not (allowed and any(giver in persons and deputy in hands for giver, deputy in lent))
    assert allowed or persons & behind, "and nobody else is kept from it"
