"""Roles, and what each may try at all; which records it may try it on is ``oms.domain.access``.

Duties are kept apart here: the administrator and the security officer touch no record, the reviewer touches the journal
only, and nobody who grants levels makes accounts.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """The six roles; one role an account, so that duties stay apart."""

    SCANNING_CLERK = "scanning_clerk"
    RECORDS_OFFICER = "records_officer"
    LEADER = "leader"
    SECURITY_REVIEWER = "security_reviewer"
    SECURITY_OFFICER = "security_officer"
    ADMINISTRATOR = "administrator"


class Action(StrEnum):
    """What a person may try; every route and every use case names one."""

    HOME = "home:view"
    OWN_ACCOUNT = "account:own"
    BATCH_LIST = "batch:list"
    BATCH_CREATE = "batch:create"
    SCAN_RECEIVE = "scan:receive"
    DESK_WORK = "desk:work"
    DOCUMENT_FILE = "document:file"
    CADRE_LIST = "cadre:list"
    CADRE_CREATE = "cadre:create"
    DOSSIER_READ = "dossier:read"
    DOSSIER_EXPORT = "dossier:export"
    CHECK_WORK = "check:work"
    CHECK_REPORT = "check:report"
    COPY_SIGN = "copy:sign"
    TASK_MANAGE = "task:manage"
    SEARCH = "search:run"
    CONSULT_ASK = "consultation:ask"
    CONSULT_DECIDE = "consultation:decide"
    CONSULT_READ = "consultation:read"
    CONSULT_REGISTER = "consultation:register"
    EMERGENCY_OPEN = "emergency:open"
    EMERGENCY_REVIEW = "emergency:review"
    SECRECY_CLASSIFY = "secrecy:classify"
    SECRECY_REGISTER = "secrecy:register"
    APPROVAL_VIEW = "approval:view"
    DELEGATE = "delegation:make"
    RECORD_CHANGE = "record:change"
    RECORD_DECIDE = "record:decide"
    SUPPLEMENT_MANAGE = "supplement:manage"
    SUBJECT_MANAGE = "subject:manage"
    CUSTODY_WORK = "custody:work"
    CUSTODY_HOLD = "custody:hold"
    DISPOSAL_ASK = "disposal:ask"
    DISPOSAL_APPROVE = "disposal:approve"
    CRITERIA_RUN = "criteria:run"
    LIST_EXPORT = "list:export"
    PROFILE_MAKE = "profile:make"
    REPORT_VIEW = "report:view"
    ALERT_LIST = "alert:list"
    ALERT_OVERRIDE = "alert:override"
    IMPORT_RUN = "import:run"
    OTHER_SETTLE = "other:settle"
    LINK_REVIEW = "link:review"
    LINK_BATCH = "link:batch"
    EXCHANGE_WORK = "exchange:work"
    EXCHANGE_MANAGE = "exchange:manage"
    PROCEDURE_VIEW = "procedure:view"
    PROCEDURE_EDIT = "procedure:edit"
    CASE_WORK = "case:work"
    CASE_STEER = "case:steer"
    CASE_APPROVE = "case:approve"
    TASK_WORK = "task:work"
    COUNT_VIEW = "count:view"
    CATALOGUE_VIEW = "catalogue:view"
    CATALOGUE_EDIT = "catalogue:edit"
    UNIT_VIEW = "unit:view"
    UNIT_MANAGE = "unit:manage"
    JOURNAL_READ = "journal:read"
    REVIEW_CASE = "review:case"
    WATCH_KEEP = "watch:keep"
    JOURNAL_PRUNE = "journal:prune"
    JOURNAL_ANCHOR = "journal:anchor"
    ACCOUNT_MANAGE = "account:manage"
    GRANT_LEVEL = "grant:level"
    SESSION_END = "session:end"
    POLICY_EDIT = "policy:edit"
    SYSTEM_STATUS = "system:status"


_EVERYONE = frozenset({Action.HOME, Action.OWN_ACCOUNT})
_DESK = frozenset(
    {
        Action.BATCH_LIST,
        Action.BATCH_CREATE,
        Action.SCAN_RECEIVE,
        Action.DESK_WORK,
        Action.DOCUMENT_FILE,
        Action.CADRE_LIST,
        Action.CADRE_CREATE,
        Action.CHECK_WORK,
    }
)
_WORKING = frozenset({Action.PROCEDURE_VIEW, Action.CASE_WORK, Action.TASK_WORK, Action.COUNT_VIEW})
_READING = frozenset({Action.CADRE_LIST, Action.DOSSIER_READ, Action.SEARCH, Action.EMERGENCY_OPEN})
_CONSULTING = frozenset({Action.CONSULT_ASK, Action.CONSULT_READ})
_KEEPING = frozenset({Action.CHECK_REPORT, Action.COPY_SIGN, Action.DOSSIER_EXPORT})

_OFFICE = frozenset(
    {
        Action.RECORD_CHANGE,
        Action.RECORD_DECIDE,
        Action.SUPPLEMENT_MANAGE,
        Action.SUBJECT_MANAGE,
        Action.CUSTODY_WORK,
        Action.CUSTODY_HOLD,
        Action.DISPOSAL_ASK,
        Action.CRITERIA_RUN,
        Action.LIST_EXPORT,
        Action.PROFILE_MAKE,
        Action.REPORT_VIEW,
        Action.ALERT_LIST,
        Action.ALERT_OVERRIDE,
        Action.IMPORT_RUN,
        Action.OTHER_SETTLE,
        Action.LINK_REVIEW,
        Action.LINK_BATCH,
        Action.EXCHANGE_WORK,
        Action.CATALOGUE_VIEW,
        Action.UNIT_VIEW,
        Action.CONSULT_REGISTER,
        Action.SECRECY_CLASSIFY,
        Action.SECRECY_REGISTER,
        Action.APPROVAL_VIEW,
        Action.DELEGATE,
    }
)
_LEADING = frozenset(
    {
        Action.RECORD_DECIDE,
        Action.CUSTODY_HOLD,
        Action.DISPOSAL_APPROVE,
        Action.CRITERIA_RUN,
        Action.REPORT_VIEW,
        Action.ALERT_LIST,
        Action.LINK_REVIEW,
        Action.CONSULT_DECIDE,
        Action.SECRECY_CLASSIFY,
        Action.APPROVAL_VIEW,
        Action.DELEGATE,
    }
)
_GUARDING = frozenset(
    {
        Action.GRANT_LEVEL,
        Action.SESSION_END,
        Action.POLICY_EDIT,
        Action.JOURNAL_PRUNE,
        Action.WATCH_KEEP,
        Action.APPROVAL_VIEW,
        Action.EMERGENCY_REVIEW,
    }
)
_REVIEWING = frozenset(
    {
        Action.JOURNAL_READ,
        Action.JOURNAL_ANCHOR,
        Action.JOURNAL_PRUNE,
        Action.REVIEW_CASE,
        Action.WATCH_KEEP,
        Action.APPROVAL_VIEW,
        Action.EMERGENCY_REVIEW,
    }
)
_UPKEEP = frozenset(
    {
        Action.CATALOGUE_VIEW,
        Action.CATALOGUE_EDIT,
        Action.PROCEDURE_VIEW,
        Action.PROCEDURE_EDIT,
        Action.UNIT_VIEW,
        Action.UNIT_MANAGE,
        Action.EXCHANGE_MANAGE,
    }
)

ROLE_ACTIONS: Mapping[Role, frozenset[Action]] = {
    Role.SCANNING_CLERK: _EVERYONE | _DESK | _CONSULTING | _WORKING,
    Role.RECORDS_OFFICER: _EVERYONE
    | _DESK
    | _READING
    | _CONSULTING
    | _KEEPING
    | _OFFICE
    | _WORKING
    | {Action.TASK_MANAGE, Action.PROCEDURE_EDIT, Action.CASE_STEER},
    Role.LEADER: _EVERYONE
    | _READING
    | _CONSULTING
    | _LEADING
    | _WORKING
    | {Action.TASK_MANAGE, Action.CASE_STEER, Action.CASE_APPROVE},
    Role.SECURITY_REVIEWER: _EVERYONE | _REVIEWING,
    Role.SECURITY_OFFICER: _EVERYONE | _GUARDING,
    Role.ADMINISTRATOR: _EVERYONE
    | _UPKEEP
    | {Action.ACCOUNT_MANAGE, Action.SESSION_END, Action.SYSTEM_STATUS, Action.APPROVAL_VIEW},
}

RECORD_ACTIONS = frozenset(
    {
        Action.BATCH_LIST,
        Action.BATCH_CREATE,
        Action.SCAN_RECEIVE,
        Action.DESK_WORK,
        Action.DOCUMENT_FILE,
        Action.CADRE_LIST,
        Action.CADRE_CREATE,
        Action.DOSSIER_READ,
        Action.SEARCH,
        Action.CONSULT_ASK,
        Action.CONSULT_DECIDE,
        Action.CONSULT_READ,
        Action.CONSULT_REGISTER,
        Action.EMERGENCY_OPEN,
        Action.SECRECY_CLASSIFY,
        Action.SECRECY_REGISTER,
        Action.TASK_MANAGE,
        Action.DOSSIER_EXPORT,
        Action.CHECK_WORK,
        Action.CHECK_REPORT,
        Action.COPY_SIGN,
        Action.RECORD_CHANGE,
        Action.RECORD_DECIDE,
        Action.SUPPLEMENT_MANAGE,
        Action.SUBJECT_MANAGE,
        Action.CUSTODY_WORK,
        Action.CUSTODY_HOLD,
        Action.DISPOSAL_ASK,
        Action.DISPOSAL_APPROVE,
        Action.CRITERIA_RUN,
        Action.LIST_EXPORT,
        Action.PROFILE_MAKE,
        Action.REPORT_VIEW,
        Action.ALERT_LIST,
        Action.ALERT_OVERRIDE,
        Action.IMPORT_RUN,
        Action.OTHER_SETTLE,
        Action.LINK_REVIEW,
        Action.LINK_BATCH,
        Action.EXCHANGE_WORK,
        Action.CASE_WORK,
        Action.CASE_STEER,
        Action.CASE_APPROVE,
        Action.TASK_WORK,
        Action.COUNT_VIEW,
    }
)
"""Actions that touch units, batches or records: they always need a target or a filter by visibility."""

_BEARING = (
    Action.SEARCH,
    Action.CRITERIA_RUN,
    Action.LIST_EXPORT,
    Action.REPORT_VIEW,
    Action.ALERT_LIST,
    Action.ALERT_OVERRIDE,
    Action.DOSSIER_EXPORT,
    Action.COPY_SIGN,
    Action.PROFILE_MAKE,
    Action.CONSULT_READ,
    Action.EMERGENCY_OPEN,
    Action.LINK_REVIEW,
    Action.LINK_BATCH,
    Action.EXCHANGE_WORK,
)
STATE_BARS: Mapping[Action, frozenset[str]] = dict.fromkeys(_BEARING, frozenset({"disposed"}))
"""States of a dossier in which an action is closed to everybody: of what was destroyed only the stub is shown."""
