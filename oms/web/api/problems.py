"""Errors of the programs' door as problem+json (RFC 9457): a Vietnamese title, an English detail, never a trace.

What is missing and what is hidden are one and the same answer, but for the number to quote.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from flask import Response, jsonify, request

from oms.web.context import request_number

log = logging.getLogger(__name__)

PREFIX = "/api/"
MEDIA = "application/problem+json"
KINDS: Mapping[str, tuple[int, str, str]] = {
    "malformed": (400, "Yêu cầu không đúng dạng", "The request is not what the document of this API describes."),
    "invalid-input": (400, "Nội dung chưa chấp nhận được", "Understood, but not accepted; `message` says why."),
    "no-token": (401, "Cần mã truy cập", "A live bearer token is needed. Cookies are not accepted here."),
    "no-scope": (403, "Mã truy cập không có phạm vi này", "The token lacks the scope of this operation."),
    "no-proof": (403, "Cần xác nhận lại danh tính", "A current code from the owner's phone is needed in OMS-Proof."),
    "not-found": (404, "Không tìm thấy", "Missing, or not visible to the owner of the token."),
    "not-allowed": (405, "Không có thao tác này", "There is no such operation at this address."),
    "conflict": (409, "Không thực hiện được lúc này", "It does not fit the state of things; `message` says why."),
    "changed": (412, "Đã có người thay đổi trước", "The ETag in If-Match is not the current one. Read again."),
    "too-large": (413, "Nội dung quá lớn", "The body is larger than this operation takes."),
    "wrong-media": (415, "Sai kiểu nội dung", "The body must be of the media type that the document names."),
    "key-used": (422, "Khoá đã dùng cho yêu cầu khác", "This Idempotency-Key came with another request."),
    "no-match": (428, "Thiếu If-Match", "Send the ETag that the resource was read with in If-Match."),
    "no-purpose": (428, "Thiếu mục đích", "Say what it is read for in OMS-Purpose and OMS-Reason."),
    "no-key": (428, "Thiếu Idempotency-Key", "Send a key of your own in Idempotency-Key with each POST."),
    "too-many": (429, "Quá nhiều lần thử", "Too many bad tokens or codes from this place. Wait, then try again."),
    "failure": (500, "Hệ thống gặp lỗi", "An error of the server; nothing was kept."),
    "unavailable": (503, "Tạm thời chưa phục vụ được", "Try again later; nothing was kept."),
    "no-room": (507, "Ổ đĩa của máy chủ đã đầy", "The server's disk is full; nothing was kept."),
}
_BY_STATUS = {400: "malformed", 405: "not-allowed", 413: "too-large", 415: "wrong-media", 409: "conflict"}
_BY_STATUS |= {404: "not-found", 422: "key-used", 429: "too-many", 503: "unavailable", 507: "no-room", 412: "changed"}


def is_api() -> bool:
    """Whether this request came to the programs' door."""
    return request.path.startswith(PREFIX)


def kind_of(status: int) -> str:
    """The kind of problem a status stands for, where nothing more is known."""
    return _BY_STATUS.get(status, "failure" if status >= 500 else "malformed")


def problem(kind: str, message: str = "", faults: Sequence[Mapping[str, str]] = ()) -> Response:
    """The answer to a request that came to nothing. ``message`` is Vietnamese and safe to show."""
    status, title, detail = KINDS[kind]
    body: dict[str, object] = {
        "type": f"urn:oms:problem:{kind}",
        "title": title,
        "status": status,
        "detail": detail,
        "number": request_number(),
    }
    if message:
        body["message"] = message
    if faults:
        body["errors"] = [dict(each) for each in faults]
    log.warning("answer %s to %s number %s", status, request.endpoint, request_number())
    answer = jsonify(body)
    answer.status_code, answer.mimetype = status, MEDIA
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="oms"'
    if status in (429, 503):
        answer.headers["Retry-After"] = "60"
    return answer
