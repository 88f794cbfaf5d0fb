"""The structured record: facts with their sources, heads, changes as cases; columns of units, dossiers, papers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from oms.store.db import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _added() -> dict[str, tuple[sa.Column[object], ...]]:
    """The columns added to tables that are there, made anew for every use: a column belongs to one table."""
    return {
        "units": (
            sa.Column("code_party", sa.String(35), nullable=False, server_default=""),
            sa.Column("code_state", sa.String(35), nullable=False, server_default=""),
            sa.Column("place", sa.String(40), nullable=False, server_default=""),
        ),
        "unit_successions": (
            sa.Column("inherits", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("act_id", sa.String(32), nullable=False, server_default=""),
        ),
        "dossiers": (
            sa.Column("shelf", sa.String(200), nullable=False, server_default=""),
            sa.Column("state", sa.String(12), nullable=False, server_default="held"),
            sa.Column("closed_on", sa.Date(), nullable=True),
        ),
        "documents": (
            sa.Column("original", sa.String(12), nullable=False, server_default=""),
            sa.Column("shelf", sa.String(200), nullable=False, server_default=""),
            sa.Column("expires_on", sa.String(10), nullable=False, server_default=""),
        ),
    }


def upgrade() -> None:
    for table, columns in _added().items():
        for column in columns:
            op.add_column(table, column)
    op.create_index("ix_dossiers_state", "dossiers", ["state"])
    _account_sensitive()
    _unit_acts()
    _facts()
    _record_heads()
    _supplements()
    _changes()
    _change_items()
    _subject_requests()
    _guard_facts()


def _account_sensitive() -> None:
    op.create_table(
        "account_sensitive",
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("field_group", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_account_sensitive_account_id_accounts"),
        sa.PrimaryKeyConstraint("account_id", "field_group", name="pk_account_sensitive"),
    )


def _unit_acts() -> None:
    op.create_table(
        "unit_acts",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("decision_no", sa.String(60), nullable=False),
        sa.Column("made", sa.Text(), nullable=False),
        sa.Column("ended", sa.Text(), nullable=False),
        sa.Column("entered_by", sa.String(32), nullable=False),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_unit_acts"),
    )


def _facts() -> None:
    op.create_table(
        "facts",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("dossier_id", sa.String(32), nullable=False),
        sa.Column("item", sa.String(40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("code", sa.String(60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("number", sa.Float(), nullable=True),
        sa.Column("starts", sa.String(10), nullable=False),
        sa.Column("ends", sa.String(10), nullable=False),
        sa.Column("place", sa.String(40), nullable=False),
        sa.Column("secrecy", sa.Integer(), nullable=False),
        sa.Column("compartment", sa.String(30), nullable=False),
        sa.Column("source", sa.String(12), nullable=False),
        sa.Column("document_id", sa.String(32), nullable=True),
        sa.Column("page_id", sa.String(32), nullable=True),
        sa.Column("box", sa.String(60), nullable=False),
        sa.Column("source_words", sa.String(300), nullable=False),
        sa.Column("entered_by", sa.String(32), nullable=False),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.Column("confirmed_by", sa.String(32), nullable=True),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("change_id", sa.String(32), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.String(32), nullable=True),
        sa.Column("ended_change", sa.String(32), nullable=True),
        sa.Column("ended_for", sa.String(32), nullable=True),
        sa.ForeignKeyConstraint(["confirmed_by"], ["accounts.id"], name="fk_facts_confirmed_by_accounts"),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_facts_document_id_documents"),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name="fk_facts_dossier_id_dossiers"),
        sa.ForeignKeyConstraint(["entered_by"], ["accounts.id"], name="fk_facts_entered_by_accounts"),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name="fk_facts_page_id_pages"),
        sa.PrimaryKeyConstraint("id", name="pk_facts"),
    )
    op.create_index("ix_facts_change_id", "facts", ["change_id"])
    op.create_index("ix_facts_document_id", "facts", ["document_id"])
    op.create_index("ix_facts_dossier_item", "facts", ["dossier_id", "item"])
    whole = ["item", "code", "starts", "ends", "dossier_id", "ended_at", "secrecy", "compartment"]
    op.create_index("ix_facts_item_code", "facts", whole)


def _record_heads() -> None:
    op.create_table(
        "record_heads",
        sa.Column("dossier_id", sa.String(32), nullable=False),
        sa.Column("birth_date", sa.String(10), nullable=False),
        sa.Column("sex", sa.String(10), nullable=False),
        sa.Column("ethnicity", sa.String(20), nullable=False),
        sa.Column("religion", sa.String(20), nullable=False),
        sa.Column("person_kind", sa.String(30), nullable=False),
        sa.Column("managed_by", sa.String(30), nullable=False),
        sa.Column("position", sa.String(300), nullable=False),
        sa.Column("position_code", sa.String(60), nullable=False),
        sa.Column("party_position_code", sa.String(60), nullable=False),
        sa.Column("unit_name", sa.String(300), nullable=False),
        sa.Column("rank_code", sa.String(20), nullable=False),
        sa.Column("salary_step", sa.Integer(), nullable=False),
        sa.Column("salary_coefficient", sa.Float(), nullable=False),
        sa.Column("salary_from", sa.String(10), nullable=False),
        sa.Column("seniority_percent", sa.Float(), nullable=False),
        sa.Column("seniority_from", sa.String(10), nullable=False),
        sa.Column("qualification_level", sa.Integer(), nullable=False),
        sa.Column("theory_level", sa.Integer(), nullable=False),
        sa.Column("management_level", sa.Integer(), nullable=False),
        sa.Column("it_level", sa.Integer(), nullable=False),
        sa.Column("language_level", sa.Integer(), nullable=False),
        sa.Column("recruited_on", sa.String(10), nullable=False),
        sa.Column("party_joined_on", sa.String(10), nullable=False),
        sa.Column("party_official_on", sa.String(10), nullable=False),
        sa.Column("appointed_on", sa.String(10), nullable=False),
        sa.Column("reappointed_on", sa.String(10), nullable=False),
        sa.Column("left_on", sa.String(10), nullable=False),
        sa.Column("left_kind", sa.String(30), nullable=False),
        sa.Column("plannings", sa.Integer(), nullable=False),
        sa.Column("rewards", sa.Integer(), nullable=False),
        sa.Column("disciplines", sa.Integer(), nullable=False),
        sa.Column("rating", sa.String(30), nullable=False),
        sa.Column("rating_year", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("block", sa.String(20), nullable=False),
        sa.Column("secrecy", sa.Integer(), nullable=False),
        sa.Column("compartment", sa.String(30), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("sort_name", sa.String(200), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name="fk_record_heads_dossier_id_dossiers"),
        sa.PrimaryKeyConstraint("dossier_id", name="pk_record_heads"),
    )
    op.create_index("ix_record_heads_birth_date", "record_heads", ["birth_date"])
    op.create_index("ix_record_heads_position_code", "record_heads", ["position_code"])
    op.create_index("ix_record_heads_rank_code", "record_heads", ["rank_code"])


def _supplements() -> None:
    op.create_table(
        "supplements",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("created_by", sa.String(32), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["accounts.id"], name="fk_supplements_created_by_accounts"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_supplements_unit_id_units"),
        sa.PrimaryKeyConstraint("id", name="pk_supplements"),
    )
    op.create_index("ix_supplements_unit_id", "supplements", ["unit_id"])


def _changes() -> None:
    op.create_table(
        "changes",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("dossier_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("secrecy", sa.Integer(), nullable=False),
        sa.Column("compartment", sa.String(30), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("declared_by", sa.String(200), nullable=False),
        sa.Column("declared_on", sa.String(10), nullable=False),
        sa.Column("decision_document_id", sa.String(32), nullable=True),
        sa.Column("supplement_id", sa.String(32), nullable=True),
        sa.Column("request_id", sa.String(32), nullable=True),
        sa.Column("created_by", sa.String(32), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("submitted_by", sa.String(32), nullable=True),
        sa.Column("submitted_at", UtcDateTime(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["accounts.id"], name="fk_changes_created_by_accounts"),
        sa.ForeignKeyConstraint(
            ["decision_document_id"], ["documents.id"], name="fk_changes_decision_document_id_documents"
        ),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name="fk_changes_dossier_id_dossiers"),
        sa.ForeignKeyConstraint(["submitted_by"], ["accounts.id"], name="fk_changes_submitted_by_accounts"),
        sa.ForeignKeyConstraint(["supplement_id"], ["supplements.id"], name="fk_changes_supplement_id_supplements"),
        sa.PrimaryKeyConstraint("id", name="pk_changes"),
    )
    op.create_index("ix_changes_dossier_id", "changes", ["dossier_id"])
    op.create_index("ix_changes_state", "changes", ["state"])
    op.create_index("ix_changes_supplement_id", "changes", ["supplement_id"])


def _change_items() -> None:
    op.create_table(
        "change_items",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("change_id", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(40), nullable=False),
        sa.Column("act", sa.String(10), nullable=False),
        sa.Column("fact_id", sa.String(32), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("document_id", sa.String(32), nullable=True),
        sa.Column("page_id", sa.String(32), nullable=True),
        sa.Column("box", sa.String(60), nullable=False),
        sa.Column("source_words", sa.String(300), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("starts", sa.String(10), nullable=False),
        sa.Column("typed_by", sa.String(32), nullable=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("decided_by", sa.String(32), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=False),
        sa.Column("result_fact_id", sa.String(32), nullable=True),
        sa.ForeignKeyConstraint(["change_id"], ["changes.id"], name="fk_change_items_change_id_changes"),
        sa.ForeignKeyConstraint(["decided_by"], ["accounts.id"], name="fk_change_items_decided_by_accounts"),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_change_items_document_id_documents"),
        sa.ForeignKeyConstraint(["fact_id"], ["facts.id"], name="fk_change_items_fact_id_facts"),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name="fk_change_items_page_id_pages"),
        sa.ForeignKeyConstraint(["typed_by"], ["accounts.id"], name="fk_change_items_typed_by_accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_change_items"),
    )
    op.create_index("ix_change_items_change_id", "change_items", ["change_id"])


def _subject_requests() -> None:
    op.create_table(
        "subject_requests",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("dossier_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("number", sa.String(60), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("reply_due", sa.Date(), nullable=False),
        sa.Column("done_due", sa.Date(), nullable=False),
        sa.Column("extended_to", sa.Date(), nullable=True),
        sa.Column("extension_reason", sa.Text(), nullable=False),
        sa.Column("replied_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.String(300), nullable=False),
        sa.Column("change_id", sa.String(32), nullable=True),
        sa.Column("received_by", sa.String(32), nullable=False),
        sa.Column("closed_by", sa.String(32), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["closed_by"], ["accounts.id"], name="fk_subject_requests_closed_by_accounts"),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name="fk_subject_requests_dossier_id_dossiers"),
        sa.ForeignKeyConstraint(["received_by"], ["accounts.id"], name="fk_subject_requests_received_by_accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_subject_requests"),
    )
    op.create_index("ix_subject_requests_dossier_id", "subject_requests", ["dossier_id"])
    op.create_index("ix_subject_requests_state", "subject_requests", ["state"])


def _guard_facts() -> None:
    """A fact's words never change: its confirmation and end are written, each once; its level only rises. See 0002."""
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute(
        "CREATE TRIGGER facts_no_rewrite BEFORE UPDATE OF id, dossier_id, item, body, raw, text, folded, number, "
        "starts, ends, source, document_id, page_id, box, source_words, entered_by, entered_at, "
        "change_id ON facts BEGIN SELECT RAISE(ABORT, 'facts can only be added to'); END"
    )
    op.execute(
        "CREATE TRIGGER facts_only_rise BEFORE UPDATE OF secrecy, compartment ON facts WHEN NEW.secrecy < OLD.secrecy "
        "OR (OLD.compartment <> '' AND NEW.compartment <> OLD.compartment) "
        "BEGIN SELECT RAISE(ABORT, 'a fact never falls below its paper'); END"
    )
    op.execute(
        "CREATE TRIGGER facts_end_once BEFORE UPDATE OF ended_at ON facts WHEN OLD.ended_at IS NOT NULL "
        "BEGIN SELECT RAISE(ABORT, 'a fact ends once'); END"
    )
    op.execute(
        "CREATE TRIGGER facts_confirm_once BEFORE UPDATE OF confirmed_by ON facts WHEN OLD.confirmed_by IS NOT NULL "
        "BEGIN SELECT RAISE(ABORT, 'a fact is confirmed once'); END"
    )
    op.execute(
        "CREATE TRIGGER facts_no_delete BEFORE DELETE ON facts "
        "BEGIN SELECT RAISE(ABORT, 'facts can only be added to'); END"
    )


def downgrade() -> None:
    op.drop_table("subject_requests")
    op.drop_table("change_items")
    op.drop_table("changes")
    op.drop_table("supplements")
    op.drop_table("record_heads")
    op.drop_table("facts")
    op.drop_table("unit_acts")
    op.drop_table("account_sensitive")
    op.drop_index("ix_dossiers_state", "dossiers")
    for table, columns in _added().items():
        for column in columns:
            op.drop_column(table, column.name)
