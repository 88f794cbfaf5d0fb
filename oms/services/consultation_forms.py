"""The request on paper (mẫu 4b-BNV/2007): what was asked, what was given, room for three signatures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from oms.domain.access import Action, Principal, Target, highest, visibility
from oms.domain.journal import Verb
from oms.services import consultations, secret_copies
from oms.services.consultation_cases import PREPARING, CaseView, look
from oms.services.custody import label_of
from oms.services.house import UnitOfWork, What, note
from oms.services.secret_copies import Copied, Leaving
from oms.store import consultations as store
from oms.store.consultation_tables import Consultation
from oms.store.secrecy_tables import SecretCopy
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
    compartment: str
    given: bool
    entered: SecretCopy | None = None
    """Its line in the register of copies, where what is named has a level."""


def _papers(found: list[Document]) -> tuple[tuple[str, str, int], ...]:
    return tuple((label_of(each), each.type_code, each.page_count) for each in found)


def _leave(
    uow: UnitOfWork, principal: Principal, target: Target, printed: Printed, leaving: Leaving | None, now: datetime
) -> Printed:
    """The print's row and, where it names a secret, its line in the register: InvalidInput when that is not said.

    ``target`` is the request as the journal keeps it; the copies bear what is printed.
    """
    asked = printed.asked
    what = What("consultation", asked.id, asked.number)
    shown = Target(target.unit_path, printed.secrecy, printed.compartment, target.dossier_id)
    copied = Copied("form", what, shown, principal.unit_id, asked.dossier_id)
    entered = secret_copies.enter(uow, principal, copied, leaving, f"Phiếu yêu cầu số {asked.number}", now)
    note(uow, principal, Verb.CONSULTATION_PRINT, now, what=what, target=target)
    return replace(printed, entered=entered)


def own(
    uow: UnitOfWork, principal: Principal, consultation_id: str, now: datetime, leaving: Leaving | None = None
) -> Printed:
    """The asker's copy: their own words; what was given only while they may read it."""
    view = consultations.own(uow, principal, consultation_id, Verb.CONSULTATION_PRINT, now)
    asked = view.asked
    lent = store.lent_documents(uow.session, visibility(principal, Action.CONSULT_READ), asked) if view.decided else []
    found = [document for document, _unit in lent]
    asking = view.asking.name if view.asking else ""
    level, areas = highest((each.secrecy, each.compartment) for each in found)
    printed = Printed(
        asked, view.holder.name, view.asker, asking, view.approver, "", _papers(found), "", level,
        next(iter(areas), ""), view.decided,
    )  # fmt: skip
    return _leave(uow, principal, consultations.target_of(uow, asked, view.holder), printed, leaving, now)


def _named(view: CaseView) -> list[Document]:
    """The papers the holding unit's copy names: what was given, before that what is put up."""
    given = view.row.consultation.given_first is not None
    return [paper.document for paper in view.papers if paper.picked and (paper.given or not given)]


def held_level(view: CaseView) -> tuple[int, str]:
    """Level and compartment of the holding unit's copy: of the dossier it names, or higher where a paper's is."""
    dossier = view.row.dossier
    head = [(dossier.secrecy, dossier.compartment)] if dossier else []
    level, areas = highest([*head, *((each.secrecy, each.compartment) for each in _named(view))])
    return level, next(iter(areas), "")


def held(
    uow: UnitOfWork, principal: Principal, consultation_id: str, now: datetime, leaving: Leaving | None = None
) -> Printed:
    """The holding unit's copy, with the dossier's number and the papers named."""
    view = look(uow, principal, PREPARING, consultation_id, "", now)
    row, asked = view.row, view.row.consultation
    given = asked.given_first is not None
    level, area = held_level(view)
    target = Target((row.unit or row.holder).path, level, area, row.dossier.id if row.dossier else "")
    printed = Printed(
        asked,
        row.holder.name,
        row.asker.display_name,
        row.asking.name,
        view.names.get(asked.decided_by or "", "") if given else "",
        view.names.get(asked.prepared_by or "", ""),
        _papers(_named(view)),
        row.dossier.number if row.dossier else "",
        level,
        area,
        given,
    )
    return _leave(uow, principal, target, printed, leaving, now)
