"""Sheets to print: separators and covers with a QR. What is to be paper is laid out as a page and made a PDF."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import segno

from oms.domain.access import Action, Principal, visibility
from oms.domain.catalogue import DOCUMENT_TYPES
from oms.domain.journal import Verb
from oms.errors import InvalidInput
from oms.services import outgoing
from oms.services.house import What, note
from oms.services.intake import batch_target
from oms.services.pile import open_batch
from oms.settings import CHECKOUT
from oms.store import dossiers, pile
from oms.store.db import UnitOfWork
from oms.store.desk_tables import PaperFile
from oms.store.tables import Batch, Unit
from scanning import Sheet

MOST_SHEETS = 200
"""Sheets of one printing: a stack that a tray holds."""
STYLE = CHECKOUT / "oms" / "static" / "css" / "sheets.css"


@dataclass(frozen=True)
class Wanted:
    """What is to be printed: copies of a separator by type, and the covers of these paper files, each once.

    ``own`` separators give their type in this batch alone; others may be used again in any.
    """

    separators: Mapping[str, int]
    covers: Sequence[str] = ()
    own: bool = False


@dataclass(frozen=True)
class Printed:
    """One sheet: its code, as text and as an image, and the paper file of a cover."""

    sheet: Sheet
    image: str
    file: PaperFile | None = None
    dossier_number: str = ""


@dataclass(frozen=True)
class Stack:
    """The sheets of one printing, and the batch they are for."""

    batch: Batch
    unit: Unit
    sheets: tuple[Printed, ...]


def image_of(text: str) -> str:
    """A QR code as an image inside the page (a data address): level H, so that a third of it may be lost."""
    return str(segno.make(text, error="h", micro=False).svg_data_uri(border=4, scale=4))


def order(uow: UnitOfWork, principal: Principal, batch_id: str, wanted: Wanted, now: datetime) -> Stack:
    """The sheets asked for, ready to be laid out; journalled with their numbers, before anything is printed.

    Only ids stand in the codes, no name. InvalidInput when nothing, too much, or an unknown type or file is asked.
    """
    batch, unit = open_batch(uow, principal, batch_id, Verb.SHEET_PRINT)
    copies = {code: number for code, number in wanted.separators.items() if number}
    if any(code not in DOCUMENT_TYPES or number < 0 for code, number in copies.items()):
        raise InvalidInput("type", "Loại tài liệu không có trong danh mục; hãy tải lại trang.")
    files = {row.id: row for row in pile.files_of_batch(uow.session, batch.id) if row.number != pile.WHOLE}
    if any(file_id not in files for file_id in wanted.covers):
        raise InvalidInput("cover", "Tập giấy đã chọn không có trong đợt này; hãy tải lại trang.")
    total = sum(copies.values()) + len(wanted.covers)
    if not 0 < total <= MOST_SHEETS:
        raise InvalidInput("sheets", f"Hãy chọn từ 1 đến {MOST_SHEETS} phiếu cho một lần in.")
    made = [_cover(uow, principal, batch, files[file_id]) for file_id in dict.fromkeys(wanted.covers)]
    for code, number in copies.items():
        sheet = Sheet("sep", type_code=code, batch=batch.id if wanted.own else "")
        made += [Printed(sheet, image_of(sheet.text))] * number
    detail = {"separators": sum(copies.values()), "covers": len(wanted.covers), "own": wanted.own}
    what = What("batch", batch.id)
    note(uow, principal, Verb.SHEET_PRINT, now, target=batch_target(batch, unit), what=what, detail=detail)
    return Stack(batch, unit, tuple(made))


def _cover(uow: UnitOfWork, principal: Principal, batch: Batch, file: PaperFile) -> Printed:
    sheet = Sheet("cover", paper_file=file.id, batch=batch.id)
    listed = visibility(principal, Action.CADRE_LIST)
    row = dossiers.find_dossier(uow.session, listed, file.dossier_id) if file.dossier_id else None
    return Printed(sheet, image_of(sheet.text), file, row.dossier.number if row else "")


def pdf(html: str, sheet: Path = STYLE) -> bytes:
    """A page as PDF on A4 in Tinos."""
    return outgoing.pdf(html, [sheet])
