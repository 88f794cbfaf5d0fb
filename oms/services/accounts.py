"""Accounts: made by the administrator, vetted by the security officer, who hands out the code for the first sign-in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from oms.domain.access import Action, Principal, Role, Secrecy
from oms.domain.catalogue import COMPARTMENTS
from oms.domain.journal import Verb
from oms.domain.record_items import SENSITIVE_LABELS
from oms.domain.records import day_in_hanoi
from oms.errors import InvalidInput, Refused
from oms.services import delegations, notices, passwords
from oms.services.house import What, note, require
from oms.store import people, units
from oms.store import sign_in as sign_in_rows
from oms.store.db import UnitOfWork
from oms.store.tables import Account, Unit

CODE_FOR = timedelta(hours=72)
"""How long a one-time code works."""
INSTALLER = "installer"
"""Who made and vetted the accounts that stand before anybody could."""


@dataclass(frozen=True)
class NewAccount:
    """What is asked for a new account. ``password``: only where the program itself makes it (set-up, demonstration)."""

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
    return new


def create(uow: UnitOfWork, principal: Principal | None, new: NewAccount, now: datetime) -> Account:
    """Creates an account. The administrator's is switched off and has no password until it is vetted.

    ``principal`` None: the program itself, whose accounts may come with a password and work at once.
    """
    if principal is not None:
        require(principal, Action.ACCOUNT_MANAGE, Verb.ACCOUNT_CREATE)
        if new.password:
            raise InvalidInput("password", "Quản trị không đặt mật khẩu cho người khác.")
        if new.clearance or new.compartments or new.sensitive:
            raise InvalidInput("clearance", "Quản trị không cấp độ mật, khu vực hạn chế, thông tin riêng.")
    checked = _checked(uow, new)
    account = Account(
        username=checked.username.lower(),
        display_name=checked.display_name.strip(),
        password_hash=passwords.hash_of(checked.password) if checked.password else "",
        role=str(checked.role),
        unit_id=checked.unit_id,
        clearance=int(checked.clearance),
        active=principal is None,
        must_change=not checked.password,
        created_at=now,
        made_by=principal.account_id if principal else INSTALLER,
        vetted_by="" if principal else INSTALLER,
        vetted_at=None if principal else now,
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


def waiting_count(uow: UnitOfWork) -> int:
    """How many accounts wait for the security officer; the folder's own never does."""
    return people.unvetted(uow.session, FOLDER_ACCOUNT)


def set_active(uow: UnitOfWork, principal: Principal, account_id: str, active: bool, now: datetime) -> None:
    """Switches an account on or off; off ends its sessions at once. One's own account cannot be switched."""
    account = _changeable(uow, principal, account_id)
    if account_id == principal.account_id:
        raise InvalidInput("account", "Không thể tự khoá tài khoản của mình.")
    if active and account.vetted_at is None:
        raise InvalidInput("account", "Tài khoản chưa được cán bộ bảo mật thẩm tra nên chưa mở được.")
    account.active = active
    if not active:
        sign_in_rows.end_sessions(uow.session, account_id, now)
        delegations.end_all(uow, principal, account_id, "tài khoản bị khoá", now)
    note(
        uow,
        principal,
        Verb.ACCOUNT_CHANGE,
        now,
        what=What("account", account_id, account.username),
        detail={"active": active},
    )


def vet(uow: UnitOfWork, principal: Principal, account_id: str, now: datetime) -> tuple[str, str]:
    """The security officer lets a new account work; returns its name and its one-time code, to be shown once.

    Whoever made the account does not vet it, nor does its owner: one alone lets nobody in.
    """
    account = _for_code(uow, principal, account_id, Verb.ACCOUNT_VET)
    if account.vetted_at is not None:
        raise InvalidInput("account", "Tài khoản này đã được thẩm tra.")
    if account.made_by in principal.persons:
        raise Refused(Verb.ACCOUNT_VET, kind="account", object_id=account_id, reason="made by the same person")
    account.active, account.vetted_by, account.vetted_at = True, principal.account_id, now
    code = _give_code(account, now)
    what = What("account", account.id, account.username)
    note(uow, principal, Verb.ACCOUNT_VET, now, what=what, detail={"code_until": _until(account)})
    return account.username, code


def issue_code(uow: UnitOfWork, principal: Principal, account_id: str, now: datetime) -> tuple[str, str]:
    """A one-time code in place of a forgotten password; returns the account's name and it, to be shown once.

    The old password is void and the sessions end. A second factor stays, so that the code alone opens nothing that had
    one. Guesses of strangers do not stop it.
    """
    account = _for_code(uow, principal, account_id, Verb.ACCOUNT_CODE)
    if account.vetted_at is None or not account.active:
        raise InvalidInput("account", "Chỉ cấp mã cho tài khoản đã thẩm tra và đang dùng.")
    code = _give_code(account, now)
    sign_in_rows.end_sessions(uow.session, account_id, now)
    notices.tell_owner(uow, account_id, "code_given", now)
    what = What("account", account.id, account.username)
    note(uow, principal, Verb.ACCOUNT_CODE, now, what=what, detail={"code_until": _until(account)})
    return account.username, code


def _for_code(uow: UnitOfWork, principal: Principal, account_id: str, verb: Verb) -> Account:
    require(principal, Action.GRANT_LEVEL, verb, kind="account", object_id=account_id)
    account = people.by_id(uow.session, account_id)
    if account is None or account.username == FOLDER_ACCOUNT or account_id in principal.persons:
        raise Refused(verb, kind="account", object_id=account_id, reason="missing, own or the folder's")
    return account


def _give_code(account: Account, now: datetime) -> str:
    code = passwords.new_code()
    account.password_hash, account.code_until, account.must_change = passwords.hash_of(code), now + CODE_FOR, True
    return code


def _until(account: Account) -> str:
    return account.code_until.isoformat(timespec="minutes") if account.code_until else ""


def first_account(uow: UnitOfWork, new: NewAccount, renew: bool, now: datetime) -> str:
    """One of the accounts an installation begins with, and its one-time code; a new one when it ran out.

    Empty while the code still works, and for good once its owner has been in: whoever repeats the set-up gets into
    nothing.
    """
    account = people.by_username(uow.session, new.username)
    if account is not None and (not account.must_change or sign_in_rows.ever_in(uow.session, account.id)):
        return ""
    if account is not None and account.code_until is not None and now < account.code_until and not renew:
        return ""
    account = account or create(uow, None, new, now)
    account.active, account.vetted_by, account.vetted_at = True, INSTALLER, now
    code = _give_code(account, now)
    what = What("account", account.id, account.username)
    note(uow, None, Verb.ACCOUNT_CODE, now, what=what, detail={"code_until": _until(account)})
    return code


@dataclass(frozen=True)
class AccountRow:
    """An account as the administrator's list shows it."""

    account: Account
    unit: Unit
    scopes: tuple[Unit, ...]

    @property
    def is_folder(self) -> bool:
        """True for the watched folder's account, which nobody changes."""
        return self.account.username == FOLDER_ACCOUNT


def listing(
    uow: UnitOfWork, principal: Principal, limit: int, offset: int, now: datetime
) -> tuple[list[AccountRow], int]:
    """Accounts by name with their scopes, and how many there are; what they were granted is not shown. Journalled."""
    require(principal, Action.ACCOUNT_MANAGE, Verb.ACCOUNT_LIST)
    known = people.all_accounts(uow.session)
    page = known[offset : offset + limit]
    scopes = people.scopes_of_each(uow.session, [account.id for account, _unit in page])
    found = [AccountRow(account, unit, tuple(scopes[account.id])) for account, unit in page]
    note(uow, principal, Verb.ACCOUNT_LIST, now, detail={"accounts": len(found), "offset": offset})
    return found, len(known)


def one(uow: UnitOfWork, principal: Principal, account_id: str, now: datetime) -> AccountRow:
    """One account that may be changed by this administrator (not their own), for the form of its duty; journalled."""
    account = _changeable(uow, principal, account_id)
    unit = units.by_id(uow.session, account.unit_id)
    if unit is None or account_id in principal.persons:
        raise Refused(Verb.ACCOUNT_CHANGE, kind="account", object_id=account_id, reason="own")
    note(uow, principal, Verb.ACCOUNT_LIST, now, what=What("account", account.id, account.username))
    return AccountRow(account, unit, tuple(people.scopes_of(uow.session, account.id)))


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
    return people.principal_of(uow.session, account, today=day_in_hanoi(now) if now else None, now=now)
