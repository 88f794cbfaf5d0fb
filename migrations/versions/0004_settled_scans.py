"""A file that was not taken can be settled: it no longer waits for anybody, and stays with its reason."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import oms.store.db

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("scans", sa.Column("settled_at", oms.store.db.UtcDateTime(), nullable=True))


def downgrade() -> None:
    # In place: making the table anew would drop it while pages still point to its rows.
    op.drop_column("scans", "settled_at")
