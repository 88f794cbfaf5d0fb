"""Values of the access policy: each with its default, its bounds and its words. Changed by two persons, by date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Setting:
    """One value of the policy: a whole number between bounds that the rules of the house leave open."""

    default: int
    lowest: int
    highest: int


SETTINGS: Mapping[str, Setting] = {
    "export_limit": Setting(100, 1, 5000),
    "export_days": Setting(3, 1, 14),
    "approval_days": Setting(14, 1, 60),
    "delegation_days_max": Setting(90, 1, 366),
    "grant_review_months": Setting(12, 1, 36),
    "consultation_days_max": Setting(10, 1, 60),
    "emergency_minutes": Setting(60, 5, 60),
    "emergency_month_max": Setting(3, 1, 20),
    "anchor_warn_hours": Setting(4, 1, 24),
    "anchor_stop_hours": Setting(24, 2, 24),
    "work_from": Setting(7, 0, 12),
    "work_until": Setting(18, 12, 24),
}
LABELS: dict[str, str] = {
    "export_limit": "Số người một người được xuất trong 24 giờ mà không cần hai người",
    "export_days": "Số ngày được lấy tệp sau khi việc xuất được duyệt",
    "approval_days": "Số ngày một đề nghị cần hai người chờ quyết định",
    "delegation_days_max": "Số ngày dài nhất của một lần uỷ quyền",
    "grant_review_months": "Số tháng phải rà soát lại một quyền đã cấp",
    "consultation_days_max": "Số ngày làm việc dài nhất của một lần nghiên cứu hồ sơ",
    "emergency_minutes": "Số phút của một lần mở khẩn cấp",
    "emergency_month_max": "Số lần một người được mở khẩn cấp trong 30 ngày",
    "anchor_warn_hours": "Số giờ chưa có chứng kiến nhật ký thì cảnh báo",
    "anchor_stop_hours": "Số giờ chưa có chứng kiến nhật ký thì dừng đọc Tối mật trở lên",
    "work_from": "Giờ bắt đầu làm việc",
    "work_until": "Giờ kết thúc làm việc",
}
UNITS: dict[str, str] = {
    "export_limit": "người",
    "export_days": "ngày",
    "approval_days": "ngày",
    "delegation_days_max": "ngày",
    "grant_review_months": "tháng",
    "consultation_days_max": "ngày",
    "emergency_minutes": "phút",
    "emergency_month_max": "lần",
    "anchor_warn_hours": "giờ",
    "anchor_stop_hours": "giờ",
    "work_from": "giờ",
    "work_until": "giờ",
}


def fits(key: str, value: int) -> bool:
    """Whether a value may stand for a key at all."""
    known = SETTINGS[key]
    return known.lowest <= value <= known.highest
