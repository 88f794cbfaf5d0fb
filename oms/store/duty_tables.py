"""Tables of duties kept apart: acts of two persons, the access policy by date, grants and delegated authority."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from oms.store.db import UtcDateTime
from oms.store.tables import Base, new_id


class Approval(Base):
    """An act that one person asked for and another, of another unit, decides. Never deleted.

    It bears unit path, level, compartment and dossier of its object, so that the rule says who may know of it.
    ``asked_behalf``/``decided_behalf`` are the accounts whose delegated authority was used.
    """

    __tablename__ = "approvals"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(20), index=True)
    object_kind: Mapped[str] = mapped_column(String(30))
    object_id: Mapped[str] = mapped_column(String(64), index=True)
    label: Mapped[str] = mapped_column(String(200), default="")
    payload: Mapped[str] = mapped_column(Text, default="{}")
    lines: Mapped[str] = mapped_column(Text, default="[]")
    unit_path: Mapped[str] = mapped_column(String(200))
    secrecy: Mapped[int] = mapped_column(Integer, default=0)
    compartment: Mapped[str] = mapped_column(String(30), default="")
    dossier_id: Mapped[str | None] = mapped_column(ForeignKey("dossiers.id"))
    asked_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    asked_behalf: Mapped[str] = mapped_column(String(32), default="")
    asked_unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    asked_for_account: Mapped[str] = mapped_column(String(32), default="")
    reason: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(20), default="waiting", index=True)
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    decided_behalf: Mapped[str] = mapped_column(String(32), default="")
    decided_unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decision_reason: Mapped[str] = mapped_column(Text, default="")
    carried_out_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AccessPolicy(Base):
    """One value of the access policy from a moment on; the newest counts. Rows are added, never changed."""

    __tablename__ = "access_policy"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(String(40), index=True)
    value: Mapped[int] = mapped_column(Integer)
    valid_from: Mapped[datetime] = mapped_column(UtcDateTime)
    approval_id: Mapped[str] = mapped_column(ForeignKey("approvals.id"))


class ListTaking(Base):
    """Somebody took this dossier's person out in a list, without a second person. Kept for the time that is counted."""

    __tablename__ = "list_takings"
    __table_args__ = (Index("ix_list_takings_account", "account_id", "at"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    dossier_id: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class AccountGrant(Base):
    """A level, compartment or group of private fields that an account was granted, and how that ended. Never deleted.

    ``kind``: clearance | compartment | sensitive. ``until``: its last day, if it has one. What an account holds now is
    in its own columns and tables; these rows say who granted it, when and why.
    """

    __tablename__ = "account_grants"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    value: Mapped[str] = mapped_column(String(30))
    until: Mapped[date | None] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(Text)
    granted_by: Mapped[str] = mapped_column(String(32))
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    approval_id: Mapped[str] = mapped_column(String(32), default="")
    ended_by: Mapped[str | None] = mapped_column(String(32))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_reason: Mapped[str] = mapped_column(Text, default="")


class Delegation(Base):
    """Authority lent in writing by one account to another for some of its units and some days. Never deleted.

    ``unit_ids`` is a JSON list. It ends by its last day, by either's word, or with either's account or role.
    """

    __tablename__ = "delegations"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    giver_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    deputy_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    unit_ids: Mapped[str] = mapped_column(Text)
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date)
    document_no: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(String(32))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_reason: Mapped[str] = mapped_column(Text, default="")
