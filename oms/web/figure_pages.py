"""Figures of work: by unit, procedure and person, the lists behind them, one's own, and as files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from flask import Blueprint, abort, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.domain.figures import (
    CASE_LABELS,
    MEASURES,
    PAPER_LABELS,
    STANDING_LABELS,
    Period,
    containing,
    period_of,
    share,
    tenths_words,
)
from oms.domain.records import day_in_hanoi
from oms.domain.secrecy import name_mark
from oms.errors import InvalidInput
from oms.services import charts, figure_files, figures, outgoing, paper_figures
from oms.services.figures import Asked, Figures
from oms.services.paper_figures import PaperFigures
from oms.web import words as catalogue
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.leaving import attachment, leaving_of
from oms.web.paging import asked_page
from oms.web.records import secrecy_of, unit_path

LINES = 100
"""Lines of a table on one page; the total under it is of all."""
blueprint = Blueprint("figures", __name__, url_prefix="/thong-ke")

CASES, PAPERS = catalogue.Words(CASE_LABELS), catalogue.Words(PAPER_LABELS)
STANDING, ALL = catalogue.Words(STANDING_LABELS), catalogue.Words(MEASURES)
BY = {"don-vi": "unit", "thu-tuc": "procedure", "nguoi": "person"}
SAID_BY = {value: name for name, value in BY.items()}
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
YEARS_BACK = 3


def period_label(period: Period) -> str:
    """A period in words."""
    if period.month:
        return _("Tháng %(month)s/%(year)s", month=period.month, year=period.year)
    if period.quarter:
        return _("Quý %(quarter)s/%(year)s", quarter=period.quarter, year=period.year)
    return _("Năm %(year)s", year=period.year)


def period_named(text: str) -> str:
    """A period that was kept as an address writes it, in words; what names none as it is."""
    try:
        return period_label(period_of(text))
    except ValueError:
        return text


def asked_of(values: Mapping[str, str]) -> tuple[Asked, list[dict[str, str]]]:
    """The question an address or a form brings; what is no period is this month, and said."""
    errors = []
    text = values.get("ky", "").strip()[:8]
    try:
        period = period_of(text) if text else containing(day_in_hanoi(now()), "month")
    except ValueError:
        period = containing(day_in_hanoi(now()), "month")
        errors.append({"field": "ky", "text": _("Kỳ thống kê chưa đúng: hãy chọn trong danh sách.")})
    path = values.get("don_vi", "")
    return (
        Asked(
            period,
            BY.get(values.get("theo", ""), "unit"),
            path if path == figures.ELSEWHERE else unit_path(path),
            values.get("rieng") == "1",
            values.get("thu_tuc", "")[:60],
            values.get("nguoi", "")[:32],
            values.get("mat") == "1",
        ),
        errors,
    )


def args_of(asked: Asked) -> dict[str, str]:
    """The question as an address says it; empty parts are left out."""
    said = {
        "ky": asked.period.text, "theo": SAID_BY[asked.by], "don_vi": asked.unit_path, "thu_tuc": asked.code,
        "rieng": "1" if asked.own else "", "nguoi": asked.person, "mat": "1" if asked.secret else "",
    }  # fmt: skip
    return {name: value for name, value in said.items() if value}


def _periods(asked: Period) -> list[dict[str, str]]:
    """What may be chosen, by kind, newest first; the one asked for is always among them."""
    today = day_in_hanoi(now())
    groups = ((_("Tháng"), "month", 24), (_("Quý"), "quarter", 12), (_("Năm"), "year", YEARS_BACK + 1))
    found = []
    for group, kind, number in groups:
        period = containing(today, kind)
        known = []
        for _each in range(number):
            known.append(period)
            period = period.before
        if asked.kind == kind and asked not in known:
            known.append(asked)
        found += [{"value": each.text, "label": period_label(each), "group": group} for each in known]
    return found


def _after(period: Period) -> Period | None:
    later = containing(date.fromordinal(period.last.toordinal() + 1), period.kind) if period.year < 2100 else None
    return later if later and later.first <= day_in_hanoi(now()) else None


def shared(asked: Asked) -> dict[str, Any]:
    """What every page of figures is drawn with."""
    return {
        "asked": asked,
        "args": args_of(asked),
        "periods": _periods(asked.period),
        "period_label": period_label,
        "period_named": period_named,
        "later": _after(asked.period),
        "cases": CASES,
        "papers": PAPERS,
        "standing_labels": STANDING,
        "measures": ALL,
        "tenths": tenths_words,
        "share": share,
        "sees_others": figures.sees_others(principal()),
        "asks_secret": figures.may_ask_secret(principal()),
        "narrowed": narrowed,
        "own_id": principal().account_id,
    }


_NAMES = {"unit": "don_vi", "own": "rieng", "code": "thu_tuc", "person": "nguoi"}


def narrowed(asked: Asked, line: Mapping[str, str]) -> dict[str, str]:
    """Where the list behind a figure of a line is found."""
    kept = {"ky": asked.period.text} | ({"mat": "1"} if asked.secret else {})
    return kept | {_NAMES[name]: value for name, value in line.items() if value}


def total_line(asked: Asked) -> dict[str, str]:
    """What the total's list is narrowed to."""
    own = "1" if asked.own else ""
    return {"unit": asked.unit_path, "own": own, "code": asked.code, "person": asked.person}


@blueprint.get("")
@needs(Action.COUNT_VIEW)
def index() -> str:
    """Cases by unit, procedure or person."""
    asked, errors = asked_of(request.args)
    return _cases_page(asked, {}, errors)


def _cases_page(asked: Asked, values: dict[str, str], errors: list[dict[str, str]]) -> str:
    with work() as uow:
        made = figures.view(uow, principal(), asked, now())
        chosen = _choices(uow)
    paging = asked_page(LINES)
    return render_template(
        "figures/index.html",
        made=made,
        lines=made.lines[paging.offset : paging.offset + LINES],
        paging=paging,
        total_line=total_line(asked),
        drawing=month_chart(made),
        values=values,
        errors=errors,
        page_secrecy=secrecy_of(made.secrecy),
        **chosen,
        **shared(asked),
    )


def _choices(uow: Any) -> dict[str, Any]:
    return {"units": figures.choosable(uow, principal()), "procedures": figures.procedures(uow)}


def month_chart(made: Figures) -> charts.Columns | None:
    """The drawing of a period's months; None for a single month or when nothing happened."""
    if not any(received or ended for _month, received, ended in made.months):
        return None
    return charts.columns([(f"{month.month:02d}", (received, ended)) for month, received, ended in made.months])


@blueprint.get("/so-hoa")
@needs(Action.COUNT_VIEW)
def papers() -> str:
    """Paper work by unit or person, and the shares as they stand."""
    asked, errors = asked_of(request.args)
    return _papers_page(_of_papers(asked), {}, errors)


def _of_papers(asked: Asked) -> Asked:
    return replace(asked, by="person" if asked.by == "person" else "unit", code="")


def _papers_page(asked: Asked, values: dict[str, str], errors: list[dict[str, str]]) -> str:
    with work() as uow:
        made = paper_figures.view(uow, principal(), asked, now())
        units = figures.choosable(uow, principal())
    return render_template(
        "figures/papers.html",
        made=made,
        total_line=total_line(asked),
        units=units,
        values=values,
        errors=errors,
        page_secrecy=secrecy_of(made.secrecy),
        **shared(asked),
    )


@blueprint.get("/ho-so-cong-viec")
@needs(Action.COUNT_VIEW)
def case_list() -> str:
    """The very cases a figure counts."""
    asked, _errors = asked_of(request.args)
    measure, paging = request.args.get("so", "received"), asked_page()
    if measure not in CASES:
        abort(404)
    with work() as uow:
        found = figures.listing(uow, principal(), asked, measure, paging.size, paging.offset, now())
        chosen = _choices(uow)
        person = figures.name_of(uow, asked.person) if found.total else ""
    return render_template(
        "figures/cases.html",
        found=found,
        measure=measure,
        paging=paging,
        person=person,
        narrowings=_narrowings(asked, chosen, person),
        page_secrecy=secrecy_of(found.secrecy),
        **shared(asked),
    )


def _narrowings(asked: Asked, chosen: Mapping[str, Any], person: str) -> list[str]:
    """What a list is narrowed to, in words."""
    unit = next((each.name for each in chosen["units"] if each.path == asked.unit_path), "")
    if asked.unit_path == figures.ELSEWHERE:
        unit = _("Đơn vị khác, đang xử lý ở đây")
    elif unit and asked.own:
        unit = _("%(unit)s (trực thuộc)", unit=unit)
    procedure = dict(chosen.get("procedures", ())).get(asked.code, asked.code)
    if asked.person == figures.NOBODY:
        person = _("Chưa giao ai")
    secret = _("Mật, khu vực hạn chế") if asked.secret else ""
    return [word for word in (period_label(asked.period), unit, procedure, person, secret) if word]


@blueprint.get("/tai-lieu")
@needs(Action.COUNT_VIEW)
def paper_list() -> str:
    """The very files, papers or dossiers a figure counts, or those a share misses."""
    asked, _errors = asked_of(request.args)
    asked = _of_papers(asked)
    measure, paging = request.args.get("so", "scanned"), asked_page()
    if measure not in PAPERS and measure not in STANDING:
        abort(404)
    counts = request.args.get("con_thieu") != "1" or measure in PAPERS
    with work() as uow:
        which = (measure, counts)
        found = paper_figures.listing(uow, principal(), asked, which, paging.size, paging.offset, now())
        units = figures.choosable(uow, principal())
        person = figures.name_of(uow, asked.person) if found.number else ""
    return render_template(
        "figures/paper_list.html",
        found=found,
        measure=measure,
        counts=counts,
        paging=paging,
        narrowings=_narrowings(asked, {"units": units}, person),
        page_secrecy=secrecy_of(found.secrecy),
        **shared(asked),
    )


@blueprint.post("/xuat")
@needs(Action.COUNT_VIEW, step_up=True)
def export() -> Response | tuple[str, int]:
    """Figures as Excel or PDF, for a purpose; the row is durable before the first byte leaves."""
    asked, errors = asked_of(request.form)
    form = "pdf" if request.form.get("dang") == "pdf" else "xlsx"
    of_papers = request.form.get("phan") == "so-hoa"
    purpose = request.form.get("purpose", "")
    try:
        with work() as uow:
            words = outgoing.purpose_of(purpose)
            made, data = _file(uow, _of_papers(asked) if of_papers else asked, of_papers, form)
            drawn = figure_files.Drawn(data, form, words, leaving_of(request.form))
            data = figure_files.note_export(uow, principal(), made, drawn, now())
    except InvalidInput as problem:
        errors.append({"field": problem.field, "text": problem.message_vi})
        page = _papers_page(_of_papers(asked), {"purpose": purpose}, errors) if of_papers else None
        return page or _cases_page(asked, {"purpose": purpose}, errors), 400
    name = f"thong-ke-{'so-hoa-' if of_papers else ''}{asked.period.text}{name_mark(made.secrecy)}.{form}"
    media = "application/pdf" if form == "pdf" else _XLSX
    return Response(data, mimetype=media, headers={"Content-Disposition": attachment(name)})


def _file(uow: Any, asked: Asked, of_papers: bool, form: str) -> tuple[Figures | PaperFigures, bytes]:
    made: Figures | PaperFigures
    made = (
        paper_figures.made(uow, principal(), asked, now())
        if of_papers
        else figures.to_export(uow, principal(), asked, now())
    )
    person = figures.name_of(uow, asked.person)
    head = figure_files.Head(" · ".join(_narrowings(asked, _choices(uow), person)), principal().display_name, now())
    late = figures.Late() if of_papers else figures.late_ones(uow, principal(), asked, now())
    if form == "xlsx":
        return made, figure_files.excel(made, head, late)
    html = render_template(
        "figures/print.html",
        made=made,
        of_papers=of_papers,
        head=head,
        late=late.rows[:200],
        late_total=late.total,
        secrecy=catalogue.SECRECY_LABELS[made.secrecy] if made.secrecy else "",
        **shared(asked),
    )
    return made, figure_files.pdf(html)
