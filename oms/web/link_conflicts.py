"""Differences between linked records in the pages: the queue with its clock, one difference, what is done about it."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.domain.conflicts import Act
from oms.services import link_conflicts
from oms.services.link_conflicts import FIRST_TAB, TABS, Asked
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.link_words import CONFLICT_KINDS, CONFLICT_STATES, CONFLICT_TABS
from oms.web.paging import asked_page
from oms.web.records import secrecy_of
from oms.web.typed import whole_number

blueprint = Blueprint("link_conflicts", __name__, url_prefix="/lien-ket/khac-nhau")
Answer = str | Response | tuple[str, int]


@blueprint.get("")
@needs(Action.LINK_REVIEW)
def queue() -> str:
    """Items in which linked records differ, overdue ones first; what the records say stands on each one's page."""
    asked, paging = request.args.get("the", ""), asked_page()
    tab = asked if asked in TABS else FIRST_TAB
    with work() as uow:
        found = link_conflicts.queue(uow, principal(), tab, paging.size, paging.offset, now())
    return render_template(
        "links/conflicts.html",
        found=found,
        paging=paging,
        tab=tab,
        tabs=CONFLICT_TABS,
        kinds=CONFLICT_KINDS,
        states=CONFLICT_STATES,
        news=session.pop("conflict_news", None),
        page_secrecy=secrecy_of(*(side.dossier.secrecy for each in found.lines for side in each.line.seen)),
    )


def _conflict_page(conflict_id: str, problem: str = "", reason: str = "") -> str:
    with work() as uow:
        view = link_conflicts.open_conflict(uow, principal(), conflict_id, now())
    return render_template(
        "links/conflict.html",
        view=view,
        each=view.each,
        line=view.each.line,
        kinds=CONFLICT_KINDS,
        states=CONFLICT_STATES,
        problem=problem,
        reason=reason,
        news=session.pop("conflict_news", None),
        page_secrecy=secrecy_of(*(side.dossier.secrecy for side in view.each.line.seen)),
    )


@blueprint.get("/<conflict_id>")
@needs(Action.LINK_REVIEW)
def conflict(conflict_id: str) -> str:
    """One difference: what the sides that are seen say, and what may be done."""
    return _conflict_page(conflict_id)


@blueprint.post("/<conflict_id>/xu-ly")
@needs(Action.LINK_REVIEW)
def settle(conflict_id: str) -> Answer:
    """Proposes a change of the other record, keeps both values, or takes that back."""
    said, reason = request.form.get("act", ""), request.form.get("reason", "")[:1000]
    act, version = Act(said) if said in tuple(Act) else None, whole_number(request.form.get("version", ""))
    seen = -1 if version is None or act is None else version
    asked = Asked(act or Act.KEEP, seen, reason, request.form.get("to", ""))
    with work() as uow:
        answer = link_conflicts.take(uow, principal(), conflict_id, asked, now())
    if not answer.done:  # said in the language of the journal, as what services say
        return _conflict_page(conflict_id, answer.words, reason[:500]), 409
    if answer.change_id:
        return redirect(url_for("changes.change", change_id=answer.change_id), 303)
    done = {Act.KEEP: _("Đã ghi: giữ cả hai giá trị cho đến khi một bên thay đổi.")}
    session["conflict_news"] = done.get(asked.act, _("Đã huỷ; mục trở lại danh sách cần xử lý."))
    return redirect(url_for(".conflict", conflict_id=conflict_id) if asked.act is Act.UNDO else url_for(".queue"), 303)
