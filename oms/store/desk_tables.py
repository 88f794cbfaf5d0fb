"""The tables of the scanning desk: paper files counted, second looks, archival copies, signatures on what came in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from oms.store.db import UtcDateTime
from oms.store.tables import Base, new_id


class PaperFile(Base):
    """One folder of paper in a batch, with the pages counted in it before scanning.

    A difference between pages counted and pages scanned is explained in words before the batch closes;
    ``explained_gap`` is the difference the words were written for. Number 0 is the batch as a whole.
    """

    __tablename__ = "paper_files"
    __table_args__ = (UniqueConstraint("batch_id", "number"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    batch_id: Mapped[str] = mapped_column(ForeignKey("batches.id"), index=True)
    number: Mapped[int] = mapped_column(Integer)
    label: Mapped[str] = mapped_column(String(200))
    dossier_id: Mapped[str | None] = mapped_column(ForeignKey("dossiers.id"))
    expected_pages: Mapped[int | None] = mapped_column(Integer)
    explanation: Mapped[str] = mapped_column(Text, default="")
    explained_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    explained_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    explained_gap: Mapped[int | None] = mapped_column(Integer)
    created_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Check(Base):
    """A second person's look at a filed paper: stage 1 all of them, stages 2 and 3 a random share of the batch.

    ``operator_id`` filed it, ``checker_id`` looked again, ``arbiter_id`` decided where the two differed; never two
    of them the same person. ``fields`` is how many values were compared, ``keys`` (JSON) which.
    """

    __tablename__ = "checks"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id"), index=True)
    batch_id: Mapped[str] = mapped_column(ForeignKey("batches.id"), index=True)
    stage: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(12), index=True)
    operator_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    checker_id: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    arbiter_id: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    fields: Mapped[int] = mapped_column(Integer, default=0)
    keys: Mapped[str] = mapped_column(Text, default="[]")
    drawn_at: Mapped[datetime] = mapped_column(UtcDateTime)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CheckFinding(Base):
    """A value on which the second person differed from the first; the third person's word settles it."""

    __tablename__ = "check_findings"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    check_id: Mapped[str] = mapped_column(ForeignKey("checks.id"), index=True)
    key: Mapped[str] = mapped_column(String(40))
    first_value: Mapped[str] = mapped_column(Text)
    second_value: Mapped[str] = mapped_column(Text)
    settled_value: Mapped[str | None] = mapped_column(Text)


class ArchivalCopy(Base):
    """The PDF/A copy of a filed paper at one version; the bytes lie in the vault. The original stays what it is."""

    __tablename__ = "archival_copies"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id"), index=True)
    version: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(10), index=True)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    reason: Mapped[str] = mapped_column(Text, default="")
    sha256: Mapped[str] = mapped_column(String(64), default="", index=True)
    size: Mapped[int] = mapped_column(Integer, default=0)
    pages: Mapped[int] = mapped_column(Integer, default=0)
    unsigned_sha256: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """The file it was before it was signed ("" where it is not): it shows the same pages and goes with the paper."""
    signer: Mapped[str] = mapped_column(String(300), default="")
    signed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    wanted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ScanSignature(Base):
    """A signature found on a PDF that came in: who, for which agency, when; intact, over the whole file, trusted."""

    __tablename__ = "scan_signatures"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    scan_id: Mapped[str] = mapped_column(ForeignKey("scans.id"), index=True)
    signer: Mapped[str] = mapped_column(String(300))
    agency: Mapped[str] = mapped_column(String(300), default="")
    signed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    intact: Mapped[bool] = mapped_column(Boolean)
    whole: Mapped[bool] = mapped_column(Boolean)
    trusted: Mapped[bool] = mapped_column(Boolean)
    detail: Mapped[str] = mapped_column(Text, default="")
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Lease(Base):
    """A piece of work that a worker has in hand, or that waits for its pause (``store/leases.py``)."""

    __tablename__ = "leases"
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    object_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    token: Mapped[str] = mapped_column(String(32), default="")
    host: Mapped[str] = mapped_column(String(80), default="", index=True)
    process: Mapped[int] = mapped_column(Integer, default=0)
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    again_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lost: Mapped[int] = mapped_column(Integer, default=0)
    ended: Mapped[int] = mapped_column(Integer, default=0)
