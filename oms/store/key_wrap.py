"""One key wrapped by another: AES-256-GCM with a random nonce, bound to what the key is for."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12


class WrongKey(Exception):
    """The wrapping key is not the one it was wrapped with, or it was wrapped for something else."""


def wrap(key: bytes, by: bytes, purpose: bytes) -> bytes:
    """The wrapped key: nonce (12) ‖ ciphertext ‖ tag (16)."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(by).encrypt(nonce, key, purpose)


def unwrap(wrapped: bytes, by: bytes, purpose: bytes) -> bytes:
    """The key again; WrongKey when anything is another than it was."""
    try:
        return AESGCM(by).decrypt(wrapped[:NONCE], wrapped[NONCE:], purpose)
    except (InvalidTag, ValueError):
        raise WrongKey from None
