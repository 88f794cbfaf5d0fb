"""Who may do what: one rule, deny by default.

The rule is role x unit subtree x secrecy x compartment. It is kept as data (:class:`Visibility`) so that the
same value answers yes or no here, becomes SQL in ``oms.store.visible`` and index terms in ``as_index``; a property
test holds the three together. Pure: no clock, no database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum


class Role(StrEnum):
    """The five roles of the first day; one role an account, so that duties stay apart."""

    SCANNING_CLERK = "scanning_clerk"
    RECORDS_OFFICER = "records_officer"
    LEADER = "leader"
    SECURITY_REVIEWER = "security_reviewer"
    ADMINISTRATOR = "administrator"


class Secrecy(IntEnum):
    """State-secret level (Law on protection of state secrets): the higher number is the more secret."""

    NONE = 0
    MAT = 1
    TOI_MAT = 2
    TUYET_MAT = 3


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
    CATALOGUE_VIEW = "catalogue:view"
    CATALOGUE_EDIT = "catalogue:edit"
    UNIT_VIEW = "unit:view"
    UNIT_MANAGE = "unit:manage"
    JOURNAL_READ = "journal:read"
    ACCOUNT_MANAGE = "account:manage"
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
_READING = frozenset({Action.CADRE_LIST, Action.DOSSIER_READ, Action.SEARCH})
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
        Action.CATALOGUE_VIEW,
        Action.UNIT_VIEW,
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
    }
)
_UPKEEP = frozenset(
    {
        Action.CATALOGUE_VIEW,
        Action.CATALOGUE_EDIT,
        Action.UNIT_VIEW,
        Action.UNIT_MANAGE,
    }
)

ROLE_ACTIONS: Mapping[Role, frozenset[Action]] = {
    Role.SCANNING_CLERK: _EVERYONE | _DESK,
    Role.RECORDS_OFFICER: _EVERYONE | _DESK | _READING | _KEEPING | _OFFICE | {Action.TASK_MANAGE},
    Role.LEADER: _EVERYONE | _READING | _LEADING | {Action.TASK_MANAGE},
    Role.SECURITY_REVIEWER: _EVERYONE | {Action.JOURNAL_READ},
    Role.ADMINISTRATOR: _EVERYONE | _UPKEEP | {Action.ACCOUNT_MANAGE, Action.SYSTEM_STATUS},
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
    }
)
"""Actions that touch units, batches or records: they always need a target or a filter by visibility."""


@dataclass(frozen=True)
class Principal:
    """A signed-in person as the rule sees them.

    ``scopes`` are unit paths ("1/3"): each covers its subtree. An empty tuple covers nothing. ``sensitive`` are the
    groups of fields (religion, health ...) they may read; the others are masked (:func:`may_read_field`).
    """

    account_id: str
    username: str
    display_name: str
    role: Role
    unit_id: int
    unit_path: str
    scopes: tuple[str, ...]
    clearance: Secrecy
    compartments: frozenset[str]
    session_ref: str = ""
    address: str = ""
    sensitive: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Target:
    """What is acted on, as the rule sees it: the path of its unit, its level, its compartment ("" = none)."""

    unit_path: str
    secrecy: int = 0
    compartment: str = ""


@dataclass(frozen=True)
class Decision:
    """Yes or no with the reason; the reason goes to the journal, never to the person refused."""

    allowed: bool
    reason: str


def covers(scope: str, path: str) -> bool:
    """True when ``path`` is the scope's unit or lies below it; compares whole path parts ("1/2" not "1/22")."""
    return path == scope or path.startswith(scope + "/")


@dataclass(frozen=True)
class Visibility:
    """The rule for one person and one action, as data. ``units == ()`` sees nothing, never everything."""

    units: tuple[str, ...]
    secrecy: int
    compartments: frozenset[str]

    def failed_clause(self, target: Target) -> str | None:
        """Names the first clause the target fails, or None when it is visible."""
        if not any(covers(scope, target.unit_path) for scope in self.units):
            return "scope"
        if target.secrecy > self.secrecy:
            return "secrecy"
        if target.compartment and target.compartment not in self.compartments:
            return "compartment"
        return None

    def admits(self, target: Target) -> bool:
        """True when every clause holds."""
        return self.failed_clause(target) is None

    def as_index(self) -> dict[str, object]:
        """The ``visible`` value of search_index (contracts.md); ``{}`` sees nothing."""
        units = [unit for unit in self.units if unit]  # in the index "" would be the root: everything
        if not units:
            return {}
        return {
            "units": units,
            "secrecy": self.secrecy,
            "compartments": sorted(self.compartments),
        }


NOTHING = Visibility(units=(), secrecy=-1, compartments=frozenset())


def permits(principal: Principal, action: Action) -> bool:
    """True when the person's role includes the action at all."""
    return action in ROLE_ACTIONS[principal.role]


def visibility(principal: Principal, action: Action) -> Visibility:
    """The records on which ``principal`` may do ``action``; :data:`NOTHING` when the role lacks it."""
    if not permits(principal, action):
        return NOTHING
    return Visibility(tuple(principal.scopes), int(principal.clearance), principal.compartments)


def narrowed(view: Visibility, paths: Sequence[str]) -> Visibility:
    """The same rule for the subtrees of some units only: never more than ``view`` admits."""
    inside = [path for path in paths if any(covers(scope, path) for scope in view.units)]
    inside += [scope for scope in view.units if any(covers(path, scope) for path in paths)]
    return replace(view, units=tuple(dict.fromkeys(inside)))


def may_read_field(principal: Principal, group: str) -> bool:
    """Whether a value of this sensitive group may be shown unmasked; "" is no sensitive group."""
    return not group or group in principal.sensitive


def decide(principal: Principal, action: Action, target: Target | None = None) -> Decision:
    """Decides one action. An action on records without a target is refused: there is no rule-free path."""
    if not permits(principal, action):
        return Decision(False, f"role {principal.role} lacks {action}")
    if target is None:
        if action in RECORD_ACTIONS:
            return Decision(False, f"{action} needs a target")
        return Decision(True, f"role {principal.role}")
    clause = visibility(principal, action).failed_clause(target)
    if clause is not None:
        return Decision(False, f"outside {clause}")
    return Decision(True, f"role {principal.role} within scope, secrecy and compartment")
