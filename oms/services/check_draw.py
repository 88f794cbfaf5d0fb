"""Which filed papers a second person looks at: all of them once, then a share of the batch drawn by lot."""

from __future__ import annotations

import secrets
from datetime import datetime
from itertools import islice

from oms.domain.access import Action, Principal, Target, decide
from oms.domain.checks import FIRST_STAGE, LAST_STAGE, CheckState, wanted_number
from oms.domain.journal import Verb
from oms.domain.records import day_in_hanoi
from oms.errors import InvalidInput
from oms.services import case_follow
from oms.services.house import What, note
from oms.store import checks, delegations, people
from oms.store import desk as kept
from oms.store.db import UnitOfWork
from oms.store.desk_tables import Check
from oms.store.past_walls import past_walls
from oms.store.tables import Batch, Document, Scan, Unit


def on_filing(uow: UnitOfWork, principal: Principal, document: Document, now: datetime) -> str:
    """Asks for the second look every filed paper gets; returns its id."""
    scan = uow.session.get_one(Scan, document.scan_id)
    case_follow.batch_went_on(uow, principal, scan, now)
    return _add(uow, document.id, scan.batch_id, FIRST_STAGE, principal.account_id, now).id


def _add(uow: UnitOfWork, document_id: str, batch_id: str, stage: int, operator_id: str, now: datetime) -> Check:
    row = Check(
        document_id=document_id,
        batch_id=batch_id,
        stage=stage,
        state=CheckState.WAITING,
        operator_id=operator_id,
        drawn_at=now,
    )
    uow.session.add(row)
    uow.session.flush()
    return row


def take_back(uow: UnitOfWork, document: Document) -> None:
    """Filing is being taken back: the look nobody has taken yet falls away.

    InvalidInput when a second person has looked since the paper was filed: their work is not thrown away.
    """
    for check in checks.of_document(uow.session, document.id):
        if check.state == CheckState.WAITING:
            uow.session.delete(check)
        elif check.checked_at is not None and document.filed_at is not None and check.checked_at >= document.filed_at:
            raise InvalidInput(
                "document",
                "Tài liệu này đã có người thứ hai kiểm tra nên không hoàn tác được nữa; chỗ sai được sửa khi phân xử.",
            )
    uow.session.flush()


def after_decision(uow: UnitOfWork, principal: Principal, batch_id: str, now: datetime) -> None:
    """Draws the next stage by itself when the last look of a stage is done and nothing of the batch is on its way."""
    if not kept.open_papers_of_batch(uow.session, batch_id):
        draw(uow, principal, batch_id, now)


def draw(uow: UnitOfWork, principal: Principal, batch_id: str, now: datetime) -> int:
    """Draws by lot what the batch's shares ask for, of every stage whose earlier one is done; returns how many.

    Papers filed later add to the pile the share is taken of. The lot is the machine's own randomness
    (``secrets.SystemRandom``), so that nobody can know beforehand which papers are looked at. Papers that whoever asks
    may not see are drawn among all the others.
    """
    with past_walls(uow.session):
        return _drawn(uow, principal, batch_id, now)


def _drawn(uow: UnitOfWork, principal: Principal, batch_id: str, now: datetime) -> int:
    batch = uow.session.get_one(Batch, batch_id)
    drawn = 0
    for stage, share in ((2, batch.check_share_2), (LAST_STAGE, batch.check_share_3)):
        if checks.unfinished(uow.session, batch_id, stage - 1):
            break
        candidates, already, total = checks.to_draw_from(uow.session, batch_id, stage)
        number = min(max(wanted_number(total, share) - already, 0), len(candidates))
        secrets.SystemRandom().shuffle(candidates)
        # a look that nobody may take would keep the batch open for ever: such papers are passed over, and told
        chosen = list(islice((paper for paper in candidates if number and _somebody_is_left(uow, paper, now)), number))
        for document in chosen:
            _add(uow, document.id, batch_id, stage, document.filed_by or principal.account_id, now)
        if number:
            unit = uow.session.get_one(Unit, batch.unit_id)
            target = Target(unit.path, batch.secrecy, batch.compartment)
            detail = {"stage": stage, "share": share, "drawn": len(chosen), "wanted": number, "of": total}
            note(uow, principal, Verb.CHECK_DRAW, now, target=target, what=What("batch", batch_id), detail=detail)
        drawn += len(chosen)
    return drawn


def _somebody_is_left(uow: UnitOfWork, document: Document, now: datetime) -> bool:
    """Whether there is a person who may look at the paper and had no hand in it yet."""
    unit = uow.session.get_one(Unit, document.unit_id)
    target = Target(unit.path, document.secrecy, document.compartment)
    for account, _ in people.all_accounts(uow.session):
        side = delegations.side_of(uow.session, {account.id})
        if account.active and checks.had_no_hand(uow.session, document.id, side):
            person = people.principal_of(uow.session, account, today=day_in_hanoi(now))
            if decide(person, Action.CHECK_WORK, target).allowed:
                return True
    return False
