"""Dates as paper has them: a whole date, a month, or only a year."""

import calendar
import re
from dataclasses import dataclass

from vietnamese.text import fold

_FULL = re.compile(r"\b(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4})\b")
_MONTH = re.compile(r"\b(\d{1,2})\s*[/.\-]\s*(\d{4})\b")
_ISO = re.compile(r"\b(\d{4})-(\d{2})(?:-(\d{2}))?\b")
_WORDS = re.compile(r"(?:\b(\d{1,2})\s*,?\s*)?\bthang\s*(\d{1,2})\s*,?\s*nam\s*(\d{4})\b")
_YEAR = re.compile(r"\b(\d{4})\b")
# A number glued to the date by a separator means the date was misread: better none than half of it.
_LOOSE = re.compile(r"\d\s*[/.\-]\s*\d")


@dataclass(frozen=True, order=True)
class PartialDate:
    """A date known to the day, the month or the year; ValueError for one no calendar has."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if not 1000 <= self.year <= 9999:
            raise ValueError(f"year out of range: {self.year}")
        if self.month is None:
            if self.day is not None:
                raise ValueError("a day needs a month")
            return
        if not 1 <= self.month <= 12:
            raise ValueError(f"no such month: {self.month}")
        if self.day is not None and not 1 <= self.day <= calendar.monthrange(self.year, self.month)[1]:
            raise ValueError(f"no such day: {self.day}")

    def iso(self) -> str:
        """Return YYYY-MM-DD, YYYY-MM or YYYY, as much as is known."""
        parts = [f"{self.year:04d}"]
        parts += [f"{part:02d}" for part in (self.month, self.day) if part is not None]
        return "-".join(parts)


def parse_date(raw: str) -> PartialDate | None:
    """Return the first date written in the text, day before month as in Viet Nam, or None.

    Reads "05/8/1961", "5.8.1961", "ngày 05 tháng 8 năm 1961", "tháng 8 năm 1961", "08/1961", "1961" and
    ISO dates, with words around them. A date that no calendar has is None, not its readable part.
    """
    text = fold(raw)
    for pattern, order in ((_WORDS, "dmy"), (_ISO, "ymd"), (_FULL, "dmy"), (_MONTH, "my")):
        match = pattern.search(text)
        if match is not None:
            return _build(dict(zip(order, match.groups(), strict=True)))
    year = _YEAR.search(text)
    if year is None or _LOOSE.search(text):
        return None
    return _build({"y": year.group(1)})


def _build(parts: dict[str, str | None]) -> PartialDate | None:
    numbers = {key: int(value) for key, value in parts.items() if value is not None}
    try:
        return PartialDate(numbers["y"], numbers.get("m"), numbers.get("d"))
    except ValueError:
        return None
