"""Two registers as columns of numbers: each distinct word once, so that equal is a comparison of two integers.

What a batch compares again and again are the same few words. They are numbered over both registers together, columns
that are held against one another (a name and an alias) in one numbering. Needs pyarrow and numpy, not DuckDB.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from linkage.levels import Condition, Every, Plan, Row, Same, Some

Codes = NDArray[np.int32]
NONE = -(2**31)
"""Stands for what is not said; no code and no year is as low."""


def coded_portion(plan: Plan, rows: Sequence[Row]) -> pa.RecordBatch:
    """Return rows as Arrow columns, each word of a column once; this is what passes between processes."""
    arrays = []
    for at, (name, values) in enumerate(zip(plan.columns, zip(*rows, strict=True), strict=True)):
        array = pa.array(values, pa.int32() if name in plan.numbers else pa.string())
        arrays.append(array if at == 0 or name in plan.numbers else array.dictionary_encode())
    return pa.RecordBatch.from_arrays(arrays, names=list(plan.columns))


class Words:
    """The distinct words of some columns in the order of their codes, and what is cheap to hold against each other."""

    def __init__(self, words: pa.StringArray) -> None:
        self._words = words

    def __len__(self) -> int:
        return len(self._words)

    def word(self, code: int) -> str | None:
        """Return the word of a code."""
        return None if code == NONE else str(self._words[code].as_py())

    @cached_property
    def texts(self) -> NDArray[np.object_]:
        """The words themselves."""
        found = np.empty(len(self._words), dtype=object)
        found[:] = self._words.to_pylist()
        return found

    @cached_property
    def lengths(self) -> NDArray[np.int32]:
        """How many letters each has."""
        return np.asarray(pc.utf8_length(self._words).to_numpy(zero_copy_only=False), dtype=np.int32)

    @cached_property
    def letters(self) -> NDArray[np.uint64]:
        """Which plain letters and figures each has, a bit each: one edit changes two of them at most."""
        _valid, offsets, data = self._words.buffers()
        ends = np.frombuffer(offsets, dtype=np.int32)[self._words.offset :][: len(self._words) + 1]
        if not len(self._words):
            return np.zeros(0, dtype=np.uint64)
        bits = np.where(np.arange(256) < 128, np.uint64(1) << (np.arange(256, dtype=np.uint64) & np.uint64(63)), 0)
        text = np.frombuffer(data, dtype=np.uint8)[: ends[-1]] if data is not None else np.zeros(0, np.uint8)
        every = np.append(bits.astype(np.uint64)[text], np.uint64(0))
        return np.where(ends[1:] > ends[:-1], np.bitwise_or.reduceat(every, ends[:-1]), np.uint64(0))


class Register:
    """One register: who its rows are, and a code for each of their words (for a number the number itself)."""

    def __init__(self, identities: list[str], codes: Mapping[str, Codes]) -> None:
        self.identities = identities
        self.codes = codes


class Coded:
    """Both registers in one numbering of words."""

    def __init__(self, plan: Plan, left: Sequence[pa.RecordBatch], right: Sequence[pa.RecordBatch]) -> None:
        self.plan = plan
        self.words: dict[str, Words] = {}
        codes: tuple[dict[str, Codes], dict[str, Codes]] = ({}, {})
        for name in plan.columns[1:]:
            if name in plan.numbers:
                for side, portions in zip(codes, (left, right), strict=True):
                    side[name] = _joined([each.column(name) for each in portions])
        for family in families(plan):
            self._number(family, codes, (left, right))
        self.left, self.right = (
            Register([str(one) for each in portions for one in each.column(0).to_pylist()], side)
            for portions, side in zip((left, right), codes, strict=True)
        )

    def _number(
        self,
        family: Sequence[str],
        codes: tuple[dict[str, Codes], dict[str, Codes]],
        sides: tuple[Sequence[pa.RecordBatch], Sequence[pa.RecordBatch]],
    ) -> None:
        """Number the words of some columns of both registers together."""
        chunks = [each.column(name) for name in family for portions in sides for each in portions]
        empty = pa.array([], pa.string()).dictionary_encode()
        whole = pa.chunked_array(chunks or [empty]).unify_dictionaries()
        words = Words(whole.chunk(0).dictionary)
        rest = iter(whole.chunks)
        for name in family:
            self.words[name] = words
            for side, portions in zip(codes, sides, strict=True):
                side[name] = _joined([next(rest).indices for _each in portions])

    def rows(self, register: Register, places: Iterable[int]) -> dict[int, Row]:
        """Return the rows at these places as they came in."""
        return {at: self._row(register, at) for at in sorted(set(places))}

    def _row(self, register: Register, at: int) -> Row:
        values: list[object] = [register.identities[at]]
        for name in self.plan.columns[1:]:
            code = int(register.codes[name][at])
            if name in self.plan.numbers:
                values.append(None if code == NONE else code)
            else:
                values.append(self.words[name].word(code))
        return values

    def counts(self, column: str) -> NDArray[np.int64]:
        """Return how many records of both registers have each word in this column."""
        both = np.concatenate([self.left.codes[column], self.right.codes[column]])
        return np.bincount(both[both != NONE], minlength=len(self.words[column]))


def _joined(arrays: Sequence[pa.Array]) -> Codes:
    parts = [each.fill_null(NONE).to_numpy(zero_copy_only=False) for each in arrays]
    return np.concatenate(parts).astype(np.int32, copy=False) if parts else np.zeros(0, dtype=np.int32)


def families(plan: Plan) -> list[list[str]]:
    """Return the plan's columns of words, those together that some level or rule holds against one another."""
    group = {name: [name] for name in plan.columns[1:] if name not in plan.numbers}
    held = [pair for rule in plan.rules for pair in zip(rule.ways[0], rule.ways[-1], strict=True)]
    for comparison in plan.comparisons:
        for level in comparison.levels:
            held += _held(level.condition)
    for one, other in held:
        if one in group and group[one] is not group[other]:
            group[one] += group[other]
            for name in group[other]:
                group[name] = group[one]
    return list({id(names): names for names in group.values()}.values())


def _held(condition: Condition) -> list[tuple[str, str]]:
    match condition:
        case Same(column, other) if other:
            return [(column, other)]
        case Every(parts) | Some(parts):
            return [pair for part in parts for pair in _held(part)]
    return []
