"""Pages as age, light, seals and cheap scanners leave them: drawn, damaged, read by the real Tesseract."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from rapidfuzz import fuzz
from scanning_paper import DECISION, FORM, Text, draw, font, raster

import scanning
from scanning import PageReading, RasterPage, engine
from scanning.measure import is_level, likely_dpi
from scanning.pixels import turned
from scanning.variants import VARIANTS, even

pytestmark = pytest.mark.ocr

Pixels = NDArray[np.uint8]
BODY = [line for line in DECISION if line.align == "left"]


def page(dpi: int = 200) -> Pixels:
    return raster(draw(DECISION, dpi), dpi).image


def read(image: Pixels, dpi: int = 200) -> PageReading:
    return scanning.read_page(RasterPage(image, float(dpi)))


def likeness(reading: PageReading) -> float:
    """Return how much of the decision's body the reading holds, 0 to 100."""
    text = reading.text.replace("\n", " ")
    return float(np.mean([fuzz.partial_ratio(line.text, text) for line in BODY]))


def cloud(image: Pixels, seed: int, cells: int) -> NDArray[np.float32]:
    """Return smooth random values 0 to 1 over the page."""
    seeds = np.random.default_rng(seed).random((cells, cells), np.float32)
    size = (image.shape[1], image.shape[0])
    return np.clip(cv2.resize(seeds, size, interpolation=cv2.INTER_CUBIC), 0, 1)[..., None]


def shadowed(image: Pixels) -> Pixels:
    fall = 1 - 0.8 / (1 + np.exp(-6 * np.linspace(-1, 1, image.shape[1])))
    return (image * fall[None, :, None]).astype(np.uint8)


def stained(image: Pixels) -> Pixels:
    brown = 1 - np.clip(cloud(image, 4, 7) - 0.5, 0, 1) * np.array([1.3, 0.9, 0.6], np.float32)
    return (image * brown).astype(np.uint8)


def worn(image: Pixels) -> Pixels:
    """Return the page with uneven, pale ink on yellowed paper."""
    ink = (255 - image.astype(np.float32)) * np.clip(0.75 - 0.6 * cloud(image, 5, 40), 0.15, 1)
    return ((255 - ink) / 255 * np.array([222, 240, 247])).astype(np.uint8)


def stamped(image: Pixels) -> Pixels:
    """Return the page with a red seal over the lines of its body."""
    height, width = image.shape[:2]
    seal = Image.new("L", (width, height))
    pen = ImageDraw.Draw(seal)
    x, y, reach = width // 2, round(0.36 * height), height // 12
    for share in (1.0, 0.9, 0.55):
        pen.ellipse((x - reach * share, y - reach * share, x + reach * share, y + reach * share), outline=255, width=5)
    for place, text in enumerate(("ỦY BAN NHÂN DÂN", "HUYỆN LAM THƯỢNG", "TỈNH HÀ GIANG")):
        pen.text((x, y + (place - 1) * reach / 3), text, font=font(reach // 6, bold=True), fill=255, anchor="mm")
    cover = np.asarray(seal, np.float32)[..., None] / 255 * 0.85
    return (image * (1 - cover) + image * (np.array([60, 45, 205]) / 255) * cover).astype(np.uint8)


def grainy(image: Pixels) -> Pixels:
    grain = np.random.default_rng(6).normal(0, 20, image.shape[:2])[..., None]
    return (image + grain).clip(0, 255).astype(np.uint8)


def punched(image: Pixels) -> Pixels:
    """Return the page with black edges and punched holes, as a lid left open gives them."""
    image = image.copy()
    image[:, :25] = image[:20] = image[-40:] = 15
    for y in (0.3, 0.6):
        cv2.circle(image, (70, round(y * image.shape[0])), 28, (15, 15, 15), -1)
    return image


def everything(image: Pixels) -> Pixels:
    return grainy(shadowed(stamped(stained(image))))


@pytest.mark.parametrize("damage", [shadowed, stained, stamped, grainy, punched])
def test_damaged_pages_are_read_nearly_as_well_as_clean_ones(damage: Callable[[Pixels], Pixels]) -> None:
    reading = read(damage(page()))
    assert likeness(reading) > 95
    assert not reading.missing_text


def test_a_page_with_everything_at_once_is_read_or_flagged() -> None:
    reading = read(everything(page()))
    assert likeness(reading) > 60
    assert likeness(reading) > 95 or reading.missing_text or reading.hard_to_read


def test_worn_ink_is_read_and_its_page_flagged_or_sure() -> None:
    reading = read(worn(page(300)), 300)
    assert likeness(reading) > 88
    assert reading.hard_to_read or likeness(reading) > 97


@pytest.mark.parametrize("claimed", [72, 300, 1200])
def test_a_coarse_scan_that_lies_about_its_resolution_is_read(claimed: int) -> None:
    coarse = raster(draw(DECISION, 100), 100).image
    assert likeness(read(coarse, claimed)) > 93


def test_a_clean_page_costs_one_pass() -> None:
    engine.close_engine()
    reading = read(page())
    assert reading.variant.startswith("even")
    assert engine._holder.engine is not None
    lines = engine._holder.engine.served - 1
    # some doubtful words may be read again by themselves, in images of a line
    assert lines < 8


def test_an_upside_down_page_is_found_by_what_cannot_be_read() -> None:
    upside_down = turned(page(), 180)
    assert is_level(upside_down)
    assert read(upside_down).rotation == 180


def test_lines_across_are_told_from_lines_down() -> None:
    assert is_level(page())
    assert not is_level(turned(page(), 90))
    assert not is_level(turned(page(), 270))


def test_unread_ink_is_said() -> None:
    """An alphabet the model does not know, drawn as letters of no script, is text that may be missing."""
    image = page()
    rng = np.random.default_rng(8)
    for y in range(1250, 2200, 45):
        for x in range(200, 1450, 28):
            points = rng.integers(0, 22, (5, 2)) + np.array([x, y])
            cv2.polylines(image, [points.astype(np.int32)], False, (10, 10, 10), 3)
    reading = read(image)
    assert reading.missing_text or reading.hard_to_read


def test_resolution_is_the_files_word_unless_the_page_would_be_no_page() -> None:
    assert likely_dpi(np.zeros((3508, 2480, 3), np.uint8), 300) == 300
    assert likely_dpi(np.zeros((4961, 3508, 3), np.uint8), 300) == 300
    assert likely_dpi(np.zeros((1170, 827, 3), np.uint8), 300) == pytest.approx(100, abs=1)
    assert likely_dpi(np.zeros((3508, 2480, 3), np.uint8), 72) == pytest.approx(300, abs=1)


def test_light_is_made_even_and_ink_kept() -> None:
    image = page()[:, :, 2]
    dim = shadowed(page())[:, :, 2]
    evened = even(dim, 200)
    written = image < 60
    assert np.median(evened[~written]) == pytest.approx(240, abs=6)
    assert np.median(evened[written]) < 90


@pytest.mark.parametrize("name", sorted(VARIANTS))
@pytest.mark.parametrize("shade", [0, 128, 255])
def test_cleanings_take_any_page(name: str, shade: int) -> None:
    flat = np.full((40, 30), shade, np.uint8)
    assert VARIANTS[name](even(flat, 200), 200).shape == flat.shape


def with_values(colour: tuple[int, int, int], base: tuple[int, int, int] = (20, 20, 20)) -> RasterPage:
    """Return a form printed in one ink, its values filled in with another (red-green-blue)."""
    sheet = draw([])
    pen = ImageDraw.Draw(sheet)
    for place, line in enumerate(FORM[3:15]):
        label, _, value = line.text.partition(":")
        y = 0.1 + 0.045 * place
        start = (0.12 * sheet.width, y * sheet.height)
        face = font(36, bold=False)
        pen.text(start, label + ":", font=face, fill=base)
        after = (start[0] + pen.textlength(label + ": ", font=face), start[1])
        pen.text(after, value, font=face, fill=colour)
    return raster(sheet)


def test_words_in_blue_ink_are_by_pen_and_print_is_not() -> None:
    reading = scanning.read_page(with_values((30, 50, 150)))
    by_pen = {word.text.strip(",.:;()") for word in reading.words if word.handwritten}
    printed = {word.text.strip(",.:;()") for word in reading.words if not word.handwritten}
    assert {"HƯỜNG", "Không", "1973"} <= by_pen
    assert {"sinh", "gọi", "quán"} <= printed
    assert all(word.suspect for word in reading.words if word.handwritten)


@pytest.mark.parametrize("ink", [(20, 20, 20), (40, 50, 140), (90, 90, 90)])
def test_print_of_one_ink_is_print_be_it_a_blue_carbon_copy(ink: tuple[int, int, int]) -> None:
    reading = scanning.read_page(with_values(ink, ink))
    assert sum(word.handwritten for word in reading.words) <= 0.01 * len(reading.words)


def test_scribbles_on_a_printed_page_are_no_data() -> None:
    image = page()
    rng = np.random.default_rng(11)
    for y in (1500, 1600, 1700):
        for x in range(250, 1300, 60):
            points = (rng.normal(0, 14, (9, 2)) + np.array([x, y])).astype(np.int32)
            cv2.polylines(image, [points], False, (15, 15, 15), 3)
    reading = read(image)
    scribbled = [word for word in reading.words if word.box[1] > 1420 and any(map(str.isalpha, word.text))]
    assert all(word.suspect for word in scribbled)
    above = [word for word in reading.words if word.box[3] < 1420]
    assert sum(word.handwritten for word in above) <= 0.01 * len(above)


def test_rules_of_a_table_are_no_letters() -> None:
    rows = [Text(name, 0.1 + 0.03 * i, 0.2) for i, name in enumerate(("Hồ Công Hiếu", "Đỗ Văn Bắc", "Lê Thị Tơ"))]
    sheet = draw(rows)
    pen = ImageDraw.Draw(sheet)
    for x in (0.1, 0.195, 0.5):
        pen.line((x * sheet.width, 220, x * sheet.width, 480), fill="black", width=3)
    for y in (220, 290, 362, 420, 480):
        pen.line((0.1 * sheet.width, y, 0.5 * sheet.width, y), fill="black", width=3)
    reading = scanning.read_page(raster(sheet))
    assert "|" not in reading.text
    assert all(fuzz.partial_ratio(row.text, reading.text) > 85 for row in rows)


def test_what_is_printed_or_stamped_in_red_is_read_too() -> None:
    sheet = draw(DECISION)
    pen = ImageDraw.Draw(sheet)
    pen.text((250, 1520), "TUYỆT MẬT", font=font(50, bold=True), fill=(205, 40, 48))
    text = scanning.read_page(raster(sheet)).text
    assert "TUYỆT MẬT" in text
    assert "Đặng Hữu Khoát" in text
