"""Days off of the country and of the house, as the pure day counts take them."""

from __future__ import annotations

import contextlib
import functools
from datetime import date

import holidays

from oms.domain.dated_rows import Catalogue
from oms.domain.working_days import Calendar, with_house_days

GUESSED = ("M", "?")
LIST = "ngay_nghi"
"""The catalogue's list: code = the day (ISO), extra.kind = "off" (added) or "worked" (a day off taken away)."""


@functools.cache
def _of_the_country(first: int, last: int) -> Calendar:
    known = holidays.country_holidays("VN", years=range(first, last + 1))
    return Calendar(frozenset(known), frozenset(getattr(known, "weekend_workdays", ())))


def calendar(catalogue: Catalogue, around: date) -> Calendar:
    """Public holidays of Viet Nam about a day, and what the house's list adds or takes away; the list wins."""
    return _calendar(catalogue, around.year)


@functools.lru_cache(maxsize=16)
def _calendar(catalogue: Catalogue, year: int) -> Calendar:
    """By the catalogue itself: one that was changed is another, and its days off are put together anew."""
    added: list[date] = []
    removed: list[date] = []
    for row in catalogue.history(LIST):
        try:
            day = date.fromisoformat(row.code)
        except ValueError:
            continue  # a row that names no day cannot move one
        (removed if row.extra.get("kind") == "worked" else added).append(day)
    return with_house_days(_of_the_country(year - 1, year + 2), added, removed)


def known_years(catalogue: Catalogue) -> frozenset[int]:
    """Years of which the days off are known: by a row of that year of the list that somebody confirmed.

    Every autumn the coming year's days off are decided anew; what a library works out before is a guess, and so are
    shipped rows that say so themselves (marks M and ?).
    """
    found = set()
    for row in catalogue.history(LIST):
        if row.mark in GUESSED:
            continue
        with contextlib.suppress(ValueError):
            found.add(date.fromisoformat(row.code).year)
    return frozenset(found)
