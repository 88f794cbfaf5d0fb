"""Alembic's entry: runs the revisions on the engine that the program hands over."""

from __future__ import annotations

from alembic import context

from oms.store.every_table import every_table
from oms.store.postgres import put_up, take_down
from oms.store.tables import Base

every_table()  # every one of them has to be known here
engine = context.config.attributes["engine"]
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
    )
    with context.begin_transaction():
        walled = connection.dialect.name == "postgresql"
        if walled:
            take_down(connection)
        context.run_migrations()
        if walled and context.get_context().get_current_revision() == context.get_head_revision():
            put_up(connection)
    connection.commit()
