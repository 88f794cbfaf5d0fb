"""The access rule: written out by hand, held together in its three forms, deny by default."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime
from itertools import product

import pytest
from access_matrix import MATRIX
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
    delegated,
    highest,
    permits,
    visibility,
)
from oms.domain.catalogue import OUTCOME_LABELS, ROLE_LABELS, VERB_LABELS
from oms.domain.journal import Outcome, Verb
from oms.store.db import make_engine
from oms.store.tables import Base, Document, Proposal, Unit
from oms.store.visible import in_scope, visible
from search_index import Doc, MemoryEngine, Query, QueryError, Visible

OFFICER, LEADER = Role.RECORDS_OFFICER, Role.LEADER
REVIEWER, ADMIN, SECURITY = Role.SECURITY_REVIEWER, Role.ADMINISTRATOR, Role.SECURITY_OFFICER


def person(role: Role = LEADER, **more: object) -> Principal:
    made = Principal("a1", "nguoi.thu", "Người thử", role, 1, "1", ("1",), Secrecy.TUYET_MAT, frozenset({"bvctnb"}))
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("role", "action"), list(product(Role, Action)))
def test_every_cell_of_the_matrix(role: Role, action: Action) -> None:
    allowed = role.value in MATRIX[action.value].roles
    assert permits(person(role), action) is allowed
    # a consultation shows what was lent, and nothing for being of the unit
    lent = person(role, consulted=frozenset({"d1"}))
    assert decide(lent, action, Target("1/2", document_id="d1")).allowed is allowed
    assert decide(person(role), action, Target("1/2")).allowed is (allowed and action is not Action.CONSULT_READ)


@pytest.mark.parametrize("action", sorted(RECORD_ACTIONS))
@pytest.mark.parametrize("role", [REVIEWER, ADMIN, SECURITY])
def test_who_guards_and_who_administers_touch_no_record(role: Role, action: Action) -> None:
    everything = person(role, scopes=("1",), clearance=Secrecy.TUYET_MAT, compartments=frozenset({"bvctnb"}))
    assert visibility(everything, action) == NOTHING
    assert not decide(everything, action, Target("1")).allowed


def test_what_the_rule_is_given_cannot_be_changed_and_starts_from_the_least() -> None:
    who, target = person(), Target("1")
    view, decision = visibility(who, Action.SEARCH), decide(who, Action.HOME)
    for given_to, name in ((who, "clearance"), (target, "secrecy"), (view, "secrecy"), (decision, "allowed")):
        with pytest.raises(FrozenInstanceError):
            setattr(given_to, name, 3)
    assert target == Target("1", 0, "", "", "", "", frozenset())
    assert not who.stepped_up and who.persons == {"a1"}


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

DOSSIERS = ["h1", "h2", "h3"]
some_dossiers = st.frozensets(st.sampled_from(DOSSIERS), max_size=2)
# a filed paper lies in one dossier; one on the desk lies in none and may be taken for somebody's
lying = st.one_of(st.tuples(st.sampled_from(DOSSIERS), st.just(frozenset())), st.tuples(st.just(""), some_dossiers))


def _paper(path: str, secrecy: int, compartment: str, lies: tuple[str, frozenset[str]]) -> Target:
    return Target(path, secrecy, compartment, dossier_id=lies[0], proposed=lies[1])


papers = st.lists(
    st.builds(_paper, st.sampled_from(PATHS), st.integers(0, 3), st.sampled_from(COMPARTMENTS), lying),
    min_size=1,
    max_size=8,
).map(lambda world: [replace(paper, document_id=str(number)) for number, paper in enumerate(world)])
views = st.builds(
    Visibility,
    st.lists(st.sampled_from([*PATHS, "", "3", "1/2/"]), max_size=3).map(tuple),
    st.integers(-1, 3),
    st.frozensets(st.sampled_from(["bvctnb", "kiem_tra", "khac"]), max_size=2),
    withheld=some_dossiers,
    documents=st.frozensets(st.sampled_from(["0", "1", "2", ""]), max_size=2),
    emergency=st.frozensets(st.sampled_from([*DOSSIERS, ""]), max_size=1),
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
    session.execute(delete(Proposal))
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
            "dossier_id": paper.dossier_id or None,
            "created_at": NOW,
        }
        for number, paper in enumerate(world)
    ]
    session.execute(insert(Document), rows)
    told = {"score": 1.0, "agrees": "", "differs": ""}
    taken = [(paper.document_id, dossier) for paper in world for dossier in sorted(paper.proposed)]
    if taken:
        session.execute(insert(Proposal), [{"document_id": d, "dossier_id": h} | told for d, h in taken])


def by_sql(session: Session, view: Visibility) -> set[str]:
    condition = visible(view, Unit.path, Document)
    return set(session.scalars(select(Document.id).join(Unit, Unit.id == Document.unit_id).where(condition)))


def by_index(world: list[Target], view: Visibility) -> set[str]:
    engine = MemoryEngine()
    engine.add(
        Doc(
            *(str(number), "giấy", "giấy", (), "party", p.unit_path, p.secrecy, p.compartment, "khac", None),
            dossier=p.dossier_id,
        )
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
    # what is lent is read, never searched; what lies on the desk is not in the index
    searched = replace(view, documents=frozenset(), emergency=frozenset())
    filed = [replace(paper, proposed=frozenset()) for paper in world]
    assert by_index(filed, searched) == {p.document_id for p in filed if searched.admits(p)}


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
    units, secrecy = (*view.units, *more_units), max(view.secrecy, higher)
    wider = replace(view, units=units, secrecy=secrecy, compartments=view.compartments | more)
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


def test_own_and_relatives_file_is_closed_whatever_else_is_held() -> None:
    who = person(OFFICER, withheld=frozenset({"h1"}), emergency=frozenset({"h1"}), consulted=frozenset({"d1"}))
    for action in RECORD_ACTIONS:
        assert not decide(who, action, Target("1", dossier_id="h1", document_id="d1")).allowed, action
    assert decide(who, Action.DOSSIER_READ, Target("1", dossier_id="h1")).reason == "outside conflict"
    assert decide(who, Action.DOSSIER_READ, Target("1", dossier_id="h2")).allowed
    assert not decide(who, Action.DESK_WORK, Target("1", proposed=frozenset({"h1", "h2"}))).allowed


def test_a_consultation_widens_the_unit_alone_and_only_its_own_reading() -> None:
    who = person(LEADER, scopes=("1/2",), clearance=Secrecy.MAT, compartments=frozenset(), consulted=frozenset({"d1"}))
    assert decide(who, Action.CONSULT_READ, Target("1/3", 1, document_id="d1")).allowed
    assert decide(who, Action.CONSULT_READ, Target("1/3", 2, document_id="d1")).reason == "outside secrecy"
    assert (
        decide(who, Action.CONSULT_READ, Target("1/3", 1, "bvctnb", document_id="d1")).reason == "outside compartment"
    )
    assert decide(who, Action.CONSULT_READ, Target("1/2", 0, document_id="d2")).reason == "outside scope"
    for action in (Action.DOSSIER_READ, Action.SEARCH, Action.CADRE_LIST):
        assert decide(who, action, Target("1/3", document_id="d1")).reason == "outside scope"


def test_an_emergency_opens_one_dossier_up_to_toi_mat_and_nothing_restricted() -> None:
    who = person(LEADER, scopes=(), clearance=Secrecy.NONE, compartments=frozenset(), emergency=frozenset({"h1"}))
    assert decide(who, Action.DOSSIER_READ, Target("9", 2, dossier_id="h1")).allowed
    assert decide(who, Action.DOSSIER_READ, Target("9", 3, dossier_id="h1")).reason == "outside secrecy"
    assert decide(who, Action.DOSSIER_READ, Target("9", 0, "bvctnb", "h1")).reason == "outside compartment"
    assert decide(who, Action.DOSSIER_READ, Target("9", 0, dossier_id="h2")).reason == "outside scope"
    assert decide(who, Action.DOSSIER_READ, Target("9", 0)).reason == "outside scope"
    for action in RECORD_ACTIONS - {Action.DOSSIER_READ}:
        assert not decide(who, action, Target("9", 0, dossier_id="h1")).allowed, action
    cleared = replace(who, clearance=Secrecy.TUYET_MAT)
    assert decide(cleared, Action.DOSSIER_READ, Target("9", 3, dossier_id="h1")).reason == "outside scope"


def test_nothing_is_read_searched_or_counted_of_a_destroyed_dossier() -> None:
    who = person(OFFICER)
    for action in (Action.SEARCH, Action.CRITERIA_RUN, Action.DOSSIER_EXPORT, Action.REPORT_VIEW, Action.CONSULT_READ):
        assert decide(who, action, Target("1", state="disposed")).reason == "outside state"


@given(
    scopes=st.lists(st.sampled_from(PATHS), max_size=3),
    lent=st.lists(st.sampled_from(PATHS), max_size=3),
    levels=st.tuples(st.sampled_from(Secrecy), st.sampled_from(Secrecy)),
    areas=st.tuples(st.frozensets(st.sampled_from(COMPARTMENTS)), st.frozensets(st.sampled_from(COMPARTMENTS))),
    target=st.builds(_paper, st.sampled_from(PATHS), st.integers(0, 3), st.sampled_from(COMPARTMENTS), lying),
)
def test_delegated_authority_is_never_more_than_the_givers_inside_what_was_lent(
    scopes: list[str],
    lent: list[str],
    levels: tuple[Secrecy, Secrecy],
    areas: tuple[frozenset[str], frozenset[str]],
    target: Target,
) -> None:
    giver = person(LEADER, scopes=tuple(scopes), clearance=levels[0], compartments=areas[0], withheld=frozenset({"h1"}))
    deputy = person(OFFICER, account_id="a2", scopes=("2",), clearance=levels[1], compartments=areas[1])
    acting = delegated(deputy, giver, lent)
    assert acting.persons == {"a1", "a2"}
    for action in Action:
        if decide(acting, action, target).allowed:
            assert decide(giver, action, target).allowed
            assert target.secrecy <= deputy.clearance
            assert any(covers(scope, target.unit_path) for scope in lent) or action not in RECORD_ACTIONS
    assert delegated(deputy, acting, lent) == deputy


def test_a_list_bears_the_highest_level_of_its_parts_and_every_compartment() -> None:
    assert highest([(0, ""), (2, "bvctnb"), (1, "kiem_tra")]) == (2, ("bvctnb", "kiem_tra"))
    assert highest([]) == (0, ())
