"""Accounts for administrators, grants for security officers, acts that take two persons."""

from __future__ import annotations

from typing import Any

from oms.domain.access import Action, Role
from oms.services import accounts, approvals, grants, sessions
from oms.services import posts as duty
from oms.services.accounts import NewAccount
from oms.services.grants import Gift, HolderFilter
from oms.services.posts import Post
from oms.web.api import shapes as s
from oms.web.api.operations import TAG, Call, Listed, Made, posts, reads
from oms.web.api.shapes import Asked, Paged, Told
from oms.web.context import house

ACCOUNT, HOLDER, APPROVAL = "/accounts/<account_id>", "/grants/<account_id>", "/approvals/<approval_id>"
ROLES = tuple(str(role) for role in Role)


class AccountTold(Told):
    """An account; what it was granted is not told here."""

    id = s.text("account.id")
    username = s.text("account.username")
    name = s.text("account.display_name")
    role = s.text("account.role")
    unit_id = s.number("account.unit_id")
    active = s.flag("account.active")
    vetted_at = s.at("account.vetted_at", maybe=True)
    scope_ids = s.numbers("scope_ids")


class NewAccountAsked(Asked):
    """An account to be made: switched off and without a password until it is vetted."""

    username = s.words(60, 3)
    display_name = s.words(120, 1)
    role = s.choice(*ROLES)
    unit_id = s.whole(1)
    scope_ids = s.many(s.whole(1), 500)


class ActiveAsked(Asked):
    """On or off."""

    active = s.yes()


class PostAsked(Asked):
    """Another duty."""

    role = s.choice(*ROLES)
    unit_id = s.whole(1)
    scope_ids = s.many(s.whole(1), 500)
    reason = s.words(500)


class SessionTold(Told):
    """A session, never its token."""

    id = s.text()
    address = s.text()
    browser = s.text()
    created_at = s.at()
    seen_at = s.at()
    stage = s.text()


def _row(row: Any) -> dict[str, Any]:
    return {"account": row.account, "scope_ids": [unit.id for unit in row.scopes]}


@reads("/accounts", Action.ACCOUNT_MANAGE, "accounts", AccountTold, listed=True)
def list_accounts(call: Call) -> Listed:
    """Accounts by name with their scopes."""
    rows, total = accounts.listing(call.uow, call.who, call.size, call.offset, call.now)
    return Listed([_row(row) for row in rows], total)


@reads(ACCOUNT, Action.ACCOUNT_MANAGE, "accounts", AccountTold)
def get_account(call: Call, account_id: str) -> Any:
    """One account that this administrator may change."""
    return _row(accounts.one(call.uow, call.who, account_id, call.now))


@posts("/accounts", Action.ACCOUNT_MANAGE, "accounts", NewAccountAsked, leads="get_account", proof=True)
def add_account(call: Call) -> Made:
    """Makes an account."""
    said = call.body
    texts = said["username"].strip(), said["display_name"].strip()
    new = NewAccount(*texts, "", Role(said["role"]), said["unit_id"], tuple(said["scope_ids"]))
    return Made(accounts.create(call.uow, call.who, new, call.now).id)


OF_ACCOUNT: dict[str, Any] = {"match": TAG, "of": "get_account", "proof": True}


@posts(ACCOUNT + "/active", Action.ACCOUNT_MANAGE, "accounts", ActiveAsked, **OF_ACCOUNT)
def switch_account(call: Call, account_id: str) -> None:
    """Switches an account on or off; off ends its sessions and tokens at once."""
    accounts.set_active(call.uow, call.who, account_id, call.body["active"], call.now)


@posts(ACCOUNT + "/post", Action.ACCOUNT_MANAGE, "accounts", PostAsked, **OF_ACCOUNT)
def change_post(call: Call, account_id: str) -> None:
    """Sets an account's duty; another role or unit begins with nothing granted."""
    said = call.body
    post = Post(Role(said["role"]), said["unit_id"], tuple(said["scope_ids"]), said["reason"])
    duty.change(call.uow, call.who, account_id, post, call.now)


@reads(ACCOUNT + "/sessions", Action.SESSION_END, "accounts", SessionTold, listed=True)
def list_sessions(call: Call, account_id: str) -> Listed:
    """The sessions of an account."""
    rows = sessions.of_account(call.uow, call.who, account_id, house().settings, call.now)[1]
    return Listed(rows[call.offset : call.offset + call.size], len(rows))


class EndAsked(Asked):
    """Which session; all of them (and every token) when none is named."""

    session_id = s.reference(optional=True)


@posts(ACCOUNT + "/sessions/end", Action.SESSION_END, "accounts", EndAsked, proof=True)
def end_sessions(call: Call, account_id: str) -> None:
    """Ends one session of an account, or all of them; at once."""
    sessions.end_of_account(call.uow, call.who, account_id, call.body["session_id"], call.now)


class GrantTold(Told):
    """Something granted."""

    kind = s.text()
    value = s.text()
    until = s.on()
    since = s.at()
    over = s.flag()
    due = s.flag()


class HolderTold(Told):
    """An account with what it holds."""

    account_id = s.text("account.id")
    username = s.text("account.username")
    name = s.text("account.display_name")
    role = s.text("account.role")
    unit_id = s.number("unit.id")
    held = s.each(GrantTold)


class WantedHolders(Paged):
    """Which accounts."""

    q = s.words(80)
    role = s.choice("", *ROLES, optional=True)
    unit_id = s.maybe_whole(1)
    due = s.yes(about="Only those to be reviewed.")


class GiftAsked(Asked):
    """A grant: clearance, compartment or sensitive; the last day as dd/mm/yyyy."""

    kind = s.choice(grants.CLEARANCE, grants.COMPARTMENT, grants.SENSITIVE)
    value = s.words(40, 1)
    until = s.words(10)
    reason = s.words(500)


class TakenAsked(Asked):
    """A grant to be taken away."""

    kind = s.choice(grants.CLEARANCE, grants.COMPARTMENT, grants.SENSITIVE)
    value = s.words(40)
    reason = s.words(500)


class GrantReason(Asked):
    """Why."""

    reason = s.words(1000)


@reads("/grants", Action.GRANT_LEVEL, "accounts", HolderTold, listed=True, query=WantedHolders)
def list_grants(call: Call) -> Listed:
    """Accounts with what they hold."""
    said = call.query
    wanted = HolderFilter(said["q"], said["role"], said["unit_id"], said["due"])
    found = grants.listing(call.uow, call.who, wanted, call.size, call.offset, call.now)
    return Listed(found.rows, found.total)


@reads(HOLDER, Action.GRANT_LEVEL, "accounts", HolderTold)
def get_grants(call: Call, account_id: str) -> Any:
    """One account with what it holds."""
    return grants.view(call.uow, call.who, account_id, call.now).holder


OF_HOLDER: dict[str, Any] = {"match": TAG, "of": "get_grants", "proof": True}


@posts(HOLDER + "/give", Action.GRANT_LEVEL, "accounts", GiftAsked, **OF_HOLDER)
def give_grant(call: Call, account_id: str) -> None:
    """Grants at once, or asks for what takes two persons."""
    grants.give(call.uow, call.who, account_id, Gift(**call.body), call.now)


@posts(HOLDER + "/take-away", Action.GRANT_LEVEL, "accounts", TakenAsked, **OF_HOLDER)
def take_grant(call: Call, account_id: str) -> None:
    """Takes a grant away at once."""
    said = call.body
    grants.remove(call.uow, call.who, account_id, said["kind"], said["value"], said["reason"], call.now)


@posts(HOLDER + "/review", Action.GRANT_LEVEL, "accounts", GrantReason, **OF_HOLDER)
def review_grants(call: Call, account_id: str) -> None:
    """Confirms that what an account holds is still needed."""
    grants.review(call.uow, call.who, account_id, call.body["reason"], call.now)


class ApprovalTold(Told):
    """An act that takes two persons."""

    id = s.text("row.id")
    kind = s.text("row.kind")
    label = s.text("row.label")
    reason = s.text("row.reason")
    state = s.text()
    asked_by = s.text("row.asked_by")
    asked_at = s.at("row.asked_at")
    expires_at = s.at("row.expires_at")
    hindered = s.text(maybe=True)
    may_decide = s.flag()
    mine = s.flag()


class ApprovalDesk(Told):
    """What waits for me, what I asked, what is over."""

    waiting = s.each(ApprovalTold)
    mine = s.each(ApprovalTold)
    over = s.each(ApprovalTold)
    over_total = s.number()


class ApprovalDecision(Asked):
    """Yes or no, and why."""

    approve = s.yes()
    reason = s.words(1000)


@reads("/approvals", Action.APPROVAL_VIEW, "approvals", ApprovalDesk, query=Paged)
def list_approvals(call: Call) -> Any:
    """What waits for the owner, what they asked, what is over (by page)."""
    return approvals.desk(call.uow, call.who, call.size, call.offset, call.now)


@reads(APPROVAL, Action.APPROVAL_VIEW, "approvals", ApprovalTold)
def get_approval(call: Call, approval_id: str) -> Any:
    """One act that takes two persons."""
    return approvals.view(call.uow, call.who, approval_id, call.now)


@posts(APPROVAL + "/decision", Action.APPROVAL_VIEW, "approvals", ApprovalDecision, match=TAG, of="get_approval",
       proof=True)  # fmt: skip
def decide_approval(call: Call, approval_id: str) -> None:
    """The second person's word; what is approved is carried out."""
    approvals.decide(call.uow, call.who, approval_id, call.body["approve"], call.body["reason"], call.now)


@posts(APPROVAL + "/withdraw", Action.APPROVAL_VIEW, "approvals", match=TAG, of="get_approval")
def withdraw_approval(call: Call, approval_id: str) -> None:
    """Takes one's own request back."""
    approvals.withdraw(call.uow, call.who, approval_id, call.now)
