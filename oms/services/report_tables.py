"""Reports as Excel and PDF files. Every cell of words is written as words, so that none can run as a formula."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from oms.domain.catalogue import SECRECY_LABELS
from oms.domain.reports import BM02, COLUMN_GROUPS, REPORT_LABELS, STRUCTURE_LABELS
from oms.services import outgoing
from oms.services.reports import Report
from oms.settings import CHECKOUT

STYLE: Path = CHECKOUT / "oms" / "static" / "css" / "report_print.css"
MASKED = "che"


def line_name(name: str, own: bool) -> str:
    """The unit's name, or that the line holds only what the unit keeps itself."""
    return f"{name} (trực thuộc)" if own else name


class _Sheet:
    """A worksheet filled line by line."""

    def __init__(self, book: Any, name: str) -> None:
        self.sheet = book.add_worksheet(name)
        self.bold = book.add_format({"bold": True, "border": 1, "text_wrap": True, "valign": "top"})
        self.plain = book.add_format({"border": 1})
        self.title = book.add_format({"bold": True, "font_size": 13})
        self.red = book.add_format({"bold": True, "font_color": "#C00000"})
        self.row = 0

    def words(self, *texts: str, form: Any = None) -> None:
        """A line of words."""
        for place, text in enumerate(texts):
            self.sheet.write_string(self.row, place, text, form)
        self.row += 1

    def line(self, *cells: str | int | None) -> None:
        """A line of words and numbers; None is left blank."""
        for place, cell in enumerate(cells):
            if cell is None:
                self.sheet.write_blank(self.row, place, None, self.plain)
            elif isinstance(cell, int):
                self.sheet.write_number(self.row, place, cell, self.plain)
            else:
                self.sheet.write_string(self.row, place, cell, self.plain)
        self.row += 1


def excel(made: Report, unit_name: str) -> bytes:
    """The report as an Excel file."""
    out = io.BytesIO()
    book = outgoing.new_workbook(out)
    sheet = _Sheet(book, "Báo cáo")
    if made.secrecy:
        sheet.words(SECRECY_LABELS[made.secrecy].upper(), form=sheet.red)
    sheet.words(REPORT_LABELS[made.kind], form=sheet.title)
    sheet.words(f"{unit_name}, tính đến ngày {made.scope.day:%d/%m/%Y}")
    {"bm02": _bm02, "structure": _structure, "planned": _planned, "staffing": _staffing}[made.kind](sheet, made)
    sheet.sheet.set_column(0, 0, 6)
    sheet.sheet.set_column(1, 1, 40)
    sheet.sheet.set_landscape()
    sheet.sheet.set_paper(8)
    sheet.sheet.fit_to_pages(1, 0)
    book.close()
    return out.getvalue()


def _bm02(sheet: _Sheet, made: Report) -> None:
    sheet.words("", "", *(COLUMN_GROUPS[column.group] for column in BM02), form=sheet.bold)
    sheet.words("STT", "Tên đơn vị", *(column.label for column in BM02), "Số có mặt (ngoài mẫu)", form=sheet.bold)
    sheet.words("A", "B", *(str(number) for number in range(1, len(BM02) + 1)), "", form=sheet.bold)
    for number, line in enumerate(made.lines, start=1):
        sheet.line(number, line_name(line.unit.name, line.own), *cells_of(made, dict(line.figures)))
    sheet.line(None, "Tổng cộng", *cells_of(made, dict(made.total)))


def cells_of(made: Report, figures: dict[str, int | None]) -> list[str | int | None]:
    """The 38 figures of a line and how many are there; a masked column says so."""
    found: list[str | int | None] = []
    for column in BM02:
        found.append(figures.get(column.key) if column.key in figures else MASKED)
    return [*found, figures["present"]]


def _structure(sheet: _Sheet, made: Report) -> None:
    for name, shares in made.structures.items():
        sheet.words("", STRUCTURE_LABELS[name], "Số người", "Nữ", form=sheet.bold)
        for number, share in enumerate(shares, start=1):
            sheet.line(number, share.label, share.count, share.women)
        sheet.line(None, "Tổng cộng", made.people, sum(share.women for share in shares))


def _planned(sheet: _Sheet, made: Report) -> None:
    sheet.words("STT", "Chức danh quy hoạch", "Số người", "Nữ", "Từ 40 tuổi trở xuống", form=sheet.bold)
    for number, (_code, label, *figures) in enumerate(made.planned, start=1):
        sheet.line(number, label, *figures)


def _staffing(sheet: _Sheet, made: Report) -> None:
    sheet.words("STT", "Tên đơn vị", "Biên chế được giao", "Có mặt", "Còn thiếu (−), thừa (+)", form=sheet.bold)
    for number, line in enumerate(made.lines, start=1):
        sheet.line(number, line_name(line.unit.name, line.own), *compared(dict(line.figures)))
    sheet.line(None, "Tổng cộng", *compared(dict(made.total)))


def compared(figures: dict[str, int | None]) -> tuple[int | None, int | None, int | None]:
    """Posts given, people present, and how many more (or, below nought, fewer) there are than posts."""
    given, present = figures.get("staffing"), figures.get("present") or 0
    return given, present, present - given if given is not None else None


def pdf(html: str) -> bytes:
    """The report's page as PDF; only what is in the page is drawn."""
    return outgoing.pdf(html, [STYLE])
