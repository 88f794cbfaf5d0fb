"""The engine beyond one machine: Sphinx nodes asked and written over SphinxQL.

The same contract as the embedded engine, on searchds of their own. Documents are spread over the nodes; what
decides who sees them follows the records before every question. What a lost node held is missing from an answer,
and the answer says that it is not complete. Every answer is asked of one generation of the index: should it have
been replaced meanwhile, it is asked again.

Where it differs from the embedded engine, and nowhere else: a question is several statements without a snapshot, so
what changes within it may be counted and not listed; more than 16 cases of narrowings joined with words by OR are a
QueryError; similar terms are sought among 5,000 candidates (more: not complete), completions among the 5,000 newest
persons; a longer word than 40 letters is found whole only, not by a beginning of more than 24; in an order by name,
persons of one name stand in no order of their own, and a changed name counts when its papers are indexed again.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

from search_index.memory import checked
from search_index.model import Answer, Completion, Doc, IndexBusyError, IndexFormatError, Query, Source, Visible
from search_index.sources import MemorySource
from search_index.sphinx_answer import MovedError, answer, complete
from search_index.sphinx_config import Cluster
from search_index.sphinx_link import IndexAwayError
from search_index.sphinx_nodes import Nodes, State
from search_index.sphinx_writing import Writer

_ATTEMPTS = 10
Found = TypeVar("Found")


class Begun(NamedTuple):
    """An index that is being built: which generation it will be, and where the records stood when it was begun."""

    generation: int
    position: int


class SphinxEngine:
    """The `Engine` contract on a cluster. Safe for many threads and processes; one process writes at a time.

    Without a `source` it keeps the documents itself, in memory.
    """

    def __init__(self, cluster: Cluster | str, source: Source | None = None, *, wait: float = 10.0) -> None:
        """Use the cluster (or its address); nothing is asked of it yet. `wait`: seconds for another writer to end."""
        self._shelf = MemorySource() if source is None else None
        where = Cluster.of(cluster) if isinstance(cluster, str) else cluster
        self._nodes = Nodes(where, source or self._shelf)  # type: ignore[arg-type]
        self._writer = Writer(self._nodes)
        self._lock = threading.Lock()
        self._wait = wait
        self.least_generation = 0
        """Nodes that stand before it were emptied or set back: IndexFormatError, instead of an answer of nothing."""

    def close(self) -> None:
        """Let all connections go."""
        self._nodes.close()

    def add(self, docs: Iterable[Doc]) -> int:
        """Index the documents, replacing those with the same id; return how many."""
        fresh = checked(docs)
        if fresh:
            with self._writing() as state:
                self._sound(state)
                if self._shelf is not None:
                    self._shelf.put(fresh.values())
                self._writer.add(fresh.values(), state)
        return len(fresh)

    def replace_all(self, docs: Iterable[Doc]) -> int:
        """Make the index hold exactly these documents; questions are answered from the old ones until all are there."""
        with self._writing() as state:
            if self._shelf is not None:
                docs = checked(docs).values()
                self._shelf.replace([docs])
            return self._writer.replace_all(docs, state)

    def delete(self, ids: Iterable[str]) -> int:
        """Forget these documents; return how many were there."""
        wanted = list(ids)
        with self._writing() as state:
            self._sound(state)
            if self._shelf is not None:
                self._shelf.take_out(wanted)
            return self._writer.delete(wanted, state.which)

    def clear(self) -> None:
        """Forget every document."""
        self.replace_all(())

    def query(self, query: Query) -> Answer:
        """Answer within what the reader may see; QueryError if the question cannot be read."""
        return self._asked(lambda state: answer(self._nodes, state, query))

    def complete(self, typed: str, visible: Visible, top: int = 8) -> tuple[Completion, ...]:
        """Return names of persons with visible documents that go on as typed, marks or no marks."""
        return self._asked(lambda state: complete(self._nodes, state, typed, visible, top))

    def doc_count(self) -> int:
        """Return how many documents the index holds."""
        state = self._sound(self._nodes.state())
        found = self._nodes.front.ask(f"SELECT COUNT(*) FROM all_docs_{state.which}")
        if not (found.complete and state.complete):
            raise IndexAwayError("a node is lost: its documents cannot be counted")
        return int(found.rows[0][0]) if found.rows else 0

    def ids(self) -> set[str]:
        """Return the id of every document the index holds."""
        state = self._sound(self._nodes.state())
        table = f"docs_{state.which}"
        return {
            bytes.fromhex(str(doc)).decode()
            for shard in range(state.nodes)
            for _, doc in self._nodes.rows(shard, table, "doc")
        }

    def purge(self) -> None:
        """Make the words of forgotten documents leave the nodes' files; takes as long as copying the files does."""
        with self._writing() as state:
            self._writer.purge(state.which)

    def begin_build(self) -> "Begun":
        """Empty the set that is not in use, to be filled by `build`; return what going on with it later needs."""
        with self._writing() as state:
            return Begun(state.generation + 1, self._writer.begin(state))

    def build(self, begun: "Begun") -> "SphinxBuild":
        """Return the index being built; IndexFormatError when another one has taken over since it was begun."""
        return SphinxBuild(self, begun)

    @contextmanager
    def building(self, begun: "Begun") -> Iterator[tuple[Writer, State]]:
        """Hold the lock of changes while the index being built is changed."""
        with self._writing() as state:
            if state.generation + 1 != begun.generation:
                raise IndexFormatError("the index being built was overtaken by another")
            yield self._writer, state

    def _asked(self, ask: Callable[[State], Found]) -> Found:
        """Return what is asked of one generation of the index, under marks that stayed what they were."""
        for _ in range(_ATTEMPTS):
            state = self._sound(self._nodes.current())
            try:
                found = ask(state)
            except MovedError:
                continue
            if self._nodes.state().generation == state.generation:
                return found
        raise IndexBusyError("the records changed faster than they could be asked")

    def _sound(self, state: State) -> State:
        if state.generation < self.least_generation:
            raise IndexFormatError(f"the nodes hold generation {state.generation} of the index: rebuild it")
        return state

    @contextmanager
    def _writing(self) -> Iterator[State]:
        if not self._lock.acquire(timeout=self._wait):
            raise IndexBusyError("another thread writes to the index")
        try:
            yield self._nodes.state()
        finally:
            self._lock.release()


class SphinxBuild:
    """The set that is not in use, while it is filled beside the other; it may be gone on with after a stop."""

    def __init__(self, engine: SphinxEngine, begun: Begun) -> None:
        self._engine, self._begun = engine, begun
        with engine.building(begun):
            pass

    def add(self, docs: Iterable[Doc]) -> int:
        """Take the documents in, replacing those with the same id; return how many."""
        fresh = checked(docs)
        with self._engine.building(self._begun) as (writer, state):
            writer.build(fresh.values(), state)
        return len(fresh)

    def delete(self, ids: Iterable[str]) -> int:
        """Leave these documents out again; return how many were there."""
        with self._engine.building(self._begun) as (writer, state):
            return writer.delete(list(ids), state.other)

    def take_over(self) -> None:
        """Answer questions from this index from now on; the other one's words are thrown away."""
        with self._engine.building(self._begun) as (writer, state):
            writer.take_over(state, self._begun.position)
