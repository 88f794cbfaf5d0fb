"""The programs' door: a bearer token and nothing else, the guard's own question, then the token's scope."""

from __future__ import annotations

from urllib.parse import unquote

from flask import g, request
from werkzeug.wrappers import Response

from oms.domain.access import permits
from oms.domain.journal import Outcome, Verb
from oms.errors import Refused
from oms.services import tokens
from oms.services.house import What, Why, note
from oms.services.stated import Said
from oms.services.throttle import Place
from oms.web.api.operations import OPERATIONS, Operation
from oms.web.api.problems import problem
from oms.web.context import address, browser, house, now, principal

PURPOSE, REASON, TASK, PROOF, KEY = "OMS-Purpose", "OMS-Reason", "OMS-Task", "OMS-Proof", "Idempotency-Key"
OPEN = ("api.document",)
_LONGEST_HEADER = 2000


def operation_here() -> Operation | None:
    """The operation this request is for; None where the address or the method is none's."""
    return OPERATIONS.get((request.endpoint or "").partition(".")[2])


def check() -> Response | None:
    """Runs before every request of a program; None when it may go on."""
    here = operation_here()
    if here is None:
        return None  # the document of the API, or no such address: nobody tried anything
    bearer = tokens.bearer(house(), _token(), Place(address(), "", browser()), now()) if _token() else None
    if bearer is None:
        return problem("no-token")
    g.bearer = bearer.principal
    if not permits(bearer.principal, here.action):
        reason = f"role lacks {here.action}"
        refusal = Refused(Verb.ROUTE_REFUSE, kind="route", object_id=here.endpoint, label=here.area, reason=reason)
        with house().work(principal(), now()):
            raise refusal
    if here.scope not in bearer.scopes:
        with house().work(principal(), now()) as uow:
            what, why = What("route", here.endpoint, here.area), Why(f"token lacks {here.scope}")
            note(uow, principal(), Verb.TOKEN_REFUSE, now(), outcome=Outcome.REFUSED, what=what, why=why)
        return problem("no-scope", f"Mã truy cập không có phạm vi {here.scope}.")
    return _asked_beside(here)


def _asked_beside(here: Operation) -> Response | None:
    """What an operation asks for in headers, before anything is looked up."""
    if here.purpose and not (request.headers.get(PURPOSE) and request.headers.get(REASON)):
        return problem("no-purpose")
    if here.match and not request.headers.get("If-Match"):
        return problem("no-match")
    if here.keyed and not _key_is_one(request.headers.get(KEY, "")):
        return problem("no-key")
    if here.proof:
        code = request.headers.get(PROOF, "")[:20]
        if not code or not tokens.prove(house(), principal(), code, Place(address(), "", browser()), now()):
            return problem("no-proof")
    return None


def _token() -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _key_is_one(key: str) -> bool:
    return 1 <= len(key) <= 64 and key.isascii() and key.isprintable()


def said() -> Said:
    """The purpose in the headers: UTF-8, percent-encoded where it is not ASCII."""
    found = (unquote(request.headers.get(name, "")[:_LONGEST_HEADER], errors="replace") for name in (PURPOSE, REASON))
    purpose, reason = (text.replace("\0", " ") for text in found)
    return Said(purpose, reason, request.headers.get(TASK, "")[:32])
