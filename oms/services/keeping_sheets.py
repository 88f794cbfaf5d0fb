"""Lists of the keeping desk as Excel files: every cell is text or a number, never a formula."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from oms.domain.catalogue import SECRECY_LABELS
from oms.services import outgoing
from oms.services.outgoing import purpose_of as purpose_of

WIDEST = 60


def workbook(
    title: str, under: str, columns: Sequence[tuple[str, int]], rows: Iterable[Sequence[str | int]], level: int = 0
) -> bytes:
    """One sheet: a title, a line under it, the columns (name, width), the rows; ready to be printed on A4.

    ``level``: the highest of its parts, written above the columns.
    """
    out = io.BytesIO()
    book = outgoing.new_workbook(out)
    sheet = book.add_worksheet("Danh sách")
    face = {"font_name": "Times New Roman", "font_size": 12, "valign": "top", "text_wrap": True}
    plain, number = book.add_format({**face, "border": 1}), book.add_format({**face, "border": 1, "num_format": "0"})
    head = book.add_format({**face, "border": 1, "bold": True, "align": "center"})
    sheet.write_string(0, 0, title, book.add_format({**face, "text_wrap": False, "bold": True, "font_size": 14}))
    sheet.write_string(1, 0, under, book.add_format({**face, "text_wrap": False, "italic": True}))
    if level:
        mark = book.add_format({**face, "text_wrap": False, "bold": True, "font_color": "#B00020"})
        sheet.write_string(2, 0, SECRECY_LABELS[level].upper(), mark)
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
