"""Who is suggested to whom: one to one, by a margin; and bounds that follow what clerks decided."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from linkage import Bounds, Decision, assign, fit_thresholds
from linkage.batch import Scored

BOUNDS = Bounds(auto=8, auto_bare=10, review=-4, review_bare=-3, margin=3)


def pair(left: int, right: int, weight: float, *, bare: bool = False) -> Scored:
    return Scored(left, right, weight, bare)


def bands(*pairs: Scored) -> dict[tuple[int, int], str]:
    return {(each.left, each.right): each.band for each in assign(pairs, BOUNDS)}


def test_a_pair_alone_is_judged_by_its_weight() -> None:
    assert bands(pair(1, 1, 8)) == {(1, 1): "auto"}
    assert bands(pair(1, 1, 7.9)) == {(1, 1): "review"}
    assert bands(pair(1, 1, -4)) == {(1, 1): "review"}
    assert bands(pair(1, 1, -4.1)) == {}


def test_without_a_number_of_identity_the_bounds_are_stricter() -> None:
    assert bands(pair(1, 1, 9, bare=True)) == {(1, 1): "review"}
    assert bands(pair(1, 1, 10, bare=True)) == {(1, 1): "auto"}
    assert bands(pair(1, 1, -3.5, bare=True)) == {}


def test_two_that_weigh_nearly_the_same_are_both_for_a_clerk() -> None:
    assert bands(pair(1, 1, 20), pair(1, 2, 18)) == {(1, 1): "review", (1, 2): "review"}
    assert bands(pair(1, 1, 20), pair(2, 1, 18)) == {(1, 1): "review", (2, 1): "review"}


def test_a_rival_far_below_is_hidden_behind_what_is_suggested() -> None:
    assert bands(pair(1, 1, 20), pair(1, 2, 10)) == {(1, 1): "auto"}


def test_a_rival_keeps_its_own_best() -> None:
    assert bands(pair(1, 1, 20), pair(1, 2, 10), pair(2, 2, 15)) == {(1, 1): "auto", (2, 2): "auto"}


WEIGHED = st.lists(
    st.builds(Scored, st.integers(0, 6), st.integers(0, 6), st.floats(-20, 40), st.booleans()),
    unique_by=lambda scored: (scored.left, scored.right),
)


@given(WEIGHED)
def test_no_record_is_suggested_twice_and_nothing_else_is_shown_for_it(pairs: list[Scored]) -> None:
    shown = assign(pairs, BOUNDS)
    auto = [each for each in shown if each.band == "auto"]
    for side in ("left", "right"):
        suggested = [getattr(each, side) for each in auto]
        assert len(set(suggested)) == len(suggested)
    weights = {(each.left, each.right): each.weight for each in pairs}
    for each in auto:
        rivals = [w for (one, two), w in weights.items() if (one == each.left) != (two == each.right)]
        assert all(each.weight >= rival + BOUNDS.margin for rival in rivals)
    assert [each.weight for each in shown] == sorted((each.weight for each in shown), reverse=True)


@given(WEIGHED, st.randoms())
def test_the_order_of_the_pairs_does_not_matter(pairs: list[Scored], rng: Random) -> None:
    mixed = list(pairs)
    rng.shuffle(mixed)
    assert assign(mixed, BOUNDS) == assign(pairs, BOUNDS)


def decisions(strangers_at: list[float], *, bare: bool = False) -> list[Decision]:
    same = [Decision(weight / 10, 20, bare, True) for weight in range(-50, 400)]
    return same + [Decision(weight, 20, bare, False) for weight in strangers_at]


def test_the_bound_is_set_above_the_heaviest_stranger() -> None:
    fitted = fit_thresholds(decisions([12.05, 3.0]), BOUNDS)
    assert 12.05 < fitted.auto <= 12.15
    assert (fitted.auto_bare, fitted.review, fitted.margin) == (BOUNDS.auto_bare, BOUNDS.review, BOUNDS.margin)


def test_the_bound_falls_where_strangers_are_light() -> None:
    assert -1.05 < fit_thresholds(decisions([-1.05]), BOUNDS).auto <= -0.95


def test_pairs_without_numbers_have_a_bound_of_their_own() -> None:
    fitted = fit_thresholds(decisions([12.05], bare=True) + decisions([2.05]), BOUNDS)
    assert 12.05 < fitted.auto_bare <= 12.15
    assert 2 < fitted.auto < 2.2


def test_a_stranger_that_had_a_rival_near_does_not_count_it_was_never_suggested() -> None:
    near = Decision(30, 1, False, False)
    assert fit_thresholds([*decisions([5.05]), near], BOUNDS).auto < 6


def test_decisions_that_reject_nobody_teach_nothing() -> None:
    assert fit_thresholds(decisions([]), BOUNDS) == BOUNDS
    assert fit_thresholds([], BOUNDS) == BOUNDS
    only_strangers = [Decision(9, 20, False, False)]
    assert fit_thresholds(only_strangers, BOUNDS).auto > 9


def test_one_in_ten_thousand_is_what_a_suggestion_may_be_wrong() -> None:
    many = [Decision(20, 20, False, True)] * 10_000 + [Decision(15, 20, False, False), Decision(14, 20, False, True)]
    assert fit_thresholds(many, BOUNDS).auto == 14
    few = [Decision(20, 20, False, True)] * 9_000 + [Decision(15, 20, False, False), Decision(14, 20, False, True)]
    assert fit_thresholds(few, BOUNDS).auto == 20
