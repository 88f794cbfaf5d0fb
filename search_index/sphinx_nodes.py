"""The searchds of a cluster, what each says of itself, and bringing their marks up to the records.

Every node keeps one row of state: the generation of the index (which of its two sets is in use) and how far the
marks it holds follow the records; and of the generation it last built the same, so that all nodes change over at
the moment the first of them does. A node that does not answer, has not built the generation in use or was emptied is
lost: its documents are left out, and whoever asks is told. A node that was away brings old marks back with it, so it
is asked again only after they were set right.
"""

import threading
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from search_index.model import Changes, IndexFormatError, Marks, Source
from search_index.sources import portions
from search_index.sphinx_config import FORMAT, SETS, STATE_NUMBERS, Cluster
from search_index.sphinx_link import IndexAwayError, Link, among
from search_index.sphinx_rows import marked, shard_of, sum_of
from search_index.sphinx_terms import ALL, number

_AT_ONCE = 1000
_PAGE = 10_000
_PAUSES = (0.005, 0.02, 0.1, 0)


@dataclass(frozen=True)
class State:
    """What can be asked now: the generation in use, and each present node's position in the records' changes."""

    generation: int
    positions: dict[int, int]
    nodes: int

    @property
    def which(self) -> str:
        """Return the letter of the set in use."""
        return SETS[self.generation % 2]

    @property
    def other(self) -> str:
        """Return the letter of the set not in use."""
        return SETS[(self.generation + 1) % 2]

    @property
    def complete(self) -> bool:
        """Return whether no node is lost."""
        return len(self.positions) == self.nodes

    @property
    def position(self) -> int:
        """Return how far every present node follows the records."""
        return min(self.positions.values())

    def conditions(self) -> tuple[str, ...]:
        """Return the conditions that leave lost nodes out, should they come back in the middle of a question."""
        return () if self.complete else (among("shard", self.positions),)


class Nodes:
    """The links to all searchds of a cluster."""

    def __init__(self, cluster: Cluster, source: Source) -> None:
        self.source = source
        self.front = Link.to(cluster.front)
        self.links = tuple(map(Link.to, cluster.nodes))
        self._lock = threading.Lock()

    def close(self) -> None:
        """Let all idle connections go."""
        for link in (self.front, *self.links):
            link.close()

    def state(self) -> State:
        """Return what the nodes say; IndexAwayError when none can be asked, IndexFormatError for another layout."""
        for pause in _PAUSES:
            state, all_answered = self._said()
            if state.complete or not all_answered:
                break
            # Nodes are read at slightly different moments: one may not seem to have built what another has put in use.
            time.sleep(pause)
        return state

    def _said(self) -> tuple[State, bool]:
        """Return the state as the nodes say it now, and whether all of them answered."""
        found = self.front.ask(f"SELECT {','.join(STATE_NUMBERS)} FROM all_state LIMIT 0,1000")
        if not found.rows:
            if not found.complete:
                raise IndexAwayError("no node answered")
            return self._begin(), True
        rows = [dict(zip(STATE_NUMBERS, row, strict=True)) for row in found.rows]
        if any((row["format"], row["nodes"]) != (FORMAT, len(self.links)) for row in rows):
            raise IndexFormatError("the nodes hold an index of another layout: rebuild it")
        newest = max(row["generation"] for row in rows)
        positions = {
            row["node"]: row["position" if row["generation"] == newest else "follows"]
            for row in rows
            if row["built"] >= newest
        }
        return State(newest, positions, len(self.links)), found.complete

    def current(self) -> State:
        """Return the state with every present node's marks as the records have them at this moment."""
        state = self.state()
        changes = self.source.changes(state.position)
        if all(position == changes.position for position in state.positions.values()):
            return state
        with self._lock:
            return self._follow(state, changes)

    def announce(self, generation: int, position: int) -> None:
        """Have every node note that it has built this generation, and how far the marks of that one follow."""
        for shard, link in enumerate(self.links):
            link.tell(f"UPDATE state SET built={generation},follows={position} WHERE id={shard + 1}")

    def set_state(self, generation: int, position: int) -> None:
        """Make every node say this."""
        for shard, link in enumerate(self.links):
            values = (shard + 1, f"'{ALL}'", shard, FORMAT, len(self.links), generation, position, generation, position)
            columns = ",".join(("id", "a", *STATE_NUMBERS))
            link.tell(f"REPLACE INTO state ({columns}) VALUES ({','.join(map(str, values))})")

    def rows(self, shard: int, table: str, column: str, *conditions: str) -> Iterator[tuple[int, Any]]:
        """Yield (id, value of the column) of all rows of a node's table."""
        last = 0
        while True:
            where = " AND ".join((f"id>{last}", *conditions))
            found = self.links[shard].ask(
                f"SELECT id,{column} FROM {table} WHERE {where} ORDER BY id ASC "
                f"LIMIT 0,{_PAGE} OPTION max_matches={_PAGE}"
            )
            yield from found.rows
            if len(found.rows) < _PAGE:
                return
            last = found.rows[-1][0]

    def take_marks(self, shard: int, which: str, ids: Collection[str], position: int) -> None:
        """Set the marks of those of these documents that the node holds, unless somebody has set later ones."""
        table = f"docs_{which}"
        for some in portions(ids, _AT_ONCE):
            known = {marks.id: marks for marks in self.source.marks(some)}
            by_number = {number(id_): known.get(id_) for id_ in some}
            found = self.links[shard].ask(
                f"SELECT id,marks FROM {table} WHERE {among('id', by_number)} LIMIT 0,{_AT_ONCE}"
            )
            self._set(shard, table, dict(found.rows), by_number, f"at<={position}", position)

    def _begin(self) -> State:
        """Make an index of nothing on nodes that all answer and have none."""
        for link in self.links:
            for which in SETS:
                link.tell(f"TRUNCATE RTINDEX docs_{which}")
                link.tell(f"TRUNCATE RTINDEX words_{which}")
        self.set_state(0, 0)
        return State(0, dict.fromkeys(range(len(self.links)), 0), len(self.links))

    def _follow(self, state: State, changes: Changes) -> State:
        positions = {}
        for shard, position in state.positions.items():
            try:
                # A source that stands before the node was restored from a copy: nothing the node holds is sure.
                if changes.ids is None or changes.position < position:
                    self._take_all(shard, state.which, changes.position)
                else:
                    own = [id_ for id_ in changes.ids if shard_of(id_, state.nodes) == shard]
                    self.take_marks(shard, state.which, own, changes.position)
                self.links[shard].tell(
                    f"UPDATE state SET position={changes.position} WHERE id={shard + 1} "
                    f"AND generation={state.generation} AND position{'<' if changes.position > position else '>'}"
                    f"{changes.position}"
                )
            except IndexAwayError:
                continue
            positions[shard] = changes.position
        if not positions:
            raise IndexAwayError("no node could be brought up to the records")
        return replace(state, positions=positions)

    def _take_all(self, shard: int, which: str, position: int) -> None:
        """Set the marks of all documents of a node."""
        table = f"docs_{which}"
        held: dict[int, int] = dict(self.rows(shard, table, "marks"))
        for some in portions(self.source.marks(), _PAGE):
            own = {number(marks.id): marks for marks in some if number(marks.id) in held}
            self._set(shard, table, {id_: held.pop(id_) for id_ in own}, own, "", position)
        self._set(shard, table, held, {}, "", position)

    def _set(
        self,
        shard: int,
        table: str,
        held: Mapping[int, int],
        known: Mapping[int, Marks | None],
        guard: str,
        position: int,
    ) -> None:
        """Change the rows whose marks differ, then note for all of them how new their marks are."""
        link = self.links[shard]
        for id_, sum_ in held.items():
            marks = known.get(id_)
            if sum_ != (sum_of(marks) if marks else 0):
                columns = ",".join(f"{name}={value}" for name, value in marked(marks).items())
                where = " AND ".join(filter(None, (f"id={id_}", guard)))
                link.tell(f"UPDATE {table} SET {columns},at={position} WHERE {where}")
        for some in portions(held, _AT_ONCE):
            where = " AND ".join(filter(None, (among("id", some), guard)))
            link.tell(f"UPDATE {table} SET at={position} WHERE {where}")
