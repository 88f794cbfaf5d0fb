"""What an office and a scanner do to a sheet: seals, ink, tint, stains, fading, shadow, skew, noise.

Everything follows from the random source given; nothing reads a clock. Sizes are in pixels of the sheet,
angles in degrees, strengths from 0 (none) to 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from oms.demonstration.papers import Mark, Sheet
from oms.demonstration.typeface import font

Pixels = NDArray[np.uint8]
Field = NDArray[np.float32]
WHITE, CREAM, GREYISH = (253, 253, 252), (247, 242, 226), (236, 235, 230)
_RED, _BLUE = (205, 40, 48), (38, 58, 150)
_COARSE = 16


@dataclass(frozen=True)
class Scan:
    """How one file was scanned. `turned` is the quarter-turn of the sheet on the glass (0, 90, 180, 270)."""

    tint: tuple[int, int, int] = WHITE
    skew: float = 0.0
    faded: float = 0.0
    noise: float = 0.0
    stains: int = 0
    shadow: float = 0.0
    blur: float = 0.0
    turned: int = 0
    coarse: float = 1.0


CLEAN = Scan()
UNREADABLE = Scan(GREYISH, 2.6, 0.82, 20.0, 6, 0.6, 2.4, 0, 0.3)
"""So bad that no machine should be believed: faded, stained, blurred, and as if sent by fax."""


def scan(sheet: Sheet, how: Scan, dpi: int, rng: Random) -> Image.Image:
    """The sheet as the scanner delivers it: RGB, marks pressed on, then every harm `how` names."""
    grey = np.asarray(sheet.image)
    page = _on_paper(_fade(grey, how.faded, rng), how, rng)
    for mark in sheet.marks:
        _press(page, mark, dpi, rng)
    page = _skewed(page, how.skew, how.tint)
    page = _softened(page, how)
    if how.noise:
        page = _noisy(page, how.noise, rng)
    if how.turned:
        page = np.rot90(page, how.turned // 90)
    return Image.fromarray(np.ascontiguousarray(page), "RGB")


def blank_back(dpi: int, rng: Random) -> Sheet:
    """The empty back of a sheet; a trace of the front shows through, too faint to be writing."""
    width, height = round(210 * dpi / 25.4), round(297 * dpi / 25.4)
    trace = np.full((height, width), 255, np.uint8)
    for _ in range(12):
        y = rng.randrange(height // 6, height // 2)
        trace[y : y + dpi // 20, width // 6 : width - width // 6] = 252
    return Sheet(Image.fromarray(cv2.GaussianBlur(trace, (0, 0), dpi / 20)))


def _fade(grey: Pixels, strength: float, rng: Random) -> Pixels:
    """Lighten the ink, unevenly as an old ribbon does."""
    if not strength:
        return grey
    uneven = _cloud(grey.shape, rng, cells=6)
    keep = np.clip(1 - strength + 0.25 * strength * uneven, 0.05, 1).astype(np.float32)
    ink = cv2.multiply(255 - grey, _enlarge(keep, grey.shape), dtype=cv2.CV_8U)
    return np.asarray(255 - ink, np.uint8)


def _on_paper(grey: Pixels, how: Scan, rng: Random) -> Pixels:
    """Ink on tinted paper, with the slow unevenness of stains and shadow laid over it."""
    ramp = np.arange(256, dtype=np.float32)
    page = cv2.merge([cv2.LUT(grey, (ramp * channel / 255).astype(np.uint8)) for channel in how.tint])
    veil = _veil(grey.shape, how, rng)
    if veil is None:
        return np.asarray(page, np.uint8)
    return np.asarray(cv2.multiply(page, _enlarge(veil, grey.shape), dtype=cv2.CV_8U), np.uint8)


def _veil(shape: tuple[int, ...], how: Scan, rng: Random) -> Field | None:
    """A coarse field of light, 1 where the paper is clean; None when nothing dims it."""
    if not (how.stains or how.shadow or how.tint != WHITE):
        return None
    rows, columns = shape[0] // _COARSE, shape[1] // _COARSE
    light = np.ones((rows, columns, 3), np.float32)
    if how.tint != WHITE:
        light -= 0.035 * _cloud(shape, rng, cells=9)[..., None]
    for _ in range(how.stains):
        light *= _stain(rows, columns, rng)
    if how.shadow:
        fall = np.clip(1 - np.arange(columns, dtype=np.float32) / (0.22 * columns), 0, 1) ** 2
        light *= (1 - 0.55 * how.shadow * fall)[None, :, None]
    return np.clip(light, 0, 1)


def _stain(rows: int, columns: int, rng: Random) -> Field:
    """One round brown stain with a darker rim, as a wet cup leaves."""
    down, across = np.mgrid[0:rows, 0:columns].astype(np.float32)
    middle = (rng.uniform(0.1, 0.9) * rows, rng.uniform(0.1, 0.9) * columns)
    radius = rng.uniform(0.06, 0.14) * rows
    bearing = np.arctan2(down - middle[0], across - middle[1])
    wobble = 1 + 0.05 * np.sin(3 * bearing + rng.uniform(0, 6)) + 0.03 * np.sin(7 * bearing + rng.uniform(0, 6))
    away = np.minimum(np.hypot(down - middle[0], across - middle[1]) / (radius * wobble), 4)
    depth = 0.10 / (1 + np.exp(14 * (away - 1))) + 0.16 * np.exp(-((away - 1) ** 2) / 0.006)
    colour = np.array([0.55, 0.8, 1.25], np.float32)
    return np.asarray(1 - depth[..., None] * colour, np.float32)


def _cloud(shape: tuple[int, ...], rng: Random, cells: int) -> Field:
    """Smooth random values 0..1 at the coarse size."""
    seeds = np.array([[rng.random() for _ in range(cells)] for _ in range(cells)], np.float32)
    size = (shape[1] // _COARSE, shape[0] // _COARSE)
    return np.clip(cv2.resize(seeds, size, interpolation=cv2.INTER_CUBIC), 0, 1).astype(np.float32)


def _enlarge(field: Field, shape: tuple[int, ...]) -> Field:
    return np.asarray(cv2.resize(field, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR), np.float32)


def _skewed(page: Pixels, degrees: float, tint: tuple[int, int, int]) -> Pixels:
    if not degrees:
        return page
    height, width = page.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return np.asarray(cv2.warpAffine(page, turn, (width, height), borderValue=tint), np.uint8)


def _softened(page: Pixels, how: Scan) -> Pixels:
    """Lose fine detail (`coarse` < 1: scanned small and blown up), then blur."""
    height, width = page.shape[:2]
    if how.coarse < 1:
        small = cv2.resize(page, None, fx=how.coarse, fy=how.coarse, interpolation=cv2.INTER_AREA)
        page = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    if how.blur:
        page = np.asarray(cv2.GaussianBlur(page, (0, 0), how.blur), np.uint8)
    return page


def _noisy(page: Pixels, strength: float, rng: Random) -> Pixels:
    """Add the sensor's grain: the same on the three channels, `strength` its standard deviation."""
    grain = np.random.default_rng(rng.randrange(2**32)).standard_normal(page.shape[:2], np.float32)
    shifted = np.asarray(np.round(grain * strength), np.int16)
    return np.clip(page.astype(np.int16) + shifted[..., None], 0, 255).astype(np.uint8)


def _press(page: Pixels, mark: Mark, dpi: int, rng: Random) -> None:
    """Put one mark on the page in place, darkening what lies under it as ink does."""
    if mark.kind == "seal":
        stamp = _seal(mark.text, round(36 * dpi / 25.4)).rotate(rng.uniform(-12, 12), Image.Resampling.BICUBIC)
        _darken(page, stamp, mark.x, mark.y, _RED, 0.82, rng)
    elif mark.kind == "secrecy":
        box = _secrecy_box(mark.text, dpi).rotate(rng.uniform(-3, 3), Image.Resampling.BICUBIC, expand=True)
        _darken(page, box, mark.x, mark.y, _RED, 0.9, rng)
    else:
        _darken(page, _signature(dpi, Random(mark.text)), mark.x, mark.y, _BLUE, 0.9, rng)


def _darken(
    page: Pixels,
    shape: Image.Image,
    x: int,
    y: int,
    colour: tuple[int, int, int],
    strength: float,
    rng: Random,
) -> None:
    """Multiply `colour` into the page where `shape` (grey, 255 = full ink) is, its middle at x, y."""
    height, width = page.shape[:2]
    left, top = max(0, x - shape.width // 2), max(0, y - shape.height // 2)
    right, low = min(width, left + shape.width), min(height, top + shape.height)
    ink = np.asarray(shape, np.float32)[: low - top, : right - left] / 255
    patchy = cv2.resize(
        np.array([[rng.uniform(0.75, 1) for _ in range(8)] for _ in range(8)], np.float32),
        (ink.shape[1], ink.shape[0]),
    )
    cover = (ink * patchy * strength)[..., None]
    under = page[top:low, left:right].astype(np.float32)
    tinted = under * (np.array(colour, np.float32) / 255)
    page[top:low, left:right] = (under * (1 - cover) + tinted * cover).astype(np.uint8)


def _seal(text: str, size: int) -> Image.Image:
    """A round seal: two rings, a star, the organisation's name around."""
    seal = Image.new("L", (size, size), 0)
    draw = ImageDraw.Draw(seal)
    middle = size / 2
    for share, thick in ((0.98, 0.018), (0.92, 0.008), (0.58, 0.008)):
        reach = middle * share
        box = (middle - reach, middle - reach, middle + reach, middle + reach)
        draw.ellipse(box, outline=255, width=max(2, round(size * thick)))
    points = []
    for corner in range(10):
        reach = middle * (0.34 if corner % 2 == 0 else 0.13)
        angle = math.radians(36 * corner - 90)
        points.append((middle + reach * math.cos(angle), middle + reach * math.sin(angle)))
    draw.polygon(points, fill=255)
    ring = f"{text.upper()} ★ "[: max(8, len(text) + 3)].replace("★", "-")
    face = font(round(size * min(0.105, 3.2 / len(ring))), bold=True)
    for place, letter in enumerate(ring):
        tile = Image.new("L", (size, size), 0)
        ImageDraw.Draw(tile).text((middle, middle * 0.30), letter, font=face, fill=255, anchor="ms")
        turned = tile.rotate(-360 * place / len(ring), Image.Resampling.BILINEAR)
        seal.paste(255, (0, 0), turned)
    return seal


def _secrecy_box(text: str, dpi: int) -> Image.Image:
    """The red rectangular stamp that says how secret a paper is."""
    face = font(round(17 * dpi / 72), bold=True)
    width, height = round(face.getlength(text)) + dpi // 4, round(dpi * 0.36)
    box = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(box)
    draw.rectangle((2, 2, width - 3, height - 3), outline=255, width=max(2, dpi // 60))
    draw.text((width / 2, height / 2), text, font=face, fill=255, anchor="mm")
    return box


def _signature(dpi: int, hand: Random) -> Image.Image:
    """A hand's loops, the same for the same name: they shrink to the right and end in a stroke."""
    width, height = round(38 * dpi / 25.4), round(17 * dpi / 25.4)
    turns, lean = hand.uniform(2.4, 4.6), hand.uniform(0.06, 0.16)
    start, swing = hand.uniform(0, math.tau), hand.uniform(0.3, 1.1)
    points = []
    for step in range(161):
        share = step / 160
        angle = math.tau * turns * share + start
        x = 0.12 + 0.62 * share + lean * math.sin(angle)
        y = 0.5 + 0.42 * (1 - 0.7 * share) * math.cos(angle + swing * math.sin(3 * share))
        points.append((width * x, height * y))
    points.append((width * 0.98, height * hand.uniform(0.25, 0.75)))
    image = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(image)
    thin = max(2, dpi // 90)
    for here, there in pairwise(points):
        draw.line((*here, *there), fill=255, width=thin + (1 if there[1] > here[1] else 0))
    return image
