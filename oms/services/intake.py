"""Intake: batches, and files received by upload or from the watched folder. Originals are kept untouched."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from oms.domain.access import Action, Principal, Target, visibility
from oms.domain.case_subjects import BatchStep
from oms.domain.catalogue import COMPARTMENTS, SECRECY_LABELS
from oms.domain.journal import Outcome, Verb
from oms.domain.organisation import stands_on
from oms.domain.records import HANOI, PageState, ScanState, day_in_hanoi, file_label
from oms.errors import InvalidInput, Refused
from oms.services import case_follow
from oms.services.case_follow import Begun
from oms.services.house import What, note, require, require_role
from oms.services.sorting import COLLATIONS
from oms.services.zones import require_zone
from oms.store import leases, papers, people, pile, units
from oms.store.db import UnitOfWork
from oms.store.desk_tables import PaperFile
from oms.store.tables import Batch, Page, Scan, Unit
from oms.store.vault import Vault
from scanning import Rejected, inspect
from scanning.active_content import sentence_vi
from scanning.limits import LIMITS


def batch_title(typed: str) -> str:
    """A batch's title as kept: single spaces, no control characters, at most 200 letters; may be empty."""
    return _plain(" ".join(typed.split()))[:200].strip()


def _plain(text: str) -> str:
    """NFC without control characters and without what was no text (undecodable bytes of a file name)."""
    return "".join(letter for letter in unicodedata.normalize("NFC", text) if unicodedata.category(letter)[0] != "C")


@dataclass(frozen=True)
class NewBatch:
    """What is asked for a batch. Its level and compartment hold for every file and paper in it."""

    unit_id: int
    title: str
    expected_pages: int | None = None
    secrecy: int = 0
    compartment: str = ""
    operator_id: str = ""
    """Who scans the pile; oneself when empty."""


def create_batch(uow: UnitOfWork, principal: Principal, new: NewBatch, now: datetime) -> Batch:
    """Opens a digitisation batch for a unit in scope, at a level one may see oneself."""
    unit = units.by_id(uow.session, new.unit_id)
    target = Target(unit.path if unit else "?", new.secrecy, new.compartment)
    require(principal, Action.BATCH_CREATE, Verb.BATCH_CREATE, target, kind="unit", object_id=str(new.unit_id))
    if unit is not None and unit.block == "all":
        raise InvalidInput("unit_id", "Hãy chọn đơn vị thuộc một khối: hồ sơ của các khối để riêng.")
    if unit is not None and not stands_on(unit.valid_from, unit.valid_to, day_in_hanoi(now)):
        raise InvalidInput("unit_id", "Đơn vị này đã kết thúc hoặc chưa hoạt động: hãy chọn đơn vị đang hoạt động.")
    if new.secrecy not in SECRECY_LABELS or (new.compartment and new.compartment not in COMPARTMENTS):
        raise InvalidInput("secrecy", "Độ mật hoặc khu vực hạn chế không có trong danh mục.")
    require_zone(uow, new.secrecy)
    name = batch_title(new.title)
    if not name:
        raise InvalidInput("title", "Hãy đặt tên cho đợt số hoá.")
    if new.expected_pages is not None and not 0 < new.expected_pages <= 1_000_000:
        raise InvalidInput("expected_pages", "Số trang dự kiến phải từ 1 đến 1.000.000.")
    operator_id = new.operator_id or principal.account_id
    if new.operator_id and operator_id not in {each.account_id for each in operators(uow, principal, [target])}:
        raise InvalidInput("operator_id", "Người quét phải là người được nhận tệp quét của đơn vị này.")
    batch = Batch(
        title=name,
        operator_id=operator_id,
        unit_id=new.unit_id,
        expected_pages=new.expected_pages,
        secrecy=new.secrecy,
        compartment=new.compartment,
        created_by=principal.account_id,
        created_at=now,
    )
    uow.session.add(batch)
    uow.session.flush()
    note(uow, principal, Verb.BATCH_CREATE, now, target=target, what=What("batch", batch.id))
    of, level = f"“{name}”", (new.secrecy, new.compartment)
    begun = Begun("batch", batch.id, BatchStep.OPENED, new.unit_id, of, "", *level, holder=operator_id)
    case_follow.begin(uow, principal, begun, now)
    return batch


def operators(uow: UnitOfWork, principal: Principal, targets: Sequence[Target]) -> list[Principal]:
    """Who may scan for one of the targets: their role takes files in, and their grants reach it. Names only."""
    require_role(principal, Action.BATCH_CREATE, Verb.BATCH_CREATE)
    found = people.principals_of(uow.session, pile.active_accounts(uow.session))
    seen = [(each, visibility(each, Action.SCAN_RECEIVE)) for each in found]
    return [each for each, view in seen if any(view.admits(target) for target in targets)]


def batch_target(batch: Batch, unit: Unit) -> Target:
    """A batch, and every file in it, as the access rule sees it."""
    return Target(unit.path, batch.secrecy, batch.compartment)


def find_batch(uow: UnitOfWork, principal: Principal, action: Action, batch_id: str, verb: Verb) -> tuple[Batch, Unit]:
    """The batch in scope for the action, with its unit; Refused by the verb when it is missing or hidden."""
    found = papers.find_batch(uow.session, visibility(principal, action), batch_id)
    if found is None:
        raise Refused(verb, kind="batch", object_id=batch_id, reason="missing or outside scope")
    return found


@dataclass(frozen=True)
class ScanSummary:
    """One file of a batch with its counts."""

    id: str
    original_name: str
    state: str
    reason: str
    size: int
    pages: int
    pages_done: int
    pages_failed: int
    documents_open: int
    documents_filed: int
    started_at: datetime | None
    finished_at: datetime | None
    received_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True)
class BatchSummary:
    """A batch with its files and reconciled counts; ``expected_gap`` is pages received less pages expected."""

    batch: Batch
    unit: Unit
    scans: tuple[ScanSummary, ...]

    @property
    def pages(self) -> int:
        return sum(scan.pages for scan in self.scans if scan.state != ScanState.REJECTED)

    @property
    def pages_done(self) -> int:
        return sum(scan.pages_done + scan.pages_failed for scan in self.scans)

    @property
    def waiting_pages(self) -> int:
        return self.pages - self.pages_done

    @property
    def rejected(self) -> int:
        """Files not taken that nobody has dealt with yet."""
        return sum(scan.state == ScanState.REJECTED and scan.settled_at is None for scan in self.scans)

    @property
    def documents_open(self) -> int:
        return sum(scan.documents_open for scan in self.scans)

    @property
    def documents_filed(self) -> int:
        return sum(scan.documents_filed for scan in self.scans)

    @property
    def expected_gap(self) -> int | None:
        return None if self.batch.expected_pages is None else self.pages - self.batch.expected_pages

    @property
    def finished(self) -> bool:
        return all(scan.state not in (ScanState.WAITING, ScanState.READING) for scan in self.scans)


def _scan_summary(scan: Scan, pages: dict[str, int], documents: dict[str, int]) -> ScanSummary:
    return ScanSummary(
        id=scan.id,
        original_name=scan.original_name,
        state=scan.state,
        reason=scan.reason,
        size=scan.size,
        pages=scan.page_count or 0,
        pages_done=pages.get(PageState.READ, 0),
        pages_failed=pages.get(PageState.FAILED, 0),
        documents_open=sum(documents.get(state, 0) for state in papers.OPEN_STATES),
        documents_filed=documents.get("filed", 0),
        started_at=scan.started_at,
        finished_at=scan.finished_at,
        received_at=scan.received_at,
        settled_at=scan.settled_at,
    )


def summaries(uow: UnitOfWork, principal: Principal, found: list[tuple[Batch, Unit]]) -> list[BatchSummary]:
    """Batches already found in scope, with their files and what the person may see of their papers counted."""
    scans = papers.scans_of(uow.session, [batch.id for batch, _ in found])
    ids = [scan.id for scan in scans]
    pages = papers.page_counts(uow.session, ids)
    view = visibility(principal, Action.BATCH_LIST)
    documents = papers.document_counts(uow.session, view, ids)
    by_batch: dict[str, list[ScanSummary]] = {}
    for scan in scans:
        summary = _scan_summary(scan, pages.get(scan.id, {}), documents.get(scan.id, {}))
        by_batch.setdefault(scan.batch_id, []).append(summary)
    return [BatchSummary(batch, unit, tuple(by_batch.get(batch.id, []))) for batch, unit in found]


def list_batches(uow: UnitOfWork, principal: Principal, limit: int, offset: int) -> tuple[list[BatchSummary], int]:
    """Batches in scope with their counts, newest first. Counts and file names only: no row for a look at the queue."""
    require_role(principal, Action.BATCH_LIST, Verb.BATCH_VIEW)
    found, total = papers.list_batches(uow.session, visibility(principal, Action.BATCH_LIST), limit, offset)
    return summaries(uow, principal, found), total


def batch_progress(uow: UnitOfWork, principal: Principal, batch_id: str) -> BatchSummary:
    """The same counts for the progress display of a batch that is already open on the screen."""
    return summaries(uow, principal, [find_batch(uow, principal, Action.BATCH_LIST, batch_id, Verb.BATCH_VIEW)])[0]


def units_in_scope(uow: UnitOfWork, principal: Principal) -> list[Unit]:
    """The units for which the person may open a batch: those of one block."""
    found = units.within(uow.session, visibility(principal, Action.BATCH_CREATE))
    return [unit for unit in found if unit.block != "all"]


def largest_file(asked: int) -> int:
    """Bytes a single file may have: what the installation allows, and never more than the reader opens."""
    return min(asked, LIMITS.max_bytes)


def clean_name(name: str) -> str:
    """A file's name as text: last path part, NFC, no control characters, at most 255 letters."""
    return _plain(name.replace("\\", "/").split("/")[-1]).strip()[:255] or "không tên"


@dataclass(frozen=True)
class Received:
    """A file already in the vault, looked at before any transaction is open (a large file takes seconds)."""

    sha256: str
    size: int
    kind: str = ""
    page_count: int = 0
    rejection_code: str = ""
    rejection_vi: str = ""
    flags: tuple[str, ...] = ()


def take_in(vault: Vault, source: Path) -> Received:
    """Keeps a copy of the file in the vault and counts its pages in the sandbox; never raises for a bad file."""
    return look_at(vault, *vault.put_file(source))


def look_at(vault: Vault, sha: str, size: int) -> Received:
    """Counts the pages of a file that lies in the vault, in the sandbox; never raises for a bad file."""
    try:
        with vault.opened(sha) as path:
            inspection = inspect(path)
    except Rejected as rejection:
        return Received(sha, size, rejection_code=rejection.code, rejection_vi=rejection.message_vi)
    return Received(sha, size, inspection.kind, inspection.page_count, flags=inspection.flags)


@dataclass(frozen=True)
class Receipt:
    """What became of a received file; ``scan_id`` names its row, also when it was not taken."""

    accepted: bool
    scan_id: str
    message_vi: str
    repeated: bool = False


def require_open(uow: UnitOfWork, principal: Principal, batch_id: str) -> tuple[Batch, Unit]:
    """The batch if files may still go into it; asked before a large file is kept, and again when it is entered."""
    batch, unit = find_batch(uow, principal, Action.SCAN_RECEIVE, batch_id, Verb.SCAN_RECEIVE)
    if batch.closed_at is not None:
        raise InvalidInput("batch", "Đợt số hoá này đã đóng; hãy mở đợt mới.")
    require_zone(uow, batch.secrecy, "batch")
    return batch, unit


@dataclass(frozen=True)
class Origin:
    """How a file came: upload, folder or scanner; the paper file its pages belong to; the order they were scanned in.

    ``collation`` is empty, or one of the orders of ``sorting.in_order``.
    """

    source: str = "upload"
    paper_file_id: str = ""
    collation: str = ""


UPLOADED = Origin()


def receive(
    uow: UnitOfWork,
    principal: Principal,
    batch_id: str,
    file: Received,
    original_name: str,
    now: datetime,
    origin: Origin = UPLOADED,
) -> Receipt:
    """Takes one file into a batch and queues its pages to be read.

    The same bytes a second time are told and not taken. Only scans in the person's own scope are compared, so the
    answer says nothing of a dossier they may not see; another unit's copy of a paper is filed there on its own.
    A file that cannot be read is kept too, as a rejected scan with its reason.
    """
    batch, unit = require_open(uow, principal, batch_id)
    paper_file = check_paper_file(uow, batch, origin.paper_file_id)
    target = batch_target(batch, unit)
    earlier = papers.same_bytes(uow.session, visibility(principal, Action.SCAN_RECEIVE), file.sha256)
    if earlier is not None:
        scan, first = earlier
        note(uow, principal, Verb.SCAN_REPEAT, now, target=target, what=What("scan", scan.id, file_label(scan.id)))
        day = scan.received_at.astimezone(HANOI).strftime("%d/%m/%Y")
        message = f"Tệp này đã được nhận ngày {day} trong đợt “{first.title}”; không nhận lần hai."
        return Receipt(False, scan.id, message, repeated=True)
    scan = _scan(principal, batch, file, original_name, now, origin)
    uow.session.add(scan)
    uow.session.flush()
    what = What("scan", scan.id, file_label(scan.id))
    if file.rejection_code:
        note(uow, principal, Verb.SCAN_REJECT, now, outcome=Outcome.FAILED, target=target, what=what)
        return Receipt(False, scan.id, file.rejection_vi)
    uow.session.add_all(
        Page(scan_id=scan.id, number=number, state=PageState.WAITING, paper_file_id=paper_file)
        for number in range(1, file.page_count + 1)
    )
    detail = {"sha256": scan.sha256, "bytes": scan.size, "pages": file.page_count, "source": origin.source}
    detail |= {"flags": list(file.flags)} if file.flags else {}
    note(uow, principal, Verb.SCAN_RECEIVE, now, target=target, detail=detail, what=what)
    holder = batch.operator_id or batch.created_by
    case_follow.follow(uow, principal, "batch", batch.id, BatchStep.WORKING, now, holder=holder)
    return Receipt(True, scan.id, f"Đã nhận: {file.page_count} trang, đang chờ đọc.")


def _scan(
    principal: Principal, batch: Batch, file: Received, original_name: str, now: datetime, origin: Origin
) -> Scan:
    """The row of a received file: waiting to be read, or rejected with its reason."""
    return Scan(
        batch_id=batch.id,
        sha256=file.sha256,
        original_name=clean_name(original_name),
        kind=file.kind,
        size=file.size,
        page_count=file.page_count or None,
        state=ScanState.REJECTED if file.rejection_code else ScanState.WAITING,
        reason=file.rejection_vi or sentence_vi(file.flags),
        flags=json.dumps(file.flags),
        received_by=principal.account_id,
        received_at=now,
        source=origin.source,
        collation=origin.collation if origin.collation in COLLATIONS else "",
        finished_at=now if file.rejection_code else None,
    )


def check_paper_file(uow: UnitOfWork, batch: Batch, file_id: str) -> str | None:
    """The paper file chosen for a file's pages; it must lie in the batch itself."""
    if not file_id:
        return None
    file = uow.session.get(PaperFile, file_id)
    if file is None or file.batch_id != batch.id or file.number == pile.WHOLE:
        raise InvalidInput("paper_file_id", "Tập giấy đã chọn không có trong đợt này; hãy tải lại trang.")
    return file.id


def retry(uow: UnitOfWork, principal: Principal, scan_id: str, now: datetime) -> str:
    """Puts a file with failed pages back in the queue; returns its batch."""
    found = papers.find_scan(uow.session, visibility(principal, Action.SCAN_RECEIVE), scan_id)
    if found is None:
        raise Refused(Verb.SCAN_RETRY, kind="scan", object_id=scan_id, reason="missing or outside scope")
    scan, batch, unit = found
    require_zone(uow, batch.secrecy, "scan")
    if scan.state in (ScanState.WAITING, ScanState.READING):
        raise InvalidInput("scan", "Tệp này đang được đọc; hãy chờ máy đọc xong.")
    failed = [page for page in papers.pages_of_scan(uow.session, scan_id) if page.state == PageState.FAILED]
    if not failed:
        raise InvalidInput("scan", "Tệp này không có trang nào cần đọc lại.")
    for page in failed:
        page.state, page.attempts, page.lost, page.again_at, page.reason = PageState.WAITING, 0, 0, None, ""
    scan.state = ScanState.WAITING
    leases.wake(uow.session, leases.SCAN, scan_id)
    what = What("scan", scan_id, file_label(scan_id))
    note(
        uow,
        principal,
        Verb.SCAN_RETRY,
        now,
        target=batch_target(batch, unit),
        detail={"pages": len(failed)},
        what=what,
    )
    return batch.id


def settle(uow: UnitOfWork, principal: Principal, scan_id: str, now: datetime) -> str:
    """Marks a file that was not taken as dealt with, so that it waits for nobody; returns its batch."""
    found = papers.find_scan(uow.session, visibility(principal, Action.SCAN_RECEIVE), scan_id)
    if found is None:
        raise Refused(Verb.SCAN_SETTLE, kind="scan", object_id=scan_id, reason="missing or outside scope")
    scan, batch, unit = found
    if scan.state != ScanState.REJECTED:
        raise InvalidInput("scan", "Tệp này đã được nhận; chỉ tệp không nhận mới ghi là đã xử lý.")
    if scan.settled_at is None:
        scan.settled_at = now
    what = What("scan", scan_id, file_label(scan_id))
    note(uow, principal, Verb.SCAN_SETTLE, now, target=batch_target(batch, unit), what=what)
    return batch.id


def scan_named(uow: UnitOfWork, principal: Principal, name: str) -> str:
    """Id of the file in scope received under this name, or ""."""
    return papers.scan_of_name(uow.session, visibility(principal, Action.BATCH_LIST), name)


def has_batch(uow: UnitOfWork, principal: Principal, title: str) -> bool:
    """True when the person sees an open batch of this title in the unit they act for."""
    found = papers.open_batch_of_day(uow.session, principal.unit_id, title)
    return (
        found is not None
        and papers.find_batch(uow.session, visibility(principal, Action.BATCH_LIST), found.id) is not None
    )
