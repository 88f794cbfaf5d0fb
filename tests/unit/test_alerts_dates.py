"""The arithmetic of due dates at each legal date: golden tables of NĐ 135/2020 and TT 08/2013, laws by property."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.domain.dated_rows import Catalogue, Row
from oms.domain.entitlements import (
    ByHand,
    DueDate,
    Working,
    add_months,
    due_dates,
    month_end,
    retirement_row,
    with_overrides,
)
from oms.services.catalogues import DEFAULTS

TODAY = date(2026, 11, 2)


def shipped() -> Catalogue:
    rows = []
    for path in sorted(DEFAULTS.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                since, until = (date.fromisoformat(line[n]) if line[n] else None for n in ("valid_from", "valid_to"))
                extra = json.loads(line["extra"] or "{}")
                names = tuple(part for part in line["aliases"].split(";") if part)
                rows.append(
                    Row(line["list_code"], line["code"], line["label"], names, int(line["position"] or 0), extra, since,
                        until, line["legal_basis"], line["mark"])
                )  # fmt: skip
    return Catalogue(rows)


RULES = shipped()

# NĐ 135/2020/NĐ-CP, appendix I: birth month → last month of work (men, women), first and last of each age band
MEN = [
    ("1961-01", "2021-04"), ("1961-09", "2021-12"), ("1961-10", "2022-04"), ("1962-06", "2022-12"),
    ("1962-07", "2023-04"), ("1963-03", "2023-12"), ("1963-04", "2024-04"), ("1963-12", "2024-12"),
    ("1964-01", "2025-04"), ("1964-09", "2025-12"), ("1964-10", "2026-04"), ("1965-06", "2026-12"),
    ("1965-07", "2027-04"), ("1966-03", "2027-12"), ("1966-04", "2028-04"), ("1970-01", "2032-01"),
]  # fmt: skip
WOMEN = [
    ("1966-01", "2021-05"), ("1966-08", "2021-12"), ("1966-09", "2022-05"), ("1967-04", "2022-12"),
    ("1967-05", "2023-05"), ("1967-12", "2023-12"), ("1968-01", "2024-05"), ("1968-08", "2024-12"),
    ("1968-09", "2025-05"), ("1969-04", "2025-12"), ("1969-05", "2026-05"), ("1969-12", "2026-12"),
    ("1970-01", "2027-05"), ("1970-08", "2027-12"), ("1974-09", "2034-05"), ("1975-04", "2034-12"),
    ("1975-05", "2035-05"), ("1980-02", "2040-02"),
]  # fmt: skip


@pytest.mark.parametrize(("sex", "birth", "last"), [("Nam", *pair) for pair in MEN] + [("Nữ", *pair) for pair in WOMEN])
def test_retirement_follows_the_appendix_of_the_decree(sex: str, birth: str, last: str) -> None:
    year, month = (int(part) for part in birth.split("-"))
    for day in (1, 15, month_end(date(year, month, 1)).day):
        found = retirement_row(date(year, month, day), sex, RULES)
        assert found is not None and f"{found[0]:%Y-%m}" == last
        assert found[0] == month_end(found[0])


def only(kind: str, **known: object) -> list[DueDate]:
    return [due for due in due_dates(Working(**known), RULES, TODAY) if due.kind == kind]  # type: ignore[arg-type]


def test_retirement_is_told_six_months_and_decided_three_months_before() -> None:
    (due,) = only("retirement", birth_date="1965-06-20", sex="Nam")
    assert due.due_on == date(2026, 12, 31)
    assert due.notice_on == date(2026, 6, 30)
    assert due.basis["Thông báo chậm nhất"] == "30/06/2026"
    assert due.basis["Quyết định chậm nhất"] == "30/09/2026"
    assert "135/2020" in due.basis["Căn cứ"]


def test_a_year_of_birth_alone_counts_from_the_first_of_january_and_says_so() -> None:
    (due,) = only("retirement", birth_date="1965", sex="Nam")
    assert due.due_on == date(2026, 7, 31)
    assert "01/01" in due.basis["Lưu ý"]


def test_without_sex_or_birth_nothing_is_guessed() -> None:
    assert only("retirement", birth_date="1965-06-20") == only("retirement", sex="Nam") == []


@pytest.mark.parametrize(
    ("rank", "step", "since", "due", "subject"),
    [
        ("01.003", 3, "2024-02-29", date(2027, 2, 28), "bậc 4"),
        ("01.002", 7, "2023-12-01", date(2026, 12, 1), "bậc 8"),
        ("01.001", 1, "2024-01", date(2027, 1, 1), "bậc 2"),
        ("01.004", 5, "2025-01-01", date(2027, 1, 1), "bậc 6"),
        ("01.005", 11, "2025-03-31", date(2027, 3, 31), "bậc 12"),
    ],
)
def test_a_step_comes_after_36_months_in_a_and_24_in_b_and_c(
    rank: str, step: int, since: str, due: date, subject: str
) -> None:
    (found,) = only("raise", rank_code=rank, salary_step=step, salary_from=since)
    assert (found.due_on, found.subject) == (due, subject)
    assert found.notice_on == due - timedelta(days=90)
    assert not only("over_frame", rank_code=rank, salary_step=step, salary_from=since)


def test_at_the_last_step_the_allowance_begins_with_five_and_grows_by_one_each_year() -> None:
    top = {"rank_code": "01.002", "salary_step": 8, "salary_from": "2022-01-01"}
    (first,) = only("over_frame", **top)
    assert (first.due_on, first.subject) == (date(2025, 1, 1), "5 %")
    (more,) = only("over_frame", **top, seniority_percent=7.0, seniority_from="2026-01-01")
    assert (more.due_on, more.subject) == (date(2027, 1, 1), "8 %")
    assert not only("raise", **top)


def test_an_unknown_rank_brings_about_no_raise() -> None:
    assert only("raise", rank_code="99.999", salary_step=2, salary_from="2024-01-01") == []


def test_terms_end_after_60_months_or_as_the_decision_says() -> None:
    (plain,) = only("reappointment", position="Trưởng phòng", appointed_on="2021-12-15", reappointed_on="")
    assert (plain.due_on, plain.notice_on) == (date(2026, 12, 15), date(2026, 9, 16))
    (again,) = only("reappointment", appointed_on="2016-12-15", reappointed_on="2021-12-15")
    assert again.due_on == date(2026, 12, 15)
    posts = (
        ("Bí thư Đảng uỷ xã", "2025-07-01", "", 0),
        ("Chủ tịch", "2024-01-01", "2026-12-31", 0),
        ("Tổ trưởng", "2025-01-01", "", 24),
    )
    found = due_dates(Working(appointed_on="2021-12-15", posts=posts), RULES, TODAY)
    assert {(due.kind, due.subject, due.due_on) for due in found} == {
        ("reappointment", "Bí thư Đảng uỷ xã", date(2030, 7, 1)),
        ("term_end", "Chủ tịch", date(2026, 12, 31)),
        ("reappointment", "Tổ trưởng", date(2027, 1, 1)),
    }


def test_the_next_badge_of_party_age_counts_and_the_last_stays_sixty_days() -> None:
    (due,) = only("party_age", party_joined_on="1996-12-03")
    assert (due.subject, due.due_on, due.notice_on) == ("30 năm", date(2026, 12, 3), date(2026, 11, 18))
    (late,) = only("party_age", party_joined_on="1996-09-10")
    assert late.subject == "30 năm"
    (next_one,) = only("party_age", party_joined_on="1996-08-10")
    assert (next_one.subject, next_one.due_on) == ("40 năm", date(2036, 8, 10))


def test_who_has_left_has_only_papers_coming_due() -> None:
    who = Working("1965-06-20", "Nam", "01.002", 3, "2024-01-01", party_joined_on="1996-12-03", left_on="2026-01-31",
                  papers=(("Phiếu lý lịch tư pháp", "2026-12-01"),))  # fmt: skip
    assert [due.kind for due in due_dates(who, RULES, TODAY)] == ["paper"]
    assert "retirement" in {due.kind for due in due_dates(replace(who, left_on="2027-01-01"), RULES, TODAY)}


def test_a_catalogue_without_the_rule_brings_about_no_date_and_no_error() -> None:
    assert due_dates(Working("1965-06-20", "Nam", party_joined_on="1996"), Catalogue([]), TODAY) == []


def test_a_rule_changed_from_a_day_counts_from_that_day_only() -> None:
    old = Row("quy_tac", "raise_months.A", "Chu kỳ", extra={"value": 36}, valid_to=date(2026, 12, 31))
    new = Row("quy_tac", "raise_months.A", "Chu kỳ", extra={"value": 24}, valid_from=date(2027, 1, 1))
    lead = Row("quy_tac", "lead.raise", "Nhắc", extra={"value": 90})
    rank = Row("ngach", "01.003", "Chuyên viên", extra={"class": "A1", "steps": 9})
    rules = Catalogue([old, new, lead, rank])
    for since, due in (("2026-12-31", date(2029, 12, 31)), ("2027-01-01", date(2029, 1, 1))):
        who = Working(rank_code="01.003", salary_step=2, salary_from=since)
        assert [found.due_on for found in due_dates(who, rules, TODAY)] == [due]


def test_a_date_set_by_hand_takes_the_place_of_the_rule_and_a_settled_one_is_gone() -> None:
    rule = due_dates(Working("1965-06-20", "Nam"), RULES, TODAY)
    longer = ByHand("retirement", "", date(2029, 12, 31), None, "QĐ 83/2022")
    (due,) = with_overrides(rule, [longer], RULES)
    assert due.due_on == date(2029, 12, 31) and due.basis["Đặt bằng tay"] == "QĐ 83/2022"
    assert due.basis["Tuổi nghỉ hưu"] == "61 tuổi 6 tháng", "what the rule said stays told"
    assert with_overrides(rule, [ByHand("retirement", "", None, date(2026, 12, 31), "QĐ")], RULES) == []
    assert with_overrides(rule, [ByHand("retirement", "", None, date(2020, 1, 1), "QĐ")], RULES) == rule


days = st.dates(date(1930, 1, 1), date(2020, 12, 31))


@given(days, st.sampled_from(["Nam", "Nữ"]))
def test_nobody_born_later_retires_earlier(birth: date, sex: str) -> None:
    if birth.year < 1967 - 6 * (sex == "Nam"):
        return  # reached before the first row: no date is brought about
    first, second = retirement_row(birth, sex, RULES), retirement_row(birth + timedelta(days=40), sex, RULES)
    assert first is not None and second is not None and first[0] <= second[0]


@given(days, st.integers(0, 1200))
def test_months_add_up_and_never_leave_the_month(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == min(day.day, month_end(later).day)


@given(days, st.sampled_from(["Nam", "Nữ", ""]), st.integers(0, 13), days)
def test_notice_never_comes_after_the_day_itself(birth: date, sex: str, step: int, since: date) -> None:
    who = Working(birth.isoformat(), sex, "01.003", step, since.isoformat(), party_joined_on=since.isoformat())
    found = due_dates(who, RULES, TODAY)
    assert all(due.notice_on <= due.due_on for due in found)
    assert found == sorted(found, key=lambda due: (due.due_on, due.kind, due.subject))
