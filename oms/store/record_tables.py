"""The tables of the structured record: facts with their sources, the head of each record, changes as cases."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, Float, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from oms.store.db import UtcDateTime
from oms.store.tables import Base, new_id

_IN_FORCE = text("ended_at IS NULL")


class FactRow(Base):
    """One fact of a dossier's record, with its days, its source and who stands for it. Never overwritten.

    ``body`` is JSON: {"value": …} of a single item, the columns of a table's row; ``raw`` the same as written.
    ``code`` is the closed list's code of the coded column ("" unknown), ``text`` the words of one line, ``folded``
    these without marks, ``number`` the value of a numeric item. ``starts``/``ends`` are partial ISO dates.
    A fact is in force while ``ended_at`` is empty; ending it writes only the ``ended_*`` columns, once.
    Its level and compartment are those of its paper, never below the dossier's.
    """

    __tablename__ = "facts"
    __table_args__ = (
        Index("ix_facts_dossier_item", "dossier_id", "item"),
        # whole answers of criteria over facts in force: the rows themselves need not be read
        Index(
            "ix_facts_coded",
            *("item", "code", "dossier_id", "starts", "ends", "secrecy", "compartment", "ended_at"),
            sqlite_where=_IN_FORCE,
            postgresql_where=_IN_FORCE,
        ),
        Index(
            "ix_facts_worded",
            *("item", "dossier_id", "folded", "secrecy", "compartment", "ended_at"),
            sqlite_where=_IN_FORCE,
            postgresql_where=_IN_FORCE,
        ),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    dossier_id: Mapped[str] = mapped_column(ForeignKey("dossiers.id"))
    item: Mapped[str] = mapped_column(String(40))
    body: Mapped[str] = mapped_column(Text)
    raw: Mapped[str] = mapped_column(Text, default="{}")
    code: Mapped[str] = mapped_column(String(60), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    folded: Mapped[str] = mapped_column(Text, default="")
    number: Mapped[float | None] = mapped_column(Float)
    starts: Mapped[str] = mapped_column(String(10), default="")
    ends: Mapped[str] = mapped_column(String(10), default="")
    place: Mapped[str] = mapped_column(String(40), default="")
    secrecy: Mapped[int] = mapped_column(Integer, default=0)
    compartment: Mapped[str] = mapped_column(String(30), default="")
    source: Mapped[str] = mapped_column(String(12))
    document_id: Mapped[str | None] = mapped_column(ForeignKey("documents.id"), index=True)
    page_id: Mapped[str | None] = mapped_column(ForeignKey("pages.id"))
    box: Mapped[str] = mapped_column(String(60), default="")
    source_words: Mapped[str] = mapped_column(String(300), default="")
    entered_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    change_id: Mapped[str | None] = mapped_column(String(32), index=True)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(String(32))
    ended_change: Mapped[str | None] = mapped_column(String(32))
    ended_for: Mapped[str | None] = mapped_column(String(32))


class RecordHead(Base):
    """What lists, criteria, reports and alerts ask of a record, one row a dossier: made from its facts, never typed.

    Only facts at the dossier's own level and compartment count here, so that whoever sees the dossier may see
    its head. ``*_level`` is a place in the closed list's order (0 = none known). Dates are partial ISO text.

    The dossier's unit, block, level, compartment and state stand here once more, so that a question over everybody
    reads one table; a trigger of the schema lets them follow the dossier in the same statement.
    """

    __tablename__ = "record_heads"
    dossier_id: Mapped[str] = mapped_column(ForeignKey("dossiers.id"), primary_key=True)
    birth_date: Mapped[str] = mapped_column(String(10), default="", index=True)
    sex: Mapped[str] = mapped_column(String(10), default="")
    ethnicity: Mapped[str] = mapped_column(String(20), default="")
    religion: Mapped[str] = mapped_column(String(20), default="")
    person_kind: Mapped[str] = mapped_column(String(30), default="")
    managed_by: Mapped[str] = mapped_column(String(30), default="")
    position: Mapped[str] = mapped_column(String(300), default="")
    position_code: Mapped[str] = mapped_column(String(60), default="", index=True)
    party_position_code: Mapped[str] = mapped_column(String(60), default="")
    unit_name: Mapped[str] = mapped_column(String(300), default="")
    rank_code: Mapped[str] = mapped_column(String(20), default="", index=True)
    salary_step: Mapped[int] = mapped_column(Integer, default=0)
    salary_coefficient: Mapped[float] = mapped_column(Float, default=0.0)
    salary_from: Mapped[str] = mapped_column(String(10), default="")
    seniority_percent: Mapped[float] = mapped_column(Float, default=0.0)
    seniority_from: Mapped[str] = mapped_column(String(10), default="")
    qualification_level: Mapped[int] = mapped_column(Integer, default=0)
    theory_level: Mapped[int] = mapped_column(Integer, default=0)
    management_level: Mapped[int] = mapped_column(Integer, default=0)
    it_level: Mapped[int] = mapped_column(Integer, default=0)
    language_level: Mapped[int] = mapped_column(Integer, default=0)
    recruited_on: Mapped[str] = mapped_column(String(10), default="")
    party_joined_on: Mapped[str] = mapped_column(String(10), default="")
    party_official_on: Mapped[str] = mapped_column(String(10), default="")
    appointed_on: Mapped[str] = mapped_column(String(10), default="")
    reappointed_on: Mapped[str] = mapped_column(String(10), default="")
    left_on: Mapped[str] = mapped_column(String(10), default="")
    left_kind: Mapped[str] = mapped_column(String(30), default="")
    plannings: Mapped[int] = mapped_column(Integer, default=0)
    rewards: Mapped[int] = mapped_column(Integer, default=0)
    disciplines: Mapped[int] = mapped_column(Integer, default=0)
    rating: Mapped[str] = mapped_column(String(30), default="")
    rating_year: Mapped[int] = mapped_column(Integer, default=0)
    unit_id: Mapped[int] = mapped_column(Integer, default=0)
    block: Mapped[str] = mapped_column(String(20), default="")
    secrecy: Mapped[int] = mapped_column(Integer, default=0)
    compartment: Mapped[str] = mapped_column(String(30), default="")
    state: Mapped[str] = mapped_column(String(12), default="held")
    sort_name: Mapped[str] = mapped_column(String(200), default="")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Change(Base):
    """A case: items to be added, replaced or ended in one record, decided item by item.

    As secret as its most secret item: ``secrecy`` and ``compartment`` are those of its papers and facts.
    ``kind``: change | correction | supplement. ``state``: draft → waiting → decided | withdrawn.
    ``decision_document_id`` is the collective leadership's decision that a correction of a key fact needs.
    """

    __tablename__ = "changes"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    dossier_id: Mapped[str] = mapped_column(ForeignKey("dossiers.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12), index=True)
    version: Mapped[int] = mapped_column(Integer, default=1)
    title: Mapped[str] = mapped_column(String(300))
    secrecy: Mapped[int] = mapped_column(Integer, default=0)
    compartment: Mapped[str] = mapped_column(String(30), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    declared_by: Mapped[str] = mapped_column(String(200), default="")
    declared_on: Mapped[str] = mapped_column(String(10), default="")
    decision_document_id: Mapped[str | None] = mapped_column(ForeignKey("documents.id"))
    supplement_id: Mapped[str | None] = mapped_column(ForeignKey("supplements.id"), index=True)
    request_id: Mapped[str | None] = mapped_column(String(32))
    created_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ChangeItem(Base):
    """One proposed act on a record. ``act``: add | replace | end. ``state``: open → approved | rejected.

    ``starts``: since when the value holds, where it does not say so itself. ``typed_by`` never decides on it.
    """

    __tablename__ = "change_items"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    change_id: Mapped[str] = mapped_column(ForeignKey("changes.id"), index=True)
    position: Mapped[int] = mapped_column(Integer)
    item: Mapped[str] = mapped_column(String(40))
    act: Mapped[str] = mapped_column(String(10))
    fact_id: Mapped[str | None] = mapped_column(ForeignKey("facts.id"))
    body: Mapped[str] = mapped_column(Text, default="{}")
    raw: Mapped[str] = mapped_column(Text, default="{}")
    document_id: Mapped[str | None] = mapped_column(ForeignKey("documents.id"))
    page_id: Mapped[str | None] = mapped_column(ForeignKey("pages.id"))
    box: Mapped[str] = mapped_column(String(60), default="")
    source_words: Mapped[str] = mapped_column(String(300), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    starts: Mapped[str] = mapped_column(String(10), default="")
    typed_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    state: Mapped[str] = mapped_column(String(12), default="open")
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decision_reason: Mapped[str] = mapped_column(Text, default="")
    result_fact_id: Mapped[str | None] = mapped_column(String(32))


class Supplement(Base):
    """A yearly supplement (phiếu bổ sung lý lịch): a period, the units below one, the items that may be filled in."""

    __tablename__ = "supplements"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    year: Mapped[int] = mapped_column(Integer)
    items: Mapped[str] = mapped_column(Text)
    opens_on: Mapped[date] = mapped_column(Date)
    closes_on: Mapped[date] = mapped_column(Date)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SubjectRequest(Base):
    """What the person a record is about asks for: extract, who has seen it, correction, objection; with its clock.

    Reply within 2 working days, done within the days of the kind (Law 91/2025/QH15, Decree 356/2025/NĐ-CP).
    """

    __tablename__ = "subject_requests"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    dossier_id: Mapped[str] = mapped_column(ForeignKey("dossiers.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    number: Mapped[str] = mapped_column(String(60))
    words: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(12), index=True)
    received_on: Mapped[date] = mapped_column(Date)
    reply_due: Mapped[date] = mapped_column(Date)
    done_due: Mapped[date] = mapped_column(Date)
    extended_to: Mapped[date | None] = mapped_column(Date)
    extension_reason: Mapped[str] = mapped_column(Text, default="")
    replied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer: Mapped[str] = mapped_column(Text, default="")
    legal_basis: Mapped[str] = mapped_column(String(300), default="")
    change_id: Mapped[str | None] = mapped_column(String(32))
    received_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    closed_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
