"""Which words of a page a person should look at.

Tesseract's confidence does nearly all the work. It runs lower in capitals, which are read no worse, and a word of a
damaged page is likelier wrong than one of a clean page at the same confidence: so the bar moves with both. What is no
syllable, no date and no number that could be, and what another reading of the same place has otherwise, is doubtful
at any confidence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from scanning.page import Box
from vietnamese.syllable import is_valid_syllable

# measured over damaged pages (docs/benchmarks.md): above 94 a word is nearly always right even on a bad page
SURE, MOST_SURE = 91.0, 94.0
_PER_DOUBT = 50.0
_CAPITALS = 3.0
# another reading as sure as this that differs makes a word doubtful unless it is nearly certain
_OTHER_SURE, _CERTAIN = 60.0, 96.0
_SAME_PLACE = 0.5
_LETTERS = re.compile(r"[^\W\d_]+")
_VOWEL = re.compile(r"[aeiouy]", re.IGNORECASE)
_DATE = re.compile(r"(?<!\d)(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?!\d)")
_MONTH = re.compile(r"(?<![\d/])(\d{1,2})/(\d{4})(?!\d)")
# letters that are figures misread: between figures, or before and after
_MIXED = re.compile(r"\d[lIOoSB]\d|(?<!\w)[lIOo]\d|\d[lOo](?!\w)")
_CITIZEN = re.compile(r"(?<!\d)(\d{3})\d{9}(?!\d)")
# provinces are numbered 001 to 096 in citizens' numbers (Circular 59/2021/TT-BCA)
_LAST_PROVINCE = 96


def is_suspect(text: str, confidence: float, page_doubt: float = 0.0) -> bool:
    """Return whether a person should look at the word: Tesseract is unsure, or it could not be written so.

    ``page_doubt`` is the share of the page's letters in doubt, 0 to 1. Abbreviations (capitals only, at most six
    letters, not written as a syllable could be) are judged by confidence alone; marks without letters or figures are
    never suspect.
    """
    if not any(character.isalnum() for character in text):
        return False
    bar = min(SURE + _PER_DOUBT * page_doubt, MOST_SURE)
    if text.isupper() and not any(character.isdigit() for character in text):
        bar -= _CAPITALS
    if confidence < bar:
        return True
    if any(character.isdigit() for character in text):
        return not _is_possible_number(text)
    return any(not _is_abbreviation(part) and not is_valid_syllable(part) for part in _LETTERS.findall(text))


def is_contested(text: str, box: Box, confidence: float, others: Sequence[tuple[str, Box, float]]) -> bool:
    """Return whether another reading (text, box, confidence) of the same place says something else, and surely."""
    if confidence >= _CERTAIN:
        return False
    plain = _bare(text)
    return any(
        sure > _OTHER_SURE and _bare(other) != plain and _overlap(box, place) > _SAME_PLACE
        for other, place, sure in others
    )


def _bare(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


def _overlap(one: Box, two: Box) -> float:
    """Return the shared area of two boxes as a share of the area they cover together."""
    across = min(one[2], two[2]) - max(one[0], two[0])
    down = min(one[3], two[3]) - max(one[1], two[1])
    if across <= 0 or down <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, two)]
    return across * down / (sum(areas) - across * down)


def _is_possible_number(text: str) -> bool:
    """Return whether figures could stand so: no letters misread among them, no thirteenth month, no such province."""
    if _MIXED.search(text):
        return False
    for day, month, year in _DATE.findall(text):
        if not (1 <= int(day) <= 31 and 1 <= int(month) <= 12 and 1850 <= int(year) <= 2150):
            return False
    if not _DATE.search(text):
        for month, year in _MONTH.findall(text):
            if int(month) > 12 and 1900 <= int(year) <= 2150:
                return False
    return all(1 <= int(province) <= _LAST_PROVINCE for province in _CITIZEN.findall(text))


def _is_abbreviation(part: str) -> bool:
    """Return whether letters are an abbreviation: one letter, or a few capitals no one could pronounce."""
    if len(part) == 1:
        return True
    return part.isupper() and len(part) <= 6 and (not _VOWEL.search(part) or part.isascii())
