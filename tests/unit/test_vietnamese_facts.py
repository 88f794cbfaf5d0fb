"""Names, dates and identity numbers as they stand on cadre files."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vietnamese.dates import PartialDate, parse_date
from vietnamese.ids import birth_year_of, digits_only, is_citizen_id, is_old_id, sex_of
from vietnamese.names import capitalised_runs, fold_name, is_plausible_name, title_name


def test_a_name_in_capitals_is_written_as_in_a_sentence() -> None:
    assert title_name("  NGUYỄN  VĂN AN ") == "Nguyễn Văn An"
    assert title_name("H'HEN NIÊ") == "H'Hen Niê"
    assert title_name("ÐẶNG THỊ ÁNH") == "Đặng Thị Ánh"


def test_folded_names_compare_without_marks() -> None:
    assert fold_name("Đặng  Thuý-Hoà") == "dang thuy hoa"


@pytest.mark.parametrize("name", ["Nguyễn Văn An", "TÔ THỊ HIẾU", "Lò Văn Pánh", "H'Hen Niê", "Lê Viên"])
def test_names_are_plausible(name: str) -> None:
    assert is_plausible_name(name)


@pytest.mark.parametrize(
    "text",
    [
        "Nguyễn",
        "HỒ SƠ CÁN BỘ",
        "Sơ yếu lý lịch",
        "Lê Văn 2",
        "tỉnh Lâm Đồng",
        "",
        "Nguyễn " * 9,
        "LÝ LỊCH ĐẢNG VIÊN",
    ],
)
def test_headings_are_no_names(text: str) -> None:
    assert not is_plausible_name(text)


def test_runs_of_capitals_stop_at_punctuation_but_not_at_a_line_break() -> None:
    text = "Đồng chí Nguyễn Văn\nAn, Trần Bình và Lê.\n\nHà Nội"
    assert capitalised_runs(text) == [("Nguyễn", "Văn", "An"), ("Trần", "Bình"), ("Hà", "Nội")]


@pytest.mark.parametrize(
    ("raw", "iso"),
    [
        ("05/8/1961", "1961-08-05"),
        ("5.8.1961", "1961-08-05"),
        ("1961-08-05", "1961-08-05"),
        ("ngày 05 tháng 8 năm 1961", "1961-08-05"),
        ("Sinh ngày: 5 tháng 8 năm 1961", "1961-08-05"),
        ("tháng 8 năm 1961", "1961-08"),
        ("08/1961", "1961-08"),
        ("năm 1961", "1961"),
        ("Đà Lạt, ngày 29 tháng 02 năm 2024", "2024-02-29"),
    ],
)
def test_dates_of_paper(raw: str, iso: str) -> None:
    found = parse_date(raw)
    assert found is not None
    assert found.iso() == iso


@pytest.mark.parametrize(
    "raw",
    ["31/02/1961", "29/2/2023", "13/1961", "0/5/1990", "ngày 40 tháng 8 năm 1961", "", "abc", "12/5/61"],
)
def test_what_no_calendar_has_is_no_date(raw: str) -> None:
    assert parse_date(raw) is None


def test_a_partial_date_refuses_a_day_without_a_month() -> None:
    with pytest.raises(ValueError, match="needs a month"):
        PartialDate(1961, None, 5)


@given(st.dates(min_value=dt.date(1900, 1, 1), max_value=dt.date(2099, 12, 31)))
def test_every_written_date_reads_back(day: dt.date) -> None:
    for text in (f"{day:%d/%m/%Y}", f"{day.day}-{day.month}-{day.year}", day.isoformat()):
        assert parse_date(text) == PartialDate(day.year, day.month, day.day)
    assert parse_date(f"ngày {day.day} tháng {day.month} năm {day.year}") == PartialDate(day.year, day.month, day.day)


def test_a_personal_number_states_sex_and_year() -> None:
    assert (sex_of("001 061 012345"), birth_year_of("001061012345")) == ("male", 1961)
    assert (sex_of("079303000001"), birth_year_of("079303000001")) == ("female", 2003)


@pytest.mark.parametrize("raw", ["12345678901", "00106101234x", "", "000061012345", "٠٠١٠٦١٠١٢٣٤٥"])
def test_other_strings_state_nothing(raw: str) -> None:
    assert not is_citizen_id(raw)
    assert sex_of(raw) is None
    assert birth_year_of(raw) is None


def test_the_old_card_has_nine_digits() -> None:
    assert is_old_id("123 456 789")
    assert not is_old_id("1234567890")
    assert digits_only("123.456-789") == "123456789"
