"""The walk's routes of other people's sessions."""

from __future__ import annotations

from typing import Any

from walk_case import Case

from oms.services import tokens

OUT = ("officer", "leader", "clerk", "reviewer")
MISSING_IDS = {"token_id": "f" * 32}
CASES = {
    "account.sessions_of": Case("security", OUT),
    "account.end_sessions_of": Case("admin", OUT, (302,), True, {"session": ""}),
    "tokens.withdraw": Case("officer2", (*OUT, "admin"), (302,), True),
}


def ids(walker: Any) -> dict[str, str]:
    """A token of officer2's; for the rest the walk's own account serves."""
    world = walker.world
    owner = world.who("officer2")
    with world.work(owner) as uow:
        return {"token_id": tokens.make(uow, owner, "Phần mềm thử", ["me:read"], 30, world.clock())[0].id}
