"""Read one page: turn it upright, straighten it, recognise its words, say what a person should look at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

import cv2
import numpy as np

from scanning.engine import RawWord, recognise, upright
from scanning.files import Pixels, RasterPage
from scanning.leaders import without_leaders
from scanning.page import PageReading, Word
from scanning.pixels import is_blank, skew_of, straightened, turned, unread_share
from vietnamese.syllable import is_valid_syllable
from vietnamese.text import nfc, repair_eth

# letters of 12-point print are under 20 px high below this: Tesseract reads them far better doubled
LOW_DPI = 130
# below it the orientation is a guess: few letters, a table of figures
MIN_OSD_CONFIDENCE = 1.0
SUSPECT_CONFIDENCE = 90.0
MISSING_SHARE = 0.15
MISSING_MARKS = 60
_LETTERS = re.compile(r"[^\W\d_]+")
_VOWEL = re.compile(r"[aeiouy]", re.IGNORECASE)


def read_page(raster: RasterPage, rotation: int | None = None) -> PageReading:
    """Return the words and text of a page and the upright image; a blank page is marked and not recognised.

    ``rotation`` (0, 90, 180 or 270 degrees clockwise, from the scan as it lies in the file) is a person's word
    on how to turn the page; None lets the machine find out. Raises ValueError for any other turn, Rejected
    (ocr_missing, ocr_failed) if Tesseract cannot be run on it.
    """
    if rotation not in (None, 0, 90, 180, 270):
        raise ValueError(f"no quarter turn: {rotation}")
    image = raster.image
    if is_blank(image):
        return _reading(turned(image, rotation or 0), rotation or 0, 0.0, [], blank=True)
    if rotation is None:
        turn, sure = upright(image)
        rotation = turn if sure >= MIN_OSD_CONFIDENCE else 0
    image = turned(image, rotation)
    skew = skew_of(image)
    image = straightened(image, skew)
    return _reading(image, rotation, skew, _words(image, raster.dpi), blank=False)


def _words(image: Pixels, dpi: float) -> list[RawWord]:
    """Return the words of an upright image, boxes in its pixels; a coarse one is doubled for Tesseract."""
    shades = without_leaders(image, dpi)
    if dpi >= LOW_DPI:
        return recognise(shades, dpi)
    double = np.asarray(cv2.resize(shades, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)
    return [
        RawWord(
            word.text,
            (word.box[0] // 2, word.box[1] // 2, (word.box[2] + 1) // 2, (word.box[3] + 1) // 2),
            word.confidence,
            word.line,
            word.paragraph,
        )
        for word in recognise(double, dpi * 2)
    ]


def _reading(image: Pixels, rotation: int, skew: float, raw: Sequence[RawWord], *, blank: bool) -> PageReading:
    """Put a reading together from the upright image and its raw words."""
    words = []
    for number, (_, line) in enumerate(groupby(raw, key=lambda word: word.line)):
        for word in line:
            text = nfc(repair_eth(word.text))
            sure = round(word.confidence, 1)
            words.append(Word(text, word.box, sure, is_suspect(text, sure), number))
    height, width = image.shape[:2]
    weights = [sum(character.isalnum() for character in word.text) for word in words]
    # dotted lines and rules are not words: only letters and figures weigh
    confidence = sum(word.confidence * weight for word, weight in zip(words, weights, strict=True))
    return PageReading(
        width=width,
        height=height,
        rotation=rotation,
        skew=skew,
        variant="plain",
        blank=blank,
        text=_text(raw),
        words=tuple(words),
        missing_text=not blank and _misses_text(image, raw),
        mean_confidence=round(confidence / max(sum(weights), 1), 1),
        image=image,
    )


def _text(raw: Sequence[RawWord]) -> str:
    """Return the text in reading order: a line break between lines, an empty line between paragraphs."""
    paragraphs = []
    for _, paragraph in groupby(raw, key=lambda word: word.paragraph):
        lines = groupby(paragraph, key=lambda word: word.line)
        paragraphs.append("\n".join(" ".join(word.text for word in line) for _, line in lines))
    return nfc(repair_eth("\n\n".join(paragraphs)))


def _misses_text(image: Pixels, raw: Sequence[RawWord]) -> bool:
    """Return whether much of the page looks like text but was not read.

    Confidence cannot say this: on a shadowed page Tesseract was sure of every word it gave and left out
    seven in ten.
    """
    share, marks = unread_share(image, [word.box for word in raw])
    return share > MISSING_SHARE and marks > MISSING_MARKS


def is_suspect(text: str, confidence: float) -> bool:
    """Return whether a person should look at the word: Tesseract is unsure, or it is no Vietnamese syllable.

    Abbreviations (capitals only, at most six letters, not written as a syllable could be) and words with
    figures are judged by confidence alone; marks without letters or figures are never suspect.
    """
    if not any(character.isalnum() for character in text):
        return False
    if confidence < SUSPECT_CONFIDENCE:
        return True
    if any(character.isdigit() for character in text):
        return False
    return any(not _is_abbreviation(part) and not is_valid_syllable(part) for part in _LETTERS.findall(text))


def _is_abbreviation(part: str) -> bool:
    """Return whether letters are an abbreviation: one letter, or a few capitals no one could pronounce."""
    if len(part) == 1:
        return True
    return part.isupper() and len(part) <= 6 and (not _VOWEL.search(part) or part.isascii())
