"""Acts of two persons: asked by one, decided by another of another unit, carried out in the decision's transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from oms.domain.access import Action, Principal, Target, visibility
from oms.domain.approvals import (
    DUTIES,
    MAX_REASON,
    MIN_REASON,
    MUTUAL,
    OFFICES,
    Kind,
    Line,
    Request,
    State,
    is_mutual,
    state_at,
    why_not_second,
)
from oms.domain.journal import Verb
from oms.domain.records import day_in_hanoi
from oms.errors import Conflict, InvalidInput, Refused
from oms.services import case_follow, notices, policy
from oms.services.house import What, Why, note, require_role
from oms.services.typed_words import squeezed
from oms.store import approvals as store
from oms.store import delegations, people
from oms.store.db import UnitOfWork
from oms.store.duty_tables import Approval

CarryOut = Callable[[UnitOfWork, Approval, Principal, datetime], None]
"""What an approved request does: gets the request and the person who decided. InvalidInput or Conflict when the world
is no longer the one that was asked about; then nothing is decided."""

_CARRY_OUT: dict[Kind, CarryOut] = {}
CASES: Mapping[str, str] = {Kind.DECLASSIFY: "declassify"}
"""The acts of two persons that run as cases, and as which kind; who asks for one begins its case."""


def register(kind: Kind, carry_out: CarryOut) -> None:
    """Says what an approval of a kind carries out. A kind taken later (:attr:`Duty.taken_later`) needs none."""
    _CARRY_OUT[kind] = carry_out


@dataclass(frozen=True)
class Wanted:
    """What is asked for. ``lines`` say it to the person who decides; ``payload`` says it to what carries it out.

    ``target`` is the object as the rule sees it: only who may know of it sees the request. ``for_account`` is the
    account it is about, who may never decide it.
    """

    kind: Kind
    what: What
    target: Target
    reason: str
    lines: Sequence[Line]
    payload: Mapping[str, Any] = field(default_factory=dict)
    for_account: str = ""


def ask(uow: UnitOfWork, principal: Principal, wanted: Wanted, now: datetime) -> Approval:
    """Puts a request before a second person. The caller has asked the rule whether this person may do the act at all.

    Refused when the role may not ask for it, when it is about the asker, or when the two would return a favour.
    """
    kind, who = wanted.kind, wanted.what
    if principal.role not in DUTIES[kind].ask or not _knows(principal, wanted.target, kind):
        raise Refused(Verb.APPROVAL_ASK, kind=who.kind, object_id=who.id, reason="may not ask for this")
    if wanted.for_account and wanted.for_account in principal.persons:
        raise Refused(Verb.APPROVAL_ASK, kind=who.kind, object_id=who.id, reason="about the asker")
    given = store.favours(uow.session, now - MUTUAL)
    if wanted.for_account and is_mutual(wanted.for_account, principal.persons, given):
        raise Refused(Verb.APPROVAL_ASK, kind=who.kind, object_id=who.id, reason="a favour returned")
    reason = squeezed(wanted.reason, MAX_REASON)
    if len(reason) < MIN_REASON:
        raise InvalidInput("reason", f"Hãy ghi lý do, ít nhất {MIN_REASON} ký tự.")
    if store.open_for(uow.session, kind, who.id, now) is not None:
        raise InvalidInput("reason", "Đã có một đề nghị như thế đang chờ quyết định.")
    row = Approval(
        kind=kind,
        object_kind=who.kind,
        object_id=who.id,
        label=who.label[:200],
        payload=json.dumps(wanted.payload, ensure_ascii=False, sort_keys=True),
        lines=json.dumps([asdict(line) for line in wanted.lines], ensure_ascii=False),
        unit_path=wanted.target.unit_path,
        secrecy=int(wanted.target.secrecy),
        compartment=wanted.target.compartment,
        dossier_id=wanted.target.dossier_id or None,
        asked_by=principal.account_id,
        asked_behalf=principal.behalf_of,
        asked_unit_id=principal.unit_id,
        asked_for_account=wanted.for_account,
        reason=reason,
        asked_at=now,
        expires_at=now + timedelta(days=policy.value(uow, "approval_days", now)),
        state=State.WAITING,
        decision_reason="",
        decided_behalf="",
    )
    uow.session.add(row)
    uow.session.flush()
    detail = {"kind": str(kind), "object": who.id, "for": wanted.for_account}
    note(uow, principal, Verb.APPROVAL_ASK, now, what=_what(row), target=wanted.target, detail=detail)
    notices.tell(uow, _seconds(uow, row, now), "approval_asked", "approval", row.id, row.label, now)
    return row


def _seconds(uow: UnitOfWork, row: Approval, now: datetime) -> list[str]:
    """Who may decide a request by their own authority, as everybody's rights stand now."""
    duty, today, found = DUTIES[Kind(row.kind)], day_in_hanoi(now), []
    for account, _unit in people.all_accounts(uow.session):
        if not account.active or account.role not in duty.decide:
            continue
        person = people.principal_of(uow.session, account, today=today)
        if store.find(uow.session, person, row.id) is not None and hindrance(uow, person, row, now) is None:
            found.append(account.id)
    return found


def _knows(principal: Principal, target: Target, kind: Kind) -> bool:
    """Whether a person may know of an object: the same clauses as the list's."""
    if principal.role in OFFICES:
        return not DUTIES[kind].on_records
    return visibility(principal, Action.APPROVAL_VIEW).admits(target)


def _what(row: Approval) -> What:
    return What("approval", row.id, row.label)


def target_of(row: Approval) -> Target:
    """A request as the access rule sees it."""
    return Target(row.unit_path, row.secrecy, row.compartment, dossier_id=row.dossier_id or "")


def payload_of(row: Approval) -> dict[str, Any]:
    """What a request says to what carries it out."""
    found: dict[str, Any] = json.loads(row.payload)
    return found


def lines_of(row: Approval) -> tuple[Line, ...]:
    """What will happen, line by line."""
    return tuple(Line(**each) for each in json.loads(row.lines))


def _found(uow: UnitOfWork, principal: Principal, approval_id: str, verb: Verb) -> Approval:
    require_role(principal, Action.APPROVAL_VIEW, verb)
    row = store.find(uow.session, principal, approval_id)
    if row is None:
        raise Refused(verb, kind="approval", object_id=approval_id, reason="missing or not visible")
    return row


def _askers(row: Approval) -> frozenset[str]:
    return frozenset({row.asked_by, row.asked_behalf} - {""})


def hindrance(uow: UnitOfWork, principal: Principal, row: Approval, now: datetime) -> str | None:
    """Why the person may not be the second of a request, or None."""
    return _hindrances(uow, principal, [row], now)[row.id]


def _hindrances(
    uow: UnitOfWork, principal: Principal, rows: Sequence[Approval], now: datetime
) -> dict[str, str | None]:
    """As :func:`hindrance`, of each of some requests, in as many questions as of one."""
    if not rows:
        return {}
    askers = frozenset[str]().union(*map(_askers, rows))
    home = people.unit_of_each(uow.session, askers | principal.persons)
    theirs = frozenset(home[each] for each in principal.persons if each in home) | {principal.unit_id}
    given = store.favours(uow.session, now - MUTUAL) if any(row.asked_for_account for row in rows) else []
    found = {}
    for row in rows:
        units = frozenset(home[each] for each in _askers(row) if each in home) | {row.asked_unit_id}
        request = Request(Kind(row.kind), _askers(row), units, row.asked_for_account)
        found[row.id] = why_not_second(request, principal, theirs, given if row.asked_for_account else [])
    return found


def decide(
    uow: UnitOfWork, principal: Principal, approval_id: str, approve: bool, reason: str, now: datetime
) -> Approval:
    """Approves (and carries out in this transaction) or refuses a request.

    Refused when this person may not be its second. Conflict when somebody else was first, or when the asker has since
    lost the account or the right; what carries it out says whether the object is still the same.
    """
    row = _found(uow, principal, approval_id, Verb.APPROVAL_DECIDE)
    hindered = hindrance(uow, principal, row, now)
    if hindered is not None:
        raise Refused(Verb.APPROVAL_DECIDE, kind="approval", object_id=approval_id, label=row.label, reason=hindered)
    if state_at(row.state, row.expires_at, now) is not State.WAITING:
        raise InvalidInput("decision", "Đề nghị này đã được quyết định, đã rút hoặc đã hết hạn.")
    words = squeezed(reason, MAX_REASON)
    if not approve and len(words) < MIN_REASON:
        raise InvalidInput("decision_reason", f"Hãy ghi vì sao không duyệt, ít nhất {MIN_REASON} ký tự.")
    kind = Kind(row.kind)
    if approve:
        _require_asker(uow, row, now)
    after = (State.APPROVED if DUTIES[kind].taken_later else State.DONE) if approve else State.REFUSED
    if not store.take(uow.session, approval_id, State.WAITING, after):
        raise Conflict
    uow.session.refresh(row)
    row.decided_by, row.decided_behalf, row.decided_at = principal.account_id, principal.behalf_of, now
    row.decided_unit_id, row.decision_reason = principal.unit_id, words
    if approve and DUTIES[kind].taken_later:
        row.expires_at = now + timedelta(days=policy.value(uow, "export_days", now))
    detail = {"kind": row.kind, "object": row.object_id, "approved": approve, "asked_by": row.asked_by}
    note(uow, principal, Verb.APPROVAL_DECIDE, now, what=_what(row), target=target_of(row), detail=detail)
    notices.tell(uow, _askers(row), "approval_decided", "approval", row.id, row.label, now)
    if after is State.DONE:
        row.carried_out_at = now
        _CARRY_OUT[kind](uow, row, principal, now)
    uow.session.flush()
    case_follow.follow(uow, principal, CASES.get(row.kind, ""), row.id, row.state, now)
    return row


def _askers_now(uow: UnitOfWork, row: Approval, now: datetime) -> list[Principal]:
    """Whoever asked, with the rights and the lent authority they have now; nobody when the account is switched off."""
    account, today = people.by_id(uow.session, row.asked_by), day_in_hanoi(now)
    if account is None or not account.active:
        return []
    person = people.principal_of(uow.session, account, today=today)
    if not row.asked_behalf:
        return [person]
    lent = delegations.held_by(uow.session, account.id, today)
    return [delegations.acting(uow.session, person, each.id, today) for each, giver in lent
            if giver.id == row.asked_behalf]  # fmt: skip


def _require_asker(uow: UnitOfWork, row: Approval, now: datetime) -> None:
    """InvalidInput unless whoever asked could ask for the same today."""
    kind, target = Kind(row.kind), target_of(row)
    if not any(each.role in DUTIES[kind].ask and _knows(each, target, kind) for each in _askers_now(uow, row, now)):
        raise InvalidInput("decision", "Người đề nghị không còn quyền đề nghị việc này; hãy từ chối đề nghị.")


def withdraw(uow: UnitOfWork, principal: Principal, approval_id: str, now: datetime) -> Approval:
    """Takes back a request of one's own that nobody has carried out."""
    row = _found(uow, principal, approval_id, Verb.APPROVAL_WITHDRAW)
    if row.asked_by != principal.account_id:
        raise Refused(Verb.APPROVAL_WITHDRAW, kind="approval", object_id=approval_id, reason="asked by another")
    before = State(row.state)
    if state_at(row.state, row.expires_at, now) not in (State.WAITING, State.APPROVED):
        raise InvalidInput("decision", "Đề nghị này đã được quyết định, đã rút hoặc đã hết hạn.")
    if not store.take(uow.session, approval_id, before, State.WITHDRAWN):
        raise Conflict
    uow.session.refresh(row)
    note(uow, principal, Verb.APPROVAL_WITHDRAW, now, what=_what(row), target=target_of(row))
    case_follow.follow(uow, principal, CASES.get(row.kind, ""), row.id, row.state, now)
    return row


def taken(uow: UnitOfWork, principal: Principal, approval_id: str, kind: Kind, now: datetime) -> Approval:
    """Uses up an approved request of one's own that is carried out later; once, and by whoever asked.

    Refused for others, InvalidInput when it is not approved or its days are over, Conflict when it was just used.
    """
    row = _found(uow, principal, approval_id, Verb.APPROVAL_ASK)
    if row.asked_by != principal.account_id or row.asked_behalf != principal.behalf_of or row.kind != kind:
        raise Refused(Verb.APPROVAL_ASK, kind="approval", object_id=approval_id, reason="not this person's")
    if state_at(row.state, row.expires_at, now) is not State.APPROVED:
        raise InvalidInput("approval", "Đề nghị này chưa được duyệt, đã dùng hoặc đã hết hạn.")
    if not store.take(uow.session, approval_id, State.APPROVED, State.DONE):
        raise Conflict
    uow.session.refresh(row)
    row.carried_out_at = now
    return row


def expire(uow: UnitOfWork, now: datetime) -> int:
    """Marks requests past their last moment, each with a row; returns how many. They count as expired before it."""
    rows = store.overdue(uow.session, now)
    for row in rows:
        row.state = State.EXPIRED
        note(uow, None, Verb.APPROVAL_EXPIRE, now, what=_what(row), target=target_of(row), why=Why("past its time"))
        case_follow.follow(uow, None, CASES.get(row.kind, ""), row.id, row.state, now)
    return len(rows)


@dataclass(frozen=True)
class Seen:
    """A request as its line and its page show it."""

    row: Approval
    state: State
    lines: tuple[Line, ...]
    names: Mapping[str, str]
    hindered: str | None
    mine: bool

    @property
    def may_decide(self) -> bool:
        return self.state is State.WAITING and self.hindered is None


@dataclass(frozen=True)
class Desk:
    """Requests that wait for this person, that they asked for, and that are over."""

    waiting: tuple[Seen, ...]
    mine: tuple[Seen, ...]
    over: tuple[Seen, ...]
    over_total: int


_OVER = (State.DONE, State.REFUSED, State.WITHDRAWN, State.EXPIRED)


def desk(uow: UnitOfWork, principal: Principal, limit: int, offset: int, now: datetime) -> Desk:
    """What waits for the person, what they asked for, what is over; a look is a row."""
    require_role(principal, Action.APPROVAL_VIEW, Verb.APPROVAL_LIST)
    session = uow.session
    asked = store.waiting_for(session, principal, now)
    hindered = _hindrances(uow, principal, asked, now)
    waiting = [row for row in asked if not hindered[row.id]]
    mine, _ = store.listed(session, principal, (State.WAITING, State.APPROVED), now, mine=True, limit=200)
    over, total = store.listed(session, principal, _OVER, now, limit=limit, offset=offset)
    detail = {"waiting": len(waiting), "mine": len(mine), "over": len(over)}
    note(uow, principal, Verb.APPROVAL_LIST, now, detail=detail)
    names = _names(uow, [*waiting, *mine, *over])
    hindered |= _hindrances(uow, principal, [row for row in mine if row.id not in hindered], now)

    def seen(rows: Sequence[Approval]) -> tuple[Seen, ...]:
        return tuple(_seen(principal, row, names, hindered.get(row.id), now) for row in rows)

    return Desk(seen(waiting), seen(mine), seen(over), total)


def view(uow: UnitOfWork, principal: Principal, approval_id: str, now: datetime) -> Seen:
    """One request with what will happen; a look is a row."""
    row = _found(uow, principal, approval_id, Verb.APPROVAL_LIST)
    note(uow, principal, Verb.APPROVAL_LIST, now, what=_what(row), target=target_of(row))
    return _seen(principal, row, _names(uow, [row]), hindrance(uow, principal, row, now), now)


def waiting_count(uow: UnitOfWork, principal: Principal, now: datetime) -> int:
    """How many requests wait for this person's decision, for the home page."""
    rows = store.waiting_for(uow.session, principal, now)
    return sum(why is None for why in _hindrances(uow, principal, rows, now).values())


def _names(uow: UnitOfWork, rows: Sequence[Approval]) -> dict[str, str]:
    ids = {each for row in rows for each in (row.asked_by, row.asked_behalf, row.decided_by, row.decided_behalf)}
    return people.names_of(uow.session, {each for each in ids if each})


def _seen(principal: Principal, row: Approval, names: Mapping[str, str], why_not: str | None, now: datetime) -> Seen:
    state = state_at(row.state, row.expires_at, now)
    hindered = why_not if state is State.WAITING else "over"
    return Seen(row, state, lines_of(row), names, hindered, row.asked_by == principal.account_id)
