"""Pruning the journal by month: asked by a security officer or reviewer, decided by a second, every proof kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from oms.domain.access import Action, Principal, Target
from oms.domain.approvals import Kind, Line
from oms.domain.journal import Verb
from oms.domain.records import HANOI
from oms.errors import InvalidInput
from oms.services import approvals
from oms.services.house import What, note, require_role
from oms.store import journal, journal_prune, journal_seal
from oms.store.anchor_tables import Pruning
from oms.store.db import UnitOfWork
from oms.store.duty_tables import Approval
from oms.store.row_security import on_postgres

YOUNGEST_DAYS = 365
"""Entries of the last twelve months keep their bodies."""


@dataclass(frozen=True)
class PruningPage:
    """What may be asked for: months ("2025-06", the newest first) whose end is old enough, and what was done so far."""

    months: tuple[str, ...]
    oldest: str
    """The month of the oldest entry with a body; "" when there is none."""
    done: tuple[Pruning, ...]
    possible: bool
    """False where the database does not let entries be emptied."""


def page(uow: UnitOfWork, principal: Principal, now: datetime) -> PruningPage:
    """The months that may be pruned, without a word of any entry; a look is a row."""
    require_role(principal, Action.JOURNAL_PRUNE, Verb.APPROVAL_LIST)
    begun, newest = journal_prune.oldest(uow.session), _newest_month(now)
    months: list[str] = []
    first = datetime.fromisoformat(begun).replace(tzinfo=UTC).astimezone(HANOI).date().replace(day=1) if begun else None
    day = first
    while day is not None and day <= newest:
        months.insert(0, f"{day:%Y-%m}")
        day = (day + timedelta(days=32)).replace(day=1)
    note(
        uow, principal, Verb.APPROVAL_LIST, now, what=What("journal"), detail={"list": "pruning", "shown": len(months)}
    )
    done, possible = tuple(journal_prune.done(uow.session)), not on_postgres(uow.session)
    return PruningPage(tuple(months), f"{first:%Y-%m}" if first else "", done, possible)


def _newest_month(now: datetime) -> date:
    """The first day of the newest month that is over for twelve months."""
    kept = (now.astimezone(HANOI) - timedelta(days=YOUNGEST_DAYS)).date()
    return (kept.replace(day=1) - timedelta(days=1)).replace(day=1)


def propose(uow: UnitOfWork, principal: Principal, month: str, reason: str, now: datetime) -> Approval:
    """Asks that the bodies of all entries up to the end of a month ("2025-06") be let go."""
    require_role(principal, Action.JOURNAL_PRUNE, Verb.JOURNAL_PRUNE)
    if on_postgres(uow.session):
        raise InvalidInput("month", "Trên PostgreSQL nhật ký chưa rút gọn được.")
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
    if begun > _newest_month(now):
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
