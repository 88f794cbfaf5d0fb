"""The search's feed: a drawn number in each row tells one line of history from another; a dossier's unit.

A database that was put back grows to the same numbers again, with other changes: whoever follows the feed by its
numbers alone would take the new ones for those it knows.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_BEFORE = ("block", "number", "cadre_id", "secrecy", "compartment")
_NOW = (*_BEFORE, "unit_id")


def _differs(*columns: str) -> str:
    return "(" + " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in columns) + ")"


def _feed_of_dossiers(columns: tuple[str, ...], words: str) -> str:
    return (
        f"CREATE TRIGGER dossiers_feed AFTER UPDATE OF {', '.join(columns)} ON dossiers "  # noqa: S608 - our own names
        f"WHEN {_differs(*columns)} BEGIN "
        f"INSERT INTO search_feed (what, object_id, words) VALUES ('dossier', NEW.id, {words}); END"
    )


def upgrade() -> None:
    op.add_column("search_feed", sa.Column("token", sa.BigInteger(), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        # PostgreSQL has the same, by the same names, from oms.store.search_triggers.
        op.execute("DROP TRIGGER dossiers_feed")
        words = f"({_differs('number', 'cadre_id')} OR (NEW.secrecy = 0) <> (OLD.secrecy = 0))"
        op.execute(_feed_of_dossiers(_NOW, words))
        op.execute(
            "CREATE TRIGGER search_feed_token AFTER INSERT ON search_feed WHEN NEW.token IS NULL "
            "BEGIN UPDATE search_feed SET token = random() WHERE number = NEW.number; END"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER search_feed_token")
        op.execute("DROP TRIGGER dossiers_feed")
        op.execute(_feed_of_dossiers(_BEFORE, _differs("number", "cadre_id")))
    op.drop_column("search_feed", "token")
