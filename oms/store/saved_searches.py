"""Kept searches and what was found for them: read under the owner's visibility of the moment."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session, aliased

from oms.domain.access import Visibility
from oms.domain.records import DocumentState
from oms.store import search_feed
from oms.store.saved_search_tables import SavedSearch, SavedSearchHit
from oms.store.search_tables import DocumentText, SearchFeed
from oms.store.tables import Account, Document, Dossier, Unit
from oms.store.visible import visible

_HOME = aliased(Unit)  # made once: what is asked with it is kept compiled


def of_account(session: Session, account_id: str) -> list[SavedSearch]:
    """An account's kept searches by title."""
    return list(session.scalars(_kept(), {"account": account_id}))


@cache
def _kept() -> Select[SavedSearch]:
    """Made once: every page of search asks it."""
    own = select(SavedSearch).where(SavedSearch.account_id == bindparam("account"), SavedSearch.removed_at.is_(None))
    return own.order_by(SavedSearch.title, SavedSearch.id)


def find(session: Session, account_id: str, search_id: str) -> SavedSearch | None:
    """A kept search of the account's own, also one taken away."""
    statement = select(SavedSearch).where(SavedSearch.id == search_id, SavedSearch.account_id == account_id)
    return session.scalar(statement)


def watched(session: Session) -> list[tuple[SavedSearch, Account]]:
    """The searches for which new papers are looked for, with their owners, as far as these still have an account."""
    statement = (
        select(SavedSearch, Account)
        .join(Account, Account.id == SavedSearch.account_id)
        .where(SavedSearch.watched.is_(True), SavedSearch.removed_at.is_(None), Account.active.is_(True))
    )
    return [(row, account) for row, account in session.execute(statement)]


def newly_indexed(session: Session, after: int, upto: int, since: datetime) -> frozenset[str]:
    """Papers filed since a time whose words changed after one position of the search's feed and up to another."""
    statement = select(Document.id).where(Document.state == DocumentState.FILED, Document.filed_at >= since)
    if search_feed.oldest(session) <= after + 1:  # else the feed no longer tells: the day of filing alone does
        statement = statement.where(Document.id.in_(search_feed.changed(after, upto, words_only=True)))
    return frozenset(session.scalars(statement))


def unknown_yet(session: Session, view: Visibility, after: datetime) -> tuple[datetime, int] | None:
    """Of the visible papers filed after a time that the search does not know yet: first filing, last change before it.

    None when it knows them all. Whoever keeps a search now has not been shown these.
    """
    statement = (
        select(func.min(Document.filed_at), func.min(SearchFeed.number))
        .join(Unit, Unit.id == Document.unit_id)
        .join(SearchFeed, (SearchFeed.object_id == Document.id) & (SearchFeed.what == "document"))
        .outerjoin(DocumentText, DocumentText.document_id == Document.id)
        .where(
            Document.state == DocumentState.FILED,
            Document.filed_at >= after,
            DocumentText.document_id.is_(None),
            visible(view, Unit.path, Document),
        )
    )
    first, number = session.execute(statement).one()
    return (first, number - 1) if first is not None else None


def tell(session: Session, search_id: str, papers: Collection[str], at: datetime) -> int:
    """Keeps new papers for a search, each once; returns how many were not there yet."""
    known = select(SavedSearchHit.document_id).where(SavedSearchHit.search_id == search_id)
    fresh = sorted(set(papers) - set(session.scalars(known)))
    if fresh:
        rows = [{"search_id": search_id, "document_id": each, "found_at": at} for each in fresh]
        session.execute(insert(SavedSearchHit), rows)
    return len(fresh)


def reached(session: Session, search_ids: Sequence[str], upto: int) -> None:
    """Writes down up to where was looked for these searches."""
    session.execute(update(SavedSearch).where(SavedSearch.id.in_(list(search_ids))).values(reached=upto))


def counts(session: Session, view: Visibility, account_id: str) -> dict[str, int]:
    """New papers of each kept search of an account, of those that may be seen now."""
    statement = (
        _new(view, SavedSearchHit.search_id, func.count())
        .join(SavedSearch, SavedSearch.id == SavedSearchHit.search_id)
        .where(SavedSearch.account_id == account_id, SavedSearch.removed_at.is_(None))
        .group_by(SavedSearchHit.search_id)
    )
    return {search_id: number for search_id, number in session.execute(statement)}


def new_papers(session: Session, view: Visibility, search_id: str) -> frozenset[str]:
    """New papers of one kept search that may be seen now."""
    statement = _new(view, SavedSearchHit.document_id).where(SavedSearchHit.search_id == search_id)
    return frozenset(session.scalars(statement))


def mark_seen(session: Session, search_id: str, papers: Collection[str], at: datetime) -> None:
    """These papers are no longer new."""
    chosen = SavedSearchHit.search_id == search_id, SavedSearchHit.document_id.in_(sorted(papers))
    session.execute(update(SavedSearchHit).where(*chosen).values(seen_at=at))


def forget_removed(session: Session, before: datetime) -> int:
    """Forgets searches taken away before a time; returns how many."""
    gone = select(SavedSearch.id).where(SavedSearch.removed_at < before)
    session.execute(delete(SavedSearchHit).where(SavedSearchHit.search_id.in_(gone)))
    found = session.execute(delete(SavedSearch).where(SavedSearch.removed_at < before))
    return int(getattr(found, "rowcount", 0))


def _new(view: Visibility, *columns: Any) -> Select[Any]:
    """Hits not seen yet whose paper and dossier may both be seen: as a result of the search would show them."""
    return (
        select(*columns)
        .select_from(SavedSearchHit)
        .join(Document, Document.id == SavedSearchHit.document_id)
        .join(Unit, Unit.id == Document.unit_id)
        .join(Dossier, Dossier.id == Document.dossier_id)
        .join(_HOME, _HOME.id == Dossier.unit_id)
        .where(
            SavedSearchHit.seen_at.is_(None),
            Document.state == DocumentState.FILED,
            visible(view, Unit.path, Document),
            visible(view, _HOME.path, Dossier),
        )
    )
