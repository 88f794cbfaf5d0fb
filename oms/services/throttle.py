"""The throttle: guesses are slowed down and stopped, and no stranger can use that to keep the owner out.

Attempts are counted under the name typed (as a keyed hash, for it may be a password) and the place they come from: a
network, or a device that this account has signed in from before, which is a place of its own. After five, each further
bad attempt doubles the wait at that place, up to a quarter of an hour. Over all networks together a name gets a hundred
bad attempts in thirty days (NIST SP 800-63B-4, 3.2.2); what known devices and passkeys do is not among them and is not
stopped by it. So a stranger's guesses end, and the owner's own computer and key go on.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from oms.domain.journal import Outcome, Verb
from oms.errors import Throttled
from oms.services import notices
from oms.services.house import House, What, Why, note
from oms.settings import Settings
from oms.store import people
from oms.store import sign_in as store
from oms.store.db import UnitOfWork

FREE_TRIES = 5
LONGEST_WAIT = timedelta(minutes=15)
REMEMBERED = timedelta(hours=24)
"""How long a bad attempt makes the next one at the same place wait longer."""
MOST_GUESSES = 100
COUNTED = timedelta(days=30)
DEVICE_DAYS = 180


@dataclass(frozen=True)
class Place:
    """Where a request comes from: its address, the device cookie of the account if there is one, the browser's name."""

    address: str
    device: str = ""
    browser: str = ""


@dataclass(frozen=True)
class Attempt:
    """An attempt under way: it counts as a bad one until it is taken back."""

    id: str
    name: str
    place: str


def name_of(settings: Settings, username: str) -> str:
    """What is kept in place of the name typed: a keyed hash, 60 hex digits."""
    return _keyed(settings, "name", username.strip().lower()[:60])[:60]


def _keyed(settings: Settings, what: str, text: str) -> str:
    return hmac.new(settings.secret_key.encode(), f"{what}:{text}".encode(), hashlib.sha256).hexdigest()


def network_of(address: str) -> str:
    """The network of an address: /24 of IPv4, /64 of IPv6 (what one subscriber is given)."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return str(ipaddress.ip_network(f"{found}/{24 if found.version == 4 else 64}", strict=False))


def new_device(settings: Settings, name: str, now: datetime) -> str:
    """A token that makes the browser which keeps it a known device of this name: given after a good sign-in."""
    body = f"{secrets.token_hex(16)}.{int(now.timestamp())}"
    return f"{body}.{_keyed(settings, 'device', f'{name}.{body}')}"


def device_cookie(name: str) -> str:
    """What the token of a name is called among the cookies: one for each account a computer serves."""
    return f"oms-device-{name[:12]}"


def _known_device(settings: Settings, name: str, token: str, now: datetime) -> str:
    """The device's number when the token was made here, for this name, and not too long ago; else empty."""
    number, _, rest = token.partition(".")
    made, _, signature = rest.partition(".")
    good = hmac.compare_digest(signature.encode(), _keyed(settings, "device", f"{name}.{number}.{made}").encode())
    if not good or not made.isdecimal():
        return ""
    return number if now.timestamp() - int(made) <= DEVICE_DAYS * 86_400 else ""


def place_of(settings: Settings, name: str, place: Place, now: datetime) -> str:
    """Under what attempts from here are counted."""
    device = _known_device(settings, name, place.device, now)
    return f"{store.DEVICE}{device}" if device else network_of(place.address)


def begin(
    house: House,
    username: str,
    place: Place,
    now: datetime,
    verb: Verb = Verb.SESSION_REFUSE,
    guessable: bool = True,
) -> Attempt:
    """Lets one attempt through and counts it, before it is judged; Throttled (and a journal row) when it must wait.

    Counting comes first, so that a hundred attempts sent at once are not judged by the same count. Not ``guessable``
    is a one-time code: the hundred guesses do not end there, so that its owner gets in whatever happened before.
    """
    name = name_of(house.settings, username)
    where = place_of(house.settings, name, place, now)
    with house.work(None, now) as uow:
        reason = _must_wait(uow, name, where, now, guessable)
        if not reason:
            store.forget_attempts(uow.session, now - COUNTED)
            attempt = Attempt(store.add_attempt(uow.session, name, where, now), name, where)
            if not where.startswith(store.DEVICE):
                _tell_when_used_up(uow, username, name, now)
            return attempt
        what = What("place", label=where if not where.startswith(store.DEVICE) else "known device")
        note(uow, None, verb, now, outcome=Outcome.REFUSED, address=place.address, what=what, why=Why(reason))
    raise Throttled


def _tell_when_used_up(uow: UnitOfWork, username: str, name: str, now: datetime) -> None:
    """The owner of an account whose guesses were used up by this attempt finds a notice."""
    account = people.by_username(uow.session, username.strip().lower()[:60])
    if account is not None and store.attempts_of_strangers(uow.session, name, now - COUNTED) == MOST_GUESSES:
        notices.tell_owner(uow, account.id, "guesses_stopped", now)


def _must_wait(uow: UnitOfWork, name: str, where: str, now: datetime, guessable: bool) -> str:
    """Why the next attempt has to wait, or "" when it need not."""
    bad, newest = store.attempts(uow.session, name, where, now - REMEMBERED)
    if bad >= FREE_TRIES and newest is not None:
        wait = min(timedelta(seconds=2 ** min(bad - FREE_TRIES + 1, 12)), LONGEST_WAIT)
        if now < newest + wait:
            return "throttled: wait"
    if not where.startswith(store.DEVICE):
        strangers = store.attempts_of_strangers(uow.session, name, now - COUNTED)
        if strangers >= MOST_GUESSES and guessable:
            return "throttled: guesses of 30 days used up"
    elif store.attempts(uow.session, name, where, now - COUNTED)[0] >= MOST_GUESSES:
        return "throttled: guesses of this device used up"
    return ""


def good(uow: UnitOfWork, attempt: Attempt) -> None:
    """The attempt was right: it is no guess. What went before it still counts until :func:`arrived`."""
    store.take_back_attempt(uow.session, attempt.id)


def arrived(uow: UnitOfWork, name: str, where: str) -> None:
    """The person is in: earlier slips at this place make nobody wait any more."""
    store.clear_attempts(uow.session, name, where)


def forgive(uow: UnitOfWork, name: str) -> None:
    """Begins the count of a name anew: what was guessed at has been replaced."""
    store.forgive_attempts(uow.session, name)
