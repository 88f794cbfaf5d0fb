"""Batches: paper received file by file, read page by page, reconciled against what was expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from oms.domain.access import Action, Target
from oms.domain.records import ScanState
from oms.errors import InvalidInput
from oms.services import case_follow, intake, pile, scanner
from oms.services.intake import BatchSummary, Receipt, ScanSummary
from oms.web.context import house, now, principal, work
from oms.web.guard import needs
from oms.web.paging import asked_page
from oms.web.records import secrecy_of
from oms.web.typed import whole_number
from oms.web.words import COMPARTMENTS, SECRECY_LABELS, STATE_LABELS

blueprint = Blueprint("scanning_desk", __name__)

RECENT = timedelta(minutes=10)
LONGEST_RUN = timedelta(hours=6)
"""Reading begun longer ago than this says nothing of today's speed (a file read again keeps its first start)."""


def wants_json() -> bool:
    """True when a script of the page asks, not the browser itself."""
    return request.accept_mimetypes.best == "application/json" or bool(request.headers.get("X-Requested-With"))


_TYPED = ("unit_id", "title", "expected_pages", "secrecy", "compartment", "operator_id")


def _batches_page(errors: Sequence[dict[str, str]] = (), typed: dict[str, str] | None = None) -> str:
    paging = asked_page()
    with work() as uow:
        found, total = intake.list_batches(uow, principal(), paging.size, paging.offset)
        units = intake.units_in_scope(uow, principal())
        operators = intake.operators(uow, principal(), [Target(unit.path) for unit in units])
    return render_template(
        "scanning/batches.html",
        batches=found,
        total=total,
        paging=paging,
        units=units,
        operators=[(each.account_id, each.display_name) for each in operators],
        errors=errors,
        levels=[(level, label) for level, label in SECRECY_LABELS.items() if level <= int(principal().clearance)],
        own_compartments=[(code, label) for code, label in COMPARTMENTS.items() if code in principal().compartments],
        typed=typed or {"unit_id": str(principal().unit_id), "operator_id": principal().account_id},
        page_secrecy=secrecy_of(*(each.batch.secrecy for each in found)),
    )


@blueprint.get("/dot-so-hoa")
@needs(Action.BATCH_LIST)
def batches() -> str:
    """Every batch in scope with its counts, and the form that opens a new one."""
    return _batches_page()


def _expected(typed: str) -> int | None:
    text = typed.strip().replace(".", "").replace(" ", "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()):
        raise InvalidInput("expected_pages", _("Số trang dự kiến phải là một số, ví dụ 250."))
    return int(text[:12])


def _new_batch(typed: dict[str, str]) -> intake.NewBatch:
    return intake.NewBatch(
        unit_id=whole_number(typed["unit_id"]) or 0,
        title=typed["title"],
        expected_pages=_expected(typed["expected_pages"]),
        secrecy=whole_number(typed["secrecy"]) or 0,
        compartment=typed["compartment"],
        operator_id=typed["operator_id"],
    )


@blueprint.post("/dot-so-hoa")
@needs(Action.BATCH_CREATE)
def create_batch() -> Response | tuple[str, int]:
    """Opens a batch and goes to it."""
    typed = {name: request.form.get(name, "") for name in _TYPED}
    try:
        with work() as uow:
            batch = intake.create_batch(uow, principal(), _new_batch(typed), now())
    except InvalidInput as problem:
        return _batches_page([{"field": problem.field, "text": problem.message_vi}], typed), 400
    return redirect(url_for(".batch", batch_id=batch.id))


@dataclass(frozen=True)
class Problem:
    """What is wrong with a form of the batch page: which dialog it stands in, why, and what was typed."""

    dialog: str
    error: InvalidInput
    typed: Mapping[str, str] = field(default_factory=dict)


def batch_page(batch_id: str, problem: Problem | None = None, errors: Sequence[dict[str, str]] = ()) -> str:
    """The page of a batch; with a problem its dialog stands open, with what was typed."""
    run = scanner.newest_of_batch(house().settings, batch_id)
    with work() as uow:
        running = run is not None and not run.ended
        summary, counts, left = pile.look(uow, principal(), batch_id, now(), running)
        line = case_follow.line(uow, principal(), "batch", batch_id, now())
    told = [{"field": problem.error.field, "text": problem.error.message_vi}] if problem else []
    return render_template(
        "scanning/batch.html",
        line=line,
        summary=summary,
        batch=summary.batch,
        counts=counts,
        left=left,
        run=run,
        run_label=run_label(run) if run else "",
        problem=problem,
        speed=speed(summary, now()),
        failed_pages=sum(scan.pages_failed for scan in summary.scans),
        max_upload=intake.largest_file(house().settings.max_upload_bytes),
        errors=[*told, *errors],
        page_secrecy=secrecy_of(summary.batch.secrecy),
    )


@blueprint.get("/dot-so-hoa/<batch_id>")
@needs(Action.BATCH_LIST)
def batch(batch_id: str) -> str:
    """One batch: its files, what became of each, and the place to drop more."""
    return batch_page(batch_id)


def run_label(run: scanner.State) -> str:
    """How a run stands, in words."""
    if run.state == scanner.WAITING:
        return _("Đang gọi máy quét…")
    if run.state == scanner.SCANNING:
        return _("Đang quét: đã được %(n)s trang", n=run.pages)
    if run.state == scanner.STORING:
        return _("Đang đưa %(n)s trang vào đợt", n=run.pages)
    ending = _("Lần quét gần nhất: %(n)s trang.", n=run.pages)
    return f"{ending} {run.message}".strip()


def speed(summary: BatchSummary, at: datetime) -> dict[str, float | None]:
    """Pages a minute over what is being read or was read in the last ten minutes, and seconds left at that pace."""
    running = [
        scan
        for scan in summary.scans
        if scan.started_at is not None
        and at - scan.started_at < LONGEST_RUN
        and (scan.finished_at is None or at - scan.finished_at < RECENT)
    ]
    done = sum(scan.pages_done for scan in running)
    if not done or summary.finished:
        return {"rate": None, "seconds_left": None}
    begun = min(scan.started_at for scan in running if scan.started_at is not None)
    minutes = max((at - begun).total_seconds(), 1.0) / 60
    rate = done / minutes
    return {"rate": round(rate, 1), "seconds_left": round(summary.waiting_pages / rate * 60)}


def _row(scan: ScanSummary) -> dict[str, Any]:
    return {
        "id": scan.id,
        "state": scan.state,
        "state_label": STATE_LABELS[scan.state],
        "done": scan.pages_done + scan.pages_failed,
        "total": scan.pages,
        "reason": scan.reason,
    }


@blueprint.get("/dot-so-hoa/<batch_id>/tien-do")
@needs(Action.BATCH_LIST)
def progress(batch_id: str) -> Response:
    """What progress.js shows: counts, rate, time left, one row a file."""
    with work() as uow:
        summary = intake.batch_progress(uow, principal(), batch_id)
    return jsonify(
        done=summary.pages_done,
        total=summary.pages,
        label=progress_label(summary),
        finished=summary.finished,
        rows=[_row(scan) for scan in summary.scans],
        **speed(summary, now()),
    )


def progress_label(summary: BatchSummary) -> str:
    """What is going on, in words."""
    if any(scan.state == ScanState.READING for scan in summary.scans):
        return _("Máy đang đọc")
    return _("Đã đọc xong") if summary.finished else _("Đang chờ máy đọc")


def _take(batch_id: str, file: FileStorage) -> Receipt:
    """One uploaded file: kept and looked at first, then entered in one short transaction."""
    with TemporaryDirectory(prefix="oms-upload-") as folder:
        path = Path(folder) / "received"
        file.save(path)
        received = intake.take_in(house().vault, path)
    with work() as uow:
        return intake.receive(uow, principal(), batch_id, received, file.filename or "", now(), _origin())


def _origin() -> intake.Origin:
    """What was chosen beside the files: the paper file they belong to, and whether they are fronts, then backs."""
    return intake.Origin("upload", request.form.get("paper_file_id", ""), request.form.get("collation", ""))


@blueprint.post("/dot-so-hoa/<batch_id>/tep")
@needs(Action.SCAN_RECEIVE)
def upload(batch_id: str) -> Response | tuple[Response, int]:
    """Takes one or more files. A batch that is hidden or closed is refused before any byte is kept."""
    with work() as uow:
        intake.require_open(uow, principal(), batch_id)
    files = [file for file in request.files.getlist("files") if file.filename]
    if not files:
        message = _("Chưa có tệp nào được chọn. Hãy chọn tệp PDF, TIFF, JPEG hoặc PNG rồi tải lên.")
        if wants_json():
            return jsonify(ok=False, message=message, retry=False), 400
        flash(message, "doubt")
        return redirect(url_for(".batch", batch_id=batch_id))
    try:
        receipts = [(file.filename or "", _take(batch_id, file)) for file in files]
    except InvalidInput as problem:
        if wants_json():
            return jsonify(ok=False, message=problem.message_vi, retry=False), 400
        flash(problem.message_vi, "doubt")
        return redirect(url_for(".batch", batch_id=batch_id))
    if wants_json():
        last = receipts[-1][1]
        # what was not taken will not be taken the next time either: the same bytes, the same answer
        return jsonify(ok=last.accepted, message=last.message_vi, scan_id=last.scan_id, retry=False)
    for name, receipt in receipts:
        flash(f"{intake.clean_name(name)}: {receipt.message_vi}", "ok" if receipt.accepted else "doubt")
    return redirect(url_for(".batch", batch_id=batch_id))


@blueprint.post("/dot-so-hoa/<batch_id>/dong")
@needs(Action.BATCH_CREATE)
def close(batch_id: str) -> Response | tuple[str, int]:
    """Closes a batch whose every page is read and every paper decided."""
    with work() as uow:
        left = pile.close(uow, principal(), batch_id, scanner.scanning(house().settings, batch_id), now())
    if left:
        why = _("Chưa đóng được đợt:")
        return batch_page(batch_id, errors=[{"field": "", "text": f"{why} {words}"} for words in left]), 400
    flash(_("Đã đóng đợt số hoá."), "ok")
    return redirect(url_for(".batch", batch_id=batch_id))


@blueprint.post("/tep/<scan_id>/doc-lai")
@needs(Action.SCAN_RECEIVE)
def retry(scan_id: str) -> Response:
    """Puts the failed pages of a file back in the queue."""
    try:
        with work() as uow:
            batch_id = intake.retry(uow, principal(), scan_id, now())
    except InvalidInput as problem:
        flash(problem.message_vi, "doubt")
        return redirect(url_for(".batches"))
    flash(_("Đã xếp lại các trang lỗi để máy đọc lần nữa."), "ok")
    return redirect(url_for(".batch", batch_id=batch_id))


@blueprint.post("/tep/<scan_id>/da-xu-ly")
@needs(Action.SCAN_RECEIVE)
def settle(scan_id: str) -> Response:
    """Marks a file that was not taken as dealt with."""
    try:
        with work() as uow:
            batch_id = intake.settle(uow, principal(), scan_id, now())
    except InvalidInput as problem:
        flash(problem.message_vi, "doubt")
        return redirect(url_for(".batches"))
    flash(_("Đã ghi là đã xử lý; tệp không còn trong phần chờ anh/chị."), "ok")
    return redirect(url_for(".batch", batch_id=batch_id))
