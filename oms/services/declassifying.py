"""Declassification by two persons: asked for here, decided on the page of acts that take two, carried out at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from oms.domain.access import Principal
from oms.domain.approvals import Kind, Line
from oms.domain.catalogue import COMPARTMENTS, SECRECY_LABELS
from oms.domain.journal import Verb
from oms.domain.records import day_in_hanoi
from oms.errors import InvalidInput
from oms.services import approvals, case_follow, classifying
from oms.services.approvals import Wanted
from oms.services.classifying import Agreed, Lowering
from oms.services.house import What
from oms.store.db import UnitOfWork
from oms.store.duty_tables import Approval

KIND_WORDS = {"document": "Độ mật của tài liệu", "dossier": "Độ mật của hồ sơ"}


def ask(uow: UnitOfWork, principal: Principal, wanted: Lowering, now: datetime) -> Approval:
    """Puts a lower level, or the way out of a compartment, before a second person. Nothing falls yet."""
    secret = classifying.check_lowering(uow, principal, wanted, Verb.APPROVAL_ASK)
    lines = [Line(KIND_WORDS[wanted.kind], SECRECY_LABELS[secret.level], SECRECY_LABELS[wanted.level])]
    if wanted.compartment != secret.compartment:
        lines.append(Line("Khu vực hạn chế", COMPARTMENTS.get(secret.compartment, secret.compartment), "không"))
    payload = {
        "kind": wanted.kind,
        "object": wanted.object_id,
        "from": [secret.level, secret.compartment],
        "to": [wanted.level, wanted.compartment],
    }
    what = What(wanted.kind, wanted.object_id, classifying.label_of(secret))
    target = classifying.target_of(secret)
    row = approvals.ask(uow, principal, Wanted(Kind.DECLASSIFY, what, target, wanted.reason, lines, payload), now)
    begun = case_follow.about("declassify", row.id, row.state, secret.dossier, due=day_in_hanoi(row.expires_at))
    case_follow.begin(uow, principal, replace(begun, secrecy=row.secrecy, compartment=row.compartment), now)
    return row


def _carry_out(uow: UnitOfWork, row: Approval, principal: Principal, now: datetime) -> None:
    """InvalidInput when the level is no longer the one that was asked about."""
    said = approvals.payload_of(row)
    level, compartment = said["to"]
    wanted = Lowering(said["kind"], said["object"], int(level), str(compartment), row.reason)
    secret = classifying.check_lowering(uow, principal, wanted, Verb.SECRECY_LOWER)
    if [secret.level, secret.compartment] != said["from"]:
        raise InvalidInput("decision", "Độ mật đã thay đổi từ khi đề nghị; hãy từ chối và lập đề nghị mới.")
    agreed = Agreed(row.id, principal.display_name, row.asked_by)
    classifying.carry_out(uow, principal, wanted, agreed, now)


approvals.register(Kind.DECLASSIFY, _carry_out)
