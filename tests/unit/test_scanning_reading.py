"""Reading a page with the real Tesseract: orientation, skew, words, blankness, doubt, codes."""

from __future__ import annotations

import json
import unicodedata

import cv2
import numpy as np
import pytest
import zxingcpp
from PIL import Image, ImageDraw
from rapidfuzz import fuzz
from scanning_paper import DECISION, FORM, Text, draw, raster, skewed

import scanning
from scanning import PageReading, RasterPage
from scanning.codes import kind_of
from scanning.engine import close_engine
from scanning.leaders import without_leaders
from scanning.pixels import is_blank, skew_of, straightened, turned, unread_share
from scanning.suspicion import is_suspect

pytestmark = pytest.mark.ocr

DECISION_TEXT = "\n".join(line.text for line in DECISION)


def likeness(reading: PageReading, *lines: Text) -> float:
    """Return how much of the lines the reading holds, 0 to 100, wherever they stand."""
    return min(fuzz.partial_ratio(line.text, reading.text.replace("\n", " ")) for line in lines)


@pytest.fixture(scope="module")
def decision() -> RasterPage:
    """Return a clean decision as a scanner at 200 dpi delivers it."""
    return raster(draw(DECISION))


@pytest.fixture(scope="module")
def clean(decision: RasterPage) -> PageReading:
    """Return the reading of the clean decision."""
    return scanning.read_page(decision)


def test_a_clean_page_is_read_whole(clean: PageReading, decision: RasterPage) -> None:
    assert (clean.rotation, clean.skew, clean.blank, clean.missing_text, clean.variant) == (
        0,
        0.0,
        False,
        False,
        "even",
    )
    assert (clean.height, clean.width) == decision.image.shape[:2]
    assert likeness(clean, *DECISION) > 90
    assert clean.mean_confidence > 85


def test_text_and_words_say_the_same_in_nfc(clean: PageReading) -> None:
    assert clean.text.split() == [word.text for word in clean.words]
    assert unicodedata.is_normalized("NFC", clean.text)
    assert not set("ÐðƉ") & set(clean.text)


def test_boxes_lie_on_the_ink_of_their_words(clean: PageReading) -> None:
    assert clean.image is not None
    for word in clean.words:
        x0, y0, x1, y1 = word.box
        assert 0 <= x0 < x1 <= clean.width
        assert 0 <= y0 < y1 <= clean.height
        assert clean.image[y0:y1, x0:x1].min() < 128
    lines = [word.line for word in clean.words]
    assert lines == sorted(lines)


def test_a_reading_survives_json(clean: PageReading) -> None:
    restored = PageReading.from_json(json.loads(json.dumps(clean.to_json())))
    assert restored == clean
    assert restored.image is None


@pytest.mark.parametrize("hung", [90, 180, 270])
def test_a_turned_page_is_set_upright(decision: RasterPage, hung: int) -> None:
    reading = scanning.read_page(RasterPage(turned(decision.image, hung), decision.dpi))
    assert (reading.rotation + hung) % 360 == 0
    assert (reading.height, reading.width) == decision.image.shape[:2]
    assert likeness(reading, *DECISION) > 85


@pytest.mark.parametrize("degrees", [-6.0, 2.5])
def test_a_skewed_page_is_straightened(decision: RasterPage, degrees: float) -> None:
    reading = scanning.read_page(skewed(decision, degrees))
    assert reading.skew == pytest.approx(degrees, abs=0.3)
    assert likeness(reading, *DECISION) > 85


def test_a_straight_page_is_left_as_it_is(decision: RasterPage) -> None:
    assert skew_of(decision.image) == 0.0
    assert straightened(decision.image, 0.0) is decision.image


def test_a_coarse_scan_is_read_with_boxes_in_its_own_pixels() -> None:
    page = raster(draw(FORM, dpi=100), dpi=100)
    reading = scanning.read_page(page)
    assert (reading.height, reading.width) == page.image.shape[:2]
    assert likeness(reading, *FORM[2:6]) > 85
    assert all(word.box[2] <= reading.width and word.box[3] <= reading.height for word in reading.words)


def blank_sheet() -> Image.Image:
    """Return an empty page with what scanners add: dark edges, dust, slightly uneven grey."""
    noise = np.random.default_rng(3).normal(243, 3, (2339, 1654)).clip(0, 255).astype(np.uint8)
    page = Image.fromarray(noise).convert("RGB")
    pen = ImageDraw.Draw(page)
    pen.rectangle((0, 0, 30, 2339), fill="black")
    for x, y in ((300, 400), (900, 1500), (1200, 700)):
        pen.ellipse((x, y, x + 3, y + 3), fill="black")
    return page


def test_an_empty_sheet_is_blank_and_costs_no_ocr(monkeypatch: pytest.MonkeyPatch) -> None:
    close_engine()
    monkeypatch.setenv("PATH", "")
    reading = scanning.read_page(raster(blank_sheet()))
    assert reading.blank
    assert (reading.text, reading.words, reading.missing_text) == ("", (), False)


@pytest.mark.parametrize("text", ["Lê Thị Bích Huệ", "Đã kiểm tra ngày 5/8"])
def test_a_sheet_with_a_single_line_is_not_blank(text: str) -> None:
    page = blank_sheet()
    note = draw([Text(text, 0.7, 0.5)])
    page.paste(note, mask=note.convert("L").point(lambda value: 255 - value))
    assert not is_blank(raster(page).image)


def test_a_signature_alone_is_not_blank() -> None:
    page = blank_sheet()
    ImageDraw.Draw(page).line(
        [(800, 1500), (860, 1420), (900, 1530), (960, 1400), (1100, 1500)], fill=(30, 30, 90), width=4
    )
    assert not is_blank(raster(page).image)


def test_unread_text_is_noticed_and_shine_through_is_not(decision: RasterPage, clean: PageReading) -> None:
    boxes = [word.box for word in clean.words]
    assert unread_share(decision.image, boxes)[0] < 0.05
    upper = [box for box in boxes if box[1] < 0.35 * clean.height]
    share, marks = unread_share(decision.image, upper)
    assert share > 0.25
    assert marks > 100
    back = 255 - (255 - np.asarray(cv2.flip(decision.image, 1), np.int16)) // 5
    seen_through = np.minimum(decision.image, back.astype(np.uint8))
    assert unread_share(seen_through, boxes)[0] < 0.1


@pytest.mark.parametrize(
    ("text", "confidence", "suspect"),
    [
        ("Nguyễn", 96.0, False),
        ("Nguyễn", 80.0, True),
        ("Ngưyểnn", 96.0, True),
        ("HƯỜNG,", 95.0, False),
        ("UBND", 95.0, False),
        ("QĐ-UBND", 95.0, False),
        ("417/QĐ-UBND", 95.0, False),
        ("18/02/1968", 85.0, True),
        ("18/02/1968,", 95.0, False),
        ("........", 12.0, False),
        ("(xã,", 95.0, False),
    ],
)
def test_doubt_falls_on_unsure_words_and_on_no_syllables(text: str, confidence: float, suspect: bool) -> None:
    assert is_suspect(text, confidence) is suspect


CARD = "002173004455|012345678|Đỗ Thị Thuý Hường|05081973|Nữ|Xã Bình Sơn, Huyện Lam Hạ, Hà Giang|11042021"


def with_code(decision: RasterPage, text: str, scale: int) -> RasterPage:
    """Return the decision with a QR code printed in its lower left."""
    code = np.array(zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode).to_image(scale=scale))
    image = decision.image.copy()
    image[1500 : 1500 + code.shape[0], 200 : 200 + code.shape[1]] = code[:, :, None]
    return RasterPage(image, decision.dpi)


@pytest.mark.parametrize(("text", "kind"), [(CARD, "cccd_qr"), ("OMS:tach:1", "separator"), ("tin khác", "other")])
def test_codes_are_read_and_told_apart(decision: RasterPage, text: str, kind: str) -> None:
    page = with_code(decision, text, 4)
    for hung in (0, 90):
        assert [(code.kind, code.text) for code in scanning.read_codes(turned(page.image, hung))] == [(kind, text)]


def test_a_page_of_text_holds_no_code(decision: RasterPage) -> None:
    assert scanning.read_codes(decision.image) == []


def test_newer_and_older_cards_are_known() -> None:
    parts = CARD.split("|")
    assert kind_of("|".join([parts[0], "", *parts[2:]])) == "cccd_qr"
    assert kind_of(CARD + "|Đỗ Văn Bắc|Lê Thị Tơ") == "cccd_qr"
    assert kind_of("002173004455|thẻ giữ xe") == "other"


LEADERS = tuple(
    Text(f"{number}) {label}: {value} {' .' * 40}", 0.1 + 0.04 * number)
    for number, (label, value) in enumerate(
        [("Tên gọi khác", "Ba Hường"), ("Dân tộc", "Tày"), ("Mã ngạch", "01.003"), ("Ngày nhập ngũ", "10.4.1976")]
    )
)


@pytest.mark.parametrize("dpi", [200, 300])
def test_dotted_lines_are_taken_out_and_the_marks_of_letters_are_not(dpi: int) -> None:
    page = draw(LEADERS, dpi)
    bare = draw([Text(line.text.rstrip(" ."), line.y) for line in LEADERS], dpi)
    cleaned = without_leaders(raster(page, dpi).image, dpi)
    wanted = np.asarray(bare.convert("L"))
    assert (cleaned < 128).sum() == pytest.approx((wanted < 128).sum(), rel=0.01)
    assert (np.abs(cleaned.astype(int) - wanted) > 100).mean() < 0.0005


def test_a_form_with_dotted_lines_is_read_without_them() -> None:
    speckled = raster(draw(LEADERS)).image.astype(int) + np.random.default_rng(5).normal(0, 12, (2338, 1654, 3))
    reading = scanning.read_page(skewed(RasterPage(speckled.clip(0, 255).astype(np.uint8), 200.0), 2.0))
    for line in LEADERS:
        assert fuzz.partial_ratio(line.text.rstrip(" ."), reading.text) > 90
    assert "...." not in reading.text


@pytest.mark.parametrize("hung", [0, 90, 180, 270])
def test_a_persons_turn_is_obeyed(decision: RasterPage, hung: int) -> None:
    reading = scanning.read_page(RasterPage(turned(decision.image, hung), decision.dpi), rotation=(360 - hung) % 360)
    assert reading.rotation == (360 - hung) % 360
    assert likeness(reading, *DECISION) > 85


def test_only_quarter_turns_are_taken(decision: RasterPage) -> None:
    with pytest.raises(ValueError, match="45"):
        scanning.read_page(decision, rotation=45)


def test_older_readings_without_the_mark_of_the_pen_still_open(clean: PageReading) -> None:
    data = clean.to_json()
    for word in data["words"]:
        del word["handwritten"]
    assert PageReading.from_json(data) == clean
