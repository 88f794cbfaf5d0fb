"""Which database the suite's worlds stand on: SQLite, or PostgreSQL when OMS_TEST_DATABASE says so.

There every world has a database of its own, copied from a template on the tests' server, and is signed in to as in
production: persons as ``oms_app`` behind their walls, the program as ``oms_worker``, heads as ``oms_sealer``. Whoever
reads the settings of a world's folder, in this process, is told its database; a child process is told the last one.
"""

from __future__ import annotations

import itertools
import os
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import postgres_server
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.util import LRUCache

from oms.settings import Settings
from oms.store import schema, server
from oms.store.db import make_engine

ON_SERVER = os.environ.get("OMS_TEST_DATABASE", "") == "postgresql"
NEWEST = "oms"
"""The database with the newest schema and nothing in it."""

REFUSED = (IntegrityError, ProgrammingError)
"""What a change of something that only grows is answered: by a guard, or by rights that do not go so far."""

_running: list[postgres_server.Server] = []
_numbers = itertools.count(1)
_of_home: dict[Path, str] = {}
_engines: weakref.WeakSet[Engine] = weakref.WeakSet()


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
    for engine in list(_engines):
        engine.dispose()
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


def forget(home: Path) -> None:
    """Drops the database of a world that is over."""
    url = _of_home.pop(home.resolve(), "")
    if url:
        _let_go(_database(url))
        with running().connect("postgres") as connection:
            connection.autocommit = True
            connection.execute(f'DROP DATABASE "{_database(url)}" WITH (FORCE)')
    if os.environ.get("OMS_DATABASE_URL") == url:
        os.environ.pop("OMS_DATABASE_URL", None)


def superuser(home: Path) -> Engine:
    """The database of a world past all guards, for what only somebody with the server in hand could do."""
    return make_engine(running().url(_database(_of_home[home.resolve()])))


def _database(url: str) -> str:
    return server.named(url)


def _let_go(database: str) -> None:
    for engine in list(_engines):
        if engine.url.database == database:
            engine.dispose()


def install() -> None:
    """Makes the settings of a known folder name its database, and lets engines share what they compiled."""
    kept, create_engine = LRUCache[Any, Any](10_000), server.create_engine

    def create(url: str, **options: Any) -> Engine:
        engine = create_engine(url, **options)
        engine._compiled_cache = kept
        _engines.add(engine)
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
