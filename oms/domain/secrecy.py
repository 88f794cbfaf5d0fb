"""State secrets: levels and their register symbols, bases and periods, and the zones where their pixels may lie.

Two attributes stand side by side. A cadre file is *handled* as restricted, always: it is kept and lent like a secret
paper without being one. A *level* (Mật, Tối mật, Tuyệt mật) is given to a paper or a dossier on a day, by somebody who
may, on a basis of the lists of state secrets, until a day. Pure: periods and bases are rows of the catalogue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from oms.domain.access import Secrecy
from oms.domain.dated_rows import Catalogue, NoSuchRow, Row
from oms.domain.keeping import after_years

RESTRICTED = "restricted"
"""How every cadre file is handled, whatever its level (TT 11/2012, art. 3; 24-QĐ/TW)."""

SYMBOLS: dict[int, str] = {Secrecy.MAT: "C", Secrecy.TOI_MAT: "B", Secrecy.TUYET_MAT: "A"}
"""The letter a level has in registers (NĐ 63/2026, annex III, read at second hand)."""

BASES = "can_cu_mat"
"""The list of bases: items of the lists of state secrets."""

ISOLATED = "isolated_lan"
"""The one zone in which a state secret may be drafted, kept or scanned: a network that leaves no building."""


class Act(StrEnum):
    """What a row of the history of a level says."""

    SET = "set"
    RAISE = "raise"
    EXTEND = "extend"
    LOWER = "lower"


ACT_LABELS: dict[str, str] = {
    Act.SET: "Xác định độ mật",
    Act.RAISE: "Nâng độ mật",
    Act.EXTEND: "Gia hạn bảo vệ",
    Act.LOWER: "Giải mật, hạ độ mật",
}


COPY_ENDS: dict[str, str] = {"returned": "đã thu hồi", "destroyed": "đã tiêu huỷ"}
COPY_ACTS: dict[str, str] = {
    "archival": "Bản lưu trữ của tài liệu",
    "export": "Xuất hồ sơ",
    "exchange": "Gói trao đổi hồ sơ",
    "profile": "Trích dọc",
    "list": "Danh sách, trích ngang",
    "report": "Báo cáo",
    "alert": "Danh sách việc đến hạn",
    "minutes": "Biên bản",
    "form": "Phiếu, sổ nghiên cứu hồ sơ",
}


def may_hold(zone: str, level: int) -> bool:
    """Whether pixels and words of this level may lie in an installation of this zone."""
    return level == Secrecy.NONE or zone == ISOLATED


def bases_for(catalogue: Catalogue, level: int, day: date) -> list[Row]:
    """The bases on which this level may be given on a day; law 117/2025 forbids a level without one."""
    return [row for row in catalogue.rows(BASES, day) if level in _levels(row)]


def _levels(row: Row) -> Sequence[int]:
    found = row.extra.get("levels", ())
    return [int(level) for level in found] if isinstance(found, list) else ()


def latest_end(catalogue: Catalogue, level: int, since: date) -> date | None:
    """The last day of the protection of a level given on ``since``; None when no rule says how long."""
    try:
        years = catalogue.number(f"secrecy_years.{level}", since)
    except NoSuchRow:
        return None
    return after_years(since, int(years))


def unsure(catalogue: Catalogue, day: date) -> bool:
    """Whether any period or basis in force was not held against its source yet."""
    codes = [f"secrecy_years.{level}" for level in SYMBOLS]
    rows = [catalogue.find("quy_tac", code, day) for code in codes] + list(catalogue.rows(BASES, day))
    return any(row is not None and row.mark in ("M", "?") for row in rows)


class Standing(StrEnum):
    """How near a level is to the end of its protection."""

    NO_BASIS = "no_basis"
    RUNNING = "running"
    DUE = "due"
    LATE = "late"
    ENDED = "ended"


STANDING_LABELS: dict[str, str] = {
    Standing.NO_BASIS: "Chưa ghi căn cứ",
    Standing.RUNNING: "Đang bảo vệ",
    Standing.DUE: "Sắp hết hạn",
    Standing.LATE: "Đã quá ngày phải quyết định gia hạn",
    Standing.ENDED: "Đã hết thời hạn bảo vệ",
}


@dataclass(frozen=True)
class Notice:
    """Days before the end of protection: when it is listed, and by when an extension has to be decided."""

    listed: int = 180
    decided: int = 60

    @classmethod
    def of(cls, catalogue: Catalogue, day: date) -> Notice:
        """The days in force on a day."""
        try:
            return cls(
                int(catalogue.number("secrecy_due_days", day)), int(catalogue.number("secrecy_extend_days", day))
            )
        except NoSuchRow:
            return cls()


def standing(level: int, ends: date | None, based: bool, today: date, notice: Notice) -> Standing:
    """Where a level stands today. A level never ends by itself: an ended one waits for a decision."""
    if level and not based:
        return Standing.NO_BASIS
    if ends is None or today < ends - timedelta(days=notice.listed):
        return Standing.RUNNING
    if today > ends:
        return Standing.ENDED
    return Standing.LATE if today > ends - timedelta(days=notice.decided) else Standing.DUE


def fallen(held: int, before: int, after: int) -> int:
    """The level of what rests on something whose own level fell from ``before`` to ``after``.

    What had its level from it falls with it; what stood higher for a reason of its own stays.
    """
    return after if held == before else held


def copy_mark(level: int, number: int, of: int) -> str:
    """What is stamped on every page of a copy of a secret: its level and its number."""
    words = {Secrecy.MAT: "MẬT", Secrecy.TOI_MAT: "TỐI MẬT", Secrecy.TUYET_MAT: "TUYỆT MẬT"}
    return f"{words[Secrecy(level)]} · BẢN SAO SỐ {number}/{of}"


def name_mark(level: int) -> str:
    """What a file's name carries of its level, ASCII: "-MAT", "-TOIMAT", "-TUYETMAT"; "" for what is no secret."""
    return {Secrecy.MAT: "-MAT", Secrecy.TOI_MAT: "-TOIMAT", Secrecy.TUYET_MAT: "-TUYETMAT"}.get(Secrecy(level), "")
