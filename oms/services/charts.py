"""Bars for print and screen: where each stands and how long it is. Drawn by a template as SVG, black on white.

The part of each bar that stands for women is hatched, so that the two can be told apart without colours; so is the
second of two columns that stand side by side.
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


HEIGHT, COLUMN, GAP, HEAD, FOOT = 120, 16, 14, 18, 18


@dataclass(frozen=True)
class Column:
    """One column: its figure, its place and height; the second of a pair is hatched."""

    count: int
    x: int
    y: float
    height: float
    second: bool

    @property
    def middle(self) -> int:
        """Where its figure stands."""
        return self.x + COLUMN // 2


@dataclass(frozen=True)
class Columns:
    """Columns side by side over their words, and the size of the whole."""

    columns: tuple[Column, ...]
    labels: tuple[tuple[str, int], ...]
    width: int

    @property
    def column(self) -> int:
        return COLUMN

    @property
    def height(self) -> int:
        return HEAD + HEIGHT + FOOT

    @property
    def ground(self) -> int:
        """The line the columns stand on."""
        return HEAD + HEIGHT


def columns(items: Sequence[tuple[str, Sequence[int]]]) -> Columns:
    """Columns of (words, figures): a group for each words; the highest column fills the height."""
    most = max((count for _label, counts in items for count in counts), default=0)
    scale = HEIGHT / most if most else 0.0
    made: list[Column] = []
    labels: list[tuple[str, int]] = []
    x = GAP // 2
    for label, counts in items:
        labels.append((label, x + COLUMN * len(counts) // 2))
        for place, count in enumerate(counts):
            height = round(count * scale, 1)
            made.append(Column(count, x, HEAD + HEIGHT - height, height, bool(place)))
            x += COLUMN
        x += GAP
    return Columns(tuple(made), tuple(labels), max(x - GAP // 2, 1))
