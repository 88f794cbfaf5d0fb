"""What a password may be: length as NIST SP 800-63B-4 asks, and not made up of what everybody would guess first.

NIST compares the whole password with the blocklist, never a word inside it, so that honest sentences pass. Here the
whole password is taken apart: it is refused when fewer than :data:`LEAST_PARTS` pieces make it up, where a known word,
a place, a unit of the installation, a date, a row of keys or a run of names is one piece, and any other letter or
digit is a piece of its own. ``Nguyễn Văn An 01/01/1990`` is two pieces, however long it looks.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

from vietnamese.text import TOKEN, fold, place_tone

ALONE = 15
"""Characters at least where the password is the only factor; NIST SP 800-63B-4, 3.1.1.2."""
BESIDE_FACTOR = 8
"""Characters at least where a second factor is always asked for."""
MOST = 128
LEAST_PARTS = 4
MOST_NAMES = 3
"""Name syllables that count as one piece: family, middle and given name."""

_FILE = Path(__file__).with_name("defaults") / "blocklist.txt"
_NOT_BARE = re.compile(r"[^a-z0-9]")
_LOOKALIKES = (str.maketrans("013457@$!", "oieastasi"), str.maketrans("013457@$!", "oleastasi"))
_DATE = re.compile(
    r"(?:sn|ns|sinh|nam|ngay|thang)?(?:"
    r"(?:0?[1-9]|[12]\d|3[01])(?:0?[1-9]|1[0-2])(?:(?:19[2-9]|20[0-4])\d|\d\d)"  # 01011990, 1190, 010190
    r"|(?:19[2-9]|20[0-4])\d(?:(?:0?[1-9]|1[0-2])(?:0?[1-9]|[12]\d|3[01]))?"  # 1990, 19900101
    r"|(?:0?[1-9]|1[0-2])(?:19[2-9]|20[0-4])\d"  # 011990
    r")"
)
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn", "abcdefghijklmnopqrstuvwxyz", "01234567890")


def canonical(password: str) -> str:
    """One spelling of one password: NFKC, and each syllable's tone mark in one agreed place, case kept.

    The same password typed decomposed, on a keyboard that writes ``hoà`` for ``hòa``, or in full-width letters is the
    same password.
    """
    return TOKEN.sub(lambda found: _settled(found.group()), unicodedata.normalize("NFKC", password))


def _settled(word: str) -> str:
    small = word.lower()
    placed = place_tone(small)
    if placed == small:
        return word
    if len(placed) != len(word):
        return word
    return "".join(new.upper() if old.isupper() else new for old, new in zip(word, placed, strict=True))


def spellings(password: str) -> tuple[str, ...]:
    """What to hold against a stored hash: the canonical spelling, then the password as it came.

    Hashes made before passwords had one spelling were made of what came.
    """
    return tuple(dict.fromkeys((canonical(password), password)))


def bare(text: str) -> str:
    """The text as the blocklist has its words: small letters and digits, no marks, no spaces."""
    return _NOT_BARE.sub("", fold(text))


def own_words(names: Iterable[str], units: Iterable[str]) -> dict[str, str]:
    """Words only this person and this installation have: parts of their names, names and codes of units."""
    words = {bare(text): "place" for unit in units for text in (unit, *re.split(r"[-–.]", unit)) if len(bare(text)) > 2}
    for name in names:
        words |= {part: "name" for part in (bare(each) for each in re.split(r"[\s.\-]+", name)) if len(part) > 1}
        words |= {bare(name): "name"} if len(bare(name)) > 1 else {}
    return words


def problem(password: str, own: Mapping[str, str], beside_factor: bool) -> str:
    """Why the password may not be used – "short", "long" or "guessable" – or "" when it may.

    Characters are counted in the canonical spelling, so that a letter and its mark are one. ``own``: :func:`own_words`.
    """
    length = len(canonical(password))
    if length < (BESIDE_FACTOR if beside_factor else ALONE):
        return "short"
    if length > MOST:
        return "long"
    return "guessable" if parts(password, own) < LEAST_PARTS else ""


def parts(password: str, own: Mapping[str, str]) -> int:
    """How few pieces make up the whole password; what is neither letter nor digit counts for nothing."""
    text = once("".join(_symbols_kept(fold(canonical(password)))))
    read_as = (text, *(text.translate(table) for table in _LOOKALIKES))
    longest = max(_longest(), max(map(len, own), default=0))
    # best[i][n]: pieces for the first i letters when the last n of them were names of one run
    best = [[10_000] * (MOST_NAMES + 1) for _ in range(len(text) + 1)]
    best[0][0] = 0
    for start in range(len(text)):
        here = min(best[start])
        _lower(best[start + 1], 0, here + (1 if text[start].isalnum() else 0))
        for end in range(start + 2, min(len(text), start + longest) + 1):
            kind = _kind(read_as, start, end, own)
            if kind == "name":
                _add_name(best[start], best[end])
            elif kind:
                _lower(best[end], 0, here + 1)
    return min(best[-1])


def _symbols_kept(text: str) -> Iterable[str]:
    """Letters and digits, and the signs that stand for letters; anything else is a gap and goes."""
    return (char for char in text if char.isalnum() or char in "@$!")


def once(text: str) -> str:
    """What repeats itself to the end, once: ``abcabcabc`` is ``abc``."""
    period = (text + text).find(text, 1)
    return text[:period] if text and period < len(text) else text


def _lower(row: list[int], at: int, value: int) -> None:
    row[at] = min(row[at], value)


def _add_name(before: list[int], after: list[int]) -> None:
    """A name goes on with the run it follows, or begins a new piece."""
    _lower(after, 1, min(before) + 1)
    for run in range(1, MOST_NAMES):
        _lower(after, run + 1, before[run])


def _kind(read_as: tuple[str, ...], start: int, end: int, own: Mapping[str, str]) -> str:
    """What a stretch is, or "" when it is nothing known."""
    plain = read_as[0][start:end]
    for text in dict.fromkeys(each[start:end] for each in read_as):
        kind = own.get(text) or _blocked().get(text, "")
        if kind:
            return kind
    if _DATE.fullmatch(plain) or (len(plain) > 2 and _is_row(plain)):
        return "row"
    return ""


def _is_row(text: str) -> bool:
    """One key again and again, or neighbours on the keyboard or in the alphabet, either way."""
    return len(set(text)) == 1 or any(text in row or text[::-1] in row for row in _ROWS)


@functools.cache
def _blocked() -> Mapping[str, str]:
    words: dict[str, str] = {}
    kind = ""
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            kind = line.strip("[]")
        elif line and not line.startswith("#"):
            words[line] = kind
    return words


@functools.cache
def _longest() -> int:
    return max(map(len, _blocked()))
