"""Routes with ids of the exchange: a package that came and waits to be taken in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import walk_exchange
from walk_case import Case

if TYPE_CHECKING:
    from web_walk import Walker

CASES: dict[str, Case] = {
    "exchange.take": Case("officer", walk_exchange.OUT, (400, 409), True, {"unit_id": "1"}),
    "exchange.refuse": Case("officer", walk_exchange.OUT, (400, 409), True),
}
MISSING_IDS: dict[str, str] = {}


def ids(walker: Walker) -> dict[str, str]:
    """Real ids: a package that was checked."""
    return walk_exchange.ids(walker, "in", "checked", 1)
