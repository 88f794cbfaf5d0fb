"""Two whole blocks at once: pairs by key and their weights in DuckDB, scored by splink with the model's chances.

The only module besides `train` that knows splink and DuckDB; code that answers a request never imports it. Nothing is
fetched: extensions are neither installed nor loaded, and rows come in as Arrow.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
from splink import DuckDBAPI, Linker

from linkage.levels import OTHER, Comparison, Level, Plan, Row
from linkage.model import Model
from linkage.scorer import Frequency, rare_columns

LEFT, RIGHT = "l", "r"
ROWS_A_CHUNK = 250_000
_ID = "n"


@dataclass(frozen=True, slots=True)
class Scored:
    """A pair by the rows' positions in their blocks; `bare` when no number of identity could be compared."""

    left: int
    right: int
    weight: float
    bare: bool


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
    database.execute(f"CREATE OR REPLACE TABLE {table} ({_ID} INTEGER, {kinds})")
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
        database.register("portion", pa.table([places, *arrays], names=[_ID, *plan.columns]))
        database.execute(f"INSERT INTO {table} SELECT * FROM portion")
        database.unregister("portion")
        identities += [row[0] for row in rows]
    return identities


def pair_rows(database: duckdb.DuckDBPyConnection, plan: Plan, part: int = 0, parts: int = 1) -> int:
    """Make the table `pairs` of positions (i, j) that some rule brings together; return how many.

    With parts, only for every so-manieth row of the left: the keys' sizes are counted over all of it.
    """
    database.execute("CREATE OR REPLACE TABLE found (pair UBIGINT)")
    for rule in plan.rules:
        sides = [_keyed(table, rule.ways, rule.most) for table in (LEFT, RIGHT)]
        database.execute(
            f"INSERT INTO found WITH a AS ({sides[0]}), b AS ({sides[1]}), "
            f"one AS (SELECT a.rows AS i, b.rows AS j FROM a JOIN b USING (k)), "
            f"two AS (SELECT unnest(i) AS i, j FROM one), "
            f"three AS (SELECT i, unnest(j) AS j FROM two WHERE i % {parts} = {part}) "
            f"SELECT DISTINCT (i::UBIGINT << 32) | j::UBIGINT FROM three"
        )
    database.execute(
        "CREATE OR REPLACE TABLE pairs AS SELECT (pair >> 32)::INTEGER AS i, (pair & 4294967295)::INTEGER AS j "
        "FROM (SELECT DISTINCT pair FROM found)"
    )
    database.execute("DROP TABLE found")
    return int(database.execute("SELECT count(*) FROM pairs").fetchall()[0][0])


def _keyed(table: str, ways: Sequence[Sequence[str]], most: int) -> str:
    """SQL of a rule's keys in one block with the rows under each, crowded keys left out."""
    selects = [
        f"SELECT hash({', '.join(_quoted(way))}) AS k, {_ID} FROM {table} "
        f"WHERE {' AND '.join(f'{column} IS NOT NULL' for column in _quoted(way))}"
        for way in ways
    ]
    return f"SELECT k, list({_ID}) AS rows FROM ({' UNION ALL '.join(selects)}) GROUP BY k HAVING count(*) <= {most}"


def _quoted(columns: Sequence[str]) -> list[str]:
    return [f'"{column}"' for column in columns]


def settings(model: Model, rate: float) -> dict[str, Any]:
    """Return splink's settings of a model: the same conditions and chances, for any dialect of SQL splink speaks."""
    return {
        "link_type": "link_only",
        "unique_id_column_name": _ID,
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


class Job:
    """Two registers in one database: filled, scored, and asked for the rows that an explanation needs."""

    def __init__(self, database: duckdb.DuckDBPyConnection, model: Model) -> None:
        self._database = database
        self._model = model
        self.identities: dict[str, list[str]] = {LEFT: [], RIGHT: []}

    def fill(self, table: str, portions: Iterable[Sequence[Row]]) -> None:
        """Put a register's rows in, in place of those there."""
        self.identities[table] = fill(self._database, table, self._model.plan, portions)

    def scored(self, least: float) -> list[Scored]:
        """Return every pair some rule brings together that weighs at least so many bits."""
        left, right = (len(self.identities[table]) for table in (LEFT, RIGHT))
        if not left or not right:
            return []
        parts = -(-left // ROWS_A_CHUNK)
        found: list[Scored] = []
        for part in range(parts):
            if pair_rows(self._database, self._model.plan, part, parts):
                found += _predict(self._database, self._model, self._model.prior_rate(left, right), least)
        return found

    def rows(self, table: str, positions: Iterable[int]) -> dict[int, Row]:
        """Return the rows at these positions."""
        wanted = pa.table([pa.array(sorted(set(positions)), pa.int32())], names=["place"])
        self._database.register("wanted", wanted)
        found = self._database.execute(f"SELECT {_ID}, * EXCLUDE {_ID} FROM {table} JOIN wanted ON {_ID} = place")
        rows = {row[0]: row[1:-1] for row in found.fetchall()}
        self._database.unregister("wanted")
        return rows

    def frequency(self) -> Frequency:
        """Return how common values are in both registers together, for the columns whose rarity weighs."""
        counts: dict[str, dict[str, int]] = {}
        for column in rare_columns(self._model.plan):
            both = " UNION ALL ".join(f'SELECT "{column}" AS value FROM {table}' for table in (LEFT, RIGHT))
            asked = f"SELECT value, count(*) FROM ({both}) WHERE value IS NOT NULL GROUP BY value"
            counts[column] = dict(self._database.execute(asked).fetchall())
        totals = {column: sum(count.values()) or 1 for column, count in counts.items()}
        return lambda column, value: counts[column].get(value, 0) / totals[column]


@contextmanager
def job(model: Model, *, threads: int | None = None, memory: str = "3GB") -> Iterator[Job]:
    """Yield a job over two empty registers."""
    with connection(threads, memory) as database:
        yield Job(database, model)


def score_all(
    model: Model, left: Sequence[Row], right: Sequence[Row], least: float, *, threads: int | None = None
) -> list[Scored]:
    """Return every pair some rule brings together that weighs at least so many bits."""
    with job(model, threads=threads) as work:
        work.fill(LEFT, [left])
        work.fill(RIGHT, [right])
        return work.scored(least)


def linker(database: duckdb.DuckDBPyConnection, words: dict[str, Any]) -> Linker:
    """Return splink's linker over the tables of both blocks."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    api = DuckDBAPI(connection=database)
    frames = [api.register(table, dataset_display_name=table) for table in (LEFT, RIGHT)]
    return Linker(frames, words, log_level=logging.ERROR, validate_settings=False)


def _predict(database: duckdb.DuckDBPyConnection, model: Model, rate: float, least: float) -> list[Scored]:
    work = linker(database, settings(model, rate))
    predictions = predict_pairs(database, work, least)
    either = [f'(l."{column}" IS NULL OR r."{column}" IS NULL)' for column in model.plan.identities]
    rows = database.sql(
        f"SELECT n_l, n_r, match_weight, {' AND '.join(either) or 'false'} FROM {predictions} p "
        f"JOIN {LEFT} l ON l.{_ID} = p.n_l JOIN {RIGHT} r ON r.{_ID} = p.n_r WHERE match_weight >= {least}"
    ).to_arrow_table()
    database.execute(f"DROP TABLE IF EXISTS {predictions}")
    work.table_management.delete_tables_created_by_splink_from_db()
    columns = [column.to_pylist() for column in rows.columns]
    return [Scored(*row) for row in zip(*columns, strict=True)]


def predict_pairs(database: duckdb.DuckDBPyConnection, work: Linker, least: float | None) -> str:
    """Score the pairs of the table `pairs`; return the name of the table of results."""
    database.execute(
        "CREATE OR REPLACE TABLE blocked AS SELECT '0' AS match_key, 'l-__-' || i AS join_key_l, "
        "'r-__-' || j AS join_key_r FROM pairs"
    )
    blocked = work._db_api.register("blocked", dataset_display_name="blocked")
    work.table_management.register_blocked_pairs_for_predict(blocked)
    return str(work.inference.predict(threshold_match_weight=least, warning_mode="never").physical_name)
