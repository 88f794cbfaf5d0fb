"""Issuing the result of a case in the pages: what is filed, under which number; the change of the record from it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.domain.catalogue import DOCUMENT_TYPES
from oms.domain.changes import STATE_LABELS
from oms.domain.records import day_in_hanoi
from oms.errors import Conflict, InvalidInput, OmsError
from oms.services import case_issue
from oms.services.case_drafts import Sent
from oms.services.case_issue import Issued
from oms.web.context import house, now, principal, work
from oms.web.guard import needs
from oms.web.records import secrecy_of
from oms.web.typed import whole_number
from oms.web.words import Words

blueprint = Blueprint("case_issue", __name__, url_prefix="/ho-so-cong-viec")
TYPED = ("number", "issued_on", "title", "type_code", "words", "late_reason")
CHANGE_STATES = Words(STATE_LABELS)
Page = str | Response | tuple[str, int]


@blueprint.get("/<case_id>/phat-hanh")
@needs(Action.CASE_WORK)
def form(case_id: str) -> str:
    """What would be issued, and the form for its number, day and type; once issued, what came of it."""
    return _page(case_id, {}, None)


def _page(case_id: str, values: dict[str, str], problem: OmsError | None) -> str:
    with work() as uow:
        shown = case_issue.show(uow, principal(), case_id, now())
    errors = []
    if problem is not None:
        field = problem.field if isinstance(problem, InvalidInput) else ""
        errors = [{"field": field if field in (*TYPED, "file", "change_title") else "", "text": problem.message_vi}]
    case = shown.row.case
    usual = {
        "title": shown.row.title,
        "type_code": shown.usual.type_code,
        "issued_on": f"{day_in_hanoi(now()):%d/%m/%Y}",
    }
    return render_template(
        "cases/issue.html",
        shown=shown,
        case=case,
        row=shown.row,
        values=usual | values,
        errors=errors,
        types=list(DOCUMENT_TYPES),
        change_states=CHANGE_STATES,
        page_secrecy=secrecy_of(case.secrecy),
    )


@blueprint.post("/<case_id>/phat-hanh")
@needs(Action.CASE_WORK)
def issue(case_id: str) -> Page:
    """Files the paper and ends the case; a file sent along is the scan of what was signed by hand."""
    values = {name: request.form.get(name, "")[:1000] for name in TYPED}
    said = Issued(**values, later=request.form.get("later") == "1")
    try:
        version = _attached(case_id, whole_number(request.form.get("version", "")) or 0)
        document_id = case_issue.issue(house(), principal(), case_id, version, said, now())
    except (InvalidInput, Conflict) as problem:
        return _page(case_id, values | {"later": "1" if said.later else ""}, problem), problem.status
    if document_id:
        flash(_("Đã phát hành: văn bản đã vào hồ sơ. Máy đang đọc chữ để tìm kiếm được."), "ok")
    else:
        flash(_("Đã phát hành, hồ sơ công việc kết thúc."), "ok")
    return redirect(url_for("case_issue.form", case_id=case_id))


def _attached(case_id: str, version: int) -> int:
    """Keeps the file that was sent along; the version the case has then."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return version
    with tempfile.TemporaryDirectory(prefix="oms-issue-") as folder:
        path = Path(folder) / "signed"
        sent.save(path)
        draft = Sent(path, sent.filename, _("Bản quét của văn bản đã ký"))
        return case_issue.keep_scan(house(), principal(), case_id, version, draft, now())


@blueprint.post("/<case_id>/phat-hanh/thay-doi")
@needs(Action.RECORD_CHANGE)
def change(case_id: str) -> Page:
    """Begins the change of the record from the issued paper, and goes on to it."""
    title = request.form.get("change_title", "")[:1000]
    try:
        with work() as uow:
            change_id = case_issue.begin_change(uow, principal(), case_id, title, now())
    except InvalidInput as problem:
        named = problem.field == "title"
        told = InvalidInput("change_title", problem.message_vi) if named else problem
        return _page(case_id, {"change_title": title}, told), 400
    return redirect(url_for("changes.change", change_id=change_id))
