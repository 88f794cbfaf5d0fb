"""The pile in the page: paper files and their counts, the pages of a file, sheets to print, the record of a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO

from flask import flash, redirect, render_template, request, send_file, session, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.domain.journal import Verb
from oms.errors import InvalidInput
from oms.services import custody, desk_steps, pile, pile_pages, sheets
from oms.services.house import UnitOfWork
from oms.services.pile import Unit
from oms.web.batches import Problem, batch_page, blueprint
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.typed import whole_number
from oms.web.words import DOCUMENT_TYPES

Page = Response | str | tuple[str, int]
PAGES_UNDO, MARK_UNDO = "pages_undo", "mark_undo"


def _to_batch(batch_id: str, anchor: str = "paper-files") -> Response:
    return redirect(url_for(".batch", batch_id=batch_id, _anchor=anchor))


def _counted(unit: Unit, typed: Mapping[str, str]) -> pile.Counted:
    """What was typed of a paper file; the dossier by its number, or by a name that only one has."""
    number = typed["expected_pages"].strip().replace(".", "").replace(" ", "")
    expected = whole_number(number)
    if number and expected is None:
        raise InvalidInput("expected_pages", _("Số trang đếm tay phải là một số, ví dụ 120."))
    return pile.Counted(typed["label"], expected, _dossier(unit, typed["dossier"].strip()))


def _dossier(unit: Unit, typed: str) -> str:
    """The id of the dossier meant: looked for in a transaction of its own, because the look is journalled."""
    if not typed:
        return ""
    with work() as uow:
        found, total = custody.list_dossiers(uow, principal(), typed, "", unit.block, 6, 0, now())
    same = [row for row in found if row.dossier.number.casefold() == typed.casefold()]
    if len(same) == 1 or total == 1:
        return (same or found)[0].dossier.id
    if not found:
        raise InvalidInput("dossier", _("Không thấy hồ sơ nào như vậy; để trống nếu chưa có hồ sơ."))
    listed = "; ".join(f"{row.dossier.number} – {row.cadre.full_name}" for row in found)
    raise InvalidInput("dossier", _("Có %(n)s hồ sơ như vậy, hãy ghi số hồ sơ: %(list)s.", n=total, list=listed))


def _typed_file() -> dict[str, str]:
    return {name: request.form.get(name, "")[:400] for name in ("label", "expected_pages", "dossier")}


def _unit_of(batch_id: str) -> Unit:
    with work() as uow:
        return pile.open_batch(uow, principal(), batch_id, Verb.BATCH_COUNT)[1]


@blueprint.post("/dot-so-hoa/<batch_id>/tap-giay")
@needs(Action.SCAN_RECEIVE)
def add_paper_file(batch_id: str) -> Page:
    """Enters a paper file."""
    typed = _typed_file()
    try:
        counted = _counted(_unit_of(batch_id), typed)
        with work() as uow:
            made = pile.add(uow, principal(), batch_id, counted, now())
    except InvalidInput as problem:
        return batch_page(batch_id, Problem("new-file", problem, typed)), 400
    flash(_("Đã thêm tập giấy số %(n)s.", n=made.number), "ok")
    return _to_batch(batch_id)


@blueprint.post("/tap-giay/<file_id>")
@needs(Action.SCAN_RECEIVE)
def change_paper_file(file_id: str) -> Page:
    """Corrects a paper file."""
    typed = _typed_file()
    with work() as uow:
        batch_id, unit = pile.batch_of_file(uow, principal(), file_id)
    try:
        counted = _counted(unit, typed)
        with work() as uow:
            pile.change(uow, principal(), file_id, counted, now())
    except InvalidInput as problem:
        return batch_page(batch_id, Problem(f"file-{file_id}", problem, typed)), 400
    flash(_("Đã ghi tập giấy."), "ok")
    return _to_batch(batch_id)


@blueprint.post("/tap-giay/<file_id>/bo")
@needs(Action.SCAN_RECEIVE)
def remove_paper_file(file_id: str) -> Response:
    """Takes an empty paper file out."""
    with work() as uow:
        batch_id, _unit = pile.batch_of_file(uow, principal(), file_id)
    try:
        with work() as uow:
            pile.remove(uow, principal(), file_id, now())
    except InvalidInput as problem:
        flash(problem.message_vi, "doubt")
    else:
        flash(_("Đã bỏ tập giấy trống."), "ok")
    return _to_batch(batch_id)


@blueprint.post("/tap-giay/<file_id>/giai-thich")
@needs(Action.SCAN_RECEIVE)
def explain_paper_file(file_id: str) -> Page:
    """Keeps why pages counted and pages scanned differ."""
    words = request.form.get("explanation", "")[:2000]
    with work() as uow:
        batch_id, _unit = pile.batch_of_file(uow, principal(), file_id)
    try:
        with work() as uow:
            pile.explain(uow, principal(), file_id, words, now())
    except InvalidInput as problem:
        return batch_page(batch_id, Problem(f"explain-{file_id}", problem, {"explanation": words})), 400
    flash(_("Đã ghi lý do chênh lệch."), "ok")
    return _to_batch(batch_id)


@blueprint.post("/dot-so-hoa/<batch_id>/giai-thich")
@needs(Action.SCAN_RECEIVE)
def explain_batch(batch_id: str) -> Page:
    """The same for a batch without paper files."""
    words = request.form.get("explanation", "")[:2000]
    try:
        with work() as uow:
            pile.explain_whole(uow, principal(), batch_id, words, now())
    except InvalidInput as problem:
        return batch_page(batch_id, Problem("explain-whole", problem, {"explanation": words})), 400
    flash(_("Đã ghi lý do chênh lệch."), "ok")
    return _to_batch(batch_id)


def _pdf(html: str, name: str) -> Response:
    return send_file(BytesIO(sheets.pdf(html)), mimetype="application/pdf", download_name=name)


@blueprint.get("/dot-so-hoa/<batch_id>/bien-ban")
@needs(Action.BATCH_LIST)
def record(batch_id: str) -> Response:
    """The record of a batch's page counts, one page to print and sign."""
    with work() as uow:
        summary, counts, left = pile.look(uow, principal(), batch_id, now())
    with force_locale("vi"):
        page = render_template("scanning/record_print.html", summary=summary, counts=counts, left=left, at=now())
    return _pdf(page, "bien-ban-doi-chieu.pdf")


def _sheets_page(batch_id: str, errors: Sequence[dict[str, str]] = ()) -> str:
    with work() as uow:
        summary, counts, _left = pile.look(uow, principal(), batch_id, now())
    return render_template(
        "scanning/sheets.html",
        batch=summary.batch,
        unit=summary.unit,
        files=counts.files,
        types=DOCUMENT_TYPES,
        most=sheets.MOST_SHEETS,
        errors=errors,
        typed=request.form,
    )


@blueprint.get("/dot-so-hoa/<batch_id>/phieu")
@needs(Action.SCAN_RECEIVE)
def sheet_choice(batch_id: str) -> str:
    """Which sheets to print."""
    return _sheets_page(batch_id)


@blueprint.post("/dot-so-hoa/<batch_id>/phieu")
@needs(Action.SCAN_RECEIVE)
def print_sheets(batch_id: str) -> Page:
    """Separators and covers as one PDF."""
    copies = {name.removeprefix("t-"): text for name, text in request.form.items() if name.startswith("t-")}
    numbers = {code: whole_number(text) if text.strip() else 0 for code, text in copies.items()}
    try:
        if None in numbers.values():
            raise InvalidInput("sheets", _("Số bản phải là một số, ví dụ 3."))
        wanted = sheets.Wanted(
            {code: number or 0 for code, number in numbers.items()},
            request.form.getlist("cover")[: sheets.MOST_SHEETS + 1],
            bool(request.form.get("own")),
        )
        with work() as uow:
            stack = sheets.order(uow, principal(), batch_id, wanted, now())
    except InvalidInput as problem:
        return _sheets_page(batch_id, [{"field": "", "text": problem.message_vi}]), 400
    with force_locale("vi"):
        page = render_template("scanning/sheets_print.html", stack=stack, types=DOCUMENT_TYPES)
    return _pdf(page, "phieu.pdf")


@blueprint.get("/tep/<scan_id>")
@needs(Action.SCAN_RECEIVE)
def scan_pages(scan_id: str) -> str:
    """The pages of a file: what each is, where it went; with ``mat-sau`` the order a duplex stack would get."""
    return _scan_page(scan_id)


def _scan_page(scan_id: str, errors: Sequence[dict[str, str]] = ()) -> str:
    asked, plain = request.args.get("mat-sau"), request.args.get("thu-tu") == "xuoi"
    with work() as uow:
        view = pile_pages.view(uow, principal(), scan_id, now())
    told, preview = list(errors), None
    if asked is not None:
        try:
            with work() as uow:
                preview = pile_pages.order_of(uow, principal(), scan_id, asked, not plain)
        except InvalidInput as problem:
            told.append({"field": problem.field, "text": problem.message_vi})
    return render_template(
        "scanning/scan.html",
        view=view,
        batch=view.batch,
        preview=preview,
        asked=asked or "",
        plain=plain,
        errors=told,
        mark_of=pile_pages.mark_of,
        can_put_back=(session.get(PAGES_UNDO) or {}).get("scan") == scan_id,
        mark_undo=(session.get(MARK_UNDO) or {}) if (session.get(MARK_UNDO) or {}).get("scan") == scan_id else None,
    )


def _to_scan(scan_id: str) -> Response:
    return redirect(url_for(".scan_pages", scan_id=scan_id))


@blueprint.post("/tep/<scan_id>/tap-giay")
@needs(Action.SCAN_RECEIVE)
def assign_pages(scan_id: str) -> Page:
    """Gives pages of a file to a paper file."""
    try:
        with work() as uow:
            scan, _batch, _unit = pile_pages.find_scan(uow, principal(), scan_id, Verb.BATCH_COUNT)
            numbers = pile_pages.numbers_of(request.form.get("pages", "")[:500], scan.page_count or 0)
            target = request.form.get("paper_file_id", "")
            before = pile_pages.assign(uow, principal(), scan_id, numbers, target, now())
    except InvalidInput as problem:
        return _scan_page(scan_id, [{"field": problem.field, "text": problem.message_vi}]), 400
    session[PAGES_UNDO] = {"scan": scan_id, "before": {key: _ranges(numbers) for key, numbers in before.items()}}
    flash(_("Đã chuyển %(n)s trang.", n=len(numbers)), "ok")
    return _to_scan(scan_id)


def _ranges(numbers: Sequence[int]) -> str:
    """Page numbers as "1-5,8": short enough for the cookie."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(f"{low}-{high}" for low, high in parts)


@blueprint.post("/tep/<scan_id>/tap-giay/hoan-tac")
@needs(Action.SCAN_RECEIVE)
def put_back_pages(scan_id: str) -> Response:
    """Takes the last giving of pages back."""
    kept = session.get(PAGES_UNDO) or {}
    with work() as uow:
        scan, _batch, _unit = pile_pages.find_scan(uow, principal(), scan_id, Verb.BATCH_COUNT)
        last = scan.page_count or 0
    if kept.get("scan") == scan_id:
        try:
            with work() as uow:
                before = {key: pile_pages.numbers_of(text, last) for key, text in kept["before"].items()}
                pile_pages.put_back(uow, principal(), scan_id, before, now())
        except InvalidInput as problem:
            flash(problem.message_vi, "doubt")
            return _to_scan(scan_id)
        del session[PAGES_UNDO]
        flash(_("Đã hoàn tác: các trang về tập giấy cũ."), "ok")
    return _to_scan(scan_id)


@blueprint.post("/tep/<scan_id>/hai-mat")
@needs(Action.SCAN_RECEIVE)
def collate(scan_id: str) -> Page:
    """Puts the papers of a duplex stack together side by side."""
    plain = request.form.get("thu-tu") == "xuoi"
    try:
        with work() as uow:
            made = pile_pages.collate(uow, principal(), scan_id, request.form.get("mat-sau", ""), not plain, now())
    except InvalidInput as problem:
        return _scan_page(scan_id, [{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã xếp xen kẽ mặt trước, mặt sau: %(n)s tài liệu.", n=made), "ok")
    return _to_scan(scan_id)


@blueprint.post("/tep/<scan_id>/bo-hai-mat")
@needs(Action.SCAN_RECEIVE)
def uncollate(scan_id: str) -> Page:
    """Takes a duplex order back."""
    try:
        with work() as uow:
            made = pile_pages.uncollate(uow, principal(), scan_id, now())
    except InvalidInput as problem:
        return _scan_page(scan_id, [{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã bỏ xếp hai mặt: các trang theo thứ tự trong tệp, %(n)s tài liệu.", n=made), "ok")
    return _to_scan(scan_id)


@blueprint.post("/trang/<page_id>/dau")
@needs(Action.SCAN_RECEIVE)
def mark_page(page_id: str) -> Response:
    """Marks a page as blank, repeated, a separator, or as content again."""
    with work() as uow:
        scan_id = pile_pages.scan_of(uow, principal(), page_id)
    try:
        with work() as uow:
            done = pile_pages.mark(uow, principal(), page_id, request.form.get("as", ""), now())
    except InvalidInput as problem:
        flash(problem.message_vi, "doubt")
        return _to_scan(scan_id)
    session[MARK_UNDO] = {"scan": scan_id, "page": page_id, "was": done.was, "document": done.undo_id}
    flash(_("Đã ghi dấu của trang."), "ok")
    return _to_scan(scan_id)


@blueprint.post("/trang/<page_id>/dau/hoan-tac")
@needs(Action.SCAN_RECEIVE)
def unmark_page(page_id: str) -> Response:
    """Takes the last mark back: the page returns to its paper, or becomes the sheet it was."""
    with work() as uow:
        scan_id = pile_pages.scan_of(uow, principal(), page_id)
    kept = session.pop(MARK_UNDO, None) or {}
    if kept.get("page") != page_id:
        return _to_scan(scan_id)
    try:
        with work() as uow:
            _take_back(uow, kept)
    except InvalidInput as problem:
        flash(problem.message_vi, "doubt")
        return _to_scan(scan_id)
    flash(_("Đã hoàn tác dấu của trang."), "ok")
    return _to_scan(scan_id)


def _take_back(uow: UnitOfWork, kept: Mapping[str, str]) -> None:
    if kept["document"]:
        desk_steps.undo(uow, principal(), kept["document"], now())
    else:
        pile_pages.mark(uow, principal(), kept["page"], kept["was"], now())
