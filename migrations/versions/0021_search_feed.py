"""The search: a numbered feed of what changed, written by triggers; the words of each filed paper as indexed.

The feed takes the place of ``index_outbox``: nothing has to remember to ask for an index entry any more.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_ADD = "INSERT INTO search_feed (what, object_id, words) "
_FILED = "(OLD.state = 'filed' OR NEW.state = 'filed')"
_MARKS = ("state", "dossier_id", "unit_id", "secrecy", "compartment", "type_code", "issued_on")
_WORDS = ("title", "number", "person_name")


def _differs(*columns: str) -> str:
    return "(" + " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in columns) + ")"


_PAPER_WORDS = f"({_differs('state', 'dossier_id', *_WORDS)} OR (NEW.secrecy = 0) <> (OLD.secrecy = 0))"
_OF_PAGE = (
    f"{_ADD}SELECT 'document', documents.id, 1 FROM pages JOIN documents ON documents.id = pages.document_id "  # noqa: S608
    "WHERE pages.id = NEW.page_id AND documents.state = 'filed'"
)
_CADRE = ("full_name", "folded_name", "other_names", "birth_date", "citizen_id")

TRIGGERS = {
    "documents_feed_in": (
        "INSERT ON documents WHEN NEW.state = 'filed'",
        f"{_ADD}VALUES ('document', NEW.id, 1)",
    ),
    "documents_feed": (
        f"UPDATE OF {', '.join(_MARKS + _WORDS)} ON documents WHEN {_FILED} AND {_differs(*_MARKS, *_WORDS)}",
        f"{_ADD}VALUES ('document', NEW.id, {_PAPER_WORDS})",
    ),
    "documents_feed_out": (
        "DELETE ON documents WHEN OLD.state = 'filed'",
        f"{_ADD}VALUES ('document', OLD.id, 1)",
    ),
    "documents_text_out": (
        "UPDATE OF state ON documents WHEN OLD.state = 'filed' AND NEW.state <> 'filed'",
        "DELETE FROM document_texts WHERE document_id = NEW.id",
    ),
    "dossiers_feed": (
        f"UPDATE OF block, number, cadre_id ON dossiers WHEN {_differs('block', 'number', 'cadre_id')}",
        f"{_ADD}VALUES ('dossier', NEW.id, {_differs('number', 'cadre_id')})",
    ),
    "cadres_feed": (
        f"UPDATE OF {', '.join(_CADRE)} ON cadres WHEN {_differs(*_CADRE)}",
        f"{_ADD}VALUES ('cadre', NEW.id, {_differs('full_name', 'other_names')})",
    ),
    "units_feed": (
        f"UPDATE OF path ON units WHEN {_differs('path')}",
        f"{_ADD}VALUES ('unit', NEW.id, 0)",
    ),
    "pages_feed_in": (
        "INSERT ON pages WHEN NEW.document_id IS NOT NULL",
        f"{_ADD}SELECT 'document', id, 1 FROM documents WHERE id = NEW.document_id AND state = 'filed'",  # noqa: S608
    ),
    "pages_feed": (
        f"UPDATE OF document_id, position, reading ON pages WHEN {_differs('document_id', 'position', 'reading')}",
        f"{_ADD}SELECT 'document', id, 1 FROM documents "  # noqa: S608
        "WHERE id IN (NEW.document_id, OLD.document_id) AND state = 'filed'",
    ),
    "page_readings_feed": ("INSERT ON page_readings", _OF_PAGE),
    "word_corrections_feed": ("INSERT ON word_corrections", _OF_PAGE),
}
"""SQLite's; PostgreSQL has the same, by the same names, from oms.store.search_triggers."""


def upgrade() -> None:
    op.drop_table("index_outbox")
    op.create_table(
        "search_feed",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(10), nullable=False),
        sa.Column("object_id", sa.String(32), nullable=False),
        sa.Column("words", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_search_feed"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "document_texts",
        sa.Column("document_id", sa.String(32), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name="fk_document_texts_document_id_documents", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("document_id", name="pk_document_texts"),
    )
    op.create_index("ix_proposals_dossier_id", "proposals", ["dossier_id"])
    if op.get_bind().dialect.name == "sqlite":
        for name, (when, then) in TRIGGERS.items():
            op.execute(f"CREATE TRIGGER {name} AFTER {when} BEGIN {then}; END")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in TRIGGERS:
            op.execute(f"DROP TRIGGER {name}")
    op.drop_index("ix_proposals_dossier_id", "proposals")
    op.drop_table("document_texts")
    op.drop_table("search_feed")
    op.create_table(
        "index_outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_index_outbox"),
    )
    op.create_index("ix_index_outbox_document_id", "index_outbox", ["document_id"])
    op.execute("INSERT INTO index_outbox (document_id) SELECT id FROM documents WHERE state = 'filed'")
