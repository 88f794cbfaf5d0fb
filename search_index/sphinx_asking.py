"""Asking the nodes within what the reader may see, for as long as he waits.

The permission and the filters become conditions of every single statement. A condition that can hold for no
document is written as one, never left out.
"""

import time

from search_index.language import Narrowing
from search_index.model import Filters, Visible
from search_index.narrowing import BlockIs, Linked, Missing, SecrecyIs, TypeIs, UnitUnder, Years
from search_index.sphinx_link import Rows, among, matching, outside
from search_index.sphinx_nodes import Nodes, State
from search_index.sphinx_terms import number, under

Conditions = tuple[str, ...]
_MOST = 1_000_000
_LAST_YEAR = 9999
_HIGHEST = 1 << 62
# No row has this number.
_NONE = "id IN (0)"
_ANY = "id>0"


class Asking:
    """One reader's question under way; `complete` turns False when a node or the time gave out."""

    def __init__(self, nodes: Nodes, state: State, visible: Visible, within_ms: int) -> None:
        self.nodes, self.state, self.visible = nodes, state, visible
        self.complete = state.complete
        self._until = time.monotonic() + within_ms / 1000
        self.mask: Conditions = (*permitted(visible), *state.conditions())

    def rows(
        self, columns: str, where: Conditions, match: str = "", rest: str = "", most: int = 1000, *,
        table: str = "docs", total: bool = False,
    ) -> Rows:  # fmt: skip
        """Return the rows that match and hold to the conditions; none when the time is over."""
        left = int((self._until - time.monotonic()) * 1000)
        if left <= 0:
            self.complete = False
            return Rows((), 0, False)
        conditions = " AND ".join((matching(match), *where) if match else where)
        found = self.nodes.front.ask(
            f"SELECT {columns} FROM all_{table}_{self.state.which} WHERE {conditions} {rest} "
            f"OPTION max_matches={max(1, min(most, _MOST))},max_query_time={left}"
            f",ranker={'wordcount' if table == 'words' else 'none'}",
            total=total,
        )
        self.complete &= found.complete
        return found

    def count(self, where: Conditions, match: str) -> int:
        """Return how many documents match."""
        rows = self.rows("COUNT(*)", where, match).rows
        return int(rows[0][0]) if rows else 0

    def narrowed(self, filters: Filters) -> Conditions:
        """Return the conditions for what the reader may see and the filters let through."""
        found = list(self.mask)
        if filters.type is not None:
            found.append(among("types", {under(filters.type)}))
        if filters.unit is not None:
            found.append(among("units", {under(filters.unit)}))
        if filters.units:
            found.append(among("units", set(map(under, filters.units))))
        if filters.block is not None:
            found.append(among("block", {number(filters.block)}))
        if filters.secrecy is not None:
            found.append(f"secrecy={filters.secrecy:d}")
        if filters.year_from is not None or filters.year_to is not None:
            found.append(_dated(Years(filters.year_from, filters.year_to), True))
        if filters.only is not None:
            found.append(among("id", set(map(number, filters.only))) if filters.only else _NONE)
        if filters.linked is not None:
            found += self.assumed(Linked(filters.linked), True)
        for type_code in filters.missing:
            found += self.assumed(Missing(type_code), True)
        return tuple(found)

    def assumed(self, narrowing: Narrowing, truth: bool) -> Conditions:
        """Return the conditions for documents of which this narrowing of the question holds, or does not."""
        if isinstance(narrowing, Years):
            return (_dated(narrowing, truth),)
        column, values = self._values(narrowing)
        # Of a dossier that lacks a type is known which dossiers have it.
        if truth != isinstance(narrowing, Missing):
            return (among(column, values) if values else _NONE,)
        return outside(column, values)

    def _values(self, narrowing: TypeIs | UnitUnder | BlockIs | SecrecyIs | Linked | Missing) -> tuple[str, set[int]]:
        """Return a column, and which of its values the narrowing is about."""
        if isinstance(narrowing, BlockIs):
            return "block", {number(narrowing.value)}
        if isinstance(narrowing, SecrecyIs):
            return "secrecy", {narrowing.level}
        if isinstance(narrowing, Linked):
            return "person", self._persons(narrowing.yes)
        if isinstance(narrowing, Missing):
            return "file", self._files(narrowing.value)
        return "types" if isinstance(narrowing, TypeIs) else "units", {under(narrowing.value)}

    def _persons(self, linked: bool) -> set[int]:
        """Return the persons with visible documents in several blocks, or in one only."""
        where = (*self.mask, *outside("person", {0}), *outside("block", {0}))
        most = self.count(where, "")
        rest = f"GROUP BY person LIMIT 0,{max(most, 1)}"
        rows = self.rows("person,MIN(block) AS lowest,MAX(block) AS highest", where, rest=rest, most=most).rows
        return {person for person, lowest, highest in rows if (lowest != highest) == linked}

    def _files(self, type_code: str) -> set[int]:
        """Return the dossiers that hold a visible document of the type; what lies in none stands for itself."""
        where = (*self.mask, among("types", {under(type_code)}))
        most = self.count(where, "")
        rows = self.rows("file", where, rest=f"GROUP BY file LIMIT 0,{max(most, 1)}", most=most).rows
        return {file for (file,) in rows}


def permitted(visible: Visible) -> Conditions:
    """Return the conditions for what the reader may see; whoever may see nothing gets one that holds for nothing."""
    if not visible.units or visible.secrecy < 0:
        return (_NONE,)
    names = set(map(number, visible.without))
    return (
        among("units", set(map(under, visible.units))),
        f"secrecy<={min(visible.secrecy, _HIGHEST):d}",
        among("compartment", {0, *map(number, visible.compartments)}),
        *outside("id", names),
        *outside("file", names),
    )


def _dated(years: Years, truth: bool) -> str:
    first = 0 if years.first is None else years.first
    last = _LAST_YEAR if years.last is None else years.last
    if first > last:
        return _NONE if truth else _ANY
    return f"year BETWEEN {first:d} AND {last:d}" if truth else next(iter(outside("year", range(first, last + 1))))


def nobody(visible: Visible) -> bool:
    """Return whether the reader may see nothing at all: then nothing has to be asked."""
    return permitted(visible) == (_NONE,)
