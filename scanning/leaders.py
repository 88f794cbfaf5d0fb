"""Dotted lines of forms: taken out before recognition, for they hold nothing and spoil the words they follow."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from scanning.files import Pixels
from scanning.pixels import grey

# all in inches, dots as the blur leaves them: closer together than a tenth of an inch, over half an inch and more
_DOT = 0.045
_GAP = 0.1
_RUN = 0.5
_BLUR = 0.005
MIN_DOTS = 8
_END_DOTS = 5
# grain and broken letters leave rows of specks too, of which at most four in five stand evenly
_SPACED = 0.9
_SIZED = 0.5


def without_leaders(image: Pixels, dpi: float) -> Pixels:
    """Return the page in grey with its dotted leaders painted over with the paper around them.

    Only specks no larger than a full stop are touched, and only where eight or more of one size stand evenly in a
    row: full stops and the marks of letters stay.
    """
    shades = grey(image)
    return painted_over(shades, leaders_of(shades, dpi))


def leaders_of(shades: Pixels, dpi: float) -> Pixels | None:
    """Return 255 over the dots of dotted leaders and just around them, else 0; None if the page has no leaders."""
    # blurred by less than a dot, so that the grain of the paper does not break dots into specks
    calm = cv2.GaussianBlur(shades, (0, 0), _BLUR * dpi)
    marks = cv2.adaptiveThreshold(calm, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 31, 5)
    dots = _dots(np.asarray(marks, np.uint8), max(3, round(_DOT * dpi)))
    rows = _rows(dots, dpi)
    if not rows.any():
        return None
    return np.asarray(cv2.dilate(cv2.bitwise_and(dots, rows), np.ones((5, 5), np.uint8)), np.uint8)


def painted_over(shades: Pixels, leaders: Pixels | None) -> Pixels:
    """Return a grey page with the paper's shade where ``leaders`` (of the same size) is not 0."""
    if leaders is None:
        return shades
    paper = cv2.dilate(shades, np.ones((15, 15), np.uint8))
    return np.asarray(cv2.copyTo(paper, leaders, shades.copy()), np.uint8)


def _dots(marks: Pixels, size: int) -> Pixels:
    """Return only the marks no wider and no higher than ``size`` pixels."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(marks)
    small = (stats[:, cv2.CC_STAT_WIDTH] <= size) & (stats[:, cv2.CC_STAT_HEIGHT] <= size)
    small[0] = False
    return np.asarray(np.take(np.where(small, 255, 0).astype(np.uint8), labels), np.uint8)


def _rows(dots: Pixels, dpi: float) -> Pixels:
    """Return 255 over each long, level and even row of dots, else 0."""
    # a row hangs a pixel or two over its length: what is left of the page's skew
    level = cv2.dilate(dots, np.ones((2 * round(0.01 * dpi) + 1, 1), np.uint8))
    joined = cv2.morphologyEx(level, cv2.MORPH_CLOSE, np.ones((1, max(3, round(_GAP * dpi))), np.uint8))
    runs = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((1, max(8, round(_RUN * dpi))), np.uint8))
    count, labels = cv2.connectedComponents(np.asarray(runs, np.uint8))
    if count == 1:
        return np.asarray(runs, np.uint8)
    _, _, stats, centres = cv2.connectedComponentsWithStats(cv2.bitwise_and(np.asarray(runs, np.uint8), dots))
    places = centres[1:].astype(int)
    homes = labels[places[:, 1], places[:, 0]]
    order = np.lexsort((places[:, 0], homes))
    edges = np.searchsorted(homes[order], np.arange(count + 1))
    leader = np.zeros(count, bool)
    for run in range(1, count):
        members = order[edges[run] : edges[run + 1]]
        leader[run] = _is_even(centres[1:][members, 0], stats[1:][members, cv2.CC_STAT_AREA])
    return _to_the_end(np.take(np.where(leader, 255, 0).astype(np.uint8), labels), dots, dpi)


def _to_the_end(rows: Pixels, dots: Pixels, dpi: float) -> Pixels:
    """Return the rows with the few dots before and after them, as long as each is no further than the dots' gap.

    Not further: the point of a figure at the end of a value stands on the same line.
    """
    reach = np.ones((3, 2 * round(_GAP * dpi) + 1), np.uint8)
    for _ in range(_END_DOTS):
        rows = np.asarray(cv2.bitwise_or(rows, cv2.dilate(cv2.bitwise_and(dots, rows), reach)), np.uint8)
    return rows


def _is_even(places: NDArray[np.float64], areas: NDArray[np.int32]) -> bool:
    """Return whether dots from left to right are many, evenly spaced and of one size."""
    if len(places) < MIN_DOTS:
        return False
    steps = np.diff(places)
    step = max(1.0, float(np.median(steps)))
    # a lost dot makes a step of two: whole multiples are even
    spaced = np.abs(steps - np.maximum(np.rint(steps / step), 1) * step) <= 0.3 * step
    sized = np.abs(areas - np.median(areas)) <= 0.6 * np.median(areas)
    return bool(spaced.mean() >= _SPACED and sized.mean() >= _SIZED)
