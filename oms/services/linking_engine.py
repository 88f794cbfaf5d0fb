"""The one door to the library that compares records: what is compared, keys, weights, bounds of the bands.

Everything else of linking asks here and knows neither the library nor its model. What is kept of a record is the
library's row of values, in its order; ``NORM_VERSION`` says by which normaliser it was made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import linkage
from linkage.keys import Key
from linkage.model import Model
from oms.domain.links import Limits

NORM_VERSION = f"{linkage.NORM_VERSION}.{len(linkage.CADRES.columns)}"
Row = Sequence[Any]
Share = Callable[[str, str], float]
"""How common a value is in a column: the share of the records of the two blocks that have it."""


@lru_cache(maxsize=1)
def model() -> Model:
    """The weights in force, read once."""
    return linkage.load()


@lru_cache(maxsize=1)
def model_version() -> str:
    """Which weights they are; kept with every pair."""
    return model().version


@lru_cache(maxsize=1)
def limits() -> Limits:
    """Where the bands begin."""
    found = model().bounds
    return Limits(found.auto, found.auto_bare, found.margin, found.review, found.review_bare)


@dataclass(frozen=True)
class Line:
    """One comparison: its field, how it came out (agree, near, differ, missing), what it weighs in bits."""

    field: str
    verdict: str
    bits: float


@dataclass(frozen=True)
class Scored:
    """Two records compared: the weight in all, line by line, and whether a number of identity could be compared."""

    weight: float
    lines: tuple[Line, ...]
    ids_compared: bool


def features(cadre_id: str, words: Mapping[str, str]) -> Row:
    """What is compared of a record, from what it says (keys of ``linking_record.SAID``)."""
    return tuple(linkage.normalise(linkage.Record(cadre_id, **words)))


class KeyRing:
    """Makes the keys a record is looked up by: hashes keyed with a secret, which give no name or number away."""

    def __init__(self, secret: bytes) -> None:
        self._keys = linkage.Keys(model().plan, secret)

    def of(self, row: Row) -> dict[int, int]:
        """Each key with how many records of a block may lie under it before it says too little."""
        return {key.value: key.most for key in self._each(row)}

    def _each(self, row: Row) -> list[Key]:
        return self._keys.of(row)

    def of_value(self, column: str, value: str) -> int | None:
        """The key that everybody shares who has this value there; None where no key counts them."""
        return self._keys.of_value(column, value)


def scored(left: Row, right: Row, sizes: tuple[int, int], share: Share) -> Scored:
    """Compares two records; ``sizes`` are of their blocks, ``share`` says how common a column's value is in the job."""
    scorer = linkage.Scorer(model(), *sizes, share)
    found = scorer.score(left, right)
    told = linkage.explain(model(), found)
    lines = tuple(Line(each.comparison, each.reading, round(each.bits, 2)) for each in told.evidence)
    return Scored(round(found.weight, 2), lines, not scorer.bare(left, right))


def shares(rows: Sequence[Row]) -> Share:
    """How common values are among these records, counted once."""
    return linkage.shares(model().plan, rows)


def batch(left: Sequence[Row], right: Sequence[Row]) -> list[tuple[int, int]]:
    """Places of the pairs of two blocks that weigh enough to be looked at.

    Loads what works on whole columns: for jobs alone.
    """
    from linkage import batch as whole

    found = whole.score_all(model(), left, right, limits().review)
    return sorted((pair.left, pair.right) for pair in found)
