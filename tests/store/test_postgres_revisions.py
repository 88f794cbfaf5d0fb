"""On PostgreSQL the schema goes down and up with rows in every table, as on SQLite."""

from __future__ import annotations

import pytest
from factories import World
from postgres_server import Server
from sqlalchemy import Engine, func, select
from test_database import NEW_TABLES, fill_every_table
from test_move import move

from oms.store import schema
from oms.store.tables import Base

pytestmark = pytest.mark.embedded("begins at SQLite and starts a server of its own database")


def counts(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        tables = Base.metadata.tables.items()
        return {name: connection.scalar(select(func.count()).select_from(table)) or 0 for name, table in tables}


def test_the_schema_goes_down_and_up_with_rows_in_every_table(world: World, postgres: Server) -> None:
    fill_every_table(world)
    move(world, postgres, postgres.make("revised"))
    with schema.as_administrator(postgres.url("revised")) as engine:
        before = counts(engine)
        assert [name for name, number in before.items() if not number] == ["journal_waiting"]
        schema.downgrade(engine, "0001")
        schema.upgrade(engine)
        cadres = before["cadres"]  # every record waits to be compared anew
        assert counts(engine) == before | dict.fromkeys(NEW_TABLES, 0) | {"link_waiting": cadres}
        schema.downgrade(engine, "base")
        schema.upgrade(engine)
        assert schema.is_current(engine)
        assert set(counts(engine).values()) == {0}
