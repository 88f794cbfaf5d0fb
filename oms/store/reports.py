"""Counts over the heads of visible records: one pass of SQL a report, nothing counted that may not be seen.

Partial dates ("1961", "1961-08") are compared with whole days as text: a prefix of a day sorts before it, so that a
partial date counts as the first day it may mean, as :func:`oms.domain.entitlements.first_day` says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, String, Subquery, and_, case, false, func, literal_column, or_, select
from sqlalchemy.orm import Session

from oms.domain.access import Visibility
from oms.store.link_tables import LinkPerson
from oms.store.record_tables import FactRow, RecordHead
from oms.store.tables import Cadre, Dossier, Unit
from oms.store.visible import visible
from oms.store.walking import json_words, unindexed


@dataclass(frozen=True)
class Scope:
    """What a report counts: units below ``unit_path`` ("" all in sight), one block or all, at work on ``day``."""

    day: date
    unit_path: str = ""
    block: str = ""


def _counted(view: Visibility, scope: Scope) -> list[ColumnElement[bool]]:
    """Visible, not disposed of, at work on the day, in the unit and block asked for."""
    day = scope.day.isoformat()
    found = [
        visible(view, Unit.path, RecordHead),
        or_(RecordHead.left_on == "", RecordHead.left_on > day),
        or_(RecordHead.recruited_on == "", RecordHead.recruited_on <= day),
    ]
    if scope.unit_path:
        found.append(or_(Unit.path == scope.unit_path, Unit.path.like(f"{scope.unit_path}/%")))
    if scope.block:
        found.append(Unit.block == scope.block)
    return found


def _from_heads(statement: Select[Any]) -> Select[Any]:
    """A head repeats where its dossier is and how secret, so that no report reads the dossiers beside them."""
    return statement.select_from(RecordHead).join(Unit, Unit.id == RecordHead.unit_id)


def _doubles(view: Visibility, scope: Scope) -> Select[Any]:
    """The dossiers that are not counted because an older one that is counted is of the same citizen number."""
    twice = select(Cadre.citizen_id).where(Cadre.citizen_id != "").group_by(Cadre.citizen_id).having(func.count() > 1)
    place = func.row_number().over(partition_by=Cadre.citizen_id, order_by=(Dossier.created_at, Dossier.id))
    some = (
        _from_heads(select(Dossier.id, place.label("place")))
        .join(Dossier, Dossier.id == RecordHead.dossier_id)
        .join(Cadre, unindexed(Cadre.id) == Dossier.cadre_id)  # from the few numbers that are there twice
        .where(Cadre.citizen_id.in_(twice), *_counted(view, scope))
        .subquery()
    )
    return select(some.c.id).where(some.c.place > 1)


def _linked(view: Visibility, scope: Scope) -> Select[Any]:
    """The dossiers that are not counted because an older one that is counted is of the same linked person."""
    place = func.row_number().over(partition_by=LinkPerson.person_id, order_by=(Dossier.created_at, Dossier.id))
    some = (
        _from_heads(select(Dossier.id, place.label("place")))
        .join(Dossier, Dossier.id == RecordHead.dossier_id)
        .join(LinkPerson, LinkPerson.cadre_id == Dossier.cadre_id)
        .where(*_counted(view, scope))
        .subquery()
    )
    return select(some.c.id).where(some.c.place > 1)


_KEPT = frozenset(
    {"dossier_id", "birth_date", "sex", "ethnicity", "religion", "rank_code", "qualification_level", "theory_level"}
    | {"management_level", "it_level", "language_level", "party_joined_on"}
)


def people(view: Visibility, scope: Scope) -> Subquery:
    """Who counts, each person once: dossiers with one citizen number, or linked, are one person; the oldest stands.

    Both are asked among what the reader may see: a hidden record takes nobody's place.
    """
    columns = [column for column in RecordHead.__table__.columns if column.name in _KEPT]
    statement = _from_heads(select(*columns, RecordHead.unit_id, RecordHead.secrecy))
    once = [RecordHead.dossier_id.not_in(each) for each in (_doubles(view, scope), _linked(view, scope))]
    counted = statement.where(*_counted(view, scope), *once)
    return counted.subquery("people")


@dataclass(frozen=True)
class Cuts:
    """Days and levels the conditions compare with: births by age, births by retirement, levels by code."""

    day: date
    born: Mapping[int, date]
    retired: Mapping[str, date]
    levels: Mapping[str, int]


def _spoken(view: Visibility, *more: ColumnElement[bool]) -> Any:
    """Dossiers with a visible fact in force that meets some conditions."""
    return (
        select(FactRow.dossier_id)
        .join(Dossier, Dossier.id == FactRow.dossier_id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .where(
            visible(view, Unit.path, FactRow),
            FactRow.ended_at.is_(None),
            *more,
        )
    )


def conditions(who: Subquery, view: Visibility, cuts: Cuts, keys: Sequence[str]) -> dict[str, ColumnElement[bool]]:
    """What each column of the table counts."""
    c, born = who.c, who.c.birth_date
    known = c.birth_date != ""
    men, women = cuts.retired["Nam"].isoformat(), cuts.retired["Nữ"].isoformat()
    over = and_(known, born <= cuts.born[51].isoformat(), case((c.sex == "Nữ", born <= women), else_=born <= men))

    def between(first: int, last: int) -> ColumnElement[bool]:
        """Aged first to last in whole years on the day."""
        young = born > cuts.born[last + 1].isoformat()
        return and_(known, young, born <= cuts.born[first].isoformat()) if first else and_(known, young)

    day = cuts.day.isoformat()
    found: dict[str, ColumnElement[bool]] = {
        "present": c.dossier_id != "",
        "party": and_(c.party_joined_on != "", c.party_joined_on <= day),
        "women": c.sex == "Nữ",
        "minority": c.ethnicity.not_in(("", "01", "55")),
        "religion": c.religion.not_in(("", "khong")),
        "it.trung_cap": c.it_level >= max(cuts.levels["it.trung_cap"], 1),
        "age.30": between(0, 30),
        "age.31": between(31, 40),
        "age.41": between(41, 50),
        "age.51": and_(known, born <= cuts.born[51].isoformat(), ~over),
        "age.51.women": and_(between(51, 55), c.sex == "Nữ"),
        "age.56.men": and_(between(56, 60), c.sex == "Nam"),
        "age.over": over,
        "ethnic_language": c.dossier_id.in_(
            _spoken(view, FactRow.item == "ethnic_language", FactRow.folded.not_in(("", "khong", "khong co")))
        ),
        "rotation": c.dossier_id.in_(
            _spoken(
                view,
                FactRow.item == "posts",
                FactRow.folded.like("%luan chuyen%"),
                or_(FactRow.starts == "", FactRow.starts <= day),
                or_(FactRow.ends == "", FactRow.ends >= day),
            )
        ),
    }
    for key in keys:
        if key not in found:
            found[key] = _level(who, cuts, key)
    return {key: found[key] for key in keys}


_HEADS = {
    "qualification": "qualification_level",
    "theory": "theory_level",
    "management": "management_level",
    "it": "it_level",
    "language": "language_level",
}


def _level(who: Subquery, cuts: Cuts, key: str) -> ColumnElement[bool]:
    start, _dot, code = key.partition(".")
    if start == "rank":
        return who.c.rank_code == code
    level = cuts.levels.get(key, 0)
    column = who.c[_HEADS[start]]
    if key == "qualification.tien_si":  # the form has no column for doctors of science
        return column >= level if level else false()
    return column == level if level else false()


def by_unit(
    session: Session, view: Visibility, scope: Scope, cuts: Cuts, keys: Sequence[str]
) -> tuple[dict[int, dict[str, int]], int]:
    """For each unit that holds somebody's dossier how many each column counts; and the highest level among them."""
    who = people(view, scope)
    wanted = conditions(who, view, cuts, keys)
    sums = [func.sum(case((condition, 1), else_=0)) for condition in wanted.values()]
    statement = select(who.c.unit_id, func.max(who.c.secrecy), *sums).group_by(who.c.unit_id)
    found, level = {}, 0
    for row in session.execute(statement):
        found[row[0]] = dict(zip(wanted, row[2:], strict=True))
        level = max(level, row[1])
    return found, level


def combinations(session: Session, view: Visibility, scope: Scope, cuts: Cuts) -> list[tuple[Any, ...]]:
    """How many there are of each combination: age band, sex, ethnicity, qualification, theory, Party band; level."""
    who = people(view, scope)
    c, born, joined = who.c, who.c.birth_date, who.c.party_joined_on
    day = cuts.day.isoformat()
    ages = [(born > cuts.born[last + 1].isoformat(), first) for first, last in _BANDS]
    age = case((c.birth_date == "", ""), *ages, else_="61")
    years = [(joined > cuts.born[last].isoformat(), name) for name, last in _PARTY]
    party = case((or_(c.party_joined_on == "", joined > day), ""), *years, else_="30")
    keys = (age, c.sex, c.ethnicity, c.qualification_level, c.theory_level, party)
    statement = select(*keys, func.count(), func.max(c.secrecy)).group_by(*keys)
    return [tuple(row) for row in session.execute(statement)]


_BANDS = (("30", 30), ("31", 40), ("41", 50), ("51", 55), ("56", 60))
_PARTY = (("0", 5), ("5", 10), ("10", 20), ("20", 30))
BIRTH_AGES = (5, 10, 20, 30, 31, 41, 51, 56, 61)
"""Ages whose birth days the conditions above compare with."""


def planned(session: Session, view: Visibility, scope: Scope, cuts: Cuts) -> list[tuple[Any, ...]]:
    """Planned posts in force on the day: code, words where it has no code, persons, women, aged 40 or less, level."""
    who = people(view, scope)
    day = scope.day.isoformat()
    # nothing in it is a parameter: PostgreSQL takes the same one in SELECT and in GROUP BY for two things
    empty, name = literal_column("''", String), literal_column("'position'", String)
    words = case((FactRow.code != empty, empty), else_=json_words(FactRow.body, name))
    one = func.count(who.c.dossier_id.distinct())
    young = and_(who.c.birth_date != "", who.c.birth_date > cuts.born[41].isoformat())
    women = func.count(case((who.c.sex == "Nữ", who.c.dossier_id)).distinct())
    statement = (
        select(
            FactRow.code,
            words,
            one,
            women,
            func.count(case((young, who.c.dossier_id)).distinct()),
            func.max(FactRow.secrecy),
        )
        .join(who, who.c.dossier_id == FactRow.dossier_id)
        .join(Dossier, Dossier.id == FactRow.dossier_id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .where(
            visible(view, Unit.path, FactRow),
            FactRow.item == "plannings",
            FactRow.ended_at.is_(None),
            or_(FactRow.starts == "", FactRow.starts <= day),
            or_(FactRow.ends == "", FactRow.ends >= day),
        )
        .group_by(FactRow.code, words)
        .order_by(one.desc())
    )
    return [tuple(row) for row in session.execute(statement)]
