"""The journal's signing keys one after the other: each new one is signed for by the one before it, and by itself.

A head is good when the key signed it that was the journal's at that size. Pure, as the tree and its heads are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from oms.domain.checkpoints import Checkpoint, key_id, parse_signature

HEADING = "oms/journal-key"
KEY_NAME = "oms-journal"
SignedBy = Callable[[bytes, bytes, bytes], bool]
"""Whether a public key made a signature over a message."""


def handover_body(size: int, old: bytes, new: bytes) -> str:
    """What both keys sign: up to which size of the journal the old one counts, and which one follows."""
    return f"{HEADING}\n{size}\n{old.hex()}\n{new.hex()}\n"


@dataclass(frozen=True)
class Handover:
    """One change of the key, as it was signed."""

    size: int
    old: bytes
    new: bytes


def _parsed(text: str, signed_by: SignedBy) -> Handover:
    body, parted, rest = text.partition("\n\n")
    lines = body.split("\n")
    if not parted or len(lines) != 4 or lines[0] != HEADING or not (lines[1].isascii() and lines[1].isdecimal()):
        raise ValueError("a change of the key cannot be read")
    found = Handover(int(lines[1]), bytes.fromhex(lines[2]), bytes.fromhex(lines[3]))
    signatures = [parse_signature(line) for line in rest.strip("\n").split("\n")]
    if len(signatures) != 2:
        raise ValueError("a change of the key is signed by both keys")
    for public, line in zip((found.old, found.new), signatures, strict=True):
        if line.key_id != key_id(KEY_NAME, public) or not signed_by(public, line.data, (body + "\n").encode()):
            raise ValueError(f"the change of the key at {found.size} is not signed by both keys")
    return found


def parse_handovers(text: str, signed_by: SignedBy) -> list[Handover]:
    """The changes in a file of them, oldest first; ValueError when one is not signed by both its keys."""
    first, *parts = f"\n{text}".split(f"\n{HEADING}\n")
    if first.strip():
        raise ValueError("the file of keys does not begin with a change of the key")
    return [_parsed(f"{HEADING}\n{part}", signed_by) for part in parts]


@dataclass(frozen=True)
class KeyRing:
    """Every key the journal has had: (key, first size, last size) in order; the last one has no last size."""

    keys: tuple[tuple[bytes, int, int | None], ...]
    signed_by: SignedBy

    @classmethod
    def of(cls, handovers: Sequence[Handover], public: bytes, signed_by: SignedBy) -> KeyRing:
        """The ring that ends in the key used now; ValueError when the changes do not lead to it."""
        keys, start = [], 0
        for place, each in enumerate(handovers):
            following = handovers[place + 1].old if place + 1 < len(handovers) else public
            if each.new != following or each.size + 1 < start:
                raise ValueError(f"the change of the key at {each.size} does not lead to the next key")
            keys.append((each.old, start, each.size))
            start = each.size + 1
        return cls((*keys, (public, start, None)), signed_by)

    def valid(self, head: Checkpoint) -> bool:
        """True when the head was signed by the key that was the journal's at that size."""
        return any(
            first <= head.size and (last is None or head.size <= last)
            and head.key_id == key_id(KEY_NAME, public)
            and self.signed_by(public, head.signature, head.body.encode())
            for public, first, last in self.keys
        )  # fmt: skip
