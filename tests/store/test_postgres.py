"""PostgreSQL on a real server: the schema goes up and down, roles have their rights and no more, guards hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from postgres_server import Server
from psycopg import errors
from sqlalchemy import create_engine, inspect, text

from oms.errors import JournalUnavailable, SettingsError
from oms.store import guards, journal_seal, row_security, schema
from oms.store.db import WRITERS_LOCK, Database, make_engine
from oms.store.tables import Base

ENTRY = (
    "INSERT INTO journal SELECT {seq}, '2026-11-02T01:00:00.000Z', 'a1', 'x', '', '', '', 'system:status', 'done', '', "
    "'', '', '1/9', 0, '', '', '', '', '{{}}', repeat('0', 32), sha256('leaf')"
)
HEAD = "INSERT INTO checkpoints VALUES (1, '', 'note', now())"
APP, WORKER, SEALER, OWNER = "oms_app", "oms_worker", "oms_sealer", "oms_owner"


@pytest.fixture(scope="module")
def kept(postgres: Server) -> Server:
    """A database "kept" with one journal row and one checkpoint."""
    with postgres.connect(postgres.make("kept", template="oms")) as connection:
        connection.execute(ENTRY.format(seq=1))
        connection.execute(HEAD)
    return postgres


def test_the_schema_goes_up_and_down_and_is_the_one_the_program_uses(postgres: Server) -> None:
    engine = make_engine(postgres.url(postgres.make("travelled")))
    schema.upgrade(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    schema.downgrade(engine, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    with engine.connect() as connection:
        left = "SELECT count(*) FROM pg_proc WHERE proname LIKE 'oms\\_%'"
        assert connection.exec_driver_sql(left.replace("%", "%%")).scalar() == 0
    schema.upgrade(engine)
    assert schema.is_current(engine)
    engine.dispose()


def test_every_step_down_and_up_again_is_taken_with_the_walls_in_place(postgres: Server) -> None:
    engine = make_engine(postgres.url(postgres.make("stepped", template="oms")))
    schema.downgrade(engine, "0005")
    with engine.connect() as connection:
        walls = connection.exec_driver_sql("SELECT count(*) FROM pg_policies").scalar()
    assert walls == 0, "an older schema has no walls, and gives nobody but its owner anything new"
    schema.upgrade(engine)
    with engine.connect() as connection:
        tables = set(connection.exec_driver_sql("SELECT tablename FROM pg_policies").scalars())
    assert tables == set(row_security.WALLED)
    engine.dispose()


def test_the_guards_are_those_of_sqlite(postgres: Server, tmp_path: Path) -> None:
    lite = make_engine(f"sqlite:///{tmp_path / 'lite.db'}")
    schema.upgrade(lite)
    with lite.connect() as connection:
        there = set(connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars())
    lite.dispose()
    with postgres.connect("oms") as server:
        query = (
            "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgname NOT LIKE '%_no_truncate' "
            "AND tgname <> 'search_feed_told'"  # wakes; the other database has nobody to wake
        )
        here = {name for (name,) in server.execute(query)}
    assert there == here


def test_every_table_has_a_wall_or_a_reason() -> None:
    declared = row_security.WALLED.keys() | row_security.OPEN.keys()
    assert set(Base.metadata.tables) | {"alembic_version"} == declared, "declare the table in oms.store.row_security"
    assert not row_security.WALLED.keys() & row_security.OPEN.keys()


def test_what_carries_a_unit_or_a_level_stands_behind_a_wall() -> None:
    told = {"unit_id", "secrecy", "compartment", "dossier_id", "document_id", "cadre_id", "page_id", "scan_id"}
    carrying = {name for name, table in Base.metadata.tables.items() if told & set(table.columns.keys())}
    assert carrying - row_security.WALLED.keys() == {
        "accounts",
        "account_scopes",
        "account_compartments",
        "exchange_codes",  # which unit here a partner's code means
        "link_waiting",  # ids to be compared anew; emptied within seconds
    }, "what an account may see, and what tells of no record"


def test_walls_are_forced_on_the_owner_too(postgres: Server) -> None:
    with postgres.connect("oms") as server:
        query = "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity AND relkind IN ('r', 'p')"
        assert {name for (name,) in server.execute(query)} == set(row_security.WALLED)
        query = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
        assert server.execute(query).fetchall() == [(OWNER,)]


def test_no_role_passes_by_the_walls(postgres: Server) -> None:
    with postgres.connect("oms") as server:
        rows = server.execute(
            "SELECT rolname, rolcanlogin, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication "
            "FROM pg_roles WHERE rolname LIKE 'oms\\_%' ORDER BY 1"
        ).fetchall()
        assert rows == [(APP, True, False), (OWNER, False, False), (SEALER, True, False), (WORKER, True, False)]
        assert server.execute(
            "SELECT count(*) FROM pg_auth_members WHERE member::regrole::text LIKE 'oms%'"
        ).fetchone() == (0,)
        views = "SELECT count(*) FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace"
        assert server.execute(views).fetchone() == (0,), "a view runs with its owner's rights"


CHANGES = (
    "UPDATE journal SET reason = 'x'",
    "DELETE FROM journal",
    "TRUNCATE journal",
    "UPDATE checkpoints SET note = 'x'",
    "DELETE FROM checkpoints",
    "TRUNCATE checkpoints",
    "DROP TABLE journal",
    "ALTER TABLE journal DISABLE TRIGGER ALL",
    "ALTER TABLE journal DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE journal OWNER TO CURRENT_USER",
    "DROP TRIGGER journal_no_update ON journal",
    "DROP POLICY select_journal ON journal",
    "CREATE POLICY all_journal ON journal USING (true)",
    "CREATE RULE quiet AS ON INSERT TO journal DO INSTEAD NOTHING",
    "CREATE TRIGGER quiet BEFORE INSERT ON journal FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "GRANT ALL ON journal TO CURRENT_USER",
    "SET SESSION AUTHORIZATION oms_owner",
    "SET ROLE oms_owner",
    "SET session_replication_role = replica",
    "CREATE TABLE public.journal2 AS SELECT 1",
    "ALTER FUNCTION oms_refuse() RENAME TO gone",
    "COPY journal FROM PROGRAM 'true'",
    "SELECT pg_read_file('/etc/passwd')",
)


@pytest.mark.parametrize("role", [APP, WORKER, SEALER])
@pytest.mark.parametrize("statement", CHANGES)
def test_no_role_of_the_program_changes_the_journal(kept: Server, role: str, statement: str) -> None:
    with kept.connect("kept", role) as connection:
        if statement.startswith("GRANT"):  # no error: a warning, and nothing granted
            connection.execute(statement)
            rights = connection.execute("SELECT has_table_privilege('journal', 'UPDATE, DELETE, TRUNCATE')").fetchone()
            assert rights == (False,)
            return
        with pytest.raises((errors.InsufficientPrivilege, errors.FeatureNotSupported)):
            connection.execute(statement)


@pytest.mark.parametrize(
    ("role", "statement", "may"),
    [
        (APP, ENTRY.format(seq=2), True),
        (WORKER, ENTRY.format(seq=2), True),
        (SEALER, ENTRY.format(seq=2), True),
        (APP, "UPDATE journal_inbox SET taken = 0", False),
        (SEALER, "UPDATE journal_inbox SET taken = 0", True),
        (APP, "DELETE FROM prunings", False),
        (APP, "INSERT INTO checkpoints VALUES (2, '', '', now())", False),
        (WORKER, "INSERT INTO checkpoints VALUES (2, '', '', now())", False),
        (SEALER, "INSERT INTO checkpoints VALUES (2, '', '', now())", True),
        (APP, "SELECT * FROM checkpoints", True),
        (SEALER, "SELECT * FROM dossiers", False),
        (SEALER, "SELECT * FROM accounts", False),
        (SEALER, "UPDATE accounts SET clearance = 3", False),
        (APP, "UPDATE page_readings SET body = ''", False),
        (APP, "TRUNCATE documents", False),
        (APP, "TRUNCATE accounts CASCADE", False),
    ],
)
def test_each_role_may_what_it_is_for(kept: Server, role: str, statement: str, may: bool) -> None:
    with kept.connect("kept", role) as connection:
        connection.execute("SELECT set_config('oms.program', 'on', true)")  # heeded for the worker alone
        if may:
            connection.execute(statement)
        else:
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(statement)
        connection.rollback()


def test_even_a_superuser_is_stopped_until_the_guards_are_taken_off_by_hand(kept: Server) -> None:
    with kept.connect("kept") as connection:
        for statement in CHANGES[:6]:
            with (
                pytest.raises(errors.IntegrityConstraintViolation, match="can only be added to"),
                connection.transaction(),
            ):
                connection.execute(statement)
        for statement in (CHANGES[6], CHANGES[7], "DROP TRIGGER journal_no_update ON journal"):
            with pytest.raises(errors.InsufficientPrivilege, match="is kept as it is"), connection.transaction():
                connection.execute(statement)
        # what is left to a superuser: the verification finds it, nothing in the database can forbid it
        connection.execute("ALTER EVENT TRIGGER oms_keep_journal_altered DISABLE")
        connection.execute("ALTER TABLE journal DISABLE TRIGGER ALL")
        assert connection.execute("DELETE FROM journal").rowcount == 1
        connection.rollback()


def test_the_journal_grows_by_one_at_a_time(kept: Server) -> None:
    for role, row in ((APP, ENTRY.format(seq=1)), (APP, ENTRY.format(seq=3)), (SEALER, HEAD)):
        with kept.connect("kept", role) as connection:
            with pytest.raises(errors.IntegrityConstraintViolation, match="can only be added to"):
                connection.execute(row)
            connection.rollback()


def test_tables_that_only_grow_are_never_emptied(kept: Server) -> None:
    with kept.connect("kept") as connection:
        for table in guards.ONLY_GROW:
            with (
                pytest.raises(errors.IntegrityConstraintViolation, match="can only be added to"),
                connection.transaction(),
            ):
                connection.execute(f"TRUNCATE {table} CASCADE")


def test_journal_numbers_are_given_past_the_readers_wall(kept: Server) -> None:
    with kept.connect("kept", APP) as connection:
        assert connection.execute("SELECT count(*) FROM journal").fetchone() == (0,), "nobody is bound"
        assert connection.execute("SELECT seq FROM oms_journal_newest()").fetchone() == (1,)


def test_writers_wait_for_each_other_and_readers_for_nobody(postgres: Server) -> None:
    database = Database(postgres.url("oms", APP))
    with database.transaction() as first:
        held = "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND granted"
        assert list(first.connection().exec_driver_sql(held).scalars()) == [WRITERS_LOCK]
        with database.snapshot() as reader:
            assert reader.connection().exec_driver_sql("SHOW transaction_isolation").scalar() == "repeatable read"
            assert journal_seal.newest_checkpoint(reader) is None
        with postgres.connect("oms", APP) as second:
            assert second.execute(f"SELECT pg_try_advisory_xact_lock({WRITERS_LOCK})").fetchone() == (False,)
    database.close()


def test_a_reader_changes_nothing_and_a_server_that_is_gone_closes_the_door(postgres: Server) -> None:
    database = Database(postgres.url("oms", APP))
    with database.snapshot() as reader, pytest.raises(Exception, match="read-only transaction"):
        reader.execute(text("INSERT INTO search_feed (what, object_id, words) VALUES ('unit', '1', false)"))
    database.close()
    away = Database("postgresql+psycopg://oms_app@/oms?host=/nonexistent")
    with pytest.raises(JournalUnavailable), away.transaction() as session:
        session.execute(text("SELECT 1"))
    away.close()


def test_no_question_is_compiled_before_it_is_asked(postgres: Server) -> None:
    """A plan behind the walls looks dear enough to compile: 0.7 s for a question of some milliseconds."""
    database = Database(postgres.url("oms", APP))
    with database.snapshot() as session:
        assert session.scalar(text("SELECT current_setting('jit')")) == "off"
    database.close()


def test_setting_up_needs_a_role_that_may_make_roles(postgres: Server) -> None:
    name = postgres.make("asked")
    with postgres.connect(name) as connection:
        connection.execute("GRANT CREATE ON SCHEMA public TO oms_app")
    engine = create_engine(postgres.url(name, APP))
    with pytest.raises(SettingsError, match="OMS_DATABASE_ADMIN_URL"):
        schema.upgrade(engine)
    assert inspect(engine).get_table_names() == [], "all or nothing"
    engine.dispose()


def test_a_password_never_stands_in_what_the_engine_tells(postgres: Server) -> None:
    engine = make_engine("postgresql+psycopg://oms_app:bi-mat-khong-lo@/oms?host=/nonexistent")
    assert "bi-mat" not in repr(engine.url)
    with pytest.raises(Exception) as caught, engine.connect():  # noqa: PT011
        pass
    assert "bi-mat" not in str(caught.value)
    engine.dispose()
