"""Batch and live are one: the same levels, the same weights, the same pairs, on people invented by chance."""

import numpy as np
import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from linkage_rows import pairs

from linkage import CADRES, Feature, Live, MemoryStore, Scorer, load, shares
from linkage.batch import LEFT, RIGHT, connection, fill, pair_rows, score_all
from linkage.coded import Coded, coded_portion
from linkage.levels import MISSING, Close, Differ, Edits, Far, Plan, Same, every, some
from linkage.splinking import blocking_settings, linker, predict_pairs, settings
from linkage.weighing import Pairs, Weigher, holding

COUNT = 150
Outcomes = dict[tuple[int, int], tuple[tuple[str, ...], float]]


@pytest.fixture(scope="module")
def registers() -> tuple[list[Feature], list[Feature]]:
    return pairs(11, COUNT)


@pytest.fixture(scope="module")
def by_splink(registers: tuple[list[Feature], list[Feature]]) -> Outcomes:
    """Every pair of a small register, by splink over DuckDB, with the level of each comparison."""
    left, right = registers
    model = load()
    comparisons = model.plan.comparisons
    with connection() as database:
        fill(database, LEFT, model.plan, [left])
        fill(database, RIGHT, model.plan, [right])
        database.execute("CREATE TABLE pairs AS SELECT l.n AS i, r.n AS j FROM l, r")
        words = settings(model, model.prior_rate(COUNT, COUNT)) | {"retain_matching_columns": True}
        table = predict_pairs(database, linker(database, words), None)
        columns = ", ".join(f"gamma_{comparison.name}" for comparison in comparisons)
        rows = database.execute(f"SELECT n_l, n_r, match_weight, {columns} FROM {table}").fetchall()
    found: Outcomes = {}
    for one, two, weight, *gammas in rows:
        names = [
            MISSING if gamma < 0 else comparison.level_names[::-1][gamma]
            for gamma, comparison in zip(gammas, comparisons, strict=True)
        ]
        found[one, two] = tuple(names), weight
    return found


def test_every_level_and_weight_of_the_batch_is_that_of_the_live_scorer(
    registers: tuple[list[Feature], list[Feature]], by_splink: Outcomes
) -> None:
    left, right = registers
    scorer = Scorer(load(), COUNT, COUNT, shares(CADRES, [*left, *right]))
    assert len(by_splink) == COUNT * COUNT
    for (one, two), (levels, weight) in by_splink.items():
        score = scorer.score(left[one], right[two])
        assert score.levels == levels
        assert score.weight == pytest.approx(weight, abs=1e-6)


def test_nearly_every_level_was_met_so_that_the_parity_says_something(by_splink: Outcomes) -> None:
    met = {(at, name) for levels, _weight in by_splink.values() for at, name in enumerate(levels)}
    wanted = {(at, name) for at, each in enumerate(CADRES.comparisons) for name in (*each.level_names, MISSING)}
    assert len(met) / len(wanted) > 0.9


def test_the_batch_finds_every_person_that_the_live_search_finds(
    registers: tuple[list[Feature], list[Feature]],
) -> None:
    left, right = registers
    store, model = MemoryStore(), load()
    live = Live(model, store, b"a secret of the tests")
    live.add("gov", right)
    batch = {(pair.left, pair.right) for pair in score_all(model, left, right, -20.0)}
    at = {row.record_id: place for place, row in enumerate(right)}
    for place, row in enumerate(left):
        found = {(place, at[candidate.record_id]) for candidate in live.find(row, "gov", least=-15.0)}
        assert found <= batch


def test_a_job_done_in_parts_finds_the_same_pairs(registers: tuple[list[Feature], list[Feature]]) -> None:
    left, right = registers
    with connection() as database:
        fill(database, LEFT, CADRES, [left])
        fill(database, RIGHT, CADRES, [right])
        whole = pair_rows(database, CADRES)
        assert sum(pair_rows(database, CADRES, part, 3) for part in range(3)) == whole > COUNT


def test_the_database_fetches_no_extension_and_reads_no_address() -> None:
    with connection() as database:
        asked = "SELECT name, value FROM duckdb_settings() WHERE name LIKE 'auto%known_extensions'"
        assert dict(database.execute(asked).fetchall()) == {
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }


def test_the_conditions_and_rules_are_sql_for_spark_too() -> None:
    words = settings(load(), 1e-4)
    conditions = [
        level["sql_condition"] for comparison in words["comparisons"] for level in comparison["comparison_levels"]
    ]
    for text in [*conditions, *(rule["blocking_rule"] for rule in blocking_settings(CADRES))]:
        if text != "ELSE":
            spark = sqlglot.transpile(f"SELECT 1 WHERE {text}", read="duckdb", write="spark")[0]
            assert sqlglot.parse_one(spark, read="spark")


def test_an_empty_register_brings_no_pair(registers: tuple[list[Feature], list[Feature]]) -> None:
    assert score_all(load(), [], registers[1], -20.0) == []
    assert score_all(load(), registers[0], [], -20.0) == []


def test_a_whole_job_weighs_as_the_live_scorer_does(registers: tuple[list[Feature], list[Feature]]) -> None:
    left, right = registers
    scorer = Scorer(load(), COUNT, COUNT, shares(CADRES, [*left, *right]))
    coded = Coded(CADRES, [coded_portion(CADRES, left)], [coded_portion(CADRES, right)])
    places = np.repeat(np.arange(COUNT), COUNT), np.tile(np.arange(COUNT), COUNT)
    pairs, weigher = Pairs(coded, *places), Weigher(load(), coded)
    weights, bare = weigher.weights(pairs), weigher.bare(pairs)
    alone = [(scorer.score(one, two).weight, scorer.bare(one, two)) for one in left for two in right]
    assert weights.tolist() == pytest.approx([weight for weight, _bare in alone], abs=1e-6)
    assert bare.tolist() == [each for _weight, each in alone]
    for least in (-20.0, -4.0, 10.0):
        kept = np.where(weights >= least, weights, -np.inf)
        hurried = weigher.weights(pairs, least)
        assert np.where(hurried >= least, hurried, -np.inf).tolist() == pytest.approx(kept.tolist(), abs=1e-6)


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


def test_rows_come_out_of_the_columns_as_they_went_in(registers: tuple[list[Feature], list[Feature]]) -> None:
    left = registers[0]
    coded = Coded(CADRES, [coded_portion(CADRES, left[:70]), coded_portion(CADRES, left[70:])], [])
    assert coded.rows(coded.left, range(COUNT)) == {at: list(row) for at, row in enumerate(left)}
    assert coded.right.identities == []
