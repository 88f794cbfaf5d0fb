"""Half-yearly reconciliation: stocktakes, the lines of one counted by keyboard, its conclusion and report."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action, permits
from oms.errors import InvalidInput
from oms.services import secret_copies
from oms.services import stocktakes as service
from oms.services.sheets import pdf
from oms.services.stocktakes import Counted
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.keeping_ground import PDF, SHEET, blueprint, file_answer, secrecy_of
from oms.web.leaving import leaving_of
from oms.web.paging import asked_page
from oms.web.typed import whole_number

ONLY = {"chua-kiem": "open", "lech": "differing"}
Page = str | Response | tuple[str | Response, int]


@blueprint.get("/kiem-ke")
@needs(Action.CUSTODY_WORK)
def stocktakes() -> str:
    """Stocktakes in scope, what is due, the form to open one."""
    return _list([])


def _list(errors: list[dict[str, str]]) -> str:
    paging = asked_page()
    with work() as uow:
        rows, total = service.listing(uow, principal(), paging.size, paging.offset, now())
        due = service.due(uow, principal(), now())
        units = service.open_units(uow, principal())
        periods = service.periods(uow, now())
    return render_template(
        "keeping/stocktakes.html",
        rows=rows,
        total=total,
        paging=paging,
        due=due,
        units=units,
        periods=periods,
        values=request.form,
        errors=errors,
    )


@blueprint.post("/kiem-ke")
@needs(Action.CUSTODY_WORK)
def stocktake_open() -> Page:
    """Opens a stocktake."""
    try:
        with work() as uow:
            unit_id = whole_number(request.form.get("unit_id", ""))
            made = service.open_stocktake(uow, principal(), unit_id, request.form.get("period", ""), now())
    except InvalidInput as problem:
        return _list([{"field": problem.field, "text": problem.message_vi}]), 400
    return redirect(url_for("keeping.stocktake", stocktake_id=made.id))


@blueprint.get("/kiem-ke/<stocktake_id>")
@needs(Action.CUSTODY_WORK)
def stocktake(stocktake_id: str) -> str:
    """A page of the lines of a stocktake, to be counted."""
    return _page(stocktake_id, [])


def _page(stocktake_id: str, errors: list[dict[str, str]]) -> str:
    paging, asked = asked_page(), request.args.get("loc", "")
    asked = asked if asked in ONLY else ""
    with work() as uow:
        view = service.read(uow, principal(), stocktake_id, ONLY.get(asked, ""), paging.size, paging.offset, now())
    return render_template(
        "keeping/stocktake.html",
        view=view,
        row=view.row,
        paging=paging,
        asked=asked,
        values=request.form,
        errors=errors,
        purpose=request.form.get("purpose", ""),
        may_export=permits(principal(), Action.LIST_EXPORT),
        page_secrecy=secrecy_of(*(line.dossier.secrecy for line in view.lines)),
    )


def _typed() -> dict[int, Counted]:
    """Lines sent: ``lines`` names them; ``as_listed`` counts every line left blank as listed."""
    found = {}
    form, as_listed = request.form, request.form.get("act") == "as_listed"
    for text in form.getlist("lines")[:500]:
        line = whole_number(text)
        if line is None:
            continue
        typed = form.get(f"pages-{line}", "").strip()
        pages = whole_number(typed) if typed else None
        if typed and pages is None:
            raise InvalidInput(f"pages-{line}", _("Số trang là số nguyên."))
        missing, damaged = form.get(f"missing-{line}") == "1", form.get(f"damaged-{line}") == "1"
        if as_listed and pages is None and not missing and form.get(f"lent-{line}") != "1":
            pages = whole_number(form.get(f"listed-{line}", ""))
        note, treatment = form.get(f"note-{line}", ""), form.get(f"treatment-{line}", "")
        found[line] = Counted(pages, missing, damaged, note, treatment)
    return found


@blueprint.post("/kiem-ke/<stocktake_id>/dem")
@needs(Action.CUSTODY_WORK)
def stocktake_count(stocktake_id: str) -> Page:
    """Keeps what was counted on this page of lines."""
    try:
        typed = _typed()
        with work() as uow:
            changed = service.count(uow, principal(), stocktake_id, typed, now())
    except InvalidInput as problem:
        return _page(stocktake_id, [{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã ghi kết quả của %(n)s hồ sơ.", n=changed), "ok")
    loc, trang = request.args.get("loc"), request.args.get("trang")
    return redirect(url_for("keeping.stocktake", stocktake_id=stocktake_id, loc=loc, trang=trang))


@blueprint.post("/kiem-ke/<stocktake_id>/ket-luan")
@needs(Action.CUSTODY_WORK)
def stocktake_close(stocktake_id: str) -> Page:
    """Concludes the stocktake."""
    try:
        with work() as uow:
            service.close(uow, principal(), stocktake_id, request.form.get("conclusion", ""), now())
    except InvalidInput as problem:
        return _page(stocktake_id, [{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã kết luận đợt kiểm kê."), "ok")
    return redirect(url_for("keeping.stocktake", stocktake_id=stocktake_id))


@blueprint.post("/kiem-ke/<stocktake_id>/ket-qua.xlsx")
@needs(Action.LIST_EXPORT, step_up=True)
def stocktake_sheet(stocktake_id: str) -> Page:
    """The report as Excel; its row says what for."""
    try:
        with work() as uow:
            data = service.sheet(
                uow, principal(), stocktake_id, request.form.get("purpose", ""), now(), leaving_of(request.form)
            )
    except InvalidInput as problem:
        return _page(stocktake_id, [{"field": problem.field, "text": problem.message_vi}]), 400
    return file_answer(data, SHEET, "kiem-ke-ho-so.xlsx")


@blueprint.post("/kiem-ke/<stocktake_id>/bien-ban.pdf")
@needs(Action.CUSTODY_WORK, step_up=True)
def stocktake_minutes(stocktake_id: str) -> Page:
    """The record of the stocktake, to be signed; with a level in it, numbered copies of the register."""
    try:
        with work() as uow:
            view, entered = service.minutes(uow, principal(), stocktake_id, now(), leaving_of(request.form))
    except InvalidInput as problem:
        return _page(stocktake_id, [{"field": problem.field, "text": problem.message_vi}]), 400
    html = render_template("keeping/stocktake_minutes.html", view=view, row=view.row, lines=service.table(view))
    return file_answer(secret_copies.marked(pdf(html), entered, "pdf"), PDF, "bien-ban-kiem-ke.pdf")
