"""Text as it comes in from outside: what no database keeps, and what no eye sees. Pure.

A broken letter (NUL, half of a surrogate pair, what Unicode says is no character) stands in nothing that anybody typed:
who sends one to be kept is refused; in an address, which changes nothing, it is shown as what it is. Control characters
and marks of direction that come along from a word processor are taken out: they would make one text look like another.
"""

from __future__ import annotations

import re
from typing import Any

MARK = "\ufffd"
"""What stands for a broken letter; papers that were read hold it, so it can be kept."""
_LETTERS = "\x00\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
BROKEN = re.compile(f"[{_LETTERS}]")
BROKEN_OR_MARK = re.compile(f"[{_LETTERS}{MARK}]")
_UNSEEN = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]")


def is_broken(text: str) -> bool:
    """Whether a letter of the text cannot be kept."""
    return (not text.isascii() and BROKEN.search(text) is not None) or "\0" in text


def seen(text: str) -> str:
    """The text without control characters and marks of direction; lines and tabs stay, other breaks become spaces."""
    return text if text.isprintable() else _UNSEEN.sub(_space, text)


def _space(found: re.Match[str]) -> str:
    return " " if found.group().isspace() else ""


def sound(text: str) -> str:
    """As :func:`seen`, with a mark for every broken letter."""
    return seen(BROKEN.sub(MARK, text) if is_broken(text) else text)


def seen_within(value: Any) -> Any:
    """A value read from JSON with every text in it, names of its parts included, as :func:`seen` leaves it."""
    if isinstance(value, str):
        return seen(value)
    if isinstance(value, dict):
        return {seen(name): seen_within(each) for name, each in value.items()}
    return [seen_within(each) for each in value] if isinstance(value, list) else value


def broken_within(value: Any) -> bool:
    """Whether any text of a value read from JSON is broken, names of its parts included; however deep it is."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            if is_broken(each):
                return True
        elif isinstance(each, dict):
            waiting += [*each, *each.values()]
        elif isinstance(each, list):
            waiting += each
    return False
