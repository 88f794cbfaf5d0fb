"""Columns of a list matched with items of the record: proposed from the headings, kept as the user settles it. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from oms.domain.dated_rows import folded
from oms.domain.record_items import COLUMNS, ITEMS

NUMBER, UNIT_CODE, MALE, FEMALE = "number", "unit_code", "sex_male", "sex_female"
OWN_LABELS: dict[str, str] = {
    NUMBER: "Số hồ sơ",
    UNIT_CODE: "Mã đơn vị quản lý hồ sơ",
    MALE: "Cột “Nam” (dấu x hoặc ngày sinh)",
    FEMALE: "Cột “Nữ” (dấu x hoặc ngày sinh)",
}
"""Targets that are no items of the record."""

_TABLES = ("training", "career", "posts", "family")
_ALIASES: dict[str, str] = {
    "ho va ten": "full_name", "ho ten": "full_name", "ho va ten khai sinh": "full_name", "ho ten can bo": "full_name",
    "ten goi khac": "other_names", "bi danh": "other_names", "ngay sinh": "birth_date", "nam sinh": "birth_date",
    "ngay thang nam sinh": "birth_date", "sinh ngay": "birth_date", "gioi tinh": "sex", "nam": MALE, "nu": FEMALE,
    "so ho so": NUMBER, "ma ho so": NUMBER, "so hieu ho so": NUMBER, "ma don vi": UNIT_CODE,
    "ma don vi quan ly": UNIT_CODE, "que quan": "home_place", "nguyen quan": "home_place", "noi sinh": "birth_place",
    "dan toc": "ethnicity", "ton giao": "religion", "so cccd": "citizen_id", "cccd": "citizen_id",
    "so can cuoc": "citizen_id", "can cuoc cong dan": "citizen_id", "so can cuoc cong dan": "citizen_id",
    "so dinh danh": "citizen_id", "so dinh danh ca nhan": "citizen_id", "cmnd": "old_id", "so cmnd": "old_id",
    "chung minh nhan dan": "old_id", "ngay cap": "id_issued_on", "noi cap": "id_issued_at", "chuc vu": "position",
    "chuc vu chinh quyen": "position", "chuc danh": "position", "chuc vu dang": "party_position",
    "don vi": "unit", "don vi cong tac": "unit", "co quan": "unit", "noi cong tac": "unit",
    "ngay vao dang": "party_joined_on", "ngay chinh thuc": "party_official_on", "so the dang": "party_card_no",
    "so the dang vien": "party_card_no", "ngach": "rank_code", "ma ngach": "rank_code", "ma so ngach": "rank_code",
    "ten ngach": "rank_title", "bac": "salary_step", "bac luong": "salary_step", "he so": "salary_coefficient",
    "he so luong": "salary_coefficient", "ngay huong": "salary_from", "ngay huong luong": "salary_from",
    "so so bhxh": "social_insurance_no", "bhxh": "social_insurance_no", "dien thoai": "phone",
    "so dien thoai": "phone", "trinh do chuyen mon": "highest_qualification", "chuyen mon": "highest_qualification",
    "ly luan chinh tri": "political_theory", "trinh do ly luan": "political_theory", "ngoai ngu": "foreign_language",
    "tin hoc": "it_level", "quan ly nha nuoc": "state_management", "trinh do van hoa": "general_education",
    "van hoa": "general_education", "giao duc pho thong": "general_education", "ngay tuyen dung": "recruited_on",
    "ngay bo nhiem": "appointed_on", "ho khau thuong tru": "permanent_residence", "thuong tru": "permanent_residence",
    "noi o hien nay": "current_residence", "cho o hien nay": "current_residence", "nam nu": "sex",
    "stt": "", "tt": "", "ghi chu": "",
}  # fmt: skip
_NOT_WORDS = re.compile(r"[^\w\s]|_")


def targets() -> dict[str, str]:
    """Everything a column may be, with its words: a dossier's number, items, columns of some tables (one row each)."""
    found = dict(OWN_LABELS)
    found |= {key: item.label for key, item in ITEMS.items() if not item.is_table}
    for key in _TABLES:
        item = ITEMS[key]
        found |= {f"{key}.{col.key}": f"{item.label}: {COLUMNS.get(col.key, col.key)}" for col in item.columns}
    return found


TARGETS: Mapping[str, str] = targets()


def words_of(heading: str) -> str:
    """A heading as it is compared: without marks, case, signs and numbers of columns."""
    return " ".join(_NOT_WORDS.sub(" ", folded(heading)).split())


_WORDS = {words_of(label): key for key, label in reversed(list(TARGETS.items()))} | _ALIASES


def propose(headings: Sequence[str]) -> dict[int, str]:
    """What each column probably is; a target is given once, to the first column that asks for it."""
    found: dict[int, str] = {}
    for place, heading in enumerate(headings):
        target = _WORDS.get(words_of(heading), "")
        if target and target not in found.values():
            found[place] = target
    return found


def header_place(rows: Sequence[tuple[int, Sequence[str]]]) -> int:
    """Which of the first rows bears the headings: the one most of whose words are known; -1 when none has two."""
    known = [len(propose(cells)) for _number, cells in rows[:15]]
    best = max(known, default=0)
    return known.index(best) if best >= 2 else -1


def signature(headings: Sequence[str]) -> str:
    """What lists with the same headings have in common."""
    return hashlib.sha256("\n".join(map(words_of, headings)).encode()).hexdigest()


@dataclass(frozen=True)
class ColumnMap:
    """How a list is read: column to target, columns to convert from an old encoding, rows left out or accepted.

    ``others``: rows somebody has said are another person than the namesake found.
    """

    columns: Mapping[int, str] = field(default_factory=dict)
    convert: Mapping[int, str] = field(default_factory=dict)
    skip: frozenset[int] = frozenset()
    others: frozenset[int] = frozenset()

    def to_json(self) -> str:
        return json.dumps(
            {
                "columns": {str(place): target for place, target in self.columns.items()},
                "convert": {str(place): encoding for place, encoding in self.convert.items()},
                "skip": sorted(self.skip),
                "others": sorted(self.others),
            }
        )

    def remembered(self) -> ColumnMap:
        """What the next list with these headings may take over: the columns alone."""
        return replace(self, convert={}, skip=frozenset(), others=frozenset())


def mapping_of(text: str) -> ColumnMap:
    """The mapping kept as JSON; targets that no longer exist are left out."""
    said: dict[str, Any] = json.loads(text or "{}")
    return ColumnMap(
        {int(place): target for place, target in said.get("columns", {}).items() if target in TARGETS},
        {int(place): encoding for place, encoding in said.get("convert", {}).items()},
        frozenset(map(int, said.get("skip", []))),
        frozenset(map(int, said.get("others", []))),
    )


def lacking(mapping: ColumnMap) -> str:
    """What is still missing or doubled in a mapping, in words; "" when the list can be checked."""
    chosen = list(mapping.columns.values())
    for target in (NUMBER, "full_name"):
        if target not in chosen:
            return f"Chưa có cột nào là “{TARGETS[target]}”: hãy chọn cột đó."
    twice = next((target for target in chosen if chosen.count(target) > 1), "")
    return f"Hai cột cùng là “{TARGETS[twice]}”: mỗi mục chỉ lấy từ một cột." if twice else ""
