"""A purpose that comes with each request: the dossier is opened for it once an hour, as at its door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Action, Principal, visibility
from oms.domain.journal import Verb
from oms.errors import Refused
from oms.services import custody
from oms.store import dossiers
from oms.store.db import UnitOfWork
from vietnamese.text import nfc


@dataclass(frozen=True)
class Said:
    """What a program reads a dossier for: a code of the purposes, words, the task it is for ("" = none)."""

    purpose: str
    reason: str
    task_id: str = ""


def open_for(uow: UnitOfWork, principal: Principal, dossier_id: str, said: Said, minutes: int, now: datetime) -> None:
    """Opens the dossier for what was said, or goes on under the program's opening for the very same.

    Refused when it is missing or hidden; InvalidInput when the purpose is not said well enough.
    """
    if dossiers.find_dossier(uow.session, visibility(principal, Action.DOSSIER_READ), dossier_id) is None:
        raise Refused(Verb.DOSSIER_OPEN, kind="dossier", object_id=dossier_id, reason="missing or not visible")
    live = dossiers.live_opening(uow.session, principal.account_id, dossier_id, now, principal.token_id)
    words = " ".join(nfc(said.reason).split())[:500]
    if live is not None and (live.purpose, live.reason, live.task_id or "") == (said.purpose, words, said.task_id):
        return
    custody.open_dossier(uow, principal, dossier_id, said.purpose, said.task_id, said.reason, minutes, now)


def dossier_of(uow: UnitOfWork, principal: Principal, document_id: str) -> str:
    """The dossier of a visible filed paper. Refused otherwise."""
    return custody.dossier_of(uow, principal, document_id)
