"""One's own figures, contesting them, and the answers of who steers a unit's work."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.errors import InvalidInput
from oms.services import count_contests, figures, paper_figures
from oms.web.context import now, principal, work
from oms.web.figure_pages import asked_of, blueprint, month_chart, shared, total_line
from oms.web.guard import needs
from oms.web.paging import asked_page
from oms.web.records import secrecy_of

Page = str | Response | tuple[str, int]


@blueprint.get("/cua-toi")
@needs(Action.COUNT_VIEW)
def mine() -> str:
    """The figures the person is judged by: the same numbers as their head is shown."""
    return _mine({}, [])


def _mine(values: dict[str, str], errors: list[dict[str, str]]) -> str:
    asked, wrong = asked_of(request.form if request.method == "POST" else request.args)
    asked = replace(asked, by="procedure", person=principal().account_id, unit_path="", own=False, code="")
    with work() as uow:
        made = figures.own_figures(uow, principal(), asked, now())
        papers = paper_figures.own(uow, principal(), asked, now())
        before = paper_figures.own(uow, principal(), replace(asked, period=asked.period.before), now())
    return render_template(
        "figures/mine.html",
        made=made,
        papers_done=papers,
        papers_before=before,
        total_line=total_line(asked),
        drawing=month_chart(made),
        values=values,
        errors=[*errors, *wrong],
        page_secrecy=secrecy_of(made.secrecy),
        **shared(asked),
    )


@blueprint.post("/cua-toi")
@needs(Action.COUNT_VIEW)
def contest() -> Page:
    """Contests one of the person's own figures."""
    values = {name: request.form.get(name, "") for name in ("ky", "measure", "note")}
    try:
        with work() as uow:
            count_contests.contest(uow, principal(), values["ky"][:8], values["measure"][:40], values["note"], now())
    except InvalidInput as problem:
        return _mine(values, [{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã gửi phản ánh. Người phụ trách sẽ trả lời; đến lúc đó phản ánh hiện bên cạnh số liệu."), "ok")
    return redirect(url_for("figures.mine", ky=values["ky"][:8]) + "#phan-anh")


@blueprint.get("/phan-anh")
@needs(Action.CASE_STEER)
def contests() -> str:
    """Contests of the units whose work the person steers."""
    return _contests({}, [])


def _contests(values: dict[str, str], errors: list[dict[str, str]]) -> str:
    asked, _wrong = asked_of(request.args)
    state, paging = "answered" if request.args.get("tinh_trang") == "da-tra-loi" else "open", asked_page()
    with work() as uow:
        rows, total = count_contests.listed(uow, principal(), state, paging.size, paging.offset, now())
        names = {row.contest.answered_by: figures.name_of(uow, row.contest.answered_by or "") for row in rows}
    more: dict[str, Any] = {"rows": rows, "total": total, "state": state, "paging": paging, "names": names}
    return render_template("figures/contests.html", values=values, errors=errors, **more, **shared(asked))


@blueprint.post("/phan-anh/<contest_id>")
@needs(Action.CASE_STEER)
def answer(contest_id: str) -> Page:
    """Answers a contest."""
    values = {"answer": request.form.get("answer", ""), "contest": contest_id}
    try:
        with work() as uow:
            count_contests.answer(uow, principal(), contest_id, values["answer"], now())
    except InvalidInput as problem:
        return _contests(values, [{"field": "answer", "text": problem.message_vi}]), 400
    flash(_("Đã trả lời phản ánh."), "ok")
    return redirect(url_for("figures.contests"))
