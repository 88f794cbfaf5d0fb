"""The head of every page: the signed-in person's unit, last reading, notices, and what is lent to them now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Principal
from oms.domain.records import day_in_hanoi
from oms.services import delegations, emergencies
from oms.services.emergencies import Running
from oms.services.review import READING_VERBS, LastRead
from oms.store import page_head as store
from oms.store.db import UnitOfWork
from oms.store.duty_tables import Delegation
from oms.store.tables import Account


@dataclass(frozen=True)
class Head:
    """What a page's frame shows of one's own; no record, so no row of the journal."""

    unit_name: str
    last_read: LastRead | None
    unread: int
    urgent: list[Running]
    lent: list[tuple[Delegation, Account]]


def head(uow: UnitOfWork, principal: Principal, now: datetime) -> Head:
    """The head of this person's pages; what seldom is there (emergencies, authority lent) is asked for only then."""
    verbs = tuple(str(verb) for verb in READING_VERBS)
    line = store.line(uow.session, principal.account_id, principal.unit_id, verbs, day_in_hanoi(now))
    read = LastRead(line.reading, line.sealed or 0, line.sealed_at) if line.reading is not None else None
    lent = delegations.offered(uow, principal.account_id, now) if line.lent else []
    return Head(line.unit_name, read, line.unread, emergencies.running(uow, principal, now), lent)
