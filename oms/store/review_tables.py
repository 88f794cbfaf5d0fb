"""Tables of the reviewer's desk: what the journal says by person, dossier and day, and the cases made of it.

Everything but notes, outcomes, the watch list and weights can be made anew from the journal. Ids of dossiers stand
without a foreign key: the journal outlives what it speaks of, and so does this.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, Float, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from oms.store.db import UtcDateTime
from oms.store.tables import Base, new_id


class ReviewDay(Base):
    """What one person read on one local day, in figures. ``hours``: readings per hour; ``open_hours``: unexplained."""

    __tablename__ = "review_days"
    __table_args__ = (Index("ix_review_days_day", "day", "account_id"),)
    account_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    role: Mapped[str] = mapped_column(String(30))
    reads: Mapped[int] = mapped_column(Integer)
    dossiers: Mapped[int] = mapped_column(Integer)
    peak: Mapped[int] = mapped_column(Integer)
    named: Mapped[int] = mapped_column(Integer)
    broad: Mapped[int] = mapped_column(Integer)
    unexplained: Mapped[int] = mapped_column(Integer)
    odd: Mapped[int] = mapped_column(Integer)
    hours: Mapped[str] = mapped_column(Text)
    open_hours: Mapped[str] = mapped_column(Text)


class ReviewAccess(Base):
    """All readings of one dossier by one person on one day; ``grounds`` is JSON: [[rule, row, readings], …]."""

    __tablename__ = "review_accesses"
    __table_args__ = (
        UniqueConstraint("account_id", "day", "dossier_id"),
        Index("ix_review_accesses_dossier", "dossier_id", "day"),
        Index("ix_review_accesses_day", "day", "account_id", "unit_path"),
        Index("ix_review_accesses_unit", "account_id", "unit_path", "day"),
    )
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    account_id: Mapped[str] = mapped_column(String(32))
    day: Mapped[str] = mapped_column(String(10))
    dossier_id: Mapped[str] = mapped_column(String(64))
    label: Mapped[str] = mapped_column(String(120))
    unit_path: Mapped[str] = mapped_column(String(200))
    secrecy: Mapped[int] = mapped_column(Integer)
    first_seq: Mapped[int] = mapped_column(Integer)
    last_seq: Mapped[int] = mapped_column(Integer)
    reads: Mapped[int] = mapped_column(Integer)
    named: Mapped[int] = mapped_column(Integer)
    broad: Mapped[int] = mapped_column(Integer)
    grounds: Mapped[str] = mapped_column(Text)


class ReviewWork(Base):
    """Work that left a mark on a dossier: the journal row, who, when. It explains readings around it."""

    __tablename__ = "review_works"
    __table_args__ = (Index("ix_review_works_who", "account_id", "dossier_id", "at"),)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    account_id: Mapped[str] = mapped_column(String(32))
    dossier_id: Mapped[str] = mapped_column(String(64))
    verb: Mapped[str] = mapped_column(String(40))
    at: Mapped[int] = mapped_column(Integer)


class ReviewItem(Base):
    """A case for the reviewer: a person with a dossier on a day, or a person's whole day (``dossier_id`` empty).

    ``state``: open → decided → signed; withdrawn when a later row explained it before anybody worked on it.
    ``outcome``: explained | breach | unclear. ``signals`` is JSON: [[rule, strength, {figures}], …].
    """

    __tablename__ = "review_items"
    __table_args__ = (
        UniqueConstraint("account_id", "day", "dossier_id"),
        Index("ix_review_items_queue", "state", "score", "day"),
        Index("ix_review_items_day", "day"),
        Index("ix_review_items_dossier", "dossier_id"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(String(32))
    day: Mapped[str] = mapped_column(String(10))
    dossier_id: Mapped[str] = mapped_column(String(64))
    label: Mapped[str] = mapped_column(String(120))
    unit_path: Mapped[str] = mapped_column(String(200))
    secrecy: Mapped[int] = mapped_column(Integer)
    score: Mapped[float] = mapped_column(Float)
    signals: Mapped[str] = mapped_column(Text)
    reads: Mapped[int] = mapped_column(Integer)
    dossiers: Mapped[int] = mapped_column(Integer)
    first_seq: Mapped[int] = mapped_column(Integer)
    last_seq: Mapped[int] = mapped_column(Integer)
    broad: Mapped[bool] = mapped_column(Boolean, default=False)
    state: Mapped[str] = mapped_column(String(12), default="open")
    outcome: Mapped[str] = mapped_column(String(12), default="")
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    signed_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    signed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReviewNote(Base):
    """What reviewers wrote on a case, only added. ``kind``: note | question | answer | outcome | sign | back."""

    __tablename__ = "review_notes"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    item_id: Mapped[str] = mapped_column(ForeignKey("review_items.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReviewWatch(Base):
    """A dossier on the watch list, known to the reviewer by its number in the journal only."""

    __tablename__ = "review_watches"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    dossier_id: Mapped[str] = mapped_column(String(64), index=True)
    label: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(Text)
    added_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ReviewWeight(Base):
    """A rule's weight as a reviewer set it, with the reason; the newest row of a rule counts, 0 drops it."""

    __tablename__ = "review_weights"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    rule: Mapped[str] = mapped_column(String(30), index=True)
    weight: Mapped[float] = mapped_column(Float)
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReviewProgress(Base):
    """How far the journal is taken in (one row): the last number, the last day looked at again, when."""

    __tablename__ = "review_progress"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(Integer)
    again_day: Mapped[str] = mapped_column(String(10), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
