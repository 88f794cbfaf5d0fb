"""The clock of a case: its last day, what is left, how late it is. Pure: days off and the present are handed over.

Days are days of Ha Noi. The day of receipt is not counted (Civil Code 91/2015/QH13, article 147). A later day counts
when the clock runs at its end: a case suspended in the morning and taken up again in the afternoon loses no day, one
still suspended at midnight does not use the day up. A deadline of calendar days ends on a working day (article 148).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from oms.domain.procedures import DayKind
from oms.domain.records import HANOI
from oms.domain.working_days import LONGEST, Calendar, next_working, working_left


@dataclass(frozen=True)
class Pause:
    """A time in which the clock stands: from an instant to an instant; None while it still stands."""

    since: datetime
    until: datetime | None = None

    def covers(self, instant: datetime) -> bool:
        """Whether the clock stands at that instant."""
        return self.since <= instant and (self.until is None or instant < self.until)


def local_day(instant: datetime) -> date:
    """The day of Ha Noi an instant falls on."""
    return instant.astimezone(HANOI).date()


def _midnight_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), HANOI)


def runs_on(day: date, pauses: Iterable[Pause]) -> bool:
    """Whether the clock runs at the end of a day."""
    end = _midnight_after(day)
    return not any(pause.covers(end) for pause in pauses)


def last_day(received: datetime, days: int, kind: DayKind, pauses: Sequence[Pause], calendar: Calendar) -> date | None:
    """The last day of a deadline; None for no deadline, and while a pause without end keeps it from being known."""
    if days <= 0:
        return None
    if any(pause.until is None for pause in pauses):
        return None
    day, left = local_day(received), days
    for _step in range(LONGEST * 2):
        day += timedelta(days=1)
        if (kind is DayKind.CALENDAR or calendar.works(day)) and runs_on(day, pauses):
            left -= 1
        if left == 0:
            return next_working(day, calendar)
    raise ValueError("a deadline beyond all counting")


def used_days(received: datetime, until: datetime, pauses: Sequence[Pause], calendar: Calendar) -> int:
    """Working days the case itself took: those after receipt, up to the day of ``until``, on which the clock ran."""
    first, last = local_day(received), local_day(until)
    days = (first + timedelta(days=each) for each in range(1, min((last - first).days, LONGEST) + 1))
    return sum(calendar.works(day) and runs_on(day, pauses) for day in days)


def days_left(today: date, due: date | None, calendar: Calendar) -> int | None:
    """Working days left, 0 on the last day itself, below 0 once it is past; None without a last day."""
    return None if due is None else working_left(today, due, calendar)


def late_by(ended: date, due: date | None, calendar: Calendar) -> int:
    """Working days between the last day and the end of the case; 0 when it was in time or has no deadline."""
    if due is None or ended <= due:
        return 0
    return -working_left(ended, due, calendar)


def unsure_years(first: date, last: date, known: Collection[int]) -> tuple[int, ...]:
    """Years of a deadline for which no list of days off is known: their days are then counted without them."""
    return tuple(year for year in range(first.year, last.year + 1) if year not in set(known))
