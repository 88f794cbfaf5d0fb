"""Typed text and days as they are kept."""

from __future__ import annotations

from datetime import date

from oms.errors import InvalidInput
from vietnamese.dates import parse_date
from vietnamese.text import nfc


def squeezed(text: str, most: int) -> str:
    """Typed text in NFC with single spaces, cut."""
    return " ".join(nfc(text).split())[:most]


def day_of(field: str, typed: str, what: str) -> date:
    """A whole day as typed; InvalidInput when it is none."""
    found = parse_date(typed)
    try:
        return date.fromisoformat(found.iso() if found else "")
    except ValueError:
        raise InvalidInput(field, f"{what} chưa đúng: hãy nhập đủ ngày như 05/08/2026.") from None
