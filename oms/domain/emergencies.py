"""Emergency access: one dossier, a few minutes, told to others at once and judged afterwards. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

PURPOSE = "khan_cap"
"""What an opening made in an emergency names as its purpose; nobody can choose it at a dossier's door."""

REVIEW_WORKING_DAYS = 3
MIN_WITNESSES = 2
WINDOW = timedelta(days=30)
TRIES = 10
"""So many tries, good or not, are let through in the window: numbers are not to be guessed at."""
BARRED_FOR = timedelta(days=365)
"""How long a finding of "not justified" keeps its person from opening another."""


class Review(StrEnum):
    """What the review of an emergency found."""

    WAITING = "waiting"
    ESCALATED = "escalated"
    JUSTIFIED = "justified"
    UNJUSTIFIED = "unjustified"


REVIEW_LABELS: dict[str, str] = {
    "waiting": "Chờ hậu kiểm",
    "escalated": "Đã báo cáo cấp trên, chờ kết luận",
    "justified": "Có căn cứ",
    "unjustified": "Không có căn cứ",
}
OPEN = (Review.WAITING, Review.ESCALATED)


@dataclass(frozen=True)
class Past:
    """An emergency of the same person, as the rule about the next one sees it."""

    opened_at: datetime
    review: str
    review_by: date
    reviewed_at: datetime | None


def bar(past: Iterable[Past], at: datetime, today: date, most: int) -> str:
    """Why this person may not open another now: "overdue", "unjustified", "limit"; "" when they may."""
    known = list(past)
    if any(each.review in OPEN and each.review_by < today for each in known):
        return "overdue"
    if any(
        each.review == Review.UNJUSTIFIED and each.reviewed_at is not None and at - each.reviewed_at < BARRED_FOR
        for each in known
    ):
        return "unjustified"
    return "limit" if sum(at - each.opened_at < WINDOW for each in known) >= most else ""
