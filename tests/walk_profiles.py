"""Routes with ids of profiles: who gets through, who must not tell a real id from a missing one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walk_case import Case

if TYPE_CHECKING:
    from web_walk import Walker

CASES: dict[str, Case] = {}
MISSING_IDS: dict[str, str] = {}


def ids(walker: Walker) -> dict[str, str]:
    """Real ids for the routes of this desk, made in the walker's world."""
    return {}
