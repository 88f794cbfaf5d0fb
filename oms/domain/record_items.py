"""The record of a cadre: its items, what each holds, and which of them need more care than others.

One superset of the forms (Circular 06/2023/TT-BNV with its 38 items, 2C/TCTW-98, 2C-BNV/2008, 3a-BNV/2007): the keys
are those the reader gives to values on paper (contracts.md), so that a value read is a value of the record. An item
is single (one value counts at a time, earlier ones stay with their dates) or a table (each row a fact of its own).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from oms.domain.catalogue import COLUMN_LABELS, FIELD_LABELS, TABLE_LABELS


class Section(StrEnum):
    """The parts a record is read in."""

    IDENTITY = "identity"
    PARTY = "party"
    MILITARY = "military"
    EDUCATION = "education"
    CAREER = "career"
    PAY = "pay"
    PLANNING = "planning"
    MERIT = "merit"
    EVALUATION = "evaluation"
    FAMILY = "family"
    HISTORY = "history"
    FOREIGN = "foreign"
    HEALTH = "health"
    ASSETS = "assets"


SECTION_LABELS: dict[str, str] = {
    Section.IDENTITY: "Thông tin cơ bản",
    Section.PARTY: "Đảng và đoàn thể",
    Section.MILITARY: "Quân đội",
    Section.EDUCATION: "Trình độ, đào tạo",
    Section.CAREER: "Quá trình công tác",
    Section.PAY: "Ngạch, lương",
    Section.PLANNING: "Chức vụ, quy hoạch",
    Section.MERIT: "Khen thưởng, kỷ luật",
    Section.EVALUATION: "Đánh giá, xếp loại",
    Section.FAMILY: "Quan hệ gia đình",
    Section.HISTORY: "Đặc điểm lịch sử bản thân",
    Section.FOREIGN: "Quan hệ với nước ngoài",
    Section.HEALTH: "Sức khoẻ",
    Section.ASSETS: "Kinh tế, tài sản",
}

SENSITIVE_LABELS: dict[str, str] = {
    "religion": "Tôn giáo",
    "health": "Sức khoẻ",
    "history": "Lịch sử bản thân",
    "foreign": "Quan hệ với nước ngoài",
    "assets": "Kinh tế, tài sản",
    "discipline": "Kỷ luật",
}
"""Groups of fields with a permission of their own (domain.md §5); without it a reader sees that they are masked."""


@dataclass(frozen=True)
class Column:
    """One column of a table item; ``list_code`` names its closed list."""

    key: str
    list_code: str = ""


@dataclass(frozen=True)
class Item:
    """One item of the record. ``columns`` is empty for a single value.

    ``list_code`` is the closed list its value comes from ("" = free). ``key_fact``: a correction needs the decision
    of the collective leadership and a second person (01-QCTC/TW; domain.md §3). ``place``: names a place.
    """

    key: str
    section: Section
    list_code: str = ""
    sensitive: str = ""
    key_fact: bool = False
    place: bool = False
    columns: tuple[Column, ...] = ()

    @property
    def label(self) -> str:
        """The item's Vietnamese name."""
        return LABELS[self.key]

    @property
    def is_table(self) -> bool:
        return bool(self.columns)


_S = Section


def _single(section: Section, *keys: str, **more: str | bool) -> tuple[Item, ...]:
    return tuple(Item(key, section, **more) for key in keys)  # type: ignore[arg-type]


def _table(key: str, section: Section, columns: str, sensitive: str = "", key_fact: bool = False) -> Item:
    """``columns`` as "from to position:chuc_vu": key, and after a colon its closed list."""
    parts = tuple(Column(*part.split(":")) for part in columns.split())
    return Item(key, section, sensitive=sensitive, key_fact=key_fact, columns=parts)


_ALL: tuple[Item, ...] = (
    *_single(_S.IDENTITY, "full_name", key_fact=True),
    *_single(_S.IDENTITY, "other_names"),
    Item("sex", _S.IDENTITY, "gioi_tinh"),
    *_single(_S.IDENTITY, "birth_date", key_fact=True),
    *_single(_S.IDENTITY, "birth_place", "home_place", "permanent_residence", "current_residence", place=True),
    Item("ethnicity", _S.IDENTITY, "dan_toc"),
    Item("religion", _S.IDENTITY, "ton_giao", sensitive="religion"),
    Item("family_class", _S.IDENTITY, "thanh_phan"),
    *_single(_S.IDENTITY, "citizen_id", "old_id", "id_issued_on", "id_issued_at"),
    *_single(_S.IDENTITY, "social_insurance_no", "health_insurance_no", "staff_code", "phone"),
    Item("person_kind", _S.IDENTITY, "loai_can_bo"),
    Item("managed_by", _S.IDENTITY, "dien_quan_ly"),
    Item("policy_group", _S.IDENTITY, "doi_tuong_chinh_sach"),
    *_single(_S.IDENTITY, "invalid_class", "martyr_family"),
    *_single(_S.PARTY, "party_joined_on", "party_official_on", key_fact=True),
    *_single(_S.PARTY, "party_card_no", "party_cell", "party_introducers", "organisations_joined_on"),
    *_single(_S.PARTY, "revolution_joined_on"),
    *_single(_S.MILITARY, "enlisted_on", "discharged_on"),
    Item("military_rank", _S.MILITARY, "quan_ham"),
    *_single(_S.EDUCATION, "general_education", key_fact=True),
    Item("highest_qualification", _S.EDUCATION, "chuyen_mon", key_fact=True),
    Item("academic_title", _S.EDUCATION, "hoc_ham", key_fact=True),
    Item("political_theory", _S.EDUCATION, "ly_luan", key_fact=True),
    Item("state_management", _S.EDUCATION, "quan_ly_nha_nuoc", key_fact=True),
    Item("foreign_language", _S.EDUCATION, "ngoai_ngu"),
    Item("it_level", _S.EDUCATION, "tin_hoc"),
    *_single(_S.EDUCATION, "ethnic_language"),
    _table(
        "training", _S.EDUCATION,
        "kind:loai_dao_tao from to school subject form:hinh_thuc_dao_tao award:van_bang score", key_fact=True,
    ),
    *_single(_S.CAREER, "previous_occupation", "recruiting_agency", "current_agency_from"),
    *_single(_S.CAREER, "recruited_on", key_fact=True),
    *_single(_S.CAREER, "managing_agency", "unit", "main_duty", "strengths", "longest_work", "job_position"),
    _table("career", _S.CAREER, "from to what position:chuc_vu unit", key_fact=True),
    Item("left_kind", _S.CAREER, "ly_do_thoi"),
    *_single(_S.CAREER, "left_on"),
    Item("rank_code", _S.PAY, "ngach"),
    *_single(_S.PAY, "rank_title", "rank_appointed_on", "salary_step", "salary_coefficient", "salary_from"),
    *_single(_S.PAY, "salary_percent", "seniority_allowance", "seniority_from"),
    *_single(_S.PAY, "position_allowance", "concurrent_allowance", "other_allowance"),
    _table("salary_history", _S.PAY, "from to rank_code:ngach salary_step salary_coefficient amount"),
    _table("allowances", _S.PAY, "from to kind percent coefficient form amount"),
    Item("position", _S.PLANNING, "chuc_vu"),
    Item("party_position", _S.PLANNING, "chuc_vu"),
    Item("concurrent_position", _S.PLANNING, "chuc_vu"),
    Item("party_concurrent_position", _S.PLANNING, "chuc_vu"),
    *_single(_S.PLANNING, "appointed_on", "reappointed_on", "planned_position"),
    _table(
        "posts", _S.PLANNING,
        "from to position:chuc_vu unit kind:hinh_thuc_bo_nhiem term_months decision_no decision_on",
    ),
    _table("plannings", _S.PLANNING, "from to position:chuc_vu unit term decision_no decision_on"),
    *_single(_S.MERIT, "highest_honour", "rewards"),
    *_single(_S.MERIT, "discipline", sensitive="discipline"),
    _table("rewards_table", _S.MERIT, "year work_rating:xep_loai emulation_rating form authority"),
    _table("discipline_table", _S.MERIT, "from to year form:ky_luat violation authority", sensitive="discipline"),
    _table("evaluations", _S.EVALUATION, "year rating:xep_loai points authority note"),
    _table("family", _S.FAMILY, "side relation full_name birth_date about"),
    *_single(_S.HISTORY, "history_arrest", sensitive="history"),
    _table("old_regime", _S.HISTORY, "from to what", sensitive="history"),
    _table("foreign_organisations", _S.FOREIGN, "from to what", sensitive="foreign"),
    *_single(_S.FOREIGN, "foreign_relatives", sensitive="foreign"),
    *_single(_S.HEALTH, "health", "height", "weight", sensitive="health"),
    Item("blood_group", _S.HEALTH, "nhom_mau", sensitive="health"),
    *_single(_S.ASSETS, "income_salary", "income_other", sensitive="assets"),
    *_single(_S.ASSETS, "house_granted", "house_owned", "land_granted", "land_owned", sensitive="assets"),
    *_single(_S.ASSETS, "land_production", sensitive="assets"),
)  # fmt: skip

ITEMS: Mapping[str, Item] = {item.key: item for item in _ALL}
"""Every item by its key, in the order a record is read."""

MORE_LABELS: dict[str, str] = {
    "person_kind": "Loại cán bộ",
    "managed_by": "Diện quản lý",
    "left_on": "Ngày thôi công tác",
    "left_kind": "Lý do thôi công tác",
    "history_arrest": "Bị bắt, bị tù",
    "foreign_relatives": "Thân nhân ở nước ngoài",
    "income_salary": "Thu nhập từ lương",
    "income_other": "Các nguồn thu nhập khác",
    "house_granted": "Nhà ở được cấp, được thuê",
    "house_owned": "Nhà ở tự mua, tự xây",
    "land_granted": "Đất ở được cấp",
    "land_owned": "Đất ở tự mua",
    "land_production": "Đất sản xuất, kinh doanh",
    "allowances": "Các loại phụ cấp khác",
    "posts": "Chức vụ đã và đang giữ",
    "plannings": "Quy hoạch",
    "evaluations": "Đánh giá, xếp loại hằng năm",
    "old_regime": "Làm việc cho chế độ cũ",
    "foreign_organisations": "Quan hệ với tổ chức nước ngoài",
}
"""Words for items that stand in the record only, beside those read on papers."""

MORE_COLUMN_LABELS: dict[str, str] = {
    "kind": "Loại",
    "percent": "Phần trăm hưởng",
    "coefficient": "Hệ số",
    "term_months": "Thời hạn (tháng)",
    "decision_no": "Số quyết định",
    "decision_on": "Ngày quyết định",
    "term": "Nhiệm kỳ",
    "rating": "Xếp loại",
    "points": "Điểm",
    "side": "Bên",
}

LABELS: Mapping[str, str] = {**FIELD_LABELS, **TABLE_LABELS, **MORE_LABELS}
COLUMNS: Mapping[str, str] = {**COLUMN_LABELS, **MORE_COLUMN_LABELS}

CODED_COLUMN: Mapping[str, str] = {
    item.key: next((column.key for column in item.columns if column.list_code), "") for item in _ALL if item.columns
}
"""The column of a table whose code the fact bears: the post of a career row, the award of a course."""
CODED_COLUMN = {**CODED_COLUMN, "training": "award"}

MAIN_COLUMN: Mapping[str, str] = {
    "training": "subject", "career": "what", "salary_history": "rank_code", "allowances": "kind",
    "posts": "position", "plannings": "position", "rewards_table": "form", "discipline_table": "form",
    "evaluations": "rating", "family": "full_name", "old_regime": "what", "foreign_organisations": "what",
}  # fmt: skip
"""The column that stands for a row when one line must do."""


def sensitive_group(key: str) -> str:
    """The sensitive group of a value's key on paper or in the record ("discipline_table.1.form"); "" for none."""
    item = ITEMS.get(key.partition(".")[0])
    return item.sensitive if item else ""
