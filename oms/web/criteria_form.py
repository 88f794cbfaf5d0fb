"""The form of one condition: what it offers, and what it sends turned into a condition. The web's side of criteria."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask import url_for
from werkzeug.datastructures import MultiDict

from oms.domain.access import Principal, may_read_field
from oms.domain.criteria import BadCriteria, Condition, Criteria, Group, as_json, checked_condition
from oms.domain.criteria_fields import ARGUMENTS, FIELD_LABELS, FIELDS, GROUPS, OP_LABELS, OPS, POST_LEVELS, Field, Kind
from oms.domain.criteria_words import Path, add, part_at, put, words_of
from oms.domain.dated_rows import Catalogue
from oms.domain.organisation import Block
from oms.domain.record_items import ITEMS
from oms.web import words as catalogue

FIELD_WORDS = catalogue.Words(FIELD_LABELS)
GROUP_WORDS = catalogue.Words(GROUPS)
OP_WORDS = catalogue.Words(OP_LABELS)
LEVEL_WORDS = catalogue.Words(POST_LEVELS)
_PATH = re.compile(r"\d{1,2}(\.\d{1,2}){0,3}")


def path_of(text: str) -> Path:
    """A part's place as sent ("0.2"); () for the whole, and for what is no place."""
    return tuple(int(part) for part in text.split(".")) if _PATH.fullmatch(text) else ()


@dataclass(frozen=True)
class Drawn:
    """A part of the question as drawn: its place, its words, the links that change it."""

    place: str
    words: str
    remove: str
    group: Group | None = None
    parts: tuple[Drawn, ...] = ()
    other_join: str = ""
    other_sign: str = ""


def address(criteria: Criteria, **more: Any) -> str:
    """The page of a question."""
    asked = as_json(criteria) if criteria.root.parts or criteria.on else None
    return url_for("criteria.criteria", tieu_chi=asked, **more)


def drawn(criteria: Criteria, lists: Catalogue, units: dict[str, str]) -> Drawn:
    """The question as a tree to be drawn."""
    return _drawn(criteria, criteria.root, (), lists, units)


def _drawn(criteria: Criteria, part: Condition | Group, path: Path, lists: Catalogue, units: dict[str, str]) -> Drawn:
    place = ".".join(map(str, path))
    remove = _changed(criteria, put(criteria.root, path, None)) if path else url_for("criteria.criteria")
    if isinstance(part, Condition):
        return Drawn(place, words_of(part, lists, units), remove)
    inner = tuple(_drawn(criteria, each, (*path, n), lists, units) for n, each in enumerate(part.parts))
    other = Group("any" if part.join == "all" else "all", part.parts, part.negated)
    sign = Group(part.join, part.parts, not part.negated)
    turned = [_changed(criteria, put(criteria.root, path, each) if path else each) for each in (other, sign)]
    return Drawn(place, "", remove, part, inner, *turned)


def _changed(criteria: Criteria, root: Group) -> str:
    return address(Criteria(root, criteria.on))


def with_part(criteria: Criteria, place: str, part: Condition | Group) -> Criteria:
    """The question with one more part in the group at a place; at the end when there is no such group."""
    path = path_of(place)
    try:
        held = part_at(criteria.root, path)
    except IndexError:
        held = criteria.root
    if not isinstance(held, Group) or held is criteria.root:
        path = ()
    return Criteria(add(criteria.root, path, part), criteria.on)


def groups_of(criteria: Criteria) -> list[tuple[str, str]]:
    """The groups a condition can be put into: place and number as drawn."""
    found: list[tuple[str, str]] = []

    def walk(group: Group, path: Path) -> None:
        for number, part in enumerate(group.parts):
            if isinstance(part, Group):
                place = ".".join(map(str, (*path, number)))
                found.append((place, place))
                walk(part, (*path, number))

    walk(criteria.root, ())
    return found


def offered(principal: Principal) -> list[dict[str, str]]:
    """The fields that may be asked, by group; those of a sensitive group only with its permission."""
    return [
        {"value": key, "label": FIELD_WORDS[key], "group": GROUP_WORDS[group]}
        for group in GROUPS
        for key, field in FIELDS.items()
        if field.group == group and may_read_field(principal, field.sensitive)
    ]


def from_form(what: str, sent: MultiDict[str, str], lists: Catalogue) -> Condition:
    """The condition a form sent; BadCriteria names the field at fault."""
    field = FIELDS[what]
    op = sent.get("op", "")
    if op not in OPS[field.kind]:
        raise BadCriteria("Hãy chọn cách so sánh.", "op")
    names = ARGUMENTS[field.kind]
    said = {name: ",".join(sent.getlist(name)) if name == "codes" else sent.get(name, "").strip() for name in names}
    return checked_condition(Condition(what, op, {name: value for name, value in said.items() if value}), lists)


def choices(field: Field, lists: Catalogue, principal: Principal) -> dict[str, Any]:
    """What the form of a field lets one choose from."""
    made: dict[str, Any] = {"ops": [(op, _op_label(field, op)) for op in OPS[field.kind]]}
    list_code = {Kind.HELD: "chuc_vu"}.get(field.kind, field.list_code)
    if field.key == "block" or field.kind is Kind.HELD:
        made["blocks"] = [(block, catalogue.BLOCK_LABELS[block]) for block in Block if block is not Block.ALL]
    made["codes"] = _codes(lists, list_code) if list_code else made.get("blocks", [])
    if field.kind is Kind.HELD:
        made["levels"] = list(LEVEL_WORDS.items())
    if field.kind is Kind.TRAINING:
        made["kinds"], made["awards"] = _codes(lists, "loai_dao_tao"), _codes(lists, "van_bang")
    if field.kind is Kind.WORDS:
        items = [item for item in ITEMS.values() if may_read_field(principal, item.sensitive)]
        made["items"] = [(item.key, catalogue.ITEM_LABELS[item.key]) for item in items]
    return made


def _op_label(field: Field, op: str) -> str:
    return OP_WORDS["ge" if op == "from" else op] if field.kind is Kind.LEVEL else OP_WORDS[op]


def _codes(lists: Catalogue, list_code: str) -> list[tuple[str, str]]:
    return list({row.code: (row.code, row.label) for row in lists.history(list_code)}.values())
