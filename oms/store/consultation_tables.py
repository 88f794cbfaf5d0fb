"""The tables of access beyond one's units: consultations with their register, emergencies; and notices of both."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from oms.store.db import UtcDateTime
from oms.store.tables import Base, new_id


class Consultation(Base):
    """A request to study a dossier (mẫu 4b), in the asker's words, and what the unit that holds it made of it.

    ``dossier_id`` is put there by an officer of that unit; until it is approved the asker is never told of it.
    ``…_behalf`` is the account whose delegated authority was used. ``version`` rises with each step.
    """

    __tablename__ = "consultations"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(40))
    holder_unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    asked_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    asked_behalf: Mapped[str] = mapped_column(String(32), default="")
    asked_unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    person: Mapped[str] = mapped_column(String(200))
    person_more: Mapped[str] = mapped_column(String(300), default="")
    papers: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(String(300))
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(12), index=True)
    version: Mapped[int] = mapped_column(Integer, default=1)
    dossier_id: Mapped[str | None] = mapped_column(ForeignKey("dossiers.id"), index=True)
    prepared_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    prepared_behalf: Mapped[str] = mapped_column(String(32), default="")
    prepared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    decided_behalf: Mapped[str] = mapped_column(String(32), default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decision_reason: Mapped[str] = mapped_column(Text, default="")
    given_first: Mapped[date | None] = mapped_column(Date)
    given_last: Mapped[date | None] = mapped_column(Date)
    given_place: Mapped[str] = mapped_column(String(300), default="")
    closed_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_reason: Mapped[str] = mapped_column(Text, default="")


class ConsultationPaper(Base):
    """A paper named in a consultation; ``given`` once the head agreed to it."""

    __tablename__ = "consultation_papers"
    consultation_id: Mapped[str] = mapped_column(ForeignKey("consultations.id"), primary_key=True)
    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id"), primary_key=True, index=True)
    given: Mapped[bool] = mapped_column(Boolean, default=False)


class UsageEntry(Base):
    """An entry of the usage register (mẫu 5b), only ever added: handed over, ended, a remark.

    ``line`` is the number in the register of a unit and year; ``body`` is JSON, what the line said when it was made.
    """

    __tablename__ = "usage_register"
    __table_args__ = (Index("ix_usage_register_book", "unit_id", "year", "line"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    year: Mapped[int] = mapped_column(Integer)
    line: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(10))
    consultation_id: Mapped[str] = mapped_column(ForeignKey("consultations.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    words: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(Text, default="{}")


class Emergency(Base):
    """One dossier opened in an emergency by one person until a time, and what its review found."""

    __tablename__ = "emergencies"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    behalf_of: Mapped[str] = mapped_column(String(32), default="")
    dossier_id: Mapped[str] = mapped_column(ForeignKey("dossiers.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    reason: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    review: Mapped[str] = mapped_column(String(12), index=True)
    review_by: Mapped[date] = mapped_column(Date)
    reviewed_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    review_words: Mapped[str] = mapped_column(Text, default="")
    escalated_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    escalated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    escalation_words: Mapped[str] = mapped_column(Text, default="")


class Notice(Base):
    """Something told to one account; it names no cadre. Opening it marks it read."""

    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_account", "account_id", "read_at"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    kind: Mapped[str] = mapped_column(String(40))
    object_kind: Mapped[str] = mapped_column(String(30))
    object_id: Mapped[str] = mapped_column(String(64), default="")
    label: Mapped[str] = mapped_column(String(120), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
