"""Notices to accounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from oms.domain.access import Role
from oms.store.consultation_tables import Notice
from oms.store.tables import Account


def listed(session: Session, account_id: str, limit: int, offset: int) -> tuple[list[Notice], int]:
    """An account's notices, unread first, then the newest; and how many."""
    statement = select(Notice).where(Notice.account_id == account_id)
    total = session.scalar(select(func.count()).where(Notice.account_id == account_id)) or 0
    ordered = statement.order_by(Notice.read_at.is_not(None), Notice.at.desc(), Notice.id)
    return list(session.scalars(ordered.limit(limit).offset(offset))), total


def unread(session: Session, account_id: str) -> int:
    """How many notices of an account have not been opened."""
    return session.scalar(select(func.count()).where(Notice.account_id == account_id, Notice.read_at.is_(None))) or 0


def find(session: Session, account_id: str, notice_id: str) -> Notice | None:
    """A notice of the account's own."""
    return session.scalar(select(Notice).where(Notice.id == notice_id, Notice.account_id == account_id))


def mark_read(session: Session, account_id: str, at: datetime, notice_ids: Sequence[str] = ()) -> None:
    """Marks some notices of an account read, or all of them."""
    statement = update(Notice).where(Notice.account_id == account_id, Notice.read_at.is_(None))
    if notice_ids:
        statement = statement.where(Notice.id.in_(list(notice_ids)))
    session.execute(statement.values(read_at=at))


def accounts_of(session: Session, roles: Iterable[Role]) -> list[str]:
    """Ids of the active accounts of some roles."""
    wanted = [str(role) for role in roles]
    return list(session.scalars(select(Account.id).where(Account.role.in_(wanted), Account.active.is_(True))))
