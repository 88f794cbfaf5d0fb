"""Paper lent and taken back: the register, one loan, the form to lend."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action, permits
from oms.domain.records import HANOI
from oms.errors import InvalidInput
from oms.services import case_follow, custody, shelf
from oms.services import loans as service
from oms.services.loans import NewLoan
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.keeping_ground import LOAN_STATES, SHEET, blueprint, file_answer, secrecy_of
from oms.web.leaving import leaving_of
from oms.web.paging import asked_page
from oms.web.typed import whole_number

FIELDS = ("borrower", "borrower_unit", "purpose", "approved_by_name", "pages_out", "due_on")
Page = str | Response | tuple[str | Response, int]


def _state(text: str) -> str:
    return text if text in LOAN_STATES else "dang-muon"


@blueprint.get("/muon-tra")
@needs(Action.CUSTODY_WORK)
def loans() -> str:
    """The register of paper lent."""
    wanted = request.args.get("tinh_trang", "dang-muon")
    return _register("" if wanted == "tat-ca" else _state(wanted), [])


def _register(state: str, errors: list[dict[str, str]]) -> str:
    paging = asked_page()
    with work() as uow:
        rows, total, counts = service.register(uow, principal(), state, paging.size, paging.offset, now())
    return render_template(
        "keeping/loans.html",
        rows=rows,
        total=total,
        counts=counts,
        paging=paging,
        state=state,
        states=LOAN_STATES,
        today=now().astimezone(HANOI).date(),
        lent_papers=service.lent_papers,
        missing_pages=service.missing_pages,
        errors=errors,
        purpose=request.form.get("purpose", ""),
        may_export=permits(principal(), Action.LIST_EXPORT),
        page_secrecy=secrecy_of(*(row.dossier.secrecy for row in rows)),
    )


@blueprint.post("/muon-tra.xlsx")
@needs(Action.LIST_EXPORT, step_up=True)
def loans_sheet() -> Page:
    """The register as Excel; its row says what for."""
    state = _state(request.form.get("state", ""))
    try:
        with work() as uow:
            data = service.sheet(
                uow, principal(), state, request.form.get("purpose", ""), now(), leaving_of(request.form)
            )
    except InvalidInput as problem:
        return _register(state, [{"field": problem.field, "text": problem.message_vi}]), 400
    return file_answer(data, SHEET, "so-muon-doc.xlsx")


@blueprint.get("/ho-so/<dossier_id>/cho-muon")
@needs(Action.CUSTODY_WORK)
def lend_form(dossier_id: str) -> Page:
    """The form to lend a dossier's paper; without an opening, the dossier's door first."""
    return _lend_page(dossier_id, {}, [], [])


def _lend_page(dossier_id: str, values: dict[str, str], chosen: list[str], errors: list[dict[str, str]]) -> Page:
    desk = None
    with work() as uow:
        shelf.dossier_for(uow, principal(), dossier_id, Action.CUSTODY_WORK, service.LENDING)
        if custody.is_open(uow, principal(), dossier_id, now()):
            desk = service.desk(uow, principal(), dossier_id, now())
    if desk is None:
        return redirect(url_for("records.dossier", dossier_id=dossier_id, the="tai-lieu"))
    return render_template(
        "keeping/lend.html",
        desk=desk,
        row=desk.row,
        values=values,
        chosen=chosen,
        errors=errors,
        page_secrecy=secrecy_of(desk.row.dossier.secrecy, *(paper.secrecy for paper in desk.papers)),
    )


@blueprint.post("/ho-so/<dossier_id>/cho-muon")
@needs(Action.CUSTODY_WORK)
def lend(dossier_id: str) -> Page:
    """Lends paper and shows the loan."""
    values = {name: request.form.get(name, "") for name in (*FIELDS, "scope")}
    chosen = [name for name in request.form.getlist("documents") if len(name) == 32]
    try:
        if values["scope"] == "papers" and not chosen:
            raise InvalidInput("documents", _("Hãy chọn tài liệu cho mượn, hoặc chọn cho mượn cả hồ sơ."))
        new = NewLoan(
            tuple(chosen) if values["scope"] == "papers" else (),
            values["borrower"],
            values["borrower_unit"],
            values["purpose"],
            values["approved_by_name"],
            whole_number(values["pages_out"]),
            values["due_on"],
        )
        with work() as uow:
            loan = service.lend(uow, principal(), dossier_id, new, now())
    except InvalidInput as problem:
        page = _lend_page(dossier_id, values, chosen, [{"field": problem.field, "text": problem.message_vi}])
        return page if isinstance(page, Response | tuple) else (page, 400)
    flash(_("Đã ghi cho mượn, số %(number)s.", number=loan.number), "ok")
    return redirect(url_for("keeping.loan", loan_id=loan.id))


@blueprint.get("/muon-tra/<loan_id>")
@needs(Action.CUSTODY_WORK)
def loan(loan_id: str) -> str:
    """One loan, with the form to take the paper back."""
    return _loan_page(loan_id, [])


def _loan_page(loan_id: str, errors: list[dict[str, str]]) -> str:
    with work() as uow:
        view = service.read(uow, principal(), loan_id, now())
        line = case_follow.line(uow, principal(), "loan", loan_id, now())
    return render_template(
        "keeping/loan.html",
        line=line,
        view=view,
        row=view.row,
        loan=view.row.loan,
        missing=service.missing_pages(view.row.loan),
        today=now().astimezone(HANOI).date(),
        values=request.form,
        errors=errors,
        page_secrecy=secrecy_of(view.row.dossier.secrecy, *(paper.secrecy for paper in view.papers)),
    )


@blueprint.post("/muon-tra/<loan_id>/tra")
@needs(Action.CUSTODY_WORK)
def give_back(loan_id: str) -> Page:
    """Takes paper back, pages counted."""
    try:
        with work() as uow:
            pages = whole_number(request.form.get("pages_back", ""))
            done = service.give_back(uow, principal(), loan_id, pages, request.form.get("condition", ""), now())
    except InvalidInput as problem:
        return _loan_page(loan_id, [{"field": problem.field, "text": problem.message_vi}]), 400
    missing = service.missing_pages(done)
    if missing:
        flash(_("Đã nhận lại, thiếu %(n)s trang: lượt mượn còn để mở đến khi có giải trình.", n=missing), "doubt")
    else:
        flash(_("Đã nhận lại đủ trang."), "ok")
    return redirect(url_for("keeping.loan", loan_id=loan_id))


@blueprint.post("/muon-tra/<loan_id>/giai-trinh")
@needs(Action.CUSTODY_WORK)
def explain(loan_id: str) -> Page:
    """Says where missing pages are, which closes the loan."""
    try:
        with work() as uow:
            service.explain(uow, principal(), loan_id, request.form.get("explanation", ""), now())
    except InvalidInput as problem:
        return _loan_page(loan_id, [{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã ghi giải trình trang thiếu."), "ok")
    return redirect(url_for("keeping.loan", loan_id=loan_id))
