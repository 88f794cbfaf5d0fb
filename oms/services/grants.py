"""Granting levels, compartments and private fields: never for oneself, and the highest by two persons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from oms.domain.access import RECORD_ACTIONS, ROLE_ACTIONS, Action, Principal, Role, Secrecy, Target, covers
from oms.domain.approvals import GRANT_KINDS, MAX_REASON, MIN_REASON, Kind, Line
from oms.domain.catalogue import COMPARTMENTS, ROLE_LABELS, SECRECY_LABELS
from oms.domain.entitlements import add_months
from oms.domain.journal import Verb
from oms.domain.record_items import SENSITIVE_LABELS
from oms.domain.records import day_in_hanoi
from oms.errors import InvalidInput, Refused
from oms.services import approvals, policy
from oms.services.accounts import FOLDER_ACCOUNT
from oms.services.house import What, note, require
from oms.services.typed_words import squeezed
from oms.store import grants as store
from oms.store import people, units
from oms.store.db import UnitOfWork
from oms.store.duty_tables import AccountGrant
from oms.store.duty_tables import Approval as Approval
from oms.store.tables import Account, Unit
from vietnamese.dates import parse_date
from vietnamese.text import fold

CLEARANCE, COMPARTMENT, SENSITIVE = "clearance", "compartment", "sensitive"
ALONE = Secrecy.TOI_MAT
"""The highest level one security officer grants alone."""


@dataclass(frozen=True)
class Gift:
    """What is to be granted, as typed; ``until`` its last day ("" = none)."""

    kind: str
    value: str
    until: str = ""
    reason: str = ""


def words_of(kind: str, value: str) -> str:
    """A grant in words."""
    if kind == CLEARANCE:
        return SECRECY_LABELS.get(int(value), value)
    return (COMPARTMENTS if kind == COMPARTMENT else SENSITIVE_LABELS).get(value, value)


def _account(uow: UnitOfWork, principal: Principal, account_id: str, verb: Verb, *, own: bool = False) -> Account:
    """The account, for the security officer; never their own (but to look at), nor the folder's."""
    require(principal, Action.GRANT_LEVEL, verb, kind="account", object_id=account_id)
    account = people.by_id(uow.session, account_id)
    if account is None or account.username == FOLDER_ACCOUNT or (account_id in principal.persons and not own):
        raise Refused(verb, kind="account", object_id=account_id, reason="missing, own or the folder's")
    return account


def needs_second(gift: Gift) -> bool:
    """Whether a grant takes two persons: Tuyệt mật, and every compartment."""
    return gift.kind == COMPARTMENT or (gift.kind == CLEARANCE and int(gift.value) > ALONE)


def give(uow: UnitOfWork, principal: Principal, account_id: str, gift: Gift, now: datetime) -> AccountGrant | Approval:
    """Grants at once what one officer may grant alone; asks for the rest, which another decides.

    InvalidInput when the value, the last day or the reason does not fit, or the role reads no records.
    """
    account = _account(uow, principal, account_id, Verb.GRANT_GIVE)
    until = _checked(uow, account, gift, now)
    reason = squeezed(gift.reason, MAX_REASON)
    if len(reason) < MIN_REASON:
        raise InvalidInput("reason", f"Hãy ghi lý do, ít nhất {MIN_REASON} ký tự.")
    if needs_second(gift):
        return _ask(uow, principal, account, gift, until, reason, now)
    return _give(uow, principal, account, gift, until, reason, "", now)


def reads_records(role: str) -> bool:
    """Whether a role touches records at all; to others nothing is granted."""
    return bool(ROLE_ACTIONS[Role(role)] & RECORD_ACTIONS)


def _checked(uow: UnitOfWork, account: Account, gift: Gift, now: datetime) -> date | None:
    known = {CLEARANCE: {str(int(level)) for level in Secrecy if level}, COMPARTMENT: set(COMPARTMENTS),
             SENSITIVE: set(SENSITIVE_LABELS)}  # fmt: skip
    if gift.value not in known.get(gift.kind, set()):
        raise InvalidInput("value", "Hãy chọn quyền có trong danh mục.")
    if not reads_records(account.role):
        raise InvalidInput("value", "Vai trò này không đọc hồ sơ nên không được cấp độ mật, khu vực, thông tin riêng.")
    found = parse_date(gift.until) if gift.until.strip() else None
    if gift.until.strip() and (found is None or len(found.iso()) != 10):
        raise InvalidInput("until", "Ngày hết hạn chưa đúng: hãy nhập như 31/12/2026.")
    until, today = date.fromisoformat(found.iso()) if found else None, day_in_hanoi(now)
    if until is not None and until < today:
        raise InvalidInput("until", "Ngày hết hạn đã qua.")
    held = _held(uow, account, gift.kind)
    if gift.value in held and held[gift.value] == until:
        raise InvalidInput("value", "Tài khoản đang có quyền này.")
    return until


def _held(uow: UnitOfWork, account: Account, kind: str) -> dict[str, date | None]:
    """What the account holds of a kind with its last day, whether that is past or not."""
    every = store.held_of(uow.session, [account])[account.id]
    return {value: last for (of_kind, value), last in every.items() if of_kind == kind}


def _standing(uow: UnitOfWork, account: Account, kind: str, value: str) -> list[str]:
    """What a grant would take the place of: the level held now, or the same compartment or group."""
    held = _held(uow, account, kind)
    return sorted(held if kind == CLEARANCE else held.keys() & {value})


def _ask(
    uow: UnitOfWork, principal: Principal, account: Account, gift: Gift, until: date | None, reason: str, now: datetime
) -> Approval:
    unit = units.by_id(uow.session, account.unit_id)
    held = _standing(uow, account, gift.kind, gift.value)
    before = ", ".join(words_of(gift.kind, value) for value in held) or "không có"
    after = words_of(gift.kind, gift.value) + (f", đến hết ngày {until:%d/%m/%Y}" if until else ", không thời hạn")
    line = Line(f"{GRANT_KINDS[gift.kind]} của {account.display_name} ({account.username})", before, after)
    payload = {
        "account": account.id,
        "kind": gift.kind,
        "value": gift.value,
        "until": until.isoformat() if until else "",
        "before": held,
        "role": account.role,
        "unit": account.unit_id,
    }
    what = What(
        "grant",
        f"{account.id}:{gift.kind}:{gift.value}"[:64],
        f"{words_of(gift.kind, gift.value)} – {account.username}",
    )
    target = Target(unit.path if unit else "?")
    wanted = approvals.Wanted(Kind.GRANT, what, target, reason, (line,), payload, account.id)
    return approvals.ask(uow, principal, wanted, now)


def _give(
    uow: UnitOfWork,
    principal: Principal,
    account: Account,
    gift: Gift,
    until: date | None,
    reason: str,
    approval_id: str,
    now: datetime,
) -> AccountGrant:
    """Writes a grant; a level takes the place of the one before, another grant of the same value its last day."""
    held = sorted(_held(uow, account, gift.kind))
    replaced = None if gift.kind == CLEARANCE else gift.value
    store.end(uow.session, account.id, gift.kind, replaced, principal.account_id, now, "cấp lại")
    row = AccountGrant(
        account_id=account.id,
        kind=gift.kind,
        value=gift.value,
        until=until,
        reason=reason,
        granted_by=principal.account_id,
        granted_at=now,
        approval_id=approval_id,
        end_reason="",
    )
    store.add(uow.session, row)
    detail = {"kind": gift.kind, "value": gift.value, "until": until.isoformat() if until else "", "before": held}
    detail |= {"approval": approval_id} if approval_id else {}
    note(uow, principal, Verb.GRANT_GIVE, now, what=What("account", account.id, account.username), detail=detail)
    return row


def _carry_out(uow: UnitOfWork, asked: Approval, principal: Principal, now: datetime) -> None:
    """Gives what two persons agreed on, unless the account is no longer the one that was asked about."""
    wanted = approvals.payload_of(asked)
    account = people.by_id(uow.session, str(wanted["account"]))
    same = (
        account is not None
        and account.active
        and (account.role, account.unit_id)
        == (
            wanted["role"],
            wanted["unit"],
        )
    )
    if account is None or not same or _standing(uow, account, wanted["kind"], wanted["value"]) != wanted["before"]:
        raise InvalidInput("decision", "Tài khoản đã thay đổi từ lúc đề nghị; hãy từ chối và đề nghị lại.")
    until = date.fromisoformat(wanted["until"]) if wanted["until"] else None
    if until is not None and until < day_in_hanoi(now):
        raise InvalidInput("decision", "Thời hạn đề nghị cấp đã qua; hãy từ chối và đề nghị lại.")
    gift = Gift(wanted["kind"], wanted["value"])
    _give(uow, principal, account, gift, until, asked.reason, asked.id, now)


approvals.register(Kind.GRANT, _carry_out)


def remove(
    uow: UnitOfWork, principal: Principal, account_id: str, kind: str, value: str, reason: str, now: datetime
) -> None:
    """Takes a grant away at once, alone, with a reason. A removal needs no second person: it only restricts."""
    account = _account(uow, principal, account_id, Verb.GRANT_END)
    if kind not in GRANT_KINDS or value not in _held(uow, account, kind):
        raise InvalidInput("value", "Tài khoản không có quyền này.")
    words = squeezed(reason, MAX_REASON)
    if len(words) < MIN_REASON:
        raise InvalidInput("reason", f"Hãy ghi lý do, ít nhất {MIN_REASON} ký tự.")
    store.end(uow.session, account_id, kind, value, principal.account_id, now, words)
    what, detail = What("account", account.id, account.username), {"kind": kind, "value": value}
    note(uow, principal, Verb.GRANT_END, now, what=what, detail=detail)


def drop_all(uow: UnitOfWork, principal: Principal, account: Account, reason: str, now: datetime) -> int:
    """Takes every grant of an account away: its owner has another duty now. Returns how many there were."""
    gone = 0
    for kind in GRANT_KINDS:
        gone += len(_held(uow, account, kind))
        store.end(uow.session, account.id, kind, None, principal.account_id, now, reason)
    if gone:
        what = What("account", account.id, account.username)
        note(uow, principal, Verb.GRANT_END, now, what=what, detail={"grants": gone, "why": reason})
    return gone


def review(uow: UnitOfWork, principal: Principal, account_id: str, reason: str, now: datetime) -> int:
    """Confirms that an account still needs what it holds; its grants count as new. Returns how many there are."""
    account = _account(uow, principal, account_id, Verb.GRANT_REVIEW)
    words = squeezed(reason, MAX_REASON)
    if len(words) < MIN_REASON:
        raise InvalidInput("reason", f"Hãy ghi vì sao còn cần, ít nhất {MIN_REASON} ký tự.")
    number = store.confirm(uow.session, account_id, principal.account_id, now, words)
    what = What("account", account.id, account.username)
    note(uow, principal, Verb.GRANT_REVIEW, now, what=what, detail={"grants": number})
    return number


@dataclass(frozen=True)
class Held:
    """One thing an account holds: until when, since when, and whether it has to be looked at again."""

    kind: str
    value: str
    until: date | None
    since: datetime
    over: bool
    due: bool

    @property
    def words(self) -> str:
        return words_of(self.kind, self.value)


@dataclass(frozen=True)
class Holder:
    """An account as the security officer sees it."""

    account: Account
    unit: Unit
    held: tuple[Held, ...]
    reads: bool
    own: bool

    @property
    def due(self) -> bool:
        return any(each.due for each in self.held)


@dataclass(frozen=True)
class HolderFilter:
    """Which accounts the list shows: part of a name, a role, a unit with those below it, only those to review."""

    name: str = ""
    role: str = ""
    unit_id: int | None = None
    due_only: bool = False


def _place(account: Account, unit: Unit) -> tuple[list[int], int, str]:
    """Where an account stands in the list: units as in the tree, roles in their usual order, then by name."""
    return [int(part) for part in unit.path.split("/")], list(ROLE_LABELS).index(account.role), account.username


def _fits(wanted: HolderFilter, above: Unit | None, account: Account, unit: Unit) -> bool:
    if wanted.unit_id is not None and (above is None or not covers(above.path, unit.path)):
        return False
    name = fold(wanted.name.strip())
    return wanted.role in ("", account.role) and (name in fold(account.display_name) or name in account.username)


@dataclass(frozen=True)
class Holders:
    """A page of accounts, unit by unit and in each role by role; how many fit; the units there are accounts of."""

    rows: tuple[Holder, ...]
    total: int
    units: tuple[Unit, ...]


def listing(
    uow: UnitOfWork, principal: Principal, wanted: HolderFilter, limit: int, offset: int, now: datetime
) -> Holders:
    """Accounts with what they hold, by unit, role and name; a look is a row."""
    require(principal, Action.GRANT_LEVEL, Verb.GRANT_LIST)
    known = [(a, unit) for a, unit in people.all_accounts(uow.session) if a.username != FOLDER_ACCOUNT]
    known.sort(key=lambda each: _place(each[0], each[1]))
    above = units.by_id(uow.session, wanted.unit_id) if wanted.unit_id is not None else None
    fitting = [(account, unit) for account, unit in known if _fits(wanted, above, account, unit)]
    if wanted.due_only:
        every = _holders(uow, principal, fitting, now)
        kept = [each for each in every if each.due]
        found, total = kept[offset : offset + limit], len(kept)
    else:
        found, total = _holders(uow, principal, fitting[offset : offset + limit], now), len(fitting)
    note(uow, principal, Verb.GRANT_LIST, now, detail={"accounts": len(found), "offset": offset})
    return Holders(tuple(found), total, tuple({unit.id: unit for _account, unit in known}.values()))


def _holders(
    uow: UnitOfWork, principal: Principal, some: Sequence[tuple[Account, Unit]], now: datetime
) -> list[Holder]:
    accounts = [account for account, _unit in some]
    rows = {(row.account_id, row.kind, row.value): row for row in _standing_of(uow, accounts)}
    holds, today = store.held_of(uow.session, accounts), day_in_hanoi(now)
    oldest = add_months(today, -policy.value(uow, "grant_review_months", now))

    def held(account: Account, kind: str, value: str) -> Held:
        row, last = rows.get((account.id, kind, value)), holds[account.id][kind, value]
        since = row.granted_at if row else account.created_at
        over = last is not None and last < today
        return Held(kind, value, last, since, over, day_in_hanoi(since) <= oldest and not over)

    found = []
    for account, unit in some:
        of_account = sorted(holds[account.id], key=lambda pair: (list(GRANT_KINDS).index(pair[0]), pair[1]))
        each = tuple(held(account, *pair) for pair in of_account)
        found.append(Holder(account, unit, each, reads_records(account.role), account.id in principal.persons))
    return found


def _standing_of(uow: UnitOfWork, accounts: Sequence[Account]) -> list[AccountGrant]:
    return store.standing(uow.session, [account.id for account in accounts])


@dataclass(frozen=True)
class HolderView:
    """One account with everything it was ever granted, and the requests that wait for it."""

    holder: Holder
    history: Sequence[AccountGrant]
    names: dict[str, str]


def view(uow: UnitOfWork, principal: Principal, account_id: str, now: datetime) -> HolderView:
    """One account with its history of grants: who, when, why, until when; a look is a row."""
    account = _account(uow, principal, account_id, Verb.GRANT_LIST, own=True)
    unit = units.by_id(uow.session, account.unit_id)
    if unit is None:
        raise Refused(Verb.GRANT_LIST, kind="account", object_id=account_id, reason="no unit")
    note(uow, principal, Verb.GRANT_LIST, now, what=What("account", account.id, account.username))
    rows = store.history(uow.session, account_id)
    ids = {row.granted_by for row in rows} | {row.ended_by or "" for row in rows}
    names = people.names_of(uow.session, ids - {""})
    return HolderView(_holders(uow, principal, [(account, unit)], now)[0], rows, names)
