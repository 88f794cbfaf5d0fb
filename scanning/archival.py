"""The archival copy: PDF/A-2b of two layers, the page as scanned and the text read on it, written by ourselves.

Nothing of the original's own structure comes over: pages are made from pixels. Sizes in the PDF are points (1/72
inch); a page is as large as its paper (100 %). Standards: ISO 19005-2:2011 level B; TT 05/2025/TT-BNV art. 8
(two layers, 24-bit colour, at least 200 dpi, scale 100 %).
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import pikepdf
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from PIL import ImageCms

from scanning.files import Pixels, RasterPage
from scanning.page import PageReading
from scanning.pixels import turned
from vietnamese.text import nfc

LOWEST_DPI = 200
JPEG_QUALITY = 85
POINTS = 72.0
# ISO 32000-1 annex C: sides of a page from 3 to 14,400 units
_SMALLEST, _LARGEST = 3.0, 14_400.0
# every letter of the text layer is half as wide as it is high; the words are stretched to their boxes
_WIDTH = 500
_UNITS = 1000
_FONT = "OMSText"


@dataclass(frozen=True)
class LaidWord:
    """A word of the text layer: its lower left corner and its width in pixels of the sheet."""

    text: str
    x: float
    y: float
    width: float


@dataclass(frozen=True)
class LaidLine:
    """A line of words on one baseline: height of its letters in pixels, degrees it hangs clockwise."""

    words: tuple[LaidWord, ...]
    height: float
    angle: float


@dataclass(frozen=True)
class Sheet:
    """One page of a copy: upright by quarter turns, else as scanned; ``dpi`` dots per inch."""

    image: Pixels
    dpi: float
    lines: tuple[LaidLine, ...]


@dataclass(frozen=True)
class CopyFacts:
    """What the copy says of itself. No name of a person belongs here: metadata is read without opening the file."""

    title: str
    identifier: str
    publisher: str
    made_at: datetime
    mark: str = ""
    """The paper's secrecy in words; empty for what has none."""


@dataclass(frozen=True)
class Written:
    """What was written: number of pages, and the lowest resolution among them in dots per inch."""

    pages: int
    lowest_dpi: float


def sheet_of(raster: RasterPage, reading: PageReading | None, texts: Mapping[int, str]) -> Sheet:
    """Return a page with its words laid where they stand on the paper.

    ``texts`` are corrected words by their place in the reading. The reading's boxes lie on the straightened page;
    here the page keeps its slant and the words follow it. Without a reading the page has no text.
    """
    image = turned(raster.image, reading.rotation if reading else 0)
    if reading is None or not reading.width:
        return Sheet(image, raster.dpi, ())
    words = [(number, word) for number, word in enumerate(reading.words) if _printable(texts.get(number, word.text))]
    place = _Slant(image.shape[1], image.shape[0], reading)
    lines = []
    for _, group in groupby(words, key=lambda item: item[1].line):
        line = list(group)
        bottom = median(word.box[3] for _, word in line)
        height = median(word.box[3] - word.box[1] for _, word in line)
        laid = [
            LaidWord(_printable(texts.get(number, word.text)), *place.of(word.box[0], bottom), place.scale * wide)
            for number, word in line
            if (wide := word.box[2] - word.box[0]) > 0
        ]
        if laid and height > 0:
            lines.append(LaidLine(tuple(laid), place.scale * height, reading.skew))
    return Sheet(image, raster.dpi, tuple(lines))


def _printable(text: str) -> str:
    """Return the text as the layer can hold it: NFC, no control characters, first plane of Unicode."""
    return "".join(letter for letter in nfc(text) if " " < letter < "\ud800" or "\ue000" <= letter < "\ufffe")


class _Slant:
    """From the straightened page of a reading back to the page as it was scanned."""

    def __init__(self, width: int, height: int, reading: PageReading) -> None:
        angle = math.radians(reading.skew)
        self._cosine, self._sine = math.cos(angle), math.sin(angle)
        straight = height * abs(self._sine) + width * abs(self._cosine)
        self.scale = straight / reading.width
        self._middle = (width / 2, height / 2)
        self._from = (reading.width / 2, reading.height / 2)

    def of(self, x: float, y: float) -> tuple[float, float]:
        """Return a point of the straightened page as a point of the sheet."""
        across, down = (x - self._from[0]) * self.scale, (y - self._from[1]) * self.scale
        return (
            self._middle[0] + across * self._cosine - down * self._sine,
            self._middle[1] + across * self._sine + down * self._cosine,
        )


def write_copy(path: Path, sheets: Iterable[Sheet], facts: CopyFacts) -> Written:
    """Write the PDF/A file; the sheets are taken one at a time. ValueError if there are none."""
    document = pikepdf.new()
    font, letters = document.make_indirect(pikepdf.Dictionary()), set[str]()
    count, lowest = 0, math.inf
    for sheet in sheets:
        _add_page(document, sheet, font)
        letters.update(letter for line in sheet.lines for word in line.words for letter in word.text)
        count, lowest = count + 1, min(lowest, sheet.dpi)
    if not count:
        raise ValueError("a copy has at least one page")
    _fill_font(document, font, letters)
    _declare(document, facts)
    document.save(
        path,
        deterministic_id=True,
        min_version="1.7",
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
    )
    return Written(count, lowest)


def _add_page(document: pikepdf.Pdf, sheet: Sheet, font: Any) -> None:
    """Add one page: the image over the whole of it, the text invisible above."""
    height, width = sheet.image.shape[:2]
    unit = POINTS / max(sheet.dpi, max(height, width) * POINTS / _LARGEST)
    across, up = max(width * unit, _SMALLEST), max(height * unit, _SMALLEST)
    image = pikepdf.Stream(
        document,
        _jpeg(sheet.image),
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=width,
        Height=height,
        ColorSpace=pikepdf.Name.DeviceRGB,
        BitsPerComponent=8,
        Filter=pikepdf.Name.DCTDecode,
    )
    drawing = f"q {across:.3f} 0 0 {up:.3f} 0 0 cm /Scan Do Q\n" + _text(sheet.lines, unit, up)
    page = pikepdf.Dictionary(
        Type=pikepdf.Name.Page,
        MediaBox=pikepdf.Array([0, 0, round(across, 3), round(up, 3)]),
        Resources=pikepdf.Dictionary(
            XObject=pikepdf.Dictionary(Scan=document.make_indirect(image)), Font=pikepdf.Dictionary(Text=font)
        ),
        Contents=document.make_stream(drawing.encode("ascii")),
    )
    document.pages.append(pikepdf.Page(document.make_indirect(page)))


def _jpeg(image: Pixels) -> bytes:
    """Return the image (blue-green-red) as a JPEG of 24-bit colour, colours as finely sampled as light."""
    options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, 0x111111]
    done, data = cv2.imencode(".jpg", image, options)
    if not done:
        raise ValueError("page image could not be encoded")
    return bytes(data.tobytes())


def _text(lines: Sequence[LaidLine], unit: float, up: float) -> str:
    """Return the operators of the text layer: rendering mode 3, each word stretched to its width on paper."""
    if not lines:
        return ""
    out = ["BT 3 Tr"]
    for line in lines:
        size = max(line.height * unit, 1.0)
        slant = math.radians(line.angle)
        cosine, sine = math.cos(slant), math.sin(slant)
        out.append(f"/Text {size:.2f} Tf")
        for word in line.words:
            stretch = 100 * word.width * unit / (len(word.text) * size * _WIDTH / _UNITS)
            out.append(
                f"{min(stretch, 9999):.2f} Tz {cosine:.5f} {-sine:.5f} {sine:.5f} {cosine:.5f} "
                f"{word.x * unit:.2f} {up - word.y * unit:.2f} Tm <{_codes(word.text + ' ')}> Tj"
            )
    return "\n".join([*out, "ET"])


def _codes(text: str) -> str:
    return text.encode("utf-16-be").hex()


@cache
def _empty_letters() -> bytes:
    """Return a TrueType font of one empty letter: it takes room and shows nothing."""
    builder = FontBuilder(_UNITS, isTTF=True)
    builder.setupGlyphOrder([".notdef", "blank"])
    builder.setupCharacterMap({0x20: "blank"})
    empty = TTGlyphPen(None).glyph()
    builder.setupGlyf({".notdef": empty, "blank": empty})
    builder.setupHorizontalMetrics({".notdef": (_WIDTH, 0), "blank": (_WIDTH, 0)})
    builder.setupHorizontalHeader(ascent=_UNITS, descent=0)
    builder.setupNameTable({"familyName": _FONT, "styleName": "Regular", "psName": _FONT})
    builder.setupOS2(sTypoAscender=_UNITS, usWinAscent=_UNITS)
    builder.setupPost()
    builder.font["head"].created = builder.font["head"].modified = 3_600_000_000
    builder.font.recalcTimestamp = False
    out = io.BytesIO()
    builder.font.save(out)
    return out.getvalue()


def _fill_font(document: pikepdf.Pdf, font: Any, letters: set[str]) -> None:
    """Make the font of the text layer: codes are UTF-16, all shown by the one empty letter, told by ToUnicode."""
    program = _empty_letters()
    descriptor = pikepdf.Dictionary(
        Type=pikepdf.Name.FontDescriptor,
        FontName=pikepdf.Name("/" + _FONT),
        Flags=4,
        FontBBox=pikepdf.Array([0, 0, _WIDTH, _UNITS]),
        ItalicAngle=0,
        Ascent=_UNITS,
        Descent=0,
        CapHeight=_UNITS,
        StemV=80,
        FontFile2=document.make_stream(program, Length1=len(program)),
    )
    below = pikepdf.Dictionary(
        Type=pikepdf.Name.Font,
        Subtype=pikepdf.Name.CIDFontType2,
        BaseFont=pikepdf.Name("/" + _FONT),
        CIDSystemInfo=pikepdf.Dictionary(Registry="Adobe", Ordering="Identity", Supplement=0),
        FontDescriptor=document.make_indirect(descriptor),
        DW=_WIDTH,
        CIDToGIDMap=document.make_stream(b"\0\1" * 65_536),
    )
    made = pikepdf.Dictionary(
        Type=pikepdf.Name.Font,
        Subtype=pikepdf.Name.Type0,
        BaseFont=pikepdf.Name("/" + _FONT),
        Encoding=pikepdf.Name("/Identity-H"),
        DescendantFonts=pikepdf.Array([document.make_indirect(below)]),
        ToUnicode=document.make_stream(_to_unicode(letters | {" "})),
    )
    for key, value in made.items():
        font[key] = value


def _to_unicode(letters: set[str]) -> bytes:
    """Return the CMap that gives each code back as its letter (ISO 32000-1, 9.10.3)."""
    rows = [f"<{_codes(letter)}> <{_codes(letter)}>" for letter in sorted(letters)]
    blocks = [rows[first : first + 100] for first in range(0, len(rows), 100)]
    maps = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n"
        f"{maps}\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    ).encode("ascii")


@cache
def _srgb() -> bytes:
    """Return the ICC profile of sRGB, the same bytes each time."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # bytes 24 to 35 of the header are the time of its making (ICC.1, 7.2.8); the identity that would cover it is left 0
    profile[24:36] = bytes((7, 220, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0))
    profile[84:100] = bytes(16)
    return bytes(profile)


def _declare(document: pikepdf.Pdf, facts: CopyFacts) -> None:
    """Add what makes the file PDF/A: the colour profile, the metadata, the language."""
    profile = document.make_stream(_srgb(), N=3)
    document.Root.OutputIntents = pikepdf.Array(
        [
            pikepdf.Dictionary(
                Type=pikepdf.Name.OutputIntent,
                S=pikepdf.Name("/GTS_PDFA1"),
                OutputConditionIdentifier="sRGB IEC61966-2.1",
                Info="sRGB IEC61966-2.1",
                DestOutputProfile=profile,
            )
        ]
    )
    document.Root.Lang = "vi"
    document.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
    written = facts.made_at.strftime("%Y-%m-%dT%H:%M:%S%z")
    at = written[:-2] + ":" + written[-2:]
    with document.open_metadata(set_pikepdf_as_editor=False, update_docinfo=True) as meta:
        meta["pdfaid:part"] = "2"
        meta["pdfaid:conformance"] = "B"
        meta["dc:title"] = facts.title
        meta["dc:identifier"] = facts.identifier
        meta["dc:publisher"] = [facts.publisher]
        meta["dc:language"] = ["vi"]
        if facts.mark:
            meta["dc:rights"] = facts.mark
        meta["xmp:CreatorTool"] = "OMS"
        meta["xmp:CreateDate"] = at
        meta["xmp:ModifyDate"] = at
        meta["pdf:Producer"] = "OMS"
