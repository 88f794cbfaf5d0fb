"""Searches kept by their owners, and the papers found for them since."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from oms.store.db import UtcDateTime
from oms.store.tables import Base, new_id


class SavedSearch(Base):
    """A question somebody kept for themselves; what it finds is always cut by their own visibility of the moment.

    ``asked`` is JSON: the parts of the question's address. ``watched``: new papers are looked for; ``reached`` is the
    change of the search's feed up to which that was done. ``removed_at``: taken away, for a while to be put back.
    """

    __tablename__ = "saved_searches"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    title: Mapped[str] = mapped_column(String(120))
    asked: Mapped[str] = mapped_column(Text)
    watched: Mapped[bool] = mapped_column(Boolean, default=False)
    reached: Mapped[int] = mapped_column(Integer, default=0)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SavedSearchHit(Base):
    """A new paper that met a kept question when it came; goes with the paper and with the question."""

    __tablename__ = "saved_search_hits"
    __table_args__ = (Index("ix_saved_search_hits_document", "document_id"),)
    search_id: Mapped[str] = mapped_column(ForeignKey("saved_searches.id", ondelete="CASCADE"), primary_key=True)
    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
