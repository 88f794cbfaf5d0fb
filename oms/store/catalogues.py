"""The rows of the catalogues, and the queue of words no closed list holds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from oms.domain.dated_rows import Row
from oms.store import bulk
from oms.store.catalogue_tables import CatalogueOther, CatalogueRow
from oms.store.exchange_tables import Due
from oms.store.record_tables import FactRow
from oms.store.tables import Dossier

KEPT = "catalogue"
"""Under which name a session keeps the catalogue it read; whoever writes a row drops it."""


def live_rows(session: Session) -> list[Row]:
    """Every row that has not been replaced or taken out."""
    found = session.scalars(select(CatalogueRow).where(CatalogueRow.ended_at.is_(None)).order_by(CatalogueRow.id))
    return [as_row(row) for row in found]


def as_row(row: CatalogueRow) -> Row:
    """The stored row as the domain knows it."""
    return Row(
        list_code=row.list_code,
        code=row.code,
        label=row.label,
        aliases=tuple(json.loads(row.aliases)),
        position=row.position,
        extra=json.loads(row.extra),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        legal_basis=row.legal_basis,
        mark=row.mark,
        row_id=row.id,
    )


def signature(session: Session) -> tuple[int, int]:
    """Changes whenever a row is added or ended."""
    newest, gone = session.execute(_SIGNATURE).one()
    return (newest or 0, gone or 0)


_SIGNATURE = select(func.max(CatalogueRow.id), func.count(CatalogueRow.ended_at))


def add_rows(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds rows, given as their columns."""
    session.info.pop(KEPT, None)
    if rows:
        session.execute(insert(CatalogueRow), [dict(row) for row in rows])


def ever(session: Session) -> set[tuple[str, str, str]]:
    """List, code and first day of every row there is or was: what a default must not bring back."""
    found = session.execute(select(CatalogueRow.list_code, CatalogueRow.code, CatalogueRow.valid_from))
    return {(row[0], row[1], row[2].isoformat() if row[2] else "") for row in found}


def queue_others(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Puts words into the queue of what no closed list holds."""
    bulk.add_rows(session, CatalogueOther, rows)


def list_rows(session: Session, list_code: str) -> list[Row]:
    """The live rows of one list in order."""
    statement = select(CatalogueRow).where(CatalogueRow.list_code == list_code, CatalogueRow.ended_at.is_(None))
    found = session.scalars(statement.order_by(CatalogueRow.position, CatalogueRow.code, CatalogueRow.valid_from))
    return [as_row(row) for row in found]


def history(session: Session, list_code: str, code: str = "") -> list[CatalogueRow]:
    """Every row of a list there ever was, or those of one code, the newest entry first."""
    statement = select(CatalogueRow).where(CatalogueRow.list_code == list_code)
    if code:
        statement = statement.where(CatalogueRow.code == code)
    return list(session.scalars(statement.order_by(CatalogueRow.id.desc())))


def mark_of(session: Session, list_code: str) -> str:
    """Changes whenever a row of this list is added or ended: what a preview was made from."""
    ended = func.count(CatalogueRow.ended_at)
    statement = select(func.max(CatalogueRow.id), ended).where(CatalogueRow.list_code == list_code)
    newest, gone = session.execute(statement).one()
    return f"{newest or 0}.{gone or 0}"


def end_rows(session: Session, row_ids: Sequence[int], by: str, at: datetime) -> None:
    """Takes rows out of the live ones; they stay, with who took them out and when."""
    session.info.pop(KEPT, None)
    for start in range(0, len(row_ids), 500):
        some = list(row_ids[start : start + 500])
        statement = update(CatalogueRow).where(CatalogueRow.id.in_(some), CatalogueRow.ended_at.is_(None))
        session.execute(statement.values(ended_by=by, ended_at=at))


def open_bearers(session: Session, items: Sequence[str], code: str) -> int:
    """Facts in force that bear a code, at no level of secrecy: a bare number, told to who edits the list."""
    statement = (
        select(func.count())
        .select_from(FactRow)
        .where(FactRow.item.in_(list(items)), FactRow.code == code, FactRow.ended_at.is_(None))
        .where(FactRow.secrecy == 0, FactRow.compartment == "")
    )
    return session.scalar(statement) or 0


def open_dues(session: Session, kinds: Sequence[str]) -> int:
    """Dates coming due of some kinds, of dossiers at no level of secrecy: a bare number, as above."""
    statement = (
        select(func.count())
        .select_from(Due)
        .join(Dossier, Dossier.id == Due.dossier_id)
        .where(Due.kind.in_(list(kinds)), Dossier.secrecy == 0, Dossier.compartment == "")
    )
    return session.scalar(statement) or 0
