"""Old encodings: what was written in them comes back whole, and nothing else is taken for them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vietnamese.legacy import TCVN3, looks_legacy, to_unicode

VOWELS = "aăâeêioôơuưy"
MARKS = "\u0300\u0309\u0303\u0301\u0323"
LETTERS = [unicodedata.normalize("NFC", v + m) for v in VOWELS for m in ("", *MARKS)] + list("đbcdghklmnpqrstvx")
EVERY = LETTERS + [letter.upper() for letter in LETTERS]

# the reverse tables, written down on their own: byte numbers as in the printed standards
_TO_TCVN3 = {v: k for k, v in TCVN3.items()}
_VNI_TONE = {"\u0300": "ø", "\u0309": "û", "\u0303": "õ", "\u0301": "ù", "\u0323": "ï", "": ""}
_VNI_HAT = {"\u0300": "à", "\u0309": "å", "\u0303": "ã", "\u0301": "á", "\u0323": "ä", "": "â"}
_VNI_BREVE = {"\u0300": "è", "\u0309": "ú", "\u0303": "ü", "\u0301": "é", "\u0323": "ë", "": "ê"}
_VNI_I = {"\u0300": "ì", "\u0309": "æ", "\u0303": "ó", "\u0301": "í", "\u0323": "ò", "": "i"}


def tcvn3(text: str) -> str:
    out = []
    for letter in text:
        if letter in _TO_TCVN3 or letter.isascii():
            out.append(_TO_TCVN3.get(letter, letter))
            continue
        parts = unicodedata.normalize("NFD", letter)
        mark = next((m for m in parts if m in MARKS), "")
        plain = unicodedata.normalize("NFC", parts.replace(mark, "") if mark else parts)
        out.append(_TO_TCVN3.get(plain, plain) + (chr(0xB0 + MARKS.index(mark)) if mark else ""))
    return "".join(out)


def _vni_letter(letter: str) -> str:
    if letter.lower() == "đ":
        return "ñ"
    parts = unicodedata.normalize("NFD", letter)
    base, rest = parts[0], parts[1:]
    mark = next((m for m in rest if m in MARKS), "")
    if base == "i":
        return _VNI_I[mark]
    if base == "y" and mark == "\u0323":
        return "î"
    if "\u031b" in rest:
        return {"o": "ô", "u": "ö"}[base] + _VNI_TONE[mark]
    if "\u0302" in rest:
        return base + _VNI_HAT[mark]
    if "\u0306" in rest:
        return base + _VNI_BREVE[mark]
    return base + _VNI_TONE[mark]


def vni(text: str) -> str:
    return "".join(_vni_letter(c.lower()).upper() if c.isupper() else _vni_letter(c) for c in text)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.sampled_from(EVERY), min_size=1, max_size=7), max_size=8).map(" ".join))
def test_what_was_written_in_an_old_encoding_comes_back_whole(text: str) -> None:
    assert to_unicode(tcvn3(text), "tcvn3") == text
    assert to_unicode(vni(text), "vni") == text


@pytest.mark.parametrize(
    ("old", "encoding", "good"),
    [
        ("NguyÔn V¨n An", "tcvn3", "Nguyễn Văn An"),
        ("TrÇn ThÞ H¹nh", "tcvn3", "Trần Thị Hạnh"),
        ("C«ng hoµ x· héi chñ nghÜa ViÖt Nam", "tcvn3", "Công hoà xã hội chủ nghĩa Việt Nam"),
        ("Nguyeãn Vaên An", "vni", "Nguyễn Văn An"),
        ("TRAÀN THÒ HAÏNH", "vni", "TRẦN THỊ HẠNH"),
        ("Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam", "vni", "Cộng hòa xã hội chủ nghĩa Việt Nam"),
    ],
)
def test_old_texts_are_recognised_and_read(old: str, encoding: str, good: str) -> None:
    assert looks_legacy(old) == encoding
    assert to_unicode(old, encoding) == good  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "good",
    [
        "", "Nguyen Van An", "Nguyễn Văn An", "Lê Hà", "Hà", "Trà", "Lê", "Toàn", "Lão Tô", "Bùi Thế Hùng", "Đào Y",
        "François", "José Pérez", "Müller", "Noël", "São Paulo", "m²", "25°", "±3", "½", "0123456789", "Đỗ Ơn",
        "Hồ Sơ", "Tô Thị Hiếu", "Lò Văn Bâng", "H' Hen Niê",
    ],
)  # fmt: skip
def test_good_and_foreign_texts_are_left_alone(good: str) -> None:
    assert looks_legacy(good) is None


NAMES = "Nguyễn Trần Lê Phạm Hoàng Vũ Đặng Bùi Đỗ Hồ Ngô Dương Lý Hà Toàn Thị Văn Thúy Hùng Tú Mão"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(NAMES.split()), min_size=1, max_size=5))
def test_no_good_name_is_taken_for_an_old_encoding(words: list[str]) -> None:
    assert looks_legacy(" ".join(words)) is None
