"""Filing: a paper is laid into a dossier under the next number of its contents list, from the desk or as a result."""

from __future__ import annotations

from datetime import datetime

from oms.domain.access import Action, Principal, visibility
from oms.domain.journal import Verb
from oms.domain.records import DocumentState, serial_label
from oms.errors import Refused
from oms.services import check_draw, resting, seals
from oms.services.desk_edit import one_compartment
from oms.services.desk_ground import note_paper
from oms.services.zones import require_zone
from oms.store import copies, dossiers
from oms.store.db import UnitOfWork
from oms.store.dossiers import DossierRow
from oms.store.tables import Document, Unit


def place(uow: UnitOfWork, principal: Principal, dossier_id: str) -> DossierRow:
    """The dossier, if the person may file into it. Refused when missing or hidden, InvalidInput when it takes none."""
    row = dossiers.find_dossier(uow.session, visibility(principal, Action.DOCUMENT_FILE), dossier_id)
    if row is None:
        raise Refused(Verb.DOCUMENT_FILE, kind="dossier", object_id=dossier_id, reason="missing or not visible")
    seals.require_fileable(uow, row.dossier)
    return row


def lay(
    uow: UnitOfWork, principal: Principal, document: Document, row: DossierRow, came_from: Unit, now: datetime
) -> None:
    """Lays a paper into a dossier of :func:`place`: its level, its unit, its number; asks for copy and second look.

    The paper takes the dossier's unit and the higher of both levels: a container never lowers what is in it.
    """
    document.secrecy = max(document.secrecy, row.dossier.secrecy)
    require_zone(uow, document.secrecy)
    document.compartment = one_compartment(document.compartment, row.dossier.compartment)
    document.dossier_id, document.unit_id = row.dossier.id, row.unit.id
    document.serial = dossiers.next_serial(uow.session, row.dossier.id, document.secrecy, document.compartment)
    document.state, document.filed_by, document.filed_at = DocumentState.FILED, principal.account_id, now
    resting.rise(uow, document, now)
    copies.want(uow.session, document.id, document.version, now)
    check = check_draw.on_filing(uow, principal, document, now)
    detail = {"dossier": row.dossier.id, "serial": document.serial, "from": came_from.path, "check": check}
    label = f"{row.dossier.number}/{serial_label(document.serial, document.secrecy, document.compartment)}"
    note_paper(uow, principal, Verb.DOCUMENT_FILE, now, document, row.unit, label=label, **detail)
