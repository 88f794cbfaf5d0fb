"""Saved criteria and rosters, with whose they are."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms.store.exchange_tables import SavedList
from oms.store.tables import Account, Unit


def of_kind(session: Session, kind: str) -> list[tuple[SavedList, str, str]]:
    """Every saved list of a kind with the path of its unit and its owner's name, by title; the caller cuts."""
    statement = (
        select(SavedList, Unit.path, Account.display_name)
        .join(Unit, Unit.id == SavedList.unit_id)
        .join(Account, Account.id == SavedList.owner_id)
        .where(SavedList.kind == kind)
        .order_by(SavedList.title, SavedList.id)
    )
    return [(row, path, name) for row, path, name in session.execute(statement)]
