"""Indexes that figures of work are counted from alone; of papers filed lately; of who brought in files when."""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

SEEN = ["secrecy", "compartment", "unit_id", "step_unit_id", "code", "assignee_id", "dossier_id", "state"]


def upgrade() -> None:
    op.drop_index("ix_cases_received", "cases")
    op.drop_index("ix_cases_ended", "cases")
    op.create_index("ix_cases_received", "cases", ["received_on", *SEEN, "ended_on", "due"])
    op.create_index("ix_cases_ended", "cases", ["ended_on", *SEEN, "late_days", "used_days", "received_on", "due"])
    op.create_index("ix_documents_filed", "documents", ["filed_at", "state", "unit_id", "secrecy"])
    op.create_index("ix_scans_received", "scans", ["received_by", "received_at"])
    op.create_index("ix_journal_actor_verb", "journal", ["actor_id", "verb", "outcome", "seq"])


def downgrade() -> None:
    op.drop_index("ix_journal_actor_verb", "journal")
    op.drop_index("ix_scans_received", "scans")
    op.drop_index("ix_documents_filed", "documents")
    op.drop_index("ix_cases_ended", "cases")
    op.drop_index("ix_cases_received", "cases")
    op.create_index("ix_cases_received", "cases", ["received_on", "unit_id", "code", "state", "secrecy"])
    op.create_index("ix_cases_ended", "cases", ["ended_on", "unit_id", "code", "state", "secrecy"])
