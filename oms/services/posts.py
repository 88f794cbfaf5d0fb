"""An account's duty: its role, its unit and the units it acts in; another duty begins with nothing granted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Action, Principal, Role
from oms.domain.approvals import MAX_REASON, MIN_REASON
from oms.domain.journal import Verb
from oms.errors import InvalidInput, Refused
from oms.services import delegations, grants
from oms.services.accounts import FOLDER_ACCOUNT
from oms.services.house import What, note, require
from oms.services.typed_words import squeezed
from oms.store import people, units
from oms.store import sign_in as sign_in_rows
from oms.store.db import UnitOfWork
from oms.store.tables import Account

MOVED = "đổi vai trò hoặc đơn vị"


@dataclass(frozen=True)
class Post:
    """Role, unit and scopes as the administrator sets them."""

    role: Role
    unit_id: int
    scope_ids: tuple[int, ...]
    reason: str


def change(uow: UnitOfWork, principal: Principal, account_id: str, post: Post, now: datetime) -> bool:
    """Sets an account's duty; True when role or unit changed.

    Then level, compartments, private fields and delegations are gone, to be granted anew, and its sessions end; another
    role has to be vetted anew besides. Scopes alone keep them, and count on the next request. Nobody sets their own.
    """
    require(principal, Action.ACCOUNT_MANAGE, Verb.ACCOUNT_CHANGE, kind="account", object_id=account_id)
    account = people.by_id(uow.session, account_id)
    if account is None or account.username == FOLDER_ACCOUNT or account_id in principal.persons:
        raise Refused(Verb.ACCOUNT_CHANGE, kind="account", object_id=account_id, reason="missing, own or the folder's")
    reason = squeezed(post.reason, MAX_REASON)
    if len(reason) < MIN_REASON:
        raise InvalidInput("reason", f"Hãy ghi lý do, ít nhất {MIN_REASON} ký tự.")
    if any(units.by_id(uow.session, unit_id) is None for unit_id in (post.unit_id, *post.scope_ids)):
        raise InvalidInput("unit_id", "Đơn vị không có trong danh mục.")
    before = [unit.id for unit in people.scopes_of(uow.session, account_id)]
    moved = (account.role, account.unit_id) != (str(post.role), post.unit_id)
    detail = {
        "role": [account.role, str(post.role)],
        "unit": [account.unit_id, post.unit_id],
        "scopes": [sorted(before), sorted(set(post.scope_ids))],
    }
    what = What("account", account_id, account.username)
    note(uow, principal, Verb.ACCOUNT_CHANGE, now, what=what, detail=detail)
    if moved:
        _begin_anew(uow, principal, account, now)
    if account.role != str(post.role):  # another role is another account: the security officer lets it in anew
        account.active, account.vetted_by, account.vetted_at = False, "", None
        account.made_by = principal.account_id
    account.role, account.unit_id = str(post.role), post.unit_id
    people.set_scopes(uow.session, account_id, list(post.scope_ids))
    return moved


def _begin_anew(uow: UnitOfWork, principal: Principal, account: Account, now: datetime) -> None:
    grants.drop_all(uow, principal, account, MOVED, now)
    delegations.end_all(uow, principal, account.id, MOVED, now)
    sign_in_rows.end_sessions(uow.session, account.id, now)
