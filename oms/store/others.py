"""Words on records that their closed list does not hold: grouped, settled, taken back, within what may be seen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from oms.domain.access import Visibility
from oms.store import people
from oms.store.catalogue_tables import CatalogueOther
from oms.store.record_tables import FactRow
from oms.store.tables import Account, Dossier, Unit
from oms.store.visible import visible

AT_ONCE = 500


@dataclass(frozen=True)
class WordGroup:
    """Words written alike (case and marks aside) on so many facts; ``code`` and ``by`` once they are settled."""

    list_code: str
    folded: str
    text: str
    count: int
    state: str
    code: str
    by: str
    at: datetime | None
    secrecy: int = 0
    """The highest level of the facts it stands on."""


def _seen(statement: Select[*tuple[Any, ...]], view: Visibility, items: Collection[str]) -> Select[*tuple[Any, ...]]:
    """Only words of facts in force that may be seen, of items that may be read unmasked."""
    return (
        statement.join(FactRow, FactRow.id == CatalogueOther.fact_id)
        .join(Dossier, Dossier.id == FactRow.dossier_id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .where(
            visible(view, Unit.path, Dossier),
            visible(view, Unit.path, FactRow),
            FactRow.ended_at.is_(None),
            FactRow.item.in_(sorted(items)),
        )
    )


def groups(
    session: Session, view: Visibility, items: Collection[str], states: Sequence[str], list_code: str = ""
) -> list[WordGroup]:
    """The groups in some states, the most frequent first."""
    keys = (CatalogueOther.list_code, CatalogueOther.folded, CatalogueOther.state, CatalogueOther.code)
    told = (func.min(CatalogueOther.text), func.count(), func.max(CatalogueOther.settled_at))
    level = func.max(FactRow.secrecy)
    statement = _seen(select(*keys, *told, func.max(CatalogueOther.settled_by), level), view, items)
    statement = statement.where(CatalogueOther.state.in_(list(states)))
    if list_code:
        statement = statement.where(CatalogueOther.list_code == list_code)
    ordered = statement.group_by(*keys).order_by(func.count().desc(), CatalogueOther.list_code, CatalogueOther.folded)
    rows = session.execute(ordered).all()
    names = people.names_of(session, {row[7] for row in rows if row[7]})
    return [
        WordGroup(row[0], row[1], row[4], row[5], row[2], row[3], names.get(row[7], ""), row[6], row[8]) for row in rows
    ]


def lines(
    session: Session, view: Visibility, items: Collection[str], list_code: str, folded: str, states: Sequence[str]
) -> list[tuple[CatalogueOther, FactRow, Dossier]]:
    """The visible lines of a group with their facts and dossiers."""
    statement = _seen(select(CatalogueOther, FactRow, Dossier), view, items)
    wanted = statement.where(
        CatalogueOther.list_code == list_code,
        CatalogueOther.folded == folded,
        CatalogueOther.state.in_(list(states)),
    )
    return [(row[0], row[1], row[2]) for row in session.execute(wanted.order_by(CatalogueOther.id))]


def settle(
    session: Session, line_ids: Sequence[int], state: str, code: str, by: str | None, at: datetime | None
) -> None:
    """Writes what became of some lines."""
    for start in range(0, len(line_ids), AT_ONCE):
        some = list(line_ids[start : start + AT_ONCE])
        statement = update(CatalogueOther).where(CatalogueOther.id.in_(some))
        session.execute(statement.values(state=state, code=code, settled_by=by, settled_at=at))


def give_code(session: Session, fact_ids: Sequence[str], code: str) -> None:
    """Writes the closed list's code of some facts; what the facts say is not touched."""
    for start in range(0, len(fact_ids), AT_ONCE):
        some = list(fact_ids[start : start + AT_ONCE])
        session.execute(update(FactRow).where(FactRow.id.in_(some)).values(code=code))


def suggested(session: Session) -> list[WordGroup]:
    """Words proposed for a list, for who keeps the lists: the words and how often, nothing of the records."""
    keys = (CatalogueOther.list_code, CatalogueOther.folded, CatalogueOther.code)
    told = (func.min(CatalogueOther.text), func.count(), func.max(CatalogueOther.settled_at))
    statement = select(*keys, *told, func.max(Account.display_name)).join(
        Account, Account.id == CatalogueOther.settled_by
    )
    found = session.execute(statement.where(CatalogueOther.state == "suggested").group_by(*keys).order_by(*keys)).all()
    return [WordGroup(row[0], row[1], row[3], row[4], "suggested", row[2], row[6], row[5]) for row in found]


def undecided(session: Session, list_code: str, folded: str = "") -> list[tuple[CatalogueOther, FactRow, Dossier]]:
    """Lines of a list that wait or are proposed, whatever their level: for what follows from a changed list."""
    statement = (
        select(CatalogueOther, FactRow, Dossier)
        .join(FactRow, FactRow.id == CatalogueOther.fact_id)
        .join(Dossier, Dossier.id == FactRow.dossier_id)
        .where(CatalogueOther.list_code == list_code, CatalogueOther.state.in_(("waiting", "suggested")))
    )
    if folded:
        statement = statement.where(CatalogueOther.folded == folded)
    return [(row[0], row[1], row[2]) for row in session.execute(statement.order_by(CatalogueOther.id))]
