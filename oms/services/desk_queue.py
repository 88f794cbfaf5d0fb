"""The order of work at the desk: how much waits, what stands before and after a paper, what to take up next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oms.domain.access import Action, Principal, visibility
from oms.domain.records import DocumentState
from oms.store import papers
from oms.store.db import UnitOfWork
from oms.store.papers import OPEN_STATES as OPEN_STATES


@dataclass(frozen=True)
class Neighbours:
    """A paper's place among those of its batch that wait, counted from 1; "" where there is no neighbour."""

    place: int
    waiting: int
    previous_id: str
    next_id: str


def neighbours(uow: UnitOfWork, principal: Principal, batch_id: str, document_id: str) -> Neighbours:
    """Where the paper stands in its batch's queue, as far as the clerk may see it."""
    order = papers.desk_order(uow.session, visibility(principal, Action.DESK_WORK), batch_id)
    place = order.index(document_id) if document_id in order else 0
    before = order[place - 1] if place > 0 else ""
    after = order[place + 1] if place + 1 < len(order) else ""
    return Neighbours(place + 1, len(order), before, after)


def counts(uow: UnitOfWork, principal: Principal, batch_id: str) -> dict[str, int]:
    """How many papers wait in each part of the queue ("proposed", "orphan"); numbers only, so no row."""
    view = visibility(principal, Action.DESK_WORK)
    states = (DocumentState.PROPOSED, DocumentState.ORPHAN)
    return {str(state): papers.desk_queue(uow.session, view, [state], batch_id, 0, 0)[1] for state in states}


def next_of(uow: UnitOfWork, principal: Principal, batch_id: str, candidates: Sequence[str]) -> str:
    """The first of ``candidates`` that still waits, else the first paper that does, else ""."""
    waiting = papers.desk_order(uow.session, visibility(principal, Action.DESK_WORK), batch_id)
    still = set(waiting)
    return next((name for name in candidates if name in still), waiting[0] if waiting else "")
