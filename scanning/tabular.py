"""The sandboxed child for lists: opens one untrusted Excel or CSV file and says what stands in which row.

Run by ``read_table`` as ``python -m scanning.tabular SHEET``. Only what is there is read: no formula is computed, no
link followed, and a sheet that claims a million blank rows costs nothing.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from scanning.open import OUTPUT, SOURCE, confine
from scanning.rejection import Rejected
from scanning.sandbox import PACKAGE, RESULT, STARTED, confinement, result_of
from vietnamese.legacy import looks_legacy

MOST_ROWS = 20_000
MOST_COLUMNS = 120
MOST_NOTES = 500
LONGEST_CELL = 4000
BLANK_END = 2000
"""So many blank rows one after another are the end: Excel files may claim a million of them."""
CPU_SECONDS = 60
WALL_SECONDS = 120
_UNPACKED = 200 * 1024 * 1024
MOST_PARTS = 2000
"""Files in a workbook at most: an honest one has a few dozen."""
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DOCTYPES = (b"<!DOCTYPE", b"<!ENTITY", "<!DOCTYPE".encode("utf-16-le"), "<!DOCTYPE".encode("utf-16-be"))
"""Declarations no workbook has: they are after the reader of XML."""
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=\"([A-Z0-9:]{2,20})\"")
_DELIMITERS = ",;\t"
_LANGUAGE = str(PACKAGE.parent / "vietnamese")


@dataclass(frozen=True)
class Table:
    """What was read: the sheets there are, the one read, its rows with their numbers, and what is odd about cells.

    ``notes``: (row, column from 0, kind) with kind formula | error; ``merged``: addresses such as "A3:B4".
    ``cut_after`` is the row after which only blank rows were seen and reading stopped; 0 when the end was reached.
    ``claimed``: rows the file says it has, blank ones too, where only the first ones were asked for; else 0.
    ``wide``: something stands to the right of the last column that is read.
    """

    kind: str
    sheets: tuple[tuple[str, bool], ...]
    sheet: str
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    notes: tuple[tuple[int, int, str], ...] = ()
    merged: tuple[str, ...] = ()
    cut_after: int = 0
    wide: bool = False
    claimed: int = 0


def read_table(path: Path, sheet: str = "", most: int = 0) -> Table:
    """Reads a list in the sandbox, or its first ``most`` rows; Rejected with the code of what is wrong."""
    bubblewrap = shutil.which("bwrap")
    if bubblewrap is None:
        raise Rejected("sandbox_missing")
    with tempfile.TemporaryDirectory(prefix="oms-list-") as folder:
        output = Path(folder)
        child = [sys.executable, "-s", "-m", "scanning.tabular", sheet, str(most)]
        try:
            subprocess.run(
                [bubblewrap, *confinement(path, output), "--ro-bind", _LANGUAGE, _LANGUAGE, *child],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=WALL_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Rejected("over_limits") from None
        except OSError:
            raise Rejected("sandbox_missing") from None
        if not (output / STARTED).is_file():
            raise Rejected("sandbox_missing")
        return _table(result_of(output))


def _table(said: dict[str, Any]) -> Table:
    """The child's answer, believed only in the shape it must have."""
    try:
        return Table(
            str(said["kind"]),
            tuple((str(name), bool(hidden)) for name, hidden in said["sheets"]),
            str(said["sheet"]),
            tuple((int(number), tuple(str(cell) for cell in cells)) for number, cells in said["rows"][:MOST_ROWS]),
            tuple((int(row), int(column), str(kind)) for row, column, kind in said["notes"]),
            tuple(str(each) for each in said["merged"]),
            int(said["cut_after"]),
            bool(said["wide"]),
            int(said["claimed"]),
        )
    except (KeyError, TypeError, ValueError):
        raise Rejected("unreadable") from None


@dataclass
class _Reading:
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    notes: list[tuple[int, int, str]] = field(default_factory=list)
    cut_after: int = 0
    wide: bool = False
    most: int = 0
    claimed: int = 0

    def take(self, numbered: Iterable[tuple[int, list[tuple[str, str]]]]) -> None:
        """Takes rows until their end, or until only blank ones come; Rejected when there are too many."""
        last = 0
        for number, cells in numbered:
            if not any(text for text, _kind in cells):
                if number - last > BLANK_END:
                    self.cut_after = last
                    return
                continue
            if self.most and len(self.rows) >= self.most:
                return
            last = number
            while not any(cells[-1]):
                cells.pop()
            self.wide = self.wide or len(cells) > MOST_COLUMNS
            del cells[MOST_COLUMNS:]
            if len(self.rows) >= MOST_ROWS:
                raise Rejected("too_many_rows")
            self.rows.append((number, [text for text, _kind in cells]))
            odd = [(number, column, kind) for column, (_text, kind) in enumerate(cells) if kind]
            self.notes += odd[: MOST_NOTES - len(self.notes)]


def inspect_table(path: Path, sheet: str, most: int = 0) -> dict[str, Any]:
    """Everything ``Table`` says, as JSON; raises Rejected."""
    head = path.open("rb").read(8)
    if head.startswith(_OLE):
        raise Rejected(
            "encrypted_table" if "EncryptedPackage".encode("utf-16-le") in path.read_bytes() else "old_excel"
        )
    if head.startswith(b"PK"):
        return _excel(path, sheet, most)
    return _csv(path.read_bytes(), most)


def _check_parts(archive: zipfile.ZipFile) -> None:
    """Unpacks every part in pieces, so that neither its size nor its content can surprise a parser."""
    names = archive.namelist()
    if "xl/workbook.xml" not in names:
        raise Rejected("not_a_table")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Rejected("macros")
    if len(names) > MOST_PARTS or sum(info.file_size for info in archive.infolist()) > _UNPACKED:
        raise Rejected("zip_bomb")
    total = 0
    for info in archive.infolist():
        if info.flag_bits & 1:
            raise Rejected("encrypted_table")
        tail = b""
        with archive.open(info) as part:
            while piece := part.read(1 << 20):
                total += len(piece)
                if total > _UNPACKED:
                    raise Rejected("zip_bomb")
                if info.filename.endswith((".xml", ".rels")) and any(mark in tail + piece for mark in DOCTYPES):
                    raise Rejected("foreign_entities")
                tail = piece[-32:]


def _excel(path: Path, wanted: str, most: int) -> dict[str, Any]:
    import openpyxl

    try:
        with path.open("rb") as stream, zipfile.ZipFile(stream) as archive:
            _check_parts(archive)
            book = openpyxl.load_workbook(stream, read_only=True, data_only=False, keep_links=False)
            sheets = [sheet for sheet in book.worksheets if hasattr(sheet, "reset_dimensions")]
            if not sheets:
                raise Rejected("empty_table")
            seen = [sheet for sheet in sheets if sheet.sheet_state == "visible"] or sheets
            chosen = next((sheet for sheet in sheets if sheet.title == wanted), seen[0])
            reading = _Reading(most=most, claimed=(chosen.max_row or 0) if most else 0)
            chosen.reset_dimensions()
            reading.take(_excel_rows(chosen))
            merged = _MERGED.findall(archive.read(chosen._worksheet_path))
    except Rejected:
        raise
    except Exception:  # openpyxl raises whatever a broken part makes it raise
        raise Rejected("unreadable") from None
    names = [(sheet.title, sheet.sheet_state != "visible") for sheet in sheets]
    addresses = [each.decode() for each in merged[:MOST_NOTES]]
    return _answer("xlsx", names, chosen.title, reading, addresses)


def _answer(
    kind: str, sheets: list[tuple[str, bool]], sheet: str, reading: _Reading, merged: list[str]
) -> dict[str, Any]:
    if not reading.rows:
        raise Rejected("empty_table")
    said: dict[str, Any] = {"kind": kind, "sheets": sheets, "sheet": sheet, "rows": reading.rows}
    return said | {
        "notes": reading.notes,
        "merged": merged,
        "cut_after": reading.cut_after,
        "wide": reading.wide,
        "claimed": reading.claimed,
    }


def _excel_rows(sheet: Any) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    for number, row in enumerate(sheet.iter_rows(max_col=2 * MOST_COLUMNS), 1):
        yield number, [_cell(cell) if cell.value is not None else ("", "") for cell in row]


def _cell(cell: Any) -> tuple[str, str]:
    """The cell as text, and what is odd about it. A formula is its own text: what it once gave is not believed."""
    value, kind = cell.value, getattr(cell, "data_type", "")
    if value is None:
        return "", ""
    if kind == "f":
        return str(getattr(value, "text", value))[:LONGEST_CELL], "formula"
    if kind == "e":
        return str(value)[:LONGEST_CELL], "error"
    return _text(value)[:LONGEST_CELL], ""


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.strftime("%d/%m/%Y") if value.time() == time() else value.strftime("%d/%m/%Y %H:%M")
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    if isinstance(value, bool):
        return "x" if value else ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.10g}".replace(".", ",")
    return str(value).strip()


def _csv(data: bytes, most: int) -> dict[str, Any]:
    text = _decoded(data)
    csv.field_size_limit(100_000)
    try:
        reading = _Reading(most=most, claimed=text.count("\n") + (not text.endswith("\n")) if most else 0)
        reading.take(_csv_rows(text))
    except csv.Error:
        raise Rejected("unreadable") from None
    return _answer("csv", [("", False)], "", reading, [])


def _csv_rows(text: str) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    sample = [line for line in text[:100_000].splitlines() if line.strip()][:20]
    delimiter = max(_DELIMITERS, key=lambda mark: sum(min(line.count(mark), MOST_COLUMNS) for line in sample))
    for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1):
        yield number, [(cell.strip()[:LONGEST_CELL], "") for cell in cells[: 2 * MOST_COLUMNS]]


def _decoded(data: bytes) -> str:
    """The text of a CSV file: by its mark, as UTF-8, or as an old Windows page (1258, or the bytes of old fonts)."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    even, odd_ones = data[:100_000:2].count(b"\0"), data[1:100_000:2].count(b"\0")
    if max(even, odd_ones) * 5 > len(data[:100_000]) and min(even, odd_ones) == 0:
        return data.decode("utf-16-le" if odd_ones else "utf-16-be", "replace")
    if b"\0" in data[:100_000]:
        raise Rejected("not_a_table")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        latin = data.decode("latin-1")
    words = set(re.findall(r"[^\s,;\t\"]+", latin[:200_000]))
    odd = [word for word in words if not word.isascii()]
    old = sum(looks_legacy(word) is not None for word in odd)
    if old * 2 > len(odd):
        return latin
    return unicodedata.normalize("NFC", data.decode("cp1258", "replace"))


def main() -> None:
    """The child: confines itself, reads, and writes one whole result or the code of why not."""
    (OUTPUT / STARTED).touch()
    confine(CPU_SECONDS)
    try:
        result = inspect_table(SOURCE, sys.argv[1], int(sys.argv[2]))
    except Rejected as rejected:
        result = {"rejected": rejected.code}
    except (MemoryError, RecursionError):
        result = {"rejected": "over_limits"}
    except Exception:
        result = {"rejected": "unreadable"}
    (OUTPUT / RESULT).write_text(json.dumps(result, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
