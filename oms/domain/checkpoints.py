"""Signed heads of the journal, in the text forms of C2SP: signed-note, tlog-checkpoint, tlog-cosignature."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

ORIGIN = "oms/journal"
ED25519, COSIGNATURE = 1, 4
"""Kinds of key in a signed note: the first byte of what a key's id is made of."""


def key_id(name: str, public: bytes, kind: int = ED25519) -> bytes:
    """C2SP key id: the first four bytes of SHA-256(name, newline, kind, key)."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def note_body(size: int, root: bytes) -> str:
    """The three lines that are signed (C2SP tlog-checkpoint): origin, size, base64 root."""
    return f"{ORIGIN}\n{size}\n{base64.b64encode(root).decode()}\n"


def signature_line(key_name: str, key: bytes, signature: bytes) -> str:
    """One line under a note."""
    return f"— {key_name} {base64.b64encode(key + signature).decode()}\n"


def signed_note(body: str, key_name: str, key: bytes, signature: bytes) -> str:
    """A C2SP signed note: body, empty line, one signature line."""
    return f"{body}\n{signature_line(key_name, key, signature)}"


def cosigned_message(body: str, at: int) -> bytes:
    """What a witness signs (C2SP tlog-cosignature): that at this second it had seen this head and none against it."""
    return f"cosignature/v1\ntime {at}\n{body}".encode()


@dataclass(frozen=True)
class Signature:
    """One signature line: whose, and the bytes. A cosignature carries the second it was made."""

    name: str
    key_id: bytes
    data: bytes

    @property
    def at(self) -> int:
        """When a cosignature was made, in seconds; 0 for the journal's own signature."""
        return int.from_bytes(self.data[:8], "big") if len(self.data) == 72 else 0


@dataclass(frozen=True)
class Checkpoint:
    """A parsed signed note. ``others`` are the lines after the journal's own: a second key, witnesses."""

    size: int
    root: bytes
    body: str
    key_id: bytes
    signature: bytes
    others: tuple[Signature, ...] = ()


def parse_signature(line: str) -> Signature:
    """One signature line; ValueError when it is none."""
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—" or not parts[1]:
        raise ValueError("not a signature line")
    blob = base64.b64decode(parts[2], validate=True)
    if len(blob) < 5:
        raise ValueError("signature line has a wrong length")
    return Signature(parts[1], blob[:4], blob[4:])


def parse_body(text: str) -> tuple[int, bytes]:
    """Size and root of the three lines; ValueError when they are not those of a head of this journal."""
    lines = text.split("\n")
    if len(lines) == 4 and not lines[3]:
        lines.pop()
    if len(lines) != 3 or lines[0] != ORIGIN or not (lines[1].isascii() and lines[1].isdecimal()):
        raise ValueError("not a checkpoint of this journal")
    root = base64.b64decode(lines[2], validate=True)
    if len(root) != 32 or (len(lines[1]) > 1 and lines[1].startswith("0")):
        raise ValueError("not a checkpoint of this journal")
    return int(lines[1]), root


def parse_note(text: str) -> Checkpoint:
    """Parses :func:`signed_note`; ValueError with a reason when it is not one."""
    body, parted, rest = text.partition("\n\n")
    size, root = parse_body(body)
    if not parted:
        raise ValueError("a checkpoint without a signature")
    first, *others = [parse_signature(line) for line in rest.strip("\n").split("\n")]
    if len(first.data) != 64:
        raise ValueError("signature line has a wrong length")
    return Checkpoint(size, root, body + "\n", first.key_id, first.data, tuple(others))


def split_notes(text: str) -> list[str]:
    """Cuts a witness file into notes; each begins with the origin line. Text that is not a note is kept as one."""
    parts = text.split(f"\n{ORIGIN}\n")
    return [part if index == 0 else f"{ORIGIN}\n{part}" for index, part in enumerate(parts) if part.strip()]
