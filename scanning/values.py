"""Printed values to normalised ones, with how far each can be believed."""

from __future__ import annotations

import re
from collections.abc import Callable

from vietnamese.dates import parse_date
from vietnamese.ids import digits_only, is_citizen_id, is_old_id
from vietnamese.names import is_plausible_name, title_name
from vietnamese.text import fold

DOUBT = 0.4
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_DIGITS = re.compile(r"\d[\d .]*\d")
# what may stand around a value without being part of it: leaders, list commas, rules
EDGES = " .,;:_-–|…·•*“”\"'‘’"
EARLIEST_YEAR = 1900
LATEST_YEAR = 2099

# a normalised value, and the factor (0 to 1) its plausibility puts on the confidence of the reading
Value = tuple[str, float]


def parse_value(kind: str, raw: str) -> Value | None:
    """Return the normalised value of a printed one and its plausibility; None if it is not of that kind."""
    text = raw.strip(EDGES)
    return _PARSERS[kind](text) if any(character.isalnum() for character in text) else None


def _name(text: str) -> Value | None:
    name = title_name(re.split(r"[,;:(]|\s[-–]\s", text)[0].strip(EDGES))
    if len(name) < 3 or any(character.isdigit() for character in name):
        return None
    return name, 1.0 if is_plausible_name(name) else DOUBT


def _text(text: str) -> Value | None:
    clean = re.sub(r"\s+([,.;])", r"\1", " ".join(text.split()))
    # what is left of a dotted line read as letters is mostly single marks
    return (clean, 1.0) if sum(character.isalnum() for character in clean) >= 1 else None


def _date(text: str) -> Value | None:
    # "26tháng 7": a space lost beside a figure must not lose the day
    date = parse_date(re.sub(r"(?<=\d)(?=[^\W\d])|(?<=[^\W\d])(?=\d)", " ", text))
    if date is None or not EARLIEST_YEAR <= date.year <= LATEST_YEAR:
        return None
    return date.iso(), 1.0


def _number(text: str) -> Value | None:
    match = _NUMBER.search(text)
    return (match.group().replace(",", "."), 1.0) if match else None


def _sex(text: str) -> Value | None:
    word = re.match(r"[^\W\d]+", fold(text))
    found = {"nam": "Nam", "nu": "Nữ"}.get(word.group() if word else "")
    return (found, 1.0) if found else None


def _digits(text: str) -> Value | None:
    match = _DIGITS.search(text)
    number = digits_only(match.group()) if match else ""
    return (number, 1.0 if len(number) >= 8 else DOUBT) if len(number) >= 6 else None


def _id(text: str) -> Value | None:
    match = _DIGITS.search(text)
    number = digits_only(match.group()) if match else ""
    return (number, 1.0) if is_citizen_id(number) or is_old_id(number) else None


def _code(text: str) -> Value | None:
    word = text.split()[0].strip(EDGES + "()")
    return (word, 1.0) if any(character.isdigit() for character in word) else None


_PARSERS: dict[str, Callable[[str], Value | None]] = {
    "name": _name,
    "text": _text,
    "long": _text,
    "date": _date,
    "number": _number,
    "sex": _sex,
    "digits": _digits,
    "id": _id,
    "code": _code,
}
