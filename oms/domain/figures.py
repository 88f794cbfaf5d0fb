"""Figures of work: periods of Ha Noi days, what is counted of cases, mean and p90 of handling times. Pure.

They record, they do not judge: no score, no order by achievement. Every figure is a count of things one can open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

YEARS = range(1990, 2101)
_PERIOD = re.compile(r"(\d{4})(?:-(?:Q([1-4])|(\d{2})))?")


@dataclass(frozen=True)
class Period:
    """A year, one of its quarters or one of its months; written 2026, 2026-Q4, 2026-11."""

    year: int
    quarter: int = 0
    month: int = 0

    @property
    def text(self) -> str:
        """The period as addresses and contests write it."""
        if self.month:
            return f"{self.year}-{self.month:02d}"
        return f"{self.year}-Q{self.quarter}" if self.quarter else str(self.year)

    @property
    def words(self) -> str:
        """The period in words, as files and pages name it."""
        if self.month:
            return f"Tháng {self.month}/{self.year}"
        return f"Quý {self.quarter}/{self.year}" if self.quarter else f"Năm {self.year}"

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.month or max(0, self.quarter - 1) * 3 + 1, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        months = 1 if self.month else 3 if self.quarter else 12
        after = self.first.month + months
        return date(self.year + (after > 12), (after - 1) % 12 + 1, 1) - timedelta(days=1)

    @property
    def before(self) -> Period:
        """The period of the same length before this one."""
        return containing(self.first - timedelta(days=1), self.kind)

    @property
    def kind(self) -> str:
        """year | quarter | month."""
        return "month" if self.month else "quarter" if self.quarter else "year"

    def months(self) -> tuple[Period, ...]:
        """Its months, in order."""
        return tuple(Period(self.year, month=number) for number in range(self.first.month, self.last.month + 1))


def period_of(text: str) -> Period:
    """The period a text names; ValueError when it names none between the years 1990 and 2100."""
    found = _PERIOD.fullmatch(text) if text.isascii() else None
    if found is None:
        raise ValueError(text)
    year, quarter, month = (int(part or 0) for part in found.groups())
    if year not in YEARS or (found[3] is not None and not 1 <= month <= 12):
        raise ValueError(text)
    return Period(year, quarter, month)


def containing(day: date, kind: str) -> Period:
    """The year, quarter or month that a day lies in."""
    if kind == "month":
        return Period(day.year, month=day.month)
    return Period(day.year, quarter=(day.month + 2) // 3) if kind == "quarter" else Period(day.year)


CASE_LABELS: dict[str, str] = {
    "received": "Tiếp nhận",
    "ended": "Kết thúc",
    "on_time": "Đúng hạn",
    "late": "Trễ hạn",
    "refused": "Từ chối",
    "withdrawn": "Rút",
    "in_hand": "Tồn cuối kỳ",
    "in_hand_late": "Tồn quá hạn",
}
"""Counts of cases; each opens the very cases it counts."""
PAPER_LABELS: dict[str, str] = {
    "scanned": "Trang đã quét",
    "filed": "Tài liệu đã đưa vào hồ sơ",
    "checked": "Tài liệu đã kiểm tra lần hai",
    "compared": "Giá trị được đối chiếu",
    "wrong": "Giá trị sai sau đối chiếu",
}
"""Counts of paper work of a period; ``compared`` and ``wrong`` are of the papers a person filed, seen by another."""
MEASURES: dict[str, str] = {
    **CASE_LABELS,
    "mean": "Ngày làm việc trung bình",
    "p90": "9/10 xong trong (ngày)",
    **PAPER_LABELS,
}
"""Every figure of a person that can be contested."""
STANDING_LABELS: dict[str, str] = {
    "digitised": "Hồ sơ có tài liệu điện tử",
    "complete": "Hồ sơ đủ thành phần",
    "signed": "Tài liệu điện tử có chữ ký số hợp lệ",
}
"""Shares as things stand now: of dossiers held, of papers that came with a signature."""


def nearest_rank(histogram: Mapping[int, int], percent: int) -> int | None:
    """The smallest value that at least ``percent`` of a hundred of the values do not exceed; None of no values."""
    total = sum(histogram.values())
    wanted, seen = -(-total * percent // 100), 0
    for value in sorted(histogram):
        seen += histogram[value]
        if total and seen >= wanted:
            return value
    return None


def tenths(numerator: int, denominator: int) -> int | None:
    """The quotient in tenths, halves rounded up; None without a denominator."""
    return (20 * numerator + denominator) // (2 * denominator) if denominator else None


def share(part: int, whole: int) -> int | None:
    """Per cent in tenths; never 100 while one is missing, never 0 while there is one; None of nothing."""
    found = tenths(100 * part, whole)
    if found is None or part in (0, whole):
        return found
    return min(max(found, 1), 999)


def tenths_words(value: int | None) -> str:
    """Tenths as an office writes them: 797 → "79,7"; "" for None."""
    return "" if value is None else f"{value // 10},{value % 10}"


@dataclass
class Work:
    """Cases counted: what came in and what ended in a period, what is in hand at its end, days of those issued.

    ``days`` is exact: working days used → number of cases. Ended = on time + late + refused + withdrawn.
    """

    received: int = 0
    on_time: int = 0
    late: int = 0
    refused: int = 0
    withdrawn: int = 0
    in_hand: int = 0
    in_hand_late: int = 0
    days: dict[int, int] = field(default_factory=dict)

    @property
    def ended(self) -> int:
        """How many ended, in whatever way."""
        return self.on_time + self.late + self.refused + self.withdrawn

    @property
    def mean(self) -> int | None:
        """Working days of an issued case on average, in tenths."""
        return tenths(sum(days * number for days, number in self.days.items()), sum(self.days.values()))

    @property
    def p90(self) -> int | None:
        """Working days within which nine in ten issued cases ended, by nearest rank."""
        return nearest_rank(self.days, 90)

    def add(self, state: str, late: bool, days: int | None, number: int) -> None:
        """Counts cases that ended in a state."""
        name = {"refused": "refused", "withdrawn": "withdrawn"}.get(state) or ("late" if late else "on_time")
        setattr(self, name, getattr(self, name) + number)
        if state == "issued" and days is not None:
            self.days[days] = self.days.get(days, 0) + number

    def figure(self, measure: str) -> str:
        """One figure as it is written."""
        if measure == "mean":
            return tenths_words(self.mean)
        found = getattr(self, measure)
        return "" if found is None else str(found)

    @property
    def empty(self) -> bool:
        """True when there is nothing to show."""
        return not (self.received or self.ended or self.in_hand)


_SUMMED = ("received", "on_time", "late", "refused", "withdrawn", "in_hand", "in_hand_late")


def merged(parts: Iterable[Work]) -> Work:
    """Several counts together; days stay exact."""
    whole = Work()
    for part in parts:
        for name in _SUMMED:
            setattr(whole, name, getattr(whole, name) + getattr(part, name))
        for days, number in part.days.items():
            whole.days[days] = whole.days.get(days, 0) + number
    return whole


@dataclass(frozen=True)
class PaperWork:
    """Paper work counted in a period."""

    scanned: int = 0
    filed: int = 0
    checked: int = 0
    compared: int = 0
    wrong: int = 0

    def __add__(self, other: PaperWork) -> PaperWork:
        return PaperWork(*(getattr(self, name) + getattr(other, name) for name in PAPER_LABELS))

    @property
    def error_rate(self) -> int | None:
        """Wrong values in per cent of those compared, in tenths."""
        return share(self.wrong, self.compared)
