"""Indexes by which a file of the vault is found from its name: at which level its key belongs."""

from __future__ import annotations

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_pages_image_sha", "pages", "image_sha"),
    ("ix_page_readings_image_sha", "page_readings", "image_sha"),
    ("ix_archival_copies_sha256", "archival_copies", "sha256"),
)


def upgrade() -> None:
    for name, table, column in INDEXES:
        op.create_index(name, table, [column])


def downgrade() -> None:
    for name, table, _column in INDEXES:
        op.drop_index(name, table)
