"""The order of a duplex stack that was scanned fronts first, then backs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


def interleaved(fronts: Sequence[Item], backs: Sequence[Item], *, backs_reversed: bool = True) -> list[Item]:
    """Return front 1, back 1, front 2, back 2 …

    A stack that is turned over as it lies comes out with the last back first: ``backs_reversed``. ValueError if
    there are not as many backs as fronts: a sheet was lost or drawn in twice, and no order would be right.
    """
    if len(fronts) != len(backs):
        raise ValueError(f"{len(fronts)} fronts, {len(backs)} backs")
    turned = list(reversed(backs)) if backs_reversed else list(backs)
    return [side for pair in zip(fronts, turned, strict=True) for side in pair]


def halves(sides: Sequence[Item], *, backs_reversed: bool = True) -> list[Item]:
    """Return the order of one file that holds all fronts, then all backs; ValueError if its pages are odd in number."""
    middle = len(sides) // 2
    return interleaved(sides[: len(sides) - middle], sides[len(sides) - middle :], backs_reversed=backs_reversed)
