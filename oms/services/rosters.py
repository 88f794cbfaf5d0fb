"""Rosters (trích ngang): chosen columns of the cadres that criteria find, on screen and taken away.

What a reader lacks the permission for is a masked cell, never an empty one, and no order can be asked by it. A list
is as secret as the highest of its parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from oms.domain.access import Action, Principal, may_read_field, visibility
from oms.domain.catalogue import MIN_PURPOSE_TEXT, PURPOSES
from oms.domain.criteria import BadCriteria, Criteria, as_json
from oms.domain.journal import Verb
from oms.domain.record_items import ITEMS
from oms.domain.rosters import SHIPPED, SORTED_BY, Layout, chosen, columns, of_body, sensitive, years
from oms.errors import InvalidInput
from oms.services import criteria as questions
from oms.services import large_exports, secret_copies
from oms.services.criteria import Counted
from oms.services.house import House, What, Why, note, require_role
from oms.services.large_exports import PersonList
from oms.services.secret_copies import Copied, Leaving
from oms.store import criteria as store
from oms.store import dossiers
from oms.store.criteria import Asking, Line, Part
from oms.store.db import UnitOfWork
from vietnamese.text import nfc

MASKED = "(không có quyền xem)"
AT_ONCE = 2000
MOST_TAKEN = 1_000_000
MOST_PRINTED = 3000
"""Rows of a roster as PDF: some minutes of drawing; a longer one is taken as Excel."""

_HEAD = {
    "birth_date": "birth_date", "sex": "sex", "position": "position", "unit": "unit_name",
    "salary_from": "salary_from", "recruited_on": "recruited_on", "party_joined_on": "party_joined_on",
    "party_official_on": "party_official_on", "appointed_on": "appointed_on", "reappointed_on": "reappointed_on",
    "left_on": "left_on", "seniority_from": "seniority_from",
}  # fmt: skip
"""Items whose text the head of a record holds already."""
_ASKED = sorted({*_HEAD.values(), "rewards"})


@dataclass(frozen=True)
class Wanted:
    """Which roster: its title, columns, the question, how it is sorted."""

    layout: Layout
    criteria: Criteria
    sort: str = "full_name"
    down: bool = False


@dataclass(frozen=True, slots=True)
class RosterLine:
    """One line: its dossier, its cells in the order of the columns, the highest level among its parts."""

    dossier_id: str
    cells: tuple[str, ...]
    secrecy: int


@dataclass(frozen=True)
class Roster:
    """A page of a roster, or the whole: headings, lines, how many in all, the question in words."""

    wanted: Wanted
    headings: tuple[str, ...]
    lines: tuple[RosterLine, ...]
    counted: Counted
    words: str
    secrecy: int


def layout_of(uow: UnitOfWork, principal: Principal, name: str) -> Layout:
    """A roster that ships, or a saved one by its id. Refused when missing or not shared."""
    if name in SHIPPED:
        return SHIPPED[name]
    row = questions.find_saved(uow, principal, questions.ROSTER, name).row
    return Layout(row.title, _checked(of_body, row.body))


def with_columns(layout: Layout, keys: Sequence[str]) -> Layout:
    """The layout with other columns; InvalidInput when they cannot be."""
    return replace(layout, columns=_checked(chosen, keys))


def _checked(make: Callable[[Any], tuple[str, ...]], said: Sequence[str]) -> tuple[str, ...]:
    try:
        return make(said)
    except BadCriteria as problem:
        raise InvalidInput(problem.field, problem.words) from None


def show(uow: UnitOfWork, principal: Principal, wanted: Wanted, limit: int, offset: int, now: datetime) -> Roster:
    """One page of a roster; the row is that of a question."""
    require_role(principal, Action.CRITERIA_RUN, Verb.CRITERIA_RUN)
    questions.allow(uow, principal, wanted.criteria, Verb.CRITERIA_RUN, now)
    asking = questions.asking_of(uow, principal, wanted.criteria, now)
    counted, ids = store.find(uow.session, wanted.criteria, asking, _part(wanted, limit, offset))
    lines = tuple(_lines(uow, principal, wanted, asking, ids))
    questions.note_run(uow, principal, wanted.criteria, [line.dossier_id for line in lines], counted, now)
    return _roster(uow, wanted, lines, counted)


def _part(wanted: Wanted, limit: int, offset: int = 0) -> Part:
    return Part(limit, offset, SORTED_BY.get(wanted.sort, "full_name"), wanted.down)


def _roster(uow: UnitOfWork, wanted: Wanted, lines: tuple[RosterLine, ...], counted: Counted) -> Roster:
    headings = tuple(columns()[key] for key in wanted.layout.columns)
    level = max((line.secrecy for line in lines), default=0)
    return Roster(wanted, headings, lines, counted, questions.words_of(uow, wanted.criteria), level)


def _lines(
    uow: UnitOfWork, principal: Principal, wanted: Wanted, asking: Asking, ids: Sequence[str]
) -> Iterator[RosterLine]:
    """The lines of some dossiers, some at a time."""
    masked = {key for key in wanted.layout.columns if not may_read_field(principal, sensitive(key))}
    items = [key for key in wanted.layout.columns if key in ITEMS and key not in (*_HEAD, "full_name", *masked)]
    said: dict[str, str] = {}  # the same words are kept once: a province's roster repeats units, posts and days
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        facts = store.lines_of(uow.session, asking.view, some, items)
        for found in store.plain_of(uow.session, asking.view, some, _ASKED):
            cells, level = [], int(found.level)
            for key in wanted.layout.columns:
                lines = facts.get((found.dossier_id, key), [])
                cell = MASKED if key in masked else _cell(key, found, lines, asking.on)
                cells.append(said.setdefault(cell, cell))
                for line in lines:
                    level = max(level, line.secrecy)
            yield RosterLine(found.dossier_id, tuple(cells), level)


def _cell(key: str, found: Any, lines: Sequence[Line], on: date) -> str:
    if key in _HEAD:
        value = str(getattr(found, _HEAD[key]))
        return value if key in ("sex", "position", "unit") else "/".join(reversed(value.split("-")))
    if key == "full_name":
        return str(found.full_name)
    if key in ITEMS:
        if ITEMS[key].is_table:
            return "; ".join(line.text for line in lines)
        return lines[-1].text if lines else ""
    return _DERIVED[key](found, on)


_DERIVED: dict[str, Callable[[Any, date], str]] = {
    "number": lambda found, on: str(found.number),
    "holding_unit": lambda found, on: str(found.holding_unit),
    "age": lambda found, on: years(found.birth_date, on),
    "party_age": lambda found, on: years(found.party_joined_on, on),
    "service_years": lambda found, on: years(found.recruited_on, on),
    "reward_count": lambda found, on: str(found.rewards),
    "note": lambda found, on: "",
}


# taken away


@dataclass(frozen=True)
class Purpose:
    """What a list is taken away for: a choice and words, as at a dossier's door."""

    purpose: str
    reason: str

    def checked(self) -> Purpose:
        """With the words tidied; InvalidInput when it is not said well enough."""
        if self.purpose not in PURPOSES:
            raise InvalidInput("purpose", "Hãy chọn mục đích.")
        words = " ".join(nfc(self.reason).split())[:500]
        if len(words) < MIN_PURPOSE_TEXT:
            raise InvalidInput("reason", f"Hãy ghi rõ lý do, ít nhất {MIN_PURPOSE_TEXT} ký tự.")
        return Purpose(self.purpose, words)


@dataclass(frozen=True)
class Export:
    """How a roster is taken: "xlsx" or "pdf", what for, and what draws the bytes from its lines."""

    kind: str
    purpose: Purpose
    draw: Callable[[Roster], bytes]
    leaving: Leaving | None = None


def export(house: House, principal: Principal, wanted: Wanted, taking: Export, now: datetime) -> tuple[bytes, int]:
    """The whole roster as a file. The bytes are made from one snapshot, so that nobody's writing waits for them;
    the row with the count, columns, digest of ids, size and purpose is durable before a byte is handed over. With its
    level; a list that has one is entered in the register of copies (the size and digest are of the list unstamped).
    """
    purpose = taking.purpose.checked()
    with house.work(principal, now) as uow:
        require_role(principal, Action.LIST_EXPORT, Verb.LIST_EXPORT)
    _allowed(house, principal, wanted, now)
    with house.look(principal) as uow:
        roster = _whole(uow, principal, wanted, taking, now)
        data = taking.draw(roster)
    ids = [line.dossier_id for line in roster.lines]
    detail = {
        "format": taking.kind,
        "columns": list(wanted.layout.columns),
        "criteria": as_json(wanted.criteria),
        "total": len(ids),
        "ids_sha256": sha256("\n".join(ids).encode()).hexdigest(),
        "first_ids": ids[:200],
        "bytes": len(data),
        "sha256": sha256(data).hexdigest(),
    }
    why = Why(purpose.reason, purpose.purpose)
    with house.work(principal, now) as uow:
        listed = _person_list(uow, principal, roster, taking, purpose)
        cleared = large_exports.clear(uow, principal, listed, now)
        detail |= cleared.detail
        copied = Copied("list", What("list", "", wanted.layout.title), cleared.target, principal.unit_id)
        entered = secret_copies.enter(uow, principal, copied, taking.leaving, purpose.reason, now, kind=taking.kind)
        note(uow, principal, Verb.LIST_EXPORT, now, why=why, target=cleared.target, detail=detail)
    return secret_copies.marked(data, entered, taking.kind), cleared.target.secrecy


def _person_list(uow: UnitOfWork, principal: Principal, roster: Roster, taking: Export, purpose: Purpose) -> PersonList:
    """The roster as a list that leaves: every line with the level of what it shows and of its dossier."""
    ids = [line.dossier_id for line in roster.lines]
    levels = dossiers.levels_of(uow.session, visibility(principal, Action.LIST_EXPORT), ids)
    parts = []
    for line in roster.lines:
        secrecy, area = levels.get(line.dossier_id, (0, ""))
        parts.append(large_exports.Part(line.dossier_id, max(secrecy, line.secrecy), area))
    wanted = roster.wanted
    asked = {"criteria": as_json(wanted.criteria), "columns": list(wanted.layout.columns), "format": taking.kind}
    told = (("Cột", ", ".join(roster.headings)), ("Bộ lọc", roster.words), ("Loại tệp", taking.kind))
    return PersonList("Trích ngang", asked, parts, purpose.reason, told)


def _allowed(house: House, principal: Principal, wanted: Wanted, now: datetime) -> None:
    """Asks for the sensitive groups; the row of a refusal is kept although the export ends."""
    problem: InvalidInput | None = None
    with house.work(principal, now) as uow:
        try:
            questions.allow(uow, principal, wanted.criteria, Verb.LIST_EXPORT, now)
        except InvalidInput as caught:
            problem = caught
    if problem is not None:
        raise problem


def _whole(uow: UnitOfWork, principal: Principal, wanted: Wanted, taking: Export, now: datetime) -> Roster:
    asking = questions.asking_of(uow, principal, wanted.criteria, now)
    asking = replace(asking, view=visibility(principal, Action.LIST_EXPORT))
    counted, ids = store.find(uow.session, wanted.criteria, asking, _part(wanted, MOST_TAKEN))
    if taking.kind == "pdf" and counted.sure > MOST_PRINTED:
        raise InvalidInput("kind", f"Có {counted.sure} người, quá {MOST_PRINTED} dòng cho PDF: hãy xuất Excel.")
    return _roster(uow, wanted, tuple(_lines(uow, principal, wanted, asking, ids)), counted)
