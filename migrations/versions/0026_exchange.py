"""Exchange between installations: partners, packages out and in, whom they speak of, known codes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from oms.store.db import UtcDateTime

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exchange_partners",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("code", sa.String(35), nullable=False),
        sa.Column("code_party", sa.String(35), nullable=False),
        sa.Column("code_state", sa.String(35), nullable=False),
        sa.Column("zone", sa.String(20), nullable=False),
        sa.Column("verify_key", sa.String(64), nullable=False),
        sa.Column("recipient", sa.String(80), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("address", sa.String(200), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("approval_id", sa.String(32), nullable=False),
        sa.Column("added_by", sa.String(32), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("approved_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_by", sa.String(32), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("revoke_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["added_by"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_exchange_partners_state", "exchange_partners", ["state"])
    op.create_index("ix_exchange_partners_verify_key", "exchange_partners", ["verify_key"])
    op.create_table(
        "exchange_packages",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("direction", sa.String(3), nullable=False),
        sa.Column("package_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("partner_id", sa.String(32), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("secrecy", sa.Integer(), nullable=False),
        sa.Column("compartment", sa.String(30), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("file", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answers", sa.String(32), nullable=False),
        sa.Column("by", sa.String(32), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", UtcDateTime(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("closed_by", sa.String(32), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["partner_id"], ["exchange_partners.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"]),
        sa.ForeignKeyConstraint(["by"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("direction", "package_id"),
    )
    op.create_index("ix_exchange_packages_answers", "exchange_packages", ["answers"])
    op.create_index("ix_exchange_packages_digest", "exchange_packages", ["digest"])
    op.create_index("ix_exchange_packages_partner_id", "exchange_packages", ["partner_id"])
    op.create_index("ix_exchange_packages_state", "exchange_packages", ["state"])
    op.create_index("ix_exchange_packages_unit_id", "exchange_packages", ["unit_id"])
    op.create_table(
        "exchange_records",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("package_id", sa.String(32), nullable=False),
        sa.Column("remote", sa.String(32), nullable=False),
        sa.Column("dossier_id", sa.String(32), nullable=True),
        sa.Column("folded_name", sa.String(200), nullable=False),
        sa.Column("birth_date", sa.String(10), nullable=False),
        sa.Column("citizen_id", sa.String(12), nullable=False),
        sa.Column("change_id", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["package_id"], ["exchange_packages.id"]),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_exchange_records_dossier_id", "exchange_records", ["dossier_id"])
    op.create_index("ix_exchange_records_package_id", "exchange_records", ["package_id"])
    op.create_table(
        "exchange_links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partner_code", sa.String(35), nullable=False),
        sa.Column("remote", sa.String(32), nullable=False),
        sa.Column("dossier_id", sa.String(32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("partner_code", "remote"),
    )
    op.create_index("ix_exchange_links_dossier_id", "exchange_links", ["dossier_id"])
    op.create_table(
        "exchange_codes",
        sa.Column("code", sa.String(35), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"]),
        sa.ForeignKeyConstraint(["by"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("code"),
    )


def downgrade() -> None:
    op.drop_table("exchange_codes")
    op.drop_table("exchange_links")
    op.drop_table("exchange_records")
    op.drop_table("exchange_packages")
    op.drop_table("exchange_partners")
