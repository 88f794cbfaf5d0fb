"""Laws of succession: no cycle is ever accepted, and what is inherited is exactly what a plain search would reach."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from oms.domain.access import Visibility, covers, narrowed
from oms.domain.organisation import cycle_through, inherited, party_code, state_code

PAIRS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25)
PATHS = st.sampled_from([f"1/{a}" for a in range(2, 5)] + [f"1/{a}/{a}{b}" for a in range(2, 5) for b in range(4)])
STEPS = st.lists(st.tuples(PATHS, PATHS), max_size=15)


def _reaches(pairs: list[tuple[int, int]], start: int, goal: int) -> bool:
    seen, open_ = set(), [start]
    while open_:
        at = open_.pop()
        for before, after in pairs:
            if before == at and after not in seen:
                seen.add(after)
                open_.append(after)
    return goal in seen


@given(PAIRS)
@settings(max_examples=300, deadline=None)
def test_no_cycle_is_ever_accepted_one_act_at_a_time(pairs: list[tuple[int, int]]) -> None:
    kept: list[tuple[int, int]] = []
    for pair in pairs:
        closes = pair[0] == pair[1] or _reaches(kept, pair[1], pair[0])
        assert cycle_through(kept, [pair]) is closes
        if not closes:
            kept.append(pair)
    assert not any(_reaches(kept, unit, unit) for unit in range(10))


@given(st.lists(PATHS, max_size=3, unique=True), STEPS)
@settings(max_examples=300, deadline=None)
def test_what_is_inherited_is_what_a_plain_search_reaches(scopes: list[str], steps: list[tuple[str, str]]) -> None:
    reached = set(scopes)
    while True:
        more = {old for old, new in steps if any(covers(held, new) for held in reached)} - reached
        if not more:
            break
        reached |= more
    found = inherited(scopes, steps)
    assert list(found[: len(scopes)]) == scopes
    assert set(found) <= reached
    assert all(any(covers(held, path) for held in found) for path in reached)


@given(st.lists(PATHS, max_size=4), STEPS)
@settings(max_examples=100, deadline=None)
def test_nothing_granted_inherits_nothing(paths: list[str], steps: list[tuple[str, str]]) -> None:
    assert inherited((), steps) == ()
    view = Visibility(tuple(paths), 0, frozenset())
    cut = narrowed(view, [path for path, _new in steps])
    assert all(any(covers(scope, path) for scope in view.units) for path in cut.units)


def test_official_codes_have_their_form() -> None:
    assert party_code("49.001.002.003")
    assert not any(map(party_code, ("49.1.2.3", "49001002003", "49.001.002", "")))
    assert all(map(state_code, ("H49", "H49.64", "H49.64.33", "G01.999")))
    assert not any(map(state_code, ("h49", "H49.", "49.64", "H49.64.33" + ".12" * 9, "H49.6")))
