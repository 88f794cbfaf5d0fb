"""Separator and cover sheets: what the QR on them says, and which pages of a pile are such sheets.

The text is ``OMS:1;k=sep;t=<document type>;b=<batch>`` or ``OMS:1;k=cover;f=<paper file>;b=<batch>``: ids only,
no name of a person. Whoever reads a sheet must ask whether the batch and paper file it names are its own:
anybody can print a QR.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from scanning.page import PageReading
from vietnamese.text import fold

SEPARATOR, COVER = "sep", "cover"
_TEXT = re.compile(
    r"OMS:1;k=(?:(?P<sep>sep);t=(?P<type>[a-z][a-z0-9_]{0,39})?|(?P<cover>cover);f=(?P<file>[0-9a-f]{32}));"
    r"b=(?P<batch>[0-9a-f]{32})?"
)
# a sheet prints about forty words, with the longest names of batch and file 140; where its heading cannot be read
# (half of it covered), a page with more words than this carries the code on or beside something else
MOST_WORDS, MOST_WORDS_HEADED = 60, 160
_HEADING = re.compile(r"phieu\s+(ngan\s+tai\s+lieu|bia\s+tap\s+giay)")


@dataclass(frozen=True)
class Sheet:
    """What a sheet says: ``kind`` is sep or cover; ids that are not given are empty."""

    kind: Literal["sep", "cover"]
    type_code: str = ""
    paper_file: str = ""
    batch: str = ""

    @property
    def text(self) -> str:
        """The text of its QR code."""
        if self.kind == SEPARATOR:
            return f"OMS:1;k=sep;t={self.type_code};b={self.batch}"
        return f"OMS:1;k=cover;f={self.paper_file};b={self.batch}"


def parse_sheet(text: str) -> Sheet | None:
    """Return what the text of a code says, or None if it is none of ours (foreign, misshapen, another version)."""
    found = _TEXT.fullmatch(text)
    if found is None:
        return None
    if found["cover"]:
        return Sheet("cover", paper_file=found["file"], batch=found["batch"] or "")
    return Sheet("sep", type_code=found["type"] or "", batch=found["batch"] or "")


def sheet_of(reading: PageReading, codes: Iterable[str]) -> Sheet | None:
    """Return the sheet a page is, from the texts of its codes; None for a page of a document.

    A page full of words that carries such a code (a sheet that stuck to it, a code printed on it by somebody) is a
    page all the same: nothing with text on it is taken out of a pile by its code alone.
    """
    found = [sheet for text in codes if (sheet := parse_sheet(text)) is not None]
    most = MOST_WORDS_HEADED if _HEADING.search(fold(reading.text)) else MOST_WORDS
    if not found or len(reading.words) > most:
        return None
    return next((sheet for sheet in found if sheet.kind == COVER), found[0])


def sheets_of(readings: Sequence[PageReading], codes: Sequence[Iterable[str]]) -> list[Sheet | None]:
    """Return for each page of a pile the sheet it is, or None; ``codes`` are the texts of each page's codes."""
    return [sheet_of(reading, texts) for reading, texts in zip(readings, codes, strict=True)]
