"""QR codes on a page: the code of a citizen's card, the project's separator sheets, others."""

from __future__ import annotations

import re
from dataclasses import dataclass

import cv2
import zxingcpp

from scanning.files import Pixels
from scanning.page import Box
from scanning.pixels import grey

SEPARATOR_PREFIX = "OMS:"
# pages up to this longest side are looked through again at twice the size; larger ones hold no code that small
_DOUBLED_UP_TO = 2600
# number | old number or nothing | name | birth ddMMyyyy | sex | address | issued ddMMyyyy; newer cards
# append more
_CCCD = re.compile(r"\d{12}\|(\d{9}|\d{12})?\|[^|\d]+\|\d{8}\|[^|]+\|[^|]*\|\d{8}(\|.*)?", re.DOTALL)


@dataclass(frozen=True)
class Code:
    """One QR code: ``kind`` is cccd_qr, separator or other; ``text`` is all it holds.

    ``box`` is the upright rectangle around it (x0, y0, x1, y1) in pixels of the image it was read from.
    """

    kind: str
    text: str
    box: Box = (0, 0, 0, 0)


def read_codes(image: Pixels) -> list[Code]:
    """Return the QR codes of a page image, each text once; an empty list if there are none.

    Only QR is looked for: four times faster than every format, and no false finds in tables and text. A page
    without any is tried once more at twice the size, which saves small codes of coarse scans.
    """
    shades = grey(image)
    found = _found(shades, 1)
    if not found and max(shades.shape) <= _DOUBLED_UP_TO:
        found = _found(cv2.resize(shades, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), 2)
    return list({code.text: code for code in reversed(found)}.values())[::-1]


def kind_of(text: str) -> str:
    """Return cccd_qr for a text with the parts of a citizen's card, separator for ``OMS:…``, or other."""
    if text.startswith(SEPARATOR_PREFIX):
        return "separator"
    return "cccd_qr" if _CCCD.fullmatch(text.strip()) else "other"


def _found(shades: Pixels, factor: int) -> list[Code]:
    """Return the codes of a grey image that was enlarged by ``factor``, boxes in pixels of the page itself."""
    codes = zxingcpp.read_barcodes(shades, formats=zxingcpp.BarcodeFormat.QRCode)
    return [Code(kind_of(code.text), code.text, _box(code.position, factor)) for code in codes if code.text]


def _box(corners: zxingcpp.Position, factor: int) -> Box:
    points = (corners.top_left, corners.top_right, corners.bottom_right, corners.bottom_left)
    across, down = [point.x for point in points], [point.y for point in points]
    low, high = (min(across), min(down)), (max(across), max(down))
    return (low[0] // factor, low[1] // factor, -(-high[0] // factor), -(-high[1] // factor))
