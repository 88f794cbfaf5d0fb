"""Routes with ids of duties kept apart: who gets through, who must not tell a real id from a missing one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from walk_case import Case

from oms.domain.kin import Declared
from oms.domain.records import day_in_hanoi
from oms.services import delegations, kin, policy_edit

if TYPE_CHECKING:
    from web_walk import Walker

WHY = "rà soát theo kế hoạch năm"
# a change of policy: whoever neither keeps it nor leads the province knows nothing of it
APPROVAL_OUT = ("officer", "officer.gov", "leader.xa", "clerk", "reviewer", "admin")
GRANT_OUT = ("officer", "leader", "clerk", "reviewer", "admin")
DELEGATION_OUT = ("officer", "leader.low", "clerk", "reviewer", "security", "admin")

CASES: dict[str, Case] = {
    "approvals.one": Case("security2", APPROVAL_OUT),
    "approvals.decide": Case(
        "security2", (*APPROVAL_OUT, "security"), (302,), True, {"decision": "refuse", "decision_reason": WHY}
    ),
    "approvals.withdraw": Case("security", (*APPROVAL_OUT, "security2"), (302,), True),
    "grants.one": Case("security", GRANT_OUT),
    "grants.give": Case("security", GRANT_OUT, (302, 400), True, {"value": "clearance:1", "reason": WHY}),
    "grants.remove": Case("security", GRANT_OUT, (302, 400), True, {"held": "clearance:1", "end_reason": WHY}),
    "grants.review": Case("security", GRANT_OUT, (302,), True, {"review_reason": WHY}),
    "grants.vet": Case("security", GRANT_OUT, (302,), True),
    "grants.code": Case("security", GRANT_OUT, (200,), True),
    "grants.kin_add": Case(
        "security", GRANT_OUT, (302,), True, {"relation": "child", "full_name": "Lò Văn Ín", "birth_date": "1990"}
    ),
    "grants.kin_end": Case("security", GRANT_OUT, (302,), True, {"kin_reason": WHY}),
    "own_duties.delegation_end": Case("leader", DELEGATION_OUT, (302,), True, {"end_reason": WHY}),
    "admin.post": Case("admin", ("leader", "clerk", "reviewer", "security")),
    "admin.post_change": Case(
        "admin", ("leader", "clerk", "reviewer", "security"), (302, 400), True, {"role": "leader", "reason": WHY}
    ),
}
MISSING_IDS: dict[str, str] = {"approval_id": "f" * 32, "kin_id": "f" * 32, "delegation_id": "f" * 32}


def ids(walker: Walker) -> dict[str, str]:
    """Real ids for the routes of this desk, made in the walker's world."""
    world = walker.world
    security, leader, deputy = world.who("security"), world.who("leader"), world.who("officer2")
    today = day_in_hanoi(world.clock())
    with world.work(security) as uow:
        asked = policy_edit.propose(uow, security, "export_limit", 40, WHY, world.clock()).id
        typed = Declared("child", "Lò Văn Ín", "", "011000000155")
        entry = kin.declare(uow, security, deputy.account_id, typed, world.clock()).id
    days = (f"{today:%d/%m/%Y}", f"{today + timedelta(days=3):%d/%m/%Y}")
    new = delegations.NewDelegation(deputy.account_id, (world.units["D"],), *days, "15/GUQ", WHY)
    with world.work(leader) as uow:
        lent = delegations.make(uow, leader, new, world.clock()).id
    return {"approval_id": asked, "kin_id": entry, "delegation_id": lent}
