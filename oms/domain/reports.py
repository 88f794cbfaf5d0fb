"""Reports on the number and quality of cadres: their columns, bands of age, and what counts on the day. Pure.

The table is BM02/BNV (Circular 11/2012/TT-BNV) with its 38 columns. The form's bands leave out the age of 30 and
everybody between 60 and a retirement age that has risen since: here "30 and below" is one band, and the band from 51
runs to retirement, so that each person with a birth date stands in exactly one of five bands.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from oms.domain.dated_rows import Catalogue
from oms.domain.entitlements import retirement_row

REPORT_LABELS: dict[str, str] = {
    "bm02": "Số lượng, chất lượng (BM02/BNV)",
    "structure": "Cơ cấu đội ngũ",
    "planned": "Quy hoạch",
    "staffing": "So với biên chế",
}

COLUMN_GROUPS: dict[str, str] = {
    "all": "Tổng số",
    "among": "Trong đó",
    "rank": "Chia theo ngạch",
    "qualification": "Trình độ chuyên môn",
    "theory": "Lý luận chính trị",
    "it": "Tin học",
    "language": "Ngoại ngữ",
    "ethnic_language": "Tiếng dân tộc",
    "management": "Quản lý nhà nước",
    "age": "Độ tuổi",
    "rotation": "Luân chuyển",
}


@dataclass(frozen=True)
class Column:
    """One numbered column. ``asks`` are the conditions that find its persons, where criteria can say them."""

    key: str
    group: str
    label: str
    asks: tuple[Mapping[str, str], ...] = ()
    sensitive: str = ""


def _one(what: str, op: str, **said: str) -> tuple[Mapping[str, str], ...]:
    return ({"what": what, "op": op} | said,)


def _age(first: int, last: int) -> tuple[Mapping[str, str], ...]:
    return _one("age", "between", value=str(first), to=str(last))


COLUMN_LABELS: dict[str, str] = {
    "staffing": "Tổng số biên chế được giao",
    "party": "Đảng viên",
    "women": "Phụ nữ",
    "minority": "Dân tộc ít người",
    "religion": "Tôn giáo",
    "rank.01.001": "Chuyên viên cao cấp và tương đương",
    "rank.01.002": "Chuyên viên chính và tương đương",
    "rank.01.003": "Chuyên viên và tương đương",
    "rank.01.004": "Cán sự và tương đương",
    "rank.01.005": "Nhân viên",
    "qualification.tien_si": "Tiến sĩ",
    "qualification.thac_si": "Thạc sĩ",
    "qualification.dai_hoc": "Đại học",
    "qualification.cao_dang": "Cao đẳng",
    "qualification.trung_cap": "Trung cấp",
    "qualification.so_cap": "Sơ cấp",
    "theory.cu_nhan": "Cử nhân",
    "theory.cao_cap": "Cao cấp",
    "theory.trung_cap": "Trung cấp",
    "theory.so_cap": "Sơ cấp",
    "it.trung_cap": "Trung cấp trở lên",
    "it.chung_chi": "Chứng chỉ",
    "language.dai_hoc_anh": "Tiếng Anh: đại học trở lên",
    "language.chung_chi_anh": "Tiếng Anh: chứng chỉ",
    "language.dai_hoc_khac": "Ngoại ngữ khác: đại học trở lên",
    "language.chung_chi_khac": "Ngoại ngữ khác: chứng chỉ",
    "ethnic_language": "Chứng chỉ tiếng dân tộc",
    "management.chuyen_vien_cao_cap": "Chuyên viên cao cấp",
    "management.chuyen_vien_chinh": "Chuyên viên chính",
    "management.chuyen_vien": "Chuyên viên",
    "age.30": "Từ 30 trở xuống",
    "age.31": "Từ 31 đến 40",
    "age.41": "Từ 41 đến 50",
    "age.51": "Từ 51 đến tuổi nghỉ hưu: tổng số",
    "age.51.women": "Nữ từ 51 đến 55",
    "age.56.men": "Nam từ 56 đến 60",
    "age.over": "Trên tuổi nghỉ hưu",
    "rotation": "Đang luân chuyển",
}

_ASKS: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "women": _one("sex", "in", codes="nu"),
    "minority": _one("ethnicity", "not_in", codes="01,55"),
    "qualification.tien_si": _one("qualification", "ge", code="tien_si"),
    "it.trung_cap": _one("it", "ge", code="trung_cap"),
    "it.chung_chi": _one("it", "is", code="chung_chi"),
    "party": _one("party_age", "ge", value="0"),
    "religion": _one("religion", "not_in", codes="khong"),
    "age.30": _age(0, 30),
    "age.31": _age(31, 40),
    "age.41": _age(41, 50),
    "age.51.women": _age(51, 55) + _one("sex", "in", codes="nu"),
    "age.56.men": _age(56, 60) + _one("sex", "in", codes="nam"),
}


def _group_of(key: str) -> str:
    if key == "staffing":
        return "all"
    start = key.partition(".")[0]
    return start if start in COLUMN_GROUPS else "among"


def _asks_of(key: str) -> tuple[Mapping[str, str], ...]:
    start, _dot, code = key.partition(".")
    if key in _ASKS:
        return _ASKS[key]
    if start == "rank":
        return _one("rank", "in", codes=code)
    if start in ("qualification", "theory", "management"):
        return _one(start, "is", code=code)
    return ()


BM02: Sequence[Column] = tuple(
    Column(key, _group_of(key), label, _asks_of(key), "religion" if key == "religion" else "")
    for key, label in COLUMN_LABELS.items()
)
"""The 38 numbered columns in the form's order (A: number, B: unit)."""

AGE_BANDS: dict[str, str] = {
    "30": "Từ 30 trở xuống",
    "31": "31–40 tuổi",
    "41": "41–50 tuổi",
    "51": "51–55 tuổi",
    "56": "56–60 tuổi",
    "61": "Trên 60 tuổi",
    "": "Chưa rõ ngày sinh",
}
PARTY_BANDS: dict[str, str] = {
    "0": "Dưới 5 năm",
    "5": "5–9 năm",
    "10": "10–19 năm",
    "20": "20–29 năm",
    "30": "Từ 30 năm",
    "": "Chưa vào Đảng hoặc chưa rõ",
}
STRUCTURE_LABELS: dict[str, str] = {
    "age": "Độ tuổi",
    "sex": "Giới tính",
    "ethnicity": "Dân tộc",
    "qualification": "Trình độ chuyên môn",
    "theory": "Lý luận chính trị",
    "party_age": "Tuổi Đảng",
}


def years_before(day: date, years: int) -> date:
    """The latest birth date of somebody who is that old on the day (29 February turns a year on 1 March)."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 2, 28)


def retired_born_by(day: date, sex: str, catalogue: Catalogue) -> date:
    """The latest birth date of those of a sex whose last day of work, by the dated rules, was before the day."""
    low, high = years_before(day, 100), years_before(day, 40)
    while low < high:
        middle = low + timedelta(days=(high - low).days // 2 + 1)
        found = retirement_row(middle, sex, catalogue)
        # no row: the age was reached before the first row held
        if found is None or found[0] < day:
            low = middle
        else:
            high = middle - timedelta(days=1)
    return low


def criteria_of(asks: Sequence[Mapping[str, str]], path: str, day: date) -> str:
    """The criteria desk's JSON that finds the persons behind a figure: those at work on the day, in a unit."""
    parts = [dict(ask) for ask in asks] + [{"what": "working", "op": "yes"}]
    if path:
        parts.append({"what": "unit", "op": "under", "path": path})
    whole = {"version": 1, "on": day.isoformat(), "root": {"join": "all", "parts": parts}}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
