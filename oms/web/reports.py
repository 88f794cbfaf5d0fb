"""Reports: number and quality of cadres, structures, planned posts, staffing; on screen, to Excel and PDF."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, current_app, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.domain.list_edits import day_of
from oms.domain.organisation import Block
from oms.domain.records import HANOI
from oms.domain.reports import (
    BM02,
    COLUMN_GROUPS,
    COLUMN_LABELS,
    REPORT_LABELS,
    STRUCTURE_LABELS,
    Column,
    criteria_of,
)
from oms.domain.secrecy import name_mark
from oms.errors import InvalidInput
from oms.services import charts, report_tables, reports
from oms.services.reports import Report, Scope, Unit
from oms.web import words as catalogue
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.leaving import leaving_of
from oms.web.records import secrecy_of, unit_path

blueprint = Blueprint("reports", __name__)

KINDS = catalogue.Words(REPORT_LABELS)
COLUMNS = catalogue.Words(COLUMN_LABELS)
GROUPS = catalogue.Words(COLUMN_GROUPS)
STRUCTURES = catalogue.Words(STRUCTURE_LABELS)
MOST_BARS = 20
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _asked(values: Any) -> tuple[str, Scope, dict[str, str], list[dict[str, str]]]:
    kind, block = values.get("loai", "bm02"), values.get("khoi", "")
    typed, errors = values.get("ngay", "").strip()[:20], []
    day = now().astimezone(HANOI).date()
    try:
        day = day_of(typed) or day
        if not 1990 <= day.year <= 2100:
            raise ValueError(typed)
    except ValueError:
        day = now().astimezone(HANOI).date()
        errors.append({"field": "ngay", "text": _("Ngày chưa đúng: hãy nhập như 05/08/2026.")})
    kind = kind if kind in REPORT_LABELS else "bm02"
    block = block if block in catalogue.BLOCK_LABELS and block != Block.ALL else ""
    scope = Scope(day, unit_path(values.get("don_vi", "")), block)
    args = {"loai": kind, "khoi": block, "don_vi": scope.unit_path, "ngay": f"{day:%d/%m/%Y}"}
    return kind, scope, args | {"go": typed}, errors


@blueprint.get("/bao-cao", endpoint="reports")
@needs(Action.REPORT_VIEW)
def reports_page() -> str:
    """The report asked for, over what this person may see."""
    kind, scope, asked, errors = _asked(request.args)
    return _page(kind, scope, asked, {}, errors)


def _name_of(units: list[Unit], path: str) -> str:
    return next((unit.name for unit in units if unit.path == path), _("Mọi đơn vị được xem"))


def _page(kind: str, scope: Scope, asked: dict[str, str], values: dict[str, str], errors: list[dict[str, str]]) -> str:
    with work() as uow:
        units = reports.choosable(uow, principal())
        made = reports.view(uow, principal(), kind, scope, now())
    args = {name: value for name, value in asked.items() if value and name != "go"}
    return render_template(
        "reports/report.html",
        units=units,
        asked=asked,
        args=args,
        values=values,
        errors=errors,
        kinds=KINDS,
        blocks=[(block, catalogue.BLOCK_LABELS[block]) for block in Block if block is not Block.ALL],
        page_secrecy=secrecy_of(made.secrecy),
        **_shown(made, _name_of(units, scope.unit_path)),
    )


def _shown(made: Report, unit_name: str) -> dict[str, Any]:
    """What the page and the print share."""
    return {
        "made": made,
        "unit_name": unit_name,
        "title": KINDS[made.kind],
        "columns": BM02,
        "column_label": lambda key: COLUMNS[key],
        "spans": _spans(),
        "group_label": lambda key: GROUPS[key],
        "cells_of": lambda figures: report_tables.cells_of(made, dict(figures)),
        "compared": lambda figures: report_tables.compared(dict(figures)),
        "structures": STRUCTURES,
        "charts": {name: _chart(shares) for name, shares in made.structures.items()},
        "unit_chart": _unit_chart(made),
        "rows_link": lambda column, path: _rows_link(made, column, path),
        "day": made.scope.day.isoformat(),
    }


def _spans() -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for column in BM02:
        if found and found[-1][0] == column.group:
            found[-1] = (column.group, found[-1][1] + 1)
        else:
            found.append((column.group, 1))
    return found


def _chart(shares: tuple[reports.Share, ...]) -> charts.Chart:
    drawn = [share for share in shares if share.count][:MOST_BARS]
    return charts.bars([(share.label, share.count, share.women) for share in drawn])


def _unit_chart(made: Report) -> charts.Chart:
    rows = [(line.unit.name, line.figures["present"] or 0, line.figures.get("women") or 0) for line in made.lines]
    return charts.bars(rows[:MOST_BARS])


def _rows_link(made: Report, column: Column | None, path: str) -> str:
    """Where the persons behind a figure are found; "" where criteria cannot say it."""
    if "criteria.criteria" not in current_app.view_functions or made.scope.block:
        return ""
    if column is not None and not column.asks:
        return ""
    asks = column.asks if column is not None else ()
    return url_for("criteria.criteria", tieu_chi=criteria_of(asks, path, made.scope.day))


@blueprint.post("/bao-cao/xuat")
@needs(Action.LIST_EXPORT, step_up=True)
def export() -> Response | tuple[str, int]:
    """The report as Excel or PDF, for a purpose; its row is durable before the first byte leaves."""
    kind, scope, asked, errors = _asked(request.form)
    form = "pdf" if request.form.get("dang") == "pdf" else "xlsx"
    purpose = request.form.get("purpose", "")
    try:
        with work() as uow:
            made, words = reports.to_export(uow, principal(), kind, scope, purpose)
            name = _name_of(reports.choosable(uow, principal()), scope.unit_path)
            drawn = reports.Drawn(_file(made, name, form), form, leaving_of(request.form))
            data = reports.note_export(uow, principal(), made, drawn, words, now())
    except InvalidInput as problem:
        errors.append({"field": problem.field, "text": problem.message_vi})
        return _page(kind, scope, asked, {"purpose": purpose}, errors), 400
    answer = Response(data, mimetype="application/pdf" if form == "pdf" else _XLSX)
    answer.headers["Content-Disposition"] = (
        f'attachment; filename="{_file_name(kind, scope.day)}{name_mark(made.secrecy)}.{form}"'
    )
    return answer


def _file(made: Report, name: str, form: str) -> bytes:
    if form == "xlsx":
        return report_tables.excel(made, name)
    secrecy = catalogue.SECRECY_LABELS[made.secrecy] if made.secrecy else ""
    page = render_template("reports/print.html", secrecy=secrecy, who=principal(), at=now(), **_shown(made, name))
    return report_tables.pdf(page)


def _file_name(kind: str, day: date) -> str:
    return f"bao-cao-{kind}-{day.isoformat()}"
