"""Sessions, attempts and second factors as rows; whoever changes one asks for it by what it still is (used once)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import CursorResult, Update, bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from oms.store.api_tables import ApiToken
from oms.store.sign_in_tables import OneTimeCodes, Passkey, PasskeyChallenge, RecoveryCode, SignInAttempt
from oms.store.tables import Account, SignIn, new_id

DEVICE = "device:"
"""What the place of a known device begins with; every other place is a network."""


def _changed(session: Session, statement: Update) -> bool:
    """Runs a conditional change; True when there was still something to change, so that of two only one gets it."""
    done = session.execute(statement)
    return isinstance(done, CursorResult) and done.rowcount == 1


# sessions


def live_session(session: Session, token_hash: str) -> SignIn | None:
    """The session row of a token hash, if it has not been ended."""
    row = session.get(SignIn, token_hash)
    return row if row is not None and row.ended_at is None else None


def live(session: Session, token_hash: str) -> tuple[SignIn, Account] | None:
    """The session of a token hash with its account, if it has not been ended: every request asks, in one question."""
    found = session.execute(_LIVE, {"token_hash": token_hash}).one_or_none()
    return (found[0], found[1]) if found else None


_LIVE = (
    select(SignIn, Account)
    .join(Account, Account.id == SignIn.account_id)
    .where(SignIn.token_hash == bindparam("token_hash"), SignIn.ended_at.is_(None))
)


def session_of(session: Session, session_id: str) -> SignIn | None:
    """The session with this id, if it has not been ended."""
    return session.scalar(select(SignIn).where(SignIn.id == session_id, SignIn.ended_at.is_(None)))


def sessions_of(session: Session, account_id: str, newest_from: datetime) -> list[SignIn]:
    """Sessions of an account that go on, newest use first; those not used since ``newest_from`` are over."""
    statement = select(SignIn).where(
        SignIn.account_id == account_id, SignIn.ended_at.is_(None), SignIn.seen_at >= newest_from
    )
    return list(session.scalars(statement.order_by(SignIn.seen_at.desc())))


def ever_in(session: Session, account_id: str) -> bool:
    """Whether the account's owner has ever been fully signed in."""
    statement = select(SignIn.id).where(SignIn.account_id == account_id, SignIn.stage == "full").limit(1)
    return session.scalar(statement) is not None


def give_token(session: Session, row: SignIn, token_hash: str) -> SignIn:
    """The same session under a new token; the old one is nobody's from now on."""
    session.flush()
    statement = update(SignIn).where(SignIn.token_hash == row.token_hash, SignIn.ended_at.is_(None))
    session.execute(statement.values(token_hash=token_hash), execution_options={"synchronize_session": False})
    session.expunge(row)
    return session.get_one(SignIn, token_hash)


def end_sessions(session: Session, account_id: str, now: datetime, but: str = "") -> int:
    """Ends every open session of an account but one; returns how many. With all of them its programs' tokens end."""
    if not but:
        tokens = update(ApiToken).where(ApiToken.account_id == account_id, ApiToken.ended_at.is_(None))
        session.execute(tokens.values(ended_at=now))
    open_ones = update(SignIn).where(SignIn.account_id == account_id, SignIn.ended_at.is_(None), SignIn.id != but)
    done = session.execute(open_ones.values(ended_at=now))
    return done.rowcount if isinstance(done, CursorResult) else 0


def hold_code(session: Session, account_id: str, code_hash: str) -> bool:
    """Whether the account still has this one-time code; its row is this transaction's from here on."""
    statement = update(Account).where(Account.id == account_id, Account.password_hash == code_hash)
    return _changed(session, statement.where(Account.code_until.is_not(None)).values(must_change=True))


# attempts


def attempts(session: Session, name: str, place: str, since: datetime) -> tuple[int, datetime | None]:
    """Bad attempts on this (hashed) name from this place since a time with no good one after; and the newest."""
    statement = select(func.count(), func.max(SignInAttempt.at)).where(
        SignInAttempt.name == name, SignInAttempt.place == place, SignInAttempt.at >= since, SignInAttempt.cleared == 0
    )
    number, newest = session.execute(statement).one()
    return int(number), newest


def attempts_of_strangers(session: Session, name: str, since: datetime) -> int:
    """Bad attempts on this name from every network since a time, known devices left out, good ones between or not."""
    statement = select(func.count()).where(
        SignInAttempt.name == name, SignInAttempt.at >= since, SignInAttempt.place.not_like(f"{DEVICE}%")
    )
    return session.scalar(statement) or 0


def add_attempt(session: Session, name: str, place: str, at: datetime) -> str:
    """Keeps an attempt and gives its id."""
    row = SignInAttempt(id=new_id(), name=name, place=place, at=at)
    session.add(row)
    session.flush()
    return row.id


def take_back_attempt(session: Session, attempt_id: str) -> None:
    """The attempt was good: it is no guess."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.id == attempt_id))


def clear_attempts(session: Session, name: str, place: str) -> None:
    """A good sign-in: what went before it from this place delays nobody any more."""
    statement = update(SignInAttempt).where(SignInAttempt.name == name, SignInAttempt.place == place)
    session.execute(statement.values(cleared=1))


def forget_attempts(session: Session, before: datetime) -> None:
    """Forgets attempts too old to count."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.at < before))


def forgive_attempts(session: Session, name: str) -> None:
    """Forgets every attempt on a name: its password has been replaced by a code."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.name == name))


# second factors


def totp_of(session: Session, account_id: str) -> OneTimeCodes | None:
    """The account's generator of one-time codes."""
    return session.get(OneTimeCodes, account_id)


def use_step(session: Session, account_id: str, step: int, now: datetime) -> bool:
    """Uses up a time step; False when it or a later one has been used: a code seen is worth nothing."""
    statement = update(OneTimeCodes).where(OneTimeCodes.account_id == account_id, OneTimeCodes.last_step < step)
    return _changed(session, statement.values(last_step=step, used_at=now))


def passkeys_of(session: Session, account_id: str) -> list[Passkey]:
    """The account's keys, oldest first."""
    return list(
        session.scalars(select(Passkey).where(Passkey.account_id == account_id).order_by(Passkey.added_at, Passkey.id))
    )


def passkey_by_credential(session: Session, credential_id: str) -> Passkey | None:
    """The key with this credential id."""
    return session.scalar(select(Passkey).where(Passkey.credential_id == credential_id))


def use_passkey(session: Session, passkey_id: str, before: int, count: int, now: datetime) -> bool:
    """Moves a key's counter on; False when somebody moved it meanwhile."""
    statement = update(Passkey).where(Passkey.id == passkey_id, Passkey.sign_count == before)
    return _changed(session, statement.values(sign_count=count, used_at=now))


def remove_passkey(session: Session, account_id: str, passkey_id: str) -> bool:
    """Removes one key of an account; False when it is not the account's."""
    found = session.scalar(select(Passkey).where(Passkey.id == passkey_id, Passkey.account_id == account_id))
    if found is not None:
        session.delete(found)
    return found is not None


def remove_totp(session: Session, account_id: str) -> None:
    """Removes the account's generator of one-time codes."""
    session.execute(delete(OneTimeCodes).where(OneTimeCodes.account_id == account_id))


def remove_passkeys(session: Session, account_id: str) -> None:
    """Removes every key of an account."""
    session.execute(delete(Passkey).where(Passkey.account_id == account_id))


def set_recovery_codes(session: Session, account_id: str, hashes: Sequence[str]) -> None:
    """Replaces an account's recovery codes."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    session.add_all([RecoveryCode(account_id=account_id, code_hash=each) for each in hashes])


def recovery_codes_left(session: Session, account_id: str) -> int:
    """How many recovery codes have not been used."""
    statement = select(func.count()).where(RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
    return session.scalar(statement) or 0


def use_recovery_code(session: Session, account_id: str, code_hash: str, now: datetime) -> bool:
    """Uses up a recovery code; False when there is none such left."""
    statement = update(RecoveryCode).where(
        RecoveryCode.account_id == account_id, RecoveryCode.code_hash == code_hash, RecoveryCode.used_at.is_(None)
    )
    return _changed(session, statement.values(used_at=now))


def add_challenge(session: Session, row: PasskeyChallenge, oldest: datetime) -> None:
    """Keeps a challenge and forgets those nobody answered."""
    session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.made_at < oldest))
    session.add(row)


def take_challenge(session: Session, digest: str, purpose: str, account_id: str, oldest: datetime) -> bool:
    """Takes a challenge out; True when it was asked for this and not too long ago."""
    found = session.get(PasskeyChallenge, digest)
    if found is None or (found.purpose, found.account_id) != (purpose, account_id) or found.made_at < oldest:
        return False
    done = session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.digest == digest))
    return isinstance(done, CursorResult) and done.rowcount == 1
