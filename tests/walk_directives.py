"""Routes of directives and tasks: seen in scope and level, changed by who keeps them, reported on by their owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from directing import directive, task
from walk_case import Case

if TYPE_CHECKING:
    from web_walk import Walker

HEAD_OUT = ("officer.gov", "officer2", "leader.xa", "clerk", "reviewer", "admin")
TASK_OUT = ("officer.gov", "officer2", "leader.xa", "clerk2", "reviewer", "admin")
"""officer2 and clerk2: of the unit, but not of the level, or not the owner."""
WHY = "Nhập nhầm văn bản"
HEADING = {"number": "12-KL/TU", "title": "Kết luận đã sửa", "secrecy": "2"}
LINE = {"line-1-title": "Rà soát quy hoạch", "line-1-unit": "D-BTC", "line-1-owner": "officer"}

CASES: dict[str, Case] = {
    "directives.one": Case("officer", HEAD_OUT),
    "directives.edit": Case("officer", HEAD_OUT),
    "directives.save": Case("officer", HEAD_OUT, (302,), True, HEADING),
    "directives.give": Case("officer", HEAD_OUT, (302,), True, LINE),
    "directives.close": Case("officer", HEAD_OUT, (400,), True),
    "directives.withdraw": Case("officer", HEAD_OUT, (302,), True, {"reason": WHY}),
    "directives.export": Case("officer", HEAD_OUT, (400,)),
    "directives.intake": Case("officer", HEAD_OUT),
    "directives.take_in": Case("officer", HEAD_OUT, (400,), True),
    "task_work.task": Case("leader", TASK_OUT),
    "task_work.report": Case(
        "leader", ("officer", *TASK_OUT), (302,), True, {"percent": "40", "text": WHY, "seen": "0"}
    ),
    "task_work.change": Case(
        "officer",
        HEAD_OUT,
        (302,),
        True,
        {"due": "15/12/2026", "owner": "officer", "reason": WHY, "seen": "0"},
    ),
    "task_work.withdraw": Case("officer", HEAD_OUT, (302,), True, {"reason": WHY, "seen": "0"}),
    "task_work.reopen": Case("officer", HEAD_OUT, (400,), True, {"reason": WHY, "seen": "0"}),
}
MISSING_IDS: dict[str, str] = {"directive_id": "f" * 32}


def ids(walker: Walker) -> dict[str, str]:
    """Real ids for the routes of this desk, made in the walker's world: a Tối mật directive with one task."""
    one = directive(walker.world, secrecy=2)
    return {"directive_id": one, "task_id": task(walker.world, one, owner="leader")}
