"""Tinos, the face the demonstration's paper is set in, found on this machine.

Debian 12's Liberation Serif lacks part of the Vietnamese letters (it would print boxes), so the face is
required, not substituted; a machine without it is told which Debian package to install.
"""

from __future__ import annotations

import subprocess
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

Font = ImageFont.FreeTypeFont
VIETNAMESE = "ăâđêôơưĂÂĐÊÔƠƯ" + "".join(
    chr(point) for point in (*range(0x1EA0, 0x1EFA), 0xE0, 0xE1, 0xE3, 0xEC, 0xED, 0x129, 0xF2, 0xFD, 0x169)
)
"""Letters a page cannot do without: the bases and every toned vowel of the Vietnamese block."""


class FontMissingError(RuntimeError):
    """Tinos with Vietnamese letters is not on this machine; the message says what to install."""


def _query(style: str) -> Path:
    """The file fontconfig gives for Tinos in that style; FontMissingError when it gives another family."""
    try:
        found = subprocess.run(
            ["fc-match", "--format", "%{family}\t%{file}", f"Tinos:style={style}"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise FontMissingError("fc-match is needed: apt install fontconfig fonts-croscore") from error
    family, _, file = found.partition("\t")
    if "Tinos" not in family:
        raise FontMissingError(f"Tinos ({style}) is not installed: apt install fonts-croscore")
    return Path(file)


@lru_cache(maxsize=4)
def font_file(bold: bool = False, italic: bool = False) -> Path:
    """The path of one cut of Tinos, checked to hold every Vietnamese letter.

    Raises FontMissingError, naming Debian's fonts-croscore, when the face or its letters are missing.
    """
    style = {(False, False): "Regular", (True, False): "Bold", (False, True): "Italic"}.get(
        (bold, italic), "Bold Italic"
    )
    path = _query(style)
    lacking = missing_glyphs(path)
    if lacking:
        raise FontMissingError(f"{path.name} lacks {lacking}: apt install fonts-croscore")
    return path


def missing_glyphs(path: Path, letters: str = VIETNAMESE) -> str:
    """Those of `letters` the font file draws as its "no such glyph" box; empty when it has them all."""
    face = ImageFont.truetype(path, 40, layout_engine=ImageFont.Layout.BASIC)
    box = bytes(face.getmask("\U0010fffd"))
    return "".join(letter for letter in letters if bytes(face.getmask(letter)) == box)


@lru_cache(maxsize=256)
def font(pixels: int, bold: bool = False, italic: bool = False) -> Font:
    """Tinos at a height in pixels. Basic layout: precomposed letters need no shaping, and it never varies."""
    return ImageFont.truetype(font_file(bold, italic), pixels, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=8192)
def width_of(text: str, face: Font) -> float:
    """How far `text` advances, in pixels; kept, because office paper repeats its words."""
    return face.getlength(text)


@lru_cache(maxsize=8192)
def stencil(text: str, face: Font) -> tuple[Image.Image, int, int]:
    """A mask of `text` to press ink through, and where in it the pen starts: from the left, and the baseline.

    Kept like `width_of`: drawing a word anew costs ten times pressing it again.
    """
    ascent, descent = face.getmetrics()
    overhang = ascent // 3
    mask = Image.new("L", (round(width_of(text, face)) + 2 * overhang, ascent + descent + overhang), 0)
    baseline = ascent + overhang // 2
    ImageDraw.Draw(mask).text((overhang, baseline), text, font=face, fill=255, anchor="ls")
    return mask, overhang, baseline
