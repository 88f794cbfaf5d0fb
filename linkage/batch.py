"""Two whole blocks at once: pairs by key in DuckDB, weighed over columns with the model's chances.

Only this, `train` and `splinking` know DuckDB; code that answers a request never imports them. Nothing is fetched:
extensions are neither installed nor loaded, and rows come in as Arrow.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from linkage.coded import NONE, Coded, Register, coded_portion
from linkage.levels import Plan, Row
from linkage.model import Model
from linkage.scorer import Frequency, rare_columns
from linkage.weighing import Pairs, Weigher

LEFT, RIGHT = "l", "r"
ROWS_A_CHUNK = 250_000
PAIRS_A_SLICE = 200_000
"""Pairs weighed at once: their columns fit the processor's cache."""
PLACE = "n"


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
        f"SELECT hash({', '.join(_quoted(way))}) AS k, {PLACE} FROM {table} "
        f"WHERE {' AND '.join(f'{column} IS NOT NULL' for column in _quoted(way))}"
        for way in ways
    ]
    return f"SELECT k, list({PLACE}) AS rows FROM ({' UNION ALL '.join(selects)}) GROUP BY k HAVING count(*) <= {most}"


def _quoted(columns: Sequence[str]) -> list[str]:
    return [f'"{column}"' for column in columns]


class Job:
    """Two registers as columns: scored, and asked for the rows that an explanation needs."""

    def __init__(
        self,
        model: Model,
        left: Sequence[pa.RecordBatch],
        right: Sequence[pa.RecordBatch],
        *,
        threads: int | None = None,
        memory: str = "3GB",
    ) -> None:
        self._model = model
        self._threads = threads or os.cpu_count() or 1
        self._memory = memory
        self._coded = Coded(model.plan, left, right)
        self.left, self.right = self._coded.left, self._coded.right

    def scored(self, least: float) -> list[Scored]:
        """Return every pair some rule brings together that weighs at least so many bits."""
        left = len(self.left.identities)
        if not left or not self.right.identities:
            return []
        weigher = Weigher(self._model, self._coded)
        parts = -(-left // ROWS_A_CHUNK)
        found: list[Scored] = []
        with connection(self._threads, self._memory) as database, ThreadPoolExecutor(self._threads) as pool:
            for table, register in ((LEFT, self.left), (RIGHT, self.right)):
                _fill_codes(database, table, self._model.plan, register)
            for part in range(parts):
                pair_rows(database, self._model.plan, part, parts)
                pairs = database.execute("SELECT i, j FROM pairs ORDER BY i, j").fetchnumpy()
                slices = [slice(at, at + PAIRS_A_SLICE) for at in range(0, len(pairs["i"]), PAIRS_A_SLICE)]
                weigh = partial(self._weighed, weigher, least)
                for some in pool.map(
                    weigh, (pairs["i"][each] for each in slices), (pairs["j"][each] for each in slices)
                ):
                    found += some
        return found

    def _weighed(self, weigher: Weigher, least: float, left: Any, right: Any) -> list[Scored]:
        pairs = Pairs(self._coded, left, right)
        weights = weigher.weights(pairs, least)
        heavy = np.flatnonzero(weights >= least)
        bare = weigher.bare(pairs)
        columns = (each[heavy].tolist() for each in (left, right, weights, bare))
        return [Scored(*row) for row in zip(*columns, strict=True)]

    def frequency(self) -> Frequency:
        """Return how common values are in both registers together, for the columns whose rarity weighs."""
        counts: dict[str, dict[str, int]] = {}
        for column in rare_columns(self._model.plan):
            found = self._coded.counts(column)
            words = self._coded.words[column].texts
            counts[column] = {words[at]: int(found[at]) for at in np.flatnonzero(found)}
        totals = {column: sum(count.values()) or 1 for column, count in counts.items()}
        return lambda column, value: counts[column].get(value, 0) / totals[column]

    def rows(self, register: Register, places: Iterable[int]) -> dict[int, Row]:
        """Return the rows at these places."""
        return self._coded.rows(register, places)


def _fill_codes(database: duckdb.DuckDBPyConnection, table: str, plan: Plan, register: Register) -> None:
    """Put the columns that rules ask for into a table, as codes, with the rows' places as `n`."""
    asked = sorted({column for rule in plan.rules for way in rule.ways for column in way})
    columns = {PLACE: pa.array(np.arange(len(register.identities), dtype=np.int32))}
    columns |= {name: pa.array(register.codes[name], mask=register.codes[name] == NONE) for name in asked}
    database.register("portion", pa.table(columns))
    database.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM portion")
    database.unregister("portion")


def score_all(
    model: Model, left: Sequence[Row], right: Sequence[Row], least: float, *, threads: int | None = None
) -> list[Scored]:
    """Return every pair some rule brings together that weighs at least so many bits."""
    sides = [[coded_portion(model.plan, rows)] if rows else [] for rows in (left, right)]
    return Job(model, sides[0], sides[1], threads=threads).scored(least)
