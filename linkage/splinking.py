"""A model in splink's words: for learning by EM, for a job on Spark, and as witness that our own weighing is right.

The only module besides `train` that knows splink and DuckDB; nothing but jobs imports it. Nothing is fetched:
extensions are neither installed nor loaded, and rows come in as Arrow.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa
from splink import DuckDBAPI, Linker

from linkage.levels import OTHER, Comparison, Level, Plan, Row
from linkage.model import Model

LEFT, RIGHT = "l", "r"
PLACE = "n"


@contextmanager
def connection(threads: int | None = None, memory: str = "3GB") -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a database in memory that asks nobody for anything."""
    config = {
        "threads": str(threads or os.cpu_count() or 1),
        "memory_limit": memory,
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "preserve_insertion_order": "false",
    }
    database = duckdb.connect(":memory:", config=config)
    try:
        yield database
    finally:
        database.close()


def fill(database: duckdb.DuckDBPyConnection, table: str, plan: Plan, portions: Iterable[Sequence[Row]]) -> list[str]:
    """Put rows into a table, portion by portion as Arrow, with their position as `n`; return their first values."""
    kinds = ", ".join(f'"{name}" {"INTEGER" if name in plan.numbers else "VARCHAR"}' for name in plan.columns)
    database.execute(f"CREATE OR REPLACE TABLE {table} ({PLACE} INTEGER, {kinds})")
    identities: list[str] = []
    for rows in portions:
        if not rows:
            continue
        arrays = [
            pa.array(values, pa.int32() if name in plan.numbers else pa.string())
            for name, values in zip(plan.columns, zip(*rows, strict=True), strict=True)
        ]
        start = len(identities)
        places = pa.array(range(start, start + len(rows)), pa.int32())
        database.register("portion", pa.table([places, *arrays], names=[PLACE, *plan.columns]))
        database.execute(f"INSERT INTO {table} SELECT * FROM portion")
        database.unregister("portion")
        identities += [row[0] for row in rows]
    return identities


def settings(model: Model, rate: float) -> dict[str, Any]:
    """Return splink's settings of a model: the same conditions and chances, for any dialect of SQL splink speaks."""
    return {
        "link_type": "link_only",
        "unique_id_column_name": PLACE,
        "source_dataset_column_name": "source_dataset",
        "probability_two_random_records_match": rate,
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
        "comparisons": [comparison_settings(model, each) for each in model.plan.comparisons],
        "blocking_rules_to_generate_predictions": blocking_settings(model.plan),
    }


def blocking_settings(plan: Plan) -> list[dict[str, str]]:
    """Return the rules as splink's blocking rules, for a job whose pairs splink itself finds (Spark)."""
    rules = []
    for rule in plan.rules:
        for one in rule.ways:
            other = rule.ways[-1] if one is rule.ways[0] else rule.ways[0]
            rules.append(" AND ".join(f'l."{a}" = r."{b}"' for a, b in zip(one, other, strict=True)))
    return [{"blocking_rule": rule} for rule in dict.fromkeys(rules)]


def comparison_settings(model: Model, comparison: Comparison) -> dict[str, Any]:
    """Return one comparison in splink's words."""
    levels: list[dict[str, Any]] = [
        {"sql_condition": comparison.missing.sql(), "label_for_charts": "missing", "is_null_level": True}
    ]
    levels += [_level_settings(model, comparison, level) for level in comparison.levels]
    chance = model.chance(comparison, OTHER)
    levels.append(
        {
            "sql_condition": "ELSE",
            "label_for_charts": OTHER,
            "m_probability": chance.m,
            "u_probability": chance.u,
        }
    )
    return {"output_column_name": comparison.name, "comparison_levels": levels}


def _level_settings(model: Model, comparison: Comparison, level: Level) -> dict[str, Any]:
    chance = model.chance(comparison, level.name)
    words: dict[str, Any] = {
        "sql_condition": level.condition.sql(),
        "label_for_charts": level.name,
        "m_probability": chance.m,
        "u_probability": chance.u,
    }
    if level.rarity:
        words |= {"tf_adjustment_column": level.rarity, "tf_adjustment_weight": 1.0}
    return words


def linker(database: duckdb.DuckDBPyConnection, words: dict[str, Any]) -> Linker:
    """Return splink's linker over the tables of both blocks."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    api = DuckDBAPI(connection=database)
    frames = [api.register(table, dataset_display_name=table) for table in (LEFT, RIGHT)]
    return Linker(frames, words, log_level=logging.ERROR, validate_settings=False)


def predict_pairs(database: duckdb.DuckDBPyConnection, work: Linker, least: float | None) -> str:
    """Score the pairs of the table `pairs`; return the name of the table of results."""
    database.execute(
        "CREATE OR REPLACE TABLE blocked AS SELECT '0' AS match_key, 'l-__-' || i AS join_key_l, "
        "'r-__-' || j AS join_key_r FROM pairs"
    )
    blocked = work._db_api.register("blocked", dataset_display_name="blocked")
    work.table_management.register_blocked_pairs_for_predict(blocked)
    return str(work.inference.predict(threshold_match_weight=least, warning_mode="never").physical_name)
