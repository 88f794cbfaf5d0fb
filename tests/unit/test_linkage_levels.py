"""Batch and live are one: the same levels, the same weights, the same pairs, on people invented by chance."""

import numpy as np
import pytest
import sqlglot
from linkage_rows import pairs

from linkage import CADRES, Feature, Live, MemoryStore, Scorer, load, shares
from linkage.batch import Job, coded_sides, score_all
from linkage.coded import Coded, coded_portion
from linkage.levels import MISSING
from linkage.pairing import packed_pairs
from linkage.splinking import (
    LEFT,
    RIGHT,
    blocking_settings,
    connection,
    fill,
    linker,
    predict_pairs,
    settings,
)
from linkage.weighing import Pairs, Weigher

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


def test_the_pairs_are_those_that_share_a_key_few_have(registers: tuple[list[Feature], list[Feature]]) -> None:
    coded = Coded(CADRES, *coded_sides(load(), *registers))
    expected: set[int] = set()
    for rule in CADRES.rules:
        sides = []
        for rows in registers:
            keys: dict[tuple[object, ...], list[int]] = {}
            for at, row in enumerate(rows):
                for way in rule.ways:
                    key = tuple(row[CADRES.position(column)] for column in way)
                    if None not in key:
                        keys.setdefault(key, []).append(at)
            sides.append({key: few for key, few in keys.items() if len(few) <= rule.most})
        shared = sides[0].keys() & sides[1].keys()
        expected |= {(one << 32) + two for key in shared for one in sides[0][key] for two in sides[1][key]}
    assert packed_pairs(coded).tolist() == sorted(expected)


def test_a_job_done_in_parts_finds_the_same_pairs(registers: tuple[list[Feature], list[Feature]]) -> None:
    coded = Coded(CADRES, *coded_sides(load(), *registers))
    whole = packed_pairs(coded).tolist()
    assert [pair for part in range(3) for pair in packed_pairs(coded, part, 3, threads=2).tolist()] == whole
    assert len(whole) > COUNT
    sides = coded_sides(load(), *registers)
    assert Job(load(), *sides, memory=10**4).scored(-20.0) == Job(load(), *sides).scored(-20.0) != []


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


def test_rows_come_out_of_the_columns_as_they_went_in(registers: tuple[list[Feature], list[Feature]]) -> None:
    left = registers[0]
    coded = Coded(CADRES, [coded_portion(CADRES, left[:70]), coded_portion(CADRES, left[70:])], [])
    assert coded.rows(coded.left, range(COUNT)) == {at: list(row) for at, row in enumerate(left)}
    assert coded.right.identities == []
