"""One to one: each record's best, which of them stand out enough to be suggested first, which a clerk must look at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from linkage.model import Bounds

Band = Literal["auto", "review"]
STRANGERS_PER_SUGGESTION = 1e-4
"""Of ten thousand pairs suggested first, at most one may be of two persons."""
SAFEST = 40.0


class Weighed(Protocol):
    """A pair with its weight."""

    @property
    def left(self) -> int: ...

    @property
    def right(self) -> int: ...

    @property
    def weight(self) -> float: ...

    @property
    def bare(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Assigned:
    """A pair in its band; `margin` is how far it stands above either record's next best."""

    left: int
    right: int
    weight: float
    margin: float
    bare: bool
    band: Band


def assign(pairs: Iterable[Weighed], bounds: Bounds) -> list[Assigned]:
    """Return the pairs worth showing, best first: "auto" one to one, "review" with the rivals within the margin.

    A pair is "auto" when each is the other's best, by the margin, above its bound; no record is in two such pairs. What
    weighs less than the bound of review is hidden. A rival of an auto pair is hidden as well.
    """
    ranked = sorted(pairs, key=lambda pair: (-pair.weight, pair.left, pair.right))
    lefts, rights = _weights(ranked, by_left=True), _weights(ranked, by_left=False)
    taken_left: set[int] = set()
    taken_right: set[int] = set()
    closed_left: set[int] = set()
    closed_right: set[int] = set()
    shown: list[Assigned] = []
    for pair in ranked:
        if pair.left in closed_left or pair.right in closed_right:
            continue
        first = pair.left not in taken_left and pair.right not in taken_right
        margin = min(_margin(lefts[pair.left], pair.weight), _margin(rights[pair.right], pair.weight))
        if first and pair.weight >= _auto(pair, bounds) and margin >= bounds.margin:
            closed_left.add(pair.left)
            closed_right.add(pair.right)
            shown.append(Assigned(pair.left, pair.right, pair.weight, margin, pair.bare, "auto"))
            continue
        if pair.weight < (bounds.review_bare if pair.bare else bounds.review):
            continue
        if first or (pair.weight > 0 and margin > -bounds.margin):
            shown.append(Assigned(pair.left, pair.right, pair.weight, margin, pair.bare, "review"))
            taken_left.add(pair.left)
            taken_right.add(pair.right)
    return shown


def margins(pairs: Sequence[Weighed]) -> list[float]:
    """Return for each pair how far it stands above either record's next best."""
    ranked = sorted(pairs, key=lambda pair: -pair.weight)
    lefts, rights = _weights(ranked, by_left=True), _weights(ranked, by_left=False)
    return [min(_margin(lefts[pair.left], pair.weight), _margin(rights[pair.right], pair.weight)) for pair in pairs]


def _auto(pair: Weighed, bounds: Bounds) -> float:
    return bounds.auto_bare if pair.bare else bounds.auto


def _weights(ranked: Sequence[Weighed], *, by_left: bool) -> dict[int, list[float]]:
    """Each record's two best weights."""
    best: dict[int, list[float]] = defaultdict(list)
    for pair in ranked:
        found = best[pair.left if by_left else pair.right]
        if len(found) < 2:
            found.append(pair.weight)
    return best


def _margin(best: Sequence[float], weight: float) -> float:
    """How far this weight is above the record's next best; below zero when it is not the best itself."""
    if weight < best[0]:
        return weight - best[0]
    return weight - best[1] if len(best) > 1 else SAFEST


@dataclass(frozen=True, slots=True)
class Decision:
    """A pair somebody decided: its weight and margin when it was shown, and what it was found to be."""

    weight: float
    margin: float
    bare: bool
    same: bool


def fit_thresholds(decisions: Iterable[Decision], bounds: Bounds, *, share: float = STRANGERS_PER_SUGGESTION) -> Bounds:
    """Return bounds under which at most this share of suggested pairs were decided to be strangers.

    The lowest such bound, separately for pairs with and without numbers of identity. Without a decision against any
    pair the bound is kept: nothing was learned about where strangers begin.
    """
    kept = [decision for decision in decisions if decision.margin >= bounds.margin]
    with_ids = _lowest([each for each in kept if not each.bare], bounds.auto, share)
    bare = _lowest([each for each in kept if each.bare], bounds.auto_bare, share)
    return Bounds(with_ids, bare, bounds.review, bounds.review_bare, bounds.margin)


def _lowest(decisions: Sequence[Decision], otherwise: float, share: float) -> float:
    if all(decision.same for decision in decisions):
        return otherwise
    ranked = sorted(decisions, key=lambda decision: -decision.weight)
    lowest, wrong = SAFEST, 0
    for count, decision in enumerate(ranked, 1):
        wrong += not decision.same
        if wrong > share * count:
            continue
        following = ranked[count].weight if count < len(ranked) else decision.weight
        if following < decision.weight or count == len(ranked):
            lowest = decision.weight
    return lowest
