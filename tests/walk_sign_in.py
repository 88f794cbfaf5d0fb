"""The walk's routes of other people's sessions."""

from __future__ import annotations

from typing import Any

from walk_case import Case

OUT = ("officer", "leader", "clerk", "reviewer")
MISSING_IDS: dict[str, str] = {}
CASES = {
    "account.sessions_of": Case("security", OUT),
    "account.end_sessions_of": Case("admin", OUT, (302,), True, {"session": ""}),
}


def ids(_walker: Any) -> dict[str, str]:
    """The walk's own account serves."""
    return {}
