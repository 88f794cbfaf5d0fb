"""Components a dossier must have: what is there, what is missing as far as a person may see, and how to get it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from oms.domain.access import Action, Principal, visibility
from oms.domain.journal import Verb
from oms.domain.keeping import COMPONENTS, Component, component_of, kind_of
from oms.domain.records import HANOI
from oms.errors import Refused
from oms.services import catalogues, keeping_sheets, large_exports, secret_copies
from oms.services.house import What, Why, note, require_role
from oms.services.large_exports import Part, PersonList
from oms.services.secret_copies import Copied, Leaving
from oms.store import components as store
from oms.store import units
from oms.store.db import UnitOfWork
from oms.store.dossiers import DossierRow
from oms.store.tables import Document, Unit

MOST_ROWS = 50_000
"""Rows of one export; above it the list is narrowed by unit."""


@dataclass(frozen=True)
class Standing:
    """The components asked of one dossier: those with papers, and those without any this person may see."""

    kind: str
    there: tuple[tuple[Component, tuple[Document, ...]], ...]
    missing: tuple[Component, ...]


@dataclass(frozen=True)
class Lacking:
    """A dossier in the list of what is missing."""

    row: DossierRow
    kind: str
    missing: tuple[Component, ...]


def known(uow: UnitOfWork, day: date) -> list[Component]:
    """The components of the catalogue that hold on a day."""
    return [component_of(row) for row in catalogues.load(uow).rows(COMPONENTS, day)]


def _standing(asked: Sequence[Component], kind: str, block: str, papers: Sequence[Document]) -> Standing:
    there, missing = [], []
    for component in asked:
        if not component.asked_of(kind, block):
            continue
        found = tuple(p for p in papers if component.met_by(p.type_code, p.subtype, p.title))
        if found:
            there.append((component, found))
        else:
            missing.append(component)
    return Standing(kind, tuple(there), tuple(missing))


def of_dossier(uow: UnitOfWork, row: DossierRow, papers: Sequence[Document], now: datetime) -> Standing:
    """How a dossier stands today by the papers its reader may see; the caller has opened it and journalled."""
    kind = kind_of(store.kind_said(uow.session, row.dossier.id), row.dossier.block)
    return _standing(known(uow, now.astimezone(HANOI).date()), kind, row.dossier.block, papers)


@dataclass(frozen=True)
class Wanted:
    """What the list is narrowed to: a unit and below, one component."""

    unit_path: str = ""
    code: str = ""


def _found(
    uow: UnitOfWork, principal: Principal, wanted: Wanted, limit: int | None, offset: int, now: datetime
) -> tuple[list[Lacking], int]:
    every = known(uow, now.astimezone(HANOI).date())
    asked = [component for component in every if not wanted.code or component.code == wanted.code]
    if not asked:
        return [], 0
    view = visibility(principal, Action.CUSTODY_WORK)
    rows, total = store.lacking(uow.session, view, asked, wanted.unit_path, limit, offset)
    papers = store.papers_in(uow.session, view, [row.dossier.id for row, _kind in rows])
    found = []
    for row, kind in rows:
        standing = _standing(every, kind, row.dossier.block, papers[row.dossier.id])
        found.append(Lacking(row, kind, standing.missing))
    return found, total


def lacking(
    uow: UnitOfWork, principal: Principal, wanted: Wanted, limit: int, offset: int, now: datetime
) -> tuple[list[Lacking], int]:
    """Dossiers in scope that lack a component as far as this person may see; a look is a row."""
    require_role(principal, Action.CUSTODY_WORK, Verb.DOSSIER_LACKS)
    found, total = _found(uow, principal, wanted, limit, offset, now)
    detail = {"unit": wanted.unit_path, "component": wanted.code, "shown": len(found), "total": total}
    note(uow, principal, Verb.DOSSIER_LACKS, now, detail=detail)
    return found, total


COLUMNS = (
    ("STT", 6),
    ("Số hồ sơ", 16),
    ("Họ và tên", 28),
    ("Đơn vị quản lý", 34),
    ("Loại", 16),
    ("Thành phần chưa thấy", 40),
    ("Cách bổ sung", 50),
    ("Căn cứ", 36),
)


def sheet(
    uow: UnitOfWork, principal: Principal, wanted: Wanted, purpose: str, now: datetime, leaving: Leaving | None = None
) -> bytes:
    """The whole list as Excel, one line a missing component; journalled with its size and what it is for."""
    require_role(principal, Action.CUSTODY_WORK, Verb.DOSSIER_LACKS)
    require_role(principal, Action.LIST_EXPORT, Verb.LIST_EXPORT)
    why = keeping_sheets.purpose_of(purpose)
    found, total = _found(uow, principal, wanted, MOST_ROWS, 0, now)
    catalogue = catalogues.load(uow)
    lines: list[list[str | int]] = []
    for each in found:
        for component in each.missing:
            if wanted.code and component.code != wanted.code:
                continue
            kind = catalogue.label("loai_can_bo", each.kind)
            dossier = (each.row.dossier.number, each.row.cadre.full_name, each.row.unit.name, kind)
            lines.append([len(lines) + 1, *dossier, component.label, component.note, component.legal_basis])
    detail = {"unit": wanted.unit_path, "component": wanted.code, "dossiers": len(found), "total": total}
    parts = [Part(each.row.dossier.id, each.row.dossier.secrecy, each.row.dossier.compartment) for each in found]
    asked = {"unit": wanted.unit_path, "component": wanted.code}
    listed = PersonList("Thành phần hồ sơ chưa thấy", asked, parts, why, (("Số dòng", str(len(lines))),))
    cleared = large_exports.clear(uow, principal, listed, now)
    detail |= {"list": "lacking", "rows": len(lines)} | dict(cleared.detail)
    copied = Copied("list", What("list", "", "Thành phần hồ sơ chưa thấy"), cleared.target, principal.unit_id)
    secret_copies.enter(uow, principal, copied, leaving, why, now, kind="xlsx")
    note(uow, principal, Verb.LIST_EXPORT, now, why=Why(why), target=cleared.target, detail=detail)
    under = f"Lập ngày {now.astimezone(HANOI):%d/%m/%Y}; trong phạm vi người lập được xem"
    return keeping_sheets.workbook("THÀNH PHẦN HỒ SƠ CHƯA THẤY", under, COLUMNS, lines, listed.level[0])


def units_of(uow: UnitOfWork, principal: Principal) -> list[Unit]:
    """Units the list can be narrowed to."""
    if not visibility(principal, Action.CUSTODY_WORK).units:
        raise Refused(Verb.DOSSIER_LACKS, reason="no scope")
    return units.within(uow.session, visibility(principal, Action.CUSTODY_WORK))


def choices(uow: UnitOfWork, now: datetime) -> list[tuple[str, str]]:
    """Code and label of every component that holds today."""
    return [(component.code, component.label) for component in known(uow, now.astimezone(HANOI).date())]


def kinds(uow: UnitOfWork, now: datetime) -> dict[str, str]:
    """The kinds of persons with their words."""
    rows = catalogues.load(uow).rows("loai_can_bo", now.astimezone(HANOI).date())
    return {row.code: row.label for row in rows}
