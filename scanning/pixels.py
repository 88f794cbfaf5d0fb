"""Measure and turn page images: ink, blankness, skew, quarter turns.

Images are 8-bit arrays, height × width (grey) or height × width × 3 (blue-green-red); sizes are in pixels.
"""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from scanning.files import Pixels

# pages are spread over processes, one a core: threads inside one would only fight
cv2.setNumThreads(1)

MEASURE_EDGE = 1400
MAX_SKEW = 10.0
MIN_SKEW = 0.3
# a signature alone covers about 0.001 of a page; dust and shine-through stay below half of it
BLANK_INK = 0.0004
# the sharpness of line profiles must rise by this factor before a page is turned on its evidence
_SKEW_GAIN = 1.1
_QUARTER_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


def scaled(image: Pixels, edge: int) -> tuple[Pixels, float]:
    """Return the image with its longest side at most ``edge``, and the factor it was multiplied by (≤ 1)."""
    factor = min(1.0, edge / max(image.shape[:2]))
    if factor == 1.0:
        return image, 1.0
    size = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8), factor


def grey(image: Pixels) -> Pixels:
    """Return the image in shades of grey, height × width."""
    return image if image.ndim == 2 else np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)


def ink(image: Pixels) -> Pixels:
    """Return 255 where the page is darker than its surroundings, else 0: shadows and stains are not ink."""
    shades = cv2.medianBlur(grey(image), 3)
    return np.asarray(
        cv2.adaptiveThreshold(shades, 255, cv2.ADAPTIVE_THRESH_GAUSSIAN_C, cv2.THRESH_BINARY_INV, 41, 15),
        np.uint8,
    )


def is_blank(image: Pixels) -> bool:
    """Return whether nothing is written inside the margins: no strokes but specks."""
    small, _ = scaled(grey(image), MEASURE_EDGE)
    height, width = small.shape
    marks = ink(small)[height // 25 : height - height // 25, width // 25 : width - width // 25]
    if marks.size == 0:
        return True
    count, _, stats, _ = cv2.connectedComponentsWithStats(marks)
    areas = stats[1:count, cv2.CC_STAT_AREA]
    return bool(areas[areas >= 12].sum() < BLANK_INK * marks.size)


def skew_of(image: Pixels) -> float:
    """Return how many degrees the lines of text hang clockwise (0.0 if under 0.3, unsure, or over 10).

    The angle sought is the one at which the counts of ink per row differ most from row to row.
    """
    small, _ = scaled(grey(image), 1000)
    marks = ink(small)
    # long rules and black edges would outvote the text
    marks = without_large(marks)
    if not marks.any():
        return 0.0
    coarse = np.arange(-MAX_SKEW, MAX_SKEW + 0.01, 0.5)
    best = max(coarse, key=lambda angle: _sharpness(marks, float(angle)))
    fine = np.arange(best - 0.5, best + 0.51, 0.1)
    angle = float(max(fine, key=lambda angle: _sharpness(marks, float(angle))))
    if not MIN_SKEW < abs(angle) < MAX_SKEW or _sharpness(marks, angle) < _SKEW_GAIN * _sharpness(marks, 0.0):
        return 0.0
    return round(angle, 1)


def without_large(marks: Pixels) -> Pixels:
    """Return the marks without components far larger than letters."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(marks)
    edge = max(marks.shape) // 12
    large = (stats[:, cv2.CC_STAT_WIDTH] > edge) | (stats[:, cv2.CC_STAT_HEIGHT] > edge)
    large[0] = False
    cleaned = marks.copy()
    cleaned[large[labels]] = 0
    return cleaned


def _sharpness(marks: Pixels, angle: float) -> float:
    """Return how much the ink per row changes from row to row once ``angle`` degrees are taken out."""
    height, width = marks.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    turned = cv2.warpAffine(marks, matrix, (width, height), flags=cv2.INTER_NEAREST)
    rows = turned.sum(axis=1, dtype=np.float64)
    return float(np.square(np.diff(rows)).sum())


def turned(image: Pixels, rotation: int) -> Pixels:
    """Return the image turned clockwise by ``rotation``: 0, 90, 180 or 270 degrees."""
    if rotation == 0:
        return image
    return np.ascontiguousarray(cv2.rotate(image, _QUARTER_TURNS[rotation]))


def straightened(image: Pixels, skew: float) -> Pixels:
    """Return the image with ``skew`` degrees taken out, on a canvas large enough to lose nothing."""
    if skew == 0.0:
        return image
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), skew, 1.0)
    cosine, sine = abs(matrix[0, 0]), abs(matrix[0, 1])
    new_width, new_height = round(height * sine + width * cosine), round(height * cosine + width * sine)
    matrix[0, 2] += (new_width - width) / 2
    matrix[1, 2] += (new_height - height) / 2
    paper = [float(value) for value in np.median(image[:: max(1, height // 200)].reshape(-1, 3), axis=0)]
    return np.asarray(
        cv2.warpAffine(image, matrix, (new_width, new_height), flags=cv2.INTER_CUBIC, borderValue=paper),
        np.uint8,
    )


def unread_share(image: Pixels, boxes: Iterable[tuple[int, int, int, int]]) -> tuple[float, int]:
    """Return the share of text-like ink lying outside the boxes, and the number of text-like marks outside.

    A mark is text-like if it has the size and, set against the paper around it, nearly the strength of
    print: rules, frames, stains, specks and what shines through from the back are not counted. Boxes are in
    pixels of the image.
    """
    small, factor = scaled(grey(image), MEASURE_EDGE)
    marks = ink(small)
    count, labels, stats, centres = cv2.connectedComponentsWithStats(marks)
    covered = np.zeros(small.shape, bool)
    for x0, y0, x1, y1 in boxes:
        rows = slice(max(0, int(y0 * factor) - 2), int(y1 * factor) + 3)
        covered[rows, max(0, int(x0 * factor) - 2) : int(x1 * factor) + 3] = True
    heights, widths, areas = (stats[:, i] for i in (cv2.CC_STAT_HEIGHT, cv2.CC_STAT_WIDTH, cv2.CC_STAT_AREA))
    # at 1400 px a page, print of 9 to 16 points stands 8 to 24 px high
    letters = (heights >= 7) & (heights <= 40) & (widths >= 3) & (widths <= 120) & (areas >= 18)
    letters &= areas > 0.12 * heights * widths
    letters[0] = False
    strength = _strengths(small, labels, count)
    if letters.any():
        letters &= strength > 0.5 * np.percentile(strength[letters], 90)
    inside = covered[np.nan_to_num(centres[:, 1]).astype(int), np.nan_to_num(centres[:, 0]).astype(int)]
    total = float(areas[letters].sum())
    outside = letters & ~inside
    return (float(areas[outside].sum()) / total if total else 0.0), int(outside.sum())


def _strengths(shades: Pixels, labels: NDArray[np.int32], count: int) -> NDArray[np.float64]:
    """Return for every component how dark it is against the paper around it, 0 to 1."""
    paper = cv2.blur(cv2.dilate(shades, np.ones((15, 15), np.uint8)), (31, 31)).astype(np.float64)
    dark = 1.0 - np.minimum(shades / np.maximum(paper, 1.0), 1.0)
    sizes = np.maximum(np.bincount(labels.ravel(), minlength=count), 1)
    return np.asarray(np.bincount(labels.ravel(), weights=dark.ravel(), minlength=count) / sizes, np.float64)
