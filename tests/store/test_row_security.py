"""The second wall on a real PostgreSQL: with no condition at all, a statement shows what the rule admits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from postgres_server import Server
from sqlalchemy import create_engine, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from walled_worlds import NOW, PATHS, STAMP, Ground, Made, become, fill, ids, people, views, world, worlds

from oms.domain.access import (
    RECORD_ACTIONS,
    Action,
    Principal,
    Role,
    Secrecy,
    Target,
    Visibility,
    permits,
    visibility,
    widest,
)
from oms.store import people as people_of
from oms.store import row_security
from oms.store.access_tables import AccountKin
from oms.store.consultation_tables import Emergency
from oms.store.record_tables import FactRow
from oms.store.tables import Account, Base, Batch, Cadre, Document, Dossier, Scan, Unit
from oms.store.visible import visible


@pytest.fixture(scope="module")
def ground(postgres: Server) -> Iterator[Ground]:
    engine = create_engine(postgres.url(postgres.make("walls", template="oms")))
    with Session(engine) as session:
        for number, path in enumerate(PATHS, start=1):
            session.add(Unit(id=number, code=path, name=path, path=path, block="party", level="ban"))
        session.flush()
        who = {"username": "nguoi.thu", "display_name": "Người thử", "password_hash": "-", "role": "records_officer"}
        session.add(Account(id="a1", unit_id=1, clearance=0, created_at=NOW, **who))
        session.flush()
        session.add(Cadre(id="c1", full_name="Tô Thị Hiếu", folded_name="to thi hieu", **STAMP))
        session.add(Batch(id="b1", title="Đợt", unit_id=1, secrecy=3, compartment="bvctnb", **STAMP))
        session.flush()
        scan = {"sha256": "0" * 64, "original_name": "tep.pdf", "size": 1, "state": "read"}
        session.add(Scan(id="s1", batch_id="b1", received_by="a1", received_at=NOW, **scan))
        session.commit()
    yield Ground(engine)
    engine.dispose()


def seen_bare(session: Session) -> dict[str, set[str]]:
    """What statements without any condition show."""
    return {
        "dossiers": ids(session, "SELECT id FROM dossiers"),
        "documents": ids(session, "SELECT id FROM documents"),
        "facts": {name[1:] for name in ids(session, "SELECT id FROM facts")},
        "pages": {name[1:] for name in ids(session, "SELECT id FROM pages")},
    }


def by_rule(made: Made, view: Visibility) -> dict[str, set[str]]:
    """What the rule says yes to; a fact is seen with its dossier, a page with its paper."""
    dossiers = {each.dossier_id for each in made.dossiers if view.admits(each)}
    documents = {each.document_id for each in made.documents if view.admits(each)}
    facts = {each.dossier_id for each in made.facts if each.dossier_id in dossiers and view.admits(each)}
    return {"dossiers": dossiers, "documents": documents, "facts": facts, "pages": documents}


def by_first_wall(session: Session, view: Visibility) -> dict[str, set[str]]:
    """What the store's conditions show, run on PostgreSQL with no second wall behind them."""

    def names(column: object, of: type[Base]) -> set[str]:
        statement = select(column).select_from(of).join(Unit, Unit.id == of.unit_id)  # type: ignore[call-overload, attr-defined]
        return set(session.scalars(statement.where(visible(view, Unit.path, of))))

    facts = (
        select(FactRow.dossier_id)
        .join(Dossier, Dossier.id == FactRow.dossier_id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .where(visible(view, Unit.path, Dossier), visible(view, Unit.path, FactRow))
    )
    documents = names(Document.id, Document)
    shown = set(session.scalars(facts))
    return {"dossiers": names(Dossier.id, Dossier), "documents": documents, "facts": shown, "pages": documents}


def both_walls(ground: Ground, made: Made, view: Visibility) -> None:
    expected = by_rule(made, view)
    with world(ground, made) as session:
        assert by_first_wall(session, view) == expected
        become(session, "oms_app")
        row_security.bind(session, view, outer=False)
        assert seen_bare(session) == expected


WALLED_WORLDS = int(os.environ.get("WALLED_WORLDS", "20000"))
"""How many worlds the campaign asks PostgreSQL about."""
CHECKS = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@settings(CHECKS, max_examples=200)
@given(made=worlds(), view=views)
def test_yes_or_no_the_stores_conditions_and_the_wall_alone_agree(ground: Ground, made: Made, view: Visibility) -> None:
    both_walls(ground, made, view)


@pytest.mark.long
@settings(CHECKS, max_examples=WALLED_WORLDS)
@given(made=worlds(), view=views)
def test_they_agree_on_many_worlds(ground: Ground, made: Made, view: Visibility) -> None:
    both_walls(ground, made, view)


@settings(CHECKS, max_examples=60)
@given(made=worlds(), who=people)
def test_the_outer_wall_never_hides_what_an_action_may_see(ground: Ground, made: Made, who: Principal) -> None:
    with world(ground, made) as session:
        become(session, "oms_app")
        row_security.bind_for(session, who)
        seen = seen_bare(session)
    assert seen == by_rule(made, widest(who))
    for action in RECORD_ACTIONS:
        allowed = by_rule(made, visibility(who, action))
        assert all(allowed[kind] <= seen[kind] for kind in seen), action


@settings(CHECKS, max_examples=60)
@given(made=worlds(), who=people)
def test_where_nothing_is_lent_and_no_state_bars_the_wall_is_the_rule_of_reading(
    ground: Ground, made: Made, who: Principal
) -> None:
    who = replace(who, consulted=frozenset())
    if not permits(who, Action.DOSSIER_READ):
        return
    with world(ground, made) as session:
        become(session, "oms_app")
        row_security.bind_for(session, who)
        assert seen_bare(session) == by_rule(made, replace(visibility(who, Action.DOSSIER_READ), barred=frozenset()))


WORLD = Made(
    (Target("1/2", 0, "", dossier_id="d0", state="held"), Target("1/4", 2, "bvctnb", dossier_id="d1", state="held")),
    (Target("1/2", 0, "", dossier_id="d0", document_id="p0"), Target("1/4", 2, "bvctnb", "d1", document_id="p1")),
    (Target("1/2", 0, "", dossier_id="d0"), Target("1/4", 2, "bvctnb", dossier_id="d1")),
)
"""One dossier with a paper inside the officer's rights, one outside."""
OFFICER = Principal("a1", "nguoi.thu", "Người thử", Role.RECORDS_OFFICER, 3, "1/2", ("1/2",), Secrecy.MAT, frozenset())


@contextmanager
def as_person(ground: Ground, who: Principal | None = OFFICER) -> Iterator[Session]:
    with world(ground, WORLD) as session:
        session.connection().exec_driver_sql("UPDATE documents SET title = 'Bí mật của ' || id")
        become(session, "oms_app")
        if who is not None:
            row_security.bind_for(session, who)
        yield session


def refused(session: Session, statement: str) -> str:
    """What the database answers to a statement it refuses."""
    with pytest.raises(DBAPIError) as caught, session.begin_nested():
        session.connection().exec_driver_sql(statement)
    return str(caught.value.orig)


def test_with_nobody_bound_nothing_is_seen(ground: Ground) -> None:
    with as_person(ground, None) as session:
        counted = {
            table: session.connection().exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()  # noqa: S608
            for table in row_security.WALLED
        }
        assert counted == dict.fromkeys(row_security.WALLED, 0)
        assert session.connection().exec_driver_sql("UPDATE documents SET title = 'x'").rowcount == 0
        assert session.connection().exec_driver_sql("DELETE FROM dossiers").rowcount == 0


def test_the_bound_officer_sees_their_own_and_nothing_else(ground: Ground) -> None:
    with as_person(ground) as session:
        assert seen_bare(session) == {"dossiers": {"d0"}, "documents": {"p0"}, "facts": {"d0"}, "pages": {"p0"}}
        assert ids(session, "SELECT id FROM cadres") == {"c1"}
        assert ids(session, "SELECT id FROM batches") == set()
    with as_person(ground, replace(OFFICER, scopes=("1/22",))) as session:
        assert ids(session, "SELECT id FROM cadres") == set(), "a cadre is seen through a dossier"


def test_a_binding_ends_with_its_transaction(ground: Ground) -> None:
    with Session(ground.engine) as session:
        row_security.bind_for(session, OFFICER)
        session.commit()
        left = (
            "SELECT string_agg(coalesce(current_setting('oms.' || name, true), ''), '') FROM unnest(%s::text[]) AS name"
        )
        names = ["units", "level", "compartments", "account", "emergency", "documents", "reviews", "outer", "program"]
        assert not session.connection().exec_driver_sql(left, (names,)).scalar()


def test_the_programs_marker_counts_for_its_own_role_alone(ground: Ground) -> None:
    with as_person(ground, None) as session:
        row_security.bind_for(session, None)
        assert ids(session, "SELECT id FROM dossiers") == set(), "the role that persons come by"
        become(session, "NONE")
        become(session, "oms_worker")
        assert ids(session, "SELECT id FROM dossiers") == {"d0", "d1"}
        session.connection().exec_driver_sql("SELECT set_config('oms.program', '', true)")
        assert ids(session, "SELECT id FROM dossiers") == set(), "not without the marker"
        row_security.bind_for(session, None)
        row_security.bind_for(session, OFFICER)
        assert ids(session, "SELECT id FROM dossiers") == {"d0"}, "for a person, with that person's rights"


def test_reviewer_and_administrator_see_no_record(ground: Ground) -> None:
    everything = replace(OFFICER, scopes=("1",), clearance=Secrecy.TUYET_MAT, compartments=frozenset({"bvctnb"}))
    for role in (Role.SECURITY_REVIEWER, Role.ADMINISTRATOR, Role.SECURITY_OFFICER):
        with as_person(ground, replace(everything, role=role)) as session:
            assert seen_bare(session) == {"dossiers": set(), "documents": set(), "facts": set(), "pages": set()}, role
    with as_person(ground, everything) as session:
        assert seen_bare(session)["documents"] == {"p0", "p1"}


def test_nothing_is_written_beyond_ones_rights(ground: Ground) -> None:
    with as_person(ground) as session:
        refused(session, "UPDATE dossiers SET unit_id = 7 WHERE id = 'd0'")
        refused(session, "UPDATE documents SET secrecy = 3 WHERE id = 'p0'")
        refused(session, "INSERT INTO proposals VALUES ('p1', 'd0', 1, '', '')")
        assert session.connection().exec_driver_sql("UPDATE documents SET title = 'x' WHERE id = 'p1'").rowcount == 0
        assert session.connection().exec_driver_sql("DELETE FROM documents WHERE id = 'p1'").rowcount == 0
        assert session.connection().exec_driver_sql("UPDATE documents SET title = 'x' WHERE id = 'p0'").rowcount == 1


def test_a_reference_to_what_is_hidden_is_refused_as_one_to_what_is_missing(ground: Ground) -> None:
    row = "INSERT INTO openings VALUES ('{0}', 'a2', '{0}', 'x', NULL, 'x', now(), now())"
    with as_person(ground) as session:
        hidden, missing = (refused(session, row.format(name)) for name in ("d1", "d9"))
    assert hidden == missing
    assert "row-level security" in hidden


def test_an_error_of_a_key_tells_no_value(ground: Ground) -> None:
    with as_person(ground) as session:
        names = "id, cadre_id, unit_id, block, number, secrecy, compartment, shelf, state, created_by, created_at"
        row = (
            f"INSERT INTO dossiers ({names}) SELECT 'd9', cadre_id, unit_id, block, number, 0, '', '', 'held', "  # noqa: S608
            "created_by, created_at FROM dossiers WHERE id = 'd0'"
        )
        told = refused(session, row)
    assert "duplicate key" in told
    assert "d0" not in told and "DETAIL" not in told


def test_a_function_that_tells_what_it_is_given_is_given_no_hidden_row(ground: Ground) -> None:
    told: list[str] = []
    with as_person(ground) as session:
        raw = session.connection().connection.driver_connection
        assert raw is not None
        raw.add_notice_handler(lambda notice: told.append(notice.message_primary))
        session.connection().exec_driver_sql(
            "CREATE FUNCTION pg_temp.tell(words text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS "
            "$$ BEGIN RAISE NOTICE '%%', words; RETURN true; END $$"
        )
        ids(session, "SELECT id FROM documents WHERE pg_temp.tell(title)")
        # an error that only the hidden row would raise
        assert ids(session, "SELECT id FROM documents WHERE 1 / (secrecy - 2) < 5") == {"p0"}
    assert told == ["Bí mật của p0"]


def test_a_table_of_ones_own_does_not_stand_in_for_the_rules(ground: Ground) -> None:
    with as_person(ground, None) as session:
        session.connection().exec_driver_sql("CREATE TEMP TABLE units (id int, path text)")
        session.connection().exec_driver_sql("INSERT INTO units SELECT generate_series(1, 99), '1/2'")
        session.connection().exec_driver_sql("CREATE TEMP TABLE dossiers (id text)")
        session.connection().exec_driver_sql("INSERT INTO dossiers VALUES ('d1')")
        row_security.bind(session, Visibility(("1/2",), 3, frozenset({"bvctnb"})))
        assert ids(session, "SELECT id FROM documents") == {"p0"}
        assert ids(session, "SELECT dossier_id FROM facts") == {"d0"}


def test_plans_copies_and_views_show_no_hidden_row(ground: Ground) -> None:
    with as_person(ground) as session:
        session.connection().exec_driver_sql("SET LOCAL plan_cache_mode = force_custom_plan")
        plan = "".join(ids(session, "EXPLAIN (VERBOSE) SELECT * FROM documents"))
        assert "p1" not in plan and "Bí mật" not in plan
        raw = session.connection().connection.driver_connection
        assert raw is not None
        with raw.cursor() as cursor, cursor.copy("COPY documents (id) TO STDOUT") as copied:
            assert b"".join(bytes(part) for part in copied) == b"p0\n"
        refused(session, "COPY documents FROM STDIN")
        session.connection().exec_driver_sql("CREATE TEMP VIEW mine AS SELECT id FROM documents")
        assert ids(session, "SELECT id FROM mine") == {"p0"}
        become(session, "NONE")
        session.connection().exec_driver_sql("CREATE VIEW owners AS SELECT id FROM documents")
        session.connection().exec_driver_sql("ALTER VIEW owners OWNER TO oms_owner; GRANT SELECT ON owners TO oms_app")
        become(session, "oms_app")
        assert ids(session, "SELECT id FROM owners") == set(), "the walls are forced on the owner"


def test_a_real_sign_in_by_another_program_meets_the_same_wall(ground: Ground, postgres: Server) -> None:
    with Session(ground.engine) as session:
        fill(session, WORLD)
        session.commit()
    try:
        with postgres.connect("walls", "oms_app") as connection:
            assert connection.execute("SELECT id FROM dossiers").fetchall() == []
            connection.execute("SELECT set_config('oms.units', '{1/2}', true), set_config('oms.level', '1', true)")
            assert connection.execute("SELECT id FROM dossiers").fetchall() == [("d0",)]
            connection.execute("SET row_security = off")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("SELECT id FROM dossiers")
    finally:
        with ground.engine.begin() as connection:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            connection.exec_driver_sql("DELETE FROM facts")
            connection.exec_driver_sql("DELETE FROM pages")
            connection.exec_driver_sql("DELETE FROM documents")
            connection.exec_driver_sql("DELETE FROM dossiers")


def test_what_is_on_its_way_is_seen_by_both_ends(ground: Ground) -> None:
    receiver = replace(OFFICER, scopes=("1/4",), clearance=Secrecy.TUYET_MAT)
    row = (
        "INSERT INTO transfers SELECT 't', 'd0', 3, 7, '{}', '', '', '[]', '', '', '', '[]', '', 'a1', now(), "
        "NULL, NULL, NULL, NULL"
    )
    for state, seen in (("draft", set()), ("sealed", {"d0"}), ("cancelled", set())):
        with world(ground, WORLD) as session:
            session.connection().exec_driver_sql(row.format(state))
            become(session, "oms_app")
            row_security.bind_for(session, receiver)
            assert ids(session, "SELECT id FROM dossiers") == seen, state
            assert bool(ids(session, "SELECT id FROM transfers")) is (state != "draft")
            row_security.bind(session, widest(receiver), outer=False)
            assert ids(session, "SELECT id FROM dossiers") == set(), "the bare rule does not know of it"


def test_a_dossier_that_leaves_takes_its_head_along(ground: Ground) -> None:
    with as_person(ground, replace(OFFICER, scopes=("1/2", "1/22"))) as session:
        become(session, "NONE")
        columns = {
            name: ("0" if kind in ("integer", "double precision") else "now()" if "timestamp" in kind else "''")
            for name, kind in session.connection().exec_driver_sql(
                "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'record_heads'"
            )
        } | {"dossier_id": "'d0'", "unit_id": "2"}
        names, values = ", ".join(columns), ", ".join(columns.values())
        session.connection().exec_driver_sql(f"INSERT INTO record_heads ({names}) VALUES ({values})")  # noqa: S608
        become(session, "oms_app")
        session.connection().exec_driver_sql("UPDATE dossiers SET unit_id = 3 WHERE id = 'd0'")
        assert ids(session, "SELECT unit_id FROM record_heads") == {3}


def test_own_and_relatives_files_are_found_though_nobody_is_bound_yet(ground: Ground) -> None:
    with world(ground, WORLD) as session:
        for number, kin in enumerate(({"folded_name": "to thi hieu", "birth_date": "1971"}, {"citizen_id": "1"})):
            row = {"id": f"k{number}", "account_id": "a1", "relation": "self", "entered_by": "a1", "entered_at": NOW}
            session.add(AccountKin(**row, **kin))
        session.connection().exec_driver_sql("UPDATE cadres SET birth_date = '1971'")
        session.flush()
        become(session, "oms_app")
        assert people_of.withheld_from(session, "a1") == {"d0", "d1"}
        assert people_of.withheld_from(session, "a2") == frozenset()


def test_an_account_finds_what_is_lent_to_it_though_nobody_is_bound_yet(ground: Ground) -> None:
    with world(ground, WORLD) as session:
        urgent = {"dossier_id": "d1", "unit_id": 7, "reason": "x", "opened_at": NOW, "until": NOW + timedelta(hours=1)}
        session.add(Emergency(id="e1", account_id="a1", review="waiting", review_by=NOW.date(), **urgent))
        session.flush()
        become(session, "oms_app")
        account = session.get_one(Account, "a1")
        assert people_of.principal_of(session, account, now=NOW).emergency == {"d1"}
        assert people_of.principal_of(session, account, now=NOW + timedelta(hours=2)).emergency == frozenset()
        assert ids(session, "SELECT id FROM emergencies") == set(), "the account was bound for the question alone"
