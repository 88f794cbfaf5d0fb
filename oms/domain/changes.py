"""Changes of a record as cases: their states, what each step needs, who may decide. Pure.

draft → waiting → decided | withdrawn. A change goes back to draft only while nobody has decided on any of its items.
Whoever created or submitted it, or typed one of its items, never decides on it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from oms.domain.record_items import ITEMS


class ChangeState(StrEnum):
    """Where a change stands."""

    DRAFT = "draft"
    WAITING = "waiting"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"


class ItemState(StrEnum):
    """What has been said of one item."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"


class Act(StrEnum):
    """What an item does to the record."""

    ADD = "add"
    REPLACE = "replace"
    END = "end"


class Step(StrEnum):
    """What can be done with a change."""

    EDIT = "edit"
    SUBMIT = "submit"
    TAKE_BACK = "take_back"
    WITHDRAW = "withdraw"
    DECIDE = "decide"


STATE_LABELS: dict[str, str] = {
    ChangeState.DRAFT: "Nháp",
    ChangeState.WAITING: "Chờ duyệt",
    ChangeState.DECIDED: "Đã quyết định",
    ChangeState.WITHDRAWN: "Đã rút",
}
ITEM_STATE_LABELS: dict[str, str] = {
    ItemState.OPEN: "Chưa quyết định",
    ItemState.APPROVED: "Đã duyệt",
    ItemState.REJECTED: "Không duyệt",
}
ACT_LABELS: dict[str, str] = {Act.ADD: "Thêm", Act.REPLACE: "Thay", Act.END: "Kết thúc"}
KIND_LABELS: dict[str, str] = {
    "change": "Thay đổi",
    "correction": "Sửa thông tin trọng yếu",
    "supplement": "Bổ sung hằng năm",
}

DECISION_TYPES = ("quyet_dinh", "ket_luan", "nghi_quyet", "bien_ban", "thong_bao")
"""Types of papers that can be the collective leadership's decision on a correction."""

PROGRESSING = frozenset(
    ("general_education", "highest_qualification", "academic_title", "political_theory", "state_management")
)
"""Key facts that a later one may follow without any correction: the earlier level stays true of its time."""


class WrongStep(ValueError):
    """The step is not open in this state; the message says why, in Vietnamese."""


@dataclass(frozen=True)
class Tally:
    """How many items of a change are open and how many decided."""

    open: int = 0
    decided: int = 0


_SAID = {
    Step.EDIT: "Chỉ sửa được phiếu đang là nháp.",
    Step.SUBMIT: "Chỉ trình được phiếu đang là nháp.",
    Step.TAKE_BACK: "Chỉ lấy về được phiếu đang chờ duyệt và chưa có mục nào được quyết định.",
    Step.WITHDRAW: "Chỉ rút được phiếu chưa có mục nào được quyết định.",
    Step.DECIDE: "Phiếu này không ở trạng thái chờ duyệt.",
}


def moved(state: str, step: Step, items: Tally) -> ChangeState:
    """The state after a step. For DECIDE ``items`` is the tally after the decision. WrongStep when it is not open."""
    now = ChangeState(state)
    if step is Step.EDIT and now is ChangeState.DRAFT:
        return now
    if step is Step.SUBMIT and now is ChangeState.DRAFT:
        if not items.open:
            raise WrongStep("Phiếu chưa có mục thay đổi nào.")
        return ChangeState.WAITING
    if step is Step.TAKE_BACK and now is ChangeState.WAITING and not items.decided:
        return ChangeState.DRAFT
    if step is Step.WITHDRAW and now in (ChangeState.DRAFT, ChangeState.WAITING) and not items.decided:
        return ChangeState.WITHDRAWN
    if step is Step.DECIDE and now is ChangeState.WAITING:
        return ChangeState.WAITING if items.open else ChangeState.DECIDED
    raise WrongStep(_SAID[step])


def may_decide(account_id: str, hands: Collection[str | None]) -> bool:
    """Whether this person is another one than all who made the change: separation of duties."""
    return account_id not in hands


def is_correction(item: str, act: str) -> bool:
    """Whether the act corrects a key fact, which the collective leadership decides (01-QCTC/TW)."""
    return ITEMS[item].key_fact and act != Act.ADD


def add_problem(item: str, starts: str, held: Collection[str]) -> str:
    """Why a key fact cannot simply be added beside those in force (``held``: since when each counts); "" when it can.

    Otherwise adding a second birth date would be a way round the rule on corrections.
    """
    known = ITEMS[item]
    if known.is_table or not known.key_fact or not held:
        return ""
    if item not in PROGRESSING:
        return f"{known.label} đã có trong lý lịch: hãy chọn thay giá trị đang có, không thêm giá trị thứ hai."
    if not starts or starts <= max(held):
        return f"{known.label} đã có trong lý lịch: hãy ghi ngày bắt đầu sau ngày của giá trị đang có, hoặc chọn thay."
    return ""
