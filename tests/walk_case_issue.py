"""Routes of issuing the result of a case: by whoever has it in hand, the change of the record by who keeps records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import walk_cases
from walk_case import Case

if TYPE_CHECKING:
    from web_walk import Walker

READ_OUT = walk_cases.READ_OUT

CASES: dict[str, Case] = {
    "case_issue.form": Case("officer", READ_OUT),
    "case_issue.issue": Case("officer", READ_OUT, (400,), True, {"version": "2", "number": "1"}),
    "case_issue.change": Case("officer", READ_OUT, (400,), True, {"change_title": "Bổ nhiệm chức vụ mới"}),
}
MISSING_IDS: dict[str, str] = {"case_id": "f" * 32}


def ids(walker: Walker) -> dict[str, str]:
    """A secret case about the walk's dossier, as at the desk of cases."""
    return {"case_id": walk_cases.ids(walker)["case_id"]}
