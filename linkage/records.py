"""What comes in: one row of a register as it stands on paper, read from a CSV of the contract's columns."""

from __future__ import annotations

import csv
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import TextIO

REQUIRED = ("record_id", "full_name")
LONGEST_FIELD = 4096


class LinkageError(Exception):
    """Something the caller can put right; the text names it and holds no value of a record."""


class InputError(LinkageError):
    """A file that cannot be used as a whole: its reason names the file's fault, never a person."""


class ModelError(LinkageError):
    """A model that does not fit these comparisons."""


@dataclass(frozen=True, slots=True)
class Record:
    """One person as one register has them; every field as written, "" where the register says nothing."""

    record_id: str
    full_name: str = ""
    other_name: str = ""
    sex: str = ""
    birth_date: str = ""
    birth_place: str = ""
    home_place: str = ""
    citizen_id: str = ""
    old_id: str = ""
    staff_code: str = ""
    party_card: str = ""
    father_name: str = ""
    mother_name: str = ""
    spouse_name: str = ""
    party_joined: str = ""
    residence_place: str = ""
    work_unit: str = ""


Values = tuple[str, ...]
"""The fields of a Record in its order: what passes to another process at the least cost."""
CONTRACT_COLUMNS = tuple(Record.__dataclass_fields__)[:15]
OPTIONAL_COLUMNS = ("residence_place", "work_unit")


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was left out: its line in the file and why."""

    line: int
    reason: str


class RegisterFile:
    """A CSV file read row by row; InputError where no row of it can be trusted.

    Needed are the columns record_id and full_name; any other column of the contract may be absent or empty, and a
    column nobody knows is passed over. A row without an identity, with too many fields, or whose identity came before,
    is left out and told in `bad` once the rows have been read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.bad: list[BadRow] = []
        rows = self._rows()
        self._names = self._header(rows)
        rows.close()
        self.absent = tuple(name for name in CONTRACT_COLUMNS if name not in self._names)

    def _rows(self) -> Generator[tuple[int, list[str]], None, None]:
        """Yield each row that is not blank with its line; every fault of the file as an InputError."""
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.reader(self._lines(file))
                for row in reader:
                    if any(row):
                        yield reader.line_num, row
        except UnicodeDecodeError as error:
            raise InputError(f"{self.path}: not UTF-8") from error
        except csv.Error as error:
            raise InputError(f"{self.path}: line {reader.line_num}: {error}") from error
        except OSError as error:
            raise InputError(f"{self.path}: {error.strerror}") from error

    def _lines(self, file: TextIO) -> Iterator[str]:
        for line in file:
            if "\0" in line:
                raise InputError(f"{self.path}: holds a null character, so it is no CSV text")
            yield line

    def _header(self, rows: Iterator[tuple[int, list[str]]]) -> list[str]:
        _line, fields = next(rows, (0, []))
        if not fields:
            raise InputError(f"{self.path}: empty file, not even a header")
        names = [name.strip() for name in fields]
        missing = [name for name in REQUIRED if name not in names]
        if missing:
            raise InputError(f"{self.path}: missing column {', '.join(missing)}")
        if len(set(names)) < len(names):
            raise InputError(f"{self.path}: a column stands twice in the header")
        return names

    def __iter__(self) -> Iterator[Record]:
        """Yield the usable rows."""
        return (Record(*values) for values in self.values())

    def values(self) -> Iterator[Values]:
        """Yield the fields of the usable rows."""
        identity, width = self._names.index("record_id"), len(self._names)
        at = {name: place for place, name in enumerate(self._names)}
        wanted = itemgetter(*(at.get(name, width) for name in Record.__dataclass_fields__))
        seen: set[str] = set()
        self.bad.clear()
        rows = self._rows()
        next(rows)
        for line, row in rows:
            reason = _reason(row, identity, width, seen)
            if reason:
                self.bad.append(BadRow(line, reason))
                continue
            row += [""] * (width + 1 - len(row))
            values = tuple(map(str.strip, wanted(row)))
            seen.add(values[0])
            yield values


def _reason(row: list[str], identity: int, width: int, seen: set[str]) -> str:
    if len(row) > width:
        return "more fields than the header has"
    name = row[identity].strip() if identity < len(row) else ""
    if not name:
        return "no record_id"
    if name in seen:
        return "record_id stands twice, the first row was kept"
    if max(map(len, row)) > LONGEST_FIELD:
        return f"a field is longer than {LONGEST_FIELD} characters"
    return ""


@dataclass(frozen=True, slots=True)
class Register:
    """The usable rows of a file, what was left out, and the columns the file does not have."""

    records: tuple[Record, ...]
    bad: tuple[BadRow, ...]
    absent: tuple[str, ...]


def read_register(path: Path) -> Register:
    """Return the rows of a CSV file at once; InputError as :class:`RegisterFile` says."""
    register = RegisterFile(path)
    records = tuple(register)
    return Register(records, tuple(register.bad), register.absent)
