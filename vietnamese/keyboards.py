"""What is left when somebody types Vietnamese while the input method is off: Telex and VNI keys, read back.

A question to a search box is where this happens daily. Nothing here decides alone: `leftover` says what a word
would have been, and how sure that is; an ordinary word is never one.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from vietnamese.syllable import is_plain_syllable, is_valid_syllable
from vietnamese.text import ACUTE, DOT, GRAVE, HOOK, TILDE, canon

Method = Literal["telex", "vni"]
METHODS: tuple[Method, ...] = ("telex", "vni")

_TELEX_TONES = {"s": ACUTE, "f": GRAVE, "r": HOOK, "x": TILDE, "j": DOT}
_VNI_TONES = {"1": ACUTE, "2": GRAVE, "3": HOOK, "4": TILDE, "5": DOT}
_CIRCUMFLEX = {"a": "â", "e": "ê", "o": "ô"}
_HORN = {"o": "ơ", "u": "ư"}
# Two vowels that one key signs together or whose first it signs.
_PAIRS_7 = (("uo", "ươ"), ("ưo", "ươ"), ("uơ", "ươ"), ("uu", "ưu"), ("ua", "ưa"))
_PAIRS_W = (*_PAIRS_7, ("oa", "oă"))
_ONSET = re.compile("[bcdđghklmnpqrtvsx]*")
_LONGEST = 14


@dataclass(frozen=True)
class Leftover:
    """A word as it would have been typed; `marks` tells how many of its letters' signs and tones the keys gave."""

    word: str
    marks: int
    letters: int
    """How many of the marks belong to letters (ă â đ ê ô ơ ư); tones alone are weaker evidence."""


@lru_cache(maxsize=20_000)
def leftover(word: str, method: Method) -> Leftover | None:
    """Return what the keys of this method would have written; None for a word that is one as it stands.

    "nguyeenx" is nguyễn by Telex, "nguye6n4" by VNI. The keys may stand behind their letter or at the end of the
    word. Only a result that obeys Vietnamese spelling counts.
    """
    low = word.lower()
    if not (2 < len(low) <= _LONGEST) or not low.isascii() or not low.isalnum() or is_plain_syllable(low):
        return None
    read = _telex(low) if method == "telex" else _vni(low)
    if read is None or read.word == low or not is_valid_syllable(read.word):
        return None
    return Leftover(_cased(read.word, word), read.marks, read.letters)


def _cased(word: str, like: str) -> str:
    if like.isupper():
        return word.upper()
    return word.capitalize() if like[0].isupper() else word


def _telex(word: str) -> Leftover | None:
    if any(character.isdigit() for character in word):
        return None
    letters, strokes = _stroke(word, "d")
    onset_match = _ONSET.match(letters)
    onset = onset_match.group() if onset_match else ""
    rhyme = letters[len(onset) :]
    if letters.startswith(("qu", "gi")) and len(rhyme) > 1:
        onset, rhyme = letters[:2], letters[2:]
    tones = [key for key in rhyme if key in _TELEX_TONES]
    if len(tones) > 1:
        return None
    bare, signs = _telex_letters("".join(key for key in rhyme if key not in _TELEX_TONES))
    tone = _TELEX_TONES[tones[0]] if tones else ""
    return Leftover(_toned(onset, bare, tone), strokes + signs + len(tones), strokes + signs)


def _stroke(word: str, key: str) -> tuple[str, int]:
    """Return the word with đ for a d that the key follows, at once or anywhere behind."""
    at = word.find(key, 1)
    if word.startswith("d") and at > 0:
        return "đ" + word[1:at] + word[at + 1 :], 1
    return word, 0


def _telex_letters(rhyme: str) -> tuple[str, int]:
    """Return the rhyme with its doubled vowels and w read as signs, and how many there were."""
    read, signs = "", 0
    for key in rhyme:
        changed = _horned(read) if key == "w" else _hatted(read, key) if key in _CIRCUMFLEX else None
        if changed is not None:
            read, signs = changed, signs + 1
        else:
            read += "ư" if key == "w" else key
            signs += key == "w"
    return read, signs


def _hatted(read: str, vowel: str) -> str | None:
    """Return the letters with the last such vowel under a circumflex."""
    at = read.rfind(vowel)
    return read[:at] + _CIRCUMFLEX[vowel] + read[at + 1 :] if at >= 0 else None


def _horned(read: str) -> str | None:
    """Return the letters with the horn or breve that one w gives: uo → ươ, ua → ưa, else the last a, o, u."""
    for plain, signed in _PAIRS_W:
        at = read.rfind(plain)
        if at >= 0:
            return read[:at] + signed + read[at + 2 :]
    at = max(read.rfind(vowel) for vowel in "aou")
    return read[:at] + {"a": "ă", "o": "ơ", "u": "ư"}[read[at]] + read[at + 1 :] if at >= 0 else None


def _vni(word: str) -> Leftover | None:
    if not any(character.isdigit() for character in word) or word[0].isdigit():
        return None
    letters, strokes = _stroke(word, "9")
    tones = [key for key in letters if key in _VNI_TONES]
    if len(tones) > 1:
        return None
    read, signs = "", 0
    for key in letters:
        if key in _VNI_TONES:
            continue
        if not key.isdigit():
            read += key
            continue
        changed = _vni_sign(read, key)
        if changed is None:
            return None
        read, signs = changed, signs + 1
    tone = _VNI_TONES[tones[0]] if tones else ""
    return Leftover(_toned("", read, tone), strokes + signs + len(tones), strokes + signs)


def _vni_sign(read: str, key: str) -> str | None:
    if key == "6":
        at = max(read.rfind(vowel) for vowel in _CIRCUMFLEX)
        return read[:at] + _CIRCUMFLEX[read[at]] + read[at + 1 :] if at >= 0 else None
    if key == "7":
        for plain, signed in _PAIRS_7:
            at = read.rfind(plain)
            if at >= 0:
                return read[:at] + signed + read[at + 2 :]
        at = max(read.rfind(vowel) for vowel in _HORN)
        return read[:at] + _HORN[read[at]] + read[at + 1 :] if at >= 0 else None
    at = read.rfind("a")
    return read[:at] + "ă" + read[at + 1 :] if key == "8" and at >= 0 else None


def _toned(onset: str, rhyme: str, tone: str) -> str:
    """Return the syllable with its tone on the right letter."""
    word = onset + rhyme.replace("ươ", "uơ") if rhyme.endswith("ươ") else onset + rhyme
    vowel = next((at for at in range(len(onset), len(word)) if word[at] in "aăâeêioôơuưy"), None)
    if vowel is None or not tone:
        return word
    return canon(word[: vowel + 1] + tone + word[vowel + 1 :])
