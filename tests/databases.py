"""Which database the suite's worlds stand on: SQLite, or PostgreSQL when OMS_TEST_DATABASE says so.

There every world has a database of its own, copied from a template on the tests' server, and is signed in to as in
production: persons as ``oms_app`` behind their walls, the program as ``oms_worker``, heads as ``oms_sealer``. Whoever
reads the settings of a world's folder, in this process, is told its database; a child process is told the last one.
"""

from __future__ import annotations

import itertools
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import postgres_server
from sqlalchemy import Connection, Engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.util import LRUCache

from oms.settings import Settings
from oms.store import schema, server

ON_SERVER = os.environ.get("OMS_TEST_DATABASE", "") == "postgresql"
NEWEST = "oms"
"""The database with the newest schema and nothing in it."""

REFUSED = (IntegrityError, ProgrammingError)
"""What a change of something that only grows is answered: by a guard, or by rights that do not go so far."""

_running: list[postgres_server.Server] = []
_numbers = itertools.count(1)
_of_home: dict[Path, str] = {}
_engines: list[Engine] = []
"""Every engine of a world that is not over: not all who open one close it."""


def running() -> postgres_server.Server:
    """The tests' server, started at first use."""
    if not _running:
        _running.append(postgres_server.start())
        server = _running[0]
        with schema.as_administrator(server.url(server.make(NEWEST))) as engine:
            schema.upgrade(engine)
    return _running[0]


def stop() -> None:
    """Stops the server if it was started."""
    while _engines:
        _engines.pop().dispose()
    while _running:
        postgres_server.stop(_running.pop())


def settings_of(home: Path, like: Path | None = None) -> dict[str, str]:
    """What a new world's settings say of its database: nothing on SQLite, else the address of a fresh one.

    ``like``: the folder of the world whose database it is a copy of; that one's connections are closed.
    """
    if not ON_SERVER:
        return {}
    here, template = running(), NEWEST
    if like is not None:
        template = _database(_of_home[like.resolve()])
        _let_go(template)
    name = here.make(f"w{next(_numbers)}", template)
    url = here.url(name, "oms_app")
    _of_home[home.resolve()] = os.environ["OMS_DATABASE_URL"] = url
    return {"OMS_DATABASE_URL": url}


def told(home: Path) -> dict[str, str]:
    """What another process that is to work on a world of two is told beside its folder: nothing on SQLite."""
    return {"OMS_DATABASE_URL": _of_home[home.resolve()]} if ON_SERVER else {}


def empty(home: Path) -> dict[str, str]:
    """What a restoration onto a folder is told: an empty database, and who may fill it; nothing on SQLite."""
    if not ON_SERVER:
        return {}
    here = running()
    name = here.make(f"w{next(_numbers)}")
    _of_home[home.resolve()] = here.url(name, "oms_app")
    return {"OMS_DATABASE_URL": here.url(name, "oms_app"), "OMS_DATABASE_ADMIN_URL": here.url(name)}


def forget(folder: Path) -> None:
    """Drops the databases of worlds in a folder that are over."""
    for home in [each for each in _of_home if folder.resolve() in (each, *each.parents)]:
        url = _of_home.pop(home)
        if _running:  # after the last test of all the server is gone, and they with it
            _drop(_database(url))
        if os.environ.get("OMS_DATABASE_URL") == url:
            os.environ.pop("OMS_DATABASE_URL")


def _drop(database: str) -> None:
    _let_go(database)
    _engines[:] = [each for each in _engines if each.url.database != database]
    with running().connect("postgres") as connection:
        connection.autocommit = True
        connection.execute(f'DROP DATABASE "{database}" WITH (FORCE)')


def copy(home: Path, beside: Path) -> None:
    """Takes a copy of a world's database; on a server closes its connections, on SQLite it is the file ``beside``."""
    if ON_SERVER:
        name = _database(_of_home[home.resolve()])
        _let_go(name)
        running().make(f"{name}_copy", name)
        return
    with sqlite3.connect(home / "oms.db") as base, sqlite3.connect(beside) as kept:
        base.backup(kept)


def put_back(home: Path, beside: Path, again: bool = False) -> None:
    """Puts that copy in the place of the database, which nobody has open; it is kept if it is wanted ``again``."""
    if ON_SERVER:
        name = _database(_of_home[home.resolve()])
        working = [each for each in _engines if each.url.database == name]
        _drop(name)
        _engines.extend(working)  # they work on with what is put back
        running().make(name, f"{name}_copy")
        if not again:
            _drop(f"{name}_copy")
        return
    with sqlite3.connect(beside) as kept, sqlite3.connect(home / "oms.db") as base:
        kept.backup(base)


NO_JOURNAL = "REVOKE INSERT ON journal FROM oms_app, oms_worker" if ON_SERVER else "ALTER TABLE journal RENAME TO gone"
"""What keeps every row out of the journal."""

FULL_DISK = (
    (
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$; "
        "CREATE TRIGGER full_disk BEFORE INSERT ON journal FOR EACH ROW EXECUTE FUNCTION full_disk()"
    )
    if ON_SERVER
    else "CREATE TRIGGER full BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'disk full'); END"
)
"""What answers every row for the journal with a full disk."""
UNGUARDED = "SET session_replication_role = replica;" if ON_SERVER else "DROP TRIGGER journal_no_update;"
"""What somebody says before they change the journal's rows."""


def harm(home: Path, statement: str) -> None:
    """Runs a statement as somebody with the database in hand; ``{database}`` in it is the name of a server's."""
    if ON_SERVER:
        name = _database(_of_home[home.resolve()])
        with running().connect(name) as server:
            server.execute(statement.replace("{database}", f'"{name}"').encode())
        return
    with sqlite3.connect(home / "oms.db") as file:
        file.executescript(statement)


@contextmanager
def administrator(home: Path) -> Iterator[Connection]:
    """A transaction on a world's database on the server as whoever owns it: behind no wall, held by no right."""
    with owner(home) as engine, engine.begin() as given:
        yield given


@contextmanager
def owner(home: Path) -> Iterator[Engine]:
    """An engine of whoever may change the schema of a world's database: on SQLite, whoever has the file."""
    url = running().url(_database(_of_home[home.resolve()])) if ON_SERVER else f"sqlite:///{home / 'oms.db'}"
    with schema.as_administrator(url) as engine:
        yield engine


def _database(url: str) -> str:
    return server.named(url)


def _let_go(database: str) -> None:
    for engine in [each for each in _engines if each.url.database == database]:
        engine.dispose()


def install() -> None:
    """Makes the settings of a known folder name its database, and lets engines share what they compiled."""
    kept, create_engine = LRUCache[Any, Any](10_000), server.create_engine

    def create(url: str, **options: Any) -> Engine:
        engine = create_engine(url, **options)
        engine._compiled_cache = kept
        _engines.append(engine)
        return engine

    server.create_engine = create
    PGDialect_psycopg.__eq__ = lambda here, other: type(here) is type(other) and here.dbapi is other.dbapi  # type: ignore[method-assign]
    PGDialect_psycopg.__hash__ = lambda here: hash((type(here), here.dbapi))  # type: ignore[method-assign]
    if not ON_SERVER:
        return
    read = Settings.from_env.__func__  # type: ignore[attr-defined]

    def from_env(cls: type[Settings], env: Mapping[str, str] | None = None) -> Settings:
        told = dict(os.environ if env is None else env)
        known = _of_home.get(Path(told.get("OMS_HOME", "/")).resolve())
        if known and (env is None or "OMS_DATABASE_URL" not in env):
            told["OMS_DATABASE_URL"] = known
        return read(cls, told)

    Settings.from_env = classmethod(from_env)  # type: ignore[method-assign, assignment]
