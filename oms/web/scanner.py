"""Scanning in the page: which scanners there are, what is to be scanned, pages as they come."""

from __future__ import annotations

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.errors import InvalidInput
from oms.services import pile, scanner
from oms.web.batches import blueprint, run_label
from oms.web.context import house, now, principal, sent_with, work
from oms.web.guard import needs
from oms.web.typed import whole_number


def source_label(source: str) -> str:
    """The usual names of trays in Vietnamese; a maker's own name as it is."""
    low = source.lower()
    if "duplex" in low:
        return _("Khay nạp tự động, hai mặt (%(name)s)", name=source)
    if "adf" in low or "feeder" in low:
        return _("Khay nạp tự động (%(name)s)", name=source)
    return _("Mặt kính, từng tờ (%(name)s)", name=source) if "flatbed" in low else source


def mode_label(mode: str) -> str:
    """The usual names of colour modes in Vietnamese."""
    low = mode.lower()
    if "color" in low or "colour" in low:
        return _("Màu (%(name)s)", name=mode)
    if "gray" in low or "grey" in low:
        return _("Xám (%(name)s)", name=mode)
    return _("Đen trắng (%(name)s)", name=mode) if "lineart" in low or "binary" in low else mode


def _page(batch_id: str, problem: InvalidInput | None = None) -> str:
    with work() as uow:
        summary, counts, _left = pile.look(uow, principal(), batch_id, now())
    settings = house().settings
    devices = scanner.remembered(settings)
    chosen = next((each for each in devices or [] if each.name == sent_with().get("device")), None)
    return render_template(
        "scanning/scanner.html",
        batch=summary.batch,
        unit=summary.unit,
        files=counts.files,
        devices=devices,
        device=chosen or (devices[0] if devices else None),
        ready=scanner.program() is not None,
        running=scanner.scanning(settings, batch_id),
        source_label=source_label,
        mode_label=mode_label,
        errors=[{"field": problem.field, "text": problem.message_vi}] if problem else [],
    )


@blueprint.get("/dot-so-hoa/<batch_id>/may-quet")
@needs(Action.SCAN_RECEIVE)
def scanners(batch_id: str) -> str:
    """The scanners found last and the form that starts a run."""
    return _page(batch_id)


@blueprint.post("/dot-so-hoa/<batch_id>/may-quet/tim")
@needs(Action.SCAN_RECEIVE)
def find_scanners(batch_id: str) -> Response:
    """Asks SANE which scanners there are; takes seconds."""
    try:
        with work() as uow:
            scanner.look_for(uow, principal(), batch_id, now())
    except InvalidInput as problem:
        flash(problem.message_vi, "doubt")
        return redirect(url_for(".batch", batch_id=batch_id))
    found = scanner.find(house().settings)
    if found:
        flash(_("Đã tìm thấy %(n)s máy quét.", n=len(found)), "ok")
    return redirect(url_for(".scanners", batch_id=batch_id))


@blueprint.post("/dot-so-hoa/<batch_id>/may-quet")
@needs(Action.SCAN_RECEIVE)
def scan_stack(batch_id: str) -> Response | tuple[str, int]:
    """Starts a run; its pages are told on the batch's page."""
    form = request.form
    asked = scanner.Asked(
        batch_id,
        form.get("device", ""),
        form.get("source", ""),
        form.get("mode", ""),
        whole_number(form.get("resolution", "")) or 0,
        form.get("paper_file_id", ""),
        form.get("collation", ""),
    )
    try:
        with work() as uow:
            run_id = scanner.start(uow, principal(), house().settings, asked, now())
    except InvalidInput as problem:
        if problem.field == "batch":
            flash(problem.message_vi, "doubt")
            return redirect(url_for(".batch", batch_id=batch_id))
        return _page(batch_id, problem), 400
    scanner.release(house().settings, run_id)
    return redirect(url_for(".batch", batch_id=batch_id, _anchor="scanning"))


@blueprint.get("/dot-so-hoa/<batch_id>/may-quet/tien-do")
@needs(Action.SCAN_RECEIVE)
def scanner_progress(batch_id: str) -> Response:
    """What scanner.js shows of the batch's run: pages so far, words, whether it has ended."""
    with work() as uow:
        pile.choices(uow, principal(), batch_id)
    run = scanner.newest_of_batch(house().settings, batch_id)
    if run is None:
        return jsonify(pages=0, label="", ended=True)
    return jsonify(pages=run.pages, label=run_label(run), ended=run.ended)


@blueprint.post("/lan-quet/<run_id>/dung")
@needs(Action.SCAN_RECEIVE)
def stop_scanning(run_id: str) -> Response:
    """Stops a run; what was scanned is kept."""
    try:
        with work() as uow:
            batch_id = scanner.cancel(uow, principal(), house().settings, run_id, now())
    except InvalidInput as problem:
        flash(problem.message_vi, "doubt")
        return redirect(url_for(".batches"))
    flash(_("Đang dừng máy quét; các trang đã quét được giữ lại."), "ok")
    return redirect(url_for(".batch", batch_id=batch_id, _anchor="scanning"))
