"""The journal on PostgreSQL: a table in parts, one a month, so that old months can be kept and put away as wholes.

The parts lie in a schema of their own that no role of the program may use: whoever reads or adds does so through
``journal`` and meets its wall, its guards and its rights. Numbers are dense over all parts: the guard asks for the
newest of the whole journal, and one writer at a time adds. What no month's part takes goes into ``journal_other``.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from oms.store.row_security import on_postgres

SCHEMA = "oms_months"
AHEAD = timedelta(days=95)
"""Months made ahead of need: a sealer that stood still for a quarter has lost nothing, its rows are in the rest."""
AT_SETUP = timedelta(days=365)

FUNCTIONS = (
    # with the owner's rights: the sealer makes the parts of the months ahead and can do nothing else to the table;
    # per cent signs are doubled for the driver
    f"""CREATE FUNCTION oms_journal_months(first date, last date) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
       SET search_path = pg_catalog, public, pg_temp AS $$
       DECLARE since date := date_trunc('month', first); until date; part text; made int := 0;
       BEGIN
         IF last - first > 36525 THEN
           RAISE EXCEPTION USING MESSAGE = 'more than a hundred years', ERRCODE = 'invalid_parameter_value';
         END IF;
         WHILE since <= last LOOP
           until := since + interval '1 month';
           part := 'journal_' || to_char(since, 'YYYY_MM');
           IF to_regclass('{SCHEMA}.' || part) IS NULL AND NOT EXISTS (
             SELECT 1 FROM {SCHEMA}.journal_other
             WHERE at >= to_char(since, 'YYYY-MM') AND at < to_char(until, 'YYYY-MM')) THEN
             EXECUTE format('CREATE TABLE {SCHEMA}.%%I PARTITION OF public.journal FOR VALUES FROM (%%L) TO (%%L)',
               part, to_char(since, 'YYYY-MM'), to_char(until, 'YYYY-MM'));
             EXECUTE format('CREATE TRIGGER %%I BEFORE TRUNCATE ON {SCHEMA}.%%I FOR EACH STATEMENT '
               'EXECUTE FUNCTION public.oms_refuse(%%L)', part || '_no_truncate', part, 'journal can only be added to');
             made := made + 1;
           END IF;
           since := until;
         END LOOP;
         RETURN made;
       END $$""",  # noqa: S608 - names of our own
)


def parts(connection: Connection) -> list[str]:
    """The parts of the journal with their schema, the oldest month first; none before revision 0032."""
    found = text(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass('public.journal') ORDER BY 1"
    )
    return list(connection.execute(found).scalars())


def statements(connection: Connection) -> list[str]:
    """What guards each part by itself: the emptying of a part is a statement on that part alone."""
    return [
        f"CREATE TRIGGER {part.partition('.')[2]}_no_truncate BEFORE TRUNCATE ON {part} FOR EACH STATEMENT "
        "EXECUTE FUNCTION oms_refuse('journal can only be added to')"
        for part in parts(connection)
    ]


_MAKE = text("SELECT oms_journal_months(:first, :last)")


def make(connection: Connection, first: date, last: date) -> int:
    """Makes the parts that are missing from one day's month to another's; how many."""
    return int(connection.execute(_MAKE, {"first": first, "last": last}).scalar() or 0)


def ahead(session: Session, today: date) -> int:
    """Makes the parts of this month and the next three; how many were missing. 0 on SQLite, and while readers are in
    the way: a part is made within two seconds or the next time.
    """
    if not on_postgres(session):
        return 0
    connection = session.connection()
    try:
        with session.begin_nested():
            connection.exec_driver_sql("SET LOCAL lock_timeout = '2s'")
            return make(connection, today, today + AHEAD)
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", "") != "55P03":
            raise
        return 0
