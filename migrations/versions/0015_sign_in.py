"""Signing in: one-time codes for new accounts, second factors, sessions in stages, attempts by network for 30 days."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("accounts", sa.Column("code_until", sa.DateTime(), nullable=True))
    op.add_column("accounts", sa.Column("made_by", sa.String(32), nullable=False, server_default=""))
    op.add_column("accounts", sa.Column("vetted_by", sa.String(32), nullable=False, server_default=""))
    op.add_column("accounts", sa.Column("vetted_at", sa.DateTime(), nullable=True))
    op.add_column("accounts", sa.Column("short_password", sa.Boolean(), nullable=False, server_default=sa.false()))
    # who works today was let in under the rules of their day
    op.execute("UPDATE accounts SET vetted_by = 'installer', vetted_at = created_at")
    # everybody signs in anew, under the new rules
    op.execute("UPDATE sessions SET ended_at = CURRENT_TIMESTAMP WHERE ended_at IS NULL")
    op.add_column("sessions", sa.Column("id", sa.String(32), nullable=False, server_default=""))
    op.add_column("sessions", sa.Column("stage", sa.String(10), nullable=False, server_default="full"))
    op.add_column("sessions", sa.Column("proofs", sa.String(60), nullable=False, server_default=""))
    op.add_column("sessions", sa.Column("stepped_up_at", sa.DateTime(), nullable=True))
    op.add_column("sessions", sa.Column("browser", sa.String(60), nullable=False, server_default=""))
    op.add_column("sessions", sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_sessions_id", "sessions", ["id"])
    op.drop_table("sign_in_failures")
    op.create_table(
        "sign_in_attempts",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("place", sa.String(60), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("cleared", sa.Integer(), nullable=False),
    )
    op.create_index("ix_sign_in_attempts_name", "sign_in_attempts", ["name", "at"])
    op.create_index("ix_sign_in_attempts_at", "sign_in_attempts", ["at"])
    _factors()


def _factors() -> None:
    op.create_table(
        "totp_factors",
        sa.Column("account_id", sa.String(32), sa.ForeignKey("accounts.id"), primary_key=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
    )
    op.create_table(
        "passkeys",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("account_id", sa.String(32), sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("credential_id", sa.String(1400), nullable=False, unique=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
    )
    op.create_index("ix_passkeys_account_id", "passkeys", ["account_id"])
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("account_id", sa.String(32), sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
    )
    op.create_index("ix_recovery_codes_account_id", "recovery_codes", ["account_id"])
    op.create_table(
        "passkey_challenges",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("purpose", sa.String(10), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
    )
    op.create_index("ix_passkey_challenges_made_at", "passkey_challenges", ["made_at"])


def downgrade() -> None:
    for name in ("passkey_challenges", "recovery_codes", "passkeys", "totp_factors", "sign_in_attempts"):
        op.drop_table(name)
    op.create_table(
        "sign_in_failures",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("username", sa.String(60), nullable=False),
        sa.Column("address", sa.String(60), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
    )
    op.create_index("ix_sign_in_failures_username", "sign_in_failures", ["username"])
    op.create_index("ix_sign_in_failures_address", "sign_in_failures", ["address"])
    op.drop_index("ix_sessions_id", "sessions")
    # who still owes a factor or a new password must not become somebody who owes nothing
    op.execute("DELETE FROM sessions WHERE stage <> 'full'")
    op.execute("UPDATE accounts SET active = false WHERE code_until IS NOT NULL OR password_hash = ''")
    for name in ("id", "stage", "proofs", "stepped_up_at", "browser", "tries"):
        op.drop_column("sessions", name)
    for name in ("code_until", "made_by", "vetted_by", "vetted_at", "short_password"):
        op.drop_column("accounts", name)
