"""Who has seen a dossier, for those who keep it or lead there: what each opening showed, page by page counted.

From the journal, cut by what the asker may know of: a look at a paper above their level stays untold, and refusals
are never told, because a refusal would say that somebody thought there was something. Only under a running opening.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Action, Principal, visibility
from oms.domain.journal import Verb
from oms.services import custody
from oms.services.house import What
from oms.services.subject_requests import SEEN_BY
from oms.store import people
from oms.store import subject_requests as store
from oms.store.db import UnitOfWork
from oms.store.tables import JournalEntry

_PAPERS = frozenset({str(Verb.DOCUMENT_OPEN)})
_PAGES = frozenset({str(Verb.PAGE_VIEW), str(Verb.CONSULTATION_READ)})
_OUT = frozenset({str(Verb.COPY_READ), str(Verb.DOSSIER_EXPORT), str(Verb.PROFILE_MAKE), str(Verb.SUBJECT_EXTRACT)})


@dataclass
class Look:
    """One visit: an opening, a consultation, a change at its own door, or a day's other looks."""

    name: str
    unit: str
    first: str
    last: str
    purpose: str
    by_consultation: bool
    papers: int = 0
    pages: int = 0
    out: int = 0


def looks(
    uow: UnitOfWork, principal: Principal, dossier_id: str, limit: int, offset: int, now: datetime
) -> tuple[list[Look], int]:
    """Visits, newest first, and how many there are; journalled. Refused when missing, hidden or not opened."""
    row, opening = custody.opened(uow, principal, dossier_id, Verb.CADRE_OPEN, now)
    view = visibility(principal, Action.DOSSIER_READ)
    objects = store.objects_of(uow.session, dossier_id)
    found: dict[tuple[str, str], Look] = {}
    rows = sorted(store.seen_rows(uow.session, view, objects, [str(verb) for verb in SEEN_BY]), key=lambda e: e[0].seq)
    names = people.names_of(uow.session, {entry.actor_id for entry, _unit in rows})
    for entry, unit in rows:
        _count(found, entry, unit, names.get(entry.actor_id, ""))
    what = What("dossier", dossier_id, row.dossier.number)
    more = {"part": "readers", "offset": offset, "total": len(found)}
    custody.note_under(uow, principal, Verb.CADRE_OPEN, opening, now, what, custody.target_of(row), more)
    newest = sorted(found.values(), key=lambda look: look.first, reverse=True)
    return newest[offset : offset + limit], len(newest)


def _count(found: dict[tuple[str, str], Look], entry: JournalEntry, unit: str, name: str) -> None:
    detail = json.loads(entry.detail)
    visit = next(
        (str(detail[part]) for part in ("opening", "consultation", "change") if detail.get(part)), entry.at[:10]
    )
    look = found.get((entry.actor_id, visit))
    if look is None:
        look = Look(name, unit, entry.at, entry.at, entry.purpose, bool(detail.get("consultation")))
        found[entry.actor_id, visit] = look
    look.last = entry.at
    look.papers += entry.verb in _PAPERS
    look.pages += entry.verb in _PAGES
    look.out += entry.verb in _OUT
