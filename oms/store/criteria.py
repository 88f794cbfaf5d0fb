"""Criteria compiled to SQL: over the visible dossiers only, their heads and their visible facts; bound values only.

A facts clause is cut by the reader's own visibility too: a fact of a higher level than its dossier answers nobody
below it. ``sure`` and ``possible`` compile the two ways a partial date may be meant (``oms.domain.criteria``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    case,
    cast,
    distinct,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    types,
)
from sqlalchemy.orm import Session

from oms.domain.access import Visibility
from oms.domain.criteria import (
    Bounds,
    Condition,
    Criteria,
    Group,
    award_codes,
    bounds_of,
    held_bounds,
    list_words,
    post_codes,
)
from oms.domain.criteria_fields import Kind
from oms.domain.dated_rows import Catalogue, folded
from oms.store.link_tables import LinkPerson
from oms.store.record_tables import FactRow, RecordHead
from oms.store.tables import Cadre, Dossier, Unit, UnitSuccession
from oms.store.visible import apart_from_units, in_scope, visible
from oms.store.walking import unindexed

Clause = ColumnElement[bool]
AT_ONCE = 1000
"""Dossiers asked for in one statement."""


@dataclass(frozen=True)
class Asking:
    """What a compilation needs beside the criteria: who asks, on which day, with which lists."""

    view: Visibility
    on: date
    catalogue: Catalogue


@dataclass(frozen=True)
class Found:
    """One line: the dossier with its cadre, unit and head."""

    dossier: Dossier
    cadre: Cadre
    unit: Unit
    head: RecordHead


@dataclass(frozen=True)
class Counted:
    """How many are found for sure, and how many more may be meant by partial dates."""

    sure: int
    doubtful: int


# days


def _first(partial: str) -> str:
    return partial + "-01-01"[len(partial) - 4 :] if len(partial) < 10 else partial


def _within(day: str) -> list[str]:
    """The partial dates that hold a day."""
    return [day[:4], day[:7]]


def _surely_before(column: Any, day: str) -> Clause:
    return and_(column != "", column < day, column.not_in(_within(day)))


def _maybe_before(column: Any, day: str) -> Clause:
    begins = [part for part in _within(day) if _first(part) == day]
    return and_(column != "", column < day, column.not_in(begins))


def between(column: Any, bounds: Bounds, sure: bool) -> Clause:
    """A partial date within bounds: on all of its days, or (not ``sure``) on some."""
    clauses: list[Clause] = [column != ""]
    if bounds.before:
        clauses.append((_surely_before if sure else _maybe_before)(column, bounds.before))
    if bounds.since:
        clauses.append(not_((_maybe_before if sure else _surely_before)(column, bounds.since)))
    return and_(*clauses)


# conditions


def compiled(group: Group, asking: Asking, sure: bool = True) -> Clause:
    """A group as a clause over Dossier, RecordHead, Cadre and Unit."""
    meant = sure != group.negated
    clauses = []
    for part in group.parts:
        if isinstance(part, Condition):
            clauses.append(_condition(part, asking, meant))
        elif _asks(part):
            clauses.append(compiled(part, asking, meant))
    if not clauses:
        return true()
    joined = and_(*clauses) if group.join == "all" else or_(*clauses)
    return not_(joined) if group.negated else joined


def _asks(group: Group) -> bool:
    return any(isinstance(part, Condition) or _asks(part) for part in group.parts)


def _condition(condition: Condition, asking: Asking, sure: bool) -> Clause:
    kind = condition.field.kind
    if kind in (Kind.AGE, Kind.DATE):
        return between(getattr(RecordHead, condition.field.column), bounds_of(condition, asking.on), sure)
    if kind in (Kind.HELD, Kind.TRAINING, Kind.RATINGS, Kind.WORDS):
        return _by_facts(condition, asking, sure)
    if kind is Kind.YES:
        return _yes(condition, asking, sure)
    if kind is Kind.UNIT:
        return _under(condition)
    if kind is Kind.CHOICE:
        return _choice(condition, asking.catalogue)
    column = getattr(RecordHead, condition.field.column)
    if kind is Kind.LEVEL:
        level = asking.catalogue.order(condition.field.list_code, condition.said["code"])
        return and_(column > 0, _compare(column, condition.op, level, level))
    return _compare(column, condition.op, float(condition.said["value"]), float(condition.said.get("to", 0)))


def _compare(column: Any, op: str, value: float, to: float) -> Clause:
    made: Mapping[str, Clause] = {
        "ge": column >= value,
        "le": column <= value,
        "is": column == value,
        "between": column.between(value, to),
    }
    return made[op]


def _yes(condition: Condition, asking: Asking, sure: bool) -> Clause:
    if condition.what == "planned":
        return RecordHead.plannings > 0 if condition.op == "yes" else RecordHead.plannings == 0
    gone = Bounds(before=asking.on.isoformat())
    if condition.op == "no":
        return between(RecordHead.left_on, gone, sure)
    return not_(between(RecordHead.left_on, gone, not sure))


def _under(condition: Condition) -> Clause:
    """Dossiers of a unit's subtree; with ``former`` those of the units that went before, however far back."""
    path = condition.said["path"]
    inside = select(Unit.id).where(or_(Unit.path == path, Unit.path.like(f"{path}/%")))
    if not condition.said.get("former"):
        return RecordHead.unit_id.in_(inside)
    line = inside.cte("line", recursive=True)
    before = select(UnitSuccession.predecessor_id).join(line, UnitSuccession.successor_id == line.c.id)
    return RecordHead.unit_id.in_(select(line.union(before).c.id))


def _choice(condition: Condition, catalogue: Catalogue) -> Clause:
    codes, field = condition.said["codes"].split(","), condition.field
    if field.key == "block":
        column: Any = RecordHead.block
    else:
        column = getattr(RecordHead, field.column)
    if field.key == "sex":
        codes = [catalogue.label("gioi_tinh", code) for code in codes]
    if condition.op == "not_in":
        return and_(column != "", column.not_in(codes))
    if field.key == "post":
        return or_(column.in_(codes), RecordHead.party_position_code.in_(codes))
    found: Clause = column.in_(codes)
    return found


# heads are read from one end to the other: looked up one by one, as the facts name them, they cost several times more
_AMONG = unindexed(RecordHead.dossier_id)


def _facts(asking: Asking, items: Sequence[str], *wanted: Clause) -> Select[str]:
    view = asking.view
    seen = and_(apart_from_units(view, FactRow), FactRow.ended_at.is_(None))
    return select(FactRow.dossier_id).where(FactRow.item.in_(items), *wanted, seen)


def _by_facts(condition: Condition, asking: Asking, sure: bool) -> Clause:
    said, catalogue = condition.said, asking.catalogue
    if condition.field.kind is Kind.HELD:
        codes = post_codes(condition, catalogue)
        return _AMONG.in_(_held(asking, codes, *_held_when(condition, asking, sure))) if codes else false()
    if condition.field.kind is Kind.TRAINING:
        wanted: list[Clause] = []
        if said.get("award"):
            wanted.append(FactRow.code.in_(award_codes(said["award"], catalogue)))
        if said.get("kind"):
            words = list_words("loai_dao_tao", said["kind"], catalogue)
            written = [f'"kind": {json.dumps(word, ensure_ascii=False)}' for word in words]
            wanted.append(or_(*[FactRow.body.contains(each, autoescape=True) for each in written]))
        return _AMONG.in_(_facts(asking, ("training",), *wanted))
    if condition.field.kind is Kind.WORDS:
        text = FactRow.folded.contains(folded(said["text"]), autoescape=True)
        return _AMONG.in_(_facts(asking, (said["item"],), text))
    year = func.substr(FactRow.starts, 1, 4)
    last = asking.on.year
    rated = year.between(f"{last - int(said['years']):04d}", f"{last - 1:04d}")
    some = _facts(asking, ("evaluations",), FactRow.code.in_(said["codes"].split(",")), rated)
    enough = some.group_by(FactRow.dossier_id).having(func.count(distinct(year)) >= int(said["times"]))
    return _AMONG.in_(enough)


def _held(asking: Asking, codes: Sequence[str], *when: Clause) -> Select[str]:
    return _facts(asking, ("career", "posts"), FactRow.code.in_(codes), *when)


def _still_held(condition: Condition, asking: Asking) -> Clause:
    """That a post was surely held, where it possibly was: only the few whose dates leave a doubt are asked again."""
    codes, some = post_codes(condition, asking.catalogue), _held_when(condition, asking, False)
    if not codes or not some:
        return true()
    certain = _held_when(condition, asking, True)
    doubt = _held(asking, codes, *some, not_(and_(*certain)))
    again = _held(asking, codes, *certain).where(FactRow.dossier_id == RecordHead.dossier_id)
    return or_(_AMONG.not_in(doubt), again.correlate(RecordHead).exists())


def certain_of(group: Group, asking: Asking) -> Clause:
    """:func:`compiled` for sure, where the same is known to be possible: what cannot be in doubt is not asked twice."""
    if group.negated or group.join != "all":
        return compiled(group, asking, True)
    clauses: list[Clause] = []
    for part in group.parts:
        if not isinstance(part, Condition):
            clauses.append(certain_of(part, asking))
        elif part.field.kind is Kind.HELD:
            clauses.append(_still_held(part, asking))
        elif part.field.kind in (Kind.AGE, Kind.DATE, Kind.YES):
            clauses.append(_condition(part, asking, True))
    return and_(true(), *clauses)


def _held_when(condition: Condition, asking: Asking, sure: bool) -> list[Clause]:
    """Begun before a day, held from a day on, for so many months; a post without an end is held still."""
    clauses: list[Clause] = []
    bounds = held_bounds(condition)
    begun, ended = FactRow.starts, FactRow.ends
    if bounds.before:
        before = (_surely_before if sure else _maybe_before)(begun, bounds.before)
        clauses.append(before if sure else or_(begun == "", before))
    if bounds.since:
        over = (_maybe_before if sure else _surely_before)(ended, bounds.since)
        clauses.append(not_(over))
    if condition.said.get("months"):
        enough = _months(asking.on, sure) >= int(condition.said["months"])
        clauses.append(and_(begun != "", enough) if sure else or_(begun == "", enough))
    return clauses


def _months(on: date, sure: bool) -> ColumnElement[int]:
    """Whole months a post was held: at least so many when sure, at most when not."""
    begun = _filled(FactRow.starts, "-12-31" if sure else "-01-01")
    ended = case(
        (FactRow.ends == "", literal(on.isoformat())), else_=_filled(FactRow.ends, "-01-01" if sure else "-12-31")
    )
    short = case((func.substr(ended, 9, 2) < func.substr(begun, 9, 2), 1), else_=0)
    return _counted(ended) - _counted(begun) - short


def _filled(column: Any, rest: str) -> ColumnElement[str]:
    return case((func.length(column) == 4, column + rest), (func.length(column) == 7, column + rest[3:]), else_=column)


def _counted(day: ColumnElement[str]) -> ColumnElement[int]:
    return cast(func.substr(day, 1, 4), types.Integer) * 12 + cast(func.substr(day, 6, 2), types.Integer)


# questions

SORTS: Mapping[str, Any] = {
    "full_name": RecordHead.sort_name,
    "birth_date": RecordHead.birth_date,
    "unit": RecordHead.unit_id,
    "position": RecordHead.position,
    "qualification": RecordHead.qualification_level,
    "theory": RecordHead.theory_level,
    "rank": RecordHead.rank_code,
    "coefficient": RecordHead.salary_coefficient,
    "party_joined": RecordHead.party_joined_on,
}
"""What lists may be sorted by: nothing of a sensitive group, or an order would tell what is masked."""


def _seen(view: Visibility) -> Clause:
    """The heads of the visible dossiers that still stand."""
    if not view.units:
        return false()
    units = select(Unit.id).where(in_scope(view, Unit.path))
    return and_(RecordHead.unit_id.in_(units), apart_from_units(view, RecordHead))


def _partial(criteria: Criteria) -> bool:
    """Whether a partial date can leave anybody in doubt; what cannot is compiled once."""
    held = ("since", "until", "months")
    return any(
        each.field.kind in (Kind.AGE, Kind.DATE)
        or each.what == "working"
        or (each.field.kind is Kind.HELD and any(each.said.get(name) for name in held))
        for each in criteria.conditions
    )


@dataclass(frozen=True)
class Part:
    """Which part of what is found is wanted: the sure or the doubtful, in which order, from where, how many."""

    limit: int
    offset: int = 0
    sort: str = "full_name"
    down: bool = False
    doubtful: bool = False


def find(session: Session, criteria: Criteria, asking: Asking, part: Part) -> tuple[Counted, list[str]]:
    """How many visible dossiers meet the criteria, and the ids of one page of them in order; asked in one go.

    What is met is gathered once, then counted and sorted: the tables are read through a single time.
    """
    sure, maybe = certain_of(criteria.root, asking), compiled(criteria.root, asking, False)
    certain: Any = case((sure, 1), else_=0) if _partial(criteria) else literal(1)
    key, name = SORTS[part.sort], RecordHead.sort_name
    wanted = select(RecordHead.dossier_id, key.label("key"), name.label("name"), certain.label("sure"))
    hit = wanted.where(_seen(asking.view), maybe).cte("hit").prefix_with("MATERIALIZED")
    every = select(func.count()).select_from(hit).scalar_subquery()
    met = select(func.coalesce(func.sum(hit.c.sure), 0)).scalar_subquery()
    order = hit.c.key.desc() if part.down else hit.c.key
    page = (
        select(hit.c.dossier_id, every, met)
        .where(hit.c.sure == int(not part.doubtful))
        .order_by(order, hit.c.name, hit.c.dossier_id)
    )
    rows = session.execute(page.limit(part.limit).offset(part.offset)).all()
    if rows:
        total, certainly = rows[0][1], rows[0][2]
    else:
        total, certainly = session.execute(select(every, met)).one()
    return Counted(certainly, total - certainly), [row[0] for row in rows]


def persons(session: Session, criteria: Criteria, asking: Asking) -> int:
    """How many persons those are who surely meet the criteria: linked records are one, counted among the visible."""
    linked = select(LinkPerson.person_id).where(LinkPerson.cadre_id == Dossier.cadre_id).scalar_subquery()
    statement = (
        select(func.count(func.distinct(func.coalesce(linked, Dossier.cadre_id))))
        .select_from(RecordHead)
        .join(Dossier, Dossier.id == RecordHead.dossier_id)
        .where(_seen(asking.view), compiled(criteria.root, asking, False), certain_of(criteria.root, asking))
    )
    return session.scalar(statement) or 0


def rows_of(session: Session, view: Visibility, ids: Sequence[str]) -> list[Found]:
    """The lines of some dossiers that are still visible, in the order given."""
    found: dict[str, Found] = {}
    for start in range(0, len(ids), AT_ONCE):
        statement = (
            select(Dossier, Cadre, Unit, RecordHead)
            .join(Cadre, Cadre.id == Dossier.cadre_id)
            .join(Unit, Unit.id == Dossier.unit_id)
            .join(RecordHead, RecordHead.dossier_id == Dossier.id)
            .where(
                Dossier.id.in_(ids[start : start + AT_ONCE]),
                visible(view, Unit.path, Dossier),
            )
        )
        for row in session.execute(statement):
            found[row[0].id] = Found(*row)
    return [found[each] for each in ids if each in found]


def plain_of(session: Session, view: Visibility, ids: Sequence[str], columns: Sequence[str]) -> list[Row[Any]]:
    """As :func:`rows_of`, but only what a roster writes down: no object for each of a hundred thousand dossiers.

    ``dossier_id``, ``number``, ``level``, ``full_name``, ``holding_unit`` and the columns of the head asked for.
    """
    wanted = select(
        Dossier.id.label("dossier_id"), Dossier.number, Dossier.secrecy.label("level"), Cadre.full_name,
        Unit.name.label("holding_unit"), *[getattr(RecordHead, name) for name in columns],
    )  # fmt: skip
    joined = (
        wanted.join(Cadre, Cadre.id == Dossier.cadre_id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .join(RecordHead, RecordHead.dossier_id == Dossier.id)
        .where(visible(view, Unit.path, Dossier))
    )
    found: dict[str, Row[Any]] = {}
    for start in range(0, len(ids), AT_ONCE):
        for row in session.execute(joined.where(Dossier.id.in_(ids[start : start + AT_ONCE]))):
            found[row.dossier_id] = row
    return [found[each] for each in ids if each in found]


class Line(NamedTuple):
    """A fact in one line, for a cell of a roster."""

    text: str
    secrecy: int


def lines_of(
    session: Session, view: Visibility, ids: Sequence[str], items: Sequence[str]
) -> dict[tuple[str, str], list[Line]]:
    """The visible facts in force of some items, by dossier and item, in the order of their days.

    The caller has found the dossiers visible.
    """
    made: dict[tuple[str, str], list[Line]] = {}
    wanted = select(FactRow.dossier_id, FactRow.item, FactRow.text, FactRow.secrecy)
    for start in range(0, len(ids) if items else 0, AT_ONCE):
        statement = wanted.where(
            FactRow.dossier_id.in_(ids[start : start + AT_ONCE]), FactRow.item.in_(items),
            FactRow.ended_at.is_(None), apart_from_units(view, FactRow),
        )  # fmt: skip
        ordered = statement.order_by(FactRow.starts, FactRow.entered_at, FactRow.id)
        for dossier_id, item, text, secrecy in session.execute(ordered):
            made.setdefault((dossier_id, item), []).append(Line(text, secrecy))
    return made
