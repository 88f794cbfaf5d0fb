"""Many rows of one table added at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Table, insert
from sqlalchemy.orm import DeclarativeBase, Session


def add_rows(session: Session, model: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds rows, given as their columns; all must name the same columns.

    Past the unit of work, which sends a statement of its own wherever a column is NULL in one row and not in the next.
    """
    if rows:
        session.execute(insert(cast(Table, model.__table__)), list(rows))
