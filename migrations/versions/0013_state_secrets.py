"""State secrets: history of levels, registers of papers not digitised and of copies; a level falls only by a decision.

From here on a document, a dossier or a fact falls to a lower level, or out of a compartment, only where the newest row
of ``classifications`` for it (a fact: for its paper or its dossier) lowers it that far. Those rows cannot be changed.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from oms.store.db import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

GROWING = ("classifications", "secret_copies", "secret_copy_ends")


def _lowered(*objects: tuple[str, str]) -> str:
    """SQL: the newest row of one of these objects (kind, id) lowers it to what is being written."""
    parts = [
        "EXISTS (SELECT 1 FROM classifications AS c WHERE c.act = 'lower' "  # noqa: S608 - names written here
        f"AND c.object_kind = '{kind}' AND c.object_id = {name} "
        "AND c.level <= NEW.secrecy AND (c.compartment = NEW.compartment OR NEW.compartment = OLD.compartment) "
        "AND NOT EXISTS (SELECT 1 FROM classifications AS n WHERE n.object_kind = c.object_kind "
        "AND n.object_id = c.object_id AND n.id > c.id))"
        for kind, name in objects
    ]
    return f"({' OR '.join(parts)})"


FALLS = "(NEW.secrecy < OLD.secrecy OR (OLD.compartment <> '' AND NEW.compartment <> OLD.compartment))"
FALLING = {
    "documents_fall_by_decision": ("documents", _lowered(("document", "OLD.id"))),
    "dossiers_fall_by_decision": ("dossiers", _lowered(("dossier", "OLD.id"))),
    "facts_only_rise": ("facts", _lowered(("document", "OLD.document_id"), ("dossier", "OLD.dossier_id"))),
}


def upgrade() -> None:
    op.add_column("dossiers", sa.Column("handling", sa.String(12), nullable=False, server_default="restricted"))
    _classifications()
    _stubs()
    _copies()
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute("DROP TRIGGER facts_only_rise")
    for name, (table, decided) in FALLING.items():
        op.execute(
            f"CREATE TRIGGER {name} BEFORE UPDATE OF secrecy, compartment ON {table} "
            f"WHEN {FALLS} AND NOT {decided} BEGIN SELECT RAISE(ABORT, 'a level falls only by a decision'); END"
        )
    for table in GROWING:
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} can only be added to'); END"
            )


def _classifications() -> None:
    op.create_table(
        "classifications",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("object_kind", sa.String(12), nullable=False),
        sa.Column("object_id", sa.String(32), nullable=False),
        sa.Column("act", sa.String(10), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("compartment", sa.String(30), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.String(200), nullable=False),
        sa.Column("basis_code", sa.String(40), nullable=False),
        sa.Column("basis", sa.String(500), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("approval_id", sa.String(32), nullable=False),
        sa.Column("entered_by", sa.String(32), nullable=False),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["entered_by"], ["accounts.id"], name="fk_classifications_entered_by_accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_classifications"),
    )
    op.create_index("ix_classifications_object", "classifications", ["object_kind", "object_id", "id"])


def _stubs() -> None:
    op.create_table(
        "secret_stubs",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("dossier_id", sa.String(32), nullable=True),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(80), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("issuer", sa.String(300), nullable=False),
        sa.Column("title", sa.String(500), nullable=False),
        sa.Column("secrecy", sa.Integer(), nullable=False),
        sa.Column("compartment", sa.String(30), nullable=False),
        sa.Column("page_count", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("entered_by", sa.String(32), nullable=False),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("secrecy BETWEEN 1 AND 3", name="ck_secret_stubs_level"),
        sa.CheckConstraint("secrecy < 3 OR title = ''", name="ck_secret_stubs_no_abstract"),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name="fk_secret_stubs_dossier_id_dossiers"),
        sa.ForeignKeyConstraint(["entered_by"], ["accounts.id"], name="fk_secret_stubs_entered_by_accounts"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_secret_stubs_unit_id_units"),
        sa.PrimaryKeyConstraint("id", name="pk_secret_stubs"),
        sa.UniqueConstraint("unit_id", "year", "entry", name="uq_secret_stubs_unit_id"),
    )
    op.create_index("ix_secret_stubs_unit_id", "secret_stubs", ["unit_id"])
    op.create_index("ix_secret_stubs_dossier_id", "secret_stubs", ["dossier_id"])


def _copies() -> None:
    op.create_table(
        "secret_copies",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(12), nullable=False),
        sa.Column("object_kind", sa.String(20), nullable=False),
        sa.Column("object_id", sa.String(64), nullable=False),
        sa.Column("dossier_id", sa.String(32), nullable=True),
        sa.Column("label", sa.String(120), nullable=False),
        sa.Column("secrecy", sa.Integer(), nullable=False),
        sa.Column("compartment", sa.String(30), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("permitted_by", sa.String(200), nullable=False),
        sa.Column("permitted_on", sa.Date(), nullable=False),
        sa.Column("recipients", sa.Text(), nullable=False),
        sa.Column("purpose", sa.String(500), nullable=False),
        sa.Column("made_by", sa.String(32), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("copies BETWEEN 1 AND 50", name="ck_secret_copies_number"),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name="fk_secret_copies_dossier_id_dossiers"),
        sa.ForeignKeyConstraint(["made_by"], ["accounts.id"], name="fk_secret_copies_made_by_accounts"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_secret_copies_unit_id_units"),
        sa.PrimaryKeyConstraint("id", name="pk_secret_copies"),
        sa.UniqueConstraint("unit_id", "year", "entry", name="uq_secret_copies_unit_id"),
    )
    op.create_index("ix_secret_copies_unit_id", "secret_copies", ["unit_id"])
    op.create_index("ix_secret_copies_dossier_id", "secret_copies", ["dossier_id"])
    op.create_table(
        "secret_copy_ends",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("copy_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(10), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("minutes_no", sa.String(200), nullable=False),
        sa.Column("by", sa.String(32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["accounts.id"], name="fk_secret_copy_ends_by_accounts"),
        sa.ForeignKeyConstraint(["copy_id"], ["secret_copies.id"], name="fk_secret_copy_ends_copy_id_secret_copies"),
        sa.PrimaryKeyConstraint("id", name="pk_secret_copy_ends"),
        sa.UniqueConstraint("copy_id", "number", name="uq_secret_copy_ends_copy_id"),
    )
    op.create_index("ix_secret_copy_ends_copy_id", "secret_copy_ends", ["copy_id"])


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name in FALLING if sqlite else ():
        op.execute(f"DROP TRIGGER {name}")
    for table in GROWING if sqlite else ():
        for act in ("update", "delete"):
            op.execute(f"DROP TRIGGER {table}_no_{act}")
    op.drop_table("secret_copy_ends")
    op.drop_table("secret_copies")
    op.drop_table("secret_stubs")
    op.drop_table("classifications")
    op.drop_column("dossiers", "handling")
    if sqlite:
        op.execute(
            "CREATE TRIGGER facts_only_rise BEFORE UPDATE OF secrecy, compartment ON facts "
            "WHEN NEW.secrecy < OLD.secrecy OR (OLD.compartment <> '' AND NEW.compartment <> OLD.compartment) "
            "BEGIN SELECT RAISE(ABORT, 'a fact never falls below its paper'); END"
        )
