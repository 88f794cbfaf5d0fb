"""The records as the search asks for them: what changed, who may find what, the words for snippets, names.

The index holds words alone; everything that decides who finds a paper is read here, so that a new level, unit or name
counts at the next question. It asks as the program itself, never as a person: what comes out of it is shown to nobody
before the index has cut it to what the reader may see and the store has looked every hit up again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, func, or_, select
from sqlalchemy.orm import Session

from oms.domain.records import DocumentState
from oms.domain.secrecy import may_hold
from oms.store import row_security, search_feed
from oms.store.db import Database
from oms.store.link_tables import LinkPerson
from oms.store.search_tables import DocumentText
from oms.store.tables import Cadre, Document, Dossier, Unit
from oms.store.walking import unindexed
from search_index import Bearer, Changes, Marks, Protection, Text

MOST_FOLLOWED = 20_000
"""Rows of the feed followed one by one; whoever is further behind reads everything anew, which is quicker."""
_AT_ONCE = 5_000
_ENDS = (
    "SELECT (SELECT max(number) FROM search_feed), (SELECT min(number) FROM search_feed), "
    "(SELECT token FROM search_feed ORDER BY number DESC LIMIT 1), (SELECT token FROM search_feed WHERE number = %d)"
)


def person_key() -> ColumnElement[str]:
    """Who a cadre is, across blocks: rows that decisions have linked are shown together; any other stands for itself.

    They are never merged, and the key is shown to nobody.
    """
    linked = select(LinkPerson.person_id).where(LinkPerson.cadre_id == Cadre.id).scalar_subquery()
    return func.coalesce(linked, Cadre.id)


def of_persons(keys: Collection[str] | BindParameter[Any]) -> ColumnElement[bool]:
    """The rows of :func:`person_key` that are among these keys, or among those a statement will be asked for."""
    wanted = keys if isinstance(keys, BindParameter) else sorted(keys)
    linked = select(LinkPerson.cadre_id).where(LinkPerson.person_id.in_(wanted))
    alone = Cadre.id.in_(wanted) & Cadre.id.not_in(select(LinkPerson.cadre_id))
    return or_(Cadre.id.in_(linked), alone)


def area_of(own: str, dossiers: str) -> str:
    """The restricted area a paper is searched in: its own and its dossier's, when these are two."""
    return "+".join(sorted({own, dossiers} - {""}))


def areas_of(held: Collection[str]) -> frozenset[str]:
    """The areas in which whoever holds these finds papers: each of them, and any two of them together."""
    return frozenset(area_of(one, other) for one in held for other in held)


def aliases(other_names: str) -> list[str]:
    """The other names of a cadre, one by one."""
    return [name for name in map(str.strip, other_names.split(";")) if name]


class _Ends(NamedTuple):
    """The feed's newest and oldest number; what stands at the newest, and at the number asked about."""

    newest: int
    oldest: int
    mark: str
    here: str


class StoreSource:
    """The ``Source`` of search_index over the records of an installation. Safe for many threads."""

    def __init__(self, database: Database, zone: str) -> None:
        self._database, self._zone = database, zone

    def changes(self, after: int, mark: str = "") -> Changes:
        """What changed after this position; some looks at an index when nothing did.

        Where something else stands now than what the ``mark`` says, the database was put back: nothing that was known
        counts any more.
        """
        ends = self._ends(after)
        if mark not in ("", ends.here):
            return Changes(ends.newest, None, ends.mark)
        if after == ends.newest:
            return Changes(ends.newest, frozenset(), ends.mark)
        if not 0 <= ends.newest - after <= MOST_FOLLOWED or not 0 <= ends.oldest - 1 <= after:
            return Changes(ends.newest, None, ends.mark)
        with self._snapshot() as session:
            papers = frozenset(search_feed.papers_changed(session, after, ends.newest))
        return Changes(ends.newest, papers, ends.mark)

    def newest(self) -> int:
        """The position now."""
        return self._ends(0).newest

    def marks(self, ids: Collection[str] | None = None) -> Iterable[Marks]:
        """The marks of these filed papers, or of all; a paper is found by whoever may see its dossier, too."""
        where = (Document.id, Unit.path, Document.secrecy, Document.compartment, Document.type_code, Dossier.block)
        levels = (Dossier.secrecy, Dossier.compartment)
        statement = (
            select(*where, Document.issued_on, Dossier.id, person_key(), *levels)
            .join(Unit, Unit.id == Document.unit_id)
            .join(Dossier, Dossier.id == Document.dossier_id)
            .join(Cadre, Cadre.id == Dossier.cadre_id)
        )
        if not may_hold(self._zone, 1):
            statement = statement.where(Document.secrecy <= 0, Dossier.secrecy <= 0)
        days: dict[str, tuple[int | None, int]] = {}
        with self._snapshot() as session:
            for part in _parts(ids):
                state = Document.state if part is None else unindexed(Document.state)
                chosen = statement.where(state == DocumentState.FILED)
                if part is not None:
                    chosen = chosen.where(Document.id.in_(part))
                for id_, unit, secrecy, area, kind, block, issued_on, dossier, person, above, around in session.execute(
                    chosen
                ):
                    if issued_on not in days:
                        days[issued_on] = _dated(issued_on)
                    secrecy, area = max(secrecy, above), area_of(area, around) if around else area
                    yield Marks(id_, unit, secrecy, area, kind, block, days[issued_on][0], dossier, person,
                                days[issued_on][1])  # fmt: skip

    def texts(self, ids: Collection[str]) -> Mapping[str, Text]:
        """The words of these papers as they were indexed."""
        found = {}
        with self._snapshot() as session:
            for part in _parts(ids):
                for id_, title, names, body in session.execute(_texts(), {"ids": part or []}):
                    found[id_] = search_feed.words_of(title, names, body)
        return found

    def bearers(self, persons: Collection[str] | None = None) -> Iterable[Bearer]:
        """Names as written of these persons or of all: of each dossier those its own block knows the person by.

        Each with what protects the dossier itself: of a dossier that may not be seen no name is told.
        """
        protection = (Unit.path, Dossier.secrecy, Dossier.compartment)
        statement = (
            select(person_key(), Dossier.id, Cadre.full_name, Cadre.other_names, *protection)
            .join(Dossier, Dossier.cadre_id == Cadre.id)
            .join(Unit, Unit.id == Dossier.unit_id)
            .order_by(Cadre.created_at, Cadre.id, Dossier.id)
        )
        found: list[Bearer] = []
        with self._snapshot() as session:
            for part in _parts(persons):
                chosen = statement if part is None else statement.where(of_persons(part))
                for person, dossier, full_name, others, unit, secrecy, area in session.execute(chosen):
                    names = tuple(dict.fromkeys([full_name, *aliases(others)]))
                    found.append(Bearer(person, dossier, names, Protection(unit, secrecy, area)))
        return found

    def _ends(self, after: int) -> _Ends:
        """Where the feed ends and what stands there, past SQLAlchemy's session: this is asked before every question."""
        with self._database.bare() as connection:
            cursor = connection.cursor()
            cursor.execute(_ENDS % after)
            newest, oldest, mark, here = cursor.fetchone() or (0, 0, None, None)
            cursor.close()
        return _Ends(newest or 0, oldest or 0, str(mark or ""), str(here or ""))

    @contextmanager
    def _snapshot(self) -> Iterator[Session]:
        with self._database.snapshot() as session:
            row_security.bind_for(session, None)
            yield session


@cache
def _texts() -> Select[str, str, str, bytes]:
    """Made once: a page of results asks it."""
    columns = select(DocumentText.document_id, DocumentText.title, DocumentText.names, DocumentText.body)
    return columns.where(DocumentText.document_id.in_(bindparam("ids", expanding=True)))


def _parts(ids: Collection[str] | None) -> Iterator[list[str] | None]:
    """The ids in portions that fit a statement; None once for all."""
    if ids is None:
        yield None
        return
    wanted = list(ids)
    for start in range(0, len(wanted), _AT_ONCE):
        yield wanted[start : start + _AT_ONCE]


def _dated(issued_on: str) -> tuple[int | None, int]:
    """Year and day as a number (20100500 for "2010-05") of a date that may lack its end."""
    digits = (issued_on + "-00-00")[:10].replace("-", "")
    if not (digits.isascii() and digits.isdecimal() and len(digits) == 8):
        return None, 0
    return int(digits[:4]) or None, int(digits)
