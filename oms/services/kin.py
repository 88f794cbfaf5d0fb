"""Declaring oneself and one's relatives, whose dossiers are then closed to one: anybody may add, who guards may end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Action, Principal
from oms.domain.approvals import MAX_REASON, MIN_REASON
from oms.domain.journal import Verb
from oms.domain.kin import MOST, SELF, Declared, checked, folded
from oms.errors import InvalidInput, Refused
from oms.services.house import What, note, require
from oms.services.typed_words import squeezed
from oms.store import kin as store
from oms.store import people
from oms.store.access_tables import AccountKin
from oms.store.db import UnitOfWork
from oms.store.tables import Account


@dataclass(frozen=True)
class KinList:
    """The entries of one account; it never says whether a declared person has a dossier."""

    account: Account
    entries: tuple[AccountKin, ...]
    names: dict[str, str]

    @property
    def has_self(self) -> bool:
        return any(each.relation == SELF and each.ended_at is None for each in self.entries)


def _account(uow: UnitOfWork, principal: Principal, account_id: str, verb: Verb) -> Account:
    """One's own account, or for the security officer anybody's."""
    action = Action.OWN_ACCOUNT if account_id == principal.account_id else Action.GRANT_LEVEL
    require(principal, action, verb, kind="account", object_id=account_id)
    account = people.by_id(uow.session, account_id)
    if account is None:
        raise Refused(verb, kind="account", object_id=account_id, reason="missing")
    return account


def listing(uow: UnitOfWork, principal: Principal, account_id: str, now: datetime) -> KinList:
    """The entries of an account, those in force first; a look is a row."""
    account = _account(uow, principal, account_id, Verb.KIN_LIST)
    entries = store.of_account(uow.session, account_id)
    what = What("account", account.id, account.username)
    note(uow, principal, Verb.KIN_LIST, now, what=what, detail={"entries": len(entries)})
    ids = {each.entered_by for each in entries} | {each.ended_by for each in entries if each.ended_by}
    return KinList(account, tuple(entries), people.names_of(uow.session, {each for each in ids if each}))


def declare(uow: UnitOfWork, principal: Principal, account_id: str, typed: Declared, now: datetime) -> AccountKin:
    """Adds a person; from the next request on their dossiers are as if they did not exist for the account.

    InvalidInput names the field. Nothing is said about whether the person is registered.
    """
    account = _account(uow, principal, account_id, Verb.KIN_DECLARE)
    kept, wrong = checked(typed)
    for field, words in wrong.items():
        raise InvalidInput(field, words)
    live = [each for each in store.of_account(uow.session, account_id) if each.ended_at is None]
    if len(live) >= MOST:
        raise InvalidInput("full_name", f"Mỗi tài khoản khai tối đa {MOST} người.")
    if any(_same(each, kept) for each in live):
        raise InvalidInput("full_name", "Người này đã được khai.")
    row = AccountKin(
        account_id=account_id,
        relation=kept.relation,
        full_name=kept.full_name,
        folded_name=folded(kept.full_name),
        birth_date=kept.birth_date,
        citizen_id=kept.citizen_id,
        entered_by=principal.account_id,
        entered_at=now,
    )
    uow.session.add(row)
    uow.session.flush()
    what = What("account", account.id, account.username)
    note(uow, principal, Verb.KIN_DECLARE, now, what=what, detail={"entry": row.id, "relation": row.relation})
    return row


def _same(row: AccountKin, kept: Declared) -> bool:
    mine = (row.relation, row.folded_name, row.birth_date, row.citizen_id)
    return mine == (kept.relation, folded(kept.full_name), kept.birth_date, kept.citizen_id)


def end(uow: UnitOfWork, principal: Principal, entry_id: str, reason: str, now: datetime) -> AccountKin:
    """Ends an entry, with a reason. The security officer's alone, and never for the officer's own account."""
    require(principal, Action.GRANT_LEVEL, Verb.KIN_END, kind="kin", object_id=entry_id)
    row = store.find(uow.session, entry_id)
    if row is None or row.account_id in principal.persons:
        raise Refused(Verb.KIN_END, kind="kin", object_id=entry_id, reason="missing or own")
    words = squeezed(reason, MAX_REASON)
    if len(words) < MIN_REASON:
        raise InvalidInput("reason", f"Hãy ghi lý do, ít nhất {MIN_REASON} ký tự.")
    if row.ended_at is not None:
        raise InvalidInput("reason", "Mục này đã kết thúc.")
    row.ended_by, row.ended_at, row.end_reason = principal.account_id, now, words
    account = people.by_id(uow.session, row.account_id)
    what = What("account", row.account_id, account.username if account else "")
    note(uow, principal, Verb.KIN_END, now, what=what, detail={"entry": row.id, "relation": row.relation})
    return row
