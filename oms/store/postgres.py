"""PostgreSQL's side of the schema: roles and their rights, guards, walls; put up anew by every migration.

All of it is one declared state, taken down before the revisions run and put up after them, in their transaction. So no
revision has to carry rows past a wall, and a table that nobody declared is given to nobody.

Roles: ``oms_owner`` (no sign-in) owns the tables; ``oms_app`` works for persons, behind the walls; ``oms_worker`` is
the program itself (readers, housekeeper), behind a wall that opens by an explicit marker; ``oms_sealer`` writes
checkpoints. None is a superuser, none passes by row-level security, none but the owner owns anything.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from oms.errors import SettingsError
from oms.store import guards, journal_months, link_triggers, row_security, search_triggers, work_queue
from oms.store.server import APP, LONG_SECONDS, OWNER, SEALER, WORKER

PATIENCE = {APP: 120, WORKER: LONG_SECONDS, SEALER: LONG_SECONDS}
"""Seconds a statement of a role may run at most; what the program asks for persons is held shorter by its settings."""
ROLES = {OWNER: "NOLOGIN", APP: "LOGIN", WORKER: "LOGIN", SEALER: "LOGIN"}

RIGHTS: dict[str, dict[str, str]] = {
    "alembic_version": {APP: "SELECT", WORKER: "SELECT", SEALER: "SELECT"},
    "journal": {APP: "SELECT, INSERT", WORKER: "SELECT, INSERT", SEALER: "SELECT, INSERT"},
    "checkpoints": {APP: "SELECT", WORKER: "SELECT", SEALER: "SELECT, INSERT"},
    "anchors": {APP: "SELECT, INSERT", WORKER: "SELECT, INSERT", SEALER: "SELECT, INSERT"},
    "anchor_sheets": {APP: "SELECT, INSERT", WORKER: "SELECT, INSERT", SEALER: "SELECT"},
    "prunings": {APP: "SELECT, INSERT", WORKER: "SELECT, INSERT", SEALER: "SELECT"},
    "leases": {APP: "SELECT, UPDATE", WORKER: "SELECT, INSERT, UPDATE, DELETE"},
    "journal_inbox": {APP: "SELECT", WORKER: "SELECT", SEALER: "SELECT, INSERT, UPDATE"},
    "journal_waiting": {APP: "SELECT, INSERT", WORKER: "SELECT, INSERT", SEALER: "SELECT, INSERT, DELETE"},
}
"""Rights that differ from the common ones. Nobody but the owner may change, remove or empty what only grows."""

_COMMON = "SELECT, INSERT, UPDATE, DELETE"
_GROWING = "SELECT, INSERT, DELETE"
"""Of rows that leave with a disposal alone (a guard sees to it): added and removed, never changed."""

EVENT_GUARD = (
    """CREATE FUNCTION oms_keep_journal() RETURNS event_trigger LANGUAGE plpgsql
       SET search_path = pg_catalog, pg_temp AS $$
       DECLARE touched text;
       BEGIN
         IF TG_EVENT = 'sql_drop' THEN
           SELECT object_identity INTO touched FROM pg_event_trigger_dropped_objects()
             WHERE schema_name IN ('public', 'oms_months') AND object_type IN ('table', 'trigger', 'policy')
               AND object_identity ~ '(^| on )(public\\.(journal|checkpoints)|oms_months\\.journal_\\w+)$' LIMIT 1;
         ELSE
           SELECT object_identity INTO touched FROM pg_event_trigger_ddl_commands()
             WHERE object_identity ~ '^(public\\.(journal|checkpoints)|oms_months\\.journal_\\w+)$' LIMIT 1;
         END IF;
         IF touched IS NOT NULL THEN
           RAISE EXCEPTION USING MESSAGE = touched || ' is kept as it is', ERRCODE = 'insufficient_privilege';
         END IF;
       END $$""",
    "CREATE EVENT TRIGGER oms_keep_journal_altered ON ddl_command_end WHEN TAG IN ('ALTER TABLE', 'CREATE RULE') "
    "EXECUTE FUNCTION oms_keep_journal()",
    "CREATE EVENT TRIGGER oms_keep_journal_dropped ON sql_drop EXECUTE FUNCTION oms_keep_journal()",
)
"""Only a superuser may make it: ALTER and DROP of the journal's tables are refused, whoever asks."""


def _run(connection: Connection, *statements: str) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)


def _names(connection: Connection, query: str) -> list[str]:
    return list(connection.execute(text(query)).scalars())


def _drops(connection: Connection) -> list[str]:
    """What takes down everything that :func:`put_up` makes, found in the catalogue rather than remembered."""
    found = _names(connection, "SELECT format('DROP EVENT TRIGGER %I', evtname) FROM pg_event_trigger "
                               "WHERE evtname LIKE 'oms\\_%'")  # fmt: skip
    for query in (
        "SELECT format('DROP POLICY %I ON %I', policyname, tablename) FROM pg_policies WHERE schemaname = 'public'",
        "SELECT format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY', oid::regclass) "
        "FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity",
        "SELECT format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass) FROM pg_trigger "
        "JOIN pg_proc ON pg_proc.oid = tgfoid WHERE NOT tgisinternal AND tgparentid = 0 AND proname LIKE 'oms\\_%'",
        "SELECT format('DROP FUNCTION %s', oid::regprocedure) FROM pg_proc "
        "WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'oms\\_%'",
    ):
        found += _names(connection, query)
    return found


def take_down(connection: Connection) -> None:
    """Takes walls, guards and functions down, so that revisions may change the tables; SettingsError as put_up's."""
    _is_superuser(connection)
    _run(connection, *_drops(connection))


def _is_superuser(connection: Connection) -> bool:
    """Whether the role that runs it is; SettingsError when it may not even make roles."""
    superuser, makes_roles = connection.execute(
        text("SELECT rolsuper, rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_role")
    ).one()
    if not makes_roles:
        raise SettingsError("OMS_DATABASE_ADMIN_URL: setting up needs a role that may make roles (a superuser)")
    return bool(superuser)


def put_up(connection: Connection) -> None:
    """Roles, owner, rights, guards and walls as declared.

    SettingsError when the role that runs it may not make roles.
    """
    superuser = _is_superuser(connection)
    _roles(connection)
    _run(connection, *row_security.FUNCTIONS, *guards.FUNCTIONS, *search_triggers.FUNCTIONS, *link_triggers.FUNCTIONS)
    _run(connection, *journal_months.FUNCTIONS)
    _ownership(connection)
    _grant(connection)
    _run(connection, *work_queue.statements(OWNER, WORKER, (APP, SEALER)))
    triggers = (*search_triggers.statements(), *link_triggers.statements(), *journal_months.statements(connection))
    _run(connection, *guards.statements(), *triggers, *row_security.statements())
    _run(connection, f"SELECT oms_journal_months(current_date, current_date + {journal_months.AT_SETUP.days})")
    if superuser:
        _run(connection, *EVENT_GUARD)


def _roles(connection: Connection) -> None:
    """The roles, made where they are missing; their passwords are the operator's."""
    there = set(_names(connection, "SELECT rolname FROM pg_roles WHERE rolname LIKE 'oms\\_%'"))
    for role, login in ROLES.items():
        kind = f"{login} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT"
        _run(connection, f"{'ALTER' if role in there else 'CREATE'} ROLE {role} {kind}")
    for role, seconds in PATIENCE.items():  # also for who signs in past the program
        _run(connection, f"ALTER ROLE {role} SET statement_timeout = '{seconds}s'")


def _tables(connection: Connection) -> list[str]:
    return _names(connection, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")


def _ownership(connection: Connection) -> None:
    """Tables (their sequences with them) and functions belong to the owner, who cannot sign in."""
    _run(connection, f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER}")
    _run(connection, f"ALTER SCHEMA {journal_months.SCHEMA} OWNER TO {OWNER}")
    owned = (*_tables(connection), *journal_months.parts(connection))
    _run(connection, *(f"ALTER TABLE {table} OWNER TO {OWNER}" for table in owned))
    functions = "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace "
    for function in _names(connection, functions + "AND proname LIKE 'oms\\_%'"):
        _run(
            connection, f"ALTER FUNCTION {function} OWNER TO {OWNER}", f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC"
        )
        _run(connection, f"GRANT EXECUTE ON FUNCTION {function} TO {OWNER}, {APP}, {WORKER}, {SEALER}")
    _run(
        connection,
        f"REVOKE EXECUTE ON FUNCTION oms_journal_months(date, date) FROM {APP}, {WORKER}",
        f"REVOKE CREATE ON SCHEMA public FROM {OWNER}",
    )


def _grant(connection: Connection) -> None:
    """Each role its rights on each declared table; what was granted before is taken back first."""
    everybody = f"PUBLIC, {APP}, {WORKER}, {SEALER}"
    _run(
        connection,
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {everybody}",
        f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {everybody}",
        f"GRANT USAGE ON SCHEMA public TO {APP}, {WORKER}, {SEALER}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APP}, {WORKER}",
    )
    for table in sorted(set(_tables(connection)) & (row_security.WALLED.keys() | row_security.OPEN.keys())):
        common = _GROWING if table in guards.ONLY_GROW and table != "facts" else _COMMON
        rights = RIGHTS.get(table, {APP: common, WORKER: common})
        _run(connection, *(f"GRANT {right} ON {table} TO {role}" for role, right in rights.items()))
    _run(connection, f"GRANT USAGE ON SEQUENCE anchors_id_seq TO {SEALER}")  # it enters what it kept outside
