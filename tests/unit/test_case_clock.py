"""The clock of a case: suspensions, days off, time zones, and what must hold for any of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from oms.domain.case_clock import Pause, days_left, last_day, late_by, local_day, runs_on, unsure_years, used_days
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


@settings(deadline=None)
@given(moments, st.integers(1, 60), kinds, pauses(), offs)
def test_the_last_day_is_a_working_day_after_receipt(
    received: datetime, days: int, kind: DayKind, held: list[Pause], off: frozenset[date]
) -> None:
    calendar = Calendar(off)
    due = last_day(received, days, kind, held, calendar)
    assert due is not None and due > local_day(received) and calendar.works(due)


@settings(deadline=None)
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


@settings(deadline=None)
@given(moments, st.integers(1, 40), pauses(), offs)
def test_on_its_last_day_exactly_its_days_are_used_up(
    received: datetime, days: int, held: list[Pause], off: frozenset[date]
) -> None:
    calendar = Calendar(off)
    due = last_day(received, days, WORKING, held, calendar)
    assert due is not None
    assert used_days(received, datetime(due.year, due.month, due.day, 23, 59, tzinfo=HANOI), held, calendar) == days


@settings(deadline=None)
@given(moments, st.integers(1, 40), kinds, st.integers(0, 23), st.integers(0, 23))
def test_a_pause_within_one_day_changes_nothing(
    received: datetime, days: int, kind: DayKind, first: int, second: int
) -> None:
    day = received + timedelta(days=1)
    since, until = (day.replace(hour=hour, minute=0) for hour in sorted((first, second)))
    assert last_day(received, days, kind, [Pause(since, until)], PLAIN) == last_day(received, days, kind, [], PLAIN)


@settings(deadline=None)
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


@settings(deadline=None)
@given(moments, st.integers(1, 40), kinds, pauses(), offs, st.integers(0, 24 * 60 - 1))
def test_only_the_day_of_ha_noi_counts_not_the_hour_nor_the_day_in_greenwich(
    received: datetime, days: int, kind: DayKind, held: list[Pause], off: frozenset[date], minute: int
) -> None:
    """A case received at any minute of a day of Ha Noi has one last day, also where the UTC day is another."""
    day = local_day(received)
    first = datetime(day.year, day.month, day.day, tzinfo=HANOI)  # 17:00 UTC of the day before
    other = (first + timedelta(minutes=minute)).astimezone(UTC)
    calendar = Calendar(off)
    assert last_day(other, days, kind, held, calendar) == last_day(received, days, kind, held, calendar)


@settings(deadline=None)
@given(st.integers(0, 200), st.integers(1, 40), offs)
def test_a_second_before_midnight_in_ha_noi_is_a_day_before_a_second_after(
    ahead: int, days: int, off: frozenset[date]
) -> None:
    midnight = datetime(2026, 11, 2, 17, tzinfo=UTC) + timedelta(days=ahead)
    before, after, calendar = midnight - timedelta(seconds=1), midnight, Calendar(off)
    assert local_day(after) - local_day(before) == timedelta(days=1)
    early, late = (last_day(each, days, WORKING, [], calendar) for each in (before, after))
    assert early is not None and late is not None
    # the day begun at that midnight is counted for the earlier case, if it is worked, and never for the later one
    assert (early < late) == calendar.works(local_day(after)) and early <= late


@settings(deadline=None)
@given(moments, st.integers(1, 40), kinds, pauses(), offs, st.randoms(use_true_random=False))
def test_a_pause_cut_in_two_or_told_in_another_order_is_the_same_pause(
    received: datetime, days: int, kind: DayKind, held: list[Pause], off: frozenset[date], lot: Random
) -> None:
    cut = []
    for pause in held:
        assert pause.until is not None
        middle = pause.since + (pause.until - pause.since) * lot.random()
        cut += [Pause(pause.since, middle), Pause(middle, pause.until)]
    lot.shuffle(cut)
    calendar = Calendar(off)
    assert last_day(received, days, kind, cut, calendar) == last_day(received, days, kind, held, calendar)
    until = received + timedelta(days=90)
    assert used_days(received, until, cut, calendar) == used_days(received, until, held, calendar)


@settings(deadline=None)
@given(moments, st.integers(1, 40), kinds, pauses(), moments, offs)
def test_while_the_clock_stands_nothing_is_promised_and_no_day_is_used(
    received: datetime, days: int, kind: DayKind, held: list[Pause], since: datetime, off: frozenset[date]
) -> None:
    calendar, standing = Calendar(off), Pause(since)
    assert last_day(received, days, kind, [*held, standing], calendar) is None
    later = max(since, received)
    used = used_days(received, later, [*held, standing], calendar)
    assert used_days(received, later + timedelta(days=40), [*held, standing], calendar) == used


@settings(deadline=None)
@given(moments, st.integers(1, 60), pauses(), offs, st.integers(0, 90))
def test_every_working_day_between_is_used_or_stood_still(
    received: datetime, days: int, held: list[Pause], off: frozenset[date], ahead: int
) -> None:
    """Used days and those the clock stood through are together just the working days: none is lost or counted twice."""
    calendar, day = Calendar(off), local_day(received)
    until = received + timedelta(days=ahead)
    working = [each for n in range(1, ahead + 1) if calendar.works(each := day + timedelta(days=n))]
    stood = sum(not runs_on(each, held) for each in working)
    assert used_days(received, until, held, calendar) + stood == len(working)


@settings(deadline=None)
@given(moments, st.integers(1, 40), kinds, offs, st.integers(-40, 40))
def test_it_is_late_just_when_no_day_is_left(
    received: datetime, days: int, kind: DayKind, off: frozenset[date], shift: int
) -> None:
    calendar = Calendar(off)
    due = last_day(received, days, kind, [], calendar)
    assert due is not None
    today = due + timedelta(days=shift)
    left = days_left(today, due, calendar)
    assert left is not None and (late_by(today, due, calendar) > 0) == (left < 0) == (today > due)
    assert left >= 0 or late_by(today, due, calendar) == -left


@settings(deadline=None)
@given(moments, st.integers(1, 40), offs, st.sets(st.integers(0, 90), max_size=4))
def test_a_weekend_worked_instead_counts_like_any_day(
    received: datetime, days: int, off: frozenset[date], chosen: set[int]
) -> None:
    """The decree of every autumn: a Saturday is worked for a day off; it never makes a deadline later."""
    worked = frozenset(date(2026, 11, 1) + timedelta(days=n) for n in chosen)
    plain, instead = Calendar(off), Calendar(off, worked)
    before, after = (last_day(received, days, WORKING, [], each) for each in (plain, instead))
    assert before is not None and after is not None and after <= before and instead.works(after)
