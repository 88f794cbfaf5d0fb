"""A signed archival copy keeps the name of the file it was before: with the paper that one has to go, too.

Of copies that were signed already the journal says it, as far as it still tells.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("archival_copies", sa.Column("unsigned_sha256", sa.String(64), nullable=False, server_default=""))
    copies = sa.table("archival_copies", *map(sa.column, ("id", "sha256", "signed_at", "unsigned_sha256")))
    entries = sa.table("journal", *map(sa.column, ("seq", "verb", "outcome", "object_id", "detail")))
    made = sa.and_(entries.c.object_id == copies.c.id, entries.c.verb == "copy:make", entries.c.outcome == "done")
    asked = sa.select(copies.c.id, copies.c.sha256, entries.c.detail).join(entries, made)
    asked = asked.where(copies.c.signed_at.is_not(None)).order_by(entries.c.seq)
    connection = op.get_bind()
    for copy_id, signed, detail in connection.execute(asked).all():
        before = str(json.loads(detail).get("sha256", ""))
        if len(before) == 64 and before != signed:
            named = copies.update().where(copies.c.id == copy_id)
            connection.execute(named.values(unsigned_sha256=before))


def downgrade() -> None:
    op.drop_column("archival_copies", "unsigned_sha256")
