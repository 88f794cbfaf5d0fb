"""One case: its page and everything that is done on it. What was typed stays when something is wrong or came first."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from oms.domain.access import Action
from oms.domain.casework import Move
from oms.domain.procedures import Stage
from oms.errors import Conflict, InvalidInput, OmsError
from oms.services import case_approval, case_drafts, case_moves, case_opinions, case_papers, case_view, casework
from oms.services.case_approval import Word
from oms.services.case_drafts import Sent
from oms.services.case_view import Shown
from oms.services.house import UnitOfWork
from oms.web.case_ground import blueprint, shared, subject_page
from oms.web.context import house, now, principal, work
from oms.web.guard import needs
from oms.web.records import secrecy_of
from oms.web.typed import typed_day, whole_number

Page = str | Answer | tuple[str, int]
TYPED = ("viec", "to_account", "reason", "words", "late_reason", "to_step", "question", "due", "stance", "text", "note")
FIELDS = ("file", "persons", "due", "stance", "text", "received")
"""Fields with a place of their own on the page; those of a move bear its name as well."""
PDF = "application/pdf"


@blueprint.get("/<case_id>")
@needs(Action.CASE_WORK)
def one(case_id: str) -> str:
    """A case with its papers, drafts, opinions, history, and the moves that are open to this person."""
    return _page(case_id, None)


def _page(case_id: str, problem: OmsError | None, about: str = "") -> str:
    """The page; with a problem what was typed stands where it was typed, ``about`` names the part of the page."""
    with work() as uow:
        shown = case_view.open_case(uow, principal(), case_id, now())
    errors = []
    if problem is not None:
        errors = [{"field": _place(problem, about), "text": problem.message_vi}]
    return render_template(
        "cases/case.html",
        shown=shown,
        row=shown.row,
        case=shown.case,
        errors=errors,
        about=about,
        values={name: request.form.get(name, "") for name in TYPED} if problem else {},
        chosen=request.form.getlist("persons") if problem else [],
        today=casework.local_day(now()),
        subject_page=subject_page(principal(), shown.case),
        issue_page=_issue_page(shown),
        page_secrecy=secrecy_of(shown.case.secrecy),
        **shared(),
    )


def _place(problem: OmsError, about: str) -> str:
    """Where on the page the field stands that is wrong; "" for what is no field."""
    field = problem.field if isinstance(problem, InvalidInput) else ""
    if field in ("to_account", "reason", "late_reason"):
        return f"{field}-{'late' if field == 'late_reason' else about}"
    return field if field in FIELDS else ""


def _issue_page(shown: Shown) -> str:
    """Where the result is issued, once the case stands at that step."""
    if shown.here.stage is not Stage.ISSUE:
        return ""
    return url_for("case_issue.form", case_id=shown.case.id)


def _done(case_id: str, about: str, said: str, act: Callable[[], object]) -> Page:
    """Does something to the case and shows it; what went wrong is told on the page, with what was typed."""
    try:
        act()
    except InvalidInput as problem:
        return _page(case_id, problem, about), problem.status
    except Conflict as problem:
        return _page(case_id, problem, about), problem.status
    flash(said, "ok")
    return redirect(url_for("cases.one", case_id=case_id))


def _version() -> int:
    return whole_number(request.form.get("version", "")) or 0


def _typed(name: str, most: int = 4000) -> str:
    return request.form.get(name, "")[:most]


@blueprint.post("/<case_id>/chuyen")
@needs(Action.CASE_WORK)
def move(case_id: str) -> Page:
    """Forward, back, suspended, taken up, refused, withdrawn, handed over, or the reason for being late."""
    what = _typed("viec", 20)

    def act() -> None:
        with work() as uow:
            _move(uow, case_id, what)

    return _done(case_id, what, _said(what), act)


def _said(what: str) -> str:
    return {
        "back": _("Đã trả lại."),
        "suspend": _("Đã tạm dừng, đồng hồ dừng."),
        "resume": _("Đồng hồ đã chạy tiếp."),
        "refuse": _("Đã từ chối giải quyết. Việc đã kết thúc."),
        "withdraw": _("Đã rút. Việc đã kết thúc."),
        "hand_over": _("Đã bàn giao."),
        "late": _("Đã ghi lý do chậm."),
    }.get(what, _("Đã ghi."))


def _move(uow: UnitOfWork, case_id: str, what: str) -> None:
    who, version, reason, at = principal(), _version(), _typed("reason"), now()
    to = _typed("to_account", 32)
    plain = {
        Move.SUSPEND: case_moves.suspend,
        Move.RESUME: case_moves.resume,
        Move.REFUSE: case_moves.refuse,
        Move.WITHDRAW: case_moves.withdraw,
    }
    if what == Move.FORWARD:
        case_moves.forward(uow, who, case_id, version, to, _typed("words"), at)
    elif what == Move.BACK:
        case_moves.back(uow, who, case_id, version, _typed("to_step", 60), reason, at)
    elif what == Move.HAND_OVER:
        case_moves.hand_over(uow, who, case_id, version, to, reason, at)
    elif what == "late":
        case_moves.explain_late(uow, who, case_id, version, _typed("late_reason"), at)
    elif what in plain:
        plain[Move(what)](uow, who, case_id, version, reason, at)
    else:
        raise InvalidInput("viec", _("Hãy chọn việc cần làm."))


@blueprint.post("/<case_id>/phe-duyet")
@needs(Action.CASE_APPROVE)
def approve(case_id: str) -> Page:
    """Approves: signs the newest draft with the agency's key, or says that it was signed on paper."""
    word = Word(_typed("to_account", 32), _typed("words"), request.form.get("on_paper") == "1")

    def act() -> None:
        case_approval.approve(house(), principal(), case_id, _version(), word, now())

    return _done(case_id, "approve", _("Đã phê duyệt."), act)


@blueprint.post("/<case_id>/giay-to")
@needs(Action.CASE_WORK)
def papers(case_id: str) -> Page:
    """Enters the copies that have come by now."""
    typed = {name.removeprefix("paper-"): value for name, value in request.form.items() if name.startswith("paper-")}

    def act() -> None:
        received = {name: whole_number(value.strip(), 3) for name, value in typed.items()}
        if None in received.values():
            raise InvalidInput("received", _("Số bản phải là một số, ví dụ 1."))
        numbers = {name: number for name, number in received.items() if number is not None}
        with work() as uow:
            case_papers.enter_all(uow, principal(), case_id, _version(), numbers, now())

    return _done(case_id, "papers", _("Đã ghi giấy tờ đã nhận."), act)


@blueprint.post("/<case_id>/du-thao")
@needs(Action.CASE_WORK)
def attach(case_id: str) -> Page:
    """Attaches the next version of the draft."""

    def act() -> None:
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            raise InvalidInput("file", _("Hãy chọn tệp PDF của dự thảo."))
        with tempfile.TemporaryDirectory(prefix="oms-draft-") as folder:
            path = Path(folder) / "draft"
            sent.save(path)
            draft = Sent(path, sent.filename, _typed("note", 1000))
            case_drafts.attach(house(), principal(), case_id, _version(), draft, now())

    return _done(case_id, "drafts", _("Đã đính bản dự thảo mới."), act)


@blueprint.get("/<case_id>/du-thao/<draft_number>")
@needs(Action.CASE_WORK)
def draft(case_id: str, draft_number: str) -> Response:
    """The file of a draft, as signed where it was; its row is durable before the first byte leaves."""
    number = whole_number(draft_number, 4) or 0
    data, _name = case_drafts.read(house(), principal(), case_id, number, now())
    head = {"Content-Disposition": f'inline; filename="du-thao-{number}.pdf"'}
    return Response(data, mimetype=PDF, headers=head)


@blueprint.post("/<case_id>/y-kien")
@needs(Action.CASE_WORK)
def ask(case_id: str) -> Page:
    """Asks some persons for their opinion by a day."""
    persons = [name[:32] for name in request.form.getlist("persons")[:50]]

    def act() -> None:
        day = typed_day("due")
        with work() as uow:
            case_opinions.ask(uow, principal(), case_id, _version(), persons, _typed("question"), day, now())

    return _done(case_id, "opinions", _("Đã gửi xin ý kiến."), act)


@blueprint.post("/<case_id>/y-kien/<opinion_id>")
@needs(Action.CASE_WORK)
def say(case_id: str, opinion_id: str) -> Page:
    """Gives the opinion that was asked of this person."""

    def act() -> None:
        with work() as uow:
            case_opinions.say(uow, principal(), case_id, opinion_id, _typed("stance", 20), _typed("text"), now())

    return _done(case_id, "say", _("Đã gửi ý kiến. Ý kiến đã gửi không sửa được."), act)


@blueprint.post("/<case_id>/y-kien/<opinion_id>/thoi")
@needs(Action.CASE_WORK)
def no_longer(case_id: str, opinion_id: str) -> Page:
    """Takes back a question that was not answered."""

    def act() -> None:
        with work() as uow:
            case_opinions.no_longer(uow, principal(), case_id, _version(), opinion_id, now())

    return _done(case_id, "opinions", _("Đã thôi hỏi ý kiến này."), act)
