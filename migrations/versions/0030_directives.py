"""Directives may name their paper and say how they ended; tasks the day they were done and what was told of them.

Lines of a task's history say what they are. An index for what is due among the open cases.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def _added() -> dict[str, tuple[sa.Column[object], ...]]:
    """Without foreign keys: making a table anew would drop it (see 0005)."""
    return {
        "directives": (
            sa.Column("document_id", sa.String(32), nullable=True),
            sa.Column("withdrawn", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("end_reason", sa.String(500), nullable=False, server_default=""),
        ),
        "tasks": (
            sa.Column("done_on", sa.Date(), nullable=True),
            sa.Column("given_on", sa.Date(), nullable=True),
            sa.Column("soon_told", sa.Date(), nullable=True),
            sa.Column("late_told_on", sa.Date(), nullable=True),
        ),
        "task_reports": (sa.Column("act", sa.String(10), nullable=False, server_default="report"),),
    }


def upgrade() -> None:
    for table, columns in _added().items():
        for column in columns:
            op.add_column(table, column)
    op.create_index("ix_tasks_due", "tasks", ["closed_at", "due"])
    op.create_index("ix_cases_open", "cases", ["state", "due"])


def downgrade() -> None:
    op.drop_index("ix_cases_open", "cases")
    op.drop_index("ix_tasks_due", "tasks")
    for table, columns in _added().items():
        for column in reversed(columns):
            op.drop_column(table, column.name)
