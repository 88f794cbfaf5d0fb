"""Terms and values in letters no full-text engine can misread: a-z, 0-9 and "_".

Whatever a document or a question holds, what reaches Sphinx is made of these 37 letters and of numbers. No
character table can change it, no stop list can catch it, and no string can become SphinxQL.
"""

import re
from functools import lru_cache
from hashlib import blake2b

# Sphinx cuts words at 42 letters; a longer term keeps its beginning and gets a sum of the whole.
_MOST = 40
_KEPT = 24
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_PLAIN = frozenset(_DIGITS)
# "_" and three letters for what is below this, "__" and four for what is above.
_SHORT = 36**3
SAFE = re.compile(r"[a-z0-9_ ]*")
"""What a string of SphinxQL may be made of."""
_LETTER = re.compile(r"__(.{4})|_(.{3})|(.)")

ALL = "d"
"""A word that every document holds."""
BETWEEN = "_"
"""Stands between two names, so that no phrase runs from one into the next; no term is written so."""
ROOT = (1 << 62) + 1
"""Stands for the path "", under which everything lies: `number` reaches no further than one below it."""


@lru_cache(maxsize=200_000)
def encode(text: str) -> str:
    """Return the text in safe letters; what begins alike is written alike, and `decode` gives it back."""
    return "".join(letter if letter in _PLAIN else _code(ord(letter)) for letter in text)


def decode(safe: str) -> str:
    """Return what `encode` was given."""
    return "".join(plain or chr(int(long or short, 36)) for long, short, plain in _LETTER.findall(safe))


@lru_cache(maxsize=200_000)
def word(term: str) -> str:
    """Return the term as a word that Sphinx keeps whole."""
    safe = encode(term)
    if len(safe) <= _MOST:
        return safe
    return safe[:_KEPT] + blake2b(term.encode(), digest_size=8).hexdigest()


def beginning(term: str) -> str:
    """Return what the words begin with whose terms begin so."""
    return encode(term)[:_MOST]


@lru_cache(maxsize=200_000)
def number(text: str) -> int:
    """Return the number that stands for the text in attributes, 0 for no text."""
    if not text:
        return 0
    return (int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 2) + 1


def under(path: str) -> int:
    """Return the number that `above` holds for every path that is this one or lies under it."""
    return number(path) if path else ROOT


def above(path: str) -> tuple[int, ...]:
    """Return the numbers of a path and of all it lies under: "17/22" lies under "17" and ""."""
    parts = path.split("/") if path else []
    return (ROOT, *(number("/".join(parts[:depth])) for depth in range(1, len(parts) + 1)))


def trigrams(term: str) -> list[str]:
    """Return the term's runs of three letters, its beginning and its end among them, as words; each once."""
    framed = f"  {term}  "
    return list(dict.fromkeys(encode(framed[at : at + 3]) for at in range(len(framed) - 2)))


def _code(point: int) -> str:
    mark, size = ("_", 3) if point < _SHORT else ("__", 4)
    letters = ""
    for _ in range(size):
        point, digit = divmod(point, 36)
        letters = _DIGITS[digit] + letters
    return mark + letters
