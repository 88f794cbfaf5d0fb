"""Acts of two persons, and the access policy by date."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "approvals",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("object_kind", sa.String(30), nullable=False),
        sa.Column("object_id", sa.String(64), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("unit_path", sa.String(200), nullable=False),
        sa.Column("secrecy", sa.Integer(), nullable=False),
        sa.Column("compartment", sa.String(30), nullable=False),
        sa.Column("dossier_id", sa.String(32)),
        sa.Column("asked_by", sa.String(32), nullable=False),
        sa.Column("asked_behalf", sa.String(32), nullable=False),
        sa.Column("asked_unit_id", sa.Integer(), nullable=False),
        sa.Column("asked_for_account", sa.String(32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("decided_by", sa.String(32)),
        sa.Column("decided_behalf", sa.String(32), nullable=False),
        sa.Column("decided_unit_id", sa.Integer()),
        sa.Column("decided_at", sa.DateTime()),
        sa.Column("decision_reason", sa.Text(), nullable=False),
        sa.Column("carried_out_at", sa.DateTime()),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name="fk_approvals_dossier_id_dossiers"),
        sa.ForeignKeyConstraint(["asked_by"], ["accounts.id"], name="fk_approvals_asked_by_accounts"),
        sa.ForeignKeyConstraint(["asked_unit_id"], ["units.id"], name="fk_approvals_asked_unit_id_units"),
        sa.ForeignKeyConstraint(["decided_by"], ["accounts.id"], name="fk_approvals_decided_by_accounts"),
        sa.ForeignKeyConstraint(["decided_unit_id"], ["units.id"], name="fk_approvals_decided_unit_id_units"),
        sa.PrimaryKeyConstraint("id", name="pk_approvals"),
    )
    for column in ("kind", "object_id", "state"):
        op.create_index(f"ix_approvals_{column}", "approvals", [column])
    op.create_table(
        "access_policy",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.DateTime(), nullable=False),
        sa.Column("approval_id", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["approval_id"], ["approvals.id"], name="fk_access_policy_approval_id_approvals"),
        sa.PrimaryKeyConstraint("id", name="pk_access_policy"),
    )
    op.create_index("ix_access_policy_key", "access_policy", ["key"])


def downgrade() -> None:
    op.drop_table("access_policy")
    op.drop_table("approvals")
