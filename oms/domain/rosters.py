"""Rosters (trích ngang): which columns there are, in which order, and the ones that ship. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from oms.domain.criteria import BadCriteria
from oms.domain.record_items import ITEMS, LABELS

MOST_COLUMNS = 40

DERIVED: dict[str, str] = {
    "number": "Số hồ sơ",
    "holding_unit": "Đơn vị quản lý hồ sơ",
    "age": "Tuổi",
    "party_age": "Tuổi Đảng",
    "service_years": "Số năm công tác",
    "reward_count": "Số lần khen thưởng",
    "note": "Ghi chú",
}
"""Columns that are no item of the record but made of it, or left to be written in by hand."""

SORTED_BY: Mapping[str, str] = {
    "full_name": "full_name",
    "birth_date": "birth_date",
    "age": "birth_date",
    "holding_unit": "unit",
    "position": "position",
    "highest_qualification": "qualification",
    "political_theory": "theory",
    "rank_code": "rank",
    "salary_coefficient": "coefficient",
    "party_joined_on": "party_joined",
}
"""Columns a roster can be sorted by, and what is sorted then."""


def columns() -> dict[str, str]:
    """Every column with its heading, in the order of the record."""
    return {**{key: LABELS[key] for key in ITEMS}, **DERIVED}


def sensitive(column: str) -> str:
    """The sensitive group of a column; "" for none."""
    return ITEMS[column].sensitive if column in ITEMS else ""


@dataclass(frozen=True)
class Layout:
    """A roster's title and its columns in order."""

    title: str
    columns: tuple[str, ...]


SHIPPED: Mapping[str, Layout] = {
    "co-ban": Layout(
        "Danh sách cán bộ (cơ bản)",
        (
            "full_name", "birth_date", "sex", "ethnicity", "home_place", "position", "holding_unit",
            "party_joined_on", "general_education", "highest_qualification", "political_theory", "note",
        ),
    ),
    "quy-hoach": Layout(
        "Danh sách quy hoạch",
        (
            "full_name", "birth_date", "sex", "ethnicity", "home_place", "position", "holding_unit",
            "party_joined_on", "highest_qualification", "political_theory", "plannings", "evaluations",
        ),
    ),
    "nang-luong": Layout(
        "Danh sách nâng lương",
        (
            "full_name", "birth_date", "position", "holding_unit", "rank_code", "salary_step",
            "salary_coefficient", "salary_from", "seniority_allowance", "seniority_from", "note",
        ),
    ),
}  # fmt: skip
"""Rosters that ship, in the manner of the BM forms of the Home Affairs branch (domain.md §9)."""


def chosen(keys: Sequence[str]) -> tuple[str, ...]:
    """The columns as chosen, each once; BadCriteria when one is unknown, none is left or there are too many."""
    known, wanted = columns(), tuple(dict.fromkeys(key for key in keys if key))
    unknown = [key for key in wanted if key not in known]
    if unknown:
        raise BadCriteria(f"Không có cột “{unknown[0][:40]}”.", "cot")
    if not 1 <= len(wanted) <= MOST_COLUMNS:
        raise BadCriteria(f"Hãy chọn từ 1 đến {MOST_COLUMNS} cột.", "cot")
    return wanted


def as_body(keys: Sequence[str]) -> str:
    """The columns as they are saved."""
    return json.dumps({"version": 1, "columns": list(keys)})


def of_body(body: str) -> tuple[str, ...]:
    """The columns of a saved roster; BadCriteria when they are not what they should be."""
    read = json.loads(body)
    return chosen([str(key) for key in read["columns"]])


def years(since: str, on: date) -> str:
    """Full years from a partial date to a day: "41", or "40–41" when the date does not say; "" without one."""
    if not since:
        return ""
    parts = [int(part) for part in since.split("-")]
    late, early = (parts + [12, 31][len(parts) - 1 :])[:3], (parts + [1, 1][len(parts) - 1 :])[:3]
    least, most = (on.year - day[0] - ((on.month, on.day) < (day[1], day[2])) for day in (late, early))
    if most < 0:
        return ""
    return str(most) if least == most else f"{max(least, 0)}–{most}"
