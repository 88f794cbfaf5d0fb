"""Indexing: one process follows the feed of what changed and keeps the search index up; made anew beside the old one.

The database decides. Whatever is lost of the index is made from the records again. Whoever is killed has written down
less than was done, never more: a portion is repeated, and nothing is missed.
"""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any, Protocol

from oms.errors import JournalUnavailable
from oms.services import alone, index_care
from oms.services.house import House
from oms.services.index_place import INDEXER, MAKER, Plan, Position
from oms.store import papers, row_security, search_feed
from oms.store.search_feed import Filed
from oms.store.search_source import aliases
from oms.store.server import Ear
from oms.store.tables import WordCorrection
from search_index import Doc, IndexBusyError, IndexFormatError, SearchError, Text, WhooshEngine

log = logging.getLogger(__name__)

PORTION = 25
"""Papers in one commit of changes: 25 in one cost 89 ms, one by one 25 x 12.5 ms."""
PORTION_ANEW = 250
"""Papers in one commit when everything is made anew: nobody waits for the first of them."""
FEED_ROWS = 500
"""Rows of the feed after which the position is written down."""
FEED_KEPT = 100_000
"""Rows of the feed kept behind the slowest index: a process that searches catches up by them."""
PAUSE = 0.025
"""Seconds between two looks at the feed: a look costs a fiftieth of a millisecond."""
AGAIN_AFTER = 1.0
TOLD_OR_AFTER = 1.0
"""Seconds after which a server's feed is looked at although nothing was told."""
TIDY_EVERY = 60.0


class Changing(Protocol):
    """An index that words are put into: the one in force, or one that is being made."""

    def add(self, docs: Iterable[Doc]) -> int:
        """Takes words in."""

    def delete(self, ids: Iterable[str]) -> int:
        """Takes words out."""


Clock = Callable[[], datetime]
Tell = Callable[[int, int], None]
"""Told how many papers are done, and of how many."""


def prepare(house: House) -> None:
    """The first, empty index of an installation without papers; where there are papers, the indexer makes it."""
    try:
        house.index.live()
    except IndexFormatError:
        with house.look() as uow:
            papers_there = papers.filed_count(uow.session)
        if not papers_there:
            rebuild(house)


def drain(house: House) -> int:
    """Brings the index in force up to the database; returns how many papers' words were taken in or out.

    SearchError when there is no index or it is not this database's: it has to be made anew.
    """
    directory = house.index.live()
    with house.index.writing(directory):
        return _catch_up(house, directory, house.engine)


def _catch_up(house: House, directory: Path, engine: Changing) -> int:
    at, done = house.index.position(directory), 0
    while house.source.newest() != at.number:
        with house.look() as uow:
            told = search_feed.mark_of(uow.session, at.number)
            portion = search_feed.portion(uow.session, at.number, FEED_ROWS)
        if told != at.mark or portion is None:
            raise IndexFormatError("the index does not belong to this database as it stands")
        for ids in _portions(portion.papers, PORTION):
            if _take(house, engine, ids):
                house.index.want_purge(directory)
        done += len(portion.papers)
        at = Position(portion.upto, portion.mark)
        house.index.keep_position(directory, at)
    return done


def settle(house: House) -> None:
    """Merges what many changes left of the index in small parts, when none waits: a change must not wait for that."""
    directory, engine = house.index.live(), house.engine
    if not isinstance(engine, WhooshEngine):
        return  # search servers merge by themselves
    with house.index.writing(directory):
        if engine.settle():
            house.index.keep_position(directory, house.index.position(directory))  # and its files have reached the disk


def _portions(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def _take(house: House, engine: Changing, ids: Sequence[str]) -> bool:
    """Takes the words of some papers in, and out of those that are not to be found (any more): one commit each.

    The words are kept in the database first: what the index finds can always be shown. Returns whether one of the
    papers was destroyed: taken out it is found no more, but the files still hold its words.
    """
    with house.look() as uow:
        filed = search_feed.filed(uow.session, ids, house.settings.zone)
        destroyed = len(search_feed.there(uow.session, ids)) < len(ids)
        pages = [page.id for paper in filed.values() for page in paper.pages]
        readings, fixes = papers.readings(uow.session, pages), papers.corrections(uow.session, pages)
    texts = {name: _text(paper, readings, fixes) for name, paper in filed.items()}
    gone = [name for name in ids if name not in filed]
    with house.database.transaction() as session:
        row_security.bind_for(session, None)
        search_feed.keep_texts(session, texts)
        search_feed.forget_texts(session, gone)
    if texts:
        engine.add([_doc(filed[name], text) for name, text in texts.items()])
    if gone:
        engine.delete(gone)
    return destroyed


def _text(paper: Filed, readings: Mapping[str, Any], fixes: Mapping[str, dict[int, WordCorrection]]) -> Text:
    document, cadre = paper.document, paper.cadre
    names = dict.fromkeys(filter(None, [cadre.full_name, *aliases(cadre.other_names), document.person_name]))
    title = " ".join(filter(None, [document.title, document.number, paper.dossier.number]))
    pages = [
        _page_text(readings[page.id]["words"], fixes.get(page.id, {})) if page.id in readings else ""
        for page in paper.pages
    ]
    return Text(title, tuple(names), search_feed.PAGE_BREAK.join(pages))


def _page_text(words: Sequence[Mapping[str, Any]], fixes: Mapping[int, WordCorrection]) -> str:
    """A page's lines as the machine read them with a person's words laid over."""
    lines: dict[int, list[str]] = {}
    for number, word in enumerate(words):
        fix = fixes.get(number)
        lines.setdefault(word["line"], []).append(fix.text if fix is not None and fix.text else word["text"])
    text = "\n".join(" ".join(parts) for _line, parts in sorted(lines.items()))
    return text.replace(search_feed.PAGE_BREAK, " ")


def _doc(paper: Filed, text: Text) -> Doc:
    """The index entry. Who may find it is asked of the records at each question, not of this."""
    document = paper.document
    year = document.issued_on[:4]
    return Doc(
        id=document.id,
        title=text.title,
        body=text.body.replace(search_feed.PAGE_BREAK, "\n"),
        names=text.names,
        block=paper.dossier.block,
        unit=paper.unit.path,
        secrecy=document.secrecy,
        compartment=document.compartment,
        type=document.type_code,
        year=int(year) if year.isdecimal() else None,
        dossier=paper.dossier.id,
    )


def rebuild(house: House, tell: Tell | None = None) -> int:
    """Makes the index anew beside the one in force and puts it in its place; returns how many papers it holds.

    Killed, it goes on where it was when it is called again. IndexBusyError while somebody else makes one.
    """
    house.index.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    with alone.only_one(house.index.root / MAKER) as mine:
        if not mine:
            raise IndexBusyError("the index is being made anew by another process")
        for _first_or_anew in range(2):
            directory = house.index.building()
            begun = house.index.plan(directory) is not None
            try:
                return _make(house, directory, tell or (lambda _done, _of: None))
            except IndexFormatError:
                house.index.drop(directory)  # nothing of it can be used: it begins at the beginning
                if not begun:
                    raise
        raise IndexFormatError("what was begun cannot be used")


def _make(house: House, directory: Path, tell: Tell) -> int:
    plan = house.index.plan(directory)
    with house.look() as uow:
        number, total = search_feed.newest(uow.session), papers.filed_count(uow.session)
        plan = plan or Plan(number, search_feed.mark_of(uow.session, number) or "")
    house.index.keep_plan(directory, plan)
    engine = house.open_building(directory)
    while True:
        with house.look() as uow:
            ids = search_feed.filed_after(uow.session, plan.after, PORTION_ANEW)
        if not ids:
            break
        _take(house, engine, ids)
        plan = replace(plan, after=ids[-1], done=plan.done + len(ids))
        house.index.keep_plan(directory, plan)
        tell(plan.done, total)
    if isinstance(engine, WhooshEngine):
        engine.tidy()  # a segment a portion would cost every question; search servers merge by themselves
    house.index.keep_position(directory, Position(plan.number, plan.mark))
    with house.index.writing(directory):
        _catch_up(house, directory, engine)
    house.put_in_force(directory, engine)
    return plan.done


def waiting(house: House) -> int:
    """How many changes the index in force has not taken in yet; all papers when there is none."""
    with house.look() as uow:
        try:
            return search_feed.waiting(uow.session, house.index.position(house.index.live()).number)
        except IndexFormatError:
            return papers.filed_count(uow.session)


def tidy(house: House) -> None:
    """Removes generations of the index that nobody needs any more, and changes that everybody has passed."""
    with alone.only_one(house.index.root / MAKER) as mine:
        if mine:
            for path in house.index.old():
                house.index.drop(path)
        reached = [house.index.position(house.index.live()).number, *(plan.number for plan in house.index.plans())]
    _purge(house)
    upto = min(reached) - FEED_KEPT
    with house.look() as uow:
        oldest = search_feed.oldest(uow.session)
    if 0 < oldest <= upto:
        with house.database.transaction() as session:
            row_security.bind_for(session, None)
            search_feed.prune(session, upto)


def _purge(house: House) -> None:
    """Writes the files anew when they may hold words of a destroyed paper; changes wait until it is done."""
    directory = house.index.live()
    if house.index.wants_purge(directory):
        with house.index.writing(directory):
            house.engine.purge()
            house.index.keep_position(directory, house.index.position(directory))
            house.index.purged(directory)


class Indexer:
    """Follows the feed; what fails is told in the program's log and tried again."""

    def __init__(self, house: House, clock: Clock) -> None:
        self._house, self._clock = house, clock
        self._tidied = time.monotonic()
        self._settled = False
        self._begun = False
        self._reading = index_care.RollingRead(house.index)

    def round(self) -> bool:
        """One look; False when something did not work."""
        try:
            self._follow()
        except (SearchError, JournalUnavailable, OSError) as error:
            told = error.strerror if isinstance(error, OSError) else ""  # why, and no name of a file
            log.error("indexer: %s", " ".join(filter(None, [type(error).__name__, told])))
            return False
        return True

    def _look(self) -> None:
        if drain(self._house):
            self._settled = False
        elif not self._settled:
            settle(self._house)
            self._settled = True
        directory = self._house.index.live()
        if not self._begun:  # a process that was killed between a merge and its note left no damage
            with self._house.index.writing(directory):
                self._house.index.keep_position(directory, self._house.index.position(directory))
            self._begun = True
        self._reading.step(directory)

    def _follow(self) -> None:
        try:
            self._look()
        except IndexFormatError as error:
            log.error("indexer: %s; made anew", error)
            rebuild(self._house)
            index_care.tell_renewed(self._house, self._clock())
        if time.monotonic() - self._tidied > TIDY_EVERY:
            self._tidied = time.monotonic()
            tidy(self._house)


def run(house: House, clock: Clock) -> int:
    """Indexes until SIGTERM or SIGINT; a second process waits until the first is gone."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    house.index.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    while not stop.is_set():
        with alone.only_one(house.index.root / INDEXER) as mine:
            if not mine:
                stop.wait(AGAIN_AFTER)
                continue
            _follow_until(stop, Indexer(house, clock), house.database.ear())
    return 0


def _follow_until(stop: Event, indexer: Indexer, ear: Ear | None) -> None:
    while not stop.is_set():
        if not indexer.round():
            stop.wait(AGAIN_AFTER)
        elif ear is None:
            stop.wait(PAUSE)
        else:
            ear.wait(stop, TOLD_OR_AFTER)
    if ear is not None:
        ear.close()


def compare(house: House) -> list[str]:
    """Where index and records disagree, in plain words with numbers alone; empty when they agree.

    Papers whose change is still to be taken in are left out.
    """
    try:
        at = house.index.position(house.index.live())
        held = house.engine.ids()
    except SearchError as error:
        return [f"index: {error}; run: oms rebuild-index"]
    with house.look() as uow:
        told = search_feed.mark_of(uow.session, at.number)
        newest = search_feed.newest(uow.session)
        due = search_feed.findable(uow.session, house.settings.zone)
        kept = search_feed.texts_kept(uow.session)
        late = search_feed.papers_changed(uow.session, at.number, newest)
    findings = []
    bad = index_care.damaged(house.index, house.index.live())
    if bad:
        findings.append(f"{len(bad)} of its files are not what was written")
    if told != at.mark or at.number > newest:
        findings.append("it stands where this database has never been")
    for lacking, words in ((due - held, "of the papers are not in it"), (held - due, "in it are not to be found")):
        if lacking - late:
            findings.append(f"{len(lacking - late)} {words}")
    if (due ^ kept) - late:
        findings.append(f"the words of {len((due ^ kept) - late)} papers are not kept as they should be")
    return [f"index: {finding}; run: oms rebuild-index" for finding in findings]
