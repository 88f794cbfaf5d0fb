"""Pages at the desk: turned, read again, put in order, moved to the next paper, marked; each step can be taken back."""

from __future__ import annotations

from collections.abc import Callable

from flask import jsonify, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.errors import Conflict, InvalidInput
from oms.services import desk_pages
from oms.services.house import UnitOfWork
from oms.web.batches import blueprint
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.typed import whole_number
from oms.web.verification import Page, Trouble, desk_page, keep_typed, overtaken, say

_Step = Callable[[UnitOfWork, str, int, list[str]], object]


def _turn(uow: UnitOfWork, document_id: str, version: int, asked: list[str]) -> object:
    degrees = whole_number(asked[0]) or 0
    return desk_pages.turn(uow, principal(), document_id, version, asked[1], degrees, now())


def _reread(uow: UnitOfWork, document_id: str, version: int, asked: list[str]) -> object:
    return desk_pages.reread(uow, principal(), document_id, version, asked[0], now())


def _move(uow: UnitOfWork, document_id: str, version: int, asked: list[str]) -> object:
    return desk_pages.move(uow, principal(), document_id, version, asked[0].split(","), now())


def _shift(uow: UnitOfWork, document_id: str, version: int, asked: list[str]) -> object:
    return desk_pages.shift(uow, principal(), document_id, version, asked[1], asked[0] == "next", now())


def _mark(uow: UnitOfWork, document_id: str, version: int, asked: list[str]) -> object:
    return desk_pages.mark(uow, principal(), document_id, version, asked[1], asked[0], now())


STEPS: dict[str, tuple[int, _Step, object]] = {
    "turn": (2, _turn, _l("Đã xoay; máy đang đọc lại trang theo chiều mới.")),
    "reread": (1, _reread, _l("Máy đang đọc lại.")),
    "move": (1, _move, _l("Đã đổi thứ tự trang.")),
    "shift": (2, _shift, _l("Đã chuyển trang sang tài liệu liền kề.")),
    "mark": (2, _mark, _l("Đã đánh dấu trang.")),
}
"""What ``act`` may ask for ("turn/90/<page>", "move/<page>,<page>"): words that follow, who does it, what is said."""


@blueprint.post("/ban-duyet/<document_id>/trang")
@needs(Action.DESK_WORK)
def page_step(document_id: str) -> Page:
    """One step on the paper's pages; what was typed is kept first, and the same page is shown again."""
    name, _slash, rest = request.form.get("act", "").partition("/")
    words = rest.split("/")
    try:
        if name not in STEPS or len(words) != STEPS[name][0]:
            raise InvalidInput("act", _("Yêu cầu về trang không đúng dạng nên chưa được làm."))
        with work() as uow:
            STEPS[name][1](uow, document_id, keep_typed(uow, document_id), words)
    except InvalidInput as problem:
        return desk_page(document_id, Trouble({problem.field: problem.message_vi})), 400
    except Conflict:
        return overtaken(document_id)
    say(str(STEPS[name][2]), document_id)
    shown = whole_number(request.form.get("shown", "")) or None
    return redirect(url_for(".document", document_id=document_id, trang=shown))


@blueprint.get("/ban-duyet/<document_id>/dang-doc")
@needs(Action.DESK_WORK)
def page_state(document_id: str) -> Response:
    """How many pages of the paper still wait to be read: the desk asks until there is none."""
    with work() as uow:
        waiting, version = desk_pages.waiting(uow, principal(), document_id)
    return jsonify(ok=True, waiting=waiting, version=version)
