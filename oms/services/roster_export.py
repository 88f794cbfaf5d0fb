"""A roster as an Excel workbook. Every cell is text: none can run as a formula or open an address."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from oms.domain.catalogue import SECRECY_LABELS
from oms.services import outgoing
from oms.services.rosters import Roster

TITLE_ROWS = 5
WIDTHS = {"full_name": 26, "birth_date": 11, "sex": 7, "age": 7, "home_place": 30, "position": 28, "holding_unit": 34}


def workbook(roster: Roster, unit: str, day: str) -> bytes:
    """The roster with its title, unit, day and level above, its head repeated on each printed sheet."""
    handle, name = tempfile.mkstemp(suffix=".xlsx")
    os.close(handle)
    try:
        with outgoing.new_workbook(name, rows_at_once=False) as book:
            _sheet(book, roster, unit, day)
        return Path(name).read_bytes()
    finally:
        Path(name).unlink()


def _sheet(book: Any, roster: Roster, unit: str, day: str) -> None:
    sheet = book.add_worksheet("Trích ngang")
    plain = book.add_format({"text_wrap": True, "valign": "top", "border": 1, "num_format": "@"})
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "vcenter", "align": "center", "border": 1})
    title = book.add_format({"bold": True, "font_size": 14})
    red = book.add_format({"bold": True, "font_color": "#B00020"})
    sheet.set_landscape()
    sheet.set_paper(8 if len(roster.headings) > 10 else 9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(TITLE_ROWS)
    sheet.set_footer("&CTrang &P/&N")
    sheet.set_column(0, 0, 6)
    for place, key in enumerate(roster.wanted.layout.columns, 1):
        sheet.set_column(place, place, WIDTHS.get(key, 16))
    sheet.write_string(0, 0, unit)
    if roster.secrecy:
        sheet.write_string(1, 0, SECRECY_LABELS[roster.secrecy].upper(), red)
    sheet.write_string(2, 0, roster.wanted.layout.title, title)
    sheet.write_string(3, 0, roster.words)
    sheet.write_string(4, 0, f"Ngày {day} – {len(roster.lines)} người")
    for place, heading in enumerate(("STT", *roster.headings)):
        sheet.write_string(TITLE_ROWS, place, heading, head)
    for number, line in enumerate(roster.lines, 1):
        for place, cell in enumerate((str(number), *line.cells)):
            sheet.write_string(TITLE_ROWS + number, place, cell[:32767], plain)
