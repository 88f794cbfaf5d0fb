"""Rosters (trích ngang): columns chosen and saved, on screen, as Excel and on paper. On the blueprint of criteria."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.domain.catalogue import SECRECY_LABELS
from oms.domain.criteria import BadCriteria, Criteria, as_json
from oms.domain.records import HANOI
from oms.domain.rosters import DERIVED, SHIPPED, SORTED_BY, as_body, columns
from oms.domain.secrecy import name_mark
from oms.errors import InvalidInput
from oms.services import criteria as questions
from oms.services import review, roster_export, rosters, sheets
from oms.services.criteria import ROSTER
from oms.services.rosters import Export, Purpose, Roster, Wanted
from oms.web import words as catalogue
from oms.web.context import house, now, principal, work
from oms.web.criteria import Answered, blueprint, problem_of
from oms.web.guard import needs
from oms.web.leaving import leaving_of
from oms.web.paging import asked_page
from oms.web.records import secrecy_of, unit_path

DERIVED_WORDS = catalogue.Words(DERIVED)
STYLE = Path(__file__).resolve().parents[1] / "static" / "css" / "roster_print.css"
KINDS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


def heading(column: str) -> str:
    """A column's heading in the page's language."""
    return DERIVED_WORDS[column] if column in DERIVED else catalogue.ITEM_LABELS[column]


@blueprint.get("/trich-ngang", endpoint="rosters")
@needs(Action.CRITERIA_RUN)
def rosters_page() -> str:
    """The rosters that ship, those saved, and whom to draw one of."""
    with work() as uow:
        saved = questions.saved(uow, principal(), ROSTER)
        asked = questions.saved(uow, principal(), questions.CRITERIA)
        units = questions.units_to_ask(uow, principal())
    return render_template("criteria/rosters.html", shipped=SHIPPED, saved=saved, asked=asked, units=units)


def _wanted(values: Any) -> Wanted:
    """The roster as the address or the form says it: layout, other columns, question or unit, order."""
    with work() as uow:
        layout = rosters.layout_of(uow, principal(), values.get("mau", "") or "co-ban")
        if values.get("cot"):
            layout = rosters.with_columns(layout, values["cot"].split(","))
        if values.get("them_cot"):
            layout = rosters.with_columns(layout, [*layout.columns, values["them_cot"]])
        asked = Criteria()
        if values.get("da_luu"):
            row = questions.find_saved(uow, principal(), questions.CRITERIA, values["da_luu"]).row
            asked = questions.read(uow, row.body)
        elif values.get("tieu_chi"):
            asked = questions.read(uow, values["tieu_chi"])
        elif unit_path(values.get("don_vi", "")):
            asked = questions.of_unit(values["don_vi"])
    title = " ".join(values.get("tieu_de", "").split())[:200]
    sort = values.get("xep", "full_name")
    return Wanted(
        replace(layout, title=title or layout.title),
        asked,
        sort if sort in SORTED_BY else "full_name",
        values.get("giam") == "1",
    )


def _args(wanted: Wanted, mau: str) -> dict[str, Any]:
    return {
        "mau": mau or "co-ban",
        "tieu_de": wanted.layout.title,
        "cot": ",".join(wanted.layout.columns),
        "tieu_chi": as_json(wanted.criteria) if wanted.criteria.conditions else None,
        "xep": wanted.sort,
        "giam": "1" if wanted.down else None,
    }


@blueprint.get("/trich-ngang/xem")
@needs(Action.CRITERIA_RUN)
def roster() -> Answered:
    """One page of a roster, with its columns to be changed."""
    try:
        wanted = _wanted(request.args)
    except (InvalidInput, BadCriteria) as caught:
        flash(problem_of(caught)["text"], "doubt")
        return redirect(url_for("criteria.rosters"))
    return _page(wanted, request.args.get("mau", ""), {}, [])


def _page(wanted: Wanted, mau: str, values: dict[str, str], errors: list[dict[str, str]]) -> Answered:
    paging, shown = asked_page(), None
    try:
        with work() as uow:
            try:
                shown = rosters.show(uow, principal(), wanted, paging.size, paging.offset, now())
            except InvalidInput as caught:
                problem: InvalidInput | None = caught
            else:
                problem = None
        if problem is not None:
            raise problem
    except InvalidInput as caught:
        errors = [*errors, problem_of(caught)]
    args = _args(wanted, mau)
    html = render_template(
        "criteria/roster.html", roster=shown, wanted=wanted, paging=paging, args=args, errors=errors, values=values,
        chosen=_chosen(wanted, args), heads=_heads(wanted, args),
        more=[(key, heading(key)) for key in columns() if key not in wanted.layout.columns],
        total=shown.counted.sure if shown else 0, most_printed=rosters.MOST_PRINTED,
        page_secrecy=secrecy_of(shown.secrecy) if shown else None,
    )  # fmt: skip
    return (html, 400) if errors else html


def _heads(wanted: Wanted, args: dict[str, Any]) -> list[dict[str, Any]]:
    made = []
    for key in wanted.layout.columns:
        head: dict[str, Any] = {"label": heading(key), "fixed": key == "full_name"}
        if key in SORTED_BY:
            same = wanted.sort == key
            down = "1" if same and not wanted.down else None
            head["sort"] = url_for("criteria.roster", **{**args, "xep": key, "giam": down})
            head["direction"] = ("desc" if wanted.down else "asc") if same else None
        made.append(head)
    return made


def _chosen(wanted: Wanted, args: dict[str, Any]) -> list[dict[str, str | None]]:
    """The columns in order with the addresses that move each to the left or right, or take it out."""
    keys, made = list(wanted.layout.columns), []

    def at(changed: list[str]) -> str | None:
        return url_for("criteria.roster", **{**args, "cot": ",".join(changed)}) if changed else None

    for place, key in enumerate(keys):
        rest = keys[:place] + keys[place + 1 :]
        left = at([*rest[: place - 1], key, *rest[place - 1 :]]) if place else None
        right = at([*rest[: place + 1], key, *rest[place + 1 :]]) if place < len(rest) else None
        made.append({"label": heading(key), "left": left, "right": right, "out": at(rest)})
    return made


@blueprint.post("/trich-ngang/luu")
@needs(Action.CRITERIA_RUN)
def save_roster() -> Answered:
    """Keeps the columns and their order under a title."""
    values = {name: request.form.get(name, "") for name in ("title", "shared")}
    wanted = _wanted_or_list(request.form)
    if isinstance(wanted, Response):
        return wanted
    try:
        with work() as uow:
            body = as_body(wanted.layout.columns)
            row = questions.save(uow, principal(), ROSTER, values["title"], body, values["shared"] == "1", now())
    except InvalidInput as caught:
        return _page(wanted, request.form.get("mau", ""), values, [problem_of(caught)])
    flash(_("Đã lưu mẫu trích ngang."), "ok")
    args = _args(wanted, row.id) | {"tieu_de": None, "cot": None}
    return redirect(url_for("criteria.roster", **args))


def _wanted_or_list(values: Any) -> Wanted | Response:
    try:
        return _wanted(values)
    except (InvalidInput, BadCriteria) as caught:
        flash(problem_of(caught)["text"], "doubt")
        return redirect(url_for("criteria.rosters"))


@blueprint.post("/trich-ngang/xuat")
@needs(Action.LIST_EXPORT, step_up=True)
def export() -> Answered:
    """The whole roster as a file, for a stated purpose."""
    values = {name: request.form.get(name, "") for name in ("purpose", "reason", "kind")}
    wanted = _wanted_or_list(request.form)
    if isinstance(wanted, Response):
        return wanted
    kind, who, at = values["kind"], principal(), now()
    try:
        if kind not in KINDS:
            raise InvalidInput("kind", _("Hãy chọn Excel hoặc PDF."))
        with house().look() as uow:
            unit = review.unit_name(uow, who.unit_id)
        taking = Export(kind, Purpose(values["purpose"], values["reason"]), _draw(kind, unit), leaving_of(request.form))
        data, level = rosters.export(house(), who, wanted, taking, at)
    except InvalidInput as caught:
        return _page(wanted, request.form.get("mau", ""), values, [problem_of(caught)])
    name = f"trich-ngang-{at.astimezone(HANOI):%Y%m%d-%H%M}{name_mark(level)}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(data, mimetype=KINDS[kind], headers=headers)


def _draw(kind: str, unit: str) -> Any:
    day = now().astimezone(HANOI).strftime("%d/%m/%Y")
    if kind == "xlsx":
        return lambda made: roster_export.workbook(made, unit, day)
    return lambda made: _paper(made, unit, day)


def _paper(made: Roster, unit: str, day: str) -> bytes:
    wide = len(made.headings) > 10
    level = SECRECY_LABELS[made.secrecy].upper() if made.secrecy else ""
    html = render_template("criteria/roster_print.html", roster=made, unit=unit, day=day, level=level, wide=wide)
    return sheets.pdf(html, STYLE)
