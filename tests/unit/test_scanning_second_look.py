"""A second look at doubtful values, with real Tesseract on drawn pages. All persons invented."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scanning_paper import FORM, draw, raster, written

import scanning
from scanning import Field, PageReading, Word

pytestmark = pytest.mark.ocr
DPI = 200


@pytest.fixture(scope="module")
def page() -> PageReading:
    return scanning.read_page(raster(draw(FORM, DPI), DPI))


def misread(page: PageReading, change: Callable[[Word], Word]) -> dict[str, Field]:
    """The values of the page as if some of its words had been read otherwise, its image still there."""
    other = replace(page, words=tuple(change(word) for word in page.words), looks=())
    return scanning.extract_fields([other], scanning.classify([other]))


def test_a_value_read_alike_twice_is_no_longer_doubted(page: PageReading) -> None:
    unsure = misread(page, lambda word: replace(word, confidence=62.0, suspect=True))
    assert unsure["full_name"].value == "Đỗ Thị Thuý Hường"
    keys = ("full_name", "birth_date", "birth_place", "citizen_id", "salary_coefficient", "party_joined_on")
    assert [key for key in keys if unsure[key].doubtful] == []


def test_a_value_read_otherwise_the_second_time_names_both(page: PageReading) -> None:
    fields = misread(page, lambda word: replace(word, text="HƯƠNG", confidence=60.0) if word.text == "HƯỜNG" else word)
    assert fields["full_name"].value == "Đỗ Thị Thuý Hường"
    assert fields["full_name"].doubts == ("hai lần đọc khác nhau: Đỗ Thị Thuý Hương",)


def test_what_could_not_be_read_as_a_date_is_read_when_looked_at_again(page: PageReading) -> None:
    fields = misread(page, lambda w: replace(w, text="0G/I2/20l", confidence=30.0) if "01/12/2015" in w.text else w)
    assert fields["salary_from"].value == "2015-12-01"
    assert fields["salary_from"].doubtful


def test_looks_are_kept_with_the_reading_so_the_image_is_not_needed_later(page: PageReading) -> None:
    unsure = replace(page, words=tuple(replace(word, confidence=62.0) for word in page.words))
    looked = scanning.second_look(unsure)
    kept = PageReading.from_json(looked.to_json())
    assert kept.looks and kept.image is None
    again = scanning.extract_fields([kept], scanning.classify([kept]))
    assert again == scanning.extract_fields([looked], scanning.classify([looked]))
    assert not again["citizen_id"].doubtful


def test_nothing_is_looked_at_where_all_is_sure_or_written_by_pen(page: PageReading) -> None:
    sure = replace(page, words=tuple(replace(word, confidence=99.0, suspect=False) for word in page.words))
    pen = replace(page, words=tuple(replace(word, handwritten=True) for word in page.words))
    assert scanning.second_look(pen).looks == ()
    doubts = [field.doubts for field in scanning.extract_fields([sure], scanning.classify([sure])).values()]
    assert not any("hai lần" in doubt for reasons in doubts for doubt in reasons)


def test_a_page_without_its_image_keeps_its_doubts() -> None:
    page = written(FORM, confidence=62.0)
    assert scanning.second_look(page) is page
    fields = scanning.extract_fields([page], scanning.classify([page]))
    assert fields["full_name"].doubts == ("chữ đọc không rõ", "trang khó đọc")


def test_a_torn_image_gives_no_false_agreement(page: PageReading) -> None:
    assert page.image is not None
    white = replace(
        page, image=np.full_like(page.image, 255), words=tuple(replace(w, confidence=60.0) for w in page.words)
    )
    fields = scanning.extract_fields([white], scanning.classify([white]))
    assert fields["full_name"].value == "Đỗ Thị Thuý Hường"
    assert fields["full_name"].doubtful and fields["citizen_id"].doubtful
