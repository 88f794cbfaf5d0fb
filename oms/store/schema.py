"""Brings a database to the newest schema through the migrations; nothing else ever makes a table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from oms.errors import SettingsError
from oms.store.db import Database, make_engine
from oms.store.server import named

AHEAD = (
    "the database is a newer program's (schema {there}, this program's is {here}): "
    "start that program, or put the backup from before the upgrade back"
)
MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def config_for(engine: Engine) -> Config:
    """Alembic's configuration for this engine, without a file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = engine
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Runs the migrations up to ``revision``; SettingsError on a database that a newer program brought up to date."""
    there = ahead(engine)
    if there:
        raise SettingsError(AHEAD.format(there=there, here=newest()))
    command.upgrade(config_for(engine), revision)


def ahead(engine: Engine) -> str:
    """The revision of a database that a newer program made; "" when this program knows it."""
    known = {each.revision for each in ScriptDirectory.from_config(config_for(engine)).walk_revisions()}
    with engine.execution_options(reads_only=True).connect() as connection:
        there = MigrationContext.configure(connection).get_current_revision()
    return there if there is not None and there not in known else ""


def install(database: Database, url: str, admin_url: str) -> None:
    """Brings an installation's database to the newest schema: the embedded one itself, a server's as its administrator.

    Without an administrator's address a server's schema has to be the newest already. SettingsError says what is to be
    set, or that the server refused.
    """
    if not database.on_server:
        upgrade(database.engine)
        return
    if admin_url:
        same_database(url, admin_url)
        by_administrator(admin_url)
        return
    with _refusals():
        if not is_current(database.engine):
            raise SettingsError("OMS_DATABASE_ADMIN_URL is missing: the database wants a newer schema")


def same_database(url: str, admin_url: str) -> None:
    """SettingsError when the administrator's address names another database."""
    if named(admin_url) != named(url):
        raise SettingsError("OMS_DATABASE_ADMIN_URL must name the same database as the other address")


def by_administrator(admin_url: str) -> None:
    """The newest schema on a server, by a superuser's address; SettingsError when it is refused."""
    with _refusals(), as_administrator(admin_url) as engine:
        upgrade(engine)


@contextmanager
def _refusals() -> Iterator[None]:
    """What a server says that lets nobody in, in its own words: they name role and database, and no secret."""
    try:
        yield
    except OperationalError as error:
        told = str(error.orig).strip().splitlines()[-1] if error.orig else ""
        raise SettingsError(f"the database server refused: {told}") from None


@contextmanager
def as_administrator(url: str) -> Iterator[Engine]:
    """An engine of the administrator's, closed afterwards."""
    engine = make_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def downgrade(engine: Engine, revision: str) -> None:
    """Runs the migrations down to ``revision``."""
    command.downgrade(config_for(engine), revision)


def is_current(engine: Engine) -> bool:
    """True when the database stands at the newest revision."""
    head = ScriptDirectory.from_config(config_for(engine)).get_current_head()
    with engine.execution_options(reads_only=True).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head


@cache
def newest() -> str:
    """The newest revision this program knows."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config).get_current_head() or ""


def revision(session: Session) -> str:
    """The revision a database stands at; "" before the first."""
    return MigrationContext.configure(session.connection()).get_current_revision() or ""


def is_current_in(session: Session) -> bool:
    """As :func:`is_current`, within a transaction and without reading the migrations each time."""
    return revision(session) == newest()


def server(session: Session) -> tuple[str, str]:
    """What keeps the data, and its version: ("SQLite", "3.53.4"), ("PostgreSQL", "15.20")."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        return "SQLite", str(connection.exec_driver_sql("SELECT sqlite_version()").scalar())
    return "PostgreSQL", str(connection.exec_driver_sql("SHOW server_version").scalar()).split()[0]
