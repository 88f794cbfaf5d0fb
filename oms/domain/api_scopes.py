"""What a token of a program may try: areas of the work, each to be read or to be written in."""

from __future__ import annotations

from collections.abc import Iterable

READ, WRITE = "read", "write"

AREAS: dict[str, str] = {
    "me": "Tài khoản và thông báo của tôi",
    "units": "Đơn vị, danh mục",
    "search": "Tìm kiếm",
    "dossiers": "Hồ sơ, lý lịch",
    "documents": "Tài liệu trong hồ sơ",
    "scanning": "Đợt số hoá, tệp quét",
    "desk": "Bàn duyệt, kiểm tra lần hai",
    "changes": "Thay đổi, bổ sung hồ sơ",
    "custody": "Mượn, chuyển, kiểm kê, tiêu huỷ",
    "exchange": "Trao đổi hồ sơ",
    "links": "Liên kết hồ sơ của một người",
    "cases": "Hồ sơ công việc",
    "procedures": "Thủ tục",
    "directives": "Chỉ đạo, nhiệm vụ",
    "consultations": "Nghiên cứu hồ sơ",
    "reports": "Báo cáo, số liệu, đến hạn",
    "approvals": "Việc cần hai người",
    "journal": "Nhật ký",
    "accounts": "Tài khoản, cấp quyền",
}
"""Area → its words, in the order they are offered."""

LONGEST_DAYS = 365
"""How many days a token works at most."""


def scope(area: str, writes: bool) -> str:
    """The word for one right: "cases:write"."""
    return f"{area}:{WRITE if writes else READ}"


EVERY = tuple(scope(area, writes) for area in AREAS for writes in (False, True))


def checked(scopes: Iterable[str]) -> tuple[str, ...]:
    """Those asked for that there are, each once, in order."""
    asked = set(scopes)
    return tuple(each for each in EVERY if each in asked)
