"""The access rule: written out by hand, held together in its three forms, deny by default."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from oms.domain.access import (
    NOTHING,
    RECORD_ACTIONS,
    Action,
    Principal,
    Role,
    Secrecy,
    Target,
    Visibility,
    covers,
    decide,
    permits,
    visibility,
)
from oms.domain.catalogue import OUTCOME_LABELS, ROLE_LABELS, VERB_LABELS
from oms.domain.journal import Outcome, Verb
from oms.store.db import make_engine
from oms.store.tables import Base, Document, Unit
from oms.store.visible import in_scope, visible
from search_index import Doc, MemoryEngine, Query, QueryError, Visible

CLERK, OFFICER, LEADER = Role.SCANNING_CLERK, Role.RECORDS_OFFICER, Role.LEADER
REVIEWER, ADMIN = Role.SECURITY_REVIEWER, Role.ADMINISTRATOR
EVERYBODY = {CLERK, OFFICER, LEADER, REVIEWER, ADMIN}

WHO_MAY = {
    "home:view": EVERYBODY,
    "account:own": EVERYBODY,
    "batch:list": {CLERK, OFFICER},
    "batch:create": {CLERK, OFFICER},
    "scan:receive": {CLERK, OFFICER},
    "desk:work": {CLERK, OFFICER},
    "document:file": {CLERK, OFFICER},
    "cadre:list": {CLERK, OFFICER, LEADER},
    "cadre:create": {CLERK, OFFICER},
    "dossier:read": {OFFICER, LEADER},
    "dossier:export": {OFFICER},
    "check:work": {CLERK, OFFICER},
    "check:report": {OFFICER},
    "copy:sign": {OFFICER},
    "task:manage": {OFFICER, LEADER},
    "search:run": {OFFICER, LEADER},
    "journal:read": {REVIEWER},
    "account:manage": {ADMIN},
    "system:status": {ADMIN},
    "record:change": {OFFICER},
    "record:decide": {OFFICER, LEADER},
    "supplement:manage": {OFFICER},
    "subject:manage": {OFFICER},
    "custody:work": {OFFICER},
    "custody:hold": {OFFICER, LEADER},
    "disposal:ask": {OFFICER},
    "disposal:approve": {LEADER},
    "criteria:run": {OFFICER, LEADER},
    "list:export": {OFFICER},
    "profile:make": {OFFICER},
    "report:view": {OFFICER, LEADER},
    "alert:list": {OFFICER, LEADER},
    "alert:override": {OFFICER},
    "import:run": {OFFICER},
    "other:settle": {OFFICER},
    "catalogue:view": {OFFICER, ADMIN},
    "catalogue:edit": {ADMIN},
    "unit:view": {OFFICER, ADMIN},
    "unit:manage": {ADMIN},
}
"""The matrix as the regulation asks for it: written down here, not read from the code."""


def person(role: Role = LEADER, **more: object) -> Principal:
    made = Principal("a1", "nguoi.thu", "Người thử", role, 1, "1", ("1",), Secrecy.TUYET_MAT, frozenset({"bvctnb"}))
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("role", "action"), list(product(Role, Action)))
def test_every_cell_of_the_matrix(role: Role, action: Action) -> None:
    allowed = role in WHO_MAY[action.value]
    assert permits(person(role), action) is allowed
    assert decide(person(role), action, Target("1/2")).allowed is allowed


@pytest.mark.parametrize("action", sorted(RECORD_ACTIONS))
@pytest.mark.parametrize("role", [REVIEWER, ADMIN])
def test_reviewer_and_administrator_touch_no_record(role: Role, action: Action) -> None:
    everything = person(role, scopes=("1",), clearance=Secrecy.TUYET_MAT, compartments=frozenset({"bvctnb"}))
    assert visibility(everything, action) == NOTHING
    assert not decide(everything, action, Target("1")).allowed


@pytest.mark.parametrize("action", sorted(RECORD_ACTIONS))
def test_an_action_on_records_without_a_target_is_refused(action: Action) -> None:
    assert not decide(person(OFFICER), action).allowed


def test_the_reason_names_the_clause_that_failed() -> None:
    who = person(LEADER, scopes=("1/2",), clearance=Secrecy.MAT, compartments=frozenset())
    assert decide(who, Action.DOSSIER_READ, Target("1/3")).reason == "outside scope"
    assert decide(who, Action.DOSSIER_READ, Target("1/2/5", 2)).reason == "outside secrecy"
    assert decide(who, Action.DOSSIER_READ, Target("1/2/5", 1, "bvctnb")).reason == "outside compartment"
    assert decide(who, Action.DOSSIER_READ, Target("1/2/5", 1)).allowed


def test_scopes_are_compared_by_whole_parts() -> None:
    assert covers("1/2", "1/2")
    assert covers("1/2", "1/2/9")
    assert not covers("1/2", "1/22")
    assert not covers("1/2", "1")
    assert not covers("", "1")
    view = Visibility(("1/2",), 3, frozenset())
    assert not view.admits(Target("1/22"))
    assert not view.admits(Target("11/2"))


def test_all_words_of_the_rule_are_explained_to_the_reviewer() -> None:
    assert set(VERB_LABELS) == set(Verb)
    assert set(OUTCOME_LABELS) == set(Outcome)
    assert set(ROLE_LABELS) == set(Role)


PATHS = ["1", "1/2", "1/22", "1/2/3", "1/2/33", "1/22/3", "1/4", "2", "22", "2/1/2"]
COMPARTMENTS = ["", "bvctnb", "kiem_tra"]
NOW = datetime(2026, 11, 2, tzinfo=UTC)

papers = st.lists(
    st.builds(Target, st.sampled_from(PATHS), st.integers(0, 3), st.sampled_from(COMPARTMENTS)),
    min_size=1,
    max_size=8,
)
views = st.builds(
    Visibility,
    st.lists(st.sampled_from([*PATHS, "", "3", "1/2/"]), max_size=3).map(tuple),
    st.integers(-1, 3),
    st.frozensets(st.sampled_from(["bvctnb", "kiem_tra", "khac"]), max_size=2),
)


@pytest.fixture(scope="module")
def database() -> Iterator[Session]:
    """A real SQLite with the units of PATHS; documents come and go with each generated world."""
    engine = make_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.connection().exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        for number, path in enumerate(PATHS, start=1):
            session.add(Unit(id=number, code=path, name=path, path=path, block="party", level="ban"))
        session.flush()
        yield session
        session.rollback()
    engine.dispose()


def fill(session: Session, world: list[Target]) -> None:
    session.execute(delete(Document))
    rows = [
        {
            "id": str(number),
            "scan_id": "-",
            "unit_id": PATHS.index(paper.unit_path) + 1,
            "state": "filed",
            "type_code": "khac",
            "secrecy": paper.secrecy,
            "compartment": paper.compartment,
            "created_at": NOW,
        }
        for number, paper in enumerate(world)
    ]
    session.execute(insert(Document), rows)


def by_sql(session: Session, view: Visibility) -> set[str]:
    condition = visible(view, Unit.path, Document.secrecy, Document.compartment)
    return set(session.scalars(select(Document.id).join(Unit, Unit.id == Document.unit_id).where(condition)))


def by_index(world: list[Target], view: Visibility) -> set[str]:
    engine = MemoryEngine()
    engine.add(
        Doc(str(number), "giấy", "giấy", (), "party", p.unit_path, p.secrecy, p.compartment, "khac", None)
        for number, p in enumerate(world)
    )
    answer = engine.query(Query("giấy", Visible.from_json(view.as_index())))
    found = {hit.id for hit in answer.hits}
    assert answer.count == len(found)
    return found


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=papers, view=views)
def test_yes_or_no_sql_and_index_agree(database: Session, world: list[Target], view: Visibility) -> None:
    expected = {str(number) for number, paper in enumerate(world) if view.admits(paper)}
    fill(database, world)
    assert by_sql(database, view) == expected
    assert by_index(world, view) == expected


@settings(max_examples=200, deadline=None)
@given(
    world=papers,
    view=views,
    more_units=st.lists(st.sampled_from(PATHS), max_size=2),
    higher=st.integers(0, 3),
    more=st.frozensets(st.sampled_from(["bvctnb", "kiem_tra"])),
)
def test_more_rights_never_show_less(
    world: list[Target], view: Visibility, more_units: list[str], higher: int, more: frozenset[str]
) -> None:
    wider = Visibility((*view.units, *more_units), max(view.secrecy, higher), view.compartments | more)
    assert all(wider.admits(paper) for paper in world if view.admits(paper))


@pytest.mark.parametrize("view", [NOTHING, Visibility((), 3, frozenset({"bvctnb"})), Visibility(("",), 3, frozenset())])
def test_no_scope_sees_nothing_in_any_form(database: Session, view: Visibility) -> None:
    world = [Target(path) for path in PATHS]
    fill(database, world)
    assert not any(view.admits(paper) for paper in world)
    assert by_sql(database, view) == set()
    assert by_index(world, view) == set()
    assert list(database.scalars(select(Unit.id).where(in_scope(view, Unit.path)))) == []


def test_a_question_without_a_reader_is_an_error() -> None:
    with pytest.raises(QueryError):
        Query.from_json({"q": "giấy"})
