"""QR codes on a page: the code of a citizen's card, the project's separator sheets, others."""

from __future__ import annotations

import re
from dataclasses import dataclass

import cv2
import zxingcpp

from scanning.files import Pixels
from scanning.pixels import grey

SEPARATOR_PREFIX = "OMS:"
# number | old number or nothing | name | birth ddMMyyyy | sex | address | issued ddMMyyyy; newer cards
# append more
_CCCD = re.compile(r"\d{12}\|(\d{9}|\d{12})?\|[^|\d]+\|\d{8}\|[^|]+\|[^|]*\|\d{8}(\|.*)?", re.DOTALL)


@dataclass(frozen=True)
class Code:
    """One QR code: ``kind`` is cccd_qr, separator or other; ``text`` is all it holds."""

    kind: str
    text: str


def read_codes(image: Pixels) -> list[Code]:
    """Return the QR codes of a page image, each text once; an empty list if there are none.

    Only QR is looked for: four times faster than every format, and no false finds in tables and text. A page
    without any is tried once more at twice the size, which saves small codes of coarse scans.
    """
    shades = grey(image)
    texts = _texts(shades)
    if not texts and max(shades.shape) <= 2600:
        texts = _texts(cv2.resize(shades, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))
    return [Code(kind_of(text), text) for text in dict.fromkeys(texts)]


def kind_of(text: str) -> str:
    """Return cccd_qr for a text with the parts of a citizen's card, separator for ``OMS:…``, or other."""
    if text.startswith(SEPARATOR_PREFIX):
        return "separator"
    return "cccd_qr" if _CCCD.fullmatch(text.strip()) else "other"


def _texts(shades: Pixels) -> list[str]:
    found = zxingcpp.read_barcodes(shades, formats=zxingcpp.BarcodeFormat.QRCode)
    return [code.text for code in found if code.text]
