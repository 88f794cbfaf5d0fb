"""Routes with ids of criteria: who gets through, who must not tell a real id from a missing one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walk_case import Case

from oms.domain.criteria import Condition, Criteria, Group, as_json
from oms.services import criteria

if TYPE_CHECKING:
    from web_walk import Walker

# what one has saved is one's own, whoever may see it
OUT = ("officer2", "officer.gov", "leader", "clerk", "reviewer", "admin")

CASES: dict[str, Case] = {
    "criteria.change": Case("officer", OUT, (302,), True, {"title": "Tên mới", "shared": "1"}),
    "criteria.remove": Case("officer", OUT, (302,), True),
}
MISSING_IDS: dict[str, str] = {"saved_id": "f" * 32}


def ids(walker: Walker) -> dict[str, str]:
    """Real ids for the routes of this desk, made in the walker's world."""
    world, officer = walker.world, walker.world.who("officer")
    body = as_json(Criteria(Group("all", (Condition("planned", "no", {}),))))
    with world.work(officer) as uow:
        title = f"Chưa quy hoạch {world.clock():%H%M%S%f}"
        return {"saved_id": criteria.save(uow, officer, "criteria", title, body, True, world.clock()).id}
