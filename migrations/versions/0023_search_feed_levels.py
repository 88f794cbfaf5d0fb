"""The search's feed tells of a dossier's level and restricted area, too: a paper is found by whoever may see both."""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_ADD = "INSERT INTO search_feed (what, object_id, words) "
_BEFORE = ("block", "number", "cadre_id")
_NOW = (*_BEFORE, "secrecy", "compartment")


def _differs(*columns: str) -> str:
    return "(" + " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in columns) + ")"


def _make_anew(columns: tuple[str, ...]) -> None:
    """SQLite's trigger; PostgreSQL's is put up anew after every migration, from oms.store.search_triggers."""
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute("DROP TRIGGER dossiers_feed")
    when = f"UPDATE OF {', '.join(columns)} ON dossiers WHEN {_differs(*columns)}"
    then = f"{_ADD}VALUES ('dossier', NEW.id, {_differs('number', 'cadre_id')})"
    op.execute(f"CREATE TRIGGER dossiers_feed AFTER {when} BEGIN {then}; END")


def upgrade() -> None:
    _make_anew(_NOW)
    if op.get_bind().dialect.name == "sqlite":  # whoever searches has read marks without the dossiers'
        op.execute(f"{_ADD}SELECT 'dossier', id, 0 FROM dossiers WHERE secrecy > 0 OR compartment <> ''")  # noqa: S608


def downgrade() -> None:
    _make_anew(_BEFORE)
