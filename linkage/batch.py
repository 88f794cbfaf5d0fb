"""Two whole blocks at once: the pairs that some key brings together, and what each weighs with the model's chances.

Needs pyarrow; code that answers a request never imports it. Splink and DuckDB are for learning, not for this.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from linkage.coded import Coded, Register, coded_portion
from linkage.levels import Row
from linkage.model import Model
from linkage.pairing import Packed, packed_pairs, unpacked
from linkage.scorer import Frequency, rare_columns
from linkage.weighing import Pairs, Weigher

PAIRS_A_SLICE = 200_000
"""Pairs weighed at once: their columns fit the processor's cache."""
BYTES_A_ROW = 1_600
"""What the pairs of one left row take while they are found: a hundred of eight bytes, held twice."""
MEMORY = 3 * 10**9


@dataclass(frozen=True, slots=True)
class Scored:
    """A pair by the rows' positions in their blocks; `bare` when no number of identity could be compared."""

    left: int
    right: int
    weight: float
    bare: bool


class Job:
    """Two registers as columns: scored, and asked for the rows that an explanation needs."""

    def __init__(
        self,
        model: Model,
        left: Sequence[pa.RecordBatch],
        right: Sequence[pa.RecordBatch],
        *,
        threads: int | None = None,
        memory: int = MEMORY,
    ) -> None:
        self._model = model
        self._threads = threads or os.cpu_count() or 1
        self._memory = memory
        self._coded = Coded(model.plan, left, right)
        self.left, self.right = self._coded.left, self._coded.right

    def scored(self, least: float) -> list[Scored]:
        """Return every pair some rule brings together that weighs at least so many bits."""
        parts = -(-len(self.left.identities) * BYTES_A_ROW // self._memory)
        return [pair for part in range(parts) for pair in self._part(least, part, parts)]

    def _part(self, least: float, part: int, parts: int) -> Iterator[Scored]:
        pairs = packed_pairs(self._coded, part, parts, self._threads)
        slices = (pairs[at : at + PAIRS_A_SLICE] for at in range(0, len(pairs), PAIRS_A_SLICE))
        weigher = Weigher(self._model, self._coded)
        with ThreadPoolExecutor(self._threads) as pool:
            for some in pool.map(lambda few: self._weighed(weigher, few, least), slices):
                yield from some

    def _weighed(self, weigher: Weigher, packed: Packed, least: float) -> list[Scored]:
        left, right = unpacked(packed)
        pairs = Pairs(self._coded, left, right)
        weights = weigher.weights(pairs, least)
        heavy = np.flatnonzero(weights >= least)
        columns = (each[heavy].tolist() for each in (left, right, weights, weigher.bare(pairs)))
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


def score_all(
    model: Model, left: Sequence[Row], right: Sequence[Row], least: float, *, threads: int | None = None
) -> list[Scored]:
    """Return every pair some rule brings together that weighs at least so many bits."""
    return Job(model, *coded_sides(model, left, right), threads=threads).scored(least)


def coded_sides(
    model: Model, left: Sequence[Row], right: Sequence[Row]
) -> tuple[list[pa.RecordBatch], list[pa.RecordBatch]]:
    """Return two registers' rows as a job wants them."""
    one, two = ([coded_portion(model.plan, rows)] if rows else [] for rows in (left, right))
    return one, two
