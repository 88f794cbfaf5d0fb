"""Batches carry a level and a compartment: a restricted pile is not even listed to those outside."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("batches") as batch:
        batch.add_column(sa.Column("secrecy", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("compartment", sa.String(length=30), nullable=False, server_default=""))


def downgrade() -> None:
    # In place: making the table anew would drop it while scans still point to its rows.
    op.drop_column("batches", "compartment")
    op.drop_column("batches", "secrecy")
