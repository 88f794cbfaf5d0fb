"""The tables of paper and its keeping: loans, transfers, stocktakes, holds, disposals."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, Date, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from oms.store.db import UtcDateTime
from oms.store.tables import Base, new_id


class Loan(Base):
    """Paper lent out (sổ mượn đọc): the whole dossier, or the papers named; who has it, until when, what came back.

    ``documents`` is JSON, ids of the papers lent; [] is the whole folder. With fewer pages back than went out it stays
    open until ``explanation`` says why.
    """

    __tablename__ = "loans"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    dossier_id: Mapped[str] = mapped_column(ForeignKey("dossiers.id"), index=True)
    number: Mapped[str] = mapped_column(String(60))
    documents: Mapped[str] = mapped_column(Text, default="[]")
    borrower: Mapped[str] = mapped_column(String(200))
    borrower_unit: Mapped[str] = mapped_column(String(300), default="")
    purpose: Mapped[str] = mapped_column(Text)
    approved_by_name: Mapped[str] = mapped_column(String(200), default="")
    pages_out: Mapped[int] = mapped_column(Integer)
    due_on: Mapped[date] = mapped_column(Date)
    lent_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    lent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    pages_back: Mapped[int | None] = mapped_column(Integer)
    condition: Mapped[str] = mapped_column(Text, default="")
    returned_to: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    returned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    explanation: Mapped[str] = mapped_column(Text, default="")
    explained_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    explained_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Transfer(Base):
    """A dossier on its way to another unit under a sealed list: draft → sealed → received | refused; or cancelled.

    ``contents`` is JSON, the list as sealed; ``seal`` the SHA-256 of its canonical text; ``checked`` what the
    receiver counted.
    """

    __tablename__ = "transfers"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    dossier_id: Mapped[str] = mapped_column(ForeignKey("dossiers.id"), index=True)
    from_unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    to_unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    state: Mapped[str] = mapped_column(String(12), index=True)
    decision_no: Mapped[str] = mapped_column(String(80), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    contents: Mapped[str] = mapped_column(Text, default="[]")
    seal: Mapped[str] = mapped_column(String(64), default="")
    number_before: Mapped[str] = mapped_column(String(60), default="")
    number_after: Mapped[str] = mapped_column(String(60), default="")
    checked: Mapped[str] = mapped_column(Text, default="[]")
    refusal: Mapped[str] = mapped_column(Text, default="")
    created_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sealed_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    sealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Stocktake(Base):
    """The half-yearly reconciliation of the list of dossiers with the files on the shelf (HD 01-HD/TW, item 8)."""

    __tablename__ = "stocktakes"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    period: Mapped[str] = mapped_column(String(10))
    opened_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    conclusion: Mapped[str] = mapped_column(Text, default="")


class StocktakeLine(Base):
    """One dossier in a stocktake: pages on the list, pages counted; ok | lent | missing | damaged | differs."""

    __tablename__ = "stocktake_lines"
    __table_args__ = (UniqueConstraint("stocktake_id", "dossier_id"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    stocktake_id: Mapped[str] = mapped_column(ForeignKey("stocktakes.id"), index=True)
    dossier_id: Mapped[str] = mapped_column(ForeignKey("dossiers.id"), index=True)
    pages_listed: Mapped[int] = mapped_column(Integer)
    pages_counted: Mapped[int | None] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(10), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    treatment: Mapped[str] = mapped_column(Text, default="")
    counted_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    counted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Hold(Base):
    """A bar against disposal (and against transfer when ``bars_transfer``), until lifted with words."""

    __tablename__ = "holds"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    dossier_id: Mapped[str] = mapped_column(ForeignKey("dossiers.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    legal_basis: Mapped[str] = mapped_column(String(300), default="")
    bars_transfer: Mapped[bool] = mapped_column(Boolean, default=False)
    set_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lifted_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lift_reason: Mapped[str] = mapped_column(Text, default="")


class Disposal(Base):
    """A disposal asked for by one person and approved by another: asked → done | refused. ``stub`` (JSON) stays.

    ``doing`` stands only inside the transaction that removes the content: the guards of the tables that only grow let
    nothing go without it. ``files`` (JSON) are the files of the vault still to be removed; [] when all are gone.
    """

    __tablename__ = "disposals"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    dossier_id: Mapped[str] = mapped_column(ForeignKey("dossiers.id"), index=True)
    state: Mapped[str] = mapped_column(String(10), index=True)
    reason: Mapped[str] = mapped_column(Text)
    legal_basis: Mapped[str] = mapped_column(String(300))
    minutes_no: Mapped[str] = mapped_column(String(80), default="")
    stub: Mapped[str] = mapped_column(Text, default="{}")
    files: Mapped[str] = mapped_column(Text, default="[]")
    asked_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refusal: Mapped[str] = mapped_column(Text, default="")
