"""Where documents live when no application keeps them: in memory, or in one SQLite file beside the index."""

import json
import threading
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pysqlite3 import dbapi2 as sqlite

from search_index.model import Bearer, Changes, Doc, Marks, Source, Text
from vietnamese.text import nfc

Thing = TypeVar("Thing")
_FEED_KEPT = 100_000
_AT_ONCE = 500
_TABLES = """
create table if not exists documents (
  id text primary key, unit text, secrecy integer, compartment text, type text, block text, year integer,
  dossier text, person text, day integer, words blob
) without rowid;
create table if not exists bearers (
  person text, dossier text, name text, at integer, primary key (person, dossier, name)
) without rowid;
create table if not exists feed (number integer primary key autoincrement, id text);
create table if not exists began (number integer);
"""
_INSERT = f"insert or replace into documents values ({', '.join('?' * (len(Marks._fields) + 1))})"  # noqa: S608 - blanks alone
_MARKS = f"select {', '.join(Marks._fields)} from documents"  # noqa: S608 - names of our own columns


class Shelf(Source, Protocol):
    """A source that an engine without an application fills itself."""

    def put(self, docs: Collection[Doc]) -> None:
        """Keep these documents, replacing those with the same id."""

    def take_out(self, ids: Collection[str]) -> None:
        """Forget these documents."""

    def replace(self, portions: Iterable[Collection[Doc]]) -> None:
        """Keep exactly these documents."""


def portions(things: Iterable[Thing], size: int) -> Iterator[list[Thing]]:
    """Yield the things in lists of at most `size`."""
    rest = iter(things)
    while some := list(islice(rest, size)):
        yield some


def bearers_of(docs: Iterable[Doc]) -> list[Bearer]:
    """Return the names of each person the documents are about, dossier by dossier, in the order met."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for doc in docs:
        if doc.person:
            found.setdefault((doc.person, doc.dossier), {}).update(dict.fromkeys(map(nfc, doc.names)))
    return [Bearer(person, dossier, tuple(names)) for (person, dossier), names in found.items()]


class MemorySource:
    """Documents in memory."""

    def __init__(self, docs: Iterable[Doc] = ()) -> None:
        self._docs: dict[str, Doc] = {}
        self._feed: list[str] = []
        self._began = 0
        self._lock = threading.Lock()
        self.put(list(docs))

    def put(self, docs: Collection[Doc]) -> None:
        """Keep these documents, replacing those with the same id."""
        with self._lock:
            for doc in docs:
                self._docs.pop(doc.id, None)
                self._docs[doc.id] = doc
                self._feed.append(doc.id)

    def take_out(self, ids: Collection[str]) -> None:
        """Forget these documents."""
        with self._lock:
            for id_ in ids:
                if self._docs.pop(id_, None) is not None:
                    self._feed.append(id_)

    def replace(self, portions: Iterable[Collection[Doc]]) -> None:
        """Keep exactly these documents."""
        fresh = {doc.id: doc for some in portions for doc in some}
        with self._lock:
            self._docs = fresh
            self._began += len(self._feed) + 1
            self._feed = []

    def changes(self, after: int, mark: str = "") -> Changes:
        """Return what changed after this position."""
        with self._lock:
            position = self._began + len(self._feed)
            if after < self._began:
                return Changes(position, None)
            return Changes(position, frozenset(self._feed[after - self._began :]))

    def marks(self, ids: Collection[str] | None = None) -> Iterable[Marks]:
        """Return the marks of these documents, or of all."""
        return [Marks.of(doc) for doc in self._chosen(ids)]

    def texts(self, ids: Collection[str]) -> Mapping[str, Text]:
        """Return the texts of these documents."""
        return {doc.id: Text(doc.title, doc.names, doc.body) for doc in self._chosen(ids)}

    def bearers(self, persons: Collection[str] | None = None) -> Iterable[Bearer]:
        """Return the names as written of these persons, or of all, dossier by dossier."""
        wanted = None if persons is None else set(persons)
        with self._lock:
            found = bearers_of(self._docs.values())
        return [bearer for bearer in found if wanted is None or bearer.person in wanted]

    def _chosen(self, ids: Collection[str] | None) -> list[Doc]:
        with self._lock:
            if ids is None:
                return list(self._docs.values())
            return [self._docs[id_] for id_ in ids if id_ in self._docs]


class SqliteSource:
    """Documents in one SQLite file, for the library's command line and its tests."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._base = sqlite.connect(str(path), timeout=30, isolation_level=None, check_same_thread=False)
        self._base.execute("pragma journal_mode = wal")
        self._base.execute("pragma synchronous = normal")
        self._base.executescript(_TABLES)
        path.chmod(0o600)

    def close(self) -> None:
        """Let the file go."""
        self._base.close()

    def put(self, docs: Collection[Doc]) -> None:
        """Keep these documents, replacing those with the same id."""
        with self.changing():
            self._put(docs)
            self._base.executemany("insert into feed (id) values (?)", [(doc.id,) for doc in docs])
            self._prune()

    def take_out(self, ids: Collection[str]) -> None:
        """Forget these documents."""
        with self.changing():
            self._base.executemany("delete from documents where id = ?", [(id_,) for id_ in ids])
            self._base.executemany("insert into feed (id) values (?)", [(id_,) for id_ in ids])
            self._prune()

    def replace(self, portions: Iterable[Collection[Doc]]) -> None:
        """Keep exactly these documents, all at once at the end."""
        with self.changing():
            for table in ("documents", "bearers", "feed", "began"):
                self._base.execute(f"delete from {table}")  # noqa: S608 - names of our own tables
            for some in portions:
                self._put(some)
            # The number of this row goes on from the deleted ones: whoever stands before it reads everything anew.
            number = self._base.execute("insert into feed (id) values ('')").lastrowid
            self._base.execute("insert into began values (?)", (number,))

    def changes(self, after: int, mark: str = "") -> Changes:
        """Return what changed after this position."""
        with self._lock:
            position = self._position()
            if after == position:
                return Changes(position, frozenset())
            (began,) = self._base.execute("select coalesce(max(number), 0) from began").fetchone()
            rows = self._base.execute("select id from feed where number > ?", (after,)).fetchall()
        # More than position counts are harmless: they are read again.
        return Changes(position, None if after < began else frozenset(id_ for (id_,) in rows))

    def marks(self, ids: Collection[str] | None = None) -> Iterable[Marks]:
        """Return the marks of these documents, or of all."""
        if ids is None:
            with self._lock:
                return list(map(Marks._make, self._base.execute(_MARKS)))
        return list(map(Marks._make, self._select(f"{_MARKS} where id in", ids)))

    def texts(self, ids: Collection[str]) -> Mapping[str, Text]:
        """Return the texts of these documents."""
        found = {}
        for id_, packed in self._select("select id, words from documents where id in", ids):
            title, names, body = json.loads(zlib.decompress(packed))
            found[id_] = Text(title, tuple(names), body)
        return found

    def bearers(self, persons: Collection[str] | None = None) -> Iterable[Bearer]:
        """Return the names as written of these persons, or of all, dossier by dossier."""
        found: dict[tuple[str, str], list[tuple[int, str]]] = {}
        if persons is None:
            with self._lock:
                rows = self._base.execute("select person, dossier, at, name from bearers").fetchall()
        else:
            rows = list(self._select("select person, dossier, at, name from bearers where person in", persons))
        for person, dossier, at, name in rows:
            found.setdefault((person, dossier), []).append((at, name))
        return [Bearer(*whose, tuple(name for _, name in sorted(own))) for whose, own in found.items()]

    def _position(self) -> int:
        (number,) = self._base.execute("select coalesce(max(number), 0) from feed").fetchone()
        return int(number)

    def _select(self, start: str, values: Collection[str]) -> Iterator[Any]:
        for some in portions(values, _AT_ONCE):
            with self._lock:
                rows = self._base.execute(f"{start} ({', '.join('?' * len(some))})", some).fetchall()
            yield from rows

    def _put(self, docs: Collection[Doc]) -> None:
        rows = [(*Marks.of(doc), _packed(doc)) for doc in docs]
        self._base.executemany(_INSERT, rows)
        named = [(own.person, own.dossier, name, at) for own in bearers_of(docs) for at, name in enumerate(own.names)]
        self._base.executemany("insert or ignore into bearers values (?, ?, ?, ?)", named)

    def _prune(self) -> None:
        # Autoincrement: numbers are never used twice, so a consumer behind the oldest row can tell.
        last = self._position()
        gone = self._base.execute("delete from feed where number <= ?", (last - _FEED_KEPT,)).rowcount
        if gone:
            self._base.execute("delete from began")
            self._base.execute("insert into began values (?)", (last - _FEED_KEPT,))

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Make the changes within all at once at the end, or none of them."""
        with self._lock:
            if self._base.in_transaction:
                yield
                return
            self._base.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._base.execute("rollback")
                raise
            self._base.execute("commit")


def _packed(doc: Doc) -> bytes:
    return zlib.compress(json.dumps([doc.title, doc.names, doc.body], ensure_ascii=False).encode(), 1)
