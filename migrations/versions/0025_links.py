"""Links between records of one person: what is compared, pairs found, decisions, persons; triggers that tell of change.

Nobody has to remember to ask for a comparison: whatever changes a record that tells persons apart writes it down.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from oms.store.db import UtcDateTime

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_ITEMS = (
    "'full_name', 'other_names', 'birth_date', 'sex', 'birth_place', 'home_place', 'permanent_residence', "
    "'current_residence', 'citizen_id', 'old_id', 'staff_code', 'party_card_no', 'family', 'party_joined_on', 'unit'"
)
_CADRE = ("full_name", "other_names", "birth_date", "sex", "home_place", "citizen_id", "old_id")
_DOSSIER = ("cadre_id", "block", "unit_id", "secrecy", "compartment", "state")
_FACT = ("ended_at", "secrecy", "compartment", "dossier_id")


def _differs(*columns: str) -> str:
    return "(" + " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in columns) + ")"


def _wait(cadre: str, where: str = "") -> str:
    return (
        f"INSERT INTO link_waiting (cadre_id) SELECT {cadre} {where or 'WHERE'} "  # noqa: S608 - names of our own
        f"NOT EXISTS (SELECT 1 FROM link_waiting WHERE cadre_id = {cadre})"
    )


def _of_dossier(row: str) -> str:
    return _wait("dossiers.cadre_id", f"FROM dossiers WHERE dossiers.id = {row}.dossier_id AND")


_TOLD = "INSERT INTO search_feed (what, object_id, words) "
TRIGGERS = {
    "cadres_link_in": ("INSERT ON cadres", _wait("NEW.id")),
    "cadres_link": (f"UPDATE OF {', '.join(_CADRE)} ON cadres WHEN {_differs(*_CADRE)}", _wait("NEW.id")),
    "dossiers_link_in": ("INSERT ON dossiers", _wait("NEW.cadre_id")),
    "dossiers_link": (
        f"UPDATE OF {', '.join(_DOSSIER)} ON dossiers WHEN {_differs(*_DOSSIER)}",
        f"{_wait('OLD.cadre_id')}; {_wait('NEW.cadre_id')}",
    ),
    "facts_link_in": (f"INSERT ON facts WHEN NEW.item IN ({_ITEMS})", _of_dossier("NEW")),
    "facts_link": (
        f"UPDATE OF {', '.join(_FACT)} ON facts WHEN NEW.item IN ({_ITEMS}) AND {_differs(*_FACT)}",
        _of_dossier("NEW"),
    ),
    "facts_link_out": (f"DELETE ON facts WHEN OLD.item IN ({_ITEMS})", _of_dossier("OLD")),
    "link_candidates_turn": (
        "UPDATE OF state ON link_candidates WHEN NEW.state <> OLD.state",
        f"{_wait('NEW.left_id')}; {_wait('NEW.right_id')}",
    ),
    "link_persons_feed_in": ("INSERT ON link_persons", f"{_TOLD}VALUES ('cadre', NEW.cadre_id, 0)"),
    "link_persons_feed": (
        "UPDATE OF person_id ON link_persons WHEN NEW.person_id <> OLD.person_id",
        f"{_TOLD}VALUES ('cadre', NEW.cadre_id, 0)",
    ),
    "link_persons_feed_out": ("DELETE ON link_persons", f"{_TOLD}VALUES ('cadre', OLD.cadre_id, 0)"),
}
"""SQLite's; PostgreSQL has the same, by the same names, from oms.store.link_triggers."""

NO_CHANGE = """
CREATE TRIGGER link_decisions_no_{act} BEFORE {act} ON link_decisions
BEGIN SELECT RAISE(ABORT, 'link_decisions can only be added to'); END
"""


def upgrade() -> None:
    _compared()
    _pairs()
    op.create_table(
        "link_persons",
        sa.Column("cadre_id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["cadre_id"], ["cadres.id"], name="fk_link_persons_cadre_id_cadres"),
        sa.PrimaryKeyConstraint("cadre_id", name="pk_link_persons"),
    )
    op.create_index("ix_link_persons_person_id", "link_persons", ["person_id"])
    op.execute("INSERT INTO link_waiting (cadre_id) SELECT id FROM cadres ORDER BY id")
    if op.get_bind().dialect.name == "sqlite":
        for name, (when, then) in TRIGGERS.items():
            op.execute(f"CREATE TRIGGER {name} AFTER {when} BEGIN {then}; END")
        for act in ("UPDATE", "DELETE"):
            op.execute(NO_CHANGE.format(act=act.lower()))


def _compared() -> None:
    op.create_table(
        "link_waiting",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cadre_id", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_link_waiting"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_link_waiting_cadre_id", "link_waiting", ["cadre_id"])
    op.create_table(
        "link_features",
        sa.Column("cadre_id", sa.String(32), nullable=False),
        sa.Column("dossier_id", sa.String(32), nullable=False),
        sa.Column("block", sa.String(20), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("norm_version", sa.String(20), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cadre_id"], ["cadres.id"], name="fk_link_features_cadre_id_cadres", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name="fk_link_features_dossier_id_dossiers"),
        sa.PrimaryKeyConstraint("cadre_id", name="pk_link_features"),
    )
    op.create_index("ix_link_features_dossier_id", "link_features", ["dossier_id"])
    op.create_table(
        "link_keys",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("cadre_id", sa.String(32), nullable=False),
        sa.Column("block", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(["cadre_id"], ["cadres.id"], name="fk_link_keys_cadre_id_cadres", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", "cadre_id", name="pk_link_keys"),
    )
    op.create_index("ix_link_keys_cadre_id", "link_keys", ["cadre_id"])


def _pairs() -> None:
    ends = ("left", "right")
    op.create_table(
        "link_candidates",
        sa.Column("id", sa.String(32), nullable=False),
        *(sa.Column(f"{end}_id", sa.String(32), nullable=False) for end in ends),
        *(sa.Column(f"{end}_dossier_id", sa.String(32), nullable=False) for end in ends),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("margin", sa.Float(), nullable=False),
        sa.Column("band", sa.String(8), nullable=False),
        sa.Column("left_fits", sa.Boolean(), nullable=False),
        sa.Column("right_fits", sa.Boolean(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("model_version", sa.String(40), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("covered", sa.String(10), nullable=False),
        sa.Column("reopened", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("found_at", UtcDateTime(), nullable=False),
        *(
            sa.ForeignKeyConstraint([f"{end}_id"], ["cadres.id"], name=f"fk_link_candidates_{end}_id_cadres")
            for end in ends
        ),
        *(
            sa.ForeignKeyConstraint(
                [f"{end}_dossier_id"], ["dossiers.id"], name=f"fk_link_candidates_{end}_dossier_id_dossiers"
            )
            for end in ends
        ),
        sa.PrimaryKeyConstraint("id", name="pk_link_candidates"),
        sa.UniqueConstraint("left_id", "right_id", name="uq_link_candidates_left_id"),
    )
    for column in ("right_id", "left_dossier_id", "right_dossier_id"):
        op.create_index(f"ix_link_candidates_{column}", "link_candidates", [column])
    op.create_index("ix_link_candidates_weight", "link_candidates", ["weight", "id"])
    op.create_table(
        "link_decisions",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("candidate_id", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(8), nullable=False),
        sa.Column("sides", sa.String(5), nullable=False),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.Column("masked", sa.Boolean(), nullable=False),
        sa.Column("evidence", sa.String(32), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("model_version", sa.String(40), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("batch_id", sa.String(32), nullable=False),
        sa.Column("by", sa.String(32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["link_candidates.id"], name="fk_link_decisions_candidate_id_link_candidates"
        ),
        sa.ForeignKeyConstraint(["by"], ["accounts.id"], name="fk_link_decisions_by_accounts"),
        sa.PrimaryKeyConstraint("number", name="pk_link_decisions"),
        sa.UniqueConstraint("candidate_id", "version", name="uq_link_decisions_candidate_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_link_decisions_batch_id", "link_decisions", ["batch_id"])


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in (*TRIGGERS, "link_decisions_no_update", "link_decisions_no_delete"):
            op.execute(f"DROP TRIGGER {name}")
    for table in ("link_persons", "link_decisions", "link_candidates", "link_keys", "link_features", "link_waiting"):
        op.drop_table(table)
