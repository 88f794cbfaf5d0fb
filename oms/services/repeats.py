"""A request sent twice under one key has one effect: kept for a day by token, as status and address, never as content.

The key is taken in the transaction of the effect itself, so that of two at once one waits and is told what the other
came to. What fails gives the key back. Work that commits on its own takes it beforehand (``apart``); if the program
dies in between, the key stays taken for a day and its owner has to look what came of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from oms.domain.access import Principal
from oms.errors import InvalidInput, OmsError
from oms.services.house import House
from oms.store import tokens as store
from oms.store.db import UnitOfWork

KEPT_FOR = timedelta(hours=24)


class StillRunning(OmsError):
    """The first request under this key has not ended, or nobody knows how it ended."""

    status = 409
    message_vi = "Yêu cầu trước mang cùng khoá chưa xong, hoặc chưa rõ kết quả. Hãy xem lại kết quả trước khi gửi lại."


class OtherRequest(InvalidInput):
    """The key was used for another request."""

    status = 422


@dataclass(frozen=True)
class Kept:
    """What the first request came to."""

    status: int
    location: str


def begin(uow: UnitOfWork, principal: Principal, key: str, request_hash: str, now: datetime) -> Kept | None:
    """Takes the key for this request; what the first one under it came to, when there was one.

    OtherRequest when the key was used for something else, StillRunning while the first is under way.
    """
    store.forget_answers(uow.session, now - KEPT_FOR)
    if store.begin_answer(uow.session, principal.token_id, key, request_hash, now):
        return None
    row = store.answer_of(uow.session, principal.token_id, key)
    if row is not None and row.request_hash != request_hash:
        raise OtherRequest("Idempotency-Key", "Khoá này đã dùng cho một yêu cầu khác.")
    if row is None or not row.status:
        raise StillRunning
    return Kept(row.status, row.location)


def finish(uow: UnitOfWork, principal: Principal, key: str, kept: Kept) -> None:
    """Keeps what the request came to."""
    row = store.answer_of(uow.session, principal.token_id, key)
    if row is not None:
        row.status, row.location = kept.status, kept.location[:200]


def forget(uow: UnitOfWork, principal: Principal, key: str) -> None:
    """Gives the key back."""
    store.forget_answer(uow.session, principal.token_id, key)


def begin_apart(house: House, principal: Principal, key: str, request_hash: str, now: datetime) -> Kept | None:
    """As :func:`begin`, in a transaction of its own, for work that commits by itself."""
    with house.work(principal, now) as uow:
        return begin(uow, principal, key, request_hash, now)


def end_apart(house: House, principal: Principal, key: str, kept: Kept | None, now: datetime) -> None:
    """Keeps what such work came to; gives the key back when it came to nothing."""
    with house.work(principal, now) as uow:
        if kept is None:
            forget(uow, principal, key)
        else:
            finish(uow, principal, key, kept)
