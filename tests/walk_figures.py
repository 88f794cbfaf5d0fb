"""The route with an id of figures of work: a contest, answered by who steers the unit's work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walk_case import Case

from oms.store.case_tables import CountContest

if TYPE_CHECKING:
    from web_walk import Walker

ANSWER_OUT = ("officer.gov", "leader.xa", "clerk", "reviewer", "admin")

CASES: dict[str, Case] = {
    "figures.answer": Case("leader", ANSWER_OUT, (302,), True, {"answer": "Đã đối chiếu sổ, số liệu đúng."}),
}
MISSING_IDS: dict[str, str] = {"contest_id": "f" * 32}


def ids(walker: Walker) -> dict[str, str]:
    """Real ids for the routes of this desk, made in the walker's world."""
    clerk = walker.world.who("clerk")
    with walker.world.work(clerk) as uow:
        row = CountContest(
            account_id=clerk.account_id,
            unit_id=clerk.unit_id,
            period="2026",
            measure="received",
            figure="3",
            note="Thiếu hai việc nhận tháng trước",
            at=walker.world.clock(),
        )
        uow.session.add(row)
        uow.session.flush()
    return {"contest_id": row.id}
