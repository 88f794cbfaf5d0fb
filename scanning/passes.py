"""Read a page as often as it needs: once if that went well, else again from other cleanings, line by line the best.

A mean of confidences misleads (a shadowed page scored 96 with seven tenths of its text missing), so passes and lines
are compared by the sum over words of letters × (confidence − 70): text that was read counts, guesses cost.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from operator import attrgetter

from scanning.engine import RawWord, read_crops, recognise
from scanning.files import Pixels
from scanning.leaders import leaders_of, painted_over
from scanning.measure import red_share
from scanning.page import Box
from scanning.pixels import unread_share
from scanning.rejection import Rejected
from scanning.variants import VARIANTS, even, red_ink, without_red, working_copy

NEUTRAL = 70.0
# a word below it is likelier to hold a misread letter than most
SURE = 85.0
# a page is read again from the start when more of its letters than this are in doubt, or of its ink unread
WELL_DOUBT, WELL_UNREAD = 0.10, 0.04
_FEW_MARKS = 15
# a line with a word below it is read again by itself
_DOUBTED = 80.0
_LINE_MARGIN = 0.15
_WIDE_GAP = 1.5
_RED = 0.001
# two words in red are more than this
_SOME_RED = 0.0002
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
    """What one cleaning, or several together, gave.

    ``doubt`` is the share of letters in doubt, ``unread`` of ink unread (0 to 1), ``unread_marks`` the number of marks
    it has; ``opinions`` are the words other passes saw in the same places, for comparison.
    """

    variant: str
    words: tuple[RawWord, ...]
    doubt: float
    unread: float
    unread_marks: int
    opinions: tuple[RawWord, ...] = ()

    @property
    def went_well(self) -> bool:
        """Whether another pass over the whole page is not worth its time."""
        return self.doubt <= WELL_DOUBT and (self.unread <= WELL_UNREAD or self.unread_marks < _FEW_MARKS)


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


class Copy:
    """The working copy of a page, in even light and without dotted leaders; boxes of passes are in its pixels."""

    def __init__(self, image: Pixels, dpi: float) -> None:
        """Make the copy of an upright page; ``dpi`` is that of the image."""
        shades, self.factor = working_copy(without_red(image), dpi)
        self.dpi = dpi * self.factor
        share = red_share(image)
        self.names = ("levelled", "lifted") if share > _RED else ("lifted", "levelled")
        self.red = working_copy(red_ink(image), dpi)[0] if share > _SOME_RED else None
        light = even(shades, self.dpi)
        self._leaders = leaders_of(light, self.dpi)
        self.light = painted_over(light, self._leaders)

    def cleaned(self, name: str) -> Pixels:
        """Return the copy as one of VARIANTS makes it."""
        return painted_over(VARIANTS[name](self.light, self.dpi), self._leaders)


def first_pass(page: Copy, deadline: float) -> Pass:
    """Return the pass every page gets; raises Rejected."""
    return _pass(page, "even", deadline)


def best_reading(page: Copy, first: Pass, deadline: float) -> Pass:
    """Return the best of the passes the page needs, and what is printed or stamped on it in red.

    A pass that fails or would not end before ``deadline`` (time.monotonic) costs nothing but itself.
    """
    found = _best_of_black(page, first, deadline)
    if page.red is None:
        return found
    try:
        red = recognise(page.red, page.dpi, deadline)
    except Rejected:
        return found
    lines = _lines(found.words)
    added = [_take(lines, line) for line in _lines(red) if not any(_overlaps(other, line) for other in lines)]
    return replace(found, words=tuple(word for line in lines for word in line)) if any(added) else found


def _best_of_black(page: Copy, first: Pass, deadline: float) -> Pass:
    """Return the first pass with its doubtful places read again, or the best of several passes, line by line."""
    if first.went_well:
        try:
            return _doubts_reread(page, first, deadline)
        except Rejected:
            return first
    passes = [first]
    for name in page.names:
        began = time.monotonic()
        try:
            passes.append(_pass(page, name, deadline))
        except Rejected:
            break
        if passes[-1].went_well or time.monotonic() + _SPARE * (time.monotonic() - began) > deadline:
            break
    return _united(passes, page)


def _doubts_reread(page: Copy, first: Pass, deadline: float) -> Pass:
    """Return the pass with each stretch that holds a doubtful word as the cleaning that read it best has it.

    A stretch is part of a line, to the next wide gap: the cells of a table are read one by one.
    """
    stretches = [stretch for line in _lines(first.words) for stretch in _stretches(line)]
    doubtful = [i for i, stretch in enumerate(stretches) if _is_doubtful(stretch)]
    used, opinions = [first.variant], []
    for name in page.names:
        if not doubtful:
            break
        frames = [_widened(_frame(stretches[i])) for i in doubtful]
        found = read_crops(page.cleaned(name), frames, page.dpi, deadline)
        opinions += [word for words in found for word in words]
        better = [i for i, words in zip(doubtful, found, strict=True) if words and worth(words) > worth(stretches[i])]
        for i, words in zip(doubtful, found, strict=True):
            if i in better:
                opinions += stretches[i]
                stretches[i] = _in_place_of(stretches[i], words)
        used += [name] if better else []
        doubtful = [i for i in doubtful if _is_doubtful(stretches[i])]
    put_together = tuple(word for stretch in stretches for word in stretch)
    doubt = _doubt(put_together)
    return replace(first, variant="+".join(used), words=put_together, doubt=doubt, opinions=tuple(opinions))


def _stretches(line: Sequence[RawWord]) -> list[list[RawWord]]:
    """Return a line cut at its wide gaps."""
    height = _frame(line)[3] - _frame(line)[1]
    stretches = [[line[0]]]
    for before, word in pairwise(line):
        if word.box[0] - before.box[2] > _WIDE_GAP * height:
            stretches.append([])
        stretches[-1].append(word)
    return stretches


def _is_doubtful(words: Sequence[RawWord]) -> bool:
    return any(word.confidence < _DOUBTED and letters(word) for word in words)


def _widened(box: Box) -> Box:
    edge = round(_LINE_MARGIN * (box[3] - box[1]))
    return box[0] - 2 * edge, box[1] - edge, box[2] + 2 * edge, box[3] + edge


def _in_place_of(line: Sequence[RawWord], found: Sequence[RawWord]) -> list[RawWord]:
    """Return words that stand where the line stood in the order of the page."""
    return [replace(word, line=line[0].line, paragraph=line[0].paragraph) for word in found]


def _pass(page: Copy, name: str, deadline: float) -> Pass:
    return _judged(name, recognise(page.cleaned(name), page.dpi, deadline), page)


def _judged(name: str, words: Sequence[RawWord], page: Copy) -> Pass:
    unread, marks = unread_share(page.light, [word.box for word in words])
    return Pass(name, tuple(words), _doubt(words), unread, marks)


def _doubt(words: Sequence[RawWord]) -> float:
    """Return the share of letters standing in words that are not sure."""
    unsure = sum(letters(word) for word in words if word.confidence < SURE)
    return unsure / max(1, sum(map(letters, words)))


def _united(passes: Sequence[Pass], page: Copy) -> Pass:
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
    words = [word for line in lines for word in line]
    opinions = [word for each in passes for word in each.words]
    return replace(_judged("+".join(names), words, page), opinions=tuple(opinions))


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
    lines[touched[0]] = _in_place_of(kept[0], other)
    return True


def _add(lines: list[list[RawWord]], other: list[RawWord]) -> bool:
    """Put a line that no pass before it read where it stands on the page, if it is surely text."""
    if mean_confidence(other) < _ADDED_SURE or sum(map(letters, other)) < _ADDED_LETTERS:
        return False
    top = _frame(other)[1]
    place = next((i for i, line in enumerate(lines) if _frame(line)[1] > top), len(lines))
    key = (-1 - len(lines), 0, 0)
    lines.insert(place, [replace(word, line=key, paragraph=key[:2]) for word in other])
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
