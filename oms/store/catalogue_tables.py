"""The tables of dated rows: code lists, rules, forms, and the queue of words no closed list holds."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from oms.store.db import UtcDateTime
from oms.store.tables import Base


class CatalogueRow(Base):
    """A dated row of a list (see ``oms.domain.dated_rows``). A changed row is a new one; the old keeps ``ended_at``."""

    __tablename__ = "catalogue_rows"
    __table_args__ = (Index("ix_catalogue_rows_list_code", "list_code", "code"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    list_code: Mapped[str] = mapped_column(String(60))
    code: Mapped[str] = mapped_column(String(60))
    label: Mapped[str] = mapped_column(Text)
    aliases: Mapped[str] = mapped_column(Text, default="[]")
    position: Mapped[int] = mapped_column(Integer, default=0)
    extra: Mapped[str] = mapped_column(Text, default="{}")
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    legal_basis: Mapped[str] = mapped_column(Text, default="")
    mark: Mapped[str] = mapped_column(String(2), default="")
    replaces: Mapped[int | None] = mapped_column(Integer)
    created_by: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(String(32))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CatalogueOther(Base):
    """Words on a record that their closed list does not hold ("khác"): waiting → mapped | added | left as free text."""

    __tablename__ = "catalogue_others"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    list_code: Mapped[str] = mapped_column(String(60), index=True)
    text: Mapped[str] = mapped_column(Text)
    folded: Mapped[str] = mapped_column(Text)
    fact_id: Mapped[str] = mapped_column(ForeignKey("facts.id"), index=True)
    state: Mapped[str] = mapped_column(String(10), default="waiting", index=True)
    code: Mapped[str] = mapped_column(String(60), default="")
    settled_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    noted_at: Mapped[datetime] = mapped_column(UtcDateTime)
