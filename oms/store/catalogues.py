"""The rows of the catalogues, and the queue of words no closed list holds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from oms.domain.dated_rows import Row
from oms.store.catalogue_tables import CatalogueOther, CatalogueRow


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
    ended = func.count(CatalogueRow.ended_at)
    newest, gone = session.execute(select(func.max(CatalogueRow.id), ended)).one()
    return (newest or 0, gone or 0)


def add_rows(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds rows, given as their columns."""
    if rows:
        session.execute(insert(CatalogueRow), [dict(row) for row in rows])


def ever(session: Session) -> set[tuple[str, str, str]]:
    """List, code and first day of every row there is or was: what a default must not bring back."""
    found = session.execute(select(CatalogueRow.list_code, CatalogueRow.code, CatalogueRow.valid_from))
    return {(row[0], row[1], row[2].isoformat() if row[2] else "") for row in found}


def queue_others(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Puts words into the queue of what no closed list holds."""
    if rows:
        session.execute(insert(CatalogueOther), [dict(row) for row in rows])
