"""What the pages of cases share: their blueprint, the words of states, days left, where another desk's work is done."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for

from oms.domain.access import Principal
from oms.domain.casework import MOVE_LABELS, STATE_LABELS, CaseState
from oms.domain.procedures import DAY_KIND_LABELS, STAGE_LABELS
from oms.services.casework import Case
from oms.web.case_words import SUBJECT_WORDS, subject_place
from oms.web.sayings import gettext as _
from oms.web.words import Words

blueprint = Blueprint("cases", __name__, url_prefix="/ho-so-cong-viec")
STATES, MOVES, STAGES = Words(STATE_LABELS), Words(MOVE_LABELS), Words(STAGE_LABELS)
DAYS = Words(DAY_KIND_LABELS)
STANCES = Words({"agree": "Đồng ý", "comment": "Có ý kiến", "disagree": "Không đồng ý"})
ACTS = Words(
    {
        "receive": "Tiếp nhận",
        "forward": "Chuyển bước sau",
        "back": "Trả lại",
        "suspend": "Tạm dừng",
        "resume": "Tiếp tục",
        "refuse": "Từ chối giải quyết",
        "withdraw": "Rút",
        "hand_over": "Bàn giao",
        "assign": "Giao việc",
        "late": "Ghi lý do chậm",
        "remind": "Nhắc hạn",
        "escalate": "Báo người đứng đầu",
    }
)
SOON = 3
"""Working days left at which a last day is marked."""


def subject_page(person: Principal, case: Case) -> str:
    """The address where this person finds the work of another desk; "" for an own case, and where they have none."""
    endpoint, name = subject_place(person, case.subject_kind or "")
    named: dict[str, Any] = {name: case.subject_id or ""}
    return url_for(endpoint, **named) if endpoint else ""


def days_words(case: Case, left: int | None) -> tuple[str, str]:
    """What is said of a case's last day, and the kind of mark: "" | doubt | refused."""
    if case.state == CaseState.SUSPENDED:
        return _("đồng hồ dừng"), "doubt"
    if case.state != CaseState.RUNNING:
        late = case.late_days
        return (_("chậm %(n)s ngày", n=late), "refused") if late else ("", "")
    return left_words(left)


def left_words(left: int | None) -> tuple[str, str]:
    """Working days left in words, and the kind of mark."""
    if left is None:
        return _("không có hạn"), ""
    if left < 0:
        return _("quá hạn %(n)s ngày", n=-left), "refused"
    if left == 0:
        return _("hôm nay"), "doubt"
    return _("còn %(n)s ngày", n=left), "doubt" if left <= SOON else ""


def shared() -> dict[str, Any]:
    """The words every page of cases uses."""
    return {
        "states": STATES,
        "stages": STAGES,
        "acts": ACTS,
        "stances": STANCES,
        "subjects": SUBJECT_WORDS,
        "day_kinds": DAYS,
        "days_words": days_words,
        "left_words": left_words,
    }
