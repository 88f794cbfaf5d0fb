"""What the code says of a generated world, in every form the rule has, held against what is expected."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from access_matrix import MATRIX, Person, Thing
from access_worlds import KINDS, NOW, RECORD_ACTIONS, TODAY, World, expected, person_lent, person_of
from sqlalchemy import ColumnElement, Select, delete, insert, literal, select, union_all
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from oms.domain.access import Action, Principal, Target, Visibility, decide, delegated, visibility
from oms.store import people
from oms.store.access_tables import AccountKin
from oms.store.consultation_tables import Consultation, ConsultationPaper, Emergency
from oms.store.db import make_engine
from oms.store.found import taken_for_withheld
from oms.store.record_tables import Change, FactRow, RecordHead
from oms.store.tables import (
    Account,
    AccountCompartment,
    AccountScope,
    Base,
    Cadre,
    Dossier,
    Proposal,
    Unit,
    UnitSuccession,
)
from oms.store.visible import visible
from search_index import Doc, MemoryEngine, Query, Visible
from search_index import Engine as Index


def database() -> Engine:
    """An empty database in memory with every table."""
    engine = make_engine("sqlite://")
    Base.metadata.create_all(engine)
    return engine


def load(session: Session, world: World) -> None:
    """Puts a world into the database in place of the one before."""
    connection = session.connection()
    for kind in (
        Proposal,
        ConsultationPaper,
        Consultation,
        Emergency,
        *KINDS,
        Cadre,
        AccountKin,
        AccountScope,
        AccountCompartment,
        Account,
        UnitSuccession,
        Unit,
    ):
        connection.execute(delete(kind.__table__))  # type: ignore[arg-type]
    for kind, rows in world.rows.items():
        connection.execute(insert(kind.__table__), rows)  # type: ignore[arg-type]
    session.expunge_all()


def principals(session: Session, world: World) -> Iterator[tuple[Principal, Person]]:
    """Everybody of a world, as the store reads them and in plain terms; then who acts for somebody."""
    read = {}
    for human in world.people:
        account = session.get_one(Account, human.id)
        read[human.id] = people.principal_of(session, account, today=TODAY, now=NOW)
        yield read[human.id], person_of(world, human)
    for lending in world.lendings:
        scopes = [world.paths[unit] for unit in lending.units]
        yield delegated(read[lending.taker], read[lending.giver], scopes), person_lent(world, lending)


def target_of(thing: Thing) -> Target:
    """A record as the rule sees it."""
    place = {"dossier_id": thing.dossier, "document_id": thing.paper, "proposed": frozenset(thing.perhaps)}
    return Target(thing.unit, thing.level, thing.area, state=thing.state, **place)  # type: ignore[arg-type]


def by_decision(world: World, principal: Principal, action: Action) -> set[tuple[str, str]]:
    """The records the yes-or-no form admits."""
    found = set()
    for key, thing in world.things.items():
        home = world.also.get(key)
        if decide(principal, action, target_of(thing)).allowed and (
            home is None or decide(principal, action, target_of(world.things[home])).allowed
        ):
            found.add(key)
    return found


def _selected(view: Visibility, kind: type[Base]) -> Select[tuple[str, str]]:
    row: Any = kind
    key = row.dossier_id if kind is RecordHead else row.id
    shown: list[ColumnElement[bool]] = [visible(view, Unit.path, kind)]
    statement = select(literal(kind.__tablename__), key)
    if kind in (FactRow, Change):
        statement = statement.join(Dossier, Dossier.id == row.dossier_id).join(Unit, Unit.id == Dossier.unit_id)
        shown.append(visible(view, Unit.path, Dossier))
    else:
        statement = statement.join(Unit, Unit.id == row.unit_id)
    return statement.where(*shown)


def by_sql(session: Session, view: Visibility, kinds: Sequence[type[Base]] = KINDS) -> set[tuple[str, str]]:
    """The records the SQL form selects, of some kinds."""
    found = session.execute(union_all(*[_selected(view, kind) for kind in kinds]))
    return {(table, key) for table, key in found}


def index_of(world: World, engine: Index | None = None) -> Index:
    """An index of the filed papers of a world."""
    filed = [(key, thing) for (table, key), thing in world.things.items() if table == "documents" and thing.dossier]
    made = engine or MemoryEngine()
    made.add(
        Doc(key, "giấy", "giấy", (), "party", t.unit, t.level, t.area, "khac", None, dossier=t.dossier)
        for key, t in filed
    )
    return made


def by_index(session: Session, index: Index, view: Visibility) -> tuple[set[str], int]:
    """Ids of the papers a search shows, and how many it says there are."""
    seen = Visible.from_json(view.as_index(taken_for_withheld(session, view)))
    answer = index.query(Query("giấy", seen, top=50))
    return {hit.id for hit in answer.hits}, answer.count


def differences(session: Session, world: World, engine: Index | None = None, kinds: int = len(KINDS)) -> list[str]:
    """Where the four forms do not agree on a world already loaded, in words; nothing when they do.

    ``kinds``: how many kinds of record, drawn anew for each question, the database is asked about.
    """
    wrong: list[str] = []
    index, draw = index_of(world, engine), random.Random(world.seed)
    for principal, person in principals(session, world):
        who = f"world {world.seed}: {principal.account_id} for {principal.behalf_of or '-'}"
        if principal.withheld != set(person.family):
            wrong.append(f"{who}: withheld {sorted(principal.withheld)}, not {sorted(person.family)}")
        compared: set[tuple[Visibility, bool, str, bool]] = set()
        for action in RECORD_ACTIONS:
            row, view = MATRIX[action.value], visibility(principal, action)
            # the answer is asked again only where the rule's data or the regulation's words differ
            case = (view, person.role in row.roles, row.reaches, row.closed_when_destroyed)
            if case in compared:
                continue
            compared.add(case)
            right = expected(world, person, action)
            decided = by_decision(world, principal, action)
            if decided != right:
                wrong.append(f"{who}: {action.value}: yes or no: {sorted(decided ^ right)}")
            if view.secrecy < 0 and draw.random() < 0.95:
                continue  # sees nothing: asked now and then
            asked = draw.sample(KINDS, kinds)
            selected, tables = by_sql(session, view, asked), {kind.__tablename__ for kind in asked}
            if selected != {key for key in right if key[0] in tables}:
                wrong.append(f"{who}: {action.value}: SQL: {sorted(selected ^ right)}")
        wrong += _searched(session, world, principal, person, index, who)
    return wrong


def _searched(
    session: Session, world: World, principal: Principal, person: Person, index: Index, who: str
) -> list[str]:
    """What the index shows against what may be searched."""
    right = {
        key
        for table, key in expected(world, person, Action.SEARCH)
        if table == "documents" and world.things[table, key].dossier
    }
    found, count = by_index(session, index, visibility(principal, Action.SEARCH))
    return [] if found == right and count == len(right) else [f"{who}: index: {sorted(found ^ right)}, count {count}"]
