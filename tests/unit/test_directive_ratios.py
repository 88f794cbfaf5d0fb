"""Ratios told exactly, how a task stands, quarters, and the columns of a file of tasks."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.domain.directives import (
    COLUMNS,
    Quarter,
    Ratio,
    Standing,
    Tally,
    due_of,
    lines_of_file,
    quarter_of,
    quarter_on,
    standing,
)


@pytest.mark.parametrize(
    ("done", "total", "words"),
    [
        (1321, 1658, "79,7 %"),
        (0, 409, "0,0 %"),
        (409, 409, "100,0 %"),
        (9999, 10_000, "99,9 %"),
        (19_999, 20_000, "99,9 %"),
        (1, 20_000, "0,1 %"),
        (1, 8, "12,5 %"),
        (1, 16, "6,2 %"),  # 6,25: an exact half goes to the even digit
        (3, 16, "18,8 %"),  # 18,75
        (2, 3, "66,7 %"),
        (0, 0, "–"),
    ],
)
def test_a_ratio_is_told_exactly(done: int, total: int, words: str) -> None:
    assert Ratio(done, total).words == words


@given(st.integers(1, 50_000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_a_ratio_is_within_half_a_tenth_and_never_says_all_of_less(each: tuple[int, int]) -> None:
    done, total = each
    tenths = Ratio(done, total).tenths
    assert tenths is not None
    exact = Fraction(done * 1000, total)
    assert abs(tenths - exact) <= Fraction(1, 2) or tenths in (1, 999)
    assert (tenths == 1000) == (done == total) and (tenths == 0) == (done == 0)


@given(st.integers(1, 2000), st.data())
def test_more_done_is_never_told_as_less(total: int, data: st.DataObject) -> None:
    less, more = sorted(data.draw(st.tuples(st.integers(0, total), st.integers(0, total))))
    assert (Ratio(less, total).tenths or 0) <= (Ratio(more, total).tenths or 0)


def test_how_a_task_stands() -> None:
    due, before, after = date(2026, 12, 5), date(2026, 12, 5), date(2026, 12, 6)
    assert standing(due, None, False, before) is Standing.OPEN
    assert standing(due, None, False, after) is Standing.OVERDUE
    assert standing(due, before, True, after) is Standing.DONE
    assert standing(due, after, True, after) is Standing.DONE_LATE
    assert standing(None, after, True, after) is Standing.DONE
    assert standing(None, None, False, date(2099, 1, 1)) is Standing.OPEN
    assert standing(due, None, True, after) is Standing.WITHDRAWN


def test_tallies_add_up() -> None:
    total = Tally(10, 6, 2, 1) + Tally(3, 3, 0, 0)
    assert (total.on_time, total.in_hand, total.ratio) == (7, 4, Ratio(9, 13))


@given(st.dates(date(2001, 1, 1), date(2098, 12, 31)))
def test_every_day_lies_in_the_quarter_it_is_said_to_be_in(day: date) -> None:
    quarter = quarter_on(day)
    assert quarter.first <= day <= quarter.last
    assert quarter.following.first == quarter.last + timedelta(days=1)
    assert quarter.following.before == quarter == quarter_of(quarter.code)


@pytest.mark.parametrize("code", ["", "2026", "2026-Q5", "2026-Q0", "1999-Q1", "2026-q1", "2026-Q1 ", "２０２６-Q1"])
def test_what_names_no_quarter_is_none(code: str) -> None:
    assert quarter_of(code) is None
    assert quarter_of("2026-Q4") == Quarter(2026, 4)


def test_a_last_day_is_a_whole_day_not_before_the_directive() -> None:
    assert due_of("05/12/2026", date(2026, 12, 5)) == date(2026, 12, 5)
    assert due_of(" ", None) is None
    for wrong in ("12/2026", "hôm nay", "31/02/2026", "05/12/9999", "04/12/2026"):
        with pytest.raises(ValueError, match="Hạn"):
            due_of(wrong, date(2026, 12, 5))


def test_columns_are_found_by_their_headings_and_what_an_export_adds_is_passed_over() -> None:
    head = [*COLUMNS.values(), "Tình trạng"]
    found, wrong = lines_of_file(
        [(1, head), (2, ["1", " Rà  soát ", "D", "ai", "05/12/2026", "Quá hạn"]), (3, [""] * 6)]
    )
    assert wrong == [] and [(number, line.title, line.due) for number, line in found] == [(2, "Rà soát", "05/12/2026")]
    assert lines_of_file([])[1][0].text == "Tệp không có dòng nào."
    assert lines_of_file([(1, head)])[1][0].text == "Tệp chỉ có dòng tiêu đề."
    told = [problem.text for problem in lines_of_file([(1, ["Số", "Số", "Lạ"])])[1]]
    assert "Cột này có hai lần." in told and "Không có cột nào mang tên này." in told and "Tệp thiếu cột này." in told
