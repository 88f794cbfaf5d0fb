"""What papers say of a cadre, arranged for reading: one line a fact, each value with marks that open its place."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _

from oms.domain.fields import cell_of, shown
from oms.domain.record_items import sensitive_group
from oms.services.custody import ContentsLine, DocumentField, Fact, PaperView
from oms.web.desk_fields import Table, table_facts
from oms.web.frame import in_hanoi, paper_date
from oms.web.words import FIELD_LABELS, SENSITIVE_LABELS, type_title

# Read off one paper and true of that paper only: they stand in the contents list, not among a person's facts.
_OF_THE_PAPER = frozenset(
    (
        "number",
        "issued_on",
        "issued_at",
        "issuer",
        "subject",
        "person_name",
        "person_birth_date",
        "effective_on",
        "signer_name",
        "signer_title",
    )
)
SURE = 0.8
"""Below this a value the machine read is marked as doubtful."""


@dataclass(frozen=True)
class Source:
    """Where a value stands: the address of the paper at its box, and the words of the mark."""

    href: str
    label: str
    page: int
    box: str
    vouched: str = ""
    """Who accepted or typed the value, and when; "" while nobody has."""


@dataclass(frozen=True)
class Value:
    """One reading of a fact and every paper that says so."""

    text: str
    doubt: bool
    sources: tuple[Source, ...]

    @property
    def vouched(self) -> tuple[str, ...]:
        """Who stands for it, each once."""
        return tuple(dict.fromkeys(source.vouched for source in self.sources if source.vouched))


@dataclass(frozen=True)
class FactLine:
    """A fact; more than one value when the papers do not agree."""

    key: str
    term: str
    values: tuple[Value, ...]


def box_text(stored: str) -> str:
    """A stored box ("[x0, y0, x1, y1]") as an address carries it; "" when there is none."""
    try:
        numbers = json.loads(stored) if stored else []
    except ValueError:
        return ""
    return ",".join(str(int(number)) for number in numbers) if len(numbers) == 4 else ""


def _vouched(field: DocumentField, names: Mapping[str, str]) -> str:
    """ "Nguyễn Văn An xác nhận, 02/11/2026 08:00"; who typed a value is said to have typed it."""
    if field.source == "machine" or not field.by:
        return ""
    name, at = names.get(field.by, ""), in_hanoi(field.at)
    if field.source == "hand":
        return _("%(name)s gõ tay, %(at)s", name=name, at=at)
    return _("%(name)s xác nhận, %(at)s", name=name, at=at)


def _source(fact: Fact, line: ContentsLine | None, names: Mapping[str, str]) -> Source:
    document = fact.document
    place = {page.id: page.position or 1 for page in line.pages} if line else {}
    page, box = place.get(fact.field.page_id or "", 1), box_text(fact.field.box)
    href = url_for("records.document", document_id=document.id, trang=page, o=box or None)
    dated = f", {paper_date(document.issued_on)}" if document.issued_on else ""
    return Source(href, f"{type_title(document.type_code)}{dated}", page, box, _vouched(fact.field, names))


def fact_lines(facts: Sequence[Fact], lines: Mapping[str, ContentsLine], names: Mapping[str, str]) -> list[FactLine]:
    """A person's facts in the order of the catalogue; equal values of several papers are one value."""
    by_key: dict[str, dict[str, list[Fact]]] = {}
    for fact in facts:
        if fact.key not in _OF_THE_PAPER and cell_of(fact.key) is None:
            same = " ".join(fact.field.value.casefold().split())
            by_key.setdefault(fact.key, {}).setdefault(same, []).append(fact)
    order = {key: place for place, key in enumerate(FIELD_LABELS)}
    return [
        FactLine(key, FIELD_LABELS.get(key, key), tuple(_value(same, lines, names) for same in _surest(by_key[key])))
        for key in sorted(by_key, key=lambda key: order.get(key, len(order)))
    ]


def _surest(groups: Mapping[str, list[Fact]]) -> list[list[Fact]]:
    """Values that more papers say first, then the surer reading."""
    return sorted(groups.values(), key=lambda same: (-len(same), -max(fact.field.confidence for fact in same)))


def _value(same: Sequence[Fact], lines: Mapping[str, ContentsLine], names: Mapping[str, str]) -> Value:
    best = max(same, key=lambda fact: fact.field.confidence)
    doubt = all(_doubtful(fact) for fact in same)
    sources = tuple(_source(fact, lines.get(fact.document.id), names) for fact in same)
    return Value(shown(best.key, best.field.value), doubt, sources)


def _doubtful(fact: Fact) -> bool:
    return fact.field.source == "machine" and (bool(fact.field.doubt) or fact.field.confidence < SURE)


def field_lines(view: PaperView) -> list[FactLine]:
    """What was read on one paper, for the column beside its pages; tables stand apart."""
    facts = [
        Fact(key, field, view.line.document)
        for key, field in view.fields.items()
        if field.value and cell_of(key) is None
    ]
    lines = {view.line.document.id: view.line}
    order = {key: place for place, key in enumerate(FIELD_LABELS)}
    return [
        FactLine(fact.key, FIELD_LABELS.get(fact.key, fact.key), (_value([fact], lines, view.names),))
        for fact in sorted(facts, key=lambda fact: order.get(fact.key, len(order)))
    ]


@dataclass(frozen=True)
class TableOfPaper:
    """A table read on one paper, with the paper's title; each row's mark opens the paper at that row."""

    table: Table
    paper: str
    hrefs: tuple[str, ...]


def tables(facts: Sequence[Fact], lines: Mapping[str, ContentsLine]) -> list[TableOfPaper]:
    """The tables that stand on papers, in the order of the papers."""
    cells: dict[str, dict[str, DocumentField]] = {}
    papers = {fact.document.id: fact.document for fact in facts}
    for fact in facts:
        if cell_of(fact.key) is not None:
            cells.setdefault(fact.document.id, {})[fact.key] = fact.field
    found = []
    for document_id, rows in cells.items():
        document, line = papers[document_id], lines.get(document_id)
        place = {page.id: page.position or 1 for page in line.pages} if line else {}
        dated = f", {paper_date(document.issued_on)}" if document.issued_on else ""
        for table in table_facts(rows):
            hrefs = tuple(
                url_for("records.document", document_id=document_id, trang=place.get(row.page_id, 1), o=row.box or None)
                for row in table.rows
            )
            found.append(TableOfPaper(table, f"{type_title(document.type_code)}{dated}", hrefs))
    return found


def masked_labels(keys: Sequence[str]) -> list[str]:
    """The groups that values left out of a page belong to, each once."""
    groups = dict.fromkeys(sensitive_group(key) for key in keys)
    return [SENSITIVE_LABELS[group] for group in groups if group]
