"""Differences between linked records: a row for each item, and triggers that have linked records compared again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from oms.store.db import UtcDateTime

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_LINKED = (
    "INSERT INTO link_waiting (cadre_id) SELECT dossiers.cadre_id FROM dossiers "
    "JOIN link_persons ON link_persons.cadre_id = dossiers.cadre_id WHERE dossiers.id = {row}.dossier_id "
    "AND NOT EXISTS (SELECT 1 FROM link_waiting WHERE cadre_id = dossiers.cadre_id)"
)
_EVERY = (
    "INSERT INTO link_waiting (cadre_id) SELECT cadre_id FROM link_persons "
    "WHERE cadre_id NOT IN (SELECT cadre_id FROM link_waiting)"
)
_ENDS = ("ended_at", "secrecy", "compartment", "dossier_id")
TRIGGERS = {
    "facts_linked_in": ("INSERT ON facts", _LINKED.format(row="NEW")),
    "facts_linked": (
        f"UPDATE OF {', '.join(_ENDS)} ON facts WHEN "
        + "("
        + " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in _ENDS)
        + ")",
        _LINKED.format(row="NEW"),
    ),
    "facts_linked_out": ("DELETE ON facts", _LINKED.format(row="OLD")),
    "changes_linked": ("UPDATE OF state ON changes WHEN NEW.state <> OLD.state", _LINKED.format(row="NEW")),
    "catalogue_linked_in": ("INSERT ON catalogue_rows WHEN NEW.list_code = 'doi_chieu_khoi'", _EVERY),
    "catalogue_linked": (
        "UPDATE OF ended_at ON catalogue_rows WHEN NEW.list_code = 'doi_chieu_khoi'",
        _EVERY,
    ),
}
"""SQLite's; PostgreSQL has the same, by the same names, from oms.store.link_triggers."""


def upgrade() -> None:
    op.create_table(
        "link_conflicts",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("candidate_id", sa.String(32), nullable=False),
        sa.Column("item", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("owner", sa.String(5), nullable=False),
        sa.Column("left_fact_id", sa.String(32), nullable=True),
        sa.Column("right_fact_id", sa.String(32), nullable=True),
        sa.Column("left_digest", sa.String(32), nullable=False),
        sa.Column("right_digest", sa.String(32), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("change_id", sa.String(32), nullable=True),
        sa.Column("by", sa.String(32), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=True),
        sa.Column("found_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["link_candidates.id"], name="fk_link_conflicts_candidate_id_link_candidates"
        ),
        sa.ForeignKeyConstraint(["by"], ["accounts.id"], name="fk_link_conflicts_by_accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_link_conflicts"),
        sa.UniqueConstraint("candidate_id", "item", name="uq_link_conflicts_candidate_id"),
    )
    op.create_index("ix_link_conflicts_due", "link_conflicts", ["state", "due", "id"])
    op.execute(_EVERY)
    if op.get_bind().dialect.name == "sqlite":
        for name, (when, then) in TRIGGERS.items():
            op.execute(f"CREATE TRIGGER {name} AFTER {when} BEGIN {then}; END")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in TRIGGERS:
            op.execute(f"DROP TRIGGER {name}")
    op.drop_table("link_conflicts")
