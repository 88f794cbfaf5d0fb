"""Text as it comes in: what cannot be kept is known for it, what no eye sees is taken out, all else stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.domain.sent_text import broken_within, is_broken, seen, sound


@given(st.text())
def test_what_is_sound_can_be_kept_everywhere_and_is_left_alone_afterwards(text: str) -> None:
    made = sound(text)
    assert "\0" not in made
    made.encode()  # no half of a character
    assert sound(made) == made


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Cf", "Cn", "Zl", "Zp"), exclude_characters="\ufffd")))
def test_letters_that_are_seen_are_never_touched(text: str) -> None:
    assert sound(text) == text and seen(text) == text and not is_broken(text)


def test_what_comes_along_from_a_word_processor_goes_and_breaks_become_spaces() -> None:
    assert seen("\u202eTô\u2066 Thị\u200b Hiếu\ufeff\x07") == "Tô Thị Hiếu"
    assert seen("dòng một\x0bdòng hai\x85ba\u2028bốn\nnăm\tsáu") == "dòng một dòng hai ba bốn\nnăm\tsáu"


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "ế\udfff", "x\uffff"])
def test_a_broken_letter_is_told_and_marked(text: str) -> None:
    assert is_broken(text) and "\ufffd" in sound(text)
    assert not is_broken(sound(text))  # a mark that stands in what was read can be sent back and kept


def test_json_is_looked_at_as_deep_as_it_goes_and_in_its_names() -> None:
    deep: object = "x\0"
    for _level in range(20_000):
        deep = [deep]
    assert broken_within(deep) and broken_within({"\ud800": 1}) and broken_within({"a": [{"b": "\0"}]})
    assert not broken_within({"a": ["b", 1, None, True, 2.5]})
