"""Dates coming due: raises, retirement, terms, papers; set or settled by hand; taken out as a calendar."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.domain.entitlements import DUE_LABELS
from oms.domain.organisation import Block
from oms.domain.records import HANOI
from oms.domain.secrecy import name_mark
from oms.errors import InvalidInput
from oms.services import dues
from oms.services.dues import DueFilter, Setting
from oms.services.units import listing_units
from oms.web import words as catalogue
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.leaving import leaving_of
from oms.web.paging import asked_page
from oms.web.records import secrecy_of, unit_path

blueprint = Blueprint("alerts", __name__)

HORIZONS = ("0", "30", "90", "180", "365")
"""Days ahead one may look beyond what is told of today."""
LABELS = catalogue.Words(DUE_LABELS)


def _today() -> date:
    return now().astimezone(HANOI).date()


def _asked(values: Any) -> dict[str, str]:
    """The filter as sent; what is not one of the choices is left out."""
    kind, block, ahead = values.get("loai", ""), values.get("khoi", ""), values.get("toi", "0")
    return {
        "loai": kind if kind in DUE_LABELS else "",
        "khoi": block if block in catalogue.BLOCK_LABELS else "",
        "don_vi": unit_path(values.get("don_vi", "")),
        "toi": ahead if ahead in HORIZONS else "0",
    }


def _wanted(asked: dict[str, str]) -> DueFilter:
    until = _today() + timedelta(days=int(asked["toi"]))
    return DueFilter(until, asked["loai"], asked["don_vi"], asked["khoi"])


@blueprint.get("/den-han")
@needs(Action.ALERT_LIST)
def alerts() -> str:
    """Dates coming due in scope, the earliest first."""
    return _page(_asked(request.args), {}, [])


def _page(asked: dict[str, str], values: dict[str, str], errors: list[dict[str, str]]) -> str:
    paging = asked_page()
    with work() as uow:
        rows, total = dues.list_dues(uow, principal(), _wanted(asked), paging.size, paging.offset, now())
        units = listing_units(uow, principal())
        counts = dues.waiting(uow, principal(), now())
    return render_template(
        "alerts/list.html",
        rows=rows,
        total=total,
        paging=paging,
        asked=asked,
        args={name: value for name, value in asked.items() if value and (name, value) != ("toi", "0")},
        units=units,
        counts=counts,
        labels=LABELS,
        horizons=HORIZONS,
        blocks=[(block, catalogue.BLOCK_LABELS[block]) for block in Block if block is not Block.ALL],
        values=values,
        errors=errors,
        page_secrecy=secrecy_of(*(each.row.dossier.secrecy for each in rows)),
    )


@blueprint.post("/den-han/lich.ics")
@needs(Action.LIST_EXPORT, step_up=True)
def calendar() -> Response | tuple[str, int]:
    """The dates of the filter as a calendar file, for a stated purpose."""
    asked = _asked(request.form)
    purpose = request.form.get("purpose", "")
    try:
        with work() as uow:
            said = leaving_of(request.form)
            data, level = dues.calendar(uow, principal(), _wanted(asked), purpose, now(), said)
    except InvalidInput as problem:
        return _page(asked, {"purpose": purpose}, [{"field": problem.field, "text": problem.message_vi}]), 400
    headers = {"Content-Disposition": f'attachment; filename="den-han-{_today():%Y%m%d}{name_mark(level)}.ics"'}
    return Response(data, mimetype="text/calendar; charset=utf-8", headers=headers)


@blueprint.get("/den-han/<int(max=2147483647):due_id>")
@needs(Action.ALERT_OVERRIDE)
def due(due_id: int) -> str:
    """One date: why it comes due, and the form that sets or settles it by hand."""
    return _due_page(due_id, {}, [])


def _due_page(due_id: int, values: dict[str, str], errors: list[dict[str, str]]) -> str:
    with work() as uow:
        line = dues.find_due(uow, principal(), due_id, now())
    dossier = line.row.dossier
    return render_template(
        "alerts/due.html",
        line=line,
        labels=LABELS,
        values=values,
        errors=errors,
        page_secrecy=secrecy_of(dossier.secrecy),
    )


@blueprint.post("/den-han/<int(max=2147483647):due_id>")
@needs(Action.ALERT_OVERRIDE)
def override(due_id: int) -> Response | tuple[str, int]:
    """Sets the date by hand, or says that the matter is settled."""
    names = ("act", "due_on", "legal_basis", "reason")
    values = {name: request.form.get(name, "") for name in names}
    settled = values["act"] == "settle"
    asked = Setting("", "", values["due_on"], settled, values["legal_basis"], values["reason"])
    try:
        with work() as uow:
            dues.override(uow, principal(), due_id, asked, now())
    except InvalidInput as problem:
        return _due_page(due_id, values, [{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã ghi là giải quyết xong.") if settled else _("Đã đặt ngày đến hạn bằng tay."), "ok")
    return redirect(url_for("alerts.alerts"))


@blueprint.get("/den-han/dat-bang-tay")
@needs(Action.ALERT_OVERRIDE)
def overrides() -> str:
    """Everything that was set or settled by hand, with its legal basis."""
    paging = asked_page()
    with work() as uow:
        rows, total = dues.list_overrides(uow, principal(), paging.size, paging.offset, now())
        names = dues.names_of(uow, rows)
    return render_template(
        "alerts/overrides.html",
        rows=rows,
        total=total,
        paging=paging,
        labels=LABELS,
        names=names,
        page_secrecy=secrecy_of(*(row.dossier.secrecy for row in rows)),
    )


@blueprint.post("/den-han/dat-bang-tay/<override_id>/bo")
@needs(Action.ALERT_OVERRIDE)
def withdraw(override_id: str) -> Response:
    """Takes back what was set by hand: the rules count again."""
    try:
        with work() as uow:
            dues.withdraw(uow, principal(), override_id, now())
    except InvalidInput as problem:
        flash(problem.message_vi, "doubt")
    else:
        flash(_("Đã bỏ mục đặt bằng tay; ngày đến hạn được tính lại theo quy định."), "ok")
    return redirect(url_for("alerts.overrides"))
