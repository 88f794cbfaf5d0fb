"""The register of units: the tree on a day, one unit with its history, codes. Names of units are no records."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from oms.domain.access import Action, Principal, Target, visibility
from oms.domain.journal import Verb
from oms.domain.organisation import UNIT_COLUMNS, Block, stands_on
from oms.domain.records import day_in_hanoi
from oms.errors import InvalidInput, Refused
from oms.services import catalogues, setup
from oms.services.house import What, note, require, require_role
from oms.services.succession import Counts, NewUnit, check_codes, checked_new, counts_of, known, make
from oms.store import people, units
from oms.store.db import UnitOfWork
from oms.store.tables import Unit, UnitAct
from oms.store.units import Named
from vietnamese import places
from vietnamese.text import fold


@dataclass(frozen=True)
class Filter:
    """What the register is narrowed to; ``day`` None shows units of every time."""

    words: str = ""
    block: str = ""
    day: date | None = None


@dataclass(frozen=True)
class Line:
    """One unit of the register with its place in the tree."""

    unit: Unit
    depth: int
    followers: tuple[Unit, ...]


def register(
    uow: UnitOfWork, principal: Principal, wanted: Filter, limit: int, offset: int, now: datetime
) -> tuple[list[Line], int]:
    """Units in tree order within a filter, and how many there are; journalled."""
    require_role(principal, Action.UNIT_VIEW, Verb.UNIT_LIST)
    found = [unit for unit in _in_tree_order(units.everything(uow.session)) if _fits(unit, wanted)]
    shown = found[offset : offset + limit]
    after: dict[int, list[Unit]] = {}
    for each in units.successions(uow.session):
        after.setdefault(each.predecessor.id, []).append(each.successor)
    note(uow, principal, Verb.UNIT_LIST, now, detail={"shown": len(shown), "total": len(found), "offset": offset})
    return [Line(unit, unit.path.count("/"), tuple(after.get(unit.id, ()))) for unit in shown], len(found)


def _in_tree_order(found: Sequence[Unit]) -> list[Unit]:
    """By numbers of the path, not by its letters ("1/10" after "1/9")."""
    return sorted(found, key=lambda unit: [int(part) if part.isdecimal() else 0 for part in unit.path.split("/")])


def _fits(unit: Unit, wanted: Filter) -> bool:
    if wanted.block and unit.block != wanted.block:
        return False
    if wanted.day is not None and not stands_on(unit.valid_from, unit.valid_to, wanted.day):
        return False
    if not wanted.words:
        return True
    said = fold(f"{unit.name} {unit.code} {unit.code_party} {unit.code_state}")
    return all(word in said for word in fold(wanted.words).split())


@dataclass(frozen=True)
class UnitView:
    """One unit: where it stands, its history, its codes, what it holds as far as this person may know."""

    unit: Unit
    above: tuple[Unit, ...]
    below: tuple[Unit, ...]
    before: tuple[units.Following, ...]
    after: tuple[units.Following, ...]
    counts: Counts
    taken_over: Counts
    level: str
    place: str
    stands: bool


def about(uow: UnitOfWork, principal: Principal, unit_id: int, now: datetime) -> UnitView:
    """One unit with its history; journalled. Refused when there is none."""
    require(principal, Action.UNIT_VIEW, Verb.UNIT_LIST, kind="unit", object_id=str(unit_id))
    unit = _unit(uow, unit_id, Verb.UNIT_LIST)
    note(uow, principal, Verb.UNIT_LIST, now, what=What("unit", str(unit.id), unit.code))
    linked = units.successions(uow.session, unit.id)
    own = _in_tree_order(units.below(uow.session, unit.path))
    today = day_in_hanoi(now)
    taken = units.with_predecessors(uow.session, unit.path, today)[1:]
    place = places.of_code(unit.place) if unit.place else None
    return UnitView(
        unit,
        tuple(units.of_ids(uow.session, [int(part) for part in unit.path.split("/")[:-1]])),
        tuple(each for each in own if each.parent_id == unit.id),
        tuple(each for each in linked if each.successor.id == unit.id),
        tuple(each for each in linked if each.predecessor.id == unit.id),
        counts_of(uow, principal, [unit.path]),
        counts_of(uow, principal, taken) if taken else Counts(None, None),
        catalogues.load(uow).label("cap_don_vi", unit.level),
        places.in_words(place) if place else "",
        stands_on(unit.valid_from, unit.valid_to, today),
    )


def _unit(uow: UnitOfWork, unit_id: int, verb: Verb) -> Unit:
    unit = units.by_id(uow.session, unit_id)
    if unit is None:
        raise Refused(verb, kind="unit", object_id=str(unit_id), reason="missing")
    return unit


def levels(uow: UnitOfWork, now: datetime) -> list[tuple[str, str]]:
    """The levels a unit may have today, as code and words."""
    return [(row.code, row.label) for row in catalogues.load(uow).rows("cap_don_vi", day_in_hanoi(now))]


def create(uow: UnitOfWork, principal: Principal, new: NewUnit, parent: str, since: date, now: datetime) -> Unit:
    """Makes a unit that comes after none, under a parent; journalled."""
    require(principal, Action.UNIT_MANAGE, Verb.UNIT_CREATE, kind="unit")
    above = known(uow, "parent", parent)
    if new.block not in {str(block) for block in Block if block is not Block.ALL}:
        raise InvalidInput("block", "Hãy chọn khối.")
    if above.block not in (new.block, Block.ALL):
        raise InvalidInput("block", "Đơn vị cấp trên thuộc khối khác.")
    if not stands_on(above.valid_from, above.valid_to, since):
        raise InvalidInput("parent", f"{above.name} không hoạt động vào ngày đó.")
    if new.level not in {code for code, _words in levels(uow, now)}:
        raise InvalidInput("level", "Hãy chọn cấp.")
    checked = checked_new(uow, new, since, ())
    made = make(uow, checked, above, above, since)
    note(uow, principal, Verb.UNIT_CREATE, now, what=What("unit", str(made.id), made.code), target=Target(made.path))
    return made


def change_codes(uow: UnitOfWork, principal: Principal, unit_id: int, values: dict[str, str], now: datetime) -> Unit:
    """Sets a unit's official codes and the place it stands for. Its name and days change by decisions only."""
    require(principal, Action.UNIT_MANAGE, Verb.UNIT_CHANGE, kind="unit", object_id=str(unit_id))
    unit = _unit(uow, unit_id, Verb.UNIT_CHANGE)
    party, state = values.get("code_party", "").strip(), values.get("code_state", "").strip()
    check_codes(uow, party, state, day_in_hanoi(now), {unit.id})
    place = _place(values.get("place", ""), unit)
    changed = [
        name
        for name, value in (("code_party", party), ("code_state", state), ("place", place))
        if getattr(unit, name) != value
    ]
    unit.code_party, unit.code_state, unit.place = party, state, place
    what = What("unit", str(unit.id), unit.code)
    note(uow, principal, Verb.UNIT_CHANGE, now, what=what, target=Target(unit.path), detail={"changed": changed})
    return unit


def _place(words: str, unit: Unit) -> str:
    if not words.strip():
        return ""
    known = places.of_code(words.strip())
    found = known or places.find(words, unit.valid_to or places.REORGANISED)
    if found is None:
        raise InvalidInput("place", "Chưa rõ địa phương nào: hãy ghi đủ xã, (huyện,) tỉnh.")
    return found.code


def export(uow: UnitOfWork, principal: Principal, now: datetime) -> list[dict[str, Any]]:
    """Every unit as the columns of the list that can be brought in again; journalled."""
    require_role(principal, Action.UNIT_VIEW, Verb.UNIT_LIST)
    found = _in_tree_order(units.everything(uow.session))
    codes = {unit.id: unit.code for unit in found}
    note(uow, principal, Verb.UNIT_LIST, now, detail={"exported": len(found)})
    return [
        {
            "code": unit.code,
            "name": unit.name,
            "parent_code": codes.get(unit.parent_id or 0, ""),
            "block": unit.block,
            "level": unit.level,
            "valid_from": unit.valid_from.isoformat() if unit.valid_from else "",
            "valid_to": unit.valid_to.isoformat() if unit.valid_to else "",
            "code_party": unit.code_party,
            "code_state": unit.code_state,
            "place": unit.place,
        }
        for unit in found
    ]


def acts(
    uow: UnitOfWork, principal: Principal, limit: int, offset: int, now: datetime
) -> tuple[list[tuple[UnitAct, tuple[units.Following, ...], str]], int]:
    """Decisions entered, newest first, with their units and who entered them; journalled."""
    require_role(principal, Action.UNIT_VIEW, Verb.UNIT_LIST)
    found, total = units.acts(uow.session, limit, offset)
    names = people.names_of(uow.session, {act.entered_by for act in found})
    linked: dict[str, list[units.Following]] = {}
    for each in units.successions(uow.session):
        linked.setdefault(each.row.act_id, []).append(each)
    note(uow, principal, Verb.UNIT_LIST, now, detail={"acts": len(found), "total": total})
    return [(act, tuple(linked.get(act.id, ())), names.get(act.entered_by, "")) for act in found], total


def rows_of(data: bytes) -> list[dict[str, str]]:
    """The lines of a unit list; the separator is the one its first line uses (Excel writes ";" in Vietnamese).

    InvalidInput when it is no text or lacks a column.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput("file", "Tệp không phải văn bản UTF-8: hãy lưu lại dạng CSV UTF-8.") from None
    first, _newline, rest = text.partition("\n")
    separator = max(",;\t", key=first.count)
    names = [name.strip() for name in first.strip().split(separator)]
    missing = [name for name in UNIT_COLUMNS[:4] if name not in names]
    if missing:
        raise InvalidInput("file", f"Dòng 1: thiếu cột / missing columns: {', '.join(missing)}")
    try:
        return list(csv.DictReader(io.StringIO(rest, newline=""), fieldnames=names, delimiter=separator))
    except csv.Error as error:
        raise InvalidInput("file", f"Không đọc được danh sách: {error}") from None


@dataclass(frozen=True)
class Brought:
    """How bringing in a list went: units added (or that would be), every wrong line; nothing is kept when one is."""

    added: int
    lines: int
    problems: tuple[setup.RowProblem, ...]
    kept: bool


def bring_in(uow: UnitOfWork, principal: Principal, data: bytes, dry: bool, now: datetime) -> Brought:
    """Adds the units of a list, all or none; a dry run only says what would be. Journalled either way."""
    require(principal, Action.UNIT_MANAGE, Verb.UNIT_CREATE, kind="unit")
    rows = rows_of(data)
    trial = uow.session.begin_nested()
    added, problems = setup.import_units(uow, rows, now, principal)
    keep = not dry and not problems
    if keep:
        trial.commit()
    else:
        trial.rollback()
    detail = {"lines": len(rows), "added": added if keep else 0, "problems": len(problems), "dry": dry}
    note(uow, principal, Verb.UNIT_LIST, now, what=What("unit"), detail=detail)
    return Brought(added, len(rows), tuple(problems), keep)


def holding_units(uow: UnitOfWork, principal: Principal, today: date) -> list[Unit]:
    """Units in scope that may hold a dossier today: of one block, and not ended."""
    found = units.within(uow.session, visibility(principal, Action.CADRE_CREATE))
    return [unit for unit in found if unit.block != "all" and stands_on(unit.valid_from, unit.valid_to, today)]


def listing_units(uow: UnitOfWork, principal: Principal) -> tuple[Named, ...]:
    """Units a list of dossiers can be narrowed to: those in scope."""
    return units.named_within(uow.session, visibility(principal, Action.CADRE_LIST))
