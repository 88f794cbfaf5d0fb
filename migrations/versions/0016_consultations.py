"""Access beyond one's units: consultations with their usage register, emergencies, and notices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TABLES = ("notices", "emergencies", "usage_register", "consultation_papers", "consultations")


def upgrade() -> None:
    _consultations()
    _register()
    _emergencies()
    guard()


def guard() -> None:
    """The register is only added to; PostgreSQL's guard is a right, see docs/operators.md."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER usage_register_no_{act.lower()} BEFORE {act} ON usage_register "
            "BEGIN SELECT RAISE(ABORT, 'usage_register can only be added to'); END"
        )


def _consultations() -> None:
    op.create_table(
        "consultations",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("holder_unit_id", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(32), nullable=False),
        sa.Column("asked_behalf", sa.String(32), nullable=False),
        sa.Column("asked_unit_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("person", sa.String(200), nullable=False),
        sa.Column("person_more", sa.String(300), nullable=False),
        sa.Column("papers", sa.Text(), nullable=False),
        sa.Column("purpose", sa.String(40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("place", sa.String(300), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("dossier_id", sa.String(32)),
        sa.Column("prepared_by", sa.String(32)),
        sa.Column("prepared_behalf", sa.String(32), nullable=False),
        sa.Column("prepared_at", sa.DateTime()),
        sa.Column("decided_by", sa.String(32)),
        sa.Column("decided_behalf", sa.String(32), nullable=False),
        sa.Column("decided_at", sa.DateTime()),
        sa.Column("decision_reason", sa.Text(), nullable=False),
        sa.Column("given_first", sa.Date()),
        sa.Column("given_last", sa.Date()),
        sa.Column("given_place", sa.String(300), nullable=False),
        sa.Column("closed_by", sa.String(32)),
        sa.Column("closed_at", sa.DateTime()),
        sa.Column("closed_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["asked_by"], ["accounts.id"], name="fk_consultations_asked_by_accounts"),
        sa.ForeignKeyConstraint(["asked_unit_id"], ["units.id"], name="fk_consultations_asked_unit_id_units"),
        sa.ForeignKeyConstraint(["closed_by"], ["accounts.id"], name="fk_consultations_closed_by_accounts"),
        sa.ForeignKeyConstraint(["decided_by"], ["accounts.id"], name="fk_consultations_decided_by_accounts"),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name="fk_consultations_dossier_id_dossiers"),
        sa.ForeignKeyConstraint(["holder_unit_id"], ["units.id"], name="fk_consultations_holder_unit_id_units"),
        sa.ForeignKeyConstraint(["prepared_by"], ["accounts.id"], name="fk_consultations_prepared_by_accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_consultations"),
    )
    op.create_index("ix_consultations_asked_by", "consultations", ["asked_by"])
    op.create_index("ix_consultations_dossier_id", "consultations", ["dossier_id"])
    op.create_index("ix_consultations_holder_unit_id", "consultations", ["holder_unit_id"])
    op.create_index("ix_consultations_state", "consultations", ["state"])
    op.create_table(
        "consultation_papers",
        sa.Column("consultation_id", sa.String(32), nullable=False),
        sa.Column("document_id", sa.String(32), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultations.id"], name="fk_consultation_papers_consultation_id_consultations"
        ),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_consultation_papers_document_id_documents"),
        sa.PrimaryKeyConstraint("consultation_id", "document_id", name="pk_consultation_papers"),
    )
    op.create_index("ix_consultation_papers_document_id", "consultation_papers", ["document_id"])


def _register() -> None:
    op.create_table(
        "usage_register",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("consultation_id", sa.String(32), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by", sa.String(32)),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["accounts.id"], name="fk_usage_register_by_accounts"),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultations.id"], name="fk_usage_register_consultation_id_consultations"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_usage_register_unit_id_units"),
        sa.PrimaryKeyConstraint("id", name="pk_usage_register"),
    )
    op.create_index("ix_usage_register_book", "usage_register", ["unit_id", "year", "line"])
    op.create_index("ix_usage_register_consultation_id", "usage_register", ["consultation_id"])


def _emergencies() -> None:
    op.create_table(
        "emergencies",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("behalf_of", sa.String(32), nullable=False),
        sa.Column("dossier_id", sa.String(32), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.Column("closed_at", sa.DateTime()),
        sa.Column("review", sa.String(12), nullable=False),
        sa.Column("review_by", sa.Date(), nullable=False),
        sa.Column("reviewed_by", sa.String(32)),
        sa.Column("reviewed_at", sa.DateTime()),
        sa.Column("review_words", sa.Text(), nullable=False),
        sa.Column("escalated_by", sa.String(32)),
        sa.Column("escalated_at", sa.DateTime()),
        sa.Column("escalation_words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_emergencies_account_id_accounts"),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name="fk_emergencies_dossier_id_dossiers"),
        sa.ForeignKeyConstraint(["escalated_by"], ["accounts.id"], name="fk_emergencies_escalated_by_accounts"),
        sa.ForeignKeyConstraint(["reviewed_by"], ["accounts.id"], name="fk_emergencies_reviewed_by_accounts"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_emergencies_unit_id_units"),
        sa.PrimaryKeyConstraint("id", name="pk_emergencies"),
    )
    op.create_index("ix_emergencies_account_id", "emergencies", ["account_id"])
    op.create_index("ix_emergencies_dossier_id", "emergencies", ["dossier_id"])
    op.create_index("ix_emergencies_review", "emergencies", ["review"])
    op.create_table(
        "notices",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("object_kind", sa.String(30), nullable=False),
        sa.Column("object_id", sa.String(64), nullable=False),
        sa.Column("label", sa.String(120), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("read_at", sa.DateTime()),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_notices_account_id_accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
    )
    op.create_index("ix_notices_account", "notices", ["account_id", "read_at"])


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for act in ("update", "delete"):
            op.execute(f"DROP TRIGGER usage_register_no_{act}")
    for table in TABLES:
        op.drop_table(table)
