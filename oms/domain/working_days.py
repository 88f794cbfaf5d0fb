"""Day counts as offices count them: working days, and days whose last one moves on from a day off. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

LONGEST = 3660
"""More days than any rule counts: a slip in a catalogue must not count for ever."""


@dataclass(frozen=True)
class Calendar:
    """Days off beside Saturdays and Sundays, and weekend days that are worked instead of another."""

    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()

    def works(self, day: date) -> bool:
        """Whether offices work on that day; a day said to be worked is, whatever else is said of it."""
        return day in self.worked or (day.weekday() < 5 and day not in self.off)


def with_house_days(known: Calendar, added: Iterable[date], removed: Iterable[date]) -> Calendar:
    """The calendar with days off that the house added, and days it said are worked; what the house says wins."""
    more, fewer = frozenset(added), frozenset(removed)
    return Calendar((known.off | more) - fewer, (known.worked - more) | fewer)


def next_working(day: date, calendar: Calendar) -> date:
    """The day itself when offices work on it, else the first one after on which they do."""
    for _step in range(LONGEST):
        if calendar.works(day):
            return day
        day += timedelta(days=1)
    raise ValueError("no working day in ten years")


def after_working(start: date, number: int, calendar: Calendar) -> date:
    """The ``number``-th working day after ``start``; the day of receipt itself is not counted."""
    if not 0 <= number <= LONGEST:
        raise ValueError("day count out of range")
    day = start
    for _each in range(number):
        day = next_working(day + timedelta(days=1), calendar)
    return day


def after_days(start: date, number: int, calendar: Calendar) -> date:
    """``number`` days after ``start``, counted from the next day; a last day off moves to the next working day.

    So the Civil Code counts (91/2015/QH13, articles 147 and 148).
    """
    if not 0 <= number <= LONGEST:
        raise ValueError("day count out of range")
    return next_working(start + timedelta(days=number), calendar)


def working_left(today: date, due: date, calendar: Calendar) -> int:
    """Working days from today to a last day: 0 on that day itself, below 0 once it is past."""
    first, last = min(today, due), max(today, due)
    days = min((last - first).days, LONGEST)
    number = sum(calendar.works(first + timedelta(days=each)) for each in range(1, days + 1))
    return number if due >= today else -max(1, number)
