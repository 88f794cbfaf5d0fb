"""Routes with ids of keeping: who gets through, who must not tell a real id from a missing one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from walk_case import Case

from oms.services import disposals, loans, stocktakes, transfers
from oms.store.custody_tables import Disposal, Hold
from oms.store.tables import Dossier

if TYPE_CHECKING:
    from web_walk import Walker

# the walker's dossier is Mật and lies in D-BTC: wrong unit, wrong roles
OUT = ("officer.gov", "clerk", "reviewer", "admin")
WORK_OUT = (*OUT, "leader")
# a leader may hold and read how a dossier is kept; those without the level or of another unit may not
HOLD_OUT = (*OUT, "leader.low", "leader.xa")
DAY = "01/12/2030"
# the walker's dossier is Mật: the sheet leaves through the register of copies
SHEET = {
    "purpose": "báo cáo kiểm kê kỳ này",
    "copies": "1",
    "permitted_by": "Trưởng ban Tổ chức",
    "permitted_on": "02/11/2026",
    "recipients": "Văn phòng",
}

CASES: dict[str, Case] = {
    "keeping.places": Case("officer", WORK_OUT),
    "keeping.place": Case("officer", WORK_OUT, (302,), True, {"shelf": "giá 1"}),
    "keeping.lend_form": Case("officer", WORK_OUT),
    "keeping.lend": Case("officer", WORK_OUT, (302, 400), True, {"scope": "whole"}),
    "keeping.loan": Case("officer", WORK_OUT),
    "keeping.give_back": Case("officer", WORK_OUT, (302,), True, {"pages_back": "1"}),
    "keeping.explain": Case("officer", WORK_OUT, (400,), True, {"explanation": "đã thất lạc từ trước"}),
    "keeping.transfer_form": Case("officer", WORK_OUT),
    "keeping.transfer_create": Case("officer", WORK_OUT, (302, 400), True, {"decision_no": "12-QĐ/TU"}),
    "keeping.transfer": Case("officer", WORK_OUT),
    "keeping.seal": Case("officer", WORK_OUT, (400,), True),
    "keeping.transfer_cancel": Case("officer", WORK_OUT, (302,), True, {"refusal": "lập nhầm"}),
    "keeping.receive": Case("officer", WORK_OUT, (400,), True, {"number": "X-1"}),
    "keeping.transfer_minutes": Case("officer", WORK_OUT, (400,), True),
    "keeping.stocktake": Case("officer", WORK_OUT),
    "keeping.stocktake_count": Case("officer", WORK_OUT, (302,), True),
    "keeping.stocktake_close": Case("officer", WORK_OUT, (400,), True, {"conclusion": "danh sách và hồ sơ khớp"}),
    "keeping.stocktake_sheet": Case("officer", WORK_OUT, (200,), True, SHEET),
    "keeping.stocktake_minutes": Case("officer", WORK_OUT, (200,), True, SHEET),
    "keeping.dossier": Case("leader", HOLD_OUT),
    "keeping.dossier_close": Case("officer", WORK_OUT, (302, 400), True, {"closed_on": "01/10/2026"}),
    "keeping.dossier_reopen": Case("officer", WORK_OUT, (302, 400), True, {"reopen_reason": "đóng nhầm"}),
    "keeping.hold_set": Case("leader", HOLD_OUT, (302,), True, {"hold_reason": "đang thanh tra", "hold_basis": "QĐ 1"}),
    "keeping.hold_lift": Case("leader", HOLD_OUT, (302,), True, {"lift_reason": "đã kết luận thanh tra"}),
    "keeping.disposal_ask": Case("officer", WORK_OUT, (302, 400), True),
    "keeping.disposal": Case("leader", HOLD_OUT),
    "keeping.disposal_decide": Case(
        "leader", (*HOLD_OUT, "officer"), (302,), True, {"decision": "refuse", "decision_reason": "chưa đủ căn cứ"}
    ),
}
MISSING_IDS: dict[str, str] = {
    "loan_id": "f" * 32,
    "transfer_id": "f" * 32,
    "stocktake_id": "9" * 32,
    "hold_id": "f" * 32,
    "disposal_id": "f" * 32,
}


def ids(walker: Walker) -> dict[str, str]:
    """Real ids for the routes of this desk, made in the walker's world."""
    world, officer = walker.world, walker.world.who("officer")
    with world.work(officer) as uow:
        now = world.clock()
        new = loans.NewLoan((walker.filed,), "Người mượn", "", "xác minh", "Thủ trưởng", 1, DAY)
        loan = loans.lend(uow, officer, walker.dossier, new, now)
        move = transfers.NewTransfer(world.units["D-XA"], "12-QĐ/TU", "điều động cán bộ")
        transfer = transfers.create(uow, officer, walker.dossier, move, now)
        taken = stocktakes.open_stocktake(uow, officer, world.units["D-BTC"], f"2026-{2 - walker.turn}", now)
        hold = disposals.hold(uow, officer, walker.dossier, disposals.NewHold("đang thanh tra", "QĐ 1"), now)
        uow.session.get_one(Hold, hold.id)
        dossier = uow.session.get_one(Dossier, walker.dossier)
        asked = Disposal(
            dossier_id=dossier.id,
            state="asked",
            reason="hết thời hạn lưu",
            legal_basis="TT 10/2022",
            asked_by=officer.account_id,
            asked_at=now - timedelta(hours=1),
        )
        uow.session.add(asked)
        uow.session.flush()
        found = {"loan_id": loan.id, "transfer_id": transfer.id, "stocktake_id": taken.id}
        return found | {"hold_id": hold.id, "disposal_id": asked.id}
