"""Notices: what the person has to know; each opens the thing itself."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, redirect, render_template, url_for
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.domain.notices import NOTICE_LABELS
from oms.services import notices as service
from oms.services.notices import Notice
from oms.web.context import now, principal, work
from oms.web.figure_pages import period_named
from oms.web.guard import needs
from oms.web.paging import asked_page
from oms.web.words import Words

blueprint = Blueprint("notices", __name__, url_prefix="/thong-bao")
NOTICES = Words(NOTICE_LABELS)
THINGS = {
    "consultation": ("consultations.consultation", "consultation_id"),
    "consultation_prepare": ("consultations.prepare_page", "consultation_id"),
    "consultation_decide": ("consultations.decide_page", "consultation_id"),
    "emergency": ("emergency_reviews.emergency", "emergency_id"),
    "own_emergency": ("emergencies.desk", ""),
    "approval": ("approvals.one", "approval_id"),
    "task": ("task_work.task", "task_id"),
    "my_tasks": ("task_work.mine", ""),
    "package": ("exchange.package", "exchange_id"),
    "exchange": ("exchange.packages", ""),
    "partners": ("exchange.partners", ""),
    "contest": ("figures.contests", ""),
    "own_contest": ("figures.mine", ""),
    "own_account": ("account.account", ""),
    "journal": ("review.journal", ""),
    "backup": ("admin.status", ""),
    "case": ("cases.one", "case_id"),
    "procedure": ("procedures.one", "procedure_code"),
}
"""Kind of thing → the page that shows it and what that page calls its id."""


@blueprint.get("")
@needs(Action.HOME)
def notices() -> str:
    """The person's own notices, new ones first."""
    paging = asked_page()
    with work() as uow:
        rows, total = service.listed(uow, principal(), paging.size, paging.offset)
        new = service.unread(uow, principal())
    return render_template(
        "notices/notices.html",
        rows=rows,
        total=total,
        new=new,
        paging=paging,
        labels=NOTICES,
        opens=_opens,
        about=_about,
    )


def _about(notice: Notice) -> str:
    """What a notice is about, beside its words: the period of figures is kept as addresses write it."""
    return period_named(notice.label) if notice.object_kind in ("contest", "own_contest") else notice.label


def _opens(notice: Notice) -> bool:
    """Whether there is a page for the thing."""
    return notice.object_kind in THINGS and THINGS[notice.object_kind][0] in current_app.view_functions


@blueprint.post("/<notice_id>")
@needs(Action.HOME)
def take(notice_id: str) -> Response:
    """Marks a notice read and goes to what it tells of."""
    with work() as uow:
        found = service.take(uow, principal(), notice_id, now())
    if not _opens(found):
        return redirect(url_for("notices.notices"))
    endpoint, name = THINGS[found.object_kind]
    named: dict[str, Any] = {name: found.object_id} if name else {}
    return redirect(url_for(endpoint, **named))


@blueprint.post("/da-doc")
@needs(Action.HOME)
def all_read() -> Response:
    """Marks every notice read."""
    with work() as uow:
        service.mark_all_read(uow, principal(), now())
    return redirect(url_for("notices.notices"))
