"""What decisions on pairs come to: laws that hold for any history, and bands that nobody's hidden record moves."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from oms.domain.links import (
    Act,
    Band,
    Decision,
    Limits,
    PairState,
    Sides,
    Weighed,
    components,
    crowded,
    fold,
    person_of,
    persons,
    placed,
    sides_of,
    standing_of,
)

EVIDENCE = ("one", "two")


@st.composite
def histories(draw: st.DrawFn) -> list[Decision]:
    """Any register: accepts, rejects, undos of anything, on changing evidence."""
    found: list[Decision] = []
    for number in range(1, draw(st.integers(0, 8)) + 1):
        act = draw(st.sampled_from(list(Act)))
        undoes = draw(st.integers(1, max(1, number - 1))) if act is Act.UNDO else None
        found.append(Decision(number, act, draw(st.sampled_from(list(Sides))), draw(st.sampled_from(EVIDENCE)), undoes))
    return found


def accept(number: int, sides: Sides = Sides.BOTH, evidence: str = "one") -> Decision:
    return Decision(number, Act.ACCEPT, sides, evidence)


def undo(number: int, of: int) -> Decision:
    return Decision(number, Act.UNDO, Sides.BOTH, "one", of)


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_in_which_rows_are_read_changes_nothing(history: list[Decision], rng: random.Random) -> None:
    shuffled = history[:]
    rng.shuffle(shuffled)
    assert fold(shuffled, "one") == fold(history, "one")


@given(histories())
def test_an_undo_gives_back_the_state_before_and_twice_is_once(history: list[Decision]) -> None:
    before = fold(history, "one")
    number = len(history) + 1
    for act in (Act.ACCEPT, Act.REJECT):
        decided = [*history, Decision(number, act, Sides.BOTH, "one")]
        once = [*decided, undo(number + 1, number)]
        assert fold(once, "one") == before
        assert fold([*once, undo(number + 2, number)], "one") == before
        assert fold([*once, undo(number + 2, number + 1)], "one") == before  # an undo is itself never taken back


@given(histories())
def test_a_link_needs_both_sides_and_no_standing_reject_behind_them(history: list[Decision]) -> None:
    standing = fold(history, "one")
    stands = standing_of(history)
    if standing.state is PairState.LINKED:
        covered = frozenset().union(*(each.sides.covered for each in stands if each.act is Act.ACCEPT))
        assert covered == {"left", "right"}
    assert (standing.state is PairState.HALF) == (len(standing.covered) == 1)
    if not stands:
        assert standing.state is PairState.OPEN and not standing.reopened


@given(histories())
def test_a_reject_stands_for_its_evidence_alone(history: list[Decision]) -> None:
    rejected = [*history, Decision(len(history) + 1, Act.REJECT, Sides.LEFT, "one")]
    assert fold(rejected, "one").state is PairState.REJECTED
    other = fold(rejected, "three")
    assert other.state is PairState.OPEN and other.reopened and other.covered == frozenset()
    again = fold([*rejected, accept(len(history) + 2, evidence="three")], "three")
    assert again.state is PairState.LINKED and not again.reopened


def test_one_side_after_the_other() -> None:
    left = [accept(1, Sides.LEFT)]
    assert fold(left, "one").state is PairState.HALF
    assert fold([*left, accept(2, Sides.LEFT)], "one").state is PairState.HALF
    assert fold([*left, accept(2, Sides.RIGHT)], "one").state is PairState.LINKED
    assert fold([*left, accept(2, Sides.RIGHT), undo(3, 1)], "one").covered == {"right"}
    assert fold(left, "two").changed and not fold(left, "one").changed
    assert fold([*left, accept(2, Sides.RIGHT)], "one").last_of(Sides.LEFT) == accept(1, Sides.LEFT)
    assert fold(left, "one").last_of(Sides.RIGHT) is None
    assert (sides_of(True, True), sides_of(False, False)) == (Sides.BOTH, None)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), max_size=8))
def test_persons_are_the_groups_of_links_whatever_their_order(edges: list[tuple[str, str]]) -> None:
    found = persons(edges)
    assert found == persons([(right, left) for left, right in reversed(edges)])
    for left, right in edges:
        assert found[left] == found[right]
    for group in components(edges):
        assert {found[each] for each in group} == {person_of(group)} and not group & {person_of(group)}
    assert sum(map(len, components(edges))) == len(found)


def test_two_records_of_one_block_in_a_group_are_found() -> None:
    blocks = {"a": "party", "b": "government", "c": "party"}
    assert crowded("ab", blocks) is None
    assert crowded("bca", blocks) == ("a", "c")


def pair(left: str, right: str, weight: float, ids: bool = True, opened: tuple[bool, bool] = (True, True)) -> Weighed:
    return Weighed(left, right, weight, ids, *opened)


def test_bands_follow_weight_margin_and_numbers() -> None:
    limits = Limits()

    def band(each: Weighed, *others: Weighed) -> Band:
        return placed(each, others, others, limits).band

    assert band(pair("a", "x", 9)) is Band.AUTO
    assert band(pair("a", "x", 9, ids=False)) is Band.REVIEW
    assert band(pair("a", "x", 9), pair("a", "y", 7)) is Band.REVIEW
    assert band(pair("a", "x", -5)) is Band.HIDDEN
    assert band(pair("a", "x", 1), pair("a", "y", 7)) is Band.HIDDEN
    assert band(pair("a", "x", 5), pair("a", "y", 7)) is Band.REVIEW
    assert band(pair("a", "x", -1), pair("a", "y", 1)) is Band.HIDDEN
    one_side = placed(pair("a", "x", 1), [pair("a", "y", 7)], [], limits)
    assert (one_side.left_fits, one_side.right_fits) == (False, True)


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.floats(-5, 30)), max_size=6),
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.floats(-5, 30)), max_size=6),
)
def test_pairs_with_a_closed_further_side_move_no_other_pair(
    open_pairs: list[tuple[str, str, float]], closed: list[tuple[str, str, float]]
) -> None:
    mine = pair("a", "x", 8.5)
    others = [pair(left, right, weight) for left, right, weight in open_pairs]
    # the hidden record is the further side, whichever of the two it shares
    hidden = [pair("a", "hidden", weight, opened=(True, False)) for _left, _right, weight in closed]
    hidden += [pair("hidden", "x", weight, opened=(False, True)) for _left, _right, weight in closed]
    assert placed(mine, others, others, Limits()) == placed(mine, [*others, *hidden], [*others, *hidden], Limits())
