"""The seeded clerk at the desk: cuts mended, what was misread corrected, papers filed – through the desk's own door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from oms.demonstration.deliver import DemoDocument, DemoFile
from oms.demonstration.people import cadres
from oms.domain.access import Principal
from oms.services import accounts, custody, desk, intake
from oms.services.house import House, UnitOfWork

Clock = Callable[[], datetime]


def principal_named(house: House, username: str) -> Principal:
    """The seeded person, with the rights their account really has."""
    with house.database.transaction() as session:
        return accounts.principal_named(UnitOfWork(session, house.vault, house.settings.models), username)


def file_one(house: House, file: DemoFile, clock: Clock) -> None:
    """What the seeded clerk does with one file: mends the cuts, corrects what was misread, files."""
    clerk = principal_named(house, file.scanned_by)
    with house.work(clerk, clock()) as uow:
        scan_id = intake.scan_named(uow, clerk, file.path.name)
    if not scan_id:
        return
    starts = {document.pages[0] for document in file.documents}
    mend_cuts(house, clerk, scan_id, starts, clock)
    for document in file.documents:
        if not set(range(document.pages[0], document.pages[1] + 1)) & set(file.hard_pages):
            file_paper(house, clerk, scan_id, file, document, clock)


def mend_cuts(house: House, clerk: Principal, scan_id: str, starts: set[int], clock: Clock) -> None:
    """Splits where the machine ran two papers together, joins where it cut one in two."""
    for start in sorted(starts):
        with house.work(clerk, clock()) as uow:
            place = desk.place_of(uow, clerk, scan_id, start)
            if place is not None and place.position > 1:
                desk.split(uow, clerk, place.document.id, place.document.version, place.position, clock())
    with house.work(clerk, clock()) as uow:
        wrong = [p for p in desk.first_pages(uow, clerk, scan_id) if p not in starts]
    for start in wrong:
        with house.work(clerk, clock()) as uow:
            place = desk.place_of(uow, clerk, scan_id, start)
            if place is not None:
                desk.join_previous(uow, clerk, place.document.id, place.document.version, clock())


def file_paper(house: House, clerk: Principal, scan_id: str, file: DemoFile, truth: DemoDocument, clock: Clock) -> None:
    """Files the paper that begins where the truth says, into the person's dossier of the file's block."""
    person = next(cadre for cadre in cadres() if cadre.key == truth.person_key)
    held = next(dossier for dossier in person.dossiers if dossier.block == file.block)
    edit = desk.Edit(
        type_code=truth.type_code,
        title=truth.title,
        number=truth.number or "",
        issued_on=truth.issued_on.strftime("%d/%m/%Y") if truth.issued_on else "",
        person_name=person.name,
        person_birth_date=person.core.born.strftime("%d/%m/%Y"),
        secrecy=truth.secrecy,
        compartment=truth.compartment,
    )
    with house.work(clerk, clock()) as uow:
        place = desk.place_of(uow, clerk, scan_id, truth.pages[0])
        dossier_id = custody.dossier_numbered(uow, clerk, held.number)
        if place is not None and dossier_id:
            desk.file(uow, clerk, place.document.id, place.document.version, dossier_id, edit, clock())
