"""Words of a page in bands from top to bottom, however the engine grouped them: tables are read across."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import median

from scanning.page import PageReading, Word

# what OCR makes of the rules between cells, stuck to a word
DASHES = frozenset(("-", "–"))
_RULES = "|¦[]{}_—=«»<>"


@dataclass(frozen=True)
class Band:
    """Words that stand side by side, from left to right."""

    words: tuple[Word, ...]

    @cached_property
    def top(self) -> int:
        """The upper edge, in pixels."""
        return min(word.box[1] for word in self.words)

    @cached_property
    def bottom(self) -> int:
        """The lower edge, in pixels."""
        return max(word.box[3] for word in self.words)

    @property
    def middle(self) -> float:
        """Half way between the edges."""
        return (self.top + self.bottom) / 2

    @cached_property
    def text(self) -> str:
        """The words joined by spaces."""
        return " ".join(word.text for word in self.words)


def bare(word: Word) -> Word | None:
    """Return the word without the rules read into its edges, or None if nothing is left that could be text.

    A lone dash stays: it joins words, and the ends of a period.
    """
    if word.text in DASHES:
        return word
    text = word.text.strip(_RULES)
    if not any(character.isalnum() for character in text):
        return None
    return word if text == word.text else replace(word, text=text)


def usual_height(reading: PageReading) -> float:
    """Return the median height of the words of a page, in pixels; 1 on a page without words."""
    heights = [word.box[3] - word.box[1] for word in reading.words if any(c.isalnum() for c in word.text)]
    return float(median(heights)) if heights else 1.0


def bands_of(reading: PageReading) -> list[Band]:
    """Return the words of a page in bands: words whose middles lie within half a letter's height."""
    height = usual_height(reading)
    words = sorted(filter(None, map(bare, reading.words)), key=lambda word: word.box[1] + word.box[3])
    groups: list[list[Word]] = []
    for word in words:
        if groups and _middle(word) - sum(map(_middle, groups[-1])) / len(groups[-1]) <= height / 2:
            groups[-1].append(word)
        else:
            groups.append([word])
    return [Band(tuple(sorted(group, key=lambda word: word.box[0]))) for group in groups]


def _middle(word: Word) -> float:
    return (word.box[1] + word.box[3]) / 2


def clusters(words: Sequence[Word], gap: float) -> list[tuple[int, int]]:
    """Return the stretches (left, right) that words cover seen from above, parted by gaps of at least ``gap``."""
    found: list[tuple[int, int]] = []
    for left, right in sorted((word.box[0], word.box[2]) for word in words):
        if found and left - found[-1][1] < gap:
            found[-1] = (found[-1][0], max(found[-1][1], right))
        else:
            found.append((left, right))
    return found
