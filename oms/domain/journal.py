"""The journal's entries: what is journalled, its columns, the bytes of it that are hashed.

Pure and small so that an auditor can read it whole, as are the tree (``merkle``), its heads (``checkpoints``) and
the verification (``journal_check``). Storing and signing live in ``oms.store``.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum


class Verb(StrEnum):
    """Everything that is journalled, ``subject:action``."""

    SESSION_OPEN = "session:open"
    SESSION_REFUSE = "session:refuse"
    SESSION_CLOSE = "session:close"
    SESSION_BEGIN = "session:begin"
    SESSION_STEP_UP = "session:step-up"
    SESSION_LIST = "session:list"
    SESSION_END = "session:end"
    FACTOR_ADD = "factor:add"
    FACTOR_REMOVE = "factor:remove"
    FACTOR_RESET = "factor:reset"
    RECOVERY_MAKE = "factor:recovery"
    TOKEN_MAKE = "token:make"  # noqa: S105 - a verb, no secret
    TOKEN_END = "token:end"  # noqa: S105 - a verb, no secret
    TOKEN_REFUSE = "token:refuse"  # noqa: S105 - a verb, no secret
    ACCOUNT_VET = "account:vet"
    ACCOUNT_CODE = "account:code"
    PASSWORD_CHANGE = "account:password"  # noqa: S105 - a verb, not a secret
    ACCOUNT_CREATE = "account:create"
    ACCOUNT_CHANGE = "account:change"
    ACCOUNT_LIST = "account:list"
    STATUS_VIEW = "system:status"
    BACKUP_KEY = "backup:key"
    BACKUP_MAKE = "backup:make"
    BACKUP_DRILL = "backup:drill"
    BACKUP_RESTORE = "backup:restore"
    UNIT_CREATE = "unit:create"
    BATCH_CREATE = "batch:create"
    BATCH_CLOSE = "batch:close"
    BATCH_COUNT = "batch:count"
    BATCH_VIEW = "batch:view"
    SCAN_RECEIVE = "scan:receive"
    SCAN_REPEAT = "scan:repeat"
    SCAN_REJECT = "scan:reject"
    SCAN_READ = "scan:read"
    SCAN_RETRY = "scan:retry"
    SCAN_SETTLE = "scan:settle"
    SCANNER_LIST = "scanner:list"
    SCANNER_RUN = "scanner:run"
    SHEET_PRINT = "sheet:print"
    DESK_LIST = "desk:list"
    DESK_OPEN = "desk:open"
    DESK_PAGE = "desk:page"
    PAGE_TURN = "page:turn"
    PAGE_REREAD = "page:reread"
    PAGE_MOVE = "page:move"
    PAGE_MARK = "page:mark"
    WORD_CORRECT = "word:correct"
    FIELD_CONFIRM = "field:confirm"
    DOCUMENT_SAVE = "document:save"
    DOCUMENT_FILE = "document:file"
    DOCUMENT_ASIDE = "document:aside"
    DOCUMENT_UNDO = "document:undo"
    DOCUMENT_SPLIT = "document:split"
    DOCUMENT_JOIN = "document:join"
    CHECK_LIST = "check:list"
    CHECK_OPEN = "check:open"
    CHECK_DECIDE = "check:decide"
    CHECK_SETTLE = "check:settle"
    CHECK_DRAW = "check:draw"
    CHECK_REPORT = "check:report"
    MODEL_TRAIN = "model:train"
    CADRE_LIST = "cadre:list"
    CADRE_CREATE = "cadre:create"
    CADRE_OPEN = "cadre:open"
    DOSSIER_CREATE = "dossier:create"
    DOSSIER_OPEN = "dossier:open"
    DOCUMENT_OPEN = "document:open"
    COPY_MAKE = "copy:make"
    COPY_SIGN = "copy:sign"
    COPY_READ = "copy:read"
    SIGNATURE_CHECK = "signature:check"
    DOSSIER_EXPORT = "dossier:export"
    PAGE_VIEW = "page:view"
    TASK_CREATE = "task:create"
    TASK_CLOSE = "task:close"
    TASK_LIST = "task:list"
    CONSULTATION_ASK = "consultation:ask"
    CONSULTATION_LIST = "consultation:list"
    CONSULTATION_OPEN = "consultation:open"
    CONSULTATION_PREPARE = "consultation:prepare"
    CONSULTATION_DECIDE = "consultation:decide"
    CONSULTATION_CLOSE = "consultation:close"
    CONSULTATION_REVOKE = "consultation:revoke"
    CONSULTATION_READ = "consultation:read"
    CONSULTATION_PRINT = "consultation:print"
    USAGE_VIEW = "usage:view"
    USAGE_REMARK = "usage:remark"
    EMERGENCY_OPEN = "emergency:open"
    EMERGENCY_CLOSE = "emergency:close"
    EMERGENCY_LIST = "emergency:list"
    EMERGENCY_VIEW = "emergency:view"
    EMERGENCY_REVIEW = "emergency:review"
    SEARCH_RUN = "search:run"
    SEARCH_COMPLETE = "search:complete"
    SEARCH_PREVIEW = "search:preview"
    SEARCH_SAVE = "search:save"
    JOURNAL_VIEW = "journal:view"
    JOURNAL_VERIFY = "journal:verify"
    JOURNAL_EXPORT = "journal:export"
    JOURNAL_BEAT = "journal:beat"
    JOURNAL_CLOCK = "journal:clock"
    JOURNAL_ANCHOR = "journal:anchor"
    JOURNAL_PRUNE = "journal:prune"
    JOURNAL_KEY = "journal:key"
    REVIEW_LIST = "review:list"
    REVIEW_OPEN = "review:open"
    REVIEW_NOTE = "review:note"
    REVIEW_DECIDE = "review:decide"
    REVIEW_SIGN = "review:sign"
    REVIEW_WATCH = "review:watch"
    REVIEW_WEIGH = "review:weigh"
    REVIEW_COMPUTE = "review:compute"
    REVIEW_REPORT = "review:report"
    RECORD_TAKE = "record:take"
    RECORD_CONFIRM = "record:confirm"
    RECORD_COMPARE = "record:compare"
    RECORD_HISTORY = "record:history"
    CHANGE_CREATE = "change:create"
    CHANGE_SAVE = "change:save"
    CHANGE_SUBMIT = "change:submit"
    CHANGE_OPEN = "change:open"
    CHANGE_LIST = "change:list"
    CHANGE_DECIDE = "change:decide"
    CHANGE_WITHDRAW = "change:withdraw"
    SUPPLEMENT_CREATE = "supplement:create"
    SUPPLEMENT_CLOSE = "supplement:close"
    SUPPLEMENT_LIST = "supplement:list"
    SUBJECT_ASK = "subject:ask"
    SUBJECT_ANSWER = "subject:answer"
    SUBJECT_LIST = "subject:list"
    SUBJECT_EXTRACT = "subject:extract"
    DOSSIER_PLACE = "dossier:place"
    DOSSIER_LACKS = "dossier:lacks"
    DOSSIER_CLOSE = "dossier:close"
    LOAN_LEND = "loan:lend"
    LOAN_RETURN = "loan:return"
    LOAN_LIST = "loan:list"
    TRANSFER_CREATE = "transfer:create"
    TRANSFER_SEAL = "transfer:seal"
    TRANSFER_RECEIVE = "transfer:receive"
    TRANSFER_REFUSE = "transfer:refuse"
    TRANSFER_LIST = "transfer:list"
    STOCKTAKE_OPEN = "stocktake:open"
    STOCKTAKE_COUNT = "stocktake:count"
    STOCKTAKE_CLOSE = "stocktake:close"
    STOCKTAKE_LIST = "stocktake:list"
    HOLD_SET = "hold:set"
    HOLD_LIFT = "hold:lift"
    DISPOSAL_ASK = "disposal:ask"
    DISPOSAL_DECIDE = "disposal:decide"
    DISPOSAL_LIST = "disposal:list"
    APPROVAL_LIST = "approval:list"
    APPROVAL_ASK = "approval:ask"
    APPROVAL_DECIDE = "approval:decide"
    APPROVAL_WITHDRAW = "approval:withdraw"
    APPROVAL_EXPIRE = "approval:expire"
    POLICY_VIEW = "policy:view"
    POLICY_CHANGE = "policy:change"
    SECRECY_VIEW = "secrecy:view"
    SECRECY_LIST = "secrecy:list"
    SECRECY_CLASSIFY = "secrecy:classify"
    SECRECY_EXTEND = "secrecy:extend"
    SECRECY_LOWER = "secrecy:lower"
    STUB_ENTER = "stub:enter"
    STUB_LIST = "stub:list"
    SECRET_COPY_MAKE = "secret_copy:make"  # noqa: S105 - a verb, not a secret
    SECRET_COPY_END = "secret_copy:end"  # noqa: S105 - a verb, not a secret
    SECRET_COPY_LIST = "secret_copy:list"  # noqa: S105 - a verb, not a secret
    GRANT_LIST = "grant:list"
    GRANT_GIVE = "grant:give"
    GRANT_END = "grant:end"
    GRANT_REVIEW = "grant:review"
    DELEGATION_LIST = "delegation:list"
    DELEGATION_MAKE = "delegation:make"
    DELEGATION_END = "delegation:end"
    DELEGATION_USE = "delegation:use"
    KIN_LIST = "kin:list"
    KIN_DECLARE = "kin:declare"
    KIN_END = "kin:end"
    UNIT_CHANGE = "unit:change"
    UNIT_SUCCEED = "unit:succeed"
    UNIT_LIST = "unit:list"
    CATALOGUE_VIEW = "catalogue:view"
    CATALOGUE_CHANGE = "catalogue:change"
    CATALOGUE_IMPORT = "catalogue:import"
    CATALOGUE_EXPORT = "catalogue:export"
    OTHER_LIST = "other:list"
    OTHER_SETTLE = "other:settle"
    VAULT_CHECK = "vault:check"
    VAULT_REPAIR = "vault:repair"
    INDEX_RENEW = "index:renew"
    VAULT_KEYS = "vault:keys"
    IMPORT_RECEIVE = "import:receive"
    IMPORT_MAP = "import:map"
    IMPORT_CHECK = "import:check"
    IMPORT_FILE = "import:file"
    IMPORT_CANCEL = "import:cancel"
    IMPORT_LIST = "import:list"
    EXCHANGE_LIST = "exchange:list"
    EXCHANGE_OPEN = "exchange:open"
    EXCHANGE_SEND = "exchange:send"
    EXCHANGE_STOP = "exchange:stop"
    EXCHANGE_LEAVE = "exchange:leave"
    EXCHANGE_ARRIVE = "exchange:arrive"
    EXCHANGE_TAKE = "exchange:take"
    EXCHANGE_REFUSE = "exchange:refuse"
    EXCHANGE_ANSWER = "exchange:answer"
    EXCHANGE_MAP = "exchange:map"
    PARTNER_LIST = "partner:list"
    PARTNER_ADD = "partner:add"
    PARTNER_TRUST = "partner:trust"
    PARTNER_REVOKE = "partner:revoke"
    PROFILE_MAKE = "profile:make"
    CRITERIA_RUN = "criteria:run"
    LIST_SAVE = "list:save"
    LIST_EXPORT = "list:export"
    REPORT_VIEW = "report:view"
    REPORT_EXPORT = "report:export"
    ALERT_LIST = "alert:list"
    ALERT_OVERRIDE = "alert:override"
    ALERT_EXPORT = "alert:export"
    LINK_MATCH = "link:match"
    LINK_LIST = "link:list"
    LINK_OPEN = "link:open"
    LINK_ACCEPT = "link:accept"
    LINK_REJECT = "link:reject"
    LINK_UNDO = "link:undo"
    LINK_PROPOSE = "link:propose"
    LINK_KEEP = "link:keep"
    PROCEDURE_SAVE = "procedure:save"
    PROCEDURE_PUBLISH = "procedure:publish"
    PROCEDURE_IMPORT = "procedure:import"
    PROCEDURE_EXPORT = "procedure:export"
    PROCEDURE_PROPOSE = "procedure:propose"
    PROCEDURE_ANSWER = "procedure:answer"
    CASE_RECEIVE = "case:receive"
    CASE_LIST = "case:list"
    CASE_OPEN = "case:open"
    CASE_MOVE = "case:move"
    CASE_PAPER = "case:paper"
    CASE_DRAFT = "case:draft"
    CASE_READ = "case:read"
    CASE_ASK = "case:ask"
    CASE_SAY = "case:say"
    CASE_APPROVE = "case:approve"
    CASE_ISSUE = "case:issue"
    CASE_REMIND = "case:remind"
    DIRECTIVE_SAVE = "directive:save"
    DIRECTIVE_OPEN = "directive:open"
    DIRECTIVE_EXPORT = "directive:export"
    TASK_REPORT = "task:report"
    TASK_CHANGE = "task:change"
    COUNT_VIEW = "count:view"
    COUNT_EXPORT = "count:export"
    COUNT_CONTEST = "count:contest"
    COUNT_ANSWER = "count:answer"
    ROUTE_REFUSE = "route:refuse"


class Outcome(StrEnum):
    """How the act ended."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True)
class Entry:
    """One act. Every stored column is part of the leaf, so no column can be changed unseen.

    ``at`` is UTC, ISO 8601 with milliseconds; ``clock`` counts the machine's milliseconds since it was started, so
    that a wall clock set back shows. ``on_behalf`` is the account acted for, ``actor_id`` the person who really acted.
    ``rule`` is the rule that let it pass or the clause that failed, ``policy`` the version of the rules. ``request`` is
    the number a person can quote. ``pages`` and ``bytes`` are what was served. ``salt`` (16 random bytes, hex) keeps a
    pruned body from being guessed from its leaf hash. ``detail`` is canonical JSON text; it carries ids and counts,
    never names or OCR text. The order of the columns is the order of format 2: it never changes.
    """

    v: int
    seq: int
    at: str
    clock: int
    actor_id: str
    actor_name: str
    on_behalf: str
    role: str
    session: str
    address: str
    request: str
    verb: str
    outcome: str
    rule: str
    policy: str
    object_kind: str
    object_id: str
    object_label: str
    unit_path: str
    secrecy: int
    compartment: str
    purpose: str
    task: str
    reason: str
    pages: int
    bytes: int
    detail: str
    salt: str


FORMAT = 2
"""The format in which rows are written now; rows of format 1 are hashed as they were."""
PRUNED = 0
"""In the place of the format: the body was taken away under two persons; number and leaf hash stay."""
COLUMNS = tuple(part.name for part in fields(Entry))
WHOLE_NUMBERS = ("v", "seq", "clock", "secrecy", "pages", "bytes")
BACK_AT_MOST = timedelta(seconds=2)
SINCE_2 = ("v", "clock", "on_behalf", "request", "rule", "policy", "pages", "bytes")
"""Columns that rows of format 1 do not have: there they are empty, and no part of the leaf."""

SEPARATOR = "\x1f"
"""Unit separator: stands between the columns and in none of them, so that no two rows have the same bytes."""

_object = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def canonical(entry: Entry) -> bytes:
    """The bytes that are hashed, in UTF-8. ValueError for an entry that no format can hold.

    Format 2: all columns in their order, whole numbers in decimal, with one unit separator between each two.
    Format 1: a JSON object of the columns there were, keys sorted, no spaces.
    """
    values = vars(entry)
    if entry.v == FORMAT:
        joined = SEPARATOR.join(map(str, values.values()))
        if joined.count(SEPARATOR) != len(COLUMNS) - 1:
            raise ValueError("a column holds the separator")
        return joined.encode()
    if entry.v != 1:
        raise ValueError(f"no format {entry.v}")
    if any(values[name] for name in SINCE_2 if name != "v"):
        raise ValueError("columns that format 1 does not have")
    return _object({name: value for name, value in values.items() if name not in SINCE_2}).encode()


def set_back(before: str, after: str) -> bool:
    """True when a later row's time lies more than two seconds before an earlier row's: the clock was set back."""
    if after >= before:
        return False
    return datetime.fromisoformat(before) - datetime.fromisoformat(after) > BACK_AT_MOST


def leaf_hash(entry: Entry) -> bytes:
    """RFC 6962 leaf: SHA-256(0x00 || canonical bytes)."""
    return hashlib.sha256(b"\x00" + canonical(entry)).digest()


def pruned(seq: int) -> Entry:
    """What is left of a pruned entry beside its leaf hash: its number."""
    blank = {name: 0 if name in WHOLE_NUMBERS else "" for name in COLUMNS}
    return Entry(**(blank | {"seq": seq}))  # type: ignore[arg-type]
