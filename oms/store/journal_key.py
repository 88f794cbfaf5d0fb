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

from oms.domain.checkpoints import (
    COSIGNATURE,
    Checkpoint,
    Signature,
    cosigned_message,
    key_id,
    signature_line,
    signed_note,
)
from oms.domain.key_chain import KEY_NAME, KeyRing, handover_body, parse_handovers


class Signer:
    """The Ed25519 key that signs checkpoints. Its secret half is 0600 and read by the sealer alone.

    ``journal_keys.txt`` beside the public key holds every change of the key, signed by the old and the new one.
    """

    def __init__(self, folder: Path, private: Path | None = None) -> None:
        self._public = folder / "journal_key.pub"
        self._private = private or folder / "journal_key.pem"
        self._changes = folder / "journal_keys.txt"

    def make(self) -> None:
        """Makes the key pair unless it is there."""
        if self._private.exists():
            return
        for path in (self._private, self._public):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        public = _public(_made(self._private))
        self._public.write_text(public.hex() + "\n")

    def public_bytes(self) -> bytes:
        """The raw public key (32 bytes)."""
        return bytes.fromhex(self._public.read_text().strip())

    def key_id(self) -> bytes:
        """The key's id as it stands in its signatures."""
        return key_id(KEY_NAME, self.public_bytes())

    def sign(self, body: str) -> str:
        """The signed note of a checkpoint body; OSError for a process that may not read the key.

        OSError too while a change of the key was begun and not ended: no head is signed by a key that no longer counts.
        """
        key = _read(self._private)
        if self._changes.exists() and _public(key) != self.public_bytes():
            raise PermissionError("a change of the journal's key was begun and has to be ended")
        return signed_note(body, KEY_NAME, self.key_id(), key.sign(body.encode()))

    def ring(self) -> KeyRing:
        """Every key the journal has had; ValueError when the changes do not lead to the one used now."""
        text = self._changes.read_text(encoding="utf-8") if self._changes.exists() else ""
        return KeyRing.of(parse_handovers(text, signed_by), self.public_bytes(), signed_by)

    def valid(self, head: Checkpoint) -> bool:
        """True when the head was signed by the key that was the journal's at that size."""
        return self.ring().valid(head)

    def rotate(self, size: int) -> str:
        """Puts a new key in the place of the old one, which signs for it and counts up to ``size``; what both signed.

        A change that was stopped half-way is ended first: then that is the change, and no other is made.
        """
        fresh = self._private.with_suffix(".next")
        old = _read(self._private)
        told = self._changes.read_text(encoding="utf-8") if self._changes.exists() else ""
        begun = parse_handovers(told, signed_by)
        if not (begun and fresh.exists() and begun[-1].new == _public(_read(fresh))):
            fresh.unlink(missing_ok=True)
            new = _made(fresh)
            body = handover_body(size, _public(old), _public(new))
            lines = [signature_line(KEY_NAME, key_id(KEY_NAME, _public(key)), key.sign(body.encode()))
                     for key in (old, new)]  # fmt: skip
            told += f"{body}\n{''.join(lines)}\n"
            _replace(self._changes, told, self._public)
        _replace(self._public, _public(_read(fresh)).hex() + "\n", self._public)
        owner = self._private.stat()
        os.chown(fresh, owner.st_uid, owner.st_gid)
        os.replace(fresh, self._private)
        return told


def _made(path: Path) -> Ed25519PrivateKey:
    """A new key, kept in a file of its own that nobody else may read."""
    key = Ed25519PrivateKey.generate()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        os.fsync(file.fileno())
    return key


def _read(path: Path) -> Ed25519PrivateKey:
    key = load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("journal key is not Ed25519")
    return key


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _replace(path: Path, text: str, like: Path) -> None:
    """The whole file or the old one; it belongs to whom ``like`` belongs."""
    part, owner = path.with_suffix(".part"), like.stat()
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(part, owner.st_mode & 0o777)
    os.chown(part, owner.st_uid, owner.st_gid)
    os.replace(part, path)


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
