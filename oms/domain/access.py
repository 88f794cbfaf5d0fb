"""Who may do what: one rule, deny by default.

The rule is role x unit subtree x secrecy x compartment x state, less one's own file and one's relatives', plus what was
lent by a consultation or opened in an emergency. It is kept as data (:class:`Visibility`) so that the same value
answers yes or no here, becomes SQL in ``oms.store.visible`` and index terms in ``as_index``; property tests hold the
three together. Pure: no clock, no database.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from oms.domain.actions import RECORD_ACTIONS as RECORD_ACTIONS
from oms.domain.actions import ROLE_ACTIONS as ROLE_ACTIONS
from oms.domain.actions import STATE_BARS as STATE_BARS
from oms.domain.actions import Action as Action
from oms.domain.actions import Role as Role


class Secrecy(IntEnum):
    """State-secret level (Law on protection of state secrets): the higher number is the more secret."""

    NONE = 0
    MAT = 1
    TOI_MAT = 2
    TUYET_MAT = 3


EMERGENCY_LEVEL = Secrecy.TOI_MAT
"""The highest level an emergency opens; Tuyệt mật is never opened that way."""


@dataclass(frozen=True)
class Principal:
    """A signed-in person as the rule sees them, their rights read anew at each request.

    ``scopes`` are unit paths ("1/3"): each covers its subtree. An empty tuple covers nothing. ``sensitive`` are the
    groups of fields (religion, health ...) they may read; the others are masked (:func:`may_read_field`).
    ``withheld`` are dossiers of the person and their relatives, ``consulted`` papers of consultations running now,
    ``emergency`` dossiers opened in an emergency. ``behalf_of`` is the account whose delegated authority is used.
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
    withheld: frozenset[str] = frozenset()
    consulted: frozenset[str] = frozenset()
    emergency: frozenset[str] = frozenset()
    behalf_of: str = ""
    behalf_name: str = ""
    stepped_up: bool = False
    request: str = ""
    """The number of the web request they act in: on error pages and in the journal."""
    token_id: str = ""
    """The token of the program that acts for them; "" is the person at the pages."""

    @property
    def persons(self) -> frozenset[str]:
        """The accounts that stand behind an act: who acts, and whose authority is used."""
        return frozenset({self.account_id, self.behalf_of} - {""})


@dataclass(frozen=True)
class Target:
    """What is acted on, as the rule sees it: the path of its unit, its level, its compartment ("" = none).

    ``dossier_id`` is the dossier it is or lies in, ``document_id`` the paper it is, ``proposed`` the dossiers a paper
    not filed yet seems to belong to; each empty where there is none.
    """

    unit_path: str
    secrecy: int = 0
    compartment: str = ""
    dossier_id: str = ""
    document_id: str = ""
    state: str = ""
    proposed: frozenset[str] = frozenset()


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
    """The rule for one person and one action, as data. ``units == ()`` sees nothing, never everything.

    What is lent (``documents``, ``emergency``) widens the units; an emergency has a level of its own, whatever the
    clearance. Nothing widens a compartment, and nothing reaches what is ``withheld`` or in a ``barred`` state.
    """

    units: tuple[str, ...]
    secrecy: int
    compartments: frozenset[str]
    withheld: frozenset[str] = frozenset()
    documents: frozenset[str] = frozenset()
    emergency: frozenset[str] = frozenset()
    barred: frozenset[str] = frozenset()

    def failed_clause(self, target: Target) -> str | None:
        """Names the first clause the target fails, or None when it is visible."""
        if target.state in self.barred:
            return "state"
        if target.dossier_id in self.withheld or target.proposed & self.withheld:
            return "conflict"
        if target.compartment and target.compartment not in self.compartments:
            return "compartment"
        if target.dossier_id and target.dossier_id in self.emergency and target.secrecy <= EMERGENCY_LEVEL:
            return None
        if target.secrecy > self.secrecy:
            return "secrecy"
        lent = target.document_id in self.documents and target.document_id != ""
        if not lent and not any(covers(scope, target.unit_path) for scope in self.units):
            return "scope"
        return None

    def admits(self, target: Target) -> bool:
        """True when every clause holds."""
        return self.failed_clause(target) is None

    def as_index(self, without: Iterable[str] = ()) -> dict[str, object]:
        """The ``visible`` value of search_index (contracts.md); ``{}`` sees nothing.

        ``without`` are papers withheld beside the dossiers that are. What is lent is not searched.
        """
        units = [unit for unit in self.units if unit]  # in the index "" would be the root: everything
        if not units:
            return {}
        seen: dict[str, object] = {
            "units": units,
            "secrecy": self.secrecy,
            "compartments": sorted(self.compartments),
        }
        kept = sorted({*self.withheld, *without})
        return seen | ({"without": kept} if kept else {})


NOTHING = Visibility(units=(), secrecy=-1, compartments=frozenset())


def permits(principal: Principal, action: Action) -> bool:
    """True when the person's role includes the action at all."""
    return action in ROLE_ACTIONS[principal.role]


def visibility(principal: Principal, action: Action) -> Visibility:
    """The records on which ``principal`` may do ``action``; :data:`NOTHING` when the role lacks it.

    A consultation is read through its own action and shows its papers alone; an emergency opens reading alone.
    """
    if not permits(principal, action):
        return NOTHING
    view = Visibility(
        tuple(principal.scopes),
        int(principal.clearance),
        principal.compartments,
        withheld=principal.withheld,
        barred=STATE_BARS.get(action, frozenset()),
    )
    if action is Action.CONSULT_READ:
        return replace(view, units=(), documents=principal.consulted)
    if action is Action.DOSSIER_READ:
        return replace(view, emergency=principal.emergency)
    return view


def widest(principal: Principal) -> Visibility:
    """What ``principal`` may see by any of their actions: never less than :func:`visibility` of one of them."""
    views = [visibility(principal, action) for action in sorted(RECORD_ACTIONS) if permits(principal, action)]
    if not views:
        return NOTHING
    return Visibility(
        tuple(dict.fromkeys(unit for view in views for unit in view.units)),
        max(view.secrecy for view in views),
        frozenset().union(*(view.compartments for view in views)),
        withheld=frozenset.intersection(*(view.withheld for view in views)),
        documents=frozenset().union(*(view.documents for view in views)),
        emergency=frozenset().union(*(view.emergency for view in views)),
        barred=frozenset.intersection(*(view.barred for view in views)),
    )


def narrowed(view: Visibility, paths: Sequence[str]) -> Visibility:
    """The same rule for the subtrees of some units only: never more than ``view`` admits."""
    inside = [path for path in paths if any(covers(scope, path) for scope in view.units)]
    inside += [scope for scope in view.units if any(covers(path, scope) for path in paths)]
    return replace(view, units=tuple(dict.fromkeys(inside)), documents=frozenset(), emergency=frozenset())


def delegated(acting: Principal, giver: Principal, scopes: Sequence[str]) -> Principal:
    """``acting`` with the authority ``giver`` lent over ``scopes``: never more than either of the two may see.

    The role is the giver's, the level the lower of both, the scopes those of the giver inside what was lent. Files of
    either person's relatives stay closed. Authority that was itself lent is not lent on (law 2018, art. 11).
    """
    if giver.behalf_of:
        return acting
    lent = narrowed(Visibility(giver.scopes, int(giver.clearance), giver.compartments), scopes)
    return replace(
        acting,
        role=giver.role,
        scopes=lent.units,
        clearance=min(acting.clearance, giver.clearance),
        compartments=acting.compartments & giver.compartments,
        sensitive=acting.sensitive & giver.sensitive,
        withheld=acting.withheld | giver.withheld,
        consulted=frozenset(),
        emergency=frozenset(),
        behalf_of=giver.account_id,
        behalf_name=giver.display_name,
    )


def highest(parts: Iterable[tuple[int, str]]) -> tuple[int, tuple[str, ...]]:
    """Level of a list or an export from (secrecy, compartment) of its parts: the highest, and every compartment."""
    found = list(parts)
    return max((secrecy for secrecy, _area in found), default=0), tuple(sorted({area for _level, area in found} - {""}))


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
