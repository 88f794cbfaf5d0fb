"""Paper and its keeping: components, shelf, loans, transfers, stocktakes, holds, disposals."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from oms.domain.access import Action, permits
from oms.errors import InvalidInput
from oms.services import components, custody, shelf
from oms.services.components import Wanted
from oms.services.custody import DossierView
from oms.services.shelf import Place
from oms.web import disposals as _disposals
from oms.web import loans as _loans
from oms.web import stocktakes as _stocktakes
from oms.web import transfers as _transfers
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.keeping_ground import SHEET, blueprint, file_answer, secrecy_of, unit_path
from oms.web.leaving import leaving_of
from oms.web.paging import asked_page

__all__ = ["blueprint"]
DESKS = (_loans, _transfers, _stocktakes, _disposals)
"""The other desks of the blueprint; importing them registers their pages."""


@blueprint.get("/thanh-phan")
@needs(Action.CUSTODY_WORK)
def lacking() -> str:
    """Dossiers in scope that lack a component, as far as this person may see."""
    return _lacking({"thanh_phan": request.args.get("thanh_phan", ""), "don_vi": request.args.get("don_vi", "")}, [])


def _lacking(typed: dict[str, str], errors: list[dict[str, str]]) -> str:
    paging = asked_page()
    with work() as uow:
        choices = components.choices(uow, now())
        code = typed["thanh_phan"] if typed["thanh_phan"] in dict(choices) else ""
        wanted = Wanted(unit_path(typed["don_vi"]), code)
        rows, total = components.lacking(uow, principal(), wanted, paging.size, paging.offset, now())
        units = components.units_of(uow, principal())
        kinds = components.kinds(uow, now())
    asked = {"thanh_phan": wanted.code, "don_vi": wanted.unit_path}
    return render_template(
        "keeping/lacking.html",
        rows=rows,
        total=total,
        paging=paging,
        asked=asked,
        args={name: value for name, value in asked.items() if value},
        choices=choices,
        kinds=kinds,
        units=units,
        errors=errors,
        purpose=request.form.get("purpose", ""),
        may_export=permits(principal(), Action.LIST_EXPORT),
        page_secrecy=secrecy_of(*(each.row.dossier.secrecy for each in rows)),
    )


@blueprint.post("/thanh-phan.xlsx")
@needs(Action.LIST_EXPORT, step_up=True)
def lacking_sheet() -> Answer | tuple[str, int]:
    """The list as Excel; its row says what for."""
    typed = {name: request.form.get(name, "") for name in ("thanh_phan", "don_vi")}
    wanted = Wanted(unit_path(typed["don_vi"]), typed["thanh_phan"][:60])
    try:
        with work() as uow:
            data = components.sheet(
                uow, principal(), wanted, request.form.get("purpose", ""), now(), leaving_of(request.form)
            )
    except InvalidInput as problem:
        return _lacking(typed, [{"field": problem.field, "text": problem.message_vi}]), 400
    return file_answer(data, SHEET, "thanh-phan-con-thieu.xlsx")


def _places() -> dict[str, Place]:
    """What was typed for each paper: fields ``original-<id>``, ``shelf-<id>``, ``expires-<id>``."""
    found = {}
    for name in request.form:
        kind, _sign, document_id = name.partition("-")
        if kind == "original" and len(document_id) == 32:
            found[document_id] = Place(
                request.form.get(f"original-{document_id}", ""),
                request.form.get(f"shelf-{document_id}", ""),
                request.form.get(f"expires-{document_id}", ""),
            )
    return found


@blueprint.get("/ho-so/<dossier_id>/cho-de")
@needs(Action.CUSTODY_WORK)
def places(dossier_id: str) -> str | Response | Answer:
    """The contents list with where each paper stands, to be typed in; without an opening, the dossier's door first."""
    return _places_page(dossier_id, {}, [])


def _places_page(dossier_id: str, typed: dict[str, Place], errors: list[dict[str, str]]) -> str | Answer:
    view: DossierView | None = None
    with work() as uow:
        shelf.dossier_for(uow, principal(), dossier_id, Action.CUSTODY_WORK, shelf.PLACING)
        if custody.is_open(uow, principal(), dossier_id, now()):
            view = custody.read_dossier(uow, principal(), dossier_id, now())
    if view is None:
        return redirect(url_for("records.dossier", dossier_id=dossier_id, the="tai-lieu"))
    return render_template(
        "keeping/places.html",
        view=view,
        row=view.row,
        typed=typed,
        folder=request.form.get("shelf", view.row.dossier.shelf),
        errors=errors,
        page_secrecy=secrecy_of(view.row.dossier.secrecy, *(line.document.secrecy for line in view.contents)),
    )


@blueprint.post("/ho-so/<dossier_id>/cho-de")
@needs(Action.CUSTODY_WORK)
def place(dossier_id: str) -> str | Answer | tuple[str | Answer, int]:
    """Keeps where the paper stands."""
    typed = _places()
    try:
        with work() as uow:
            changed = shelf.place(uow, principal(), dossier_id, request.form.get("shelf", ""), typed, now())
    except InvalidInput as problem:
        return _places_page(dossier_id, typed, [{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã ghi chỗ để hồ sơ; %(n)s tài liệu thay đổi.", n=changed), "ok")
    return redirect(url_for("records.dossier", dossier_id=dossier_id, the="tai-lieu"))
