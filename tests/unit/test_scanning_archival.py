"""The two layers of an archival copy lie on each other: also when the page was scanned sideways and aslant."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
import pypdfium2
import pytest
import scanning_paper as paper
from pikepdf import pdfa

from oms.domain.records import HANOI
from scanning.archival import CopyFacts, Written, sheet_of, write_copy
from scanning.files import RasterPage
from scanning.page import PageReading, Word
from scanning.pixels import straightened, turned

FACTS = CopyFacts("Quyết định", "HS-1.1", "Ban Tổ chức", datetime(2026, 11, 2, 8, 0, tzinfo=HANOI))
BOX = (400, 600, 760, 660)


def words_of(path: Path) -> list[tuple[str, tuple[float, float, float, float]]]:
    """The words of page 1 with their boxes in points from the lower left, as an independent reader sees them."""
    document = pypdfium2.PdfDocument(path)
    text = document[0].get_textpage()
    found: list[tuple[str, list[tuple[float, float, float, float]]]] = [("", [])]
    for index in range(text.count_chars()):
        letter = text.get_text_range(index, 1)
        if letter.isspace():
            found.append(("", []))
        else:
            found[-1] = (found[-1][0] + letter, [*found[-1][1], text.get_charbox(index, loose=True)])
    whole = [
        (word, (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)))
        for word, boxes in found
        if boxes
    ]
    text.close()
    document.close()
    return whole


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("skew", [0.0, 3.0, -4.5])
def test_words_stand_where_they_are_printed(tmp_path: Path, rotation: int, skew: float) -> None:
    straight = np.full((1200, 900, 3), 255, np.uint8)
    straight[BOX[1] : BOX[3], BOX[0] : BOX[2]] = (0, 0, 0)
    hung = straightened(straight, -skew)
    scanned = turned(hung, (360 - rotation) % 360)
    read = straightened(turned(scanned, rotation), skew)
    ink = np.argwhere(read[:, :, 0] < 100)
    (y0, x0), (y1, x1) = ink.min(axis=0), ink.max(axis=0)
    word = Word("Tổng", (int(x0), int(y0), int(x1), int(y1)), 95.0, False, 0)
    reading = PageReading(read.shape[1], read.shape[0], rotation, skew, "plain", False, "Tổng", (word,), False, 95.0)
    written = write_copy(tmp_path / "a.pdf", [sheet_of(RasterPage(scanned, 150.0), reading, {})], FACTS)
    assert written == Written(1, 150.0)
    [(text, box)] = words_of(tmp_path / "a.pdf")
    assert text == "Tổng"
    document = pypdfium2.PdfDocument(tmp_path / "a.pdf")
    shown = np.asarray(document[0].render(scale=150 / 72).to_pil().convert("L"))
    document.close()
    dark = np.argwhere(shown < 100) * 72 / 150
    height = shown.shape[0] * 72 / 150
    printed = (dark[:, 1].min(), height - dark[:, 0].max(), dark[:, 1].max(), height - dark[:, 0].min())
    assert box == pytest.approx(printed, abs=6), "within two millimetres on every side"


def test_text_comes_out_as_written_with_corrections(tmp_path: Path) -> None:
    reading = paper.written(paper.DECISION)
    raster = paper.raster(paper.draw(paper.DECISION, 100), 100)
    write_copy(tmp_path / "a.pdf", [sheet_of(raster, reading, {0: "Ủ\u0309Y\u0000\U0001f600", 1: ""})], FACTS)
    words = [word for word, _ in words_of(tmp_path / "a.pdf")]
    assert words[0].startswith("Ủ") and "\U0001f600" not in words[0], "what the layer cannot hold is left out"
    assert sorted(words[1:]) == sorted(word.text for word in reading.words[2:]), "all of them, in NFC"
    assert pdfa.validate_written(tmp_path / "a.pdf", "2b").findings == []


def test_the_same_paper_gives_the_same_bytes(tmp_path: Path) -> None:
    raster = paper.raster(paper.draw(paper.FORM, 100), 100)
    for name in ("a", "b"):
        write_copy(tmp_path / name, [sheet_of(raster, paper.written(paper.FORM), {})], FACTS)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(("size", "dpi"), [((1, 1), 300.0), ((5000, 40), 1.8), ((40, 5000), 20.0)])
def test_strange_pages_stay_within_what_pdf_allows(tmp_path: Path, size: tuple[int, int], dpi: float) -> None:
    raster = RasterPage(np.zeros((size[1], size[0], 3), np.uint8), dpi)
    write_copy(tmp_path / "a.pdf", [sheet_of(raster, None, {})], FACTS)
    assert pdfa.validate_written(tmp_path / "a.pdf", "2b").findings == []


def test_a_copy_without_pages_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one page"):
        write_copy(tmp_path / "a.pdf", [], FACTS)


def test_colours_are_those_of_the_scan(tmp_path: Path) -> None:
    image = np.full((300, 300, 3), 255, np.uint8)
    cv2.circle(image, (150, 150), 90, (30, 20, 200), 12)  # a red seal, blue-green-red
    write_copy(tmp_path / "a.pdf", [sheet_of(RasterPage(image, 100.0), None, {})], FACTS)
    document = pypdfium2.PdfDocument(tmp_path / "a.pdf")
    shown = np.asarray(document[0].render(scale=100 / 72).to_pil().convert("RGB"))
    document.close()
    red, green, blue = (int(value) for value in shown[60, 150])
    assert red > 170 and green < 60 and blue < 70
