"""Which pairs are looked at: the rules' keys over columns of codes, sorted and held against each other.

A key is a rule's codes mixed into 64 bits; two different ones falling together is likelier by far in a faulty memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from linkage.coded import NONE, Coded, Register
from linkage.levels import Rule

Places = NDArray[np.int32]
Packed = NDArray[np.uint64]
"""Pairs in one number each: the left row's place above, the right row's below."""
_ODD = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)
_DOWN = np.uint64(32)


def packed_pairs(coded: Coded, part: int = 0, parts: int = 1, threads: int = 1) -> Packed:
    """Return every pair that some rule brings together, each once, by the left row and then the right.

    With parts, only those of so many left rows; how crowded a key is, is counted over all of them.
    """
    count = len(coded.left.identities)
    first, last = (count * at // parts for at in (part, part + 1))
    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(lambda rule: _found(coded, rule, first, last), coded.plan.rules))
    return _distinct(np.concatenate(found)) if found else np.zeros(0, dtype=np.uint64)


def unpacked(pairs: Packed) -> tuple[Places, Places]:
    """Return the places of the left rows and of the right rows."""
    return (pairs >> _DOWN).astype(np.int32), (pairs & np.uint64(0xFFFFFFFF)).astype(np.int32)


def _distinct(pairs: Packed) -> Packed:
    pairs.sort()
    return pairs[np.flatnonzero(np.diff(pairs, prepend=~pairs[:1]))] if len(pairs) else pairs


def _found(coded: Coded, rule: Rule, first: int, last: int) -> Packed:
    """The pairs one rule brings together, of the left rows from the first up to the last."""
    left, right = (_Keyed(register, rule.ways) for register in (coded.left, coded.right))
    _shared, one, two = np.intersect1d(left.keys, right.keys, assume_unique=True, return_indices=True)
    few = (left.counts[one] <= rule.most) & (right.counts[two] <= rule.most)
    one, two = one[few], two[few]
    # A left row for each line, then its partners one after another.
    lines = _runs(left.starts[one], left.counts[one])
    rows, key = left.rows[lines], np.repeat(two, left.counts[one])
    inside = (rows >= first) & (rows < last)
    rows, key = rows[inside], key[inside]
    partners = right.rows[_runs(right.starts[key], right.counts[key])]
    pairs = (np.repeat(rows, right.counts[key]).astype(np.uint64) << _DOWN) | partners.astype(np.uint64)
    return _distinct(pairs) if len(rule.ways) > 1 else pairs


def _runs(starts: NDArray[np.intp], counts: NDArray[np.intp]) -> NDArray[np.intp]:
    """The numbers start, start + 1, … of every run, one run after another."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.asarray(np.arange(total) + np.repeat(starts - (ends - counts), counts))


class _Keyed:
    """A register's rows sorted by a rule's key: the distinct keys, where the rows of each begin, how many there are."""

    def __init__(self, register: Register, ways: Sequence[Sequence[str]]) -> None:
        sides = [_keys(register, way) for way in ways]
        keys, rows = (np.concatenate(parts) for parts in zip(*sides, strict=True))
        order = np.argsort(keys)
        keys, self.rows = keys[order], rows[order]
        self.starts = np.flatnonzero(np.diff(keys, prepend=~keys[:1])) if len(keys) else np.zeros(0, dtype=np.intp)
        self.keys = keys[self.starts]
        self.counts = np.diff(self.starts, append=len(keys))


def _keys(register: Register, way: Sequence[str]) -> tuple[Packed, Places]:
    """The keys of the rows where every column is said, and which rows these are."""
    columns = [register.codes[column] for column in way]
    rows = np.flatnonzero(np.logical_and.reduce([column != NONE for column in columns]))
    keys = np.zeros(len(rows), dtype=np.uint64)
    for column in columns:
        keys ^= column[rows].astype(np.uint64)
        for odd in _ODD:
            keys *= odd
            keys ^= keys >> np.uint64(29)
    return keys, rows.astype(np.int32)
