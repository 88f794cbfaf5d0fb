"""The tables of state secrets: history of levels, the register of papers not digitised, the register of copies."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from oms.store.db import UtcDateTime
from oms.store.tables import Base, new_id


class Classification(Base):
    """One act on the level of a document or dossier; append-only, the newest row of an object counts.

    ``decided_by`` is who had the authority, ``entered_by`` who wrote it down. A level falls only where a row with act
    ``lower`` says so: the guards of documents, dossiers and facts look here.
    """

    __tablename__ = "classifications"
    __table_args__ = (Index("ix_classifications_object", "object_kind", "object_id", "id"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    object_kind: Mapped[str] = mapped_column(String(12))
    object_id: Mapped[str] = mapped_column(String(32))
    act: Mapped[str] = mapped_column(String(10))
    level: Mapped[int] = mapped_column(Integer)
    compartment: Mapped[str] = mapped_column(String(30), default="")
    decided_on: Mapped[date] = mapped_column(Date)
    decided_by: Mapped[str] = mapped_column(String(200), default="")
    basis_code: Mapped[str] = mapped_column(String(40), default="")
    basis: Mapped[str] = mapped_column(String(500), default="")
    expires_on: Mapped[date | None] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(Text, default="")
    approval_id: Mapped[str] = mapped_column(String(32), default="")
    entered_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SecretStub(Base):
    """A secret paper that is not digitised: a line of the register (sổ đăng ký), and where the paper is.

    Tuyệt mật has no abstract: the table itself refuses one.
    """

    __tablename__ = "secret_stubs"
    __table_args__ = (
        UniqueConstraint("unit_id", "year", "entry"),
        CheckConstraint("secrecy BETWEEN 1 AND 3", name="ck_secret_stubs_level"),
        CheckConstraint("secrecy < 3 OR title = ''", name="ck_secret_stubs_no_abstract"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    dossier_id: Mapped[str | None] = mapped_column(ForeignKey("dossiers.id"), index=True)
    year: Mapped[int] = mapped_column(Integer)
    entry: Mapped[int] = mapped_column(Integer)
    number: Mapped[str] = mapped_column(String(80))
    issued_on: Mapped[date | None] = mapped_column(Date)
    issuer: Mapped[str] = mapped_column(String(300), default="")
    title: Mapped[str] = mapped_column(String(500), default="")
    secrecy: Mapped[int] = mapped_column(Integer)
    compartment: Mapped[str] = mapped_column(String(30), default="")
    page_count: Mapped[int] = mapped_column(Integer, default=0)
    place: Mapped[str] = mapped_column(String(200), default="")
    received_on: Mapped[date] = mapped_column(Date)
    entered_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SecretCopy(Base):
    """A line of the register of copies (sổ quản lý sao, chụp bí mật nhà nước): written before a copy leaves.

    ``copies`` is the exact number made; ``recipients`` is JSON, who gets which number.
    """

    __tablename__ = "secret_copies"
    __table_args__ = (
        UniqueConstraint("unit_id", "year", "entry"),
        CheckConstraint("copies BETWEEN 1 AND 50", name="ck_secret_copies_number"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    year: Mapped[int] = mapped_column(Integer)
    entry: Mapped[int] = mapped_column(Integer)
    act: Mapped[str] = mapped_column(String(12))
    object_kind: Mapped[str] = mapped_column(String(20))
    object_id: Mapped[str] = mapped_column(String(64), default="")
    dossier_id: Mapped[str | None] = mapped_column(ForeignKey("dossiers.id"), index=True)
    label: Mapped[str] = mapped_column(String(120), default="")
    secrecy: Mapped[int] = mapped_column(Integer)
    compartment: Mapped[str] = mapped_column(String(30), default="")
    copies: Mapped[int] = mapped_column(Integer)
    pages: Mapped[int] = mapped_column(Integer, default=0)
    permitted_by: Mapped[str] = mapped_column(String(200))
    permitted_on: Mapped[date] = mapped_column(Date)
    recipients: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(String(500), default="")
    made_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SecretCopyEnd(Base):
    """What became of one numbered copy: returned or destroyed, when, under which minutes; append-only."""

    __tablename__ = "secret_copy_ends"
    __table_args__ = (UniqueConstraint("copy_id", "number"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    copy_id: Mapped[str] = mapped_column(ForeignKey("secret_copies.id"), index=True)
    number: Mapped[int] = mapped_column(Integer)
    what: Mapped[str] = mapped_column(String(10))
    on_date: Mapped[date] = mapped_column(Date)
    minutes_no: Mapped[str] = mapped_column(String(200), default="")
    by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
