"""The values read on a paper as fields of the form: in the order of the paper, tables as rows, doubts in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import request
from flask_babel import gettext as _

from oms.domain import fields
from oms.domain.catalogue import TABLE_COLUMNS
from oms.domain.checks import FACT_KEYS
from oms.services.desk import DeskView, DocumentField, DossierRow, Typed
from oms.services.desk_fields import FORM, is_doubtful
from oms.web.words import COLUMN_LABELS, FIELD_LABELS, TABLE_LABELS

MOST_VALUES = 2000
"""Fields taken from one form; a list of two hundred members has no more."""
_RECORD = {
    "full_name": "full_name",
    "person_name": "full_name",
    "birth_date": "birth_date",
    "person_birth_date": "birth_date",
    "citizen_id": "citizen_id",
    "old_id": "old_id",
    "sex": "sex",
    "other_names": "other_names",
    "position": "position",
    "home_place": "home_place",
}
"""What of a registered cadre says the same as a key read on paper."""
_IDENTIFYING = frozenset(("full_name", "person_name", "birth_date", "person_birth_date", "citizen_id", "old_id", "sex"))


@dataclass(frozen=True)
class Reading:
    """One way a value can be read; chosen by its digit."""

    value: str
    source: str


@dataclass(frozen=True)
class Value:
    """One value as it is drawn: ``name`` of its input, ``why`` it is doubtful in words, where it stands."""

    key: str
    label: str
    value: str
    page_id: str = ""
    box: str = ""
    doubtful: bool = False
    confirmed: bool = False
    why: str = ""
    seen: bool = False
    error: str = ""
    saved: str = ""
    readings: tuple[Reading, ...] = ()
    chord: bool = False

    @property
    def name(self) -> str:
        return f"{FORM}{self.key}"

    @property
    def wide(self) -> bool:
        """Whether it needs the whole width of the form."""
        return len(self.value) > 24 or fields.kind_of(self.key) in (fields.Kind.TEXT, fields.Kind.NAME)


@dataclass(frozen=True)
class Row:
    """One row of a table: its number from 1, its cells, and the spot all of them take up together."""

    number: int
    cells: tuple[Value, ...]
    page_id: str = ""
    box: str = ""


@dataclass(frozen=True)
class Table:
    """A table read on the paper."""

    key: str
    label: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Values:
    """Everything the form shows beside the paper's own facts."""

    single: tuple[Value, ...] = ()
    tables: tuple[Table, ...] = ()
    missing: tuple[tuple[str, str], ...] = ()
    doubts: int = 0
    added: Mapping[str, str] = field(default_factory=dict)


def typed() -> Typed:
    """The values and the accepted ones as the form was sent; "seen" of a fact counts for the keys it is kept under."""
    sent = [(name.removeprefix(FORM), value) for name, value in request.form.items() if name.startswith(FORM)]
    values = {key: value[: fields.LONGEST_VALUE + 1] for key, value in sent[:MOST_VALUES] if len(key) <= 40}
    extra = request.form.get("add_key", "")
    if extra in FIELD_LABELS and request.form.get("add_value", "").strip():
        values[extra] = request.form["add_value"][: fields.LONGEST_VALUE + 1]
    seen = set(request.form.getlist("seen")[:MOST_VALUES])
    for name, keys in FACT_KEYS.items():
        if name in seen:
            seen |= set(keys)
    return Typed(values, frozenset(seen))


def place_of(view: DeskView) -> Mapping[str, int]:
    """The place of every page in the paper."""
    return {item.page.id: place for place, item in enumerate(view.pages)}


def box_of(row: DocumentField) -> list[int]:
    """The four numbers of a value's spot; [] when it has none."""
    try:
        found = json.loads(row.box) if row.box else []
    except ValueError:
        return []
    return [int(number) for number in found] if len(found) == 4 else []


def record_of(view: DeskView, chosen_id: str) -> DossierRow | None:
    """The registered person the paper is held against: the one chosen beforehand."""
    rows = [candidate.row for candidate in view.candidates] + ([view.chosen] if view.chosen else [])
    return next((row for row in rows if row.dossier.id == chosen_id), None)


def registered(row: DossierRow | None, key: str) -> str:
    """What the register says under a key, as the desk shows it; "" when nothing."""
    if row is None or key not in _RECORD:
        return ""
    return fields.shown(key, str(getattr(row.cadre, _RECORD[key]) or ""))


def readings_of(row: DocumentField | None, key: str, shown: str, record: DossierRow | None) -> tuple[Reading, ...]:
    """The different ways to read a value: the machine's, as printed, as registered; () when there is only one."""
    found: dict[str, Reading] = {}
    if row is not None:
        machine = fields.shown(key, row.value)
        found |= {machine.casefold(): Reading(machine, _("máy đọc"))} if machine else {}
        raw = fields.squashed(row.raw)
        if raw and raw.casefold() not in found and fields.normalised(key, raw) not in (None, row.value):
            found[raw.casefold()] = Reading(raw, _("như in trên giấy"))
    known = registered(record, key)
    if known and known.casefold() not in found:
        found[known.casefold()] = Reading(known, _("trong hồ sơ đã đăng ký"))
    only_this = len(found) == 1 and shown.casefold() in found
    return () if only_this else tuple(found.values())[:9]


def against_record(key: str, value: str, record: DossierRow | None) -> str:
    """Why a value does not agree with the register, in words; "" when it does or nothing is registered."""
    known = registered(record, key)
    if not known or not value or key not in _IDENTIFYING or fields.same(key, known, value):
        return ""
    shorter, longer = sorted((known, value), key=len)
    if fields.kind_of(key) is fields.Kind.DATE and longer.endswith(shorter):
        return ""
    return _("khác hồ sơ đã đăng ký: %(value)s", value=known)


def _value(
    key: str, row: DocumentField | None, sent: Typed | None, record: DossierRow | None, errors: Mapping[str, str]
) -> Value:
    kept = fields.shown(key, row.value) if row else ""
    shown = sent.values.get(key, kept) if sent else kept
    seen = bool(sent and key in sent.seen)
    differs = against_record(key, shown, record) if row is None or row.source == "machine" else ""
    why = "; ".join(filter(None, [row.doubt if row and row.source == "machine" else "", differs]))
    doubtful = bool(differs) or (row is not None and is_doubtful(row) and shown == kept)
    cell = fields.cell_of(key)
    label = COLUMN_LABELS.get(cell[2], cell[2]) if cell else FIELD_LABELS.get(key, key)
    return Value(
        key=key,
        label=label,
        value=shown,
        page_id=(row.page_id or "") if row else "",
        box=",".join(map(str, box_of(row))) if row else "",
        doubtful=doubtful and not seen,
        confirmed=row is not None and row.source != "machine" and shown == kept,
        why=why,
        seen=seen,
        error=errors.get(f"{FORM}{key}", ""),
        saved=kept if sent and shown != kept else "",
        readings=readings_of(row, key, shown, record) if doubtful and not cell else (),
        chord=fields.kind_of(key) is not fields.Kind.TEXT and fields.kind_of(key) is not fields.Kind.NAME,
    )


def reading_order(spots: Mapping[str, tuple[int, list[int]]]) -> list[str]:
    """Keys in the order in which their values stand on the paper: page by page, line by line, from the left.

    A spot is the page's place and the box (left, top, right, bottom). Two values are on one line when the middle of
    the lower one lies within the height of the line's first.
    """
    order: list[str] = []
    line: list[str] = []
    for key in sorted(spots, key=lambda each: (spots[each][0], spots[each][1][1] + spots[each][1][3])):
        if line and not _on_line(spots[line[0]], spots[key]):
            order += sorted(line, key=lambda each: spots[each][1][0])
            line = []
        line.append(key)
    return order + sorted(line, key=lambda each: spots[each][1][0])


def _on_line(first: tuple[int, list[int]], other: tuple[int, list[int]]) -> bool:
    (page, box), (other_page, other_box) = first, other
    return page == other_page and box[1] <= (other_box[1] + other_box[3]) // 2 <= box[3]


def _in_order(view: DeskView, keys: Iterable[str]) -> list[str]:
    """Keys as their values stand on the paper; those without a spot after them, as a record is read."""
    place, labels = place_of(view), {key: at for at, key in enumerate(FIELD_LABELS)}
    spots: dict[str, tuple[int, list[int]]] = {}
    rest = []
    for key in keys:
        row = view.fields.get(key)
        box = box_of(row) if row else []
        if box and row is not None and row.page_id is not None and row.page_id in place:
            spots[key] = (place[row.page_id], box)
        else:
            rest.append(key)
    return reading_order(spots) + sorted(rest, key=lambda key: labels.get(key, len(labels)))


def values_of(view: DeskView, sent: Typed | None, record: DossierRow | None, errors: Mapping[str, str]) -> Values:
    """Every value read on the paper, or typed and not yet kept, arranged for the form."""
    of_facts = {key for keys in FACT_KEYS.values() for key in keys}
    typed_keys = [key for key, value in (sent.values if sent else {}).items() if value.strip()]
    there = [key for key, row in view.fields.items() if row.value or row.doubt]
    keys = [key for key in dict.fromkeys([*there, *typed_keys]) if key not in of_facts]
    single = [
        _value(key, view.fields.get(key), sent, record, errors)
        for key in _in_order(view, (key for key in keys if fields.cell_of(key) is None))
    ]
    cells = {key: _value(key, view.fields.get(key), sent, record, errors) for key in keys if fields.cell_of(key)}
    tables = tuple(_tables(cells))
    missing = tuple((key, label) for key, label in FIELD_LABELS.items() if key not in keys and key not in of_facts)
    doubts = sum(value.doubtful for value in [*single, *cells.values()])
    return Values(tuple(single), tables, missing, doubts)


def _tables(cells: Mapping[str, Value]) -> Iterable[Table]:
    by_row: dict[str, dict[int, dict[str, Value]]] = {}
    for key, value in cells.items():
        table, number, column = fields.cell_of(key) or ("", 0, "")
        by_row.setdefault(table, {}).setdefault(number, {})[column] = value
    for table, rows in by_row.items():
        present = {column for row in rows.values() for column in row}
        known = tuple(TABLE_COLUMNS.get(table, {}))
        order = [column for column in known if column in present] + sorted(present - set(known))
        columns = tuple((column, COLUMN_LABELS.get(column, column)) for column in order)
        drawn = tuple(_row(table, number, rows[number], order) for number in sorted(rows))
        yield Table(table, TABLE_LABELS.get(table, table), columns, drawn)


def _row(table: str, number: int, cells: Mapping[str, Value], order: Iterable[str]) -> Row:
    whole = tuple(
        cells.get(column) or Value(f"{table}.{number}.{column}", COLUMN_LABELS.get(column, column), "")
        for column in order
    )
    with_box = [cell for cell in whole if cell.box]
    if not with_box:
        return Row(number, whole)
    page_id = with_box[0].page_id
    boxes = [list(map(int, cell.box.split(","))) for cell in with_box if cell.page_id == page_id]
    union = [min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)]
    return Row(number, whole, page_id, ",".join(map(str, union)))


def table_facts(rows: Mapping[str, Any]) -> list[Table]:
    """Tables of one paper for reading: the same grid, without anything to set."""
    cells = {
        key: Value(key, "", fields.shown(key, row.value), row.page_id or "", ",".join(map(str, box_of(row))))
        for key, row in rows.items()
        if fields.cell_of(key) and row.value
    }
    return list(_tables(cells))
