"""Words of papers and the codes of closed lists: a degree with its subject, a post with its unit, and neither."""

from __future__ import annotations

import pytest
from test_alerts_dates import RULES

FOUND = [
    ("chuyen_mon", "Thạc sĩ Quản lý công", "thac_si"),
    ("chuyen_mon", "Kỹ sư Kinh tế nông nghiệp", "dai_hoc"),
    ("chuyen_mon", "THẠC SĨ", "thac_si"),
    ("chuyen_mon", "Cử nhân luật", "dai_hoc"),
    ("chuyen_mon", "Tiến sĩ khoa học", "tskh"),
    ("chuyen_mon", "Tiến sĩ (Luật học)", "tien_si"),
    ("chuyen_mon", "thạc sĩ, chuyên ngành luật", "thac_si"),
    ("chuc_vu", "Bí thư Đảng uỷ xã Vân Khởi", "bi_thu_dang_uy_xa"),
    ("chuc_vu", "Chủ tịch Uỷ ban nhân dân xã Thượng Ngưỡng", "chu_tich_ubnd_xa"),
    ("chuc_vu", "Trưởng phòng Tổng hợp", "truong_phong"),
    ("ly_luan", "Cao cấp lý luận chính trị", "cao_cap"),
]
NOT_FOUND = [
    ("chuc_vu", "Trưởng phòng khám đa khoa"),
    ("chuc_vu", ""),
    ("chuc_vu", "Nhà giáo"),
    ("no_such_list", "Thạc sĩ"),
]


@pytest.mark.parametrize(("list_code", "words", "code"), FOUND)
def test_the_code_is_found_though_more_follows(list_code: str, words: str, code: str) -> None:
    assert RULES.code_in(list_code, words) == code


@pytest.mark.parametrize(("list_code", "words"), NOT_FOUND)
def test_what_only_looks_alike_is_left_to_the_queue(list_code: str, words: str) -> None:
    assert RULES.code_in(list_code, words) == ""


def test_a_short_name_that_several_rows_begin_with_is_no_prefix() -> None:
    assert RULES.code_in("chuc_vu", "Bí thư Đảng uỷ Khối các cơ quan tỉnh") != "bi_thu_dang_uy_xa"


def test_two_degrees_of_one_level_are_still_two_values() -> None:
    """What begins alike has one code, yet only the same words are the same value."""
    assert RULES.code_of("chuyen_mon", "Thạc sĩ Luật") == RULES.code_of("chuyen_mon", "Thạc sĩ Kinh tế") == ""
