"""What rests on a paper follows it: facts rise with its level, and go when it turns out to be another person's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from oms.errors import InvalidInput
from oms.services import record
from oms.services.record import Keeping
from oms.store import resting as store
from oms.store.db import UnitOfWork
from oms.store.past_walls import past_walls
from oms.store.record_tables import FactRow
from oms.store.tables import Document, Dossier


def rise(uow: UnitOfWork, document: Document, now: datetime) -> int:
    """A paper got a higher level or a compartment: what was taken from it is no longer below it. How many facts."""
    with past_walls(uow.session):  # also facts of another dossier, or of a level, that whoever lifts it does not see
        lifted = store.rise(uow.session, document)
        record.forget_beside(uow, lifted)
        _renew(uow, lifted, now)
    return len(lifted)


def leave(uow: UnitOfWork, document: Document, by: str, now: datetime) -> int:
    """A paper lay in the wrong dossier: facts taken from it were never this person's, and end. How many."""
    with past_walls(uow.session):
        resting = store.facts_on(uow.session, document.id)
        for fact in resting:
            dossier = uow.session.get_one(Dossier, fact.dossier_id)
            record.end(uow, dossier, fact, Keeping(by, now))
    return len(resting)


def require_bare(uow: UnitOfWork, document: Document) -> None:
    """InvalidInput while a record or an open change rests on a paper: it may not slip out from under them."""
    with past_walls(uow.session):
        rests = store.facts_on(uow.session, document.id) or store.proposed_on(uow.session, document.id)
    if rests:
        words = "Lý lịch hoặc một phiếu thay đổi đang dẫn tài liệu này nên không hoàn tác được."
        raise InvalidInput("document", f"{words} Hãy rút mục đó ra, hoặc rút phiếu, rồi làm lại.")


def _renew(uow: UnitOfWork, lifted: Sequence[FactRow], now: datetime) -> None:
    ids = sorted({fact.dossier_id for fact in lifted})
    if ids:
        record.renew(uow, [uow.session.get_one(Dossier, dossier_id) for dossier_id in ids], now)
