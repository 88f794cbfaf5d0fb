"""Grants with their history and last days; authority delegated in writing, and the session that acts with it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_grants",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("value", sa.String(30), nullable=False),
        sa.Column("until", sa.Date()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("granted_by", sa.String(32), nullable=False),
        sa.Column("granted_at", sa.DateTime(), nullable=False),
        sa.Column("approval_id", sa.String(32), nullable=False),
        sa.Column("ended_by", sa.String(32)),
        sa.Column("ended_at", sa.DateTime()),
        sa.Column("end_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_account_grants_account_id_accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_account_grants"),
    )
    op.create_index("ix_account_grants_account_id", "account_grants", ["account_id"])
    op.create_table(
        "delegations",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("giver_id", sa.String(32), nullable=False),
        sa.Column("deputy_id", sa.String(32), nullable=False),
        sa.Column("unit_ids", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("document_no", sa.String(80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("ended_by", sa.String(32)),
        sa.Column("ended_at", sa.DateTime()),
        sa.Column("end_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["giver_id"], ["accounts.id"], name="fk_delegations_giver_id_accounts"),
        sa.ForeignKeyConstraint(["deputy_id"], ["accounts.id"], name="fk_delegations_deputy_id_accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_delegations"),
    )
    op.create_index("ix_delegations_giver_id", "delegations", ["giver_id"])
    op.create_index("ix_delegations_deputy_id", "delegations", ["deputy_id"])
    op.add_column("accounts", sa.Column("clearance_until", sa.Date()))
    op.add_column("account_compartments", sa.Column("until", sa.Date()))
    op.add_column("account_sensitive", sa.Column("until", sa.Date()))
    op.add_column("account_kin", sa.Column("end_reason", sa.Text(), nullable=False, server_default=""))
    op.add_column("sessions", sa.Column("delegation_id", sa.String(32), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("sessions", "delegation_id")
    op.drop_column("account_kin", "end_reason")
    op.drop_column("account_sensitive", "until")
    op.drop_column("account_compartments", "until")
    op.drop_column("accounts", "clearance_until")
    op.drop_table("delegations")
    op.drop_table("account_grants")
