"""Sessions kept by the server: in stages, under a token that is new after each proof, listed and ended at will."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from oms.domain.access import Action, Principal, Secrecy
from oms.domain.journal import Verb
from oms.domain.records import day_in_hanoi
from oms.errors import Refused
from oms.services import delegations, notices
from oms.services.house import House, What, Why, note, require
from oms.settings import Settings
from oms.store import journal, people
from oms.store import sign_in as store
from oms.store.db import UnitOfWork
from oms.store.past_walls import past_walls
from oms.store.tables import Account, JournalEntry, SignIn, new_id

SEEN_EVERY = timedelta(seconds=30)
"""How exactly the last use of a session is kept: a row is not written for every image of a page."""
STEP_UP_FOR = timedelta(minutes=10)
"""How long a proof counts as fresh for what asks for one."""
PENDING_IDLE, PENDING_FOR = timedelta(minutes=10), timedelta(minutes=30)
"""How long a session that still owes something may rest, and take in all, to pay it."""
ONE_AT_A_TIME = Secrecy.TOI_MAT
"""From this clearance on a new session ends the account's others."""


class Stage(StrEnum):
    """What a session still owes before its owner may do anything else."""

    FACTOR = "factor"
    PASSWORD = "password"  # noqa: S105 - a stage, not a secret
    ENROL = "enrol"
    FULL = "full"


@dataclass(frozen=True)
class Live:
    """A session as a request finds it, its person's grants read anew."""

    principal: Principal
    stage: Stage
    id: str
    proofs: tuple[str, ...]


def hash_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _new_token() -> str:
    return secrets.token_urlsafe(32)


def person_of(uow: UnitOfWork, account: Account, row: SignIn, address: str, now: datetime) -> Principal:
    """The person of a session, with the authority it acts with; the journal knows it by the first half of its id."""
    person = people.principal_of(uow.session, account, row.id[:16], address, day_in_hanoi(now), now)
    return delegations.acting(uow, person, row.delegation_id, now)


def act_for(uow: UnitOfWork, principal: Principal, token: str, delegation_id: str, now: datetime) -> str:
    """From the next request on the session acts with a delegation ("" with its owner's own authority again).

    Another authority is another token, which is returned.
    """
    row = store.live_session(uow.session, hash_of(token))
    if row is None:
        raise Refused(Verb.DELEGATION_USE, kind="account", object_id=principal.account_id, reason="session ended")
    row.delegation_id = delegations.use(uow, principal, delegation_id, now)
    fresh = _new_token()
    store.give_token(uow.session, row, hash_of(fresh))
    return fresh


def begin(uow: UnitOfWork, account: Account, address: str, browser: str, now: datetime) -> SignIn:
    """A new session that owes everything; :func:`advance` gives it a token and a stage."""
    row = SignIn(
        token_hash=hash_of(_new_token()),
        account_id=account.id,
        address=address,
        browser=browser[:60],
        created_at=now,
        seen_at=now,
        id=new_id(),
        stage=str(Stage.FACTOR),
    )
    uow.session.add(row)
    uow.session.flush()
    return row


def advance(
    uow: UnitOfWork, row: SignIn, account: Account, stage: Stage, proof: str, address: str, now: datetime
) -> str:
    """After a good proof: a new token, the next stage; returns the token. What was known of the old one is worthless.

    A full session begins its hours now; for high clearances it ends the account's other sessions.
    """
    token = _new_token()
    row = store.give_token(uow.session, row, hash_of(token))
    row.proofs = ",".join(dict.fromkeys([*filter(None, row.proofs.split(",")), *filter(None, [proof])]))
    row.stage, row.seen_at = str(stage), now
    person = person_of(uow, account, row, address, now)
    what = What("account", account.id, account.username)
    if stage is not Stage.FULL:
        detail = {"by": row.proofs, "owes": str(stage)}
        note(uow, person, Verb.SESSION_BEGIN, now, what=what, detail=detail)
        return token
    row.created_at = row.stepped_up_at = now
    note(uow, person, Verb.SESSION_OPEN, now, what=what, detail={"by": row.proofs})
    if account.clearance >= ONE_AT_A_TIME:
        ended = store.end_sessions(uow.session, account.id, now, but=row.id)
        if ended:
            why, detail_of = Why("a newer session of a high clearance"), {"sessions": ended}
            note(uow, person, Verb.SESSION_END, now, what=what, why=why, detail=detail_of)
    return token


def live(house: House, token: str, address: str, now: datetime) -> Live | None:
    """The session of a token, its grants read anew; None when it ended, idled out or is too old."""
    with house.look() as uow:
        found_live = store.live(uow.session, hash_of(token))
        if found_live is None:
            return None
        row, account = found_live
        goes_on = account.active and _goes_on(house.settings, row, now)
        fresh = row.stepped_up_at is not None and now - row.stepped_up_at <= STEP_UP_FOR
        person = replace(person_of(uow, account, row, address, now), stepped_up=fresh)
        found = Live(person, Stage(row.stage), row.id, tuple(filter(None, row.proofs.split(","))))
        seen_at = row.seen_at
    if not goes_on or now - seen_at > SEEN_EVERY:
        _touch(house, token, goes_on, now)
    return found if goes_on else None


def _goes_on(settings: Settings, row: SignIn, now: datetime) -> bool:
    if row.stage != Stage.FULL:
        return now - row.seen_at <= PENDING_IDLE and now - row.created_at <= PENDING_FOR
    idle = now - row.seen_at > timedelta(minutes=settings.idle_minutes)
    return not idle and now - row.created_at <= timedelta(hours=settings.session_hours)


def _touch(house: House, token: str, goes_on: bool, now: datetime) -> None:
    """Keeps that a session was used, or that it has ended. Nobody waits for it behind a long writer."""
    held = house.database.hurried(now)
    if held is None:
        return
    with house.database.ending(held) as session:
        row = store.live_session(session, hash_of(token))
        if row is not None and goes_on:
            row.seen_at = now
        elif row is not None:
            row.ended_at = now


def stepped_up(uow: UnitOfWork, principal: Principal, token: str, proof: str, now: datetime) -> str:
    """After a fresh proof: the same session, stepped up, under a new token, which is returned."""
    row = store.live_session(uow.session, hash_of(token))
    if row is None:
        raise Refused(Verb.SESSION_STEP_UP, kind="account", object_id=principal.account_id, reason="session ended")
    fresh = _new_token()
    store.give_token(uow.session, row, hash_of(fresh)).stepped_up_at = now
    note(uow, principal, Verb.SESSION_STEP_UP, now, what=What("account", principal.account_id), detail={"by": proof})
    return fresh


def sign_out(house: House, token: str, principal: Principal, now: datetime) -> None:
    """Ends the session."""
    with house.work(principal, now) as uow:
        row = store.live_session(uow.session, hash_of(token))
        if row is not None:
            row.ended_at = now
        note(uow, principal, Verb.SESSION_CLOSE, now, what=What("account", principal.account_id))


@dataclass(frozen=True)
class SessionRow:
    """A session as its owner or an officer sees it: never its token."""

    id: str
    address: str
    browser: str
    created_at: datetime
    seen_at: datetime
    stage: Stage
    own: bool


def _rows(
    uow: UnitOfWork, principal: Principal, account_id: str, settings: Settings, now: datetime
) -> list[SessionRow]:
    newest = now - timedelta(minutes=settings.idle_minutes)
    return [
        SessionRow(
            row.id,
            row.address,
            row.browser,
            row.created_at,
            row.seen_at,
            Stage(row.stage),
            row.id[:16] == principal.session_ref,
        )
        for row in store.sessions_of(uow.session, account_id, newest)
        if _goes_on(settings, row, now)
    ]


def own(uow: UnitOfWork, principal: Principal, settings: Settings, now: datetime) -> list[SessionRow]:
    """One's own sessions that go on, the newest use first."""
    return _rows(uow, principal, principal.account_id, settings, now)


def last_sign_ins(uow: UnitOfWork, principal: Principal, limit: int) -> list[JournalEntry]:
    """The newest good and refused sign-ins of one's own account, newest first."""
    found: list[JournalEntry] = []
    for verb in (Verb.SESSION_OPEN, Verb.SESSION_REFUSE):
        wanted = journal.EntryFilter(verb=str(verb), object_id=principal.account_id)
        with past_walls(uow.session):  # one's own, though whoever was refused was nobody yet
            found += journal.find(uow.session, wanted, limit, 0)[0]
    return sorted(found, key=lambda entry: entry.seq, reverse=True)[:limit]


def end_own(uow: UnitOfWork, principal: Principal, session_id: str, now: datetime) -> None:
    """Ends one of one's own sessions; with an empty id all but the present one."""
    what = What("account", principal.account_id, principal.username)
    if not session_id:
        current = [row for row in store.sessions_of(uow.session, principal.account_id, now - timedelta(days=2))
                   if row.id[:16] == principal.session_ref]  # fmt: skip
        ended = store.end_sessions(uow.session, principal.account_id, now, but=current[0].id if current else "")
        note(uow, principal, Verb.SESSION_END, now, what=what, detail={"sessions": ended})
        return
    row = store.session_of(uow.session, session_id)
    if row is None or row.account_id != principal.account_id:
        raise Refused(Verb.SESSION_END, kind="session", object_id=session_id[:32], reason="missing or another's")
    row.ended_at = now
    note(uow, principal, Verb.SESSION_END, now, what=what, detail={"sessions": 1})


def of_account(
    uow: UnitOfWork, principal: Principal, account_id: str, settings: Settings, now: datetime
) -> tuple[Account, list[SessionRow]]:
    """An account and its sessions, for who may end them (the administrator, the security officer)."""
    account = _account(uow, principal, account_id, Verb.SESSION_LIST)
    found = _rows(uow, principal, account_id, settings, now)
    what = What("account", account_id, account.username)
    note(uow, principal, Verb.SESSION_LIST, now, what=what, detail={"sessions": len(found)})
    return account, found


def end_of_account(uow: UnitOfWork, principal: Principal, account_id: str, session_id: str, now: datetime) -> int:
    """Ends a session of an account, with an empty id all of them; returns how many ended."""
    account = _account(uow, principal, account_id, Verb.SESSION_END)
    if session_id:
        row = store.session_of(uow.session, session_id)
        if row is None or row.account_id != account_id:
            raise Refused(Verb.SESSION_END, kind="session", object_id=session_id[:32], reason="missing or another's")
        row.ended_at, ended = now, 1
    else:
        ended = store.end_sessions(uow.session, account_id, now)
    if ended and account_id not in principal.persons:
        notices.tell_owner(uow, account_id, "sessions_ended", now)
    what = What("account", account_id, account.username)
    note(uow, principal, Verb.SESSION_END, now, what=what, detail={"sessions": ended, "by": "officer"})
    return ended


def _account(uow: UnitOfWork, principal: Principal, account_id: str, verb: Verb) -> Account:
    require(principal, Action.SESSION_END, verb, kind="account", object_id=account_id)
    account = people.by_id(uow.session, account_id)
    if account is None:
        raise Refused(verb, kind="account", object_id=account_id, reason="missing")
    return account
