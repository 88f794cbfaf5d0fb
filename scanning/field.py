"""One value taken from paper, with where it stands, how far it can be believed, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from scanning.layout import around
from scanning.page import Box, Word
from scanning.values import EDGES, NOT_A_DATE, NOT_A_NAME, NOT_A_NUMBER, NOT_A_SEX, WRONG_LENGTH, is_listed, parse_value
from vietnamese.ids import is_citizen_id

BY_PEN = "chữ viết tay, cần gõ lại"
UNCLEAR = "chữ đọc không rõ"
# doubts that a second look at the same ink can take away; the others speak of what the value says
OF_READING = frozenset((UNCLEAR, NOT_A_DATE, NOT_A_NUMBER, WRONG_LENGTH))

# a word below is not believed by itself; a listed value is known from less
SURE_WORD = 90.0
SURE_LISTED = 60.0
_UNREADABLE = {
    "date": NOT_A_DATE,
    "id": WRONG_LENGTH,
    "digits": WRONG_LENGTH,
    "insurance": WRONG_LENGTH,
    "coefficient": NOT_A_NUMBER,
    "rank_code": NOT_A_NUMBER,
    "sex": NOT_A_SEX,
    "name": NOT_A_NAME,
}


@dataclass(frozen=True)
class Field:
    """A value: normalised, ``raw`` as printed, ``confidence`` 0 to 1, ``page`` from 1, ``box`` in its pixels.

    Dates are YYYY-MM-DD, YYYY-MM or YYYY; numbers have a decimal point; names are in title case. ``doubts`` say in
    Vietnamese why a person should look: with any the confidence is under 0.5, without it is at least 0.9. What is
    written by pen, or stands there but cannot be read as its kind, has an empty value and confidence 0.
    """

    value: str
    raw: str
    confidence: float
    page: int
    box: Box
    doubts: tuple[str, ...] = ()

    @property
    def doubtful(self) -> bool:
        """Whether a person should look."""
        return bool(self.doubts)

    def doubting(self, *reasons: str) -> Field:
        """Return the field with further reasons to doubt it."""
        doubts = tuple(dict.fromkeys((*self.doubts, *reasons)))
        if not doubts or doubts == self.doubts:
            return self
        sure = self.confidence if self.doubts else self.confidence * 0.49
        return replace(self, doubts=doubts, confidence=round(sure, 2))

    def to_json(self) -> dict[str, Any]:
        """Return the field as plain JSON values."""
        return {
            "value": self.value,
            "raw": self.raw,
            "confidence": self.confidence,
            "page": self.page,
            "box": list(self.box),
            "doubtful": self.doubtful,
            "doubts": list(self.doubts),
        }


@dataclass(frozen=True)
class Draft:
    """Words that a label, a cell or a place on the paper says are the value of ``key``; not yet judged.

    ``kind`` says how they are read (``scanning.values``); ``agreed`` that the paper says the same a second time;
    ``doubts`` are reasons known from the place.
    """

    key: str
    kind: str
    words: tuple[Word, ...]
    page: int
    agreed: bool = False
    doubts: tuple[str, ...] = ()

    @property
    def raw(self) -> str:
        """The words as printed."""
        return " ".join(word.text for word in self.words)


def judged(draft: Draft) -> tuple[str, Field] | None:
    """Return the key and field that a draft makes, or None if there is nothing to be seen there.

    An identity number goes by its own length, not by its label.
    """
    written = [word for word in draft.words if any(character.isalnum() for character in word.text)]
    if not draft.key or not written:
        return None
    box = around([word.box for word in draft.words])
    if any(word.handwritten for word in written):
        return draft.key, Field("", "", 0.0, draft.page, box, (BY_PEN,))
    raw = draft.raw.strip(EDGES)
    parsed = parse_value(draft.kind, draft.raw, draft.key.rpartition(".")[2])
    if parsed is None:
        reason = _UNREADABLE.get(draft.kind)
        of_letters = reason in (NOT_A_SEX, NOT_A_NAME)
        if reason is None or sum(map(str.isalpha if of_letters else str.isdigit, raw)) < 2:
            return None
        return draft.key, Field("", raw, 0.0, draft.page, box, (reason,))
    value, doubts = parsed[0], (*draft.doubts, *parsed[1])
    key = draft.key
    if draft.kind == "id" and not key.startswith("members."):
        key = "citizen_id" if is_citizen_id(value) else "old_id"
    if not draft.agreed and _unclear(written, key, value):
        doubts = (*doubts, UNCLEAR)
    return key, Field(value, raw, calibrated(sureness(written), doubts), draft.page, box, doubts)


def sureness(words: Sequence[Word]) -> float:
    """Return how sure the engine was of its least sure word, 0 to 1."""
    return min(max(word.confidence, 0.0) for word in words) / 100 if words else 0.0


def calibrated(sure: float, doubts: Sequence[str]) -> float:
    """Return a confidence: under 0.5 with doubts, at least 0.9 without, nothing between; higher the surer."""
    return round(0.49 * sure if doubts else 0.9 + 0.1 * sure, 2)


def _unclear(words: Sequence[Word], key: str, value: str) -> bool:
    """Return whether the engine itself doubts a word that the value rests on."""
    if is_listed(key.rpartition(".")[2], value):
        return any(word.confidence < SURE_LISTED for word in words)
    return any(word.confidence < SURE_WORD or word.suspect for word in words)
