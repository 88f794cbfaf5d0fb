"""The quarterly briefing on tasks: by unit and directive, what is late and why; printed, to Excel and PDF."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.domain.directives import Quarter, quarter_of, quarter_on
from oms.errors import InvalidInput
from oms.services import briefings, directives
from oms.services.briefings import Briefing
from oms.web.context import now, principal, work
from oms.web.directives import Errors, Page, problem_of
from oms.web.guard import needs
from oms.web.leaving import attachment
from oms.web.records import unit_path

blueprint = Blueprint("briefings", __name__)

QUARTERS = 12
"""How many quarters back may be chosen."""
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _asked() -> tuple[Quarter, str]:
    today = directives.today(now())
    return quarter_of(request.args.get("quy", "")) or quarter_on(today), unit_path(request.args.get("don-vi", ""))


def _choices() -> list[tuple[str, str]]:
    quarter, found = quarter_on(directives.today(now())), []
    for _each in range(QUARTERS):
        found.append((quarter.code, _("Quý %(q)s/%(y)s", q=quarter.number, y=quarter.year)))
        quarter = quarter.before
    return found


@blueprint.get("/chi-dao/giao-ban")
@needs(Action.TASK_MANAGE)
def page() -> Page:
    """The briefing of a quarter over a unit with all below it."""
    quarter, path = _asked()
    try:
        with work() as uow:
            made = briefings.made(uow, principal(), quarter, path, now())
    except InvalidInput as problem:
        return _page(None, quarter, path, problem_of(problem)), 400
    return _page(made, quarter, path, [])


def _page(made: Briefing | None, quarter: Quarter, path: str, errors: Errors) -> str:
    with work() as uow:
        units = directives.choosable(uow, principal())
    return render_template(
        "directives/briefing.html",
        made=made,
        quarter=quarter,
        quarters=_choices(),
        path=path,
        units=units,
        errors=errors,
        **_said(made, quarter),
    )


def _said(made: Briefing | None, quarter: Quarter) -> dict[str, Any]:
    """The briefing's title and what stands under it, as page, print and file say them."""
    title = _("Báo cáo giao ban quý %(q)s/%(y)s: nhiệm vụ theo văn bản chỉ đạo", q=quarter.number, y=quarter.year)
    name = made.unit.name if made and made.unit else _("Mọi đơn vị được xem")
    under = _("%(unit)s, tính đến ngày %(day)s", unit=name, day=f"{made.as_of:%d/%m/%Y}") if made else ""
    return {"title": title, "under": under, "cells": briefings.cells}


@blueprint.get("/chi-dao/giao-ban/xuat/<name>")
@needs(Action.TASK_MANAGE)
def export(name: str) -> Page:
    """The briefing as Excel or PDF; its row is durable before the first byte leaves."""
    form = "pdf" if name == "pdf" else "xlsx"
    quarter, path = _asked()
    try:
        with work() as uow:
            made = briefings.made(uow, principal(), quarter, path, now(), form)
    except InvalidInput as problem:
        return _page(None, quarter, path, problem_of(problem)), 400
    said = _said(made, quarter)
    if form == "pdf":
        html = render_template("directives/briefing_print.html", made=made, who=principal(), at=now(), **said)
        answer = Response(briefings.pdf(html), mimetype="application/pdf")
    else:
        answer = Response(briefings.excel(made, {"title": said["title"], "under": said["under"]}), mimetype=_XLSX)
    answer.headers["Content-Disposition"] = attachment(f"giao-ban-{quarter.code}.{form}")
    return answer
