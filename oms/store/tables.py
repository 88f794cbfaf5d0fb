"""The tables. Rows carry no lazy links: whatever a use case needs it asks for through the store's functions.

Ids of what people see are random (32 hex digits), so that a number tells nothing about its neighbours. Units have
small integer ids because their paths ("1/5/22") are the scopes of the access rule.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from oms.store.db import UtcDateTime

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def new_id() -> str:
    """A random id of 32 hex digits."""
    return uuid.uuid4().hex


class Base(DeclarativeBase):
    """Declarative base with constraint names that migrations can refer to."""

    metadata = MetaData(naming_convention=NAMING)


class Unit(Base):
    """A unit of one block, valid for a time; ``path`` is its place in the tree of scopes."""

    __tablename__ = "units"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = mapped_column(String(35), unique=True)
    name: Mapped[str] = mapped_column(Text)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    path: Mapped[str] = mapped_column(String(200), unique=True)
    block: Mapped[str] = mapped_column(String(20))
    level: Mapped[str] = mapped_column(String(20))
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    code_party: Mapped[str] = mapped_column(String(35), default="")
    code_state: Mapped[str] = mapped_column(String(35), default="")
    place: Mapped[str] = mapped_column(String(40), default="")


class UnitSuccession(Base):
    """Which unit came after which, by which decision (renamed, merged, split, dissolved, moved).

    ``inherits``: who acts in the successor acts in the predecessor too, so that its dossiers need no new unit.
    """

    __tablename__ = "unit_successions"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    predecessor_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    successor_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    kind: Mapped[str] = mapped_column(String(20))
    on_date: Mapped[date] = mapped_column(Date)
    decision_no: Mapped[str] = mapped_column(String(60), default="")
    inherits: Mapped[bool] = mapped_column(Boolean, default=False)
    act_id: Mapped[str] = mapped_column(String(32), default="")


class UnitAct(Base):
    """One act on the tree: a decision's renaming, merger ... as a whole, so that it can be taken back as a whole.

    ``made``: ids of the units it made; ``ended``: last days, before it, of the units it ended ({id: day or ""}).
    """

    __tablename__ = "unit_acts"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(20))
    on_date: Mapped[date] = mapped_column(Date)
    decision_no: Mapped[str] = mapped_column(String(60), default="")
    made: Mapped[str] = mapped_column(Text, default="[]")
    ended: Mapped[str] = mapped_column(Text, default="{}")
    entered_by: Mapped[str] = mapped_column(String(32))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Account(Base):
    """Who may sign in: one role, one unit acted for, scopes, clearance (until its last day, if it has one).

    ``password_hash`` is empty until there is a password. While ``code_until`` is set it is the hash of a one-time code.
    ``made_by`` and ``vetted_by`` are two persons: an account works only after both have acted. ``short_password``: fit
    for use beside a second factor only.
    """

    __tablename__ = "accounts"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    username: Mapped[str] = mapped_column(String(60), unique=True)
    display_name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(30))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    clearance: Mapped[int] = mapped_column(Integer, default=0)
    clearance_until: Mapped[date | None] = mapped_column(Date)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    must_change: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    code_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    made_by: Mapped[str] = mapped_column(String(32), default="", server_default="")
    vetted_by: Mapped[str] = mapped_column(String(32), default="", server_default="")
    vetted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    short_password: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())


class AccountScope(Base):
    """A unit subtree an account acts in."""

    __tablename__ = "account_scopes"
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), primary_key=True)


class AccountCompartment(Base):
    """A compartment an account may enter."""

    __tablename__ = "account_compartments"
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    compartment: Mapped[str] = mapped_column(String(30), primary_key=True)
    until: Mapped[date | None] = mapped_column(Date)


class AccountSensitive(Base):
    """A group of sensitive fields an account may read (religion, health ...); without it they are masked."""

    __tablename__ = "account_sensitive"
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    field_group: Mapped[str] = mapped_column(String(20), primary_key=True)
    until: Mapped[date | None] = mapped_column(Date)


class SignIn(Base):
    """A session kept by the server under the SHA-256 of its token; the token is new after each proof, ``id`` stays.

    ``stage``: what is still owed before anything else may be done – factor, password, enrol – or full.
    ``delegation_id``: with whose lent authority it acts, "" for one's own.
    """

    __tablename__ = "sessions"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    address: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    id: Mapped[str] = mapped_column(String(32), default=new_id, server_default="", index=True)
    stage: Mapped[str] = mapped_column(String(10), default="full", server_default="full")
    proofs: Mapped[str] = mapped_column(String(60), default="", server_default="")
    stepped_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    browser: Mapped[str] = mapped_column(String(60), default="", server_default="")
    tries: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    delegation_id: Mapped[str] = mapped_column(String(32), default="", server_default="")


class Cadre(Base):
    """A cadre as one block knows them. The same person in two blocks is two rows, linked later, never merged."""

    __tablename__ = "cadres"
    # lists in the order of names
    __table_args__ = (Index("ix_cadres_named", "folded_name", "birth_date", "id"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    full_name: Mapped[str] = mapped_column(String(200))
    folded_name: Mapped[str] = mapped_column(String(200))
    other_names: Mapped[str] = mapped_column(String(300), default="")
    sex: Mapped[str] = mapped_column(String(10), default="")
    birth_date: Mapped[str] = mapped_column(String(10), default="")
    citizen_id: Mapped[str] = mapped_column(String(12), default="", index=True)
    old_id: Mapped[str] = mapped_column(String(9), default="", index=True)
    position: Mapped[str] = mapped_column(String(300), default="")
    home_place: Mapped[str] = mapped_column(String(300), default="")
    created_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Dossier(Base):
    """The file of one cadre held by one unit in one block: held → closed (the person left) → disposed.

    ``shelf`` says where its paper stands. ``handling`` is how it is kept (always restricted), which is not its level.
    """

    __tablename__ = "dossiers"
    __table_args__ = (
        UniqueConstraint("unit_id", "number"),
        # who may be seen and how many, without reading the rows
        Index("ix_dossiers_seen", "unit_id", "secrecy", "compartment", "block", "number", "cadre_id", "id"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    cadre_id: Mapped[str] = mapped_column(ForeignKey("cadres.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    block: Mapped[str] = mapped_column(String(20))
    number: Mapped[str] = mapped_column(String(60))
    secrecy: Mapped[int] = mapped_column(Integer, default=0)
    compartment: Mapped[str] = mapped_column(String(30), default="")
    handling: Mapped[str] = mapped_column(String(12), default="restricted", server_default="restricted")
    shelf: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[str] = mapped_column(String(12), default="held", index=True)
    closed_on: Mapped[date | None] = mapped_column(Date)
    created_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Batch(Base):
    """A digitisation batch: a unit's pile of paper on its way in. Its level holds for every file and paper in it."""

    __tablename__ = "batches"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    title: Mapped[str] = mapped_column(String(200))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    expected_pages: Mapped[int | None] = mapped_column(Integer)
    secrecy: Mapped[int] = mapped_column(Integer, default=0)
    compartment: Mapped[str] = mapped_column(String(30), default="")
    operator_id: Mapped[str | None] = mapped_column(String(32))
    check_share_2: Mapped[int] = mapped_column(Integer, default=20)
    check_share_3: Mapped[int] = mapped_column(Integer, default=5)
    check_blind: Mapped[bool] = mapped_column(Boolean, default=False)
    created_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Scan(Base):
    """A received file; the bytes lie in the vault under ``sha256`` and are never changed."""

    __tablename__ = "scans"
    __table_args__ = (Index("ix_scans_received", "received_by", "received_at"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    batch_id: Mapped[str] = mapped_column(ForeignKey("batches.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    original_name: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(10), default="")
    size: Mapped[int] = mapped_column(Integer)
    page_count: Mapped[int | None] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(20), index=True)
    reason: Mapped[str] = mapped_column(Text, default="")
    received_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    source: Mapped[str] = mapped_column(String(10), default="upload")
    flags: Mapped[str] = mapped_column(Text, default="[]")
    signatures_checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    collation: Mapped[str] = mapped_column("collation", String(60), default="", quote=True)


class Page(Base):
    """One page of a scan; later one sheet of a document."""

    __tablename__ = "pages"
    __table_args__ = (UniqueConstraint("scan_id", "number"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    scan_id: Mapped[str] = mapped_column(ForeignKey("scans.id"))
    number: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(20))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    lost: Mapped[int] = mapped_column(Integer, default=0)
    again_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text, default="")
    document_id: Mapped[str | None] = mapped_column(ForeignKey("documents.id"), index=True)
    position: Mapped[int | None] = mapped_column(Integer)
    image_sha: Mapped[str] = mapped_column(String(64), default="", index=True)
    width: Mapped[int] = mapped_column(Integer, default=0)
    height: Mapped[int] = mapped_column(Integer, default=0)
    rotation: Mapped[int] = mapped_column(Integer, default=0)
    skew: Mapped[float] = mapped_column(Float, default=0.0)
    variant: Mapped[str] = mapped_column(String(20), default="")
    blank: Mapped[bool] = mapped_column(Boolean, default=False)
    missing_text: Mapped[bool] = mapped_column(Boolean, default=False)
    confidence: Mapped[float] = mapped_column(Float, default=0.0)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(10), default="content")
    fingerprint: Mapped[str] = mapped_column(String(64), default="", index=True)
    duplicate_of: Mapped[str | None] = mapped_column(String(32))
    paper_file_id: Mapped[str | None] = mapped_column(String(32), index=True)
    reading: Mapped[int] = mapped_column(Integer, default=1)
    wanted_turn: Mapped[int | None] = mapped_column(Integer)


class PageReading(Base):
    """One reading of a page by the machine: words with boxes, compressed JSON, and the upright image they lie on.

    Never changed: corrections stand beside, and reading a page again adds a version. ``pages.reading`` is the
    version in force; ``by`` is who asked for it, nobody for the first.
    """

    __tablename__ = "page_readings"
    page_id: Mapped[str] = mapped_column(ForeignKey("pages.id"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, default=1, autoincrement=False)
    engine: Mapped[str] = mapped_column(String(60))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    image_sha: Mapped[str] = mapped_column(String(64), default="", index=True)
    by: Mapped[str | None] = mapped_column(String(32))
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class WordCorrection(Base):
    """A person's word for a machine's word; the newest row of a word counts, empty text = back to the machine's."""

    __tablename__ = "word_corrections"
    __table_args__ = (Index("ix_word_corrections_page_word", "page_id", "word"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    page_id: Mapped[str] = mapped_column(ForeignKey("pages.id"))
    reading: Mapped[int] = mapped_column(Integer, default=1)
    word: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Document(Base):
    """A paper: pages in order with type, title, number, date; proposed by the machine, filed by a person."""

    __tablename__ = "documents"
    __table_args__ = (
        Index("ix_documents_dossier_type", "dossier_id", "state", "type_code"),
        Index("ix_documents_filed", "filed_at", "state", "unit_id", "secrecy"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    scan_id: Mapped[str] = mapped_column(ForeignKey("scans.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    dossier_id: Mapped[str | None] = mapped_column(ForeignKey("dossiers.id"), index=True)
    state: Mapped[str] = mapped_column(String(20), index=True)
    version: Mapped[int] = mapped_column(Integer, default=1)
    type_code: Mapped[str] = mapped_column(String(40))
    subtype: Mapped[str] = mapped_column(String(60), default="")
    type_score: Mapped[float] = mapped_column(Float, default=0.0)
    title: Mapped[str] = mapped_column(String(500), default="")
    number: Mapped[str] = mapped_column(String(80), default="")
    issued_on: Mapped[str] = mapped_column(String(10), default="")
    person_name: Mapped[str] = mapped_column(String(200), default="")
    person_birth_date: Mapped[str] = mapped_column(String(10), default="")
    citizen_id: Mapped[str] = mapped_column(String(12), default="")
    old_id: Mapped[str] = mapped_column(String(9), default="")
    secrecy: Mapped[int] = mapped_column(Integer, default=0)
    compartment: Mapped[str] = mapped_column(String(30), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    evidence: Mapped[str] = mapped_column(Text, default="[]")
    serial: Mapped[int | None] = mapped_column(Integer)
    page_count: Mapped[int] = mapped_column(Integer, default=0)
    original: Mapped[str] = mapped_column(String(12), default="")
    shelf: Mapped[str] = mapped_column(String(200), default="")
    expires_on: Mapped[str] = mapped_column(String(10), default="")
    filed_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    filed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DocumentField(Base):
    """A value read on a paper and where it stands; append-only, the newest row of a key counts."""

    __tablename__ = "document_fields"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id"), index=True)
    key: Mapped[str] = mapped_column(String(40))
    value: Mapped[str] = mapped_column(Text)
    raw: Mapped[str] = mapped_column(Text)
    confidence: Mapped[float] = mapped_column(Float)
    page_id: Mapped[str | None] = mapped_column(ForeignKey("pages.id"))
    box: Mapped[str] = mapped_column(String(60), default="")
    source: Mapped[str] = mapped_column(String(10))
    doubt: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class DocumentChange(Base):
    """What a document was before each change: the material of undo and of its history."""

    __tablename__ = "document_changes"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id"), index=True)
    version: Mapped[int] = mapped_column(Integer)
    act: Mapped[str] = mapped_column(String(20))
    before: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    undone: Mapped[bool] = mapped_column(Boolean, default=False)


class Proposal(Base):
    """A registered person a paper seems to speak of, with the facts that say so."""

    __tablename__ = "proposals"
    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id"), primary_key=True)
    dossier_id: Mapped[str] = mapped_column(ForeignKey("dossiers.id"), primary_key=True, index=True)
    score: Mapped[float] = mapped_column(Float)
    agrees: Mapped[str] = mapped_column(String(200))
    differs: Mapped[str] = mapped_column(String(200))


class Opening(Base):
    """A dossier opened for a stated purpose; pages are read under it until it ends.

    ``token_id``: the token of the program that said so, which alone reads under it; "" is the person at the pages.
    """

    __tablename__ = "openings"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    dossier_id: Mapped[str] = mapped_column(ForeignKey("dossiers.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(40))
    task_id: Mapped[str | None] = mapped_column(ForeignKey("tasks.id"))
    reason: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    token_id: Mapped[str] = mapped_column(String(32), default="", server_default="")


class JournalEntry(Base):
    """One act; the columns are those of ``oms.domain.journal.Entry`` plus its leaf hash. Triggers forbid change."""

    __tablename__ = "journal"
    __table_args__ = (
        Index("ix_journal_actor", "actor_id", "seq"),
        Index("ix_journal_actor_verb", "actor_id", "verb", "outcome", "seq"),
        Index("ix_journal_object", "object_id", "seq"),
    )
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    v: Mapped[int] = mapped_column(Integer, server_default="1")
    at: Mapped[str] = mapped_column(String(24), index=True)
    clock: Mapped[int] = mapped_column(BigInteger, server_default="0")
    actor_id: Mapped[str] = mapped_column(String(32))
    actor_name: Mapped[str] = mapped_column(String(120))
    on_behalf: Mapped[str] = mapped_column(String(32), server_default="")
    role: Mapped[str] = mapped_column(String(30))
    session: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(60))
    request: Mapped[str] = mapped_column(String(16), server_default="")
    verb: Mapped[str] = mapped_column(String(40), index=True)
    outcome: Mapped[str] = mapped_column(String(10))
    rule: Mapped[str] = mapped_column(String(40), server_default="")
    policy: Mapped[str] = mapped_column(String(24), server_default="")
    object_kind: Mapped[str] = mapped_column(String(20))
    object_id: Mapped[str] = mapped_column(String(64))
    object_label: Mapped[str] = mapped_column(String(120))
    unit_path: Mapped[str] = mapped_column(String(200))
    secrecy: Mapped[int] = mapped_column(Integer)
    compartment: Mapped[str] = mapped_column(String(30))
    purpose: Mapped[str] = mapped_column(String(40))
    task: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text)
    salt: Mapped[str] = mapped_column(String(32))
    leaf: Mapped[bytes] = mapped_column(LargeBinary(32))
    pages: Mapped[int] = mapped_column(Integer, server_default="0")
    bytes: Mapped[int] = mapped_column(BigInteger, server_default="0")


class JournalCheckpoint(Base):
    """A sealed head of the journal: size, frontier, signed note."""

    __tablename__ = "checkpoints"
    size: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    frontier: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class JournalInbox(Base):
    """One row: how far the inbox (a file of its own) has been taken into the journal, and which file it was."""

    __tablename__ = "journal_inbox"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(16))
    taken: Mapped[int] = mapped_column(Integer)


class JournalWaiting(Base):
    """The inbox on a server: rows of readings beside a long writer, which the sealer gives their numbers."""

    __tablename__ = "journal_waiting"
    serial: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[str] = mapped_column(String(24))
    clock: Mapped[int] = mapped_column(BigInteger)
    body: Mapped[str] = mapped_column(Text)
