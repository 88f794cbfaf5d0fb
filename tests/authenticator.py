"""A passkey in software, after the WebAuthn specification, for what a browser's own will not do: lie, replay, clone."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def letters(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def plain(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class SoftKey:
    """One credential. ``verified``: whether it says that its owner gave PIN or finger; ``count`` its counter."""

    origin: str = "http://localhost:8000"
    host: str = "localhost"
    verified: bool = True
    count: int = 0
    id: bytes = field(default_factory=lambda: os.urandom(32))
    _key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))

    def _said(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _data(self, more: int = 0) -> bytes:
        flags = PRESENT | (VERIFIED if self.verified else 0) | more
        return hashlib.sha256(self.host.encode()).digest() + struct.pack(">BI", flags, self.count)

    def made(self, options: str) -> str:
        """The answer to a request for a new key."""
        asked = json.loads(options)
        numbers = self._key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        named = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor2.dumps(public)
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": self._data(ATTESTED) + named})
        said = self._said("webauthn.create", asked["challenge"])
        return self._answer({"clientDataJSON": letters(said), "attestationObject": letters(attested)})

    def signed(self, options: str, forward: int = 1) -> str:
        """The answer to a request to sign; the counter goes forward, unless this is a copy's."""
        self.count += forward
        said, data = self._said("webauthn.get", json.loads(options)["challenge"]), self._data()
        signature = self._key.sign(data + hashlib.sha256(said).digest(), ECDSA(SHA256()))
        parts = {"clientDataJSON": said, "authenticatorData": data, "signature": signature}
        return self._answer({name: letters(part) for name, part in parts.items()})

    def _answer(self, response: dict[str, str]) -> str:
        shown = {"id": letters(self.id), "rawId": letters(self.id), "type": "public-key", "response": response}
        return json.dumps(shown | {"clientExtensionResults": {}})
