"""The tables of the office's work: procedures by version, cases with what happened to them, directives and reports."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from oms.store.db import UtcDateTime
from oms.store.tables import Base, new_id


class ProcedureVersion(Base):
    """A version of a row of the catalogue of procedures. A published one is never rewritten; a case keeps its own.

    ``body`` is JSON (``oms.domain.procedures.body_of``); ``owner_unit_id`` is the unit of its owner's code, when there
    is one. ``state``: draft | published. ``notes`` say what is new in it.
    """

    __tablename__ = "procedure_versions"
    __table_args__ = (UniqueConstraint("code", "version"), Index("ix_procedure_versions_state", "state", "field"))
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(String(60))
    version: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(12))
    field: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(300))
    folded: Mapped[str] = mapped_column(Text)
    owner_unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    body: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    mark: Mapped[str] = mapped_column(String(2), default="")
    notes: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(10))
    edition: Mapped[int] = mapped_column(Integer, default=1)
    created_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ProcedureProposal(Base):
    """A change of a step, form or time somebody proposes. ``state``: open → taken | declined, by the owner's answer.

    ``version_id`` is the version it was said of, ``taken_id`` the version it went into.
    """

    __tablename__ = "procedure_proposals"
    __table_args__ = (Index("ix_procedure_proposals_code", "code", "state"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(String(60))
    version_id: Mapped[str] = mapped_column(ForeignKey("procedure_versions.id"))
    part: Mapped[str] = mapped_column(String(12))
    place: Mapped[str] = mapped_column(String(200), default="")
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10), default="open")
    by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    taken_id: Mapped[str | None] = mapped_column(ForeignKey("procedure_versions.id"))


_SEEN_BY = ("secrecy", "compartment", "unit_id", "step_unit_id", "code", "assignee_id", "dossier_id", "state")


class Case(Base):
    """A case: one piece of work under one version of a procedure, at one of its steps.

    ``unit_id`` received it, ``step_unit_id`` and ``assignee_id`` have it in hand. ``subject_kind`` and ``subject_id``
    name what of another desk this case is about (a change, a consultation, a loan …): that desk moves it. ``due`` is
    the last day of the whole, ``step_due`` of the step; both empty without a deadline or while the clock stands.
    ``used_days`` and ``late_days`` are working days, written when it ends.
    """

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("unit_id", "year", "serial"),
        UniqueConstraint("subject_kind", "subject_id"),
        Index("ix_cases_hand", "assignee_id", "state", "due"),
        Index("ix_cases_step", "step_unit_id", "state", "due"),
        # figures are counted from these two alone
        Index("ix_cases_received", "received_on", *_SEEN_BY, "ended_on", "due"),
        Index("ix_cases_ended", "ended_on", *_SEEN_BY, "late_days", "used_days", "received_on", "due"),
        Index("ix_cases_open", "state", "due"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    year: Mapped[int] = mapped_column(Integer)
    serial: Mapped[int] = mapped_column(Integer)
    number: Mapped[str] = mapped_column(String(60))
    procedure_id: Mapped[str] = mapped_column(ForeignKey("procedure_versions.id"))
    code: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(300))
    requester: Mapped[str] = mapped_column(String(200), default="")
    dossier_id: Mapped[str | None] = mapped_column(ForeignKey("dossiers.id"), index=True)
    secrecy: Mapped[int] = mapped_column(Integer, default=0)
    compartment: Mapped[str] = mapped_column(String(30), default="")
    subject_kind: Mapped[str | None] = mapped_column(String(20))
    subject_id: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10))
    step: Mapped[str] = mapped_column(String(60))
    step_unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    assignee_id: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_on: Mapped[date] = mapped_column(Date)
    step_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due: Mapped[date | None] = mapped_column(Date)
    step_due: Mapped[date | None] = mapped_column(Date)
    late_reason: Mapped[str] = mapped_column(String(500), default="")
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_on: Mapped[date | None] = mapped_column(Date)
    used_days: Mapped[int | None] = mapped_column(Integer)
    late_days: Mapped[int] = mapped_column(Integer, default=0)
    change_id: Mapped[str | None] = mapped_column(ForeignKey("changes.id"), index=True)
    document_id: Mapped[str | None] = mapped_column(ForeignKey("documents.id"), index=True)


class CaseEvent(Base):
    """What happened to a case. Only ever added; its history, its pauses and who had a hand in it are read from here.

    ``act``: receive | a move of ``oms.domain.casework.Move`` | assign | late | remind | escalate.
    """

    __tablename__ = "case_events"
    __table_args__ = (Index("ix_case_events_case", "case_id", "number"), {"sqlite_autoincrement": True})
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    act: Mapped[str] = mapped_column(String(12))
    by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    behalf: Mapped[str | None] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    from_step: Mapped[str] = mapped_column(String(60), default="")
    to_step: Mapped[str] = mapped_column(String(60), default="")
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    account_id: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    reason: Mapped[str] = mapped_column(Text, default="")
    due_before: Mapped[date | None] = mapped_column(Date)
    due_after: Mapped[date | None] = mapped_column(Date)


class CasePaper(Base):
    """A paper the procedure asks for at the door, and how many copies of it have come. Kept as the version said."""

    __tablename__ = "case_papers"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    position: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(300))
    type_code: Mapped[str] = mapped_column(String(60), default="")
    asked: Mapped[int] = mapped_column(Integer)
    required: Mapped[bool] = mapped_column(Boolean)
    received: Mapped[int] = mapped_column(Integer, default=0)
    document_id: Mapped[str | None] = mapped_column(ForeignKey("documents.id"), index=True)
    by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CaseDraft(Base):
    """A version of what a case is to issue: its file lies in the vault. Only ever added.

    ``signed_sha256`` is the same paper with the approver's signature.
    """

    __tablename__ = "case_drafts"
    __table_args__ = (UniqueConstraint("case_id", "number"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    number: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(Integer)
    media: Mapped[str] = mapped_column(String(12))
    note: Mapped[str] = mapped_column(String(500), default="")
    by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    signed_sha256: Mapped[str] = mapped_column(String(64), default="")
    signed_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    signed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CaseOpinion(Base):
    """An opinion asked for on a case, of one person by a day. ``stance``: "" not given | agree | comment | disagree."""

    __tablename__ = "case_opinions"
    __table_args__ = (Index("ix_case_opinions_asked", "asked_of", "given_at"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    draft_id: Mapped[str | None] = mapped_column(ForeignKey("case_drafts.id"))
    asked_of: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    asked_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    question: Mapped[str] = mapped_column(String(1000), default="")
    due: Mapped[date | None] = mapped_column(Date)
    stance: Mapped[str] = mapped_column(String(10), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    given_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Directive(Base):
    """A conclusion or document that brings tasks. ``kind`` is a type of paper; ``document_id`` the paper when filed.

    A ``withdrawn`` one was entered by mistake: its tasks are withdrawn with it and counted nowhere.
    """

    __tablename__ = "directives"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(500))
    kind: Mapped[str] = mapped_column(String(60), default="")
    issuer: Mapped[str] = mapped_column(String(200), default="")
    issued_on: Mapped[date | None] = mapped_column(Date)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    secrecy: Mapped[int] = mapped_column(Integer, default=0)
    compartment: Mapped[str] = mapped_column(String(30), default="")
    created_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    document_id: Mapped[str | None] = mapped_column(String(32))
    withdrawn: Mapped[bool] = mapped_column(Boolean, default=False)
    end_reason: Mapped[str] = mapped_column(String(500), default="")


class Task(Base):
    """An open piece of work that a purpose may cite; of a directive or not, with an owner and a last day or not.

    ``percent`` is the newest report's; a task of a directive bears the directive's level and compartment. Closed and
    done it is done (``done_on``: the day in Ha Noi); closed and not done, withdrawn. ``given_on`` is the directive's
    day. ``soon_told`` is the last day its owner was reminded of, ``late_told_on`` when it was last told to be late.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        Index("ix_tasks_owner", "owner_id", "closed_at", "due"),
        Index("ix_tasks_directive", "directive_id"),
        Index("ix_tasks_due", "closed_at", "due"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(300))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    created_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    directive_id: Mapped[str | None] = mapped_column(String(32))
    owner_id: Mapped[str | None] = mapped_column(String(32))
    due: Mapped[date | None] = mapped_column(Date)
    percent: Mapped[int] = mapped_column(Integer, default=0)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    secrecy: Mapped[int] = mapped_column(Integer, default=0)
    compartment: Mapped[str] = mapped_column(String(30), default="")
    done_on: Mapped[date | None] = mapped_column(Date)
    given_on: Mapped[date | None] = mapped_column(Date)
    soon_told: Mapped[date | None] = mapped_column(Date)
    late_told_on: Mapped[date | None] = mapped_column(Date)


class TaskReport(Base):
    """Progress of a task as its owner told it. Only ever added; the newest counts. ``percent`` 100 is done.

    ``act``: report | reopen | change | withdraw; the last three are the head's, with the reason in ``text``.
    """

    __tablename__ = "task_reports"
    __table_args__ = (Index("ix_task_reports_task", "task_id", "number"), {"sqlite_autoincrement": True})
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.id"))
    percent: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    act: Mapped[str] = mapped_column(String(10), default="report")


class CountContest(Base):
    """A note with which a person contests a figure of their own, and its answer. ``period``: 2026, 2026-Q4, 2026-11."""

    __tablename__ = "count_contests"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    period: Mapped[str] = mapped_column(String(8))
    measure: Mapped[str] = mapped_column(String(40))
    figure: Mapped[str] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(10), default="open")
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
