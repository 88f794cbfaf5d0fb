"""The request on paper (mẫu 4b-BNV/2007): what was asked, what was given, room for three signatures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Action, Principal, visibility
from oms.domain.journal import Verb
from oms.services import consultations
from oms.services.consultation_cases import PREPARING, look
from oms.services.custody import label_of
from oms.services.house import UnitOfWork, What, note
from oms.store import consultations as store
from oms.store.consultation_tables import Consultation
from oms.store.tables import Document


@dataclass(frozen=True)
class Printed:
    """The form's content. ``papers`` and ``approver`` are empty while nothing is given."""

    asked: Consultation
    holder: str
    asker: str
    asking: str
    approver: str
    preparer: str
    papers: tuple[tuple[str, str, int], ...]
    """Number in the contents list, type, pages."""
    dossier: str
    secrecy: int
    given: bool


def _papers(found: list[Document]) -> tuple[tuple[str, str, int], ...]:
    return tuple((label_of(each), each.type_code, each.page_count) for each in found)


def own(uow: UnitOfWork, principal: Principal, consultation_id: str, now: datetime) -> Printed:
    """The asker's copy: their own words; what was given only while they may read it."""
    view = consultations.own(uow, principal, consultation_id, Verb.CONSULTATION_PRINT, now)
    asked = view.asked
    lent = store.lent_documents(uow.session, visibility(principal, Action.CONSULT_READ), asked) if view.decided else []
    target = consultations.target_of(uow, asked, view.holder)
    note(uow, principal, Verb.CONSULTATION_PRINT, now, what=What("consultation", asked.id, asked.number), target=target)
    found = [document for document, _unit in lent]
    asking = view.asking.name if view.asking else ""
    level = max((each.secrecy for each in found), default=0)
    return Printed(
        asked, view.holder.name, view.asker, asking, view.approver, "", _papers(found), "", level, view.decided
    )


def held(uow: UnitOfWork, principal: Principal, consultation_id: str, now: datetime) -> Printed:
    """The holding unit's copy, with the dossier's number and the papers named."""
    view = look(uow, principal, PREPARING, consultation_id, "", now)
    row, asked = view.row, view.row.consultation
    given = asked.given_first is not None
    found = [paper.document for paper in view.papers if paper.picked and (paper.given or not given)]
    target = consultations.target_of(uow, asked, row.holder)
    note(uow, principal, Verb.CONSULTATION_PRINT, now, what=What("consultation", asked.id, asked.number), target=target)
    return Printed(
        asked,
        row.holder.name,
        row.asker.display_name,
        row.asking.name,
        view.names.get(asked.decided_by or "", "") if given else "",
        view.names.get(asked.prepared_by or "", ""),
        _papers(found),
        row.dossier.number if row.dossier else "",
        max((each.secrecy for each in found), default=0),
        given,
    )
