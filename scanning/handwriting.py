"""Which words of a page seem written by pen: they are shown and typed in, never filed as read.

Two signs count, both seen against the rest of the page: ink bluer than the page's print (forms are filled in with blue
pens), and a stretch of words the recogniser could make nothing of on a page it reads well otherwise (its model knows
print). A carbon copy is blue all over, and a worn page doubtful all over: there neither sign says anything. A page
doubtful from top to bottom is no print the recogniser knows either, and counts as written.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from scanning.files import Pixels
from scanning.page import Word
from scanning.pixels import scaled

# blue less red light that ink keeps of the paper's: 0 for black and grey ink, about 0.4 for a ballpoint
_BLUE = 0.12
# a word is blue if this share of its ink is: a signature may run through a printed one
_MOSTLY = 0.5
# on any form so many in a hundred words are its own print
_PRINTED = 15.0
# blue less red of a pixel, and the share of the page that must show it before words are looked at one by one
_BLUE_PIXEL, _BLUE_SHARE = 25, 0.0001
_INK_LEVEL = 0.45
_LEAST_INK = 12
# means of confidence, words weighed by letters: nothing readable in a stretch, a page read well, a page not read
_ILLEGIBLE, _WELL_READ, _UNREAD = 45.0, 80.0, 60.0
_STRETCH_LETTERS = 4
_WIDE_GAP = 2.0
_AROUND = " .,;:"


def pen_written(image: Pixels, words: Sequence[Word]) -> list[bool]:
    """Return for each word whether it seems handwritten; boxes are in pixels of ``image`` (blue-green-red)."""
    if not words:
        return []
    seen = [_blueness(image, word) for word in words] if _has_blue(image) else [(0.0, 0.0)] * len(words)
    blue = np.array(seen)
    # the print's own tint: a carbon copy or a blue typewriter ribbon; forms may hold more writing than print
    usual = float(np.percentile(blue[:, 0], _PRINTED))
    pen = (blue[:, 1] > _MOSTLY) & (blue[:, 0] - usual > _BLUE)
    sure = _mean([word for word, by_pen in zip(words, pen, strict=True) if not by_pen])
    if sure is not None and sure < _UNREAD:
        return [bool(by_pen) or word.confidence < _WELL_READ for word, by_pen in zip(words, pen, strict=True)]
    if sure is None or sure < _WELL_READ:
        return [bool(by_pen) for by_pen in pen]
    for stretch in _stretches(words):
        inside = [words[i] for i in stretch]
        doubt = _mean(inside)
        # a long printed number is often one unsure word: it is doubted, not taken for writing
        spelt = sum(_letters(word) for word in inside if not word.text.strip(_AROUND).isdigit())
        if doubt is not None and doubt < _ILLEGIBLE and spelt >= _STRETCH_LETTERS:
            pen[stretch] = True
    return [bool(by_pen) for by_pen in pen]


def _has_blue(image: Pixels) -> bool:
    """Return whether there is blue ink on the page at all."""
    if image.ndim == 2:
        return False
    small, _ = scaled(image, 1000)
    blue, _, red = cv2.split(small)
    return float((cv2.subtract(blue, red) > _BLUE_PIXEL).mean()) > _BLUE_SHARE


def _letters(word: Word) -> int:
    return sum(character.isalnum() for character in word.text)


def _mean(words: Sequence[Word]) -> float | None:
    """Return the mean confidence, weighed by letters; None if there are no letters."""
    weight = sum(map(_letters, words))
    return sum(_letters(word) * word.confidence for word in words) / weight if weight else None


def _blueness(image: Pixels, word: Word) -> tuple[float, float]:
    """Return how blue the word's ink is (median) and what share of it is; zeros where there is hardly any ink."""
    x0, y0, x1, y1 = word.box
    part = image[y0:y1, x0:x1].astype(np.float32)
    if part.ndim == 2 or part.size == 0:
        return 0.0, 0.0
    shades = part.max(axis=2)
    paper = np.percentile(part.reshape(-1, 3), 90, axis=0)
    dark, light = float(np.percentile(shades, 2)), float(np.percentile(shades, 90))
    kept = part[shades < dark + _INK_LEVEL * (light - dark)] / np.maximum(paper, 1.0)
    if len(kept) < _LEAST_INK:
        return 0.0, 0.0
    tint = kept[:, 0] - kept[:, 2]
    return float(np.median(tint)), float((tint > _BLUE).mean())


def _stretches(words: Sequence[Word]) -> list[list[int]]:
    """Return the places of the words of each line, cut at wide gaps and where sure and doubtful words meet."""
    stretches: list[list[int]] = []
    for i, word in enumerate(words):
        before = words[i - 1] if i else None
        joined = (
            before is not None
            and before.line == word.line
            and word.box[0] - before.box[2] < _WIDE_GAP * (word.box[3] - word.box[1])
            and (before.confidence < _WELL_READ) == (word.confidence < _WELL_READ)
        )
        if joined:
            stretches[-1].append(i)
        else:
            stretches.append([i])
    return stretches
