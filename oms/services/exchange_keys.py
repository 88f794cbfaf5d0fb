"""The installation's own keys of the exchange, and the public card its partners are given.

Three pairs, none of them the journal's: Ed25519 signs packages, age (X25519) opens what was sealed for us, a TLS
certificate is shown to partners over HTTPS. Secrets are 0600 files under ``keys``; after a change of keys the old age
identity stays, so that what is under way can still be opened.
"""

from __future__ import annotations

import base64
import ipaddress
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from oms.domain.packages import BadStatement, canonical, parsed
from oms.errors import InvalidInput
from oms.settings import ZONES, Settings
from oms.store.journal_key import signed_by

if TYPE_CHECKING:
    from pyrage import x25519

CARD_FORMAT = "oms-exchange-card"
CARD_BYTES = 16 * 1024
_HOST = re.compile(rb"[0-9A-Za-z._:-]+")
_PACKAGE, _CARD = b"oms exchange package 1\n", b"oms exchange card 1\n"
_TEXTS = {"name": 200, "code": 35, "party": 35, "state": 35, "zone": 20, "address": 200, "made_at": 40}


class Keys:
    """The three pairs in the folder of secrets."""

    def __init__(self, folder: Path) -> None:
        self._sign, self._age = folder / "exchange_key.pem", folder / "exchange_age.txt"
        self.tls_key, self.tls_certificate = folder / "exchange_tls.key", folder / "exchange_tls.pem"
        self._folder, self._before = folder, folder / "exchange_before.txt"

    @property
    def made(self) -> bool:
        """Whether this installation has keys."""
        return self._sign.exists() and self._age.exists() and self.tls_certificate.exists()

    def make(self, host: str, now: datetime, *, anew: bool = False) -> bool:
        """Makes the pairs unless they are there; ``anew`` puts new ones in their place. Whether anything was made."""
        if self.made and not anew:
            return False
        from pyrage import x25519

        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        old = self._age.read_text() if self._age.exists() else ""
        _write(self._age, f"{x25519.Identity.generate()}\n{old}".encode())
        if self._sign.exists():
            told = self._before.read_text() if self._before.exists() else ""
            _write(self._before, f"{told}{self.public()}\n".encode())
        key, certificate = _certificate(host, now)
        _write(self.tls_key, key)
        _write(self.tls_certificate, certificate)
        fresh = Ed25519PrivateKey.generate()
        _write(self._sign, fresh.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return True

    def _private(self) -> Ed25519PrivateKey:
        key = load_pem_private_key(self._sign.read_bytes(), None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError("exchange key is not Ed25519")
        return key

    def public(self) -> str:
        """The raw public key in hex, by which partners know us."""
        return self._private().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def ours(self) -> set[str]:
        """Every public key this installation has had: a package made for an earlier card is for us all the same."""
        return {self.public(), *(self._before.read_text().split() if self._before.exists() else ())}

    def sign_package(self, tag_manifest: bytes) -> str:
        """The signature of a bag, in hex: over its tag manifest, which covers every other file."""
        return self._private().sign(_PACKAGE + tag_manifest).hex()

    def identities(self) -> list[x25519.Identity]:
        """What opens packages sealed for us, the newest first."""
        from pyrage import x25519

        return [x25519.Identity.from_str(line) for line in self._age.read_text().split()]

    def card(self, about: dict[str, str], now: datetime) -> bytes:
        """Our public card, signed by ourselves: what a partner's administrator adds."""
        pem = x509.load_pem_x509_certificate(self.tls_certificate.read_bytes())
        body: dict[str, Any] = about | {
            "format": CARD_FORMAT,
            "version": 1,
            "verify_key": self.public(),
            "recipient": str(self.identities()[0].to_public()),
            "certificate": base64.b64encode(pem.public_bytes(Encoding.DER)).decode(),
            "made_at": now.astimezone(UTC).isoformat(timespec="seconds"),
        }
        body["signature"] = self._private().sign(_CARD + canonical(body)).hex()
        return canonical(body)


def signed_package(verify_key: str, signature: str, tag_manifest: bytes) -> bool:
    """Whether a bag's signature is this key's."""
    return signed_by(bytes.fromhex(verify_key), bytes.fromhex(signature), _PACKAGE + tag_manifest)


@dataclass(frozen=True)
class Card:
    """A card as read: who, with which keys. ``fingerprint`` is its certificate's SHA-256."""

    name: str
    code: str
    party: str
    state: str
    zone: str
    address: str
    verify_key: str
    recipient: str
    certificate: str
    fingerprint: str


def fingerprint_of(verify_key: str, recipient: str, certificate: str) -> str:
    """Ten groups of four digits in hex over all three public keys: to be read out and compared by telephone."""
    digest = sha256(f"{verify_key}\n{recipient}\n{certificate}".encode()).hexdigest().upper()
    return " ".join(digest[place : place + 4] for place in range(0, 40, 4))


def read_card(data: bytes) -> Card:
    """A partner's card; InvalidInput when it is none, or its own signature does not hold."""
    from pyrage import RecipientError, x25519

    try:
        if len(data) > CARD_BYTES:
            raise BadStatement("card", "too long")
        said = parsed(data.strip())
        body = {name: said[name] for name in said if name != "signature"}
        texts = {name: str(said[name]) for name in _TEXTS}
        key, signature = bytes.fromhex(said["verify_key"]), bytes.fromhex(said["signature"])
        whole = said["format"] == CARD_FORMAT and said["version"] == 1 and len(key) == 32
        x25519.Recipient.from_str(said["recipient"])
        der = base64.b64decode(said["certificate"], validate=True)
        pem = x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM).decode()
    except (BadStatement, KeyError, TypeError, ValueError, RecipientError, AttributeError):
        raise InvalidInput("card", "Thẻ trao đổi không đọc được: hãy xin lại tệp thẻ của đối tác.") from None
    if not whole or not signed_by(key, signature, _CARD + canonical(body)):
        raise InvalidInput("card", "Thẻ trao đổi đã bị sửa: chữ ký của thẻ không đúng.")
    _check_texts(texts)
    return Card(
        texts["name"], texts["code"], texts["party"], texts["state"], texts["zone"], texts["address"],
        key.hex(), said["recipient"], pem, sha256(der).hexdigest(),
    )  # fmt: skip


def _check_texts(texts: dict[str, str]) -> None:
    if any(len(texts[name]) > most for name, most in _TEXTS.items()) or not texts["name"] or not texts["code"]:
        raise InvalidInput("card", "Thẻ trao đổi thiếu tên, mã đơn vị, hoặc có mục quá dài.")
    if texts["zone"] not in ZONES:
        raise InvalidInput("card", "Thẻ trao đổi ghi vùng mạng không có trong danh mục.")
    check_address(texts["address"])


def check_address(address: str) -> None:
    """InvalidInput unless it is empty or https://host[:port]."""
    if address and not _callable(address):
        raise InvalidInput("address", "Địa chỉ máy chủ trao đổi phải như https://may-chu:8443.")


def _callable(address: str) -> bool:
    """Whether a program can call it: https, a host as names are written, a port there is, nothing behind them."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").encode("idna")
        bare = parts.scheme == "https" and parts.path in ("", "/") and not (parts.query or parts.fragment)
        return bare and parts.port != 0 and not parts.username and bool(_HOST.fullmatch(host))
    except ValueError:  # no port, no address in brackets, a label longer than names have
        return False


def host_of(settings: Settings) -> str:
    """The name or number under which partners reach our server."""
    return urlsplit(settings.exchange_address).hostname or settings.exchange_host


def _certificate(host: str, now: datetime) -> tuple[bytes, bytes]:
    """A self-signed certificate of ten years: partners believe this one and no authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"OMS {host}"[:64])])
    try:
        alternative: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        alternative = x509.DNSName(host)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3652))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private, made.public_bytes(Encoding.PEM)


def _write(path: Path, data: bytes) -> None:
    """The whole file or the old one, for the service's own user."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
