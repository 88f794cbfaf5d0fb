"""One person across blocks, for those who may see the records of two blocks at least: read side by side, never merged.

A record is shown under its own running opening; of the others only who and where, with the door. A reader who sees
one record of a person is answered as for a person that never was: that there are more is not theirs to know. A person
is asked for by a dossier of theirs: an id of the person would be another one when a hidden record joins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Action, Principal, visibility
from oms.domain.conflicts import same
from oms.domain.dated_rows import Catalogue
from oms.domain.journal import Verb
from oms.domain.record_items import ITEMS
from oms.errors import Refused
from oms.services import catalogues, custody, record_reading
from oms.services.house import What, note
from oms.services.record import RecordFact
from oms.services.record_reading import RecordView
from oms.store import link_conflicts
from oms.store import links as store
from oms.store.db import UnitOfWork
from oms.store.dossiers import DossierRow
from oms.store.link_tables import LinkConflict


@dataclass(frozen=True)
class Compared:
    """One item of the record as each open record says it (None where one says nothing); whether they differ.

    ``conflict`` is the row of the differences' queue, where the item is one of those that are owned and have a clock.
    """

    item: str
    facts: Sequence[RecordFact | None]
    differs: bool
    conflict: LinkConflict | None = None


@dataclass(frozen=True)
class PersonView:
    """A person: every record the reader may see, those that are open, and their single items side by side."""

    rows: Sequence[DossierRow]
    records: Sequence[RecordView]
    items: Sequence[Compared]

    @property
    def shut(self) -> list[DossierRow]:
        open_ids = {view.row.dossier.id for view in self.records}
        return [row for row in self.rows if row.dossier.id not in open_ids]


def look(uow: UnitOfWork, principal: Principal, dossier_id: str, now: datetime) -> PersonView:
    """The person of a dossier, if two of their records are there for this reader; each gets its row."""
    rows = _records(uow, principal, dossier_id)
    if len({row.cadre.id for row in rows}) < 2:
        raise Refused(Verb.CADRE_OPEN, kind="person", object_id=dossier_id, reason="missing or not visible")
    records = record_reading.opened_beside(uow, principal, rows, now)
    view = PersonView(rows, records, _side_by_side(uow, principal, records))
    for row in view.shut:  # named, as at its own door
        what = What("dossier", row.dossier.id, row.dossier.number)
        detail = {"shown": 1, "total": 1}
        note(uow, principal, Verb.CADRE_LIST, now, what=what, target=custody.target_of(row), detail=detail)
    return view


def _newest(view: RecordView) -> dict[str, RecordFact]:
    """Of each single item the fact that counts: the one that starts last, in the order the store gives."""
    return {fact.item.key: fact for fact in view.held if not fact.item.is_table}


def _side_by_side(uow: UnitOfWork, principal: Principal, records: Sequence[RecordView]) -> list[Compared]:
    catalogue, view = catalogues.load(uow), visibility(principal, Action.LINK_REVIEW)
    ids = [each.row.dossier.id for each in records]
    queued = {row.item: row for row in link_conflicts.between(uow.session, view, ids)}
    newest = [_newest(view) for view in records]
    found = []
    for key in ITEMS:
        facts = [each.get(key) for each in newest]
        if any(fact is not None for fact in facts):
            differs = _differ(key, facts, catalogue) or key in queued
            found.append(Compared(key, facts, differs, queued.get(key)))
    return found


def _differ(key: str, facts: Sequence[RecordFact | None], catalogue: Catalogue) -> bool:
    """Whether two of the records say something else; what is masked is not compared."""
    said = [fact.values["value"] for fact in facts if fact is not None and not fact.masked and "value" in fact.values]
    return any(not same(key, said[0], other, catalogue) for other in said[1:])


def _records(uow: UnitOfWork, principal: Principal, dossier_id: str) -> list[DossierRow]:
    return store.same_person(uow.session, visibility(principal, Action.DOSSIER_READ), dossier_id)


def is_one(uow: UnitOfWork, principal: Principal, dossier_id: str) -> bool:
    """Whether a dossier's person has more records than this one that the reader may see."""
    return len({row.cadre.id for row in _records(uow, principal, dossier_id)}) > 1
