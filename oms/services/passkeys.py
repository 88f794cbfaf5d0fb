"""Passkeys (WebAuthn): registered and asked for without any network; each asks its owner's PIN or finger.

A passkey belongs to a host name. Where the pages are served is told by OMS_SITE; without it only http://localhost
works, and an address made of numbers never does: :func:`site_of` says why.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from oms.domain.access import Principal
from oms.domain.journal import Verb
from oms.errors import InvalidInput
from oms.services import notices
from oms.services.house import What, note
from oms.settings import Settings
from oms.store import people
from oms.store import sign_in as store
from oms.store.db import UnitOfWork
from oms.store.sign_in_tables import Passkey, PasskeyChallenge
from oms.store.tables import Account

ANSWER_WITHIN = timedelta(minutes=5)
MOST_KEYS = 5
NUMBERED = (
    "Khoá bảo mật gắn với tên máy chủ, mà trang đang mở bằng địa chỉ số (IP). Bây giờ hãy dùng mã trên điện thoại. "
    "Muốn dùng khoá: đề nghị quản trị hệ thống đặt tên cho máy chủ trong mạng, bật HTTPS, ghi địa chỉ đó vào OMS_SITE, "
    "rồi mở trang bằng tên ấy."
)
WRONG = "Khoá bảo mật chưa xác nhận được. Hãy thử lại; nếu vẫn không được, dùng cách khác."


@dataclass(frozen=True)
class Site:
    """Where the pages are: origin and host name as the browser sees them; ``problem`` why passkeys cannot work here."""

    origin: str
    host: str
    problem: str = ""


def site_of(settings: Settings, request_origin: str) -> Site:
    """The site passkeys are bound to: OMS_SITE, or http://localhost when the pages are opened there."""
    origin = settings.site or request_origin
    parts = urlsplit(origin)
    host = parts.hostname or ""
    if settings.site and request_origin != settings.site:
        return Site(origin, host, f"Khoá bảo mật chỉ dùng được khi mở trang tại {settings.site}.")
    if _is_number(host):
        return Site(origin, host, NUMBERED)
    if host == "localhost" or (parts.scheme == "https" and settings.site):
        return Site(origin, host)
    return Site(origin, host, "Khoá bảo mật cần HTTPS và thiết lập OMS_SITE; hãy hỏi quản trị hệ thống.")


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _remember(uow: UnitOfWork, challenge: bytes, purpose: str, account_id: str, now: datetime) -> None:
    row = PasskeyChallenge(digest=_digest(challenge), purpose=purpose, account_id=account_id, made_at=now)
    store.add_challenge(uow.session, row, now - ANSWER_WITHIN)


def _digest(challenge: bytes) -> str:
    return hashlib.sha256(challenge).hexdigest()


def registration_options(uow: UnitOfWork, principal: Principal, site: Site, now: datetime) -> str:
    """What the browser is asked for a new key, as JSON; the key must know its owner and be found without a name."""
    _usable(site)
    known = store.passkeys_of(uow.session, principal.account_id)
    options = generate_registration_options(
        rp_id=site.host,
        rp_name="Hồ sơ cán bộ",
        user_name=principal.username,
        user_id=principal.account_id.encode(),
        user_display_name=principal.display_name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(base64url_to_bytes(each.credential_id)) for each in known],
    )
    _remember(uow, options.challenge, "register", principal.account_id, now)
    return str(options_to_json(options))


def _usable(site: Site) -> None:
    if site.problem:
        raise InvalidInput("passkey", site.problem)


def register(uow: UnitOfWork, principal: Principal, answer: str, name: str, site: Site, now: datetime) -> Passkey:
    """Keeps a new key of the person under a name of their own."""
    _usable(site)
    if len(store.passkeys_of(uow.session, principal.account_id)) >= MOST_KEYS:
        raise InvalidInput("passkey", f"Mỗi tài khoản có nhiều nhất {MOST_KEYS} khoá bảo mật.")
    try:
        credential = parse_registration_credential_json(answer)
        challenge = parse_client_data_json(credential.response.client_data_json).challenge
        _taken(uow, challenge, "register", principal.account_id, now)
        made = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise InvalidInput("passkey", WRONG) from error
    credential_id = bytes_to_base64url(made.credential_id)
    if store.passkey_by_credential(uow.session, credential_id) is not None:
        raise InvalidInput("passkey", "Khoá bảo mật này đã được dùng.")
    if store.passkeys_of(uow.session, principal.account_id) or store.totp_of(uow.session, principal.account_id):
        notices.tell_owner(uow, principal.account_id, "factor_added", now)
    row = Passkey(
        account_id=principal.account_id,
        name=" ".join(name.split())[:60] or "Khoá bảo mật",
        credential_id=credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        added_at=now,
    )
    uow.session.add(row)
    uow.session.flush()
    what = What("account", principal.account_id, principal.username)
    note(uow, principal, Verb.FACTOR_ADD, now, what=what, detail={"factor": "passkey", "key": row.id})
    return row


def _taken(uow: UnitOfWork, challenge: bytes, purpose: str, account_id: str, now: datetime) -> None:
    """Takes the challenge out of those asked; ValueError when it was not asked, was answered, or is too old."""
    if not store.take_challenge(uow.session, _digest(challenge), purpose, account_id, now - ANSWER_WITHIN):
        raise ValueError("challenge was not asked for")


def authentication_options(uow: UnitOfWork, purpose: str, account_id: str, site: Site, now: datetime) -> str:
    """What the browser is asked to sign, as JSON; without an account the key itself says whose it is."""
    _usable(site)
    known = store.passkeys_of(uow.session, account_id) if account_id else []
    options = generate_authentication_options(
        rp_id=site.host,
        allow_credentials=[PublicKeyCredentialDescriptor(base64url_to_bytes(each.credential_id)) for each in known],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    _remember(uow, options.challenge, purpose, account_id, now)
    return str(options_to_json(options))


def prove(uow: UnitOfWork, purpose: str, account_id: str, answer: str, site: Site, now: datetime) -> Account | None:
    """The account whose key signed the challenge, its owner verified; None when anything about it is not right.

    The counter of the key must have moved on: a copy of a key gives itself away.
    """
    if site.problem:
        return None
    try:
        credential = parse_authentication_credential_json(json.loads(answer))
        challenge = parse_client_data_json(credential.response.client_data_json).challenge
        _taken(uow, challenge, purpose, account_id, now)
        key = store.passkey_by_credential(uow.session, bytes_to_base64url(credential.raw_id))
        if key is None or (account_id and key.account_id != account_id):
            return None
        shown = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return None
    if not store.use_passkey(uow.session, key.id, key.sign_count, shown.new_sign_count, now):
        return None
    return people.by_id(uow.session, key.account_id)
