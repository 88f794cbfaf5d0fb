"""Values of the access policy: each with its default, its bounds and its words. Changed by two persons, by date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Setting:
    """One value of the policy: a whole number between bounds that the rules of the house leave open."""

    label: str
    unit: str
    default: int
    lowest: int
    highest: int


SETTINGS: Mapping[str, Setting] = {
    "export_limit": Setting("Số người một danh sách được xuất mà không cần hai người", "người", 100, 1, 5000),
    "export_days": Setting("Số ngày được lấy tệp sau khi việc xuất được duyệt", "ngày", 3, 1, 14),
    "approval_days": Setting("Số ngày một đề nghị cần hai người chờ quyết định", "ngày", 14, 1, 60),
    "delegation_days_max": Setting("Số ngày dài nhất của một lần uỷ quyền", "ngày", 90, 1, 366),
    "grant_review_months": Setting("Số tháng phải rà soát lại một quyền đã cấp", "tháng", 12, 1, 36),
    "consultation_days_max": Setting("Số ngày làm việc dài nhất của một lần nghiên cứu hồ sơ", "ngày", 10, 1, 60),
    "emergency_minutes": Setting("Số phút của một lần mở khẩn cấp", "phút", 60, 5, 60),
    "emergency_month_max": Setting("Số lần một người được mở khẩn cấp trong 30 ngày", "lần", 3, 1, 20),
    "anchor_warn_hours": Setting("Số giờ chưa có chứng kiến nhật ký thì cảnh báo", "giờ", 4, 1, 24),
    "anchor_stop_hours": Setting("Số giờ chưa có chứng kiến nhật ký thì dừng đọc Tối mật trở lên", "giờ", 24, 2, 24),
    "work_from": Setting("Giờ bắt đầu làm việc", "giờ", 7, 0, 12),
    "work_until": Setting("Giờ hết giờ làm việc", "giờ", 18, 12, 24),
}


def fits(key: str, value: int) -> bool:
    """Whether a value may stand for a key at all."""
    known = SETTINGS[key]
    return known.lowest <= value <= known.highest
