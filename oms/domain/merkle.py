"""The Merkle tree of RFC 6962: heads, and proofs that an entry is in one and that one head grew out of another."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

EMPTY = hashlib.sha256(b"").digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962 inner node: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass
class Frontier:
    """Compact range: the roots of the perfect subtrees of the first ``size`` leaves, largest first."""

    size: int = 0
    roots: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> None:
        """Adds one leaf; O(log n) hashes at worst."""
        self._add(leaf, 0)

    def _add(self, root: bytes, height: int) -> None:
        """Adds a perfect subtree of 2**height leaves; ``size`` must be a multiple of that."""
        self.roots.append(root)
        self.size += 1 << height
        count = self.size >> height
        while count % 2 == 0:
            right = self.roots.pop()
            self.roots[-1] = node_hash(self.roots[-1], right)
            count //= 2

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Adds many leaves; the same tree as one :meth:`append` after the other, level by level."""
        start, end = 0, len(leaves)
        while start < end:
            aligned = self.size & -self.size if self.size else 1 << 62
            width = min(aligned, 1 << ((end - start).bit_length() - 1))
            self._add(_perfect(leaves[start : start + width]), width.bit_length() - 1)
            start += width

    def root(self) -> bytes:
        """The RFC 6962 tree head of the leaves so far; SHA-256 of nothing for an empty tree."""
        if not self.roots:
            return EMPTY
        head = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            head = node_hash(left, head)
        return head

    def dump(self) -> str:
        """Text form for the checkpoint row."""
        return ",".join(root.hex() for root in self.roots)

    @classmethod
    def load(cls, size: int, text: str) -> Frontier:
        """Reads :meth:`dump`; ValueError when the number of roots does not fit ``size``."""
        roots = [bytes.fromhex(part) for part in text.split(",") if part]
        if len(roots) != size.bit_count() or any(len(root) != 32 for root in roots):
            raise ValueError("frontier does not fit its size")
        return cls(size, roots)


def _perfect(leaves: Sequence[bytes]) -> bytes:
    """Root of a power of two of leaves."""
    level, sha = list(leaves), hashlib.sha256
    while len(level) > 1:
        level = [sha(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=True)]
    return level[0]


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The head of these leaves."""
    tree = Frontier()
    tree.extend(leaves)
    return tree.root()


def _split(size: int) -> int:
    """The largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """PATH(index, leaves) of RFC 6962 2.1.1: what is needed beside the leaf to come to the head."""
    if not 0 <= index < len(leaves):
        raise ValueError("no such leaf")
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if index < k:
        return [*inclusion_proof(leaves[:k], index), root_of(leaves[k:])]
    return [*inclusion_proof(leaves[k:], index - k), root_of(leaves[:k])]


def includes(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """True when the proof leads from the leaf with this index to the head of ``size`` leaves (RFC 9162 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    fn, sn, head = index, size - 1, leaf
    for step in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            head = node_hash(step, head)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            head = node_hash(head, step)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and head == root


def consistency_proof(leaves: Sequence[bytes], first: int) -> list[bytes]:
    """PROOF(first, leaves) of RFC 6962 2.1.2: what shows that the head of ``first`` leaves grew into this one."""
    if not 0 < first <= len(leaves):
        raise ValueError("no such head")
    return _subproof(leaves, first, whole=True)


def _subproof(leaves: Sequence[bytes], first: int, *, whole: bool) -> list[bytes]:
    if first == len(leaves):
        return [] if whole else [root_of(leaves)]
    k = _split(len(leaves))
    if first <= k:
        return [*_subproof(leaves[:k], first, whole=whole), root_of(leaves[k:])]
    return [*_subproof(leaves[k:], first - k, whole=False), root_of(leaves[:k])]


def consistent(first: int, second: int, proof: Sequence[bytes], old: bytes, new: bytes) -> bool:
    """True when the tree of ``second`` leaves with head ``new`` begins with the tree of ``first`` with head ``old``."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not proof and old == new
    path = [old, *proof] if first & (first - 1) == 0 else list(proof)
    if not path:
        return False
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    before = after = path[0]
    for step in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            before, after = node_hash(step, before), node_hash(step, after)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            after = node_hash(after, step)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and before == old and after == new


def grown_proof(old: Frontier, new: Sequence[bytes]) -> list[bytes]:
    """The proof of :func:`consistency_proof`, out of the frontier of the first head and the leaves that came after."""
    first, size = old.size, old.size + len(new)
    if not first > 0:
        raise ValueError("no such head")
    kept, start = {}, 0
    for root, bit in zip(
        old.roots, (bit for bit in range(first.bit_length() - 1, -1, -1) if first >> bit & 1), strict=True
    ):
        kept[start, start + (1 << bit)] = root
        start += 1 << bit

    def part(begin: int, end: int) -> bytes:
        return kept[begin, end] if end <= first else root_of(new[begin - first : end - first])

    def walk(begin: int, end: int, whole: bool) -> list[bytes]:
        if end == first:
            return [] if whole else [part(begin, end)]
        middle = begin + _split(end - begin)
        if first <= middle:
            return [*walk(begin, middle, whole), part(middle, end)]
        return [*walk(middle, end, False), part(begin, middle)]

    return walk(0, size, True)
