"""Brings a database to the newest schema through the migrations; nothing else ever makes a table."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.orm import Session

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def config_for(engine: Engine) -> Config:
    """Alembic's configuration for this engine, without a file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = engine
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Runs the migrations up to ``revision``."""
    command.upgrade(config_for(engine), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Runs the migrations down to ``revision``."""
    command.downgrade(config_for(engine), revision)


def is_current(engine: Engine) -> bool:
    """True when the database stands at the newest revision."""
    head = ScriptDirectory.from_config(config_for(engine)).get_current_head()
    with engine.connect() as connection:
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
