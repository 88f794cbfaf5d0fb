"""One record against a whole block: a dozen keys looked up, the few records under them scored, the best returned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from linkage.keys import Keys
from linkage.levels import Row
from linkage.model import Model
from linkage.scorer import Frequency, Score, Scorer
from linkage.store import Entry, KeyStore

MOST_CANDIDATES = 20


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record of the other block that may be the same person; `margin` is how far it stands above the next best."""

    record_id: str
    row: Row
    score: Score
    margin: float
    bare: bool


class Live:
    """Finds the same person in another block, with one model, one secret and one store."""

    def __init__(self, model: Model, store: KeyStore, secret: bytes) -> None:
        self._model = model
        self._store = store
        self._keys = Keys(model.plan, secret)

    def entries(self, rows: Iterable[Row]) -> Iterator[Entry]:
        """Yield the rows with their keys, as the store wants them."""
        for row in rows:
            yield Entry(row, tuple(key.value for key in self._keys.of(row)))

    def add(self, block: str, rows: Iterable[Row]) -> None:
        """Keep rows in a block, in place of what was kept of the same records."""
        self._store.put(block, self.entries(rows))

    def find(self, row: Row, block: str, *, own_size: int | None = None, least: float | None = None) -> list[Candidate]:
        """Return the records of the block that may be this one, best first, those above the bound of review.

        `own_size` is the size of the block this record comes from, the other's unless told.
        """
        size = self._store.size(block)
        wanted = {key.value: key.most for key in self._keys.of(row)}
        found = self._store.rows(block, self._store.sharing(block, wanted))
        if not found:
            return []
        scorer = Scorer(self._model, own_size or size, size, self._frequency(block, size))
        scored = sorted(((scorer.score(row, other), other) for other in found), key=lambda pair: -pair[0].weight)
        weights = [score.weight for score, _other in scored]
        candidates = []
        for score, other in scored[:MOST_CANDIDATES]:
            bare = scorer.bare(row, other)
            bounds = self._model.bounds
            bound = least if least is not None else (bounds.review_bare if bare else bounds.review)
            if score.weight >= bound:
                margin = _margin(weights, score.weight)
                candidates.append(Candidate(str(other[0]), other, score, margin, bare))
        return candidates

    def _frequency(self, block: str, size: int) -> Frequency:
        """How common a value is, by the number of records under its key; counted once for each value."""

        @cache
        def share(column: str, value: str) -> float:
            key = self._keys.of_value(column, value)
            return max(1, self._store.count(block, key) if key is not None else 0) / max(1, size)

        return share


def _margin(weights: list[float], weight: float) -> float:
    """How far a weight is above the best of the others; below zero for all but the best."""
    if weight < weights[0]:
        return weight - weights[0]
    return weight - weights[1] if len(weights) > 1 else float("inf")
