"""The invented province "Lam Giang": its units before and after July 2025, its accounts, its open tasks.

Two invented provinces (Lam Thượng and Giang Khê) became one on 01/07/2025 and their districts ended, as
the reorganisation of that day did to real ones (domain.md §8). One root holds three subtrees: the Party,
the Front and its organisations, and the government.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from oms.domain.record_items import SENSITIVE_LABELS

Block = Literal["party", "front", "government"]
Role = Literal["scanning_clerk", "records_officer", "leader", "security_reviewer", "security_officer", "administrator"]
SuccessionKind = Literal["sap_nhap", "hop_nhat", "doi_ten", "giai_the", "chuyen"]

ROOT = "LG"
MERGED_ON = date(2025, 7, 1)
LAST_OLD_DAY = date(2025, 6, 30)
EVERY = tuple(SENSITIVE_LABELS)
COMPARTMENT = "bvctnb"
"""Bảo vệ chính trị nội bộ: papers only readers holding this compartment may see."""


@dataclass(frozen=True)
class DemoUnit:
    """One organisation; `kind` says its level, `block` is None only for the root (land, not an office)."""

    code: str
    name: str
    kind: str
    block: Block | None
    parent_code: str | None
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True)
class DemoSuccession:
    """One unit's work passing to another on a day, by a numbered decision."""

    predecessor_code: str
    successor_code: str
    kind: SuccessionKind
    on_date: date
    decision_no: str


@dataclass(frozen=True)
class DemoAccount:
    """One sign-in. `scope_codes` are subtree heads; `clearance` 0 none, 1 Mật, 2 Tối mật, 3 Tuyệt mật."""

    username: str
    display_name: str
    role: Role
    unit_code: str
    scope_codes: tuple[str, ...]
    clearance: int = 0
    compartments: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()


@dataclass(frozen=True)
class DemoTask:
    """An open task a reading purpose can cite."""

    number: str
    title: str
    unit_code: str


def _standing(code: str, name: str, kind: str, block: Block, parent: str) -> DemoUnit:
    """A unit of the new province, from the day it was formed."""
    return DemoUnit(code, name, kind, block, parent, MERGED_ON)


def _ended(code: str, name: str, kind: str, block: Block, parent: str, since: int) -> DemoUnit:
    """A unit that ended with the reorganisation; `since` is the year it was set up."""
    return DemoUnit(code, name, kind, block, parent, date(since, 1, 1), LAST_OLD_DAY)


UNITS: tuple[DemoUnit, ...] = (
    DemoUnit(ROOT, "Tỉnh Lam Giang", "tinh", None, None, MERGED_ON),
    # The Party
    _standing("LG-D", "Tỉnh uỷ Lam Giang", "tinh", "party", ROOT),
    _standing("LG-D-VP", "Văn phòng Tỉnh uỷ", "ban", "party", "LG-D"),
    _standing("LG-D-BTC", "Ban Tổ chức Tỉnh uỷ", "ban", "party", "LG-D"),
    _standing("LG-D-UBKT", "Uỷ ban Kiểm tra Tỉnh uỷ", "ban", "party", "LG-D"),
    _standing("LG-D-TGDV", "Ban Tuyên giáo và Dân vận Tỉnh uỷ", "ban", "party", "LG-D"),
    _standing("LG-D-NC", "Ban Nội chính Tỉnh uỷ", "ban", "party", "LG-D"),
    _standing("LG-D-VK", "Đảng uỷ xã Vân Khởi", "xa", "party", "LG-D"),
    _standing("LG-D-TN", "Đảng uỷ xã Thượng Ngưỡng", "xa", "party", "LG-D"),
    _standing("LG-D-DL", "Đảng uỷ phường Đức Lẫm", "xa", "party", "LG-D"),
    _ended("LT-D", "Tỉnh uỷ Lam Thượng", "tinh", "party", "LG-D", 1991),
    _ended("LT-D-BTC", "Ban Tổ chức Tỉnh uỷ Lam Thượng", "ban", "party", "LT-D", 1991),
    _ended("LT-D-VK", "Huyện uỷ Vân Khởi", "huyen", "party", "LT-D", 1991),
    _ended("LT-D-TN", "Huyện uỷ Thượng Ngưỡng", "huyen", "party", "LT-D", 1997),
    _ended("GK-D", "Tỉnh uỷ Giang Khê", "tinh", "party", "LG-D", 1991),
    _ended("GK-D-BTC", "Ban Tổ chức Tỉnh uỷ Giang Khê", "ban", "party", "GK-D", 1991),
    _ended("GK-D-DL", "Thị uỷ Đức Lẫm", "huyen", "party", "GK-D", 2004),
    # The Front and the organisations
    _standing("LG-M", "Uỷ ban Mặt trận Tổ quốc Việt Nam tỉnh Lam Giang", "tinh", "front", ROOT),
    _standing("LG-M-TD", "Tỉnh Đoàn Lam Giang", "ban", "front", "LG-M"),
    _standing("LG-M-PN", "Hội Liên hiệp Phụ nữ tỉnh Lam Giang", "ban", "front", "LG-M"),
    _standing("LG-M-LD", "Liên đoàn Lao động tỉnh Lam Giang", "ban", "front", "LG-M"),
    _standing("LG-M-VK", "Uỷ ban Mặt trận Tổ quốc Việt Nam xã Vân Khởi", "xa", "front", "LG-M"),
    _ended("LT-M-TD", "Tỉnh Đoàn Lam Thượng", "ban", "front", "LG-M", 1991),
    # The government
    _standing("LG-C", "Uỷ ban nhân dân tỉnh Lam Giang", "tinh", "government", ROOT),
    _standing("LG-C-VP", "Văn phòng Uỷ ban nhân dân tỉnh", "so", "government", "LG-C"),
    _standing("LG-C-SNV", "Sở Nội vụ", "so", "government", "LG-C"),
    _standing("LG-C-STC", "Sở Tài chính", "so", "government", "LG-C"),
    _standing("LG-C-SGD", "Sở Giáo dục và Đào tạo", "so", "government", "LG-C"),
    _standing("LG-C-SNN", "Sở Nông nghiệp và Môi trường", "so", "government", "LG-C"),
    _standing("LG-C-VK", "Uỷ ban nhân dân xã Vân Khởi", "xa", "government", "LG-C"),
    _standing("LG-C-TN", "Uỷ ban nhân dân xã Thượng Ngưỡng", "xa", "government", "LG-C"),
    _standing("LG-C-DL", "Uỷ ban nhân dân phường Đức Lẫm", "xa", "government", "LG-C"),
    _ended("LT-C", "Uỷ ban nhân dân tỉnh Lam Thượng", "tinh", "government", "LG-C", 1991),
    _ended("LT-C-SNV", "Sở Nội vụ tỉnh Lam Thượng", "so", "government", "LT-C", 2003),
    _ended("LT-C-VK", "Uỷ ban nhân dân huyện Vân Khởi", "huyen", "government", "LT-C", 1991),
    _ended("GK-C", "Uỷ ban nhân dân tỉnh Giang Khê", "tinh", "government", "LG-C", 1991),
    _ended("GK-C-STC", "Sở Tài chính tỉnh Giang Khê", "so", "government", "GK-C", 1991),
    _ended("GK-C-DL", "Uỷ ban nhân dân thị xã Đức Lẫm", "huyen", "government", "GK-C", 2004),
)


def _passed(old: str, new: str, kind: SuccessionKind, decision_no: str) -> DemoSuccession:
    """A succession on the day of the reorganisation."""
    return DemoSuccession(old, new, kind, MERGED_ON, decision_no)


SUCCESSIONS: tuple[DemoSuccession, ...] = (
    _passed("LT-D", "LG-D", "hop_nhat", "01-QĐ/TU"),
    _passed("GK-D", "LG-D", "hop_nhat", "01-QĐ/TU"),
    _passed("LT-D-BTC", "LG-D-BTC", "hop_nhat", "04-QĐ/TU"),
    _passed("GK-D-BTC", "LG-D-BTC", "hop_nhat", "04-QĐ/TU"),
    _passed("LT-D-VK", "LG-D-VK", "giai_the", "11-QĐ/TU"),
    _passed("LT-D-TN", "LG-D-TN", "giai_the", "11-QĐ/TU"),
    _passed("GK-D-DL", "LG-D-DL", "giai_the", "12-QĐ/TU"),
    _passed("LT-M-TD", "LG-M-TD", "hop_nhat", "02-QĐ/MTTQ"),
    _passed("LT-C", "LG-C", "hop_nhat", "01/QĐ-UBND"),
    _passed("GK-C", "LG-C", "hop_nhat", "01/QĐ-UBND"),
    _passed("LT-C-SNV", "LG-C-SNV", "hop_nhat", "07/QĐ-UBND"),
    _passed("GK-C-STC", "LG-C-STC", "sap_nhap", "08/QĐ-UBND"),
    _passed("LT-C-VK", "LG-C-VK", "giai_the", "15/QĐ-UBND"),
    _passed("GK-C-DL", "LG-C-DL", "giai_the", "16/QĐ-UBND"),
)

ACCOUNTS: tuple[DemoAccount, ...] = (
    DemoAccount("vanthu.dang", "Lương Thị Mơ", "scanning_clerk", "LG-D-BTC", ("LG-D",), 1),
    DemoAccount("vanthu.noivu", "Phùng Đức Thuỷ", "scanning_clerk", "LG-C-SNV", ("LG-C",)),
    DemoAccount("vanthu.kiemtra", "Doãn Thị Khuê", "scanning_clerk", "LG-C-SNV", ("LG-C",)),
    DemoAccount("vanthu.mattran", "Kiều Thị Ngân", "scanning_clerk", "LG-M", ("LG-M",)),
    DemoAccount("vanthu.bvct", "Tạ Quang Ước", "scanning_clerk", "LG-D-BTC", ("LG-D",), 2, (COMPARTMENT,)),
    DemoAccount("canbo.tochuc", "Đàm Thế Quyền", "records_officer", "LG-D-BTC", ("LG-D",), 2, (COMPARTMENT,), EVERY),
    DemoAccount(
        "canbo.noivu", "Nông Thị Hường", "records_officer", "LG-C-SNV", ("LG-C",), 1, (), ("health", "discipline")
    ),
    DemoAccount("canbo.mattran", "Ninh Văn Hạp", "records_officer", "LG-M", ("LG-M",), 0, (), EVERY),
    DemoAccount("lanhdao.tinh", "Chử Văn Đoàn", "leader", "LG-D", (ROOT,), 2, (COMPARTMENT,), EVERY),
    DemoAccount("lanhdao.xa", "Giáp Thị Lựu", "leader", "LG-D-VK", ("LG-D-VK", "LG-M-VK", "LG-C-VK")),
    DemoAccount("giamsat", "Âu Minh Trực", "security_reviewer", "LG-D-VP", (ROOT,)),
    DemoAccount("giamsat2", "Cù Thị Lài", "security_reviewer", "LG-C-VP", (ROOT,)),
    DemoAccount("baomat", "Tòng Văn Cấn", "security_officer", "LG-D-VP", ()),
    DemoAccount("baomat2", "Lều Thị Thoa", "security_officer", "LG-C-VP", ()),
    DemoAccount("quantri", "Bạch Hữu Nghĩa", "administrator", "LG-D-VP", ()),
)

TASKS: tuple[DemoTask, ...] = (
    DemoTask("NV-2026/03", "Rà soát quy hoạch nhiệm kỳ 2026–2031", "LG-D-BTC"),
    DemoTask("NV-2026/07", "Thẩm định hồ sơ bổ nhiệm Phó Giám đốc Sở Tài chính", "LG-D-BTC"),
    DemoTask("NV-2026/11", "Kiểm tra thời gian nâng bậc lương thường xuyên quý IV/2026", "LG-C-SNV"),
    DemoTask("NV-2026/12", "Đối chiếu ngày sinh, tuổi Đảng trước khi nghỉ hưu", "LG-D-BTC"),
    DemoTask("NV-2026/15", "Kiện toàn nhân sự Đảng uỷ xã Vân Khởi", "LG-D-VK"),
)


def unit(code: str) -> DemoUnit:
    """The unit of that code; KeyError when the province has none."""
    return _BY_CODE[code]


_BY_CODE = {each.code: each for each in UNITS}
