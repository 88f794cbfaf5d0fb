"""What comes in and goes out as lists: imports, saved criteria and rosters, due dates with their overrides."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from oms.store.db import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# a head repeats where its dossier is and how secret: never later than the dossier itself
HEADS_FOLLOW = """
CREATE TRIGGER heads_follow AFTER UPDATE OF unit_id, block, secrecy, compartment, state ON dossiers
BEGIN
  UPDATE record_heads SET unit_id = NEW.unit_id, block = NEW.block, secrecy = NEW.secrecy,
    compartment = NEW.compartment, state = NEW.state WHERE dossier_id = NEW.id;
END
"""


def upgrade() -> None:
    _import_runs()
    _import_mappings()
    _saved_lists()
    _dues()
    _due_overrides()
    if op.get_bind().dialect.name == "sqlite":
        op.execute(HEADS_FOLLOW)


def _import_runs() -> None:
    op.create_table(
        "import_runs",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("original_name", sa.String(255), nullable=False),
        sa.Column("secrecy", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("sheet", sa.String(120), nullable=False),
        sa.Column("header", sa.Text(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("received_by", sa.String(32), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("filed_by", sa.String(32), nullable=True),
        sa.Column("filed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["filed_by"], ["accounts.id"], name="fk_import_runs_filed_by_accounts"),
        sa.ForeignKeyConstraint(["received_by"], ["accounts.id"], name="fk_import_runs_received_by_accounts"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_import_runs_unit_id_units"),
        sa.PrimaryKeyConstraint("id", name="pk_import_runs"),
    )
    op.create_index("ix_import_runs_state", "import_runs", ["state"])
    op.create_index("ix_import_runs_unit_id", "import_runs", ["unit_id"])


def _import_mappings() -> None:
    op.create_table(
        "import_mappings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("signature", sa.String(64), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_import_mappings_unit_id_units"),
        sa.PrimaryKeyConstraint("id", name="pk_import_mappings"),
        sa.UniqueConstraint("unit_id", "signature", name="uq_import_mappings_unit_id"),
    )


def _saved_lists() -> None:
    op.create_table(
        "saved_lists",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("owner_id", sa.String(32), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["accounts.id"], name="fk_saved_lists_owner_id_accounts"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_saved_lists_unit_id_units"),
        sa.PrimaryKeyConstraint("id", name="pk_saved_lists"),
    )
    op.create_index("ix_saved_lists_owner_id", "saved_lists", ["owner_id"])
    op.create_index("ix_saved_lists_unit_id", "saved_lists", ["unit_id"])


def _dues() -> None:
    op.create_table(
        "dues",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dossier_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("subject", sa.String(120), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("notice_on", sa.Date(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name="fk_dues_dossier_id_dossiers"),
        sa.PrimaryKeyConstraint("id", name="pk_dues"),
    )
    op.create_index("ix_dues_dossier_id", "dues", ["dossier_id"])
    op.create_index("ix_dues_notice", "dues", ["notice_on", "kind"])


def _due_overrides() -> None:
    op.create_table(
        "due_overrides",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("dossier_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("subject", sa.String(120), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("settles", sa.Date(), nullable=True),
        sa.Column("legal_basis", sa.String(300), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("withdrawn_by", sa.String(32), nullable=True),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["accounts.id"], name="fk_due_overrides_by_accounts"),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name="fk_due_overrides_dossier_id_dossiers"),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["accounts.id"], name="fk_due_overrides_withdrawn_by_accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_due_overrides"),
    )
    op.create_index("ix_due_overrides_dossier_id", "due_overrides", ["dossier_id"])


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER heads_follow")
    op.drop_table("due_overrides")
    op.drop_table("dues")
    op.drop_table("saved_lists")
    op.drop_table("import_mappings")
    op.drop_table("import_runs")
