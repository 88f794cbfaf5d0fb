"""Who reads like whom: how far a reading lies from what a person's neighbours read.

After Chen and Malin (CADS, 2011): persons are vectors over what they read, reduced by SVD; a reading is like its
person when the others who read that dossier, or failing them that unit, are near. No rule is told to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from oms.domain.footing import Seen

RANK = 24
NEAREST = 3
LEAST_DAYS = 10
"""With fewer accesses a person has no neighbours yet, and nothing is said."""
UNIT_TRUST = 0.5
"""Others who read only the same unit say half as much as others who read the same dossier."""


class Peers:
    """Neighbours from what was seen of everybody in a time.

    Days that nothing answered by name make no unit a person's own: else who strays long enough would belong there.
    """

    def __init__(self, seen: Iterable[Seen]) -> None:
        people: dict[str, int] = {}
        units: dict[str, int] = {}
        cells: dict[tuple[int, int], int] = defaultdict(int)
        dossiers: dict[str, set[int]] = defaultdict(set)
        answered: dict[tuple[int, int], int] = defaultdict(int)
        for each in seen:
            person = people.setdefault(each.account, len(people))
            place = units.setdefault(each.unit, len(units))
            cells[person, place] += each.days
            answered[person, place] += each.answered
            dossiers[each.dossier].add(person)
        self._people, self._units, self._dossiers = people, units, dossiers
        self._counts = np.zeros((len(people), len(units)))
        for (person, unit_), times in cells.items():
            self._counts[person, unit_] = times
        self._answered = np.zeros_like(self._counts)
        for (person, unit_), times in answered.items():
            self._answered[person, unit_] = times
        self._near = _nearness(self._counts)

    def unlike(self, account: str, dossier: str, unit: str) -> float:
        """0: as its neighbours read; 1: nobody near reads such a dossier. 0 too for who has no history."""
        person = self._people.get(account)
        if person is None or self._counts[person].sum() < LEAST_DAYS:
            return 0.0
        place = self._units.get(unit)
        others = [each for each in self._dossiers.get(dossier, ()) if each != person]
        by_dossier = self._nearest(person, others)
        own = self._answered[person, place] / max(1.0, self._answered[person].sum()) if place is not None else 0.0
        readers = [] if place is None else [int(each) for each in np.flatnonzero(self._counts[:, place])]
        by_unit = self._nearest(person, [each for each in readers if each != person])
        like = max(by_dossier, UNIT_TRUST * by_unit, min(1.0, 10 * own))
        return float(max(0.0, 1.0 - like))

    def _nearest(self, person: int, others: list[int]) -> float:
        if not others:
            return 0.0
        near = np.sort(self._near[person, others])[-NEAREST:]
        return float(near.mean())


def _nearness(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cosine between persons after damping, inverse frequency and SVD; never below 0."""
    if not counts.size:
        return np.zeros((len(counts), len(counts)))
    spread = np.log((1 + len(counts)) / (1 + (counts > 0).sum(axis=0))) + 1
    damped = np.log1p(counts) * spread
    left, values, _right = np.linalg.svd(damped, full_matrices=False)
    rank = min(RANK, len(values))
    vectors = left[:, :rank] * values[:rank]
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = vectors / np.where(length == 0, 1, length)
    near: NDArray[np.float64] = np.clip(vectors @ vectors.T, 0, 1)
    return near
