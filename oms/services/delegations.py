"""Authority lent in writing: part of one's units, for some days, to a deputy, never onward, ended at any time."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from oms.domain.access import Action, Principal, Role, covers
from oms.domain.actions import ROLE_ACTIONS
from oms.domain.approvals import MAX_REASON, MIN_REASON
from oms.domain.journal import Verb
from oms.domain.records import day_in_hanoi
from oms.errors import InvalidInput, Refused
from oms.services import policy
from oms.services.house import What, note, require
from oms.services.typed_words import squeezed
from oms.store import delegations as store
from oms.store import people, units
from oms.store.db import UnitOfWork
from oms.store.duty_tables import Delegation
from oms.store.tables import Account, Unit
from vietnamese.dates import parse_date


@dataclass(frozen=True)
class NewDelegation:
    """What is typed to lend authority."""

    deputy_id: str
    unit_ids: tuple[int, ...]
    starts_on: str
    ends_on: str
    document_no: str
    reason: str


def may_hold(role: str) -> bool:
    """Whether a role may act with another's authority: only one that could lend its own, so that duties stay apart."""
    return Action.DELEGATE in ROLE_ACTIONS[Role(role)]


def make(uow: UnitOfWork, principal: Principal, new: NewDelegation, now: datetime) -> Delegation:
    """Lends authority. Refused while acting with somebody else's: what was lent is not lent on.

    InvalidInput names the field: a deputy who may not hold it, a unit not one's own, days beyond the policy.
    """
    require(principal, Action.DELEGATE, Verb.DELEGATION_MAKE)
    if principal.behalf_of:
        raise Refused(
            Verb.DELEGATION_MAKE, kind="account", object_id=new.deputy_id, reason="lent authority is not lent"
        )
    deputy = _deputy(uow, principal, new.deputy_id)
    chosen = {unit.id: unit for unit in own_units(uow, principal)}
    if not new.unit_ids or any(unit_id not in chosen for unit_id in new.unit_ids):
        raise InvalidInput("units", "Hãy chọn ít nhất một đơn vị trong phạm vi của anh/chị.")
    starts, ends = _days(uow, new, now)
    number, reason = squeezed(new.document_no, 80), squeezed(new.reason, MAX_REASON)
    if len(number) < 3:
        raise InvalidInput("document_no", "Hãy ghi số văn bản uỷ quyền.")
    if len(reason) < MIN_REASON:
        raise InvalidInput("reason", f"Hãy ghi lý do, ít nhất {MIN_REASON} ký tự.")
    row = Delegation(
        giver_id=principal.account_id,
        deputy_id=deputy.id,
        unit_ids=json.dumps(sorted(set(new.unit_ids))),
        starts_on=starts,
        ends_on=ends,
        document_no=number,
        reason=reason,
        made_at=now,
        end_reason="",
    )
    uow.session.add(row)
    uow.session.flush()
    detail = {"deputy": deputy.id, "units": sorted(set(new.unit_ids)), "from": f"{starts}", "until": f"{ends}"}
    note(uow, principal, Verb.DELEGATION_MAKE, now, what=What("delegation", row.id, deputy.username), detail=detail)
    return row


def _deputy(uow: UnitOfWork, principal: Principal, deputy_id: str) -> Account:
    known = {account.id: account for account, _unit in deputies(uow, principal)}
    if deputy_id not in known:
        raise InvalidInput("deputy_id", "Hãy chọn người được uỷ quyền: cán bộ tổ chức hoặc lãnh đạo đang làm việc.")
    return known[deputy_id]


def deputies(uow: UnitOfWork, principal: Principal) -> list[tuple[Account, Unit]]:
    """Who may be given one's authority: active leaders and officers of units inside one's own scope, by name."""
    return [
        (account, unit)
        for account, unit in people.all_accounts(uow.session)
        if account.active
        and account.id != principal.account_id
        and may_hold(account.role)
        and any(covers(scope, unit.path) for scope in principal.scopes)
    ]


def own_units(uow: UnitOfWork, principal: Principal) -> list[Unit]:
    """The units one may lend: those in one's scopes, from the top."""
    return [
        unit for unit in units.everything(uow.session) if any(covers(scope, unit.path) for scope in principal.scopes)
    ]


def _days(uow: UnitOfWork, new: NewDelegation, now: datetime) -> tuple[date, date]:
    found = []
    for field, typed in (("starts_on", new.starts_on), ("ends_on", new.ends_on)):
        parsed = parse_date(typed) if typed.strip() else None
        if parsed is None or len(parsed.iso()) != 10:
            raise InvalidInput(field, "Hãy nhập ngày như 31/12/2026.")
        found.append(date.fromisoformat(parsed.iso()))
    starts, ends = found
    most = policy.value(uow, "delegation_days_max", now)
    if starts < day_in_hanoi(now):
        raise InvalidInput("starts_on", "Ngày bắt đầu đã qua.")
    if ends < starts:
        raise InvalidInput("ends_on", "Ngày kết thúc phải từ ngày bắt đầu trở đi.")
    if ends - starts > timedelta(days=most - 1):
        raise InvalidInput("ends_on", f"Một lần uỷ quyền dài nhất {most} ngày.")
    return starts, ends


def end(uow: UnitOfWork, principal: Principal, delegation_id: str, reason: str, now: datetime) -> Delegation:
    """Withdraws what one lent, or lays down what one was lent; counts from the next request on."""
    require(principal, Action.DELEGATE, Verb.DELEGATION_END, kind="delegation", object_id=delegation_id)
    row = store.find(uow.session, delegation_id)
    if row is None or principal.account_id not in (row.giver_id, row.deputy_id):
        raise Refused(Verb.DELEGATION_END, kind="delegation", object_id=delegation_id, reason="missing or not theirs")
    if row.ended_at is not None:
        raise InvalidInput("reason", "Lần uỷ quyền này đã kết thúc.")
    words = squeezed(reason, MAX_REASON)
    if len(words) < MIN_REASON:
        raise InvalidInput("reason", f"Hãy ghi lý do, ít nhất {MIN_REASON} ký tự.")
    _end(uow, principal, row, words, now)
    return row


def _end(uow: UnitOfWork, principal: Principal, row: Delegation, reason: str, now: datetime) -> None:
    row.ended_by, row.ended_at, row.end_reason = principal.account_id, now, reason
    what = What("delegation", row.id)
    note(uow, principal, Verb.DELEGATION_END, now, what=what, detail={"giver": row.giver_id, "deputy": row.deputy_id})


def end_all(uow: UnitOfWork, principal: Principal, account_id: str, reason: str, now: datetime) -> int:
    """Ends everything an account lent or was lent: it was switched off, or has another duty. Returns how many."""
    rows = store.running_of(uow.session, account_id)
    for row in rows:
        _end(uow, principal, row, reason, now)
    return len(rows)


@dataclass(frozen=True)
class Lent:
    """One delegation as its page shows it."""

    row: Delegation
    other: Account
    units: tuple[Unit, ...]
    state: str
    """soon | running | over | ended"""


@dataclass(frozen=True)
class DelegationPage:
    """What one lent and what one was lent, and what the form offers."""

    given: tuple[Lent, ...]
    held: tuple[Lent, ...]
    deputies: tuple[tuple[Account, Unit], ...]
    units: tuple[Unit, ...]
    most_days: int


def page(uow: UnitOfWork, principal: Principal, now: datetime) -> DelegationPage:
    """What the person lent and was lent; a look is a row."""
    require(principal, Action.DELEGATE, Verb.DELEGATION_LIST)
    today = day_in_hanoi(now)
    given = [_lent(uow, row, other, today) for row, other in store.given_by(uow.session, principal.account_id)]
    held = [_lent(uow, row, other, today) for row, other in store.held_by(uow.session, principal.account_id, today)]
    note(uow, principal, Verb.DELEGATION_LIST, now, detail={"given": len(given), "held": len(held)})
    most = policy.value(uow, "delegation_days_max", now)
    return DelegationPage(
        tuple(given), tuple(held), tuple(deputies(uow, principal)), tuple(own_units(uow, principal)), most
    )


def _lent(uow: UnitOfWork, row: Delegation, other: Account, today: date) -> Lent:
    state = "running"
    if row.ended_at is not None:
        state = "ended"
    elif today < row.starts_on:
        state = "soon"
    elif today > row.ends_on:
        state = "over"
    return Lent(row, other, tuple(store.units_of(uow.session, row)), state)


def offered(uow: UnitOfWork, account_id: str, now: datetime) -> list[tuple[Delegation, Account]]:
    """Whose authority an account may act with now, for the head of the page; no record, so no row."""
    return store.held_by(uow.session, account_id, day_in_hanoi(now))


def acting(uow: UnitOfWork, person: Principal, delegation_id: str, now: datetime) -> Principal:
    """The person of a session that acts with a delegation; as they are when it lends nothing any more."""
    return store.acting(uow.session, person, delegation_id, day_in_hanoi(now))


def use(uow: UnitOfWork, principal: Principal, delegation_id: str, now: datetime) -> str:
    """Begins ("" stops) to act with a delegation; returns what the session is to keep.

    Refused when it lends this person nothing now. Counts from the next request on.
    """
    what = What("delegation", delegation_id)
    if not delegation_id:
        note(uow, principal, Verb.DELEGATION_USE, now, what=What("delegation"), detail={"begins": False})
        return ""
    row = store.find(uow.session, delegation_id)
    own = {found.id for found, _giver in offered(uow, principal.account_id, now)}
    if row is None or delegation_id not in own:
        raise Refused(Verb.DELEGATION_USE, kind="delegation", object_id=delegation_id, reason="missing or not theirs")
    note(uow, principal, Verb.DELEGATION_USE, now, what=what, detail={"begins": True, "giver": row.giver_id})
    return delegation_id


def behind(uow: UnitOfWork, account_ids: Collection[str], since: datetime) -> set[str]:
    """The accounts and those whose authority they could act with since a moment: one side of an act of two persons."""
    return set(account_ids) | store.givers_behind(uow.session, account_ids, since)


def same_side(uow: UnitOfWork, principal: Principal, account_ids: Sequence[str | None], since: datetime) -> bool:
    """Whether a person, or whose authority they use, stands on the side of those who did the first half of an act."""
    return bool(principal.persons & behind(uow, {each for each in account_ids if each}, since))
