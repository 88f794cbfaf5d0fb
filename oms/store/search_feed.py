"""The feed of what changed for the search, as the indexer reads it, and the words it keeps of each filed paper."""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    bindparam,
    cast,
    delete,
    func,
    insert,
    select,
    union,
)
from sqlalchemy.orm import Session

from oms.domain.records import DocumentState
from oms.domain.secrecy import may_hold
from oms.store.search_tables import DocumentText, SearchFeed
from oms.store.tables import Cadre, Document, Dossier, Page, Unit
from oms.store.walking import unindexed
from search_index import Text

_AT_ONCE = 500
PAGE_BREAK = "\f"
"""Between the pages of a kept text; whoever asks for the text as a whole gets a line break there."""


def newest(session: Session) -> int:
    """The number of the last change; 0 when there was none."""
    return session.scalar(select(func.max(SearchFeed.number))) or 0


def oldest(session: Session) -> int:
    """The number of the first change still told of; 0 when there is none."""
    return session.scalar(select(func.min(SearchFeed.number))) or 0


def waiting(session: Session, after: int) -> int:
    """How many changes stand after a position."""
    return session.scalar(select(func.count()).select_from(SearchFeed).where(SearchFeed.number > after)) or 0


def mark_of(session: Session, number: int) -> str | None:
    """What stands at a position, so that a database that was put back can be told; None when nothing does (any more).

    Position 0 is before everything: it stands as long as the first change does.
    """
    if not number:
        return "" if oldest(session) <= 1 else None
    row = session.get(SearchFeed, number)
    return f"{row.what} {row.object_id} {row.token or ''}".rstrip() if row else None


def changed(after: int, upto: int, words_only: bool = False) -> CompoundSelect[str]:
    """The papers that the changes after one position and up to another are about, also papers that are gone."""

    def rows(what: str) -> Sequence[ColumnElement[bool]]:
        clauses: list[ColumnElement[bool]] = [
            SearchFeed.number > after,
            SearchFeed.number <= upto,
            SearchFeed.what == what,
        ]
        return [*clauses, SearchFeed.words.is_(True)] if words_only else clauses

    of_dossier = select(Document.id).join(SearchFeed, SearchFeed.object_id == Document.dossier_id)
    of_cadre = (
        select(Document.id)
        .join(Dossier, Dossier.id == Document.dossier_id)
        .join(SearchFeed, SearchFeed.object_id == Dossier.cadre_id)
    )
    of_unit = select(Document.id).join(SearchFeed, cast(SearchFeed.object_id, Integer) == Document.unit_id)
    return union(
        select(SearchFeed.object_id).where(*rows("document")),
        of_dossier.where(*rows("dossier")),
        of_cadre.where(*rows("cadre")),
        of_unit.where(*rows("unit")),
    )


def papers_changed(session: Session, after: int, upto: int) -> set[str]:
    """Ids of the papers that changes after one position and up to another are about."""
    return set(session.scalars(changed(after, upto)))


@dataclass(frozen=True)
class Portion:
    """Changes after a position: up to where they go, the mark that stands there, the papers with other words."""

    upto: int
    mark: str
    papers: tuple[str, ...]


def portion(session: Session, after: int, limit: int) -> Portion | None:
    """The next changes, at most ``limit`` rows of the feed; None when there are none."""
    numbers = select(SearchFeed.number).where(SearchFeed.number > after).order_by(SearchFeed.number).limit(limit)
    upto = session.scalar(select(func.max(numbers.subquery().c.number)))
    if upto is None:
        return None
    papers = session.scalars(changed(after, upto, words_only=True))
    return Portion(upto, mark_of(session, upto) or "", tuple(sorted(papers)))


def prune(session: Session, upto: int) -> int:
    """Forgets changes that everybody has long passed; returns how many."""
    gone = session.execute(delete(SearchFeed).where(SearchFeed.number <= upto))
    return int(getattr(gone, "rowcount", 0))


@dataclass(frozen=True)
class Filed:
    """A filed paper with all its index entry is made of but the words on its pages."""

    document: Document
    dossier: Dossier
    cadre: Cadre
    unit: Unit
    pages: tuple[Page, ...]


def filed(session: Session, ids: Collection[str], zone: str) -> dict[str, Filed]:
    """Of these papers the filed ones that may be in this zone, with their pages in reading order."""
    rows = session.execute(
        select(Document, Dossier, Cadre, Unit)
        .join(Dossier, Dossier.id == Document.dossier_id)
        .join(Cadre, Cadre.id == Dossier.cadre_id)
        .join(Unit, Unit.id == Document.unit_id)
        .where(Document.id.in_(list(ids)), unindexed(Document.state) == DocumentState.FILED)
    ).all()
    pages: dict[str, list[Page]] = {row[0].id: [] for row in rows}
    for page in session.scalars(select(Page).where(Page.document_id.in_(list(pages))).order_by(Page.position)):
        pages[page.document_id or ""].append(page)
    return {
        row[0].id: Filed(row[0], row[1], row[2], row[3], tuple(pages[row[0].id]))
        for row in rows
        if may_hold(zone, max(row[0].secrecy, row[1].secrecy))
    }


def there(session: Session, ids: Collection[str]) -> set[str]:
    """Those of these papers that exist, filed or not."""
    return set(session.scalars(select(Document.id).where(Document.id.in_(list(ids)))))


def filed_after(session: Session, document_id: str, limit: int) -> list[str]:
    """Ids of filed papers in their order, after one of them."""
    statement = select(Document.id).where(Document.state == DocumentState.FILED, Document.id > document_id)
    return list(session.scalars(statement.order_by(Document.id).limit(limit)))


def findable(session: Session, zone: str) -> set[str]:
    """Ids of all papers that the index is to hold."""
    statement = (
        select(Document.id, Document.secrecy, Dossier.secrecy)
        .join(Dossier, Dossier.id == Document.dossier_id)
        .where(Document.state == DocumentState.FILED)
    )
    return {document_id for document_id, *levels in session.execute(statement) if may_hold(zone, max(levels))}


def keep_texts(session: Session, texts: Mapping[str, Text]) -> None:
    """Keeps the words of papers as they are about to be indexed; of a paper that is no longer filed, none."""
    filed_now = unindexed(Document.state) == DocumentState.FILED
    still = select(Document.id).where(Document.id.in_(list(texts)), filed_now)
    ids = list(session.scalars(still))
    forget_texts(session, list(texts))
    if ids:
        session.execute(insert(DocumentText), [_row(name, texts[name]) for name in ids])


def forget_texts(session: Session, ids: Sequence[str]) -> None:
    """Forgets the words of these papers."""
    for start in range(0, len(ids), _AT_ONCE):
        session.execute(delete(DocumentText).where(DocumentText.document_id.in_(list(ids[start : start + _AT_ONCE]))))


def texts_kept(session: Session) -> set[str]:
    """Ids of the papers whose words are kept."""
    return set(session.scalars(select(DocumentText.document_id)))


def _row(document_id: str, text: Text) -> dict[str, object]:
    names = json.dumps(text.names, ensure_ascii=False)
    body = zlib.compress(text.body.encode(), 6)
    return {"document_id": document_id, "title": text.title, "names": names, "body": body}


def words_of(title: str, names: str, body: bytes) -> Text:
    """The words as they were kept."""
    return Text(title, tuple(json.loads(names)), _body(body).replace(PAGE_BREAK, "\n"))


def pages_of_texts(session: Session, ids: Sequence[str]) -> dict[str, list[str]]:
    """The words of each page of some papers, as they were indexed."""
    found = session.execute(_bodies(), {"ids": list(ids)})
    return {name: _body(body).split(PAGE_BREAK) for name, body in found}


@cache
def _bodies() -> Select[str, bytes]:
    wanted = DocumentText.document_id.in_(bindparam("ids", expanding=True))
    return select(DocumentText.document_id, DocumentText.body).where(wanted)


def _body(packed: bytes) -> str:
    return zlib.decompress(packed).decode()
