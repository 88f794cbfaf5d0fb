"""Whether two page images are the same sheet scanned twice.

Three steps: a fingerprint of 64 characters, cheap to compare with thousands, finds what may be the same; what was
read is compared word by word; then both images are laid on each other and compared word-size piece by piece.
Papers on one printed form share their fingerprint almost wholly and differ only in what is filled in: a name or a
date that is read surely on both, or pieces of handwriting, tell them apart. In doubt two pages are not the same.
"""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

import cv2
import numpy as np
from numpy.typing import NDArray

from scanning.files import Pixels
from scanning.page import PageReading
from scanning.pixels import grey, ink, scaled
from vietnamese.text import fold

ROWS, COLUMNS = 16, 4
DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase + "-_"
_LEVEL = {digit: level for level, digit in enumerate(DIGITS)}
# ink of a cell at which the scale of 64 levels ends; a full table of print has about 0.2
_FULL = 0.3
# the same sheet scanned twice differs by 0.05 to 0.2 (drawn pages: skew to 2 degrees, noise, fading, stains),
# a sheet with few lines and a stain by 0.4
ALIKE = 0.35
# words surer than this are held against each other
SURE = 88.0
# the share of one page's sure words that must be found on the other
_SHARED_WORDS = 0.6
# longest side in pixels at which pages are laid on each other: 100 dpi on A4
EDGE = 1170
PIECE_WIDTH, PIECE_HEIGHT, PLAY = 56, 24, 5
# a piece holds something when this share of it is ink
_WRITTEN = 0.03
# a longer change of words is a column read in another order
_LONGEST_CHANGE = 8
# how well the same words fit after two scans (0.75 and more); other words of the same length reach 0.6
_FITS = 0.62
_FINDER_EDGE = EDGE // 2
# of the written pieces this share may differ: stains, holes, noise
MOST_DIFFERENT = 0.05
# so many pieces in a row that differ are other words, not dirt
_LONGEST_RUN = 1
_FEWEST_PIECES = 6

Field = NDArray[np.float32]


def fingerprint(image: Pixels) -> str:
    """Return 64 characters that tell how the ink lies on an upright page: 16 rows of 4 cells, one digit each."""
    small, _ = scaled(grey(image), EDGE)
    marks = (ink(small) > 0).astype(np.float32)
    density = cv2.resize(cv2.GaussianBlur(marks, (0, 0), 9), (COLUMNS, ROWS), interpolation=cv2.INTER_AREA)
    levels = np.clip(np.round(63 * np.sqrt(density / _FULL)), 0, 63).astype(int)
    return "".join(DIGITS[level] for level in levels.ravel())


def may_be_same(one: str, others: Sequence[str]) -> list[tuple[int, float]]:
    """Return the places among ``others`` whose fingerprint is like ``one``, with the difference, likest first.

    Texts that are no fingerprint (a page from before there were any) are like nothing.
    """
    places = [place for place, other in enumerate(others) if len(other) == ROWS * COLUMNS]
    if len(one) != ROWS * COLUMNS or not places:
        return []
    own = _levels([one])
    theirs = _levels([others[place] for place in places])
    apart = np.abs(theirs - own).sum(axis=1) / np.maximum(np.maximum(theirs, own).sum(axis=1), 1.0)
    found = [(place, float(gap)) for place, gap in zip(places, apart, strict=True) if gap <= ALIKE]
    return sorted(found, key=lambda pair: pair[1])


def _levels(prints: Sequence[str]) -> NDArray[np.float64]:
    return np.array([[_LEVEL.get(digit, 0) for digit in text] for text in prints], np.float64)


def words_differ(first: PageReading, second: PageReading) -> bool:
    """Return whether what was read speaks against both being one sheet.

    So it does when few words are common, or when at one place two words are read surely on both sides and are
    not the same word misread: another name, another date.
    """
    one, two = _bare_words(first), _bare_words(second)
    sure = min(sum(certain for _, certain in one), sum(certain for _, certain in two))
    if sure < 5:
        return False
    texts, others = [text for text, _ in one], [text for text, _ in two]
    if sum((Counter(texts) & Counter(others)).values()) < _SHARED_WORDS * sure:
        return True
    steps = SequenceMatcher(None, texts, others, autojunk=False).get_opcodes()
    return any(
        _holds_other(one[start:end], others[low:high]) and _holds_other(two[low:high], texts[start:end])
        for act, start, end, low, high in steps
        if act == "replace" and max(end - start, high - low) <= _LONGEST_CHANGE
    )


def _bare_words(reading: PageReading) -> list[tuple[str, bool]]:
    """Return the words folded to their bare letters and figures, and whether each is read surely.

    What a pen wrote is never sure.
    """
    found = []
    for word in reading.words:
        bare = "".join(letter for letter in fold(word.text) if letter.isalnum())
        if len(bare) >= 2 or bare.isdigit():
            found.append((bare, word.confidence >= SURE and not word.handwritten))
    return found


def _holds_other(words: Sequence[tuple[str, bool]], others: Sequence[str]) -> bool:
    return any(sure and _other_word(text, others) for text, sure in words)


def _other_word(text: str, others: Sequence[str]) -> bool:
    """Return whether a word is none of the others misread: figures must be the same, letters mostly."""
    if any(letter.isdigit() for letter in text):
        return any(any(letter.isdigit() for letter in other) for other in others) and text not in others
    return all(SequenceMatcher(None, text, other, autojunk=False).ratio() < 0.5 for other in others)


def same_sheet(first: Pixels, second: Pixels) -> bool:
    """Return whether two upright page images show the same sheet with the same things written on it.

    In doubt they do not: pages that cannot be laid on each other, or with hardly anything on them.
    """
    one, two = _prepared(first), _prepared(second)
    laid = _laid_on(one, two)
    if laid is None:
        return False
    return _pieces_agree(one, laid) and _pieces_agree(laid, one)


def _prepared(image: Pixels) -> Pixels:
    """Return the page at 100 dpi with its paper white and its print dark, whatever light and paper it was."""
    shades, _ = scaled(grey(image), EDGE)
    paper = cv2.medianBlur(cv2.dilate(shades, np.ones((7, 7), np.uint8)), 31)
    return np.asarray(cv2.divide(shades, np.maximum(paper, 1), scale=255), np.uint8)


def _laid_on(one: Pixels, two: Pixels) -> Pixels | None:
    """Return ``two`` moved, turned and sized so that it lies on ``one``; None if no way to lay it is sure."""
    finder = cv2.SIFT.create(nfeatures=500)
    (small, factor), (other_small, other_factor) = scaled(one, _FINDER_EDGE), scaled(two, _FINDER_EDGE)
    spots, traits = finder.detectAndCompute(small, None)
    other_spots, other_traits = finder.detectAndCompute(other_small, None)
    if traits is None or other_traits is None or len(spots) < 8 or len(other_spots) < 8:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(other_traits, traits, k=2)
    good = [pair[0] for pair in pairs if len(pair) == 2 and pair[0].distance < 0.8 * pair[1].distance]
    if len(good) < 8:
        return None
    source = np.array([other_spots[match.queryIdx].pt for match in good], np.float32) / np.float32(other_factor)
    target = np.array([spots[match.trainIdx].pt for match in good], np.float32) / np.float32(factor)
    matrix, inside = cv2.estimateAffinePartial2D(source, target, method=cv2.RANSAC, ransacReprojThreshold=4.0)
    if matrix is None or inside is None or int(inside.sum()) < max(8, len(good) // 4):
        return None
    size = (one.shape[1], one.shape[0])
    return np.asarray(cv2.warpAffine(two, matrix, size, flags=cv2.INTER_LINEAR, borderValue=255.0), np.uint8)


def _pieces_agree(one: Pixels, two: Pixels) -> bool:
    """Return whether what is written on ``one`` stands at the same places of ``two``."""
    differs, written = _different_pieces(one, two)
    number = int(written.sum())
    if number < _FEWEST_PIECES:
        return False
    return int(differs.sum()) <= MOST_DIFFERENT * number and _longest_run(differs) <= _LONGEST_RUN


def _different_pieces(one: Pixels, two: Pixels) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return for each piece of the page whether it differs, and whether anything is written in it."""
    marks = cv2.boxFilter((ink(one) > 0).astype(np.float32), -1, (PIECE_WIDTH, PIECE_HEIGHT))
    soft_one, soft_two = cv2.GaussianBlur(one, (0, 0), 1.2), cv2.GaussianBlur(two, (0, 0), 1.2)
    tops = range(PLAY, one.shape[0] - PIECE_HEIGHT - PLAY, PIECE_HEIGHT // 2)
    lefts = range(PLAY, one.shape[1] - PIECE_WIDTH - PLAY, PIECE_WIDTH)
    differs = np.zeros((len(tops), len(lefts)), np.bool_)
    written = np.zeros_like(differs)
    for row, top in enumerate(tops):
        for column, left in enumerate(lefts):
            if marks[top + PIECE_HEIGHT // 2, left + PIECE_WIDTH // 2] < _WRITTEN:
                continue
            written[row, column] = True
            piece = soft_one[top : top + PIECE_HEIGHT, left : left + PIECE_WIDTH]
            around = soft_two[top - PLAY : top + PIECE_HEIGHT + PLAY, left - PLAY : left + PIECE_WIDTH + PLAY]
            differs[row, column] = cv2.matchTemplate(around, piece, cv2.TM_CCOEFF_NORMED).max() < _FITS
    return differs, written


def _longest_run(differs: NDArray[np.bool_]) -> int:
    """Return how many neighbours in one row differ at most."""
    longest = 0
    for row in differs:
        run = 0
        for each in row:
            run = run + 1 if each else 0
            longest = max(longest, run)
    return longest
