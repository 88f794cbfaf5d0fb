"""What a page's image shows before anything is read: resolution, red ink, which way the lines run.

Everything is measured on a reduced copy in some tens of milliseconds. Images are 8-bit, height × width × 3
(blue-green-red) or height × width.
"""

from __future__ import annotations

import cv2
import numpy as np

from scanning.files import Pixels
from scanning.pixels import grey, ink, scaled, without_large

_LINES_EDGE = 1000
_RED_DIFFERENCE = 50
_A4_LONG = 11.69
# rows of text must beat columns by so much, or the page may lie on its side
_LEVEL = 1.5


def likely_dpi(image: Pixels, claimed: float) -> float:
    """Return the resolution of a page in dots per inch: the file's word, unless the page would be no page then.

    Scans are embedded at any size. A sheet over twice or under half of A4 is taken to be A4.
    """
    paper = max(image.shape[:2]) / _A4_LONG
    return claimed if 0.5 < claimed / paper < 2.0 else paper


def red_share(image: Pixels) -> float:
    """Return the share of the page that is red ink: seals, red pens, red print."""
    if image.ndim == 2:
        return 0.0
    small, _ = scaled(image, _LINES_EDGE)
    blue, green, red = cv2.split(small)
    return float((cv2.subtract(red, cv2.max(blue, green)) > _RED_DIFFERENCE).mean())


def is_level(image: Pixels) -> bool:
    """Return whether the lines of text clearly run across the page, upright or upside down.

    Text makes the ink per row jump from line to line, and hardly the ink per column. The page may hang by some
    degrees: the best of a few angles counts.
    """
    small, _ = scaled(grey(image), _LINES_EDGE)
    marks = without_large(ink(small))
    across = max(_jumps(marks, angle) for angle in range(-6, 7, 2))
    down = max(_jumps(np.ascontiguousarray(marks.T), angle) for angle in range(-6, 7, 2))
    return across > _LEVEL * down


def _jumps(marks: Pixels, degrees: int) -> float:
    """Return how much the ink per row changes from row to row, once a slant is taken out by shifting columns."""
    height, width = marks.shape
    slant = np.array([[1, 0, 0], [np.tan(np.radians(degrees)), 1, 0]], np.float64)
    sheared = cv2.warpAffine(marks, slant, (width, height), flags=cv2.INTER_NEAREST)
    rows = cv2.reduce(sheared, 1, cv2.REDUCE_SUM, dtype=cv2.CV_64F).ravel() / 255
    return float(np.square(np.diff(rows)).mean() / max(float(np.square(rows).mean()), 1e-9))
