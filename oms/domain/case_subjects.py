"""Work of other desks as cases: under which procedure each runs, and where a case stands in each state of a desk. Pure.

The desk keeps its own data and states; this says at which stage of the procedure, or at which end, its case then is.
Every state of every desk has its place here: a property test says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from oms.domain import approvals, consultations
from oms.domain.access import Action
from oms.domain.casework import CaseState, Move
from oms.domain.changes import ChangeState
from oms.domain.keeping import DisposalState, TransferState
from oms.domain.procedures import Procedure, Stage, Step
from oms.domain.subject_requests import RequestState

Place = Stage | CaseState
"""A stage of the procedure while the desk works, or how the case ended."""
REJECTED = "rejected"
"""A change that was decided, with every item of it rejected: the desk has one state for both."""
LAPSED = "lapsed"
"""A consultation that nobody decided before its days were over: no state of its desk, only time's."""


class LoanStep(StrEnum):
    """Where paper lent is: out, back with pages missing that nobody has explained, or back."""

    OUT = "out"
    SHORT = "short"
    BACK = "back"


class BatchStep(StrEnum):
    """Where a batch is: opened, with work on its papers, every paper filed and the second look left, closed."""

    OPENED = "opened"
    WORKING = "working"
    FILED = "filed"
    CLOSED = "closed"


@dataclass(frozen=True)
class Subject:
    """One kind of work of a desk.

    ``code`` is its procedure in the shipped catalogue. ``own_day``: the desk knows the last day itself (of a loan, of
    the law), and the days of the procedure are not counted.
    """

    code: str
    places: Mapping[str, Place]
    own_day: bool = False


_CHANGES: Mapping[str, Place] = {
    ChangeState.DRAFT: Stage.DRAFT,
    ChangeState.WAITING: Stage.APPROVE,
    ChangeState.DECIDED: CaseState.ISSUED,
    REJECTED: CaseState.REFUSED,
    ChangeState.WITHDRAWN: CaseState.WITHDRAWN,
}
_ENDS_OF_TRANSFER: Mapping[str, Place] = {
    TransferState.RECEIVED: CaseState.ISSUED,
    TransferState.REFUSED: CaseState.REFUSED,
    TransferState.CANCELLED: CaseState.WITHDRAWN,
}

SUBJECTS: Mapping[str, Subject] = {
    "change": Subject("sua_ho_so", _CHANGES),
    "supplement": Subject("bo_sung_ho_so", _CHANGES),
    "request": Subject(
        "yeu_cau_can_bo",
        {
            RequestState.OPEN: Stage.RECEIVE,
            RequestState.REPLIED: Stage.DRAFT,
            RequestState.DONE: CaseState.ISSUED,
            RequestState.REFUSED: CaseState.REFUSED,
        },
        own_day=True,
    ),
    "consultation": Subject(
        "nghien_cuu_ho_so",
        {
            # one place for both: whoever asked must not learn from the case whether a dossier was found
            consultations.State.ASKED: Stage.RECEIVE,
            consultations.State.PREPARED: Stage.RECEIVE,
            consultations.State.APPROVED: CaseState.ISSUED,
            consultations.State.REFUSED: CaseState.REFUSED,
            consultations.State.WITHDRAWN: CaseState.WITHDRAWN,
            consultations.State.REVOKED: CaseState.ISSUED,
            consultations.State.ENDED: CaseState.ISSUED,
            LAPSED: CaseState.WITHDRAWN,
        },
    ),
    "loan": Subject(
        "cho_muon_ho_so",
        {LoanStep.OUT: Stage.ISSUE, LoanStep.SHORT: Stage.ISSUE, LoanStep.BACK: CaseState.ISSUED},
        own_day=True,
    ),
    "transfer_out": Subject(
        "chuyen_di",
        {TransferState.DRAFT: Stage.DRAFT, TransferState.SEALED: Stage.ISSUE, **_ENDS_OF_TRANSFER},
    ),
    "transfer_in": Subject(
        "chuyen_den",
        # a draft is the sender's alone; its other half begins when it is sealed
        {TransferState.DRAFT: Stage.RECEIVE, TransferState.SEALED: Stage.DRAFT, **_ENDS_OF_TRANSFER},
    ),
    "batch": Subject(
        "so_hoa",
        {
            BatchStep.OPENED: Stage.RECEIVE,
            BatchStep.WORKING: Stage.DRAFT,
            BatchStep.FILED: Stage.APPROVE,
            BatchStep.CLOSED: CaseState.ISSUED,
        },
    ),
    "declassify": Subject(
        "giai_mat",
        {
            approvals.State.WAITING: Stage.APPROVE,
            approvals.State.APPROVED: Stage.ISSUE,
            approvals.State.REFUSED: CaseState.REFUSED,
            approvals.State.WITHDRAWN: CaseState.WITHDRAWN,
            approvals.State.EXPIRED: CaseState.WITHDRAWN,
            approvals.State.DONE: CaseState.ISSUED,
        },
        own_day=True,
    ),
    "disposal": Subject(
        "tieu_huy",
        {
            DisposalState.ASKED: Stage.APPROVE,
            DisposalState.DOING: Stage.ISSUE,
            DisposalState.DONE: CaseState.ISSUED,
            DisposalState.REFUSED: CaseState.REFUSED,
        },
    ),
}
"""What of other desks runs as a case, by the kind that ``cases.subject_kind`` bears."""
SUBJECT_LABELS: dict[str, str] = {
    "change": "Sửa đổi lý lịch",
    "supplement": "Bổ sung lý lịch hằng năm",
    "request": "Yêu cầu của cán bộ",
    "consultation": "Nghiên cứu hồ sơ",
    "loan": "Cho mượn hồ sơ giấy",
    "transfer_out": "Chuyển hồ sơ đi",
    "transfer_in": "Nhận hồ sơ chuyển đến",
    "batch": "Số hoá đợt hồ sơ",
    "declassify": "Giải mật, hạ độ mật",
    "disposal": "Tiêu huỷ hồ sơ hết giá trị",
}
"""The neutral words a case of each kind bears: never what the work says."""
DESKS: Mapping[str, Action] = {
    "change": Action.RECORD_DECIDE,
    "supplement": Action.RECORD_DECIDE,
    "request": Action.SUBJECT_MANAGE,
    "consultation": Action.CONSULT_REGISTER,
    "loan": Action.CUSTODY_WORK,
    "transfer_out": Action.CUSTODY_WORK,
    "transfer_in": Action.CUSTODY_WORK,
    "batch": Action.BATCH_LIST,
    "declassify": Action.APPROVAL_VIEW,
    "disposal": Action.CUSTODY_HOLD,
}
"""What somebody may do who finds a kind of work at its desk."""

ENDING: Mapping[CaseState, Move] = {
    CaseState.ISSUED: Move.FORWARD,
    CaseState.REFUSED: Move.REFUSE,
    CaseState.WITHDRAWN: Move.WITHDRAW,
}
"""The move that the history of a case bears for each end."""
_ORDER = list(Stage)


def step_at(procedure: Procedure, stage: Stage) -> Step:
    """The first step on the path of that stage; where the house has none, the last one before it.

    ValueError when the procedure has no step.
    """
    path = procedure.path()
    if not path:
        raise ValueError("a procedure without steps runs no case")
    fitting = next((step for step in path if step.stage is stage), None)
    before = [step for step in path if _ORDER.index(step.stage) < _ORDER.index(stage)]
    return fitting or (before[-1] if before else path[0])


def towards(procedure: Procedure, here: str, there: str) -> Move:
    """Whether a step lies ahead of or behind another on the path. ValueError when one is not on it."""
    keys = [step.key for step in procedure.path()]
    return Move.FORWARD if keys.index(there) > keys.index(here) else Move.BACK
