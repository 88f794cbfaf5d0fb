"""Whom an account must keep away from: the person behind it and their relatives."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_kin",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("relation", sa.String(20), nullable=False),
        sa.Column("full_name", sa.String(200), nullable=False),
        sa.Column("folded_name", sa.String(200), nullable=False),
        sa.Column("birth_date", sa.String(10), nullable=False),
        sa.Column("citizen_id", sa.String(12), nullable=False),
        sa.Column("entered_by", sa.String(32), nullable=False),
        sa.Column("entered_at", sa.DateTime(), nullable=False),
        sa.Column("ended_by", sa.String(32)),
        sa.Column("ended_at", sa.DateTime()),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_account_kin_account_id_accounts"),
        sa.ForeignKeyConstraint(["entered_by"], ["accounts.id"], name="fk_account_kin_entered_by_accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_account_kin"),
    )
    op.create_index("ix_account_kin_account_id", "account_kin", ["account_id"])


def downgrade() -> None:
    op.drop_table("account_kin")
