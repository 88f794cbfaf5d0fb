"""Declared persons of an account."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms.store.access_tables import AccountKin


def of_account(session: Session, account_id: str) -> list[AccountKin]:
    """Every entry of an account: those in force first, then by time."""
    found = select(AccountKin).where(AccountKin.account_id == account_id)
    return list(session.scalars(found.order_by(AccountKin.ended_at.is_not(None), AccountKin.entered_at)))


def find(session: Session, entry_id: str) -> AccountKin | None:
    """One entry."""
    return session.get(AccountKin, entry_id)
