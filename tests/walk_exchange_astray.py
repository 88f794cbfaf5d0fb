"""Routes with ids of the exchange: a package that came and that nobody here may take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import walk_exchange
from walk_case import Case

from oms.store.package_tables import ExchangePackage

if TYPE_CHECKING:
    from web_walk import Walker

CASES: dict[str, Case] = {
    "exchange.direct": Case("admin", walk_exchange.ADMIN_OUT, (302, 400), True, {"unit_id": "0"}),
}
MISSING_IDS: dict[str, str] = {}


def ids(walker: Walker) -> dict[str, str]:
    """Real ids: a package for the province itself, of a level that no officer has."""
    made = walk_exchange.ids(walker, "in", "checked", 2)
    with walker.world.work() as uow:
        row = uow.session.get_one(ExchangePackage, made["exchange_id"])
        row.unit_id, row.secrecy = walker.world.units["P"], 3
    return made
