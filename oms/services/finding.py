"""Finding: the index is a cache filled from the outbox; every answer is checked against the database again."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import datetime

from oms.domain.access import Action, Principal, Visibility, narrowed, visibility
from oms.domain.anchoring import STOPPED_FROM, AnchorLevel
from oms.domain.journal import Outcome, Verb
from oms.domain.records import day_in_hanoi
from oms.domain.secrecy import may_hold
from oms.errors import InvalidInput
from oms.services import integrity
from oms.services.desk import DeskWord, page_words
from oms.services.house import House, note, require_role
from oms.store import dossiers, papers, units
from oms.store.db import UnitOfWork
from oms.store.dossiers import DossierRow
from oms.store.tables import Cadre, Document, Dossier, Page, Unit
from oms.store.visible import papers_withheld
from search_index import Answer, Doc, Filters, Hit, Query, QueryError, SearchError, Visible

PORTION = 25
"""Documents in one index commit: 25 in one cost 89 ms, one by one 25 x 12.5 ms (search.md §3)."""
FACETS = ("type", "block", "year")
NO_ANSWER = Answer(count=0, complete=False, hits=(), facets={}, suggestions=(), ms=0.0)
"""What is shown when the index cannot be read: nothing found, and it says that it is not complete."""
MOST_OF = 0.6
"""Share of the words found together on the best line that another line needs to be marked too."""
Box = tuple[int, int, int, int]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asked:
    """What the search page asks."""

    text: str
    type_code: str = ""
    block: str = ""
    unit_path: str = ""
    with_before: bool = False
    """With the units that the unit of ``unit_path`` took over."""
    year_from: int | None = None
    year_to: int | None = None
    exact_accents: bool = False
    offset: int = 0
    top: int = 20


@dataclass(frozen=True)
class FoundPaper:
    """A hit with its paper and the page on which its words stand, if that can be told."""

    hit: Hit
    document: Document
    page: Page | None
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True)
class FoundPerson:
    """The hits of one dossier together, in the order of the best of them."""

    row: DossierRow
    papers: tuple[FoundPaper, ...]


@dataclass(frozen=True)
class Found:
    """An answer, grouped by person."""

    answer: Answer
    people: tuple[FoundPerson, ...]
    facets: dict[str, dict[str, int]] = field(default_factory=dict)


def search(uow: UnitOfWork, house: House, principal: Principal, asked: Asked, now: datetime) -> Found:
    """Searches filed papers within what the person may see; the words asked are journalled with the result's ids.

    InvalidInput carries the query language's one clear message; an unreadable index answers nothing, marked not
    complete. Hits whose row is no longer visible (a paper
    re-classified a second ago) are left out: the database decides, not the index.
    """
    require_role(principal, Action.SEARCH, Verb.SEARCH_RUN)
    view = view_of_rows = _searched(uow, principal, now)
    several = units.with_predecessors(uow.session, asked.unit_path, day_in_hanoi(now)) if asked.with_before else []
    if asked.unit_path and several:
        view, asked = narrowed(view, several), replace(asked, unit_path="")
    query = Query(
        q=asked.text,
        visible=Visible.from_json(view.as_index(papers_withheld(uow.session, view))),
        filters=Filters(
            type=asked.type_code or None,
            block=asked.block or None,
            unit=asked.unit_path or None,
            year_from=asked.year_from,
            year_to=asked.year_to,
        ),
        facets=FACETS,
        top=asked.top,
        offset=asked.offset,
        exact_accents=asked.exact_accents,
    )
    try:
        answer = house.engine.query(query)
    except QueryError as error:
        about = {"query": asked.text[:200], "error": "syntax"}
        note(uow, principal, Verb.SEARCH_RUN, now, outcome=Outcome.FAILED, detail=about)
        raise InvalidInput("q", error.message_vi) from None
    except SearchError as error:
        log.error("search index: %s", type(error).__name__)
        note(uow, principal, Verb.SEARCH_RUN, now, outcome=Outcome.FAILED, detail={"error": type(error).__name__})
        return Found(NO_ANSWER, ())
    people = _grouped(uow, view_of_rows, answer)
    shown = [paper.document.id for person in people for paper in person.papers]
    gone = len(answer.hits) - len(shown)
    if gone:  # the index lags a second behind: what it counted is no longer all this reader's
        answer = replace(answer, count=answer.count - gone, facets={}, suggestions=())
    detail = {"query": asked.text[:200], "count": answer.count, "shown": shown, "offset": asked.offset}
    note(uow, principal, Verb.SEARCH_RUN, now, detail=detail)
    return Found(answer, tuple(people), {name: dict(found) for name, found in answer.facets.items()})


def _searched(uow: UnitOfWork, principal: Principal, now: datetime) -> Visibility:
    """What is searched: what the person may see; outside an isolated LAN nothing of any level.

    A hit shows words of the paper: while the journal lacks a witness for too long, nothing is searched that may not be
    read then.
    """
    view = visibility(principal, Action.SEARCH)
    if not may_hold(uow.zone, 1):
        return replace(view, secrecy=min(view.secrecy, 0))
    if view.secrecy >= STOPPED_FROM and integrity.anchoring(uow, now).level(now) is AnchorLevel.STOP:
        return replace(view, secrecy=STOPPED_FROM - 1)
    return view


def _grouped(uow: UnitOfWork, view: Visibility, answer: Answer) -> list[FoundPerson]:
    rows: dict[str, DossierRow] = {}
    hits: dict[str, list[FoundPaper]] = {}
    for hit in answer.hits:
        found = papers.find_document(uow.session, view, hit.id)
        if found is None or found[0].state != "filed" or found[0].dossier_id is None:
            continue
        row = rows.get(found[0].dossier_id) or dossiers.find_dossier(uow.session, view, found[0].dossier_id)
        if row is None:
            continue
        rows[row.dossier.id] = row
        hits.setdefault(row.dossier.id, []).append(_placed(uow, hit, found[0]))
    return [FoundPerson(rows[dossier_id], tuple(found)) for dossier_id, found in hits.items()]


def _placed(uow: UnitOfWork, hit: Hit, document: Document) -> FoundPaper:
    """Finds the page and the boxes of the marked words of a snippet."""
    marked = {hit.snippet[start:end].casefold() for start, end in hit.marks}
    pages = papers.pages_of_document(uow.session, document.id)
    words = page_words(uow, pages) if marked else {}
    best, place = (0, 0), pages[0] if pages else None
    boxes: tuple[Box, ...] = ()
    for page in pages:
        together, found = _standing(words.get(page.id, ()), marked)
        if (together, len(found)) > best:
            best, place, boxes = (together, len(found)), page, found
    return FoundPaper(hit, document, place, boxes[:40])


def _standing(words: tuple[DeskWord, ...], marked: set[str]) -> tuple[int, tuple[Box, ...]]:
    """Boxes of the marked words on a page, from the lines that hold most of them together, and how many that is.

    A name's middle word stands everywhere; only where it stands with the others is it what was looked for.
    """
    lines: dict[int, dict[str, list[Box]]] = {}
    for word in words:
        text = word.text.strip(".,;:()").casefold()
        if text in marked:
            lines.setdefault(word.line, {}).setdefault(text, []).append(word.box)
    most = max((len(found) for found in lines.values()), default=0)
    kept = [found for found in lines.values() if len(found) >= MOST_OF * most]
    return most, tuple(box for found in kept for same in found.values() for box in same)


def index_doc(uow: UnitOfWork, document: Document) -> Doc | None:
    """The index entry of a filed paper; None when it is not to be found (any more)."""
    if document.state != "filed" or document.dossier_id is None or not may_hold(uow.zone, document.secrecy):
        return None
    dossier = uow.session.get_one(Dossier, document.dossier_id)
    cadre = uow.session.get_one(Cadre, dossier.cadre_id)
    unit = uow.session.get_one(Unit, document.unit_id)
    pages = papers.pages_of_document(uow.session, document.id)
    words = page_words(uow, pages)
    body = "\n".join(_text(words.get(page.id, ())) for page in pages)
    aliases = [name.strip() for name in cadre.other_names.split(";")]
    names = dict.fromkeys(filter(None, [cadre.full_name, *aliases, document.person_name]))
    year = document.issued_on[:4]
    return Doc(
        id=document.id,
        title=" ".join(filter(None, [document.title, document.number, dossier.number])),
        body=body,
        names=tuple(names),
        block=dossier.block,
        unit=unit.path,
        secrecy=document.secrecy,
        compartment=document.compartment,
        type=document.type_code,
        year=int(year) if year.isdecimal() else None,
    )


def _text(words: tuple[DeskWord, ...]) -> str:
    lines: dict[int, list[str]] = {}
    for word in words:
        lines.setdefault(word.line, []).append(word.text)
    return "\n".join(" ".join(parts) for _line, parts in sorted(lines.items()))


def drain_outbox(house: House) -> int:
    """Brings the index up to the database, a portion at a time; returns how many papers were done.

    Only the one indexer process calls it. A kill between the index commit and the outbox commit repeats a portion.
    """
    done = 0
    while True:
        with house.database.transaction() as session:
            uow = UnitOfWork(session, house.vault, house.settings.models, house.settings.zone)
            requests = papers.outbox(session, PORTION)
            wanted = list(dict.fromkeys(request.document_id for request in requests))
            found = {document_id: session.get(Document, document_id) for document_id in wanted}
            docs = {name: index_doc(uow, row) if row else None for name, row in found.items()}
            taken = [request.id for request in requests]
        if not taken:
            return done
        house.engine.add([doc for doc in docs.values() if doc is not None])
        gone = [name for name, doc in docs.items() if doc is None]
        if gone:
            house.engine.delete(gone)
        with house.database.transaction() as session:
            papers.forget_requests(session, taken)
        done += len(wanted)


def rebuild(house: House) -> int:
    """Empties the index, also one that can no longer be read, and asks for every filed paper anew; returns how many."""
    try:
        house.engine.clear()
    except SearchError as error:
        log.error("search index: %s; made anew", type(error).__name__)
        house.drop_index()
    with house.database.transaction() as session:
        return papers.request_all(session)


def scope_units(uow: UnitOfWork, principal: Principal) -> list[Unit]:
    """Units a search can be narrowed to: those in scope."""
    return units.within(uow.session, visibility(principal, Action.SEARCH))
