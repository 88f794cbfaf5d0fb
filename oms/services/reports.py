"""Reports: number and quality of cadres, structures, planned posts, staffing; within what the reader may see.

A figure counts only visible records; a column of a sensitive item is there only for who may read that item. Levels,
ranks and posts are those of the record today; ages, who has left and who has joined are reckoned on the chosen day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from oms.domain.access import Action, Principal, Target, may_read_field, visibility
from oms.domain.dated_rows import Catalogue
from oms.domain.journal import Verb
from oms.domain.reports import (
    AGE_BANDS,
    BM02,
    PARTY_BANDS,
    REPORT_LABELS,
    STRUCTURE_LABELS,
    retired_born_by,
    years_before,
)
from oms.services import catalogues, outgoing, secret_copies
from oms.services.house import What, Why, note, require_role
from oms.services.secret_copies import Copied, Leaving
from oms.store import reports as store
from oms.store import units
from oms.store.db import UnitOfWork
from oms.store.reports import Cuts
from oms.store.reports import Scope as Scope
from oms.store.tables import Unit as Unit

_LEVEL_LISTS = {
    "qualification": "chuyen_mon",
    "theory": "ly_luan",
    "management": "quan_ly_nha_nuoc",
    "it": "tin_hoc",
    "language": "ngoai_ngu",
}
OWN = "own"


@dataclass(frozen=True)
class Line:
    """One unit of the table with all that is below it; ``own``: only what it holds itself."""

    unit: Unit
    own: bool
    figures: Mapping[str, int | None]


@dataclass(frozen=True)
class Share:
    """One value of a structure: its words, how many, how many of them women."""

    key: str
    label: str
    count: int
    women: int


@dataclass(frozen=True)
class Report:
    """A report as it was made: lines and total of a table by unit, or shares of structures, or planned posts."""

    kind: str
    scope: Scope
    lines: tuple[Line, ...] = ()
    total: Mapping[str, int | None] = field(default_factory=dict)
    structures: Mapping[str, tuple[Share, ...]] = field(default_factory=dict)
    planned: tuple[tuple[str, str, int, int, int], ...] = ()
    people: int = 0
    secrecy: int = 0
    masked: bool = False


def _cuts(catalogue: Catalogue, day: date) -> Cuts:
    levels = {}
    for column in BM02:
        start, _dot, code = column.key.partition(".")
        if start in _LEVEL_LISTS and code:
            levels[column.key] = catalogue.order(_LEVEL_LISTS[start], code)
    born = {age: years_before(day, age) for age in store.BIRTH_AGES}
    retired = {sex: retired_born_by(day, sex, catalogue) for sex in ("Nam", "Nữ")}
    return Cuts(day, born, retired, levels)


def choosable(uow: UnitOfWork, principal: Principal) -> list[Unit]:
    """Units a report can be narrowed to: those in scope."""
    return units.within(uow.session, visibility(principal, Action.REPORT_VIEW))


def _rows(known: Sequence[Unit], chosen: str) -> list[tuple[Unit, bool]]:
    """The lines of a table: the chosen unit itself and each unit below it; with none chosen, those on top in sight."""
    by_path = {unit.path: unit for unit in known}
    top = [unit for unit in known if unit.path.rpartition("/")[0] not in by_path]
    root = by_path.get(chosen) or (top[0] if len(top) == 1 else None)
    if root is None:
        return [(unit, False) for unit in top]
    below = [unit for unit in known if unit.path.rpartition("/")[0] == root.path]
    return [(root, True), *((unit, False) for unit in below)] if below else [(root, False)]


def _inside(path: str, top: str) -> bool:
    return path == top or path.startswith(f"{top}/")


class _Staffing:
    """The posts given to units on a day: a unit's own row holds for all below it, else the sum of theirs."""

    def __init__(self, catalogue: Catalogue, known: Sequence[Unit], day: date) -> None:
        self._given = {
            row.code: int(row.extra["value"]) for row in catalogue.rows("bien_che", day) if "value" in row.extra
        }
        self._below: dict[str, list[Unit]] = {}
        for unit in known:
            self._below.setdefault(unit.path.rpartition("/")[0], []).append(unit)

    def of(self, unit: Unit) -> int | None:
        """The posts of a unit with all below it; None when nobody said."""
        if unit.code in self._given:
            return self._given[unit.code]
        below = [found for each in self._below.get(unit.path, []) if (found := self.of(each)) is not None]
        return sum(below) if below else None

    def own(self, unit: Unit) -> int | None:
        """The posts of a unit that are not given on to those below; None when nobody said."""
        if unit.code not in self._given:
            return None
        return self._given[unit.code] - sum(self.of(each) or 0 for each in self._below.get(unit.path, []))


def _table(
    uow: UnitOfWork, principal: Principal, scope: Scope, cuts: Cuts, catalogue: Catalogue, keys: Sequence[str]
) -> tuple[tuple[Line, ...], dict[str, int | None], int]:
    view = visibility(principal, Action.REPORT_VIEW)
    known = units.within(uow.session, view)
    counts, level = store.by_unit(uow.session, view, scope, cuts, keys)
    staffing = _Staffing(catalogue, [unit for unit in known if not scope.block or unit.block == scope.block], scope.day)
    lines = []
    for unit, own in _rows(known, scope.unit_path):
        inside = [
            counts[each.id]
            for each in known
            if each.id in counts and (each.id == unit.id if own else _inside(each.path, unit.path))
        ]
        figures: dict[str, int | None] = {key: sum(each[key] for each in inside) for key in keys}
        in_block = not scope.block or unit.block == scope.block or not own
        figures["staffing"] = (staffing.own(unit) if own else staffing.of(unit)) if in_block else None
        if figures["present"] or figures["staffing"]:
            lines.append(Line(unit, own, figures))
    total: dict[str, int | None] = {key: sum(line.figures[key] or 0 for line in lines) for key in keys}
    given = [line.figures["staffing"] for line in lines if line.figures["staffing"] is not None]
    total["staffing"] = sum(each or 0 for each in given) if given else None
    return tuple(lines), total, level


def _structures(
    rows: Sequence[tuple[object, ...]], catalogue: Catalogue
) -> tuple[dict[str, tuple[Share, ...]], int, int]:
    tallies: dict[str, dict[str, list[int]]] = {name: {} for name in STRUCTURE_LABELS}
    people, level = 0, 0
    for age, sex, ethnicity, qualification, theory, party, count, secrecy in rows:
        number = int(str(count))
        people, level = people + number, max(level, int(str(secrecy)))
        said = {
            "age": age, "sex": sex, "ethnicity": ethnicity, "qualification": qualification, "theory": theory,
            "party_age": party,
        }  # fmt: skip
        for name, value in said.items():
            tally = tallies[name].setdefault(str(value), [0, 0])
            tally[0] += number
            tally[1] += number if sex == "Nữ" else 0
    return {name: _shares(name, tally, catalogue) for name, tally in tallies.items()}, people, level


def _shares(name: str, tally: Mapping[str, Sequence[int]], catalogue: Catalogue) -> tuple[Share, ...]:
    if name in ("age", "party_age"):
        words = AGE_BANDS if name == "age" else PARTY_BANDS
        return tuple(Share(key, words[key], *tally.get(key, (0, 0))) for key in words if key or tally.get(key))
    if name in ("qualification", "theory"):
        list_code = _LEVEL_LISTS[name]
        codes = list(dict.fromkeys(row.code for row in catalogue.history(list_code)))
        levels = [(str(place), catalogue.label(list_code, code), code) for place, code in enumerate(codes, start=1)]
        known = [Share(code, label, *tally.get(place, (0, 0))) for place, label, code in levels]
        return tuple([*known[::-1], *([Share("", "Chưa rõ", *tally["0"])] if "0" in tally else [])])
    ordered = sorted(tally.items(), key=lambda each: (each[0] == "", -each[1][0], each[0]))
    label = (lambda key: catalogue.label("dan_toc", key)) if name == "ethnicity" else (lambda key: key)
    return tuple(Share(key, label(key) if key else "Chưa rõ", *counts) for key, counts in ordered)


def _planned(rows: Sequence[tuple[object, ...]], catalogue: Catalogue) -> tuple[tuple[str, str, int, int, int], ...]:
    found = []
    for code, words, count, women, young, _level in rows:
        label = catalogue.label("chuc_vu", str(code)) if code else str(words or "Chưa rõ chức danh")
        found.append((str(code), label, _int(count), _int(women), _int(young)))
    return tuple(found)


def _int(value: object) -> int:
    return int(str(value))


def _made(uow: UnitOfWork, principal: Principal, kind: str, scope: Scope) -> Report:
    view = visibility(principal, Action.REPORT_VIEW)
    catalogue = catalogues.load(uow)
    cuts = _cuts(catalogue, scope.day)
    if kind == "structure":
        shares, people, level = _structures(store.combinations(uow.session, view, scope, cuts), catalogue)
        return Report(kind, scope, structures=shares, people=people, secrecy=level)
    if kind == "planned":
        rows = store.planned(uow.session, view, scope, cuts)
        level = max((_int(row[5]) for row in rows), default=0)
        found = _planned(rows, catalogue)
        return Report(kind, scope, planned=found, people=sum(each[2] for each in found), secrecy=level)
    masked = not may_read_field(principal, "religion")
    keys = ["present"]
    if kind == "bm02":
        hidden = {"staffing"} | {column.key for column in BM02 if not may_read_field(principal, column.sensitive)}
        keys += [column.key for column in BM02 if column.key not in hidden]
    lines, total, level = _table(uow, principal, scope, cuts, catalogue, keys)
    people = total["present"] or 0
    return Report(kind, scope, lines, total, people=people, secrecy=level, masked=masked and kind == "bm02")


def _detail(made: Report) -> dict[str, object]:
    scope = made.scope
    return {
        "kind": made.kind, "unit": scope.unit_path, "block": scope.block, "day": scope.day.isoformat(),
        "total": made.people,
    }  # fmt: skip


def view(uow: UnitOfWork, principal: Principal, kind: str, scope: Scope, now: datetime) -> Report:
    """A report over what the reader may see; journalled with what was asked and how many were counted."""
    require_role(principal, Action.REPORT_VIEW, Verb.REPORT_VIEW)
    made = _made(uow, principal, kind if kind in REPORT_LABELS else "bm02", scope)
    target = Target(principal.unit_path, made.secrecy)
    note(uow, principal, Verb.REPORT_VIEW, now, what=What("report", made.kind), target=target, detail=_detail(made))
    return made


def to_export(uow: UnitOfWork, principal: Principal, kind: str, scope: Scope, purpose: str) -> tuple[Report, str]:
    """The report that is to leave the system, and the purpose as it is kept. InvalidInput without a purpose."""
    require_role(principal, Action.LIST_EXPORT, Verb.REPORT_EXPORT)
    words = outgoing.purpose_of(purpose)
    return _made(uow, principal, kind if kind in REPORT_LABELS else "bm02", scope), words


@dataclass(frozen=True)
class Drawn:
    """A report as a file that is to leave: its bytes, "xlsx" or "pdf", and what is said of copies of a secret."""

    data: bytes
    form: str
    leaving: Leaving | None = None


def note_export(
    uow: UnitOfWork, principal: Principal, made: Report, drawn: Drawn, purpose: str, now: datetime
) -> bytes:
    """Writes the export's row with its size and purpose; returns what may leave once the row is durable.

    With a level it is entered in the register of copies too, and a PDF bears its marks.
    """
    form, size = drawn.form, len(drawn.data)
    detail = _detail(made) | {"form": form, "bytes": size, "rows": len(made.lines) or len(made.planned)}
    target = Target(principal.unit_path, made.secrecy)
    what = What("report", made.kind)
    copied = Copied("report", What("report", "", REPORT_LABELS[made.kind]), target, principal.unit_id)
    entered = secret_copies.enter(uow, principal, copied, drawn.leaving, purpose, now, kind=form)
    note(uow, principal, Verb.REPORT_EXPORT, now, what=what, why=Why(purpose), target=target, detail=detail)
    return secret_copies.marked(drawn.data, entered, form)
