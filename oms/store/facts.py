"""Facts of records: added, ended, read within what may be seen; and the heads made from them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, delete, select
from sqlalchemy.orm import Session

from oms.domain.access import Visibility
from oms.domain.record_facts import Kept
from oms.store.bulk import add_rows
from oms.store.record_tables import ChangeItem, FactRow, RecordHead
from oms.store.tables import Cadre, Dossier, Unit
from oms.store.visible import KEPT, visible

AT_ONCE = 500
"""Dossiers asked for in one statement: SQLite takes a bounded number of values."""


def _facts(view: Visibility) -> Select[FactRow]:
    """A fact is visible when its dossier is, and when its own level and compartment, which may be higher, are."""
    return (
        select(FactRow)
        .join(Dossier, Dossier.id == FactRow.dossier_id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .where(
            visible(view, Unit.path, Dossier),
            visible(view, Unit.path, FactRow),
        )
    )


def in_force(session: Session, view: Visibility, dossier_id: str) -> list[FactRow]:
    """The visible facts of a record that hold, each item's in the order of their days."""
    statement = _facts(view).where(FactRow.dossier_id == dossier_id, FactRow.ended_at.is_(None))
    ordered = statement.order_by(FactRow.item, FactRow.starts, FactRow.entered_at, FactRow.id)
    return list(session.scalars(ordered))


def in_order(rows: Sequence[FactRow]) -> list[FactRow]:
    """Facts in the order of :func:`in_force`."""
    return sorted(rows, key=lambda row: (row.item, row.starts, row.entered_at, row.id))


def in_force_of(session: Session, view: Visibility, dossier_ids: Sequence[str]) -> dict[str, list[FactRow]]:
    """As :func:`in_force`, for several records."""
    found: dict[str, list[FactRow]] = {dossier_id: [] for dossier_id in dossier_ids}
    for some in chunks(dossier_ids):
        statement = _facts(view).where(FactRow.dossier_id.in_(some), FactRow.ended_at.is_(None))
        for row in session.scalars(statement.order_by(FactRow.item, FactRow.starts, FactRow.entered_at, FactRow.id)):
            found[row.dossier_id].append(row)
    return found


def history(session: Session, view: Visibility, dossier_id: str, item: str = "") -> list[FactRow]:
    """Every visible fact of a record, in force or ended, newest entry first."""
    return list(session.scalars(_history(view, bool(item)), {"dossier": dossier_id, "item": item}))


@lru_cache(KEPT)
def _history(view: Visibility, of_item: bool) -> Select[FactRow]:
    statement = _facts(view).where(FactRow.dossier_id == bindparam("dossier"))
    if of_item:
        statement = statement.where(FactRow.item == bindparam("item"))
    return statement.order_by(FactRow.entered_at.desc(), FactRow.id)


def find(session: Session, view: Visibility, fact_id: str) -> FactRow | None:
    """The fact, if it is visible."""
    return session.scalar(_facts(view).where(FactRow.id == fact_id))


def chunks(ids: Sequence[str]) -> Iterator[list[str]]:
    """The ids in portions of :data:`AT_ONCE`."""
    for start in range(0, len(ids), AT_ONCE):
        yield list(ids[start : start + AT_ONCE])


def add(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds facts, given as the columns of their rows, in one go."""
    add_rows(session, FactRow, rows)


def end(session: Session, fact: FactRow, by: str, at: datetime, change_id: str | None, successor: str | None) -> None:
    """Ends a fact: it stays, with who ended it, when, by which change and for which fact."""
    fact.ended_at, fact.ended_by, fact.ended_change, fact.ended_for = at, by, change_id, successor
    session.flush()


def confirm(session: Session, fact: FactRow, by: str, at: datetime) -> None:
    """Writes the second person into a fact that has none."""
    fact.confirmed_by, fact.confirmed_at = by, at
    session.flush()


def kept_for_heads(session: Session, dossiers: Sequence[Dossier]) -> dict[str, list[Kept]]:
    """The facts in force at each dossier's own level and compartment, oldest entry first: what its head is made of.

    No principal: a head shows nothing above its dossier, and is itself read only through a visible dossier.
    """
    levels = {dossier.id: (dossier.secrecy, dossier.compartment) for dossier in dossiers}
    found: dict[str, list[Kept]] = {dossier_id: [] for dossier_id in levels}
    wanted = (
        FactRow.dossier_id, FactRow.item, FactRow.body, FactRow.code, FactRow.starts, FactRow.ends,
        FactRow.secrecy, FactRow.compartment,
    )  # fmt: skip
    for some in chunks(list(levels)):
        statement = select(*wanted).where(FactRow.dossier_id.in_(some), FactRow.ended_at.is_(None))
        for row in session.execute(statement.order_by(FactRow.entered_at, FactRow.id)):
            secrecy, compartment = levels[row.dossier_id]
            if row.secrecy <= secrecy and row.compartment in ("", compartment):
                found[row.dossier_id].append(Kept(row.item, json.loads(row.body), row.code, row.starts, row.ends))
    return found


def cadres_of(session: Session, dossiers: Sequence[Dossier]) -> dict[str, Cadre]:
    """The cadres of some dossiers by id: what a head tells them is written beside them."""
    found: dict[str, Cadre] = {}
    for some in chunks([dossier.cadre_id for dossier in dossiers]):
        found |= {cadre.id: cadre for cadre in session.scalars(select(Cadre).where(Cadre.id.in_(some)))}
    return found


def put_heads(session: Session, heads: Mapping[str, Mapping[str, Any]], now: datetime) -> None:
    """Puts the heads of some records in the place of what was there."""
    for some in chunks(list(heads)):
        session.execute(delete(RecordHead).where(RecordHead.dossier_id.in_(some)))
    add_heads(session, heads, now)


def add_heads(session: Session, heads: Mapping[str, Mapping[str, Any]], now: datetime) -> None:
    """Adds the heads of records that have none yet."""
    add_rows(session, RecordHead, [{"dossier_id": name, "made_at": now, **head} for name, head in heads.items()])


def heads(session: Session, dossier_ids: Sequence[str]) -> dict[str, RecordHead]:
    """The heads of some dossiers; the caller has made sure that these dossiers are visible."""
    found: dict[str, RecordHead] = {}
    for some in chunks(dossier_ids):
        rows = session.scalars(select(RecordHead).where(RecordHead.dossier_id.in_(some)))
        found |= {row.dossier_id: row for row in rows}
    return found


def dossier_ids(session: Session) -> list[str]:
    """Every dossier's id, for the operator's renewal; shown to nobody."""
    return list(session.scalars(select(Dossier.id).order_by(Dossier.id)))


def with_cadres(session: Session, dossier_ids: Sequence[str]) -> list[tuple[Dossier, Cadre]]:
    """Some dossiers with their cadres, for the operator's renewal."""
    statement = select(Dossier, Cadre).join(Cadre, Cadre.id == Dossier.cadre_id)
    found = session.execute(statement.where(Dossier.id.in_(list(dossier_ids))))
    return [(dossier, cadre) for dossier, cadre in found]


def with_facts(session: Session, dossier_ids: Sequence[str]) -> set[str]:
    """Which of some dossiers have any fact, in force or ended."""
    statement = select(FactRow.dossier_id).where(FactRow.dossier_id.in_(list(dossier_ids))).distinct()
    return set(session.scalars(statement))


def spoken_of(session: Session, fact_id: str) -> bool:
    """Whether an item of any change refers to the fact."""
    return session.scalar(select(ChangeItem.id).where(ChangeItem.fact_id == fact_id).limit(1)) is not None
