"""The tables of links between records of one person: what is compared, which pairs were found, what was decided."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Boolean, Date, Float, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from oms.store.db import UtcDateTime
from oms.store.tables import Base, new_id


class LinkWaiting(Base):
    """A cadre whose record changed since it was last compared; written by triggers alone."""

    __tablename__ = "link_waiting"
    __table_args__ = ({"sqlite_autoincrement": True},)
    number: Mapped[int] = mapped_column(primary_key=True)
    cadre_id: Mapped[str] = mapped_column(String(32), index=True)


class LinkFeature(Base):
    """What a record says that tells persons apart, as it is compared: of one dossier, at that dossier's own level.

    ``digest`` is of what the record says, whatever version of the normaliser made ``body``.
    """

    __tablename__ = "link_features"
    cadre_id: Mapped[str] = mapped_column(ForeignKey("cadres.id", ondelete="CASCADE"), primary_key=True)
    dossier_id: Mapped[str] = mapped_column(ForeignKey("dossiers.id"), index=True)
    block: Mapped[str] = mapped_column(String(20))
    body: Mapped[str] = mapped_column(Text)
    norm_version: Mapped[str] = mapped_column(String(20))
    digest: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LinkKey(Base):
    """A keyed hash under which records are looked up: it says that two share something, not what."""

    __tablename__ = "link_keys"
    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    cadre_id: Mapped[str] = mapped_column(ForeignKey("cadres.id", ondelete="CASCADE"), primary_key=True, index=True)
    block: Mapped[str] = mapped_column(String(20))


class LinkCandidate(Base):
    """Two records, of two blocks, that may be one person's; ``left_id`` is the smaller id.

    ``evidence`` is JSON, a field's level and bits each, no value. ``state`` and ``covered`` are what the decisions come
    to; ``version`` counts these. ``*_fits``: worth a look by that side's pairs alone.
    """

    __tablename__ = "link_candidates"
    __table_args__ = (
        UniqueConstraint("left_id", "right_id"),
        Index("ix_link_candidates_weight", "weight", "id"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    left_id: Mapped[str] = mapped_column(ForeignKey("cadres.id"))
    right_id: Mapped[str] = mapped_column(ForeignKey("cadres.id"), index=True)
    left_dossier_id: Mapped[str] = mapped_column(ForeignKey("dossiers.id"), index=True)
    right_dossier_id: Mapped[str] = mapped_column(ForeignKey("dossiers.id"), index=True)
    weight: Mapped[float] = mapped_column(Float)
    margin: Mapped[float] = mapped_column(Float)
    band: Mapped[str] = mapped_column(String(8))
    left_fits: Mapped[bool] = mapped_column(Boolean, default=False)
    right_fits: Mapped[bool] = mapped_column(Boolean, default=False)
    evidence: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(32))
    model_version: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(10), default="open")
    covered: Mapped[str] = mapped_column(String(10), default="")
    reopened: Mapped[bool] = mapped_column(Boolean, default=False)
    version: Mapped[int] = mapped_column(Integer, default=0)
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LinkDecision(Base):
    """A decision on a pair. Only ever added: what a pair has come to is read from all of them."""

    __tablename__ = "link_decisions"
    __table_args__ = (UniqueConstraint("candidate_id", "version"), {"sqlite_autoincrement": True})
    number: Mapped[int] = mapped_column(primary_key=True)
    candidate_id: Mapped[str] = mapped_column(ForeignKey("link_candidates.id"))
    version: Mapped[int] = mapped_column(Integer)
    act: Mapped[str] = mapped_column(String(8))
    sides: Mapped[str] = mapped_column(String(5))
    undoes: Mapped[int | None] = mapped_column(Integer)
    masked: Mapped[bool] = mapped_column(Boolean)
    evidence: Mapped[str] = mapped_column(String(32))
    weight: Mapped[float] = mapped_column(Float)
    model_version: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(500), default="")
    batch_id: Mapped[str] = mapped_column(String(32), default="", index=True)
    by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class LinkPerson(Base):
    """Which linked records are one person: made from the links in force, never typed. Who is not linked has no row."""

    __tablename__ = "link_persons"
    cadre_id: Mapped[str] = mapped_column(ForeignKey("cadres.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(32), index=True)


class LinkConflict(Base):
    """An item of which two linked records say different things, with its owner's side and its clock; no value stands
    here. The digests are keyed, so that whoever sees one side cannot guess the other's value from them.

    ``kind``: differs | missing. ``state``: open | proposed | kept | settled | gone. ``owner``: left | right | both.
    """

    __tablename__ = "link_conflicts"
    __table_args__ = (UniqueConstraint("candidate_id", "item"), Index("ix_link_conflicts_due", "state", "due", "id"))
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    candidate_id: Mapped[str] = mapped_column(ForeignKey("link_candidates.id"))
    item: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(8))
    owner: Mapped[str] = mapped_column(String(5))
    left_fact_id: Mapped[str | None] = mapped_column(String(32))
    right_fact_id: Mapped[str | None] = mapped_column(String(32))
    left_digest: Mapped[str] = mapped_column(String(32), default="")
    right_digest: Mapped[str] = mapped_column(String(32), default="")
    due: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(10))
    version: Mapped[int] = mapped_column(Integer, default=0)
    reason: Mapped[str] = mapped_column(String(500), default="")
    change_id: Mapped[str | None] = mapped_column(String(32))
    by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)
