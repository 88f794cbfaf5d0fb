"""Many pairs at once: the conditions of `levels` over columns of codes, and what the pairs weigh.

The third way to read a condition, beside its SQL and its answer for two rows; a test holds all three together. Cheap
questions are asked of all pairs, the likeness of two words only where no earlier level has decided.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler, Levenshtein
from rapidfuzz.process import cpdist

from linkage.coded import NONE, Coded, Codes, Register
from linkage.levels import (
    OTHER,
    Close,
    Comparison,
    Condition,
    Differ,
    Edits,
    Every,
    Far,
    Level,
    Missing,
    Same,
    Some,
    Within,
)
from linkage.model import Model
from linkage.scorer import rare_columns

Mask = NDArray[np.bool_]
Places = NDArray[np.intp]
Rows = NDArray[np.integer[Any]]
Numbers = NDArray[np.float64]
_DEAR = (Close, Far, Edits)
_SLACK = 1e-6
"""Bits that sums in another order may differ by."""


class Pairs:
    """Pairs by the places of their rows; a column's codes are taken when they are first asked for."""

    def __init__(self, coded: Coded, left: Rows, right: Rows) -> None:
        self.coded = coded
        self._rows = left, right
        self._taken: tuple[dict[str, Codes], dict[str, Codes]] = ({}, {})

    def __len__(self) -> int:
        return len(self._rows[0])

    def codes(self, one: str, other: str, at: Places) -> tuple[Codes, Codes]:
        """Return a column of the left rows and one of the right rows, for the pairs at these places."""
        return self._side(0, one, self.coded.left)[at], self._side(1, other, self.coded.right)[at]

    def _side(self, side: int, column: str, register: Register) -> Codes:
        taken = self._taken[side]
        if column not in taken:
            taken[column] = register.codes[column][self._rows[side]]
        return taken[column]


def holding(condition: Condition, pairs: Pairs, at: Places) -> Mask:
    """Return for which of the pairs at these places a condition holds."""
    match condition:
        case Same(column, other):
            one, two = pairs.codes(column, other or column, at)
            return np.asarray((one == two) & (one != NONE))
        case Missing(column):
            one, two = pairs.codes(column, column, at)
            return np.asarray((one == NONE) | (two == NONE))
        case Differ(column):
            one, two = pairs.codes(column, column, at)
            return np.asarray((one != two) & (one != NONE) & (two != NONE))
        case Within(column, most):
            one, two = pairs.codes(column, column, at)
            return np.asarray((np.abs(one - two) <= most) & (one != NONE) & (two != NONE))
        case Every(parts):
            return _every(parts, pairs, at)
        case Some(parts):
            return _some(parts, pairs, at)
        case Close(column, least, other):
            return _where_known(pairs, column, other or column, at, lambda *both: _likeness(*both) >= least)
        case Far(column, below):
            return _where_known(pairs, column, column, at, lambda *both: _likeness(*both) < below)
        case Edits(column, most):
            return _where_known(pairs, column, column, at, lambda *both: _edits(most, *both))
    raise TypeError(f"no way to ask {type(condition).__name__} of many pairs")


def _dear(condition: Condition) -> int:
    """How often a condition may ask how like two words are."""
    match condition:
        case Every(parts) | Some(parts):
            return sum(map(_dear, parts))
    return int(isinstance(condition, _DEAR))


def _every(parts: Sequence[Condition], pairs: Pairs, at: Places) -> Mask:
    rest = np.arange(len(at))
    for part in sorted(parts, key=_dear):
        rest = rest[holding(part, pairs, at[rest])]
    return _mask(len(at), rest)


def _some(parts: Sequence[Condition], pairs: Pairs, at: Places) -> Mask:
    held = np.zeros(len(at), dtype=bool)
    for part in sorted(parts, key=_dear):
        rest = np.flatnonzero(~held)
        held[rest] = holding(part, pairs, at[rest])
    return held


def _mask(count: int, places: Places) -> Mask:
    mask = np.zeros(count, dtype=bool)
    mask[places] = True
    return mask


Both = Callable[["_Column", "_Column"], Mask]


@dataclass(frozen=True, slots=True)
class _Column:
    """Codes with the words they stand for."""

    words: Any
    codes: Codes

    def texts(self, at: Places) -> NDArray[np.object_]:
        return self.words.texts[self.codes[at]]  # type: ignore[no-any-return]


def _where_known(pairs: Pairs, column: str, other: str, at: Places, holds: Both) -> Mask:
    one, two = pairs.codes(column, other, at)
    known = np.flatnonzero((one != NONE) & (two != NONE))
    words = pairs.coded.words
    mask = np.zeros(len(at), dtype=bool)
    if len(known):
        mask[known] = holds(_Column(words[column], one[known]), _Column(words[other], two[known]))
    return mask


def _likeness(one: _Column, two: _Column) -> Numbers:
    every = np.arange(len(one.codes))
    found = cpdist(one.texts(every), two.texts(every), scorer=JaroWinkler.similarity, dtype=np.float64)
    return np.asarray(found, dtype=np.float64)


def _edits(most: int, one: _Column, two: _Column) -> Mask:
    """At most so many edits. An edit changes the length by one and two letters at most, and is two of Levenshtein's
    at most: what those rule out needs no dear look."""
    words = one.words
    apart = np.abs(words.lengths[one.codes] - words.lengths[two.codes])
    letters = np.bitwise_count(words.letters[one.codes] ^ words.letters[two.codes])
    near = np.flatnonzero((apart <= most) & (letters <= 2 * most))
    mask = np.zeros(len(one.codes), dtype=bool)
    rough = _distance(Levenshtein.distance, 2 * most, one, two, near)
    mask[near[rough <= most]] = True
    unsure = near[(rough > most) & (rough <= 2 * most)]
    mask[unsure] = _distance(DamerauLevenshtein.distance, most, one, two, unsure) <= most
    return mask


def _distance(scorer: Any, cutoff: int, one: _Column, two: _Column, at: Places) -> NDArray[np.int32]:
    if not len(at):
        return np.zeros(0, dtype=np.int32)
    found = cpdist(one.texts(at), two.texts(at), scorer=scorer, score_cutoff=cutoff, dtype=np.int32)
    return np.asarray(found, dtype=np.int32)


@dataclass(frozen=True, slots=True)
class _Level:
    condition: Condition
    bits: float
    rarity: str
    chance: float


@dataclass(frozen=True, slots=True)
class _Comparison:
    missing: Condition
    levels: tuple[_Level, ...]
    otherwise: float
    most: float
    """What it weighs at most."""
    dear: int


class Weigher:
    """Weighs the pairs of one job: the model, the two registers, and how common values are in both."""

    def __init__(self, model: Model, coded: Coded) -> None:
        self._model = model
        self._prior = model.prior(len(coded.left.identities), len(coded.right.identities))
        self._shares = {column: _shares(coded, column) for column in rare_columns(model.plan)}
        # The cheap questions first: who has no chance after them is not asked the dear ones.
        self._comparisons = sorted(map(self._comparison, model.plan.comparisons), key=lambda each: each.dear)

    def _comparison(self, comparison: Comparison) -> _Comparison:
        levels = tuple(self._level(comparison, level) for level in comparison.levels)
        otherwise = self._model.chance(comparison, OTHER).bits
        most = max(0.0, otherwise, *(level.bits + self._rarest(level) for level in levels))
        return _Comparison(comparison.missing, levels, otherwise, most, sum(_dear(each.condition) for each in levels))

    def _level(self, comparison: Comparison, level: Level) -> _Level:
        bits = self._model.chance(comparison, level.name).bits
        base = self._model.chance(comparison, comparison.base(level)).u if level.rarity else 1.0
        return _Level(level.condition, bits, level.rarity, float(np.log2(base)))

    def _rarest(self, level: _Level) -> float:
        shares = self._shares[level.rarity] if level.rarity else np.zeros(0)
        known = shares[np.isfinite(shares)]
        return float(max(0.0, level.chance - known.min())) if len(known) else 0.0

    def weights(self, pairs: Pairs, least: float = -np.inf) -> Numbers:
        """Return what each pair weighs in bits, with the prior; -inf for one that cannot reach the least."""
        every = np.arange(len(pairs))
        total = np.full(len(pairs), self._prior)
        known = [~holding(each.missing, pairs, every) for each in self._comparisons]
        hope = np.zeros(len(pairs))
        for each, here in zip(self._comparisons, known, strict=True):
            hope[here] += each.most
        for each, here in zip(self._comparisons, known, strict=True):
            if each.dear:
                total[total + hope < least - _SLACK] = -np.inf
            at = np.flatnonzero(here & np.isfinite(total))
            hope[at] -= each.most
            self._add(each, pairs, at, total)
        return total

    def _add(self, comparison: _Comparison, pairs: Pairs, at: Places, total: Numbers) -> None:
        """Add what a comparison weighs to the pairs at these places."""
        for level in comparison.levels:
            met = holding(level.condition, pairs, at)
            hits = at[met]
            total[hits] += level.bits + self._rarity(level, pairs, hits)
            at = at[~met]
        total[at] += comparison.otherwise

    def _rarity(self, level: _Level, pairs: Pairs, at: Places) -> Numbers | float:
        """The bits a value adds because it is rarer, or takes because it is commoner, than the level's values are."""
        if not level.rarity:
            return 0.0
        shares = self._shares[level.rarity]
        commonest = np.full(len(at), -np.inf)
        for codes in pairs.codes(level.rarity, level.rarity, at):
            commonest = np.maximum(commonest, np.where(codes == NONE, -np.inf, shares[codes]))
        return np.where(np.isinf(commonest), 0.0, level.chance - commonest)

    def bare(self, pairs: Pairs) -> Mask:
        """Return which pairs share no number of identity to compare."""
        everything = np.arange(len(pairs))
        mask = np.ones(len(pairs), dtype=bool)
        for column in self._model.plan.identities:
            mask &= holding(Missing(column), pairs, everything)
        return mask


def _shares(coded: Coded, column: str) -> Numbers:
    """How common each word of a column is in both registers, in bits."""
    counts = coded.counts(column)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log2(counts / max(1, counts.sum())), dtype=np.float64)
