"""Routes with ids of units: who gets through, who must not tell a real id from a missing one."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from walk_case import Case

from oms.domain.organisation import Kind
from oms.services import succession
from oms.services.succession import Asked, NewUnit

if TYPE_CHECKING:
    from web_walk import Walker

VIEW_OUT = ("leader", "clerk", "reviewer")
MANAGE_OUT = ("officer", "officer.gov", *VIEW_OUT)
CASES: dict[str, Case] = {
    "units.unit": Case("officer", VIEW_OUT),
    "units.codes": Case("admin", MANAGE_OUT, (302,), True, {"code_party": "49.001.002.003"}),
    "units.take_back": Case("admin", MANAGE_OUT, (302, 400), True),
}
MISSING_IDS: dict[str, str] = {"org_unit_id": "999999", "unit_act_id": "f" * 32}


def ids(walker: Walker) -> dict[str, str]:
    """Real ids for the routes of this desk, made in the walker's world."""
    world, admin = walker.world, walker.world.who("admin")
    new = (NewUnit("D-XA2", "Đảng uỷ phường"),)
    with world.work(admin) as uow:
        act = succession.succeed(
            uow, admin, Asked(Kind.RENAMED, date(2026, 11, 2), "1-QĐ/TU", ("D-XA",), new=new), world.clock()
        )
    return {"org_unit_id": str(world.units["D-XA"]), "unit_act_id": act.id}
