"""Tables of what stands outside: anchors of the journal, printed sheets, prunings, the inbox's place."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from oms.store.db import UtcDateTime
from oms.store.tables import Base


class Anchor(Base):
    """A head of the journal that is known to be kept outside; only added to."""

    __tablename__ = "anchors"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(120))
    size: Mapped[int] = mapped_column(Integer)
    root: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    by: Mapped[str] = mapped_column(String(32))


class AnchorSheet(Base):
    """A sheet that was printed for the bound register; only added to."""

    __tablename__ = "anchor_sheets"
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    size: Mapped[int] = mapped_column(Integer)
    root: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[str] = mapped_column(String(32))


class Pruning(Base):
    """Entries whose bodies two persons let go: the guard lets exactly these be emptied. Only added to."""

    __tablename__ = "prunings"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    first: Mapped[int] = mapped_column(Integer)
    last: Mapped[int] = mapped_column(Integer)
    approval_id: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
