"""Tokens for programs: made and withdrawn by their owner, kept as hashes, worth no more than the owner's account is.

A token is dead when it ran out or was withdrawn; when its account is locked or owes a password or a factor; and when
the account's sessions were ended all together (a new password, a new post, factors reset, an officer's word). It acts
with its owner's own authority, never with one that was lent, and reaches nothing above Mật: what is Tối mật or Tuyệt
mật is read by a person at the pages, in one session at a time.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from oms.domain.access import Principal, Secrecy
from oms.domain.api_scopes import LONGEST_DAYS, checked
from oms.domain.fields import squashed
from oms.domain.journal import Outcome, Verb
from oms.domain.records import day_in_hanoi
from oms.errors import InvalidInput, Refused
from oms.services import factors, notices, sign_in, throttle
from oms.services.factors import Proof
from oms.services.house import House, What, Why, note
from oms.services.passkeys import Site
from oms.services.sessions import SEEN_EVERY, Stage, hash_of
from oms.services.throttle import Place
from oms.store import people
from oms.store import tokens as store
from oms.store.api_tables import ApiToken as ApiToken
from oms.store.db import UnitOfWork

PREFIX = "oms_"
"""How every token begins, so that one that got lost in a file is found and known for what it is."""
HIGHEST = Secrecy.MAT
MOST = 20
"""Live tokens of one account."""
UNKNOWN = "api token"
"""Under what name bad tokens are counted by the throttle."""


@dataclass(frozen=True)
class Bearer:
    """Who comes with a good token: the person, and what the token may try."""

    principal: Principal
    scopes: frozenset[str]


def own(uow: UnitOfWork, principal: Principal, now: datetime) -> list[ApiToken]:
    """One's own tokens that still work, the newest first."""
    return store.of_account(uow.session, principal.account_id, now)


def make(
    uow: UnitOfWork, principal: Principal, name: str, scopes: Sequence[str], days: int, now: datetime
) -> tuple[ApiToken, str]:
    """A new token of one's own: its row, and itself, to be shown once.

    InvalidInput for a name that says nothing, no scope, more days than a year, or too many tokens.
    """
    words, wanted = squashed(name)[:80], checked(scopes)
    if len(words) < 3:
        raise InvalidInput("name", "Hãy đặt tên cho mã: phần mềm nào dùng, ở đâu (ít nhất 3 ký tự).")
    if not wanted:
        raise InvalidInput("scopes", "Hãy chọn ít nhất một phạm vi.")
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidInput("days", f"Thời hạn từ 1 đến {LONGEST_DAYS} ngày.")
    if len(own(uow, principal, now)) >= MOST:
        raise InvalidInput("name", f"Đã có {MOST} mã đang dùng. Hãy thu hồi mã không dùng nữa.")
    token = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(
        token_hash=hash_of(token),
        account_id=principal.account_id,
        name=words,
        scopes=" ".join(wanted),
        created_at=now,
        until=now + timedelta(days=days),
    )
    uow.session.add(row)
    uow.session.flush()
    notices.tell_owner(uow, principal.account_id, "token_made", now)
    detail = {"scopes": list(wanted), "until": row.until.isoformat(timespec="minutes")}
    note(uow, principal, Verb.TOKEN_MAKE, now, what=What("token", row.id, words), detail=detail)
    return row, token


def withdraw(uow: UnitOfWork, principal: Principal, token_id: str, now: datetime) -> None:
    """Ends one of one's own tokens, at once. Refused when it is another's or missing."""
    row = store.find(uow.session, token_id)
    if row is None or row.account_id != principal.account_id or row.ended_at is not None:
        raise Refused(Verb.TOKEN_END, kind="token", object_id=token_id[:32], reason="missing or another's")
    row.ended_at = now
    note(uow, principal, Verb.TOKEN_END, now, what=What("token", row.id, row.name))


def bearer(house: House, token: str, place: Place, now: datetime) -> Bearer | None:
    """Who comes with this token; None (and a row) when it is worth nothing, Throttled after too many of those."""
    row_id, problem, found = "", "unknown", None
    if token.startswith(PREFIX) and len(token) <= 100:
        with house.look() as uow:
            row = store.by_hash(uow.session, hash_of(token))
            if row is not None:
                row_id, seen_at, seen_from = row.id, row.used_at, row.used_from
                problem = _dead(uow, house, row, now)
                person = _person(uow, row, place.address, now)
                found = Bearer(person, frozenset(row.scopes.split()))
    if found is None or problem:
        _refuse(house, row_id, found.principal if found else None, problem, place, now)
        return None
    if seen_at is None or now - seen_at > SEEN_EVERY or seen_from != place.address:
        _touch(house, row_id, place.address, now)
    return found


def _dead(uow: UnitOfWork, house: House, row: ApiToken, now: datetime) -> str:
    """Why a token is worth nothing any more; "" when it works."""
    account = people.by_id(uow.session, row.account_id)
    if row.ended_at is not None:
        return "withdrawn"
    if now >= row.until:
        return "expired"
    if account is None or not account.active:
        return "account locked"
    owes = sign_in.owed(uow, house.settings, account, proved=True)
    return "" if owes is Stage.FULL else f"account owes {owes}"


def _person(uow: UnitOfWork, row: ApiToken, address: str, now: datetime) -> Principal:
    account = people.by_id(uow.session, row.account_id)
    if account is None:
        raise Refused(Verb.TOKEN_REFUSE, kind="token", object_id=row.id, reason="account gone")
    person = people.principal_of(uow.session, account, f"api-{row.id[:12]}", address, day_in_hanoi(now), now)
    return replace(person, clearance=min(person.clearance, HIGHEST), emergency=frozenset(), token_id=row.id)


def _refuse(house: House, row_id: str, person: Principal | None, why: str, place: Place, now: datetime) -> None:
    """A bad token is a row, and counts as a bad attempt of its place, so that many are slowed down and stopped."""
    throttle.begin(house, UNKNOWN, place, now, Verb.TOKEN_REFUSE, guessable=False)
    with house.work(person, now) as uow:
        what = What("token", row_id)
        note(
            uow, person, Verb.TOKEN_REFUSE, now, what=what, why=Why(why), outcome=Outcome.REFUSED, address=place.address
        )


def prove(house: House, principal: Principal, code: str, place: Place, now: datetime) -> bool:
    """Whether a code is the one on the owner's phone now; wrong ones are counted and slowed down as guesses are."""
    attempt = throttle.begin(house, principal.username, place, now, Verb.SESSION_STEP_UP)
    what = What("account", principal.account_id)
    with house.work(principal, now) as uow:
        right = factors.prove(
            uow, house.settings, principal.account_id, Proof("totp", code), "step_up", Site("", ""), now
        )
        if right:
            throttle.good(uow, attempt)
            note(uow, principal, Verb.SESSION_STEP_UP, now, what=what, detail={"by": "totp"})
        else:
            why = Why("wrong proof")
            note(uow, principal, Verb.SESSION_STEP_UP, now, outcome=Outcome.REFUSED, what=what, why=why)
    return right


def _touch(house: House, token_id: str, address: str, now: datetime) -> None:
    """Keeps when a token was used last, and from where. Nobody waits for it behind a long writer."""
    held = house.database.hurried(now)
    if held is None:
        return
    with house.database.ending(held) as session:
        row = store.find(session, token_id)
        if row is not None:
            row.used_at, row.used_from = now, address[:60]
