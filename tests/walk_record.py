"""Routes with ids of record: who gets through, who must not tell a real id from a missing one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walk_case import READ_OUT, Case

from oms.domain.record_facts import NewFact, Source
from oms.services import record
from oms.store.tables import Dossier

if TYPE_CHECKING:
    from web_walk import Walker

OFFICE_OUT = ("officer.gov", "leader", "clerk", "reviewer", "admin")

CASES: dict[str, Case] = {
    "record.taking": Case("officer", OFFICE_OUT),
    "record.take": Case("officer", OFFICE_OUT, (302, 400), True),
    "record.draft": Case("officer", OFFICE_OUT, (302, 400), True),
    "record.take_out": Case("officer", OFFICE_OUT, (302,), True),
    "record.confirming": Case("leader", READ_OUT),
    "record.confirm": Case("leader", READ_OUT, (302, 400), True),
    "record.compare": Case("leader", READ_OUT),
}
MISSING_IDS: dict[str, str] = {"fact_id": "f" * 32}


def ids(walker: Walker) -> dict[str, str]:
    """Real ids for the routes of this desk, made in the walker's world."""
    world, officer = walker.world, walker.world.who("officer")
    with world.work(officer) as uow:
        dossier = uow.session.get_one(Dossier, walker.dossier)
        new = NewFact("phone", {"value": "0912"}, Source("document", walker.filed, walker.filed_page))
        fact = record.keep(uow, [(dossier, [new])], record.Keeping(officer.account_id, world.clock()))[0][0]
    return {"fact_id": fact, "account_id": walker.account}
