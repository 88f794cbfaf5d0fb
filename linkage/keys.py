"""The keys under which a record is found: one for each blocking rule, eight bytes that nobody can guess back.

Names and numbers are few enough to try them all against a plain hash, so a key is an HMAC with a secret of the
installation. The same record has other keys elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from linkage.levels import Plan, Row
from linkage.records import LinkageError

SHORTEST_SECRET = 16
KEY_BYTES = 8
_PART, _GAP = b"\x1f", "\x1e"


@dataclass(frozen=True, slots=True)
class Key:
    """A number to find records by, and how many may share it before it is passed over."""

    value: int
    most: int


class Keys:
    """Makes the keys of records with one secret; ValueError-like LinkageError for a secret that is too short."""

    def __init__(self, plan: Plan, secret: bytes) -> None:
        if not SHORTEST_SECRET <= len(secret) <= hashlib.blake2b.MAX_KEY_SIZE:
            raise LinkageError(f"the key's secret needs {SHORTEST_SECRET} to {hashlib.blake2b.MAX_KEY_SIZE} bytes")
        self._secret = secret
        self._rules = [
            (rule, rule.name.encode() + _PART, [tuple(map(plan.position, way)) for way in rule.ways])
            for rule in plan.rules
            if rule.live
        ]
        self._alone = {rule.left[0]: mark for rule, mark, ways in self._rules if len(ways) == len(ways[0]) == 1}

    def of(self, row: Row) -> list[Key]:
        """Return the keys of a record, each once, in the order of the rules."""
        return list(dict.fromkeys(self._each(row)))

    def _each(self, row: Row) -> Iterator[Key]:
        for rule, mark, ways in self._rules:
            for way in ways:
                values = [row[at] for at in way]
                if None not in values:
                    yield Key(self._hashed(mark, values), rule.most)

    def _hashed(self, mark: bytes, values: Sequence[object]) -> int:
        text = mark + _GAP.join(map(str, values)).encode()
        digest = hashlib.blake2b(text, digest_size=KEY_BYTES, key=self._secret).digest()
        return int.from_bytes(digest, "big", signed=True)

    def of_value(self, column: str, value: str) -> int | None:
        """Return the key that all records with this value share; None where no rule is of this column alone."""
        mark = self._alone.get(column)
        return None if mark is None else self._hashed(mark, [value])
