"""Results of cases: found from their paper and their change; what happened to a case leaves with its dossier.

A disposal takes the words of a case about the dossier away: its events are put back without them, so a row of theirs
may go while the disposal says "doing", as rows of the papers may (see 0008).
"""

from __future__ import annotations

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_DISPOSING = (
    "SELECT 1 FROM disposals JOIN cases ON cases.dossier_id = disposals.dossier_id "
    "WHERE cases.id = OLD.case_id AND disposals.state = 'doing'"
)
_INDEXES = (
    ("ix_cases_change_id", "cases", "change_id"),
    ("ix_cases_document_id", "cases", "document_id"),
    ("ix_case_papers_document_id", "case_papers", "document_id"),
)


def _guard(unless: str = "") -> None:
    """SQLite's; PostgreSQL has the same, by the same name, from oms.store.guards."""
    if op.get_bind().dialect.name != "sqlite":
        return
    when = f"WHEN NOT EXISTS ({unless}) " if unless else ""
    op.execute("DROP TRIGGER case_events_no_delete")
    op.execute(
        f"CREATE TRIGGER case_events_no_delete BEFORE DELETE ON case_events {when}"
        "BEGIN SELECT RAISE(ABORT, 'case_events can only be added to'); END"
    )


def upgrade() -> None:
    for name, table, column in _INDEXES:
        op.create_index(name, table, [column])
    _guard(_DISPOSING)


def downgrade() -> None:
    _guard()
    for name, table, _column in reversed(_INDEXES):
        op.drop_index(name, table)
