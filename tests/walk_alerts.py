"""Routes with ids of alerts: who gets through, who must not tell a real id from a missing one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from walk_case import Case

from oms.services import dues
from oms.store.exchange_tables import Due, DueOverride
from oms.store.tables import Dossier

if TYPE_CHECKING:
    from web_walk import Walker

# the list is the leader's too, setting a date by hand is not
OUT = ("officer.gov", "leader", "clerk", "reviewer", "admin")
SET = {"act": "settle", "legal_basis": "QĐ 12-QĐ/BTC", "reason": "đã làm xong thủ tục"}

CASES: dict[str, Case] = {
    "alerts.due": Case("officer", OUT),
    "alerts.override": Case("officer", OUT, (302,), True, SET),
    "alerts.withdraw": Case("officer", OUT, (302,), True),
}
MISSING_IDS: dict[str, str] = {"due_id": "999999", "override_id": "f" * 32}


def ids(walker: Walker) -> dict[str, str]:
    """Real ids for the routes of this desk, made in the walker's world."""
    world, officer = walker.world, walker.world.who("officer")
    with world.work(officer) as uow:
        dossier = uow.session.get_one(Dossier, walker.dossier)
    with world.work(officer) as uow:
        from oms.domain.record_facts import NewFact, Source
        from oms.services import record

        told = Source("declaration", words="Khi đăng ký")
        new = [NewFact("party_joined_on", {"value": "1990-05-19"}, told), NewFact("position", {"value": "X"}, told)]
        new += [NewFact("appointed_on", {"value": "2021-12-15"}, told)]
        record.keep(uow, [(dossier, new)], record.Keeping(officer.account_id, world.clock()))
        mine = select(Due).where(Due.dossier_id == walker.dossier)
        found = list(uow.session.scalars(mine.order_by(Due.id)))
        setting = dues.Setting("", "", "01/01/2028", False, "QĐ 12-QĐ/BTC", "kéo dài theo quyết định")
        dues.override(uow, officer, found[0].id, setting, world.clock())
        override = uow.session.scalars(select(DueOverride).order_by(DueOverride.at.desc())).first()
        live = uow.session.scalars(mine.order_by(Due.id.desc())).first()
        assert live is not None and override is not None
        return {"due_id": str(live.id), "override_id": override.id}
