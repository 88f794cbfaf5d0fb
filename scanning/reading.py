"""Read one page: turn it upright, straighten it, recognise its words, say what a person should look at."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from scanning.engine import RawWord, upright
from scanning.files import Pixels, RasterPage
from scanning.handwriting import pen_written
from scanning.limits import LIMITS
from scanning.measure import is_level, likely_dpi
from scanning.page import Box, PageReading, Word
from scanning.passes import Copy, Pass, best_reading, first_pass, mean_confidence, worth
from scanning.pixels import is_blank, skew_of, straightened, turned
from scanning.rejection import Rejected
from scanning.suspicion import is_contested, is_suspect
from vietnamese.text import nfc, repair_eth

# below it the orientation is a guess: few letters, a table of figures
MIN_OSD_CONFIDENCE = 1.0
# words of a page upside down are guesses
UPSIDE_DOWN = 70.0
WEAK_LINE = 65.0
MISSING_SHARE = 0.15
MISSING_MARKS = 60
# what Tesseract makes of the rules of a table: no letters of any paper
_RULES = "|¦"


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
        return _reading(turned(image, rotation or 0), rotation or 0, 0.0, None)
    deadline = time.monotonic() + LIMITS.ocr_seconds
    turn = rotation
    if turn is None:
        turn = 0 if is_level(image) else _turn(image, deadline)
    attempt = _Attempt(image, turn, raster.dpi, deadline)
    if rotation is None and mean_confidence(attempt.first.words) < UPSIDE_DOWN:
        # upside down, or damaged: only now is it worth asking
        better = _turn(image, deadline)
        if better != turn:
            attempt = max(
                attempt, _Attempt(image, better, raster.dpi, deadline), key=lambda each: worth(each.first.words)
            )
    return attempt.reading(deadline)


class _Attempt:
    """A page turned and straightened, and the first pass over it."""

    def __init__(self, image: Pixels, turn: int, dpi: float, deadline: float) -> None:
        self.turn = turn
        image = turned(image, turn)
        self.skew = skew_of(image)
        self.image = straightened(image, self.skew)
        self.copy = Copy(self.image, likely_dpi(image, dpi))
        self.first = first_pass(self.copy, deadline)

    def reading(self, deadline: float) -> PageReading:
        """Return the best reading of the page, boxes in pixels of the upright image."""
        found = best_reading(self.copy, self.first, deadline)
        height, width = self.image.shape[:2]
        words, opinions = (
            tuple(replace(word, box=_unscaled(word.box, self.copy.factor, width, height)) for word in side)
            for side in (found.words, found.opinions)
        )
        return _reading(self.image, self.turn, self.skew, replace(found, words=words, opinions=opinions))


def _unscaled(box: Box, factor: float, width: int, height: int) -> Box:
    """Return a box of the working copy in pixels of the upright image."""
    x0, y0 = min(int(box[0] / factor), width - 1), min(int(box[1] / factor), height - 1)
    return (
        x0,
        y0,
        max(x0 + 1, min(math.ceil(box[2] / factor), width)),
        max(y0 + 1, min(math.ceil(box[3] / factor), height)),
    )


def _turn(image: Pixels, deadline: float) -> int:
    """Return how far Tesseract would turn the page clockwise, 0 if it is not sure or cannot say."""
    try:
        turn, sure = upright(image, deadline)
    except Rejected as refusal:
        if refusal.code != "ocr_failed":
            raise
        return 0
    return turn if sure >= MIN_OSD_CONFIDENCE else 0


def _reading(image: Pixels, rotation: int, skew: float, found: Pass | None) -> PageReading:
    """Put a reading together from the upright image and what was found on it; None is a blank page."""
    raw = _cleaned(found.words) if found else []
    words = _marked(image, raw, found) if found else []
    height, width = image.shape[:2]
    return PageReading(
        width=width,
        height=height,
        rotation=rotation,
        skew=skew,
        variant=found.variant if found else "plain",
        blank=found is None,
        text=_text(raw),
        words=tuple(words),
        missing_text=found is not None and found.unread > MISSING_SHARE and found.unread_marks > MISSING_MARKS,
        mean_confidence=round(mean_confidence(raw), 1),
        image=image,
    )


def _cleaned(raw: Sequence[RawWord]) -> list[RawWord]:
    """Return the words in NFC with Đ for the Icelandic letter, without the rules of tables stuck to them."""
    words = []
    for word in raw:
        text = nfc(repair_eth(word.text)).strip(_RULES)
        if text:
            words.append(replace(word, text=text))
    return words


def _marked(image: Pixels, raw: Sequence[RawWord], found: Pass) -> list[Word]:
    """Return the words of the page, lines numbered, what is doubtful or written by pen marked."""
    others = [(nfc(repair_eth(word.text)).strip(_RULES), word.box, word.confidence) for word in found.opinions]
    words = []
    for number, (_, group) in enumerate(groupby(raw, key=lambda word: word.line)):
        line = list(group)
        # one sure word among guesses is a guess
        weak = mean_confidence(line) < WEAK_LINE
        for word in line:
            sure = round(word.confidence, 1)
            suspect = is_suspect(word.text, 0.0 if weak else sure, found.doubt)
            suspect = suspect or is_contested(word.text, word.box, sure, others)
            words.append(Word(word.text, word.box, sure, suspect, number))
    by_pen = pen_written(image, words)
    return [
        replace(word, suspect=word.suspect or pen, handwritten=pen) for word, pen in zip(words, by_pen, strict=True)
    ]


def _text(raw: Sequence[RawWord]) -> str:
    """Return the text in reading order: a line break between lines, an empty line between paragraphs."""
    paragraphs = []
    for _, paragraph in groupby(raw, key=lambda word: word.paragraph):
        lines = groupby(paragraph, key=lambda word: word.line)
        paragraphs.append("\n".join(" ".join(word.text for word in line) for _, line in lines))
    return "\n\n".join(paragraphs)
