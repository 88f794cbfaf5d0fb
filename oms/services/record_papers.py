"""What the filed papers of a dossier say, as facts could say it: values under the record's items, rows put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oms.domain.access import Principal, may_read_field
from oms.domain.fields import cell_of
from oms.domain.record_facts import checked
from oms.domain.record_items import ITEMS, sensitive_group
from oms.services.desk_fields import is_doubtful
from oms.store import papers
from oms.store.db import UnitOfWork
from oms.store.tables import Document, DocumentField

# items that a decision gives from a day on
_SINCE = frozenset(("career", "pay", "planning"))


@dataclass(frozen=True)
class PaperValue:
    """A value, or a row of a table, as one paper says it; ``fields`` are what was read or typed, newest of each."""

    item: str
    values: Mapping[str, str]
    raw: Mapping[str, str]
    document: Document
    fields: tuple[DocumentField, ...]
    row: int = 0
    starts: str = ""

    @property
    def key(self) -> str:
        """Names it in a form; another reading of the same place has another name."""
        newest = max(field.id for field in self.fields)
        return f"{self.document.id}:{self.item}:{self.row}:{newest}"

    @property
    def first(self) -> DocumentField:
        """The reading whose place on the paper stands for all: the first that has a box."""
        return next((field for field in self.fields if field.box), self.fields[0])

    @property
    def vouched_by(self) -> str:
        """Who accepted or typed it at the desk; "" while the machine alone has read it."""
        hands = {field.by for field in self.fields if field.source != "machine" and field.by}
        return next(iter(hands)) if len(hands) == 1 else ""


@dataclass(frozen=True)
class PaperValues:
    """What papers say, newest paper first, and how many values were left out: masked, or too doubtful to count."""

    values: tuple[PaperValue, ...]
    masked: int
    doubtful: int


def read(uow: UnitOfWork, principal: Principal, listed: Sequence[Document]) -> PaperValues:
    """The values of some papers this person may see; the caller has journalled."""
    found = papers.newest_fields(uow.session, [document.id for document in listed])
    values: list[PaperValue] = []
    masked: set[tuple[str, str]] = set()
    doubtful = 0
    for document in sorted(listed, key=_newness, reverse=True):
        kept: dict[str, DocumentField] = {}
        for key, field in found.get(document.id, {}).items():
            if not field.value or key.partition(".")[0] not in ITEMS:
                continue
            if not may_read_field(principal, sensitive_group(key)):
                masked.add((document.id, key.rpartition(".")[0] or key))
            elif is_doubtful(field):
                doubtful += 1
            else:
                kept[key] = field
        values += _of_paper(document, kept, found.get(document.id, {}))
    return PaperValues(tuple(values), len(masked), doubtful)


def _newness(document: Document) -> tuple[str, str]:
    """Papers by the day they bear; of equals, by when they were filed."""
    return document.issued_on, document.filed_at.isoformat() if document.filed_at else ""


def _of_paper(
    document: Document, kept: Mapping[str, DocumentField], every: Mapping[str, DocumentField]
) -> list[PaperValue]:
    since = every["effective_on"].value if "effective_on" in every else document.issued_on
    rows: dict[tuple[str, int], dict[str, DocumentField]] = {}
    for key, field in kept.items():
        cell = cell_of(key)
        if cell is not None:
            rows.setdefault(cell[:2], {})[cell[2]] = field
        elif not ITEMS[key].is_table:
            rows[key, 0] = {"value": field}
    found = []
    for (item, row), cells in rows.items():
        values, _wrong = checked(item, {column: field.value for column, field in cells.items()})
        fields = tuple(field for column, field in cells.items() if column in values)
        if fields:
            starts = since if not row and str(ITEMS[item].section) in _SINCE else ""
            raw = {column: cells[column].raw for column in values}
            found.append(PaperValue(item, values, raw, document, fields, row, starts))
    order = list(ITEMS)
    return sorted(found, key=lambda value: (order.index(value.item), value.row))
