"""Anchors, sheets and prunings; the journal's guards against replacing, out-of-order numbers and unlawful emptying."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

GROWING = ("anchors", "anchor_sheets", "prunings")
TEXTS = (
    "at", "actor_id", "actor_name", "on_behalf", "role", "session", "address", "request", "verb", "outcome", "rule",
    "policy", "object_kind", "object_id", "object_label", "unit_path", "compartment", "purpose", "task", "reason",
    "detail", "salt",
)  # fmt: skip
NUMBERS = ("v", "clock", "secrecy", "pages", "bytes")
KEPT = "('journal:prune','journal:anchor','journal:clock')"


def _only_grows(table: str) -> None:
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} can only be added to'); END"
        )


def upgrade() -> None:
    op.create_table(
        "anchors",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("root", sa.String(64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by", sa.String(32), nullable=False),
    )
    op.create_index("ix_anchors_at", "anchors", ["at"])
    op.create_table(
        "anchor_sheets",
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("root", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by", sa.String(32), nullable=False),
    )
    op.create_table(
        "prunings",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("approval_id", sa.String(32), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
    )
    op.create_table(
        "journal_inbox",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(16), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
    )
    if op.get_bind().dialect.name != "sqlite":
        return
    for table in GROWING:
        _only_grows(table)
    op.execute("DROP TRIGGER journal_no_update")
    emptied = [f"NEW.{name} = ''" for name in TEXTS] + [f"NEW.{name} = 0" for name in NUMBERS]
    lawful = "NEW.seq = OLD.seq AND NEW.leaf = OLD.leaf AND " + " AND ".join(emptied)
    allowed = "EXISTS (SELECT 1 FROM prunings WHERE OLD.seq BETWEEN prunings.first AND prunings.last)"
    op.execute(
        "CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal "
        f"WHEN NOT ({lawful} AND OLD.verb NOT IN {KEPT} AND {allowed}) "
        "BEGIN SELECT RAISE(ABORT, 'journal can only be added to'); END"
    )
    # INSERT OR REPLACE would take a row away without asking the guard of deletions
    op.execute(
        "CREATE TRIGGER journal_in_order BEFORE INSERT ON journal "
        "WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM journal) "
        "BEGIN SELECT RAISE(ABORT, 'journal can only be added to'); END"
    )
    op.execute(
        "CREATE TRIGGER checkpoints_in_order BEFORE INSERT ON checkpoints "
        "WHEN NEW.size <= (SELECT coalesce(max(size), 0) FROM checkpoints) "
        "BEGIN SELECT RAISE(ABORT, 'checkpoints can only be added to'); END"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("checkpoints_in_order", "journal_in_order", "journal_no_update"):
            op.execute(f"DROP TRIGGER {name}")
        op.execute(
            "CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal "
            "BEGIN SELECT RAISE(ABORT, 'journal can only be added to'); END"
        )
    for table in ("journal_inbox", *reversed(GROWING)):
        op.drop_table(table)
