"""Cleaned copies of a page for the recogniser: one for each kind of damage, none good for all.

Every function takes 8-bit images and gives grey ones of the same size; ``dpi`` is that of the pixels. Lengths are in
inches: what matters is the size of letters on paper. Measured over damaged pages (docs/benchmarks.md): each copy that
saves one kind of page spoils another, so the reader tries what the page's measurements call for and keeps what was
read best.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from scanning.files import Pixels

PAPER = 240
# a stroke is thinner than this: within it there is always paper to be seen
_STROKE_REACH = 0.13
_CELL = 0.027
# blurs well under a stroke of print (0.012 inch): grain goes, letters stay
_GRAIN = 0.0035
_WORKING_DPI = 200.0
_FINE, _COARSE = 240.0, 150.0
_SOFTENED = 0.0027
_MOST_ENLARGED = 3.0
# what is fainter than this share of the page's ink is no print: seals in red, the back of the sheet, stains
_FAINT = 0.3
# and on a faded page the ink around is made equally dark, but nothing fainter than this is lifted
_LIFTED = 60.0
_PAPER_GRAIN = 3.0
_LIFT_REACH = 0.05


def working_copy(image: Pixels, dpi: float) -> tuple[Pixels, float]:
    """Return the page at about 200 dpi and the factor it was multiplied by.

    At 200 dpi the letters of office print are as high as Tesseract's own lines: a finer scan, softened and reduced,
    costs a third less and is read as well or better (the grain is gone), a coarse one is read far better enlarged.
    """
    factor = _WORKING_DPI / dpi
    if dpi >= _FINE:
        soft = cv2.GaussianBlur(image, (0, 0), _SOFTENED * dpi)
        return np.asarray(cv2.resize(soft, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8), factor
    if dpi <= _COARSE:
        factor = min(factor, _MOST_ENLARGED)
        return np.asarray(
            cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC), np.uint8
        ), factor
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 0.5), np.uint8), 1.0


def without_red(image: Pixels) -> Pixels:
    """Return the page as seen through a red glass: red ink nearly goes, brown stains fade, the rest stays."""
    return image if image.ndim == 2 else np.ascontiguousarray(image[:, :, 2])


def red_ink(image: Pixels) -> Pixels:
    """Return only what is red on the page, dark on white: red print and secrecy stamps, seals as well."""
    blue, green, red = cv2.split(image)
    return np.asarray(
        cv2.bitwise_not(cv2.convertScaleAbs(cv2.subtract(red, cv2.max(blue, green)), alpha=2.0)), np.uint8
    )


def paper_of(shades: Pixels, dpi: float) -> Pixels:
    """Return the page as if nothing were written on it: the lightness of the paper, shadows and stains included."""
    height, width = shades.shape
    cell = max(2, round(_CELL * dpi))
    size = (max(1, width // cell), max(1, height // cell))
    small = cv2.resize(cv2.medianBlur(shades, 3), size, interpolation=cv2.INTER_AREA)
    reach = max(3, round(_STROKE_REACH * dpi / cell)) | 1
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    smooth = cv2.GaussianBlur(closed, (0, 0), reach / 3)
    return np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def even(shades: Pixels, dpi: float) -> Pixels:
    """Return the page in even light: every shade divided by the paper's around it."""
    return np.asarray(cv2.divide(shades, cv2.max(paper_of(shades, dpi), 1), scale=float(PAPER)), np.uint8)


def levelled(shades: Pixels) -> Pixels:
    """Return an even page with what is much fainter than its ink wiped out."""
    depth = cv2.subtract(np.full_like(shades, PAPER), shades)
    counts = np.bincount(depth.ravel(), minlength=256).astype(np.float64)
    counts[:50] = 0
    if counts.sum() < 200:
        return shades
    top = float(np.searchsorted(np.cumsum(counts), 0.75 * counts.sum()))
    low = _FAINT * top
    table = 255 - np.clip((np.arange(256) - low) / max(top - low, 1.0) * 235, 0, 255)
    return np.asarray(cv2.LUT(depth, table.astype(np.uint8)), np.uint8)


def lifted(shades: Pixels, dpi: float) -> Pixels:
    """Return an even page with its ink equally dark everywhere: what a worn ribbon left pale comes back."""
    depth = np.maximum(float(PAPER) - shades.astype(np.float32) - _PAPER_GRAIN, 0)
    reach = round(_LIFT_REACH * dpi) | 1
    around = cv2.dilate(cv2.GaussianBlur(depth, (0, 0), max(0.6, _GRAIN * dpi)), np.ones((reach, reach), np.uint8))
    around = cv2.GaussianBlur(around, (0, 0), reach / 2)
    return np.asarray(255 - np.clip(depth / np.maximum(around, _LIFTED) * 235, 0, 255), np.uint8)


def _even(light: Pixels, dpi: float) -> Pixels:
    del dpi
    return light


def _levelled(light: Pixels, dpi: float) -> Pixels:
    del dpi
    return levelled(light)


VARIANTS: dict[str, Callable[[Pixels, float], Pixels]] = {"even": _even, "lifted": lifted, "levelled": _levelled}
"""Every cleaning of a page already in even light, by the name a reading carries: as it is; worn ink darkened; faint
things wiped out."""
