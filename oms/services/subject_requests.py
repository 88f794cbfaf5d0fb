"""Requests of the person a record is about: entered, clocked, answered; the extract, and who has seen the record.

Law 91/2025/QH15 and Decree 356/2025/NĐ-CP give the person a right to know, to have put right, to object. The days
are rows of the catalogue; whoever works on a request sees what is left of them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime

from oms.domain.access import Action, Principal, Target, visibility
from oms.domain.fields import squashed
from oms.domain.journal import Verb
from oms.domain.record_items import SENSITIVE_LABELS
from oms.domain.records import HANOI
from oms.domain.subject_requests import RUNNING, Clock, RequestKind, RequestState, clock, days_left, extended
from oms.errors import InvalidInput, Refused
from oms.services import case_follow, catalogues, changes, custody, days_off, profiles, record, secret_copies
from oms.services.changes import About
from oms.services.house import What, note, require, require_role
from oms.services.record import RecordFact
from oms.services.secret_copies import Copied, Leaving
from oms.store import dossiers, people
from oms.store import subject_requests as store
from oms.store.db import UnitOfWork
from oms.store.record_tables import SubjectRequest
from oms.store.secrecy_tables import SecretCopy
from oms.store.subject_requests import RequestRow

SEEN_BY = (
    Verb.DOSSIER_OPEN, Verb.CADRE_OPEN, Verb.DOCUMENT_OPEN, Verb.PAGE_VIEW, Verb.COPY_READ, Verb.DOSSIER_EXPORT,
    Verb.CHANGE_OPEN, Verb.CHANGE_DECIDE, Verb.PROFILE_MAKE, Verb.RECORD_HISTORY, Verb.RECORD_COMPARE,
    Verb.SUBJECT_EXTRACT, Verb.CONSULTATION_READ, Verb.LINK_OPEN,
)  # fmt: skip
"""What counts as having seen a record: openings, papers, pages, copies, exports, forms, changes, extracts."""


@dataclass(frozen=True)
class Asked:
    """A request as it is entered; every value as typed."""

    dossier_number: str
    kind: str
    number: str
    received_on: date | None
    words: str = ""


@dataclass(frozen=True)
class RequestView:
    """A request with what is left of its days; ``late`` when the last one is past."""

    row: RequestRow
    due: date
    left: int
    reply_left: int
    running: bool
    closed_by: str = ""

    @property
    def late(self) -> bool:
        return self.running and self.left < 0

    @property
    def reply_late(self) -> bool:
        return self.row.request.state == RequestState.OPEN and self.reply_left < 0


def _today(now: datetime) -> date:
    return now.astimezone(HANOI).date()


def _view(row: RequestRow, today: date, closed_by: str = "") -> RequestView:
    request = row.request
    due = request.extended_to or request.done_due
    running = request.state in RUNNING
    return RequestView(row, due, days_left(due, today), days_left(request.reply_due, today), running, closed_by)


def target_of(row: RequestRow) -> Target:
    """The request as the access rule sees it: its dossier."""
    return Target(row.unit.path, row.dossier.secrecy, row.dossier.compartment)


def list_requests(
    uow: UnitOfWork, principal: Principal, running: bool, limit: int, offset: int, now: datetime
) -> tuple[list[RequestView], int, int]:
    """Requests in scope, how many there are, and how many are past their last day; journalled."""
    require_role(principal, Action.SUBJECT_MANAGE, Verb.SUBJECT_LIST)
    view, today = visibility(principal, Action.SUBJECT_MANAGE), _today(now)
    rows, total = store.listed(uow.session, view, running, limit, offset)
    late = store.overdue(uow.session, view, today)
    note(uow, principal, Verb.SUBJECT_LIST, now, detail={"running": running, "shown": len(rows), "total": total})
    return [_view(row, today) for row in rows], total, late


def ask(uow: UnitOfWork, principal: Principal, asked: Asked, now: datetime) -> SubjectRequest:
    """Enters a request with the days the law gives from the day it was received."""
    require_role(principal, Action.SUBJECT_MANAGE, Verb.SUBJECT_ASK)
    view, number = visibility(principal, Action.SUBJECT_MANAGE), squashed(asked.number)[:60]
    dossier_id = dossiers.id_of_number(uow.session, view, squashed(asked.dossier_number)[:60])
    row = dossiers.find_dossier(uow.session, view, dossier_id) if dossier_id else None
    if row is None:
        raise InvalidInput("dossier_number", "Không có hồ sơ mang số này trong phạm vi của anh/chị.")
    if asked.kind not in list(RequestKind):
        raise InvalidInput("kind", "Hãy chọn nội dung yêu cầu.")
    if not number:
        raise InvalidInput("number", "Hãy nhập số vào sổ của yêu cầu.")
    if store.number_taken(uow.session, row.unit.id, number):
        raise InvalidInput("number", "Đơn vị đã có yêu cầu mang số này.")
    if asked.received_on is None or asked.received_on > _today(now):
        raise InvalidInput("received_on", "Ngày nhận chưa đúng: hãy nhập như 05/08/2026, không sau hôm nay.")
    due = _clock(uow, asked.kind, asked.received_on)
    request = SubjectRequest(
        dossier_id=row.dossier.id,
        kind=asked.kind,
        number=number,
        words=squashed(asked.words)[:4000],
        state=RequestState.OPEN,
        received_on=asked.received_on,
        reply_due=due.reply_due,
        done_due=due.done_due,
        received_by=principal.account_id,
        created_at=now,
    )
    uow.session.add(request)
    uow.session.flush()
    made = RequestRow(request, row.dossier, row.cadre, row.unit)
    _note(uow, principal, Verb.SUBJECT_ASK, made, now, {"kind": asked.kind})
    begun = case_follow.about("request", request.id, request.state, row.dossier, principal.account_id, request.done_due)
    case_follow.begin(uow, principal, replace(begun, received_on=request.received_on), now)
    return request


def _clock(uow: UnitOfWork, kind: str, received: date) -> Clock:
    known = catalogues.load(uow)
    try:
        return clock(kind, received, known, days_off.calendar(known, received))
    except LookupError:
        raise InvalidInput("received_on", "Danh mục quy tắc không có thời hạn cho ngày nhận này.") from None


def _note(
    uow: UnitOfWork, principal: Principal, verb: Verb, row: RequestRow, now: datetime, more: dict[str, object]
) -> None:
    what = What("request", row.request.id, row.request.number)
    detail = {"dossier": row.dossier.id, **more}
    note(uow, principal, verb, now, target=target_of(row), what=what, detail=detail)


def _found(uow: UnitOfWork, principal: Principal, request_id: str, verb: Verb) -> RequestRow:
    row = store.find(uow.session, visibility(principal, Action.SUBJECT_MANAGE), request_id)
    if row is None:
        raise Refused(verb, kind="request", object_id=request_id, reason="missing or not visible")
    require(principal, Action.SUBJECT_MANAGE, verb, target_of(row), kind="request", object_id=request_id)
    return row


def show(uow: UnitOfWork, principal: Principal, request_id: str, now: datetime) -> RequestView:
    """One request; journalled."""
    row = _found(uow, principal, request_id, Verb.SUBJECT_LIST)
    _note(uow, principal, Verb.SUBJECT_LIST, row, now, {"shown": 1})
    names = people.names_of(uow.session, {row.request.closed_by} if row.request.closed_by else set())
    return _view(row, _today(now), names.get(row.request.closed_by or "", ""))


@dataclass(frozen=True)
class Said:
    """What is said of a request. ``act``: reply | extend | done | refuse."""

    act: str
    words: str = ""
    legal_basis: str = ""


def answer(uow: UnitOfWork, principal: Principal, request_id: str, said: Said, now: datetime) -> None:
    """Notes the reply, the one extension with its reason, that it is done, or a refusal with its legal basis."""
    row = _found(uow, principal, request_id, Verb.SUBJECT_ANSWER)
    request, words = row.request, squashed(said.words)[:4000]
    if request.state not in RUNNING:
        raise InvalidInput("act", "Yêu cầu này đã đóng.")
    acts = {"reply": _reply, "extend": _extend, "done": _close, "refuse": _refuse}
    if said.act not in acts:
        raise InvalidInput("act", "Hãy chọn việc cần ghi.")
    if len(words) < 5:
        raise InvalidInput("words", "Hãy ghi rõ nội dung hoặc lý do, ít nhất 5 ký tự.")
    acts[said.act](uow, request, words, squashed(said.legal_basis)[:300], now)
    if request.state not in RUNNING:
        request.closed_at, request.closed_by = now, principal.account_id
    _note(uow, principal, Verb.SUBJECT_ANSWER, row, now, {"act": said.act, "state": str(request.state)})
    due = request.extended_to or request.done_due
    case_follow.follow(uow, principal, "request", request.id, request.state, now, holder=principal.account_id, due=due)


def _reply(_uow: UnitOfWork, request: SubjectRequest, words: str, _basis: str, now: datetime) -> None:
    if request.state == RequestState.REPLIED:
        raise InvalidInput("act", "Yêu cầu này đã được phản hồi.")
    request.state, request.replied_at, request.answer = RequestState.REPLIED, now, words


def _extend(uow: UnitOfWork, request: SubjectRequest, words: str, _basis: str, now: datetime) -> None:
    if request.extended_to is not None:
        raise InvalidInput("act", "Mỗi yêu cầu chỉ được gia hạn một lần.")
    if _today(now) > request.done_due:
        raise InvalidInput("act", "Đã quá hạn: không gia hạn được nữa.")
    known = catalogues.load(uow)
    days = days_off.calendar(known, request.received_on)
    request.extended_to = extended(request.kind, request.received_on, known, days)
    request.extension_reason = words


def _close(_uow: UnitOfWork, request: SubjectRequest, words: str, basis: str, now: datetime) -> None:
    request.state, request.answer, request.legal_basis = RequestState.DONE, words, basis
    request.replied_at = request.replied_at or now


def _refuse(_uow: UnitOfWork, request: SubjectRequest, words: str, basis: str, now: datetime) -> None:
    if len(basis) < 5:
        raise InvalidInput("legal_basis", "Từ chối phải nêu căn cứ pháp luật, như: Luật Lưu trữ 33/2024/QH15.")
    request.state, request.answer, request.legal_basis = RequestState.REFUSED, words, basis
    request.replied_at = request.replied_at or now


def correct(uow: UnitOfWork, principal: Principal, request_id: str, now: datetime) -> str:
    """A change made from a request for correction; its id. InvalidInput without a running opening of the dossier."""
    row = _found(uow, principal, request_id, Verb.SUBJECT_ANSWER)
    request = row.request
    if request.kind != RequestKind.CORRECTION or request.state not in RUNNING:
        raise InvalidInput("act", "Chỉ yêu cầu đính chính còn đang làm mới lập được phiếu thay đổi.")
    if request.change_id:
        raise InvalidInput("act", "Yêu cầu này đã có phiếu thay đổi.")
    _opened(uow, principal, row, now)
    about = About(f"Đính chính theo yêu cầu số {request.number}", request.words[:500], row.cadre.full_name)
    change = changes.create(uow, principal, row.dossier.id, about, now, request.id)
    change.declared_on, request.change_id = request.received_on.isoformat(), change.id
    _note(uow, principal, Verb.SUBJECT_ANSWER, row, now, {"act": "correct", "change": change.id})
    return change.id


def _opened(uow: UnitOfWork, principal: Principal, row: RequestRow, now: datetime) -> None:
    if not custody.is_open(uow, principal, row.dossier.id, now):
        raise InvalidInput("opening", "Hãy mở hồ sơ, nêu mục đích, rồi làm tiếp ở đây.")


@dataclass(frozen=True)
class Extract:
    """What the person is given of their own record; groups the officer may not read are named as left out."""

    view: RequestView
    facts: tuple[RecordFact, ...]
    left_out: tuple[str, ...]
    entered: SecretCopy | None = None
    """Its line in the register of copies, where there is a level in it."""


def extract(
    uow: UnitOfWork, principal: Principal, request_id: str, now: datetime, leaving: Leaving | None = None
) -> Extract:
    """The facts in force of the person's own record, under a running opening; journalled with how many.

    With a level in it, it leaves by the register of copies: InvalidInput when that is not said.
    """
    row = _found(uow, principal, request_id, Verb.SUBJECT_EXTRACT)
    if row.request.kind != RequestKind.EXTRACT or row.request.state not in RUNNING:
        raise InvalidInput("act", "Chỉ yêu cầu trích thông tin còn đang làm mới lập được bản trích.")
    _opened(uow, principal, row, now)
    held = record.facts_of(uow, principal, row.dossier.id)
    given = tuple(fact for fact in held if not fact.masked)
    level, compartment = profiles.level_of(row.dossier, given)
    target = replace(target_of(row), secrecy=level, compartment=compartment)
    what, number = What("request", row.request.id, row.request.number), row.request.number
    copied = Copied("profile", what, target, row.dossier.unit_id, row.dossier.id)
    entered = secret_copies.enter(uow, principal, copied, leaving, f"Yêu cầu của cán bộ số {number}", now)
    groups = sorted({fact.item.sensitive for fact in held if fact.masked})
    detail = {"dossier": row.dossier.id, "facts": len(given), "left_out": len(groups)}
    note(uow, principal, Verb.SUBJECT_EXTRACT, now, target=target, what=what, detail=detail)
    return Extract(_view(row, _today(now)), given, tuple(SENSITIVE_LABELS[name] for name in groups), entered)


@dataclass(frozen=True)
class Sight:
    """Somebody saw the record: when first, in what role and for what unit, for which purpose, how often."""

    at: str
    unit: str
    role: str
    verb: str
    purpose: str
    times: int


@dataclass(frozen=True)
class Sights:
    """Who has seen a record, newest first."""

    view: RequestView
    lines: tuple[Sight, ...]


def viewers(uow: UnitOfWork, principal: Principal, request_id: str, now: datetime) -> Sights:
    """Who has seen the record, from the journal: unit, role and purpose, never the name.

    The person has a right to know that and why their data were read; the reader's own name is another person's data,
    and naming a checker to the one checked would make the next one look away. The reviewer finds the name by the row.
    The words of a purpose are left out too: they may speak of others. Only rows the asking officer may know of: a look
    into a compartment they are not in stays untold. Looks of one opening are one line.
    """
    row = _found(uow, principal, request_id, Verb.SUBJECT_EXTRACT)
    if row.request.kind != RequestKind.VIEWERS or row.request.state not in RUNNING:
        raise InvalidInput("act", "Chỉ yêu cầu cho biết ai đã xem còn đang làm mới lập được danh sách.")
    view = visibility(principal, Action.SUBJECT_MANAGE)
    objects = store.objects_of(uow.session, row.dossier.id)
    grouped: dict[tuple[str, str, str], Sight] = {}
    found = sorted(store.seen_rows(uow.session, view, objects, [str(verb) for verb in SEEN_BY]), key=lambda e: e[0].seq)
    for entry, unit in found:
        opening = json.loads(entry.detail).get("opening", "")
        key = (entry.actor_id, entry.verb, opening or entry.at[:10])
        before = grouped.get(key)
        times = before.times + 1 if before else 1
        at = before.at if before else entry.at
        grouped[key] = Sight(at, unit, entry.role, entry.verb, entry.purpose, times)
    _note(uow, principal, Verb.SUBJECT_EXTRACT, row, now, {"kind": "viewers", "lines": len(grouped)})
    return Sights(_view(row, _today(now)), tuple(sorted(grouped.values(), key=lambda each: each.at, reverse=True)))
