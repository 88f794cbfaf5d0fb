"""Read a page as often as it needs: once if that went well, else again from other cleanings, line by line the best.

A mean of confidences misleads (a shadowed page scored 96 with seven tenths of its text missing), so passes and lines
are compared by the sum over words of letters × (confidence − 70): text that was read counts, guesses cost.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from scanning.engine import RawWord, recognise
from scanning.files import Pixels
from scanning.leaders import without_leaders
from scanning.measure import red_share
from scanning.page import Box
from scanning.pixels import unread_share
from scanning.rejection import Rejected
from scanning.variants import VARIANTS

NEUTRAL = 70.0
# a word below it is likelier to hold a misread letter than most
SURE = 85.0
# a page is well read when fewer of its letters than this are in doubt, and less of its ink than that is unread
WELL_DOUBT, WELL_UNREAD = 0.04, 0.04
_RED = 0.001
# another pass is begun only if it can end: the last one took so long, with this to spare
_SPARE = 1.5
# two boxes hold the same line if they share so much of the height of the lower, and words so much of their area
_SAME_LINE = 0.6
_SAME_PLACE = 0.3
# a line of another pass must be better by this much to be taken: the order of the page stays whole
_BETTER = 0.5
_ADDED_SURE = 80.0
_ADDED_LETTERS = 3


@dataclass(frozen=True)
class Pass:
    """What one cleaning gave: its name and words, the share of letters in doubt and of ink unread (0 to 1)."""

    variant: str
    words: tuple[RawWord, ...]
    doubt: float
    unread: float
    unread_marks: int

    @property
    def went_well(self) -> bool:
        """Whether another pass is not worth its time."""
        return self.doubt <= WELL_DOUBT and self.unread <= WELL_UNREAD


def letters(word: RawWord) -> int:
    """Return how many letters and figures a word has."""
    return sum(character.isalnum() for character in word.text)


def worth(words: Sequence[RawWord]) -> float:
    """Return what a reading is worth: letters × (confidence − 70) / 100, summed; guesses count against it."""
    return sum(letters(word) * (word.confidence - NEUTRAL) for word in words) / 100


def mean_confidence(words: Sequence[RawWord]) -> float:
    """Return the mean confidence, words weighed by their letters; 0.0 without any."""
    weight = sum(map(letters, words))
    return sum(letters(word) * word.confidence for word in words) / weight if weight else 0.0


def first_pass(page: Pixels, dpi: float, deadline: float) -> Pass:
    """Return the pass every page gets; ``page`` is the working copy, boxes are in its pixels. Raises Rejected."""
    return _pass(page, dpi, "even", deadline)


def best_reading(page: Pixels, dpi: float, first: Pass, deadline: float) -> Pass:
    """Return the first pass if it went well, else the best of several, put together line by line.

    A pass that fails or would not end before ``deadline`` (time.monotonic) costs nothing but itself.
    """
    passes = [first]
    for name in ("levelled", "lifted") if red_share(page) > _RED else ("lifted", "levelled"):
        began = time.monotonic()
        if any(each.went_well for each in passes):
            break
        try:
            passes.append(_pass(page, dpi, name, deadline))
        except Rejected:
            break
        if time.monotonic() + _SPARE * (time.monotonic() - began) > deadline:
            break
    return first if len(passes) == 1 else _united(passes, page)


def _pass(page: Pixels, dpi: float, name: str, deadline: float) -> Pass:
    shades = without_leaders(VARIANTS[name](page, dpi), dpi)
    return _judged(name, recognise(shades, dpi, deadline), page)


def _judged(name: str, words: Sequence[RawWord], page: Pixels) -> Pass:
    unsure = sum(letters(word) for word in words if word.confidence < SURE)
    unread, marks = unread_share(page, [word.box for word in words])
    return Pass(name, tuple(words), unsure / max(1, sum(map(letters, words))), unread, marks)


def _united(passes: Sequence[Pass], page: Pixels) -> Pass:
    """Return the pass worth most, with the lines another read better in their places."""
    ranked = sorted(passes, key=lambda each: worth(each.words), reverse=True)
    lines = _lines(ranked[0].words)
    names = [ranked[0].variant]
    for other in ranked[1:]:
        taken = False
        for line in _lines(other.words):
            taken = _take(lines, line) or taken
        if taken:
            names.append(other.variant)
    return _judged("+".join(names), [word for line in lines for word in line], page)


def _lines(words: Sequence[RawWord]) -> list[list[RawWord]]:
    return [list(line) for _, line in groupby(words, key=attrgetter("line"))]


def _take(lines: list[list[RawWord]], other: list[RawWord]) -> bool:
    """Put another pass's line in the place of the lines it covers if it is worth more, or between; say if it was."""
    frame = _frame(other)
    touched = [i for i, line in enumerate(lines) if _overlaps(line, other)]
    if not touched:
        return _add(lines, other)
    kept = [lines[i] for i in touched]
    if len(touched) > 1 or not _same_line(_frame(kept[0]), frame):
        return False
    if worth(other) <= worth(kept[0]) + _BETTER:
        return False
    like = kept[0][0]
    lines[touched[0]] = [RawWord(w.text, w.box, w.confidence, like.line, like.paragraph) for w in other]
    return True


def _add(lines: list[list[RawWord]], other: list[RawWord]) -> bool:
    """Put a line that no pass before it read where it stands on the page, if it is surely text."""
    if mean_confidence(other) < _ADDED_SURE or sum(map(letters, other)) < _ADDED_LETTERS:
        return False
    top = _frame(other)[1]
    place = next((i for i, line in enumerate(lines) if _frame(line)[1] > top), len(lines))
    key = (-1 - len(lines), 0, 0)
    lines.insert(place, [RawWord(w.text, w.box, w.confidence, key, key[:2]) for w in other])
    return True


def _frame(line: Sequence[RawWord]) -> Box:
    left, top, right, low = zip(*(word.box for word in line), strict=True)
    return min(left), min(top), max(right), max(low)


def _same_line(one: Box, two: Box) -> bool:
    """Return whether two lines lie at the same height and cover each other's width."""
    shared = min(one[3], two[3]) - max(one[1], two[1])
    if shared < _SAME_LINE * min(one[3] - one[1], two[3] - two[1]):
        return False
    across = min(one[2], two[2]) - max(one[0], two[0])
    return across >= _SAME_LINE * max(one[2] - one[0], two[2] - two[0])


def _overlaps(line: Sequence[RawWord], other: Sequence[RawWord]) -> bool:
    """Return whether any word of the one lies on a word of the other."""
    one, two = _frame(line), _frame(other)
    if one[3] <= two[1] or two[3] <= one[1] or one[2] <= two[0] or two[2] <= one[0]:
        return False
    return any(_on(word.box, over.box) for word in line for over in other)


def _on(one: Box, two: Box) -> bool:
    across = min(one[2], two[2]) - max(one[0], two[0])
    down = min(one[3], two[3]) - max(one[1], two[1])
    if across <= 0 or down <= 0:
        return False
    smaller = min((box[2] - box[0]) * (box[3] - box[1]) for box in (one, two))
    return across * down > _SAME_PLACE * smaller
