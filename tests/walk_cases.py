"""Routes of cases: seen where they were received or are in hand, moved by whoever has them, handed over by a head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from office import publish, receive
from walk_case import Case

from oms.services import case_opinions
from oms.store import cases as store

if TYPE_CHECKING:
    from web_walk import Walker

READ_OUT = ("clerk.gov", "officer.gov", "leader.xa", "clerk.low", "reviewer", "security", "admin")
"""Wrong unit, too low a clearance (the case is Mật), wrong roles."""
MOVED = {"version": "2"}

CASES: dict[str, Case] = {
    "cases.one": Case("officer", READ_OUT),
    "cases.slip": Case("officer", READ_OUT),
    "cases.move": Case("officer", READ_OUT, (302,), True, MOVED | {"viec": "suspend", "reason": "chờ bổ sung giấy tờ"}),
    "cases.approve": Case("leader", READ_OUT, (400,), True, MOVED),
    "cases.papers": Case("officer", READ_OUT, (302,), True, MOVED),
    "cases.attach": Case("officer", READ_OUT, (400,), True, MOVED),
    "cases.draft": Case("officer", READ_OUT, (404,)),
    "cases.ask": Case("officer", READ_OUT, (400,), True, MOVED),
    "cases.say": Case("clerk", READ_OUT, (302,), True, {"stance": "agree"}),
    "cases.no_longer": Case("officer", READ_OUT, (302,), True, MOVED),
}
MISSING_IDS: dict[str, str] = {"case_id": "f" * 32, "opinion_id": "f" * 32, "draft_number": "1"}


def ids(walker: Walker) -> dict[str, str]:
    """A secret case about the walk's dossier, with an opinion asked of the clerk."""
    world, officer = walker.world, walker.world.who("officer")
    publish(world)
    made = receive(world, secrecy=1, dossier_id=walker.dossier)
    with world.work(officer) as uow:
        clerk = world.who("clerk").account_id
        case_opinions.ask(uow, officer, made.id, made.version, [clerk], "Đúng quy hoạch?", None, world.clock())
        opinion = store.opinions_of(uow.session, made.id)[0].id
    return {"case_id": made.id, "opinion_id": opinion, "draft_number": "1"}
