"""The access rule compiled to SQL: the same :class:`Visibility` as the yes/no and the index terms."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, false, not_, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from oms.domain.access import EMERGENCY_LEVEL, Visibility
from oms.store.record_tables import RecordHead
from oms.store.tables import Base, Document, Dossier, Proposal

KEPT = 1024
"""Conditions kept: they never change, a page asks for the same ones many times, and making one is not cheap."""


@lru_cache(maxsize=KEPT)
def visible(view: Visibility, path: InstrumentedAttribute[str], of: type[Base]) -> ColumnElement[bool]:
    """The condition under which a row of ``of`` is visible; ``path`` is its unit's. No units means no rows.

    ``of`` has a level, and where it is or lies in a dossier, that too (a dossier itself, or a ``dossier_id``).
    """
    row: Any = of
    inside = in_scope(view, path)
    if view.documents and of is Document:
        inside = or_(inside, Document.id.in_(sorted(view.documents)))
    seen = and_(inside, row.secrecy <= view.secrecy)
    dossier = dossier_column(of)
    if view.emergency and dossier is not None:
        urgent = and_(dossier.in_(sorted(view.emergency)), row.secrecy <= int(EMERGENCY_LEVEL))
        seen = or_(seen, urgent)
    return and_(seen, _elsewhere(view, of))


@lru_cache(maxsize=KEPT)
def apart_from_units(view: Visibility, of: type[Base]) -> ColumnElement[bool]:
    """Every clause but the units', where a list asks for these in a way of its own; lists know of no emergency."""
    row: Any = of
    return and_(row.secrecy <= view.secrecy, _elsewhere(view, of))


def _elsewhere(view: Visibility, of: type[Base]) -> ColumnElement[bool]:
    """The clauses that nothing lent can widen."""
    return and_(_compartments(view, of), _withheld(view, of), _in_state(view, of))


def dossier_column(of: type[Base]) -> Any:
    """The column that names the dossier a row is or lies in; None for what lies in none."""
    return Dossier.id if of is Dossier else getattr(of, "dossier_id", None)


@lru_cache(maxsize=KEPT)
def in_scope(view: Visibility, path: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """The unit clause alone. Subtrees are matched on whole path parts; paths are digits, so LIKE needs no escape."""
    if not view.units:
        return false()
    return or_(*[or_(path == unit, path.like(f"{unit}/%")) for unit in view.units])


def _compartments(view: Visibility, of: type[Base]) -> ColumnElement[bool]:
    """The compartment clause alone; what has none passes."""
    column = getattr(of, "compartment", None)
    if column is None:
        return true()
    return or_(column == "", column.in_(sorted(view.compartments)))


def _withheld(view: Visibility, of: type[Base]) -> ColumnElement[bool]:
    """Not in a dossier of the person's own or a relative's; nor a paper that the machine takes for such a one's."""
    column = dossier_column(of)
    if column is None or not view.withheld:
        return true()
    theirs = sorted(view.withheld)
    away = or_(column.is_(None), column.not_in(theirs))
    if of is not Document:
        return away
    return and_(away, Document.id.not_in(select(Proposal.document_id).where(Proposal.dossier_id.in_(theirs))))


def _in_state(view: Visibility, of: type[Base]) -> ColumnElement[bool]:
    """Not of a dossier in a state the action is barred in, where the row says that state."""
    if not view.barred or of not in (Dossier, RecordHead):
        return true()
    row: Any = of
    found: ColumnElement[bool] = row.state.not_in(sorted(view.barred))
    return found


def on_general_lists(of: type[Base], apart: bool = False) -> ColumnElement[bool]:
    """What general lists, counts and figures hold: nothing of a level or a restricted area; ``apart``: only these."""
    row: Any = of
    general = and_(row.secrecy == 0, row.compartment == "")
    return not_(general) if apart else general
