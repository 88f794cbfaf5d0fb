"""Routes with ids of lists: who gets through, who must not tell a real id from a missing one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walk_case import Case

if TYPE_CHECKING:
    from web_walk import Walker

# lists are no records: whoever may see them at all sees each; changing them is the administrator's
READ_OUT = ("leader", "clerk", "reviewer")
EDIT_OUT = ("officer", "officer.gov", "leader", "clerk", "reviewer")
ROW = {"code": "moi", "label": "Dòng mới"}

CASES: dict[str, Case] = {
    "lists.one": Case("officer.gov", READ_OUT),
    "lists.history": Case("officer.gov", READ_OUT),
    "lists.export": Case("officer.gov", READ_OUT),
    "lists.edit": Case("admin", EDIT_OUT),
    "lists.change": Case("admin", EDIT_OUT, (200,), True, ROW),
    "lists.intake": Case("admin", EDIT_OUT),
    "lists.take_in": Case("admin", EDIT_OUT, (400,), True),
}
MISSING_IDS: dict[str, str] = {"list_code": "khong_co_danh_muc_nay"}


def ids(walker: Walker) -> dict[str, str]:
    """Real ids for the routes of this desk, made in the walker's world."""
    return {"list_code": "hinh_thuc_dao_tao"}
