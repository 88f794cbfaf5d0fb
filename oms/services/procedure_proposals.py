"""Proposals to change a step, form or time of a procedure: made by staff, answered by the owner, shown in a version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Action, Principal, Role
from oms.domain.journal import Verb
from oms.domain.procedures import PART_LABELS
from oms.errors import Conflict, InvalidInput, Refused
from oms.services import notices, procedures
from oms.services.consultations import reaching
from oms.services.house import What, note, require_role
from oms.store import procedures as store
from oms.store import units
from oms.store.case_tables import ProcedureProposal, ProcedureVersion
from oms.store.db import UnitOfWork

LEAST, MOST = 10, 2000


@dataclass(frozen=True)
class Said:
    """A proposal as typed: which part, which step or form it means, and what should change and why."""

    part: str
    place: str
    text: str


def propose(uow: UnitOfWork, principal: Principal, code: str, said: Said, now: datetime) -> ProcedureProposal:
    """Leaves a proposal for the owner of a procedure that is in force."""
    require_role(principal, Action.PROCEDURE_VIEW, Verb.PROCEDURE_PROPOSE)
    version = store.in_force(uow.session, code, procedures.today(now))
    if version is None:
        raise Refused(Verb.PROCEDURE_PROPOSE, kind="procedure", object_id=code[:60], reason="missing")
    text = " ".join(said.text.split())
    if said.part not in PART_LABELS:
        raise InvalidInput("part", "Hãy chọn phần cần sửa.")
    if not LEAST <= len(text) <= MOST:
        raise InvalidInput("text", f"Hãy ghi nội dung góp ý, từ {LEAST} đến {MOST} ký tự.")
    row = ProcedureProposal(
        code=code,
        version_id=version.id,
        part=said.part,
        place=" ".join(said.place.split())[:200],
        text=text,
        by=principal.account_id,
        at=now,
    )
    uow.session.add(row)
    uow.session.flush()
    what = What("procedure_proposal", row.id, code)
    note(uow, principal, Verb.PROCEDURE_PROPOSE, now, what=what, detail={"code": code, "part": said.part})
    told = _owners(uow, version, principal) - principal.persons
    notices.tell(uow, told, "procedure_proposed", "procedure", code, version.title[:80], now)
    return row


def _owners(uow: UnitOfWork, version: ProcedureVersion, asker: Principal) -> frozenset[str]:
    """The records officers who keep a row; where it has no owner, those of the unit it comes from; else administrators.

    Every officer may answer for a row without an owner, and few houses have one whose scope is the whole province.
    """
    unit = units.by_id(uow.session, version.owner_unit_id or asker.unit_id)
    found = reaching(uow, unit.path, Role.RECORDS_OFFICER) if unit else frozenset()
    return found or frozenset(notices.administrators(uow))


def answer(uow: UnitOfWork, principal: Principal, proposal_id: str, taken: bool, words: str, now: datetime) -> None:
    """The owner's answer; a proposal taken up goes into the draft of the next version, which is begun if need be."""
    require_role(principal, Action.PROCEDURE_EDIT, Verb.PROCEDURE_ANSWER)
    row = store.proposal(uow.session, proposal_id)
    if row is None:
        raise Refused(Verb.PROCEDURE_ANSWER, kind="procedure_proposal", object_id=proposal_id[:32], reason="missing")
    found = procedures.show(uow, principal, row.code, "", now)
    if not found.may_edit:
        raise Refused(Verb.PROCEDURE_ANSWER, kind="procedure_proposal", object_id=row.id, reason="outside scope")
    if row.state != "open":
        error = Conflict()
        error.message_vi = "Góp ý này vừa được người khác trả lời."
        raise error
    reply = " ".join(words.split())[:MOST]
    if not taken and len(reply) < LEAST:
        raise InvalidInput("answer", f"Không tiếp thu thì phải nói rõ vì sao, ít nhất {LEAST} ký tự.")
    row.state, row.answer = ("taken" if taken else "declined"), reply
    row.answered_by, row.answered_at = principal.account_id, now
    if taken:
        draft = found.draft or procedures.save_draft(uow, principal, found.line.procedure, 0, "", now)
        row.taken_id = draft.id
    what = What("procedure_proposal", row.id, row.code)
    note(uow, principal, Verb.PROCEDURE_ANSWER, now, what=what, detail={"code": row.code, "state": row.state})
    title = found.line.version.title[:80]
    notices.tell(uow, {row.by} - principal.persons, "procedure_answered", "procedure", row.code, title, now)


def waiting(uow: UnitOfWork, principal: Principal, now: datetime) -> list[ProcedureProposal]:
    """Open proposals on rows this person keeps, oldest first."""
    if principal.role not in (Role.RECORDS_OFFICER, Role.ADMINISTRATOR):
        return []
    open_ones = store.proposals(uow.session, state="open")
    held = {unit.id: unit for unit in units.everything(uow.session)} if open_ones else {}
    found = []
    for row in reversed(open_ones):
        version = store.by_id(uow.session, row.version_id)
        owner = held.get(version.owner_unit_id or 0) if version else None
        if procedures.may_edit(principal, owner):
            found.append(row)
    return found
