"""Tesseract by way of pytesseract: which way up a page is, and its words. Vietnamese only, one thread.

Measured: with threads Tesseract burns 15 times the time of one thread on a busy machine, and ``vie+eng``
doubles the errors in diacritics.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import pytesseract
from PIL import Image

from scanning.files import Pixels
from scanning.limits import LIMITS
from scanning.page import Box
from scanning.pixels import grey, scaled
from scanning.rejection import Rejected

# pytesseract hands this process's environment to Tesseract: pages are spread over processes, not threads
os.environ["OMP_THREAD_LIMIT"] = "1"

OSD_EDGE = 1600
# below it the orientation is a guess: few letters, a table of figures
MIN_OSD_CONFIDENCE = 1.0


@dataclass(frozen=True)
class RawWord:
    """A word as Tesseract gives it; ``line`` and ``paragraph`` are keys that change where those do."""

    text: str
    box: Box
    confidence: float
    line: tuple[int, int, int]
    paragraph: tuple[int, int]


def orientation(image: Pixels) -> int:
    """Return how far to turn the image clockwise to stand upright: 0 (also if unsure), 90, 180 or 270."""
    thumbnail, _ = scaled(grey(image), OSD_EDGE)
    try:
        found = _run("image_to_osd", thumbnail, "--psm 0", "osd")
    except Rejected as refusal:
        if refusal.code == "ocr_missing":
            raise
        return 0
    sure = float(found["orientation_conf"]) >= MIN_OSD_CONFIDENCE
    return int(found["rotate"]) % 360 if sure else 0


def recognise(image: Pixels, dpi: float) -> list[RawWord]:
    """Return the words of an upright page in reading order, boxes in its pixels; raises Rejected."""
    found = _run("image_to_data", image, f"--psm 3 --dpi {max(70, min(round(dpi), 2400))}", "vie")
    words = []
    for i, text in enumerate(found["text"]):
        if not str(text).strip():
            continue
        left, top = int(found["left"][i]), int(found["top"][i])
        box = (left, top, left + int(found["width"][i]), top + int(found["height"][i]))
        block, paragraph = int(found["block_num"][i]), int(found["par_num"][i])
        line = (block, paragraph, int(found["line_num"][i]))
        words.append(RawWord(str(text).strip(), box, float(found["conf"][i]), line, (block, paragraph)))
    return words


def _run(function: str, image: Pixels, config: str, language: str) -> dict[str, Any]:
    """Call one pytesseract function for its dictionary; raises Rejected ocr_missing or ocr_failed."""
    picture = Image.fromarray(grey(image))
    # pytesseract writes the picture to a file of this format: PNG would cost half as much as the OCR
    picture.format = "BMP"
    try:
        result: dict[str, Any] = getattr(pytesseract, function)(
            picture,
            lang=language,
            config=config,
            output_type=pytesseract.Output.DICT,
            timeout=LIMITS.ocr_seconds,
        )
    except pytesseract.TesseractNotFoundError:
        raise Rejected("ocr_missing") from None
    except pytesseract.TesseractError as error:
        missing = "Failed loading language" in str(error)
        raise Rejected("ocr_missing" if missing else "ocr_failed") from None
    except (RuntimeError, ValueError, KeyError, OSError):
        raise Rejected("ocr_failed") from None
    return result
