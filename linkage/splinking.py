"""A model in splink's words: for learning by EM, for a job on Spark, and as witness that our own weighing is right.

The only module besides `train` that knows splink; nothing but jobs imports it.
"""

from __future__ import annotations

import logging
from typing import Any

import duckdb
from splink import DuckDBAPI, Linker

from linkage.batch import LEFT, PLACE, RIGHT
from linkage.levels import OTHER, Comparison, Level, Plan
from linkage.model import Model


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
