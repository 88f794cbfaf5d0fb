"""Leases: which worker of which host has a piece of work in hand; pauses of pages that workers were lost over.

On PostgreSQL the queue's own tables come with the roles and walls, in a schema of their own (``store/work_queue.py``).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from oms.store.db import UtcDateTime

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("kind", sa.String(12), primary_key=True),
        sa.Column("object_id", sa.String(32), primary_key=True),
        sa.Column("token", sa.String(32), nullable=False),
        sa.Column("host", sa.String(80), nullable=False),
        sa.Column("process", sa.Integer, nullable=False),
        sa.Column("taken_at", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime()),
        sa.Column("again_at", UtcDateTime()),
        sa.Column("lost", sa.Integer, nullable=False),
        sa.Column("ended", sa.Integer, nullable=False),
    )
    op.create_index("ix_leases_host", "leases", ["host"])
    op.add_column("pages", sa.Column("lost", sa.Integer, nullable=False, server_default="0"))
    op.add_column("pages", sa.Column("again_at", UtcDateTime()))
    op.drop_column("scans", "lease_until")
    # nobody works while the schema changes: what was in hand waits
    for table, before in (("scans", "reading"), ("pages", "reading"), ("archival_copies", "making")):
        rows = sa.table(table, sa.column("state", sa.String))
        op.execute(rows.update().where(rows.c.state == before).values(state="waiting"))


def downgrade() -> None:
    op.add_column("scans", sa.Column("lease_until", UtcDateTime()))
    op.drop_column("pages", "again_at")
    op.drop_column("pages", "lost")
    op.drop_table("leases")
