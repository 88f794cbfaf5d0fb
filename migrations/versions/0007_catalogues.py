"""Catalogues: dated rows of code lists, rules and forms, and the queue of words no closed list holds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from oms.store.db import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _catalogue_rows()
    _catalogue_others()


def _catalogue_rows() -> None:
    op.create_table(
        "catalogue_rows",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("list_code", sa.String(60), nullable=False),
        sa.Column("code", sa.String(60), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("aliases", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("extra", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("mark", sa.String(2), nullable=False),
        sa.Column("replaces", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.String(32), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ended_by", sa.String(32), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_catalogue_rows"),
    )
    op.create_index("ix_catalogue_rows_list_code", "catalogue_rows", ["list_code", "code"])


def _catalogue_others() -> None:
    op.create_table(
        "catalogue_others",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("list_code", sa.String(60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("fact_id", sa.String(32), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("code", sa.String(60), nullable=False),
        sa.Column("settled_by", sa.String(32), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("noted_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["fact_id"], ["facts.id"], name="fk_catalogue_others_fact_id_facts"),
        sa.ForeignKeyConstraint(["settled_by"], ["accounts.id"], name="fk_catalogue_others_settled_by_accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_catalogue_others"),
    )
    op.create_index("ix_catalogue_others_fact_id", "catalogue_others", ["fact_id"])
    op.create_index("ix_catalogue_others_list_code", "catalogue_others", ["list_code"])
    op.create_index("ix_catalogue_others_state", "catalogue_others", ["state"])


def downgrade() -> None:
    op.drop_table("catalogue_others")
    op.drop_table("catalogue_rows")
