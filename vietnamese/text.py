"""Letters: one spelling for one word, whatever keyboard, scanner or old file it came from.

Three levels, each losing more than the one before: `nfc` (same letters, one encoding), `canon` (same word:
case and place of the tone mark no longer matter), `fold` (same word typed without marks).
"""

import re
import unicodedata

# Letters that look like Đ on screen and come out of OCR, old fonts and public name lists in its place.
_ETH = (("Ð", "Đ"), ("Ɖ", "Đ"), ("ð", "đ"), ("ɖ", "đ"))
_STROKE = str.maketrans({"Đ": "d", "đ": "d"})
_WRITTEN = "aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữựyỳýỷỹỵđ"

GRAVE, ACUTE, TILDE, HOOK, DOT = "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"
TONES = frozenset((GRAVE, ACUTE, TILDE, HOOK, DOT))

# A combining mark stays with its letter even where no composed form exists.
TOKEN = re.compile(r"[^\W_]+(?:[\u0300-\u036f]+[^\W_]*)*")
_SHAPE = re.compile(r"(qu|gi(?=[aeiouyăâêôơư])|[^aeiouyăâêôơư]*)([aeiouyăâêôơư]+)([^aeiouyăâêôơư]*)")
_MARKED_VOWELS = "ăâêôơư"
_Y_OF_I = dict(zip("iíìỉĩị", "yýỳỷỹỵ", strict=True))
_Y_FOR_I = re.compile("([hklmst](?=.$)|qu)([iíìỉĩị])(|t|n|nh|ch|p)")


def nfc(text: str) -> str:
    """Return the text in Unicode NFC; a string already in NFC is returned as it is."""
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def repair_eth(text: str) -> str:
    """Return the text in NFC with Ð, Ɖ, ð, ɖ replaced by the Vietnamese Đ, đ."""
    text = nfc(text)
    # Four searches in C; a translation table costs a look-up for every letter of every page.
    for wrong, right in _ETH:
        text = text.replace(wrong, right)
    return text


def fold(text: str) -> str:
    """Return the text in lower case without any mark (đ becomes d), as typed on a plain keyboard.

    Idempotent, and `fold(canon(x)) == fold(x)`. Letters outside Vietnamese lose their marks too.
    """
    if text.isascii():
        return text.lower()
    # Letters of Vietnamese and of ASCII alone, nearly all there is, fold one by one; any other is left and seen.
    plain = text.translate(_PLAIN)
    return plain if plain.isascii() else _folded(text)


def _folded(text: str) -> str:
    return _bare(_bare(repair_eth(text)).casefold()).translate(_STROKE)


def _bare(text: str) -> str:
    """Drop every combining mark; what is left is composed again (Hangul and the like stay whole)."""
    kept = (c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
    return unicodedata.normalize("NFC", "".join(kept))


_PLAIN = str.maketrans({
    letter: _folded(letter) for letter in {*_WRITTEN, *_WRITTEN.upper(), *map(chr, range(ord("A"), ord("Z") + 1))}
})  # fmt: skip


def canon(text: str) -> str:
    """Return the text in NFC, case-folded, each syllable's tone mark in one agreed place.

    hoà = hòa, thuý = thúy, uỷ = ủy, tòan = toàn; the u of qu- and the i of gi- never carry the tone when
    another vowel follows (qúy = quý). Idempotent. What is no Vietnamese syllable only changes case.
    """
    if text.isascii():
        return text.lower()
    # Case folding can decompose letters (İ) and composing can bring new cased ones: settle both.
    cased = nfc(repair_eth(text).casefold()).casefold()
    return nfc(TOKEN.sub(lambda match: place_tone(match.group()), nfc(cased)))


def one_y(word: str) -> str:
    """Return a canonical syllable with the y that some write as i: lí = lý, kĩ = kỹ, mị = mỵ, quí = quý, sĩ = sỹ.

    Only where both are spellings of one word: an open i after h, k, l, m, s, t, and i after qu-. Ti and ty, hi and hy
    fall together as well; Vi and Vy, Thi and Thy stay apart. Idempotent; `fold(one_y(x)) == one_y(fold(x))`.
    """
    shape = _Y_FOR_I.fullmatch(word)
    return word if shape is None else shape[1] + _Y_OF_I[shape[2]] + shape[3]


def split_tone(word: str) -> tuple[str, str]:
    """Return (word without its tone, the tone's combining mark), the mark "" for none or several.

    Vowel marks (ă â ê ô ơ ư) and đ stay: they are letters, not tones.
    """
    parts = unicodedata.normalize("NFD", word)
    tones = [c for c in parts if c in TONES]
    if len(tones) != 1:
        return word, ""
    return unicodedata.normalize("NFC", parts.replace(tones[0], "")), tones[0]


def place_tone(word: str) -> str:
    """Return one lower-case syllable with its tone mark moved to the agreed letter.

    Agreed is the old style for open oa, oe, uy (hòa, khỏe, thúy). Anything else than one syllable with one
    tone is returned unchanged.
    """
    if word.isascii():
        return word
    plain, tone = split_tone(word)
    if not tone:
        return word
    shape = _SHAPE.fullmatch(plain)
    if shape is None:
        return word
    onset, vowels, coda = shape.groups()
    at = len(onset) + _tone_letter(vowels, closed=bool(coda)) + 1
    return unicodedata.normalize("NFC", plain[:at] + tone + plain[at:])


def _tone_letter(vowels: str, *, closed: bool) -> int:
    marked = [i for i, v in enumerate(vowels) if v in _MARKED_VOWELS]
    if marked:
        return marked[-1]
    if closed:
        return len(vowels) - 1
    return 1 if len(vowels) > 2 else 0


def syllables(text: str) -> list[str]:
    """Return the words and numbers of the text in order, in NFC with ð repaired, case and marks kept.

    Vietnamese writes each syllable apart, so words are syllables; punctuation and `_` separate.
    """
    return TOKEN.findall(repair_eth(text))
