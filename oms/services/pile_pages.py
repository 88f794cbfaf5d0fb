"""Pages of a received file, by hand: given to a paper file, marked, put in the order of a duplex stack."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Action, Principal, visibility
from oms.domain.journal import Verb
from oms.domain.records import DocumentState, PageState, ScanState, file_label
from oms.errors import InvalidInput, Refused
from oms.services import desk_pages, desk_steps, reading, sorting
from oms.services.house import What, note
from oms.services.intake import batch_target
from oms.store import papers, pile
from oms.store.db import UnitOfWork
from oms.store.desk_tables import PaperFile
from oms.store.past_walls import past_walls
from oms.store.tables import Batch, Document, Page, Scan, Unit
from scanning.collation import halves, interleaved

MARKS = ("blank", "repeated", "separator", "content")
_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")


@dataclass(frozen=True)
class ScanPage:
    """A page of a file as the list shows it; ``place`` is None for a paper the person may not see or none at all."""

    page: Page
    document: Document | None
    file: PaperFile | None
    repeats: tuple[str, int] | None


@dataclass(frozen=True)
class ScanPages:
    """A file with its pages, and the paper files and other files of its batch that they may be put with."""

    scan: Scan
    batch: Batch
    unit: Unit
    pages: tuple[ScanPage, ...]
    files: tuple[PaperFile, ...]
    others: tuple[Scan, ...]


def find_scan(uow: UnitOfWork, principal: Principal, scan_id: str, verb: Verb) -> tuple[Scan, Batch, Unit]:
    """The file in scope of who takes files in; Refused by the verb when it is missing or hidden."""
    found = papers.find_scan(uow.session, visibility(principal, Action.SCAN_RECEIVE), scan_id)
    if found is None:
        raise Refused(verb, kind="scan", object_id=scan_id, reason="missing or outside scope")
    return found


def _to_change(uow: UnitOfWork, principal: Principal, scan_id: str, verb: Verb) -> tuple[Scan, Batch, Unit]:
    scan, batch, unit = find_scan(uow, principal, scan_id, verb)
    if batch.closed_at is not None:
        raise InvalidInput("batch", "Đợt số hoá này đã đóng nên không sửa được nữa.")
    return scan, batch, unit


def view(uow: UnitOfWork, principal: Principal, scan_id: str, now: datetime) -> ScanPages:
    """The pages of a file: numbers, states, marks – no image and no word of them. Journalled: the file has a name."""
    scan, batch, unit = find_scan(uow, principal, scan_id, Verb.BATCH_VIEW)
    pages = pile.whole_scan(uow.session, scan_id)
    files = {row.id: row for row in pile.files_of_batch(uow.session, batch.id) if row.number != pile.WHOLE}
    others = {each.id: each for each in papers.scans_of(uow.session, [batch.id])}
    documents = _visible_documents(uow, principal, [page.document_id for page in pages if page.document_id])
    originals = pile.pages_named(uow.session, [page.duplicate_of for page in pages if page.duplicate_of])
    note(
        uow,
        principal,
        Verb.BATCH_VIEW,
        now,
        target=batch_target(batch, unit),
        what=What("scan", scan.id, file_label(scan.id)),
        detail={"batch": batch.id, "pages": len(pages)},
    )

    def repeats(page: Page) -> tuple[str, int] | None:
        original = originals.get(page.duplicate_of or "")
        return (others[original.scan_id].original_name, original.number) if original else None

    return ScanPages(
        scan,
        batch,
        unit,
        tuple(
            ScanPage(page, documents.get(page.document_id or ""), files.get(page.paper_file_id or ""), repeats(page))
            for page in pages
        ),
        tuple(files.values()),
        tuple(each for each in others.values() if each.id != scan.id and each.page_count),
    )


def _visible_documents(uow: UnitOfWork, principal: Principal, ids: Sequence[str]) -> dict[str, Document]:
    seen = visibility(principal, Action.DESK_WORK)
    found = (papers.find_document(uow.session, seen, document_id) for document_id in dict.fromkeys(ids))
    return {pair[0].id: pair[0] for pair in found if pair is not None}


def numbers_of(typed: str, last: int) -> list[int]:
    """Page numbers written like "1-5, 8"; every page for an empty text. InvalidInput for anything else."""
    if not typed.strip():
        return list(range(1, last + 1))
    numbers: set[int] = set()
    for part in typed.replace("–", "-").replace(";", ",").split(","):
        found = _RANGE.fullmatch("".join(part.split()))
        low, high = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not 1 <= low <= high <= last:
            raise InvalidInput("pages", f"Hãy ghi số trang từ 1 đến {last}, ví dụ 1-5, 8.")
        numbers.update(range(low, high + 1))
    return sorted(numbers)


def assign(
    uow: UnitOfWork, principal: Principal, scan_id: str, numbers: Sequence[int], file_id: str, now: datetime
) -> dict[str, list[int]]:
    """Gives pages of a file to a paper file of its batch ("" takes them out); returns to which they belonged."""
    return put_back(uow, principal, scan_id, {file_id: list(numbers)}, now)


def put_back(
    uow: UnitOfWork, principal: Principal, scan_id: str, wanted: Mapping[str, Sequence[int]], now: datetime
) -> dict[str, list[int]]:
    """Gives pages to paper files as said, page numbers by paper file; returns the same of what was before: its undo."""
    scan, batch, unit = _to_change(uow, principal, scan_id, Verb.BATCH_COUNT)
    pages = {page.number: page for page in pile.whole_scan(uow.session, scan_id)}
    known = {row.id for row in pile.files_of_batch(uow.session, batch.id) if row.number != pile.WHOLE}
    before: dict[str, list[int]] = {}
    changed: list[tuple[Page, str | None]] = []
    for file_id, numbers in wanted.items():
        if file_id and file_id not in known:
            raise InvalidInput("paper_file_id", "Tập giấy đã chọn không có trong đợt này; hãy tải lại trang.")
        for number in numbers:
            if number not in pages:
                raise InvalidInput("pages", "Trang này không có trong tệp; hãy tải lại trang.")
            before.setdefault(pages[number].paper_file_id or "", []).append(number)
            changed.append((pages[number], file_id or None))
    with past_walls(uow.session):  # a sheet of a hidden paper lies in its paper file, too
        for page, given in changed:
            page.paper_file_id = given
    note(
        uow,
        principal,
        Verb.BATCH_COUNT,
        now,
        target=batch_target(batch, unit),
        what=What("scan", scan.id, file_label(scan.id)),
        detail={"act": "assign", "pages": {file_id or "none": len(numbers) for file_id, numbers in wanted.items()}},
    )
    return before


@dataclass(frozen=True)
class Marked:
    """What a mark did: the file of the page, the mark it had, and the paper whose undo takes it back, if any."""

    scan_id: str
    was: str
    undo_id: str


def mark_of(page: Page) -> str:
    """The mark a page has."""
    if page.kind != sorting.CONTENT:
        return "separator"
    if page.blank:
        return "blank"
    return "repeated" if page.duplicate_of else "content"


def scan_of(uow: UnitOfWork, principal: Principal, page_id: str) -> str:
    """The file a page lies in; Refused, naming the page, when it is missing or hidden."""
    page = uow.session.get(Page, page_id)
    try:
        return find_scan(uow, principal, page.scan_id if page else "", Verb.PAGE_MARK)[0].id
    except Refused as refusal:
        raise Refused(Verb.PAGE_MARK, kind="page", object_id=page_id, reason=refusal.reason) from None


def mark(uow: UnitOfWork, principal: Principal, page_id: str, as_what: str, now: datetime) -> Marked:
    """Marks a page as blank, repeated, a separator, or content again. Nothing is dropped by a mark.

    A separator leaves its paper; a page that was taken for one comes back as a paper of its own.
    """
    page = uow.session.get(Page, page_id)
    if page is None:
        raise Refused(Verb.PAGE_MARK, kind="page", object_id=page_id, reason="missing")
    try:
        scan, batch, unit = find_scan(uow, principal, page.scan_id, Verb.PAGE_MARK)
    except Refused as refusal:
        raise Refused(Verb.PAGE_MARK, kind="page", object_id=page_id, reason=refusal.reason) from None
    if batch.closed_at is not None:
        raise InvalidInput("batch", "Đợt số hoá này đã đóng nên không sửa được nữa.")
    if as_what not in MARKS:
        raise InvalidInput("mark", "Chỉ đánh dấu được trang trắng, trang trùng, phiếu ngăn, hoặc bỏ dấu.")
    if page.state not in (PageState.READ, PageState.FAILED):
        raise InvalidInput("mark", "Trang này máy chưa đọc xong; hãy chờ.")
    was = mark_of(page)
    if page.document_id is None:
        _mark_outside(uow, scan, batch, page, as_what, now)
        undo_id = ""
    else:
        undo_id = _mark_inside(uow, principal, page, as_what, now)
        if as_what in desk_pages.MARKS:
            return Marked(scan.id, was, undo_id)
    note(
        uow,
        principal,
        Verb.PAGE_MARK,
        now,
        target=batch_target(batch, unit),
        what=What("page", page.id, file_label(scan.id, str(page.number))),
        detail={"scan": scan.id, "mark": as_what, "was": was},
    )
    return Marked(scan.id, was, undo_id)


def _mark_inside(uow: UnitOfWork, principal: Principal, page: Page, as_what: str, now: datetime) -> str:
    """A page of a paper on the desk; returns the paper, where the step can be undone."""
    document_id = str(page.document_id)
    found = papers.find_document(uow.session, visibility(principal, Action.DESK_WORK), document_id)
    if found is None or found[0].state not in papers.OPEN_STATES:
        raise InvalidInput("mark", "Trang này thuộc tài liệu không còn ở bàn duyệt của anh/chị nên không đổi dấu được.")
    document = found[0]
    if as_what in desk_pages.MARKS:
        desk_pages.mark(uow, principal, document_id, document.version, page.id, as_what, now)
        return document_id
    batch = uow.session.get_one(Batch, uow.session.get_one(Scan, page.scan_id).batch_id)
    if (document.secrecy, document.compartment) != (batch.secrecy, batch.compartment):
        # outside of a paper a page has the batch's level: as a sheet it would come out below its own
        raise InvalidInput("mark", "Tài liệu này có độ mật riêng nên trang của nó không tách ra làm phiếu ngăn được.")
    desk_steps.begin_pages(uow, principal, [document], "mark", now)
    rest = [each for each in papers.pages_of_document(uow.session, document_id) if each.id != page.id]
    page.kind, page.document_id, page.position = sorting.SEPARATOR, None, None
    page.blank, page.duplicate_of = False, None
    for place, each in enumerate(rest, start=1):
        each.position = place
    document.page_count = len(rest)
    if not rest:
        document.state, document.note = DocumentState.DISCARDED, "Trang duy nhất là phiếu ngăn."
    return document_id


def _mark_outside(uow: UnitOfWork, scan: Scan, batch: Batch, page: Page, as_what: str, now: datetime) -> None:
    """A sheet, or the blank back of one: in no paper until it is said to be content."""
    page.kind = sorting.SEPARATOR if as_what == "separator" else sorting.CONTENT
    page.blank, page.reason = as_what == "blank", ""
    if as_what not in ("content", "repeated"):
        return
    document = Document(
        scan_id=scan.id,
        unit_id=batch.unit_id,
        state=DocumentState.ORPHAN,
        type_code="khac",
        secrecy=batch.secrecy,
        compartment=batch.compartment,
        note="Trang máy tưởng là phiếu ngăn; hãy chọn loại và người, hoặc ghép vào tài liệu trước.",
        page_count=1,
        created_at=now,
    )
    uow.session.add(document)
    uow.session.flush()
    page.document_id, page.position = document.id, 1


def order_of(
    uow: UnitOfWork, principal: Principal, scan_id: str, other_id: str, backs_reversed: bool
) -> list[tuple[Scan, Page]]:
    """How the pages of a duplex stack would lie: one file of fronts then backs, or fronts with another file of backs.

    InvalidInput when the numbers do not match: a sheet was lost or drawn in twice, and every order would be wrong.
    """
    scan, batch, _unit = find_scan(uow, principal, scan_id, Verb.PAGE_MOVE)
    own = [(scan, page) for page in pile.whole_scan(uow.session, scan_id)]
    if not other_id:
        if len(own) % 2:
            raise InvalidInput("order", f"Tệp có {len(own)} trang (số lẻ): mặt trước và mặt sau không bằng nhau.")
        return halves(own, backs_reversed=backs_reversed)
    other, other_batch, _unit = find_scan(uow, principal, other_id, Verb.PAGE_MOVE)
    if other_batch.id != batch.id or other.id == scan.id:
        raise InvalidInput("other", "Tệp mặt sau phải là một tệp khác trong cùng đợt.")
    theirs = [(other, page) for page in pile.whole_scan(uow.session, other_id)]
    if len(theirs) != len(own):
        raise InvalidInput("other", f"Mặt trước có {len(own)} trang, mặt sau có {len(theirs)} trang: không khớp.")
    return interleaved(own, theirs, backs_reversed=backs_reversed)


def collate(
    uow: UnitOfWork, principal: Principal, scan_id: str, other_id: str, backs_reversed: bool, now: datetime
) -> int:
    """Puts the papers of a duplex stack together anew, side by side; returns how many papers there are now.

    Files and page numbers stay what they are: only the order of pages in papers changes. InvalidInput when a
    person has already worked on a paper of these files.
    """
    scan, batch, unit = _to_change(uow, principal, scan_id, Verb.PAGE_MOVE)
    if scan.collation:
        raise InvalidInput("order", "Tệp này đã được xếp hai mặt; hãy bỏ xếp trước.")
    ordered = order_of(uow, principal, scan_id, other_id, backs_reversed)
    scans = {each.id: each for each, _page in ordered}
    if any(each.collation for each in scans.values()):
        raise InvalidInput("other", "Tệp mặt sau đã được xếp với tệp khác; hãy bỏ xếp trước.")
    _take_apart(uow, principal, list(scans.values()))
    made = reading.propose_papers(uow, scan, [page for _scan, page in ordered], now)
    plain = "" if backs_reversed else ":plain"
    scan.collation = f"fronts:{other_id}{plain}" if other_id else f"halves{plain}"
    if other_id:
        scans[other_id].collation = f"backs:{scan.id}"
    _note_order(uow, principal, scan, batch, unit, now, order=scan.collation, pages=len(ordered), papers=made)
    return made


def uncollate(uow: UnitOfWork, principal: Principal, scan_id: str, now: datetime) -> int:
    """Takes a duplex order back: every file's papers are put together anew from its own pages as they lie in it."""
    scan, batch, unit = _to_change(uow, principal, scan_id, Verb.PAGE_MOVE)
    if not scan.collation:
        raise InvalidInput("order", "Tệp này không xếp theo hai mặt.")
    scans = [scan]
    if ":" in scan.collation and (partner := uow.session.get(Scan, scan.collation.split(":")[1])) is not None:
        scans.append(partner)
    _take_apart(uow, principal, scans)
    made = 0
    for each in scans:
        each.collation = ""
        made += reading.propose_papers(uow, each, pile.whole_scan(uow.session, each.id), now)
    _note_order(uow, principal, scan, batch, unit, now, order="as scanned", papers=made)
    return made


def _take_apart(uow: UnitOfWork, principal: Principal, scans: Sequence[Scan]) -> None:
    """Empties the papers of some files, so that they can be put together anew; only where no person has worked."""
    pages = [page for scan in scans for page in pile.whole_scan(uow.session, scan.id)]
    if any(scan.state not in (ScanState.READ, ScanState.FLAGGED) for scan in scans):
        raise InvalidInput("order", "Tệp chưa đọc xong; hãy chờ máy đọc rồi xếp.")
    ids = list(dict.fromkeys(page.document_id for page in pages if page.document_id))
    seen = _visible_documents(uow, principal, ids)
    touched = any(
        document_id not in seen
        or seen[document_id].state not in papers.OPEN_STATES
        or any(not change.undone for change in papers.changes_of(uow.session, document_id))
        for document_id in ids
    )
    if touched:
        raise InvalidInput(
            "order", "Có tài liệu của tệp đã được sửa hoặc đã vào hồ sơ; hãy chuyển từng trang ở bàn duyệt."
        )
    for document in seen.values():
        document.state, document.page_count = DocumentState.DISCARDED, 0
        document.version += 1
        document.note = "Các trang đã được xếp lại theo hai mặt."
    for page in pages:
        page.document_id, page.position = None, None


def _note_order(
    uow: UnitOfWork, principal: Principal, scan: Scan, batch: Batch, unit: Unit, now: datetime, **detail: object
) -> None:
    what = What("scan", scan.id, file_label(scan.id))
    note(uow, principal, Verb.PAGE_MOVE, now, target=batch_target(batch, unit), what=what, detail=detail)
