"""Bars for print and screen: where each stands and how long it is. Drawn by a template as SVG, black on white.

The part of each bar that stands for women is hatched, so that the two can be told apart without colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LABEL_WIDTH, BAR_WIDTH, NUMBER_WIDTH = 210, 430, 110
ROW, BAR = 26, 16
_LONGEST = 32


@dataclass(frozen=True)
class Bar:
    """One bar: its words, figures and places in the drawing."""

    label: str
    count: int
    part: int
    y: int
    width: float
    part_width: float

    @property
    def middle(self) -> int:
        """The line its words stand on."""
        return self.y + BAR - 3


@dataclass(frozen=True)
class Chart:
    """Bars one below another, and the size of the whole."""

    bars: tuple[Bar, ...]
    left: int = LABEL_WIDTH

    @property
    def width(self) -> int:
        return LABEL_WIDTH + BAR_WIDTH + NUMBER_WIDTH

    @property
    def height(self) -> int:
        return ROW * len(self.bars) + 4

    @property
    def bar(self) -> int:
        return BAR


def bars(items: Sequence[tuple[str, int, int]]) -> Chart:
    """A chart of (words, count, part of it); the longest bar fills the width, nothing is drawn for none."""
    most = max((count for _label, count, _part in items), default=0)
    made = []
    for place, (label, count, part) in enumerate(items):
        short = label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1].rstrip()}…"
        scale = BAR_WIDTH / most if most else 0.0
        made.append(Bar(short, count, part, place * ROW + 4, round(count * scale, 1), round(part * scale, 1)))
    return Chart(tuple(made))
