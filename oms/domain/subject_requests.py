"""Requests of the person a record is about: their kinds, states and legal clock (Law 91/2025/QH15). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from oms.domain.dated_rows import Catalogue
from oms.domain.working_days import Calendar, after_days, after_working


class RequestKind(StrEnum):
    """What is asked for."""

    EXTRACT = "extract"
    VIEWERS = "viewers"
    CORRECTION = "correction"
    OBJECTION = "objection"
    DELETION = "deletion"


class RequestState(StrEnum):
    """Where a request stands: received → replied → done | refused; done or refused may come at once."""

    OPEN = "open"
    REPLIED = "replied"
    DONE = "done"
    REFUSED = "refused"


REQUEST_KIND_LABELS: dict[str, str] = {
    RequestKind.EXTRACT: "Trích thông tin của mình",
    RequestKind.VIEWERS: "Cho biết ai đã xem",
    RequestKind.CORRECTION: "Đính chính thông tin",
    RequestKind.OBJECTION: "Hạn chế, phản đối xử lý",
    RequestKind.DELETION: "Xoá thông tin",
}
REQUEST_STATE_LABELS: dict[str, str] = {
    RequestState.OPEN: "Mới nhận",
    RequestState.REPLIED: "Đã phản hồi",
    RequestState.DONE: "Đã làm xong",
    RequestState.REFUSED: "Đã từ chối",
}
RUNNING = (RequestState.OPEN, RequestState.REPLIED)


@dataclass(frozen=True)
class Clock:
    """The last days: to say that the request was received and what follows, and to have done it."""

    reply_due: date
    done_due: date


def clock(kind: str, received: date, catalogue: Catalogue, calendar: Calendar) -> Clock:
    """The days of the law that hold when the request is received. NoSuchRow when the catalogue has none."""
    reply = int(catalogue.number("subject.reply", received))
    days = int(catalogue.number(f"subject.{kind}", received))
    return Clock(after_working(received, reply, calendar), after_days(received, days, calendar))


def extended(kind: str, received: date, catalogue: Catalogue, calendar: Calendar) -> date:
    """The last day after the one extension that is allowed: the longer count, still from the day of receipt.

    The rule's words leave open whether the longer count begins anew; the shorter reading is taken.
    """
    days = int(catalogue.number(f"subject.{kind}", received, "extended"))
    return after_days(received, days, calendar)


def days_left(due: date, today: date) -> int:
    """Days until a last day; negative when it is past."""
    return (due - today).days
