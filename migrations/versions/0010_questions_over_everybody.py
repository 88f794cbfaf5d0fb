"""Indexes that answer lists and criteria over 100,000 dossiers from themselves, without reading the rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

IN_FORCE = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.drop_index("ix_facts_item_code", "facts")
    coded = ["item", "code", "dossier_id", "starts", "ends", "secrecy", "compartment", "ended_at"]
    op.create_index("ix_facts_coded", "facts", coded, sqlite_where=IN_FORCE, postgresql_where=IN_FORCE)
    worded = ["item", "dossier_id", "folded", "secrecy", "compartment", "ended_at"]
    op.create_index("ix_facts_worded", "facts", worded, sqlite_where=IN_FORCE, postgresql_where=IN_FORCE)
    op.drop_index("ix_dossiers_unit_id", "dossiers")
    seen = ["unit_id", "secrecy", "compartment", "block", "number", "cadre_id", "id"]
    op.create_index("ix_dossiers_seen", "dossiers", seen)
    op.drop_index("ix_cadres_folded_name", "cadres")
    op.create_index("ix_cadres_named", "cadres", ["folded_name", "birth_date", "id"])


def downgrade() -> None:
    op.drop_index("ix_cadres_named", "cadres")
    op.create_index("ix_cadres_folded_name", "cadres", ["folded_name"])
    op.drop_index("ix_dossiers_seen", "dossiers")
    op.create_index("ix_dossiers_unit_id", "dossiers", ["unit_id"])
    op.drop_index("ix_facts_worded", "facts")
    op.drop_index("ix_facts_coded", "facts")
    whole = ["item", "code", "starts", "ends", "dossier_id", "ended_at", "secrecy", "compartment"]
    op.create_index("ix_facts_item_code", "facts", whole)
