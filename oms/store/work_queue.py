"""The order of work on its way to the workers: huey's own tables on the server, a file beside an embedded database.

What is to be done stands in the database's rows; here are only names of tasks and ids, as text. huey's storage for
PostgreSQL is used as it is (``FOR UPDATE SKIP LOCKED``, and LISTEN so that work starts at once); its tables lie in a
schema of their own, which only the program's role may enter.
"""

from __future__ import annotations

import fcntl
import json
import logging
import weakref
from collections.abc import Iterable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from huey import Huey, PostgresHuey, SqliteHuey
from huey.registry import Message
from huey.serializer import Serializer
from pysqlite3 import dbapi2 as sqlite

from oms.store import server

log = logging.getLogger(__name__)

SCHEMA = "oms_queue"
NAME = "oms"


class Plain(Serializer):  # type: ignore[misc]  # huey says nothing of its types
    """Tasks as JSON. huey would pickle them: whoever can write a row of the queue could have a worker run anything."""

    def _serialize(self, data: Any) -> bytes:
        return json.dumps(data).encode()

    def _deserialize(self, data: bytes) -> Any:
        found = json.loads(data)
        return Message(*found) if isinstance(found, list) and len(found) == len(Message._fields) else found


def queue(database_url: str, file: Path) -> Huey:
    """The queue of an installation: on the server its database lies on, else in this file.

    The file has a rollback journal, not WAL, because huey opens it through the interpreter's own SQLite, which may have
    the WAL-reset bug (security.md §2.1). It is synced, not for its rows, which the housekeeper hands out again, but
    for its form: a file torn by a power cut would stop every program that opens it. One that is torn all the same is
    thrown away.
    """
    if not server.is_server(database_url):
        _throw_away_torn(file)
        return SqliteHuey(
            NAME, filename=str(file), journal_mode="delete", fsync=True, results=False, serializer=Plain()
        )
    engine = server.make_engine(server.address(database_url, server.WORKER), server.USUAL, seconds=0)
    line = partial(server.apart, engine, f"-c search_path={SCHEMA}")
    made = PostgresHuey(NAME, connection=line, create_tables=False, results=False, serializer=Plain())
    weakref.finalize(made, made.storage.close)
    return made


def _throw_away_torn(file: Path) -> None:
    """Removes a queue that SQLite cannot read: it holds ids alone, of what stands in the database as waiting."""
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two programs begin at once: the second finds the new file well
        if not file.exists() or _is_whole(file):
            return
        log.error("the queue was torn: it is made anew, what waits is handed out again")
        for each in (file, file.with_name(f"{file.name}-journal")):
            each.unlink(missing_ok=True)


def _is_whole(file: Path) -> bool:
    try:
        with closing(sqlite.connect(file, timeout=5)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite.OperationalError:
        return True  # somebody else has it, or the disk fails: no sign of a torn file
    except sqlite.DatabaseError:
        return False


TABLES = (
    "kv (queue text NOT NULL, key text NOT NULL, value bytea NOT NULL, PRIMARY KEY (queue, key))",
    "schedule (id bigserial PRIMARY KEY, queue text NOT NULL, data bytea NOT NULL, "
    "timestamp double precision NOT NULL)",
    "task (id bigserial PRIMARY KEY, queue text NOT NULL, data bytea NOT NULL, "
    "priority double precision NOT NULL DEFAULT 0.0)",
    "counter (queue text NOT NULL, key text NOT NULL, value bigint NOT NULL DEFAULT 0, PRIMARY KEY (queue, key))",
)
"""huey's tables (huey.storage.PostgresStorage, 3.5.4)."""


def statements(owner: str, worker: str, others: Iterable[str]) -> list[str]:
    """The queue's schema on a server, made where it is missing; nobody but the program may enter it."""
    named = [f"{SCHEMA}.huey_{table.partition(' ')[0]}" for table in TABLES]
    return [
        f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}",
        *(f"CREATE TABLE IF NOT EXISTS {SCHEMA}.huey_{table}" for table in TABLES),
        f"CREATE INDEX IF NOT EXISTS huey_schedule_queue_timestamp ON {SCHEMA}.huey_schedule (queue, timestamp)",
        f"CREATE INDEX IF NOT EXISTS huey_task_queue_priority_id ON {SCHEMA}.huey_task (queue, priority DESC, id)",
        *(f"ALTER TABLE {table} OWNER TO {owner}" for table in named),
        f"ALTER SCHEMA {SCHEMA} OWNER TO {owner}",
        f"REVOKE ALL ON SCHEMA {SCHEMA} FROM PUBLIC, {', '.join(others)}",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {SCHEMA} FROM PUBLIC, {', '.join(others)}",
        f"GRANT USAGE ON SCHEMA {SCHEMA} TO {worker}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {SCHEMA} TO {worker}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {SCHEMA} TO {worker}",
    ]
