"""What is compared of a record: golden readings of paper, and laws that hold for any text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage import Record, normalise
from linkage.locations import locate
from linkage.normalise import Day, citizen_id_of, day_of, name_of, number_of, sex_of, unit_of


@pytest.mark.parametrize(
    ("written", "whole", "surname", "middle", "called"),
    [
        ("Nguyễn Văn An", "nguyen van an", "nguyen", "van", "an"),
        ("NGUYỄN  THỊ THU HÀ", "nguyen thi thu ha", "nguyen", "thi thu", "ha"),
        ("Võ Thị Lí", "vu thi ly", "vu", "thi", "ly"),
        ("Vũ Thị Lý", "vu thi ly", "vu", "thi", "ly"),
        ("Huỳnh Hoà", "hoang hoa", "hoang", None, "hoa"),
        ("Hoàng Hòa", "hoang hoa", "hoang", None, "hoa"),
        ("Ðặng Văn Huỳnh", "dang van huynh", "dang", "van", "huynh"),
        ("An", "an", None, None, "an"),
        ("", None, None, None, None),
        ("không", None, None, None, None),
        ("123 / --", None, None, None, None),
    ],
)
def test_a_name_has_one_spelling_and_its_parts(
    written: str, whole: str | None, surname: str | None, middle: str | None, called: str | None
) -> None:
    assert name_of(written)[:4] == (whole, surname, middle, called)


@pytest.mark.parametrize(
    ("written", "day", "md", "year"),
    [
        ("05/08/1961", "19610805", "0805", 1961),
        ("1961-08-05", "19610805", "0805", 1961),
        ("ngày 5 tháng 8 năm 1961", "19610805", "0805", 1961),
        ("05/08/19G1", "19610805", "0805", 1961),
        ("08/1961", None, None, 1961),
        ("1961", None, None, 1961),
        ("01/01/1961", None, None, 1961),
        ("31/02/1961", None, None, 1961),
        ("05/08/0061", None, None, None),
        ("không rõ", None, None, None),
        ("", None, None, None),
    ],
)
def test_a_date_says_no_more_than_is_known(written: str, day: str | None, md: str | None, year: int | None) -> None:
    found = day_of(written)
    assert (found.day, found.md, found.year) == (day, md, year)


def test_a_day_and_month_that_may_be_swapped_are_known_both_ways() -> None:
    assert day_of("05/08/1961") == Day("19610805", "19610508", "0805", 1961)
    assert day_of("25/08/1961").swapped is None
    assert day_of("08/08/1961").swapped is None


def test_a_personal_number_gets_back_the_zero_a_spreadsheet_took() -> None:
    assert citizen_id_of("20093349895") == "020093349895" == citizen_id_of("020 093 349 895")
    assert citizen_id_of("2009334989") is None
    assert citizen_id_of("000000000000") is None


def test_numbers_are_bare_digits_of_a_known_length() -> None:
    assert number_of("20.0373806", 9) == "200373806"
    assert number_of("2O7271OO5", 9) == "207271005"
    assert number_of("chưa có", 9) is None
    assert number_of("999999999", 9) is None


def test_a_number_in_the_wrong_column_is_read_for_what_it_is() -> None:
    moved = normalise(Record("1", "Lê Văn Tám", old_id="020093349895"))
    assert (moved.citizen_id, moved.old_id) == ("020093349895", None)
    moved = normalise(Record("1", "Lê Văn Tám", citizen_id="207271005"))
    assert (moved.citizen_id, moved.old_id) == (None, "207271005")


def test_what_the_personal_number_states_fills_sex_and_year_only_where_nothing_was_said() -> None:
    stated = normalise(Record("1", "Lê Văn Tám", citizen_id="020193349895"))
    assert (stated.sex, stated.birth_year) == ("f", 1993)
    said = normalise(Record("1", "Lê Văn Tám", sex="Nam", birth_date="1990", citizen_id="020193349895"))
    assert (said.sex, said.birth_year) == ("m", 1990)
    assert sex_of("nữ.", None) == "f"
    assert sex_of("?", None) is None


@pytest.mark.parametrize(
    ("written", "same_as"),
    [
        # a commune under its district of old, and what it became on 1 July 2025
        ("Xã Ái Quốc, Huyện Lộc Bình, tỉnh Lạng Sơn", "Ái Quốc, Lộc Bình, Lạng Sơn"),
        ("Xa Tam Gia, Huyen Loc Binh, tinh Ianq Son", "Xã Tam Gia - Huyện Lộc Bình - Lạng Sơn"),
        ("Phường Hồng Hà, Thành pbố Hạ Long, tỉnh Quảnq Ninb", "Phường Hồng Hà, Thành phố Hạ Long, Quảng Ninh"),
        ("Xã Na Dương Lạng Sơn", "Xã Na Dương, Lạng Sơn"),
        ("Xã Nhân Lý, Chi Lăng, Lạng Sơn", "Xã Nhân Lý (Xã), Huyện Chi Lăng, Lạng Sơn"),
    ],
)
def test_places_written_differently_are_one_place(written: str, same_as: str) -> None:
    found = locate(written)
    assert found.commune is not None
    assert found == locate(same_as)


def test_a_province_of_old_is_the_one_it_became() -> None:
    assert locate("Bến Tre").province == locate("tỉnh Vĩnh Long").province is not None
    assert locate("Xã Lê Hồ, Huyện Kim Bảng, Hà Nam").province == locate("Ninh Bình").province


def test_a_district_alone_is_no_commune_of_its_name() -> None:
    assert locate("Huyện Chi Lăng, Lạng Sơn").commune is None
    assert locate("Huyện Chi Lăng, Lạng Sơn").province == locate("Lạng Sơn").province
    assert locate("Xã Chi Lăng, Lạng Sơn").commune is not None


@settings(deadline=None)
@given(st.text(max_size=60))
def test_a_normalised_name_is_its_own_normal_form(text: str) -> None:
    whole = name_of(text).whole
    if whole is not None:
        assert name_of(whole).whole == whole


@settings(deadline=None)
@given(st.text(max_size=40), st.text(alphabet="0123456789/-. lOG", max_size=14))
def test_any_text_is_read_and_nothing_unsaid_becomes_a_value(words: str, figures: str) -> None:
    fields = dict.fromkeys(Record.__dataclass_fields__, words)
    numbers = ("birth_date", "party_joined", "citizen_id", "old_id", "staff_code", "party_card")
    for record in (Record(**fields), Record(**(fields | dict.fromkeys(numbers, figures)))):
        row = normalise(record)
        assert "" not in row[1:]
        assert row.birth_day is None or (row.birth_md == row.birth_day[4:] and int(row.birth_day[:4]) == row.birth_year)
        assert row.work_unit == unit_of(words)
