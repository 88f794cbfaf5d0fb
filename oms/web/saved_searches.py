"""Kept searches: the list of one's own, keeping, renaming, taking away, putting back, and having seen what is new."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.errors import InvalidInput
from oms.services import finding
from oms.services import saved_searches as service
from oms.web import question as asking
from oms.web.context import house, now, principal, work
from oms.web.guard import needs
from oms.web.paging import Paging
from oms.web.question import Question

blueprint = Blueprint("saved_searches", __name__)


@blueprint.get("/tim-kiem/da-luu")
@needs(Action.SEARCH)
def listing() -> str:
    """One's own kept searches, each with its question in words and how much is new."""
    return _listing([])


def _listing(errors: list[dict[str, str]]) -> str:
    with house().look(principal()) as uow:
        kept = service.kept(uow, principal(), now())
        gone = service.removed(uow, principal(), request.args.get("bo", ""))
        units = {unit.path: unit.name for unit in finding.scope_units(uow, principal())}
    lines = [(each, Question.again(each.asked)) for each in kept]
    return render_template(
        "search/kept.html",
        lines=[(each, question, asking.said(question, units).values()) for each, question in lines],
        gone=gone,
        errors=errors,
        most=service.MOST,
    )


@blueprint.post("/tim-kiem/da-luu")
@needs(Action.SEARCH)
def save() -> Response | tuple[str, int]:
    """Keeps the question the form carries."""
    question = Question.of(request.form)
    try:
        with work() as uow:
            asked = question.asked(Paging(1, asking.PAGE))
            title, watched = request.form.get("ten", ""), bool(request.form.get("bao"))
            row = service.save(uow, principal(), title, asked, watched, now())
    except InvalidInput as problem:
        return _listing([{"field": "", "text": problem.message_vi}]), 400
    flash(_("Đã lưu lần tìm “%(title)s”.", title=row.title), "ok")
    return redirect(url_for("search.search", luu=row.id))


@blueprint.post("/tim-kiem/da-luu/<search_id>/doi")
@needs(Action.SEARCH)
def change(search_id: str) -> Response | tuple[str, int]:
    """Another name, told of what is new or not."""
    try:
        with work() as uow:
            title, watched = request.form.get("ten", ""), bool(request.form.get("bao"))
            service.change(uow, principal(), search_id, title, watched, now())
    except InvalidInput as problem:
        return _listing([{"field": "", "text": problem.message_vi}]), 400
    return redirect(url_for("saved_searches.listing"))


@blueprint.post("/tim-kiem/da-luu/<search_id>/xoa")
@needs(Action.SEARCH)
def remove(search_id: str) -> Response:
    """Takes a kept search away; the list then offers to put it back."""
    with work() as uow:
        service.remove(uow, principal(), search_id, now())
    return redirect(url_for("saved_searches.listing", bo=search_id))


@blueprint.post("/tim-kiem/da-luu/<removed_id>/khoi-phuc")
@needs(Action.SEARCH)
def put_back(removed_id: str) -> Response | tuple[str, int]:
    """Puts it back."""
    try:
        with work() as uow:
            service.put_back(uow, principal(), removed_id, now())
    except InvalidInput as problem:
        return _listing([{"field": "", "text": problem.message_vi}]), 400
    return redirect(url_for("saved_searches.listing"))


@blueprint.post("/tim-kiem/da-luu/<search_id>/da-xem")
@needs(Action.SEARCH)
def seen(search_id: str) -> Response:
    """What was new has been seen."""
    with work() as uow:
        service.mark_seen(uow, principal(), search_id, now())
    return redirect(url_for("search.search", luu=search_id))
