"""The machine's side of linking: which records wait, what is compared, keys, pairs, persons. Shown to nobody so."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from oms.domain.conflicts import STANDING
from oms.store.bulk import add_rows
from oms.store.link_tables import (
    LinkCandidate,
    LinkConflict,
    LinkDecision,
    LinkFeature,
    LinkKey,
    LinkPerson,
    LinkWaiting,
)
from oms.store.link_triggers import ITEMS
from oms.store.record_tables import FactRow
from oms.store.tables import Cadre, Dossier, Unit

AT_ONCE = 400


def waiting(session: Session, limit: int) -> list[tuple[int, str]]:
    """The records that wait to be compared, oldest first: number and cadre."""
    statement = select(LinkWaiting.number, LinkWaiting.cadre_id).order_by(LinkWaiting.number).limit(limit)
    return [(number, cadre) for number, cadre in session.execute(statement)]


def waiting_count(session: Session) -> int:
    """How many records wait to be compared."""
    return session.scalar(select(func.count()).select_from(LinkWaiting)) or 0


def done_with(session: Session, numbers: Sequence[int]) -> None:
    """Forgets that these waited."""
    session.execute(delete(LinkWaiting).where(LinkWaiting.number.in_(list(numbers))))


def want_all(session: Session) -> int:
    """Has every record normalised and compared anew; returns how many there are."""
    session.execute(update(LinkFeature).values(norm_version=""))
    there = select(LinkWaiting.cadre_id)
    missing = select(Cadre.id).where(Cadre.id.not_in(there)).order_by(Cadre.id)
    session.execute(insert(LinkWaiting).from_select(["cadre_id"], missing))
    return waiting_count(session)


def want_outdated(session: Session, norm_version: str) -> None:
    """Has every record compared anew that was normalised by another version."""
    there = select(LinkWaiting.cadre_id)
    old = select(LinkFeature.cadre_id).where(
        LinkFeature.norm_version != norm_version, LinkFeature.cadre_id.not_in(there)
    )
    session.execute(insert(LinkWaiting).from_select(["cadre_id"], old.order_by(LinkFeature.cadre_id)))


@dataclass(frozen=True)
class Known:
    """What is known of a cadre that tells persons apart: the row, the dossier it is taken from, that one's facts."""

    cadre: Cadre
    dossier: Dossier
    unit: Unit
    facts: tuple[FactRow, ...]


def known(session: Session, cadre_ids: Collection[str]) -> dict[str, Known]:
    """Of each cadre the dossier that most may see, and its facts in force at that dossier's own level and area."""
    statement = (
        select(Cadre, Dossier, Unit)
        .join(Dossier, Dossier.cadre_id == Cadre.id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .where(Cadre.id.in_(sorted(cadre_ids)), Dossier.state != "disposed")
        .order_by(Dossier.secrecy.desc(), Dossier.compartment.desc(), Dossier.created_at.desc(), Dossier.id)
    )
    chosen = {cadre.id: (cadre, dossier, unit) for cadre, dossier, unit in session.execute(statement)}
    facts: dict[str, list[FactRow]] = {dossier.id: [] for _cadre, dossier, _unit in chosen.values()}
    held = (
        select(FactRow)
        .join(Dossier, Dossier.id == FactRow.dossier_id)
        .where(
            FactRow.dossier_id.in_(sorted(facts)),
            FactRow.item.in_(ITEMS),
            FactRow.ended_at.is_(None),
            FactRow.secrecy == Dossier.secrecy,
            FactRow.compartment == Dossier.compartment,
        )
        .order_by(FactRow.starts, FactRow.entered_at, FactRow.id)
    )
    for row in session.scalars(held):
        facts[row.dossier_id].append(row)
    return {
        name: Known(cadre, dossier, unit, tuple(facts[dossier.id])) for name, (cadre, dossier, unit) in chosen.items()
    }


def features(session: Session, cadre_ids: Collection[str]) -> dict[str, LinkFeature]:
    """What is compared of these cadres, as it was made last."""
    found: dict[str, LinkFeature] = {}
    ids = sorted(cadre_ids)
    for start in range(0, len(ids), AT_ONCE):
        rows = session.scalars(select(LinkFeature).where(LinkFeature.cadre_id.in_(ids[start : start + AT_ONCE])))
        found |= {row.cadre_id: row for row in rows}
    return found


def every_feature(session: Session, block: str) -> Iterator[tuple[str, str]]:
    """Cadre and compared text of everybody of a block, a portion at a time."""
    statement = select(LinkFeature.cadre_id, LinkFeature.body).where(LinkFeature.block == block)
    ordered = statement.order_by(LinkFeature.cadre_id).execution_options(yield_per=2000)
    yield from ((cadre, body) for cadre, body in session.execute(ordered))


def blocks(session: Session) -> dict[str, int]:
    """How many records are compared in each block."""
    rows = session.execute(select(LinkFeature.block, func.count()).group_by(LinkFeature.block))
    return {block: number for block, number in rows}


def keep_features(session: Session, row: Mapping[str, Any], keys: Sequence[int]) -> None:
    """Writes what is compared of a cadre and the keys it is looked up by, in the place of the former."""
    forget(session, [row["cadre_id"]])
    add_rows(session, LinkFeature, [row])
    add_rows(
        session,
        LinkKey,
        [{"key": key, "cadre_id": row["cadre_id"], "block": row["block"]} for key in sorted(set(keys))],
    )


def forget(session: Session, cadre_ids: Collection[str]) -> None:
    """Compares these no more: of a destroyed record nothing is left but the decisions."""
    wanted = sorted(cadre_ids)
    session.execute(delete(LinkKey).where(LinkKey.cadre_id.in_(wanted)))
    session.execute(delete(LinkFeature).where(LinkFeature.cadre_id.in_(wanted)))
    session.expire_all()


def sharing(session: Session, block: str, keys: Mapping[int, int]) -> set[str]:
    """Records of a block under any of the keys; a key under which more than its bound lie brings none."""
    held = select(LinkKey.key, func.count()).where(LinkKey.key.in_(sorted(keys)), LinkKey.block == block)
    rare = [key for key, number in session.execute(held.group_by(LinkKey.key)) if number <= keys[key]]
    return set(session.scalars(select(LinkKey.cadre_id).where(LinkKey.key.in_(rare), LinkKey.block == block)))


def bearers(session: Session, block: str, key: int) -> int:
    """How many records of a block lie under a key."""
    statement = select(func.count()).select_from(LinkKey).where(LinkKey.key == key, LinkKey.block == block)
    return session.scalar(statement) or 0


def pairs_of(session: Session, cadre_ids: Collection[str]) -> list[LinkCandidate]:
    """Every pair with one of these records."""
    found: dict[str, LinkCandidate] = {}
    ids = sorted(cadre_ids)
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        either = or_(LinkCandidate.left_id.in_(some), LinkCandidate.right_id.in_(some))
        found |= {row.id: row for row in session.scalars(select(LinkCandidate).where(either))}
    return [found[name] for name in sorted(found)]


def openness(session: Session, cadre_ids: Collection[str]) -> dict[str, bool]:
    """Of each record whether everybody may learn of the dossier it is compared by: no level, no area."""
    found: dict[str, bool] = {}
    ids = sorted(cadre_ids)
    for start in range(0, len(ids), AT_ONCE):
        statement = (
            select(LinkFeature.cadre_id, Dossier.secrecy, Dossier.compartment)
            .join(Dossier, Dossier.id == LinkFeature.dossier_id)
            .where(LinkFeature.cadre_id.in_(ids[start : start + AT_ONCE]))
        )
        for cadre, secrecy, area in session.execute(statement):
            found[cadre] = secrecy == 0 and area == ""
    return found


def drop(session: Session, pair_ids: Collection[str]) -> None:
    """Takes pairs away that nobody ever decided on."""
    wanted = sorted(pair_ids)
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        never = and_(LinkCandidate.id.in_(some), LinkCandidate.version == 0)
        session.execute(delete(LinkCandidate).where(never))


def decisions(session: Session, pair_ids: Collection[str]) -> dict[str, list[LinkDecision]]:
    """The decisions on pairs, oldest first."""
    found: dict[str, list[LinkDecision]] = {name: [] for name in pair_ids}
    ids = sorted(pair_ids)
    for start in range(0, len(ids), AT_ONCE):
        wanted = select(LinkDecision).where(LinkDecision.candidate_id.in_(ids[start : start + AT_ONCE]))
        for row in session.scalars(wanted.order_by(LinkDecision.number)):
            found[row.candidate_id].append(row)
    return found


def every_pair(session: Session) -> list[LinkCandidate]:
    """All pairs that anybody decided on."""
    return list(session.scalars(select(LinkCandidate).where(LinkCandidate.version > 0).order_by(LinkCandidate.id)))


def linked_around(session: Session, cadre_ids: Collection[str]) -> list[tuple[str, str]]:
    """The links in force of the whole groups that these records are in."""
    edges: set[tuple[str, str]] = set()
    ahead, past = set(cadre_ids), set()
    while ahead:
        past |= ahead
        rows = [row for row in pairs_of(session, ahead) if row.state == "linked"]
        edges |= {(row.left_id, row.right_id) for row in rows}
        ahead = {end for row in rows for end in (row.left_id, row.right_id)} - past
    return sorted(edges)


def every_link(session: Session) -> list[tuple[str, str]]:
    """All links in force."""
    statement = select(LinkCandidate.left_id, LinkCandidate.right_id).where(LinkCandidate.state == "linked")
    return [(left, right) for left, right in session.execute(statement)]


def persons(session: Session, cadre_ids: Collection[str] | None = None) -> dict[str, str]:
    """The person of each linked record, of these or of all."""
    statement = select(LinkPerson.cadre_id, LinkPerson.person_id)
    if cadre_ids is not None:
        statement = statement.where(LinkPerson.cadre_id.in_(sorted(cadre_ids)))
    return {cadre: person for cadre, person in session.execute(statement)}


def of_persons(session: Session, person_ids: Collection[str]) -> set[str]:
    """The records of some persons."""
    return set(session.scalars(select(LinkPerson.cadre_id).where(LinkPerson.person_id.in_(sorted(person_ids)))))


def set_persons(session: Session, wanted: Mapping[str, str], among: Collection[str]) -> int:
    """Makes the persons of the records ``among`` what they should be; returns how many rows changed."""
    held, changed = persons(session, among), 0
    for cadre in sorted(among):
        before, after = held.get(cadre), wanted.get(cadre)
        if before == after:
            continue
        changed += 1
        if after is None:
            session.execute(delete(LinkPerson).where(LinkPerson.cadre_id == cadre))
        elif before is None:
            session.execute(insert(LinkPerson).values(cadre_id=cadre, person_id=after))
        else:
            session.execute(update(LinkPerson).where(LinkPerson.cadre_id == cadre).values(person_id=after))
    return changed


def crowded_persons(session: Session) -> int:
    """How many persons have records in one block that are two."""
    twice = (
        select(LinkPerson.person_id)
        .join(LinkFeature, LinkFeature.cadre_id == LinkPerson.cadre_id)
        .join(Dossier, Dossier.id == LinkFeature.dossier_id)
        .group_by(LinkPerson.person_id, Dossier.block)
        .having(func.count() > 1)
    )
    return session.scalar(select(func.count(func.distinct(twice.subquery().c.person_id)))) or 0


def strange_conflicts(session: Session, late: Collection[str]) -> int:
    """How many differences stand of pairs that are not linked, but for records that wait to be compared."""
    statement = (
        select(LinkCandidate.left_id, LinkCandidate.right_id)
        .join(LinkConflict, LinkConflict.candidate_id == LinkCandidate.id)
        .where(LinkConflict.state.in_(STANDING), LinkCandidate.state != "linked")
    )
    return sum(1 for ends in session.execute(statement) if not {*ends} & set(late))


def parsed(body: str) -> list[Any]:
    """What is compared of a record, as it was kept."""
    found: list[Any] = json.loads(body)
    return found


def body_of(row: LinkFeature) -> list[Any]:
    """As :func:`parsed`, of a row."""
    return parsed(row.body)


def add_pair(session: Session, row: Mapping[str, Any], at: datetime) -> LinkCandidate:
    """A pair that was not known."""
    made = LinkCandidate(**row, found_at=at)
    session.add(made)
    return made
