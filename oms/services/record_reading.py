"""The record as it is read: what holds, what held before, on which papers, who stands for it; and the second person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Action, Principal, visibility
from oms.domain.journal import Verb
from oms.errors import InvalidInput
from oms.services import custody, record
from oms.services.custody import ContentsLine
from oms.services.house import What, require
from oms.services.record import RecordFact
from oms.store import delegations, dossiers, facts, people
from oms.store.db import UnitOfWork
from oms.store.delegations import Side
from oms.store.dossiers import DossierRow
from oms.store.tables import Opening


@dataclass(frozen=True)
class RecordView:
    """One record: facts in force and ended, as this person may see them; the papers they stand on; names."""

    row: DossierRow
    held: tuple[RecordFact, ...]
    ended: tuple[RecordFact, ...]
    contents: Mapping[str, ContentsLine]
    names: Mapping[str, str]
    side: Side

    @property
    def own(self) -> int:
        """How many unconfirmed facts wait for somebody else, because this side entered them."""
        unconfirmed = (fact.row for fact in self.held if not fact.row.confirmed_by)
        return sum(self.side.holds(row.entered_by, row.entered_at) for row in unconfirmed)

    def waiting(self) -> list[RecordFact]:
        """Facts no second person has confirmed, that this person could."""
        return [fact for fact in self.held if may_confirm(self.side, fact)]


def may_confirm(side: Side, fact: RecordFact) -> bool:
    """Whether this side is a second one for the fact: none of it entered it, and the person is able to read it."""
    return not fact.masked and not fact.row.confirmed_by and not side.holds(fact.row.entered_by, fact.row.entered_at)


def of(
    uow: UnitOfWork, principal: Principal, row: DossierRow, contents: Sequence[ContentsLine] | None = None
) -> RecordView:
    """The record of a dossier that the caller has opened and journalled; ``contents``: its list, as just read."""
    view = visibility(principal, Action.DOSSIER_READ)
    if contents is None:
        contents = custody.contents_lines(uow, dossiers.contents(uow.session, view, row.dossier.id))
    found = facts.history(uow.session, view, row.dossier.id)
    held = record.shown_to(principal, facts.in_order([fact for fact in found if fact.ended_at is None]))
    ended = record.shown_to(principal, [fact for fact in found if fact.ended_at])
    hands = {name for fact in found for name in (fact.entered_by, fact.confirmed_by, fact.ended_by) if name}
    lines = {line.document.id: line for line in contents}
    side = delegations.side_of(uow.session, principal.persons)
    return RecordView(row, tuple(held), tuple(ended), lines, people.names_of(uow.session, hands), side)


def opened_beside(
    uow: UnitOfWork, principal: Principal, others: Sequence[DossierRow], now: datetime
) -> list[RecordView]:
    """Of the same cadre's other dossiers the records of those this person has open too; each is a row."""
    found = []
    for row in others:
        opening = dossiers.live_opening(uow.session, principal.account_id, row.dossier.id, now, principal.token_id)
        if opening is not None:
            what = What("dossier", row.dossier.id, row.dossier.number)
            custody.note_under(uow, principal, Verb.CADRE_OPEN, opening, now, what, custody.target_of(row))
            found.append(of(uow, principal, row))
    return found


def _to_confirm(
    uow: UnitOfWork, principal: Principal, dossier_id: str, verb: Verb, now: datetime
) -> tuple[DossierRow, Opening]:
    row, opening = custody.opened(uow, principal, dossier_id, verb, now)
    target = custody.target_of(row)
    require(principal, Action.RECORD_DECIDE, verb, target, kind="dossier", object_id=dossier_id)
    return row, opening


def look_to_confirm(uow: UnitOfWork, principal: Principal, dossier_id: str, now: datetime) -> RecordView:
    """The record with what waits for a second person, under a running opening; journalled as a reading."""
    row, opening = _to_confirm(uow, principal, dossier_id, Verb.CADRE_OPEN, now)
    what, target = What("dossier", dossier_id, row.dossier.number), custody.target_of(row)
    custody.note_under(uow, principal, Verb.CADRE_OPEN, opening, now, what, target)
    return of(uow, principal, row)


def confirm(uow: UnitOfWork, principal: Principal, dossier_id: str, chosen: Sequence[str], now: datetime) -> int:
    """Puts this person's word beside the chosen facts as the second; how many. Nobody confirms what they entered.

    InvalidInput when none of the chosen waits for this person.
    """
    row, opening = _to_confirm(uow, principal, dossier_id, Verb.RECORD_CONFIRM, now)
    held = record.facts_of(uow, principal, dossier_id)
    side = delegations.side_of(uow.session, principal.persons)
    wanted = [fact for fact in held if fact.row.id in set(chosen) and may_confirm(side, fact)]
    if not wanted:
        raise InvalidInput("chosen", "Hãy chọn ít nhất một mục chưa có người thứ hai xác nhận.")
    ids = [fact.row.id for fact in wanted]
    what, target = What("dossier", dossier_id, row.dossier.number), custody.target_of(row)
    custody.note_under(uow, principal, Verb.RECORD_CONFIRM, opening, now, what, target, {"facts": ids})
    for fact in wanted:
        facts.confirm(uow.session, fact.row, principal.account_id, now)
    return len(ids)
