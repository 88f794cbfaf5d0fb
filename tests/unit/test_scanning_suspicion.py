"""Which words ask for a person's eye."""

from __future__ import annotations

import numpy as np
import pytest

from scanning import Word
from scanning.handwriting import pen_written
from scanning.suspicion import is_contested, is_suspect

BOX = (100, 100, 200, 130)


@pytest.mark.parametrize(
    "text", ["31/12/1999", "01.01.1980", "5/2004", "417/QĐ-UBND", "002173004455", "15.3-", "98,5%", "2C-BNV/2008"]
)
def test_numbers_that_could_be_are_believed(text: str) -> None:
    assert not is_suspect(text, 96.0)


@pytest.mark.parametrize(
    "text", ["31/13/1999", "45/01/1980", "13/2004", "1O/2004", "l2", "5l", "902173004455", "20/99/1977"]
)
def test_numbers_that_could_not_be_are_doubted_however_sure(text: str) -> None:
    assert is_suspect(text, 97.0)


def test_the_bar_is_higher_on_a_doubtful_page_and_lower_for_capitals() -> None:
    assert not is_suspect("chuyên", 92.0, page_doubt=0.0)
    assert is_suspect("chuyên", 92.0, page_doubt=0.2)
    assert not is_suspect("chuyên", 95.0, page_doubt=1.0)
    assert not is_suspect("QUYẾT", 90.0)
    assert is_suspect("quyết", 90.0)


def test_another_reading_of_the_same_place_contests_a_word() -> None:
    other = [("Hoa", (101, 99, 199, 131), 88.0)]
    assert is_contested("Hòa", BOX, 93.0, other)
    assert not is_contested("Hoa,", BOX, 93.0, other)
    assert not is_contested("Hòa", BOX, 97.0, other)
    assert not is_contested("Hòa", (400, 100, 500, 130), 93.0, other)
    assert not is_contested("Hòa", BOX, 93.0, [("Hoa", BOX, 40.0)])


def test_a_printed_number_in_doubt_is_not_taken_for_writing() -> None:
    """A citizen's number is one long word: unsure it is shown as doubtful, but never blanked as if by pen."""
    sure = [
        Word(text, (60 + 90 * i, 40, 140 + 90 * i, 70), 96.0, False, 0) for i, text in enumerate(["Số", "căn", "cước"])
    ]
    number = Word("068196013371,", (330, 40, 560, 70), 27.0, True, 0)
    scrawl = Word("Wxlvtqj", (60, 120, 300, 160), 12.0, True, 1)
    page = np.full((400, 800, 3), 255, np.uint8)
    assert pen_written(page, [*sure * 10, number, scrawl]) == [False] * 31 + [True]
