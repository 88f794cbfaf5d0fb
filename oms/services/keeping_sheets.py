"""Lists of the keeping desk as Excel files: every cell is text or a number, never a formula."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from oms.errors import InvalidInput
from vietnamese.text import nfc

WIDEST = 60
SHORTEST_PURPOSE = 10


def workbook(title: str, under: str, columns: Sequence[tuple[str, int]], rows: Iterable[Sequence[str | int]]) -> bytes:
    """One sheet: a title, a line under it, the columns (name, width), the rows; ready to be printed on A4."""
    import xlsxwriter  # only exports are worth its loading

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("Danh sách")
    face = {"font_name": "Times New Roman", "font_size": 12, "valign": "top", "text_wrap": True}
    plain, number = book.add_format({**face, "border": 1}), book.add_format({**face, "border": 1, "num_format": "0"})
    head = book.add_format({**face, "border": 1, "bold": True, "align": "center"})
    sheet.write_string(0, 0, title, book.add_format({**face, "text_wrap": False, "bold": True, "font_size": 14}))
    sheet.write_string(1, 0, under, book.add_format({**face, "text_wrap": False, "italic": True}))
    for place, (name, width) in enumerate(columns):
        sheet.set_column(place, place, min(width, WIDEST))
        sheet.write_string(3, place, name, head)
    for line, row in enumerate(rows, start=4):
        for place, value in enumerate(row):
            if isinstance(value, int):
                sheet.write_number(line, place, value, number)
            else:
                sheet.write_string(line, place, value, plain)
    sheet.repeat_rows(3)
    sheet.freeze_panes(4, 0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    book.close()
    return out.getvalue()


def purpose_of(typed: str) -> str:
    """What an export is for, in words; InvalidInput when it is not said."""
    words = " ".join(nfc(typed).split())[:500]
    if len(words) < SHORTEST_PURPOSE:
        raise InvalidInput("purpose", f"Hãy ghi xuất để làm gì, ít nhất {SHORTEST_PURPOSE} ký tự.")
    return words
