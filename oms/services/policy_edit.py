"""Changing the access policy: asked by the security officer, decided by a second person of another unit."""

from __future__ import annotations

from datetime import datetime

from oms.domain.access import Action, Principal, Target
from oms.domain.approvals import Kind, Line
from oms.domain.journal import Verb
from oms.domain.policy import LABELS, SETTINGS, UNITS, fits
from oms.errors import InvalidInput
from oms.services import approvals, policy
from oms.services.house import What, note, require
from oms.services.policy import PolicyLine
from oms.store.db import UnitOfWork
from oms.store.duty_tables import AccessPolicy, Approval


def page(uow: UnitOfWork, principal: Principal, now: datetime) -> tuple[PolicyLine, ...]:
    """Every value with its history; a look is a row."""
    require(principal, Action.POLICY_EDIT, Verb.POLICY_VIEW)
    note(uow, principal, Verb.POLICY_VIEW, now)
    return policy.lines(uow, now)


def propose(uow: UnitOfWork, principal: Principal, key: str, value: int, reason: str, now: datetime) -> Approval:
    """Asks for another value. InvalidInput when it does not fit or changes nothing."""
    require(principal, Action.POLICY_EDIT, Verb.POLICY_CHANGE, kind="policy", object_id=key)
    known = SETTINGS.get(key)
    if known is None or not fits(key, value):
        bounds = f" từ {known.lowest} đến {known.highest}" if known else ""
        raise InvalidInput("value", f"Giá trị phải là số nguyên{bounds}.")
    before = policy.value(uow, key, now)
    if before == value:
        raise InvalidInput("value", "Giá trị này đang áp dụng.")
    root = principal.unit_path.split("/")[0]
    line = Line(LABELS[key], f"{before} {UNITS[key]}", f"{value} {UNITS[key]}")
    payload = {"key": key, "value": value, "before": before}
    what = What("policy", key, LABELS[key])
    wanted = approvals.Wanted(Kind.POLICY, what, Target(root), reason, (line,), payload)
    return approvals.ask(uow, principal, wanted, now)


def _carry_out(uow: UnitOfWork, asked: Approval, principal: Principal, now: datetime) -> None:
    wanted = approvals.payload_of(asked)
    key, value = str(wanted["key"]), int(wanted["value"])
    if policy.value(uow, key, now) != wanted["before"]:
        raise InvalidInput("decision", "Giá trị đang áp dụng đã khác lúc đề nghị; hãy từ chối và đề nghị lại.")
    uow.session.add(AccessPolicy(key=key, value=value, valid_from=now, approval_id=asked.id))
    detail = {"key": key, "before": wanted["before"], "value": value, "approval": asked.id}
    note(uow, principal, Verb.POLICY_CHANGE, now, what=What("policy", key, asked.label), detail=detail)


approvals.register(Kind.POLICY, _carry_out)
