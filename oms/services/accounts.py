"""Accounts and sign-in: Argon2id, sessions kept by the server, a throttle a stranger cannot turn into a lock-out."""

from __future__ import annotations

import functools
import hashlib
import hmac
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from oms.domain.access import Action, Principal, Role, Secrecy
from oms.domain.catalogue import COMPARTMENTS
from oms.domain.journal import Outcome, Verb
from oms.domain.record_items import SENSITIVE_LABELS
from oms.domain.records import day_in_hanoi
from oms.errors import InvalidInput, Refused, Throttled
from oms.services.house import House, What, Why, note, require
from oms.settings import Settings
from oms.store import people, units
from oms.store.db import UnitOfWork
from oms.store.tables import Account, SignIn, SignInFailure, Unit

# Argon2id m=64 MiB, t=3, p=4: RFC 9106's second recommended option.
_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
_AT_MOST_TWO = threading.BoundedSemaphore(2)
MIN_PASSWORD = 15
MAX_PASSWORD = 128
FREE_TRIES = 5
TRY_WINDOW = timedelta(minutes=15)


@functools.cache
def _dummy() -> str:
    """A hash nobody's password has: an unknown name costs the time a known one does."""
    return _HASHER.hash(secrets.token_hex(16))


def hash_password(password: str) -> str:
    """Argon2id hash; at most two are computed at once (64 MiB each)."""
    with _AT_MOST_TWO:
        return _HASHER.hash(password)


def _matches(stored: str, password: str) -> bool:
    with _AT_MOST_TWO:
        try:
            return _HASHER.verify(stored, password)
        except (VerifyMismatchError, InvalidHashError):
            return False


def check_password_rules(password: str, username: str, name: str = "password") -> None:
    """NIST 800-63B-4 for a single factor: length 15 to 128, not the name; no composition rules."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise InvalidInput(name, f"Mật khẩu phải có từ {MIN_PASSWORD} đến {MAX_PASSWORD} ký tự.")
    if username.lower() in password.lower():
        raise InvalidInput(name, "Mật khẩu không được chứa tên đăng nhập.")
    if len(set(password)) < 5:
        raise InvalidInput(name, "Mật khẩu lặp lại quá ít ký tự nên dễ đoán.")


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def sign_in(house: House, username: str, password: str, address: str, now: datetime) -> str:
    """Checks the password and opens a session; returns its token (kept only as a hash).

    Raises Throttled after repeated failures of this name from this address (others are not locked out), Refused
    otherwise. Unknown names cost the same time as known ones. Every outcome is journalled.
    """
    name = username.strip().lower()[:60]
    tried = _tried(house, name)
    with house.database.snapshot() as session:
        failed, newest = people.failures_since(session, tried, address, now - TRY_WINDOW)
        account = people.by_username(session, name)
    if failed >= FREE_TRIES and newest is not None:
        wait = timedelta(seconds=min(2 ** (failed - FREE_TRIES + 1), 900))
        if now < newest + wait:
            with house.work(None, now) as uow:
                note(
                    uow,
                    None,
                    Verb.SESSION_REFUSE,
                    now,
                    outcome=Outcome.REFUSED,
                    address=address,
                    why=Why("throttled"),
                )
            raise Throttled
    stored = account.password_hash if account else _dummy()
    good = _matches(stored, password) and account is not None and account.active
    if not good or account is None:
        _record_failure(house, account, name, address, now)
        raise Refused(Verb.SESSION_REFUSE, reason="wrong name or password")
    token = secrets.token_urlsafe(32)
    with house.work(None, now) as uow:
        people.clear_failures(uow.session, tried, address)
        row = SignIn(token_hash=_token_hash(token), account_id=account.id, address=address, created_at=now, seen_at=now)
        uow.session.add(row)
        principal = people.principal_of(uow.session, account, row.token_hash[:16], address, day_in_hanoi(now))
        note(uow, principal, Verb.SESSION_OPEN, now, what=What("account", account.id))
    return token


def _tried(house: House, name: str) -> str:
    """What the throttle keeps in place of the name typed, which may be a password: a keyed hash, 60 hex digits."""
    return hmac.new(house.settings.secret_key.encode(), name.encode(), hashlib.sha256).hexdigest()[:60]


def _record_failure(house: House, account: Account | None, name: str, address: str, now: datetime) -> None:
    """The journal keeps which account was tried, but not a mistyped name: it may be a password."""
    with house.work(None, now) as uow:
        people.forget_failures(uow.session, now - TRY_WINDOW)
        uow.session.add(SignInFailure(username=_tried(house, name), address=address, at=now))
        note(
            uow,
            None,
            Verb.SESSION_REFUSE,
            now,
            outcome=Outcome.REFUSED,
            address=address,
            what=What("account", account.id if account else "", account.username if account else ""),
            why=Why("wrong password or inactive" if account else "unknown name"),
        )


def principal_for(house: House, token: str, address: str, now: datetime) -> tuple[Principal, bool] | None:
    """The person of a live session with grants read anew, and whether the password must be changed first.

    None when the session ended, idled out or is too old.
    """
    with house.database.snapshot() as session:
        row = people.live_session(session, _token_hash(token))
        account = people.by_id(session, row.account_id) if row else None
        if row is None or account is None:
            return None
        live = account.active and _still_live(house.settings, row, now)
        person = people.principal_of(session, account, row.token_hash[:16], address, day_in_hanoi(now))
        must_change, seen_at = account.must_change, row.seen_at
    if not live or now - seen_at > SEEN_EVERY:
        _touch(house, token, live, now)
    return (person, must_change) if live else None


SEEN_EVERY = timedelta(seconds=30)
"""How exactly the last use of a session is kept: a row is not written for every image of a page."""


def _still_live(settings: Settings, row: SignIn, now: datetime) -> bool:
    idle = now - row.seen_at > timedelta(minutes=settings.idle_minutes)
    return not idle and now - row.created_at <= timedelta(hours=settings.session_hours)


def _touch(house: House, token: str, live: bool, now: datetime) -> None:
    """Keeps that a session was used, or that it has ended."""
    with house.database.transaction() as session:
        row = people.live_session(session, _token_hash(token))
        if row is not None and live:
            row.seen_at = now
        elif row is not None:
            row.ended_at = now


def sign_out(house: House, token: str, principal: Principal, now: datetime) -> None:
    """Ends the session."""
    with house.work(principal, now) as uow:
        row = people.live_session(uow.session, _token_hash(token))
        if row is not None:
            row.ended_at = now
        note(uow, principal, Verb.SESSION_CLOSE, now, what=What("account", principal.account_id))


def change_password(house: House, principal: Principal, current: str, new: str, now: datetime) -> None:
    """Changes one's own password and ends every session of the account."""
    with house.database.transaction() as session:
        account = people.by_id(session, principal.account_id)
    if account is None or not _matches(account.password_hash, current):
        with house.work(principal, now) as uow:
            what, why = What("account", principal.account_id), Why("wrong current password")
            note(uow, principal, Verb.PASSWORD_CHANGE, now, outcome=Outcome.REFUSED, what=what, why=why)
        raise InvalidInput("current_password", "Mật khẩu hiện tại không đúng.")
    check_password_rules(new, principal.username, "new_password")
    hashed = hash_password(new)
    with house.work(principal, now) as uow:
        stored = people.by_id(uow.session, principal.account_id)
        if stored is not None:
            stored.password_hash = hashed
            stored.must_change = False
        people.end_sessions(uow.session, principal.account_id, now)
        note(uow, principal, Verb.PASSWORD_CHANGE, now, what=What("account", principal.account_id))


@dataclass(frozen=True)
class NewAccount:
    """What is asked for a new account. ``password`` is a first one, to be changed at once."""

    username: str
    display_name: str
    password: str
    role: Role
    unit_id: int
    scope_ids: tuple[int, ...]
    clearance: Secrecy = Secrecy.NONE
    compartments: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()


def _checked(uow: UnitOfWork, new: NewAccount) -> NewAccount:
    if not new.username.replace(".", "").replace("-", "").isalnum() or not 3 <= len(new.username) <= 60:
        raise InvalidInput("username", "Tên đăng nhập gồm 3–60 chữ, số, dấu chấm hoặc gạch nối.")
    if not new.display_name.strip():
        raise InvalidInput("display_name", "Hãy nhập họ và tên.")
    if people.by_username(uow.session, new.username.lower()):
        raise InvalidInput("username", "Tên đăng nhập này đã có.")
    if any(units.by_id(uow.session, unit_id) is None for unit_id in (new.unit_id, *new.scope_ids)):
        raise InvalidInput("unit_id", "Đơn vị không có trong danh mục.")
    if any(name not in COMPARTMENTS for name in new.compartments):
        raise InvalidInput("compartments", "Khu vực hạn chế không có trong danh mục.")
    if any(name not in SENSITIVE_LABELS for name in new.sensitive):
        raise InvalidInput("sensitive", "Nhóm thông tin nhạy cảm không có trong danh mục.")
    check_password_rules(new.password, new.username)
    return new


def create(uow: UnitOfWork, principal: Principal | None, new: NewAccount, now: datetime) -> Account:
    """Creates an account (``principal`` None: the installer). Nobody can give themselves a second one unseen."""
    if principal is not None:
        require(principal, Action.ACCOUNT_MANAGE, Verb.ACCOUNT_CREATE)
    checked = _checked(uow, new)
    account = Account(
        username=checked.username.lower(),
        display_name=checked.display_name.strip(),
        password_hash=hash_password(checked.password),
        role=str(checked.role),
        unit_id=checked.unit_id,
        clearance=int(checked.clearance),
        must_change=principal is not None,
        created_at=now,
    )
    uow.session.add(account)
    uow.session.flush()
    people.set_grants(uow.session, account.id, list(checked.scope_ids), list(checked.compartments))
    people.set_sensitive(uow.session, account.id, checked.sensitive)
    detail = {
        "role": str(new.role),
        "clearance": int(new.clearance),
        "scopes": list(new.scope_ids),
        "compartments": list(new.compartments),
        "sensitive": list(new.sensitive),
    }
    note(
        uow,
        principal,
        Verb.ACCOUNT_CREATE,
        now,
        what=What("account", account.id, account.username),
        detail=detail,
    )
    return account


FOLDER_ACCOUNT = "thu-muc-cho"
"""Account in whose name the watched folder files. It stays switched off: nobody may ever sign in with it."""


def _changeable(uow: UnitOfWork, principal: Principal, account_id: str) -> Account:
    """The account an administrator may change: neither missing nor the folder's."""
    require(principal, Action.ACCOUNT_MANAGE, Verb.ACCOUNT_CHANGE, kind="account", object_id=account_id)
    account = people.by_id(uow.session, account_id)
    if account is None or account.username == FOLDER_ACCOUNT:
        raise Refused(Verb.ACCOUNT_CHANGE, kind="account", object_id=account_id, reason="missing or the folder's")
    return account


def set_active(uow: UnitOfWork, principal: Principal, account_id: str, active: bool, now: datetime) -> None:
    """Switches an account on or off; off ends its sessions at once. One's own account cannot be switched."""
    account = _changeable(uow, principal, account_id)
    if account_id == principal.account_id:
        raise InvalidInput("account", "Không thể tự khoá tài khoản của mình.")
    account.active = active
    if not active:
        people.end_sessions(uow.session, account_id, now)
    note(
        uow,
        principal,
        Verb.ACCOUNT_CHANGE,
        now,
        what=What("account", account_id, account.username),
        detail={"active": active},
    )


def set_sensitive(uow: UnitOfWork, principal: Principal, account_id: str, groups: Sequence[str], now: datetime) -> None:
    """Replaces the groups of sensitive fields an account may read. Nobody grants themselves; the row keeps both."""
    account = _changeable(uow, principal, account_id)
    if account_id == principal.account_id:
        raise InvalidInput("sensitive", "Không thể tự cấp quyền xem thông tin riêng cho mình.")
    if any(name not in SENSITIVE_LABELS for name in groups):
        raise InvalidInput("sensitive", "Nhóm thông tin nhạy cảm không có trong danh mục.")
    before = sorted(people.sensitive_of(uow.session, account_id))
    detail = {"sensitive": sorted(set(groups)), "before": before}
    note(uow, principal, Verb.ACCOUNT_CHANGE, now, what=What("account", account_id, account.username), detail=detail)
    people.set_sensitive(uow.session, account_id, sorted(set(groups)))


def first_password() -> str:
    """A random password (96 bits, 16 characters) to be shown once and changed at the first sign-in."""
    return secrets.token_urlsafe(12)


def reset_password(uow: UnitOfWork, principal: Principal, account_id: str, now: datetime) -> tuple[str, str]:
    """Gives an account a random first password to be changed at the next sign-in; returns its name and it, once."""
    account = _changeable(uow, principal, account_id)
    if account_id == principal.account_id:
        raise Refused(Verb.ACCOUNT_CHANGE, kind="account", object_id=account_id, reason="own")
    password = first_password()
    account.password_hash, account.must_change = hash_password(password), True
    people.end_sessions(uow.session, account_id, now)
    what = What("account", account_id, account.username)
    note(uow, principal, Verb.ACCOUNT_CHANGE, now, detail={"password": "reset"}, what=what)
    return account.username, password


@dataclass(frozen=True)
class AccountRow:
    """An account as the administrator's list shows it."""

    account: Account
    unit: Unit
    scopes: tuple[Unit, ...]
    compartments: frozenset[str]
    sensitive: frozenset[str] = frozenset()

    @property
    def is_folder(self) -> bool:
        """True for the watched folder's account, which nobody changes."""
        return self.account.username == FOLDER_ACCOUNT


def listing(
    uow: UnitOfWork, principal: Principal, limit: int, offset: int, now: datetime
) -> tuple[list[AccountRow], int]:
    """Accounts by name with their grants, and how many there are; journalled."""
    require(principal, Action.ACCOUNT_MANAGE, Verb.ACCOUNT_LIST)
    known = people.all_accounts(uow.session)
    found = [
        AccountRow(
            account,
            unit,
            tuple(people.scopes_of(uow.session, account.id)),
            people.compartments_of(uow.session, account.id),
            people.sensitive_of(uow.session, account.id),
        )
        for account, unit in known[offset : offset + limit]
    ]
    note(uow, principal, Verb.ACCOUNT_LIST, now, detail={"accounts": len(found), "offset": offset})
    return found, len(known)


def units_to_grant(uow: UnitOfWork, principal: Principal) -> list[Unit]:
    """Every unit, for the administrator's forms; the names of units are not records."""
    require(principal, Action.ACCOUNT_MANAGE, Verb.ACCOUNT_LIST)
    return units.everything(uow.session)


def find(uow: UnitOfWork, username: str) -> Account | None:
    """The account of this name, for set-up."""
    return people.by_username(uow.session, username)


def principal_named(uow: UnitOfWork, username: str, now: datetime | None = None) -> Principal:
    """The person of an account with the rights it has now; Refused when there is none. For programs, not for pages.

    Without a time its scopes reach what was granted, not what those units took over.
    """
    account = people.by_username(uow.session, username)
    if account is None:
        raise Refused(Verb.SESSION_REFUSE, kind="account", reason="unknown name")
    return people.principal_of(uow.session, account, today=day_in_hanoi(now) if now else None)
