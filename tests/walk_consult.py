"""Routes with ids of consultations, emergencies and notices: who gets through, who must not tell real from missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from consulting import approved, as_now
from walk_case import Case

from oms.services import consultation_reading, emergencies, notices
from oms.services.emergencies import Asked
from oms.store.tables import Dossier

if TYPE_CHECKING:
    from web_walk import Walker

# asked by officer.gov of another block, of a dossier that is Mật and lies in D-BTC; approved and running
READER_OUT = ("clerk.gov", "leader", "officer", "clerk", "reviewer", "admin")
PREPARE_OUT = ("officer.gov", "leader", "clerk", "reviewer", "admin")
DECIDE_OUT = ("leader.low", "leader.xa", "officer", "officer.gov", "clerk", "reviewer", "admin")
OPENER_OUT = ("leader", "officer", "clerk", "reviewer", "admin")
REVIEW_OUT = ("officer.gov", "leader", "clerk", "admin")
# the walker's dossier is Mật: the form leaves through the register of copies
COPY = {
    "copies": "1",
    "permitted_by": "Trưởng ban Tổ chức",
    "permitted_on": "02/11/2026",
    "recipients": "Văn phòng",
}

CASES: dict[str, Case] = {
    "consultations.consultation": Case("officer.gov", READER_OUT),
    "consultations.paper": Case("officer.gov", READER_OUT),
    "consultations.page_image": Case("officer.gov", READER_OUT),
    "consultations.own_form": Case("officer.gov", READER_OUT, (200,), True, COPY),
    "consultations.close": Case("officer.gov", READER_OUT, (302,), True),
    "consultations.prepare_page": Case("officer", PREPARE_OUT),
    "consultations.prepare": Case("officer", PREPARE_OUT, (409,), True, {"version": "1"}),
    "consultations.held_form": Case("officer", PREPARE_OUT, (200,), True, COPY),
    "consultations.remark": Case("officer", PREPARE_OUT, (302,), True, {"remark": "đọc tại phòng đọc"}),
    "consultations.decide_page": Case("leader", DECIDE_OUT),
    "consultations.decide": Case("leader", DECIDE_OUT, (409,), True, {"version": "2", "decision": "approve"}),
    "consultations.revoke": Case("leader", DECIDE_OUT, (302,), True, {"revoke_reason": "đã xong việc"}),
    "emergencies.close": Case("officer.gov", OPENER_OUT, (302,), True),
    "emergency_reviews.emergency": Case("reviewer", REVIEW_OUT),
    "emergency_reviews.judge": Case(
        "reviewer", REVIEW_OUT, (302,), True, {"finding": "justified", "words": "đã hỏi thủ trưởng đơn vị"}
    ),
    "notices.take": Case("reviewer", ("officer.gov", "leader", "clerk", "admin", "reviewer2"), (302,), True),
}
MISSING_IDS: dict[str, str] = {"consultation_id": "f" * 32, "emergency_id": "e" * 32, "notice_id": "d" * 32}


def ids(walker: Walker) -> dict[str, str]:
    """A running consultation of the walker's dossier with its line begun, an emergency of it, a notice of that."""
    world = walker.world
    made = approved(world, walker.dossier, walker.filed)
    with world.work() as uow:
        number = uow.session.get_one(Dossier, walker.dossier).number
    reader = as_now(world, "officer.gov")
    with world.work(reader) as uow:
        consultation_reading.open_consultation(uow, reader, made, world.clock())
        urgent = Asked(world.units["D-BTC"], number, "đoàn kiểm tra yêu cầu ngay trong buổi sáng")
        opened = emergencies.open_emergency(uow, reader, urgent, world.clock()).id
    reviewer = world.who("reviewer")
    with world.work(reviewer) as uow:
        notice = notices.listed(uow, reviewer, 1, 0)[0][0].id
    return {"consultation_id": made, "emergency_id": opened, "notice_id": notice}
