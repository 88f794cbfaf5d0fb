"""Places: the well known mergers, the ways offices write an address, and the laws of succession."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vietnamese import places

BEFORE, AFTER = date(2025, 6, 30), date(2025, 7, 1)
MERGERS = {
    "Bến Tre": "tỉnh Vĩnh Long", "Trà Vinh": "tỉnh Vĩnh Long", "Đắk Nông": "tỉnh Lâm Đồng",
    "Bình Thuận": "tỉnh Lâm Đồng", "Yên Bái": "tỉnh Lào Cai", "Quảng Nam": "thành phố Đà Nẵng",
    "Hà Giang": "tỉnh Tuyên Quang", "Bắc Kạn": "tỉnh Thái Nguyên", "Vĩnh Phúc": "tỉnh Phú Thọ",
    "Hoà Bình": "tỉnh Phú Thọ", "Bắc Giang": "tỉnh Bắc Ninh", "Thái Bình": "tỉnh Hưng Yên",
    "Hải Dương": "thành phố Hải Phòng", "Nam Định": "tỉnh Ninh Bình", "Hà Nam": "tỉnh Ninh Bình",
    "Quảng Bình": "tỉnh Quảng Trị", "Kon Tum": "tỉnh Quảng Ngãi", "Bình Định": "tỉnh Gia Lai",
    "Ninh Thuận": "tỉnh Khánh Hòa", "Phú Yên": "tỉnh Đắk Lắk", "Bình Phước": "tỉnh Đồng Nai",
    "Bình Dương": "thành phố Hồ Chí Minh", "Bà Rịa - Vũng Tàu": "thành phố Hồ Chí Minh", "Long An": "tỉnh Tây Ninh",
    "Tiền Giang": "tỉnh Đồng Tháp", "Sóc Trăng": "thành phố Cần Thơ", "Hậu Giang": "thành phố Cần Thơ",
    "Bạc Liêu": "tỉnh Cà Mau", "Kiên Giang": "tỉnh An Giang",
}  # fmt: skip
ONES = [place for era in (BEFORE, AFTER) for place in places.provinces(era)]
COMMUNES = [
    commune
    for province in places.provinces(BEFORE)
    for district in places.children(province)
    for commune in places.children(district)
]


def test_63_provinces_became_34_and_every_merger_is_known() -> None:
    old, new = places.provinces(BEFORE), places.provinces(AFTER)
    assert (len(old), len(new)) == (63, 34)
    told = {place.name: places.now_called(place) for place in old if places.now_called(place)}
    assert told == {name.replace("Hoà", "Hòa"): words for name, words in MERGERS.items()}
    assert {after.code for place in old for after in places.successors(place)} == {place.code for place in new}


@pytest.mark.parametrize(("text", "words"), [
    ("Xã Chiềng Sàng, huyện Yên Châu, tỉnh Sơn La", "xã Chiềng Sàng, huyện Yên Châu, tỉnh Sơn La"),
    ("xa Chieng Sang, huyen Yen Chau, Son La", "xã Chiềng Sàng, huyện Yên Châu, tỉnh Sơn La"),
    ("xã Chiềng Sàng huyện Yên Châu tỉnh Sơn La", "xã Chiềng Sàng, huyện Yên Châu, tỉnh Sơn La"),
    ("Chiềng Sàng - Yên Châu - Sơn La", "xã Chiềng Sàng, huyện Yên Châu, tỉnh Sơn La"),
    ("P. Trần Phú, TP. Móng Cái, Quảng Ninh", "phường Trần Phú, thành phố Móng Cái, tỉnh Quảng Ninh"),
    ("Phường 05, Q.3, TPHCM", "phường 5, quận 3, thành phố Hồ Chí Minh"),
    ("TT Phố Lu, H. Bảo Thắng, T. Lào Cai", "thị trấn Phố Lu, huyện Bảo Thắng, tỉnh Lào Cai"),
    ("Quan Hóa, Thanh Hoá", "huyện Quan Hóa, tỉnh Thanh Hóa"),
    ("Phan Rang - Tháp Chàm, Ninh Thuận", "thành phố Phan Rang - Tháp Chàm, tỉnh Ninh Thuận"),
    ("Đắc Lắc", "tỉnh Đắk Lắk"),
    ("Thị xã Sơn Tây, Hà Nội", "thị xã Sơn Tây, thành phố Hà Nội"),
    ("Số 5 ngõ 7, phường Điện Biên, quận Ba Đình, Hà Nội", "phường Điện Biên, quận Ba Đình, thành phố Hà Nội"),
    ("xã Yên Sở, Hoài Đức, Hà Tây", "xã Yên Sở, huyện Hoài Đức, thành phố Hà Nội"),
    ("Hải Hưng", "tỉnh Hải Hưng"),
])  # fmt: skip
def test_an_address_is_understood_as_offices_write_it(text: str, words: str) -> None:
    found = places.find(text, date(1985, 1, 1))
    assert found is not None
    assert places.in_words(found) == words


def test_a_place_is_that_of_the_day_and_tells_where_it_lies_now() -> None:
    old, new = places.find("Vĩnh Long", BEFORE), places.find("Vĩnh Long", AFTER)
    assert old is not None
    assert new is not None
    assert (old.valid_to, new.valid_from) == (BEFORE, AFTER)
    assert places.successors(old) == (new,)
    assert {place.name for place in places.predecessors(new)} == {"Bến Tre", "Trà Vinh", "Vĩnh Long"}
    commune = places.find("Xã Chiềng Sàng, huyện Yên Châu, tỉnh Sơn La", BEFORE)
    assert commune is not None
    assert places.now_called(commune) == "xã Yên Châu, tỉnh Sơn La"
    district = places.of_code(commune.parent)
    assert district is not None
    assert district.valid_to == BEFORE
    assert places.now_called(district) == "tỉnh Sơn La"
    island = places.find("huyện Côn Đảo, Bà Rịa - Vũng Tàu", BEFORE)
    assert island is not None
    assert places.now_called(island) == "đặc khu Côn Đảo, thành phố Hồ Chí Minh"
    former = places.find("Hà Nam Ninh")
    assert former is not None
    assert places.now_called(former) == "tỉnh Ninh Bình"


@pytest.mark.parametrize("text", [
    "Xã Chiềng Sáng, huyện Yên Châu, tỉnh Sơn La",
    "Xã Hòa Bình - Huyện Cbi Lang - Lạng Sơn",
])  # fmt: skip
def test_a_commune_of_another_tone_or_under_an_unknown_district_is_not_taken_for_sure(text: str) -> None:
    found = places.find(text, BEFORE)
    assert found is not None
    assert found.level < places.COMMUNE


@pytest.mark.parametrize("text", ["", "Việt Nam", "không rõ", "Xã Tân Thành", "Châu Âu, Pháp", "12/5", "–", "," * 400])
def test_what_names_no_place_or_several_is_not_guessed(text: str) -> None:
    assert places.find(text) is None


def test_every_old_commune_has_a_successor_in_its_provinces_successor() -> None:
    for commune in COMMUNES:
        district = places.of_code(commune.parent)
        assert district is not None
        province = places.of_code(district.parent)
        assert province is not None
        after = places.successors(commune)
        assert after, commune.code
        assert {each.parent for each in after} == {place.code for place in places.successors(province)}, commune.code


@given(st.sampled_from(COMMUNES))
@settings(max_examples=150, deadline=None)
def test_what_is_written_out_is_found_again(commune: places.Place) -> None:
    assert commune in places.candidates(places.in_words(commune), BEFORE)


@given(st.text(max_size=80), st.sampled_from([None, BEFORE, AFTER]))
@settings(max_examples=100, deadline=None)
def test_any_text_is_answered(text: str, day: date | None) -> None:
    assert all(places.of_code(place.code) is place for place in places.candidates(text, day))


def test_an_address_takes_no_millisecond_to_speak_of() -> None:
    lines = [places.in_words(commune) for commune in COMMUNES[::10]]
    began = time.process_time()
    for line in lines:
        places.find(line, BEFORE)
    assert (time.process_time() - began) / len(lines) < 0.003
