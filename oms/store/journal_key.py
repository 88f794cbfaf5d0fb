"""The key that signs the journal's heads, and the checking of signatures."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from oms.domain.checkpoints import COSIGNATURE, Checkpoint, Signature, cosigned_message, key_id, signed_note

KEY_NAME = "oms-journal"


class Signer:
    """The Ed25519 key that signs checkpoints. Its secret half is 0600, made once, and read by the sealer alone."""

    def __init__(self, folder: Path, private: Path | None = None) -> None:
        self._public = folder / "journal_key.pub"
        self._private = private or folder / "journal_key.pem"

    def make(self) -> None:
        """Makes the key pair unless it is there."""
        if self._private.exists():
            return
        for path in (self._private, self._public):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = Ed25519PrivateKey.generate()
        handle = os.open(self._private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._public.write_text(public.hex() + "\n")

    def public_bytes(self) -> bytes:
        """The raw public key (32 bytes)."""
        return bytes.fromhex(self._public.read_text().strip())

    def key_id(self) -> bytes:
        """The key's id as it stands in its signatures."""
        return key_id(KEY_NAME, self.public_bytes())

    def sign(self, body: str) -> str:
        """The signed note of a checkpoint body; OSError for a process that may not read the key."""
        key = load_pem_private_key(self._private.read_bytes(), None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError("journal key is not Ed25519")
        return signed_note(body, KEY_NAME, self.key_id(), key.sign(body.encode()))

    def valid(self, head: Checkpoint) -> bool:
        """True when the signature is this key's."""
        return head.key_id == self.key_id() and signed_by(self.public_bytes(), head.signature, head.body.encode())


def signed_by(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether an Ed25519 signature is this key's."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def cosigned_by(name: str, public: bytes, body: str, line: Signature) -> bool:
    """Whether a witness's line is its cosignature of these three lines (C2SP tlog-cosignature)."""
    if line.name != name or len(line.data) != 72 or line.key_id != key_id(name, public, COSIGNATURE):
        return False
    return signed_by(public, line.data[8:], cosigned_message(body, line.at))
