"""The office's work: procedures by version, cases and what happened to them, directives, reports on tasks.

What happened to a case and what was told of a task are only added to; a published version is never rewritten.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from oms.store.db import UtcDateTime

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_GROWING = ("case_events", "task_reports")
_PUBLISHED = "code, version, kind, field, title, body, valid_from, owner_unit_id, state"


def _added() -> tuple[sa.Column[object], ...]:
    """What a task says beside its name; without foreign keys: making the table anew would drop it (see 0005)."""
    return (
        sa.Column("directive_id", sa.String(32), nullable=True),
        sa.Column("owner_id", sa.String(32), nullable=True),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("percent", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("secrecy", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("compartment", sa.String(30), nullable=False, server_default=""),
    )


def upgrade() -> None:
    for column in _added():
        op.add_column("tasks", column)
    op.create_index("ix_tasks_directive", "tasks", ["directive_id"])
    op.create_index("ix_tasks_owner", "tasks", ["owner_id", "closed_at", "due"])
    _procedures()
    _cases()
    _of_cases()
    _directives()
    if op.get_bind().dialect.name == "sqlite":
        _guards()


def _guards() -> None:
    """PostgreSQL has the same, by the same names, from oms.store.guards."""
    for table in _GROWING:
        for act in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} can only be added to'); END"
            )
    op.execute(
        f"CREATE TRIGGER procedure_versions_published BEFORE UPDATE OF {_PUBLISHED} ON procedure_versions "
        "WHEN OLD.state = 'published' BEGIN SELECT RAISE(ABORT, 'a published version is not rewritten'); END"
    )


def _procedures() -> None:
    op.create_table(
        "procedure_versions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("field", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("owner_unit_id", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("mark", sa.String(length=2), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=32), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("published_by", sa.String(length=32), nullable=True),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["accounts.id"], name="fk_procedure_versions_created_by_accounts"),
        sa.ForeignKeyConstraint(["owner_unit_id"], ["units.id"], name="fk_procedure_versions_owner_unit_id_units"),
        sa.ForeignKeyConstraint(["published_by"], ["accounts.id"], name="fk_procedure_versions_published_by_accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_procedure_versions"),
        sa.UniqueConstraint("code", "version", name="uq_procedure_versions_code"),
    )
    op.create_index("ix_procedure_versions_state", "procedure_versions", ["state", "field"])
    op.create_table(
        "procedure_proposals",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("version_id", sa.String(length=32), nullable=False),
        sa.Column("part", sa.String(length=12), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.String(length=32), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("taken_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["answered_by"], ["accounts.id"], name="fk_procedure_proposals_answered_by_accounts"),
        sa.ForeignKeyConstraint(["by"], ["accounts.id"], name="fk_procedure_proposals_by_accounts"),
        sa.ForeignKeyConstraint(
            ["taken_id"], ["procedure_versions.id"], name="fk_procedure_proposals_taken_id_procedure_versions"
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["procedure_versions.id"], name="fk_procedure_proposals_version_id_procedure_versions"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_procedure_proposals"),
    )
    op.create_index("ix_procedure_proposals_code", "procedure_proposals", ["code", "state"])


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("procedure_id", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("requester", sa.String(length=200), nullable=False),
        sa.Column("dossier_id", sa.String(length=32), nullable=True),
        sa.Column("secrecy", sa.Integer(), nullable=False),
        sa.Column("compartment", sa.String(length=30), nullable=False),
        sa.Column("subject_kind", sa.String(length=20), nullable=True),
        sa.Column("subject_id", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("step", sa.String(length=60), nullable=False),
        sa.Column("step_unit_id", sa.Integer(), nullable=False),
        sa.Column("assignee_id", sa.String(length=32), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("step_at", UtcDateTime(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("step_due", sa.Date(), nullable=True),
        sa.Column("late_reason", sa.String(length=500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=32), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("used_days", sa.Integer(), nullable=True),
        sa.Column("late_days", sa.Integer(), nullable=False),
        sa.Column("change_id", sa.String(length=32), nullable=True),
        sa.Column("document_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["assignee_id"], ["accounts.id"], name="fk_cases_assignee_id_accounts"),
        sa.ForeignKeyConstraint(["change_id"], ["changes.id"], name="fk_cases_change_id_changes"),
        sa.ForeignKeyConstraint(["created_by"], ["accounts.id"], name="fk_cases_created_by_accounts"),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_cases_document_id_documents"),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name="fk_cases_dossier_id_dossiers"),
        sa.ForeignKeyConstraint(
            ["procedure_id"], ["procedure_versions.id"], name="fk_cases_procedure_id_procedure_versions"
        ),
        sa.ForeignKeyConstraint(["step_unit_id"], ["units.id"], name="fk_cases_step_unit_id_units"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_cases_unit_id_units"),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
        sa.UniqueConstraint("subject_kind", "subject_id", name="uq_cases_subject_kind"),
        sa.UniqueConstraint("unit_id", "year", "serial", name="uq_cases_unit_id"),
    )
    op.create_index("ix_cases_dossier_id", "cases", ["dossier_id"])
    op.create_index("ix_cases_ended", "cases", ["ended_on", "unit_id", "code", "state", "secrecy"])
    op.create_index("ix_cases_hand", "cases", ["assignee_id", "state", "due"])
    op.create_index("ix_cases_received", "cases", ["received_on", "unit_id", "code", "state", "secrecy"])
    op.create_index("ix_cases_step", "cases", ["step_unit_id", "state", "due"])


def _of_cases() -> None:
    op.create_table(
        "case_drafts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media", sa.String(length=12), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("signed_sha256", sa.String(length=64), nullable=False),
        sa.Column("signed_by", sa.String(length=32), nullable=True),
        sa.Column("signed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["accounts.id"], name="fk_case_drafts_by_accounts"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_drafts_case_id_cases"),
        sa.ForeignKeyConstraint(["signed_by"], ["accounts.id"], name="fk_case_drafts_signed_by_accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_case_drafts"),
        sa.UniqueConstraint("case_id", "number", name="uq_case_drafts_case_id"),
    )
    op.create_table(
        "case_events",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("act", sa.String(length=12), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=True),
        sa.Column("behalf", sa.String(length=32), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("from_step", sa.String(length=60), nullable=False),
        sa.Column("to_step", sa.String(length=60), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("due_before", sa.Date(), nullable=True),
        sa.Column("due_after", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_case_events_account_id_accounts"),
        sa.ForeignKeyConstraint(["by"], ["accounts.id"], name="fk_case_events_by_accounts"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_events_case_id_cases"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_case_events_unit_id_units"),
        sa.PrimaryKeyConstraint("number", name="pk_case_events"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_case_events_case", "case_events", ["case_id", "number"])
    op.create_table(
        "case_papers",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("type_code", sa.String(length=60), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.String(length=32), nullable=True),
        sa.Column("by", sa.String(length=32), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["accounts.id"], name="fk_case_papers_by_accounts"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_papers_case_id_cases"),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_case_papers_document_id_documents"),
        sa.PrimaryKeyConstraint("id", name="pk_case_papers"),
    )
    op.create_index("ix_case_papers_case_id", "case_papers", ["case_id"])
    op.create_table(
        "case_opinions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("draft_id", sa.String(length=32), nullable=True),
        sa.Column("asked_of", sa.String(length=32), nullable=False),
        sa.Column("asked_by", sa.String(length=32), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("question", sa.String(length=1000), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("stance", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("given_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["accounts.id"], name="fk_case_opinions_asked_by_accounts"),
        sa.ForeignKeyConstraint(["asked_of"], ["accounts.id"], name="fk_case_opinions_asked_of_accounts"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_opinions_case_id_cases"),
        sa.ForeignKeyConstraint(["draft_id"], ["case_drafts.id"], name="fk_case_opinions_draft_id_case_drafts"),
        sa.PrimaryKeyConstraint("id", name="pk_case_opinions"),
    )
    op.create_index("ix_case_opinions_asked", "case_opinions", ["asked_of", "given_at"])
    op.create_index("ix_case_opinions_case_id", "case_opinions", ["case_id"])


def _directives() -> None:
    op.create_table(
        "count_contests",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(length=8), nullable=False),
        sa.Column("measure", sa.String(length=40), nullable=False),
        sa.Column("figure", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.String(length=32), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_count_contests_account_id_accounts"),
        sa.ForeignKeyConstraint(["answered_by"], ["accounts.id"], name="fk_count_contests_answered_by_accounts"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_count_contests_unit_id_units"),
        sa.PrimaryKeyConstraint("id", name="pk_count_contests"),
    )
    op.create_index("ix_count_contests_account_id", "count_contests", ["account_id"])
    op.create_index("ix_count_contests_unit_id", "count_contests", ["unit_id"])
    op.create_table(
        "directives",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("issuer", sa.String(length=200), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("secrecy", sa.Integer(), nullable=False),
        sa.Column("compartment", sa.String(length=30), nullable=False),
        sa.Column("created_by", sa.String(length=32), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["accounts.id"], name="fk_directives_created_by_accounts"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_directives_unit_id_units"),
        sa.PrimaryKeyConstraint("id", name="pk_directives"),
    )
    op.create_index("ix_directives_unit_id", "directives", ["unit_id"])
    op.create_table(
        "task_reports",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.String(length=32), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["accounts.id"], name="fk_task_reports_by_accounts"),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name="fk_task_reports_task_id_tasks"),
        sa.PrimaryKeyConstraint("number", name="pk_task_reports"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_task_reports_task", "task_reports", ["task_id", "number"])


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in _GROWING:
            for act in ("update", "delete"):
                op.execute(f"DROP TRIGGER {table}_no_{act}")
        op.execute("DROP TRIGGER procedure_versions_published")
    for table in (
        "case_opinions",
        "case_drafts",
        "case_papers",
        "case_events",
        "cases",
        "procedure_proposals",
        "procedure_versions",
        "task_reports",
        "directives",
        "count_contests",
    ):
        op.drop_table(table)
    op.drop_index("ix_tasks_owner", "tasks")
    op.drop_index("ix_tasks_directive", "tasks")
    for column in reversed(_added()):
        op.drop_column("tasks", column.name)
