"""Second factors of an account: one-time codes from a phone, passkeys, recovery codes; who must have one."""

from __future__ import annotations

import hashlib
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import pyotp
import segno
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from oms.domain.access import Action, Principal, Role
from oms.domain.journal import Outcome, Verb
from oms.errors import InvalidInput, Refused
from oms.services import notices, passkeys
from oms.services.house import House, What, Why, note, require
from oms.services.passkeys import Site
from oms.services.passwords import CODE_LETTERS
from oms.settings import Settings
from oms.store import people
from oms.store import sign_in as store
from oms.store.db import UnitOfWork
from oms.store.sign_in_tables import OneTimeCodes, Passkey
from oms.store.tables import Account

STEP = 30
RECOVERY_CODES = 10
RECOVERY_LETTERS = 24
"""Of 31 letters: 119 bits, so that their plain hash cannot be guessed (NIST SP 800-63B-4, 3.1.2.2: 112)."""


@dataclass(frozen=True)
class Factors:
    """What an account can prove itself with beside its password."""

    totp: OneTimeCodes | None
    passkeys: tuple[Passkey, ...]
    recovery_left: int

    @property
    def any(self) -> bool:
        """Whether there is a second factor at all; recovery codes alone are none."""
        return self.totp is not None or bool(self.passkeys)


@dataclass(frozen=True)
class Proof:
    """What a person gives to prove who they are: ``kind`` is password, totp, recovery or passkey."""

    kind: str
    value: str


def of(uow: UnitOfWork, account_id: str) -> Factors:
    """The factors of an account."""
    return Factors(
        store.totp_of(uow.session, account_id),
        tuple(store.passkeys_of(uow.session, account_id)),
        store.recovery_codes_left(uow.session, account_id),
    )


def required_of(settings: Settings, role: Role) -> bool:
    """Whether this role has to have a second factor here (OMS_SECOND_FACTOR)."""
    return settings.second_factor == ("*",) or str(role) in settings.second_factor


def must_have(uow: UnitOfWork, settings: Settings, account_id: str) -> bool:
    """Whether the account's own role has to have one, whoever it acts for at the moment."""
    account = people.by_id(uow.session, account_id)
    return account is not None and required_of(settings, Role(account.role))


@contextmanager
def enrolling(house: House, principal: Principal, factor: str, now: datetime) -> Iterator[UnitOfWork]:
    """One use case that adds a factor. A try that did not prove itself is a row too: the kind of factor, no code."""
    try:
        with house.work(principal, now) as uow:
            yield uow
    except InvalidInput:
        with house.work(principal, now) as uow:
            what, why = What("account", principal.account_id, principal.username), Why("not proved")
            detail = {"factor": factor}
            note(uow, principal, Verb.FACTOR_ADD, now, outcome=Outcome.FAILED, what=what, why=why, detail=detail)
        raise


# codes from a phone


def _cipher(settings: Settings) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, None, b"oms second factors").derive(settings.secret_key.encode()))


def _seal(settings: Settings, account_id: str, secret: str) -> bytes:
    nonce = secrets.token_bytes(12)
    return nonce + _cipher(settings).encrypt(nonce, secret.encode(), account_id.encode())


def _unseal(settings: Settings, account_id: str, sealed: bytes) -> str:
    """InvalidInput when it was sealed for another account or under another key."""
    try:
        return _cipher(settings).decrypt(sealed[:12], sealed[12:], account_id.encode()).decode()
    except (InvalidTag, ValueError):
        raise InvalidInput("code", "Phần thiết lập đã cũ. Hãy tải lại trang và quét lại mã.") from None


@dataclass(frozen=True)
class NewTotp:
    """A secret on its way into a phone: as a picture, as letters, and sealed for the way back."""

    picture: str
    letters: str
    sealed: str


def new_totp(settings: Settings, principal: Principal) -> NewTotp:
    """A new secret to be scanned; nothing is kept until a code made from it comes back."""
    return shown_totp(
        settings, principal, b64encode(_seal(settings, principal.account_id, pyotp.random_base32())).decode()
    )


def shown_totp(settings: Settings, principal: Principal, sealed: str) -> NewTotp:
    """The same secret once more, when the first code typed was wrong."""
    secret = _unseal(settings, principal.account_id, _bytes(sealed))
    address = pyotp.TOTP(secret).provisioning_uri(name=principal.username, issuer_name="Hồ sơ cán bộ")
    picture = segno.make(address, error="m").png_data_uri(scale=5, border=3)
    return NewTotp(picture, " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)), sealed)


def _bytes(sealed: str) -> bytes:
    try:
        return b64decode(sealed, validate=True)
    except ValueError:
        return b""


def add_totp(
    uow: UnitOfWork, principal: Principal, settings: Settings, sealed: str, code: str, now: datetime
) -> None:  # fmt: skip
    """Keeps the secret once the phone has shown a right code; that code is used up. A former phone no longer counts."""
    secret = _unseal(settings, principal.account_id, _bytes(sealed))
    step = _step_of(secret, code, now)
    if step is None:
        raise InvalidInput("code", "Mã không đúng. Kiểm tra giờ của điện thoại rồi nhập mã đang hiện.")
    if of(uow, principal.account_id).any:
        notices.tell_owner(uow, principal.account_id, "factor_added", now)
    store.remove_totp(uow.session, principal.account_id)
    sealed_secret = _seal(settings, principal.account_id, secret)
    uow.session.add(OneTimeCodes(account_id=principal.account_id, secret=sealed_secret, last_step=step, added_at=now))
    what = What("account", principal.account_id, principal.username)
    note(uow, principal, Verb.FACTOR_ADD, now, what=what, detail={"factor": "totp"})


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step a code belongs to, one step of drift either way; None when it is no code of these."""
    typed = "".join(char for char in code if char.isdigit())
    current = int(now.timestamp()) // STEP
    generator = pyotp.TOTP(secret, interval=STEP)
    found = [step for step in (current - 1, current, current + 1) if generator.verify(typed, for_time=step * STEP)]
    return max(found) if found else None


def _prove_totp(uow: UnitOfWork, settings: Settings, account_id: str, code: str, now: datetime) -> bool:
    kept = store.totp_of(uow.session, account_id)
    if kept is None:
        return False
    step = _step_of(_unseal(settings, account_id, kept.secret), code, now)
    return step is not None and store.use_step(uow.session, account_id, step, now)


# recovery codes


def _recovery_hash(account_id: str, code: str) -> str:
    letters = "".join(char for char in code.lower() if char.isalnum())
    return hashlib.sha256(f"{account_id}:{letters}".encode()).hexdigest()


def new_recovery_codes(uow: UnitOfWork, principal: Principal, now: datetime) -> list[str]:
    """Ten new codes, shown once and kept as hashes; those before are void."""
    if not of(uow, principal.account_id).any:
        raise InvalidInput("recovery", "Hãy thêm ứng dụng mã xác thực hoặc khoá bảo mật trước.")
    letters = ["".join(secrets.choice(CODE_LETTERS) for _ in range(RECOVERY_LETTERS)) for _ in range(RECOVERY_CODES)]
    store.set_recovery_codes(
        uow.session, principal.account_id, [_recovery_hash(principal.account_id, each) for each in letters]
    )
    note(uow, principal, Verb.RECOVERY_MAKE, now, what=What("account", principal.account_id, principal.username))
    return ["-".join(each[at : at + 4] for at in range(0, len(each), 4)) for each in letters]


# proving


def prove(
    uow: UnitOfWork, settings: Settings, account_id: str, proof: Proof, purpose: str, site: Site, now: datetime
) -> bool:
    """Whether the proof of a second factor is good; what it used up is used up. Anything else is no."""
    if proof.kind == "totp":
        return _prove_totp(uow, settings, account_id, proof.value, now)
    if proof.kind == "recovery":
        return store.use_recovery_code(uow.session, account_id, _recovery_hash(account_id, proof.value), now)
    if proof.kind == "passkey":
        return passkeys.prove(uow, purpose, account_id, proof.value, site, now) is not None
    return False


# removing


def remove(uow: UnitOfWork, principal: Principal, settings: Settings, which: str, now: datetime) -> None:
    """Removes one of one's own factors ("totp" or a key's id).

    The last one stays where the role has to have one, or while the password is too short to stand alone.
    """
    left = of(uow, principal.account_id)
    account = people.by_id(uow.session, principal.account_id)
    known = {key.id for key in left.passkeys} | ({"totp"} if left.totp else set())
    if which not in known or account is None:
        raise Refused(Verb.FACTOR_REMOVE, kind="account", object_id=principal.account_id, reason="no such factor")
    if len(known) == 1 and required_of(settings, Role(account.role)):
        raise InvalidInput("factor", "Đây là yếu tố xác thực cuối cùng; hãy thêm yếu tố khác trước khi bỏ.")
    if len(known) == 1 and account.short_password:
        raise InvalidInput("factor", "Mật khẩu đang ngắn hơn 15 ký tự; hãy đổi mật khẩu dài hơn trước khi bỏ.")
    if which == "totp":
        store.remove_totp(uow.session, principal.account_id)
    else:
        store.remove_passkey(uow.session, principal.account_id, which)
    if len(known) == 1:
        store.set_recovery_codes(uow.session, principal.account_id, ())
    notices.tell_owner(uow, principal.account_id, "factor_removed", now)
    what = What("account", principal.account_id, principal.username)
    detail = {"factor": "totp" if which == "totp" else "passkey"}
    note(uow, principal, Verb.FACTOR_REMOVE, now, what=what, detail=detail)


def reset(uow: UnitOfWork, principal: Principal, account_id: str, now: datetime) -> Account:
    """Removes every factor of an account whose owner lost them; the administrator's, never one's own.

    Its sessions end. The password stays: who resets factors cannot set it, and who hands out codes cannot do this.
    """
    require(principal, Action.ACCOUNT_MANAGE, Verb.FACTOR_RESET, kind="account", object_id=account_id)
    account = people.by_id(uow.session, account_id)
    if account is None or account_id in principal.persons:
        raise Refused(Verb.FACTOR_RESET, kind="account", object_id=account_id, reason="missing or own")
    store.remove_totp(uow.session, account_id)
    store.remove_passkeys(uow.session, account_id)
    store.set_recovery_codes(uow.session, account_id, ())
    ended = store.end_sessions(uow.session, account_id, now)
    notices.tell_owner(uow, account_id, "factor_removed", now)
    what = What("account", account_id, account.username)
    note(uow, principal, Verb.FACTOR_RESET, now, what=what, detail={"sessions": ended})
    return account
