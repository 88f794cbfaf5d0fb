"""Telex and VNI keys left in a text: what would have been written is found, ordinary words are never taken for keys."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vietnamese.keyboards import leftover
from vietnamese.syllable import is_plain_syllable, is_valid_syllable
from vietnamese.text import canon, fold, one_y

_WORDS = """
nguyễn trần lê phạm hoàng huỳnh võ đặng bùi đỗ hồ ngô dương lý đình thị văn hữu đức thuỷ hương tuấn nghĩa phương
khuyến quý giàu thuở đường hoặc luật nghị quyết khoẻ tường yến sửa lưu hưu bưởi
"""
WORDS = _WORDS.split()
ORDINARY = """
nguyen quyet dang luong an anh xoong hac oanh giang thi y 2005 17 b52 A4 QĐ nguyễn ksor mlô rah covid k51
"""
_TELEX = {"\u0301": "s", "\u0300": "f", "\u0309": "r", "\u0303": "x", "\u0323": "j"}
_VNI = {"\u0301": "1", "\u0300": "2", "\u0309": "3", "\u0303": "4", "\u0323": "5"}
_SIGNS = {
    "ă": ("aw", "a8"), "â": ("aa", "a6"), "ê": ("ee", "e6"), "ô": ("oo", "o6"), "ơ": ("ow", "o7"), "ư": ("uw", "u7"),
    "đ": ("dd", "d9"),
}  # fmt: skip


def keys(word: str, method: int, *, late: bool) -> str:
    """The keys somebody presses for a word, the tone's key after its letter or last; told apart from the reader."""
    typed, last = "", ""
    for letter in unicodedata.normalize("NFC", word):
        parts = unicodedata.normalize("NFD", letter)
        tone = next((mark for mark in parts if mark in _TELEX), "")
        plain = unicodedata.normalize("NFC", parts.replace(tone, "") if tone else parts)
        key = (_TELEX, _VNI)[method].get(tone, "")
        typed += _SIGNS[plain][method] if plain in _SIGNS else plain
        if late:
            last += key
        else:
            typed += key
    return typed + last


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("word", WORDS)
def test_keys_are_read_back_as_the_word(word: str, late: bool) -> None:
    for method, name in ((0, "telex"), (1, "vni")):
        typed = keys(word, method, late=late)
        if typed == word:
            continue
        read = leftover(typed, name)  # type: ignore[arg-type]
        assert read is not None, typed
        assert read.word == canon(word), typed


@pytest.mark.parametrize(
    ("typed", "word"),
    [("nguyenxe", "nguyễn"), ("dinhdf", "đình"), ("dduowngf", "đường"), ("Tuaans", "Tuấn"), ("TUAANS", "TUẤN")],
)
def test_keys_may_stand_at_the_end_and_capitals_stay(typed: str, word: str) -> None:
    read = leftover(typed, "telex")
    assert read is not None
    assert read.word == word


@pytest.mark.parametrize("word", ORDINARY.split())
def test_ordinary_words_are_no_keys(word: str) -> None:
    assert leftover(word, "telex") is None
    assert leftover(word, "vni") is None


@pytest.mark.parametrize("word", WORDS)
def test_a_word_without_its_marks_is_a_plain_syllable(word: str) -> None:
    assert is_valid_syllable(word)
    assert is_plain_syllable(fold(word))


@given(st.text(alphabet="abcdeghiklmnopqrstuvwxyz0123456789", max_size=12))
@settings(max_examples=200, deadline=None)
def test_what_is_read_obeys_the_spelling_and_folds_to_letters_that_were_typed(typed: str) -> None:
    for method in ("telex", "vni"):
        read = leftover(typed, method)  # type: ignore[arg-type]
        if read is not None:
            assert is_valid_syllable(read.word)
            assert set(fold(read.word)) <= set(typed) | {"u"}


@pytest.mark.parametrize(
    ("one", "other"), [("lí", "lý"), ("kĩ", "kỹ"), ("mị", "mỵ"), ("sĩ", "sỹ"), ("quí", "quý"), ("quít", "quýt")]
)
def test_i_and_y_are_one_where_they_spell_one_word(one: str, other: str) -> None:
    assert one_y(one) == one_y(other)


@pytest.mark.parametrize(("one", "other"), [("vi", "vy"), ("thi", "thy"), ("thúi", "thúy"), ("linh", "lynh")])
def test_i_and_y_stay_two_where_they_spell_two_words(one: str, other: str) -> None:
    assert one_y(one) != one_y(other)


@given(st.text(alphabet="hklmstquiíìỉĩịyýỳnhc", max_size=6))
@settings(max_examples=200)
def test_laws_of_one_y(word: str) -> None:
    assert one_y(one_y(word)) == one_y(word)
    assert fold(one_y(word)) == one_y(fold(word))
