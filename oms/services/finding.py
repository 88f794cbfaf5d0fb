"""Finding: a question within what a person may see; every hit is looked up in the database again before it is shown."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from oms.domain.access import Action, Principal, Visibility, permits, visibility
from oms.domain.anchoring import STOPPED_FROM, AnchorLevel
from oms.domain.journal import Outcome, Verb
from oms.domain.records import day_in_hanoi
from oms.domain.secrecy import may_hold
from oms.domain.sent_text import BROKEN, BROKEN_OR_MARK, MARK
from oms.errors import InvalidInput
from oms.services import integrity, named_units
from oms.services.asked_words import require_listed
from oms.services.desk import DeskWord
from oms.services.house import House, note, require_role
from oms.store import found as store
from oms.store import search_feed, units
from oms.store.db import UnitOfWork
from oms.store.found import Paper, Row, Sheet
from oms.store.search_source import areas_of
from oms.store.units import Named as Named
from search_index import Answer, Completion, Filters, Hit, Query, QueryError, SearchError, Visible
from search_index.model import Sort as Sort
from search_index.questions import understand

FACETS = ("type", "block", "unit", "year", "secrecy")
NO_ANSWER = Answer(count=0, complete=False, hits=(), facets={}, suggestions=(), ms=0.0)
"""What is shown when the index cannot be read: nothing found, and it says that it is not complete."""
MOST_OF = 0.6
"""Share of the words found together on the best line that another line needs to be marked too."""
MOST_BOXES = 40
MOST_WORDS = 12
MOST_MATCHING = 1000
"""Papers looked at in one question for a kept search; more are looked at in several."""
MATCHING_MS = 10_000
"""Nobody waits for what is looked for beforehand: it is given time to be whole."""
MOST_TYPED = 200
"""Letters of a question that are kept in the journal."""
Box = tuple[int, int, int, int]
_ROUND = ".,;:()"
"""What stands around a word and is no part of it."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asked:
    """What the search page asks. ``offset`` and ``top`` count persons, each with ``each`` papers at most.

    ``with_before``: with the units that the unit of ``unit_path`` took over. ``linked``: persons with papers in more
    than one block, or in one only. ``missing``: papers whose dossier has none of this type. ``only``: of these papers.
    ``person_of``: of the person of this dossier, in every block.
    """

    text: str
    type_code: str = ""
    block: str = ""
    unit_path: str = ""
    with_before: bool = False
    secrecy: int | None = None
    linked: bool | None = None
    missing: str = ""
    year_from: int | None = None
    year_to: int | None = None
    exact_accents: bool = False
    sort: Sort = "rank"
    only: frozenset[str] | None = None
    person_of: str = ""
    offset: int = 0
    top: int = 20
    each: int = 3
    within_ms: int = 2000

    def question(self) -> dict[str, Any]:
        """What makes up the question, but not which part of its answer; ``Asked(**question)`` asks it again."""
        return {"text": self.text} | self.narrowing()

    def narrowing(self) -> dict[str, Any]:
        """What narrows or orders beside the words, without what is as it always is: for the journal."""
        plain = vars(Asked(""))
        apart = ("text", "offset", "top", "each", "within_ms", "only")
        return {name: value for name, value in vars(self).items() if name not in apart and value != plain[name]}


@dataclass(frozen=True)
class FoundPaper:
    """A hit with its paper, the dossier it lies in, and the page on which its words stand, if that can be told.

    ``words`` are those to be marked there; where they stand is found out when the page is looked at (:func:`standing`).
    """

    hit: Hit
    document: Paper
    row: Row
    page: Sheet | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class FoundPerson:
    """One person's papers, in the order of the best of them, and all their dossiers that may be seen, in every block.

    ``row`` is the dossier of the best paper. ``count``: papers of this person in the whole answer.
    """

    row: Row
    rows: tuple[Row, ...]
    papers: tuple[FoundPaper, ...]
    count: int


@dataclass(frozen=True)
class Found:
    """An answer, grouped by person."""

    answer: Answer
    people: tuple[FoundPerson, ...]
    facets: dict[str, dict[str, int]] = field(default_factory=dict)


def search(house: House, principal: Principal, asked: Asked, now: datetime) -> Found:
    """Searches filed papers within what the person may see; the row with words, filters and ids is durable before.

    Nobody waits for the search: it reads snapshots, and only its row takes the journal's lock. InvalidInput carries the
    query language's one clear message; an unreadable index answers nothing, marked not complete. Hits whose row is no
    longer visible (a paper re-classified a moment ago) are left out: the database decides, not the index.
    """
    found, failure = Found(NO_ANSWER, ()), None
    filters = {name: whole(value) if isinstance(value, str) else value for name, value in asked.narrowing().items()}
    detail: dict[str, Any] = {"query": whole(asked.text)[:MOST_TYPED], "filters": filters, "offset": asked.offset}
    if permits(principal, Action.SEARCH):
        try:
            found = _found(house, principal, asked, now)
        except SearchError as error:
            failure = error
            log.error("search: %s", type(error).__name__)
    shown = [paper.document.id for person in found.people for paper in person.papers]
    detail |= {"error": _named(failure)} if failure else {"count": found.answer.count, "shown": shown}
    with house.read(principal, now) as uow:
        require_role(principal, Action.SEARCH, Verb.SEARCH_RUN)
        note(uow, principal, Verb.SEARCH_RUN, now, detail=detail, outcome=Outcome.FAILED if failure else Outcome.DONE)
    if isinstance(failure, QueryError):
        raise InvalidInput("q", failure.message_vi)
    return found


def complete(house: House, principal: Principal, typed: str, now: datetime) -> tuple[Completion, ...]:
    """Names that go on as typed, of persons with papers the asker may see; what was typed is journalled."""
    names: tuple[Completion, ...] = ()
    kept = whole(typed)
    if permits(principal, Action.SEARCH) and kept == typed:
        with house.look(principal) as uow:
            visible = _as_index(uow, searched(uow, principal, now))
        try:
            names = house.engine.complete(typed, visible)
        except SearchError as error:
            log.error("search: %s", type(error).__name__)
    with house.read(principal, now) as uow:
        require_role(principal, Action.SEARCH, Verb.SEARCH_COMPLETE)
        note(uow, principal, Verb.SEARCH_COMPLETE, now, detail={"typed": kept[:MOST_TYPED], "names": len(names)})
    return names


@dataclass(frozen=True)
class Met:
    """Papers that meet a question. ``whole``: nothing was left out that has to be looked for again later."""

    papers: frozenset[str]
    whole: bool = True


def matching(house: House, principal: Principal, asked: Asked, among: Collection[str], now: datetime) -> Met:
    """Ids of papers among some that this person would find by a question, near hits apart; shown to nobody.

    Nothing for whoever may not search. Not journalled: it is for the program, which shows what is left at a later look.
    Not whole when an answer was cut short, or levels were not searched for want of a witness of the journal.
    """
    if not permits(principal, Action.SEARCH):
        return Met(frozenset())
    wanted, met, whole = sorted(among), [], True
    for start in range(0, len(wanted), MOST_MATCHING):
        only = frozenset(wanted[start : start + MOST_MATCHING])
        with house.look(principal) as uow:
            view = searched(uow, principal, now)
            read, _typed = _read(uow, view, asked)
            query = _query(uow, view, replace(read, only=only, within_ms=MATCHING_MS), now)
            whole &= not _held_back(uow, principal, view)
        answer = house.engine.query(replace(query, grouped=False, facets=(), top=MOST_MATCHING))
        whole &= answer.complete
        met += [hit.id for hit in answer.hits if hit.tier != "near"]
    with house.look(principal) as uow:
        return Met(frozenset(store.papers_of(uow.session, view, met)) if met else frozenset(), whole)


def _held_back(uow: UnitOfWork, principal: Principal, view: Visibility) -> bool:
    """Whether levels are not searched only until the journal has a witness again."""
    return may_hold(uow.zone, 1) and view.secrecy < visibility(principal, Action.SEARCH).secrecy


def require_readable(uow: UnitOfWork, principal: Principal, asked: Asked, now: datetime) -> None:
    """InvalidInput with the query language's one clear message when this could not be asked."""
    try:
        _refuse_broken(asked)
        understand(_read(uow, searched(uow, principal, now), asked)[0].text)
    except QueryError as problem:
        raise InvalidInput("q", problem.message_vi) from None


def load(house: House) -> None:
    """Has the index read what it answers from, with a question of somebody who may see nothing; shown to nobody."""
    try:
        house.engine.query(Query(q="", visible=Visible()))
    except SearchError as error:
        log.info("search: nothing to load (%s)", type(error).__name__)


def newest(uow: UnitOfWork) -> int:
    """The number of the last change that the search was told of."""
    return search_feed.newest(uow.session)


def scope_units(uow: UnitOfWork, principal: Principal) -> tuple[Named, ...]:
    """Units a search can be narrowed to: those in scope."""
    return units.named_within(uow.session, visibility(principal, Action.SEARCH))


def whole(text: str) -> str:
    """The text without what is no letter of any: halves of characters and NUL, which no database or index keeps."""
    return BROKEN.sub(MARK, text)


def _refuse_broken(asked: Asked) -> None:
    """QueryError when a part of the question holds what is no letter."""
    for value in asked.question().values():
        broken = BROKEN_OR_MARK.search(value) if isinstance(value, str) else None
        if broken is not None:
            said = f"Câu tìm có ký tự hỏng ở vị trí {broken.start() + 1}; hãy xoá ký tự đó rồi gõ lại."
            raise QueryError("a broken character", said, broken.span())


def _read(uow: UnitOfWork, view: Visibility, asked: Asked) -> tuple[Asked, named_units.Read]:
    """The question with units' names as paths; QueryError when a name is none or several units'."""
    read = named_units.read(asked.text, lambda: units.named_within(uow.session, view))
    return replace(asked, text=read.text), read


def _named(failure: SearchError) -> str:
    return "syntax" if isinstance(failure, QueryError) else type(failure).__name__


def _found(house: House, principal: Principal, asked: Asked, now: datetime) -> Found:
    _refuse_broken(asked)
    with house.look(principal) as uow:
        view = searched(uow, principal, now)
        asked, read = _read(uow, view, asked)
        query = _query(uow, view, asked, now)
    answer = house.engine.query(query)
    answer = replace(answer, suggestions=tuple(map(read.as_typed, answer.suggestions)))
    with house.look(principal) as uow:  # begun after the answer: what changed meanwhile is seen
        people = _people(uow, view, answer)
    shown = sum(len(person.papers) for person in people)
    gone = len(answer.hits) - shown
    if gone:  # what was counted is no longer all this reader's
        answer = replace(answer, count=answer.count - gone, facets={}, suggestions=())
    return Found(answer, tuple(people), {name: dict(counts) for name, counts in answer.facets.items()})


def searched(uow: UnitOfWork, principal: Principal, now: datetime) -> Visibility:
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


def _as_index(uow: UnitOfWork, view: Visibility) -> Visible:
    seen = Visible.from_json(view.as_index(store.taken_for_withheld(uow.session, view)))
    return replace(seen, compartments=areas_of(seen.compartments))


def _query(uow: UnitOfWork, view: Visibility, asked: Asked, now: datetime) -> Query:
    require_listed(asked.text)
    before = units.with_predecessors(uow.session, asked.unit_path, day_in_hanoi(now)) if asked.with_before else []
    only = asked.only
    if asked.person_of:
        theirs = store.papers_of_person(uow.session, view, asked.person_of)
        only = theirs if only is None else only & theirs
    return Query(
        q=asked.text,
        visible=_as_index(uow, view),
        filters=Filters(
            type=asked.type_code or None,
            block=asked.block or None,
            units=tuple(before) or tuple(filter(None, [asked.unit_path])),
            year_from=asked.year_from,
            year_to=asked.year_to,
            secrecy=asked.secrecy,
            linked=asked.linked,
            missing=tuple(filter(None, [asked.missing])),
            only=only,
        ),
        facets=FACETS,
        top=asked.top,
        offset=asked.offset,
        exact_accents=asked.exact_accents,
        sort=asked.sort,
        grouped=True,
        each=asked.each,
        within_ms=asked.within_ms,
    )


def _people(uow: UnitOfWork, view: Visibility, answer: Answer) -> list[FoundPerson]:
    dossiers = store.of_persons(uow.session, view, {hit.person for hit in answer.hits})
    read = {row.dossier.id: row for rows in dossiers.values() for row in rows}
    known = store.papers_of(uow.session, view, [hit.id for hit in answer.hits], read)
    hits = [hit for hit in answer.hits if hit.id in known]
    placed = _placed(uow, {hit.id: _marked(hit) for hit in hits})
    found: dict[str, list[FoundPaper]] = {}
    for hit in hits:
        found.setdefault(hit.person, []).append(FoundPaper(hit, *known[hit.id], *placed[hit.id]))
    return [
        FoundPerson(
            row=own[0].row,
            rows=tuple(dossiers.get(person, ())) or (own[0].row,),
            papers=tuple(own),
            count=answer.of_person.get(person, len(own)),
        )
        for person, own in found.items()
    ]


def _marked(hit: Hit) -> set[str]:
    return {hit.snippet[start:end].casefold() for start, end in hit.marks}


Place = tuple[Sheet | None, tuple[str, ...]]


def _placed(uow: UnitOfWork, marked: Mapping[str, set[str]]) -> dict[str, Place]:
    """The page of each paper on which its marked words stand together, told from the words as they were indexed.

    No page is looked at word by word here: sixty of them would cost more than the search.
    """
    pages = store.pages_of(uow.session, list(marked))
    texts = search_feed.pages_of_texts(uow.session, [name for name, words in marked.items() if words])
    places: dict[str, Place] = {}
    for name, words in marked.items():
        own = pages.get(name, [])
        shares = [_together(text, words) for text in texts.get(name, ())][: len(own)]
        if any(shares):
            places[name] = own[shares.index(max(shares))], tuple(sorted(words)[:MOST_WORDS])
        else:
            places[name] = next(iter(own), None), ()
    return places


def _together(text: str, marked: set[str]) -> int:
    """How many of the marked words stand together on a line of this page."""
    text, most = text.casefold(), 0
    there = [word for word in marked if word in text]  # most pages hold none: no word of theirs is looked at
    for line in text.split("\n") if there else ():
        if sum(word in line for word in there) > most:
            most = max(most, len(marked.intersection(word.strip(_ROUND) for word in line.split())))
    return most


def _bare(word: str) -> str:
    return word.strip(_ROUND).casefold()


def standing(words: Sequence[DeskWord], sought: Collection[str]) -> tuple[Box, ...]:
    """Boxes of the words looked for on a page, from the lines that hold most of them together.

    A name's middle word stands everywhere; only where it stands with the others is it what was looked for.
    """
    marked = {word.casefold() for word in sought}
    lines: dict[int, dict[str, list[Box]]] = {}
    for word in words:
        text = _bare(word.text)
        if text in marked:
            lines.setdefault(word.line, {}).setdefault(text, []).append(word.box)
    most = max((len(found) for found in lines.values()), default=0)
    kept = [found for found in lines.values() if len(found) >= MOST_OF * most]
    return tuple(box for found in kept for same in found.values() for box in same)[:MOST_BOXES]
