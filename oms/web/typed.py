"""Text a form sends, as the values it stands for."""

from __future__ import annotations


def whole_number(text: str, digits: int = 9) -> int | None:
    """The number ``text`` says in at most ``digits`` ASCII digits, so that every database takes it; else None."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= digits else None
