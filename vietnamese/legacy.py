"""Vietnamese written in the fonts of the years before Unicode: TCVN3 (ABC) and VNI recognised and made readable.

Tables from TCVN 5712:1993 (third set, "ABC") and the published VNI Windows table. The old bytes reach us as the
Latin-1 letters of the same number, as spreadsheets show them once the old font is gone.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal

from vietnamese.syllable import is_valid_syllable
from vietnamese.text import canon

Encoding = Literal["tcvn3", "vni"]
ENCODINGS: tuple[Encoding, ...] = ("tcvn3", "vni")

_TONES = {"\u0300": 0, "\u0309": 1, "\u0303": 2, "\u0301": 3, "\u0323": 4}
_MARKS = tuple(_TONES)
# each line: a vowel, and its bytes with grave, hook, tilde, acute, dot
_TCVN3_TONED = (
    "a B5 B6 B7 B8 B9", "ă BB BC BD BE C6", "â C7 C8 C9 CA CB", "e CC CE CF D0 D1", "ê D2 D3 D4 D5 D6",
    "i D7 D8 DC DD DE", "o DF E1 E2 E3 E4", "ô E5 E6 E7 E8 E9", "ơ EA EB EC ED EE", "u EF F1 F2 F3 F4",
    "ư F5 F6 F7 F8 F9", "y FA FB FC FD FE",
)  # fmt: skip
_TCVN3_PLAIN = {
    "Ă": 0xA1, "Â": 0xA2, "Ê": 0xA3, "Ô": 0xA4, "Ơ": 0xA5, "Ư": 0xA6, "Đ": 0xA7,
    "ă": 0xA8, "â": 0xA9, "ê": 0xAA, "ô": 0xAB, "ơ": 0xAC, "ư": 0xAD, "đ": 0xAE,
}  # fmt: skip
_TCVN3_MARKS = {chr(0xB0 + place): mark for mark, place in _TONES.items()}

# VNI: a letter and one sign after it; i and y with a dot, ơ, ư, đ are letters of their own
_VNI_TONES = dict(zip("øûõùï", _MARKS, strict=True))
_VNI_CIRCUMFLEX = dict(zip("àåãáä", _MARKS, strict=True)) | {"â": ""}
_VNI_BREVE = dict(zip("èúüéë", _MARKS, strict=True)) | {"ê": ""}
_VNI_LETTERS = {
    "ì": "ì", "æ": "ỉ", "ó": "ĩ", "í": "í", "ò": "ị", "î": "ỵ", "ô": "ơ", "ö": "ư", "ñ": "đ",
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+", re.UNICODE)
_NEW_STYLE = re.compile("o[àáảãạèéẻẽẹ]$|u[ỳýỷỹỵ]$")
# the TCVN3 bytes 80-9F are not used; A0-BF hold signs, not letters, so a word is what stands between blanks
_CHUNK = re.compile(r"[^\s,.;:/()\[\]\"'!?0-9\-]+")


def _compose(letter: str, mark: str) -> str:
    return unicodedata.normalize("NFC", letter + mark)


def _tcvn3_table() -> dict[str, str]:
    table = {chr(byte): letter for letter, byte in _TCVN3_PLAIN.items()}
    for line in _TCVN3_TONED:
        vowel, *numbers = line.split()
        table |= {chr(int(number, 16)): _compose(vowel, mark) for number, mark in zip(numbers, _MARKS, strict=True)}
    return table


def _vni_pairs() -> dict[str, str]:
    pairs: dict[str, str] = {}
    for vowel in "aeou":
        pairs |= {vowel + sign: _compose(vowel, mark) for sign, mark in _VNI_TONES.items()}
    pairs |= {"y" + sign: _compose("y", mark) for sign, mark in _VNI_TONES.items() if sign != "ï"}
    for vowel in "aeo":
        pairs |= {vowel + sign: _compose(vowel, "\u0302" + mark) for sign, mark in _VNI_CIRCUMFLEX.items()}
    pairs |= {"a" + sign: _compose("a", "\u0306" + mark) for sign, mark in _VNI_BREVE.items()}
    for letter, vowel in (("ô", "ơ"), ("ö", "ư")):
        pairs |= {letter + sign: _compose(vowel, mark) for sign, mark in _VNI_TONES.items()}
    upper = {pair.upper(): letter.upper() for pair, letter in pairs.items()}
    mixed = {pair[0].upper() + pair[1]: letter.upper() for pair, letter in pairs.items()}
    return pairs | mixed | upper


TCVN3 = _tcvn3_table()
VNI_PAIRS = _vni_pairs()
VNI_LETTERS = _VNI_LETTERS | {old.upper(): new.upper() for old, new in _VNI_LETTERS.items()}
_VNI = re.compile("|".join(sorted(map(re.escape, VNI_PAIRS), reverse=True)) + "|[" + "".join(VNI_LETTERS) + "]")
_TCVN3_CAPITAL = re.compile(r"([AEIOUYĂÂÊÔƠƯ])([\u00b0-\u00b4])")


def to_unicode(text: str, encoding: Encoding) -> str:
    """The text in Unicode NFC, read as written in ``encoding``; what the old table does not hold stays."""
    if encoding == "vni":
        return _VNI.sub(lambda found: VNI_PAIRS.get(found[0]) or VNI_LETTERS[found[0]], text)
    plain = "".join(TCVN3.get(letter, letter) for letter in text)
    return _TCVN3_CAPITAL.sub(lambda found: _compose(found[1], _TCVN3_MARKS[found[2]]), plain)


def looks_legacy(text: str) -> Encoding | None:
    """The old encoding the text is surely written in; None for good Unicode, plain letters, foreign names, and doubt.

    Sure is: nothing in it lies outside the old code page, some word is no Vietnamese syllable as it stands, and read
    by the old table every word with a sign becomes one.
    """
    if text.isascii() or any(ord(letter) > 0xFF for letter in text):
        return None
    words = [word for word in _CHUNK.findall(text) if not word.isascii()]
    for encoding in ENCODINGS:
        if words and _all_become(words, encoding):
            return encoding
    return None


def _all_become(words: list[str], encoding: Encoding) -> bool:
    repaired = False
    for word in words:
        read = to_unicode(word, encoding)
        if not _WORD.fullmatch(read) or not _is_syllable(read):
            return False
        # í and ì are the same in VNI: "Bích" stays as it is among words that do not
        repaired = repaired or (read != word and not is_valid_syllable(word))
    return repaired


@lru_cache(maxsize=20_000)
def _is_syllable(word: str) -> bool:
    # capitals of ABC live in fonts of their own: a word may begin with a capital and go on in small letters
    small = word.lower()
    # nobody wrote "leõ": a tone on the wrong letter is a sign of the wrong table
    return is_valid_syllable(small) and (canon(small) == small or _NEW_STYLE.search(small) is not None)
