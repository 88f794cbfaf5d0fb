"""Paper and its keeping: loans, transfers, stocktakes, holds, disposals.

Tables that only grow let rows go in one case from here on: their dossier is being disposed of, which a row of
``disposals`` in state "doing" says. That state is written and left again inside one transaction.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from oms.store.db import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


_DOING = "FROM disposals JOIN documents ON documents.dossier_id = disposals.dossier_id "
_OF_PAGE = (
    f"SELECT 1 {_DOING}JOIN pages ON pages.document_id = documents.id "
    "WHERE pages.id = OLD.page_id AND disposals.state = 'doing'"
)
UNLESS_DISPOSED = {
    "page_readings": _OF_PAGE,
    "word_corrections": _OF_PAGE,
    "document_fields": f"SELECT 1 {_DOING}WHERE documents.id = OLD.document_id AND disposals.state = 'doing'",
    "facts": "SELECT 1 FROM disposals WHERE disposals.dossier_id = OLD.dossier_id AND disposals.state = 'doing'",
}


def _guard(table: str, unless: str = "") -> None:
    """The guard against removing rows of a table: altogether, or unless a disposal covers the row."""
    if op.get_bind().dialect.name != "sqlite":
        return
    when = f"WHEN NOT EXISTS ({unless}) " if unless else ""
    op.execute(f"DROP TRIGGER {table}_no_delete")
    op.execute(
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {when}"
        f"BEGIN SELECT RAISE(ABORT, '{table} can only be added to'); END"
    )


def upgrade() -> None:
    _loans()
    _transfers()
    _stocktakes()
    _stocktake_lines()
    _holds()
    _disposals()
    op.create_index("ix_documents_dossier_type", "documents", ["dossier_id", "state", "type_code"])
    for table, unless in UNLESS_DISPOSED.items():
        _guard(table, unless)


def _loans() -> None:
    op.create_table(
        "loans",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("dossier_id", sa.String(32), nullable=False),
        sa.Column("number", sa.String(60), nullable=False),
        sa.Column("documents", sa.Text(), nullable=False),
        sa.Column("borrower", sa.String(200), nullable=False),
        sa.Column("borrower_unit", sa.String(300), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("approved_by_name", sa.String(200), nullable=False),
        sa.Column("pages_out", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("lent_by", sa.String(32), nullable=False),
        sa.Column("lent_at", UtcDateTime(), nullable=False),
        sa.Column("pages_back", sa.Integer(), nullable=True),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("returned_to", sa.String(32), nullable=True),
        sa.Column("returned_at", UtcDateTime(), nullable=True),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("explained_by", sa.String(32), nullable=True),
        sa.Column("explained_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["explained_by"], ["accounts.id"], name="fk_loans_explained_by_accounts"),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name="fk_loans_dossier_id_dossiers"),
        sa.ForeignKeyConstraint(["lent_by"], ["accounts.id"], name="fk_loans_lent_by_accounts"),
        sa.ForeignKeyConstraint(["returned_to"], ["accounts.id"], name="fk_loans_returned_to_accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_loans"),
    )
    op.create_index("ix_loans_dossier_id", "loans", ["dossier_id"])


def _transfers() -> None:
    op.create_table(
        "transfers",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("dossier_id", sa.String(32), nullable=False),
        sa.Column("from_unit_id", sa.Integer(), nullable=False),
        sa.Column("to_unit_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("decision_no", sa.String(80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("contents", sa.Text(), nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
        sa.Column("number_before", sa.String(60), nullable=False),
        sa.Column("number_after", sa.String(60), nullable=False),
        sa.Column("checked", sa.Text(), nullable=False),
        sa.Column("refusal", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(32), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("sealed_by", sa.String(32), nullable=True),
        sa.Column("sealed_at", UtcDateTime(), nullable=True),
        sa.Column("closed_by", sa.String(32), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["closed_by"], ["accounts.id"], name="fk_transfers_closed_by_accounts"),
        sa.ForeignKeyConstraint(["created_by"], ["accounts.id"], name="fk_transfers_created_by_accounts"),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name="fk_transfers_dossier_id_dossiers"),
        sa.ForeignKeyConstraint(["from_unit_id"], ["units.id"], name="fk_transfers_from_unit_id_units"),
        sa.ForeignKeyConstraint(["sealed_by"], ["accounts.id"], name="fk_transfers_sealed_by_accounts"),
        sa.ForeignKeyConstraint(["to_unit_id"], ["units.id"], name="fk_transfers_to_unit_id_units"),
        sa.PrimaryKeyConstraint("id", name="pk_transfers"),
    )
    op.create_index("ix_transfers_dossier_id", "transfers", ["dossier_id"])
    op.create_index("ix_transfers_from_unit_id", "transfers", ["from_unit_id"])
    op.create_index("ix_transfers_state", "transfers", ["state"])
    op.create_index("ix_transfers_to_unit_id", "transfers", ["to_unit_id"])


def _stocktakes() -> None:
    op.create_table(
        "stocktakes",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(10), nullable=False),
        sa.Column("opened_by", sa.String(32), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("closed_by", sa.String(32), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("conclusion", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["closed_by"], ["accounts.id"], name="fk_stocktakes_closed_by_accounts"),
        sa.ForeignKeyConstraint(["opened_by"], ["accounts.id"], name="fk_stocktakes_opened_by_accounts"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_stocktakes_unit_id_units"),
        sa.PrimaryKeyConstraint("id", name="pk_stocktakes"),
    )
    op.create_index("ix_stocktakes_unit_id", "stocktakes", ["unit_id"])


def _stocktake_lines() -> None:
    op.create_table(
        "stocktake_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stocktake_id", sa.String(32), nullable=False),
        sa.Column("dossier_id", sa.String(32), nullable=False),
        sa.Column("pages_listed", sa.Integer(), nullable=False),
        sa.Column("pages_counted", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("treatment", sa.Text(), nullable=False),
        sa.Column("counted_by", sa.String(32), nullable=True),
        sa.Column("counted_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["counted_by"], ["accounts.id"], name="fk_stocktake_lines_counted_by_accounts"),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name="fk_stocktake_lines_dossier_id_dossiers"),
        sa.ForeignKeyConstraint(["stocktake_id"], ["stocktakes.id"], name="fk_stocktake_lines_stocktake_id_stocktakes"),
        sa.PrimaryKeyConstraint("id", name="pk_stocktake_lines"),
        sa.UniqueConstraint("stocktake_id", "dossier_id", name="uq_stocktake_lines_stocktake_id"),
    )
    op.create_index("ix_stocktake_lines_dossier_id", "stocktake_lines", ["dossier_id"])
    op.create_index("ix_stocktake_lines_stocktake_id", "stocktake_lines", ["stocktake_id"])


def _holds() -> None:
    op.create_table(
        "holds",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("dossier_id", sa.String(32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.String(300), nullable=False),
        sa.Column("bars_transfer", sa.Boolean(), nullable=False),
        sa.Column("set_by", sa.String(32), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.Column("lifted_by", sa.String(32), nullable=True),
        sa.Column("lifted_at", UtcDateTime(), nullable=True),
        sa.Column("lift_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name="fk_holds_dossier_id_dossiers"),
        sa.ForeignKeyConstraint(["lifted_by"], ["accounts.id"], name="fk_holds_lifted_by_accounts"),
        sa.ForeignKeyConstraint(["set_by"], ["accounts.id"], name="fk_holds_set_by_accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_holds"),
    )
    op.create_index("ix_holds_dossier_id", "holds", ["dossier_id"])


def _disposals() -> None:
    op.create_table(
        "disposals",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("dossier_id", sa.String(32), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.String(300), nullable=False),
        sa.Column("minutes_no", sa.String(80), nullable=False),
        sa.Column("stub", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(32), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("decided_by", sa.String(32), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["asked_by"], ["accounts.id"], name="fk_disposals_asked_by_accounts"),
        sa.ForeignKeyConstraint(["decided_by"], ["accounts.id"], name="fk_disposals_decided_by_accounts"),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name="fk_disposals_dossier_id_dossiers"),
        sa.PrimaryKeyConstraint("id", name="pk_disposals"),
    )
    op.create_index("ix_disposals_dossier_id", "disposals", ["dossier_id"])
    op.create_index("ix_disposals_state", "disposals", ["state"])


def downgrade() -> None:
    for table in UNLESS_DISPOSED:
        _guard(table)
    op.drop_index("ix_documents_dossier_type", "documents")
    op.drop_table("disposals")
    op.drop_table("holds")
    op.drop_table("stocktake_lines")
    op.drop_table("stocktakes")
    op.drop_table("transfers")
    op.drop_table("loans")
