"""The tables of signing in: attempts for the throttle, second factors, what a passkey is asked to sign."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from oms.store.db import UtcDateTime
from oms.store.tables import Base, new_id


class SignInAttempt(Base):
    """A guess that was not good, or is being tried right now: written before it is judged, so that none goes uncounted.

    ``name`` is a keyed hash of what was typed; ``place`` is a network ("10.0.0.0/24") or a known device. ``cleared``:
    a good sign-in from the same place came after it, so that it delays nobody; it still counts among the 30 days.
    """

    __tablename__ = "sign_in_attempts"
    __table_args__ = (Index("ix_sign_in_attempts_name", "name", "at"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(60))
    place: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    cleared: Mapped[int] = mapped_column(Integer, default=0)


class OneTimeCodes(Base):
    """An account's generator of time-based codes (RFC 6238). ``last_step``: the newest step used; none works twice."""

    __tablename__ = "totp_factors"
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    last_step: Mapped[int] = mapped_column(Integer, default=0)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Passkey(Base):
    """A WebAuthn key of an account; ``sign_count`` as its authenticator last told it."""

    __tablename__ = "passkeys"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(Integer)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RecoveryCode(Base):
    """One of ten codes that stand in for a lost factor, kept as a hash; each works once."""

    __tablename__ = "recovery_codes"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PasskeyChallenge(Base):
    """What a passkey is asked to sign, under its SHA-256; it is taken out when it comes back, so that it serves once.

    ``purpose``: register | sign_in | factor | step_up. ``account_id`` is empty where the key itself says whose it is.
    """

    __tablename__ = "passkey_challenges"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(10))
    account_id: Mapped[str] = mapped_column(String(32), default="")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
