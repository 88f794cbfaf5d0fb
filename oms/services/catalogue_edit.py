"""The lists of the catalogue as people keep them: looked at, changed after a preview, taken in and out as files.

Every change is shown before it is made: what was, what will be, which days overlap or are left open, how much hangs
on it. A preview bears the list's mark; when somebody else has changed the list since, nothing is written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from oms.domain.access import Action, Principal
from oms.domain.dated_rows import Catalogue, Row, folded
from oms.domain.journal import Verb
from oms.domain.list_edits import (
    ADD,
    END,
    WITHDRAW,
    Plan,
    Shape,
    day_of,
    file_plan,
    judged,
    plan_of,
    read_row,
    typed_row,
)
from oms.domain.list_files import LineProblem, lines_of, rows_of
from oms.domain.list_words import LIST_LABELS, UNSURE, list_label
from oms.domain.record_items import CODED_COLUMN, ITEMS
from oms.errors import Conflict, InvalidInput, Refused
from oms.services import catalogues, others
from oms.services.house import What, note, require_role
from oms.store import catalogues as store
from oms.store import people
from oms.store.catalogue_tables import CatalogueRow
from oms.store.db import UnitOfWork
from oms.store.past_walls import past_walls

FEW = 10
"""A count below this is told as "fewer than": a bare number must not point at single persons."""

RULES = "quy_tac"
NOT_RECKONED = ("base_pay",)
"""Shipped rules that are told and reckoned by nowhere: a time without one breaks nothing."""

_RULE_DUES: Mapping[str, tuple[str, ...]] = {
    "raise_months.": ("raise", "over_frame"),
    "over_frame.": ("over_frame",),
    "retirement": ("retirement",),
    "term.": ("reappointment", "term_end"),
    "party_age.": ("party_age",),
    "lead.raise": ("raise", "over_frame"),
    "lead.retirement": ("retirement",),
    "lead.term": ("reappointment", "term_end"),
    "lead.birthday": ("party_age",),
    "lead.paper": ("paper",),
}


@dataclass(frozen=True)
class Summary:
    """One list in the index: rows on the day, rows in all, how many are not sure."""

    code: str
    rows: int
    total: int
    unsure: int


@dataclass(frozen=True)
class Effects:
    """How much hangs on a change: facts that bear the code, dates that are reckoned by it. None: not told."""

    facts: int | None
    dues: int | None


@dataclass(frozen=True)
class Preview:
    """A change before it is made. ``against`` forbids it; ``mark`` is the list's state it was made from."""

    list_code: str
    act: str
    plan: Plan
    against: tuple[str, ...]
    warnings: tuple[str, ...]
    effects: Effects
    mark: str


@dataclass(frozen=True)
class Past:
    """A row of the history with who entered and who ended it; ``live`` when it still counts."""

    row: Row
    by: str
    at: datetime
    ended_by: str
    ended_at: datetime | None
    replaces: int | None


def index(uow: UnitOfWork, principal: Principal, day: date, now: datetime) -> list[Summary]:
    """All lists, those without a row too; journalled."""
    require_role(principal, Action.CATALOGUE_VIEW, Verb.CATALOGUE_VIEW)
    catalogue = catalogues.load(uow)
    codes = list(dict.fromkeys([*LIST_LABELS, *catalogue.lists]))
    found = []
    for code in codes:
        rows = catalogue.history(code)
        unsure = sum(row.mark in UNSURE for row in rows)
        found.append(Summary(code, len(catalogue.rows(code, day)), len(rows), unsure))
    shown = [each for each in found if each.total or each.code == "bien_che"]
    note(uow, principal, Verb.CATALOGUE_VIEW, now, what=What("catalogue"), detail={"lists": len(shown)})
    return shown


def _known(uow: UnitOfWork, list_code: str, verb: Verb) -> list[Row]:
    rows = store.list_rows(uow.session, list_code)
    if not rows and list_code not in LIST_LABELS and not store.history(uow.session, list_code):
        raise Refused(verb, kind="catalogue", object_id=list_code, reason="no such list")
    return rows


def view(
    uow: UnitOfWork, principal: Principal, list_code: str, day: date | None, words: str, now: datetime
) -> list[Row]:
    """The rows of a list valid on a day (None: whatever their days) that hold some words; journalled."""
    require_role(principal, Action.CATALOGUE_VIEW, Verb.CATALOGUE_VIEW)
    rows = _known(uow, list_code, Verb.CATALOGUE_VIEW)
    wanted = folded(words).split()
    found = [row for row in rows if (day is None or row.valid_on(day)) and _holds(row, wanted)]
    what = What("catalogue", list_code, list_label(list_code))
    note(uow, principal, Verb.CATALOGUE_VIEW, now, what=what, detail={"rows": len(found)})
    return found


def _holds(row: Row, words: Sequence[str]) -> bool:
    text = folded(" ".join((row.code, row.label, *row.aliases, row.legal_basis)))
    return all(word in text for word in words)


def past(uow: UnitOfWork, principal: Principal, list_code: str, code: str, now: datetime) -> list[Past]:
    """Every row there ever was in a list, or of one code, with who and when; journalled."""
    require_role(principal, Action.CATALOGUE_VIEW, Verb.CATALOGUE_VIEW)
    _known(uow, list_code, Verb.CATALOGUE_VIEW)
    rows = store.history(uow.session, list_code, code)
    names = people.names_of(uow.session, {name for row in rows for name in (row.created_by, row.ended_by) if name})
    detail = {"history": True, "rows": len(rows), "code": code}
    note(uow, principal, Verb.CATALOGUE_VIEW, now, what=What("catalogue", list_code), detail=detail)
    return [_past(row, names) for row in rows]


def _past(row: CatalogueRow, names: Mapping[str, str]) -> Past:
    by = names.get(row.created_by or "", "")
    ended_by = names.get(row.ended_by or "", "")
    return Past(store.as_row(row), by, row.created_at, ended_by, row.ended_at, row.replaces)


def shape(uow: UnitOfWork, list_code: str) -> Shape:
    """The numbers rows of a list have (no record, nothing to journal)."""
    return Shape(list_code, store.list_rows(uow.session, list_code))


def mark(uow: UnitOfWork, list_code: str) -> str:
    """The state a list is in: another after every change (no record, nothing to journal)."""
    return store.mark_of(uow.session, list_code)


def row_to_edit(uow: UnitOfWork, principal: Principal, list_code: str, row_id: int | None) -> Row | None:
    """The live row to be edited, None for a new one. Refused when there is no such row."""
    require_role(principal, Action.CATALOGUE_EDIT, Verb.CATALOGUE_CHANGE)
    rows = _known(uow, list_code, Verb.CATALOGUE_CHANGE)
    if row_id is None:
        return None
    found = next((row for row in rows if row.row_id == row_id), None)
    if found is None:
        raise Refused(Verb.CATALOGUE_CHANGE, kind="catalogue", object_id=list_code, reason="no such row")
    return found


def preview(
    uow: UnitOfWork, principal: Principal, list_code: str, row_id: int | None, act: str, typed: Mapping[str, str]
) -> tuple[Preview | None, dict[str, str]]:
    """What an edit by hand would do, or for each field what is wrong with it. Nothing is written."""
    before = row_to_edit(uow, principal, list_code, row_id)
    rows = store.list_rows(uow.session, list_code)
    wanted: Row | None = None
    problems: dict[str, str] = {}
    if act not in (END, WITHDRAW):
        wanted, problems = read_row(Shape(list_code, rows), typed)
    try:
        day = day_of(typed.get("day", ""))
    except ValueError:
        day, problems["day"] = None, "Ngày chưa đúng: hãy nhập đủ ngày, tháng, năm, như 05/08/2026."
    if before is not None and wanted is not None and wanted.code != before.code:
        problems["code"] = "Không đổi mã của một dòng: hãy kết thúc dòng này và thêm dòng mới."
    if problems:
        return None, problems
    plan, wrong = plan_of(act if before is not None else ADD, before, wanted, day)
    if wrong:
        return None, wrong
    return _preview(uow, list_code, act, rows, plan), {}


def _preview(uow: UnitOfWork, list_code: str, act: str, rows: Sequence[Row], plan: Plan) -> Preview:
    against, warnings = judged(rows, plan)
    if list_code == RULES:
        against = (*against, *_left_without(uow, rows, plan))
    effects = _effects(uow, list_code, plan)
    return Preview(list_code, act, plan, against, warnings, effects, store.mark_of(uow.session, list_code))


def _left_without(uow: UnitOfWork, rows: Sequence[Row], plan: Plan) -> list[str]:
    """Shipped rules that the plan would leave without a row for the days to come: pages and dates reckon by them."""
    gone = {row.row_id for row in plan.gone}
    stay = {row.code for row in rows if row.row_id not in gone and row.valid_to is None}
    stay |= {row.code for row, _replaced in plan.new if row.valid_to is None}
    lacking = sorted({row.code for row in plan.gone} - stay - {*NOT_RECKONED})
    shipped = [
        code for code in lacking if any(row.created_by is None for row in store.history(uow.session, RULES, code))
    ]
    return [
        f"Quy tắc {code} đang dùng để tính hạn và kiểm tra: hãy đổi từ một ngày bằng dòng mới, không bỏ trống."
        for code in shipped
    ]


def items_of(list_code: str) -> list[str]:
    """The items of the record whose facts bear a code of this list."""
    found = []
    for key, item in ITEMS.items():
        lists = {column.key: column.list_code for column in item.columns}
        coded = lists.get(CODED_COLUMN.get(key, ""), "") if item.is_table else item.list_code
        if coded == list_code:
            found.append(key)
    return found


def _effects(uow: UnitOfWork, list_code: str, plan: Plan) -> Effects:
    """Bare counts over what is at no level of secrecy; of sensitive groups none at all."""
    codes = {row.code for row in plan.gone} | {row.code for row, _replaced in plan.new}
    items = items_of(list_code)
    facts, dues = None, None
    if items and len(codes) <= 50 and not any(ITEMS[item].sensitive for item in items):
        with past_walls(uow.session):  # who keeps the lists sees no record
            facts = sum(store.open_bearers(uow.session, items, code) for code in codes)
    kinds: set[str] = {"raise", "over_frame"} if list_code == "ngach" else set()
    if list_code == "quy_tac":
        kinds = {
            kind for code in codes for start, some in _RULE_DUES.items() if code.startswith(start) for kind in some
        }
    if kinds:
        with past_walls(uow.session):
            dues = store.open_dues(uow.session, sorted(kinds))
    return Effects(facts, dues)


def _columns(row: Row, replaced: int, by: str, now: datetime) -> dict[str, Any]:
    return {
        "list_code": row.list_code,
        "code": row.code,
        "label": row.label,
        "aliases": json.dumps(list(row.aliases), ensure_ascii=False),
        "position": row.position,
        "extra": json.dumps(dict(row.extra), ensure_ascii=False),
        "valid_from": row.valid_from,
        "valid_to": row.valid_to,
        "legal_basis": row.legal_basis,
        "mark": row.mark,
        "replaces": replaced or None,
        "created_by": by,
        "created_at": now,
    }


def carry_out(
    uow: UnitOfWork, principal: Principal, found: Preview, seen: str, now: datetime, verb: Verb = Verb.CATALOGUE_CHANGE
) -> int:
    """Makes the previewed change; how many waiting words of records the list now knows.

    Conflict when the list has changed since the preview; InvalidInput when days would overlap.
    """
    require_role(principal, Action.CATALOGUE_EDIT, verb)
    if seen != found.mark:
        raise Conflict
    if found.against:
        raise InvalidInput("valid_from", found.against[0])
    gone = [row.row_id for row in found.plan.gone]
    rows = store.list_rows(uow.session, found.list_code)
    live = [*(row for row in rows if row.row_id not in set(gone)), *(row for row, _replaced in found.plan.new)]
    detail = {"act": found.act, "ended": gone[:200], "new": len(found.plan.new), "gone": len(gone)}
    what = What("catalogue", found.list_code, list_label(found.list_code))
    note(uow, principal, verb, now, what=what, detail=detail)
    store.end_rows(uow.session, gone, principal.account_id, now)
    columns = [_columns(row, replaced, principal.account_id, now) for row, replaced in found.plan.new]
    store.add_rows(uow.session, columns)
    # not catalogues.load: what is not committed yet must not stay in the memory all requests share
    return others.resolve(uow, Catalogue(live), [found.list_code], principal.account_id, now)


def export(uow: UnitOfWork, principal: Principal, list_code: str, form: str, now: datetime) -> list[list[str]]:
    """The list's live rows as lines of a table, headings first; journalled with their number."""
    require_role(principal, Action.CATALOGUE_VIEW, Verb.CATALOGUE_EXPORT)
    rows = _known(uow, list_code, Verb.CATALOGUE_EXPORT)
    what = What("catalogue", list_code, list_label(list_code))
    note(uow, principal, Verb.CATALOGUE_EXPORT, now, what=what, detail={"rows": len(rows), "form": form})
    return lines_of(rows, Shape(list_code, rows))


def preview_file(
    uow: UnitOfWork,
    principal: Principal,
    list_code: str,
    lines: Sequence[tuple[int, Sequence[str]]],
    end_missing: bool,
) -> tuple[Preview | None, list[LineProblem]]:
    """What taking in a file would do, or every problem by line and column. Nothing is written."""
    require_role(principal, Action.CATALOGUE_EDIT, Verb.CATALOGUE_IMPORT)
    rows = _known(uow, list_code, Verb.CATALOGUE_IMPORT)
    wanted, problems = rows_of(lines, Shape(list_code, rows))
    if problems:
        return None, problems
    plan = file_plan(rows, wanted, end_missing)
    found = _preview(uow, list_code, "import", rows, plan)
    if found.against:
        return None, [LineProblem(0, "", text) for text in found.against[:200]]
    return found, []


def codes_of(uow: UnitOfWork, list_code: str) -> list[tuple[str, str]]:
    """The codes of a list with their words, for choosing one; lists are no records."""
    return list({row.code: row.label for row in store.list_rows(uow.session, list_code)}.items())


def with_alias(
    uow: UnitOfWork, principal: Principal, list_code: str, code: str, words: str
) -> tuple[Row, dict[str, str]]:
    """The newest row of a code and how it is typed with another way to write it. Refused when there is no such row."""
    require_role(principal, Action.CATALOGUE_EDIT, Verb.CATALOGUE_CHANGE)
    rows = _known(uow, list_code, Verb.CATALOGUE_CHANGE)
    own = [row for row in rows if row.code == code]
    if not own:
        raise Refused(Verb.CATALOGUE_CHANGE, kind="catalogue", object_id=list_code, reason="no such row")
    newest = max(own, key=lambda row: row.valid_from or date.min)
    typed = typed_row(newest, Shape(list_code, rows))
    typed["aliases"] = "; ".join([*newest.aliases, words.replace(";", " ")])
    return newest, typed
