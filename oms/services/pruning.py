"""Pruning the journal by month: asked by a reviewer, decided by a second person, every proof kept."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from oms.domain.access import Action, Principal, Target
from oms.domain.approvals import Kind, Line
from oms.domain.journal import Verb
from oms.domain.records import HANOI
from oms.errors import InvalidInput
from oms.services import approvals
from oms.services.house import What, note, require_role
from oms.store import journal, journal_prune, journal_seal
from oms.store.db import UnitOfWork
from oms.store.duty_tables import Approval

YOUNGEST_DAYS = 365
"""Entries of the last twelve months keep their bodies."""


def propose(uow: UnitOfWork, principal: Principal, month: str, reason: str, now: datetime) -> Approval:
    """Asks that the bodies of all entries up to the end of a month ("2025-06") be let go."""
    require_role(principal, Action.JOURNAL_READ, Verb.JOURNAL_PRUNE)
    first, last = _range(uow, month, now)
    line = Line(
        f"Rút gọn nhật ký đến hết tháng {month[5:]}/{month[:4]}", f"{last - first + 1} dòng đầy đủ", "chỉ còn mã băm"
    )
    payload = {"month": month, "first": first, "last": last}
    root = principal.unit_path.split("/")[0]
    what = What("journal", f"prune-{month}", f"Nhật ký đến {month}")
    return approvals.ask(
        uow, principal, approvals.Wanted(Kind.PRUNE, what, Target(root), reason, (line,), payload), now
    )


def _range(uow: UnitOfWork, month: str, now: datetime) -> tuple[int, int]:
    try:
        begun = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise InvalidInput("month", "Tháng chưa đúng: hãy nhập như 2025-06.") from None
    after = (begun + timedelta(days=32)).replace(day=1)
    if after > (now.astimezone(HANOI) - timedelta(days=YOUNGEST_DAYS)).date():
        raise InvalidInput("month", "Chỉ rút gọn được nhật ký đã cũ hơn mười hai tháng.")
    until = journal.utc_text(datetime.combine(after, datetime.min.time(), HANOI))
    found = journal_prune.span(uow.session, until)
    if found is None:
        raise InvalidInput("month", "Đến tháng này không còn dòng nào để rút gọn.")
    return found


def carry_out(uow: UnitOfWork, asked: Approval, principal: Principal, now: datetime) -> None:
    """Empties the bodies in the transaction of the decision. Number and leaf hash stay, and with them every proof."""
    wanted = approvals.payload_of(asked)
    first, last = int(wanted["first"]), int(wanted["last"])
    head = journal_seal.newest_checkpoint(uow.session)
    if head is None or head.size < last:
        raise InvalidInput("decision", "Các dòng này chưa được niêm phong; hãy chờ vài giây rồi duyệt lại.")
    journal_prune.allow(uow.session, first, last, asked.id, now)
    emptied = journal_prune.empty(uow.session, first, last)
    detail = {"first": first, "last": last, "month": wanted["month"], "emptied": emptied, "approval": asked.id}
    note(uow, principal, Verb.JOURNAL_PRUNE, now, what=What("journal", asked.object_id), detail=detail)


approvals.register(Kind.PRUNE, carry_out)
