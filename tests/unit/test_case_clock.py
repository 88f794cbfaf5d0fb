"""The clock of a case: suspensions, days off, time zones, and what must hold for any of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from oms.domain.case_clock import Pause, last_day, late_by, local_day, unsure_years, used_days
from oms.domain.procedures import DayKind
from oms.domain.records import HANOI
from oms.domain.working_days import Calendar

WORKING, DAYS = DayKind.WORKING, DayKind.CALENDAR
PLAIN = Calendar()
TET = Calendar(frozenset(date(2026, 2, day) for day in (16, 17, 18, 19, 20)))


def at(day: int, hour: int = 9, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=HANOI)


def test_the_day_of_receipt_is_not_counted_and_weekends_are_skipped() -> None:
    assert last_day(at(2), 5, WORKING, [], PLAIN) == date(2026, 11, 9)  # Monday + 5 working days


def test_days_off_move_the_last_day() -> None:
    received = at(13, month=2)  # Friday before Tết: the five days of the week after are off
    assert last_day(received, 2, WORKING, [], TET) == date(2026, 2, 24)


def test_calendar_days_end_on_a_working_day() -> None:
    assert last_day(at(2), 5, DAYS, [], PLAIN) == date(2026, 11, 9)  # Saturday moves to Monday
    assert last_day(at(2), 4, DAYS, [], PLAIN) == date(2026, 11, 6)


def test_received_late_in_the_evening_of_utc_is_the_next_day_of_ha_noi() -> None:
    evening = datetime(2026, 11, 1, 18, 30, tzinfo=UTC)  # 01:30 on Monday the 2nd in Ha Noi
    assert last_day(evening, 1, WORKING, [], PLAIN) == date(2026, 11, 3)


def test_a_suspension_of_whole_days_moves_the_last_day_by_as_many_working_days() -> None:
    pause = Pause(at(3), at(5))  # Tuesday morning to Thursday morning: Tuesday and Wednesday are not used up
    assert last_day(at(2), 5, WORKING, [pause], PLAIN) == date(2026, 11, 11)
    assert used_days(at(2), at(11), [pause], PLAIN) == 5


def test_while_suspended_there_is_no_last_day() -> None:
    assert last_day(at(2), 5, WORKING, [Pause(at(3))], PLAIN) is None
    assert used_days(at(2), at(10), [Pause(at(4))], PLAIN) == 1  # the Tuesday before


def test_no_deadline_no_last_day_never_late() -> None:
    assert last_day(at(2), 0, WORKING, [], PLAIN) is None
    assert late_by(date(2027, 1, 1), None, PLAIN) == 0


def test_late_is_counted_in_working_days() -> None:
    assert late_by(date(2026, 11, 10), date(2026, 11, 6), PLAIN) == 2
    assert late_by(date(2026, 11, 6), date(2026, 11, 6), PLAIN) == 0


def test_a_year_without_a_list_of_days_off_is_told() -> None:
    assert unsure_years(date(2026, 12, 30), date(2027, 1, 5), {2025, 2026}) == (2027,)
    assert unsure_years(date(2026, 1, 1), date(2026, 12, 31), {2026}) == ()


moments = st.integers(0, 60 * 24 * 60).map(lambda minutes: at(2) + timedelta(minutes=minutes))
kinds = st.sampled_from([WORKING, DAYS])


@st.composite
def pauses(draw: st.DrawFn) -> list[Pause]:
    """Some closed pauses one after another."""
    edges = sorted(draw(st.lists(moments, max_size=8)))
    return [Pause(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False)]


offs = st.frozensets(st.integers(0, 90).map(lambda n: date(2026, 11, 1) + timedelta(days=n)), max_size=15)


@given(moments, st.integers(1, 60), kinds, pauses(), offs)
def test_the_last_day_is_a_working_day_after_receipt(
    received: datetime, days: int, kind: DayKind, held: list[Pause], off: frozenset[date]
) -> None:
    calendar = Calendar(off)
    due = last_day(received, days, kind, held, calendar)
    assert due is not None and due > local_day(received) and calendar.works(due)


@given(moments, st.integers(1, 60), kinds, pauses(), offs)
def test_a_pause_a_day_off_or_a_day_more_never_makes_it_earlier(
    received: datetime, days: int, kind: DayKind, held: list[Pause], off: frozenset[date]
) -> None:
    plain = last_day(received, days, kind, [], PLAIN)
    paused = last_day(received, days, kind, held, PLAIN)
    everything = last_day(received, days, kind, held, Calendar(off))
    longer = last_day(received, days + 1, kind, held, Calendar(off))
    assert plain is not None and paused is not None and everything is not None and longer is not None
    assert plain <= paused <= everything <= longer


@given(moments, st.integers(1, 40), pauses(), offs)
def test_on_its_last_day_exactly_its_days_are_used_up(
    received: datetime, days: int, held: list[Pause], off: frozenset[date]
) -> None:
    calendar = Calendar(off)
    due = last_day(received, days, WORKING, held, calendar)
    assert due is not None
    assert used_days(received, datetime(due.year, due.month, due.day, 23, 59, tzinfo=HANOI), held, calendar) == days


@given(moments, st.integers(1, 40), kinds, st.integers(0, 23), st.integers(0, 23))
def test_a_pause_within_one_day_changes_nothing(
    received: datetime, days: int, kind: DayKind, first: int, second: int
) -> None:
    day = received + timedelta(days=1)
    since, until = (day.replace(hour=hour, minute=0) for hour in sorted((first, second)))
    assert last_day(received, days, kind, [Pause(since, until)], PLAIN) == last_day(received, days, kind, [], PLAIN)


@given(moments, st.integers(1, 40), kinds, pauses(), offs, st.integers(-12, 14))
def test_the_zone_an_instant_is_written_in_changes_nothing(
    received: datetime, days: int, kind: DayKind, held: list[Pause], off: frozenset[date], hours: int
) -> None:
    from datetime import timezone

    zone = timezone(timedelta(hours=hours))
    moved = [Pause(p.since.astimezone(zone), p.until.astimezone(zone) if p.until else None) for p in held]
    calendar = Calendar(off)
    here = last_day(received, days, kind, held, calendar)
    assert last_day(received.astimezone(zone), days, kind, moved, calendar) == here
