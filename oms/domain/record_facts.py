"""Facts of a record: what is taken in, how it is kept, and the head that is made of those in force. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from oms.domain.dated_rows import Catalogue, folded
from oms.domain.fields import normalised, shown
from oms.domain.record_items import CODED_COLUMN, ITEMS, MAIN_COLUMN, Item

_ISO = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_NUMBER = re.compile(r"-?\d+([.,]\d+)?")


@dataclass(frozen=True)
class Source:
    """Where a fact comes from. ``kind``: document | declaration | import | decision.

    A document's source has its page and box ("[x0, y0, x1, y1]" in pixels of the page); the others say in words.
    """

    kind: str
    document_id: str | None = None
    page_id: str | None = None
    box: str = ""
    words: str = ""


@dataclass(frozen=True)
class NewFact:
    """A fact to be kept: values as they are kept (ISO dates, decimal points), ``raw`` as they were written.

    A single item has the one key "value", a table its columns. ``starts``/``ends`` for items that do not say
    themselves since when they hold. ``entered_by`` where somebody else than the one acting typed or accepted it.
    """

    item: str
    values: Mapping[str, str]
    source: Source
    raw: Mapping[str, str] = field(default_factory=dict)
    starts: str = ""
    ends: str = ""
    secrecy: int = 0
    compartment: str = ""
    entered_by: str = ""


def cell_key(item: str, column: str) -> str:
    """The key under which ``oms.domain.fields`` knows how a value is checked and shown."""
    return item if column == "value" else f"{item}.1.{column}"


def checked(item: str, typed: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Values as they are kept, and for each that cannot be taken its column with what was typed. Blanks are left out.

    LookupError when there is no such item.
    """
    known = ITEMS[item]
    columns = [column.key for column in known.columns] or ["value"]
    values: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for column in columns:
        text = typed.get(column, "")
        if not text.strip():
            continue
        kept = normalised(cell_key(item, column), text)
        if kept is None:
            wrong[column] = text
        else:
            values[column] = kept
    return values, wrong


def _iso(value: str) -> str:
    return value if _ISO.fullmatch(value) else ""


def _days(item: Item, fact: NewFact) -> tuple[str, str]:
    """Since and until when: said by the fact, by its row, or by the date that the value itself is."""
    year = _iso(fact.values.get("year", ""))
    own = _iso(fact.values.get("value", ""))
    starts = fact.starts or _iso(fact.values.get("from", "")) or year or own
    ends = fact.ends or _iso(fact.values.get("to", "")) or year
    return starts, ends


def number_of(text: str) -> float | None:
    """The number a text begins with, decimal comma or point; None when it begins with none."""
    found = _NUMBER.match(text.strip())
    return float(found[0].replace(",", ".")) if found else None


def line_of(item: str, values: Mapping[str, str]) -> str:
    """The fact in one line, as an office writes it."""
    if "value" in values:
        return shown(item, values["value"])
    known = ITEMS[item]
    dates = [shown(cell_key(item, key), values[key]) for key in ("from", "to") if values.get(key)]
    rest = [
        shown(cell_key(item, column.key), values[column.key])
        for column in known.columns
        if column.key not in ("from", "to") and values.get(column.key)
    ]
    return ": ".join(filter(None, [" – ".join(dates), ", ".join(rest)]))


def coded_value(item: str, values: Mapping[str, str]) -> tuple[str, str]:
    """The closed list a fact's code comes from, and the text that is looked for in it; ("", "") when there is none."""
    known = ITEMS[item]
    if not known.is_table:
        return (known.list_code, values.get("value", "")) if known.list_code else ("", "")
    wanted = CODED_COLUMN.get(item, "")
    lists = {column.key: column.list_code for column in known.columns}
    text = values.get(wanted, "")
    return (lists[wanted], text) if wanted and text else ("", "")


def columns_of(fact: NewFact, catalogue: Catalogue) -> dict[str, Any]:
    """The searchable columns of a fact's row: code, text, folded, number, starts, ends."""
    known = ITEMS[fact.item]
    list_code, words = coded_value(fact.item, fact.values)
    main = fact.values.get("value") or fact.values.get(MAIN_COLUMN.get(fact.item, ""), "")
    text = line_of(fact.item, fact.values)
    starts, ends = _days(known, fact)
    return {
        "code": catalogue.code_in(list_code, words) if list_code else "",
        "text": text,
        "folded": folded(text),
        "number": number_of(main),
        "starts": starts,
        "ends": ends,
    }


@dataclass(frozen=True)
class Kept:
    """A fact in force as the head is made from it."""

    item: str
    values: Mapping[str, str]
    code: str
    starts: str
    ends: str


_TEXTS = {
    "birth_date": "birth_date",
    "position": "position",
    "unit": "unit_name",
    "salary_from": "salary_from",
    "seniority_from": "seniority_from",
    "recruited_on": "recruited_on",
    "party_joined_on": "party_joined_on",
    "party_official_on": "party_official_on",
    "appointed_on": "appointed_on",
    "reappointed_on": "reappointed_on",
    "left_on": "left_on",
}
_CODES = {
    "ethnicity": "ethnicity",
    "religion": "religion",
    "person_kind": "person_kind",
    "managed_by": "managed_by",
    "position": "position_code",
    "party_position": "party_position_code",
    "left_kind": "left_kind",
}
_LEVELS = {
    "highest_qualification": ("qualification_level", "chuyen_mon"),
    "political_theory": ("theory_level", "ly_luan"),
    "state_management": ("management_level", "quan_ly_nha_nuoc"),
    "it_level": ("it_level", "tin_hoc"),
    "foreign_language": ("language_level", "ngoai_ngu"),
}
_NUMBERS = {"salary_coefficient": "salary_coefficient", "seniority_allowance": "seniority_percent"}
_COUNTS = {"plannings": "plannings", "rewards_table": "rewards", "discipline_table": "disciplines"}
WIDTHS = {"position": 300, "unit_name": 300}


def head_of(facts: Iterable[Kept], catalogue: Catalogue) -> dict[str, Any]:
    """The columns of a record's head from its facts in force (``oms.store.record_tables.RecordHead``)."""
    head: dict[str, Any] = {name: "" for name in (*_TEXTS.values(), *_CODES.values(), "sex", "rank_code", "rating")}
    head |= {name: 0 for name, _list in _LEVELS.values()} | dict.fromkeys(_NUMBERS.values(), 0.0)
    head |= dict.fromkeys(_COUNTS.values(), 0) | {"salary_step": 0, "rating_year": 0}
    known = list(facts)
    for fact in known:
        if fact.item in _COUNTS:
            head[_COUNTS[fact.item]] += 1
        if fact.item == "evaluations":
            _rate(head, fact)
    for fact in newest_of(known).values():
        _put(head, fact, catalogue)
    return head


def newest_of(facts: Iterable[Kept]) -> dict[str, Kept]:
    """Of each single item the fact that counts: the one that starts last; of equal starts, the one entered last."""
    newest: dict[str, Kept] = {}
    for fact in facts:
        held = newest.get(fact.item)
        if "value" in fact.values and (held is None or fact.starts >= held.starts):
            newest[fact.item] = fact
    return newest


def _rate(head: dict[str, Any], fact: Kept) -> None:
    year = int(fact.starts[:4] or 0)
    if year >= head["rating_year"]:
        head["rating"], head["rating_year"] = fact.code, year


def _put(head: dict[str, Any], fact: Kept, catalogue: Catalogue) -> None:
    value = fact.values["value"]
    if fact.item in _TEXTS:
        name = _TEXTS[fact.item]
        head[name] = value[: WIDTHS.get(name, 10)]
    if fact.item in _CODES:
        head[_CODES[fact.item]] = fact.code
    if fact.item in _LEVELS:
        name, list_code = _LEVELS[fact.item]
        head[name] = catalogue.order(list_code, fact.code)
    if fact.item in _NUMBERS:
        head[_NUMBERS[fact.item]] = number_of(value) or 0.0
    if fact.item == "salary_step":
        head["salary_step"] = min(int(number_of(value) or 0), 99)
    if fact.item == "sex":
        head["sex"] = value[:10]
    if fact.item == "rank_code":
        head["rank_code"] = (fact.code or value)[:20]
