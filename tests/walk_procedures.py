"""Routes of the catalogue of procedures: no record, seen by who works with records, changed by who keeps a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walk_case import Case

from oms.services import procedure_proposals
from oms.services.procedure_proposals import Said

if TYPE_CHECKING:
    from web_walk import Walker

READ_OUT = ("reviewer", "security")
EDIT_OUT = ("leader", "clerk", "reviewer")
DRAFT = {"title": "Bổ nhiệm cán bộ", "edition": "0", "step-0-title": "Nhận", "step-0-stage": "receive"}

CASES: dict[str, Case] = {
    "procedures.one": Case("clerk", READ_OUT),
    "procedures.propose": Case(
        "clerk", READ_OUT, (302,), True, {"part": "step", "text": "Nên gộp hai bước đầu làm một."}
    ),
    "procedures.edit": Case("officer", EDIT_OUT),
    "procedures.save": Case("officer", EDIT_OUT, (302,), True, DRAFT),
    "procedures.end": Case("officer", EDIT_OUT, (302,), True, {"valid_to": "01/12/2030"}),
    "procedures.answer": Case("officer", EDIT_OUT, (302,), True, {"tra-loi": "tiep-thu", "code": "bo_nhiem"}),
}
MISSING_IDS: dict[str, str] = {"procedure_code": "khong_co_thu_tuc_nay", "proposal_id": "f" * 32}


def ids(walker: Walker) -> dict[str, str]:
    """Real ids for the routes of this desk, made in the walker's world."""
    clerk = walker.world.who("clerk")
    with walker.world.work(clerk) as uow:
        said = Said("deadline", "", "Thời hạn này không đủ để lấy ý kiến")
        row = procedure_proposals.propose(uow, clerk, "bo_nhiem", said, walker.world.clock())
    return {"procedure_code": "bo_nhiem", "proposal_id": row.id}
