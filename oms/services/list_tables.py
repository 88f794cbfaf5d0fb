"""Tables of texts as files and back: CSV and Excel, in which no cell can run as a formula.

Export then reading gives the same texts. In CSV what a spreadsheet would take for a formula gets an apostrophe, which
reading takes away again; in Excel every cell is written as text.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime

from oms.domain.list_edits import shown_day, typed_value
from oms.domain.list_files import MOST_ROWS, LineProblem
from oms.domain.sent_text import is_broken, seen
from oms.services import outgoing
from oms.services.exporting import cell
from scanning.tabular import DOCTYPES, MOST_PARTS

MOST_BYTES = 4 * 1024 * 1024
_UNPACKED = 48 * 1024 * 1024
_BLANK_END = 2000
"""So many blank lines one after another are the end: Excel files may claim a million of them."""
_MOST_COLUMNS = 60

Lines = list[tuple[int, list[str]]]


def as_csv(lines: Sequence[Sequence[str]]) -> bytes:
    """UTF-8 with its mark, so that a spreadsheet opens it with its accents."""
    out = io.StringIO()
    sheet = csv.writer(out)
    for line in lines:
        sheet.writerow([f"'{text}" if text.startswith("'") else cell(text) for text in line])
    return ("\ufeff" + out.getvalue()).encode()


def as_xlsx(lines: Sequence[Sequence[str]], title: str) -> bytes:
    """An Excel file with one sheet of texts, its headings bold and kept in sight."""
    out = io.BytesIO()
    book = outgoing.new_workbook(out)
    sheet = book.add_worksheet("".join(c for c in title if c not in "[]:*?/\\'")[:31] or "Danh mục")
    bold, plain = book.add_format({"bold": True, "bottom": 1}), book.add_format({"num_format": "@"})
    for number, line in enumerate(lines):
        for place, text in enumerate(line):
            sheet.write_string(number, place, text, plain if number else bold)
    widest = [max((len(line[place]) for line in lines), default=8) for place in range(len(lines[0]))] if lines else []
    for place, width in enumerate(widest):
        sheet.set_column(place, place, min(max(width + 2, 8), 60))
    sheet.freeze_panes(1, 0)
    book.close()
    return out.getvalue()


def read(data: bytes, name: str) -> tuple[Lines, list[LineProblem]]:
    """The lines of a file with their numbers as a spreadsheet counts them, and what in it cannot be read."""
    if len(data) > MOST_BYTES:
        return [], [LineProblem(0, "", "Tệp quá lớn; nhiều nhất 4 MB.")]
    if data.startswith(b"PK"):
        return _read_xlsx(data)
    if name.casefold().endswith((".xls", ".ods")):
        return [], [LineProblem(0, "", "Hãy lưu tệp thành .xlsx hoặc .csv rồi nhập lại.")]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return [], [LineProblem(0, "", "Tệp CSV không phải UTF-8: trong Excel hãy lưu thành “CSV UTF-8”.")]
    return _read_csv(text)


def _read_csv(text: str) -> tuple[Lines, list[LineProblem]]:
    if is_broken(text):
        words = "Tệp có byte rỗng (NUL) hoặc ký tự hỏng nên không phải CSV: hãy lưu lại thành “CSV UTF-8”."
        return [], [LineProblem(0, "", words)]
    first = text.partition("\n")[0]
    comma = max(",;\t", key=first.count)
    lines: Lines = []
    reader = csv.reader(io.StringIO(text), delimiter=comma, strict=True)
    try:
        for cells in reader:
            lines.append((reader.line_num, [seen(part).removeprefix("'") for part in cells[:_MOST_COLUMNS]]))
            if len(lines) > MOST_ROWS + 1:
                return [], [LineProblem(0, "", f"Tệp có hơn {MOST_ROWS} dòng; hãy chia nhỏ.")]
    except csv.Error:
        return [], [LineProblem(reader.line_num, "", "Dòng này không đọc được: dấu nháy chưa đóng?")]
    return lines, []


def _read_xlsx(data: bytes) -> tuple[Lines, list[LineProblem]]:
    import openpyxl

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts = packed.infolist()
            if len(parts) > MOST_PARTS or sum(info.file_size for info in parts) > _UNPACKED:
                return [], [LineProblem(0, "", "Tệp Excel khi mở ra quá lớn.")]
            if any(mark in packed.read(info) for info in parts for mark in DOCTYPES):
                raise zipfile.BadZipFile
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
        sheet = book.worksheets[0]
        return _sheet(sheet)
    except Exception:  # a library for a format of a thousand parts may fail in any way
        return [], [LineProblem(0, "", "Không mở được tệp Excel này; hãy lưu lại thành .xlsx hoặc .csv.")]


def _sheet(sheet: object) -> tuple[Lines, list[LineProblem]]:
    lines: Lines = []
    problems: list[LineProblem] = []
    blank = 0
    rows = sheet.iter_rows(max_col=_MOST_COLUMNS)  # type: ignore[attr-defined]
    for number, row in enumerate(rows, start=1):
        cells = []
        for place, found in enumerate(row):
            if found.data_type == "f":
                problems.append(LineProblem(number, _letters(place), "Ô này là công thức; hãy thay bằng giá trị."))
            text = _text(found.value)
            if is_broken(text):
                problems.append(LineProblem(number, _letters(place), "Ô có ký tự hỏng; hãy nhập lại ô này."))
            cells.append(seen(text))
        blank = blank + 1 if not any(cells) else 0
        if blank >= _BLANK_END:
            break
        if any(cells):
            lines.append((number, cells))
        if len(lines) > MOST_ROWS + 1:
            return [], [LineProblem(0, "", f"Tệp có hơn {MOST_ROWS} dòng; hãy chia nhỏ.")]
    return lines, problems


def _letters(place: int) -> str:
    return chr(65 + place) if place < 26 else f"A{chr(65 + place - 26)}" if place < 52 else f"#{place + 1}"


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return shown_day(value.date())
    if isinstance(value, date):
        return shown_day(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else typed_value(value)
