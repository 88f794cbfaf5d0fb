"""One value taken from paper, with where it stands and how far it can be believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scanning.layout import around
from scanning.page import Box, Word
from scanning.values import EDGES, parse_value
from vietnamese.ids import is_citizen_id


@dataclass(frozen=True)
class Field:
    """A value: normalised, ``raw`` as printed, ``confidence`` 0 to 1, ``page`` from 1, ``box`` in its pixels.

    Dates are YYYY-MM-DD, YYYY-MM or YYYY; numbers have a decimal point; names are in title case.
    """

    value: str
    raw: str
    confidence: float
    page: int
    box: Box

    def to_json(self) -> dict[str, Any]:
        """Return the field as plain JSON values."""
        return {
            "value": self.value,
            "raw": self.raw,
            "confidence": self.confidence,
            "page": self.page,
            "box": list(self.box),
        }


def field_of(key: str, kind: str, words: Sequence[Word], page: int) -> tuple[str, Field] | None:
    """Return the key and field that words make as a value of a kind, or None if they make none.

    Confidence is that of the least sure word where every character counts (names, dates, numbers), of the
    mean word in running text, lowered when the value is implausible. An identity number goes by its own
    length, not by its label.
    """
    if not key or not words:
        return None
    raw = " ".join(word.text for word in words)
    parsed = parse_value(kind, raw)
    if parsed is None:
        return None
    value, plausibility = parsed
    if kind == "id":
        key = "citizen_id" if is_citizen_id(value) else "old_id"
    confidences = [max(word.confidence, 0.0) / 100 for word in words]
    sure = sum(confidences) / len(confidences) if kind in ("text", "long") else min(confidences)
    box = around([word.box for word in words])
    return key, Field(value, raw.strip(EDGES), round(sure * plausibility, 2), page, box)
