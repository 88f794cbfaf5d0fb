"""Brings a database to the newest schema through the migrations; nothing else ever makes a table."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

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
