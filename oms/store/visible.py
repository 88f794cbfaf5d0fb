"""The access rule compiled to SQL: the same :class:`Visibility` as the yes/no and the index terms."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_
from sqlalchemy.orm import InstrumentedAttribute

from oms.domain.access import Visibility


def visible(
    view: Visibility,
    path: InstrumentedAttribute[str],
    secrecy: Any,
    compartment: Any,
) -> ColumnElement[bool]:
    """The condition under which a row is visible. No units means no rows (never: no condition).

    Subtrees are matched on whole path parts; ids in paths are digits, so LIKE needs no escaping.
    """
    if not view.units:
        return false()
    scope = or_(*[or_(path == unit, path.like(f"{unit}/%")) for unit in view.units])
    inside = or_(compartment == "", compartment.in_(sorted(view.compartments)))
    return and_(scope, secrecy <= view.secrecy, inside)


def in_scope(view: Visibility, path: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """The unit clause alone, for rows that carry no level of their own (batches, scans, tasks)."""
    if not view.units:
        return false()
    return or_(*[or_(path == unit, path.like(f"{unit}/%")) for unit in view.units])
