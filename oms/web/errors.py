"""Error pages. A refusal and a missing thing are the same page, byte for byte but for the number to quote."""

from __future__ import annotations

import logging
import traceback
from urllib.parse import urlsplit

from flask import Flask, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from oms.errors import DatabaseAway, OmsError, Refused, of_disk
from oms.services import large_exports
from oms.services.large_exports import NeedsSecond
from oms.web.api import problems
from oms.web.context import now, principal, request_number, work

log = logging.getLogger(__name__)

Answer = tuple[str, int] | tuple[Response, int]


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json" or request.headers.get("X-Requested-With") == "fetch"


def answer(status: int, message: str) -> Answer:
    """The error as a page, or as JSON for the page's own scripts."""
    if problems.is_api():
        return problems.problem(problems.kind_of(status)), status
    number = request_number()
    log.warning("answer %s to %s number %s", status, request.endpoint, number)
    if _wants_json():
        return jsonify(ok=False, message=message, number=number), status
    told = {"code": status, "happened": message, "reference": number}
    try:
        return render_template("errors/error.html", **told), status
    except DatabaseAway:  # the frame asks who is signed in; it is shown as to nobody
        current_app.login_manager._update_request_context_with_user()  # type: ignore[attr-defined]
        return render_template("errors/error.html", **told), status


def _known(error: OmsError) -> Answer:
    return answer(error.status, error.message_vi)


def _second(error: NeedsSecond) -> Response | Answer:
    """A list too long for one: a second person is asked, and the page of that request is shown."""
    here = urlsplit(request.referrer or "")
    back = f"{here.path}?{here.query}" if here.netloc == request.host else ""
    try:
        with work() as uow:
            row = large_exports.ask(uow, principal(), error.listed, back, now())
    except OmsError as problem:
        return answer(problem.status, problem.message_vi)
    flash(_("Quá số người một người được xuất trong 24 giờ: cần người thứ hai, thuộc đơn vị khác, duyệt."), "doubt")
    return redirect(url_for("approvals.one", approval_id=row.id))


def _http(error: HTTPException) -> Answer:
    status = error.code or 500
    messages = {
        404: Refused.message_vi,
        405: Refused.message_vi,
        400: _("Yêu cầu không đúng dạng nên chưa được thực hiện. Chưa có gì bị thay đổi."),
        413: _("Tệp gửi lên quá lớn nên chưa được nhận. Hãy tách thành nhiều tệp nhỏ hơn."),
    }
    hidden = 404 if status == 405 and not problems.is_api() else status
    return answer(hidden, messages.get(status, OmsError.message_vi))


def _csrf(_error: CSRFError) -> Answer:
    return answer(400, _("Trang đã mở quá lâu nên chưa ghi được. Hãy tải lại trang rồi làm lại bước vừa rồi."))


def _system(error: OSError) -> Answer:
    """A disk that is full or fails is told as that; another error of the system is an unexpected one."""
    told = of_disk(error)
    if told is not None:
        log.error("disk: %s", told)
        return answer(told.status, told.message_vi)
    if current_app.testing:
        raise error
    return _unexpected(error)


def _unexpected(error: Exception) -> Answer:
    """Type and place go to the log; the text of the error may hold names and does not."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    log.error("unexpected %s in %s line %s", type(error).__name__, where.filename.rsplit("/", 1)[-1], where.lineno)
    return answer(500, OmsError.message_vi)


def install(app: Flask) -> None:
    """Registers one handler a kind of error."""
    app.register_error_handler(OmsError, _known)
    app.register_error_handler(NeedsSecond, _second)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OSError, _system)
    if not app.testing:
        app.register_error_handler(Exception, _unexpected)
