"""The scanning desk: paper files counted, pages in roles, readings in versions, second looks, archival copies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from oms.store.db import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _added() -> dict[str, tuple[sa.Column[object], ...]]:
    """The columns added to tables that are there, made anew for every use: a column belongs to one table."""
    return {
        "batches": (
            sa.Column("operator_id", sa.String(32), nullable=True),
            sa.Column("check_share_2", sa.Integer(), nullable=False, server_default="20"),
            sa.Column("check_share_3", sa.Integer(), nullable=False, server_default="5"),
            sa.Column("check_blind", sa.Boolean(), nullable=False, server_default=sa.false()),
        ),
        "scans": (
            sa.Column("source", sa.String(10), nullable=False, server_default="upload"),
            sa.Column("flags", sa.Text(), nullable=False, server_default="[]"),
            sa.Column("signatures_checked_at", UtcDateTime(), nullable=True),
            sa.Column("collation", sa.String(60), nullable=False, server_default="", quote=True),
        ),
        "pages": (
            sa.Column("kind", sa.String(10), nullable=False, server_default="content"),
            sa.Column("fingerprint", sa.String(64), nullable=False, server_default=""),
            sa.Column("duplicate_of", sa.String(32), nullable=True),
            sa.Column("paper_file_id", sa.String(32), nullable=True),
            sa.Column("reading", sa.Integer(), nullable=False, server_default="1"),
            sa.Column("wanted_turn", sa.Integer(), nullable=True),
        ),
        "word_corrections": (sa.Column("reading", sa.Integer(), nullable=False, server_default="1"),),
        "document_fields": (sa.Column("doubt", sa.Text(), nullable=False, server_default=""),),
    }


def upgrade() -> None:
    for table, columns in _added().items():
        for column in columns:
            # In place, without a foreign key: making the table anew would drop it while others point to its rows.
            op.add_column(table, column)
    op.create_index("ix_pages_paper_file_id", "pages", ["paper_file_id"])
    op.create_index("ix_pages_fingerprint", "pages", ["fingerprint"])
    _versioned_readings()
    _paper_files()
    _checks()
    _copies()


def _versioned_readings() -> None:
    op.create_table(
        "page_readings_new",
        sa.Column("page_id", sa.String(32), sa.ForeignKey("pages.id"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("engine", sa.String(60), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("image_sha", sa.String(64), nullable=False, server_default=""),
        sa.Column("by", sa.String(32), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("page_id", "version"),
    )
    op.execute(
        "INSERT INTO page_readings_new (page_id, version, engine, body, image_sha, at) "
        "SELECT r.page_id, 1, r.engine, r.body, p.image_sha, p.read_at "
        "FROM page_readings r JOIN pages p ON p.id = r.page_id"
    )
    op.drop_table("page_readings")
    op.rename_table("page_readings_new", "page_readings")
    _guard("page_readings")


def _guard(table: str) -> None:
    """Rows of the table can only be added (see 0002); dropping the table took its triggers along."""
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} can only be added to'); END"
            )


def _paper_files() -> None:
    op.create_table(
        "paper_files",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("batch_id", sa.String(32), sa.ForeignKey("batches.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("dossier_id", sa.String(32), sa.ForeignKey("dossiers.id"), nullable=True),
        sa.Column("expected_pages", sa.Integer(), nullable=True),
        sa.Column("explanation", sa.Text(), nullable=False, server_default=""),
        sa.Column("explained_by", sa.String(32), sa.ForeignKey("accounts.id"), nullable=True),
        sa.Column("explained_at", UtcDateTime(), nullable=True),
        sa.Column("explained_gap", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.String(32), sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("batch_id", "number", name="uq_paper_files_batch_id"),
    )
    op.create_index("ix_paper_files_batch_id", "paper_files", ["batch_id"])


def _checks() -> None:
    op.create_table(
        "checks",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("document_id", sa.String(32), sa.ForeignKey("documents.id"), nullable=False),
        sa.Column("batch_id", sa.String(32), sa.ForeignKey("batches.id"), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("operator_id", sa.String(32), sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("checker_id", sa.String(32), sa.ForeignKey("accounts.id"), nullable=True),
        sa.Column("arbiter_id", sa.String(32), sa.ForeignKey("accounts.id"), nullable=True),
        sa.Column("fields", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("keys", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("drawn_at", UtcDateTime(), nullable=False),
        sa.Column("checked_at", UtcDateTime(), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
    )
    for column in ("document_id", "batch_id", "state"):
        op.create_index(f"ix_checks_{column}", "checks", [column])
    op.create_table(
        "check_findings",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("check_id", sa.String(32), sa.ForeignKey("checks.id"), nullable=False),
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("first_value", sa.Text(), nullable=False),
        sa.Column("second_value", sa.Text(), nullable=False),
        sa.Column("settled_value", sa.Text(), nullable=True),
    )
    op.create_index("ix_check_findings_check_id", "check_findings", ["check_id"])


def _copies() -> None:
    op.create_table(
        "archival_copies",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("document_id", sa.String(32), sa.ForeignKey("documents.id"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("sha256", sa.String(64), nullable=False, server_default=""),
        sa.Column("size", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("pages", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("signer", sa.String(300), nullable=False, server_default=""),
        sa.Column("signed_at", UtcDateTime(), nullable=True),
        sa.Column("wanted_at", UtcDateTime(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=True),
    )
    op.create_index("ix_archival_copies_document_id", "archival_copies", ["document_id"])
    op.create_index("ix_archival_copies_state", "archival_copies", ["state"])
    op.create_table(
        "scan_signatures",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("scan_id", sa.String(32), sa.ForeignKey("scans.id"), nullable=False),
        sa.Column("signer", sa.String(300), nullable=False),
        sa.Column("agency", sa.String(300), nullable=False, server_default=""),
        sa.Column("signed_at", UtcDateTime(), nullable=True),
        sa.Column("intact", sa.Boolean(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False, server_default=""),
        sa.Column("checked_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_scan_signatures_scan_id", "scan_signatures", ["scan_id"])
    _guard("scan_signatures")


def downgrade() -> None:
    for table in ("scan_signatures", "archival_copies", "check_findings", "checks", "paper_files"):
        op.drop_table(table)
    _first_readings()
    op.drop_index("ix_pages_fingerprint", "pages")
    op.drop_index("ix_pages_paper_file_id", "pages")
    for table, columns in reversed(_added().items()):
        for column in reversed(columns):
            op.drop_column(table, column.name)


def _first_readings() -> None:
    """Keeps the reading each page shows now: the older schema holds one a page."""
    op.create_table(
        "page_readings_old",
        sa.Column("page_id", sa.String(32), sa.ForeignKey("pages.id"), primary_key=True),
        sa.Column("engine", sa.String(60), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )
    op.execute(
        "INSERT INTO page_readings_old (page_id, engine, body) SELECT r.page_id, r.engine, r.body "
        "FROM page_readings r JOIN pages p ON p.id = r.page_id AND p.reading = r.version"
    )
    op.drop_table("page_readings")
    op.rename_table("page_readings_old", "page_readings")
    _guard("page_readings")
