"""Putting documents into the nodes: into the set in use, or into the other one, which then takes its place."""

import time
from collections.abc import Collection, Iterable, Iterator

from search_index.analysis import analyse
from search_index.model import Doc, IndexBusyError, Marks, Text
from search_index.sources import portions
from search_index.sphinx_config import indexes
from search_index.sphinx_link import Link, among, quoted
from search_index.sphinx_nodes import Nodes, State
from search_index.sphinx_rows import KINDS, doc_columns, doc_row, shard_of, word_columns, word_id, word_row
from search_index.sphinx_terms import decode, number, word

Term = tuple[int, str]

_DOCS_AT_ONCE = 100
_WORDS_AT_ONCE = 2000
_KNOWN_WORDS = 1_000_000
_ROUNDS = 20
_LARGEST = 4_000_000
_KEYWORDS_AT_ONCE = 500
_COMPACT_SECONDS = 3600
# Above every number that stands for a text.
_WORDLESS = (1 << 62) + 9


class Writer:
    """Changes of what the nodes hold."""

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self._known: dict[str, set[int]] = {}
        self._generation = -1

    def add(self, docs: Collection[Doc], state: State) -> None:
        """Write the documents into the set in use, with the marks the records have for them now."""
        self._write(docs, state.which, state)

    def delete(self, ids: Collection[str], which: str) -> int:
        """Forget these documents; return how many were there."""
        gone = 0
        for some in portions(ids, _WORDS_AT_ONCE):
            by_shard = _by_shard(some, len(self._nodes.links))
            for shard, own in by_shard.items():
                gone += self._nodes.links[shard].tell(
                    f"DELETE FROM docs_{which} WHERE {among('id', set(map(number, own)))}"
                )
        return gone

    def replace_all(self, docs: Iterable[Doc], state: State) -> int:
        """Build the other set of exactly these documents and change over to it; return how many."""
        begun = self.begin(state)
        count = 0
        for some in portions(docs, _DOCS_AT_ONCE):
            self.build(some, state)
            count += len(some)
        self.take_over(state, begun)
        return count

    def begin(self, state: State) -> int:
        """Empty the other set; return the records' position, from which what changes has to be written again."""
        self._empty(state.other)
        return self._nodes.source.changes(state.position).position

    def build(self, docs: Collection[Doc], state: State) -> None:
        """Write the documents into the other set; questions go on being answered from the set in use."""
        for some in portions(docs, _DOCS_AT_ONCE):
            self._write(some, state.other, state)

    def take_over(self, state: State, begun: int) -> None:
        """Put the other set into use, with what has changed in the records since it was begun."""
        which = state.other
        position = self._catch_up(which, state, begun)
        self._nodes.announce(state.generation + 1, position)
        self._nodes.set_state(state.generation + 1, position)
        # Whoever asks the old set still finds, afterwards, that the generation has changed, and asks again.
        self._catch_up(which, state, position)
        self._empty(state.which)

    def purge(self, which: str) -> None:
        """Make the words of forgotten documents leave the nodes' files."""
        for link in self._nodes.links:
            _compact(link, f"docs_{which}")
        for shard, link in enumerate(self._nodes.links):
            gone = self._unheld(shard, which)
            for some in portions(gone, _WORDS_AT_ONCE):
                link.tell(f"DELETE FROM words_{which} WHERE {among('id', some)}")
            if gone:
                _compact(link, f"words_{which}")
            # Only when all of a node's tables are saved does it drop its log of changes.
            for table in ("state", *indexes("docs"), *indexes("words")):
                link.tell(f"FLUSH RTINDEX {table}")
        self._known.clear()

    def _unheld(self, shard: int, which: str) -> list[int]:
        """Return the rows of a node's terms that no document of any node holds any more."""
        found: list[int] = []
        for some in portions(self._nodes.rows(shard, f"words_{which}", "term"), _KEYWORDS_AT_ONCE):
            words = {word(decode(str(term))): id_ for id_, term in some}
            held: set[str] = set()
            for link in self._nodes.links:
                counted = link.ask(f"CALL KEYWORDS({quoted(' '.join(words))},'docs_{which}',1)").rows
                held |= {row[1] for row in counted if int(row[3])}
            found += [id_ for own, id_ in words.items() if own not in held]
        return found

    def _catch_up(self, which: str, state: State, position: int) -> int:
        """Write again what changed in the records since a position; return the position reached."""
        source = self._nodes.source
        for _ in range(_ROUNDS):
            changes = source.changes(position)
            if not changes.ids:
                break
            for some in portions(changes.ids, _DOCS_AT_ONCE):
                texts = source.texts(some)
                fresh = [_doc(marks, texts[marks.id]) for marks in source.marks(some) if marks.id in texts]
                self._write(fresh, which, state)
                self.delete(set(some) - {doc.id for doc in fresh}, which)
            position = changes.position
        return position

    def _write(self, docs: Collection[Doc], which: str, state: State) -> None:
        """Write the documents with the marks of this moment; what changed while writing is set right at once."""
        source = self._nodes.source
        at = source.changes(state.position).position
        ids = [doc.id for doc in docs]
        marks = {own.id: own for own in source.marks(ids)}
        persons = {own.person for own in marks.values() if own.person}
        names = {(own.person, own.dossier): own.names for own in source.bearers(persons)}
        terms = {doc.id: analyse(doc) for doc in docs}
        self._write_words(
            {(kind, term) for own in terms.values() for kind, field in KINDS for term in getattr(own, field)},
            which,
            state,
        )
        by_id = {doc.id: doc for doc in docs}
        for shard, own in _by_shard(ids, state.nodes).items():
            rows = []
            for id_ in own:
                of = marks.get(id_)
                name = (*names.get((of.person, of.dossier), ()), "")[0] if of else ""
                rows.append(doc_row(by_id[id_], terms[id_], of, name, at=at, nodes=state.nodes))
            self._replace(shard, f"docs_{which}", doc_columns(), rows)
        changes = source.changes(at)
        touched = set(ids) if changes.ids is None else changes.ids & set(ids)
        for shard, own in _by_shard(touched, state.nodes).items():
            self._nodes.take_marks(shard, which, own, changes.position)

    def _write_words(self, terms: set[Term], which: str, state: State) -> None:
        """Write the terms that the set does not hold yet."""
        if state.generation != self._generation:
            self._known, self._generation = {}, state.generation
        known = self._known.setdefault(which, set())
        if len(known) > _KNOWN_WORDS:
            known.clear()
        fresh = {id_: term for term in terms if (id_ := word_id(*term)) not in known}
        for some in portions(fresh, _WORDS_AT_ONCE):
            for shard, own in _grouped(some, state.nodes).items():
                asked = f"SELECT id FROM words_{which} WHERE {among('id', own)} LIMIT 0,{len(own)}"
                there = {id_ for (id_,) in self._nodes.links[shard].ask(f"{asked} OPTION max_matches={len(own)}").rows}
                rows = [word_row(*fresh[id_]) for id_ in own if id_ not in there]
                self._replace(shard, f"words_{which}", word_columns(), rows)
        known.update(fresh)

    def _replace(self, shard: int, table: str, columns: str, rows: list[str]) -> None:
        for some in _sized(rows):
            self._nodes.links[shard].tell(f"REPLACE INTO {table} ({columns}) VALUES {','.join(some)}")

    def _empty(self, which: str) -> None:
        self._known.pop(which, None)
        for link in self._nodes.links:
            link.tell(f"TRUNCATE RTINDEX docs_{which}")
            link.tell(f"TRUNCATE RTINDEX words_{which}")


def _compact(link: Link, table: str) -> None:
    """Write the table's files anew without what was deleted; waits until that is done."""
    link.tell(f"FLUSH RAMCHUNK {table}")
    # Sphinx drops deleted rows only when it merges two files: a row without a word makes the second one.
    empty = ",".join("''" for _ in range(2))
    columns = "id,a,doc" if table.startswith("docs") else "id,t,term"
    link.tell(f"REPLACE INTO {table} ({columns}) VALUES ({_WORDLESS},{empty})")
    link.tell(f"FLUSH RAMCHUNK {table}")
    link.tell(f"OPTIMIZE INDEX {table}")
    until = time.monotonic() + _COMPACT_SECONDS
    while int(dict(link.ask(f"SHOW INDEX {table} STATUS").rows).get("disk_chunks", 0)) > 1:
        if time.monotonic() > until:
            raise IndexBusyError(f"{table} is still being compacted")
        time.sleep(0.05)
    link.tell(f"DELETE FROM {table} WHERE id IN ({_WORDLESS})")


def _doc(marks: Marks, text: Text) -> Doc:
    return Doc(title=text.title, body=text.body, names=text.names, **marks._asdict())


def _by_shard(ids: Iterable[str], nodes: int) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for id_ in ids:
        found.setdefault(shard_of(id_, nodes), []).append(id_)
    return found


def _grouped(numbers: Iterable[int], nodes: int) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for number_ in numbers:
        found.setdefault(number_ % nodes, []).append(number_)
    return found


def _sized(rows: Iterable[str]) -> Iterator[list[str]]:
    """Yield the rows in portions that stay well under what a server takes at once."""
    some: list[str] = []
    size = 0
    for row in rows:
        if some and size + len(row) > _LARGEST:
            yield some
            some, size = [], 0
        some.append(row)
        size += len(row)
    if some:
        yield some
