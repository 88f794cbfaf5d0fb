"""Cases (hồ sơ công việc): the states a case is in, what may be done with it, and by whom. Pure.

A case stands at one step of the version of the procedure it began under. It goes forward along that version's steps and
back to any step it has passed; it may be suspended, and its clock stops; it ends once: issued, refused or withdrawn.
Whoever asked for, drafted or put up a case never approves it (separation of duties).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from oms.domain.procedures import Procedure, Stage


class CaseState(StrEnum):
    """Where a case stands."""

    RUNNING = "running"
    SUSPENDED = "suspended"
    ISSUED = "issued"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Move(StrEnum):
    """What may be done with a case as a whole."""

    FORWARD = "forward"
    BACK = "back"
    SUSPEND = "suspend"
    RESUME = "resume"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    HAND_OVER = "hand_over"


STATE_LABELS: dict[str, str] = {
    CaseState.RUNNING: "Đang giải quyết",
    CaseState.SUSPENDED: "Tạm dừng",
    CaseState.ISSUED: "Đã phát hành",
    CaseState.REFUSED: "Từ chối giải quyết",
    CaseState.WITHDRAWN: "Đã rút",
}
MOVE_LABELS: dict[str, str] = {
    Move.FORWARD: "Chuyển bước sau",
    Move.BACK: "Trả lại bước trước",
    Move.SUSPEND: "Tạm dừng",
    Move.RESUME: "Tiếp tục",
    Move.REFUSE: "Từ chối giải quyết",
    Move.WITHDRAW: "Rút",
    Move.HAND_OVER: "Bàn giao",
}
ENDED = frozenset((CaseState.ISSUED, CaseState.REFUSED, CaseState.WITHDRAWN))
REASONED = frozenset((Move.BACK, Move.SUSPEND, Move.REFUSE, Move.WITHDRAW, Move.HAND_OVER))
"""Moves that are not made without a reason in words."""

_SAID = {
    Move.FORWARD: "Chỉ chuyển được hồ sơ đang giải quyết.",
    Move.BACK: "Chỉ trả lại được hồ sơ đang giải quyết, về một bước đã qua.",
    Move.SUSPEND: "Chỉ tạm dừng được hồ sơ đang giải quyết.",
    Move.RESUME: "Hồ sơ này không tạm dừng.",
    Move.REFUSE: "Chỉ từ chối được hồ sơ đang giải quyết.",
    Move.WITHDRAW: "Hồ sơ đã kết thúc.",
    Move.HAND_OVER: "Hồ sơ đã kết thúc.",
}


class WrongMove(ValueError):
    """The move is not open here; the message says why, in Vietnamese."""


@dataclass(frozen=True)
class Position:
    """Where a case is: its state, and the key of its step."""

    state: CaseState
    step: str


def begun(procedure: Procedure) -> Position:
    """Where a new case stands: at the first step. ValueError when the procedure has none."""
    if not procedure.steps:
        raise ValueError("a procedure without steps runs no case")
    return Position(CaseState.RUNNING, procedure.steps[0].key)


def passed(procedure: Procedure, step: str) -> tuple[str, ...]:
    """The keys of the steps before one, nearest first."""
    keys = [each.key for each in procedure.path()]
    return tuple(reversed(keys[: keys.index(step)])) if step in keys else ()


def moves(position: Position, procedure: Procedure) -> frozenset[Move]:
    """What may be done with a case there; nothing once it has ended."""
    if position.state in ENDED:
        return frozenset()
    if position.state is CaseState.SUSPENDED:
        return frozenset((Move.RESUME, Move.WITHDRAW, Move.HAND_OVER))
    found = {Move.FORWARD, Move.SUSPEND, Move.REFUSE, Move.WITHDRAW, Move.HAND_OVER}
    if passed(procedure, position.step):
        found.add(Move.BACK)
    return frozenset(found)


def moved(position: Position, move: Move, procedure: Procedure, to: str = "") -> Position:
    """Where a case stands after a move; ``to`` names the step it goes back to. WrongMove when it is not open.

    Forward from the last step issues the case.
    """
    if move not in moves(position, procedure):
        raise WrongMove(_SAID[move])
    if move is Move.FORWARD:
        following = procedure.after(position.step)
        return (
            Position(CaseState.ISSUED, position.step) if following is None else Position(position.state, following.key)
        )
    if move is Move.BACK:
        if to not in passed(procedure, position.step):
            raise WrongMove(_SAID[move])
        return Position(position.state, to)
    ends = {
        Move.SUSPEND: CaseState.SUSPENDED,
        Move.RESUME: CaseState.RUNNING,
        Move.REFUSE: CaseState.REFUSED,
        Move.WITHDRAW: CaseState.WITHDRAWN,
        Move.HAND_OVER: position.state,
    }
    return Position(ends[move], position.step)


def approves(position: Position, procedure: Procedure) -> bool:
    """Whether going forward from here is an approval, which needs another person."""
    return position.state is CaseState.RUNNING and procedure.step(position.step).stage is Stage.APPROVE


def may_approve(persons: Collection[str], hands: Collection[str]) -> bool:
    """Whether these persons (who acts, and whose authority is used) are others than all who made the case."""
    return not set(persons) & set(hands)
