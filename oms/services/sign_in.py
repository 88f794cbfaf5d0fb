"""Coming in: the password, then what is still owed – a factor, a new password, an enrolment – each under a new token.

One answer, and one cost, for a wrong password, an unknown name, an account switched off and a code that ran out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Principal, Role
from oms.domain.journal import Outcome, Verb
from oms.errors import Busy, InvalidInput, Refused
from oms.services import factors, notices, passkeys, passwords, sessions, throttle
from oms.services.factors import Proof
from oms.services.house import House, What, Why, note
from oms.services.passkeys import Site
from oms.services.sessions import Live, Stage
from oms.services.throttle import Attempt, Place
from oms.settings import Settings
from oms.store import people
from oms.store import sign_in as store
from oms.store.db import UnitOfWork
from oms.store.tables import Account

MOST_TRIES = 5
"""Wrong factors in one session before its password has to be given anew."""
WRONG_CODE = "Mã không đúng hoặc đã dùng rồi. Hãy đợi mã mới rồi nhập lại."


@dataclass(frozen=True)
class Arrived:
    """A step that went well: the token from now on, what is still owed, and whose device cookie to set."""

    token: str
    stage: Stage
    name: str
    device: str = ""


def owed(uow: UnitOfWork, settings: Settings, account: Account, proved: bool) -> Stage:
    """What the person has to do next; ``proved``: a second factor has been given in this session."""
    has = factors.of(uow, account.id).any
    if has and not proved:
        return Stage.FACTOR
    if account.must_change:
        return Stage.PASSWORD
    if not has and factors.required_of(settings, Role(account.role)):
        return Stage.ENROL
    return Stage.FULL


def with_password(house: House, username: str, password: str, place: Place, now: datetime) -> Arrived:
    """Checks the password, or the one-time code in its place, and begins a session.

    Raises Throttled when this place has to wait, Refused otherwise. Unknown names cost the time known ones do. Every
    outcome is a row, and which name was typed stands in it only where it is an account's.

    A one-time code opens one session at a time, the newest, and only to set a password: with that it is used up.
    Whoever is cut off before it comes in again with the same code while its hours last.
    """
    with house.look() as uow:
        account = people.by_username(uow.session, username.strip().lower()[:60])
    stored = account.password_hash if account else ""
    is_code = account is not None and account.code_until is not None
    attempt = throttle.begin(house, username, place, now, guessable=not is_code)
    right = _judged(house, attempt, now, lambda: passwords.matches(stored, password, is_code))
    in_time = account is not None and (account.code_until is None or now < account.code_until)
    if account is None or not (right and in_time and account.active):
        _refuse(house, account, "wrong password, inactive or code too old" if account else "unknown name", place, now)
        raise Refused(Verb.SESSION_REFUSE, reason="wrong name or password")
    renewed = "" if is_code or not passwords.outdated(stored, password) else passwords.hash_of(password)
    with house.work(None, now) as uow:
        current = people.by_id(uow.session, account.id)
        held = not is_code or store.hold_code(uow.session, account.id, stored)
        if current is None or not held:
            raise Refused(Verb.SESSION_REFUSE, kind="account", object_id=account.id, reason="code used meanwhile")
        throttle.good(uow, attempt)
        if is_code:
            store.end_sessions(uow.session, account.id, now)
            throttle.forgive(uow, attempt.name)
        uow.session.refresh(current)
        if renewed and current.password_hash == stored:
            current.password_hash = renewed
        row = sessions.begin(uow, current, place.address, place.browser, now)
        return _advance(uow, house, current, row.token_hash, "code" if is_code else "password", place, now)


def with_factor(house: House, token: str, live: Live, proof: Proof, site: Site, place: Place, now: datetime) -> Arrived:
    """The second step: a code from the phone, a passkey, or a recovery code. A wrong one counts as a guess.

    InvalidInput when it is wrong; after five the session ends (Refused) and the password is asked for again.
    """
    person = live.principal
    attempt = throttle.begin(house, person.username, place, now)
    with house.work(person, now) as uow:
        row = store.live_session(uow.session, sessions.hash_of(token))
        account = people.by_id(uow.session, person.account_id)
        if row is None or account is None or row.stage != Stage.FACTOR:
            raise Refused(Verb.SESSION_REFUSE, kind="account", object_id=person.account_id, reason="nothing is owed")
        if factors.prove(uow, house.settings, account.id, proof, "factor", site, now):
            throttle.good(uow, attempt)
            return _advance(uow, house, account, row.token_hash, proof.kind, place, now)
        row.tries += 1
        over = row.tries >= MOST_TRIES
        if over:
            row.ended_at = now
        what, why = What("account", account.id, account.username), Why("wrong second factor")
        detail = {"factor": proof.kind if proof.kind in ("totp", "recovery", "passkey") else "other"}
        note(uow, person, Verb.SESSION_REFUSE, now, outcome=Outcome.REFUSED, what=what, why=why, detail=detail)
    if over:
        raise Refused(Verb.SESSION_REFUSE, kind="account", object_id=person.account_id, reason="too many wrong factors")
    raise InvalidInput("code", passkeys.WRONG if proof.kind == "passkey" else WRONG_CODE)


def with_passkey(house: House, answer: str, site: Site, place: Place, now: datetime) -> Arrived:
    """Signs in by a key alone: having it and opening it by PIN or finger are two factors. No throttle is in its way.

    Who holds the key always gets in, whatever strangers have guessed at the account's password.
    """
    with house.work(None, now) as uow:
        account = passkeys.prove(uow, "sign_in", "", answer, site, now)
        if account is not None and account.active and account.vetted_at is not None:
            row = sessions.begin(uow, account, place.address, place.browser, now)
            return _advance(uow, house, account, row.token_hash, "passkey", place, now)
        what = What("account", account.id if account else "", account.username if account else "")
        why = Why("wrong passkey or inactive")
        note(
            uow,
            None,
            Verb.SESSION_REFUSE,
            now,
            outcome=Outcome.REFUSED,
            address=place.address,
            what=what,
            why=why,
            detail={"factor": "passkey"},
        )
    raise Refused(Verb.SESSION_REFUSE, reason="wrong passkey")


def set_password(house: House, token: str, live: Live, new: str, place: Place, now: datetime) -> Arrived:
    """The password of one's own in place of the one-time code, which is used up; the session goes on with the rest."""
    person = live.principal
    with house.look() as uow:
        account = people.by_id(uow.session, person.account_id)
        if account is None or live.stage is not Stage.PASSWORD:
            raise InvalidInput("new_password", "Phiên đăng nhập đã hết hạn. Hãy đăng nhập lại.")
        beside = _beside_factor(uow, house.settings, account.id)
        passwords.check_rules(uow, account, new, beside, "new_password")
    hashed, short = passwords.hash_of(new), passwords.is_short(new)
    with house.work(person, now) as uow:
        stored = people.by_id(uow.session, person.account_id)
        row = store.live_session(uow.session, sessions.hash_of(token))
        if stored is None or row is None or row.stage != Stage.PASSWORD:
            raise Refused(Verb.PASSWORD_CHANGE, kind="account", object_id=person.account_id, reason="nothing is owed")
        stored.password_hash, stored.must_change, stored.short_password = hashed, False, short
        stored.code_until = None
        note(uow, person, Verb.PASSWORD_CHANGE, now, what=What("account", person.account_id), detail={"first": True})
        return _advance(uow, house, stored, row.token_hash, "", place, now)


def enrolled(house: House, token: str, live: Live, factor: str, place: Place, now: datetime) -> Arrived:
    """After the first factor has been added: the session is full. Nothing changes while the factor is missing."""
    with house.work(live.principal, now) as uow:
        account = people.by_id(uow.session, live.principal.account_id)
        row = store.live_session(uow.session, sessions.hash_of(token))
        if account is None or row is None or row.stage != Stage.ENROL or not factors.of(uow, account.id).any:
            raise Refused(
                Verb.SESSION_REFUSE, kind="account", object_id=live.principal.account_id, reason="not enrolled"
            )
        return _advance(uow, house, account, row.token_hash, factor, place, now)


def _beside_factor(uow: UnitOfWork, settings: Settings, account_id: str) -> bool:
    """Whether the password never stands alone, so that eight characters do."""
    return factors.must_have(uow, settings, account_id) or factors.of(uow, account_id).any


def least_characters(uow: UnitOfWork, settings: Settings, principal: Principal) -> int:
    """How long a new password of this person has to be."""
    return passwords.least(_beside_factor(uow, settings, principal.account_id))


def change_password(house: House, principal: Principal, current: str, new: str, place: Place, now: datetime) -> None:
    """Changes one's own password and ends every session of the account; a wrong current one counts as a guess."""
    attempt = throttle.begin(house, principal.username, place, now, Verb.PASSWORD_CHANGE)
    with house.look() as uow:
        account = people.by_id(uow.session, principal.account_id)
    known = account.password_hash if account else ""
    if account is None or not _judged(house, attempt, now, lambda: passwords.matches(known, current)):
        with house.work(principal, now) as uow:
            what, why = What("account", principal.account_id), Why("wrong current password")
            note(uow, principal, Verb.PASSWORD_CHANGE, now, outcome=Outcome.REFUSED, what=what, why=why)
        raise InvalidInput("current_password", "Mật khẩu hiện tại không đúng.")
    with house.work(principal, now) as uow:
        throttle.good(uow, attempt)
    with house.look() as uow:
        beside = _beside_factor(uow, house.settings, account.id)
        passwords.check_rules(uow, account, new, beside, "new_password")
    hashed, short = passwords.hash_of(new), passwords.is_short(new)
    with house.work(principal, now) as uow:
        stored = people.by_id(uow.session, principal.account_id)
        if stored is not None:
            stored.password_hash, stored.must_change, stored.short_password = hashed, False, short
        store.end_sessions(uow.session, principal.account_id, now)
        notices.tell_owner(uow, principal.account_id, "password_changed", now)
        note(uow, principal, Verb.PASSWORD_CHANGE, now, what=What("account", principal.account_id))


def step_up(
    house: House, token: str, principal: Principal, proof: Proof, site: Site, place: Place, now: datetime
) -> str:
    """A fresh proof of who is at the keyboard: a factor where there is one, else the password. Returns the new token.

    InvalidInput when it is wrong; wrong ones are counted and slowed down as guesses are.
    """
    attempt = throttle.begin(house, principal.username, place, now, Verb.SESSION_STEP_UP)
    with house.look() as uow:
        account = people.by_id(uow.session, principal.account_id)
        has = factors.of(uow, principal.account_id).any
    by_password = proof.kind == "password" and not has and account is not None
    known = account.password_hash if account else ""
    right = by_password and _judged(house, attempt, now, lambda: passwords.matches(known, proof.value))
    with house.work(principal, now) as uow:
        if proof.kind in ("totp", "passkey"):
            right = factors.prove(uow, house.settings, principal.account_id, proof, "step_up", site, now)
        if right:
            throttle.good(uow, attempt)
            return sessions.stepped_up(uow, principal, token, proof.kind, now)
        what, why = What("account", principal.account_id), Why("wrong proof")
        note(uow, principal, Verb.SESSION_STEP_UP, now, outcome=Outcome.REFUSED, what=what, why=why)
    wrong = {"passkey": passkeys.WRONG, "password": "Mật khẩu không đúng."}
    raise InvalidInput("step_up", wrong.get(proof.kind, WRONG_CODE))


def _judged(house: House, attempt: Attempt, now: datetime, judge: Callable[[], bool]) -> bool:
    """The judgement of a password; when the machine is too busy for one, the attempt was none."""
    try:
        return judge()
    except Busy:
        with house.work(None, now) as uow:
            throttle.good(uow, attempt)
        raise


def _advance(
    uow: UnitOfWork, house: House, account: Account, token_hash: str, proof: str, place: Place, now: datetime
) -> Arrived:
    """The next stage under a new token; the last one makes the computer a known device and clears its slips."""
    row = store.live_session(uow.session, token_hash)
    if row is None:
        raise Refused(Verb.SESSION_REFUSE, kind="account", object_id=account.id, reason="session ended")
    given = {*row.proofs.split(","), proof}
    stage = owed(uow, house.settings, account, bool(given & {"totp", "passkey", "recovery"}))
    token = sessions.advance(uow, row, account, stage, proof, place.address, now)
    name = throttle.name_of(house.settings, account.username)
    if stage is not Stage.FULL:
        return Arrived(token, stage, name)
    throttle.arrived(uow, name, throttle.place_of(house.settings, name, place, now))
    return Arrived(token, stage, name, throttle.new_device(house.settings, name, now))


def _refuse(house: House, account: Account | None, reason: str, place: Place, now: datetime) -> None:
    """The journal keeps which account was tried, but not a mistyped name: it may be a password."""
    what = What("account", account.id if account else "", account.username if account else "")
    with house.work(None, now) as uow:
        refused, why = Outcome.REFUSED, Why(reason)
        note(uow, None, Verb.SESSION_REFUSE, now, outcome=refused, address=place.address, what=what, why=why)
