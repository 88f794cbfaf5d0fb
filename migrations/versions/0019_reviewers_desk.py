"""The reviewer's desk: days, accesses, work, cases, notes, the watch list, weights.

Notes are only added: they are what a reviewer said.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from oms.store.db import UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

NO_CHANGE = """
CREATE TRIGGER review_notes_no_{act} BEFORE {act} ON review_notes
BEGIN SELECT RAISE(ABORT, 'review_notes can only be added to'); END
"""


def upgrade() -> None:
    _review_accesses()
    _review_days()
    _review_progress()
    _review_works()
    _review_items()
    _review_watches()
    _review_weights()
    _review_notes()
    if op.get_bind().dialect.name == "sqlite":
        for act in ("update", "delete"):
            op.execute(NO_CHANGE.format(act=act))


def _review_accesses() -> None:
    op.create_table(
        "review_accesses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("dossier_id", sa.String(64), nullable=False),
        sa.Column("label", sa.String(120), nullable=False),
        sa.Column("unit_path", sa.String(200), nullable=False),
        sa.Column("secrecy", sa.Integer(), nullable=False),
        sa.Column("first_seq", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("reads", sa.Integer(), nullable=False),
        sa.Column("named", sa.Integer(), nullable=False),
        sa.Column("broad", sa.Integer(), nullable=False),
        sa.Column("grounds", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_review_accesses"),
        sa.UniqueConstraint("account_id", "day", "dossier_id", name="uq_review_accesses_account_id"),
    )
    op.create_index("ix_review_accesses_day", "review_accesses", ["day", "account_id", "unit_path"], unique=False)
    op.create_index("ix_review_accesses_dossier", "review_accesses", ["dossier_id", "day"], unique=False)
    op.create_index("ix_review_accesses_unit", "review_accesses", ["account_id", "unit_path", "day"], unique=False)


def _review_days() -> None:
    op.create_table(
        "review_days",
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("role", sa.String(30), nullable=False),
        sa.Column("reads", sa.Integer(), nullable=False),
        sa.Column("dossiers", sa.Integer(), nullable=False),
        sa.Column("peak", sa.Integer(), nullable=False),
        sa.Column("named", sa.Integer(), nullable=False),
        sa.Column("broad", sa.Integer(), nullable=False),
        sa.Column("unexplained", sa.Integer(), nullable=False),
        sa.Column("odd", sa.Integer(), nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("open_hours", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "day", name="pk_review_days"),
    )
    op.create_index("ix_review_days_day", "review_days", ["day", "account_id"], unique=False)


def _review_progress() -> None:
    op.create_table(
        "review_progress",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("again_day", sa.String(10), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_review_progress"),
    )


def _review_works() -> None:
    op.create_table(
        "review_works",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("dossier_id", sa.String(64), nullable=False),
        sa.Column("verb", sa.String(40), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_review_works"),
    )
    op.create_index("ix_review_works_who", "review_works", ["account_id", "dossier_id", "at"], unique=False)


def _review_items() -> None:
    op.create_table(
        "review_items",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("dossier_id", sa.String(64), nullable=False),
        sa.Column("label", sa.String(120), nullable=False),
        sa.Column("unit_path", sa.String(200), nullable=False),
        sa.Column("secrecy", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("signals", sa.Text(), nullable=False),
        sa.Column("reads", sa.Integer(), nullable=False),
        sa.Column("dossiers", sa.Integer(), nullable=False),
        sa.Column("first_seq", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("broad", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("outcome", sa.String(12), nullable=False),
        sa.Column("decided_by", sa.String(32), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("signed_by", sa.String(32), nullable=True),
        sa.Column("signed_at", UtcDateTime(), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["decided_by"], ["accounts.id"], name="fk_review_items_decided_by_accounts"),
        sa.ForeignKeyConstraint(["signed_by"], ["accounts.id"], name="fk_review_items_signed_by_accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_review_items"),
        sa.UniqueConstraint("account_id", "day", "dossier_id", name="uq_review_items_account_id"),
    )
    op.create_index("ix_review_items_day", "review_items", ["day"], unique=False)
    op.create_index("ix_review_items_dossier", "review_items", ["dossier_id"], unique=False)
    op.create_index("ix_review_items_queue", "review_items", ["state", "score", "day"], unique=False)


def _review_watches() -> None:
    op.create_table(
        "review_watches",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("dossier_id", sa.String(64), nullable=False),
        sa.Column("label", sa.String(120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("added_by", sa.String(32), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("removed_by", sa.String(32), nullable=True),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["added_by"], ["accounts.id"], name="fk_review_watches_added_by_accounts"),
        sa.ForeignKeyConstraint(["removed_by"], ["accounts.id"], name="fk_review_watches_removed_by_accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_review_watches"),
    )
    op.create_index("ix_review_watches_dossier_id", "review_watches", ["dossier_id"], unique=False)


def _review_weights() -> None:
    op.create_table(
        "review_weights",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(30), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["accounts.id"], name="fk_review_weights_by_accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_review_weights"),
    )
    op.create_index("ix_review_weights_rule", "review_weights", ["rule"], unique=False)


def _review_notes() -> None:
    op.create_table(
        "review_notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.String(32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["accounts.id"], name="fk_review_notes_by_accounts"),
        sa.ForeignKeyConstraint(["item_id"], ["review_items.id"], name="fk_review_notes_item_id_review_items"),
        sa.PrimaryKeyConstraint("id", name="pk_review_notes"),
    )
    op.create_index("ix_review_notes_item_id", "review_notes", ["item_id"], unique=False)


def downgrade() -> None:
    op.drop_table("review_notes")
    op.drop_table("review_weights")
    op.drop_table("review_watches")
    op.drop_table("review_items")
    op.drop_table("review_works")
    op.drop_table("review_progress")
    op.drop_table("review_days")
    op.drop_table("review_accesses")
