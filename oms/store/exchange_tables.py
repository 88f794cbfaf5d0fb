"""The tables of what comes in as lists and goes out as lists: imports, saved criteria, rosters, due dates."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from oms.store.db import UtcDateTime
from oms.store.tables import Base, new_id


class ImportRun(Base):
    """A register brought in from Excel or CSV: received → mapped → checked → filed | cancelled.

    The file lies in the vault. ``mapping`` and ``outcome`` are JSON: columns to items; counts and problems by row.
    """

    __tablename__ = "import_runs"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    original_name: Mapped[str] = mapped_column(String(255))
    secrecy: Mapped[int] = mapped_column(Integer, default=0)
    state: Mapped[str] = mapped_column(String(12), index=True)
    sheet: Mapped[str] = mapped_column(String(120), default="")
    header: Mapped[str] = mapped_column(Text, default="[]")
    mapping: Mapped[str] = mapped_column(Text, default="{}")
    outcome: Mapped[str] = mapped_column(Text, default="{}")
    rows: Mapped[int] = mapped_column(Integer, default=0)
    progress: Mapped[int] = mapped_column(Integer, default=0)
    received_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    filed_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    filed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ImportMapping(Base):
    """A remembered mapping: which column of a list with this header is which item."""

    __tablename__ = "import_mappings"
    __table_args__ = (UniqueConstraint("unit_id", "signature"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    signature: Mapped[str] = mapped_column(String(64))
    mapping: Mapped[str] = mapped_column(Text)
    used_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SavedList(Base):
    """Criteria or roster columns somebody saved; ``shared`` shows it to everybody of the unit's subtree.

    ``kind``: criteria | roster. ``body`` is JSON. What it finds is always cut by the reader's own visibility.
    """

    __tablename__ = "saved_lists"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(10))
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    shared: Mapped[bool] = mapped_column(Boolean, default=False)
    owner_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Due(Base):
    """A date that a record's facts and the dated rules bring about: a raise, retirement, the end of a term.

    Made from the record, never typed; made anew when facts or rules change. ``basis`` (JSON) says by which rule
    rows and facts. ``notice_on`` is the first day it is told of.
    """

    __tablename__ = "dues"
    __table_args__ = (Index("ix_dues_notice", "notice_on", "kind"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    dossier_id: Mapped[str] = mapped_column(ForeignKey("dossiers.id"), index=True)
    kind: Mapped[str] = mapped_column(String(30))
    subject: Mapped[str] = mapped_column(String(120), default="")
    due_on: Mapped[date] = mapped_column(Date)
    notice_on: Mapped[date] = mapped_column(Date)
    basis: Mapped[str] = mapped_column(Text, default="{}")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DueOverride(Base):
    """A due date set, or set aside, by hand with its legal basis; withdrawn rather than removed."""

    __tablename__ = "due_overrides"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    dossier_id: Mapped[str] = mapped_column(ForeignKey("dossiers.id"), index=True)
    kind: Mapped[str] = mapped_column(String(30))
    subject: Mapped[str] = mapped_column(String(120), default="")
    due_on: Mapped[date | None] = mapped_column(Date)
    settles: Mapped[date | None] = mapped_column(Date)
    legal_basis: Mapped[str] = mapped_column(String(300))
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
