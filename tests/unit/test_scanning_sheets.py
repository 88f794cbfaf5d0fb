"""Sheets that part a pile, codes small, turned and blurred, duplex order: what nobody may be fooled by."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
import segno
from PIL import Image
from scanning_paper import DECISION, FORM, Text, centred, draw, raster, skewed, written

from scanning import Sheet, group_pages, parse_sheet, read_codes, sheet_of
from scanning.collation import halves, interleaved
from scanning.files import Pixels

SEPARATOR = Sheet("sep", type_code="quyet_dinh")
COVER = Sheet("cover", paper_file="ab" * 16, batch="cd" * 16)
BLANK = written(())


def with_code(text: str, lines: tuple[Text, ...] = (), side_mm: float = 40, dpi: int = 200) -> Image.Image:
    """A page with a QR in three of its corners, as the sheets have them."""
    page, out = draw(lines, dpi), io.BytesIO()
    segno.make(text, error="h", micro=False).save(out, kind="png", scale=6, border=4)
    side = round(side_mm / 25.4 * dpi)
    code = Image.open(out).convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
    page.paste(code, (dpi // 2, dpi // 2))
    page.paste(code, (page.width - side - dpi // 2, dpi // 2))
    page.paste(code, (page.width - side - dpi // 2, page.height - side - dpi // 2))
    return page


def pixels(page: Image.Image) -> Pixels:
    return raster(page).image


@pytest.mark.parametrize("sheet", [SEPARATOR, COVER, Sheet("sep", "to_trinh", batch="ef" * 16), Sheet("sep")])
def test_a_sheet_says_what_was_printed_on_it(sheet: Sheet) -> None:
    assert parse_sheet(sheet.text) == sheet
    (code,) = read_codes(pixels(with_code(sheet.text)))
    assert (code.kind, code.text) == ("separator", sheet.text)


@pytest.mark.parametrize(
    "text",
    [
        "", "OMS:", "OMS:1", "OMS:2;k=sep;t=quyet_dinh;b=", "OMS:1;k=sep;t=Quyết định;b=", "OMS:1;k=cover;f=;b=",
        "OMS:1;k=cover;f=" + "a" * 31 + ";b=", "OMS:1;k=sep;t=a;b=" + "A" * 32, "OMS:1;k=sep;t=a;b=;x=1",
        " OMS:1;k=sep;t=a;b=", "OMS:1;k=sep;t=a;b=\n", "OMS:1;k=sep;t=" + "a" * 5000 + ";b=", "OMS:1;k=drop;t=a;b=",
        "OMS:1;k=sep;t=../../etc;b=", "PATCHT",
    ],
)  # fmt: skip
def test_a_foreign_or_misshapen_code_is_no_sheet(text: str) -> None:
    assert parse_sheet(text) is None


def test_the_box_of_a_code_is_where_it_stands() -> None:
    (code,) = read_codes(pixels(with_code(SEPARATOR.text)))
    x0, y0, x1, y1 = code.box
    assert 100 <= y0 < y1 <= 420
    assert 240 <= x1 - x0 <= 270
    coarse = cv2.resize(pixels(with_code("x" * 20)), None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    (small,) = read_codes(np.asarray(coarse, np.uint8))  # found at twice the size: the box is of the page itself
    assert small.box[3] <= 662


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_turned_sheet_reads(turn: int) -> None:
    turned = with_code(COVER.text).rotate(turn, expand=True)
    assert [code.text for code in read_codes(pixels(turned))] == [COVER.text]


@pytest.mark.parametrize("degrees", [-10, -8, -3, 3, 8, 10])
def test_a_sheet_drawn_in_askew_reads(degrees: float) -> None:
    page = skewed(raster(with_code(COVER.text)), degrees)
    assert [code.text for code in read_codes(page.image)] == [COVER.text]


@pytest.mark.parametrize("harm", ["coarse", "blurred", "noisy", "half covered", "faded"])
def test_a_damaged_sheet_reads(harm: str) -> None:
    image = pixels(with_code(SEPARATOR.text))
    if harm == "coarse":
        image = np.asarray(cv2.resize(image, None, fx=0.35, fy=0.35, interpolation=cv2.INTER_AREA), np.uint8)
    elif harm == "blurred":
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), 2.5), np.uint8)
    elif harm == "noisy":
        grain = np.random.default_rng(3).normal(0, 25, image.shape)
        image = np.clip(image.astype(np.float32) + grain, 0, 255).astype(np.uint8)
    elif harm == "half covered":
        image[: image.shape[0] // 2] = 250
    else:
        image = np.asarray(200 + image // 5, np.uint8)
    assert [code.text for code in read_codes(image)] == [SEPARATOR.text]


def test_a_small_code_of_a_coarse_scan_reads() -> None:
    page = with_code("0" * 12, side_mm=16, dpi=100)
    assert [code.text for code in read_codes(pixels(page))] == ["0" * 12]


def test_a_page_full_of_words_is_no_sheet_whatever_code_it_carries() -> None:
    heading = centred("PHIẾU NGĂN TÀI LIỆU", 0.2)
    assert sheet_of(written((heading, Text("Quyết định", 0.3))), [SEPARATOR.text]) == SEPARATOR
    assert sheet_of(written(DECISION), [SEPARATOR.text]) is None
    assert sheet_of(BLANK, [SEPARATOR.text]) == SEPARATOR  # half covered: the code alone is left
    assert sheet_of(BLANK, ["https://example.org", COVER.text, SEPARATOR.text]) == COVER
    assert sheet_of(BLANK, []) is None


def test_sheets_part_a_pile_and_belong_to_no_document() -> None:
    pile = [BLANK, written(FORM), written(()), BLANK, BLANK, written(FORM[3:]), written(DECISION)]
    sheets = [COVER, None, None, SEPARATOR, None, None, None]
    # the blank page behind the separator is its back; the one behind the form stays with the form
    assert group_pages(pile, sheets) == [[2, 3], [6], [7]]


def test_without_sheets_pages_are_grouped_as_before() -> None:
    pile = [written(FORM), written(FORM[3:]), written(DECISION)]
    assert group_pages(pile) == group_pages(pile, [None] * 3) == [[1, 2], [3]]
    assert group_pages([]) == []
    assert group_pages([BLANK, BLANK], [SEPARATOR, COVER]) == []
    with pytest.raises(ValueError, match="zip"):
        group_pages(pile, [None])


def test_a_duplex_stack_is_put_side_by_side() -> None:
    assert interleaved([1, 2, 3], [6, 5, 4]) == [1, 4, 2, 5, 3, 6]
    assert interleaved([1, 2], [3, 4], backs_reversed=False) == [1, 3, 2, 4]
    assert halves([1, 3, 5, 6, 4, 2]) == [1, 2, 3, 4, 5, 6]
    assert halves([]) == []
    for wrong in (lambda: interleaved([1, 2], [3]), lambda: halves([1, 2, 3])):
        with pytest.raises(ValueError, match="fronts"):
            wrong()
