"""Forms that are filled from a record: what a form's dated rows say, and what a filled form holds. Pure.

A form is a row of the list ``mau_bieu``, its printed lines are the rows of ``mau_<code>`` in order: a form that a law
changes is changed by a dated row. The words of a row are its label with places to fill, ``{item}``:
``{a|b}`` the first that is there, ``{a+b}`` all that are there, ``{a:upper}`` in capitals, ``{a:d}`` ``{a:m}``
``{a:y}`` a part of a date, ``{_}`` left to be written by hand; ``*words*`` are bold.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from oms.domain.dated_rows import Catalogue, Row

FORMS = "mau_bieu"
BIOGRAPHY = "tieu_su_tom_tat"
BY_HAND = "_"
_PLACE = re.compile(r"\{([a-z_|+]+)(?::([a-z]+))?\}")
_KEY = re.compile(r"[a-z_]+")


class Mark(StrEnum):
    """What a piece of a line is: printed words, printed bold, an italic hint, a value, a blank to fill by hand."""

    LABEL = "label"
    BOLD = "bold"
    HINT = "hint"
    VALUE = "value"
    BLANK = "blank"


@dataclass(frozen=True)
class Piece:
    """Some words of a line; a blank has none: it is dots to the next words, or to the end of the line."""

    text: str
    mark: Mark


@dataclass(frozen=True)
class Line:
    """A printed line. ``style``: line | heading | small; ``indent`` for what belongs to the line above."""

    pieces: tuple[Piece, ...]
    style: str = "line"
    indent: bool = False
    kind: str = "line"


@dataclass(frozen=True)
class Table:
    """A table with a row of heads, or ``across``: heads down the first column. Widths are twentieths of the page."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]
    across: bool = False
    kind: str = "table"


@dataclass(frozen=True)
class Sign:
    """Who signs: columns side by side, each its lines from the top; those between asterisks are bold."""

    columns: tuple[tuple[str, ...], ...]
    kind: str = "sign"


Block = Line | Table | Sign


@dataclass(frozen=True)
class FilledForm:
    """A form with the record's values in their places, ready to be drawn as Word, PDF or a page."""

    code: str
    short: str
    title: str
    heading: str
    subheading: str
    left: tuple[Line, ...]
    right: tuple[Line, ...]
    photo: tuple[str, ...]
    beside: tuple[Block, ...]
    """The lines that stand to the right of the photograph."""
    body: tuple[Block, ...]
    secrecy: str
    empty: tuple[str, ...]
    """Items the form asks for and the record does not hold."""
    masked: tuple[str, ...]
    """Items that are in the record but not for this reader: they stay dots."""
    filled: int
    """Facts that were put in their places."""


@dataclass(frozen=True)
class Offer:
    """A form that can be made; ``old`` when it is no longer (or not yet) in force on the day."""

    row: Row
    old: bool

    @property
    def day(self) -> date | None:
        """The day its lines are asked for: None is the day of asking."""
        return (self.row.valid_to or self.row.valid_from) if self.old else None


def offers(catalogue: Catalogue, day: date) -> list[Offer]:
    """Every form of the list, those in force first; of a form that has several rows, the one of the day."""
    current = {row.code: Offer(row, False) for row in catalogue.rows(FORMS, day)}
    old: dict[str, Offer] = {}
    for row in catalogue.history(FORMS):
        if row.code not in current:
            old[row.code] = Offer(row, True)
    return [*current.values(), *old.values()]


def lines_of(catalogue: Catalogue, offer: Offer, day: date) -> list[Row]:
    """The printed lines of a form as they are on the day, or were while it was in force."""
    return catalogue.rows(f"mau_{offer.row.code}", offer.day or day)


def places(label: str) -> list[tuple[str, str, str]]:
    """A row's words in order: (words before, what is filled in, how); the last has words only."""
    found, at = [], 0
    for match in _PLACE.finditer(label):
        found.append((label[at : match.start()], match[1], match[2] or ""))
        at = match.end()
    return [*found, (label[at:], "", "")]


def printed(text: str) -> list[Piece]:
    """Printed words with ``*bold*`` and the hints between brackets told apart."""
    found = []
    for part in re.split(r"(\*[^*]+\*|\([^()]*\))", text):
        if part.startswith("*") and part.endswith("*") and len(part) > 2:
            found.append(Piece(part[1:-1], Mark.BOLD))
        elif part:
            found.append(Piece(part, Mark.HINT if part[0] == "(" and part[-1] == ")" else Mark.LABEL))
    return found


def column_keys(told: str) -> tuple[list[str], str]:
    """The columns of a record's table that one column of a form holds, and what stands between them."""
    keys = _KEY.findall(told)
    return keys, told[len(keys[0]) : told.index(keys[1], len(keys[0]))] if len(keys) > 1 else ""


def cell(values: Mapping[str, str], told: str) -> str:
    """One cell: the parts that are there, in order ("a|b": the first); words already said are not said again."""
    keys, between = column_keys(told)
    parts: list[str] = []
    for key in keys:
        text = values.get(key, "")
        if text and not (between == ", " and any(text in said for said in parts)):
            parts.append(text)
    return parts[0] if between == "|" and parts else between.join(parts)


def columns(extra: Mapping[str, Any]) -> Sequence[tuple[str, str, int]]:
    """The columns of a table row: head, what it holds, width in twentieths."""
    return [(str(head), str(told), int(width)) for head, told, width in extra.get("columns", [])]
