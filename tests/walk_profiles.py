"""Routes with ids of profiles: who gets through, who must not tell a real id from a missing one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walk_case import Case

if TYPE_CHECKING:
    from web_walk import Walker

# making a form is the work of the dossier's own office; who leads does not make it
OUT = ("officer.gov", "leader", "clerk", "reviewer", "admin")

# the walker's dossier bears a level: its copies go through their register
SAID = {"copies": "1", "permitted_by": "Trưởng ban Tổ chức", "permitted_on": "02/11/2026", "recipients": "Ban Tổ chức"}

CASES: dict[str, Case] = {
    "profiles.of_dossier": Case("officer", OUT),
    "profiles.make": Case("officer", OUT, (200,), True, {"mau": "tieu_su_tom_tat", "dang": "pdf"} | SAID),
}
MISSING_IDS: dict[str, str] = {}


def ids(walker: Walker) -> dict[str, str]:
    """Real ids for the routes of this desk, made in the walker's world."""
    return {}
