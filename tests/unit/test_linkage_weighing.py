"""Conditions asked of many pairs at once answer as they do for two rows, whatever shortcut they take."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from linkage.coded import Coded, coded_portion
from linkage.levels import Close, Differ, Edits, Far, Plan, Same, every, some
from linkage.weighing import Pairs, holding

WORD = st.text("abr \u0111\u4e2d", max_size=6).map(lambda text: text or None)


@given(st.lists(st.tuples(WORD, WORD), min_size=1, max_size=30))
def test_no_shortcut_changes_what_two_words_are_to_each_other(words: list[tuple[str | None, str | None]]) -> None:
    columns = ("record_id", "word")
    conditions = [
        *(Edits("word", most) for most in (1, 2, 3)), Close("word", 0.8), Far("word", 0.7), Differ("word"),
        some(Same("word"), Close("word", 0.9)), every(Differ("word"), Edits("word", 2)),
    ]  # fmt: skip
    plan = Plan("words", columns, frozenset(), (), ())
    left, right = ([(str(at), pair[side]) for at, pair in enumerate(words)] for side in (0, 1))
    coded = Coded(plan, [coded_portion(plan, left)], [coded_portion(plan, right)])
    places = np.arange(len(words))
    for condition in conditions:
        test = condition.compiled(columns.index)
        expected = [bool(test(one, two)) for one, two in zip(left, right, strict=True)]
        assert holding(condition, Pairs(coded, places, places), places).tolist() == expected
