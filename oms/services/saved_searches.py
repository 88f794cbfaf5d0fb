"""Kept searches: a question under a name, for its owner alone; told when something new meets it.

What is new is looked for under the rights of that moment, among newly indexed papers alone; what is shown is cut
again by the rights of the moment it is shown. Nobody is told of near hits: they would be others' papers mostly.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from oms.domain.access import Action, Principal, permits
from oms.domain.journal import Verb
from oms.domain.records import day_in_hanoi
from oms.errors import InvalidInput, Refused
from oms.services import finding
from oms.services.finding import Asked, Met
from oms.services.house import House, What, note, require_role
from oms.store import people
from oms.store import saved_searches as store
from oms.store.db import UnitOfWork
from oms.store.saved_search_tables import SavedSearch
from oms.store.tables import Account
from search_index import QueryError, SearchError
from vietnamese.text import nfc

MOST = 50
"""Kept searches of one account."""
PUT_BACK_FOR = timedelta(days=7)
INDEXER_LAG = timedelta(hours=1)
"""A paper filed so long before a search was kept may still have been on its way into the index."""
NOTHING = Met(frozenset())
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kept:
    """A kept search, what it asks, and how many new papers its owner may see."""

    row: SavedSearch
    asked: Asked
    new: int = 0


def kept(uow: UnitOfWork, principal: Principal, now: datetime) -> list[Kept]:
    """The person's own kept searches by name; nothing for whoever may not search (any more)."""
    if not permits(principal, Action.SEARCH):
        return []
    rows = store.of_account(uow.session, principal.account_id)
    if not rows:
        return []
    new = store.counts(uow.session, finding.searched(uow, principal, now), principal.account_id)
    return [Kept(row, asked_of(row), new.get(row.id, 0)) for row in rows]


def asked_of(row: SavedSearch) -> Asked:
    """The question a kept search asks."""
    return Asked(**json.loads(row.asked))


def new_papers(uow: UnitOfWork, principal: Principal, search_id: str, now: datetime) -> frozenset[str]:
    """New papers of a kept search of one's own that may be seen now; none for another's or a missing one."""
    row = store.find(uow.session, principal.account_id, search_id)
    if row is None or row.removed_at is not None:
        return frozenset()
    return store.new_papers(uow.session, finding.searched(uow, principal, now), search_id)


def save(uow: UnitOfWork, principal: Principal, title: str, asked: Asked, watched: bool, now: datetime) -> SavedSearch:
    """Keeps a question under a name. InvalidInput: no name, a name twice, too many, nothing asked, or not readable."""
    require_role(principal, Action.SEARCH, Verb.SEARCH_SAVE)
    question = asked.question()
    if not {name for name, value in question.items() if value} - {"sort"}:
        raise InvalidInput("ten", "Chưa có câu tìm để lưu: hãy gõ từ khoá hoặc chọn bộ lọc.")
    finding.require_readable(uow, principal, asked, now)
    name = _name(uow, principal, title)
    row = SavedSearch(account_id=principal.account_id, title=name, asked=json.dumps(question, ensure_ascii=False))
    row.created_at, row.watched = now, watched
    _from_now_on(uow, principal, row, now)
    uow.session.add(row)
    uow.session.flush()
    _note(uow, principal, row, "save", now, question)
    return row


def change(uow: UnitOfWork, principal: Principal, search_id: str, title: str, watched: bool, now: datetime) -> None:
    """Gives another name, or begins or ends telling of what is new. Refused: missing or another's."""
    row = _own(uow, principal, search_id)
    row.title = _name(uow, principal, title, but=row.id)
    if watched and not row.watched:
        _from_now_on(uow, principal, row, now)
    row.watched = watched
    _note(uow, principal, row, "change", now)


def remove(uow: UnitOfWork, principal: Principal, search_id: str, now: datetime) -> SavedSearch:
    """Takes a kept search away; it can be put back for a week. Refused: missing or another's."""
    row = _own(uow, principal, search_id)
    row.removed_at = now
    _note(uow, principal, row, "remove", now)
    return row


def put_back(uow: UnitOfWork, principal: Principal, search_id: str, now: datetime) -> None:
    """Puts back what was taken away. Refused: missing, another's or never taken away."""
    row = _own(uow, principal, search_id, removed=True)
    row.title = _name(uow, principal, row.title, but=row.id)
    row.removed_at = None
    _note(uow, principal, row, "put back", now)


def mark_seen(uow: UnitOfWork, principal: Principal, search_id: str, now: datetime) -> int:
    """What is new of a kept search is so no longer; returns how many papers. Refused: missing or another's."""
    row = _own(uow, principal, search_id)
    seen = store.new_papers(uow.session, finding.searched(uow, principal, now), search_id)
    store.mark_seen(uow.session, search_id, seen, now)
    _note(uow, principal, row, "seen", now, {"papers": sorted(seen)})
    return len(seen)


def removed(uow: UnitOfWork, principal: Principal, search_id: str) -> SavedSearch | None:
    """A search of one's own that was taken away and can be put back."""
    row = store.find(uow.session, principal.account_id, search_id)
    return row if row is not None and row.removed_at is not None else None


def look(house: House, now: datetime) -> int:
    """Looks among papers indexed since the last look for those that meet watched searches; how many it found."""
    with house.look() as uow:
        rows = store.watched(uow.session)
    if not rows:
        return 0
    upto = house.index.position(house.index.live()).number
    behind = [(row, account) for row, account in rows if row.reached < upto]
    found = {row.id: _found_for(house, row, account, upto, now) for row, account in behind}
    if not behind:
        return 0
    with house.work(None, now) as uow:
        told = sum(store.tell(uow.session, search_id, met.papers, now) for search_id, met in found.items())
        # where something was left out, the next look is at all of it again: what was told of is not told twice
        store.reached(uow.session, [search_id for search_id, met in found.items() if met.whole], upto)
    return told


def tidy(house: House, now: datetime) -> None:
    """Forgets what was taken away more than a week ago."""
    with house.work(None, now) as uow:
        store.forget_removed(uow.session, now - PUT_BACK_FOR)


def _found_for(house: House, row: SavedSearch, account: Account, upto: int, now: datetime) -> Met:
    with house.look() as uow:
        fresh = store.newly_indexed(uow.session, row.reached, upto, row.since)
        owner = people.principal_of(uow.session, account, today=day_in_hanoi(now), now=now) if fresh else None
    if owner is None:
        return NOTHING
    try:
        return finding.matching(house, owner, asked_of(row), fresh, now)
    except SearchError as error:
        log.error("kept search: %s", type(error).__name__)
        # a question that cannot be read never will be; an index that cannot is made anew
        return replace(NOTHING, whole=isinstance(error, QueryError))


def _from_now_on(uow: UnitOfWork, principal: Principal, row: SavedSearch, now: datetime) -> None:
    """What the search has not shown yet is new, what was filed before and only corrected later is not."""
    view = finding.searched(uow, principal, now)
    waiting = store.unknown_yet(uow.session, view, now - INDEXER_LAG)
    row.since, row.reached = waiting or (now, finding.newest(uow))


def _name(uow: UnitOfWork, principal: Principal, title: str, but: str = "") -> str:
    name = " ".join(nfc(finding.whole(title)).split())
    if not 2 <= len(name) <= 120:
        raise InvalidInput("ten", "Hãy đặt tên từ 2 đến 120 ký tự.")
    others = [row for row in store.of_account(uow.session, principal.account_id) if row.id != but]
    if len(others) >= MOST:
        raise InvalidInput("ten", f"Đã lưu {MOST} lần tìm; hãy xoá bớt.")
    if any(row.title == name for row in others):
        raise InvalidInput("ten", "Anh/chị đã có lần tìm mang tên này.")
    return name


def _own(uow: UnitOfWork, principal: Principal, search_id: str, removed: bool = False) -> SavedSearch:
    require_role(principal, Action.SEARCH, Verb.SEARCH_SAVE)
    row = store.find(uow.session, principal.account_id, search_id)
    if row is None or (row.removed_at is not None) is not removed:
        raise Refused(Verb.SEARCH_SAVE, kind="search", object_id=search_id, reason="missing or not the owner")
    return row


def _note(
    uow: UnitOfWork,
    principal: Principal,
    row: SavedSearch,
    act: str,
    now: datetime,
    more: dict[str, object] | None = None,
) -> None:
    detail = {"act": act, "watched": row.watched, **(more or {})}
    note(uow, principal, Verb.SEARCH_SAVE, now, what=What("search", row.id), detail=detail)
