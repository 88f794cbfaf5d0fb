"""The same sheet scanned twice is known; two papers on one form, two blank pages, a page signed later are not it."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw
from scanning_paper import DECISION, FORM, Text, draw, raster, skewed, written

from scanning.files import Pixels
from scanning.fingerprint import fingerprint, may_be_same, same_sheet, words_differ
from scanning.pixels import skew_of, straightened

OTHER_PERSON = tuple(
    replace(
        line,
        text=line.text.replace("ĐỖ THỊ THUÝ HƯỜNG", "LÒ VĂN PÁNH").replace(
            "05 tháng 8 năm 1973", "11 tháng 2 năm 1968"
        ),
    )
    for line in FORM
)
OTHER_DATE = tuple(replace(line, text=line.text.replace("18/02/1968", "23/11/1974")) for line in DECISION)


def again(page: Image.Image, harm: str) -> Pixels:
    """The page as it comes from a second scan, made upright as the reader does."""
    shape = raster(page)
    if harm == "skew":
        shape = skewed(shape, 1.7)
    image = shape.image.astype(np.float32)
    if harm == "dark":
        image = image * 0.75
    elif harm == "noise":
        image = image + np.random.default_rng(5).normal(0, 14, image.shape)
    image8 = np.clip(image, 0, 255).astype(np.uint8)
    if harm == "coarse":
        image8 = np.asarray(cv2.resize(image8, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA), np.uint8)
    out = BytesIO()
    Image.fromarray(image8[:, :, ::-1]).save(out, "JPEG", quality=45 if harm == "jpeg" else 80)
    pixels = np.asarray(cv2.imdecode(np.frombuffer(out.getvalue(), np.uint8), cv2.IMREAD_COLOR), np.uint8)
    return straightened(pixels, skew_of(pixels))


def written_by_hand(page: Image.Image, seed: int) -> Image.Image:
    """Strokes of a pen at the places that a form leaves open."""
    made, rng = page.copy(), np.random.default_rng(seed)
    pen = ImageDraw.Draw(made)
    for row in range(8):
        y = page.height * (0.55 + row * 0.04)
        points = [(page.width * 0.15 + step * 14, y + float(rng.normal(0, 9))) for step in range(60)]
        pen.line(points, fill=(30, 40, 120), width=4)
    return made


@pytest.mark.parametrize("harm", ["jpeg", "skew", "dark", "noise", "coarse"])
@pytest.mark.parametrize("lines", [FORM, DECISION], ids=["form", "decision"])
def test_a_sheet_scanned_twice_is_known(lines: tuple[Text, ...], harm: str) -> None:
    first, second = raster(draw(lines)).image, again(draw(lines), harm)
    assert may_be_same(fingerprint(first), [fingerprint(second)])
    assert same_sheet(first, second)


def test_two_persons_on_one_form_are_two_papers() -> None:
    first, second = raster(draw(FORM)).image, again(draw(OTHER_PERSON), "jpeg")
    assert may_be_same(fingerprint(first), [fingerprint(second)])  # the layout alone cannot tell
    assert words_differ(written(FORM), written(OTHER_PERSON))
    assert not same_sheet(first, second)


def test_one_date_makes_another_paper_when_it_is_read_surely() -> None:
    assert words_differ(written(DECISION), written(OTHER_DATE))
    assert not words_differ(written(DECISION), written(DECISION, confidence=60))
    assert not words_differ(written(DECISION), written(DECISION))


def test_words_misread_do_not_make_another_paper() -> None:
    misread = tuple(replace(line, text=line.text.replace("nhiệm", "nhiêm").replace("Huệ", "Huê")) for line in DECISION)
    assert not words_differ(written(DECISION), written(misread))


def test_a_form_filled_in_by_two_hands_is_two_papers() -> None:
    form = draw(FORM)
    first, second = raster(written_by_hand(form, 1)).image, again(written_by_hand(form, 2), "noise")
    assert not same_sheet(first, second)
    assert same_sheet(first, again(written_by_hand(form, 1), "noise"))


def test_a_page_before_and_after_it_was_filled_in_is_not_the_same() -> None:
    assert not same_sheet(raster(draw(FORM)).image, raster(written_by_hand(draw(FORM), 1)).image)


def test_blank_pages_are_nobodys_repetition() -> None:
    blank = raster(draw(())).image
    assert not same_sheet(blank, again(draw(()), "noise"))
    assert not same_sheet(blank, raster(draw(FORM)).image)


def test_pages_without_a_fingerprint_are_like_nothing() -> None:
    own = fingerprint(raster(draw(FORM)).image)
    assert len(own) == 64
    assert may_be_same("", [own]) == []
    assert may_be_same(own, ["", "x", own[:63]]) == []
    assert may_be_same(own, []) == []
    found = may_be_same(own, [fingerprint(raster(draw(DECISION)).image), own])
    assert found[0] == (1, 0.0)
