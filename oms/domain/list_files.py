"""A list as lines of a table file and back: headings, cells, and what is wrong with each line. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from oms.domain.dated_rows import Row
from oms.domain.list_edits import EXTRA, Shape, overlaps, read_row, shown_day, typed_row
from oms.domain.list_words import EXTRA_LABELS

HEADINGS: dict[str, str] = {
    "code": "Mã",
    "label": "Tên gọi",
    "aliases": "Cách viết khác",
    "position": "Thứ tự",
    "valid_from": "Từ ngày",
    "valid_to": "Đến ngày",
    "legal_basis": "Căn cứ",
    "mark": "Mức chắc chắn",
}
MOST_ROWS = 20_000


@dataclass(frozen=True)
class LineProblem:
    """What is wrong at a line (as the spreadsheet counts) and column of a file; line 0 is the whole file."""

    line: int
    column: str
    text: str


def heading(name: str) -> str:
    """The column's heading; a number of the row bears its word and its key."""
    if not name.startswith(EXTRA):
        return HEADINGS[name]
    key = name.removeprefix(EXTRA)
    return f"{EXTRA_LABELS.get(key, key)} [{key}]"


def columns_for(shape: Shape) -> list[str]:
    """The columns of a list's file in order."""
    return [*HEADINGS, *(f"{EXTRA}{key}" for key in shape.keys)]


def lines_of(rows: Iterable[Row], shape: Shape) -> list[list[str]]:
    """Headings and rows as texts."""
    columns = columns_for(shape)
    lines = [[heading(name) for name in columns]]
    for row in rows:
        typed = typed_row(row, shape)
        lines.append([typed.get(name, "") for name in columns])
    return lines


def _found_columns(head: Sequence[str], shape: Shape) -> tuple[dict[int, str], list[LineProblem]]:
    """Which column of the file holds what; headings nobody knows, and needed ones that are missing."""
    known = {heading(name).casefold(): name for name in columns_for(shape)}
    places: dict[int, str] = {}
    problems: list[LineProblem] = []
    for place, text in enumerate(head):
        name = known.get(text.strip().casefold())
        if name is None and text.strip():
            problems.append(LineProblem(1, text.strip()[:60], "Không có cột nào của danh mục mang tên này."))
        elif name in places.values():
            problems.append(LineProblem(1, text.strip()[:60], "Cột này có hai lần."))
        elif name:
            places[place] = name
    for name in ("code", "label"):
        if name not in places.values():
            problems.append(LineProblem(1, HEADINGS[name], "Tệp thiếu cột này."))
    return places, problems


def rows_of(lines: Sequence[tuple[int, Sequence[str]]], shape: Shape) -> tuple[list[Row], list[LineProblem]]:
    """The rows of a file's lines, (number, cells) with the headings first, and every problem by line and column."""
    if not lines:
        return [], [LineProblem(0, "", "Tệp không có dòng nào.")]
    places, problems = _found_columns(lines[0][1], shape)
    if problems:
        return [], problems
    rows: list[Row] = []
    where: dict[tuple[str, str], int] = {}
    for number, cells in lines[1:]:
        typed = {places[place]: text for place, text in enumerate(cells) if place in places}
        if not any(text.strip() for text in typed.values()):
            continue
        row, wrong = read_row(shape, typed)
        problems += [LineProblem(number, heading(name), text) for name, text in wrong.items()]
        key = (row.code, shown_day(row.valid_from))
        if key in where and not wrong:
            problems.append(LineProblem(number, HEADINGS["code"], f"Trùng mã và ngày đầu với dòng {where[key]}."))
        where.setdefault(key, number)
        rows.append(row)
    if len(rows) > MOST_ROWS:
        problems.append(LineProblem(0, "", f"Tệp có hơn {MOST_ROWS} dòng; hãy chia nhỏ."))
    if not rows and not problems:
        problems.append(LineProblem(0, "", "Tệp chỉ có dòng tiêu đề."))
    if not problems:
        problems += _overlapping(rows, where)
    return rows, problems


def _overlapping(rows: Sequence[Row], where: Mapping[tuple[str, str], int]) -> list[LineProblem]:
    found = []
    for left, right in overlaps(rows):
        number, other = where[(right.code, shown_day(right.valid_from))], where[(left.code, shown_day(left.valid_from))]
        text = f"Cùng mã {right.code} và trùng thời gian hiệu lực với dòng {other}."
        found.append(LineProblem(number, HEADINGS["valid_from"], text))
    return found
