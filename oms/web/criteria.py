"""Cadres found by criteria: the question built part by part, its answer, and questions kept for another day."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.domain.criteria import BadCriteria, Criteria, Group, as_json
from oms.domain.criteria_fields import FIELDS
from oms.errors import InvalidInput
from oms.services import catalogues
from oms.services import criteria as service
from oms.services.criteria import CRITERIA, SORTS, Answer, Part
from oms.web import criteria_form as form
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.paging import asked_page
from oms.web.records import secrecy_of

blueprint = Blueprint("criteria", __name__)
Answered = str | tuple[str, int] | Response
MOST_SENT = 8000
COUNT_PERSONS = "nguoi"


def problem_of(caught: InvalidInput | BadCriteria) -> dict[str, str]:
    """An error as the pages show it."""
    words = caught.words if isinstance(caught, BadCriteria) else caught.message_vi
    return {"field": caught.field, "text": words}


@blueprint.get("/tieu-chi")
@needs(Action.CRITERIA_RUN)
def criteria() -> Answered:
    """The question, the form for its next condition, and its answer."""
    text, what = request.args.get("tieu_chi", "")[: MOST_SENT + 1], request.args.get("them", "")
    errors: list[dict[str, str]] = []
    asked = Criteria()
    with work() as uow:
        try:
            asked = service.read(uow, text)
            asked = _on(asked)
            if what in FIELDS and "op" in request.args:
                new = form.from_form(what, request.args, catalogues.load(uow))
                return redirect(form.address(form.with_part(asked, request.args.get("nhom", ""), new)))
            if what == "nhom":
                return redirect(form.address(form.with_part(asked, request.args.get("nhom", ""), Group("any"))))
        except (InvalidInput, BadCriteria) as caught:
            errors = [problem_of(caught)]
    return page(asked, errors, {})


def _on(asked: Criteria) -> Criteria:
    """With the day of the form, when it sends one."""
    if "ngay" not in request.args:
        return asked
    typed = request.args["ngay"].strip()
    try:
        return Criteria(asked.root, _typed_day(typed) if typed else None)
    except ValueError:
        raise BadCriteria(_("Hãy nhập đủ ngày, tháng, năm, như 05/08/2027."), "ngay") from None


def _typed_day(typed: str) -> date:
    day, month, year = (int(part) for part in typed.split("/"))
    if not 1950 <= year <= 2150:
        raise ValueError(typed)
    return date(year, month, day)


def part_asked(size: int, offset: int) -> Part:
    """Sorting and place as the address says; what is no choice is the name."""
    sort = request.args.get("xep", "full_name")
    return Part(
        size,
        offset,
        sort if sort in SORTS else "full_name",
        request.args.get("giam") == "1",
        request.args.get("chua_chac") == "1",
    )


def page(asked: Criteria, errors: list[dict[str, str]], values: dict[str, str]) -> Answered:
    """The page with the question; its answer unless something is wrong."""
    who, paging, answer = principal(), asked_page(), None
    part = part_asked(paging.size, paging.offset)
    with work() as uow:
        # while a condition is being written nobody is searched for, and nobody shown
        if asked.conditions and "them" not in request.args and (not errors or values):
            try:
                answer = service.run(uow, who, asked, part, now(), request.args.get("dem") == COUNT_PERSONS)
            except InvalidInput as caught:
                errors = [*errors, problem_of(caught)]
        lists, units = catalogues.load(uow), service.unit_names(uow)
        context: dict[str, Any] = {
            "saved": service.saved(uow, who, CRITERIA),
            "tree": form.drawn(asked, lists, units),
            "units": service.units_to_ask(uow, who),
            "words": service.words_of(uow, asked),
        }
        what = request.args.get("them", "")
        field = FIELDS.get(what)
        if field is not None:
            context |= {"adding": field, "choices": form.choices(field, lists, who)}
    context |= _answered(asked, answer, part)
    html = render_template(
        "criteria/criteria.html", asked=asked, errors=errors, values=values, paging=paging,
        fields=form.offered(who), groups=form.groups_of(asked), field_words=form.FIELD_WORDS, sent=request.args,
        **context,
    )  # fmt: skip
    return (html, 400) if errors else html


def _answered(asked: Criteria, answer: Answer | None, part: Part) -> dict[str, Any]:
    text = as_json(asked) if asked.root.parts or asked.on else ""
    args = {"tieu_chi": text, "xep": part.sort, "giam": "1" if part.down else None}
    links = {
        sort: url_for(
            "criteria.criteria", tieu_chi=text, xep=sort, giam="1" if part.sort == sort and not part.down else None,
            chua_chac="1" if part.doubtful else None,
        )
        for sort in SORTS
    }  # fmt: skip
    total, counting = 0, request.args.get("dem") == COUNT_PERSONS
    if answer is not None:
        total = answer.counted.doubtful if part.doubtful else answer.counted.sure
    return {
        "text": text,
        "answer": answer,
        "total": total,
        "part": part,
        "sort_links": links,
        "args": args | {"chua_chac": "1" if part.doubtful else None, "dem": COUNT_PERSONS if counting else None},
        "page_secrecy": secrecy_of(*(row.dossier.secrecy for row in answer.rows)) if answer else None,
    }


@blueprint.post("/tieu-chi/luu")
@needs(Action.CRITERIA_RUN)
def save() -> Answered:
    """Keeps the question under a title."""
    text, title = request.form.get("tieu_chi", ""), request.form.get("title", "")
    shared = request.form.get("shared") == "1"
    asked = Criteria()
    try:
        with work() as uow:
            asked = service.read(uow, text)
            if not asked.conditions:
                raise InvalidInput("title", _("Chưa có điều kiện nào để lưu."))
            service.save(uow, principal(), CRITERIA, title, as_json(asked), shared, now())
    except InvalidInput as caught:
        return page(asked, [problem_of(caught)], {"title": title, "shared": "1" if shared else ""})
    flash(_("Đã lưu tiêu chí. Kết quả luôn được tìm lại khi mở."), "ok")
    return redirect(form.address(asked))


def _back(kind: str) -> str:
    return url_for("criteria.criteria" if kind == CRITERIA else "criteria.rosters")


@blueprint.post("/tieu-chi/da-luu/<saved_id>")
@needs(Action.CRITERIA_RUN)
def change(saved_id: str) -> Response:
    """Renames or shares what one has saved."""
    shared = request.form.get("shared") == "1"
    try:
        with work() as uow:
            row = service.change(uow, principal(), saved_id, request.form.get("title", ""), shared, now())
    except InvalidInput as caught:
        flash(caught.message_vi, "doubt")
        return redirect(url_for("criteria.criteria"))
    flash(_("Đã đổi tên và phạm vi chia sẻ."), "ok")
    return redirect(_back(row.kind))


@blueprint.post("/tieu-chi/da-luu/<saved_id>/xoa")
@needs(Action.CRITERIA_RUN)
def remove(saved_id: str) -> Response:
    """Takes away what one has saved."""
    with work() as uow:
        kind = service.remove(uow, principal(), saved_id, now())
    flash(_("Đã xoá mục đã lưu."), "ok")
    return redirect(_back(kind))
