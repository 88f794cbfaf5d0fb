"""A record arranged for reading: by section, each value with its paper, its people and what it was before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _

from oms.domain.access import Principal
from oms.domain.consistency import alike
from oms.domain.dated_rows import Catalogue
from oms.domain.fields import shown
from oms.domain.record_facts import cell_key, coded_value
from oms.domain.record_items import ITEMS, Item
from oms.services.custody import ContentsLine, Fact
from oms.services.record import RecordFact
from oms.services.record_reading import RecordView
from oms.services.record_taking import may_take_out
from oms.web.facts import box_text
from oms.web.frame import in_hanoi, paper_date
from oms.web.words import ITEM_COLUMNS, ITEM_LABELS, SECTION_LABELS, SENSITIVE_LABELS, type_title

LIFE = ("career", "posts", "training", "salary_history", "allowances", "plannings")
LASTING = ("career", "posts")
"""Rows that go on until now when no end is written."""
FAMILY = ("family",)


@dataclass(frozen=True)
class Shown:
    """One fact as the page shows it."""

    id: str
    text: str
    masked: str
    """Why the words are not there; "" when they are."""
    since: str
    href: str
    paper: str
    said: str
    """The words of a source that is no paper."""
    entered: str
    entered_on: str
    entered_at: str
    confirmed: str
    confirmed_at: str
    other: bool
    """Not a word of the item's closed list."""
    ended: str
    can_take_out: bool
    place: str = ""
    """Code of the place of that time, where the words name one."""
    cells: tuple[str, ...] = ()


@dataclass(frozen=True)
class ItemLine:
    """A single item: the value that counts first, and what it was before."""

    key: str
    term: str
    values: tuple[Shown, ...]
    earlier: tuple[Shown, ...]


@dataclass(frozen=True)
class TablePart:
    """A table of the record: columns that hold something, rows in force, rows ended."""

    key: str
    term: str
    columns: tuple[str, ...]
    rows: tuple[Shown, ...]
    earlier: tuple[Shown, ...]


@dataclass(frozen=True)
class SectionPart:
    """One section of the record."""

    key: str
    title: str
    lines: tuple[ItemLine, ...]
    tables: tuple[TablePart, ...]


@dataclass(frozen=True)
class LifeLine:
    """One line of a life in order: when, of what kind, what, in which dossier."""

    starts: str
    when: str
    kind: str
    fact: Shown
    number: str
    block: str


def paper_of(document_id: str | None, page_id: str | None, box: str, lines: Mapping[str, ContentsLine]) -> str:
    """The address of a paper at its box; "" when there is none this reader may see."""
    line = lines.get(document_id or "")
    if line is None:
        return ""
    place = {page.id: page.position or 1 for page in line.pages}
    return url_for(
        "records.document", document_id=document_id, trang=place.get(page_id or "", 1), o=box_text(box) or None
    )


def paper_label(line: ContentsLine | None) -> str:
    """A paper's kind and day."""
    if line is None:
        return ""
    document = line.document
    dated = f", {paper_date(document.issued_on)}" if document.issued_on else ""
    return f"{type_title(document.type_code)}{dated}"


def _who(names: Mapping[str, str], account_id: str | None, at: datetime | None) -> str:
    return f"{names.get(account_id, '')}, {in_hanoi(at)}" if account_id else ""


def _shown(fact: RecordFact, view: RecordView, principal: Principal, now: datetime) -> Shown:
    row, item = fact.row, fact.item
    masked = _("được che: cần quyền xem “%(group)s”", group=SENSITIVE_LABELS[item.sensitive]) if fact.masked else ""
    list_code, words = coded_value(item.key, fact.values)
    return Shown(
        id=row.id,
        text=fact.text,
        masked=masked,
        since=_since(fact),
        href="" if fact.masked else paper_of(row.document_id, row.page_id, row.box, view.contents),
        paper="" if fact.masked else paper_label(view.contents.get(row.document_id or "")),
        said="" if fact.masked else row.source_words,
        entered=view.names.get(row.entered_by, ""),
        entered_on=in_hanoi(row.entered_at)[:10],
        entered_at=in_hanoi(row.entered_at),
        confirmed=view.names.get(row.confirmed_by or "", ""),
        confirmed_at=in_hanoi(row.confirmed_at),
        other=bool(list_code and words and not row.code),
        ended=_who(view.names, row.ended_by, row.ended_at),
        can_take_out=not fact.masked and may_take_out(row, principal, now),
        place="" if fact.masked else row.place,
    )


def _since(fact: RecordFact) -> str:
    """Since when a single value holds, unless that is the value itself; of what is masked nothing is said."""
    if fact.masked or fact.item.is_table or fact.row.starts == fact.values.get("value"):
        return ""
    return paper_date(fact.row.starts)


@dataclass(frozen=True)
class Reader:
    """Who reads a record, when: what may be offered beside each value."""

    principal: Principal
    now: datetime


def sections(view: RecordView, reader: Reader, apart: Sequence[str] = (*LIFE, *FAMILY)) -> list[SectionPart]:
    """The record by sections; tables named in ``apart`` are shown elsewhere. Sections without anything are left out."""
    held, ended = _by_item(view.held), _by_item(view.ended)
    found: dict[str, tuple[list[ItemLine], list[TablePart]]] = {}
    for key, item in ITEMS.items():
        if (key not in held and key not in ended) or key in apart:
            continue
        lines, tables = found.setdefault(item.section, ([], []))
        if item.is_table:
            tables.append(_table(item, view, held.get(key, []), ended.get(key, []), reader))
        else:
            lines.append(_line(item, view, held.get(key, []), ended.get(key, []), reader))
    return [SectionPart(key, SECTION_LABELS[key], tuple(found[key][0]), tuple(found[key][1])) for key in found]


def single_lines(view: RecordView, reader: Reader) -> dict[str, ItemLine]:
    """The single items of a record in force, by their keys."""
    held = _by_item(view.held)
    return {key: _line(ITEMS[key], view, facts, [], reader) for key, facts in held.items() if not ITEMS[key].is_table}


def _by_item(facts: Iterable[RecordFact]) -> dict[str, list[RecordFact]]:
    found: dict[str, list[RecordFact]] = {}
    for fact in facts:
        found.setdefault(fact.item.key, []).append(fact)
    return found


def _line(
    item: Item, view: RecordView, held: Sequence[RecordFact], ended: Sequence[RecordFact], reader: Reader
) -> ItemLine:
    """The value that starts last counts: the store gives them in the order of their days."""
    now, who = reader.now, reader.principal
    counting = tuple(_shown(fact, view, who, now) for fact in held[-1:])
    before = [*reversed(held[:-1]), *ended]
    return ItemLine(item.key, ITEM_LABELS[item.key], counting, tuple(_shown(fact, view, who, now) for fact in before))


def _table(
    item: Item, view: RecordView, held: Sequence[RecordFact], ended: Sequence[RecordFact], reader: Reader
) -> TablePart:
    columns = [column.key for column in item.columns if any(fact.values.get(column.key) for fact in held)]
    rows = []
    for fact in held:
        cells = tuple(shown(cell_key(item.key, column), fact.values.get(column, "")) for column in columns)
        made = _shown(fact, view, reader.principal, reader.now)
        rows.append(Shown(**{**made.__dict__, "cells": cells}))
    before = tuple(_shown(fact, view, reader.principal, reader.now) for fact in ended)
    labels = tuple(ITEM_COLUMNS.get(column, column) for column in columns)
    return TablePart(item.key, ITEM_LABELS[item.key], labels, tuple(rows), before)


def each_fact(view: RecordView, reader: Reader, wanted: set[str]) -> list[tuple[str, Shown]]:
    """Some facts in force in the order a record is read, each with its item's name."""
    order = list(ITEMS)
    chosen = sorted((fact for fact in view.held if fact.row.id in wanted), key=lambda fact: order.index(fact.item.key))
    return [(ITEM_LABELS[fact.item.key], _shown(fact, view, reader.principal, reader.now)) for fact in chosen]


def tables_of(view: RecordView, reader: Reader, keys: Sequence[str]) -> list[TablePart]:
    """Some tables of the record, those that have rows."""
    held, ended = _by_item(view.held), _by_item(view.ended)
    return [
        _table(ITEMS[key], view, held.get(key, []), ended.get(key, []), reader)
        for key in keys
        if key in held or key in ended
    ]


def life(views: Sequence[RecordView], reader: Reader) -> list[LifeLine]:
    """Posts, courses and pay of one cadre in the order of days, of every dossier that is open."""
    found = []
    for view in views:
        for fact in view.held:
            if fact.item.key in LIFE:
                made = _shown(fact, view, reader.principal, reader.now)
                dates = [paper_date(date) for date in (fact.row.starts, fact.row.ends) if date]
                words = fact.text.partition(": ")[2] if dates and ": " in fact.text else fact.text
                open_ended = len(dates) == 1 and not fact.row.ends and fact.item.key in LASTING
                when = " – ".join([*dates, _("nay")] if open_ended else dates)
                line = Shown(**{**made.__dict__, "text": words})
                label, number, block = ITEM_LABELS[fact.item.key], view.row.dossier.number, view.row.dossier.block
                found.append(LifeLine(fact.row.starts, when, label, line, number, block))
    return sorted(found, key=lambda line: (line.starts or "9999", line.kind))


def beyond(said: Sequence[Fact], view: RecordView, catalogue: Catalogue) -> list[Fact]:
    """Of what papers say, the values the record does not have: shown below it until somebody takes them in."""
    held: dict[str, list[str]] = {}
    for fact in view.held:
        held.setdefault(fact.item.key, []).append(fact.values.get("value", ""))
    return [
        fact
        for fact in said
        if fact.key in ITEMS
        and not any(alike(fact.key, value, fact.field.value, catalogue) for value in held.get(fact.key, []) if value)
    ]
