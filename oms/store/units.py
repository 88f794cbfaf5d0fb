"""Units and their succession."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Select, bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from oms.domain.access import Visibility
from oms.domain.organisation import child_path, inherited
from oms.store.db import held
from oms.store.every_table import every_table
from oms.store.tables import Account, AccountScope, Batch, Dossier, Unit, UnitAct, UnitSuccession
from oms.store.visible import KEPT, in_scope, visible
from oms.store.walking import json_rows


def add_unit(
    session: Session,
    *,
    code: str,
    name: str,
    parent: Unit | None,
    block: str,
    level: str,
    valid_from: date | None = None,
    valid_to: date | None = None,
    code_party: str = "",
    code_state: str = "",
    place: str = "",
) -> Unit:
    """Adds a unit under its parent; the code must be new."""
    unit = Unit(
        code=code,
        name=name,
        parent_id=parent.id if parent else None,
        path=f"new:{code}",
        block=block,
        level=level,
        valid_from=valid_from,
        valid_to=valid_to,
        code_party=code_party,
        code_state=code_state,
        place=place,
    )
    session.add(unit)
    session.flush()
    unit.path = child_path(parent.path if parent else "", unit.id)
    session.flush()
    return unit


def by_code(session: Session, code: str) -> Unit | None:
    """The unit with this code."""
    return session.scalar(select(Unit).where(Unit.code == code))


def root(session: Session) -> Unit | None:
    """The one unit without a parent."""
    return session.scalar(select(Unit).where(Unit.parent_id.is_(None)).order_by(Unit.id).limit(1))


def by_id(session: Session, unit_id: int) -> Unit | None:
    """The unit with this id."""
    return held(session, Unit, unit_id)


def within(session: Session, view: Visibility) -> list[Unit]:
    """The units inside a person's scopes, in tree order."""
    return list(session.scalars(select(Unit).where(in_scope(view, Unit.path)).order_by(Unit.path)))


_TEXTS_KEPT = 128
"""Sets of units kept as objects: as many as there are different scopes at work at a time."""


class Named(NamedTuple):
    """What a unit is called and where it stands."""

    path: str
    name: str
    code: str


def named_within(session: Session, view: Visibility) -> tuple[Named, ...]:
    """What the units inside a person's scopes are called, in tree order; quicker than the units themselves.

    They are hundreds on every page of search, and hardly ever others than a moment ago: asked each time, as one text,
    and made into objects only when that text is new.
    """
    return _named(session.scalar(_named_within(view)) or "[]")


@lru_cache(KEPT)
def _named_within(view: Visibility) -> Select[str]:
    rows = select(Unit.path, Unit.name, Unit.code).where(in_scope(view, Unit.path)).order_by(Unit.path).subquery()
    return select(json_rows(rows.c.path, rows.c.name, rows.c.code))


@lru_cache(_TEXTS_KEPT)
def _named(text: str) -> tuple[Named, ...]:
    return tuple(sorted(map(Named._make, json.loads(text))))


def everything(session: Session) -> list[Unit]:
    """Every unit (names of units are not records)."""
    return list(session.scalars(select(Unit).order_by(Unit.path)))


def add_succession(
    session: Session,
    predecessor: Unit,
    successor: Unit,
    kind: str,
    on_date: date,
    decision_no: str,
    inherits: bool = False,
    act_id: str = "",
) -> None:
    """Records which unit came after which."""
    row = UnitSuccession(
        predecessor_id=predecessor.id,
        successor_id=successor.id,
        kind=kind,
        on_date=on_date,
        decision_no=decision_no,
        inherits=inherits,
        act_id=act_id,
    )
    session.add(row)
    session.flush()


def any_succession(session: Session) -> bool:
    """True when at least one succession is recorded."""
    return session.scalar(select(UnitSuccession.id).limit(1)) is not None


def chain(session: Session) -> list[tuple[int, int]]:
    """Every succession as (predecessor's id, successor's id)."""
    statement = select(UnitSuccession.predecessor_id, UnitSuccession.successor_id)
    return [(before, after) for before, after in session.execute(statement)]


def steps(session: Session, today: date | None = None, outside: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Paths of predecessor and successor of what has been taken over until a day (None: whenever).

    ``outside``: without those whose predecessor a scope covers anyway; they add nothing to it.
    """
    values: dict[str, object] = {} if today is None else {"today": today}
    for number, scope in enumerate(outside):
        values |= {f"scope{number}": scope, f"below{number}": f"{scope}/%"}
    found = session.execute(_steps(today is not None, len(outside)), values)
    return [(old, new) for old, new in found]


@lru_cache(maxsize=64)
def _steps(until: bool, scopes: int) -> Select[str, str]:
    """The statement of :func:`steps`: every request asks it, and making it costs twenty times as much as asking."""
    before, after = aliased(Unit), aliased(Unit)
    statement = (
        select(before.path, after.path)
        .select_from(UnitSuccession)
        .join(before, before.id == UnitSuccession.predecessor_id)
        .join(after, after.id == UnitSuccession.successor_id)
        .where(UnitSuccession.inherits)
        .order_by(UnitSuccession.id)
    )
    if until:
        statement = statement.where(UnitSuccession.on_date <= bindparam("today"))
    for number in range(scopes):
        apart = before.path != bindparam(f"scope{number}"), before.path.not_like(bindparam(f"below{number}"))
        statement = statement.where(*apart)
    return statement


def with_predecessors(session: Session, path: str, today: date | None = None) -> list[str]:
    """The path of a unit and those of every unit that it, or one below it, took over (until a day).

    Narrows lists and searches; what is visible is still cut by visibility.
    """
    return list(inherited((path,), steps(session, today, (path,))))


def of_ids(session: Session, ids: Sequence[int]) -> list[Unit]:
    """The units of these ids, in tree order."""
    return list(session.scalars(select(Unit).where(Unit.id.in_(list(ids))).order_by(Unit.path)))


def of_places(session: Session, places: Sequence[str], block: str) -> list[Unit]:
    """The units of a block that stand for these places."""
    found: list[Unit] = []
    for start in range(0, len(places), 500):
        portion = list(places[start : start + 500])
        found += session.scalars(select(Unit).where(Unit.place.in_(portion), Unit.block == block).order_by(Unit.path))
    return found


def below(session: Session, path: str) -> list[Unit]:
    """The units below this one, at any depth."""
    return list(session.scalars(select(Unit).where(Unit.path.like(f"{path}/%")).order_by(Unit.path)))


def holders_of(session: Session, column: str, code: str) -> list[Unit]:
    """The units that bear an official code, whatever their days; ``column``: code_party | code_state."""
    return list(session.scalars(select(Unit).where(getattr(Unit, column) == code)))


@dataclass(frozen=True)
class Following:
    """One succession with both units."""

    row: UnitSuccession
    predecessor: Unit
    successor: Unit


def successions(session: Session, unit_id: int | None = None) -> list[Following]:
    """The successions, or those of one unit on either side, oldest first."""
    before, after = aliased(Unit), aliased(Unit)
    statement = (
        select(UnitSuccession, before, after)
        .join(before, before.id == UnitSuccession.predecessor_id)
        .join(after, after.id == UnitSuccession.successor_id)
        .order_by(UnitSuccession.on_date, UnitSuccession.id)
    )
    if unit_id is not None:
        own = or_(UnitSuccession.predecessor_id == unit_id, UnitSuccession.successor_id == unit_id)
        statement = statement.where(own)
    return [Following(row, old, new) for row, old, new in session.execute(statement)]


def add_act(
    session: Session,
    kind: str,
    on_date: date,
    decision_no: str,
    by: str,
    at: datetime,
) -> UnitAct:
    """An act on the tree, to which its units and successions are then tied."""
    act = UnitAct(kind=kind, on_date=on_date, decision_no=decision_no, entered_by=by, entered_at=at)
    session.add(act)
    session.flush()
    return act


def tie(act: UnitAct, made: Sequence[int], ended: Mapping[int, date | None]) -> None:
    """Keeps what an act made and ended, so that it can be taken back."""
    act.made = json.dumps(sorted(made))
    act.ended = json.dumps({str(key): day.isoformat() if day else "" for key, day in ended.items()}, sort_keys=True)


def find_act(session: Session, act_id: str) -> UnitAct | None:
    """The act of this id."""
    return session.get(UnitAct, act_id)


def acts(session: Session, limit: int, offset: int) -> tuple[list[UnitAct], int]:
    """Acts on the tree, newest first, and how many there are."""
    total = session.scalar(select(func.count()).select_from(UnitAct)) or 0
    ordered = select(UnitAct).order_by(UnitAct.entered_at.desc(), UnitAct.id)
    return list(session.scalars(ordered.limit(limit).offset(offset))), total


def in_use(session: Session, unit_id: int, ignoring: Sequence[str] = ("unit_successions",)) -> bool:
    """Whether anything in any table points at this unit, but for the tables named."""
    for table in every_table():
        if table.name in ignoring:
            continue
        for key in table.foreign_keys:
            if key.column.table.name != "units":
                continue
            if session.execute(select(key.parent).where(key.parent == unit_id).limit(1)).first() is not None:
                return True
    return False


def take_back(session: Session, act: UnitAct) -> None:
    """Removes an act with its successions and the units it made; what it ended stands again as before."""
    for row in session.scalars(select(UnitSuccession).where(UnitSuccession.act_id == act.id)):
        session.delete(row)
    session.flush()
    for key, day in json.loads(act.ended).items():
        unit = session.get(Unit, int(key))
        if unit is not None:
            unit.valid_to = date.fromisoformat(day) if day else None
    for unit in reversed(of_ids(session, json.loads(act.made))):
        session.delete(unit)
        session.flush()
    session.delete(act)
    session.flush()


def dossiers_below(session: Session, view: Visibility, path: str) -> int:
    """How many visible dossiers a unit and those below it hold."""
    statement = select(func.count()).select_from(Dossier).join(Unit, Unit.id == Dossier.unit_id)
    own = or_(Unit.path == path, Unit.path.like(f"{path}/%"))
    shown = visible(view, Unit.path, Dossier)
    return session.scalar(statement.where(own, shown)) or 0


def open_batches(session: Session, view: Visibility, path: str) -> int:
    """How many open batches in scope a unit and those below it have, at levels the person may see."""
    statement = select(func.count()).select_from(Batch).join(Unit, Unit.id == Batch.unit_id)
    own = or_(Unit.path == path, Unit.path.like(f"{path}/%"))
    shown = visible(view, Unit.path, Batch)
    return session.scalar(statement.where(own, shown, Batch.closed_at.is_(None))) or 0


def accounts_reaching(session: Session, paths: Sequence[str]) -> list[Account]:
    """The active accounts one of whose scopes is one of these units or lies above one, by name."""
    wanted = {path[:end] for path in paths for end in (*_slashes(path), len(path))}
    statement = (
        select(Account)
        .join(AccountScope, AccountScope.account_id == Account.id)
        .join(Unit, Unit.id == AccountScope.unit_id)
        .where(Account.active, Unit.path.in_(sorted(wanted)))
        .distinct()
        .order_by(Account.display_name)
    )
    return list(session.scalars(statement))


def _slashes(path: str) -> list[int]:
    return [place for place, letter in enumerate(path) if letter == "/"]
