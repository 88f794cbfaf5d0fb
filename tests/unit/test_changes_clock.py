"""The legal clock of requests, golden at weekends, holidays and Tết; and laws of the day counts."""

from __future__ import annotations

import csv
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.domain.dated_rows import Catalogue, NoSuchRow, Row
from oms.domain.subject_requests import clock, extended
from oms.domain.working_days import Calendar, after_days, after_working, next_working, with_house_days
from oms.services import catalogues, days_off


def shipped() -> Catalogue:
    rows = []
    for path in sorted(catalogues.DEFAULTS.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                made = catalogues._columns(line)
                import json

                rows.append(
                    Row(made["list_code"], made["code"], made["label"], extra=json.loads(made["extra"]),
                        valid_from=made["valid_from"], valid_to=made["valid_to"])
                )  # fmt: skip
    return Catalogue(rows)


CATALOGUE = shipped()
D = date


@pytest.mark.parametrize(
    ("kind", "received", "reply", "done"),
    [
        # an ordinary Monday: 2 working days, 10 days
        ("extract", D(2026, 6, 1), D(2026, 6, 3), D(2026, 6, 11)),
        # a Friday: the reply goes over the weekend; the tenth day is a Monday
        ("viewers", D(2026, 6, 5), D(2026, 6, 9), D(2026, 6, 15)),
        # received on a Saturday; the tenth day is a Tuesday
        ("correction", D(2026, 6, 6), D(2026, 6, 9), D(2026, 6, 16)),
        # the tenth day is a Saturday and moves to Monday
        ("extract", D(2026, 6, 10), D(2026, 6, 12), D(2026, 6, 22)),
        # the last working day before Tết Bính Ngọ (16–20/02/2026 off)
        ("extract", D(2026, 2, 13), D(2026, 2, 24), D(2026, 2, 23)),
        # within Tết: counting begins after it
        ("correction", D(2026, 2, 17), D(2026, 2, 24), D(2026, 2, 27)),
        # 30/04 and 01/05/2026 are a Thursday and a Friday
        ("extract", D(2026, 4, 28), D(2026, 5, 4), D(2026, 5, 8)),
        # National Day; 31/08 is off, Saturday 22/08 is worked instead
        ("extract", D(2026, 8, 21), D(2026, 8, 24), D(2026, 9, 3)),
        ("objection", D(2026, 6, 1), D(2026, 6, 3), D(2026, 6, 16)),
        ("deletion", D(2026, 6, 1), D(2026, 6, 3), D(2026, 6, 22)),
    ],
)
def test_the_clock_at_weekends_and_holidays(kind: str, received: date, reply: date, done: date) -> None:
    found = clock(kind, received, CATALOGUE, days_off.calendar(CATALOGUE, received))
    assert (found.reply_due, found.done_due) == (reply, done)


def test_the_one_extension_is_the_longer_count_from_the_day_of_receipt() -> None:
    received = D(2026, 6, 1)
    calendar = days_off.calendar(CATALOGUE, received)
    assert extended("extract", received, CATALOGUE, calendar) == D(2026, 6, 16)
    assert extended("objection", received, CATALOGUE, calendar) == D(2026, 6, 22)  # the 20th day is a Sunday
    assert extended("deletion", received, CATALOGUE, calendar) == D(2026, 7, 1)


def test_a_day_before_the_law_has_no_clock() -> None:
    with pytest.raises(NoSuchRow):
        clock("extract", D(2025, 12, 31), CATALOGUE, Calendar())


def test_the_house_list_wins_over_the_public_calendar() -> None:
    storm, tet = D(2026, 6, 2), D(2026, 2, 17)
    rows = [Row("ngay_nghi", storm.isoformat(), "Nghỉ bão", extra={"kind": "off"}),
            Row("ngay_nghi", tet.isoformat(), "Trực Tết", extra={"kind": "worked"}),
            Row("ngay_nghi", "khong phai ngay", "Sai", extra={"kind": "off"})]  # fmt: skip
    calendar = days_off.calendar(Catalogue(rows), D(2026, 6, 1))
    assert not calendar.works(storm) and calendar.works(tet)
    assert after_working(D(2026, 6, 1), 2, calendar) == D(2026, 6, 4)


days = st.dates(D(2020, 1, 1), D(2040, 1, 1))
calendars = st.builds(with_house_days, st.just(Calendar()), st.sets(days, max_size=30), st.sets(days, max_size=5))


@given(days, st.integers(0, 60), calendars)
def test_laws_of_the_day_counts(start: date, number: int, calendar: Calendar) -> None:
    last = after_working(start, number, calendar)
    worked = sum(calendar.works(start + timedelta(days=n)) for n in range(1, (last - start).days + 1))
    assert worked == number
    assert number == 0 or calendar.works(last)
    assert after_working(start, number + 1, calendar) > last
    by_days = after_days(start, number, calendar)
    assert calendar.works(by_days) and by_days >= start + timedelta(days=number)
    assert next_working(by_days, calendar) == by_days
