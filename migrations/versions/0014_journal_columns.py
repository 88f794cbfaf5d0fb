"""Columns of the journal's second format: real actor, clock, request, rule and policy, what was served.

Rows that are there keep format 1 and verify as they were hashed. Going down, rows of format 2 put their new columns
into ``detail``: an older program shows them there, and going up again takes them back, so that nothing is lost.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

NEW: dict[str, tuple[Any, Any]] = {
    "v": (sa.Integer(), 1),
    "clock": (sa.BigInteger(), 0),
    "on_behalf": (sa.String(32), ""),
    "request": (sa.String(16), ""),
    "rule": (sa.String(40), ""),
    "policy": (sa.String(24), ""),
    "pages": (sa.Integer(), 0),
    "bytes": (sa.BigInteger(), 0),
}
MARK = '{"format":2,'
NO_UPDATE = (
    "CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal "
    "BEGIN SELECT RAISE(ABORT, 'journal can only be added to'); END"
)


def _unguarded(sqlite: bool, guard: bool) -> None:
    if sqlite:
        op.execute(NO_UPDATE if guard else "DROP TRIGGER journal_no_update")


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, (kind, blank) in NEW.items():
        op.add_column("journal", sa.Column(name, kind, nullable=False, server_default=str(blank)))
    _unguarded(sqlite, guard=False)
    bind = op.get_bind()
    packed = bind.execute(sa.text("SELECT seq, detail FROM journal WHERE detail LIKE :mark"), {"mark": MARK + "%"})
    setting = ", ".join(f"{name} = :{name}" for name in (*NEW, "detail"))
    for seq, text in packed.fetchall():
        kept = json.loads(text)
        values = {name: kept[name] for name in (*NEW, "detail") if name != "v"} | {"v": kept["format"], "seq": seq}
        bind.execute(sa.text(f"UPDATE journal SET {setting} WHERE seq = :seq"), values)  # noqa: S608 - our own names
    _unguarded(sqlite, guard=True)


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    _unguarded(sqlite, guard=False)
    bind = op.get_bind()
    columns = [name for name in NEW if name != "v"]
    wanted = ", ".join(columns)
    found = bind.execute(sa.text(f"SELECT seq, v, detail, {wanted} FROM journal WHERE v <> 1"))  # noqa: S608
    for seq, version, detail, *values in found.fetchall():
        packed = {"format": version, "detail": detail} | dict(zip(columns, values, strict=True))
        text = json.dumps(packed, ensure_ascii=False, separators=(",", ":"))
        bind.execute(sa.text("UPDATE journal SET detail = :detail WHERE seq = :seq"), {"detail": text, "seq": seq})
    for name in reversed(NEW):
        op.drop_column("journal", name)
    _unguarded(sqlite, guard=True)
