"""Sorting a read pile: sheets taken out and obeyed, duplex stacks put in order, repeated pages found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count

import cv2
import numpy as np

from oms.domain.catalogue import DOCUMENT_TYPES
from oms.errors import FileDamaged
from oms.services.house import House
from oms.store import papers
from oms.store import pile as piles
from oms.store.db import UnitOfWork
from oms.store.desk_tables import PaperFile
from oms.store.tables import Document, Page, Proposal, Scan
from scanning import DocumentType, PageReading, Sheet, group_pages, sheet_of
from scanning.classification import CONTRADICTED, HEADING_SURE
from scanning.collation import halves
from scanning.files import Pixels
from scanning.fingerprint import may_be_same, same_sheet, words_differ

CONTENT, SEPARATOR, COVER = "content", "separator", "cover"
BY_SEPARATOR, BY_COVER = "phiếu ngăn", "cover"
FRONTS_FIRST = "halves"
BACKS_AS_THEY_LIE = "halves:plain"
COLLATIONS = (FRONTS_FIRST, BACKS_AS_THEY_LIE)
_READ_AGAINST, _LAID_AGAINST = 40, 3
"""A page's likest prints whose words are compared, and of those the images that are laid on each other."""


@dataclass(frozen=True)
class Pile:
    """The pages of one paper to be, with their readings and what the sheets before them said."""

    pages: tuple[Page, ...]
    readings: tuple[PageReading, ...]
    type_code: str = ""
    paper_file_id: str | None = None

    def typed(self, kind: DocumentType) -> DocumentType:
        """The type as the separator says; what the words say where there was none.

        Words that surely say otherwise leave it in doubt, and are shown beside it: the wrong sheet may lie there.
        """
        if self.type_code not in DOCUMENT_TYPES:
            return kind
        if self.type_code == kind.code:
            return replace(kind, score=1.0)
        against = kind.score >= HEADING_SURE
        score, words = (CONTRADICTED, kind.evidence) if against else (1.0, ())
        return DocumentType(self.type_code, None, DOCUMENT_TYPES[self.type_code], score, words)

    def evidence(self) -> list[dict[str, object]]:
        """What the desk shows as ground of a type that a separator gave: it stands on no page of the paper."""
        known = self.type_code in DOCUMENT_TYPES
        return [{"text": BY_SEPARATOR, "page_id": self.pages[0].id, "box": []}] if known else []


def in_order(scan: Scan, pages: Sequence[Page]) -> list[Page]:
    """The pages as the papers lie: a file scanned fronts first, then backs, is put together side by side.

    A file with an odd number of pages stays as it is: a sheet is missing, and no order would be right.
    """
    if scan.collation not in (FRONTS_FIRST, BACKS_AS_THEY_LIE) or len(pages) % 2:
        return list(pages)
    return halves(pages, backs_reversed=scan.collation == FRONTS_FIRST)


def odd_stack(scan: Scan, pages: Sequence[Page]) -> str:
    """In words: a two-sided stack that could not be put in order; else nothing."""
    if scan.collation in (FRONTS_FIRST, BACKS_AS_THEY_LIE) and len(pages) % 2:
        return f"Chồng hai mặt có {len(pages)} trang (số lẻ) nên chưa xếp được mặt trước, mặt sau."
    return ""


def sort(uow: UnitOfWork, scan: Scan, pages: Sequence[Page], unread: PageReading) -> list[Pile]:
    """Marks the sheets among pages that lie in no paper, and returns the papers between them.

    A cover gives the pages after it to its paper file, if that belongs to the batch of the scan; else it only
    parts them, and its page says so. ``unread`` stands for a page without a reading.
    """
    stored = papers.readings(uow.session, [page.id for page in pages])
    found = [PageReading.from_json(stored[page.id]) if page.id in stored else unread for page in pages]
    codes = [[code["text"] for code in stored.get(page.id, {}).get("codes", [])] for page in pages]
    sheets = [_sheet(page, reading, texts) for page, reading, texts in zip(pages, found, codes, strict=True)]
    groups = group_pages(found, sheets)
    places: Iterator[int] = count(1)
    piles_found, type_code, file_id = [], "", None
    begins = {group[0]: group for group in groups}
    for place, page, sheet in zip(places, pages, sheets, strict=False):
        if sheet is not None:
            page.kind = COVER if sheet.kind == "cover" else SEPARATOR
            type_code = sheet.type_code if sheet.batch in ("", scan.batch_id) else ""
            if sheet.kind == "cover":
                file_id = _own_file(uow, scan, page, sheet)
            elif sheet.batch != "" and not type_code:
                page.reason = "Phiếu ngăn của đợt khác: chỉ dùng để ngăn, không dùng loại ghi trên phiếu."
        if file_id is not None:
            page.paper_file_id = file_id
        if place in begins:
            own = begins[place]
            taken = tuple(pages[number - 1] for number in own), tuple(found[number - 1] for number in own)
            piles_found.append(Pile(*taken, type_code, file_id or page.paper_file_id))
            type_code = ""
    return piles_found


def _sheet(page: Page, reading: PageReading, texts: Sequence[str]) -> Sheet | None:
    """The sheet a page is; one that a person marked as a sheet parts the pile whatever is on it."""
    sheet = sheet_of(reading, texts)
    return Sheet("sep") if sheet is None and page.kind != CONTENT else sheet


def _own_file(uow: UnitOfWork, scan: Scan, page: Page, sheet: Sheet) -> str | None:
    """The paper file of a cover, if it lies in the batch of the scan. Anybody can print a code: ids prove nothing."""
    file = uow.session.get(PaperFile, sheet.paper_file)
    if file is not None and file.batch_id == scan.batch_id:
        return file.id
    page.reason = "Phiếu bìa này không thuộc đợt: chỉ dùng để ngăn, trang sau nó chưa vào tập giấy nào."
    return None


def propose_cover(uow: UnitOfWork, document: Document, pile: Pile, proposed: Sequence[str]) -> None:
    """Proposes the dossier of the pile's paper file before all others; ``proposed`` are those proposed already."""
    file = uow.session.get(PaperFile, pile.paper_file_id) if pile.paper_file_id else None
    if file is None or file.dossier_id is None:
        return
    if file.dossier_id in proposed:
        row = uow.session.get_one(Proposal, (document.id, file.dossier_id))
        row.score, row.agrees = 1.0, ",".join(filter(None, (BY_COVER, row.agrees)))
    else:
        uow.session.add(
            Proposal(document_id=document.id, dossier_id=file.dossier_id, score=1.0, agrees=BY_COVER, differs="")
        )


def notices(pages: Sequence[Page]) -> list[str]:
    """What a person should know of the sheets and repeated pages of a file, in words."""
    told = list(dict.fromkeys(page.reason for page in pages if page.kind != CONTENT and page.reason))
    repeated = [str(page.number) for page in pages if page.duplicate_of]
    if repeated:
        numbers = ", ".join(repeated[:12]) + ("…" if len(repeated) > 12 else "")
        told.append(f"Trang {numbers} có vẻ trùng trang đã quét.")
    return told


def find_repeats(house: House, scan_id: str, read_now: Sequence[str]) -> dict[str, str]:
    """Pages that show a sheet already scanned in the batch: id of the later page -> id of the earlier.

    Looks at a snapshot before the papers are put together: laying images on each other takes a second and must
    keep nobody waiting. Blank pages, sheets and pages that failed repeat nothing; pages read before are not asked
    again, so that what a person has unmarked stays so.
    """
    with house.look() as uow:
        scan = uow.session.get_one(Scan, scan_id)
        prints = piles.prints_of_batch(uow.session, scan.batch_id)
        search = _Repeats(house, uow, [each.id for each in prints], [each.fingerprint for each in prints])
        found: dict[str, str] = {}
        for place, each in enumerate(prints):
            if each.scan_id == scan_id and (each.document_id is None or each.id in read_now):
                found |= search.of(place)
    return found


class _Repeats:
    """The search in one batch; readings and images are fetched once. Pages are in the order they came."""

    def __init__(self, house: House, uow: UnitOfWork, ids: Sequence[str], prints: Sequence[str]) -> None:
        self._house, self._uow, self._ids, self._prints = house, uow, ids, prints
        self._read: dict[str, PageReading] = {}
        self._seen: dict[str, Pixels | None] = {}

    def of(self, place: int) -> dict[str, str]:
        """The pair this page makes with the likest other one, the later page first; nothing when it is alone."""
        likest = [other for other, _gap in may_be_same(self._prints[place], self._prints) if other != place]
        laid = 0
        for other in likest[:_READ_AGAINST]:
            if laid == _LAID_AGAINST:
                break
            if words_differ(self._reading(place), self._reading(other)):
                continue
            laid += 1
            one, two = self._image(place), self._image(other)
            if one is not None and two is not None and same_sheet(one, two):
                return {self._ids[max(place, other)]: self._ids[min(place, other)]}
        return {}

    def _reading(self, place: int) -> PageReading:
        page_id = self._ids[place]
        if page_id not in self._read:
            self._read[page_id] = PageReading.from_json(papers.readings(self._uow.session, [page_id])[page_id])
        return self._read[page_id]

    def _image(self, place: int) -> Pixels | None:
        page_id = self._ids[place]
        if page_id not in self._seen:
            sha = self._uow.session.get_one(Page, page_id).image_sha
            self._seen[page_id] = None
            with suppress(FileDamaged, OSError):
                read = cv2.imdecode(np.frombuffer(self._house.vault.read(sha), np.uint8), cv2.IMREAD_GRAYSCALE)
                self._seen[page_id] = None if read is None else np.asarray(read, np.uint8)
        return self._seen[page_id]


def keep_repeats(uow: UnitOfWork, pages: dict[str, str]) -> None:
    """Marks what was found. What a person has marked is left: only pages without a mark are marked."""
    for page_id, original in pages.items():
        page = uow.session.get_one(Page, page_id)
        if page.duplicate_of is None and not page.blank and page.kind == CONTENT:
            page.duplicate_of = original
