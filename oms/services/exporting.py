"""Export of a dossier: its archival copies under the official names, with an index sheet, in one ZIP.

Only under a running opening, only what the person may see, and the row that names every paper is durable before the
first byte leaves. Originals never leave this way: what goes out was written by us, from pixels.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from oms.domain import naming
from oms.domain.access import Action, Principal, Target, visibility
from oms.domain.catalogue import SECRECY_LABELS, type_title
from oms.domain.journal import Verb
from oms.domain.party_types import PARTY_TYPES, PartyType, propose
from oms.domain.records import HANOI, CopyState
from oms.domain.secrecy import copy_mark, name_mark
from oms.errors import InvalidInput, Refused
from oms.services import custody, secret_copies
from oms.services.house import House, Served, What
from oms.services.secret_copies import Copied, Leaving
from oms.services.zones import require_zone
from oms.settings import Settings
from oms.store import copies, dossiers
from oms.store.db import UnitOfWork
from oms.store.desk_tables import ArchivalCopy
from oms.store.dossiers import DossierRow
from oms.store.secrecy_tables import SecretCopy
from oms.store.tables import Document, Opening

PIECE = 1024 * 1024  # a segment of a sealed file: less is never verified
INDEX_NAME = "muc-luc.csv"
_TITLE_LETTERS = 70
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠", "|", "%")


@dataclass(frozen=True)
class ExportLine:
    """One paper: the number of the list it is to bear (None: none), whether that is sure, its name, its copy."""

    document: Document
    number: int | None
    sure: bool
    name: str
    copy: ArchivalCopy | None

    @property
    def ready(self) -> bool:
        """Whether its archival copy is made."""
        return self.copy is not None and self.copy.state == CopyState.MADE


@dataclass(frozen=True)
class ExportPlan:
    """What an export would hold; ``folder`` is the path all files lie under."""

    row: DossierRow
    opening: Opening
    folder: str
    lines: tuple[ExportLine, ...]

    @property
    def missing(self) -> int:
        """Papers whose copy is not made."""
        return sum(not line.ready for line in self.lines)

    @property
    def secrecy(self) -> int:
        """The highest level of the dossier and what is in it."""
        return max([self.row.dossier.secrecy, *(line.document.secrecy for line in self.lines)])


@dataclass(frozen=True)
class ExportFile:
    """One file of the ZIP: its path in it, and the SHA-256 it is kept under."""

    path: str
    sha256: str
    mark: str = ""
    """What every page bears when it is the copy of a secret; such a file is made anew, the one kept is not touched."""


@dataclass(frozen=True)
class Export:
    """An export whose row is written: what goes into the ZIP."""

    name: str
    files: tuple[ExportFile, ...]
    index_path: str
    index: bytes
    made_at: datetime


def preview(
    uow: UnitOfWork,
    principal: Principal,
    dossier_id: str,
    chosen: Mapping[str, int | None],
    now: datetime,
    how: Settings,
) -> ExportPlan:
    """The names an export would bear, with ``chosen`` numbers in the place of those proposed; a look is a row."""
    plan = _plan(uow, principal, dossier_id, chosen, now, how)
    what = What("dossier", dossier_id, plan.row.dossier.number)
    custody.note_under(uow, principal, Verb.CADRE_OPEN, plan.opening, now, what, custody.target_of(plan.row))
    return plan


def export(
    uow: UnitOfWork,
    principal: Principal,
    dossier_id: str,
    chosen: Mapping[str, int | None],
    now: datetime,
    how: Settings,
    *,
    partial: bool = False,
    leaving: Leaving | None = None,
) -> Export:
    """Writes the row of an export, and of secrets the register's line, and returns what goes into it.

    InvalidInput: nothing to export, copies are still being made and the person has not asked to go without them, or
    it is not said how many copies of a secret go to whom.
    """
    plan = _plan(uow, principal, dossier_id, chosen, now, how)
    ready = [line for line in plan.lines if line.ready and line.copy is not None]
    if not ready:
        raise InvalidInput("export", "Chưa có bản lưu trữ nào để xuất; hãy chờ máy làm xong.")
    if plan.missing and not partial:
        raise InvalidInput("export", f"Còn {plan.missing} tài liệu chưa có bản lưu trữ; hãy chờ, hoặc chọn xuất thiếu.")
    compartments = sorted({line.document.compartment for line in ready} | {plan.row.dossier.compartment})
    target = Target(plan.row.unit.path, plan.secrecy, compartments[-1])
    what = What("dossier", dossier_id, plan.row.dossier.number)
    listed = [[line.document.id, line.document.version, line.copy.sha256] for line in ready if line.copy]
    detail = {"documents": listed, "left_out": plan.missing, "compartments": compartments}
    pages = sum(line.copy.pages for line in ready if line.copy)
    copied = Copied("export", what, target, plan.row.unit.id, dossier_id, pages)
    entered = secret_copies.enter(uow, principal, copied, leaving, plan.opening.reason, now)
    size = sum(uow.vault.size(line.copy.sha256) for line in ready if line.copy)
    served = Served(sum(line.document.page_count for line in ready), size)
    custody.note_under(uow, principal, Verb.DOSSIER_EXPORT, plan.opening, now, what, target, detail, served)
    name = f"{naming.safe(naming.plain(plan.row.dossier.number))}{name_mark(plan.secrecy)}.zip"
    return Export(name, tuple(_files(plan, ready, entered)), f"{plan.folder}/{INDEX_NAME}", index_sheet(plan), now)


def _files(plan: ExportPlan, ready: Sequence[ExportLine], entered: SecretCopy | None) -> Iterator[ExportFile]:
    """The files of the ZIP: once, or once for each copy of a secret, in a folder that bears its number.

    Papers without a level in an export that has one are copied as often, and bear no mark.
    """
    for number in range(1, (entered.copies if entered else 1) + 1):
        folder = f"{plan.folder}/ban-sao-so-{number}" if entered else plan.folder
        for line in ready:
            if line.copy is not None:
                level = line.document.secrecy
                mark = copy_mark(level, number, entered.copies) if entered and level else ""
                yield ExportFile(f"{folder}/{line.name}{name_mark(level)}.pdf", line.copy.sha256, mark)


def _plan(
    uow: UnitOfWork,
    principal: Principal,
    dossier_id: str,
    chosen: Mapping[str, int | None],
    now: datetime,
    how: Settings,
) -> ExportPlan:
    row, opening = custody.opened(uow, principal, dossier_id, Verb.DOSSIER_EXPORT, now)
    view = visibility(principal, Action.DOSSIER_EXPORT)
    if dossiers.find_dossier(uow.session, view, dossier_id) is None:
        raise Refused(Verb.DOSSIER_EXPORT, kind="dossier", object_id=dossier_id, reason="role may not export")
    listed = dossiers.contents(uow.session, view, dossier_id)
    made = copies.latest(uow.session, listed)
    lines = [_line(document, chosen, made.get(document.id)) for document in listed]
    folder = naming.path_of(how.export_folder, _folder_values(row))
    plan = ExportPlan(row, opening, folder, tuple(_named(lines, row, how.export_file)))
    require_zone(uow, plan.secrecy, "export")
    return plan


def _line(document: Document, chosen: Mapping[str, int | None], copy: ArchivalCopy | None) -> ExportLine:
    if document.id in chosen:
        return ExportLine(document, chosen[document.id], True, "", copy)
    found = propose(document.type_code, document.subtype, document.title)
    return ExportLine(document, found.number if found else None, bool(found and found.sure), "", copy)


def _folder_values(row: DossierRow) -> dict[str, str]:
    return dict.fromkeys(naming.FIELDS, "") | {
        "don_vi": row.unit.code,
        "dinh_danh": row.cadre.citizen_id or naming.plain(row.dossier.number),
        "HoTen": naming.pascal(row.cadre.full_name),
        "ho_so": naming.plain(row.dossier.number),
    }


def _named(lines: Sequence[ExportLine], row: DossierRow, pattern: str) -> Iterator[ExportLine]:
    """The lines with their names: numbered within a kind, never two alike."""
    kinds = [_title(line) for line in lines]
    names, seen = [], dict.fromkeys(kinds, 0)
    for line, kind in zip(lines, kinds, strict=True):
        seen[kind] += 1
        several = kinds.count(kind) > 1
        values = _folder_values(row) | {
            "stt": naming.serial(line.number, 2),
            "stt3": naming.serial(line.number, 3),
            "ten": kind,
            "ten_": kind.replace(" ", "_"),
            "lan": f".{seen[kind]}" if several else "",
            "lan1": f".{seen[kind]}",
            "to": naming.plain(custody.label_of(line.document)),
        }
        names.append(naming.path_of(pattern, values))
    for line, name in zip(lines, naming.distinct(names), strict=True):
        yield replace(line, name=name)


def _title(line: ExportLine) -> str:
    """The name of the paper's kind without marks, short enough for a file."""
    official = PARTY_TYPES.of(line.number) if line.number else None
    name = official.name if official else type_title(line.document.type_code)
    return naming.safe(naming.plain(name))[:_TITLE_LETTERS].strip(" .(-")


def numbers() -> tuple[PartyType, ...]:
    """The official list, for the choice on the page."""
    return PARTY_TYPES.types


def list_is_confirmed() -> bool:
    """Whether the list was taken from its source, and not from second hand."""
    return PARTY_TYPES.confirmed


def index_sheet(plan: ExportPlan) -> bytes:
    """The index of an export as CSV in UTF-8 with its mark, so that Excel reads it; no cell can be a formula."""
    out = io.StringIO()
    sheet = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    if plan.secrecy:
        sheet.writerow([SECRECY_LABELS[plan.secrecy].upper()])
    sheet.writerow(
        ("Số trong hồ sơ", "Số danh mục", "Ưu tiên", "Loại tài liệu", "Trích yếu", "Số, ký hiệu", "Ngày ban hành",
         "Số trang", "Độ mật", "Tệp", "SHA-256", "Ký số")
    )  # fmt: skip
    for line in plan.lines:
        paper, official = line.document, PARTY_TYPES.of(line.number) if line.number else None
        copy = line.copy if line.ready else None
        row = (
            custody.label_of(paper),
            official.number if official else "",
            official.priority if official else "",
            official.name if official else type_title(paper.type_code),
            paper.title,
            paper.number,
            paper.issued_on,
            paper.page_count,
            SECRECY_LABELS[paper.secrecy],
            f"{line.name}{name_mark(paper.secrecy)}.pdf" if copy else "chưa có bản lưu trữ",
            copy.sha256 if copy else "",
            copy.signer if copy else "",
        )
        sheet.writerow([cell(value) for value in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8")


def cell(value: object) -> str:
    """A value as a cell that no spreadsheet takes for a formula (OWASP ASVS 5.0, 1.2.10)."""
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


class _Outlet(io.RawIOBase):
    """Where the ZIP is written to and taken from, piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self._held: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._held.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        """What was written since the last time."""
        data = b"".join(self._held)
        self._held.clear()
        return data


def verify(house: House, wanted: Export) -> None:
    """FileDamaged unless every file is whole: asked before the first byte leaves."""
    for file in wanted.files:
        house.vault.verify(file.sha256)


def stream(house: House, wanted: Export) -> Iterator[bytes]:
    """The ZIP in pieces of some hundred kB; never more than one piece of one file is held."""
    outlet = _Outlet()
    at = wanted.made_at.astimezone(HANOI).timetuple()[:6]
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as archive:
        for file in wanted.files:
            if file.mark:
                data = house.vault.read(file.sha256)
                archive.writestr(_entry(file.path, at), secret_copies.stamped(data, [file.mark]))
                yield outlet.taken()
                continue
            with archive.open(_entry(file.path, at), "w", force_zip64=True) as entry:
                for piece in house.vault.pieces(file.sha256):
                    entry.write(piece)
                    yield outlet.taken()
        archive.writestr(_entry(wanted.index_path, at), wanted.index)
        yield outlet.taken()
    yield outlet.taken()


def _entry(path: str, at: tuple[int, ...]) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(path, (at[0], at[1], at[2], at[3], at[4], at[5]))
    made.external_attr = 0o600 << 16
    return made
