"""Alembic's entry: runs the revisions on the engine that the program hands over."""

from __future__ import annotations

from alembic import context

from oms.store import (
    access_tables,
    anchor_tables,
    api_tables,
    case_tables,
    catalogue_tables,
    consultation_tables,
    custody_tables,
    desk_tables,
    duty_tables,
    exchange_tables,
    link_tables,
    package_tables,
    record_tables,
    review_tables,
    saved_search_tables,
    search_tables,
    secrecy_tables,
    sign_in_tables,
)
from oms.store.postgres import put_up, take_down
from oms.store.tables import Base

# imported for its tables: every one of them has to be known here
_ = (
    access_tables,
    anchor_tables,
    api_tables,
    case_tables,
    catalogue_tables,
    consultation_tables,
    custody_tables,
    desk_tables,
    duty_tables,
    exchange_tables,
    link_tables,
    package_tables,
    record_tables,
    review_tables,
    saved_search_tables,
    search_tables,
    secrecy_tables,
    sign_in_tables,
)
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
