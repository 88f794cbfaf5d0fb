"""Paper files of a batch: pages counted by hand, pages scanned, every difference explained before the batch closes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Action, Principal, visibility
from oms.domain.case_subjects import BatchStep
from oms.domain.fields import squashed
from oms.domain.journal import Verb
from oms.domain.records import ScanState
from oms.errors import InvalidInput, Refused
from oms.services import case_follow, check_draw
from oms.services.house import What, note
from oms.services.intake import BatchSummary, batch_target, find_batch, summaries
from oms.store import dossiers, papers, people, pile
from oms.store.db import UnitOfWork
from oms.store.desk_tables import PaperFile
from oms.store.dossiers import DossierRow
from oms.store.pile import Tally as Tally
from oms.store.tables import Batch
from oms.store.tables import Unit as Unit

LEAST_WORDS = 5
"""Characters an explanation has at least: a reason, not a dash."""
MOST_PAGES = 100_000


@dataclass(frozen=True)
class FileCount:
    """A paper file with its pages counted: by hand before scanning, and what was scanned."""

    file: PaperFile
    tally: Tally
    dossier: DossierRow | None
    explained_by: str

    @property
    def gap(self) -> int | None:
        """Sides scanned with something on them, less pages counted by hand; None when nobody has counted."""
        return None if self.file.expected_pages is None else self.tally.content - self.file.expected_pages

    @property
    def explained(self) -> bool:
        """Whether the words given stand for the difference as it is now."""
        return bool(self.file.explanation) and self.file.explained_gap == self.gap

    @property
    def settled(self) -> bool:
        """Whether nothing is left to say: counted, and equal or explained."""
        return self.gap == 0 or (self.gap is not None and self.explained)


@dataclass(frozen=True)
class PileView:
    """The paper files of a batch by number, the pages in none of them, the whole, and who scans.

    ``whole`` stands for the batch itself when it has no paper files: the pages expected when it was opened.
    """

    files: tuple[FileCount, ...]
    loose: Tally
    total: Tally
    whole: FileCount | None
    operator: str

    @property
    def expected(self) -> int | None:
        """Pages counted by hand in all, as far as they are counted."""
        counted = [each.file.expected_pages for each in self.rows if each.file.expected_pages is not None]
        return sum(counted) if counted else None

    @property
    def rows(self) -> tuple[FileCount, ...]:
        """What is reconciled: every paper file, or the batch as a whole."""
        return self.files or ((self.whole,) if self.whole else ())


def view(uow: UnitOfWork, principal: Principal, batch: Batch) -> PileView:
    """The counts of a batch that has been found in scope. Whoever shows them has journalled the look."""
    rows = pile.files_of_batch(uow.session, batch.id)
    tallies = pile.tallies(uow.session, batch.id)
    total = Tally()
    for tally in tallies.values():
        total.add(tally)
    writers = {row.explained_by for row in rows if row.explained_by} | {batch.operator_id or ""}
    names = people.names_of(uow.session, {str(each) for each in writers if each})
    listed = visibility(principal, Action.CADRE_LIST)

    def counted(row: PaperFile, tally: Tally) -> FileCount:
        dossier = dossiers.find_dossier(uow.session, listed, row.dossier_id) if row.dossier_id else None
        return FileCount(row, tally, dossier, names.get(row.explained_by or "", ""))

    files = tuple(counted(row, tallies.get(row.id, Tally())) for row in rows if row.number != pile.WHOLE)
    stored = next((row for row in rows if row.number == pile.WHOLE), None)
    whole = None
    if not files and batch.expected_pages is not None:
        whole = counted(stored or _whole(batch, principal), total)
    return PileView(files, tallies.get("", Tally()), total, whole, names.get(batch.operator_id or "", ""))


def _whole(batch: Batch, principal: Principal) -> PaperFile:
    """The row of a batch without paper files; kept only once a difference is explained."""
    return PaperFile(
        batch_id=batch.id,
        number=pile.WHOLE,
        label="Cả đợt",
        expected_pages=batch.expected_pages,
        explanation="",
        created_by=principal.account_id,
    )


@dataclass(frozen=True)
class Counted:
    """What is said of a paper file: the label as on its cover, pages counted by hand, the dossier it holds."""

    label: str
    expected_pages: int | None = None
    dossier_id: str = ""


def open_batch(uow: UnitOfWork, principal: Principal, batch_id: str, verb: Verb) -> tuple[Batch, Unit]:
    """The batch in scope while it takes files and counts; InvalidInput once it is closed."""
    batch, unit = find_batch(uow, principal, Action.SCAN_RECEIVE, batch_id, verb)
    if batch.closed_at is not None:
        raise InvalidInput("batch", "Đợt số hoá này đã đóng nên không sửa được nữa.")
    return batch, unit


def _apply(uow: UnitOfWork, principal: Principal, unit: Unit, row: PaperFile, counted: Counted) -> None:
    label = squashed(counted.label)
    if not label or len(label) > 200:
        raise InvalidInput("label", "Hãy ghi tên tập giấy như trên bìa, tối đa 200 ký tự.")
    if counted.expected_pages is not None and not 0 < counted.expected_pages <= MOST_PAGES:
        raise InvalidInput("expected_pages", "Số trang đếm tay phải từ 1 đến 100.000.")
    if counted.dossier_id and counted.dossier_id != row.dossier_id:
        found = dossiers.find_dossier(uow.session, visibility(principal, Action.CADRE_LIST), counted.dossier_id)
        if found is None or found.unit.block != unit.block:
            raise InvalidInput("dossier", "Không thấy hồ sơ này trong khối của đợt; hãy chọn lại.")
    row.label, row.expected_pages, row.dossier_id = label, counted.expected_pages, counted.dossier_id or None


def add(uow: UnitOfWork, principal: Principal, batch_id: str, counted: Counted, now: datetime) -> PaperFile:
    """Enters a paper file under the next number of the batch."""
    batch, unit = open_batch(uow, principal, batch_id, Verb.BATCH_COUNT)
    row = PaperFile(
        batch_id=batch.id,
        number=pile.next_number(uow.session, batch.id),
        created_by=principal.account_id,
        created_at=now,
    )
    _apply(uow, principal, unit, row, counted)
    uow.session.add(row)
    uow.session.flush()
    _note(uow, principal, batch, unit, row, now, act="add")
    return row


def change(uow: UnitOfWork, principal: Principal, file_id: str, counted: Counted, now: datetime) -> PaperFile:
    """Corrects what was said of a paper file. An explanation stands only for the difference it was written for."""
    row, batch, unit = _file(uow, principal, file_id)
    _apply(uow, principal, unit, row, counted)
    _note(uow, principal, batch, unit, row, now, act="change")
    return row


def remove(uow: UnitOfWork, principal: Principal, file_id: str, now: datetime) -> str:
    """Takes a paper file out while no page belongs to it; returns the batch."""
    row, batch, unit = _file(uow, principal, file_id)
    if pile.tallies(uow.session, batch.id).get(row.id, Tally()).all:
        raise InvalidInput("file", "Tập giấy này đã có trang: hãy chuyển các trang sang tập khác trước khi bỏ.")
    _note(uow, principal, batch, unit, row, now, act="remove")
    uow.session.delete(row)
    return batch.id


def explain(uow: UnitOfWork, principal: Principal, file_id: str, words: str, now: datetime) -> PaperFile:
    """Keeps why pages counted and pages scanned differ, with who says so and when."""
    row, batch, unit = _file(uow, principal, file_id)
    counted = next((each for each in view(uow, principal, batch).files if each.file.id == file_id), None)
    _explain(counted, words)
    return _keep_explanation(uow, principal, batch, unit, row, counted.gap if counted else None, words, now)


def explain_whole(uow: UnitOfWork, principal: Principal, batch_id: str, words: str, now: datetime) -> PaperFile:
    """The same for a batch without paper files."""
    batch, unit = open_batch(uow, principal, batch_id, Verb.BATCH_COUNT)
    whole = view(uow, principal, batch).whole
    _explain(whole, words)
    row = whole.file if whole else _whole(batch, principal)
    if row not in uow.session:
        row.created_at = now
        uow.session.add(row)
        uow.session.flush()
    return _keep_explanation(uow, principal, batch, unit, row, whole.gap if whole else None, words, now)


def _explain(counted: FileCount | None, words: str) -> None:
    if counted is None or not counted.gap:
        raise InvalidInput("explanation", "Số trang đã khớp hoặc chưa đếm tay: không có chênh lệch để giải thích.")
    if not LEAST_WORDS <= len(squashed(words)) <= 1000:
        raise InvalidInput("explanation", "Hãy ghi lý do chênh lệch, từ 5 đến 1.000 ký tự.")


def _keep_explanation(
    uow: UnitOfWork,
    principal: Principal,
    batch: Batch,
    unit: Unit,
    row: PaperFile,
    gap: int | None,
    words: str,
    now: datetime,
) -> PaperFile:
    row.explanation, row.explained_gap = squashed(words), gap
    row.explained_by, row.explained_at = principal.account_id, now
    _note(uow, principal, batch, unit, row, now, act="explain", gap=gap)
    return row


def _file(uow: UnitOfWork, principal: Principal, file_id: str, closed: bool = False) -> tuple[PaperFile, Batch, Unit]:
    """A paper file through its batch: who may not see the batch gets the answer of a missing one."""
    row = uow.session.get(PaperFile, file_id)
    view_of = visibility(principal, Action.SCAN_RECEIVE)
    found = papers.find_batch(uow.session, view_of, row.batch_id) if row is not None else None
    if row is None or found is None:
        raise Refused(Verb.BATCH_COUNT, kind="paper_file", object_id=file_id, reason="missing or outside scope")
    batch, unit = found if closed else open_batch(uow, principal, row.batch_id, Verb.BATCH_COUNT)
    if row.number == pile.WHOLE:
        raise InvalidInput("file", "Tập giấy này không còn trong đợt; hãy tải lại trang.")
    return row, batch, unit


def batch_of_file(uow: UnitOfWork, principal: Principal, file_id: str) -> tuple[str, Unit]:
    """The batch a paper file lies in, and its unit; Refused when it is missing or hidden."""
    _row, batch, unit = _file(uow, principal, file_id, closed=True)
    return batch.id, unit


def _note(
    uow: UnitOfWork,
    principal: Principal,
    batch: Batch,
    unit: Unit,
    row: PaperFile,
    now: datetime,
    **detail: object,
) -> None:
    """Ids and numbers: the label of a paper file may name a person and stays out of the journal."""
    told: Mapping[str, object] = {"batch": batch.id, "number": row.number, "expected": row.expected_pages} | detail
    note(
        uow,
        principal,
        Verb.BATCH_COUNT,
        now,
        target=batch_target(batch, unit),
        what=What("paper_file", row.id, f"tập {row.number}" if row.number else "cả đợt"),
        detail=dict(told),
    )


def left_to_do(
    uow: UnitOfWork, principal: Principal, counts: PileView, summary: BatchSummary, scanning: bool = False
) -> list[str]:
    """What keeps a batch from being closed, in words, one reason an entry; empty when nothing does.

    ``scanning``: a scanner is delivering pages into it right now.
    """
    waiting = pile.open_documents(uow.session, summary.batch.id)
    hidden = waiting - summary.documents_open
    checks, unseen = pile.checks_waiting(uow.session, summary.batch.id, visibility(principal, Action.BATCH_LIST))
    unread = counts.total.waiting or sum(scan.state in (ScanState.WAITING, ScanState.READING) for scan in summary.scans)
    reasons = [
        (scanning, "Máy quét đang quét vào đợt này."),
        (unread, f"Còn {unread} trang hoặc tệp máy chưa đọc xong."),
        (summary.documents_open, f"Còn {summary.documents_open} tài liệu chưa duyệt."),
        (hidden > 0, "Còn tài liệu chờ người có thẩm quyền khác duyệt."),
        (checks, f"Còn {checks} tài liệu chờ người thứ hai kiểm tra."),
        (unseen, "Còn tài liệu chờ người có thẩm quyền khác kiểm tra."),
        (summary.rejected, f"Còn {summary.rejected} tệp không nhận được, chưa ghi là đã xử lý."),
    ]
    return [words for applies, words in reasons if applies] + _unreconciled(counts)


def _unreconciled(counts: PileView) -> list[str]:
    told = []
    if counts.files and counts.loose.content:
        told.append(f"Còn {counts.loose.content} trang chưa thuộc tập giấy nào.")
    for each in counts.rows:
        name = f"Tập {each.file.number} “{each.file.label}”" if each.file.number else "Cả đợt"
        if each.gap is None:
            told.append(f"{name}: chưa ghi số trang đếm tay.")
        elif not each.settled:
            far = f"thừa {each.gap}" if each.gap > 0 else f"thiếu {-each.gap}"
            told.append(f"{name}: {far} trang, chưa giải thích.")
    return told


def close(uow: UnitOfWork, principal: Principal, batch_id: str, scanning: bool, now: datetime) -> list[str]:
    """Closes a batch once nothing is left to do; else returns what is, and the batch stays open.

    A second closing changes nothing. A closed batch takes neither files nor counts.
    """
    batch, unit = find_batch(uow, principal, Action.BATCH_CREATE, batch_id, Verb.BATCH_CLOSE)
    summary = summaries(uow, principal, [(batch, unit)])[0]
    counts = view(uow, principal, batch)
    reasons = [] if batch.closed_at else left_to_do(uow, principal, counts, summary, scanning)
    if not reasons and batch.closed_at is None and check_draw.draw(uow, principal, batch.id, now):
        reasons = left_to_do(uow, principal, counts, summary, scanning)  # the last paper may have left unfiled
    if reasons:
        return reasons
    if batch.closed_at is None:
        batch.closed_at = now
    detail = {"pages": counts.total.all, "content": counts.total.content, "expected": counts.expected}
    what = What("batch", batch.id)
    note(uow, principal, Verb.BATCH_CLOSE, now, target=batch_target(batch, unit), detail=detail, what=what)
    case_follow.follow(uow, principal, "batch", batch.id, BatchStep.CLOSED, now)
    return []


def look(
    uow: UnitOfWork, principal: Principal, batch_id: str, now: datetime, scanning: bool = False
) -> tuple[BatchSummary, PileView, list[str]]:
    """A batch with its files and counts, and what keeps it from closing; journalled: names stand on the page."""
    found = find_batch(uow, principal, Action.BATCH_LIST, batch_id, Verb.BATCH_VIEW)
    note(uow, principal, Verb.BATCH_VIEW, now, target=batch_target(*found), what=What("batch", batch_id))
    summary = summaries(uow, principal, [found])[0]
    counts = view(uow, principal, found[0])
    return summary, counts, left_to_do(uow, principal, counts, summary, scanning)


def choices(uow: UnitOfWork, principal: Principal, batch_id: str) -> Sequence[PaperFile]:
    """The paper files pages of a batch may be given to."""
    batch, _unit = find_batch(uow, principal, Action.BATCH_LIST, batch_id, Verb.BATCH_VIEW)
    return [row for row in pile.files_of_batch(uow.session, batch.id) if row.number != pile.WHOLE]
