"""What the pages of changes, supplements and requests share: their blueprint, words, errors and the item's form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, request
from flask_babel import gettext as _

from oms.domain import changes as rules
from oms.domain.dated_rows import Catalogue
from oms.domain.fields import shown
from oms.domain.record_facts import cell_key
from oms.domain.record_items import ITEMS
from oms.domain.records import HANOI
from oms.errors import InvalidInput
from oms.services.change_items import Typed, WrongItem
from oms.web.context import now
from oms.web.typed import whole_number
from oms.web.words import ITEM_COLUMNS, ITEM_LABELS, SECTION_LABELS, Words

blueprint = Blueprint("changes", __name__)

STATES = Words(rules.STATE_LABELS)
ITEM_STATES = Words(rules.ITEM_STATE_LABELS)
ACTS = Words(rules.ACT_LABELS)
KINDS = Words(rules.KIND_LABELS)
Errors = list[dict[str, str]]


def today() -> date:
    """The day it is where the offices are."""
    return now().astimezone(HANOI).date()


def told(problem: InvalidInput) -> Errors:
    """The problem as the page's summary of errors: every field that cannot be taken."""
    found = problem.problems if isinstance(problem, WrongItem) else {problem.field: problem.message_vi}
    return [{"field": name, "text": text} for name, text in found.items()]


def version() -> int:
    """The version of the change the form was drawn for; one that is no number is nobody's."""
    return whole_number(request.form.get("version", "")) or -1


def item_choices() -> list[dict[str, str]]:
    """The record's items for a select, by section."""
    return [
        {"value": item.key, "label": ITEM_LABELS[item.key], "group": SECTION_LABELS[item.section]}
        for item in ITEMS.values()
    ]


@dataclass(frozen=True)
class Cell:
    """One value of an item's form. With ``choices`` a list stands before it, and ``other`` what no list holds."""

    name: str
    label: str
    value: str
    other: str
    choices: tuple[tuple[str, str], ...]


def cells(item: str, values: Mapping[str, str], catalogue: Catalogue, day: date) -> list[Cell]:
    """The form of an item: one cell for a single value, one a column for a table."""
    known = ITEMS[item]
    columns = [(column.key, column.list_code) for column in known.columns] or [("value", known.list_code)]
    found = []
    for key, list_code in columns:
        label = ITEM_COLUMNS[key] if known.is_table else ITEM_LABELS[item]
        words = [row.label for row in catalogue.rows(list_code, day)] if list_code else []
        text = shown(cell_key(item, key), values.get(key, ""))
        listed = catalogue.label(list_code, catalogue.code_of(list_code, text)) if words and text else text
        inside = not words or not text or listed in words
        value = listed if inside else ""
        found.append(Cell(key, label, value, "" if inside else text, tuple((each, each) for each in words)))
    return found


def typed_item() -> Typed:
    """The item's form as the service takes it; what was typed beside a list wins over the list."""
    form = request.form
    item = form.get("item", "")
    known = ITEMS.get(item)
    columns = [] if known is None else [column.key for column in known.columns] or ["value"]
    values = {key: form.get(f"other.{key}", "").strip() or form.get(f"value.{key}", "") for key in columns}
    return Typed(
        item,
        form.get("act", ""),
        values,
        fact_id=form.get("fact_id", ""),
        starts=form.get("starts", ""),
        document_id=form.get("document_id", ""),
        page=form.get("page", ""),
        source_words=form.get("source_words", ""),
        reason=form.get("reason", ""),
    )


def said(approved: int, rejected: int, problems: int) -> str:
    """What became of a decision, in one line."""
    parts = []
    if approved:
        parts.append(_("duyệt %(n)s mục", n=approved))
    if rejected:
        parts.append(_("không duyệt %(n)s mục", n=rejected))
    if problems:
        parts.append(_("%(n)s mục chưa quyết định được, xem lý do ở từng mục", n=problems))
    return _("Đã ghi: %(what)s.", what=", ".join(parts))
