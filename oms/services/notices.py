"""Notices: what somebody has to know, told in the program itself. They name no cadre, only numbers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from oms.domain.access import Principal, Role
from oms.domain.journal import Verb
from oms.domain.notices import NOTICE_LABELS
from oms.errors import Refused
from oms.services.house import UnitOfWork
from oms.store import notices as store
from oms.store.consultation_tables import Notice as Notice

OFFICERS = (Role.SECURITY_OFFICER, Role.SECURITY_REVIEWER)


def tell(
    uow: UnitOfWork,
    to: Iterable[str],
    kind: str,
    object_kind: str,
    object_id: str,
    label: str,
    now: datetime,
) -> int:
    """Leaves a notice for each of these accounts, in the transaction of what it tells of; returns how many."""
    if kind not in NOTICE_LABELS:
        raise ValueError(f"no words for notices of kind {kind}")
    told = sorted(set(to) - {""})
    uow.session.add_all(
        [
            Notice(account_id=each, kind=kind, object_kind=object_kind, object_id=object_id, label=label[:120], at=now)
            for each in told
        ]
    )
    return len(told)


def tell_owner(uow: UnitOfWork, account_id: str, kind: str, now: datetime) -> None:
    """Tells an account's owner that something about signing in with it has changed; it opens "my account"."""
    tell(uow, [account_id], kind, "own_account", account_id, "", now)


def officers(uow: UnitOfWork) -> list[str]:
    """The active accounts of security officers and reviewers."""
    return store.accounts_of(uow.session, OFFICERS)


def administrators(uow: UnitOfWork) -> list[str]:
    """The active accounts of administrators."""
    return store.accounts_of(uow.session, (Role.ADMINISTRATOR,))


def listed(uow: UnitOfWork, principal: Principal, limit: int, offset: int) -> tuple[list[Notice], int]:
    """The person's own notices, unread first, and how many."""
    return store.listed(uow.session, principal.account_id, limit, offset)


def unread(uow: UnitOfWork, principal: Principal) -> int:
    """How many of the person's notices are new."""
    return store.unread(uow.session, principal.account_id)


def take(uow: UnitOfWork, principal: Principal, notice_id: str, now: datetime) -> Notice:
    """A notice of the person's own, read from now on. Refused when it is another's or missing."""
    found = store.find(uow.session, principal.account_id, notice_id)
    if found is None:
        raise Refused(Verb.ROUTE_REFUSE, kind="notice", object_id=notice_id, reason="missing or another person's")
    store.mark_read(uow.session, principal.account_id, now, [found.id])
    return found


def mark_all_read(uow: UnitOfWork, principal: Principal, now: datetime) -> None:
    """Marks every notice of the person read."""
    store.mark_read(uow.session, principal.account_id, now)
