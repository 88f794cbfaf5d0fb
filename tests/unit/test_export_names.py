"""Names of exported files, and the official list they are taken from."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.domain import naming
from oms.domain.catalogue import DOCUMENT_TYPES
from oms.domain.party_types import PARTY_TYPES, parse, propose


def test_the_list_is_whole_dated_and_says_where_it_comes_from() -> None:
    assert [kind.number for kind in PARTY_TYPES.types] == list(range(1, 105))
    assert [sum(kind.priority == priority for kind in PARTY_TYPES.types) for priority in (1, 2, 3)] == [36, 49, 19]
    assert {kind.type_code for kind in PARTY_TYPES.types} <= set(DOCUMENT_TYPES)
    assert PARTY_TYPES.effective_from == date(2026, 6, 30) and "1361-CV/BTCTW" in PARTY_TYPES.basis
    assert not PARTY_TYPES.confirmed, "second-hand until somebody has held it against the letter"
    assert len({kind.name for kind in PARTY_TYPES.types}) == 104


@pytest.mark.parametrize("bad", ["1\t1\tdon\t\tA\n3\t1\tdon\t\tB", "1\t4\tdon\t\tA", "1\t1\tdon\tA"])
def test_a_list_with_a_wrong_line_is_refused(bad: str) -> None:
    head = "# basis\tx\n# effective_from\t2026-01-01\n# source\toffice\n"
    assert parse(head + "1\t1\tdon\t\tA").confirmed
    with pytest.raises(ValueError, match="line"):
        parse(head + bad)


@pytest.mark.parametrize(
    ("type_code", "subtype", "title", "number"),
    [
        ("quyet_dinh", "ket_nap", "Quyết định kết nạp đảng viên", 5),
        ("quyet_dinh", "", "Về việc kết nạp lại người vào Đảng", 6),
        ("quyet_dinh", "cong_nhan_dang_vien", "Về việc công nhận đảng viên chính thức", 7),
        ("quyet_dinh", "bo_nhiem", "Về việc bổ nhiệm cán bộ", 87),
        ("quyet_dinh", "nghi_huu", "Về việc nghỉ hưu", 88),
        ("phieu_bo_sung_ly_lich", "", "Phiếu bổ sung hồ sơ đảng viên", 4),
        ("ly_lich_dang_vien", "", "Lý lịch của người xin vào Đảng", 1),
        ("giay_gioi_thieu", "", "Giấy giới thiệu sinh hoạt đảng tạm thời", 55),
        ("nghi_quyet", "", "Nghị quyết của chi bộ đề nghị kết nạp đảng viên", 43),
        ("don", "", "Đơn xin vào Đảng", 37),
        ("so_yeu_ly_lich", "", "Sơ yếu lý lịch", None),
        ("quyet_dinh", "nang_luong", "Về việc nâng bậc lương thường xuyên", None),
        ("khac", "", "không rõ", None),
    ],
)
def test_the_number_proposed(type_code: str, subtype: str, title: str, number: int | None) -> None:
    found = propose(type_code, subtype, title)
    assert (found.number if found else None) == number


def test_a_paper_titled_as_in_the_list_is_recognised() -> None:
    wrong = [kind.number for kind in PARTY_TYPES.types if propose(kind.type_code, "", kind.name) is None]
    other = [
        kind.number
        for kind in PARTY_TYPES.types
        if (found := propose(kind.type_code, "", kind.name)) and found.number != kind.number
    ]
    assert wrong == [] and other == []


@pytest.mark.parametrize(
    ("pattern", "part"),
    [
        ("{stt", "braces"),
        ("{ngay}", "unknown field"),
        ("{stt!r}", "no format"),
        ("{stt:>99999}", "no format"),
        ("khong", "at least one"),
        ("../{stt}", "stay in its folder"),
        ("/{stt}", "stay in its folder"),
        ("{}", "unknown field"),
        ("{stt.__class__}", "unknown field"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused_with_its_reason(pattern: str, part: str) -> None:
    assert part in naming.problem_of(pattern)


def test_patterns_of_the_two_projects_and_of_the_circular() -> None:
    values = dict.fromkeys(naming.FIELDS, "") | {
        "don_vi": "93.015.000.001.002",
        "dinh_danh": "012345678901",
        "HoTen": naming.pascal("NGUYỄN VĂN ĐỨC"),
        "stt": naming.serial(5, 2),
        "stt3": naming.serial(65, 3),
        "ten": naming.plain("Quyết định kết nạp đảng viên"),
        "ten_": "Ban_tu_kiem_diem",
        "lan1": ".1",
        "ho_so": "H49.64.33.2001.160",
        "to": "1",
    }
    assert naming.path_of(naming.FOLDER, values) == "93.015.000.001.002/012345678901_NguyenVanDuc"
    assert naming.path_of(naming.FILE, values) == "05.Quyet dinh ket nap dang vien"
    assert naming.path_of("{stt3}.{ten_}{lan1}", values) == "065.Ban_tu_kiem_diem.1"
    assert naming.path_of("{ho_so}.{to}", values) == "H49.64.33.2001.160.1"
    assert naming.serial(104, 2) == "104" and naming.serial(None, 2) == "00"


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_value_makes_a_path_unsafe(left: str, right: str) -> None:
    values = dict.fromkeys(naming.FIELDS, right) | {"stt": left}
    for part in naming.path_of("{stt}/{ten}", values).split("/"):
        assert 1 <= len(part) <= naming.LONGEST + 1
        assert not set(part) & set('<>:"/\\|?*\0\r\n') and part.strip(" .") == part and part not in (".", "..")
        assert part.split(".")[0].lower() not in ("con", "nul", "aux", "prn", "com1", "lpt9")


@given(st.lists(st.sampled_from(["a", "A", "a (2)", "b", "Ab"]), max_size=12))
def test_names_are_told_apart_in_any_case(names: list[str]) -> None:
    made = naming.distinct(names)
    assert len({name.lower() for name in made}) == len(names)
    assert all(new.startswith(old) for old, new in zip(names, made, strict=True))
