"""What of the structured record waits for a person, in counts for the home page: no record is named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Action, Principal, permits, visibility
from oms.domain.records import HANOI
from oms.services import (
    accounts,
    approvals,
    consultation_cases,
    disposals,
    emergencies,
    exchange_view,
    link_conflicts,
    links,
    others,
    procedure_proposals,
    stocktakes,
)
from oms.store import changes, keeping, subject_requests
from oms.store.db import UnitOfWork


@dataclass(frozen=True)
class Standing:
    """Counts within what the person may see; 0 where their role has no such work."""

    changes: int = 0
    drafts: int = 0
    requests: int = 0
    requests_late: int = 0
    loans_late: int = 0
    pages_missing: int = 0
    transfers: int = 0
    stocktakes: int = 0
    others: int = 0
    consultations_waiting: int = 0
    consultations_prepared: int = 0
    consultations_running: int = 0
    emergencies: int = 0
    emergencies_late: int = 0
    approvals: int = 0
    unvetted: int = 0
    links: int = 0
    conflicts: int = 0
    conflicts_late: int = 0
    packages: int = 0
    packages_late: int = 0
    proposals: int = 0


def standing(uow: UnitOfWork, principal: Principal, now: datetime) -> Standing:
    """How much waits for this person today."""
    session, today = uow.session, now.astimezone(HANOI).date()
    found: dict[str, int] = {}
    if permits(principal, Action.RECORD_DECIDE):
        each = changes.counts(session, visibility(principal, Action.RECORD_DECIDE), principal.account_id)
        found |= {"changes": each["waiting"], "drafts": each["draft"]}
    if permits(principal, Action.SUBJECT_MANAGE):
        view = visibility(principal, Action.SUBJECT_MANAGE)
        found["requests"], found["requests_late"] = subject_requests.waiting(session, view, today)
    if permits(principal, Action.CUSTODY_WORK):
        view = visibility(principal, Action.CUSTODY_WORK)
        lent = keeping.loan_counts(session, view, today)
        found |= {"loans_late": lent["qua-han"], "pages_missing": lent["thieu"]}
        found["transfers"] = keeping.sealed_number(session, view)
        found["stocktakes"] = stocktakes.due_number(uow, principal, now)
    if permits(principal, Action.LINK_REVIEW):
        found["links"] = links.waiting(uow, principal)
        found["conflicts"], found["conflicts_late"] = link_conflicts.waiting(uow, principal, now)
    if permits(principal, Action.EXCHANGE_WORK):
        found["packages"], found["packages_late"] = exchange_view.waiting(uow, principal, now)
    found |= _of_catalogues(uow, principal, now)
    found |= {f"consultations_{which}": n for which, n in consultation_cases.waiting(uow, principal, now).items()}
    if permits(principal, Action.EMERGENCY_REVIEW):
        found["emergencies"], found["emergencies_late"] = emergencies.waiting(uow, principal, now)
    if permits(principal, Action.APPROVAL_VIEW):
        found["approvals"] = approvals.waiting_count(uow, principal, now) + disposals.waiting_count(uow, principal)
    if permits(principal, Action.GRANT_LEVEL):
        found["unvetted"] = accounts.waiting_count(uow)
    return Standing(**found)


def _of_catalogues(uow: UnitOfWork, principal: Principal, now: datetime) -> dict[str, int]:
    """What waits of whoever keeps lists and procedures: values outside a list, proposals to answer."""
    found: dict[str, int] = {}
    if permits(principal, Action.OTHER_SETTLE):
        found["others"] = others.waiting(uow, principal)
    if permits(principal, Action.PROCEDURE_EDIT):
        found["proposals"] = len(procedure_proposals.waiting(uow, principal, now))
    return found
