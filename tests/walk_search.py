"""Routes with ids of the search desk: who gets through, who must not tell a real id from a missing one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from walk_case import READ_OUT, Case

from oms.services import saved_searches
from oms.services.finding import Asked

if TYPE_CHECKING:
    from web_walk import Walker

# what one has kept is one's own
OUT = ("leader", "officer2", "officer.gov", "clerk", "reviewer", "admin")

CASES: dict[str, Case] = {
    "previews.image": Case("leader", READ_OUT),
    "saved_searches.seen": Case("officer", OUT, (302,), True),
    "saved_searches.change": Case("officer", OUT, (302,), True, {"ten": "Tên khác", "bao": "1"}),
    "saved_searches.remove": Case("officer", OUT, (302,), True),
    "saved_searches.put_back": Case("officer", OUT, (302,), True),
}
MISSING_IDS: dict[str, str] = {"where": "-", "mark": "f" * 32, "search_id": "f" * 32, "removed_id": "f" * 32}


def ids(walker: Walker) -> dict[str, str]:
    """Real ids for the routes of this desk, made in the walker's world."""
    walker.world.index()
    page = walker.client("leader").get("/tim-kiem?q=quyet+dinh").get_data(as_text=True)
    offered = re.search(rf"/tim-kiem/anh/({walker.filed_page})/([-\w]+)/([0-9a-f]{{32}})\.jpg", page)
    assert offered, "no picture beside the results"
    officer = walker.world.who("officer")
    with walker.world.work(officer) as uow:
        now = walker.world.clock()
        kept = saved_searches.save(uow, officer, f"Nâng lương {now:%H%M%S%f}", Asked("nâng lương"), True, now).id
        gone = saved_searches.save(uow, officer, f"Khen thưởng {now:%H%M%S%f}", Asked("khen thưởng"), True, now).id
        saved_searches.remove(uow, officer, gone, now)
    place = {"page_id": offered[1], "where": offered[2], "mark": offered[3]}
    return place | {"search_id": kept, "removed_id": gone}
