"""Lines and tokens of a page, as headings and fields look at them: where they stand and how they read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from statistics import median

from scanning.page import Box, PageReading, Word
from vietnamese.text import fold

_LEADER = re.compile(r"[.·…_|‘’'`~¬]+")
_NOT_ALNUM = re.compile(r"[\W_]+")


def compact(text: str) -> str:
    """Return the text folded, letters and figures only: OCR loses spaces and marks first."""
    return _NOT_ALNUM.sub("", fold(text))


def around(boxes: Sequence[Box]) -> Box:
    """Return the smallest box around one or more boxes."""
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )


@dataclass(frozen=True)
class Line:
    """Neighbouring words on one line, with no gap wide enough to part two columns."""

    words: tuple[Word, ...]
    page: int

    @cached_property
    def text(self) -> str:
        """The words joined by spaces."""
        return " ".join(word.text for word in self.words)

    @cached_property
    def compact(self) -> str:
        """The text folded, letters and figures only."""
        return compact(self.text)

    @cached_property
    def box(self) -> Box:
        """The box around the words."""
        return around([word.box for word in self.words])

    @property
    def height(self) -> int:
        """The height of the line's box, in pixels."""
        return self.box[3] - self.box[1]

    @cached_property
    def upper(self) -> bool:
        """Whether nearly all letters are capitals."""
        letters = [character for character in self.text if character.isalpha()]
        return len(letters) >= 3 and sum(letter.isupper() for letter in letters) >= 0.8 * len(letters)

    @property
    def confidence(self) -> float:
        """The mean confidence of the words, 0 to 1, longer words weighing more."""
        weights = sum(len(word.text) for word in self.words)
        return sum(word.confidence * len(word.text) for word in self.words) / weights / 100 if weights else 0.0


@dataclass(frozen=True)
class Page:
    """The lines of one page in reading order; ``number`` is its place among the readings, from 1."""

    number: int
    width: int
    height: int
    lines: tuple[Line, ...]

    @cached_property
    def line_height(self) -> float:
        """The usual height of a line, in pixels (1 on a page without lines)."""
        return float(median(line.height for line in self.lines)) if self.lines else 1.0

    def depth(self, line: Line) -> float:
        """Return how far down the page a line begins, 0 to 1."""
        return line.box[1] / self.height

    def is_centred(self, line: Line) -> bool:
        """Return whether the line's middle lies near the middle of the page."""
        return abs((line.box[0] + line.box[2]) / 2 - self.width / 2) < 0.08 * self.width


def pages_of(readings: Sequence[PageReading]) -> list[Page]:
    """Return the pages of the readings with their words in lines; blank pages have none."""
    return [
        Page(number, reading.width, reading.height, tuple(_lines(reading, number)))
        for number, reading in enumerate(readings, start=1)
    ]


def _lines(reading: PageReading, number: int) -> list[Line]:
    """Return the lines of a page, parted where two columns were read as one line."""
    lines = []
    for _, group in groupby(reading.words, key=lambda word: word.line):
        # leaders and rules would bridge the gap between columns
        words = [word for word in group if not _LEADER.fullmatch(word.text)]
        parts = _parted(words) if words else []
        lines += [Line(part, number) for part in parts if any(c.isalnum() for word in part for c in word.text)]
    return lines


def _parted(words: list[Word]) -> list[tuple[Word, ...]]:
    """Return the words in runs, a new one after every wide gap and at the State's motto."""
    tallest = max(word.box[3] - word.box[1] for word in words)
    parts = [[words[0]]]
    for index, word in enumerate(words[1:], start=1):
        if word.box[0] - words[index - 1].box[2] > 1.6 * tallest or _begins_motto(words, index):
            parts.append([])
        parts[-1].append(word)
    return [tuple(part) for part in parts]


def _begins_motto(words: list[Word], index: int) -> bool:
    """Return whether the right-hand head of an official page begins here, in whatever column it was read."""
    if words[index].text[:1].upper() not in "CĐD":
        return False
    text = " ".join(word.text for word in words[index : index + 6])
    motto = compact(text)
    return (text.isupper() and motto.startswith(("conghoaxahoi", "dangcongsanviet"))) or motto.startswith(
        "doclaptudohanh"
    )
