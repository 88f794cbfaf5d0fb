"""One pair at once, in Python: the levels and chances of the batch, without its start-up costs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from linkage.levels import MISSING, OTHER, Plan, Row, Test
from linkage.model import Model

Frequency = Callable[[str, str], float]
"""The share of records that hold a value in a column, of those that hold any, over the whole job."""


@dataclass(frozen=True, slots=True)
class Score:
    """A pair's weight in bits with the prior, and what each comparison met and weighed, in the plan's order."""

    weight: float
    prior: float
    levels: tuple[str, ...]
    bits: tuple[float, ...]

    @property
    def probability(self) -> float:
        """The chance that the two are one person."""
        return probability(self.weight)


def probability(weight: float) -> float:
    """Return the chance that a weight in bits stands for."""
    return 1 / (1 + 2.0**-weight) if weight > -1000 else 0.0


class Scorer:
    """Scores pairs of one job: the model, the sizes of the two blocks, and how common values are in them."""

    def __init__(self, model: Model, left: int, right: int, frequency: Frequency) -> None:
        self.model = model
        self.prior = model.prior(left, right)
        self._frequency = frequency
        self._comparisons = _compiled(model)
        self._identities = [model.plan.position(column) for column in model.plan.identities]

    def score(self, left: Row, right: Row) -> Score:
        """Return what two rows weigh together."""
        met, weighed = [], []
        for missing, levels, otherwise in self._comparisons:
            name, bits = OTHER, otherwise
            if missing(left, right):
                name, bits = MISSING, 0.0
            else:
                for level in levels:
                    if level.holds(left, right):
                        name, bits = level.name, level.bits
                        if level.rarity is not None:
                            bits += self._rarity(level, left, right)
                        break
            met.append(name)
            weighed.append(bits)
        return Score(self.prior + sum(weighed), self.prior, tuple(met), tuple(weighed))

    def _rarity(self, level: _Level, left: Row, right: Row) -> float:
        """The bits a value adds because it is rarer, or takes because it is commoner, than the level's values are."""
        values = {left[level.rarity or 0], right[level.rarity or 0]} - {None}
        share = max((self._frequency(level.column, value) for value in values), default=0.0)
        return math.log2(level.chance / share) if share > 0 else 0.0

    def bare(self, left: Row, right: Row) -> bool:
        """Return whether the two share no number of identity to compare."""
        return all(left[at] is None or right[at] is None for at in self._identities)


@dataclass(frozen=True, slots=True)
class _Level:
    holds: Test
    name: str
    bits: float
    column: str
    rarity: int | None
    chance: float


_Comparison = tuple[Test, tuple[_Level, ...], float]


@lru_cache(maxsize=8)
def _compiled(model: Model) -> tuple[_Comparison, ...]:
    """Return what must hold for each level and what it weighs; once for a model, it is asked for at every save."""
    at = model.plan.position
    compiled = []
    for comparison in model.plan.comparisons:
        levels = []
        for level in comparison.levels:
            chance = model.chance(comparison, level.name)
            rarity = at(level.rarity) if level.rarity else None
            base = model.chance(comparison, comparison.base(level)).u if level.rarity else 0.0
            test = level.condition.compiled(at)
            levels.append(_Level(test, level.name, chance.bits, level.rarity, rarity, base))
        otherwise = model.chance(comparison, OTHER).bits
        compiled.append((comparison.missing.compiled(at), tuple(levels), otherwise))
    return tuple(compiled)


def rare_columns(plan: Plan) -> list[str]:
    """Return the columns whose values' rarity weighs, by name."""
    return sorted({level.rarity for each in plan.comparisons for level in each.levels if level.rarity})


def shares(plan: Plan, rows: Iterable[Row]) -> Frequency:
    """Return how common values are among these rows, for the columns whose rarity weighs."""
    kept = list(rows)
    counts: dict[str, Counter[str]] = {}
    for column in rare_columns(plan):
        at = plan.position(column)
        counts[column] = Counter(row[at] for row in kept if row[at] is not None)
    totals = {column: count.total() or 1 for column, count in counts.items()}
    return lambda column, value: counts[column][value] / totals[column]
