"""Other engines with the same papers and readers: stock Whoosh, tantivy, SQLite FTS5.

Each is given the words as ours folds them, ready; each orders by its own ranking, counts exactly and lets nobody see
more than he may, in the quickest way it offers.
"""

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from pysqlite3 import dbapi2 as sqlite
from whoosh import fields
from whoosh import index as whoosh_index
from whoosh import query as wq
from whoosh.analysis import SpaceSeparatedTokenizer

from benchmarks.search_questions import Question
from benchmarks.search_tenfold import ManyTimes
from search_index import Doc, Filters, Query, Visible, WhooshEngine
from search_index.analysis import analyse, forms
from vietnamese.text import syllables

TOP = 20
_AT_ONCE = 2000


class Peer(Protocol):
    """An engine that is measured."""

    name: str

    def missing(self) -> str:
        """Return what has to be installed before it can be asked; "" when it is there."""

    def build(self, papers: Iterable[Doc]) -> float:
        """Take the papers in; return the CPU seconds spent outside this process."""

    def open(self) -> None:
        """Make ready to answer."""

    def ask(self, question: Question, reader: Visible) -> int | None:
        """Answer; return the exact number of papers, None for what it does not offer."""

    def close(self) -> None:
        """Let everything go."""


def texts(doc: Doc) -> tuple[list[str], list[str]]:
    """Return the folded and the written words of a paper in order, fields parted so that no phrase crosses them."""
    parts = [*doc.names, doc.title, doc.body]
    words = [[forms(word) for word in syllables(part)] for part in parts]
    folded, written = [], []
    for at, part in enumerate(words):
        if at:
            folded.append("0parted0")
            written.append("0parted0")
        folded += [own for own, _ in part]
        written += [own for _, own in part]
    return folded, written


def above(unit: str) -> Iterator[str]:
    """Yield the unit and everything above it: 07, 07/3, 07/3/2."""
    parts = unit.split("/")
    for end in range(1, len(parts) + 1):
        yield "/".join(parts[:end])


class Ours:
    """Our engine, with its own shelf of texts beside the index."""

    name = "ours"

    def __init__(self, home: Path, times: int = 1) -> None:
        self.home, self._times = home / "ours", times
        self.partial = 0
        """Answers that said they were partial."""

    def missing(self) -> str:
        """Nothing."""
        return ""

    def build(self, papers: Iterable[Doc]) -> float:
        """Take the papers in."""
        WhooshEngine(self.home).replace_all(papers)
        return 0.0

    def open(self) -> None:
        """Open it."""
        self.engine = WhooshEngine(self.home) if self._times == 1 else ManyTimes(self.home, self._times)
        self.engine.doc_count()

    def ask(self, question: Question, reader: Visible) -> int | None:
        """Ask for a page of ids, no pieces of text."""
        first, last = question.years or (None, None)
        asked = Query(
            question.q,
            reader,
            Filters(type=question.type, year_from=first, year_to=last),
            facets=("type", "unit") if question.facets else (),
            top=TOP,
            exact_accents=question.exact,
            grouped=question.grouped,
            snippets=False,
        )
        found = self.engine.query(asked)
        self.partial += not found.complete
        return found.count if found.complete else None

    def close(self) -> None:
        """Nothing to let go."""


class StockWhoosh:
    """whoosh3's own writer and Searcher: text with positions, the permitted set of a reader computed once."""

    name = "whoosh"

    def __init__(self, home: Path) -> None:
        self.home = home / "whoosh"
        self._allowed: dict[Visible, wq.Query | set[int] | None] = {}

    def missing(self) -> str:
        """Nothing: it is installed for our index's files."""
        return ""

    def build(self, papers: Iterable[Doc]) -> float:
        """Write everything with Whoosh's own analyser and writer."""
        self.home.mkdir()
        text = fields.TEXT(analyzer=SpaceSeparatedTokenizer())
        schema = fields.Schema(
            id=fields.ID(stored=True), f=text, x=text, place=fields.KEYWORD, unit=fields.ID(sortable=True),
            type=fields.ID(sortable=True), secrecy=fields.NUMERIC, compartment=fields.ID, year=fields.NUMERIC,
            person=fields.ID(sortable=True),
        )  # fmt: skip
        writer = whoosh_index.create_in(str(self.home), schema).writer(limitmb=512)
        for doc in papers:
            folded, written = texts(doc)
            writer.add_document(
                id=doc.id, f=" ".join(folded), x=" ".join(written), place=" ".join(above(doc.unit)), unit=doc.unit,
                type=doc.type, secrecy=doc.secrecy, compartment=doc.compartment or "none", year=doc.year,
                person=doc.person,
            )  # fmt: skip
        writer.commit()
        return 0.0

    def open(self) -> None:
        """Open a searcher."""
        self._searcher = whoosh_index.open_dir(str(self.home)).searcher()

    def ask(self, question: Question, reader: Visible) -> int | None:
        """Search within the reader's set."""
        if question.off:
            # Takes seconds for one name at a few thousand papers already.
            return None
        if reader not in self._allowed:
            everything = reader.units == ("",)
            self._allowed[reader] = None if everything else set(self._searcher.docs_for_query(_permission(reader)))
        grouped = ["type", "unit"] if question.facets else "person" if question.grouped else None
        found = self._searcher.search(self._query(question), filter=self._allowed[reader], limit=TOP, groupedby=grouped)
        return len(found)

    def _query(self, question: Question) -> wq.Query:
        if question.prefix:
            return wq.Prefix("f", question.prefix)
        if question.side_by_side:
            return wq.Phrase("x" if question.exact else "f", list(question.side_by_side))
        parts: list[wq.Query] = [wq.Term("f", word) for word in question.must]
        if question.either:
            parts.append(wq.Or([wq.Term("f", word) for word in question.either]))
        parts += [wq.Not(wq.Term("f", word)) for word in question.none]
        if question.type:
            parts.append(wq.Term("type", question.type))
        if question.years:
            parts.append(wq.NumericRange("year", *question.years))
        return wq.And(parts)

    def close(self) -> None:
        """Close the searcher."""
        self._searcher.close()


def _permission(reader: Visible) -> wq.Query:
    units = wq.Or([wq.Term("place", unit) for unit in reader.units])
    held = wq.Or([wq.Term("compartment", name) for name in ("none", *reader.compartments)])
    return wq.And([units, wq.NumericRange("secrecy", 0, reader.secrecy), held])


class Tantivy:
    """tantivy: words with positions, permission as terms; wrong letters as a fuzzy term for each word."""

    name = "tantivy"
    _grams = False

    def __init__(self, home: Path) -> None:
        self.home = home / "tantivy"

    def missing(self) -> str:
        """The package of the measurement alone."""
        return "" if find_spec("tantivy") else "pip install tantivy"

    def build(self, papers: Iterable[Doc]) -> float:
        """Write everything with one thread."""
        import tantivy

        make = tantivy.SchemaBuilder()
        for name in ("f", "x"):
            make.add_text_field(name, tokenizer_name="whitespace", index_option="position")
        for name in ("n", "place", "compartment"):
            make.add_text_field(name, tokenizer_name="raw", index_option="basic")
        for name in ("type", "unit"):
            make.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
        for name in ("secrecy", "year"):
            make.add_integer_field(name, indexed=True, fast=True)
        self.home.mkdir()
        index = tantivy.Index(make.build(), path=str(self.home))
        writer = index.writer(heap_size=256_000_000, num_threads=1)
        for doc in papers:
            folded, written = texts(doc)
            made = tantivy.Document(
                f=" ".join(folded), x=" ".join(written), type=doc.type, unit=doc.unit, secrecy=doc.secrecy,
                year=doc.year or 0, compartment=doc.compartment or "none",
            )  # fmt: skip
            for place in above(doc.unit):
                made.add_text("place", place)
            for gram in analyse(doc).n:
                made.add_text("n", gram)
            writer.add_document(made)
        writer.commit()
        writer.wait_merging_threads()
        return 0.0

    def open(self) -> None:
        """Open a searcher."""
        import tantivy

        self._t = tantivy
        index = tantivy.Index.open(str(self.home))
        index.reload()
        self._schema, self._searcher = index.schema, index.searcher()
        self._allowed: dict[Visible, list[Any]] = {}

    def ask(self, question: Question, reader: Visible) -> int | None:
        """Search with the permission as parts that do not score."""
        if question.grouped:
            return None
        if reader not in self._allowed:
            self._allowed[reader] = self._permission(reader)
        must = self._t.Occur.Must
        narrowing = [*self._allowed[reader]]
        if question.type:
            narrowing.append(self._t.Query.term_query(self._schema, "type", question.type))
        if question.years:
            narrowing.append(self._range("year", *question.years))
        parts = self._parts(question) + [(must, self._t.Query.const_score_query(part, 0.0)) for part in narrowing]
        query = self._t.Query.boolean_query(parts)
        found = self._searcher.search(query, limit=TOP, count=True)
        if question.facets:
            terms = {"type": 100, "unit": 10_000}
            self._searcher.aggregate(
                query, {name: {"terms": {"field": name, "size": size}} for name, size in terms.items()}
            )
        return int(found.count)

    def _parts(self, question: Question) -> list[tuple[Any, Any]]:
        make, schema, occur = self._t.Query, self._schema, self._t.Occur
        if question.prefix:
            return [(occur.Must, make.regex_query(schema, "f", f"{question.prefix}.*"))]
        if question.side_by_side:
            return [(occur.Must, part) for part in self._name(question)]
        parts = [(occur.Must, make.term_query(schema, "f", word)) for word in question.must]
        parts += [(occur.MustNot, make.term_query(schema, "f", word)) for word in question.none]
        if question.either:
            any_of = [(occur.Should, make.term_query(schema, "f", word)) for word in question.either]
            parts.append((occur.Must, make.boolean_query(any_of)))
        return parts

    def _name(self, question: Question) -> list[Any]:
        make, words = self._t.Query, list(question.side_by_side)
        if question.off:
            return [make.fuzzy_term_query(self._schema, "f", word, distance=1) for word in words]
        return [make.phrase_query(self._schema, "x" if question.exact else "f", words)]

    def _range(self, name: str, first: int, last: int) -> Any:
        return self._t.Query.range_query(self._schema, name, self._t.FieldType.Integer, first, last)

    def _permission(self, reader: Visible) -> list[Any]:
        if reader.units == ("",):
            return []
        make = self._t.Query
        held = ["none", *reader.compartments]
        return [
            make.term_set_query(self._schema, "place", list(reader.units)),
            make.term_set_query(self._schema, "compartment", held),
            self._range("secrecy", 0, reader.secrecy),
        ]

    def close(self) -> None:
        """Nothing to let go."""


class TantivyGrams(Tantivy):
    """The same index asked as ours does: a name is one term of a field of name grams, wrong letters one fuzzy term."""

    name = "tantivy-n"

    def build(self, papers: Iterable[Doc]) -> float:
        """Nothing: it stands in the other's index."""
        return 0.0

    def ask(self, question: Question, reader: Visible) -> int | None:
        """Answer questions that are names alone."""
        if not question.side_by_side or question.exact:
            return None
        return super().ask(question, reader)

    def _name(self, question: Question) -> list[Any]:
        gram = "_".join(question.side_by_side)
        if question.off:
            return [self._t.Query.fuzzy_term_query(self._schema, "n", gram, distance=question.off)]
        return [self._t.Query.term_query(self._schema, "n", gram)]


class Fts5:
    """SQLite FTS5 without contents, joined to a table of marks."""

    name = "fts5"

    def __init__(self, home: Path) -> None:
        self.home = home / "fts5"

    def missing(self) -> str:
        """Nothing: it is in the SQLite we use."""
        return ""

    def build(self, papers: Iterable[Doc]) -> float:
        """Write everything in one transaction and merge the index."""
        self.home.mkdir()
        base = sqlite.connect(str(self.home / "papers.db"))
        base.execute("pragma journal_mode = off")
        tokens = "unicode61 remove_diacritics 0"
        base.execute(f"create virtual table words using fts5(f, x, content='', prefix=3, tokenize='{tokens}')")
        base.execute("create table marks(n integer primary key, unit, secrecy, compartment, type, year, person)")
        for number, doc in enumerate(papers, 1):
            folded, written = texts(doc)
            base.execute("insert into words(rowid, f, x) values (?, ?, ?)", (number, *map(" ".join, (folded, written))))
            row = (number, doc.unit, doc.secrecy, doc.compartment, doc.type, doc.year, doc.person)
            base.execute("insert into marks values (?, ?, ?, ?, ?, ?, ?)", row)
        base.execute("insert into words(words) values ('optimize')")
        base.commit()
        base.close()
        return 0.0

    def open(self) -> None:
        """Open it with room for all of it in memory."""
        self._base = sqlite.connect(str(self.home / "papers.db"))
        self._base.execute("pragma cache_size = -1000000")
        self._base.execute("pragma mmap_size = 4000000000")

    def ask(self, question: Question, reader: Visible) -> int | None:
        """Ask by bm25, counting over the same rows."""
        if question.off:
            return None
        where, values = _narrowed(question, reader)
        rows = f"from words join marks on n = words.rowid where words match ? {where}"
        asked = (_match(question), *values)
        if question.grouped:
            found = self._base.execute(
                f"with hits as materialized (select person, rank as best {rows}) "
                "select person, count(*), sum(count(*)) over () from hits group by person order by min(best) limit 20",
                asked,
            ).fetchall()
            return int(found[0][2]) if found else 0
        page = self._base.execute(f"select n, count(*) over () {rows} order by rank limit {TOP}", asked).fetchall()
        if question.facets:
            self._base.execute(
                f"with hits as materialized (select type, unit {rows}) select type, count(*) from hits group by type "
                "union all select unit, count(*) from hits group by unit",
                asked,
            ).fetchall()
        return int(page[0][1]) if page else 0

    def close(self) -> None:
        """Close the file."""
        self._base.close()


def _match(question: Question) -> str:
    if question.prefix:
        return f'f : "{question.prefix}" *'
    if question.side_by_side:
        return f'{"x" if question.exact else "f"} : "{" ".join(question.side_by_side)}"'
    said = " AND ".join(f'"{word}"' for word in question.must)
    if question.either:
        said = f"({' OR '.join(f'{chr(34)}{word}{chr(34)}' for word in question.either)}) AND {said}"
    if question.none:
        said = f"({said}) NOT {' NOT '.join(f'{chr(34)}{word}{chr(34)}' for word in question.none)}"
    return f"f : ({said})"


def _narrowed(question: Question, reader: Visible) -> tuple[str, list[object]]:
    where, values = "", []
    if reader.units != ("",):
        under = " or ".join("unit >= ? and unit < ?" for _ in reader.units)
        held = ("", *reader.compartments)
        where = f" and ({under}) and secrecy <= ? and compartment in ({', '.join('?' * len(held))})"
        values = [*(end for unit in reader.units for end in (unit + "/", unit + "0")), reader.secrecy, *held]
    if question.type:
        where, values = where + " and type = ?", [*values, question.type]
    if question.years:
        where, values = where + " and year between ? and ?", [*values, *question.years]
    return where, values
