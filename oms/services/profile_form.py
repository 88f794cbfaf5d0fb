"""A form filled from the facts of a record: every value in its place, every blank left a blank."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from oms.domain import forms
from oms.domain.dated_rows import Catalogue, Row, folded
from oms.domain.fields import shown
from oms.domain.forms import BY_HAND, Block, FilledForm, Line, Mark, Piece, Sign, Table
from oms.domain.record_facts import cell_key, line_of
from oms.domain.record_items import ITEMS
from oms.services.record import RecordFact


@dataclass
class Sheet:
    """The values of one record while a form is filled, and what was found of them."""

    singles: dict[str, RecordFact] = field(default_factory=dict)
    rows: dict[str, list[RecordFact]] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    empty: dict[str, None] = field(default_factory=dict)
    masked: dict[str, None] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def has(self, item: str) -> bool:
        return item in self.singles or item in self.rows

    def text(self, item: str, how: str) -> str:
        """The words of an item; "" when the record has none or this reader may not see them."""
        if item in self.singles:
            fact = self.singles[item]
            self.used.add(fact.row.id)
            return _formed(item, fact.values["value"], how)
        found = self.rows.get(item, [])
        self.used.update(fact.row.id for fact in found)
        return "; ".join(line_of(item, fact.values) for fact in found)

    def missing(self, items: Iterable[str]) -> None:
        """Remembers why a place stays empty: the record has nothing, or this reader may not see it."""
        for item in items:
            (self.masked if item in self.hidden else self.empty)[item] = None


def sheet_of(facts: Sequence[RecordFact]) -> Sheet:
    """The facts that count: of a single item the one that starts last, of a table all rows."""
    sheet = Sheet()
    for fact in facts:
        if fact.masked:
            sheet.hidden.add(fact.item.key)
        elif fact.item.is_table:
            sheet.rows.setdefault(fact.item.key, []).append(fact)
        elif "value" in fact.values:
            sheet.singles[fact.item.key] = fact
    return sheet


def _formed(item: str, value: str, how: str) -> str:
    if how == "upper":
        return value.upper()
    if how in ("d", "m", "y"):
        parts = [*value.split("-"), "", ""] if value[:4].isdigit() else [value, "", ""]
        return parts["ymd".index(how)]
    return shown(item, value)


def fill(
    catalogue: Catalogue, form: Row, lines: Sequence[Row], facts: Sequence[RecordFact], secrecy: str = ""
) -> FilledForm:
    """The form ``form`` with its printed ``lines``, filled with the facts given; ``secrecy`` is the mark to print."""
    sheet, body = sheet_of(facts), list[Block]()
    extra = form.extra
    left = tuple(Line(_pieces(sheet, str(text))) for text in extra.get("left", []))
    right = tuple(Line(_pieces(sheet, str(text))) for text in extra.get("right", []))
    for row in lines:
        body += _BLOCKS[str(row.extra.get("kind", "line"))](sheet, row, catalogue)
    beside = int(extra.get("beside", 0)) if extra.get("photo") else 0
    return FilledForm(
        code=form.code,
        short=str(extra.get("short", form.code)),
        title=form.label,
        heading=str(extra.get("heading", form.label)),
        subheading=str(extra.get("subheading", "")),
        left=left,
        right=right,
        photo=tuple(str(extra.get("photo", "")).split("\n")) if extra.get("photo") else (),
        beside=tuple(body[:beside]),
        body=tuple(body[beside:]),
        secrecy=secrecy.upper(),
        empty=tuple(sheet.empty),
        masked=tuple(sheet.masked),
        filled=len(sheet.used),
    )


def _pieces(sheet: Sheet, label: str) -> tuple[Piece, ...]:
    found: list[Piece] = []
    places = list(forms.places(label))
    following = [before.split(maxsplit=1) for before, _what, _how in places[1:]] + [[]]
    for (before, what, how), after in zip(places, following, strict=True):
        found += forms.printed(before)
        if what == BY_HAND:
            found.append(Piece("", Mark.BLANK))
        elif what:
            text = _value(sheet, what, how)
            text = text.removesuffix(_unit_after(after))
            found.append(Piece(text, Mark.VALUE) if text else Piece("", Mark.BLANK))
    return tuple(found)


def _unit_after(after: Sequence[str]) -> str:
    """The unit that the form prints after a place itself: "168 cm" in it would read "168 cm cm"."""
    unit = after[0].strip("(),.") if after else ""
    return f" {unit}" if unit in ("cm", "kg") else ""


def _value(sheet: Sheet, what: str, how: str) -> str:
    choices = [choice.split("+") for choice in what.split("|")]
    for items in choices:
        texts = [sheet.text(item, how) for item in items if sheet.has(item)]
        if any(texts):
            return ", ".join(dict.fromkeys(filter(None, texts)))
    wanted = [item for items in choices for item in items]
    sheet.missing([item for item in wanted if item in sheet.hidden] or wanted[:1])
    return ""


def _line(sheet: Sheet, row: Row, _catalogue: Catalogue) -> list[Block]:
    style = "small" if row.extra.get("small") else "line"
    return [Line(_pieces(sheet, row.label), style, bool(row.extra.get("indent")))]


def _heading(_sheet: Sheet, row: Row, _catalogue: Catalogue) -> list[Block]:
    return [Line((Piece(row.label, Mark.BOLD),), "heading")]


def _text(sheet: Sheet, row: Row, _catalogue: Catalogue) -> list[Block]:
    """Long words: what is there, or as many dotted lines as the form leaves for it."""
    pieces = _pieces(sheet, row.label)
    values = tuple(piece for piece in pieces if piece.mark == Mark.VALUE)
    told = tuple(piece for piece in pieces if piece.mark != Mark.BLANK)
    if values:
        return [Line(told)]
    dots = [Line((Piece("", Mark.BLANK),)) for _ in range(int(row.extra.get("blank_lines", 2)))]
    return [Line(told), *dots]


def _side(relation: str) -> str:
    """Whose family, where only the relation says it: "Bố chồng" is the husband's, "Chồng" and "Bố đẻ" are one's own."""
    words = folded(relation).split()
    return words[-1] if len(words) > 1 and words[-1] in ("vo", "chong") and words[0] != "con" else ""


def _kept(extra: Mapping[str, Any], item: str, values: Mapping[str, str], catalogue: Catalogue) -> bool:
    """Whether a row of the record stands in this table of the form: by a code, or by a word of a free column."""
    told = extra.get("filter")
    if not told:
        return True
    text = values.get(told["column"], "")
    if item == "family" and told["column"] == "side":
        text = text or _side(values.get("relation", ""))
    list_code = next((c.list_code for c in ITEMS[item].columns if c.key == told["column"]), "")
    if list_code:
        said = {catalogue.code_of(list_code, text) or text}
        words = list(told.get("in", told.get("out", [])))
    else:
        said = set(folded(text).replace("/", " ").split())
        words = [folded(word) for word in told.get("in", told.get("out", []))]
    inside = any(word in said for word in words)
    return inside if "in" in told else not inside


def _rows(sheet: Sheet, row: Row, catalogue: Catalogue) -> list[tuple[str, ...]]:
    item = str(row.extra["table"])
    found = []
    for fact in sheet.rows.get(item, []):
        if _kept(row.extra, item, fact.values, catalogue):
            sheet.used.add(fact.row.id)
            values = {key: shown(cell_key(item, key), value) for key, value in fact.values.items()}
            found.append(tuple(forms.cell(values, told) for _head, told, _width in forms.columns(row.extra)))
    if not found:
        sheet.missing([item])
    return found


def _title(row: Row) -> list[Block]:
    piece = Piece(row.label, Mark.LABEL if row.extra.get("sub") else Mark.BOLD)
    return [Line((piece,), "subheading" if row.extra.get("sub") else "heading")] if row.label else []


def _table(sheet: Sheet, row: Row, catalogue: Catalogue) -> list[Block]:
    told, found = forms.columns(row.extra), _rows(sheet, row, catalogue)
    if not found:
        firsts = list(row.extra.get("preset", [])) or [""] * int(row.extra.get("blank_rows", 3))
        found = [(str(first), *[""] * (len(told) - 1)) for first in firsts]
    heads, _held, widths = zip(*told, strict=True)
    return [*_title(row), Table(heads, tuple(found), widths)]


def _table_across(sheet: Sheet, row: Row, catalogue: Catalogue) -> list[Block]:
    """The months run across, so many to a table; what is more goes into a table below."""
    told, found = forms.columns(row.extra), _rows(sheet, row, catalogue)
    many = int(row.extra.get("across", 8))
    if not found:
        found = [(str(first), *[""] * (len(told) - 1)) for first in row.extra.get("first", [])]
    blocks = _title(row)
    for start in range(0, max(len(found), 1), many):
        part = found[start : start + many]
        part += [("",) * len(told)] * (many - len(part))
        heads = tuple(head for head, _told, _width in told)
        cells = tuple(tuple(values[at] for values in part) for at in range(len(told)))
        blocks.append(Table(heads, cells, (4, *[16 // many or 1] * many), across=True))
    return blocks


def _sign(_sheet: Sheet, row: Row, _catalogue: Catalogue) -> list[Block]:
    return [Sign(tuple(tuple(str(line) for line in column) for column in row.extra["columns"]))]


_BLOCKS = {
    "line": _line,
    "heading": _heading,
    "text": _text,
    "table": _table,
    "table_h": _table_across,
    "sign": _sign,
}
