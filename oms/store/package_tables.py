"""The tables of the exchange between installations: partners, packages out and in, whom they speak of, known codes."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from oms.store.db import UtcDateTime
from oms.store.tables import Base, new_id


class ExchangePartner(Base):
    """Another installation: its keys are believed only while ``state`` is active, which takes two persons.

    A partner with new keys is a new row; nothing of a row but its state and address changes after it was approved.
    """

    __tablename__ = "exchange_partners"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200))
    code: Mapped[str] = mapped_column(String(35))
    code_party: Mapped[str] = mapped_column(String(35), default="")
    code_state: Mapped[str] = mapped_column(String(35), default="")
    zone: Mapped[str] = mapped_column(String(20))
    verify_key: Mapped[str] = mapped_column(String(64), index=True)
    recipient: Mapped[str] = mapped_column(String(80))
    certificate: Mapped[str] = mapped_column(Text, default="")
    fingerprint: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[str] = mapped_column(String(10), index=True)
    approval_id: Mapped[str] = mapped_column(String(32), default="")
    added_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_by: Mapped[str | None] = mapped_column(String(32))
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoke_reason: Mapped[str] = mapped_column(Text, default="")


class ExchangePackage(Base):
    """A package that was sent or that came. ``body`` is its statement (JSON), ``report`` what its checks said.

    ``digest`` is the SHA-256 of the bag: the same package sealed anew has the same. ``answer`` is the receipt's
    content, written in the transaction that decides; the receipt itself is a package of its own, ``answers`` names
    what it answers.
    """

    __tablename__ = "exchange_packages"
    __table_args__ = (UniqueConstraint("direction", "package_id"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    direction: Mapped[str] = mapped_column(String(3))
    package_id: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(10))
    number: Mapped[str] = mapped_column(String(40))
    partner_id: Mapped[str] = mapped_column(ForeignKey("exchange_partners.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    secrecy: Mapped[int] = mapped_column(Integer, default=0)
    compartment: Mapped[str] = mapped_column(String(30), default="")
    state: Mapped[str] = mapped_column(String(10), index=True)
    digest: Mapped[str] = mapped_column(String(64), index=True)
    file: Mapped[str] = mapped_column(String(64), default="")
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    body: Mapped[str] = mapped_column(Text, default="{}")
    report: Mapped[str] = mapped_column(Text, default="{}")
    answer: Mapped[str] = mapped_column(Text, default="")
    answers: Mapped[str] = mapped_column(String(32), default="", index=True)
    by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_on: Mapped[date | None] = mapped_column(Date)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    trouble: Mapped[str] = mapped_column(Text, default="")
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[str | None] = mapped_column(String(32))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ExchangeRecord(Base):
    """Whom a package speaks of: the dossier here, once there is one, and what tells whether it is one's own or kin."""

    __tablename__ = "exchange_records"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    package_id: Mapped[str] = mapped_column(ForeignKey("exchange_packages.id"), index=True)
    remote: Mapped[str] = mapped_column(String(32), default="")
    dossier_id: Mapped[str | None] = mapped_column(ForeignKey("dossiers.id"), index=True)
    folded_name: Mapped[str] = mapped_column(String(200), default="")
    birth_date: Mapped[str] = mapped_column(String(10), default="")
    citizen_id: Mapped[str] = mapped_column(String(12), default="")
    change_id: Mapped[str] = mapped_column(String(32), default="")


class ExchangeLink(Base):
    """Which dossier here is which of a partner's: what was exchanged once, updates find again.

    By the partner's code, not its key: keys change.
    """

    __tablename__ = "exchange_links"
    __table_args__ = (UniqueConstraint("partner_code", "remote"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    partner_code: Mapped[str] = mapped_column(String(35))
    remote: Mapped[str] = mapped_column(String(32))
    dossier_id: Mapped[str] = mapped_column(ForeignKey("dossiers.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ExchangeCode(Base):
    """A unit code of other installations that stands for a unit here: said once by a person, then remembered."""

    __tablename__ = "exchange_codes"
    code: Mapped[str] = mapped_column(String(35), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
