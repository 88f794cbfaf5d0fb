"""Batch and live are one: the same levels, the same weights, the same pairs, on people invented by chance."""

import pytest
import sqlglot
from linkage_rows import pairs

from linkage import CADRES, Feature, Live, MemoryStore, Scorer, load, shares
from linkage.batch import (
    LEFT,
    RIGHT,
    blocking_settings,
    connection,
    fill,
    linker,
    pair_rows,
    predict_pairs,
    score_all,
    settings,
)
from linkage.levels import MISSING

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
