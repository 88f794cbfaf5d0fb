"""What criteria can ask of a record: each field with its kind, its closed list and its sensitive group. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from oms.domain.record_items import ITEMS


class Kind(StrEnum):
    """How a field is asked."""

    CHOICE = "choice"
    LEVEL = "level"
    NUMBER = "number"
    DATE = "date"
    AGE = "age"
    YES = "yes"
    UNIT = "unit"
    HELD = "held"
    TRAINING = "training"
    RATINGS = "ratings"
    WORDS = "words"


@dataclass(frozen=True)
class Field:
    """One field. ``column`` is where the head of a record holds it; ``sensitive`` its group of permission."""

    key: str
    kind: Kind
    group: str
    column: str = ""
    list_code: str = ""
    sensitive: str = ""

    @property
    def label(self) -> str:
        """The field in words."""
        return FIELD_LABELS[self.key]


GROUPS: dict[str, str] = {
    "person": "Bản thân",
    "party": "Đảng",
    "education": "Trình độ",
    "work": "Công tác",
    "pay": "Ngạch, lương",
    "merit": "Quy hoạch, thi đua, đánh giá",
}

FIELD_LABELS: dict[str, str] = {
    "sex": "Giới tính",
    "age": "Tuổi",
    "birth_date": "Ngày sinh",
    "ethnicity": "Dân tộc",
    "religion": "Tôn giáo",
    "person_kind": "Loại cán bộ",
    "managed_by": "Diện quản lý",
    "party_joined": "Ngày vào Đảng",
    "party_age": "Tuổi Đảng",
    "qualification": "Trình độ chuyên môn",
    "theory": "Lý luận chính trị",
    "management": "Quản lý nhà nước",
    "it": "Tin học",
    "training": "Đã qua đào tạo",
    "unit": "Đơn vị quản lý hồ sơ",
    "block": "Khối",
    "post": "Chức vụ hiện nay",
    "held": "Đã hoặc đang giữ chức vụ",
    "appointed": "Ngày bổ nhiệm",
    "recruited": "Ngày tuyển dụng",
    "service": "Số năm công tác",
    "working": "Đang công tác",
    "rank": "Ngạch",
    "coefficient": "Hệ số lương",
    "salary_from": "Ngày hưởng bậc lương",
    "planned": "Đã được quy hoạch",
    "rewards": "Số lần khen thưởng",
    "disciplines": "Số lần kỷ luật",
    "rating": "Xếp loại năm gần nhất",
    "ratings": "Xếp loại trong nhiều năm",
    "words": "Có chữ trong lý lịch",
}

_K = Kind
_FIELDS = (
    Field("sex", _K.CHOICE, "person", "sex", "gioi_tinh"),
    Field("age", _K.AGE, "person", "birth_date"),
    Field("birth_date", _K.DATE, "person", "birth_date"),
    Field("ethnicity", _K.CHOICE, "person", "ethnicity", "dan_toc"),
    Field("religion", _K.CHOICE, "person", "religion", "ton_giao", "religion"),
    Field("person_kind", _K.CHOICE, "person", "person_kind", "loai_can_bo"),
    Field("managed_by", _K.CHOICE, "person", "managed_by", "dien_quan_ly"),
    Field("party_joined", _K.DATE, "party", "party_joined_on"),
    Field("party_age", _K.AGE, "party", "party_joined_on"),
    Field("qualification", _K.LEVEL, "education", "qualification_level", "chuyen_mon"),
    Field("theory", _K.LEVEL, "education", "theory_level", "ly_luan"),
    Field("management", _K.LEVEL, "education", "management_level", "quan_ly_nha_nuoc"),
    Field("it", _K.LEVEL, "education", "it_level", "tin_hoc"),
    Field("training", _K.TRAINING, "education"),
    Field("unit", _K.UNIT, "work"),
    Field("block", _K.CHOICE, "work", "block"),
    Field("post", _K.CHOICE, "work", "position_code", "chuc_vu"),
    Field("held", _K.HELD, "work"),
    Field("appointed", _K.DATE, "work", "appointed_on"),
    Field("recruited", _K.DATE, "work", "recruited_on"),
    Field("service", _K.AGE, "work", "recruited_on"),
    Field("working", _K.YES, "work", "left_on"),
    Field("rank", _K.CHOICE, "pay", "rank_code", "ngach"),
    Field("coefficient", _K.NUMBER, "pay", "salary_coefficient"),
    Field("salary_from", _K.DATE, "pay", "salary_from"),
    Field("planned", _K.YES, "merit", "plannings"),
    Field("rewards", _K.NUMBER, "merit", "rewards"),
    Field("disciplines", _K.NUMBER, "merit", "disciplines", sensitive="discipline"),
    Field("rating", _K.CHOICE, "merit", "rating", "xep_loai"),
    Field("ratings", _K.RATINGS, "merit", list_code="xep_loai"),
    Field("words", _K.WORDS, "person"),
)

FIELDS: Mapping[str, Field] = {each.key: each for each in _FIELDS}

OPS: Mapping[Kind, tuple[str, ...]] = {
    Kind.CHOICE: ("in", "not_in"),
    Kind.LEVEL: ("ge", "le", "is"),
    Kind.NUMBER: ("ge", "le", "between"),
    Kind.DATE: ("before", "from", "between"),
    Kind.AGE: ("lt", "ge", "between"),
    Kind.YES: ("yes", "no"),
    Kind.UNIT: ("under",),
    Kind.HELD: ("is",),
    Kind.TRAINING: ("is",),
    Kind.RATINGS: ("in",),
    Kind.WORDS: ("has",),
}

OP_LABELS: dict[str, str] = {
    "in": "là một trong",
    "not_in": "không phải",
    "ge": "từ … trở lên",
    "le": "không quá",
    "is": "đúng là",
    "between": "trong khoảng",
    "before": "trước",
    "from": "từ … về sau",
    "lt": "dưới",
    "yes": "có",
    "no": "không",
    "under": "thuộc",
    "has": "có chữ",
}

ARGUMENTS: Mapping[Kind, tuple[str, ...]] = {
    Kind.CHOICE: ("codes",),
    Kind.LEVEL: ("code",),
    Kind.NUMBER: ("value", "to"),
    Kind.DATE: ("value", "to"),
    Kind.AGE: ("value", "to"),
    Kind.YES: (),
    Kind.UNIT: ("path", "former"),
    Kind.HELD: ("codes", "level", "block", "since", "until", "months"),
    Kind.TRAINING: ("kind", "award"),
    Kind.RATINGS: ("codes", "times", "years"),
    Kind.WORDS: ("item", "text"),
}
"""What a condition of each kind may say beside its field and how it compares; all of it text."""

POST_LEVELS: dict[str, str] = {
    "tinh": "cấp tỉnh",
    "huyen": "cấp huyện",
    "xa": "cấp xã",
    "phong": "cấp phòng",
    "chi_bo": "chi bộ",
}


def group_needed(what: str, item: str) -> str:
    """The sensitive group a condition needs: its field's, or that of the item its words are looked for in."""
    if what == "words":
        return ITEMS[item].sensitive if item in ITEMS else ""
    return FIELDS[what].sensitive
