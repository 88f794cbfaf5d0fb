"""Routes with ids of the reviewer's desk: who gets through, who must not tell a real id from a missing one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from walk_case import Case

from oms.store.review_tables import ReviewItem, ReviewWatch
from oms.store.tables import Account, new_id

if TYPE_CHECKING:
    from web_walk import Walker

OUT = ("officer", "leader", "clerk", "security", "admin")
WORDS = "đã hỏi và xem phiếu trực"
CASES: dict[str, Case] = {
    "review_desk.case": Case("reviewer", OUT),
    "review_desk.add_note": Case("reviewer", OUT, (302,), True, {"kind": "note", "text": WORDS}),
    "review_desk.decide": Case("reviewer", OUT, (302,), True, {"outcome": "unclear", "grounds": WORDS}),
    # the case is open: whoever gets through is told that it does not wait for a signature
    "review_desk.sign": Case("reviewer2", OUT, (400,), True, {"agreed": "1"}),
    "review_desk.unwatch": Case("reviewer", ("officer", "leader", "clerk", "admin"), (302,), True),
}
MISSING_IDS: dict[str, str] = {"item_id": "f" * 32, "watch_id": "f" * 32}


def ids(walker: Walker) -> dict[str, str]:
    """An open case about the leader; a dossier watched."""
    world, now = walker.world, walker.world.clock()
    with world.work() as uow:
        leader = uow.session.scalars(select(Account).where(Account.username == "leader")).one()
        reviewer = uow.session.scalars(select(Account).where(Account.username == "reviewer")).one()
        values = {"account_id": leader.id, "label": "BTC.1", "unit_path": "1", "secrecy": 0, "score": 3.0, "reads": 1}
        values |= {"signals": '[["off_hours", 1.0, {"when": "22:00"}]]', "dossiers": 1, "first_seq": 1, "last_seq": 1}
        item = ReviewItem(day=now.date().isoformat(), dossier_id=new_id(), made_at=now, **values)
        watch = ReviewWatch(dossier_id="d", label="BTC.1", reason=WORDS, added_by=reviewer.id, added_at=now)
        uow.session.add_all([item, watch])
        uow.session.flush()
        return {"item_id": item.id, "watch_id": watch.id}
