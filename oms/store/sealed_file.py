"""The form of a sealed file: AES-256-GCM in segments of 1 MiB, each bound to its file, its place and the end.

    header   magic with the version (8) ‖ file id (16) ‖ nonce prefix (7) ‖ 0 (1)
    segment  ciphertext (1 MiB, the last one what is left, perhaps nothing) ‖ tag (16)
    nonce    prefix ‖ segment number (4) ‖ 1 for the last segment, else 0 (1)
    AAD      the whole header ‖ segment number (4)

What is cut off, moved, taken twice or taken from another file fails its tag. A key seals one file and no other.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"OMSSEAL\x01"
SEGMENT, TAG, KEY, FILE_ID = 1024 * 1024, 16, 32, 16
_HEADER = struct.Struct(">8s16s7sx")
HEADER = _HEADER.size


class BadSeal(Exception):
    """The bytes are not what was sealed, or not with this key."""


def file_id_of(head: bytes) -> bytes | None:
    """The id in the first 32 bytes of a sealed file; None when they are not those of one."""
    if len(head) != HEADER or not head.startswith(MAGIC) or head[-1]:
        return None
    return bytes(_HEADER.unpack(head)[1])


def plain_size(sealed: int) -> int:
    """Bytes of the plaintext of a sealed file with so many bytes; BadSeal when no sealed file has them."""
    body = sealed - HEADER
    segments = -(-body // (SEGMENT + TAG))
    if body < TAG or body - segments * TAG < 0:
        raise BadSeal
    return body - segments * TAG


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([last])


class Sealer:
    """Writes a sealed file piece by piece; ``end`` closes it."""

    def __init__(self, out: BinaryIO, key: bytes, file_id: bytes) -> None:
        self._out, self._cipher, self._prefix = out, AESGCM(key), os.urandom(7)
        self._header = _HEADER.pack(MAGIC, file_id, self._prefix)
        self._held, self._number = bytearray(), 0
        out.write(self._header)

    def write(self, data: bytes) -> None:
        """Takes the next bytes of the plaintext."""
        self._held += data
        while len(self._held) > SEGMENT:  # never the last one: that one has to say so
            self._put(bytes(self._held[:SEGMENT]), last=False)
            del self._held[:SEGMENT]

    def end(self) -> None:
        """Writes the last segment."""
        self._put(bytes(self._held), last=True)
        self._held.clear()

    def _put(self, plain: bytes, last: bool) -> None:
        about = self._header + self._number.to_bytes(4, "big")
        self._out.write(self._cipher.encrypt(_nonce(self._prefix, self._number, last), plain, about))
        self._number += 1


def pieces(stream: BinaryIO, head: bytes, key: bytes) -> Iterator[bytes]:
    """The plaintext of a sealed file segment by segment, each verified; the stream stands behind its ``head``.

    BadSeal at the first segment that is not what was sealed: what came before it is no whole file.
    """
    cipher, prefix, number = AESGCM(key), bytes(_HEADER.unpack(head)[2]), 0
    sealed = stream.read(SEGMENT + TAG)
    while True:
        after = stream.read(SEGMENT + TAG)
        about = head + number.to_bytes(4, "big")
        try:
            yield cipher.decrypt(_nonce(prefix, number, not after), sealed, about)
        except (InvalidTag, ValueError):
            raise BadSeal from None
        if not after:
            return
        sealed, number = after, number + 1
