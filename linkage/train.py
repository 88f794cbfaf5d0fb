"""Where the weights come from: chances by splink's EM over two real blocks, or from pairs whose truth is known.

EM needs no truth. Known pairs (clerks' decisions, or invented people whose truth is certain) say what EM cannot: that
evidence hangs together. Two siblings share parents, commune and family name at once; taken one by one, as EM must take
them, that would weigh three times.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.optimize import minimize

from linkage import assignment, batch, splinking
from linkage.assignment import Decision, fit_thresholds
from linkage.coded import Coded
from linkage.levels import Plan, Row
from linkage.model import LEAST_M, LEAST_U, Bounds, Chance, Model, floored
from linkage.pairing import packed_pairs, unpacked

# What splink learns from in turn: pairs held together by these, all the other comparisons are learned.
EM_BLOCKS = (
    'l."citizen_id" = r."citizen_id"',
    'l."old_id" = r."old_id"',
    'l."name" = r."name" AND l."birth_day" = r."birth_day"',
    'l."joined" = r."joined" AND l."home_commune" = r."home_commune"',
    'l."spouse" = r."spouse" AND l."birth_year" = r."birth_year"',
)
U_PAIRS = 1_000_000
SMALLEST = 20
"""Rows a block needs before anything can be learned from it."""
PULL = 0.05
"""How strongly known pairs' weights are drawn back to those of EM; small, but rare levels stay near them."""
LN2 = math.log(2)


class TrainingError(Exception):
    """The blocks do not hold enough to learn from."""


@dataclass(frozen=True, slots=True)
class Truth:
    """Positions of the pairs known to be one person; every other pair of the two blocks is known not to be."""

    pairs: frozenset[tuple[int, int]]


def start(plan: Plan) -> Model:
    """Return a model to begin from: each level of agreement rarer for strangers than the one after it."""
    chances: dict[str, dict[str, Chance]] = {}
    for comparison in plan.comparisons:
        names, count = comparison.level_names, len(comparison.level_names)
        m = [0.5 ** (at + 1) for at in range(count)]
        u = [0.0005 * (2.0**at) for at in range(count - 1)]
        us = [*u, max(0.05, 1 - sum(u))]
        fixed = [level.fixed_u for level in comparison.levels] + [None]
        chances[comparison.name] = {
            name: Chance(max(LEAST_M, a), min(1.0, f or b)) for name, a, b, f in zip(names, m, us, fixed, strict=True)
        }
    return Model(plan, chances)


def train(plan: Plan, left: Sequence[Row], right: Sequence[Row], *, blocks: Sequence[str] = EM_BLOCKS) -> Model:
    """Return a model learned by EM; TrainingError where the blocks are too small or nothing can be compared."""
    if min(len(left), len(right)) < SMALLEST:
        raise TrainingError(f"at least {SMALLEST} records a block are needed")
    begin = start(plan)
    with splinking.connection() as database:
        splinking.fill(database, splinking.LEFT, plan, [left])
        splinking.fill(database, splinking.RIGHT, plan, [right])
        work = splinking.linker(database, splinking.settings(begin, begin.prior_rate(len(left), len(right))))
        work.training.estimate_u_using_random_sampling(max_pairs=U_PAIRS, seed=7, min_count_per_level=None)
        learned = 0
        for block in blocks:
            learned += _em(work, block)
        if not learned:
            raise TrainingError("no two records agree on anything to learn from")
        words = work.misc.save_model_to_json(out_path=None)
    chances = _chances(plan, words, begin)
    source = {"method": "em", "left": len(left), "right": len(right)}
    return Model(plan, floored(plan, chances), Bounds(), begin.overlap, source=source)


def _em(work: Any, block: str) -> int:
    """Learn from the pairs of one block; 0 when there are too few of them."""
    try:
        work.training.estimate_parameters_using_expectation_maximisation(block, record_sample_proportion=1.0)
    except (ValueError, ZeroDivisionError, duckdb.Error) as error:
        if isinstance(error, duckdb.Error):
            raise
        return 0
    except Exception as error:  # splink's own exceptions share no class with a name we could rely on
        if type(error).__module__.startswith("splink"):
            return 0
        raise
    return 1


def _chances(plan: Plan, words: Mapping[str, Any], begin: Model) -> dict[str, dict[str, tuple[float, float]]]:
    learned: dict[str, dict[str, tuple[float, float]]] = {}
    for comparison, said in zip(plan.comparisons, words["comparisons"], strict=True):
        levels = [level for level in said["comparison_levels"] if not level.get("is_null_level")]
        learned[comparison.name] = {}
        for name, level in zip(comparison.level_names, levels, strict=True):
            before = begin.chance(comparison, name)
            m, u = level.get("m_probability"), level.get("u_probability")
            learned[comparison.name][name] = (_number(m, before.m), _number(u, before.u))
    return learned


def _number(value: Any, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) and value > 0 else otherwise


# --- from known pairs ---


@dataclass(frozen=True, slots=True)
class Patterns:
    """Pairs grouped by what was met: one row of level numbers (-1 missing), the rarity's bits, and how many of each."""

    levels: NDArray[np.int16]
    rarity: NDArray[np.float64]
    same: NDArray[np.float64]
    other: NDArray[np.float64]


def patterns(model: Model, left: Sequence[Row], right: Sequence[Row], truth: Truth) -> Patterns:
    """Return the outcomes of all pairs that some rule brings together, with the truth of each."""
    rate = model.prior_rate(len(left), len(right))
    with splinking.connection() as database:
        splinking.fill(database, splinking.LEFT, model.plan, [left])
        splinking.fill(database, splinking.RIGHT, model.plan, [right])
        _fill_pairs(database, model, left, right)
        words = splinking.settings(model, rate) | {
            "retain_intermediate_calculation_columns": True,
            "retain_matching_columns": True,
        }
        table = splinking.predict_pairs(database, splinking.linker(database, words), None)
        database.execute("CREATE TABLE truth (i INTEGER, j INTEGER)")
        _fill_truth(database, truth)
        gammas = ", ".join(f"gamma_{comparison.name}" for comparison in model.plan.comparisons)
        rarity = " + ".join(f"coalesce(mw_tf_adj_{name}, 0)" for name in _rare(model.plan)) or "0.0"
        rows = database.sql(
            f"SELECT {gammas}, round({rarity}, 1) AS rare, count(t.i) AS same, count(*) - count(t.i) AS other "
            f"FROM {table} p LEFT JOIN truth t ON t.i = p.n_l AND t.j = p.n_r GROUP BY ALL"
        ).to_arrow_table()
    columns = [np.asarray(column.to_numpy(), dtype=np.float64) for column in rows.columns]
    count = len(model.plan.comparisons)
    return Patterns(np.stack(columns[:count], axis=1).astype(np.int16), columns[count], columns[-2], columns[-1])


def _fill_pairs(database: duckdb.DuckDBPyConnection, model: Model, left: Sequence[Row], right: Sequence[Row]) -> None:
    """Make the table `pairs` of the places (i, j) that some rule brings together."""
    one, two = unpacked(packed_pairs(Coded(model.plan, *batch.coded_sides(model, left, right))))
    database.register("met", pa.table({"i": one, "j": two}))
    database.execute("CREATE TABLE pairs AS SELECT i, j FROM met")
    database.unregister("met")


def _fill_truth(database: duckdb.DuckDBPyConnection, truth: Truth) -> None:
    pairs = np.array(sorted(truth.pairs), dtype=np.int32).reshape(-1, 2)
    database.register("known", pa.table({"i": pairs[:, 0].copy(), "j": pairs[:, 1].copy()}))
    database.execute("INSERT INTO truth SELECT i, j FROM known")
    database.unregister("known")


def _rare(plan: Plan) -> list[str]:
    return [comparison.name for comparison in plan.comparisons if any(level.rarity for level in comparison.levels)]


def fit(model: Model, left: Sequence[Row], right: Sequence[Row], truth: Truth) -> Model:
    """Return the model with weights refitted on known pairs, drawn to what it had where they say little."""
    return fitted(model, patterns(model, left, right, truth), len(left), len(right))


def fit_bounds(model: Model, left: Sequence[Row], right: Sequence[Row], truth: Truth) -> Model:
    """Return the model with its bounds set from known pairs, as clerks' decisions would set them."""
    scored = batch.score_all(model, left, right, -20.0)
    margins = assignment.margins(scored)
    decisions = [
        Decision(pair.weight, margin, pair.bare, (pair.left, pair.right) in truth.pairs)
        for pair, margin in zip(scored, margins, strict=True)
    ]
    return model.with_bounds(fit_thresholds(decisions, model.bounds))


def fitted(model: Model, met: Patterns, left: int, right: int) -> Model:
    """Return the model with the weights that best tell the same from the others: a ridge logistic regression."""
    columns, begin = _columns(model)
    design = _design(model.plan, met.levels, columns)
    offset = (model.prior(left, right) + met.rarity) * LN2
    counts = met.same + met.other

    def loss(change: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        step = change[1:]
        score = offset + change[0] * LN2 + design @ ((begin + step) * LN2)
        value = np.sum(met.same * np.logaddexp(0, -score) + met.other * np.logaddexp(0, score))
        slope = (counts / (1 + np.exp(-np.clip(score, -500, 500))) - met.same) * LN2
        gradient = np.concatenate(([slope.sum()], design.T @ slope + 2 * PULL * step))
        return float(value + PULL * step @ step), gradient

    found = minimize(loss, np.zeros(len(begin) + 1), jac=True, method="L-BFGS-B", options={"maxiter": 1000})
    bits = dict(zip(columns, begin + found.x[1:], strict=True))
    source = {**model.source, "refitted": int(met.same.sum())}
    return replace(model, chances=_reweighted(model, bits), found=model.found + float(found.x[0]), source=source)


def _columns(model: Model) -> tuple[list[tuple[str, str]], NDArray[np.float64]]:
    keys = [(each.name, name) for each in model.plan.comparisons for name in each.level_names]
    bits = [model.chances[comparison][level].bits for comparison, level in keys]
    return keys, np.array(bits, dtype=np.float64)


def _design(plan: Plan, levels: NDArray[np.int16], columns: list[tuple[str, str]]) -> Any:
    """One column a level; splink numbers the levels from the last (0) up to the first."""
    from scipy.sparse import csr_matrix

    at = {key: position for position, key in enumerate(columns)}
    rows, places = [], []
    for index, comparison in enumerate(plan.comparisons):
        names = comparison.level_names[::-1]
        for number, name in enumerate(names):
            hits = np.nonzero(levels[:, index] == number)[0]
            rows.append(hits)
            places.append(np.full(len(hits), at[comparison.name, name]))
    row, column = np.concatenate(rows), np.concatenate(places)
    return csr_matrix((np.ones(len(row)), (row, column)), shape=(len(levels), len(columns)))


def _reweighted(model: Model, bits: Mapping[tuple[str, str], float]) -> dict[str, dict[str, Chance]]:
    """Chances that give these bits: u stays where it can (rarity is reckoned from it), m follows."""
    return {
        comparison.name: {
            name: _chance(model.chance(comparison, name), bits[comparison.name, name])
            for name in comparison.level_names
        }
        for comparison in model.plan.comparisons
    }


def _chance(before: Chance, bits: float) -> Chance:
    u = min(before.u, 0.999 * 2.0**-bits) if bits > 0 else before.u
    m = u * 2.0**bits
    if m < 1e-12:
        return Chance(1e-12, min(1.0, 1e-12 * 2.0**-bits))
    return Chance(min(1.0, m), max(LEAST_U, u))
