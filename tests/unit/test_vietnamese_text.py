"""Letters and syllables: equal words compare equal, whatever way they were typed."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vietnamese.syllable import is_valid_syllable
from vietnamese.text import canon, fold, nfc, repair_eth, syllables

REAL = """
Nguyễn quyết định gì giữ nghiêng khuỷu thuở oanh quý kỹ sỹ yêu ý ươm đường TỈNH hoà thúy gìn quốc xoong
"""
VIETNAMESE = st.text(alphabet="aàảãáạăằắâầấbcdđeèêềghiìíkmnoòóôồơờpqrstuùúưừvxyỳýAÀÂĐÊÔƠƯ 'Ðð\u0301\u0302", max_size=30)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hoà", "hòa"),
        ("HOÀ", "hòa"),
        ("thuý", "thúy"),
        ("uỷ", "ủy"),
        ("khoẻ", "khỏe"),
        ("qúy", "quý"),
        ("qủa", "quả"),
        ("gìa", "già"),
        ("tòan", "toàn"),
        ("Hòang", "Hoàng"),
        ("ngọai", "ngoại"),
        ("thủơ", "thuở"),
        ("Ðặng", "Đặng"),
        (unicodedata.normalize("NFD", "Nguyễn Thị Thuỳ"), "nguyễn thị thùy"),
    ],
)
def test_one_word_has_one_canonical_spelling(one: str, other: str) -> None:
    assert canon(one) == canon(other)


@pytest.mark.parametrize("word", ["hòa", "quý", "già", "giữ", "gìn", "giếng", "khuỷu", "ngoéo", "mưa", "quốc", "xoong"])
def test_right_spelling_is_left_alone(word: str) -> None:
    assert canon(word) == word


@pytest.mark.parametrize(("one", "other"), [("an", "ân"), ("hòa", "họa"), ("du", "đu"), ("mùa", "múa")])
def test_different_words_stay_different(one: str, other: str) -> None:
    assert canon(one) != canon(other)


def test_fold_types_a_word_without_marks() -> None:
    assert fold("Nguyễn Đình ĐỨC Ðặng Ươm") == "nguyen dinh duc dang uom"


def test_syllables_split_at_punctuation_and_keep_marks() -> None:
    words = syllables("Số: 17-QĐ/TU, 5/8/1961; Ðặng_Hoà")
    assert words == ["Số", "17", "QĐ", "TU", "5", "8", "1961", "Đặng", "Hoà"]


@given(st.one_of(st.text(max_size=30), VIETNAMESE))
def test_laws_of_folding(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert canon(canon(text)) == canon(text)
    assert fold(canon(text)) == fold(text)
    assert nfc(canon(text)) == canon(text)
    assert repair_eth(repair_eth(text)) == repair_eth(text)


@given(VIETNAMESE)
def test_unicode_form_does_not_matter(text: str) -> None:
    decomposed = unicodedata.normalize("NFD", text)
    assert canon(decomposed) == canon(text)
    assert fold(decomposed) == fold(text)
    assert syllables(decomposed) == syllables(text)


@pytest.mark.parametrize(
    "word",
    REAL.split(),
)
def test_real_syllables_are_valid(word: str) -> None:
    assert is_valid_syllable(word)


@pytest.mark.parametrize(
    "word",
    [
        "nguyẻén",
        "qưyết",
        "cấch1",
        "kắn",
        "ghan",
        "nge",
        "các̀",
        "cat",
        "tấpt",
        "zung",
        "wa",
        "",
        "a-b",
        "bpa",
        "hac",
    ],
)
def test_broken_syllables_are_doubtful(word: str) -> None:
    assert not is_valid_syllable(word)


def test_every_letter_folds_as_it_does_letter_by_mark() -> None:
    plain = "aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữựyỳýỷỹỵđ"
    for letter in plain + plain.upper():
        assert fold(letter) == fold(unicodedata.normalize("NFD", letter) + "\u0301")
        assert fold(letter).isascii()
