"""Records: states of scans, pages and documents, and the numbering of a contents list."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from enum import StrEnum

HANOI = timezone(timedelta(hours=7))
"""Days and times are told as the office counts them, wherever the server stands."""


def day_in_hanoi(at: datetime) -> date:
    """The day of a time as the office counts it."""
    return at.astimezone(HANOI).date()


def first_day(iso: str) -> date | None:
    """The first day a partial date may mean ("1961", "1961-08", "1961-08-05"); None when it is none."""
    try:
        return date.fromisoformat({4: f"{iso}-01-01", 7: f"{iso}-01"}.get(len(iso), iso))
    except ValueError:
        return None


class ScanState(StrEnum):
    """A received file's way: waiting → reading → read | flagged; rejected with a reason."""

    WAITING = "waiting"
    READING = "reading"
    READ = "read"
    FLAGGED = "flagged"
    REJECTED = "rejected"


class PageState(StrEnum):
    """A page's way: waiting → reading → read; failed after repeated attempts."""

    WAITING = "waiting"
    READING = "reading"
    READ = "read"
    FAILED = "failed"


class DocumentState(StrEnum):
    """proposed by the machine → filed by a person; or set aside in the orphan queue with a reason."""

    PROPOSED = "proposed"
    ORPHAN = "orphan"
    FILED = "filed"
    DISCARDED = "discarded"


class CopyState(StrEnum):
    """An archival copy's way: waiting → making → made; failed with a reason after repeated attempts."""

    WAITING = "waiting"
    MAKING = "making"
    MADE = "made"
    FAILED = "failed"


STATE_LABELS: dict[str, str] = {
    ScanState.WAITING: "Chờ đọc",
    ScanState.READING: "Đang đọc",
    ScanState.READ: "Đã đọc",
    ScanState.FLAGGED: "Đã đọc, cần xem",
    ScanState.REJECTED: "Không nhận",
    PageState.FAILED: "Không đọc được",
    DocumentState.PROPOSED: "Chờ duyệt",
    DocumentState.ORPHAN: "Chưa rõ, để riêng",
    DocumentState.FILED: "Đã vào hồ sơ",
    DocumentState.DISCARDED: "Trang trắng, không vào hồ sơ",
}


def page_span(first: int, count: int) -> str:
    """Sheet numbers of one document in the contents list: "3" or "3–7"."""
    return str(first) if count <= 1 else f"{first}–{first + count - 1}"


def file_label(scan_id: str, pages: str = "") -> str:
    """How the journal names a file, or pages of it, without the file's name: a name may name a person."""
    return f"tệp {scan_id[:8]}" + (f" · tr. {pages}" if pages else "")


SECRECY_LETTERS = {0: "", 1: "M", 2: "TM", 3: "TTM"}


def serial_label(serial: int | None, secrecy: int, compartment: str) -> str:
    """A paper's number in the contents list: "3"; "M-3" in the series of Mật papers; "bvctnb-M-1" in a compartment."""
    return "-".join(filter(None, [compartment, SECRECY_LETTERS.get(secrecy, "?"), str(serial or "")]))
