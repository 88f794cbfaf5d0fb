"""The inbox of an installation on a server; there the journal in parts, one a month."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_journal_actor": ["actor_id", "seq"],
    "ix_journal_actor_verb": ["actor_id", "verb", "outcome", "seq"],
    "ix_journal_object": ["object_id", "seq"],
    "ix_journal_at": ["at"],
    "ix_journal_verb": ["verb"],
}
PARTS = "oms_months"


def upgrade() -> None:
    op.create_table(
        "journal_waiting",
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(24), nullable=False),
        sa.Column("clock", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_journal_waiting"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"CREATE SCHEMA {PARTS}")
        _begin_anew("PARTITION BY RANGE (at)", "seq, at")
        op.execute(f"CREATE TABLE {PARTS}.journal_other PARTITION OF journal DEFAULT")
        for since, until in _months():
            name = f"{PARTS}.journal_{since.replace('-', '_')}"
            op.execute(f"CREATE TABLE {name} PARTITION OF journal FOR VALUES FROM ('{since}') TO ('{until}')")
        _carry_over()


def downgrade() -> None:
    op.drop_table("journal_waiting")
    if op.get_bind().dialect.name == "postgresql":
        _begin_anew("", "seq")
        _carry_over()
        op.execute(f"DROP SCHEMA {PARTS}")


def _begin_anew(parted: str, key: str) -> None:
    for name in INDEXES:
        op.drop_index(name, "journal")
    op.execute("ALTER TABLE journal RENAME CONSTRAINT pk_journal TO pk_journal_before")
    op.execute("ALTER TABLE journal RENAME TO journal_before")
    op.execute(f"CREATE TABLE journal (LIKE journal_before INCLUDING DEFAULTS) {parted}")
    op.execute(f"ALTER TABLE journal ADD CONSTRAINT pk_journal PRIMARY KEY ({key})")


def _months() -> list[tuple[str, str]]:
    """The months that have rows, as the first letters of their times, each with the month after it."""
    query = (
        "SELECT DISTINCT substr(at, 1, 7), to_char(to_date(substr(at, 1, 7), 'YYYY-MM') + interval '1 month', "
        "'YYYY-MM') FROM journal_before WHERE at ~ '^[0-9]{4}-(0[1-9]|1[0-2])-'"
    )
    return [(since, until) for since, until in op.get_bind().execute(sa.text(query))]


def _carry_over() -> None:
    op.execute("INSERT INTO journal SELECT * FROM journal_before ORDER BY seq")
    op.execute("DROP TABLE journal_before")
    for name, columns in INDEXES.items():
        op.create_index(name, "journal", columns)
